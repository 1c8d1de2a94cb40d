"""Attributes in docstrings as numpydoc writes them: several names in one entry, under the title of that name."""

import re
from collections.abc import Iterator
from typing import Any

from sphinx.domains.python import PythonDomain

SEVERAL = re.compile(r"(\w+(?:, \w+)+) : (.*)")


def name_each(app: Any, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Give each attribute an entry of its own, before napoleon takes ``low, high : float`` for one name."""
    if "Attributes" in lines:
        start = lines.index("Attributes") + 2
        end = next((i - 1 for i in range(start, len(lines)) if re.fullmatch("-{3,}", lines[i])), len(lines))
        lines[start:end] = _apart(lines[start:end])


def _apart(lines: list[str]) -> Iterator[str]:
    starts = [i for i, line in enumerate(lines) if line and not line.startswith(" ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        several = SEVERAL.fullmatch(lines[start])
        if several is None:
            yield from lines[start:end]
            continue
        names, types = (part.split(", ") for part in several.groups())
        for i, each in enumerate(names):
            yield f"{each} : {types[i] if len(types) == len(names) else several[2]}"
            yield from lines[start + 1 : end]


def setup(app: Any) -> dict[str, bool]:
    """Let Sphinx ask here before napoleon."""
    for field in PythonDomain.directives["class"].doc_field_types:  # those of all objects
        if field.name == "variable":
            field.label = "Attributes"
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", name_each, priority=400)
    return {"parallel_read_safe": True}

"""Names that Python takes for variables, each for one thing."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any


def identifier(name: str) -> str:
    """Return a name that Python takes for a variable."""
    name = re.sub(r"\W", "_", name).strip("_") or "x"
    return f"{name}_" if keyword.iskeyword(name) or name == "np" else (f"x_{name}" if name[0].isdigit() else name)


def unique_names(wanted: Iterable[tuple[Any, str]], taken: Iterable[str]) -> dict[Any, str]:
    """Return a name for each key: the wanted one, numbered where several keys want it or it is taken."""
    wanted = [(key, identifier(name)) for key, name in wanted]
    used = set(taken)
    counts: dict[str, int] = {}
    for _, name in wanted:
        counts[name] = counts.get(name, 0) + 1
    single = {name for name, n in counts.items() if n == 1}
    names: dict[Any, str] = {}
    number: dict[str, int] = {}
    for key, name in wanted:
        chosen = name
        while chosen in used or (chosen == name and name not in single) or (chosen != name and chosen in single):
            number[name] = number.get(name, 0) + 1
            chosen = f"{name}_{number[name]}"
        used.add(chosen)
        names[key] = chosen
    return names

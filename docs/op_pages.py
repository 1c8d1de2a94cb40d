"""The pages on ops: a table of all of them, and a page for each module of `autograd_lite.ops`."""

from __future__ import annotations

import inspect
import re
from functools import partial
from types import ModuleType

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.ops import modules, table
from autograd_lite.ops.__main__ import HEADER, lines
from docs.public_types import literal, summary

HOME = "docs/reference/ops"
_TABLE = """\
# Ops

The {count} ops of the table, module by module. Each is called as `ag.<op>`, and answers when the NumPy function beside
it meets a Tensor. The derivative of every one is held to differences of its values by the tests, up to the second
order, at the calls of its row. `python -m autograd_lite.ops WORD ...` prints the rows that have these words.

An op has a rule of its own for each input, or is written in other ops and differentiated through (*by parts*). Where a
derivative does not exist, *at kinks* says what is taken for it; [Subgradients](../subgradients.md) lists these alone.
The op of a NumPy function that is not here: [NumPy's functions](../numpy_coverage.md). The module
`autograd_lite.ops.special` has the ops of SciPy: [SciPy's functions](scipy_coverage.md).

```{{toctree}}
:hidden:
{pages}
```
"""
_COLUMNS = ("op", "NumPy", "differentiable in", "what it does")


def op_pages() -> dict[str, partial[str]]:
    """Return what writes each page on ops, by its path: the table aside."""
    return {f"{HOME}/{short_name(module)}.md": partial(module_page, module) for module in modules}


def short_name(module: ModuleType) -> str:
    """Return what a module of ops is called in the docs: ``linalg.norms``."""
    return module.__name__.removeprefix("autograd_lite.ops.")


def rows_of(module: ModuleType) -> dict[str, Op]:
    """Return the ops that a module defines, by name."""
    return {name: row for name, row in sorted(table.items()) if row.__module__ == module.__name__}


def table_page() -> str:
    """Return the page with the table of all ops."""
    cells = {line[0]: dict(zip(HEADER, line, strict=True)) for line in lines()}
    parts = [_TABLE.format(count=len(table), pages="\n".join(f"ops/{short_name(module)}" for module in modules))]
    for module in modules:
        parts += [
            f"## {short_name(module)}\n",
            f"{inspect.getdoc(module)}\n".split("\n\n")[0] + "\n",
            f"| {' | '.join(_COLUMNS)} |",
            f"|{' --- |' * len(_COLUMNS)}",
            *(_line(name, row, module, cells[name]) for name, row in rows_of(module).items()),
            "",
        ]
    return "\n".join(parts)


def _line(name: str, row: Op, module: ModuleType, cells: dict[str, str]) -> str:
    link = f"[`{signature_of(name, row)}`](ops/{short_name(module)}.md#{anchor(name)})"
    numpy = ", ".join(f"`{path}`" for path in cells["NumPy"].split(", ") if path != "-")
    inputs = cells["differentiable inputs"] + (", by parts" if cells["rules"] == "those of its parts" else "")
    kinks = subgradient_of(row)
    cell = [link, numpy, inputs, _plain(summary(row)) + (f" *At kinks*: {_plain(kinks)}" if kinks else "")]
    return f"| {' | '.join(text.replace('|', BAR) for text in cell)} |".replace("|  |", "| |")


def _plain(text: str) -> str:
    """Return text in which no star is taken for emphasis, but for code."""
    return "".join(part if part.startswith("`") else part.replace("*", r"\*") for part in re.split("(`+[^`]+`+)", text))


BAR = r"\|"


def anchor(name: str) -> str:
    """Return the anchor of the heading that names an op."""
    return name.lower()


def signature_of(name: str, row: Op) -> str:
    """Return a call of an op without annotations: ``softmax(x, /, axis=-1)``."""
    parameters = row.__signature__.parameters.values()
    bare = [
        p.replace(annotation=p.empty, default=_Written(p.default) if p.default is not p.empty else p.empty)
        for p in parameters
    ]
    return f"{name}{inspect.Signature(bare)}"


class _Written:
    """A default as it is written; what is no literal is left open."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return literal(self.value)


def module_page(module: ModuleType) -> str:
    """Return the page on the ops of a module: each with its docstring."""
    parts = [f"# {short_name(module)}\n", f"{inspect.getdoc(module)}\n"]
    for name, row in rows_of(module).items():
        parts += [f"## {name}\n", "```{eval-rst}", *_directive(name, row), "```\n"]
    return "\n".join(parts)


def _directive(name: str, row: Op) -> list[str]:
    """Return the directive that shows an op: by its own docstring, or by the first line of NumPy's."""
    path = f"autograd_lite.{name}" if getattr(ag, name, None) is row else f"{row.__module__}.{name}"
    if row.numpy is None or row.__doc__ != row.numpy.__doc__:
        return [f".. autofunction:: {path}"]
    first = re.sub(r"`+([^`]+)`+", r"``\1``", summary(row))  # NumPy's `x` is a parameter, no reference
    said = f"{first} The parameters are those of `numpy.{row.numpy.__name__}` by position, and ``dtype=``."
    home = path.rpartition(".")[0]  # given beside the name, which is then shown as other ops are
    return [f".. py:function:: {name}{signature_of('', row)}", f"   :module: {home}", "", f"   {said}"]


def subgradient_of(row: Op) -> str:
    """Return what an op's docstring says after 'Subgradient:', up to the end of that paragraph."""
    paragraphs = (inspect.cleandoc(row.__doc__ or "")).split("\n\n")
    said = [" ".join(part.split()) for part in paragraphs if part.startswith("Subgradient:")]
    return said[0].removeprefix("Subgradient:").strip() if said else ""

"""The text of ``autograd_lite/__init__.pyi``: what type checkers and editors know of the public names."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops import table
from autograd_lite.ops.samples import samples_of

HEAD = '''\
"""{summary}

This file is generated from the op table by `make docs`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

{imports}

__version__: str
__all__: list[str]

_Value = TypeVar("_Value", Tensor, NDArray[Any])

# An op of Tensors gives Tensors. Of arrays it gives arrays, or NumPy scalars where nothing is left of the axes.
'''
WIDTH, INDENT, BACKSLASH = 120, "    ", "\\"
_EMPTY = inspect.Parameter.empty


def public_types() -> str:
    """Return the whole file: what the package imports for its users, then a function for each op."""
    tree = ast.parse(Path(ag.__file__).read_text(encoding="utf-8"))
    imports = [
        f"from {node.module} import {alias.name} as {alias.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in ag.__all__
    ]
    head = HEAD.format(summary=ast.get_docstring(tree), imports="\n".join(imports))
    ops = [line for name, row in sorted(table.items()) if getattr(ag, name) is row for line in _op(name, row)]
    return head + "\n".join(ops[:-1]) + "\n"


def summary(function: Any) -> str:
    """Return the first line of a docstring that is not the call's spelling."""
    lines = (inspect.getdoc(function) or "").splitlines()
    return next(line for line in lines if line and not re.match(r"[\w.]+\(", line))


def _op(name: str, row: Op) -> Iterator[str]:
    """Return the lines of an op: an overload for each input that may be the Tensor, and one for plain arguments."""
    hints = {} if isinstance(row.forward, np.ufunc) else get_type_hints(row.forward)
    tensors = _tensor_inputs(row)
    kind = "_Value" if row.elementwise and len(row.input_names) == 1 else "Tensor"
    for x in tensors:
        yield "@overload"
        yield from _function(name, _parameters(row, {**hints, x: kind}), kind, "...")
    if tensors:
        yield "@overload"
    text = summary(row)
    quoted = f'{"r" * (BACKSLASH in text)}"""{text}"""'
    yield from _function(name, _parameters(row, hints), _written(hints.get("return", Any), "Any"), quoted)


def _tensor_inputs(row: Op) -> list[str]:
    """Return the inputs of which a Tensor gives a Tensor, by the op's samples; none where it may give anything else."""
    rng, found = np.random.default_rng(0), set[str]()
    for sample in samples_of(row) if row.arity is not None else ():
        inputs = [_wrapped(x) for x in sample.draw(rng)]
        tensors = {name for name, x in zip(row.input_names, inputs, strict=False) if type(x) is Tensor}
        if tensors and type(row(*inputs, **sample.params)) is not Tensor:
            return []
        found |= tensors
    return [x for x in row.input_names if x in found and row.__signature__.parameters[x].default is _EMPTY]


def _wrapped(x: Any) -> Any:
    return Tensor(x) if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc" else x


def _function(name: str, parameters: list[str], returned: str, body: str) -> Iterator[str]:
    """Return the lines of one function, laid out as ``ruff format`` does."""
    head, end = f"def {name}(", f") -> {returned}:" + " ..." * (body == "...")
    whole = ", ".join(parameters)
    if len(head + whole + end) <= WIDTH:
        yield head + whole + end
    else:
        lines = [whole] if len(INDENT + whole) <= WIDTH else [f"{parameter}," for parameter in parameters]
        yield from [head, *(INDENT + line for line in lines), end]
    if body != "...":
        yield from [INDENT + body, ""]


def _parameters(row: Op, hints: dict[str, Any]) -> list[str]:
    """Return the parameters of an op as source text, with the marks of those by position and by keyword alone."""
    texts = []
    before = None
    for p in row.__signature__.parameters.values():
        if before is p.POSITIONAL_ONLY and p.kind is not before:
            texts.append("/")
        if p.kind is p.KEYWORD_ONLY and before not in (p.KEYWORD_ONLY, p.VAR_POSITIONAL):
            texts.append("*")
        hint = _written(hints.get(p.name, Any), "ArrayLike" if p.name in row.input_names else "Any")
        optional = " | None" if hint == "ArrayLike" and p.default is None else ""
        default = "" if p.default is _EMPTY else f" = {_default(p.default)}"
        texts.append(f"{'*' * (p.kind is p.VAR_POSITIONAL)}{p.name}: {hint}{optional}{default}")
        before = p.kind
    return [*texts, "/"] if before is inspect.Parameter.POSITIONAL_ONLY else texts


def _default(value: Any) -> str:
    """Return a default as source text, where it is short and a literal."""
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value) if isinstance(value, (int, float, tuple, type(None))) else "..."


def _written(hint: Any, anything: str) -> str:
    """Return an annotation as source text; what stands for any array is spelled as callers may give it."""
    if isinstance(hint, str):
        return hint
    if hint is Any:
        return anything
    if any(part in (np.ndarray, Tensor) for part in (get_origin(part) or part for part in (hint, *get_args(hint)))):
        return "ArrayLike"
    text = inspect.formatannotation(hint)
    for prefix in ("collections.abc.", "typing."):
        text = text.replace(prefix, "")
    return text.replace("numpy.random._generator.", "np.random.")

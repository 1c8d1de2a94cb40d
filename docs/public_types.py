"""The text of ``autograd_lite/__init__.pyi``: what type checkers and editors know of the public names."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
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
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

{imports}

__version__: str
__all__: list[str]

_Plain: TypeAlias = NDArray[Any] | np.generic | complex | Sequence[Any]
_Value: TypeAlias = _Plain | Tensor

# Of plain arrays an op gives arrays, or NumPy scalars where no axis is left; where one input is a Tensor, a Tensor.
# What is plain comes first: mypy takes the first spelling where an op is passed to grad.
'''
VALUE = "_Value"
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
    """Return the lines of an op: for plain inputs, and then for each input that may be the first Tensor."""
    hints = {} if isinstance(row.forward, np.ufunc) else get_type_hints(row.forward)
    tensors = _tensor_inputs(row)
    kinds = dict.fromkeys(tensors, "_Plain")
    spellings = [({**hints, **kinds}, _written(hints.get("return", Any), "Any"))]
    for i, x in enumerate(tensors):
        later = dict.fromkeys(tensors[i + 1 :], VALUE)
        spellings.append(({**hints, **kinds, x: "Tensor", **later}, "Tensor"))
    text = summary(row)
    quoted = f'{"r" * (BACKSLASH in text)}"""{text}"""'
    for i, (types, returned) in enumerate(spellings, start=1):
        if tensors:
            yield "@overload"
        yield from _function(name, _parameters(row, types), returned, quoted if i == len(spellings) else "...")


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
        hint = _written(hints.get(p.name, Any), VALUE if p.name in row.input_names else "Any")
        optional = " | None" if hint == VALUE and p.default is None else ""
        default = "" if p.default is _EMPTY else f" = {literal(p.default)}"
        texts.append(f"{'*' * (p.kind is p.VAR_POSITIONAL)}{p.name}: {hint}{optional}{default}")
        before = p.kind
    return [*texts, "/"] if before is inspect.Parameter.POSITIONAL_ONLY else texts


def literal(value: Any) -> str:
    """Return a default as source text, where it is short and a literal."""
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value) if isinstance(value, (int, float, tuple, type(None))) and "inf" not in repr(value) else "..."


def _written(hint: Any, arrays: str) -> str:
    """Return an annotation as source text; ``arrays`` where it stands for anything, for an array or for several."""
    if isinstance(hint, str):
        return hint
    parts = [get_origin(part) or part for part in (hint, *get_args(hint))]
    if hint in (Any, Sequence[Any]) or np.ndarray in parts or Tensor in parts:
        return arrays
    text = inspect.formatannotation(hint)
    for prefix in ("collections.abc.", "typing."):
        text = text.replace(prefix, "")
    return text.replace("numpy.random._generator.", "np.random.")

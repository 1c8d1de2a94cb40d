"""What the source says of a running frame: its place, and the variables that its expression names."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from autograd_lite.core.lines import file_name

_INDICES = (ast.Tuple, ast.Slice)
_ARITHMETIC = (ast.BinOp, ast.UnaryOp, ast.Name, ast.Constant, ast.operator, ast.unaryop, ast.expr_context, *_INDICES)


@dataclass(frozen=True)
class Place:
    """Where in the user's code a node was recorded."""

    file: str
    line: int
    functions: tuple[str, ...]
    """Names of the functions that were running below the traced one, outermost first."""

    @property
    def text(self) -> str:
        """The source line."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        return f"{file_name(self.file)}:{self.line}"


def place_of(frames: Sequence[FrameType]) -> Place:
    """Return where the innermost frame, the first one, is."""
    functions = tuple(frame.f_code.co_name for frame in reversed(frames[:-1]))
    return Place(frames[0].f_code.co_filename, frames[0].f_lineno, functions)


def operands(tree: ast.expr | None) -> tuple[ast.expr, ...]:
    """Return the operands of an expression, in the order of the op's inputs."""
    if isinstance(tree, ast.BinOp):
        return tree.left, tree.right
    if isinstance(tree, ast.Compare):
        return tree.left, *tree.comparators
    if isinstance(tree, ast.Call):
        method = isinstance(tree.func, ast.Attribute) and not isinstance(tree.func.value, ast.Name)
        return (tree.func.value, *tree.args) if method else tuple(tree.args)  # type: ignore[attr-defined]
    return ()


def is_name(part: ast.expr | None) -> bool:
    """Whether an operand is one variable, attribute or item."""
    return isinstance(part, (ast.Name, ast.Attribute, ast.Subscript))


def computed_operands(tree: ast.expr | None) -> tuple[ast.expr | None, ...]:
    """Return the operands of an expression that are computed of names and numbers alone, or None; or its index."""
    if isinstance(tree, ast.Subscript):
        return None, tree.slice if _is_arithmetic(tree.slice) else None
    found = operands(tree) if isinstance(tree, ast.BinOp) else ()
    return tuple(part if isinstance(part, ast.BinOp) and _is_arithmetic(part) else None for part in found)


def _is_arithmetic(tree: ast.expr) -> bool:
    return all(isinstance(part, _ARITHMETIC) for part in ast.walk(tree))


def named_values(frame: FrameType, tree: ast.expr | None) -> Iterator[tuple[str, Any]]:
    """Yield the variables and attributes, with their values, that an expression of a frame names."""
    scope = {**frame.f_globals, **frame.f_locals}
    for part in ast.walk(tree) if tree else ():
        if isinstance(part, ast.Name) and part.id in scope:
            yield part.id, scope[part.id]
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            held = getattr(scope.get(part.value.id), "__dict__", {})
            if part.attr in held:
                yield part.attr, held[part.attr]
        elif isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name):
            container, key = scope.get(part.value.id), getattr(part.slice, "value", None)
            if isinstance(container, dict) and isinstance(key, str) and key in container:
                yield key, container[key]

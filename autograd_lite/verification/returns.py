"""What the source of a function says that it returns."""

from __future__ import annotations

import ast
import inspect
import textwrap
import traceback
from collections.abc import Callable, Iterator
from typing import Any


def _returned(function: Callable[..., Any]) -> list[ast.expr]:
    """Return the parts of what the last return statement of a function returns; none where its source is not known."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return []
    returned = [node.value for node in _own(tree) if isinstance(node, ast.Return) and node.value is not None][-1:]
    return list(returned[0].elts) if returned and isinstance(returned[0], (ast.Tuple, ast.List)) else returned


def returned_names(function: Callable[..., Any]) -> list[str] | None:
    """Return what the last return statement of a function calls the parts of what it returns; None if it names none."""
    parts = _returned(function)
    names = [x.id if isinstance(x, ast.Name) else x.attr for x in parts if isinstance(x, (ast.Name, ast.Attribute))]
    return names if names and len(names) == len(parts) else None


def value_before(error: BaseException, function: Callable[..., Any]) -> Any:
    """Return the value that a function had made when its gradient half stopped, or raise the error again."""
    parts, code = _returned(function), getattr(inspect.unwrap(function), "__code__", None)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code is code]
    if len(parts) < 2 or not frames:
        raise error
    try:
        value = compile(ast.Expression(parts[0]), "<the value>", "eval")
        return eval(value, frames[-1].f_globals, frames[-1].f_locals)
    except Exception:
        raise error from None


def _own(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a function, but not in the functions in it, in order."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield child
            yield from _own(child)

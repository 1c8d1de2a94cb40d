"""A hand-derived gradient at work: what its variables hold, assignment by assignment."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from autograd_lite.graph import Tensor

_SKIPPED = (str(Path(__file__).parent), str(Path(np.__file__).parent), str(Path(inspect.__file__).parent))
_MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Assignment:
    """One assignment that ran: the variable, a copy of what it got, and where.

    ``turn`` counts the times that the line has run so far: 0 for the first.
    """

    name: str
    value: Any
    file: str
    line: int
    function: str
    turn: int

    @property
    def text(self) -> str:
        """The source line."""
        return linecache.getline(self.file, self.line).strip()


def run(function: Callable[..., Any], *args: Any) -> tuple[Any, list[Assignment]]:
    """Run a function and list the assignments to local variables, in its own code and in the code that it calls.

    Only numbers and arrays are listed, as copies; in-place changes (``d[i] += x``) count as assignments. What NumPy,
    the standard library and this package assign is left out. A debugger's trace function is set aside meanwhile.

    Returns
    -------
    result : what the function returns
    assignments : list of Assignment, in the order in which they ran
    """
    watcher = _Watcher()
    before = sys.gettrace()
    sys.settrace(watcher.enter)
    try:
        result = function(*args)
    finally:
        sys.settrace(before)
    return result, watcher.assignments


class _Watcher:
    """A trace function that compares the variables of a frame before and after each line."""

    def __init__(self) -> None:
        self.assignments: list[Assignment] = []
        self.turns: dict[tuple[CodeType, int], int] = {}
        self.bytes = 0

    def enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event != "call" or frame.f_code.co_filename.startswith(_SKIPPED):
            return None
        seen = {name: id(value) for name, value in frame.f_locals.items()}
        line: int | None = None

        def follow(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal line
            if line is not None:
                self._compare(frame, line, seen)
            line = frame.f_lineno if event == "line" else None
            return follow

        return follow

    def _compare(self, frame: FrameType, line: int, seen: dict[str, int]) -> None:
        code = frame.f_code
        turn = self.turns[code, line] = self.turns.get((code, line), -1) + 1
        changed = targets(code).get(line, frozenset())
        for name, value in frame.f_locals.items():
            if seen.get(name) != id(value) or name in changed:
                seen[name] = id(value)
                if _is_number(value) and self.bytes < _MOST_BYTES:
                    copy = np.array(value)[()]
                    self.bytes += copy.nbytes
                    self.assignments.append(Assignment(name, copy, code.co_filename, line, code.co_name, turn))


def _is_number(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "fciub"
    return isinstance(value, (float, int, complex)) and not isinstance(value, (bool, Tensor))


@cache
def targets(code: CodeType) -> dict[int, frozenset[str]]:
    """Return, for the lines of a function, the variables that a statement on them assigns to or changes in place.

    All lines of a statement count, since a trace function sees any of them. Empty where there is no source.
    """
    try:
        lines, start = inspect.getsourcelines(code)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, SyntaxError, TypeError):
        return {}
    found: dict[int, set[str]] = {}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Assign):
            assigned: list[ast.expr] = statement.targets
        elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
            assigned = [statement.target]
        else:
            continue
        names = {n for target in assigned for n in _base_names(target)}
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
            found.setdefault(line + max(start, 1) - 1, set()).update(names)
    return {line: frozenset(names) for line, names in found.items()}


def _base_names(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, (ast.Subscript, ast.Attribute, ast.Starred)):
        return _base_names(target.value)
    if isinstance(target, (ast.Tuple, ast.List)):
        return [name for part in target.elts for name in _base_names(part)]
    return []

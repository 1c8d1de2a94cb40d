"""A hand-derived gradient as it runs: what its variables get, assignment by assignment."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np

from autograd_lite.core.lines import is_users
from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.flow import Target, flow

_MOST_BYTES = 1 << 28


@dataclass(frozen=True, eq=False)
class Assignment:
    """One assignment that ran: the variable, a copy of what it got, and where.

    ``turn`` counts the times that the line has run so far: 0 for the first. ``target`` is what was assigned to, where
    that is not simply the variable of that name.
    """

    name: str
    value: Any
    file: str
    line: int
    function: str
    turn: int
    target: Target | None = None
    code: CodeType | None = None

    @property
    def text(self) -> str:
        """The source line."""
        return linecache.getline(self.file, self.line).strip()


@dataclass(frozen=True, eq=False)
class Run:
    """What a hand gradient did: its assignments in order, what it called, and the line on which it returned."""

    assignments: Sequence[Assignment] = ()
    called: Set[str] = frozenset()
    code: CodeType | None = None
    line: int = 0


Key = tuple[CodeType | None, int, int, str]
"""Which assignment: its code, line, turn and name."""


def key_of(a: Assignment) -> Key:
    """Return the key of an assignment."""
    return a.code, a.line, a.turn, a.name


def run(function: Callable[..., Any], *args: Any, put: Mapping[Key, Any] | None = None) -> tuple[Any, Run]:
    """Run a function and list the assignments to variables, in its own code and in the code that it calls.

    Only numbers and arrays are listed, as copies; in-place changes (``d[i] += x``) count as assignments, and so do
    ``grads["W"] = x`` and ``self.dW = x``. What NumPy, the standard library and this package assign is left out. A
    debugger's trace function is set aside meanwhile.

    Parameters
    ----------
    function : callable
    *args : what it takes
    put : dict from Key to array, optional
        Values to put in the place of what these assignments gave.

    Returns
    -------
    result : what the function returns
    run : Run
    """
    watcher = _Watcher(put or {})
    before = sys.gettrace()
    sys.settrace(watcher.enter)
    try:
        result = function(*args)
    finally:
        sys.settrace(before)
    return result, Run(tuple(watcher.assignments), frozenset(watcher.called), watcher.code, watcher.line)


class _Watcher:
    """A trace function that compares the variables of a frame before and after each line."""

    def __init__(self, put: Mapping[Key, Any]) -> None:
        self.assignments: list[Assignment] = []
        self.called: set[str] = set()
        self.code: CodeType | None = None
        self.line = 0
        self.put = put
        self.turns: dict[tuple[CodeType, int], int] = {}
        self.bytes = 0

    def enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event != "call" or not is_users(frame.f_code.co_filename):
            return None
        outermost = self.code is None
        if outermost:
            self.code = frame.f_code
        else:
            self.called.add(frame.f_code.co_name)
        seen = {name: id(value) for name, value in frame.f_locals.items()}
        line: int | None = None

        def follow(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal line
            if line is not None:
                self._compare(frame, line, seen)
            line = frame.f_lineno if event == "line" else None
            if event == "return" and outermost:
                self.line = frame.f_lineno
            return follow

        return follow

    def _compare(self, frame: FrameType, line: int, seen: dict[str, int]) -> None:
        code = frame.f_code
        turn = self.turns[code, line] = self.turns.get((code, line), -1) + 1
        targets = flow(code).targets(line)
        changed = {t.variable for t in targets if t.key is None}
        variables = frame.f_locals  # read once: reading it again would undo what is put in
        for name, value in list(variables.items()):
            if seen.get(name) != id(value) or name in changed:
                seen[name] = id(value)
                a = self._note(code, Target(name, name), value, line, turn)
                if a is not None and key_of(a) in self.put:
                    variables[name] = other = np.array(self.put[key_of(a)])[()]
                    seen[name] = id(other)
        for target in targets:
            if target.key is not None:
                container = variables.get(target.variable)
                a = self._note(code, target, _held(container, target), line, turn)
                if a is not None and key_of(a) in self.put:
                    _replace(container, target, np.array(self.put[key_of(a)])[()])

    def _note(self, code: CodeType, target: Target, value: Any, line: int, turn: int) -> Assignment | None:
        if not _is_number(value) or self.bytes >= _MOST_BYTES:
            return None
        copy = np.array(value)[()]
        self.bytes += copy.nbytes
        kept = target if target.key is not None else None
        a = Assignment(target.name, copy, code.co_filename, line, code.co_name, turn, kept, code)
        self.assignments.append(a)
        return a


def _held(container: Any, target: Target) -> Any:
    if target.attribute:
        return getattr(container, target.key or "", None)
    return container.get(target.key) if isinstance(container, dict) else None


def _replace(container: Any, target: Target, value: Any) -> None:
    if target.attribute:
        setattr(container, target.key or "", value)
    elif isinstance(container, dict):
        container[target.key] = value


def _is_number(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "fciub"
    return isinstance(value, (float, int, complex)) and not isinstance(value, (bool, Tensor))

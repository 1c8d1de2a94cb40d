"""One run of the user's code: which functions ran, and what their variables held as each statement began."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from itertools import islice
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd_lite.core.lines import is_users
from autograd_lite.verification.process import traced
from autograd_lite.verification.repair.source import Statement, Unit

MOST_BYTES = 1 << 28
"""So much of what variables hold is kept at most."""
DEPTH = 3
"""So deep objects within objects are copied."""


@dataclass(eq=False)
class Visits:
    """Which lines of the user's code ran, and what may hold the functions that ran."""

    lines: dict[CodeType, set[int]] = field(default_factory=dict)
    holders: dict[CodeType, list[Any]] = field(default_factory=dict)
    events: int = 0

    def of(self, function: Callable[[], Any]) -> Any:
        """Run a function and note it."""

        def enter(frame: FrameType, event: str, arg: Any) -> Any:
            file = frame.f_code.co_filename
            if not is_users(file) or "site-packages" in file:
                return None
            ran = self.lines.setdefault(frame.f_code, set())
            if frame.f_code not in self.holders:
                self.holders[frame.f_code] = _around(frame)

            def follow(frame: FrameType, event: str, arg: Any) -> Any:
                if event == "line":
                    ran.add(frame.f_lineno)
                    self.events += 1
                return follow

            return follow

        return traced(enter, function)


def _around(frame: FrameType) -> list[Any]:
    """Return what may hold the function that a frame runs: its module, its object's class, and those that call it."""
    found: list[Any] = [frame.f_globals]
    first = frame.f_code.co_varnames[:1]
    if first and first[0] in frame.f_locals:
        x = frame.f_locals[first[0]]
        found += [x, type(x), getattr(x, "__dict__", {})]
    outer = frame.f_back
    for _ in range(3):
        if outer is not None:
            found.append(dict(outer.f_locals))
            outer = outer.f_back
    return found


def snapshots(
    function: Callable[[], Any], chosen: Mapping[CodeType, Unit]
) -> dict[tuple[Unit, Statement], tuple[dict[str, Any], int]]:
    """Run a function; return what the variables held as each statement began for the last time, and how often it did.

    Compound statements count where their header is evaluated.
    """
    counts: Counter[tuple[Unit, Statement]] = Counter()
    seen: Counter[tuple[Unit, Statement]] = Counter()
    kept: dict[tuple[Unit, Statement], tuple[dict[str, Any], int]] = {}
    left = MOST_BYTES

    def count(key: tuple[Unit, Statement], frame: FrameType) -> None:
        counts[key] += 1

    def keep(key: tuple[Unit, Statement], frame: FrameType) -> None:
        nonlocal left
        seen[key] += 1
        if seen[key] == counts[key] and left > 0:
            held = {name: copied(x) for name, x in frame.f_locals.items()}
            left -= sum(x.nbytes for x in held.values() if isinstance(x, np.ndarray))
            kept[key] = held, counts[key]

    if any(unit.shared for unit in chosen.values()):
        sys._getframe().f_trace_opcodes = True  # Python 3.12 wants to know before a run that instructions are traced
    traced(_noting(chosen, count), function)
    traced(_noting(chosen, keep), function)
    return kept


def _noting(chosen: Mapping[CodeType, Unit], note: Callable[[tuple[Unit, Statement], FrameType], None]) -> Any:
    """Return what notes, as a function is traced, each statement that begins."""

    def enter(frame: FrameType, event: str, arg: Any) -> Any:
        unit = chosen.get(frame.f_code)
        if unit is None:
            return enter if is_users(frame.f_code.co_filename) else None
        if isinstance(unit.tree, ast.Lambda):
            note((unit, unit.tree.body), frame)
            return None
        follow = _following(unit, note)
        if unit.shared:
            frame.f_trace = follow  # which Python 3.13 wants to know before
            frame.f_trace_opcodes = True
        return follow

    return enter


def _following(unit: Unit, note: Callable[[tuple[Unit, Statement], FrameType], None]) -> Any:
    """Return what follows one call of a function: line by line, and by instructions where statements share a line."""
    at: Statement | None = None
    last = 0

    def follow(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal at, last
        line = frame.f_lineno
        if line in unit.shared:
            if event == "opcode":
                s = unit.at(line, _column(frame))
                if s is not None and s is not at:
                    note((unit, s), frame)
                    at = s
            elif event == "line":
                at, last = None if line == last else at, line  # back at its first instruction
        elif event == "line":
            s = unit.at(line)
            if s is not None and (s is not at or line == last == s.lineno):
                note((unit, s), frame)  # and not where a statement comes back to its first line
            at, last = s, line
        return follow

    return follow


def _column(frame: FrameType) -> int:
    """Return the column of what a frame is at; -1 where that is not known."""
    place = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    return -1 if place[2] is None else place[2]


def copied(x: Any, depth: int = DEPTH) -> Any:
    """Return a copy of arrays, and of tuples, lists, dicts and objects of the user's that hold them."""
    if isinstance(x, np.ndarray):
        return x.copy()
    if type(x) in (tuple, list):
        return type(x)(copied(v, depth) for v in x)
    if type(x) is dict:
        return {key: copied(v, depth) for key, v in x.items()}
    if not depth or not hasattr(x, "__dict__") or isinstance(x, (type, FunctionType, ModuleType)):
        return x
    file = getattr(sys.modules.get(type(x).__module__), "__file__", None)
    if file is not None and not is_users(file):
        return x
    try:
        twin = copy(x)
        vars(twin).update({name: copied(v, depth - 1) for name, v in vars(x).items()})
    except Exception:  # it keeps its attributes in its own way
        return x
    return twin

"""The first wrong line of a hand gradient: its variables held to the record, matched by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.backward import sweep
from autograd_lite.case import Point
from autograd_lite.graph import Tensor, order, raw
from autograd_lite.hand import Assignment
from autograd_lite.verdicts import Verdict

RESULT_ALIASES = {"error", "err", "loss", "cost", "l", "j", "e", "nll", "ce", "mse", "objective", "total"}
"""What the result of a loss function is called."""

_COTANGENT = (r"d_?(?P<x>\w+)", r"grad_?(?P<x>\w+)", r"(?P<x>\w+?)_?grad", r"delta_(?P<x>\w+)", r"g_(?P<x>\w+)")
_QUOTIENT = re.compile(r"d(?P<y>\w+?)_d_?(?P<x>\w+)")


@dataclass(frozen=True)
class Finding:
    """The first assignment of a hand gradient whose value is wrong.

    Attributes
    ----------
    assignment : Assignment
    meaning : str
        What its name says that it is.
    expected : array
        What it should be, from the record.
    index : tuple of int
        The element that is farthest off.
    """

    assignment: Assignment
    meaning: str
    expected: Any
    index: tuple[int, ...]


@dataclass(frozen=True)
class _Judged:
    """A variable of the hand whose name says what it is, beside what it should be."""

    assignment: Assignment
    meaning: str
    expected: Any
    right: bool
    ratio: float | None
    """The one factor between what it is and what it should be, where there is one."""


def first_wrong_line(point: Point, verdicts: Iterable[Verdict]) -> Finding | None:
    """Find the first assignment whose value is wrong; None where no name tells, or all are right.

    A variable that is assigned several times is right if one of its values is: sums that grow in a loop, and values
    refined in place, pass through others. One that is a constant multiple of what it should be is blamed only if the
    gradients are off by that factor too: many hands divide by the number of samples at the end.
    """
    wrong = [j for j in _judge(point) if not j.right]
    ratios = {_ratio(np.asarray(v.hand), np.asarray(v.true)) for v in verdicts if v.verdict == "wrong"}
    blamed = [j for j in wrong if j.ratio is None or any(r is not None and _close(j.ratio, r) for r in ratios)]
    if not blamed:
        return None
    first = blamed[0]
    off = np.abs(np.asarray(first.assignment.value) - np.asarray(first.expected))
    off = np.where(np.isnan(off), np.inf, off)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape)) if off.ndim else ()
    return Finding(first.assignment, first.meaning, first.expected, index)


def _judge(point: Point) -> list[_Judged]:
    """Judge each variable of the hand at its last assignment, in the order of their first ones."""
    meanings = Meanings(point)
    by_name: dict[tuple[str, str], list[Assignment]] = {}
    for a in point.assignments:
        by_name.setdefault((a.function, a.name), []).append(a)
    judged: list[_Judged | None] = []
    for (_, name), assignments in by_name.items():
        meant = meanings.of(name)
        if meant is None:
            continue
        meaning, candidates = meant
        if len(candidates) > 1:
            judged += _judge_turns(assignments, meaning, candidates)
        else:
            judged.append(_judge_one(assignments, meaning, candidates[0]))
    position = {id(a): i for i, a in enumerate(point.assignments)}
    return sorted((j for j in judged if j), key=lambda j: position[id(j.assignment)])


def _judge_one(assignments: list[Assignment], meaning: str, expected: Any) -> _Judged | None:
    """Judge a variable with one meaning: any of its values may be the right one."""
    if expected is None or np.shape(assignments[-1].value) != np.shape(expected):
        return None
    right = any(_equal(a.value, expected) for a in assignments)
    last = assignments[-1]
    return _Judged(last, meaning, expected, right, _ratio(np.asarray(last.value), np.asarray(expected)))


def _judge_turns(assignments: list[Assignment], meaning: str, candidates: list[Any]) -> list[_Judged]:
    """Judge a variable that a loop binds again and again, turn by turn, forwards or backwards."""
    if len(assignments) != len(candidates):
        return []
    orders = [candidates, candidates[::-1]]
    matches = [[_equal(a.value, c) for a, c in zip(assignments, order, strict=True)] for order in orders]
    best = int(sum(matches[1]) > sum(matches[0]))
    return [
        _Judged(a, meaning, c, right, _ratio(np.asarray(a.value), np.asarray(c)))
        for a, c, right in zip(assignments, orders[best], matches[best], strict=True)
        if c is not None and np.shape(a.value) == np.shape(c)
    ]


class Meanings:
    """What the names of a hand gradient's variables mean: values and derivatives of the function's variables."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self.tensors: dict[str, list[Tensor]] = {}
        for tensor in reversed(point.nodes):
            for name in {key(name) for name in point.names.bound.get(tensor, ())}:
                self.tensors.setdefault(name, []).append(tensor)
        result = point.result
        names = point.names.bound.get(result, {}) if result is not None else {}
        self.results = {key(name) for name in names} | RESULT_ALIASES

    def of(self, name: str) -> tuple[str, list[Any]] | None:
        """Return in words what a name means, and the values that it should have; None where it says nothing."""
        if key(name) in self.tensors:
            return f"the value of {name}", [t._value for t in self.tensors[key(name)]]
        quotient = _QUOTIENT.fullmatch(name)
        if quotient:
            y, x = key(quotient["y"]), key(quotient["x"])
            if (y in self.results and y not in self.tensors) or self._is_result(y):
                return self._cotangent(name, x)
            if y in self.tensors and x in self.tensors:
                factors = [self._factor(self.tensors[y], x) for x in self.tensors[x]]
                return f"the derivative of {quotient['y']} by {quotient['x']}", factors
            return None
        for pattern in _COTANGENT:
            match = re.fullmatch(pattern, name)
            if match and key(match["x"]) in self.tensors:
                return self._cotangent(name, key(match["x"]))
        return None

    def _is_result(self, y: str) -> bool:
        return any(t is self.point.result for t in self.tensors.get(y, ()))

    def _cotangent(self, name: str, x: str) -> tuple[str, list[Any]] | None:
        tensors = self.tensors.get(x, [])
        values = [self.point.cotangents.get(t) for t in tensors]
        if not tensors or all(v is None for v in values):
            return None
        return f"the derivative of the result by {_spelling(self.point, tensors[0], x)}", values

    def _factor(self, outs: list[Tensor], x: Tensor) -> Any:
        """Return the local derivative where it is a factor: of a number, or element by element."""
        y = next((t for t in outs if x in order([t])[1]), None)
        if y is None or y is x:
            return None
        between = [t for t in order([y], {x})[0] if t is not x and x in order([t])[1]]
        numbers = y.size == 1
        pointwise = all(t.op is not None and t.op.elementwise and t.shape == y.shape for t in between)
        if not (numbers or (pointwise and x.shape == y.shape)):
            return None
        found, _ = sweep({y: np.ones_like(y._value)[()]}, {x})
        return raw(found.get(x))


def key(name: str) -> str:
    """Return a name without what spelling may change: capitals stay, since W and w differ; underscores go."""
    return name.replace("_", "").lower() if len(name) > 2 else name.replace("_", "")


def _spelling(point: Point, tensor: Tensor, otherwise: str) -> str:
    best = point.names.best(tensor)
    return best[2] if best else otherwise


def _equal(value: Any, expected: Any) -> bool:
    """Whether two values are the same but for rounding."""
    if expected is None or np.shape(value) != np.shape(expected):
        return False
    value, expected = np.asarray(value), np.asarray(expected)
    eps = max((float(np.finfo(x.dtype).eps) for x in (value, expected) if x.dtype.kind in "fc"), default=0.0)
    scale = np.abs(expected).max(initial=0.0)
    return bool(np.all(np.abs(value - expected) <= 1e7 * eps * scale) or np.array_equal(value, expected))


def _ratio(value: Any, expected: Any) -> float | None:
    """Return the one number by which a value differs from what is expected, if one does and it is not 1."""
    if value.shape != expected.shape or value.dtype.kind not in "fiu" or expected.dtype.kind not in "fiu":
        return None
    there = expected != 0
    if not there.any() or np.any(value[~there] != 0) if value.ndim else expected == 0:
        return None
    with np.errstate(all="ignore"):
        ratios = np.asarray(value[there] / expected[there] if value.ndim else value / expected)
    middle = float(np.median(ratios))
    same = np.isfinite(middle) and middle != 0 and np.all(np.abs(ratios - middle) <= 1e-7 * abs(middle))
    return middle if same and abs(middle - 1) > 1e-9 else None


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b))

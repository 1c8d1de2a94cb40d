"""The first wrong line of a hand gradient: a variable that, given the value that it should have, makes it right."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.case import Point, Problem
from autograd_lite.flow import flow
from autograd_lite.graph import Tensor, raw
from autograd_lite.hand import Assignment, Key, key_of
from autograd_lite.meanings import Meaning, Meanings, spelling
from autograd_lite.verdicts import Verdict

SECONDS, RUNS = 2.0, 60
"""How long and how often the hand gradient is run with other values, at most."""


@dataclass(frozen=True)
class Finding:
    """The first assignment of a hand gradient whose value is wrong.

    Attributes
    ----------
    assignment : Assignment
        Or the return statement, under the name "return".
    meaning : str
        What its name says that it is, or what it should be.
    expected : array
        What it should be, from the record.
    index : tuple of int
        The element that is farthest off.
    unchecked : tuple of str
        Variables that it is made from and that nothing is known of: the mistake may be in them.
    """

    assignment: Assignment
    meaning: str
    expected: Any
    index: tuple[int, ...]
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Suspect:
    """A variable whose name says that its value is wrong, and the values to put in its place."""

    assignment: Assignment
    meaning: str
    expected: Any
    repair: dict[Key, Any]
    instead: tuple[tuple[str, Any], ...] = ()
    """What else the name may mean: the derivative by what the variable is computed from, element by element."""


def first_wrong_line(problem: Problem, point: Point, verdicts: Sequence[Verdict]) -> Finding | None:
    """Find the first assignment whose value is wrong; None where none can be told.

    A variable is matched by its name to what it means. It is blamed only if the hand gradient, run again with the right
    value in its place, gets better and nowhere worse: so a variable that is scaled until the end, or called by another
    convention, is left alone.
    """
    return _Search(problem, point, verdicts).run()


class _Search:
    def __init__(self, problem: Problem, point: Point, verdicts: Sequence[Verdict]) -> None:
        self.problem, self.point, self.verdicts = problem, point, verdicts
        self.meanings = Meanings(point)
        self.wrong = [i for i, v in enumerate(verdicts) if v.verdict == "wrong"]
        self.known: set[str] = set()
        self.until, self.runs = time.monotonic() + SECONDS, RUNS

    def run(self) -> Finding | None:
        """Search."""
        suspects = self._suspects()
        for suspect in suspects:
            for other in (suspect, *_others(suspect)):
                fixed = self._fixed(other.repair)
                if fixed:
                    return self._unnamed(other, fixed) or self._finding(other)
        return self._together(suspects) or self._unnamed(None, set(self.wrong)) or self._return()

    def _together(self, suspects: list[_Suspect]) -> Finding | None:
        """Where there are several mistakes on one way: the first suspect without whose repair it stays wrong."""
        everything = {k: value for s in suspects for k, value in s.repair.items()}
        fixed = self._fixed(everything) if len(suspects) > 1 else set()
        for suspect in suspects if fixed else ():
            if self._fixed({k: v for k, v in everything.items() if k not in suspect.repair}) != fixed:
                return self._finding(suspect)
        return None

    def _fixed(self, repair: dict[Key, Any]) -> set[int]:
        """Return the wrong gradients that a repair makes right; none where it makes another one wrong."""
        if self.runs <= 0 or time.monotonic() > self.until:
            return set()
        self.runs -= 1
        try:
            found = self.problem.repaired(repair)
        except Exception:
            return set()
        fixed = set()
        for i, (h, v) in enumerate(zip(found, self.verdicts, strict=True)):
            if i in self.wrong:
                if same(h, self.point.true[i], v.tolerance):
                    fixed.add(i)
            elif not same(h, v.hand, v.tolerance):
                return set()
        return fixed

    def _suspects(self) -> list[_Suspect]:
        """Return the variables whose names tell that they are wrong, in the order in which they went wrong."""
        found = []
        for (_, name), assignments in self._by_name().items():
            meaning = self.meanings.of(name)
            suspect = self._suspect(assignments, meaning) if meaning else None
            if suspect:
                found.append(suspect)
            elif meaning and any(same(a.value, e) for a in assignments for e in meaning.expected):
                self.known.add(name)
        place = {id(a): i for i, a in enumerate(self.point.assignments)}
        return sorted(found, key=lambda s: place[id(s.assignment)])

    def _by_name(self) -> dict[tuple[Any, str], list[Assignment]]:
        by_name: dict[tuple[Any, str], list[Assignment]] = {}
        for a in self.point.assignments:
            by_name.setdefault((a.code, a.name), []).append(a)
        return by_name

    def _suspect(self, assignments: list[Assignment], meaning: Meaning) -> _Suspect | None:
        expected, last = meaning.expected, assignments[-1]
        if len(expected) == 1 and expected[0] is not None and np.ndim(expected[0]) and len(assignments) > 1:
            rows = np.shape(expected[0])
            if len(assignments) == rows[0] and np.shape(last.value) == rows[1:]:
                expected = list(expected[0])  # a loop over samples, or over steps
        if len(expected) == len(assignments) > 1:
            return self._turns(assignments, meaning, expected)
        if len(expected) > 1:
            return None
        value = expected[0]
        if value is None or (any(same(a.value, value) for a in assignments) and not self._is_answer(last, meaning)):
            return None
        if np.shape(last.value) != np.shape(value) and not self._is_answer(last, meaning):
            return None
        line = self._last_off(assignments, meaning, value)
        instead = self._before(meaning.tensors[0]) if meaning.derivative else ()
        return _Suspect(line, meaning.text, value, {key_of(last): value}, tuple(instead))

    def _before(self, t: Tensor) -> Iterator[tuple[str, Any]]:
        """Yield the derivatives by what a Tensor is computed from by elementwise ops: many call these by its name."""
        for _ in range(3):
            inputs = [x for x in t.inputs if type(x) is Tensor and x.shape == t.shape]
            if t.op is None or not t.op.elementwise or len(inputs) != 1:
                return
            t = inputs[0]
            yield f"the derivative of the result by {self._spelled(t)}", self.point.cotangents.get(t)

    def _is_answer(self, a: Assignment, meaning: Meaning) -> bool:
        """Whether an assignment holds what is returned as the wrong gradient that its name means."""
        leaves = [i for i in self.wrong if any(t is self.point.leaves[i] for t in meaning.tensors)]
        return any(
            np.shape(a.value) == np.shape(self.point.hand[i]) and np.array_equal(a.value, self.point.hand[i])
            for i in leaves
        )

    def _turns(self, assignments: list[Assignment], meaning: Meaning, expected: list[Any]) -> _Suspect | None:
        """Judge a variable that a loop binds again and again, turn by turn, forwards or backwards."""
        orders = [expected, expected[::-1]]
        matches = [[same(a.value, e) for a, e in zip(assignments, order, strict=True)] for order in orders]
        best = int(sum(matches[1]) > sum(matches[0]))
        off = [
            (a, e)
            for a, e, right in zip(assignments, orders[best], matches[best], strict=True)
            if not right and e is not None and np.shape(a.value) == np.shape(e)
        ]
        if not off:
            return None
        return _Suspect(off[0][0], meaning.text, off[0][1], {key_of(a): e for a, e in off})

    def _last_off(self, assignments: list[Assignment], meaning: Meaning, expected: Any) -> Assignment:
        """Return the line at which a variable that is built up in several steps went wrong.

        It is the last one, unless that only scales what was wrong before, or adds what an edge of the record passes.
        """
        ends = list({(a.line, a.code): a for a in assignments}.values())  # the last turn of each line
        ends.sort(key=assignments.index)
        passed = [c for _, x, c in self.point.contributions if any(x is t for t in meaning.tensors)]
        while len(ends) > 1:
            before, a = ends[-2].value, ends[-1].value
            if np.shape(before) != np.shape(a) or not np.any(before):
                break
            scaled = ratio(a, before) is not None and ratio(before, expected) is None
            added = any(not isinstance(c, tuple) and same(a - before, c) for c in passed)
            if not (scaled or added):
                break
            ends.pop()
        return ends[-1]

    def _finding(self, suspect: _Suspect) -> Finding:
        a = suspect.assignment
        return Finding(a, suspect.meaning, suspect.expected, farthest(a.value, suspect.expected), self._unchecked(a))

    def _unchecked(self, a: Assignment) -> tuple[str, ...]:
        """Return the variables that an assignment reads and that nothing is known of."""
        statements = flow(a.code).at(a.line) if a.code else []
        read = {name for s in statements for name in s.reads} - {a.name}
        computed = [b for b in self.point.assignments if b.code is a.code and b.name in read and b.target is None]
        unknown = {b.name for b in computed if not self._is_known(b)}
        return tuple(dict.fromkeys(b.name for b in computed if b.name in unknown))

    def _is_known(self, a: Assignment) -> bool:
        """Whether a variable is right by its name, a whole number, or a value or cotangent of the record."""
        if a.name in self.known or np.asarray(a.value).dtype.kind in "iub":
            return True
        return any(same(a.value, v) or ratio(a.value, v) is not None for v, _ in self._record(np.shape(a.value)))

    def _record(self, shape: tuple[int, ...]) -> Iterator[tuple[Any, str]]:
        """Yield the cotangents and values of a shape in the record, with what they are."""
        for t, c in self.point.cotangents.items():
            if np.shape(c) == shape and not isinstance(c, tuple):
                yield c, f"the derivative of the result by {self._spelled(t)}"
        for t in reversed(self.point.nodes):
            value = raw(t)
            if not isinstance(value, tuple) and np.shape(value) == shape:
                yield value, f"the value of {self._spelled(t)}"

    def _spelled(self, t: Tensor) -> str:
        return spelling(self.point, t, f"the {t.op.name if t.op else 'argument'} in it")

    def _unnamed(self, suspect: _Suspect | None, fixed: set[int]) -> Finding | None:
        """Look before the suspect for a variable that no name tells of, and that a value of the record would mend."""
        end = self.point.assignments.index(suspect.assignment) if suspect else len(self.point.assignments)
        sources = self._sources(suspect)
        named = {name for name in sources if self.meanings.of(name)}
        for a in self.point.assignments[:end]:
            if a.code is not self._code() or a.name not in sources - named or np.size(a.value) < 2 or a.target:
                continue
            later = [b for b in self.point.assignments if b.code is a.code and b.name == a.name]
            if len(later) > 1 or self._is_known(a):
                continue
            for value, meaning in self._record(np.shape(a.value)):
                if self._fixed({key_of(a): value}) >= fixed:
                    return Finding(a, meaning, value, farthest(a.value, value), self._unchecked(a))
        return None

    def _code(self) -> Any:
        return self.point.run.code if self.point.run else None

    def _sources(self, suspect: _Suspect | None) -> frozenset[str]:
        """Return the variables of the hand that a suspect, or the wrong gradients, are made from."""
        code = self._code()
        if code is None:
            return frozenset()
        if suspect is not None:
            if suspect.assignment.code is not code:
                return frozenset()
            reads = {name for s in flow(code).at(suspect.assignment.line) for name in s.reads}
        else:
            reads = {name for i in self.wrong for name in self._returned(i)}
        return flow(code).sources(frozenset(reads))

    def _returned(self, i: int) -> frozenset[str]:
        """Return the variables that the part of the return statement reads that gradient ``i`` is."""
        run = self.point.run
        if run is None or run.code is None:
            return frozenset()
        parts = flow(run.code).parts(run.line)
        if len(parts) == len(self.point.hand):
            return parts[i]
        return frozenset().union(*parts)

    def _return(self) -> Finding | None:
        """Blame the return statement where all that it reads is known to be right."""
        run, i = self.point.run, self.wrong[0]
        read = self._returned(i)
        if run is None or run.code is None or not read:
            return None
        computed = [a for a in self.point.assignments if a.code is run.code and a.name in read]
        last = {a.name: a for a in computed}
        means = [self.meanings.of(name) for name in read] if len(read) == 1 else []
        if any(m and m.derivative and any(t is self.point.leaves[i] for t in m.tensors) for m in means):
            return None  # it returns the variable that is meant
        if not all(self._is_known(a) for a in last.values()):
            return None
        code = run.code
        a = Assignment("return", np.asarray(self.point.hand[i])[()], code.co_filename, run.line, code.co_name, 0)
        meaning = f"the derivative of the result by {self.problem.leaf_names[i]}"
        return Finding(a, meaning, self.point.true[i], farthest(a.value, self.point.true[i]))


def _others(suspect: _Suspect) -> Iterator[_Suspect]:
    """Yield the suspect by its other meanings."""
    for meaning, value in suspect.instead:
        yield _Suspect(suspect.assignment, meaning, value, dict.fromkeys(suspect.repair, value))


def same(value: Any, expected: Any, tolerance: Any = 0.0) -> bool:
    """Whether two values are the same but for rounding, or a tolerance if that is larger."""
    if expected is None or isinstance(expected, tuple) or np.shape(value) != np.shape(expected):
        return False
    value, expected = np.asarray(value), np.asarray(expected)
    if value.dtype.kind not in "fciub":
        return False
    eps = max((float(np.finfo(x.dtype).eps) for x in (value, expected) if x.dtype.kind in "fc"), default=0.0)
    room = 1e5 * eps * np.abs(expected).max(initial=0.0)
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(value - expected) <= np.fmax(tolerance, room)) or np.array_equal(value, expected))


def ratio(value: Any, expected: Any) -> float | None:
    """Return the one number by which an array differs from what is expected; None for single numbers."""
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape or value.size < 2 or value.dtype.kind not in "fiu":
        return None
    if expected.dtype.kind not in "fiu":
        return None
    there = expected != 0
    if there.sum() < 2 or np.any(value[~there] != 0):
        return None
    with np.errstate(all="ignore"):
        ratios = value[there] / expected[there]
    middle = float(np.median(ratios))
    close = np.isfinite(middle) and middle != 0 and np.all(np.abs(ratios - middle) <= 1e-7 * abs(middle))
    return middle if close else None


def farthest(value: Any, expected: Any) -> tuple[int, ...]:
    """Return the index of the element that is farthest off; empty where the shapes differ."""
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape or not value.ndim or not value.size:
        return ()
    with np.errstate(all="ignore"):
        off = np.abs(value - expected)
    off = np.where(np.isnan(off), np.inf, off)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))


def first_not_finite(assignments: Iterable[Assignment]) -> Assignment | None:
    """Return the first assignment that holds a NaN or an infinity."""
    return next((a for a in assignments if not np.isfinite(a.value).all()), None)

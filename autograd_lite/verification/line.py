"""The first wrong line of a hand gradient: a variable that, given the value that it should have, makes it right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations
from types import CodeType
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.numerical import close
from autograd_lite.ops.nn.softmaxes import softmax
from autograd_lite.verification.budget import Budget, SafetyNet
from autograd_lite.verification.flow import Part, flow
from autograd_lite.verification.point import Point, hand_with
from autograd_lite.verification.problem import Setting
from autograd_lite.verification.replacement import Replacement, are_in_turn, in_turn, rows
from autograd_lite.verification.roles import Role, Roles, is_derivative, may_be_derivative, spelling
from autograd_lite.verification.run import Assignment, Key, key_of
from autograd_lite.verification.verdict import Verdict

RUNS = 400
"""How often the hand gradient is run with other values, at most."""


@dataclass(frozen=True, eq=False)
class Finding:
    """The first assignment of a hand gradient whose value is wrong.

    Attributes
    ----------
    assignment : Assignment
        Or the return statement, under the name "return".
    role : str
        What its name says that it is, or what it should be.
    expected : array
        What it should be, from the record.
    index : tuple of int
        The element that is farthest off.
    unchecked : tuple of str
        Variables that it is made from and that nothing is known of: the mistake may be in them.
    """

    assignment: Assignment
    role: str
    expected: Any
    index: tuple[int, ...]
    unchecked: tuple[str, ...] = ()


@dataclass(eq=False)
class _Candidate:
    """A variable that may be wrong, with replacements by its role, and by what else is in the record."""

    assignment: Assignment
    named: list[Replacement] = field(default_factory=list)
    others: list[Replacement] = field(default_factory=list)


def first_wrong_line(setting: Setting, point: Point, verdicts: Sequence[Verdict], net: SafetyNet) -> Finding | None:
    """Find the first assignment whose value is wrong; None where none is certain.

    What a variable should hold follows from its name: its role. It is the finding only if the hand gradient, run again
    with that value in its place, gets better and nowhere worse. So a variable that is scaled until the end, or called
    by another convention, is left alone. A variable without a role is one if a value of the record there mends all.
    """
    return _Search(setting, point, verdicts, net).run()


class _Search:
    def __init__(self, setting: Setting, point: Point, verdicts: Sequence[Verdict], net: SafetyNet) -> None:
        self.setting, self.point, self.verdicts = setting, point, verdicts
        self.roles = Roles(point)
        self.wrong = [i for i, v in enumerate(verdicts) if v.verdict == "wrong"]
        self.place = {id(a): i for i, a in enumerate(point.assignments)}
        self.known: set[tuple[CodeType | None, str]] = set()
        self.budget = Budget(min(RUNS, point.evaluations), net)

    def run(self) -> Finding | None:
        """Search: first for one line that explains everything."""
        candidates = self._candidates()
        everything = set(self.wrong)
        for candidate in candidates:
            for replacement in (*candidate.named, *candidate.others):
                if self._fixed(replacement.put) == everything:
                    return self._finding(replacement)
        named = [replacement for candidate in candidates for replacement in candidate.named]
        for replacement in named:
            for factor in self._factors:
                if self._fixed(replacement.times(factor).put) == everything:
                    return self._finding(replacement.times(factor))
        return self._mistaken() or self._return() or self._mistaken(multiples=True) or self._partly(named)

    def _mistaken(self, *, multiples: bool = False) -> Finding | None:
        """Look for a variable without a role that holds one value of the record where another one belongs.

        Where it is a multiple of that one, a factor may be missing later as well.
        """
        sources = self._sources()
        for assignments in reversed(list(self._by_name().values())):
            a = assignments[-1]
            if len(assignments) > 1 or a.code is not self._code or a.name not in sources or self.roles.of(a.name):
                continue
            for replacement in self._recorded(a):
                multiple = close.ratio(a.value, replacement.expected) is not None
                if multiple is multiples and self._fixed(replacement.put) == set(self.wrong):
                    return self._finding(replacement)
        return None

    def _partly(self, named: list[Replacement]) -> Finding | None:
        """Find a line that explains some of the wrong gradients, or values in between: there are several mistakes."""
        for replacement in named:
            later = {(r.assignment.code, r.assignment.name): r.expected for r in named if r is not replacement}
            if self._fixed(replacement.put, later):
                return self._finding(replacement)
        return None

    def _fixed(
        self, put: dict[Key, Any], later: dict[tuple[CodeType | None, str], Any] | None = None
    ) -> set[int | tuple[CodeType | None, str]]:
        """Return the wrong gradients, and variables, that a replacement mends; none if it makes another one wrong."""
        if not self.budget.is_left():
            return set()
        self.budget.spend()
        try:
            found, assignments = hand_with(self.setting, put)
        except Exception:
            return set()
        fixed: set[int | tuple[CodeType | None, str]] = set()
        for i, (h, v) in enumerate(zip(found, self.verdicts, strict=True)):
            if i in self.wrong:
                if close.alike(h, self.point.true[i], v.tolerance):
                    fixed.add(i)
            elif not close.alike(h, v.hand, v.tolerance):
                return set()
        own = {(code, name) for code, _, _, name in put}
        for a in assignments if later else ():
            name = (a.code, a.name)
            if later and name in later and name not in own and close.alike(a.value, later[name]):
                fixed.add(name)
        return fixed

    @cached_property
    def _factors(self) -> list[float]:
        """Numbers by which gradients are scaled at the end: lengths of axes, and 2."""
        shapes = [np.shape(raw(t)) for t in self.point.nodes if not isinstance(raw(t), tuple)]
        lengths = sorted({n for shape in shapes for n in shape if n > 1})[:6]
        return [2, 1 / 2, *(factor for n in lengths for factor in (n, 2 * n, n / 2, 1 / n, 2 / n))]

    @cached_property
    def _common(self) -> float | None:
        """The one factor by which all wrong gradients are off, where there is one."""
        found = []
        for i in self.wrong:
            hand, true = np.asarray(self.point.hand[i]), np.asarray(self.point.true[i])
            if hand.size == 1 and hand.shape == true.shape and hand.dtype.kind == "f" and true != 0:
                found.append((hand / true).item())
            else:
                found.append(close.ratio(hand, true) or np.nan)
        hands = [self.point.hand[i] for i in self.wrong]
        if not np.isfinite(found).all() or found[0] == 0 or not close.is_factor(found, found[0], *hands):
            return None
        any_would_do = sum(np.size(self.point.true[i]) for i in self.wrong) == 1  # one number is off by some factor
        return None if any_would_do and not self._is_simple(abs(found[0]), *hands) else found[0]

    def _candidates(self) -> list[_Candidate]:
        """Return the variables that may be wrong, in the order in which they went wrong."""
        found: list[_Candidate] = []
        sources = self._sources()
        for (code, name), assignments in self._by_name().items():
            role = self.roles.of(name)
            if self._is_right(assignments, role):
                self.known.add((code, name))
            elif code is not self._code or assignments[0].target or name in sources:
                found += self._of_variable(assignments, role)
        return sorted(found, key=lambda s: self.place[id(s.assignment)])

    def _by_name(self) -> dict[tuple[CodeType | None, str], list[Assignment]]:
        by_name: dict[tuple[CodeType | None, str], list[Assignment]] = {}
        for a in self.point.assignments:
            if not self._is_loop(a):
                by_name.setdefault((a.code, a.name), []).append(a)
        return by_name

    def _is_loop(self, a: Assignment) -> bool:
        return a.code is not None and any(s.loop for s in flow(a.code).at(a.line) if s.first == s.last == a.line)

    def _is_right(self, assignments: list[Assignment], role: Role | None) -> bool:
        """Whether a variable has the value of its role, or nothing but values of the record."""
        if role is not None and len(role.expected) == 1:
            reached = any(close.alike(a.value, role.expected[0]) for a in assignments)
            reached = reached or are_in_turn(assignments, rows(assignments, role.expected[0]))
            return reached and not self._is_answer(assignments[-1], role)
        if role is not None and len(role.expected) == len(assignments):
            return are_in_turn(assignments, role.expected)
        return role is None and all(self._is_recorded(a) for a in assignments)

    def _is_recorded(self, a: Assignment) -> bool:
        if np.asarray(a.value).dtype.kind in "iub":
            return True
        shape = np.shape(a.value)
        if is_derivative(a.name):
            cotangents = (*self.point.cotangents.values(), *(c for _, _, c in self.point.contributions))
            return any(close.alike(a.value, c) for c in cotangents if not isinstance(c, tuple) and np.shape(c) == shape)
        passed = (c for _, _, c in self.point.contributions if not isinstance(c, tuple) and np.shape(c) == shape)
        return any(close.alike(a.value, v) for v in chain((v for v, _ in self._record(shape)), passed))

    def _of_variable(self, assignments: list[Assignment], role: Role | None) -> list[_Candidate]:
        """Return the candidates that a variable gives: each of its steps is one."""
        last = assignments[-1]
        steps = list({(a.line, a.code): a for a in assignments}.values())
        if len(steps) == len(assignments):
            found = [_Candidate(a, others=list(self._others(a))) for a in steps if not self._is_recorded(a)]
        else:
            found = [_Candidate(assignments[0], others=list(self._turns(assignments, role)))]
        if role is not None:
            named = _Candidate(last, named=list(self._named(assignments, role)))
            if named.named:
                named.assignment = named.named[0].assignment
                found.insert(0, named)  # the role comes before what else there is
        return [s for s in found if s.named or s.others]

    def _named(self, assignments: list[Assignment], role: Role) -> Iterator[Replacement]:
        """Yield the replacements of a variable by its role."""
        expected, last = role.expected, assignments[-1]
        if len(expected) == 1:
            expected = rows(assignments, expected[0]) or expected
        if len(expected) == len(assignments) > 1:
            for order in (expected, expected[::-1]):
                yield from in_turn(assignments, role.text, order)
        if len(expected) != 1 or expected[0] is None:
            return
        value = expected[0]
        if isinstance(value, tuple):
            return
        if np.shape(last.value) != np.shape(value) and not self._is_answer(last, role):
            return
        line = self._last_off(assignments, role, value)
        yield Replacement(line, role.text, value, {key_of(last): value})
        for t in self.roles.before(role.tensors[0]) if role.derivative else ():
            c = self.point.cotangents.get(t)
            if c is None or isinstance(c, tuple):
                return
            what = f"the derivative of the result with respect to {self._spelled(t)}"
            yield Replacement(line, what, c, {key_of(last): c})

    def _others(self, a: Assignment) -> Iterator[Replacement]:
        """Yield the replacements of one assignment by what is in the record, and by the factor that is too many."""
        if self._common is not None and np.asarray(a.value).dtype.kind == "f" and not self._is_multiple(a):
            value = np.asarray(a.value) / self._common
            yield Replacement(a, "with this value the gradient is right", value, {key_of(a): value})
        yield from self._recorded(a)

    def _recorded(self, a: Assignment) -> Iterator[Replacement]:
        """Yield the replacements of one assignment by what is in the record."""
        if np.size(a.value) > 1:
            for value, what in self._record(np.shape(a.value)):
                if not may_be_derivative(a.name) and close.ratio(a.value, value) is not None:
                    continue  # the factor may be missing where it is used
                yield Replacement(a, what, value, {key_of(a): value})

    def _turns(self, assignments: list[Assignment], role: Role | None) -> Iterator[Replacement]:
        """Yield the replacements of a variable that a loop binds again and again."""
        a = assignments[0]
        if len({b.line for b in assignments}) > 1 or (a.code and a.name in self._reads(a)):
            return  # it is summed up
        if self._common is not None and np.asarray(a.value).dtype.kind == "f":
            scaled = [np.asarray(b.value) / self._common for b in assignments]
            yield from in_turn(assignments, "with this value the gradient is right", scaled)
        if role is None:
            for text, values in self.roles.rows(len(assignments)):
                for order in (values, values[::-1]):
                    yield from in_turn(assignments, text, order)

    def _reads(self, a: Assignment) -> set[str]:
        return {name for s in flow(a.code).at(a.line) if not s.loop for name in s.reads} if a.code else set()

    def _is_answer(self, a: Assignment, role: Role) -> bool:
        """Whether an assignment holds what is returned as the wrong gradient of its role."""
        leaves = [i for i in self.wrong if any(t is self.point.leaves[i] for t in role.tensors)]
        return any(
            np.shape(a.value) == np.shape(self.point.hand[i]) and np.array_equal(a.value, self.point.hand[i])
            for i in leaves
        )

    def _last_off(self, assignments: list[Assignment], role: Role, expected: Any) -> Assignment:
        """Return the line at which a variable that is built up in several steps went wrong.

        It is the last one, unless that only scales what was wrong before, or adds what edges of the record pass.
        """
        ends = list({(a.line, a.code): a for a in assignments}.values())  # the last turn of each line
        ends.sort(key=lambda a: self.place[id(a)])
        passed = [c for _, x, c in self.point.contributions if any(x is t for t in role.tensors)]
        sums = []
        if len(passed) <= 6 and not any(isinstance(c, tuple) for c in passed):
            sums = [sum(some) for n in range(1, len(passed) + 1) for some in combinations(passed, n)]
        last = ends[-1]
        while len(ends) > 1:
            before, a = ends[-2].value, ends[-1].value
            if np.shape(before) != np.shape(a) or not np.any(before):
                break
            scaled = self._is_simple(_quotient(a, before), a) and not self._is_simple(_quotient(before, expected), a)
            if not scaled and not any(close.alike(a - before, c) for c in sums):
                break
            ends.pop()
        one_is_missing = any(close.alike(ends[-1].value, c) for c in sums)
        return last if one_is_missing else ends[-1]

    def _finding(self, replacement: Replacement) -> Finding:
        a = replacement.assignment
        off = close.farthest(a.value, replacement.expected)
        return Finding(a, replacement.role, replacement.expected, off, self._unchecked(a))

    def _unchecked(self, a: Assignment) -> tuple[str, ...]:
        """Return the variables that an assignment reads and that nothing is known of."""
        read, run = self._reads(a), self.point.run
        before = self.point.assignments[: self.place.get(id(a), 0)]
        computed = [b for b in before if b.code is a.code and b.name in read and not self._is_loop(b)]
        trusted = {name for place in self.point.names.places.values() for name in place.functions}
        functions = [f"{name}()" for name in sorted((read & run.called) - trusted)] if run else []
        unknown = [b.name for b in computed if not self._is_known(b) or np.asarray(b.value).dtype.kind == "b"]
        return tuple(dict.fromkeys([*unknown, *functions]))

    def _is_known(self, a: Assignment) -> bool:
        return (a.code, a.name) in self.known or self._is_recorded(a)

    def _is_multiple(self, a: Assignment) -> bool:
        """Whether a variable is a multiple of something in the record, as one that is scaled at the end is."""
        return any(self._is_simple(close.ratio(a.value, v), a.value) for v, _ in self._record(np.shape(a.value)))

    def _is_simple(self, factor: float | None, *values: Any) -> bool:
        return factor is not None and any(close.is_factor(factor, f, *values) for f in (1, *self._factors))

    def _record(self, shape: tuple[int, ...]) -> Iterator[tuple[Any, str]]:
        """Yield the cotangents and values of a shape in the record, with what they are."""
        for t, c in self.point.cotangents.items():
            if not isinstance(c, tuple) and np.shape(c) == shape:
                yield c, f"the derivative of the result with respect to {self._spelled(t)}"
        for t in reversed(self.point.nodes):
            value = raw(t)
            if not isinstance(value, tuple) and np.shape(value) == shape:
                yield value, f"the value of {self._spelled(t)}"
                if shape and shape[-1] > 1 and self.point.names.best(t) and np.asarray(value).dtype.kind == "f":
                    yield softmax(value), f"the softmax of {self._spelled(t)}"  # many compute it anew

    def _spelled(self, t: Tensor) -> str:
        return spelling(self.point, t, f"the {t.op.name if t.op else 'argument'} in it")

    @property
    def _code(self) -> CodeType | None:
        return self.point.run.code if self.point.run else None

    def _sources(self) -> frozenset[str]:
        """Return the variables of the hand that the wrong gradients are made from."""
        if self._code is None:
            return frozenset()
        return flow(self._code).sources(frozenset(name for i in self.wrong for name in self._returned(i).reads))

    def _returned(self, i: int) -> Part:
        """Return the part of the return statement that gradient ``i`` is."""
        run = self.point.run
        parts = flow(run.code).parts(run.line) if run is not None and run.code is not None else ()
        if len(parts) == len(self.point.hand):
            return parts[i]
        return Part(frozenset().union(*(part.reads for part in parts)), len(parts) == 1 and parts[0].bare)

    def _return(self) -> Finding | None:
        """Name the return statement where all that it reads is known to be right."""
        run, i = self.point.run, self.wrong[0]
        if np.asarray(self.point.hand[i]).dtype.kind not in "fciub":
            return None
        part = self._returned(i)
        if run is None or run.code is None or not part.reads:
            return None
        computed = [a for a in self.point.assignments if a.code is run.code and a.name in part.reads]
        last = {a.name: a for a in computed}
        roles = [self.roles.of(name) for name in part.reads] if part.bare else []
        if any(r and r.derivative and any(t is self.point.leaves[i] for t in r.tensors) for r in roles):
            return None  # it returns the variable of this role
        if not all(self._is_known(a) for a in last.values()) or (part.bare and not roles[0]):
            return None
        code = run.code
        a = Assignment("return", np.asarray(self.point.hand[i])[()], code.co_filename, run.line, code.co_name, 0)
        what = f"the derivative of the result with respect to {self.setting.leaf_names[i]}"
        true = self.verdicts[i].true
        return Finding(a, what, true, close.farthest(a.value, true, np.isfinite(true)))


def _quotient(a: Any, b: Any) -> float | None:
    """Return by how much one value is a multiple of another, single numbers included."""
    if np.size(a) == np.size(b) == 1 and np.asarray(b).item() != 0:
        return float(np.real(np.asarray(a).item() / np.asarray(b).item()))
    return close.ratio(a, b)

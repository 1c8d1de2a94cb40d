"""Edited code is run: at the given point, and at those where a repair has to be right, too."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cached_property
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from autograd_lite.numerical import close, quiet
from autograd_lite.verification.budget import NUMBERS_OF_SEARCH
from autograd_lite.verification.holders import afterwards
from autograd_lite.verification.point import Point, copies, evaluate, of_hand
from autograd_lite.verification.problem import Setting
from autograd_lite.verification.repair.candidates import Candidate, Change, locate
from autograd_lite.verification.repair.guard import Guard, TooLong
from autograd_lite.verification.repair.points import Place, places
from autograd_lite.verification.repair.rewriting import Words
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.source import Unit, place_of, scope_of, units
from autograd_lite.verification.repair.source import running as running_code
from autograd_lite.verification.repair.visits import Visits, snapshots

RUNS = 1500
"""The hand gradient is run so often at most."""


class Trials:
    """Runs the hand gradient as it is edited, and counts how often.

    Parameters
    ----------
    setting, point
        The problem, and what was evaluated at the given point.
    wrong : sequence of int
        The gradients that are wrong.
    true, tolerance : sequence of array
        The gradient at the point, and by how much an element may differ.
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        setting: Setting,
        point: Point,
        wrong: Sequence[int],
        true: Sequence[Any],
        tolerance: Sequence[Any],
        rng: np.random.Generator,
    ) -> None:
        self.setting, self.point, self.wrong, self.rng = setting, point, set(wrong), rng
        self.here = Place(setting, setting.given, true, tolerance, "the given point")
        numbers = sum(np.size(t._value) for t in point.nodes if not isinstance(t._value, tuple))
        numbers = max([numbers, 10 * sum(map(np.size, setting.values))])
        self.left, self.runs = min(RUNS, NUMBERS_OF_SEARCH // (numbers or 1)), 0
        self.errors: Counter[str] = Counter()
        self.replaced: list[tuple[Unit, ast.AST, Any, str | Words]] = []
        self.base = Visits()
        self.guard = Guard(setting.problem.args, setting.problem.f, setting.problem.hand)
        self.units = afterwards(self.guard.restore, self._units)
        self.guard.edits([f for u in self.units for f in u.functions], self.base.events)
        self.codes = {u: u.code for u in self.units}
        self.values: dict[Place, Any] = {}

    @cached_property
    def places(self) -> list[Place]:
        """The points at which a repair has to be right, with what the function's own value is there."""
        return list(places(self.setting, self.point, self.rng))

    @cached_property
    def nearby(self) -> list[Place]:
        """Points with the same data, for what is right only where the data keep what they have in common."""
        found = []
        for size in (0.1, 0.4, 1.0) if self.point.result is not None else ():
            with suppress(Exception):
                p = evaluate(self.setting, self.setting.nearby(self.rng, size))
                room = [np.asarray(close.of_a_repair(t, 0)) for t in p.true]
                if all(np.isfinite(t).all() for t in p.true):
                    found.append(Place(self.setting, p.values, p.true, room, "the same data"))
        return found

    @cached_property
    def second(self) -> Point | None:
        """Another point with the same data, at which names are told apart that hold the same by chance."""
        if self.point.result is None:
            return None
        with suppress(Exception):
            values = self.setting.nearby(self.rng)
            return afterwards(self.guard.restore, lambda: evaluate(self.setting, values))
        return None

    def _units(self) -> list[Unit]:
        with quiet():
            self.base.of(lambda: self.setting.hand(_copies(self.setting.given)))
            of_f = Visits()
            of_f.of(lambda: self.setting.f(_copies(self.setting.given)))
        self.of_f = of_f
        known = [self.setting.problem.hand, self.setting.problem.f]
        return units({code: [*known, *held] for code, held in self.base.holders.items()})

    @property
    def is_unread(self) -> bool:
        """Whether code of the user's ran, and no source of it can be read."""
        return bool(self.base.holders) and not any(map(place_of, self.base.holders))

    def keep(self, search: Callable[[], Any]) -> Any:
        """Search while nothing of the user's can be changed; what needs the code as it is was computed before."""
        with quiet():
            return self.guard.keep(lambda: self._hand(self.here), lambda: self._prepared(search))

    def _prepared(self, search: Callable[[], Any]) -> Any:
        self.guard.restored(self._look_around)
        return search()

    def _look_around(self) -> None:
        _ = self.second, self.places, self.nearby
        if self.setting.problem.is_both:
            self.values = {p: self._value(p) for p in (self.here, *self.places, *self.nearby)}

    def _value(self, place: Place) -> Any:
        """Return the value that the hand gives beside its gradient; None where it gives none."""
        if not self.setting.problem.is_both:
            return None
        with quiet():
            return place.setting.value_beside(place.setting.hand(_copies(place.values)))

    def gradients(self, place: Place) -> list[Any] | None:
        """Run the hand gradient as it is now at a place; None where it raises, or runs on and on."""
        self.runs += 1
        self.left -= 1
        try:
            with quiet():
                return self.guard.run(lambda: self._gradients(place))
        except (Exception, TooLong) as error:
            self.errors[type(error).__name__] += 1
            return None

    def _gradients(self, place: Place) -> list[Any] | None:
        answer = self._hand(place)
        value = place.setting.value_beside(answer) if place in self.values else None
        if value is not None and not close.alike(value, self.values[place]):
            return None  # the function's value is to stay
        found = of_hand(place.setting, answer)[0]
        return found if self.guard.is_read_only else _copies(found)

    def _hand(self, place: Place) -> Any:
        return place.setting.hand(_copies(place.values, read_only=self.guard.is_read_only))

    def mended(self, found: Sequence[Any] | None, place: Place) -> set[int] | None:
        """Return which gradients are right, of those that were wrong; None where another one is wrong now."""
        if found is None:
            return None
        right = set()
        for i, h in enumerate(found):
            if close.same(h, place.true[i], place.tolerance[i]):
                right.add(i)
            elif i not in self.wrong and not close.alike(h, self.point.hand[i], place.tolerance[i]):
                return None
        return right & set(self.wrong)

    def edited(self, candidate: Candidate) -> ExitStack:
        """Let the syntax trees be edited meanwhile."""
        stack = ExitStack()
        for change in candidate.changes:
            old = change.swap(change.new)
            stack.callback(change.swap, old)
            self.replaced.append((candidate.unit, old, change.new, candidate.words))
            stack.callback(self.replaced.pop)
        return stack

    def running(self, candidate: Candidate) -> ExitStack:
        """Let the edited functions run meanwhile."""
        stack = self.edited(candidate)
        try:
            with catch_warnings():
                simplefilter("ignore")
                code = candidate.unit.compiled(candidate.stand_in)
            before = self.codes[candidate.unit]
            stack.enter_context(running_code(candidate.unit, code, before))
            self.codes[candidate.unit] = code
            stack.callback(self.codes.__setitem__, candidate.unit, before)
        except BaseException:
            stack.close()
            raise
        return stack

    @property
    def recorded(self) -> list[Place]:
        """The given point, and another one with the same data."""
        second = self.second
        return [self.here, *([replace(self.here, values=second.values, true=second.true)] if second else [])]

    def run(self, candidate: Candidate) -> set[int] | None:
        """Return which gradients an edit mends at the given point."""
        return self.mended(self.found(candidate), self.here)

    def found(self, candidate: Candidate, at: Place | None = None) -> list[Any] | None:
        """Return the gradients with an edit, at the given point or another; None where it cannot be made, or raises."""
        try:
            with self.running(candidate):
                return self.gradients(at or self.here)
        except (SyntaxError, ValueError, TypeError, RecursionError) as error:
            self.errors[type(error).__name__] += 1
            return None

    def confirmed(self, candidate: Candidate, aims: set[int], places: Sequence[Place] | None = None) -> int:
        """Return at how many points an edit mends what it should; 0 where it fails at one."""
        places = self.places if places is None else places
        with self.running(candidate):
            for place in places:
                found = self.gradients(place)
                if found is None or not all(close.same(found[i], place.true[i], place.tolerance[i]) for i in aims):
                    return 0
        return 1 + len(places)

    def moved_by(self, site: Site, now: Sequence[Any]) -> set[int] | None:
        """Return which gradients another value of a statement would change; None where that cannot be tried."""
        s = site.statement
        if not isinstance(s, (ast.Assign, ast.AugAssign)):
            return None
        value = np.asarray(site.array(s.value))
        if value.dtype.kind not in "fc" or not np.isfinite(value).all():
            return None
        moved = ast.BinOp(ast.BinOp(s.value, ast.Mult(), ast.Constant(1.234)), ast.Add(), ast.Constant(0.0123))
        locate(moved, s)
        found = self.found(Candidate(site.unit, s, "", "", (Change(s, "value", None, moved),), 0))
        if found is None:
            return None
        return {i for i, (a, b) in enumerate(zip(found, now, strict=True)) if not close.alike(a, b)}

    def sites(self) -> Iterator[Site]:
        """Yield the statements of the hand that may be edited, with what they can name."""
        chosen = {self.codes[u]: u for u in self.units}
        second = self.second
        with quiet():
            kept = self.guard.restored(lambda: snapshots(lambda: self._hand(self.here), chosen))
            again = {}
            if second is not None:
                with suppress(Exception):
                    hand = lambda: self.setting.hand(_copies(second.values))  # noqa: E731
                    again = self.guard.restored(lambda: snapshots(hand, chosen))
        called = set(self.base.lines) | set(self.of_f.lines)
        for (unit, statement), (variables, visits) in kept.items():
            if (
                not self.setting.problem.is_both
                and statement.lineno in self.of_f.lines.get(unit.code, ())
                and not isinstance(unit.tree, ast.Lambda)
            ):
                continue
            found = [variables, *([again[unit, statement][0]] if (unit, statement) in again else [])]
            scope = scope_of(unit, found, called)
            functions = {name: self.guard.calling(f) for name, f in scope.functions.items()}
            yield Site(unit, statement, replace(scope, functions=functions), visits)


def _copies(values: Sequence[Any], *, read_only: bool = False) -> list[Any]:
    found = copies(values)
    for x in found:
        if isinstance(x, np.ndarray):
            x.flags.writeable = not read_only
    return found

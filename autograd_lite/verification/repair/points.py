"""Further points at which a repaired gradient has to be right: each breaks what the given one keeps by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import Any

import numpy as np

from autograd_lite import numerical
from autograd_lite.core import trees
from autograd_lite.numerical import close, quiet
from autograd_lite.verification.budget import SafetyNet
from autograd_lite.verification.comparison import Comparison
from autograd_lite.verification.data import is_symmetric
from autograd_lite.verification.point import Point, copies, evaluate
from autograd_lite.verification.problem import Setting
from autograd_lite.verification.repair.redraw import FREE, NEAR, STAYS, moved, redrawn

ROWS = (
    # what differs        scale  least level
    ("other numbers",     1,     FREE),
    ("other lengths",     1,     FREE),
    ("larger numbers",    4,     FREE),
    ("smaller numbers",   1 / 4, FREE),
    ("numbers nearby",    1,     NEAR),
    ("other numbers",     1,     FREE),
    ("other numbers",     1,     FREE),
)  # fmt: skip
TRIES = 3
"""So often numbers are drawn before they have to stay closer to the given ones."""
ALONE = 4
"""So many lengths of axes are changed by themselves where they cannot be all at once."""
EVALUATIONS, LEAST = 16, 32
"""A place costs about as many evaluations where the function can be recorded; and so many are granted at least."""
ELEMENTS = 6
"""Of so many elements of each array differences are taken, where it cannot."""


Truth = tuple[Sequence[Any], Sequence[Any]]


@dataclass(frozen=True, eq=False)
class Place:
    """A point at which a repair has to be right.

    Attributes
    ----------
    setting : Setting
        With the arguments of this place, data included.
    values : sequence of array
        The arrays that are differentiated.
    true : sequence of array
        The gradient: of the backward pass, or of differences where nothing can be recorded.
    tolerance : sequence of array
        By how much an element may differ: infinite where the gradient is not known.
    text : str
        In what the place differs: "other numbers", "other lengths".
    """

    setting: Setting
    values: Sequence[Any]
    true: Sequence[Any]
    tolerance: Sequence[Any]
    text: str

    def gradients(self) -> Sequence[Any]:
        """Return what the hand gives here now, after the function, which may leave something behind for it."""
        with quiet():
            self.setting.f(copies(self.values))
            return self.setting.gradients(self.setting.hand(copies(self.values)))

    def confirms(self, gradients: Sequence[Any]) -> bool:
        """Whether gradients are right here, but for rounding."""
        return all(map(close.same, gradients, self.true, self.tolerance))


def places(setting: Setting, point: Point, rng: np.random.Generator, count: int = 5) -> Iterator[Place]:
    """Yield points that differ from the given one as much as the function allows, and from each other.

    Those at which the hand is right by chance come last, if others do not suffice. Large functions have fewer.

    Parameters
    ----------
    setting : Setting
    point : Point
        The given one.
    rng : numpy.random.Generator
    count : int
        So many at most.
    """
    search = _Search(setting, point, rng)
    found, late = 0, list[Place]()
    for text, scale, level in ROWS:
        if found == count or (search.left < 0 and found + len(late)):
            break
        place = search.first(text, search.lengths() if text == "other lengths" else [Lengths({})], scale, level)
        if place and search.is_right_by_chance:
            late.append(place)
        elif place:
            found += 1
            yield place
    yield from late[: count - found]


@dataclass(frozen=True)
class Lengths:
    """Other lengths of axes, by the given ones.

    Attributes
    ----------
    other : mapping from int to int
    integers : bool
        Whether integers among the arguments that are one of these lengths go along.
    first : frozenset of int
        Where not empty, the ids of arrays: their first axes alone change.
    """

    other: Mapping[int, int]
    integers: bool = False
    first: frozenset[int] = frozenset()

    def of(self, x: Any, key: int, rows: Mapping[int, Any]) -> Any:
        """Return an array with other rows."""
        for axis, n in enumerate(x.shape):
            if n in rows and (not self.first or (axis == 0 and key in self.first)):
                x = np.take(x, rows[n], axis)
        return x


class _Search:
    """Draws points around a given one until they are of use."""

    def __init__(self, setting: Setting, point: Point, rng: np.random.Generator) -> None:
        self.setting, self.point, self.rng = setting, point, rng
        self.left, self.is_right_by_chance = max(point.evaluations, LEAST), False
        self.levels: dict[int, int] = {}
        self.leaves = trees.flatten([list(setting.problem.args), list(setting.held)])[0]
        self.arrays = {id(x): x for x in self.leaves if isinstance(x, np.ndarray)}

    def first(self, text: str, lengths: Sequence[Lengths], scale: float, least: int) -> Place | None:
        """Return the first place of use, of ever less daring draws."""
        for level in range(least, STAYS):

            def level_of(key: int, level: int = level) -> int:
                return max(level, self.levels.get(key, FREE))

            for by, again in product(lengths, reversed(range(TRIES))):
                place = self._judged(self._drawn(by, scale, level_of), text) if self.left > 0 else None
                if place and not (again and self.is_right_by_chance):
                    return place
            if level == FREE and not self.levels and self._find_levels():
                return self.first(text, lengths, scale, level)
        return None

    def _find_levels(self) -> bool:
        """Find the levels that single arrays need: at which the function is finite when they alone are drawn anew."""

        def suffices(key: int, level: int) -> bool:
            def draw() -> Setting:
                return self._drawn(Lengths({}), 1, lambda other: level if other == key else STAYS)

            return all(self._value(draw()) is not None for _ in range(TRIES))

        self.levels = {key: next(filter(partial(suffices, key), range(STAYS)), STAYS) for key in self.arrays}
        return any(self.levels.values())

    def lengths(self) -> list[Lengths]:
        """Return the ways in which axes may become longer or shorter.

        Equal lengths of one array are told apart first; then all change at once, then each length alone. Integers stay
        as long as they can.
        """
        shapes = [x.shape for x in self.arrays.values()]
        rows = Counter(shape[0] for shape in shapes if shape)
        known = sorted({n for shape in shapes for n in shape if n > 1}, key=lambda n: (-rows[n], n))
        other = {n: n - 1 if n > 2 else 3 for n in known}
        twice = [n for n in known if any(shape.count(n) > 1 for shape in shapes)]
        differentiated = set(map(id, self.setting.given))
        ways = []
        for n, kept in product(twice[:ALONE], (differentiated, set())):
            of_n = [key for key, x in self.arrays.items() if x.shape[:1] == (n,) and not is_symmetric(x)]
            first = frozenset(of_n) - kept
            ways += [Lengths({n: other[n]}, first=first)] if first else []
        for way in [other, *({n: other[n]} for n in known[:ALONE] if len(known) > 1)] if known else []:
            ways += [Lengths(way), Lengths(way, integers=True)]
        return ways

    def _drawn(self, lengths: Lengths, scale: float, level_of: Callable[[int], int]) -> Setting:
        """Return the setting with other arguments; arrays that are one object stay one."""
        rows = {n: np.sort(self.rng.choice(n, m, replace=m > n)) for n, m in lengths.other.items()}
        known: dict[int, Any] = {}

        def draw(x: Any, differentiated: bool) -> Any:
            array = np.asarray(x)
            if differentiated and array.dtype.kind in "biu":
                array = array.astype(float)
            elif type(x) is int:
                return lengths.other.get(x, x) if lengths.integers else x
            elif not isinstance(x, (float, np.inexact)) and type(x) is not np.ndarray:
                return x
            if not isinstance(x, np.ndarray) or id(x) not in known:
                like, draw_of = lengths.of(array, id(x), rows), moved if differentiated else redrawn
                known[id(x)] = draw_of(array, like, self.rng, scale, level_of(id(x)))[()]
            return known[id(x)]

        def draw_all(tree: Any, differentiated: bool) -> Any:
            return trees.map_tree(lambda x: draw(x, differentiated), tree)

        problem, positions = self.setting.problem, self.setting.positions
        first = {i: draw_all(problem.args[i], True) for i in positions}
        args = tuple(first[i] if i in first else draw_all(x, False) for i, x in enumerate(problem.args))
        attributes = self.setting.held[len(positions) :]
        held = (*(args[i] for i in positions), *(draw_all(x, True) for x in attributes))
        return replace(self.setting, problem=replace(problem, args=args), held=held)

    def _value(self, setting: Setting) -> Any:
        """Return the function's value, or None where it has none that is finite."""
        self.left -= 1
        try:
            with quiet():
                value = np.asarray(setting.f(copies(setting.values)))
        except Exception:
            return None
        fits = setting.cotangent is not None or value.size == 1
        return value if fits and value.dtype.kind in "iuf" and np.isfinite(value).all() else None

    def _judged(self, setting: Setting, text: str) -> Place | None:
        """Return the place of a setting; None where it is of no use for judging."""
        value = self._value(setting)
        if value is None:
            return None
        if setting.cotangent is not None:
            cotangent = self.rng.standard_normal(value.shape).astype(np.result_type(value, np.float32))
            setting = replace(setting, cotangent=cotangent)
        by_differences = self.point.result is None or self.point.by_differences
        try:
            with quiet():
                truth = (self._by_differences if by_differences else self._recorded)(setting)
                if truth is None:
                    return None
                place = Place(setting, setting.values, *truth, text)
                hand = place.gradients()
                sound = all(map(self._is_as_before, hand, place.values, range(len(hand))))
                self.is_right_by_chance = place.confirms(hand)
        except Exception:
            return None
        return place if sound else None

    def _is_as_before(self, hand: Any, x: Any, i: int) -> bool:
        """Whether a gradient of the hand is as sound as at the given point: of the array's shape, and finite."""
        before = self.point.hand[i]
        shaped = np.shape(hand) == np.shape(x) or np.shape(before) != np.shape(self.point.values[i])
        return bool(shaped and (np.isfinite(hand).all() or not np.isfinite(before).all()))

    @cached_property
    def known(self) -> list[bool]:
        """Whether the gradients are known at the given point, each in all elements."""
        comparison = Comparison(self.setting, self.point, self.rng, SafetyNet())
        return [bool(np.any(t)) and _with_room(comparison, i)[1].all() for i, t in enumerate(self.point.true)]

    def _recorded(self, setting: Setting) -> Truth | None:
        """Return the backward pass's gradients, with tolerances; None at a kink, and where less is known than was."""
        self.left -= EVALUATIONS
        point = evaluate(setting)
        comparison = Comparison(setting, point, self.rng, SafetyNet())
        true, tolerance = list[Any](), list[Any]()
        for i, (t, before) in enumerate(zip(point.true, self.known, strict=True)):
            room, known = _with_room(comparison, i)
            if before and not (known.all() and np.any(t)):
                return None
            true.append(np.where(known, t, 0))
            tolerance.append(np.where(known, room, np.inf))
        smooth = all(all(map(close.same, side.gradients, true, tolerance)) for side in comparison.sides)
        return (true, tolerance) if smooth else None

    def _by_differences(self, setting: Setting) -> Truth | None:
        """Return the gradients and their tolerance in a few elements; None at a kink, and where nothing is known."""
        true = [np.zeros(np.shape(x), np.asarray(x).dtype) for x in setting.values]
        tolerance = [np.full(np.shape(x), np.inf) for x in setting.values]
        for i, x in enumerate(setting.values):
            count = min(ELEMENTS, 1 + max(0, self.left) // EVALUATIONS)
            indices = self.rng.permutation(np.size(x))[:count]
            slopes = numerical.gradient(setting.number, setting.values, i, indices)
            self.left -= slopes.calls
            if slopes.kink.any():
                return None
            known = slopes.judged & close.known(slopes.error, close.largest(slopes.value), close.TELLING)
            room = close.EXCEEDED * slopes.error + close.of_a_repair(slopes.value, 0)
            true[i].flat[indices[known]], tolerance[i].flat[indices[known]] = slopes.value[known], room[known]
        return (true, tolerance) if any(np.isfinite(t).any() for t in tolerance) else None


def _with_room(comparison: Comparison, i: int) -> tuple[Any, Any]:
    """Return by how much the elements of a gradient may differ, and where that leaves some digits."""
    point, true = comparison.point, np.asarray(comparison.point.true[i])
    value = 0 if point.result is None else point.result._value * (1 if point.cotangent is None else point.cotangent)
    room = comparison.tolerance(i) + close.of_a_repair(
        true, np.abs(value).sum() / (close.largest(point.values[i]) or 1)
    )
    return room, np.isfinite(true) & close.known(room, close.largest(true), close.TELLING)

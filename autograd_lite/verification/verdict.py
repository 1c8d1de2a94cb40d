"""Verdicts on a hand gradient, from three witnesses: the hand, the backward pass, and differences of the function."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.numerical.close import Array
from autograd_lite.verification import perturb as rounding
from autograd_lite.verification.differences import Oracle
from autograd_lite.verification.problem import Point, Problem

TELLING = 1e-3
"""A tolerance of more than this share of the largest element tells nothing."""
MORE = 12
"""How many more ways of rounding are tried where hand and backward pass differ by not much more than rounding."""

Mask = NDArray[np.bool_]


@dataclass
class Verdict:
    """The verdict on the gradient by one argument.

    Attributes
    ----------
    name : str
    verdict : {"right", "kink", "wrong", "noisy", "engine", "nondeterministic"}
    reason : str
        In a sentence.
    hand, true : array
        The hand gradient, and the backward pass's (where there is none, or rounding hides it, the differences').
    wrong : array of bool
        The elements that differ.
    tolerance : array
        By how much an element may differ for rounding.
    oracle : str
        Which elements were held to differences.
    notes : list of str
    """

    name: str
    verdict: str
    reason: str
    hand: Any
    true: Any
    wrong: Mask
    tolerance: Array
    oracle: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def worst(self) -> tuple[int, ...] | None:
        """Index of the element that is farthest off; None where none is."""
        hand, true = np.asarray(self.hand), np.asarray(self.true)
        if not self.wrong.any() or hand.shape != true.shape or hand.dtype.kind not in "fciub":
            return None
        with np.errstate(all="ignore"):
            off = np.abs(hand - true) if hand.dtype.kind != "b" else (hand != true) * 1.0
        off = np.where(np.isnan(off), np.inf, off)
        return tuple(int(i) for i in np.unravel_index(np.argmax(np.where(self.wrong, off, -1)), off.shape))


class Judge:
    """Judges the hand gradient at a point.

    Parameters
    ----------
    problem : Problem
    point : Point
    rng : numpy.random.Generator
    """

    def __init__(self, problem: Problem, point: Point, rng: np.random.Generator) -> None:
        self.problem, self.point, self.rng = problem, point, rng
        self.refined = False

    def verdicts(self) -> list[Verdict]:
        """Return the verdict on the gradient by each array."""
        return [self._judge(i) for i in range(len(self.point.values))]

    @cached_property
    def oracle(self) -> Oracle:
        """The differences of the function."""
        noise = 0.0 if self.point.result is None else self.rounded.value
        return Oracle(self.problem.scalar(), self.point.values, self.rng, noise)

    @cached_property
    def rounded(self) -> rounding.Rounding:
        """What rounding does to the backward pass."""
        return rounding.of_record(self.problem, self.point, self.rng)

    @cached_property
    def sides(self) -> list[rounding.Rounding]:
        """The backward pass that takes the left or the right derivative at every kink at 0, where that is another."""
        sides = [(ties, leaves) for leaves in (False, True) for ties in (-1, 1)]
        found = [rounding.of_side(self.problem, self.point, self.rng, ties, leaves=leaves) for ties, leaves in sides]
        return [side for side in found if side is not None]

    def on_a_side(self, i: int) -> Mask:
        """Return the elements of a gradient that are the backward pass's on one side of all kinks at 0."""
        found = np.zeros(np.shape(self.point.true[i]), bool)
        for side in self.sides:
            telling = rounding.MARGIN * side.changes[i] <= TELLING * _largest(side.gradients[i])
            found |= telling & np.isfinite(side.gradients[i]) & ~self.differing(i, side)
        return found

    @cached_property
    def hand_changes(self) -> list[Array]:
        """By how much rounding may change the hand gradients."""
        return rounding.of_hand(self.problem, self.point, self.rng)

    @cached_property
    def elsewhere(self) -> Judge | None:
        """The judge of another point; None where nothing can be evaluated there."""
        if self.point.result is None:
            return None
        try:
            other = self.problem.at(self.problem.nearby(self.rng), capture=False)
        except Exception:
            return None
        finite = np.isfinite(np.asarray(other.result._value)).all() if other.result is not None else False
        return Judge(self.problem, other, self.rng) if finite else None

    def differing(self, i: int, from_side: rounding.Rounding | None = None) -> Mask:
        """Return the elements of a gradient in which hand and backward pass differ by more than rounding.

        An element has room for the rounding of the backward pass and of the hand. Where the hand's is not known, the
        largest element gives the room.
        """
        told = from_side or self.rounded
        true, hand = np.asarray(told.gradients[i]), np.asarray(self.point.hand[i])
        with np.errstate(all="ignore"):
            off = np.abs(hand - true)
            equal = (hand == true) | (np.isnan(hand) & np.isnan(true))
            differs = ~(off <= self._rounding(told, i, true)) & ~equal
            if differs.any():
                room = self._rounding(told, i, true) + self._own_rounding(i, true)
                differs &= ~(off <= room)
                if from_side is None and not self.refined and (differs & (off <= 1e4 * room)).any():
                    self._refine()  # near misses: rounding may have been drawn too small
                    differs &= ~(off <= self._rounding(told, i, true) + self._own_rounding(i, true))
        return np.asarray(differs)

    def _rounding(self, told: rounding.Rounding, i: int, true: Array) -> Array:
        return np.asarray(rounding.MARGIN * told.changes[i] + 64 * self._eps(i) * np.abs(true))

    def _own_rounding(self, i: int, true: Array) -> Array:
        own = rounding.MARGIN * self.hand_changes[i]
        return np.where(own <= TELLING * _largest(true), own, self._room(i, true))

    def _refine(self) -> None:
        """Round in some more ways."""
        self.refined = True
        self.rounded.with_more(rounding.of_record(self.problem, self.point, self.rng, draws=MORE).changes)
        more = rounding.of_hand(self.problem, self.point, self.rng, MORE)
        self.hand_changes = [np.fmax(a, b) for a, b in zip(self.hand_changes, more, strict=True)]

    def tolerance(self, i: int) -> Array:
        """Return by how much an element of a gradient may differ for the rounding of the backward pass."""
        true = np.abs(np.nan_to_num(self.point.true[i], nan=0.0, posinf=0.0, neginf=0.0))
        return np.asarray(
            rounding.MARGIN * self.rounded.changes[i] + 64 * self._eps(i) * true + self._room(i, true)
        )

    def _room(self, i: int, true: Array) -> float:
        return 8 * self._eps(i) * _largest(true)

    def _eps(self, i: int) -> float:
        hand, true = np.asarray(self.point.hand[i]), np.asarray(self.point.true[i])
        return max(float(np.finfo(x.dtype).eps) for x in (hand, true) if x.dtype.kind in "fc")

    def _judge(self, i: int) -> Verdict:
        problem, point = self.problem, self.point
        name, true, given = problem.leaf_names[i], np.asarray(point.true[i]), point.hand[i]
        shape = np.shape(point.values[i])
        hand = np.asarray(given)
        nowhere, nothing = np.zeros(shape, bool), np.zeros(shape)
        trouble = _trouble(hand, given, true, np.asarray(problem.given[i]))
        if not trouble and hand.shape != shape and (hand.size != 1 or true.size != 1):
            trouble = f"expected the shape {shape}, that of {name}, got {hand.shape}"
        if trouble:
            return Verdict(name, "wrong", trouble, given, true, ~nowhere, nothing)
        v = Verdict(name, "right", "", given, true, nowhere, nothing)
        if hand.shape != shape:
            v.notes.append(f"its shape is {hand.shape}, that of {name} is {shape}: one number all the same")
            v.hand = point.hand[i] = hand = hand.reshape(shape)
        if hand.dtype.kind == "f" and np.finfo(hand.dtype).eps > np.finfo(true.dtype).eps:
            v.notes.append(f"it is {hand.dtype}, where {name} is {true.dtype}")
        if point.result is None:
            return _Alone(self, i, v).verdict()
        v.tolerance = self.tolerance(i)
        return _Court(self, i, v).verdict()

    def scale(self, i: int) -> float:
        """Return the size that the gradient could have: at an optimum, or far out, it is nothing but rounding."""
        sizes = [_largest(self.point.true[i])]
        reach = _largest(self.point.values[i])
        if reach and self.point.result is not None:
            weight = 1.0 if self.point.cotangent is None else self.point.cotangent
            sizes.append(float(np.abs(np.sum(weight * self.point.result._value))) / reach)
        if self.elsewhere is not None:
            sizes.append(_largest(self.elsewhere.point.true[i]))
        return max(sizes)

    def right_elsewhere(self, i: int) -> bool:
        """Whether the gradient is right at another point, in every element."""
        other = self.elsewhere
        if other is None:
            return False
        hand, true = other.point.hand[i], other.point.true[i]
        if np.size(hand) == np.size(true) == 1:
            other.point.hand[i] = hand = np.reshape(hand, np.shape(true))
        if np.shape(hand) != np.shape(true):
            return False
        blind = other.tolerance(i) > TELLING * _largest(other.point.true[i])
        known = np.isfinite(other.point.true[i])
        return not (other.differing(i) & ~blind & known).any()


class _Court:
    """The three witnesses on the gradient by one array."""

    def __init__(self, judge: Judge, i: int, v: Verdict) -> None:
        self.judge, self.i, self.v = judge, i, v
        self.hand, self.true = np.asarray(v.hand), np.asarray(v.true)
        self.unknown = ~np.isfinite(self.true)
        self.differs = judge.differing(i) & ~self.unknown
        self.blind = self._blind(_largest(self.true))
        self.doubtful = self.blind | self.unknown
        if self.blind.any():
            self.blind = self._blind(judge.scale(i))
        self.one_sided = np.zeros(self.hand.shape, bool)
        if (self.differs | self.blind).any():
            self.one_sided = judge.on_a_side(i) & (self.differs | self.blind)
            self.differs &= ~self.one_sided
            self.blind &= ~self.one_sided

    def _blind(self, scale: float) -> Mask:
        """Return the elements of which the backward pass tells nothing, where the hand does not repeat its digits."""
        tight = 64 * self.judge._eps(self.i) * np.abs(self.true) + self.judge._room(self.i, self.true)
        with np.errstate(all="ignore"):
            repeated = np.abs(self.hand - self.true) <= tight
        return np.asarray(((self.v.tolerance > TELLING * scale) & ~repeated) | self.unknown)

    def verdict(self) -> Verdict:
        """Hear them."""
        v = self.v
        asked = self.differs | self.blind
        said = self.judge.oracle.hear(self.i, asked)
        v.oracle = said.covered
        ours, theirs = said.among(self.true), said.among(self.hand)
        bounds = said.among(np.nan_to_num(v.tolerance))
        differs, blind = said.among(self.differs), said.among(self.blind)
        good, bad = said.vouches(theirs, bounds * ~blind), said.contradicts(theirs, bounds * ~blind)
        ours_bad = said.contradicts(ours, bounds) & said.sharp & ~said.among(self.doubtful | self.one_sided)
        engine = ours_bad & (good | ~differs)
        excused = np.where(blind, good, said.kink & good & ~said.contradicts(ours, 0 * bounds))
        wrong = (differs & ~blind & ~excused) | (blind & bad)
        unsure = blind & ~good & ~bad
        elements = said.scatter(wrong)
        rest = said.scatter(np.zeros_like(differs), elsewhere=True) & self.differs & ~self.blind
        if rest.any() and (wrong.any() or not excused.any() or not self.judge.right_elsewhere(self.i)):
            elements |= rest
        swayed = said.scatter((blind | ours_bad) & wrong)
        if swayed.any():  # there the differences know better than the backward pass
            v.true = np.where(swayed, said.spread(self.true), self.true)
        v.wrong = elements
        kinks = int((excused & said.kink & (differs | blind)).sum() + self.one_sided.sum())
        if engine.any() or (not asked.any() and said.accuses(self.true)):
            v.verdict, v.wrong = "engine", said.scatter(engine)
            v.true = self.true
            v.reason = (
                "the backward pass of autograd_lite disagrees with differences of the function; unless the function "
                "stops a gradient on purpose, please report it"
            )
        elif elements.any():
            v.verdict, v.reason = "wrong", _how_many(elements)
            if ours_bad.any():
                v.notes.append("the backward pass of autograd_lite disagrees with the differences as well")
        elif unsure.any():
            v.verdict, v.reason = "noisy", _hidden(int(unsure.sum()), v.wrong.size)
        elif kinks:
            v.verdict, v.reason = "kink", f"a subgradient, between the one-sided derivatives, at {_count(kinks)}"
        elif self.unknown.any():
            v.notes.append("the backward pass has no finite number in some elements; the differences bear the hand out")
        return v


class _Alone:
    """The hand gradient by one array, and differences of a function that cannot be recorded."""

    def __init__(self, judge: Judge, i: int, v: Verdict) -> None:
        self.judge, self.i, self.v = judge, i, v

    def verdict(self) -> Verdict:
        """Judge by the differences alone."""
        v = self.v
        hand = np.asarray(v.hand)
        said = self.judge.oracle.hear(self.i, np.ones(hand.shape, bool))
        v.oracle = said.covered
        theirs = said.among(hand)
        rounded = 64 * self.judge._eps(self.i) * np.abs(theirs)
        good, bad = said.vouches(theirs, rounded), said.contradicts(theirs, rounded)
        v.wrong = said.scatter(bad)
        v.true = said.spread(np.full(hand.shape, np.nan, hand.dtype if hand.dtype.kind in "fc" else np.float64))
        if bad.any() or said.accuses(hand):
            v.verdict, v.reason = "wrong", _how_many(v.wrong) if bad.any() else "along random directions"
        elif not good.all():
            v.verdict = "noisy"
            v.reason = f"the differences are too uncertain to judge {_count(int((~good).sum()))} by"
        elif said.kink.any():
            v.verdict = "kink"
            v.reason = f"a subgradient, between the one-sided derivatives, at {_count(int(said.kink.sum()))}"
        return v


def _trouble(hand: Array, given: Any, true: Array, argument: Array) -> str | None:
    """Say what disqualifies a gradient before its numbers are looked at."""
    if isinstance(given, (np.ma.MaskedArray, np.matrix)):
        return f"expected an array, got a {type(given).__name__}; return its .filled(0), or np.asarray of it"
    if hand.dtype.kind not in "fciub":
        return f"expected numbers, got {type(given).__name__} of dtype {hand.dtype}"
    if hand.dtype.kind in "iub":
        whole = isinstance(given, int) or argument.dtype.kind in "iu"
        if not (whole and hand.shape == true.shape and np.array_equal(hand, true)):
            return f"it is of dtype {hand.dtype}: integers cut off fractions; make it {true.dtype}"
    if hand.dtype.kind == "c" and true.dtype.kind != "c":
        return "it is complex, where the argument is real"
    bad = ~np.isfinite(hand)
    if hand.shape == true.shape:
        bad = bad & np.isfinite(true)
    if bad.any():
        kind = "NaN" if np.isnan(hand[bad]).any() else "infinite"
        where = "" if hand.size == 1 else f" in {int(bad.sum())} of {hand.size} elements"
        return f"it is {kind}{where}, where the derivative is finite"
    return None


def _largest(x: Any) -> float:
    size = np.abs(np.asarray(x))
    return float(size.max(initial=0.0, where=np.isfinite(size)))


def _how_many(wrong: Mask) -> str:
    n, size = int(wrong.sum()), wrong.size
    if size == 1:
        return ""
    return f"in {n} of {size} elements" if n < size else f"in all {size} elements"


def _hidden(n: int, size: int) -> str:
    where = "" if size == 1 else f" in {n} of {size} elements"
    return f"rounding hides the derivative here{where}, from the backward pass and from differences"


def _count(n: int) -> str:
    return f"{n} element{'s' * (n != 1)}"

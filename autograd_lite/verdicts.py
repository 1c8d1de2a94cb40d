"""Verdicts on a hand gradient, from three witnesses: the hand, the backward pass, and differences of the function."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite import rounding
from autograd_lite.case import Point, Problem
from autograd_lite.extrapolation import Array
from autograd_lite.oracle import Oracle

TELLING = 1e-3
"""A tolerance of more than this share of the largest element tells nothing."""

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
        self.oracle = Oracle(problem.scalar(), point.values, rng)

    def verdicts(self) -> list[Verdict]:
        """Return the verdict on the gradient by each array."""
        return [self._judge(i) for i in range(len(self.point.values))]

    @cached_property
    def changes(self) -> list[Array]:
        """By how much rounding may change the backward pass's gradients, element by element."""
        return rounding.changes(self.problem, self.point, self.rng)

    @cached_property
    def hand_changes(self) -> list[Array]:
        """By how much rounding may change the hand gradients."""
        return rounding.hand_changes(self.problem, self.point, self.rng)

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

    def differing(self, i: int) -> Mask:
        """Return the elements of a gradient in which hand and backward pass differ by more than rounding.

        Where only the largest element gives an element room, the room is the hand's own rounding, and no more.
        """
        true, hand = np.asarray(self.point.true[i]), np.asarray(self.point.hand[i])
        with np.errstate(all="ignore"):
            off = np.abs(hand - true)
            loose = self.tolerance(i)
            strict = loose - self._room(i)
            same = (hand == true) | (np.isnan(hand) & np.isnan(true))
            differs = ~(off <= loose) & ~same
            faint = (off > strict) & ~differs & ~same
            if faint.any():
                differs |= faint & (off > strict + rounding.MARGIN * self.hand_changes[i])
        return np.asarray(differs)

    def tolerance(self, i: int) -> Array:
        """Return by how much an element of a gradient may differ, at most."""
        true = np.abs(np.nan_to_num(self.point.true[i], nan=0.0, posinf=0.0, neginf=0.0))
        return np.asarray(rounding.MARGIN * self.changes[i] + 64 * self._eps(i) * true + self._room(i))

    def _room(self, i: int) -> Array:
        true = np.abs(self.point.true[i])
        return np.asarray(8 * self._eps(i) * true.max(initial=0.0, where=np.isfinite(true)))

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
        """Return the size that the gradient usually has: at an optimum it is nothing but rounding."""
        sizes = [_largest(self.point.true[i])]
        if self.elsewhere is not None:
            sizes.append(_largest(self.elsewhere.point.true[i]))
        return max(sizes)

    def right_elsewhere(self, i: int) -> bool:
        """Whether the gradient is right at another point, in every element."""
        other = self.elsewhere
        if other is None or np.shape(other.point.hand[i]) != np.shape(other.point.true[i]):
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
        if self.blind.any():
            self.blind = self._blind(judge.scale(i))

    def _blind(self, scale: float) -> Mask:
        """Return the elements of which the backward pass tells nothing, where the hand does not repeat its digits."""
        tight = 64 * self.judge._eps(self.i) * np.abs(self.true) + self.judge._room(self.i)
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
        ours_bad = said.contradicts(ours, bounds) & said.sharp & ~blind
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
        kinks = int((excused & said.kink & (differs | blind)).sum())
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

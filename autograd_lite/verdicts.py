"""Verdicts on a hand gradient, from three witnesses: the hand, the backward pass, and differences of the function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite import numerical
from autograd_lite.case import Point, Problem
from autograd_lite.extrapolation import Array

EVERY_ELEMENT = 2000
"""Up to this many elements of all arguments together, differences are taken for each one."""
FLAGGED, SAMPLED, PROJECTIONS = 12, 8, 2
"""Above that: for so many of the elements that look wrong, so many others, and so many random directions."""
TELLING = 1e-3
"""A tolerance of more than this share of the largest element tells nothing."""


@dataclass
class Verdict:
    """The verdict on the gradient by one argument.

    Attributes
    ----------
    name : str
    verdict : {"right", "kink", "wrong", "noisy", "engine"}
    reason : str
        In a sentence.
    hand, true : array
        The hand gradient, and the backward pass's (or, without one, the differences).
    wrong : array of bool
        The elements that differ.
    tolerance : array
    oracle : str
        Which elements were held to differences.
    notes : list of str
    """

    name: str
    verdict: str
    reason: str
    hand: Any
    true: Any
    wrong: NDArray[np.bool_]
    tolerance: Array
    oracle: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def worst(self) -> tuple[int, ...] | None:
        """Index of the element that is farthest off; None where none is."""
        if not self.wrong.any():
            return None
        with np.errstate(all="ignore"):
            off = np.abs(np.asarray(self.hand) - np.asarray(self.true)).reshape(self.wrong.shape)
        off = np.where(np.isnan(off), np.inf, off)
        return tuple(int(i) for i in np.unravel_index(np.argmax(np.where(self.wrong, off, -1)), off.shape))


def judge(problem: Problem, point: Point, rng: np.random.Generator) -> list[Verdict]:
    """Judge the hand gradient by each array that is differentiated."""
    tolerances = _tolerances(problem, point, rng)
    return [_judge(problem, point, i, tolerance, rng) for i, tolerance in enumerate(tolerances)]


def _tolerances(problem: Problem, point: Point, rng: np.random.Generator) -> Sequence[Array]:
    """Return by how much a right gradient may differ from the backward pass: it follows the conditioning."""
    if point.result is None:  # no backward pass: the error of the differences stands in for it
        return [np.zeros(np.shape(x)) for x in point.values]

    def gradients(*values: Any) -> tuple[Any, ...]:
        return tuple(problem.gradients(list(values)))

    everything = range(len(point.values))
    with np.errstate(all="ignore"):
        return numerical.rounding_tolerance(gradients, point.values, everything, rng)


def _judge(problem: Problem, point: Point, i: int, tolerance: Array, rng: np.random.Generator) -> Verdict:
    name, true, given = problem.leaf_names[i], np.asarray(point.true[i]), point.hand[i]
    shape = np.shape(point.values[i])
    nowhere = np.zeros(shape, bool)
    everywhere = np.ones(shape, bool)
    hand = np.asarray(given)
    notes: list[str] = []
    trouble = _trouble(hand, given, true)
    if trouble:
        return Verdict(name, "wrong", trouble, given, true, everywhere, tolerance)
    if hand.shape != shape:
        if hand.size != 1 or np.size(true) != 1:
            reason = f"expected the shape {shape}, that of {name}, got {hand.shape}"
            return Verdict(name, "wrong", reason, given, true, everywhere, tolerance)
        notes.append(f"its shape is {hand.shape}, that of {name} is {shape}: one number all the same")
        hand = hand.reshape(shape)
    if hand.dtype.kind == "f" and np.finfo(hand.dtype).eps > np.finfo(true.dtype).eps:
        notes.append(f"it is {hand.dtype}, where {name} is {true.dtype}")
        eps = float(np.finfo(hand.dtype).eps)
        tolerance = np.maximum(tolerance, 64 * eps * np.abs(true) + 8 * eps * np.abs(true).max(initial=0))
    with np.errstate(all="ignore"):
        off = np.abs(hand - true)
        differs = ~(off <= tolerance) & ~((hand == true) | (np.isnan(hand) & np.isnan(true)))
    blind = tolerance > TELLING * np.abs(true).max(initial=0.0)
    witness = _Witness(problem, point, i, differs | (blind & (off > 0)), rng)
    return witness.verdict(
        Verdict(name, "right", "", given, true, nowhere, tolerance, notes=notes), hand, differs, blind
    )


def _trouble(hand: Array, given: Any, true: Array) -> str | None:
    """Say what disqualifies a gradient before its numbers are looked at."""
    if hand.dtype.kind not in "fciub":
        return f"expected numbers, got {type(given).__name__} of dtype {hand.dtype}"
    if hand.dtype.kind in "iub" and not (isinstance(given, int) and np.array_equal(hand, true)):
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


class _Witness:
    """The differences of the function by one argument, for all elements or for some."""

    def __init__(self, problem: Problem, point: Point, i: int, flagged: NDArray[np.bool_], rng: np.random.Generator):
        self.problem, self.point, self.i, self.rng = problem, point, i, rng
        self.shape = np.shape(point.values[i])
        self.size = int(np.prod(self.shape))
        if sum(np.size(x) for x in point.values) <= EVERY_ELEMENT or self.size <= FLAGGED + SAMPLED:
            self.indices = np.arange(self.size)
            self.covered = "every element"
        else:
            chosen = np.flatnonzero(flagged)
            chosen = chosen if chosen.size <= FLAGGED else rng.choice(chosen, FLAGGED, replace=False)
            others = rng.choice(self.size, SAMPLED, replace=False)
            self.indices = np.unique(np.concatenate([chosen, others]))
            self.covered = f"{self.indices.size} of {self.size} elements and {PROJECTIONS} random directions"

    def verdict(self, v: Verdict, hand: Array, differs: NDArray[np.bool_], blind: NDArray[np.bool_]) -> Verdict:
        """Fill in the verdict on a gradient of the right shape."""
        v.oracle = self.covered
        estimate = self._differences()
        if self.point.result is None:
            return self._without_backward(v, hand, estimate)
        ours, theirs = np.ravel(v.true)[self.indices], np.ravel(hand)[self.indices]
        bounds = np.ravel(v.tolerance)[self.indices]
        ours_agree, theirs_agree = estimate.agrees(ours, bounds), estimate.agrees(theirs, bounds)
        told = np.ravel(differs)[self.indices]
        hidden = np.ravel(blind)[self.indices] & (ours != theirs)
        kinks = self._kinks(ours, theirs, hidden | (told & (estimate.kink | ~estimate.judged)))
        if self._accuses_us(told, ours_agree | kinks, theirs_agree, estimate) or self._projections_accuse_us(
            hand, differs
        ):
            v.verdict = "engine"
            v.reason = "the backward pass of autograd_lite disagrees with differences of the function: please report it"
            v.wrong = differs
            return v
        excused = np.zeros(self.size, bool)
        excused[self.indices[kinks]] = True
        wrong = differs & ~excused.reshape(self.shape)
        blind = blind & ~excused.reshape(self.shape)
        if wrong.any():
            unsure = wrong & blind & ~self._confirmed(wrong, theirs, estimate)
            v.wrong = wrong
            if np.array_equal(unsure, wrong):
                v.verdict, v.reason = "noisy", "rounding hides the derivative here: it cannot be judged at this point"
            else:
                v.verdict, v.reason = "wrong", _how_many(wrong)
        else:
            telling = ~blind | (np.ravel(v.true) == np.ravel(hand)).reshape(self.shape)
            sure = telling.all() or self._settled(blind, theirs, estimate)
            v.verdict, v.reason = ("right", "") if sure else ("noisy", "rounding hides the derivative here")
            if sure and kinks.any():
                v.verdict = "kink"
                v.reason = f"a subgradient at {int(kinks.sum())} kink(s): between the one-sided derivatives"
        return v

    def _differences(self) -> numerical.Estimate:
        return numerical.gradient(self.problem.scalar(), self.point.values, self.i, self.indices)

    def _kinks(self, ours: Array, theirs: Array, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return where left and right derivatives differ and both candidates lie between them."""
        kinks = np.zeros(asked.shape, bool)
        if not asked.any() or np.iscomplexobj(ours):
            return kinks
        left, right = numerical.one_sided_gradient(
            self.problem.scalar(), self.point.values, self.i, self.indices[asked]
        )
        error = left.error + right.error
        apart = np.abs(left.value - right.value) > 2 * error
        low, high = np.minimum(left.value, right.value) - error, np.maximum(left.value, right.value) + error
        between = (low <= theirs[asked]) & (theirs[asked] <= high) & (low <= ours[asked]) & (ours[asked] <= high)
        kinks[asked] = apart & between
        return kinks

    def _accuses_us(
        self,
        told: NDArray[np.bool_],
        ours_agree: NDArray[np.bool_],
        theirs_agree: NDArray[np.bool_],
        estimate: numerical.Estimate,
    ) -> bool:
        """Whether differences that tell something contradict the backward pass."""
        sharp = estimate.judged & (estimate.error <= 1e-4 * np.abs(estimate.value).max(initial=0.0))
        return bool((sharp & ~ours_agree & (theirs_agree | ~told) & ~estimate.kink).any())

    def _projections_accuse_us(self, hand: Array, differs: NDArray[np.bool_]) -> bool:
        """Whether random directions, which every element takes part in, contradict the backward pass."""
        if self.size <= EVERY_ELEMENT or differs.any():
            return False
        true = np.asarray(self.point.true[self.i])
        for _ in range(PROJECTIONS):
            direction = self.rng.choice([-1.0, 1.0], self.shape)
            tangents: list[Any] = [None] * len(self.point.values)
            tangents[self.i] = direction.astype(true.dtype)
            estimate = numerical.directional(self.problem.scalar(), self.point.values, tangents)
            ours = np.sum(true.astype(np.float64) * direction)
            error = 10 * estimate.error + 1e-6 * np.abs(true).sum()
            if estimate.judged.all() and not estimate.kink.any() and np.all(np.abs(ours - estimate.value) > error):
                return True
        return False

    def _confirmed(self, wrong: NDArray[np.bool_], theirs: Array, estimate: numerical.Estimate) -> NDArray[np.bool_]:
        """Return the wrong elements that the differences contradict as well."""
        confirmed = np.zeros(self.size, bool)
        confirmed[self.indices] = estimate.judged & (np.abs(theirs - estimate.value) > 3 * estimate.error)
        return wrong & confirmed.reshape(self.shape)

    def _settled(self, blind: NDArray[np.bool_], theirs: Array, estimate: numerical.Estimate) -> bool:
        """Whether the differences vouch for the elements that rounding hides from the backward pass."""
        asked = np.ravel(blind)[self.indices]
        scale = np.maximum(np.abs(theirs), np.abs(estimate.value).max(initial=0.0))
        sharp = estimate.error <= TELLING * scale
        return bool(np.all(~asked | (sharp & estimate.agrees(theirs, TELLING * scale))))

    def _without_backward(self, v: Verdict, hand: Array, estimate: numerical.Estimate) -> Verdict:
        """Judge by the differences alone."""
        theirs = np.ravel(hand)[self.indices]
        off = np.abs(theirs - estimate.value) > 3 * estimate.error
        kinks = self._kinks(theirs, theirs, off | estimate.kink)
        wrong = np.zeros(self.size, bool)
        wrong[self.indices] = estimate.judged & off & ~kinks
        v.wrong = wrong.reshape(self.shape)
        true = np.full(self.size, np.nan)
        true[self.indices] = np.real(estimate.value)
        v.true = true.reshape(self.shape)
        blurred = ~estimate.judged | (estimate.error > TELLING * np.abs(estimate.value).max(initial=0.0))
        if v.wrong.any():
            v.verdict, v.reason = "wrong", _how_many(v.wrong)
        elif blurred.any() and not (estimate.judged & (estimate.value == 0) & (theirs == 0)).all():
            v.verdict, v.reason = "noisy", "the differences are too uncertain to judge by"
        elif kinks.any():
            v.verdict, v.reason = "kink", "between the one-sided derivatives"
        return v


def _how_many(wrong: NDArray[np.bool_]) -> str:
    n, size = int(wrong.sum()), wrong.size
    return (
        ""
        if size == 1
        else f"in {'all' if n == size else n} of {size} elements"
        if n < size
        else f"in all {size} elements"
    )

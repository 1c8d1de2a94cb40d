"""Subgradients at kinks and ties, judged as vectors: each element may be possible, and all of them together not.

At a kink several smooth pieces of the function meet. A subgradient is a mixture of their gradients: a point of the hull
of the gradients nearby, over all arguments at once (F. Clarke, *Optimization and Nonsmooth Analysis*, 1983, theorem
2.5.1). Of the largest of some numbers, equal ones have shares that add up to 1: 1 for each is no subgradient, although
each is between its one-sided derivatives. Of ``abs(x) - abs(y)`` at 0 it is any (s, t) within [-1, 1], although both
one-sided derivatives along (1, 1) are 0. So what bounds a subgradient along a direction is the largest derivative
nearby, and not the one at the point; for convex functions they are the same.

What the backward pass gives, at the point or on one side of all zeros, counts as well: a chain of subgradients need not
lie in that hull, and serves optimisation as well (J. Bolte and E. Pauwels, *Conservative set valued fields, automatic
differentiation, stochastic gradient methods and deep learning*, 2021).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite import numerical
from autograd_lite.numerical import close, quiet
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.verification.comparison import Comparison
from autograd_lite.verification.hull import Hull
from autograd_lite.verification.pieces import Pieces, flat
from autograd_lite.verification.verdict import Verdict

STEPS = 200
"""So many pieces are taken into the hull at most."""
TRIES = 64
"""So many further points are looked at before a direction is said to lead out of the hull."""
_GROUPS = ("right", "kink"), ("noisy",), ("wrong",)


def judge_together(comparison: Comparison, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts on gradients, now that all elements and arguments are judged together.

    A gradient that is right element by element is wrong if some direction leads from the hull of the pieces to it, and
    the differences of the function along that direction rule it out as well. One that is wrong element by element, and
    only where the pieces differ, is right if it is a mixture of them. Neither is looked at where there is no kink.
    """
    at_kinks = any(v.verdict == "kink" or (v.verdict in ("wrong", "noisy") and np.any(v.kinks)) for v in verdicts)
    if not at_kinks or any(np.asarray(x).dtype.kind != "f" for x in comparison.point.values):
        return list(verdicts)
    with quiet():
        return _Judgement(comparison, verdicts).run()


class _Judgement:
    """All elements of all arrays, in one vector (n,)."""

    def __init__(self, comparison: Comparison, verdicts: Sequence[Verdict]) -> None:
        self.comparison, self.verdicts = comparison, verdicts
        self.values = [np.asarray(x) for x in comparison.point.values]
        kinks = [np.broadcast_to(v.kinks, x.shape) for v, x in zip(verdicts, self.values, strict=True)]
        self.pieces = Pieces(comparison, flat(kinks))
        self.spread = self.pieces.spread()

    def run(self) -> list[Verdict]:
        """Judge all gradients that may be right; and if they are not, those alone that no element shows to be wrong."""
        sound, hidden, wrong = (np.array([v.verdict in names for v in self.verdicts]) for names in _GROUPS)
        beside = zip(self.verdicts, self._parts(self.spread), strict=True)
        at_kinks = np.array([self._differs_at_kinks(v, spread) for v, spread in beside])
        hidden, wrong = hidden & at_kinks, wrong & at_kinks
        doubtful = hidden | wrong
        if doubtful.any() and self._search(sound | doubtful).inside:
            return [_as_a_mixture(v) if again else v for v, again in zip(self.verdicts, doubtful, strict=True)]
        if hidden.any() or any(v.verdict == "kink" for v in self.verdicts):
            search = self._search(sound | hidden)
            if search.direction is not None:
                return self._refuted(search)
        return list(self.verdicts)

    def _differs_at_kinks(self, v: Verdict, spread: Array) -> bool:
        """Whether a gradient that is not known to be right differs from the backward pass only where the pieces do."""
        if not np.any(v.kinks):
            return False
        return bool((spread > 0)[v.wrong if v.verdict == "wrong" else _differing(v)].all())

    def _parts(self, x: Array) -> list[Array]:
        """Return a vector as arrays."""
        return [part.reshape(v.shape) for part, v in zip(np.split(x, self.pieces.cuts), self.values, strict=True)]

    def _search(self, among: Mask) -> _Search:
        """Look for some of the gradients in the hull."""
        parts = zip(self.comparison.point.hand, among, self.values, strict=True)
        hand = flat([h if chosen else np.full(x.shape, np.nan) for h, chosen, x in parts])
        chosen = np.isfinite(hand) & (self.spread > 0)
        return _Search(self.pieces, np.where(chosen, hand, 0), self.spread, chosen)

    def _refuted(self, search: _Search) -> list[Verdict]:
        """Say in which elements gradients are wrong that are no subgradient, if the differences say the same."""
        assert search.direction is not None
        parts = self._parts(search.direction / np.abs(search.direction).max())
        claimed = float(search.hand @ flat(parts))
        low, high, error = self._beside_what_is_claimed(search.hand, parts)
        if low <= error + search.room and high >= -error - search.room:
            return list(self.verdicts)
        reason = _reason(flat(parts), (low + claimed, high + claimed), claimed)
        found = list(self.verdicts)
        for i, (v, part) in enumerate(zip(self.verdicts, parts, strict=True)):
            if v.verdict in ("kink", "noisy"):
                wrong = (np.abs(part) > close.digits(close.TELLING)) & _differing(v)
                found[i] = replace(v, verdict="wrong", reason=reason, wrong=wrong) if wrong.any() else v
        return found

    def _beside_what_is_claimed(self, hand: Array, parts: Sequence[Array]) -> tuple[float, float, float]:
        """Return the one-sided derivatives along a direction, less what a gradient says, and how far off they may be.

        The gradient's linear function is taken off first, lest nothing be left but rounding where the function stays.
        """
        rates = self._parts(hand)

        def rest(*moved: Any) -> Any:
            linear = sum(np.sum(r * (m - x)) for r, m, x in zip(rates, moved, self.values, strict=True))
            return np.sum(self.comparison.setting.number(*moved)) - linear

        tangents = [part.astype(x.dtype) for part, x in zip(parts, self.values, strict=True)]
        left, right = numerical.one_sided(rest, self.values, tangents)
        low, high = sorted([float(left.value), float(right.value)])
        return low, high, close.EXCEEDED * float(left.error + right.error)


class _Search:
    """Looks for a gradient in the hull of the pieces, which is made larger and larger in its direction.

    Each piece taken in is the steepest known one along the direction from the hull so far to the gradient. Elements are
    weighted, lest those of the largest derivatives decide alone.

    Attributes
    ----------
    inside : bool
        Whether it is there, but for rounding.
    direction : array (n,) or None
        One along which the gradient is steeper than each piece that was found.
    hand : array (n,)
    room : float
        By how much rounding may change what is found along the direction.
    """

    def __init__(self, pieces: Pieces, hand: Array, spread: Array, chosen: Mask) -> None:
        self.pieces, self.hand, self.chosen, self.weights = pieces, hand, chosen, 1 / spread[chosen]
        self.inside, self.room = False, 0.0
        self.direction: Array | None = None
        self.points = np.zeros((0, self.weights.size))
        if self.weights.size:
            self._run(float(np.max(pieces.room[chosen] * self.weights)) + close.digits(close.CLEAR))

    def _run(self, room: float) -> None:
        self._update()
        hull = Hull(self.points[np.argmin(np.sum(self.points**2, axis=1))])
        for _ in range(STEPS):
            if np.abs(hull.nearest).max() <= room:
                self.inside = True
                return
            direction = np.zeros(self.hand.shape)
            direction[self.chosen] = -hull.nearest * self.weights
            if not self._is_led_further(hull, direction, room):
                if self.pieces.budget.is_left() and np.abs(hull.nearest).max() > close.EXCEEDED * room:
                    self.direction = direction
                    self.room = room * float(np.abs(hull.nearest).sum()) / float(np.abs(direction).max())
                return
            hull.add(self.points[np.argmax(hull.gain(self.points))])

    def _is_led_further(self, hull: Hull, direction: Array, room: float) -> bool:
        """Whether a piece that is known, or another one that is looked for, leads further in a direction."""
        moves = (move for moves in (self.pieces.towards, self._around) for move in moves(direction))
        while hull.gain(self.points).max() <= room:
            move = next(moves, None)
            if move is None or not self.pieces.budget.is_left():
                return False
            self.pieces.look(move)
            self._update()
        return True

    def _around(self, direction: Array) -> Iterator[Array]:
        """Yield moves much like that to the steepest piece so far."""
        for _ in range(TRIES):
            steepest = int(np.argmax(self.points @ (direction[self.chosen] / self.weights)))
            yield self.pieces.near(self.pieces.moves[steepest])

    def _update(self) -> None:
        """Take in the pieces that were found last, as seen from the gradient."""
        new = np.array(self.pieces.gradients[len(self.points) :])
        if new.size:
            points = (new[:, self.chosen] - self.hand[self.chosen]) * self.weights
            self.points = np.vstack([self.points, points])


def _differing(v: Verdict) -> Mask:
    """Return the elements in which a gradient is another one than the backward pass's."""
    return ~close.within(v.hand, v.true, close.on_tensors(v.true))


def _as_a_mixture(v: Verdict) -> Verdict:
    count = int(np.sum(v.wrong))
    reason = f"a subgradient, a mixture of the gradients nearby, at {count} element{'s' * (count != 1)}"
    return replace(v, verdict="kink", reason=reason, wrong=np.zeros_like(v.wrong))


def _reason(direction: Array, slopes: Sequence[float], claimed: float) -> str:
    """Say along which direction a gradient is no subgradient."""
    count = int(np.sum(np.abs(direction) > close.digits(close.TELLING)))
    none = close.digits(close.CLEAR) * abs(claimed)
    slope = " to ".join(dict.fromkeys(f"{0 if abs(x) <= none else x:.4g}" for x in slopes))
    return (
        f"each element is between its one-sided derivatives, but together they are no subgradient: along a direction "
        f"of {count} elements the derivative is {slope}, by this gradient {claimed:.4g}"
    )

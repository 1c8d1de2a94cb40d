"""The smooth pieces of a function that meet at a point, by their gradients, as vectors over all arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd_lite import numerical
from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.numerical.streams import stream
from autograd_lite.verification.budget import Budget
from autograd_lite.verification.comparison import Comparison
from autograd_lite.verification.point import pull, record

MOST = 300
"""So many pieces are looked at, at most."""
PAIRS = 4
"""So many random points are looked at first, and those opposite to them."""
APART = close.digits(3)
"""By so much of a move, elements that would stay equal are kept apart."""


class Pieces:
    """Gradients of a function at points so near that nothing but a kink at the point itself sets them apart.

    They come from the backward pass, or from differences where nothing can be recorded: then of the elements alone
    along which a kink was seen.

    Parameters
    ----------
    comparison : Comparison
        Of real arrays.
    kinks : array of bool (n,)
        The elements along which a kink was seen.

    Attributes
    ----------
    gradients : list of array (n,)
        Those that were found so far. The first are what the backward pass gives at the point.
    room : array (n,)
        By how much the gradients may be off, as rounding and the curvature of the function change them.
    """

    def __init__(self, comparison: Comparison, kinks: Mask) -> None:
        self.setting, self.point = comparison.setting, comparison.point
        self.values = [np.asarray(x) for x in self.point.values]
        self.cuts = np.cumsum([x.size for x in self.values])[:-1]
        self.scale = flat([numerical.scale(x) for x in self.values])
        self.recorded = self.point.result is not None
        self.moving = np.full(self.scale.shape, True) if self.recorded else kinks
        self.cost = 1 if self.recorded else 2 * int(kinks.sum())
        self.budget = Budget(min(MOST * self.cost, self.point.evaluations), comparison.net)
        self.difference = close.half_of_the_digits(*self.values)
        self.step = self.difference if self.recorded else float(np.sqrt(self.difference))
        self.rng = stream("pieces")
        self.moves: list[Array] = []
        self.gradients: list[Array] = []
        for given in (self.point.true, *(side.gradients for side in comparison.sides)) if self.recorded else ():
            self._keep(np.zeros(self.scale.shape), flat(given))
        self.room = np.zeros(self.scale.shape)
        self._begin()

    def _begin(self) -> None:
        """Look at random points on both sides, and find out what rounding and curvature change."""
        first = np.linspace(1, -1, self.scale.size)  # as if the first of equal elements were the largest, or the last
        for move in (first, *(self.random() for _ in range(PAIRS))):
            ahead = self.look(move)
            self.look(-move)
            farther = self.at(move, 2) if ahead is not None else None
            if farther is not None and ahead is not None:
                self.room = np.fmax(self.room, close.EXCEEDED * np.abs(farther - ahead))
        for part, x in zip(np.split(np.arange(self.scale.size), self.cuts), self.values, strict=True):
            units = max((close.of_the_largest(g[part], close.eps_of(x)) for g in self.gradients), default=0)
            self.room[part] = np.fmax(self.room[part], units)

    def random(self) -> Array:
        """Return a random move."""
        return self.rng.uniform(-1, 1, self.scale.shape)

    def near(self, move: Array) -> Array:
        """Return a move much like another: one element goes beyond all others, or about a half are drawn anew."""
        found = move + APART * self.random()
        if self.rng.random() < 1 / 2:
            found[self.rng.integers(found.size)] = self.rng.choice([-2, 2])
            return found
        return np.where(self.rng.random(move.shape) < 1 / 2, found, self.random())

    def look(self, move: Array) -> Array | None:
        """Take in the gradient of the piece into which a move leads, and return it; None where there is none."""
        found = self.at(move)
        return self._keep(move, found) if found is not None else None

    def _keep(self, move: Array, gradient: Array) -> Array | None:
        if not np.isfinite(gradient[self.moving]).all():
            return None
        self.moves.append(move)
        self.gradients.append(gradient)
        return gradient

    def at(self, move: Array, times: float = 1) -> Array | None:
        """Return the gradient (n,) next to the point; None where the function fails, or the budget is spent."""
        if not self.budget.is_left():
            return None
        self.budget.spend(self.cost)
        shift = np.where(self.moving, times * self.step * self.scale * move, 0)
        try:
            return self._pulled(shift) if self.recorded else self._by_differences(shift)
        except Exception:
            return None

    def _pulled(self, shift: Array) -> Array:
        result, leaves, _ = record(self.setting, self._moved(shift), named=False)
        backward = pull(self.setting, result)
        return flat([backward.gradient(leaf) for leaf in leaves])

    def _by_differences(self, shift: Array) -> Array:
        found = np.zeros(self.scale.shape)
        for i in np.flatnonzero(self.moving):
            h = np.zeros(self.scale.shape)
            h[i] = self.difference * self.scale[i]
            ahead, behind = (float(np.sum(self.setting.number(*self._moved(shift + s)))) for s in (h, -h))
            found[i] = (ahead - behind) / (2 * h[i])
        return found

    def _moved(self, shift: Array) -> list[Array]:
        parts = np.split(shift, self.cuts)
        return [(x + s.reshape(x.shape)).astype(x.dtype)[()] for x, s in zip(self.values, parts, strict=True)]

    def spread(self) -> Array:
        """Return by how much the pieces differ in each element (n,): 0 where not by more than the room."""
        apart = np.ptp(self.gradients, axis=0) if self.gradients else np.zeros(self.scale.shape)
        return np.where(self.moving & (apart > close.EXCEEDED_ALONG * self.room), apart, 0)

    def bending(self) -> Array:
        """Return for each element (n,) whether the function bends upwards there, 1, or downwards, -1."""
        moves, gradients = np.array(self.moves), np.array(self.gradients)
        return np.where(np.sum(moves * (gradients - gradients.mean(0)), axis=0) < 0, -1.0, 1.0)

    def towards(self, direction: Array) -> list[Array]:
        """Return moves whose piece may be the steepest along a direction (n,).

        Of a convex function it is the piece that lies ahead, of a concave one that behind. Where each element, or group
        of elements, is the one or the other, each goes its own way.
        """
        relative = direction / self.scale
        moves = []
        for parts in ([relative], np.split(relative, self.cuts)):
            sizes = np.concatenate([np.full(part.size, np.abs(part).max(initial=0) or 1) for part in parts])
            level = relative / sizes
            moves += [self.bending() * level, level, -level]
        distinct = [m for i, m in enumerate(moves) if not any(np.array_equal(m, other) for other in moves[:i])]
        return [move + APART * self.random() for move in distinct]


def flat(arrays: Sequence[Array]) -> Array:
    """Return arrays as one vector."""
    return np.concatenate([np.ravel(x) for x in arrays])

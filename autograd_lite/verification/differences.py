"""What differences of the function say about some elements of its gradient, or about all along a direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite import numerical
from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.verification.budget import Budget, SafetyNet

EVERY_ELEMENT = 2000
"""Up to this many elements of all arguments together, differences are taken for each one."""
FLAGGED, SAMPLED, PROJECTIONS = 200, 8, 2
"""Above that: for at most so many of the elements asked about, of others, and of random directions."""
FIRST = 3
"""So many elements are chosen first: those asked about, and one other."""
PORTIONS = 8, 64
"""So many elements are looked at at a time, in the beginning and at most, before the budget is asked again."""
CALLS = 20
"""How often the function is called for one element, roughly."""

_Look = tuple[Array, Array, Array, Mask]


@dataclass(frozen=True, eq=False)
class Slopes:
    """What the differences say about some elements of a gradient.

    Attributes
    ----------
    indices : array of int (k,)
        The elements, flat.
    low, high, error : array (k,)
        The one-sided derivatives, or the derivative twice, and how far off they may be; infinite where not judged.
    kink : array of bool (k,)
        Where the one-sided derivatives differ.
    covered : str
        Which elements these are, in words.
    shape : tuple of int
        That of the gradient.
    contradict : callable
        Whether random directions, which every element takes part in, rule a gradient out.
    """

    indices: NDArray[np.int_]
    low: Array
    high: Array
    error: Array
    kink: Mask
    covered: str
    shape: tuple[int, ...]
    contradict: Callable[[Array], bool]

    def among(self, x: Any) -> Array:
        """Return these elements of an array."""
        return np.ravel(x)[self.indices]

    def scatter(self, mask: Array) -> Mask:
        """Return a mask of these elements as one of the whole array."""
        whole = np.zeros(int(np.prod(self.shape)), bool)
        whole[self.indices] = mask
        return whole.reshape(self.shape)

    def spread(self, x: Any) -> Array:
        """Return an array with the derivatives in the place of these elements, where they are known."""
        whole = np.array(x).ravel()
        known = np.isfinite(self.error)
        middle = np.where(self.kink, (self.low + self.high) / 2, self.low)
        whole[self.indices[known]] = middle[known].astype(whole.dtype)
        return whole.reshape(self.shape)

    def is_sharp(self) -> Mask:
        """Return where the derivative is known to some digits of the largest."""
        return close.known(self.error, np.abs(self.low).max(initial=0), close.SHARP)

    def confirm(self, x: Array, room: Array) -> Mask:
        """Return where the differences tell something, and bear a gradient out."""
        size = np.maximum(np.abs(x), np.maximum(np.abs(self.low), np.abs(self.high)).max(initial=0))
        return np.asarray((self._beyond(x) <= self.error + room) & close.known(self.error, size, close.TELLING))

    def refute(self, x: Array, room: Array) -> Mask:
        """Return where the differences rule a gradient out."""
        return np.asarray(np.isfinite(self.error) & ~(self._beyond(x) <= close.EXCEEDED * self.error + room))

    def _beyond(self, x: Array) -> Array:
        """Return how far a gradient is from what lies between the one-sided derivatives."""
        if np.iscomplexobj(self.low) or np.iscomplexobj(x):
            return np.asarray(np.abs(x - self.low))
        return np.asarray(np.maximum(np.maximum(self.low - x, x - self.high), 0) + 0 * x)


class Differences:
    """Takes differences of a function, of as many elements as its size allows.

    Parameters
    ----------
    f : callable
        Of the arrays that are differentiated; returns a number.
    values : sequence of array
    rng : numpy.random.Generator
    evaluations : int
        How often the function may be called for the differences with respect to one array, roughly.
    net : SafetyNet
    noise : float
        By how much rounding changes the function's value.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        values: Sequence[Any],
        rng: np.random.Generator,
        evaluations: int,
        net: SafetyNet,
        noise: float = 0,
    ) -> None:
        self.f, self.values, self.rng, self.evaluations, self.net = f, list(values), rng, evaluations, net
        self.noise = max(noise, close.TINY)
        self.total = sum(np.size(x) for x in values)
        self.sparing = self.total > EVERY_ELEMENT and evaluations < CALLS

    def look(self, i: int, asked: Mask) -> Slopes:
        """Take differences for array ``i``: of all elements if there are few, else of some asked about and others.

        They are taken in ever larger portions, as long as evaluations are left. Of a function that is too large for
        that, one element that is asked about is looked at, and where none is, a random direction tells more.
        """
        wanted, budget = self._wanted(np.ravel(asked)), Budget(self.evaluations, self.net)
        nothing = np.zeros(0)
        looks: list[_Look] = [(nothing, nothing, nothing, np.zeros(0, bool))]
        least = min(wanted.size, 0 if self.sparing and not asked.any() else 1)
        seen, portion = 0, PORTIONS[0]
        while seen < least or (seen < wanted.size and not self.sparing and budget.is_left()):
            indices = wanted[seen : seen + min(portion, max(1, budget.left // CALLS))]
            calls, look = self._look(i, indices, np.ravel(asked)[indices])
            looks.append(look)
            budget.spend(calls)
            seen, portion = seen + indices.size, min(2 * portion, PORTIONS[1])
        low, high, error, kink = (np.concatenate(parts) for parts in zip(*looks, strict=True))
        directions, covered = 0, "every element"
        if seen < asked.size:
            directions = PROJECTIONS if not self.sparing and budget.is_left() else 1
            covered = f"{seen} of {asked.size} elements and " if seen else ""
            covered += f"{directions} random direction{'s' * (directions > 1)}"
        contradict = partial(self._contradict, i, directions)
        return Slopes(wanted[:seen], low, high, error, kink, covered, asked.shape, contradict)

    def _wanted(self, asked: Mask) -> NDArray[np.int_]:
        """Return the elements to take differences of, those that tell most first."""
        flagged, others = (self.rng.permutation(np.flatnonzero(which)) for which in (asked, ~asked))
        if self.total <= EVERY_ELEMENT:
            return np.concatenate([flagged, others])
        first, rest = slice(FIRST - 1), slice(FIRST - 1, FLAGGED)
        return np.concatenate([flagged[first], others[:1], others[1:SAMPLED], flagged[rest]])

    def _look(self, i: int, indices: NDArray[np.int_], asked: Mask) -> tuple[int, _Look]:
        """Take differences of some elements: the one-sided derivatives, their errors, and where there is a kink.

        Returns also how often the function was called.
        """
        estimate = numerical.gradient(self.f, self.values, i, indices)
        calls = estimate.calls
        low, high, error = estimate.value.copy(), estimate.value.copy(), np.array(estimate.error)
        kink = np.zeros(indices.shape, bool)
        clear = self.sparing & close.known(error, low, close.CLEAR)
        closer = (estimate.kink | ~estimate.judged | (asked & ~clear)) & (not np.iscomplexobj(low))
        if closer.any():
            left, right = numerical.one_sided_gradient(self.f, self.values, i, indices[closer])
            calls += right.calls
            bound = left.error + right.error
            both = np.isfinite(bound)
            apart = both & (np.abs(left.value - right.value) > 2 * bound)
            places = np.flatnonzero(closer)
            at = places[apart]
            kink[at] = True
            low[at] = np.minimum(left.value, right.value)[apart]
            high[at] = np.maximum(left.value, right.value)[apart]
            error[at] = bound[apart]
            inner = both & ~apart & ~(error[closer] <= bound)
            better = places[inner]
            low[better] = high[better] = ((left.value + right.value) / 2)[inner]
            error[better] = bound[inner]
        scale = np.ravel(numerical.scale(np.asarray(self.values[i])))[indices]
        return calls, (low, high, np.fmax(error, 2 * self.noise / scale), kink)

    def _contradict(self, i: int, directions: int, gradient: Array) -> bool:
        for _ in range(directions):
            direction = self.rng.choice([-1, 1], gradient.shape).astype(float)
            tangents: list[Any] = [None] * len(self.values)
            tangents[i] = direction.astype(np.asarray(self.values[i]).dtype)
            slope = numerical.directional(self.f, self.values, tangents)
            claimed = np.sum(np.real(gradient).astype(float) * direction)
            error = close.EXCEEDED_ALONG * slope.error + close.of_a_sum(gradient)
            if slope.judged.all() and not slope.kink.any() and not close.within(claimed, slope.value, error).any():
                return True
        return False

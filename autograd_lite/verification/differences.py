"""The third witness: what differences of the function say about some elements of its gradient, or about all."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite import numerical
from autograd_lite.numerical.close import Array
from autograd_lite.numerical.probing import quiet, scale

EVERY_ELEMENT = 2000
"""Up to this many elements of all arguments together, differences are taken for each one."""
FLAGGED, SAMPLED, PROJECTIONS = 200, 8, 2
"""Above that: for at most so many of the elements asked about, of others, and of random directions."""
PORTION = 3
"""So many elements are looked at whatever time it takes, where there are not too many for that."""
SECONDS, CALLS = 1.0, 20
"""What the differences by one array may take, roughly, and how often the function is called for one of them."""
CLEAR = 1e-6
"""An error of this share of the derivative leaves no doubt about a kink, either."""
TELLING = 1e-3
"""What is less certain than this share of it says nothing."""

Mask = NDArray[np.bool_]
_Look = tuple[Array, Array, Array, Mask]


@dataclass
class Said:
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
    """

    indices: NDArray[np.int_]
    low: Array
    high: Array
    error: Array
    kink: Mask
    covered: str
    shape: tuple[int, ...]
    along: Callable[[Array], bool]

    def among(self, x: Any) -> Array:
        """Return these elements of an array."""
        return np.ravel(x)[self.indices]

    def scatter(self, mask: Array, *, elsewhere: bool = False) -> Mask:
        """Return a mask of these elements as one of the whole array, or all other elements."""
        whole = np.full(int(np.prod(self.shape)), elsewhere)
        whole[self.indices] = mask
        return whole.reshape(self.shape)

    def spread(self, x: Any) -> Array:
        """Return an array with the derivatives in the place of these elements, where they are known."""
        whole = np.array(x).ravel()
        known = np.isfinite(self.error)
        middle = np.where(self.kink, (self.low + self.high) / 2, self.low)
        whole[self.indices[known]] = middle[known].astype(whole.dtype)
        return whole.reshape(self.shape)

    @property
    def sharp(self) -> Mask:
        """Where the derivative is known to four digits of the largest."""
        return np.asarray(self.error <= 1e-4 * np.abs(self.low).max(initial=0.0))

    def vouches(self, x: Array, room: Array) -> Mask:
        """Return where the differences tell something, and bear a gradient out."""
        size = np.maximum(np.abs(x), np.maximum(np.abs(self.low), np.abs(self.high)).max(initial=0.0))
        return np.asarray((self._beyond(x) <= self.error + room) & (self.error <= TELLING * size))

    def contradicts(self, x: Array, room: Array) -> Mask:
        """Return where the differences rule a gradient out."""
        beyond = self._beyond(x)
        return np.asarray(np.isfinite(self.error) & ~(beyond <= 3 * self.error + room))

    def _beyond(self, x: Array) -> Array:
        """Return how far a gradient is from what lies between the one-sided derivatives."""
        if np.iscomplexobj(self.low) or np.iscomplexobj(x):
            return np.asarray(np.abs(x - self.low))
        return np.asarray(np.maximum(np.maximum(self.low - x, x - self.high), 0.0) + 0 * x)

    def accuses(self, gradient: Array) -> bool:
        """Whether random directions, which every element takes part in, contradict a gradient."""
        return self.along(gradient)


class Oracle:
    """Takes differences of a function, of as many elements as its speed allows.

    Parameters
    ----------
    f : callable
        Of the arrays that are differentiated; returns a number.
    values : sequence of array
    rng : numpy.random.Generator
    noise : float
        By how much rounding changes the function's value.
    """

    def __init__(
        self, f: Callable[..., Any], values: Sequence[Any], rng: np.random.Generator, noise: float = 0.0
    ) -> None:
        self.timed, self.values, self.rng = f, list(values), rng
        self.noise = max(noise, 1e-300)  # differences of less are nothing: they underflow
        self.total = sum(np.size(x) for x in values)
        self.calls, self.seconds = 0, 1e-7
        with quiet():
            while not self.calls or (self.calls < 2 and self.slow):  # the first may have been kept waiting
                self.f(*(np.array(x)[()] for x in values))

    def f(self, *values: Any) -> Any:
        """Call the function, and take its time: a machine may become busy meanwhile."""
        start = time.perf_counter()
        try:
            return self.timed(*values)
        finally:
            self.calls, self.seconds = self.calls + 1, self.seconds + time.perf_counter() - start

    @property
    def affordable(self) -> int:
        """Of how many elements differences can be taken in the time for one array."""
        return int(SECONDS * self.calls / self.seconds / CALLS)

    @property
    def slow(self) -> bool:
        """Whether it would take too long to look at several elements, and there are many."""
        return self.total > EVERY_ELEMENT and not self.affordable

    def hear(self, i: int, asked: Mask) -> Said:
        """Take differences by array ``i``: of all elements if there are few, else of some asked about and others.

        They are taken in ever larger portions, as long as there is time. Of a function that is slow, one element that
        is asked about is looked at, and where none is, a random direction tells more.
        """
        wanted, seconds = self._wanted(np.ravel(asked))
        until = time.monotonic() + seconds
        nothing = np.zeros(0)
        looks: list[_Look] = [(nothing, nothing, nothing, np.zeros(0, bool))]
        seen, portion = 0, max(PORTION if self.total <= EVERY_ELEMENT else 1, self.affordable // 8)
        least = min(wanted.size, 0 if self.slow and not asked.any() else 1)
        while seen < least or (not self.slow and seen < wanted.size and time.monotonic() < until):
            indices = wanted[seen : seen + portion]
            looks.append(self._look(i, indices, np.ravel(asked)[indices]))
            seen, portion = seen + indices.size, 2 * portion
        indices = wanted[:seen]
        low, high, error, kink = (np.concatenate(parts) for parts in zip(*looks, strict=True))
        directions, covered = 0, "every element"
        if seen < asked.size:
            directions = PROJECTIONS if not self.slow and time.monotonic() < until else 1
            covered = f"{seen} of {asked.size} elements and " if seen else ""
            covered += f"{directions} random direction{'s' * (directions > 1)}"
        accuse = functools.partial(self._accuse, i, directions)
        return Said(indices, low, high, error, kink, covered, asked.shape, accuse)

    def _wanted(self, asked: Mask) -> tuple[NDArray[np.int_], float]:
        """Return the elements to take differences of, those that tell most first, and for how long to go on."""
        flagged, others = (self.rng.permutation(np.flatnonzero(which)) for which in (asked, ~asked))
        if self.total <= EVERY_ELEMENT:
            return np.concatenate([flagged, others]), 5 * SECONDS
        first, rest = slice(PORTION - 1), slice(PORTION - 1, FLAGGED)
        return np.concatenate([flagged[first], others[:1], others[1:SAMPLED], flagged[rest]]), SECONDS

    def _look(self, i: int, indices: NDArray[np.int_], asked: Mask) -> _Look:
        """Take differences of some elements: the one-sided derivatives, their errors, and where there is a kink."""
        estimate = numerical.gradient(self.f, self.values, i, indices)
        low, high, error = estimate.value.copy(), estimate.value.copy(), np.array(estimate.error)
        kink = np.zeros(indices.shape, bool)
        clear = self.slow & (error <= CLEAR * np.abs(low))
        closer = (estimate.kink | ~estimate.judged | (asked & ~clear)) & (not np.iscomplexobj(low))
        if closer.any():
            left, right = numerical.one_sided_gradient(self.f, self.values, i, indices[closer])
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
        error = np.fmax(error, 2 * self.noise / np.ravel(scale(np.asarray(self.values[i])))[indices])
        return low, high, error, kink

    def _accuse(self, i: int, directions: int, gradient: Array) -> bool:
        for _ in range(directions):
            direction = self.rng.choice([-1.0, 1.0], gradient.shape)
            tangents: list[Any] = [None] * len(self.values)
            tangents[i] = direction.astype(np.asarray(self.values[i]).dtype)
            estimate = numerical.directional(self.f, self.values, tangents)
            claimed = np.sum(np.real(gradient).astype(np.float64) * direction)
            rounding = max(1e-9, 8 * np.finfo(np.asarray(gradient).dtype).eps) if gradient.dtype.kind in "fc" else 1e-9
            error = 10 * estimate.error + rounding * np.abs(gradient).sum()
            if estimate.judged.all() and not estimate.kink.any() and np.all(np.abs(claimed - estimate.value) > error):
                return True
        return False

"""Derivatives that rules give for an elementwise function at many points, judged by differences of its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autograd_lite.numerical import Estimate, close, pointwise
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.ops.samples import Domain

SIDES = (0, -1, 1)
FINER = (1.0, 1e-5, 1e-10)
"""Scales at which differences must not agree with a rule that is wrong: a staircase or a kink may be that near."""


@dataclass(frozen=True)
class Slopes:
    """The derivatives of an elementwise function that rules give at points.

    Attributes
    ----------
    function : callable
        ``function(x, points)`` returns the values at ``x`` (n,), each near the point of that index.
    x, given, values : array (n,)
        The points, the derivatives that the rules give there, and the values.
    domain : Domain
    """

    function: Callable[[Array, Array], Array]
    x: Array
    given: Array
    values: Array
    domain: Domain

    @cached_property
    def central(self) -> Estimate:
        """Differences from both sides."""
        return self.differences(self.reach)

    @cached_property
    def doubtful(self) -> Array:
        """The indices of kinks, ends and jumps, and of what the differences do not bear out."""
        unsettled = self.at_end | ~self.central.judged | self.central.kink | np.isnan(self.given)
        return np.flatnonzero(unsettled | self.contradicted(self.central))

    def wrong(self) -> tuple[Array, Array]:
        """Return the indices of wrong derivatives, and what is right there: NaN where that is not known."""
        some = self.doubtful
        if not some.size:
            return some, self.given[some]
        every = self.central
        central = Estimate(every.value[some], every.error[some], every.kink[some], every.calls)
        wrong, expected = self.part(some)._wrong_between(central)
        return some[wrong], expected

    def _wrong_between(self, central: Estimate) -> tuple[Array, Array]:
        """Judge by both sides: a derivative lies between their slopes. At an end, the one inside is enough."""
        sides = [self.differences(np.minimum(self.reach, 1), side) for side in (-1, 1)]
        size = np.fmax(abs(sides[0].value), abs(sides[1].value))
        known = [self.known(side, size) for side in sides]
        slack = [self.tolerance(side) for side in sides]
        least = np.fmin(*(side.value - off for side, off in zip(sides, slack, strict=True)))
        most = np.fmax(*(side.value + off for side, off in zip(sides, slack, strict=True)))
        inner = np.where(self.at_first, 1, 0)
        inside, off, sure = (np.choose(inner, pair) for pair in ([s.value for s in sides], slack, known))
        both, alone = known[0] & known[1], self.at_end & sure
        outside = np.where(both, ~((least <= self.given) & (self.given <= most)), alone & self.apart(inside, off))
        smooth = self.contradicted(central) & ~central.kink & ~self.at_end
        nan = np.isnan(self.given) & (alone | ~self.at_end)
        wrong = np.flatnonzero(nan | outside | smooth)
        wrong = wrong[nan[wrong] | ~self.part(wrong)._agreed(abs(central.value[wrong]))]
        right = np.where(both, (sides[0].value + sides[1].value) / 2, np.where(alone, inside, np.nan))
        return wrong, np.where(smooth | (nan & central.judged & ~central.kink), central.value, right)[wrong]

    def _agreed(self, size: Array) -> Mask:
        """Return where differences agree with the rules on any side, at any scale."""
        agreed = np.zeros(self.x.shape, bool)
        for scale in FINER:
            for side in SIDES if self.x.size else ():
                found = self.differences(scale * np.minimum(self.reach, 1), side)
                rough = found.judged & close.known(found.error, np.fmax(size, abs(self.given)), 2)
                agreed |= rough & ~self.apart(found.value, self.tolerance(found))
        return agreed

    @cached_property
    def at_first(self) -> Mask:
        """Where a point is the first of the domain."""
        return np.asarray(self.x == self.domain.bounds[0])

    @cached_property
    def at_end(self) -> Mask:
        """Where a point is the first or last of the domain."""
        return np.asarray(self.at_first | (self.x == self.domain.bounds[1]))

    @cached_property
    def reach(self) -> Array:
        """How far a function may be smooth: as far as the point from 0, or 1, but no farther than the ends."""
        first, last = self.domain.bounds
        room = np.where(self.at_end, last - first, np.minimum(self.x - first, last - self.x))
        return np.asarray(np.minimum(np.maximum(abs(self.x), 1), room))

    @cached_property
    def resolved(self) -> Mask:
        """Where differences see all there is: between larger numbers steps may hide, and smaller values lose digits."""
        size = abs(self.values)
        return np.asarray((abs(self.x) < 1 / close.half_of_the_digits()) & ((size == 0) | (size > close.TINY)))

    def part(self, points: Array) -> Slopes:
        """Return some of the points."""
        x, given, values = self.x[points], self.given[points], self.values[points]
        return Slopes(lambda moved, some: self.function(moved, points[some]), x, given, values, self.domain)

    def differences(self, scale: Array, side: int = 0) -> Estimate:
        """Differentiate the values."""
        every = np.arange(self.x.size)
        return pointwise(lambda x: self.function(x, every), self.x, scale, side)

    def known(self, estimate: Estimate, size: Array) -> Mask:
        """Return where differences are precise enough, beside a size, to contradict what a rule gives."""
        infinite = np.isinf(self.given)
        size = np.fmax(size, np.where(infinite, np.minimum(abs(self.values) / self.reach, 1), abs(self.given)))
        known = estimate.judged & np.isfinite(estimate.value) & close.known(estimate.error, size, close.SHARP)
        return np.asarray(known & (self.resolved | infinite))

    def tolerance(self, estimate: Estimate) -> Array:
        """Return how far differences and right rules may be apart."""
        terms = abs(np.where(np.isfinite(self.given), self.given, 0)) + abs(estimate.value)
        rounding = close.of_exact_rules(terms, abs(self.values) / self.reach)
        return np.asarray(close.EXCEEDED * estimate.error + rounding + close.TINY * np.fmax(1, 1 / self.reach))

    def apart(self, value: Array, tolerance: Array) -> Mask:
        """Return where the rules give something else."""
        return ~close.within(self.given, value, tolerance)

    def contradicted(self, estimate: Estimate) -> Mask:
        """Return where differences are certain that a rule is wrong."""
        return self.known(estimate, abs(estimate.value)) & self.apart(estimate.value, self.tolerance(estimate))

"""Difference quotients extrapolated to step zero, each with an error estimate of its own.

Sources: L. F. Richardson (1911) for the extrapolation, E. H. Neville's scheme for its table, C. Ridders (1982) for
the error estimate and the choice of the best entry, J. J. Moré and S. M. Wild (2011) for the noise of a function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import comb

import numpy as np

from autograd_lite.numerical.close import Array, Mask, digits

SHRINK = (3 - 5**0.5) / 2  # of successive steps: far from all fractions, lest they all hit a period of the function
SAFETY = 3.0  # of the rounding error of a quotient, as measured from few samples
CENTRAL, FORWARD, JUMP = (2, 4, 6, 8, 10), (1, 2, 3, 4, 5, 6), (1, 3, 5, 7, 9)  # powers of the step in the error
CHAOS = digits(2)  # of the values, as noise: any slope may hide below the resolution of the argument
SURE = digits(5)  # relative error at which an estimate counts, be it settled or not
LADDERS = 6  # restarts at another step, at most
GOOD, USABLE, HOPELESS = digits(10), digits(7), digits(3)  # relative errors: stop; go on; no judgement


@dataclass(frozen=True)
class Lines:
    """Real or complex functions of one real number, side by side, to be differentiated at 0.

    Attributes
    ----------
    sample : callable
        ``sample(t, active)`` with steps (n,) and a mask (n,) returns the n values and the steps really taken, both
        (n,); NaN where the function failed or is not active.
    base : array (n,)
        Values at 0.
    noise : array (n,)
        Rounding error of the values, as measured close to 0.
    eps : float
        Relative spacing of the numbers that the function returns.
    step, smallest : array (n,)
        First step, near which the functions should be smooth; and the step below which rounding is all.
    shared : bool
        Whether one call of the function gives all n values, so that they share their steps.
    """

    sample: Callable[[Array, Array], tuple[Array, Array]]
    base: Array
    noise: Array
    eps: float
    step: Array
    smallest: Array
    shared: bool


@dataclass(frozen=True)
class Limit:
    """Quotients extrapolated to step 0, with their errors, arrays (n,).

    ``kink``: the slopes from the left and the right differ. ``settled``: the differences between extrapolations went
    down to rounding. ``swollen``: the rounding is that of values far larger than those at 0, so that a smaller step
    has less of it. ``constant``: no value differed from that at 0.
    """

    value: Array
    error: Array
    kink: Mask
    settled: Mask
    swollen: Mask
    constant: Mask


class _Table:
    """Neville's scheme for steps h, rh, r²h, ...: each column removes one more power of h from the error.

    An entry is judged by its distance from the neighbours that it was made from, and by the rounding errors of the
    quotients carried through the same sums.
    """

    def __init__(self, base: Array, powers: tuple[int, ...], eps: float) -> None:
        self.powers, self.eps = powers, eps
        self.rows: list[list[Array]] = []
        self.noises: list[Array] = []
        self.value = np.full_like(base, np.nan)
        self.error = np.full(base.shape, np.inf)
        self.settled = np.zeros(base.shape, bool)

    def add(self, quotient: Array, noise: Array) -> None:
        """Add the row of the next step: quotients and their rounding errors, both (n,)."""
        above = self.rows[-1] if self.rows else []
        row, noises = [quotient], [noise]
        for column, (older, older_noise) in enumerate(zip(above, self.noises, strict=True)):
            weight = SHRINK ** -self.powers[column]
            entry = row[column] + (row[column] - older) / (weight - 1)
            spread = np.maximum(abs(entry - row[column]), abs(entry - older))
            if column + 1 < len(above):
                spread = np.maximum(spread, abs(entry - above[column + 1]))
            row.append(entry)
            noises.append((weight * noises[column] + older_noise) / (weight - 1))
            if len(above) > 1:  # two quotients can agree by chance
                self._offer(entry, spread, SAFETY * noises[-1])
        self.rows.append(row)
        self.noises = noises

    def _offer(self, entry: Array, spread: Array, noise: Array) -> None:
        error = spread + noise + 4 * self.eps * abs(entry)
        better = error < self.error
        self.value = np.where(better, entry, self.value)
        self.error = np.where(better, error, self.error)
        self.settled = np.where(better, spread <= noise, self.settled)

    def quotients(self, back: int) -> Array:
        """Return the unextrapolated quotients, ``back`` rows before the last."""
        return self.rows[-1 - back][0]


def extrapolate(lines: Lines, side: int = 0) -> Limit:
    """Differentiate at 0: from both sides (``side=0``), or from the right (1) or the left (-1).

    A ladder of shrinking steps is extrapolated; where it does not settle the step was too large (a kink or the edge of
    the domain is nearer than that), and where it settles in rounding alone it may have been too small: the next
    ladder starts elsewhere, between the two once both are known. Costs 6 to 12 values for each line that is smooth
    near its first step, and at most 72 (42 from one side).

    Returns
    -------
    Limit
        ``error`` is infinite where no judgement was possible.
    """
    open_ = np.isfinite(lines.base)
    step, low, high = lines.step.copy(), np.zeros(lines.step.shape), np.full(lines.step.shape, np.inf)
    limits: list[Limit] = []
    for attempt in range(LADDERS):
        limits.append(_ladder(lines, step, open_, side))
        smaller, larger = _wishes(limits[-1], lines, step, open_)
        open_ = smaller | larger
        if lines.shared:
            smaller[:] = smaller.any()
            larger = ~smaller
        high, low = np.where(smaller, step, high), np.where(larger, step, low)
        bracketed = (low > 0) & np.isfinite(high)
        leap = 2.0 ** (6 + 4 * attempt)
        step = np.where(bracketed, np.sqrt(low) * np.sqrt(high), np.where(smaller, step / leap, step * leap))
        open_ &= (step >= lines.smallest) & ~(bracketed & (high < 64 * low))
        if not open_.any():
            break
    return _choose(limits, side)


def _wishes(limit: Limit, lines: Lines, step: Array, active: Array) -> tuple[Array, Array]:
    """Return where a smaller and where a larger step is wanted next."""
    relative = limit.error / abs(limit.value)
    usable = np.fmax(USABLE, 1000 * lines.noise / abs(lines.base))
    bad = ~(relative <= usable) & ~limit.constant & ~limit.kink
    done = (relative <= GOOD) | limit.settled
    smaller = active & ~limit.constant & (~done | (bad & limit.swollen))
    # beyond the first step only for errors that count beside the largest derivative: most small ones stay small
    largest = abs(limit.value).max(initial=0.0, where=limit.settled)
    returning = (step < lines.step) | (limit.error > usable * largest)
    rounding = lines.noise <= digits(6) * abs(lines.base)  # and no jump of the function
    return smaller, active & bad & ~smaller & rounding & returning


def _ladder(lines: Lines, step: Array, active: Array, side: int) -> Limit:
    """Extrapolate from steps h, rh, r²h, ..., for as long as it gets better."""
    table = _Table(lines.base, FORWARD if side else CENTRAL, lines.eps)
    jumps = _Table(lines.base, JUMP, lines.eps)
    constant, largest = active.copy(), abs(lines.base)
    for row in range(7 if side else 6):
        h = step * SHRINK**row
        errors = table.error, jumps.error
        quotient, noise, values = (_one_sided if side else _central)(lines, h, active, side, jumps)
        table.add(quotient, noise)
        for value in values:
            constant &= (value == lines.base) | ~active
            largest = np.fmax(largest, abs(value))
        active = active & np.isfinite(quotient) & ~(table.settled & (jumps.settled | bool(side)))
        if row == 2:  # quotients of a smooth function differ by 0.15 as much (one-sided 0.38) from step to step
            recent, before = (abs(table.quotients(i) - table.quotients(i + 1)) for i in (0, 1))
            active &= recent < (0.7 if side else 0.4) * before
        elif row > 2:
            active &= (table.error < 0.5 * errors[0]) | (jumps.error < 0.5 * errors[1])
        if not active.any():
            break
    usual = np.maximum(HOPELESS * abs(table.value), USABLE * largest / lines.step)
    sound = (table.settled | (table.error <= usual)) & (constant | (lines.noise <= CHAOS * largest))
    kink, gap = _gap(jumps)
    kink &= sound
    error = np.where(sound, table.error + gap / 2, np.inf)
    # far away from 0, where a function may be flat for other reasons, only a slope is a finding
    error = np.where((step > lines.step) & ~(abs(table.value) > 10 * error), np.inf, error)
    swollen = lines.eps * largest > 8 * lines.noise
    return Limit(table.value, error, kink, table.settled, swollen, constant & np.isfinite(table.error))


Row = tuple[Array, Array, tuple[Array, ...]]


def _central(lines: Lines, h: Array, active: Array, side: int, jumps: _Table) -> Row:
    """Return (f(h) - f(-h)) / 2h with its rounding error; the same samples give the difference of the two slopes."""
    right, up = lines.sample(h, active)
    left, down = lines.sample(-h, active)
    half = (up - down) / 2
    quotient = (right - left) / (2 * half)
    noise_right, noise_left = _noise_at(lines, right), _noise_at(lines, left)
    jumps.add((right - 2 * lines.base + left) / half, (noise_right + noise_left + 2 * lines.noise) / half)
    return quotient, (noise_right + noise_left) / (2 * half), (right, left)


def _one_sided(lines: Lines, h: Array, active: Array, side: int, jumps: _Table) -> Row:
    """Return (f(h) - f(0)) / h with its rounding error, for h > 0 or h < 0."""
    value, taken = lines.sample(side * h, active)
    return (value - lines.base) / taken, (_noise_at(lines, value) + lines.noise) / abs(taken), (value,)


def _noise_at(lines: Lines, value: Array) -> Array:
    return np.asarray(np.maximum(lines.noise, lines.eps * abs(value)))


def _gap(jumps: _Table) -> tuple[Array, Array]:
    """Return where the slopes of the two sides differ, and by how much (infinite at a cusp or step)."""
    kink = abs(jumps.value) > 5 * jumps.error
    gap = np.where(np.isfinite(jumps.error), abs(jumps.value), 0.0)  # a small one may be a kink below the noise
    if len(jumps.rows) > 2:  # at a cusp or step of the function the difference grows as the steps shrink
        last, second, first = (abs(jumps.quotients(i)) for i in range(3))
        cusp = ~kink & (last > 0.9 * second) & (second > 0.9 * first) & (last > 10 * SAFETY * jumps.noises[0])
        kink, gap = kink | cusp, np.where(cusp, np.inf, gap)
    return kink, gap


def _choose(limits: list[Limit], side: int) -> Limit:
    """Return for each line the ladder with the smallest error, and that error as the other ladders correct it."""
    best = limits[0]
    for limit in limits[1:]:
        ours, theirs = _sure(limit, side), _sure(best, side)
        better = np.where(ours == theirs, limit.error < best.error, ours)
        best = Limit(*(np.where(better, getattr(limit, name), getattr(best, name)) for name in _FIELDS))
    error = best.error
    for limit in () if side else limits:
        # Two steps that are sure and differ, with no kink between them: a staircase (rounding to a coarser number
        # inside the function) or a ripple. Which of the two slopes is meant is not for us to say.
        apart = abs(limit.value - best.value)
        contradicts = _sure(limit, side) & (apart > limit.error + best.error)
        error = np.where(contradicts, np.fmax(apart, error), error)
    return replace(best, error=error)


def _sure(limit: Limit, side: int) -> Array:
    """Return where an estimate counts: a kink or a ripple far finer than the step can mimic a rough agreement.

    From one side a near kink is no more than a constant in the quotients: only those settled to rounding are sure.
    """
    close = limit.error <= SURE * abs(limit.value)
    return np.isfinite(limit.error) & (limit.settled | (close if side == 0 else False))


_FIELDS = tuple(Limit.__dataclass_fields__)


def scatter(samples: Array) -> Array:
    """Estimate the rounding error of a function from its values at equidistant points very close together.

    Differences of high order leave no smooth function over: for independent errors of deviation s, those of order k
    have the variance s**2 (2k)! / (k!)**2 (Moré and Wild, *Estimating computational noise*, 2011).

    Parameters
    ----------
    samples : array (m, n)
        n functions at m >= 5 points.

    Returns
    -------
    array (n,): the larger estimate of the orders 3 and 4; NaN where a sample is.
    """
    estimates = []
    for order in (3, 4):
        inflation = comb(2 * order, order)
        differences = abs(np.diff(samples, order, axis=0))
        top = np.maximum(differences.max(axis=0), np.finfo(float).tiny)  # scaled first: squares underflow
        estimates.append(top * np.sqrt(np.mean((differences / top) ** 2, axis=0) / inflation))
    return np.asarray(np.maximum.reduce(estimates))

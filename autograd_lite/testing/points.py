"""Derivatives of elementwise ops at special values and at the ends of their domains: each element by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.tensor import raw
from autograd_lite.core.transforms import vjp
from autograd_lite.core.trees import flatten
from autograd_lite.numerical import close, quiet
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.ops.samples import Filled, Sample
from autograd_lite.testing.cases import apply, is_inexact, plain_forward
from autograd_lite.testing.slopes import Slopes

MOST = 1200
"""Points that an op is tried at, of all combinations of special values."""
MODERATE = 1e4
"""Up to here a function has to have a value, unless it is large itself: beyond, its own terms may overflow."""
HUGE = 1e100
"""A function that passes this on its way to an infinity overflows by nature."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a call: its inputs and parameters, what to say, and the position of the wrong rule."""

    inputs: tuple[Any, ...]
    params: dict[str, Any]
    what: str
    detail: str
    rule: int | None = None


class Points:
    """Combinations of special values of the inputs of one call of an elementwise op, the simplest first."""

    def __init__(self, op: Op, call: Sample) -> None:
        self.op, self.params = op, call.params
        rng = np.random.default_rng(0)
        self.domains = [draw.domain if isinstance(draw, Filled) else None for draw in call.inputs]
        choices = [_choices(draw, rng) for draw in call.inputs]
        order = _combinations([len(each) for each in choices], rng)
        self.inputs = [_column(each, index) for each, index in zip(choices, order, strict=True)]
        self.moving = [i for i, domain in enumerate(self.domains) if domain and not domain.integer]

    def at(self, where: Any) -> list[Any]:
        """Return the inputs at some of the points."""
        return [x[where] if isinstance(x, np.ndarray) else x for x in self.inputs]

    def value(self, *inputs: Any) -> Any:
        """Return the op's value at points; the sum of its real values, each with a factor, where it has several."""
        outputs = [z for z in flatten(apply(self.op)(*inputs, **self.params))[0] if is_inexact(z)]
        parts = [part for z in outputs for part in ((np.real(z), np.imag(z)) if np.iscomplexobj(raw(z)) else (z,))]
        return sum(part * (1 + k / 7) for k, part in enumerate(parts)) if len(parts) > 1 else parts[0]

    def defined(self) -> bool:
        """Whether the op takes all points at once."""
        try:
            with quiet():
                return bool(np.shape(self.value(*self.inputs)) == self.inputs[self.moving[0]].shape)
        except Exception:  # it has parameters of a shape of their own, or refuses special values
            return False

    def slope(self, i: int) -> Array:
        """Return the derivative by one input at each point, by the rules."""
        return np.broadcast_to(_slope(self.value, i, *self.inputs), np.shape(self.value(*self.inputs)))

    def faults(self, order: int) -> Iterator[Fault]:
        """Yield what is wrong with the values, and with the derivatives up to an order: at the simplest points."""
        with quiet():
            values = np.asarray(self.value(*self.inputs))
            yield from self._overflows(values)
            plain = plain_forward(self.op, self.inputs, self.moving, self.params)
            yield from self._raises() or self._derivatives(self.value, plain, values, order)

    def _raises(self) -> list[Fault]:
        """Return the first rule that raises, at the first point."""
        for i in self.moving:
            try:
                self.slope(i)
            except Exception:
                for point in range(self.inputs[i].size):
                    try:
                        _slope(self.value, i, *self.at(point))
                    except Exception as error:
                        what = f"the rule of input '{self.op.input_name(i)}' raises {type(error).__name__}: {error}"
                        return [Fault(tuple(self.at(point)), self.params, what, "", i)]
        return []

    def _derivatives(
        self, function: Callable[..., Any], plain: Callable[..., Any] | None, values: Array, order: int, k: int = 1
    ) -> Iterator[Fault]:
        where = np.flatnonzero(np.isfinite(values))
        slopes = [(i, self._slopes(function, i, values, where)) for i in self.moving]
        for i, each in slopes:
            wrong, expected = each.wrong()
            left = np.flatnonzero(~self._follows(plain, i, where[wrong], each.given[wrong]))
            for first in left[:1]:
                yield self._fault(i, where[wrong[first]], each.given[wrong[first]], expected[first], k)
        doubtful = np.concatenate([each.doubtful for _, each in slopes])
        smooth = np.delete(np.arange(where.size), doubtful)
        for i, each in slopes if k < order else ():
            kept = smooth[self._tell_more(each, where)[smooth]]
            found = np.full(values.shape, np.nan)
            found[where[kept]] = each.given[kept]
            below = plain and partial(_slope, plain, i)
            yield from self._derivatives(partial(_slope, function, i), below, found, order, k + 1)

    def _follows(self, plain: Callable[..., Any] | None, i: int, points: Array, given: Array) -> Mask:
        """Return where the forward, differentiated itself, gives the same, and is smooth.

        Differences see a staircase where digits cancel inside of the forward, as in 1 + tanh(x) at -5.
        """
        same = np.isfinite(given)
        if plain is None or not same.any():
            return np.zeros(given.shape, bool)
        inputs = self.at(points)
        near = close.half_of_the_digits() * np.maximum(abs(inputs[i]), 1)
        for step in (-near, 0, near):
            try:
                found = _slope(plain, i, *inputs[:i], inputs[i] + step, *inputs[i + 1 :])
            except Exception:  # it takes plain numbers alone
                return np.zeros(given.shape, bool)
            same &= close.within(given, found, close.digits(close.SHARP) * abs(found))
        return np.asarray(same)

    def _slopes(self, function: Callable[..., Any], i: int, values: Array, where: Array) -> Slopes:
        def near(x: Array, points: Array) -> Array:
            inputs = self.at(where[points])
            return np.broadcast_to(function(*inputs[:i], x, *inputs[i + 1 :]), x.shape)

        domain, inputs = self.domains[i], self.at(where)
        assert domain
        given = np.broadcast_to(_slope(function, i, *inputs), where.shape)
        return Slopes(near, inputs[i], given, values[where], domain)

    def _tell_more(self, slopes: Slopes, where: Array) -> Mask:
        """Return where derivatives can be differentiated: they overflow earlier, and may have few digits left."""
        sizes = [abs(self.inputs[i][where]) for i in self.moving]
        extreme = np.any([(size > HUGE) | ((size > 0) & (size < 1 / HUGE)) for size in sizes], axis=0)
        lost = abs(slopes.given) * slopes.reach < close.digits(6) * abs(slopes.values)
        return np.asarray(~(extreme | lost))

    def _fault(self, i: int, point: int, given: float, expected: float, k: int) -> Fault:
        which, name = "the derivative" if k == 1 else f"the derivative of order {k}", self.op.input_name(i)
        right = "" if np.isnan(expected) else f"; differences of the values give {expected:.10g}"
        remedy = (
            "\n  write them so that they are finite here, or pass a domain= without this point"
            if np.isnan(given)
            else ""
        )
        detail = f"with respect to {name} the rules give {given:.10g}{right}{remedy}"
        wrong = f"{which} with respect to '{name}' is wrong at a special value"
        return Fault(tuple(self.at(point)), self.params, wrong, detail, i)

    def _overflows(self, values: Array) -> Iterator[Fault]:
        """Yield where the value is no number though the function is small all the way there."""
        if not self.moving:
            return
        moderate = np.all([abs(self.inputs[i]) <= MODERATE for i in self.moving], axis=0)
        inside = ~np.any([self.at_end(i, self.inputs[i]) for i in self.moving], axis=0)
        bad = np.flatnonzero(~np.isfinite(values) & moderate & inside)
        if not bad.size:
            return
        target = self.at(bad)
        near, last, value = self._last_finite(target)
        known = np.isfinite(value)
        natural = near & ~np.isnan(values[bad]) | (abs(value) > HUGE)
        wrong = np.flatnonzero(known & ~natural)
        if wrong.size:
            point, before = bad[wrong[0]], wrong[0]
            at = ", ".join(f"{x[before]:.6g}" if isinstance(x, np.ndarray) else repr(x) for x in last)
            detail = f"it is {value[before]:.6g} at ({at}), close by: write it so that nothing overflows on the way"
            yield Fault(tuple(self.at(point)), self.params, f"the forward gives {values[point]}", detail)

    def _last_finite(self, target: list[Any]) -> tuple[Mask, list[Any], Array]:
        """Walk from the middle of the domains to points: where the last finite value is, and whether it is there."""
        middle = [d.low + 0.618 * (d.high - d.low) if d else 0.0 for d in self.domains]

        def along(t: Array) -> list[Any]:
            moved = list(target)
            for i in self.moving:
                a, b = np.arcsinh(middle[i]), np.arcsinh(target[i])
                moved[i] = np.sinh(a + t * (b - a))
            return moved

        shape = target[self.moving[0]].shape
        low, high = np.zeros(shape), np.ones(shape)
        for _ in range(60):
            t = (low + high) / 2
            finite = np.isfinite(self.value(*along(t)))
            low, high = np.where(finite, t, low), np.where(finite, high, t)
        last = along(low)
        return 1 - low <= close.digits(9), last, np.asarray(self.value(*last))

    def at_end(self, i: int, x: Array) -> Mask:
        """Return where an input is at an end of its domain."""
        domain = self.domains[i]
        assert domain
        return np.asarray((x == domain.bounds[0]) | (x == domain.bounds[1]))


def _slope(function: Callable[..., Any], i: int, *inputs: Any) -> Any:
    """Return the derivative by one input at each point, by the rules."""
    z, back = vjp(lambda x: function(*inputs[:i], x, *inputs[i + 1 :]), inputs[i])
    return back(np.ones_like(z))[0]


def _choices(draw: Any, rng: np.random.Generator) -> Any:
    """Return what an input may be: special values of its domain, or the elements that a sample gives it."""
    if isinstance(draw, Filled):
        return np.array(draw.domain.special())
    value = draw(rng)
    return np.unique(value) if isinstance(value, np.ndarray) else [value]


def _column(choices: Any, index: Array) -> Any:
    return choices[index] if isinstance(choices, np.ndarray) else choices[0]


def _combinations(counts: Sequence[int], rng: np.random.Generator) -> Array:
    """Return the indices of combinations, (inputs, points), the simplest first; of many, a part."""
    every = np.indices(counts).reshape(len(counts), -1)
    every = every[:, np.argsort(every.sum(0), kind="stable")]
    n = every.shape[1]
    if n <= MOST:
        return every
    rest = MOST // 2 + rng.choice(n - MOST // 2, MOST // 2, replace=False)
    return every[:, np.sort(np.concatenate([np.arange(MOST // 2), rest]))]

"""Constants that a gradient is off by, with what they may come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from autograd_lite.diagnosis.replay import Replay
from autograd_lite.graph import Tensor

_CLOSE = 1e-6
_MOST_NODES = 400
_MOST_LENGTHS = 8
_VARIANCES = {"var", "variance", "sigma2", "s2", "std", "sigma"}


@dataclass(frozen=True)
class Constant:
    """A factor, as a function of the record; what it may come from; and how far-fetched it is.

    ``fixed`` tells those that are the same at every point from values of the graph.
    """

    value: Callable[[Replay], float]
    origin: str
    cost: float
    fixed: bool = True


def fixed(value: float, origin: str = "", cost: float = 0.0) -> Constant:
    """Return the constant of a number."""
    return Constant(lambda r: value, origin, cost)


def constants(r: Replay) -> list[Constant]:
    """List the constants that a factor may be: small numbers, lengths, numbers and scalar values of the graph."""
    found = list(_numbers(r))
    terms = list(_terms(r))
    lengths = list(_lengths(r, {round(c.value(r)) for c in terms}))
    numbers = [c for c in _graph_numbers(r) if c.value(r)]
    base = [*terms, *lengths, *numbers, *(c for c in _scalars(r) if c.value(r))]
    for c in [*base, *_freedoms(r)]:
        found.append(c)
        found.append(Constant(lambda r, c=c: 1 / c.value(r), f"1 / {c.origin}", c.cost + 0.02, c.fixed))  # type: ignore[misc]
    for c in base:
        for factor, text in ((2.0, "2"), (0.5, "1/2")):
            for power, way in ((1.0, "times"), (-1.0, "over")):
                found.append(
                    Constant(
                        lambda r, c=c, factor=factor, power=power: factor * c.value(r) ** power,  # type: ignore[misc]
                        f"{text} {way} {c.origin}" if c not in lengths else "",  # too many numbers are twice a length
                        c.cost + 0.3,
                        c.fixed,
                    )
                )
        if c in numbers:
            continue  # its own code would show its root, or its square
        for power, way in ((2, "the square of {}"), (-2, "1 over the square of {}"), (0.5, "the root of {}"),
                           (-0.5, "1 over the root of {}")):  # fmt: skip
            found.append(
                Constant(
                    lambda r, c=c, power=power: float(np.abs(c.value(r)) ** power),  # type: ignore[misc]
                    way.format(c.origin),
                    c.cost + 0.25,
                    c.fixed,
                )
            )
    negatives = [
        Constant(lambda r, c=c: -c.value(r), f"-1 times {c.origin}" if c.origin else "", c.cost + 0.4, c.fixed)  # type: ignore[misc]
        for c in found
        if c.value(r) > 0
    ]
    usable = [c for c in (*found, *negatives) if np.isfinite(v := c.value(r)) and v != 0]
    return sorted(usable, key=lambda c: c.cost)


def _numbers(r: Replay) -> Iterator[Constant]:
    squares = {"square", "power", "squared_error"} & {r.op(k) for k in range(len(r.nodes))}
    yield fixed(-1.0, "", 0.0)
    yield fixed(0.5, "the 2 that comes down from a square" if squares else "", 0.0)
    yield fixed(2.0, "", 0.0)
    for n in (3, 4):
        yield fixed(float(n), "", 0.6)
        yield fixed(1 / n, "", 0.6)


def _terms(r: Replay) -> Iterator[Constant]:
    """Yield the numbers of elements that are averaged, or summed."""
    seen: set[int] = {0, 1}
    for k in range(len(r.nodes)):
        if r.op(k) in ("mean", "sum", "variance", "deviation"):
            (value, *_) = r.inputs(k)
            n = round(np.size(value) / max(np.size(r.values[k]), 1))
            if n not in seen:
                seen.add(n)
                verb = "averages" if r.op(k) == "mean" else "sums"
                yield fixed(float(n), f"the {n} terms that `{r.expression(k)}` {verb}", 0.1)


def _freedoms(r: Replay) -> Iterator[Constant]:
    """Yield (n - 1) / n for the numbers of elements that a variance is taken of."""
    ops = {r.op(k) for k in range(len(r.nodes))}
    if ops & {"variance", "deviation"} or any(r.name(k) in _VARIANCES for k in range(len(r.nodes))):
        lengths = {n for v in r.values if not isinstance(v, tuple) for n in np.shape(v) if n > 1}
        for n in sorted(lengths)[:_MOST_LENGTHS]:
            yield fixed((n - 1) / n, f"{n - 1}/{n}, as in ddof", 0.4)


def _lengths(r: Replay, seen: set[int]) -> Iterator[Constant]:
    """Yield the lengths of axes, then the numbers of elements."""
    seen = seen | {0, 1}
    shapes = {np.shape(v): k for k, v in enumerate(r.values) if not isinstance(v, tuple)}
    for node in r.nodes:
        for x in node.inputs:
            if isinstance(x, np.ndarray):
                shapes.setdefault(x.shape, -1)
    for shape, k in shapes.items():
        for axis, n in enumerate(shape):
            if n not in seen:
                seen.add(n)
                of = f"`{r.name(k)}`" if k >= 0 else "an array"
                yield fixed(float(n), f"the length {n} of axis {axis} of {of}", 0.25)
    for shape, k in shapes.items():
        n = int(np.prod(shape))
        if n not in seen and k >= 0:
            seen.add(n)
            yield fixed(float(n), f"the {n} elements of `{r.name(k)}`", 0.35)


def _graph_numbers(r: Replay) -> Iterator[Constant]:
    """Yield the numbers in the function's own code."""
    seen: set[float] = {0.0, 1.0, -1.0, 2.0, 0.5}
    for k, node in enumerate(r.nodes):
        for i, x in enumerate(node.inputs):
            if type(x) is Tensor or np.ndim(x) or x is None or np.iscomplexobj(x) or float(x) in seen:
                continue
            seen.add(float(x))
            origin = f"the number {r.operand(k, i)} in `{r.expression(k)}`"
            yield Constant(lambda r, k=k, i=i: float(np.real(r.inputs(k)[i])), origin, 0.3)  # type: ignore[misc]


def _scalars(r: Replay) -> Iterator[Constant]:
    """Yield the values of the graph that are single numbers."""
    for k, value in enumerate(r.values):
        if k > _MOST_NODES:
            return
        if not isinstance(value, tuple) and np.shape(value) == () and np.isrealobj(value):
            cost = 0.5 + 0.4 * (not r.named(k))
            yield Constant(lambda r, k=k: float(r.values[k]), f"the value of `{r.name(k)}`", cost, False)  # type: ignore[misc]


def matching(found: list[Constant], r: Replay, value: float, close: float = _CLOSE) -> list[Constant]:
    """Return the constants that equal a number at this point, the simplest first, at most four."""
    if not np.isfinite(value):
        return []
    return [c for c in found if abs(c.value(r) - value) <= close * abs(value)][:4]

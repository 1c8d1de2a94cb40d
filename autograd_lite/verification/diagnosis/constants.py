"""Constants that a gradient is off by, with what they may come from: what lies on the way to the gradients, alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.diagnosis.replay import Replay

_CLOSE = 1e-6
_MOST_NODES = 400
_MOST_LENGTHS = 12
_SQUARES = {"square", "power", "squared_error"}

Leaves = frozenset[int]


@dataclass(frozen=True)
class Constant:
    """A factor, as a function of the record; what it may come from; and how far-fetched it is.

    ``fixed`` tells those that are the same at every point from values of the graph; ``composite`` those that are put
    together of several numbers; ``leaves`` are those whose gradient it may be a factor of, None for any.
    """

    value: Callable[[Replay], float]
    origin: str
    cost: float
    fixed: bool = True
    composite: bool = False
    leaves: Leaves | None = None

    def power(self, exponent: float, origin: str, cost: float, *, factor: float = 1.0, plain: bool = False) -> Constant:
        """Return a multiple of a power of the constant, which costs more than itself."""
        return Constant(
            lambda r: factor * float(np.abs(self.value(r)) ** exponent),
            origin,
            self.cost + cost,
            self.fixed,
            not plain,
            self.leaves,
        )


def fixed(value: float, origin: str = "", cost: float = 0.0, leaves: Leaves | None = None) -> Constant:
    """Return the constant of a number."""
    return Constant(lambda r: value, origin, cost, leaves=leaves)


def constants(r: Replay, wrong: Collection[int] = ()) -> list[Constant]:
    """List the constants that a factor may be: small numbers, lengths, numbers and scalar values of the graph.

    Parameters
    ----------
    r : Replay
    wrong : collection of int
        Which gradients are wrong: what would have made another one wrong as well is not offered.

    Returns
    -------
    list of Constant, the simplest first
    """
    seen = _Seen()
    terms, lengths = list(_terms(r, seen)), list(_lengths(r, seen))
    numbers = [*terms, *_graph_numbers(r)]
    base = [*numbers, *lengths, *_scalars(r)]
    found = [*_numbers(r, wrong), *base]
    found += [c.power(-1, f"1 / {c.origin}", 0.02, plain=True) for c in base]
    found += _spread_counts(r)
    negatives = [
        Constant(lambda r, c=c: -c.value(r), f"-1 times {c.origin}" if c.origin else "", c.cost + 0.4, c.fixed, False,  # type: ignore[misc]
                 c.leaves)
        for c in found
        if c.value(r) > 0
    ]  # fmt: skip
    found += negatives
    for c in [*numbers, *lengths]:
        for factor, text in ((2.0, "2"), (0.5, "1/2")):
            for power, way in ((1, "times"), (-1, "over")):
                origin = f"{text} {way} {c.origin}" if c in numbers else ""  # too many numbers are twice a length
                found.append(c.power(power, origin, 0.3, factor=factor))
    for c in (lengths := terms + lengths):
        found.append(c.power(0.5, f"the root of {c.origin}", 0.25))
        found.append(c.power(-0.5, f"1 over the root of {c.origin}", 0.25))
    for a, b in permutations(lengths[:_MOST_LENGTHS], 2):
        either = a.leaves | b.leaves if a.leaves is not None and b.leaves is not None else None
        found.append(Constant(lambda r, a=a, b=b: a.value(r) / b.value(r), f"{a.origin} over {b.origin}",  # type: ignore[misc]
                              a.cost + b.cost + 0.3, composite=True, leaves=either))  # fmt: skip
    usable = [c for c in found if np.isfinite(v := c.value(r)) and v != 0]
    return sorted(usable, key=lambda c: (c.composite, c.cost))


def uses(r: Replay) -> Iterator[Constant]:
    """Yield what is left of an argument's gradient where the terms of its uses are averaged."""
    for leaf, j in enumerate(r.leaves):
        n = len({k for k, _ in r.into[j]}) if j is not None else 0
        if n > 1 and j is not None:
            yield fixed(1 / n, f"as if the terms of the {n} uses of `{r.name(j)}` were averaged", 0.05,
                        frozenset((leaf,)))  # fmt: skip


def _numbers(r: Replay, wrong: Collection[int]) -> Iterator[Constant]:
    """Yield small numbers: a half has an origin where a square lies on the way to wrong gradients alone."""
    yield fixed(-1.0)
    for leaves in dict.fromkeys(r.below[k] for k in range(len(r.nodes)) if r.op(k) in _SQUARES):
        if leaves <= frozenset(wrong):
            yield fixed(0.5, "the 2 that comes down from a square", 0.0, leaves)
    yield fixed(0.5, cost=0.08)
    yield fixed(2.0)
    for n in (3, 4):
        yield fixed(float(n), "", 0.6)
        yield fixed(1 / n, "", 0.6)


class _Seen:
    """The numbers that have been offered, with the gradients for which they have."""

    def __init__(self) -> None:
        self.leaves: dict[float, Leaves] = {}

    def news(self, n: float, leaves: Leaves) -> bool:
        """Whether a number may be the origin for gradients for which it has not been before."""
        known = self.leaves.get(n, frozenset())
        self.leaves[n] = known | leaves
        return n not in (0, 1) and not leaves <= known


def _terms(r: Replay, seen: _Seen) -> Iterator[Constant]:
    """Yield the numbers of elements that are averaged, or summed."""
    for k in range(len(r.nodes)):
        if r.op(k) in ("mean", "sum", "variance", "deviation"):
            (value, *_) = r.inputs(k)
            n = round(np.size(value) / max(np.size(r.values[k]), 1))
            if seen.news(n, r.below[k]):
                verb = "averages" if r.op(k) == "mean" else "sums"
                yield fixed(float(n), f"the {n} terms that `{r.expression(k)}` {verb}", 0.1, r.below[k])


def _lengths(r: Replay, seen: _Seen) -> Iterator[Constant]:
    """Yield the lengths of axes, then the numbers of elements."""
    shapes = sorted(_shapes(r), key=lambda shape: shape[-1])
    for shape, leaves, of, _ in shapes:
        for axis, n in enumerate(shape):
            if seen.news(n, leaves):
                yield fixed(float(n), f"the length {n} of axis {axis} of {of}", 0.25, leaves)
    for shape, leaves, of, _ in shapes:
        n = int(np.prod(shape))
        if seen.news(n, leaves):
            yield fixed(float(n), f"the {n} elements of {of}", 0.35, leaves)


def _shapes(r: Replay) -> Iterator[tuple[tuple[int, ...], Leaves, str, bool]]:
    """Yield the shapes of arrays, with the gradients on whose way they lie, and whether they have no name."""
    for k, value in enumerate(r.values):
        if not isinstance(value, tuple):
            beside = r.below[k].union(*(r.below[user] for user, _ in r.into[k]))
            yield np.shape(value), beside, f"`{r.name(k)}`", not r.named(k)
        for i, x in enumerate(r.nodes[k].inputs):
            if isinstance(x, np.ndarray):
                yield x.shape, r.below[k], f"`{r.operand(k, i)}`", r.operand(k, i) == "array"


def spreads(r: Replay) -> list[tuple[int, int]]:
    """Return the nodes that are variances, or their roots, and of how many elements: also those that are spelled out.

    A mean of squares of what a mean, or a sum over a count, has been subtracted from is a variance.
    """
    found = []
    for k in range(len(r.nodes)):
        if r.op(k) in ("variance", "deviation") or (r.op(k) in ("mean", "divide") and _squares_deviations(r, k)):
            size = np.size(r.inputs(k)[0] if r.op(k) != "divide" else r.values[r.out[r.out[k][0][1]][0][1]])
            found.append((k, round(size / max(np.size(r.values[k]), 1))))
    return found


def _squares_deviations(r: Replay, k: int) -> bool:
    """Whether a node averages squares of deviations: by a mean, or by a sum and a division."""
    j = r.out[k][0][1] if r.out[k] else k
    if r.op(k) == "divide":
        j = r.out[j][0][1] if r.op(j) == "sum" and len(r.out[k]) == 1 else k
    if r.op(j) not in ("square", "power", "multiply") or len({x for _, x, _ in r.out[j]}) != 1:
        return False
    deviation = r.out[j][0][1]
    if r.op(deviation) != "subtract" or len(r.out[deviation]) != 2:
        return False
    middle = r.out[deviation][1][1]
    return r.op(middle) == "mean" or (r.op(middle) == "divide" and r.op(r.out[middle][0][1]) == "sum")


def _spread_counts(r: Replay) -> Iterator[Constant]:
    """Yield the ratio of the two ways to average squares, where there is a variance."""
    for k, n in spreads(r):
        if n > 1:
            yield fixed((n - 1) / n, f"{n - 1}/{n}, as of ddof=1 in `{r.name(k)}`", 0.4, r.below[k])
            yield fixed(n / (n - 1), f"{n}/{n - 1}, as of ddof=1 in `{r.name(k)}`", 0.4, r.below[k])


def _graph_numbers(r: Replay) -> Iterator[Constant]:
    """Yield the numbers in the function's own code."""
    seen = _Seen()
    for k, node in enumerate(r.nodes):
        for i, x in enumerate(node.inputs):
            if type(x) is Tensor or np.ndim(x) or x is None or np.iscomplexobj(x):
                continue
            if float(x) in (-1.0, 2.0, 0.5) or not seen.news(float(x), r.below[k]):
                continue
            origin = f"the number {r.operand(k, i)} in `{r.expression(k)}`"
            yield Constant(lambda r, k=k, i=i: float(np.real(r.inputs(k)[i])), origin, 0.3, leaves=r.below[k])  # type: ignore[misc]


def _scalars(r: Replay) -> Iterator[Constant]:
    """Yield the values of the graph that are single numbers, for those gradients that pass beside them."""
    for k, value in enumerate(r.values):
        if k > _MOST_NODES:
            return
        if not isinstance(value, tuple) and np.shape(value) == () and np.isrealobj(value):
            cost = 0.5 + 0.4 * (not r.named(k))
            leaves = frozenset[int]().union(*(r.below[user] for user, _ in r.into[k])) if k else r.below[0]
            yield Constant(lambda r, k=k: float(r.values[k]), f"the value of `{r.name(k)}`", cost, False, leaves=leaves)  # type: ignore[misc]


def matching(
    found: list[Constant], r: Replay, value: float, leaves: Collection[int] = (), close: float = _CLOSE
) -> list[Constant]:
    """Return the constants that equal a number at this point, the simplest first.

    At most four; and one that is put together of several numbers only where no other does. With ``leaves``, those that
    may be a factor of all these gradients.
    """
    if not np.isfinite(value):
        return []
    near = [
        c
        for c in found
        if abs(c.value(r) - value) <= close * abs(value) and (c.leaves is None or c.leaves.issuperset(leaves))
    ]
    plain = [c for c in near if not c.composite]
    if plain and "length" in plain[0].origin and any(c.composite and c.origin for c in near):
        plain[0] = replace(plain[0], origin="")  # it may be the one or the other
    return plain[:4] or near[:1]

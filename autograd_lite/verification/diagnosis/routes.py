"""Mistakes with which cotangent goes into a product: that from before a function, or a value that is none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.edits import SUMS, Edit, d
from autograd_lite.verification.diagnosis.functions import Region, function_of
from autograd_lite.verification.diagnosis.replay import Replay

_LINEAR = (*SUMS, "negative", "multiply", "divide")
_MOST_STEPS = 4

Path = tuple[tuple[int, int], ...]
"""Edges one after another: each as a node and the position of its input."""


def passed_over(r: Replay, region: Region) -> Iterator[Edit]:
    """A function's derivative is left out on one of several ways that its cotangent takes from there."""
    if set(r.into[region.x]) != set(region.edges) or all(r.op(k) in _LINEAR for k in region.nodes):
        return
    ways = list(_ways(r, region.x))
    if len(ways) < 2:
        return
    function = function_of(r, region)
    extra = 0.05 * (len(region.nodes) - 1) + 0.4 * (not r.named(region.z)) + 0.2 * (not r.named(region.x))
    for way, j in ways:
        k, i = way[-1]
        yield Edit(
            "missing derivative",
            2.3 + extra,
            f"in {d(r.name(j))}, from `{r.expression(k)}`, the derivative of {function} is missing: it is formed with "
            f"{d(r.name(region.z))}, expected {d(r.name(region.x))}",
            j,
            ((k, i),),
            lambda r, g, way=way, j=j: _along(r, way, j, g),  # type: ignore[misc]
            f"passed over {len(way)} {i} {r.op(k)}",
            start=region.z,
        )


def _ways(r: Replay, x: int, way: Path = ()) -> Iterator[tuple[Path, int]]:
    """Yield the edges that a node's cotangent passes, through sums as well, and where they arrive."""
    for i, j, _ in r.out[x]:
        if isinstance(r.values[j], tuple):
            continue
        on = (*way, (x, i))
        if r.op(x) in SUMS and r.op(j) and not r.named(j) and len(r.into[j]) == 1 and len(on) < _MOST_STEPS:
            yield from _ways(r, j, on)
        else:
            yield on, j


def _along(r: Replay, way: Path, j: int, g: Any) -> Any:
    """Return what arrives along a way from the cotangent of its first node."""
    for (k, i), (after, _) in pairwise(way):
        g = r.fit(r.rule(k, i, g), after)
    return r.fit(r.rule(*way[-1], g), j)


def value_in_product(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """A value of the function stands in the place of its own cotangent, in one product."""
    if r.op(k) not in ("matmul", "dot", "outer", "multiply") or r.nodes[k].op is None:
        return
    above = k
    for _ in range(_MOST_STEPS):
        if above and r.named(above) and len(list(_ways(r, above))) > 1:
            yield Edit(
                "value in the place of a derivative",
                3.0,
                f"in {d(r.name(j))}, from `{r.expression(k)}`, `{r.name(above)}` stands in the place of "
                f"{d(r.name(above))}",
                j,
                ((k, i),),
                lambda r, g, above=above: r.rule(k, i, r.values[above]),  # type: ignore[misc]
                "value for its derivative",
            )
        users = [user for user, _ in r.into[above]]
        if len(users) != 1 or r.op(users[0]) not in SUMS or np.shape(r.values[users[0]]) != np.shape(r.values[k]):
            return
        above = users[0]

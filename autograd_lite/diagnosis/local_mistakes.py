"""The table of local mistakes: one function for each, that yields edits. To add a mistake, add a function to it.

An edit is a wrong cotangent, as a function of a replay, with what to say of it. An edit with a ``key`` can be made at
several nodes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autograd_lite.diagnosis.cotangents import (
    extra_factor,
    gated,
    magnitude,
    other_factor,
    restarted,
    value_for_cotangent,
)
from autograd_lite.diagnosis.edits import Edit
from autograd_lite.diagnosis.functions import Region, at_others, of_functions, regions
from autograd_lite.diagnosis.jacobians import broadcast, deviations, normalised, of_softmax, overwritten, shared_maximum
from autograd_lite.diagnosis.operands import other_operand, skipped_factor, symmetric, turned, wrong_power
from autograd_lite.diagnosis.replay import Replay

OF_EDGES: tuple[Callable[[Replay, int, int, int], Iterator[Edit]], ...] = (
    skipped_factor,
    wrong_power,
    turned,
    broadcast,
    overwritten,
    normalised,
    symmetric,
    shared_maximum,
    deviations,
)
OF_FUNCTIONS: tuple[Callable[[Replay, Region], Iterator[Edit]], ...] = (of_functions,)
OF_NODES: tuple[Callable[[Replay, int], Iterator[Edit]], ...] = (of_softmax, restarted, extra_factor, gated, magnitude)
LATE_OF_EDGES: tuple[Callable[[Replay, int, int, int], Iterator[Edit]], ...] = (other_operand,)
LATE_OF_FUNCTIONS: tuple[Callable[[Replay, Region], Iterator[Edit]], ...] = (at_others,)
LATE_OF_NODES: tuple[Callable[[Replay, int], Iterator[Edit]], ...] = (value_for_cotangent, other_factor)
"""The late ones try every value of the same shape: they are many."""


def edits(r: Replay, *, late: bool = False) -> Iterator[Edit]:
    """Yield every edit of the tables, from the result down to the leaves; the numerous ones apart."""
    for k in range(len(r.nodes)):
        if isinstance(r.values[k], tuple) or r.totals[k] is None:
            continue
        for of_node in LATE_OF_NODES if late else OF_NODES:
            yield from of_node(r, k)
        if r.nodes[k].op is None:
            continue
        for region in regions(r, k):
            for of_function in LATE_OF_FUNCTIONS if late else OF_FUNCTIONS:
                yield from of_function(r, region)
        for i, j, _ in r.out[k]:
            if not isinstance(r.values[j], tuple):
                for of_edge in LATE_OF_EDGES if late else OF_EDGES:
                    yield from of_edge(r, k, i, j)

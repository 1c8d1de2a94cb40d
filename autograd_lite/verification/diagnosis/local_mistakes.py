"""The table of local mistakes: one function for each, that yields edits. To add a mistake, add a function to it.

An edit is a wrong cotangent, as a function of a replay, with what to say of it. An edit with a ``key`` can be made at
several nodes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from autograd_lite.verification.diagnosis.cotangents import (
    extra_factor,
    gated,
    magnitude,
    negated,
    other_factor,
    restarted,
    value_for_cotangent,
)
from autograd_lite.verification.diagnosis.edits import Edit, d
from autograd_lite.verification.diagnosis.functions import Region, at_other_steps, at_others, of_functions, regions
from autograd_lite.verification.diagnosis.jacobians import (
    broadcast,
    deviations,
    normalised,
    of_logsumexp,
    of_softmax,
    shared_maximum,
)
from autograd_lite.verification.diagnosis.masks import of_masks
from autograd_lite.verification.diagnosis.operands import (
    altered,
    other_operand,
    skipped_factor,
    symmetric,
    turned,
    wrong_power,
)
from autograd_lite.verification.diagnosis.places import (
    other_column,
    other_order,
    other_part,
    overlapping,
    overwritten,
    raw_for_normalised,
)
from autograd_lite.verification.diagnosis.replay import Replay
from autograd_lite.verification.diagnosis.routes import passed_over, value_in_product

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
    other_column,
    other_part,
    other_order,
    raw_for_normalised,
)
OF_FUNCTIONS: tuple[Callable[[Replay, Region], Iterator[Edit]], ...] = (of_functions, of_masks, passed_over)
OF_NODES: tuple[Callable[[Replay, int], Iterator[Edit]], ...] = (
    of_softmax,
    of_logsumexp,
    restarted,
    extra_factor,
    gated,
    magnitude,
    negated,
    overlapping,
)
LATE_OF_EDGES: tuple[Callable[[Replay, int, int, int], Iterator[Edit]], ...] = (
    other_operand,
    value_in_product,
    altered,
)
LATE_OF_FUNCTIONS: tuple[Callable[[Replay, Region], Iterator[Edit]], ...] = (at_others, at_other_steps)
LATE_OF_NODES: tuple[Callable[[Replay, int], Iterator[Edit]], ...] = (value_for_cotangent, other_factor)
"""The late ones try every value of the same shape: they are many."""


def edits(r: Replay, *, late: bool = False) -> Iterator[Edit]:
    """Yield every edit of the tables, from the result down to the leaves; the numerous ones apart.

    An edit of a cotangent that the hand gradient holds rightly is more far-fetched: it may be true of one use of it.
    """
    for edit in _edits(r, late=late):
        if edit.j in r.confirmed:
            said = f"{edit.message}, where it is used: {d(r.name(edit.j))} itself is right"
            edit = replace(edit, cost=edit.cost + 0.5, message=said)
        yield edit


def _edits(r: Replay, *, late: bool = False) -> Iterator[Edit]:
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

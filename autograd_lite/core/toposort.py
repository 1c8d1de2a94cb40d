"""What a result was made from: the nodes of its record, newest first, and those of them that need a cotangent."""

from __future__ import annotations

from collections.abc import Iterable, Set
from operator import attrgetter

from autograd_lite.core.tape import assignments
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.versions import as_used

_serial = attrgetter("serial")


def order(
    results: Iterable[Tensor], stop: Set[Tensor] = frozenset(), since: int = 0
) -> tuple[list[Tensor], set[Tensor], list[Tensor], bool]:
    """List the nodes that the results were made from, newest first: a reverse topological order.

    Iterative, in time O(nodes log nodes); the order of recording is a topological order, since inputs come first.

    Parameters
    ----------
    results : iterable of Tensor
    stop : set of Tensor, optional
        The search does not go below these.
    since : int
        The search does not enter Tensors recorded before this serial: they come from outside the call.

    Returns
    -------
    nodes : list of Tensor, the results and the leaves among them; those from outside not
    reached : the same as a set
    ends : list of Tensor
        Where the search ended: at leaves, and at what is in ``stop``.
    outside : bool
        Whether the search met a Tensor from outside.
    """
    reached = set(results)
    nodes = list(reached)
    ends = []
    outside = False
    assigned = bool(assignments) and assignments[0] > since
    for node in nodes:  # the list grows meanwhile, nearly in the order that is wanted: sorting it is cheap
        inputs = node.inputs
        if not inputs or (stop and node in stop):
            ends.append(node)
            outside = outside or bool(inputs)
            continue
        if assigned:
            inputs = as_used(node)
        for x in inputs:
            if type(x) is Tensor and x not in reached:
                if x.serial < since:
                    outside = True
                else:
                    reached.add(x)
                    nodes.append(x)
    nodes.sort(key=_serial, reverse=True)
    outside = outside or nodes[-1].serial < since  # a result itself
    return nodes, reached, ends, outside


def to_visit(results: Iterable[Tensor], wrt: set[Tensor] | None, since: int) -> tuple[set[Tensor] | None, bool]:
    """Return the Tensors that need a cotangent, or None for all; and whether any is from outside."""
    nodes, reached, ends, outside = order(results, wrt or frozenset(), since)
    if wrt is not None and not wrt.issuperset(ends):
        return _dependents(nodes, reached, wrt), outside
    return reached if outside else None, outside


def _dependents(nodes: list[Tensor], reached: set[Tensor], wrt: set[Tensor]) -> set[Tensor]:
    """Return those of the nodes, newest first, that depend on a Tensor in ``wrt``."""
    needed = reached.intersection(wrt)
    for node in reversed(nodes):
        if node.op is not None and node.op.edges != () and any(type(x) is Tensor and x in needed for x in node.inputs):
            needed.add(node)
    return needed

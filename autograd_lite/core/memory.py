"""The memory of a record: large values that no rule will read are let go while it grows."""

from __future__ import annotations

import sys
import weakref

import numpy as np

from autograd_lite.core.op import op_of
from autograd_lite.core.reads import OUTPUT, Reads
from autograd_lite.core.shapes import Value
from autograd_lite.core.tape import observers, registry
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.toposort import order
from autograd_lite.core.values import HELD_ONCE, LARGE, Released

Reference = weakref.ref[Tensor]

pending: dict[int, tuple[Reference, list[Reference]]] = {}
"""Large nodes whose values no rule reads, by id: a weak reference to each, and to the nodes that use it."""


def grown(node: Tensor) -> None:
    """See a node made from a large value; let large values go that only nodes which do not read them hold by now."""
    if observers:  # they look at every value
        return
    op, inputs, value = op_of(node), node.inputs, node._value
    read = op.read(inputs)
    is_view = type(value) is np.ndarray and value.base is not None
    for i, x in enumerate(inputs):
        if type(x) is Tensor and id(x) in pending:
            ref, users = pending.pop(id(x))
            if ref() is x and i not in read and not is_view:
                pending[id(x)] = ref, [*users, weakref.ref(node)]
    settle()
    if type(value) is np.ndarray and value.nbytes > LARGE and OUTPUT not in read and _can_be_computed_again(node, read):
        pending[id(node)] = weakref.ref(node), []


def settle() -> None:
    """Let go what nothing holds any more but inputs of nodes: no variable, no container, no running call."""
    for key, (ref, users) in list(pending.items()):
        x = ref()
        if x is None or hasattr(x, "versions"):  # it is gone, or stands for another node by now
            del pending[key]
        elif users and sys.getrefcount(x) == HELD_ONCE + _uses(ref, users):
            x._value = Released(x._value)
            del pending[key]


def _uses(ref: Reference, users: list[Reference]) -> int:
    """Return how many inputs of the nodes that are still there refer to a Tensor."""
    alive = [user for user in (user() for user in users) if user is not None]
    return sum(y is ref() for user in {id(user): user for user in alive}.values() for y in user.inputs)


def _can_be_computed_again(node: Tensor, read: Reads) -> bool:
    """Whether what a node is made from is there as long as the record is: arrays that no rule reads may change."""
    held = all(type(x) is Tensor or i in read or np.ndim(x) == 0 for i, x in enumerate(node.inputs))
    return held and not any(isinstance(p, np.ndarray) for p in node.params.values())


def restored(t: Tensor) -> Value:
    """Return the value of a node, computed again with all that it needs where it was let go."""
    if type(t._value) is Released:
        for node in reversed(order([t])[0]):
            if type(node._value) is Released:
                node._value = op_of(node).compute(*map(raw, node.inputs), **node.params)
    return t._value


registry["large"], registry[Released] = grown, restored

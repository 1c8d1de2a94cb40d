"""The versions of a Tensor that was assigned to: what stood for it before, and which of them a use meant.

A record never changes. An assignment makes a new node, and the user's Tensor stands for it from then on; what it stood
for before lives on as a node of its own, an earlier version. Nodes that used the Tensor meanwhile still hold it among
their inputs: the serials tell which version they meant, and `as_used` puts that in its place before a record is read.
"""

from __future__ import annotations

import weakref
from bisect import bisect_right
from operator import itemgetter
from typing import cast

import numpy as np

from autograd_lite.core import tape
from autograd_lite.core.ducks import ducks
from autograd_lite.core.op import alias, item, op_of
from autograd_lite.core.shapes import Array, Value
from autograd_lite.core.tensor import Tensor, raw, record, summary

_serial_of = itemgetter(0)


def replace(t: Tensor, node: Tensor, index: Value) -> None:
    """Let a Tensor stand for another node of its shape and dtype, which an assignment at an index has made of it."""
    before = Tensor.__new__(Tensor)
    for field in ("_value", "op", "inputs", "params", "name", "grad", "serial"):
        setattr(before, field, getattr(t, field))
    if not hasattr(t, "stores"):
        t.stores, t.versions = [], []
    before.stores, before.handle = t.stores, weakref.ref(t)
    for observer in tape.current_observers():
        observer.renamed(t, before)
        observer.renamed(node, t)
    t.stores.append((node.serial, index))
    t.versions.append(before)
    t._value, t.op, t.params, t.serial = node._value, node.op, node.params, node.serial
    t.inputs = tuple([before if x is t else x for x in node.inputs])
    tape.assignments[:] = tape.assigning[:] = [t.serial]


def original(t: Tensor) -> Tensor:
    """Return what a Tensor stood for before anything was assigned to it."""
    return t.versions[0] if hasattr(t, "versions") else t


def version_at(t: Tensor, serial: int) -> Tensor:
    """Return what a Tensor stood for when the node of a serial was recorded."""
    if t.serial < serial or not hasattr(t, "versions"):
        return t
    return t.versions[bisect_right(t.stores, serial, key=_serial_of)]


def inputs_of(node: Tensor) -> tuple[Value, ...]:
    """Return the inputs of a node as they were when it was recorded."""
    return as_used(node) if tape.assignments else node.inputs


def as_used(node: Tensor) -> tuple[Value, ...]:
    """Return the inputs of a node as they were when it was recorded, and keep them so."""
    node.inputs = tuple([version_at(x, node.serial) if type(x) is Tensor else x for x in node.inputs])
    return node.inputs


def as_it_was(x: Value) -> Value:
    """Return what derivative rules that are recorded get for a value: of a view, another node, which is not one."""
    if type(x) is not Tensor or base(x) is None:
        return x
    return record(alias, x._value, (x,), tape.NO_PARAMS)


def check_fresh(x: Tensor) -> None:
    """Raise RuntimeError for a view that NumPy would have changed: what it shows was assigned to after it was taken."""
    touched = _touched(x, x.serial)
    if touched is not None and np.any(touched):
        raise RuntimeError(
            f"{summary(x)} is a view of {summary(base(x))}, and elements that it shows were assigned to after it was "
            "taken: NumPy would have changed the view as well, and here it keeps its value. Take the view after the "
            "assignment, or a copy before it (np.copy)"
        )


def base(x: Tensor) -> Tensor | None:
    """Return the Tensor that this one is a view of: the input whose memory it shares, if any."""
    if x.op is None or x.op is alias or (type(x._value) is not np.ndarray and not ducks[type(x._value)]):
        return None
    made = x.inputs[0] if x.op is item else x  # one of several outputs
    for y in made.inputs:
        if _shares(y, x):
            handle = y.handle() if hasattr(y, "handle") else None
            source: Tensor = y if handle is None else handle
            return source
    return None


def _shares(y: Value, x: Tensor) -> bool:
    """Whether an input of a node is an array whose memory another value shares."""
    if type(y) is not Tensor:
        return False
    held = version_at(y, x.serial)._value
    return type(held) is type(x._value) and np.may_share_memory(held, x._value)


def seen(x: Tensor, array: Array) -> Array:
    """Return what a view would show of another array in the place of the one that it is a view of."""
    if x.op is item:
        whole = x.inputs[0]
        return cast(Array, _shown(whole, array, x)[x.params["index"]])
    return cast(Array, _shown(x, array, x))


def _shown(node: Tensor, array: Array, x: Tensor) -> Value:
    values = [array if _shares(y, x) else raw(y) for y in node.inputs]
    return op_of(node).compute(*values, **node.params)


def _touched(x: Tensor, since: int) -> Array | None:
    """Return which elements of a view were assigned to through others since a serial, as a mask; None for none."""
    source = base(x)
    if source is None:
        return None
    mask = _touched(source, since)
    for serial, index in getattr(source, "stores", ()):
        if serial > since:
            mask = np.zeros_like(source._value, bool) if mask is None else mask
            mask[index] = True
    return None if mask is None else seen(x, mask)


tape.registry[Tensor._read] = check_fresh

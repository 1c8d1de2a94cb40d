"""The generic backward pass: one sweep over the record, from a result down to its leaves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from autograd_lite.arrays import Shape, broadcasts_to, unbroadcast
from autograd_lite.graph import Tensor, current_observer, order, raw, summary
from autograd_lite.op import unpack

_float64 = np.float64


def sweep(
    result: Tensor, cotangent: Any, wrt: Collection[Tensor] | None = None, since: int = 0
) -> tuple[dict[Tensor, Any], bool]:
    """Pull the cotangent of a result back to the Tensors that it was made from.

    The cotangents are kept in a dict of this call. They are arrays, and nothing is recorded, unless the sweep touches a
    Tensor from outside the call: then every rule runs on Tensors, and what it computes can be differentiated again.

    Parameters
    ----------
    result : Tensor
    cotangent : array or Tensor of the shape of ``result``
    wrt : collection of Tensor, optional
        Where to stop, and what to answer for; all leaves if None.
    since : int
        Tensors recorded before this serial are from outside, and constant.

    Returns
    -------
    cotangents : dict from Tensor to array (or Tensor), of those in ``wrt`` (or leaves) that the result depends on
    recorded : bool
        Whether the sweep was recorded.
    """
    nodes, needed, outside = order(result, wrt, since)
    recorded = outside or type(cotangent) is Tensor
    if wrt is not None:
        needed = _dependents(nodes, needed, wrt)
    observer = current_observer()
    cotangents: dict[Tensor, Any] = {result: cotangent} if result in needed else {}
    found = {}
    for node in nodes:
        g = cotangents.pop(node, None)
        if g is None:
            continue
        inputs = node.inputs
        if not inputs or (wrt is not None and node in wrt):
            found[node] = g
            continue
        row: Any = node.op
        params, rules = node.params, row.rules
        if recorded:
            z = unpack(node) if type(node._value) is tuple else node
            args: Any = inputs
        else:
            z = node._value
            args = [x._value if type(x) is Tensor else x for x in inputs]
        for position, x in enumerate(inputs):
            if type(x) is not Tensor or x not in needed:
                continue
            rule = rules[position] if type(rules) is tuple and position < len(rules) else row.rule_of(position)
            if rule is None:
                continue
            c = rule(g, z, *args, **params) if params else rule(g, z, *args)
            if type(c) is not _float64 or type(x._value) is not _float64:
                c = _fit(c, node, position)
            if observer is not None:
                observer.swept(node, position, c)
            before = cotangents.get(x)
            if before is None:
                cotangents[x] = c
            else:
                cotangents[x] = before + c if type(c) is not tuple else _add_tuples(before, c)
    return found, recorded


def _dependents(nodes: list[Tensor], reached: set[Tensor], wrt: Collection[Tensor]) -> set[Tensor]:
    """Return those of the nodes, newest first, that depend on a Tensor in ``wrt``."""
    if all(node.inputs or node in wrt for node in nodes):
        return reached  # every path ends where it should: the usual case
    needed = reached.intersection(wrt)
    for node in reversed(nodes):
        if any(type(x) is Tensor and x in needed for x in node.inputs):
            needed.add(node)
    return needed


def _add_tuples(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    """Add two cotangents of an op of several outputs."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


def _fit(c: Any, node: Tensor, position: int) -> Any:
    """Return a rule's cotangent in the shape and dtype of its input.

    Broadcasting is undone here, once for all ops: only where the op is declared to broadcast, and only from exactly the
    shape to which the input was stretched.
    """
    x = node.inputs[position]._value
    if isinstance(x, tuple):
        return c
    shape: Shape = np.shape(x)
    given = np.shape(c)
    if given != shape:
        stretched = _stretched(node, position)
        if given != stretched or not broadcasts_to(shape, stretched):
            raise _wrong_shape(node, position, given, stretched)
        c = unbroadcast(c, shape)
    if c.dtype != x.dtype if hasattr(c, "dtype") else True:
        c = _cast(c, x.dtype)
    return c


def _stretched(node: Tensor, position: int) -> tuple[int, ...]:
    """Return the shape to which an op broadcasts one of its inputs."""
    shape: Shape = np.shape(raw(node.inputs[position]))
    core = node.op.core if node.op else None
    if core is None:
        return shape
    if core == 0:
        return node.shape
    loops = [np.shape(raw(x))[:-core] for x in node.inputs]
    return np.broadcast_shapes(*loops) + shape[-core:]


def _cast(c: Any, dtype: np.dtype[Any]) -> Any:
    """Return a cotangent in the dtype of its input: the real part for a real one."""
    if dtype.kind == "f" and np.iscomplexobj(raw(c)):
        c = np.real(c)
    return c.astype(dtype) if type(c) is Tensor else np.asarray(c).astype(dtype)[()]


def _wrong_shape(node: Tensor, position: int, given: tuple[int, ...], stretched: tuple[int, ...]) -> ValueError:
    row: Any = node.op
    x = node.inputs[position]
    name = row.input_names[position] if position < len(row.input_names) else str(position)
    expected = f"{x.shape}" if stretched == x.shape else f"{x.shape} or, before broadcasting is undone, {stretched}"
    hint = ""
    if row.core is None and given == np.shape(node._value):
        hint = "; if its inputs broadcast, declare it: @ag.op(elementwise=True)"
    return ValueError(
        f"the vjp rule of op '{row.name}' for input {position} ('{name}', {summary(x)}) returned a cotangent of shape "
        f"{given}; expected {expected}{hint}"
    )


def seed(result: Tensor) -> Any:
    """Return the cotangent 1 of a result of size 1.

    Raises
    ------
    ValueError
        For a result of another size, or a complex one: they need a cotangent.
    """
    value = result._value
    if type(value) is _float64:
        return _ONE
    if np.size(value) != 1:
        raise ValueError(
            f"the gradient of a result of shape {result.shape} is not defined: expected a result of size 1. "
            "Reduce it (np.sum, np.mean), pass a cotangent of its shape (t.backward(cotangent), ag.vjp), "
            "or ask for ag.jacobian"
        )
    if np.iscomplexobj(value):
        raise ValueError(
            "the gradient of a complex result is not defined: take np.real, np.imag or np.abs of it, "
            "or pass a cotangent (t.backward(cotangent), ag.vjp)"
        )
    return np.ones_like(value)[()]


_ONE = np.float64(1.0)


def backward(self: Tensor, cotangent: Any = None) -> None:
    """Add the gradient of this Tensor to the ``grad`` of every leaf that it was made from.

    Parameters
    ----------
    cotangent : array_like of the shape of this Tensor, optional
        The derivative of the final result by this Tensor; 1 if left out, for a Tensor of size 1.

    Raises
    ------
    ValueError
        Where the cotangent is missing or of another shape.

    Notes
    -----
    Called twice, it adds twice. Time and memory are O(nodes); the depth of the graph is not limited.
    """
    g = seed(self) if cotangent is None else as_cotangent(cotangent, self)
    found, _ = sweep(self, g)
    for leaf, c in found.items():
        leaf.grad = own(c) if leaf.grad is None else leaf.grad + c


def as_cotangent(cotangent: Any, result: Tensor) -> Any:
    """Return a cotangent given by the user in the dtype of the result; raise ValueError for another shape."""
    if np.shape(cotangent) != result.shape:
        raise ValueError(
            f"expected a cotangent of the result's shape {result.shape}, got one of shape {np.shape(cotangent)}"
        )
    return cotangent if type(cotangent) is Tensor else np.asarray(cotangent).astype(result.dtype)[()]


def own(c: Any) -> Any:
    """Return a cotangent that nobody else holds, so that the user may change it in place."""
    return np.array(c) if isinstance(c, np.ndarray) else c


Tensor.backward = backward  # type: ignore[method-assign]

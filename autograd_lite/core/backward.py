"""The generic backward pass: one sweep over the record, from a result down to its leaves."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Set
from functools import partial
from heapq import heappop, heappush
from typing import Any, cast

import numpy as np

from autograd_lite.core.ducks import dtype_of, ducks, is_array, name_of
from autograd_lite.core.lines import calling_frame, describe_line
from autograd_lite.core.op import unpack
from autograd_lite.core.overwriting import Spent
from autograd_lite.core.protection import SMALL
from autograd_lite.core.shapes import Array, Cotangent, Shape, Value, broadcasts_to, unbroadcast
from autograd_lite.core.signatures import raw_params
from autograd_lite.core.tape import Observer, Operation, Params, Rule, assignments, current_observers, registry, running
from autograd_lite.core.tensor import Tensor, raw, summary
from autograd_lite.core.toposort import order, to_visit
from autograd_lite.core.values import HELD_ONCE, LARGE, plain
from autograd_lite.core.versions import as_it_was, original

_float64, _ndarray = np.float64, np.ndarray
_NOWHERE: frozenset[Tensor] = frozenset()


def sweep(
    cotangents: dict[Tensor, Cotangent],
    wrt: set[Tensor] | None = None,
    since: int = 0,
    *,
    closed: bool = False,
    inside: bool = False,
) -> tuple[dict[Tensor, Cotangent], bool]:
    """Pull the cotangents of results back to the Tensors that they were made from.

    The cotangents are kept in a dict of this call. They are arrays, and nothing is recorded, unless the sweep touches a
    Tensor from outside the call: then every rule runs on Tensors, and what it computes can be differentiated again.

    Parameters
    ----------
    cotangents : dict from each result to its cotangent, an array or Tensor of its shape
    wrt : set of Tensor, optional
        Where to stop, and what to answer for; all leaves if None.
    since : int
        Tensors recorded before this serial are from outside, and constant.
    closed : bool
        Nothing can be differentiated with respect to what was recorded since then: where nothing from outside is
        touched, only the cotangents are Tensors.
    inside : bool
        No leaves were made since then but those in ``wrt``: then there is nothing to leave out, and nothing to be found
        out before a sweep of arrays but whether it touches something from outside.

    Returns
    -------
    cotangents : dict from Tensor to array (or Tensor), of those in ``wrt`` (or leaves) that the results depend on
    recorded : bool
        Whether the sweep was recorded.
    """
    observers, of_tensors = current_observers(), Tensor in map(type, cotangents.values())
    if inside and not (of_tensors or observers or (assignments and assignments[0] > since)):
        found = _pull(cotangents, since=since)
        if found is not None:
            return found, False
    visited, outside = to_visit(cotangents, wrt, since)
    recorded = outside or of_tensors
    lifted = recorded and (outside or not closed)
    found = _pull(cotangents, wrt or _NOWHERE, visited, lifted=lifted, observers=observers)
    return cast(dict[Tensor, Cotangent], found), recorded


def _pull(
    cotangents: dict[Tensor, Cotangent],
    stop: Set[Tensor] = _NOWHERE,
    needed: set[Tensor] | None = None,
    *,
    since: int = 0,
    lifted: bool = False,
    observers: tuple[Observer[Tensor], ...] = (),
) -> dict[Tensor, Cotangent] | None:
    """Run the rules of the nodes, newest first; return None where a Tensor from before a serial turns up on the way."""
    arrived, found, lean = dict(cotangents), {}, not (lifted or observers)
    queue = sorted([(-node.serial, node) for node in cotangents])
    while queue:
        node, c = heappop(queue)[1], None  # c may be what the node got, whose references are counted
        g, inputs = arrived.pop(node), node.inputs
        if not inputs or (stop and node in stop):
            found[node] = g
            continue
        params, z = node.params, node._value
        edges = node.op.edges or node.op.edges_for(len(inputs))  # type: ignore[union-attr]
        small = lean and not params and (type(g) is _float64 or (type(g) is _ndarray and g.nbytes <= LARGE))
        n = len(inputs) if small else 0
        if n == 1:  # most nodes have one or two inputs: half the price of a call with a tuple of arguments
            a = inputs[0]._value
        elif n == 2:
            a, b = inputs
            a = a._value if type(a) is Tensor else a
            b = b._value if type(b) is Tensor else b
        else:
            args, params, edges = _arguments(g, node, edges, needed, lifted, observers)
        for i, rule in edges:
            x = inputs[i]
            if type(x) is not Tensor or (needed is not None and x not in needed):
                continue
            if x.serial < since:
                return None
            try:
                c = rule(g, z, a) if n == 1 else rule(g, z, a, b) if n == 2 else rule(*args, **params)
            except Exception as error:
                c = _raised(error, observers, node, i, rule, args if observers else (), params)
            if type(c) is not _float64 or type(x._value) is not _float64:
                c = fit(c, x, node, rule)
            if observers:
                c = _observed(observers, node, x, c)
            if x not in arrived:
                heappush(queue, (-x.serial, x))
                arrived[x] = c
            else:
                arrived[x] = arrived.pop(x) + c if type(c) is _float64 else plus(arrived.pop(x), c)
    return found


def _arguments(
    g: Cotangent,
    node: Tensor,
    edges: tuple[tuple[int, Rule], ...],
    needed: set[Tensor] | None,
    lifted: bool,
    observers: tuple[Observer[Tensor], ...],
) -> tuple[tuple[Value, ...], Params, Iterable[tuple[int, Rule]]]:
    """Return what the rules of a node get, and its edges: of a large cotangent, the last may write over it."""
    if lifted:
        return _tensors_of(g, node), node.params, edges
    args = (g, node._value, *map(raw, node.inputs))
    if observers:
        return args, raw_params(node.params), edges
    large = type(g) is _ndarray and g.nbytes > LARGE
    return args, node.params, _spending(node, edges, needed) if large else edges


def _spending(
    node: Tensor, edges: tuple[tuple[int, Rule], ...], needed: set[Tensor] | None
) -> Iterable[tuple[int, Rule]]:
    """Return the edges of a node that are needed, the last of which may write over its cotangent."""
    inputs, overwrites = node.inputs, cast(Operation, node.op).overwrites
    used = [(i, rule) for i, rule in edges if type(inputs[i]) is Tensor and (needed is None or inputs[i] in needed)]
    if used and used[-1][0] < len(overwrites) and overwrites[used[-1][0]]:
        used[-1] = used[-1][0], partial(_spend, used[-1][1])
    return used


def _spend(rule: Rule, g: Array, *values: Value, **params: Any) -> Cotangent:
    """Run a rule that may write over its cotangent, unless an earlier rule passed that on: then others hold it."""
    ours = _is_ours(sys.getrefcount(g) - _SWEEPS, g)
    return rule(g.view(Spent) if ours else g, *values, **params)


_SWEEPS = 2
"""How many references the sweep has to the cotangent that it is at: its variable, and the rule's arguments."""


def _raised(
    error: Exception,
    observers: tuple[Observer[Tensor], ...],
    node: Tensor,
    i: int,
    rule: Rule,
    args: tuple[Value, ...],
    params: Params,
) -> Cotangent:
    """Return what an observer knows in the place of a rule that raised; else raise its error, with the rule's name."""
    error.add_note(f"in {_rule_of(node.inputs[i], node, rule)}")
    _add_line(error, node)
    for observer in observers:
        c = observer.raised(node, i, rule, args, params)
        if c is not None:
            return c
    raise error


def _observed(observers: tuple[Observer[Tensor], ...], node: Tensor, x: Tensor, c: Value) -> Value:
    """Return what a node passes to its input ``x``, seen by the observers."""
    for observer in observers:
        c = observer.swept(node, x, c)
    return c


def _tensors_of(g: Cotangent, node: Tensor) -> tuple[Any, ...]:
    """Return what rules get in a sweep that is recorded: Tensors, but for constants."""
    if isinstance(node._value, tuple):
        return (g, unpack(node), *node.inputs)
    return (g, *map(as_it_was, (node, *node.inputs))) if assignments else (g, node, *node.inputs)


def plus(before: Value, c: Value) -> Value:
    """Add a cotangent to what has arrived, if anything has: part by part for an op of several outputs."""
    if before is None:
        return c
    if type(before) is tuple:
        return tuple(x + y for x, y in zip(before, c, strict=True))
    if type(before) is np.ndarray is type(c) and before.nbytes > SMALL and _is_ours(sys.getrefcount(before), before):
        return np.add(before, c, out=before)
    return before + c


def _is_ours(references: int, c: Array) -> bool:
    """Whether nobody holds an array but the function that counted its references, which was passed it."""
    return c.base is None and references == HELD_ONCE


def fit(c: Value, x: Tensor, node: Tensor, rule: Rule) -> Value:
    """Return a rule's cotangent in the shape and dtype of its input.

    Broadcasting is undone here, once for all ops: only where the op is declared to broadcast, and only from exactly the
    shape to which the input was stretched.
    """
    value = x._value
    if type(c) is _ndarray is type(value) and c.shape == value.shape and c.dtype == value.dtype:
        return c
    if isinstance(value, tuple):
        return c
    shape: Shape = np.shape(value)
    if ducks[type(value)] and type(c) not in (type(value), Tensor):
        c = np.asarray(c, like=value)  # of a rule that passes a constant on
    dtype = getattr(c, "dtype", None)
    if dtype is None or dtype.kind not in "fciub":
        array = np.asarray(c)
        if array.dtype.kind not in "fciub":
            message = f"{_rule_of(x, node, rule)} returned {type(c).__name__} of dtype {array.dtype}; expected numbers"
            raise _add_line(TypeError(message), node)
        c = array[()]
    given = np.shape(c)
    if given != shape:
        stretched = _stretched(shape, node)
        if given != stretched or not broadcasts_to(shape, stretched):
            raise _add_line(_wrong_shape(x, node, rule, given, stretched), node)
        c = unbroadcast(c, shape)
    if not shape and type(c) is np.ndarray:
        c = c[()]  # a NumPy scalar, as all numbers here
    return c if c.dtype == value.dtype else _cast(c, value.dtype)


def _stretched(shape: Shape, node: Tensor) -> Shape:
    """Return the shape to which an op broadcasts an input of this shape."""
    core = node.op.core if node.op else None
    if core is None:
        return shape
    if core == 0:
        return _shape_of_output(node)
    loops = [np.shape(raw(x))[:-core] for x in node.inputs]
    return np.broadcast_shapes(*loops) + shape[-core:]


def _shape_of_output(node: Tensor) -> Shape:
    """Return the shape of what an op gave: of the first of several outputs."""
    value = node._value
    return np.shape(value[0] if isinstance(value, tuple) else value)


def _cast(c: Value, dtype: np.dtype[Any]) -> Value:
    """Return a cotangent in the dtype of its input: the real part for a real one."""
    if dtype.kind not in "fc":  # of a mask or a count that is traced: it ends where they were made
        return c
    if dtype.kind == "f" and np.iscomplexobj(raw(c)):
        c = np.real(c)
    return c.astype(dtype) if type(c) is Tensor or ducks[type(c)] else np.asarray(c).astype(dtype)[()]


def _wrong_shape(x: Tensor, node: Tensor, rule: Rule, given: Shape, stretched: Shape) -> ValueError:
    row = cast(Operation, node.op)
    expected = f"{x.shape}" if stretched == x.shape else f"{x.shape} or, before broadcasting is undone, {stretched}"
    hint = ""
    if row.core is None and given == _shape_of_output(node):
        hint = "; if its inputs broadcast, declare it: @ag.op(elementwise=True)"
    shapes = [getattr(raw(other), "shape", None) for other in node.inputs]
    if given in shapes:
        name = row.input_name(shapes.index(given))
        hint += f"; '{name}' has that shape: rules are in the order of the inputs"
    return ValueError(f"{_rule_of(x, node, rule)} returned a cotangent of shape {given}; expected {expected}{hint}")


def _add_line(error: Exception, node: Tensor) -> Exception:
    """Return the error of a rule with a note of the user's line: the op's, where it was remembered."""
    if hasattr(node, "line"):
        error.add_note(f"the op was called at {node.line}")
    else:
        error.add_note(f"in the backward pass at {describe_line(calling_frame())}")
        error.add_note("inside of `with ag.debug():` the line that called the op is named")
    return error


def _rule_of(x: Tensor, node: Tensor, rule: Rule) -> str:
    """Name a rule, by its op and the input whose cotangent it gives."""
    row = cast(Operation, node.op)
    rules = row.rules_for(len(node.inputs))
    places = [i for i, other in enumerate(node.inputs) if other is x]
    position = next((i for i in places if rules[i] is rule), places[0])  # an input may be used twice
    return f"the vjp rule of op '{row.name}' for input {position} ('{row.input_name(position)}', {summary(x)})"


def seed(result: Value) -> Cotangent:
    """Return the cotangent 1 of a result of size 1.

    Raises
    ------
    ValueError
        For a result of another size, or a complex one: they need a cotangent.
    """
    value = raw(result)
    if type(value) is _float64:
        return _ONE
    if np.size(value) != 1:
        raise ValueError(
            f"the gradient of a result of shape {np.shape(value)} is not defined: expected a result of size 1. "
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


def backward(result: Tensor, cotangent: Value = None) -> None:
    """Add the gradient of a result to its leaves: see `Tensor.backward`."""
    g = seed(result) if cotangent is None else as_cotangent(cotangent, result)
    found, _ = sweep({result: g}, inside=True)
    for leaf in list(found):
        leaf.grad = own(found.pop(leaf)) if leaf.grad is None else leaf.grad + found.pop(leaf)


def as_cotangent(given: Value, value: Value, kind: str = "cotangent") -> Value:
    """Return a cotangent or tangent given by the user in the dtype of its value.

    Raises
    ------
    ValueError
        For another shape.
    TypeError
        For what is not a number, or complex beside a real value.
    """
    value, array = raw(value), plain(raw(given))
    if is_array(array) and array.ndim and is_array(value) and type(array) is not type(value):
        raise TypeError(f"expected a {kind} of the value's type {name_of(value)}, got one of {name_of(array)}")
    if not is_array(array):
        array = np.asarray(array, like=value) if ducks[type(value)] else np.asarray(array)
    dtype = dtype_of(value)
    if array.dtype.kind not in "fciub":
        raise TypeError(f"expected a {kind} of numbers, got {type(given).__name__} of dtype {array.dtype}")
    if array.shape != np.shape(value):
        raise ValueError(f"expected a {kind} of the value's shape {np.shape(value)}, got one of shape {array.shape}")
    if array.dtype.kind == "c" and dtype.kind != "c":
        raise TypeError(f"expected a real {kind}, as the value is, got a complex one; pass its real part")
    return given if type(given) is Tensor else array.astype(dtype)[() if type(array) is np.ndarray else ...]


def own(c: Value) -> Value:
    """Return a cotangent as an array that nobody else holds, so that the user may change it in place.

    What the caller passed on, and holds no more, is not copied.
    """
    if not isinstance(c, np.ndarray):
        if type(c) is _float64 or not ducks[type(c)]:
            return c
        return c if c.base is None and sys.getrefcount(c) == HELD_ONCE else c.copy()
    if not c.ndim:
        return c[()]
    return c if c.base is None and sys.getrefcount(c) == HELD_ONCE else np.array(c)


def differentiated(x: Tensor) -> bool:
    """Whether a Tensor depends on what a transform differentiates with respect to, in any thread."""
    runs = tuple(running)
    leaves = {original(leaf) for run in runs for leaf in run.leaves}
    return bool(runs) and not leaves.isdisjoint(order([x], leaves, min(run.since for run in runs))[1])


registry[Tensor.backward], registry[Tensor._differentiated] = backward, differentiated

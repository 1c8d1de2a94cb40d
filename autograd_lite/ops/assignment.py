"""Assignment: ``t[index] = value`` and ``t += value`` do what NumPy does, and leave the record as it was.

Each makes a new node, which the Tensor stands for from then on. A view that is assigned to writes through to what it is
a view of; a view taken before an assignment that NumPy would have changed raises where it is used.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from autograd_lite.core import op
from autograd_lite.core.shapes import Value
from autograd_lite.core.tape import current_run, registry
from autograd_lite.core.tensor import Tensor, leaf
from autograd_lite.core.versions import base, check_fresh, replace, seen
from autograd_lite.ops.indexing import getitem
from autograd_lite.ops.updates import At


def assign(t: Tensor, index: Any, value: Value) -> None:
    """Let ``t`` hold ``value`` at ``index``, as ``t[index] = value`` does for an array.

    Raises
    ------
    TypeError
        For a leaf that the user made, and for complex values in a real Tensor.
    ValueError
        For values that do not broadcast to the places.
    """
    check_assignable(t)
    if _shows(value, t, index):
        return  # t[index] += value, which has been written through already
    store(t, At(t, index).set(value), index)


def check_assignable(t: Tensor) -> None:
    """Raise TypeError for a leaf that the user made, and RuntimeError for a view that an assignment left behind."""
    name = t.name or "t"
    if _is_users(t):
        raise TypeError(
            f"'{name}' is a leaf, which cannot be assigned to in place without losing its gradient; "
            f"use {name} = {name}.at[index].set(value), or {name} = np.where(mask, value, {name})"
        )
    check_fresh(t)


def update(t: Tensor, function: Callable[..., Any], other: Value) -> Tensor:
    """Return ``t`` after ``t += other``, or another augmented assignment of a ufunc: the same Tensor, but for leaves.

    Raises
    ------
    ValueError
        Where the result has not the shape of ``t``.
    TypeError
        Where the result has a dtype that is not cast to that of ``t``, as complex ones to real.
    """
    check_fresh(t)
    result = function(t, other)
    if _is_users(t):
        return result  # type: ignore[no-any-return]
    name = t.name or "t"
    instead = f"{name} = np.{function.__name__}({name}, ...)"
    if np.shape(result) != t.shape:
        raise ValueError(f"'{name}' of shape {t.shape} cannot hold a result of shape {np.shape(result)}; use {instead}")
    if not np.can_cast(result.dtype, t.dtype, "same_kind"):
        raise TypeError(f"'{name}' of dtype {t.dtype} cannot hold a result of dtype {result.dtype}; use {instead}")
    node = result if type(result) is Tensor else leaf(result)
    store(t, node if node.dtype == t.dtype else node.astype(t.dtype), ...)
    return t


def _is_users(t: Tensor) -> bool:
    """Whether a Tensor is a leaf that no running transform has made."""
    if t.op is not None:
        return False
    run = current_run()
    return run is None or t.serial < run.since


def _shows(value: Value, t: Tensor, index: Any) -> bool:
    """Whether a value is the view of ``t`` at an index, and up to date."""
    return (
        type(value) is Tensor
        and value.op is getitem
        and value.inputs[0] is t
        and value.params["index"] is index
        and value.serial > t.serial
        and base(value) is t
    )


def store(t: Tensor, node: Tensor, index: Any) -> None:
    """Let a Tensor stand for a node, and what it is a view of hold the same."""
    source, row, params = base(t), t.op, t.params
    if source is None or row is None:
        replace(t, node, index)
        return
    if len(t.inputs) != 1 or row is op.item or source.dtype != t.dtype:
        raise TypeError(
            f"'{t.name or 't'}' is a view that '{row.name}' made, and cannot be written through to what it is a view "
            "of; assign to that, or to a copy of the view: np.copy"
        )
    numbers = seen(t, np.arange(source.size).reshape(source.shape))  # of the elements that it shows
    if not numbers.flags.writeable:
        raise ValueError(
            f"'{t.name or 't'}' is a view that '{row.name}' made, which cannot be written to, as NumPy's own; "
            "assign to a copy of it: np.copy"
        )
    places = params["index"] if row is getitem else np.unravel_index(numbers, source.shape)
    replace(t, node, index)
    store(source, At(source, places).set(t), np.unravel_index(numbers[index], source.shape))
    replace(t, cast(op.Op, row)(source, **params), index)  # a view of what it was written into


registry[operator.setitem], registry[operator.iadd] = assign, update

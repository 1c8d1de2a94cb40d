"""What a reduction is asked for by keyword, as its rule takes it: ``where=``, ``initial=``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside, ducks
from autograd_lite.core.lists import stacked
from autograd_lite.core.op import Call
from autograd_lite.core.shapes import Value, count, normalize_axes
from autograd_lite.core.tape import Params
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops.indexing import array_of


def as_mask(where: Any) -> Any:
    """Return what ``where=`` names as booleans; other numbers than 0 and 1 raise, as NumPy would count them as such."""
    if where is True or type(where) is Tensor:  # a Tensor is a mask of a program
        return where
    mask = where.astype(bool) if ducks[type(where)] else np.asarray(where, bool)
    if np.any(mask != where):
        raise ValueError(f"expected where= of booleans, got {where}")
    return mask


def of_booleans(inputs: tuple[Any, ...], params: Params) -> Call:
    """Let the mask be one of booleans."""
    return inputs, {**params, "where": as_mask(params["where"])} if "where" in params else params


def from_neutral(neutral: float) -> Callable[[tuple[Any, ...], Params], Call]:
    """Return what lets an ``initial`` value that is differentiated be one more element, before the others."""

    def restate(inputs: tuple[Any, ...], params: Params) -> Call:
        (a,), params = of_booleans(inputs, params)
        if type(params.get("initial")) is not Tensor:
            return inputs, params
        a, where, axis = array_of(stacked(a)), params.get("where", True), params.get("axis")
        initial = np.astype(params.pop("initial"), params.get("dtype") or a.dtype)
        axes = sorted(normalize_axes(axis, a.ndim)) if a.ndim else []
        if not axes:  # each element is folded alone
            a, axes, params["keepdims"] = a[None], [0], False
        params["axis"] = tuple(axes)
        single = tuple(1 if i in axes else n for i, n in enumerate(a.shape))
        if where is not True:
            mask = np.concatenate((np.ones(single, bool), _in_one_axis(np.broadcast_to(where, a.shape), axes)), axes[0])
            params.update(where=mask, initial=neutral)
        return (np.concatenate((np.broadcast_to(initial, single), _in_one_axis(a, axes)), axes[0]),), params

    return restate


def counted(mask: Value, axis: Any, keepdims: bool) -> Value:
    """Return how many elements over ``axis`` are true."""
    if ducks[type(mask)]:  # CuPy's count_nonzero has no keepdims=
        return np.sum(mask, axis=axis, keepdims=keepdims)
    return np.count_nonzero(mask, axis=axis, keepdims=keepdims)


def folded(function: Callable[..., Any], join: Callable[..., Any], neutral: float) -> Callable[..., Any]:
    """Return a reduction of arrays of other libraries, whose own takes neither ``initial=`` nor ``where=``.

    Elements that are left out count as the neutral one, and ``join`` puts the initial value to the result.
    """

    def fold(
        a: Value, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
    ) -> Value:
        a = a if where is True else np.where(beside(a, where), a, neutral)
        given = {} if dtype is None else {"dtype": dtype}
        if initial is None or initial == neutral:
            return function(a, axis=axis, keepdims=keepdims, **given)
        if count(a.shape, axis):
            return join(function(a, axis=axis, keepdims=keepdims, **given), initial)
        return np.full_like(np.sum(a, axis=axis, keepdims=keepdims), initial)

    return fold


def _in_one_axis(x: Value, axes: list[int]) -> Value:
    """Return the elements along all of the axes along the first of them; the others have length 1."""
    if len(axes) == 1:
        return x
    first, n = axes[0], math.prod([x.shape[a] for a in axes])
    moved = np.moveaxis(x, axes, range(first, first + len(axes)))
    return np.expand_dims(np.reshape(moved, (*x.shape[:first], n, *moved.shape[first + len(axes) :])), axes[1:])

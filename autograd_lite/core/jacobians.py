"""All derivatives of a call: one sweep for each element of its value, or one for each element of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.batching import batched
from autograd_lite.core.general import is_general
from autograd_lite.core.linearize import Call, Linear, zero
from autograd_lite.core.shapes import Shape
from autograd_lite.core.tensor import Tensor, raw


def by_rows(call: Call) -> Any:
    """Return the Jacobian by one backward sweep for each element of the value."""
    blocks, n = [], len(call.leaves)
    for k, y in enumerate(call.outputs):
        zeros = [np.zeros_like(raw(z)) for z in call.outputs]
        columns = _for_each(raw(y), partial(_row, call, zeros[:k], zeros[k + 1 :], raw(y)), n)
        shape = np.shape(raw(y))
        blocks.append(call.arrange([_stack(c, shape, x.shape, x) for c, x in zip(columns, call.leaves, strict=True)]))
    return call.rebuild_result(blocks)


def _row(call: Call, before: list[Any], after: list[Any], y: Any, u: Any) -> list[Any]:
    """Return the derivatives of the output ``y`` by each leaf, from its cotangent ``u`` and those of the others."""
    one_hot = [*before, u, *after]
    row = call.pull(call.seed_outputs(one_hot))[0]
    if not np.iscomplexobj(y) or all(np.iscomplexobj(x._value) for x in call.leaves):
        return row
    # the cotangent of a real input is a real part, so that the imaginary one takes a second sweep
    turned = call.pull(call.seed_outputs([-1j * u if np.iscomplexobj(u) else u for u in one_hot]))[0]
    return [r if np.iscomplexobj(raw(r)) else r + 1j * t for r, t in zip(row, turned, strict=True)]


def by_columns(call: Call) -> Any:
    """Return the Jacobian by one sweep through the linear backward pass for each element of the arguments."""
    linear, n = Linear(call), len(call.outputs)
    zeros = [zero(x) for x in call.leaves]
    columns: list[list[Any]] = []
    for i, x in enumerate(call.leaves):
        rows = _for_each(x._value, partial(_column, linear, zeros[:i], zeros[i + 1 :]), n)
        blocks = []
        for k, y in enumerate(call.outputs):
            shape = np.shape(raw(y))
            block = _stack(rows[k], x.shape, shape, raw(y))
            before, after = len(x.shape), len(shape)
            blocks.append(np.transpose(block, (*range(before, before + after), *range(before))))
        columns.append(blocks)
    return call.rebuild_result([call.arrange([c[k] for c in columns]) for k in range(len(call.outputs))])


def _column(linear: Linear, before: list[Any], after: list[Any], t: Any) -> list[Any]:
    """Return the derivatives of each output along one leaf, from its tangent and those of the others."""
    return trees.flatten(linear.push([*before, t, *after]))[0]


def _for_each(value: Any, sweep: Callable[[Any], list[Any]], results: int) -> Sequence[Any]:
    """Return what a sweep gives for each element of a value: for each of its results, all of them.

    While a program is recorded that is to run often, one sweep serves all elements at once.
    """
    if not is_general() or np.size(value) < 2 or np.iscomplexobj(value):
        rows = [sweep(one_hot) for one_hot in _basis(value)]
        return [[row[i] for row in rows] for i in range(results)]
    one, size = Tensor(np.ones_like(value)), np.size(value)
    many = Tensor(np.eye(size, dtype=one.dtype).reshape(size, *np.shape(value)))
    return batched(sweep(one), one, many)


def _basis(value: Any) -> Iterator[Any]:
    """Yield, for each element of a value, the array that is 1 there and 0 elsewhere."""
    for i in range(np.size(value)):
        one_hot = np.zeros_like(value).reshape(-1)
        one_hot[i] = 1
        yield one_hot.reshape(np.shape(value))[()]


def _stack(rows: Sequence[Any] | Tensor, outer: Shape, inner: Shape, like: Any) -> Any:
    """Stack rows, each of the shape ``inner``, to an array of the shape ``outer + inner``."""
    stacked = (np.stack(rows) if rows else np.zeros_like(like, shape=0)) if isinstance(rows, list) else rows
    return np.reshape(stacked, outer + inner)

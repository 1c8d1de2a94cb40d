"""One sweep for many cotangents: the ops of a recorded sweep, each run once on all of them along a new leading axis.

An op takes the new axis as NumPy does (elementwise functions, stacks of matrices), or by its parameters: ``axis``,
``shape``, ``axes`` and ``index`` are moved. What comes out is compared with the op run on one of the cotangents; where
it differs, the op is run on each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from autograd_lite.core.shapes import Shape, Value
from autograd_lite.core.signatures import defaults_of
from autograd_lite.core.tape import Params
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.toposort import order
from autograd_lite.core.versions import inputs_of


def batched(results: Sequence[Value], source: Tensor, many: Tensor) -> list[Value]:
    """Return what results are for each of many values in the place of one that they were computed from.

    Parameters
    ----------
    results : sequence of Tensors, and values that depend on no source
    source : Tensor
        A leaf that was made before what follows from it.
    many : Tensor of shape (count,) + (shape of the source)

    Returns
    -------
    list of arrays and Tensors of shape (count,) + (shape of the result)
    """
    new: dict[Tensor, Tensor] = {source: many}
    for node in reversed(order([x for x in results if type(x) is Tensor], since=source.serial)[0]):
        inputs = inputs_of(node) if node.op is not None else ()
        if node is not source and any(type(x) is Tensor and x in new for x in inputs):
            new[node] = _batch(node, inputs, new)
    found = [new.get(x) if type(x) is Tensor else None for x in results]
    return [
        np.broadcast_to(x, (len(many), *np.shape(raw(x)))) if y is None else y
        for x, y in zip(results, found, strict=True)
    ]


def _batch(node: Tensor, inputs: Sequence[Value], new: dict[Tensor, Tensor]) -> Tensor:
    """Return the op of a node on all values at once, in the fastest way that gives the same."""
    given = [new.get(x) if type(x) is Tensor else None for x in inputs]
    count = next(len(x) for x in given if x is not None)
    first = _run(node, [x if y is None else y[0] for x, y in zip(inputs, given, strict=True)], node.params)
    for way in (_stretched, _multiplied, _moved):
        try:
            found = way(node, inputs, given, count)
        except (TypeError, ValueError, IndexError, np.exceptions.AxisError):
            continue
        right = found.shape == (count, *np.shape(raw(first))) and found.dtype == np.asarray(raw(first)).dtype
        if right and np.array_equal(raw(found)[0], raw(first), equal_nan=True):
            return cast(Tensor, found)
    rows = [[x if y is None else y[i] for x, y in zip(inputs, given, strict=True)] for i in range(count)]
    return np.stack([_run(node, row, node.params) for row in rows])  # type: ignore[return-value]


def _run(node: Tensor, inputs: Sequence[Value], params: Params) -> Any:
    op: Any = node.op
    return op([*inputs], **params) if op.spread else op(*inputs, **params)


def _stretched(node: Tensor, inputs: Sequence[Value], given: list[Tensor | None], count: int) -> Any:
    """Run an op that broadcasts: the new axis is in front of all others."""
    most = max(np.ndim(raw(x)) for x in inputs)
    return _run(
        node, [x if y is None else _aligned(y, most + 1) for x, y in zip(inputs, given, strict=True)], node.params
    )


def _aligned(x: Tensor, ndim: int) -> Tensor:
    """Put axes of length 1 behind the first one."""
    missing = ndim - x.ndim
    return x.reshape(x.shape[0], *(1,) * missing, *x.shape[1:]) if missing else x


def _moved(node: Tensor, inputs: Sequence[Value], given: list[Tensor | None], count: int) -> Any:
    """Run an op whose parameters say which axes are meant."""
    whole = [
        np.broadcast_to(x, (count, *np.shape(raw(x)))) if y is None else y for x, y in zip(inputs, given, strict=True)
    ]
    op: Any = node.op
    defaults = defaults_of(op.__signature__.parameters.values())
    ndim, z = np.ndim(raw(inputs[0])), node.shape
    params = {**{k: v for k, v in defaults.items() if k in _MOVES}, **node.params}
    return _run(node, whole, {k: _MOVES[k](v, ndim, count, z) if k in _MOVES else v for k, v in params.items()})


def _multiplied(node: Tensor, inputs: Sequence[Value], given: list[Tensor | None], count: int) -> Any:
    """Run a product of matrices, of which vectors are those of one row or column."""
    if getattr(node.op, "numpy", None) not in (np.matmul, np.dot):
        raise TypeError("no product of matrices")
    x, y = (x if many is None else many for x, many in zip(inputs, given, strict=True))
    x = x[..., None, :] if np.ndim(raw(inputs[0])) == 1 else x
    y = y[..., :, None] if np.ndim(raw(inputs[1])) == 1 else y
    return np.matmul(x, y).reshape(count, *node.shape)


def _axis(axis: Any, ndim: int, count: int, z: Shape) -> Any:
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, tuple):
        return tuple(_axis(part, ndim, count, z) for part in axis)
    return axis + 1 if axis >= 0 else axis


def _axes(axes: Any, ndim: int, count: int, z: Shape) -> Any:
    return (0, *(i % ndim + 1 for i in (range(ndim)[::-1] if axes is None else axes)))


def _index(index: Any, ndim: int, count: int, z: Shape) -> Any:
    return (slice(None), *(index if isinstance(index, tuple) else (index,)))


_MOVES: dict[str, Callable[[Any, int, int, Shape], Any]] = {
    "axis": _axis,
    "axes": _axes,
    "index": _index,
    "shape": lambda shape, ndim, count, z: (count, *z),
}
"""How a parameter changes where there is a new leading axis: from it, the axes of the first input, and the output."""

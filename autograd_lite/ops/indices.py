"""What an index does with each axis: the labels of the rows that pick, scatter and assign."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.labels import Axes, Labels, Numbers, shape_of
from autograd_lite.core.shapes import Shape

_ARRAYS = (np.ndarray, list, tuple, bool, np.bool_)


def of_picking(z: Shape, x: Any, *, index: Any) -> Labels:
    """Return the labels of ``x[index]``."""
    axes, picked, places, numbers = _axes(index, shape_of(x))
    return Labels((axes,), picked, arrays={"index": places}, numbers=numbers)


def of_scattering(z: Shape, x: Any, *, index: Any, **_: Any) -> Labels:
    """Return the labels of zeros of a shape to which ``x`` is added at an index."""
    axes, picked, places, numbers = _axes(index, z)
    picked = picked[len(picked) - len(shape_of(x)) :]  # a number is added everywhere
    return Labels((picked,), axes, arrays={"index": places}, shapes={"shape": axes}, numbers=numbers)


def of_assigning(z: Shape, x: Any, values: Any, *, index: Any) -> Labels:
    """Return the labels of ``x`` with ``values`` at an index: of several for one place, all are looked at together."""
    axes, picked, *_ = _axes(index, z)
    kept = tuple(label if label in axes else None for label in picked)
    return Labels((axes, kept[len(kept) - len(shape_of(values)) :]), axes)


def of_picking_once(z: Shape, x: Any, *, index: Any) -> Labels:
    """Return the labels of ``x[index]`` where it matters which places are picked more than once."""
    axes, picked, *_ = _axes(index, shape_of(x))
    return Labels((axes,), tuple(label if label in axes else None for label in picked))


def of_taking(z: Shape, a: Any, *, indices: Any, axis: int | None, **_: Any) -> Labels:
    """Return the labels of ``np.take``."""
    shape = shape_of(a)
    picks = _picks([np.asarray(indices)], hasattr(indices, "shape"))
    if axis is None or not shape:
        return Labels(((None,) * len(shape),), picks, arrays={"indices": (picks,)})
    axis %= len(shape)
    axes = tuple(None if i == axis else i for i in range(len(shape)))
    return Labels((axes,), (*axes[:axis], *picks, *axes[axis + 1 :]), arrays={"indices": (picks,)})


def _axes(index: Any, shape: Shape) -> tuple[Axes, Axes, tuple[Axes, ...], frozenset[int]]:
    """Return the labels of an array's axes, of what an index picks, of the index's arrays; and which of these number.

    An axis that is picked whole is labelled by its number. Arrays of integers have labels of their own along the axes
    that they broadcast to, since each of their elements picks alone. An axis that one of them numbers runs with it.
    """
    parts = [*index] if isinstance(index, tuple) else [index]
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    hidden = len(shape) - sum(map(_axes_taken, parts))
    axes: list[Any] = []
    picked: list[Any] = []
    placed: list[tuple[int, int]] = []
    taken: dict[int, int] = {}
    for i, part in enumerate(parts):
        if part is None:
            picked.append(None)
        elif part is Ellipsis or isinstance(part, slice):
            first = len(axes)
            given = (
                [*range(first, first + hidden)]
                if part is Ellipsis
                else [first if _is_full(part, shape[first]) else None]
            )
            axes += given
            picked += given
        else:
            placed.append((i, len(picked)))
            taken[i] = len(axes)
            axes += [None] * _axes_taken(part)
    arrays = [np.asarray(part) for part in parts if isinstance(part, _ARRAYS)]
    named = all(isinstance(part, np.ndarray) and part.dtype != bool for part in parts if isinstance(part, _ARRAYS))
    picks = _picks(arrays, named)
    together = bool(placed) and placed[-1][0] - placed[0][0] == len(placed) - 1
    start = placed[0][1] if together else 0  # as NumPy has it
    picked[start:start] = picks
    numbers = {i for i, _ in placed if isinstance(parts[i], Numbers) and parts[i].size == shape[taken[i]]}
    for i in numbers:
        axes[taken[i]] = _end(picks, parts[i].ndim)[np.argmax(parts[i].shape)]
    places = tuple(_end(picks, x.ndim) for x in arrays if x.ndim) if named else ()
    order = [i for i, part in enumerate(parts) if isinstance(part, _ARRAYS) and np.ndim(part)]
    return tuple(axes), tuple(picked), places, frozenset(map(order.index, numbers))


def _picks(arrays: list[Any], named: bool) -> Axes:
    """Return the labels of the axes that the arrays of an index broadcast to: only NumPy's own can be cut."""
    ndim = max((1 if x.dtype == bool else x.ndim for x in arrays), default=0)
    return tuple(f"place {i}" if named else None for i in range(ndim))


def _end(axes: Axes, n: int) -> Axes:
    return axes[len(axes) - n :]


def _axes_taken(part: Any) -> int:
    """Return how many axes a part of an index stands for."""
    if part is None or part is Ellipsis:
        return 0
    return np.ndim(part) if isinstance(part, _ARRAYS) and np.asarray(part).dtype == bool else 1


def _is_full(part: slice, n: int) -> bool:
    """Whether a slice picks a whole axis, and of a part of it the whole part."""
    return part.start in (None, 0) and part.step in (None, 1) and (part.stop is None or part.stop >= n)

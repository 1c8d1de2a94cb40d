"""What rows say of their axes in a word: the rules by which their calls are computed part by part (`core.labels`).

The label of an axis is its number, or a letter of a product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.labels import Axes, LabelRule, Labels, shape_of, whole
from autograd_lite.core.shapes import Shape, normalize_axes


def without(shape: Shape, axes: Sequence[int]) -> Axes:
    """Return the numbers of the axes of an array as labels, but None for some."""
    return tuple(None if i in axes else i for i in range(len(shape)))


def along_axis(z: Shape, *inputs: Any, axis: Any, indices: Any = None, **_: Any) -> Labels:
    """Return the labels of an op that runs along ``axis``, and for each place on the other axes alone.

    Its inputs, and what a parameter ``indices`` holds, have one number of axes. Nothing is cut where the axis is None.
    """
    shape = shape_of(inputs[0])
    if axis is None or not shape:
        return whole([shape_of(x) for x in inputs], z)
    axes = without(shape, normalize_axes(axis, len(shape)))
    return Labels((axes,) * len(inputs), axes, arrays={"indices": (axes,)})


def folding(combine: np.ufunc | None = None) -> LabelRule:
    """Return the rule of a reduction over ``axis``: what makes of the results of parts that of the whole, if anything.

    The axes that stay are the last ones of the output.
    """

    def rule(
        z: Any, *inputs: Any, axis: Any = None, keepdims: Any = False, where: Any = True, initial: Any = None, **_: Any
    ) -> Labels:
        shape = shape_of(inputs[0])
        several = any(isinstance(part, tuple) for part in z)
        if where is not True and not hasattr(where, "shape"):
            return whole([shape_of(x) for x in inputs], z)
        folded = normalize_axes(axis, len(shape)) if shape else ()
        starts_anew = combine is not None and initial is not None and initial != combine.identity
        axes = without(shape, folded if combine is None or starts_anew else ())
        left: Axes = tuple(
            None if i in folded else label for i, label in enumerate(axes) if keepdims or i not in folded
        )
        results = tuple((*(None,) * (len(part) - len(left)), *left) for part in (z if several else (z,)))
        chosen = axes[len(axes) - len(shape_of(where)) :]
        given = (axes,) * len(inputs)
        return Labels(given, results if several else results[0], combine or np.add, arrays={"where": (chosen,)})

    return rule


def moving(function: Callable[..., Any]) -> LabelRule:
    """Return the rule of a NumPy function that gives axes other places, and adds some of length 1."""

    def rule(z: Shape, x: Any, **params: Any) -> Labels:
        ndim = len(shape_of(x))
        lengths = np.broadcast_to(
            0, range(2, ndim + 2)
        )  # each axis is as long as its number, so that it is known again
        moved = function(lengths, **params).shape
        return Labels((tuple(range(2, ndim + 2)),), tuple(None if n == 1 else n for n in moved))

    return rule

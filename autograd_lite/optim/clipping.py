"""The length of a gradient, and gradients that are no longer than a limit."""

from __future__ import annotations

import math
from typing import Any, NoReturn, TypeVar

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.ducks import arrayed
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.trees import Tree
from autograd_lite.core.vectors import ravel
from autograd_lite.optim.checks import check_positive
from autograd_lite.optim.leaves import in_dtype_of, places

T = TypeVar("T")


def global_norm(tree: Tree) -> float:
    """Return the Euclidean norm of all elements of a tree: ``sqrt(sum(abs(x)**2))``.

    Parameters
    ----------
    tree : tree of arrays

    Returns
    -------
    float
        In float64, whatever the dtypes: no square overflows or vanishes. 0.0 for an empty tree; nan where an element
        is, else inf where one is infinite.

    Raises
    ------
    TypeError
        Where a leaf is no array of numbers.

    Notes
    -----
    It can be differentiated, and so can `clip_by_norm`. Subgradient: 0 where all elements are 0.

    Examples
    --------
    >>> ag.optim.global_norm({"w": np.array([2.0, -3.0]), "b": 6.0})
    7.0
    """
    vector = ravel(tree)[0]
    vector = vector.astype(np.result_type(vector.dtype, np.float64))
    peak = float(np.max(np.abs(raw(vector)))) if vector.size else 0.0
    if peak == 0 or not math.isfinite(peak):
        return peak
    scaled: Any = np.sqrt(np.sum(np.square(np.abs(vector) / peak)))
    norm: float = peak * (scaled if type(vector) is Tensor else float(scaled))
    return norm


def clip_by_norm(gradients: T, limit: float) -> T:
    """Return gradients in the same direction whose global norm is at most a limit, up to rounding.

    ``g * min(1, limit / global_norm(gradients))`` for each array (R. Pascanu et al., "On the difficulty of training
    recurrent neural networks", ICML 2013). PyTorch divides by ``global_norm + 1e-6`` instead.

    Parameters
    ----------
    gradients : tree of arrays
        Left as they are.
    limit : float
        Finite and positive.

    Returns
    -------
    tree of the same structure and shapes, and of the same inexact dtypes
        Equal to what was given where the norm is within the limit; zeros stay zeros.

    Raises
    ------
    FloatingPointError
        Where an element is nan or infinite: no direction is left. The error names the place of the array.
    ValueError
        For a limit that is not finite and positive.
    TypeError
        Where a leaf is no array of numbers.

    Examples
    --------
    >>> ag.optim.clip_by_norm({"w": np.array([3.0, 0.0]), "b": np.array(-4.0)}, 1.0)
    {'w': array([0.6, 0. ]), 'b': np.float64(-0.8)}
    """
    limit = check_positive("limit", limit)
    norm = global_norm(gradients)
    if not np.isfinite(raw(norm)):
        _raise_not_finite(gradients)
    factor = limit / norm if norm > limit else 1.0
    clipped: T = trees.map_tree(lambda g: in_dtype_of(g, np.multiply(g, factor)), gradients)
    return clipped


def _raise_not_finite(gradients: Tree) -> NoReturn:
    for place, g in places("gradients", gradients):
        values = arrayed(raw(g))
        wrong = values[~np.isfinite(values)]
        if wrong.size:
            raise FloatingPointError(
                f"{place} holds {wrong[0]} ({wrong.size} of {values.size} elements are not finite): gradients "
                "without a direction cannot be clipped; find where they come from with ag.debug()"
            )
    raise FloatingPointError("the norm of the gradients is too large for float64")

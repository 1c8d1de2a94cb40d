"""Trees as vectors, for functions that take one array of unknowns: optimisers, solvers of equations."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any, TypeVar

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.ducks import dtype_of
from autograd_lite.core.shapes import Shape, Value
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.values import as_value

T = TypeVar("T")


def ravel(tree: T) -> tuple[Any, Callable[[Any], T]]:
    """Lay the arrays of a tree end to end in one vector, and return it with the function that puts them back.

    Parameters
    ----------
    tree : tree of arrays
        Tuples, lists, mappings and dataclasses, nested at will; an array or a number is a tree too.

    Returns
    -------
    vector : ndarray of shape (n,)
        Of the dtype that `numpy.concatenate` gives the arrays (integers count as float64), float64 for an empty tree.
    unravel : callable
        Takes a vector of length n; returns a tree of the same structure, shapes and dtypes, which shares nothing with
        the vector. Where the vector is complex and an array of the tree was real, it is the real part.

    Raises
    ------
    TypeError
        Where a leaf is not numeric.
    ValueError
        From ``unravel``, for a vector of another shape.

    Notes
    -----
    Both ways can be differentiated: of Tensors inside a transform they make Tensors.

    Examples
    --------
    Parameters of any structure in one of SciPy's optimisers::

        x0, unravel = ag.ravel(params)

        def value_and_slope(x):
            value, gradient = ag.value_and_grad(loss)(unravel(x))
            return value, ag.ravel(gradient)[0]

        found = scipy.optimize.minimize(value_and_slope, x0, jac=True, method="L-BFGS-B")
        params = unravel(found.x)

    >>> vector, unravel = ravel({"w": np.array([[1.0, 2.0]]), "b": 3.0})
    >>> vector
    array([1., 2., 3.])
    >>> unravel(vector + 1)
    {'w': array([[2., 3.]]), 'b': np.float64(4.0)}
    """
    leaves, rebuild = trees.flatten(tree)
    values = [x if type(x) is Tensor else as_value(x, copy=False) for x in leaves]
    forms = [(np.shape(x), dtype_of(raw(x))) for x in values]
    ends = list(accumulate((math.prod(shape) for shape, _ in forms), initial=0))

    def unravel(vector: Any) -> T:
        if np.shape(vector) != (ends[-1],):
            raise ValueError(
                f"expected a vector of shape ({ends[-1]},), for the tree {trees.describe(tree)}, got one of shape "
                f"{np.shape(vector)}"
            )
        vector = vector if type(vector) is Tensor else as_value(vector, copy=False)
        places = zip(pairwise(ends), forms, strict=True)
        made: T = rebuild([_shaped(vector[i:j], shape, dtype) for (i, j), (shape, dtype) in places])
        return made

    return np.concatenate([np.reshape(x, -1) for x in values]) if values else np.zeros(0), unravel


def _shaped(part: Value, shape: Shape, dtype: np.dtype[Any]) -> Value:
    """Return part of a vector in a shape and dtype, as a copy."""
    if dtype.kind == "f" and np.iscomplexobj(raw(part)):
        part = np.real(part)
    shaped: Value = np.reshape(part.astype(dtype), shape)
    return shaped if type(shaped) is Tensor else shaped[()]

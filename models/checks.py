"""Checks of a model's arguments: each names the argument, what was expected and what was given."""

from __future__ import annotations

import math
import operator
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def finite_array(name: str, value: Any, shape: tuple[int | str, ...]) -> Array:
    """Return `value` as a float64 array of finite numbers in the wanted shape.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Booleans, integers or floats.
    shape : tuple
        The wanted shape. A string stands for any size of at least 1, under that name.

    Raises
    ------
    TypeError
        If `value` holds something other than real numbers.
    ValueError
        If it is ragged, empty, of another shape, or holds NaN or an infinity.
    """
    wanted = f"expected finite numbers in shape ({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: {wanted}, got rows of different lengths") from None
    if array.size == 0:
        raise ValueError(f"{name}: {wanted}, got no numbers at all (shape {array.shape})")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: {wanted}, got {type(value).__name__} of dtype {array.dtype}")
    if array.ndim != len(shape) or any(
        isinstance(size, int) and size != given for size, given in zip(shape, array.shape, strict=True)
    ):
        raise ValueError(f"{name}: {wanted}, got shape {array.shape}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = index[0] if len(index) == 1 else index
        raise ValueError(f"{name}: {wanted}, got {array[index]} at index {place}")
    return array


def training_set(input_vectors: Any, targets: Any, width: int) -> tuple[Array, Array]:
    """Return input vectors of shape (n, width) and their n targets, checked, as float64 copies.

    Raises
    ------
    TypeError, ValueError
        As `finite_array`; also if there is not exactly one target for each input vector.
    """
    vectors = finite_array("input_vectors", input_vectors, ("n", width))
    goals = finite_array("targets", targets, ("n",))
    if len(goals) != len(vectors):
        raise ValueError(
            f"targets: expected one for each of the {len(vectors)} input_vectors, got {len(goals)} targets"
        )
    return vectors, goals


def positive_count(name: str, value: SupportsIndex) -> int:
    """Return `value` as an int of at least 1, or raise TypeError or ValueError naming `name`."""
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected a whole number of at least 1, got {value!r}") from None
    if isinstance(value, bool):
        raise TypeError(f"{name}: expected a whole number of at least 1, got {value!r}")
    if count < 1:
        raise ValueError(f"{name}: expected a whole number of at least 1, got {count}")
    return count


def positive_rate(name: str, value: float) -> float:
    """Return `value` as a finite float above 0, or raise TypeError or ValueError naming `name`."""
    try:
        rate = float(finite_array(name, value, ()))
    except TypeError:
        raise TypeError(f"{name}: expected a finite number above 0, got {value!r}") from None
    except ValueError:
        raise ValueError(f"{name}: expected a finite number above 0, got {value!r}") from None
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{name}: expected a finite number above 0, got {value!r}")
    return rate

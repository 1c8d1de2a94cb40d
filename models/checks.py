"""Checks of a model's arguments: each names the argument, what was expected and what was given."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Iterable
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class InputError(ValueError):
    """What was given to a model is not what it takes."""


class KindError(InputError, TypeError):
    """What was given is of another type."""


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
        raise InputError(f"{name}: {wanted}, got rows of different lengths") from None
    if array.size == 0:
        raise InputError(f"{name}: {wanted}, got no numbers at all (shape {array.shape})")
    if array.dtype.kind not in "biuf":
        raise KindError(f"{name}: {wanted}, got {type(value).__name__} of dtype {array.dtype}")
    if array.ndim != len(shape) or any(
        isinstance(size, int) and size != given for size, given in zip(shape, array.shape, strict=True)
    ):
        raise InputError(f"{name}: {wanted}, got shape {array.shape}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = index[0] if len(index) == 1 else index
        raise InputError(f"{name}: {wanted}, got {array[index]} at index {place}")
    return array


def examples(
    inputs: Any, targets: Any, width: int | str, names: tuple[str, str] = ("inputs", "targets")
) -> tuple[Array, Array]:
    """Return inputs of shape (n, width) and their n targets, checked, as float64 copies.

    Raises
    ------
    TypeError, ValueError
        As `finite_array`; also if there is not exactly one target for each input.
    """
    x, y = finite_array(names[0], inputs, ("n", width)), finite_array(names[1], targets, ("n",))
    if len(y) != len(x):
        raise InputError(f"{names[1]}: expected one for each of the {len(x)} {names[0]}, got {len(y)} {names[1]}")
    return x, y


def class_labels(name: str, value: Any, count: int, classes: int) -> NDArray[np.int64]:
    """Return `count` labels from 0 to `classes` - 1, or raise TypeError or ValueError naming `name`."""
    labels = finite_array(name, value, (count,))
    wanted = f"expected whole numbers from 0 to {classes - 1}"
    wrong = np.flatnonzero((labels != np.floor(labels)) | (labels < 0) | (labels >= classes))
    if len(wrong):
        raise InputError(f"{name}: {wanted}, got {labels[wrong[0]]:g} at index {wrong[0]}")
    return labels.astype(np.int64)


def positive_count(name: str, value: SupportsIndex) -> int:
    """Return `value` as an int of at least 1, or raise TypeError or ValueError naming `name`."""
    try:
        count = operator.index(value)
    except TypeError:
        raise KindError(f"{name}: expected a whole number of at least 1, got {value!r}") from None
    if isinstance(value, bool):
        raise KindError(f"{name}: expected a whole number of at least 1, got {value!r}")
    if count < 1:
        raise InputError(f"{name}: expected a whole number of at least 1, got {count}")
    return count


def positive_rate(name: str, value: float) -> float:
    """Return `value` as a finite float above 0, or raise TypeError or ValueError naming `name`."""
    wanted = "expected a finite number above 0"
    try:
        rate = float(finite_array(name, value, ()))
    except TypeError:
        raise KindError(f"{name}: {wanted}, got {value!r}") from None
    except ValueError:
        raise InputError(f"{name}: {wanted}, got {value!r}") from None
    if not (math.isfinite(rate) and rate > 0):
        raise InputError(f"{name}: {wanted}, got {value!r}")
    return rate


def one_of(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return `value` if it is one of some names; else raise ValueError with them, and with the nearest."""
    names = list(choices)
    if value in names:
        return str(value)
    near = difflib.get_close_matches(str(value), names, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError(f"{name}: expected one of {', '.join(names)}; got {value!r}{hint}")


def generator(name: str, value: np.random.Generator | None) -> np.random.Generator:
    """Return a generator of random numbers: the one given, or a fresh one for None."""
    if not (value is None or isinstance(value, np.random.Generator)):
        raise KindError(f"{name}: expected a numpy.random.Generator, such as default_rng(0), got {value!r}")
    return np.random.default_rng() if value is None else value

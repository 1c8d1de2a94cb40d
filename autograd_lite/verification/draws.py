"""Arguments that are drawn: all that is said of them is their shapes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


def drawn(f: Callable[..., Any], shapes: str, rng: int | np.random.Generator) -> list[Any]:
    """Draw the arguments of a function from the standard normal distribution.

    Parameters
    ----------
    f : callable
    shapes : str
        Those of all arguments: "64x10,10" is a matrix and a vector, "1" an array of one element, "-" a number.
    rng : int or numpy.random.Generator

    Raises
    ------
    ValueError
        If a shape cannot be read, or ``f`` does not take as many arguments.
    """
    rng = np.random.default_rng(rng)
    args = [rng.standard_normal(_shape(part)) for part in shapes.split(",")]
    signature = inspect.signature(f)
    try:
        signature.bind(*args)
    except TypeError as error:
        name = getattr(f, "__name__", "f")
        raise ValueError(f"shapes {shapes!r} draws {len(args)}, for {name}{signature}: {error}") from None
    return args


def _shape(text: str) -> tuple[int, ...]:
    if text.strip() == "-":
        return ()
    sizes = text.strip().split("x")
    if not all(size.isdecimal() for size in sizes):
        raise ValueError(f"expected shapes such as 64x10,10 (- is a number), got {text!r}")
    return tuple(map(int, sizes))

"""Random weights to begin with, so large that signals keep their size from layer to layer."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd_lite.optim.checks import check_count, check_generator

Distribution = Literal["normal", "uniform"]


def glorot(
    shape: int | tuple[int, ...],
    rng: np.random.Generator,
    *,
    distribution: Distribution = "normal",
    dtype: DTypeLike = np.float64,
) -> NDArray[Any]:
    """Draw weights of variance ``2 / (fan_in + fan_out)``, for layers with tanh, sigmoid or no activation.

    The variance of X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks"
    (AISTATS 2010), equation 16 for the uniform distribution.

    Parameters
    ----------
    shape : int or tuple of int
        Of weights ``W`` for ``x @ W``: ``(inputs, outputs)``, or ``(inputs,)`` for a single output; or of the kernel of
        `conv1d` or `conv2d`: ``(output channels, channels, *sizes)``. The fan-in is the number of inputs, or of
        channels times the product of the sizes; the fan-out, that of outputs, or of output channels times the same
        product.
    rng : numpy.random.Generator
    distribution : 'normal' or 'uniform'
    dtype : dtype of floating-point numbers
        The numbers are drawn in float64 and rounded.

    Returns
    -------
    array of the shape

    Raises
    ------
    TypeError
        Where ``rng`` is no generator (a seed is none), or ``dtype`` none of floating-point numbers.
    ValueError
        For a shape without axes or with one below 1, and another distribution.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ag.optim.glorot((784, 100), rng).std().round(3)  # sqrt(2 / 884) is 0.0476
    np.float64(0.048)
    """
    fan_in, fan_out = _fans("glorot", shape, rng)
    return _draw(2 / (fan_in + fan_out), shape, rng, distribution, dtype)


def he(
    shape: int | tuple[int, ...],
    rng: np.random.Generator,
    *,
    distribution: Distribution = "normal",
    dtype: DTypeLike = np.float64,
) -> NDArray[Any]:
    """Draw weights of variance ``2 / fan_in``, for layers with ReLU, which halves the second moment.

    The variance of K. He et al., "Delving deep into rectifiers" (ICCV 2015), equation 10.

    Parameters
    ----------
    shape : int or tuple of int
        Of weights or of a kernel, as in `glorot`.
    rng : numpy.random.Generator
    distribution : 'normal' or 'uniform'
    dtype : dtype of floating-point numbers
        The numbers are drawn in float64 and rounded.

    Returns
    -------
    array of the shape

    Raises
    ------
    TypeError, ValueError
        As `glorot` does.

    Examples
    --------
    >>> kernel = ag.optim.he((16, 3, 5, 5), np.random.default_rng(0), distribution="uniform", dtype=np.float32)
    >>> kernel.shape, kernel.dtype, bool(np.abs(kernel).max() < np.sqrt(6 / 75))
    ((16, 3, 5, 5), dtype('float32'), True)
    """
    fan_in, _ = _fans("he", shape, rng)
    return _draw(2 / fan_in, shape, rng, distribution, dtype)


def _fans(name: str, shape: Any, rng: Any) -> tuple[int, int]:
    """Return how many inputs each output of a layer has, and how many outputs each input."""
    if isinstance(shape, np.random.Generator):
        raise TypeError(f"expected the shape first, then the generator; write {name}(shape, rng)")
    check_generator(rng)
    sizes = [check_count("each axis of shape", n) for n in (shape if isinstance(shape, (tuple, list)) else [shape])]
    if not sizes:
        raise ValueError("expected a shape with at least one axis, got (): a single number has no fan-in")
    if len(sizes) < 3:
        return sizes[0], sizes[-1] if len(sizes) == 2 else 1
    outputs, inputs, *kernel = sizes
    return inputs * math.prod(kernel), outputs * math.prod(kernel)


def _draw(variance: float, shape: Any, rng: np.random.Generator, distribution: str, dtype: Any) -> NDArray[Any]:
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"expected a dtype of floating-point numbers, got {np.dtype(dtype)}")
    bound = math.sqrt(3 * variance)
    draws = {
        "normal": lambda: rng.normal(0.0, math.sqrt(variance), shape),
        "uniform": lambda: rng.uniform(-bound, bound, shape),
    }
    if distribution not in draws:
        raise ValueError(f"expected distribution to be 'normal' or 'uniform', got {distribution!r}")
    weights: NDArray[Any] = draws[distribution]().astype(dtype)
    return weights

"""By how much gradients may differ through rounding alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array
from autograd_lite.numerical.probing import quiet, require_float, scale


def rounding_tolerance(
    gradients: Callable[..., tuple[Any, ...]],
    primals: Sequence[Any],
    argnums: Sequence[int],
    rng: np.random.Generator,
) -> tuple[Array, ...]:
    """Return by how much gradients may differ through rounding alone, element by element.

    It follows the conditioning, by their change when the arguments move by one unit in the last place, so that no scale
    or dtype needs a tolerance of its own.

    Parameters
    ----------
    gradients : callable
        ``gradients(*primals)`` returns one array for each of ``argnums``.
    primals : sequence
        The arguments; those of ``argnums`` are floating point arrays or numbers.
    argnums : sequence of int
        The arguments that are differentiated. No others are moved.
    rng : numpy.random.Generator
        Draws the signs of the moves.

    Returns
    -------
    tuple of arrays
        Absolute tolerances in the shapes of the gradients. A unit in the last place of an element is one of the
        argument's scale where the element is smaller, so that an exact 0 moves too.
    """
    arrays = {i: require_float(primals[i], f"rounding_tolerance: argument {i}") for i in argnums}
    base = [np.asarray(g) for g in gradients(*primals)]
    change = [np.zeros(g.shape) for g in base]
    for _ in range(close.DRAWS):
        moved = list(primals)
        for i, x in arrays.items():
            ulp = close.eps_of(x) * scale(x)
            shifted = (x + ulp * rng.choice([-1, 1], x.shape)).astype(x.dtype)
            moved[i] = shifted if isinstance(primals[i], np.ndarray) else shifted[()]
        with quiet():
            change = [
                np.fmax(c, abs(np.asarray(g) - b)) for c, g, b in zip(change, gradients(*moved), base, strict=True)
            ]
    return tuple(
        close.conditioned(g, c, close.eps_of(g)) + close.of_the_largest(g, close.eps_of(g))
        for g, c in zip(base, change, strict=True)
    )

"""A directional derivative, judged by how fast the remainder of the first Taylor polynomial shrinks with the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array
from autograd_lite.numerical.probing import Direction, Function, quiet


@dataclass(frozen=True)
class TaylorSlope:
    """How fast f(x + h v) - f(x) - h d shrinks with h: its slope in logarithms, 2 if d is right, 1 if not.

    Attributes
    ----------
    slope : float
        NaN where the remainder is rounding at every step (a linear function).
    verdict : {"right", "wrong", "unclear"}
        At a kink no d is right.
    steps, remainders : arrays (k,)
        The remainders that stand out from rounding.
    """

    slope: float
    verdict: Literal["right", "wrong", "unclear"]
    steps: Array
    remainders: Array


def taylor_slope(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], derivative: ArrayLike
) -> TaylorSlope:
    """Judge a directional derivative by the remainder |f(x + h v) - f(x) - h d|, which is O(h**2) only for a right d.

    Parameters
    ----------
    f, primals, tangents
        As for `directional`.
    derivative : array
        The claimed derivative d, in the shape of the result.

    Returns
    -------
    TaylorSlope
        The slope is that over the three smallest steps at which the remainder stands out from rounding. It sees
        relative errors of about 1e-6 and more. 12 calls of ``f``, and 7 or 13 for its noise.

    Raises
    ------
    ValueError
        If ``derivative`` has not the shape of the result.
    """
    with quiet():
        direction = Direction(Function(f, primals, "taylor_slope"), tangents)
        function, lines = direction.function, direction.lines()
        d = np.asarray(derivative)
        if d.shape != function.shape:
            raise ValueError(f"taylor_slope: the result has shape {function.shape}, the derivative {d.shape}")
        steps = function.start * direction.reach * 0.25 ** np.arange(12)
        values = np.stack([direction.at(h) for h in steps])
        moves = steps[:, None] * d.ravel()
        remainders = abs(values - function.base - moves)
        rounding = 10 * (lines.noise + function.eps * (abs(values) + abs(moves)))
        known = np.isfinite(remainders).all(axis=1)
        return _slope(steps[known], remainders[known], rounding[known], abs(moves[known]))


def _slope(steps: Array, remainders: Array, rounding: Array, moves: Array) -> TaylorSlope:
    """Fit the slope to the largest remainder of each step, each arrays (k, n)."""
    remainder, noise = remainders.max(axis=1, initial=0.0), rounding.max(axis=1, initial=0.0)
    above = remainder > noise
    count = int(np.argmin(above)) if not above.all() else above.size  # from the largest step down, without a gap
    if count == 0:
        linear = bool(close.known(noise, moves.max(axis=1, initial=0.0), close.TELLING).any() or not remainders.any())
        return TaylorSlope(np.nan, "right" if linear and steps.size else "unclear", steps[:0], remainder[:0])
    steps, remainder = steps[: count + 1], np.maximum(remainder, noise)[: count + 1]
    if count > 2:
        steps, remainder = steps[count - 3 : count], remainder[count - 3 : count]
    if steps.size < 2:
        return TaylorSlope(np.nan, "unclear", steps, remainder)
    slope = float(np.polyfit(np.log(steps), np.log(remainder), 1)[0])
    # of one or two remainders, the next one is known to be below rounding: the slope is at least this
    verdict: Literal["right", "wrong", "unclear"] = "unclear"
    if slope > 1.6:
        verdict = "right"
    elif count > 2 and slope < 1.4:
        verdict = "wrong"
    return TaylorSlope(slope, verdict, steps, remainder)

"""Numbers that follow the number of rows: what a number is a function of, from what it is with two numbers of rows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.numerical import close

FEW, MANY = 83, 443
"""Numbers of rows that a function is recorded with: primes, and alike in what divides them and their neighbours, so
that fractions of them are reduced in the same way."""

_DIVISOR = 8  # of a number that grows with the rows: those of a half of them, less a half
_NEAR = 32  # rows at which a number that grows with them is 0: products of two look like lines that are 0 at about 70
_POWERS = ((0, -1), (-1, -1), (1, -1), (0, 2), (0, -2), (0, 0.5), (0, -0.5))
"""What a number may be a multiple of: the rows, plus the first of these, to the power of the second."""


class UnexplainedError(Exception):
    """Two graphs differ in something that no function of the number of rows explains."""


class Law(NamedTuple):
    """A number that follows the rows: ``scale * (rows + added) ** power + shift``."""

    scale: float
    added: int = 0
    power: float = 1
    shift: float = 0

    def at(self, rows: int) -> float:
        """Return the number for so many rows."""
        if self.power < 0 and rows + self.added == 0:
            return math.inf * self.scale
        return float(self.scale * (rows + self.added) ** self.power + self.shift)


def law(x: Any, y: Any) -> Law:
    """Return how a number that is x with `FEW` rows and y with `MANY` follows them.

    Raises
    ------
    UnexplainedError
        Where nothing known is both.
    """
    whole = isinstance(x, (int, np.integer))
    slope = (Fraction(float(y)) - Fraction(float(x))) / (MANY - FEW)
    shift = Fraction(float(x)) - slope * FEW
    is_simple = max(slope.denominator, shift.denominator) <= (1 if whole else _DIVISOR)
    if is_simple and abs(shift) <= _NEAR * abs(slope):
        return Law(int(slope), shift=int(shift)) if whole else Law(float(slope), shift=float(shift))
    for added, power in _POWERS:
        scale, other = (Fraction(float(z)) / Fraction((rows + added) ** power) for z, rows in ((x, FEW), (y, MANY)))
        if whole and scale == other and power > 1 and scale.denominator == 1:
            return Law(int(scale), added, power)
        eps = close.eps_of(*map(as_given, (x, y)))
        tolerance = close.of_the_largest(float(scale), eps)
        if not whole and close.same(float(scale), float(other), tolerance):
            short = scale.limit_denominator(_DIVISOR)  # what was rounded, perhaps to single precision
            return Law(float(short if close.same(float(short), float(scale), tolerance) else scale), added, power)
    raise UnexplainedError(f"the numbers {x} and {y}")


def as_given(number: Any) -> Any:
    """Return a number in single precision where it has no more digits."""
    return np.float32(number) if np.float32(number) == number else number

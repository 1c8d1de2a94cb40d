"""What arguments have to be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def _is_real(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating))


def check_positive(name: str, value: Any) -> float:
    """Return a finite, positive number; raise ValueError for anything else."""
    if not (_is_real(value) and math.isfinite(value) and value > 0):
        raise ValueError(f"expected {name} to be finite and positive, got {value!r}")
    return float(value)


def check_not_negative(name: str, value: Any) -> float:
    """Return a finite number that is at least 0; raise ValueError for anything else."""
    if not (_is_real(value) and math.isfinite(value) and value >= 0):
        raise ValueError(f"expected {name} to be finite and at least 0, got {value!r}")
    return float(value)


def check_fraction(name: str, value: Any) -> float:
    """Return a number in [0, 1); raise ValueError for anything else."""
    if not (_is_real(value) and 0 <= value < 1):
        raise ValueError(f"expected {name} to be in [0, 1), got {value!r}")
    return float(value)


def check_count(name: str, value: Any, least: int = 1) -> int:
    """Return a whole number that is at least ``least``; raise ValueError for anything else."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise ValueError(f"expected {name} to be a whole number of at least {least}, got {value!r}")
    return int(value)


def check_generator(rng: Any) -> np.random.Generator:
    """Return a NumPy generator; raise TypeError for anything else, a seed too."""
    if not isinstance(rng, np.random.Generator):
        seed = rng if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) else 0
        raise TypeError(
            f"expected rng to be a generator of random numbers, got {rng!r}; make one, np.random.default_rng({seed}), "
            "and pass it to every call that draws"
        )
    return rng

"""joblib: processes read their rows of a file that all see; what they give comes back here, and is added up."""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from docs.recipes import squares


def part_of(w: Any, path: str, first: int, last: int) -> Any:
    """Return what some rows of a file add to the sums: the last column is the target."""
    rows = np.load(path, mmap_mode="r")[first:last]
    return squares.part(w, rows[:, :-1], rows[:, -1])


def value_and_gradient(parallel: Parallel, w: Any, path: str, ends: Sequence[int]) -> Any:
    """Return the mean over all rows of a file, and its gradient."""
    parts = parallel(delayed(part_of)(w, path, first, last) for first, last in pairwise(ends))
    while len(parts) > 1:
        parts = [squares.plus(*parts[i : i + 8]) for i in range(0, len(parts), 8)]
    return squares.mean(parts[0])

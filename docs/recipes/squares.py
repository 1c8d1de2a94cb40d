"""What the recipes compute of the rows of each part: sums, which are added up, and divided by all rows in the end."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag


def squares(w: Any, X: Any, y: Any) -> Any:
    """Return the sum of the squares: a mean would be one over the rows of a part."""
    return np.sum(np.square(X @ w - y))


@ag.compile
def part(w: Any, X: Any, y: Any) -> Any:
    """Return the sum of some rows, its gradient, and how many rows there are."""
    value, gradient = ag.value_and_grad(squares)(w, X, y)
    return value, gradient, len(X)


def plus(*parts: Any) -> Any:
    """Add up what parts gave."""
    return tuple(sum(xs[1:], xs[0]) for xs in zip(*parts, strict=True))


def mean(total: Any) -> Any:
    """Return the mean over all rows, and its gradient."""
    value, gradient, rows = total
    return value / rows, gradient / rows

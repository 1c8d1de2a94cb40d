"""Spark: an RDD of blocks of rows, which executors keep; `treeAggregate` adds up there what they give."""

from __future__ import annotations

from typing import Any

import numpy as np

from docs.recipes import squares


def value_and_gradient(blocks: Any, w: Any) -> Any:
    """Return the mean over an RDD of blocks ``(X, y)``, and its gradient."""
    sent = blocks.context.broadcast(w)
    total = blocks.treeAggregate(
        (0.0, np.zeros_like(w), 0),
        lambda so_far, block: squares.plus(so_far, squares.part(sent.value, *block)),
        squares.plus,
        depth=2,
    )
    sent.unpersist()
    return squares.mean(total)

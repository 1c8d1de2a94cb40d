"""The leaves of a tree: what an error calls their places, and the dtype that they keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.trees import Tree


def places(name: str, tree: Tree) -> Iterator[tuple[str, Any]]:
    """Yield each leaf of a tree with what the user would write for it, ``name`` being the tree."""
    rest = [(name, tree)]
    while rest:
        place, node = rest.pop()
        if trees.is_node(node):
            rest += [(place + trees.access(node, key), child) for key, child in reversed(trees.items(node))]
        else:
            yield place, node


def widened(x: Any) -> Any:
    """Return half precision as float32, in which squares and small constants have room; anything else as it is."""
    dtype = getattr(x, "dtype", None)
    return x.astype(np.float32) if dtype is not None and dtype.char == "e" else x


def in_dtype_of(old: Any, new: Any) -> Any:
    """Return a new value in the dtype of an old one, where that is inexact."""
    dtype = getattr(old, "dtype", None)
    return new.astype(dtype) if dtype is not None and dtype.kind in "fc" and new.dtype != dtype else new

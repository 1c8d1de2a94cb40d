"""The leaves of a tree: what an error calls their places, and the dtype that they keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_lite.core import trees
from autograd_lite.core.trees import Tree


def places(name: str, tree: Tree) -> Iterator[tuple[str, Any]]:
    """Yield each leaf of a tree with what the user would write for it, ``name`` being the tree."""
    rest = [(name, tree)]
    while rest:
        place, node = rest.pop()
        if not trees.is_node(node):
            yield place, node
        elif trees.by_attribute(node):
            rest += [(f"{place}.{key}", child) for key, child in reversed(trees.items(node))]
        else:
            rest += [(f"{place}[{key!r}]", child) for key, child in reversed(trees.items(node))]


def in_dtype_of(old: Any, new: Any) -> Any:
    """Return a new value in the dtype of an old one, where that is inexact."""
    dtype = getattr(old, "dtype", None)
    return new.astype(dtype) if dtype is not None and dtype.kind in "fc" and new.dtype != dtype else new

"""A loaded tree made like another: its structure, types, dtypes and shapes compared, its nodes of the same types."""

from __future__ import annotations

import dataclasses

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.trees import Tree
from autograd_lite.saving.structure import node_of


def fit(found: Tree, like: Tree, file: str, place: str = "like") -> Tree:
    """Return a tree of dicts, lists and tuples with the types of another's nodes; raise where the two differ."""
    if _what(found) != _what(like) and not _same_number(found, like):
        raise ValueError(f"expected {_what(like)} at {place}, and {file} has {_what(found)}")
    apart = trees.kinds[type(like)]
    if apart is None:
        return found
    (_, children), (_, parts) = node_of(like), node_of(found)
    for key in {**children, **parts}:
        if key not in parts:
            raise ValueError(f"{place}{trees.access(like, key)} is not in {file}")
        if key not in children:
            raise ValueError(f"expected no {place}{trees.access(like, key)}, and {file} has it")
    fitted = {key: fit(parts[key], child, file, place + trees.access(like, key)) for key, child in children.items()}
    if dataclasses.is_dataclass(like) and not isinstance(like, type):
        return dataclasses.replace(like, **fitted)
    return apart(like)[2](list(fitted.values()))


def _same_number(found: Tree, like: Tree) -> bool:
    """Whether both are a number of NumPy of one dtype, scalar or array without axes: ufuncs make one of the other."""
    number = all(isinstance(x, (np.ndarray, np.generic)) for x in (found, like))
    return number and found.shape == like.shape == () and found.dtype == like.dtype


def _what(x: Tree) -> str:
    """Return what must be the same of two trees in one place, in words."""
    if trees.is_node(x):
        return f"a {node_of(x)[0]}"
    if isinstance(x, np.ndarray):
        return f"an array of {x.dtype} and shape {x.shape}"
    return "None" if x is None else f"a value of type {type(x).__name__}"

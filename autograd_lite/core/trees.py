"""Trees: tuples, lists and dicts of arrays, taken apart into leaves and put together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Tree = Any
Rebuild = Callable[[Sequence[Any]], Tree]

NODES = (tuple, list, dict)


def flatten(tree: Tree) -> tuple[list[Any], Rebuild]:
    """Take a tree apart.

    Parameters
    ----------
    tree : tuple, list or dict (nested at will), or anything else, which is a leaf

    Returns
    -------
    leaves : list, in the order of iteration
    rebuild : callable
        Puts a sequence of as many leaves together as the same tree. Named tuples keep their type.
    """
    if not isinstance(tree, NODES):
        return [tree], only
    make: Rebuild
    if isinstance(tree, dict):
        keys, children = list(tree), list(tree.values())
        make = lambda parts: dict(zip(keys, parts, strict=True))  # noqa: E731
    else:
        children = list(tree)
        make = (lambda parts: type(tree)(*parts)) if hasattr(tree, "_fields") else type(tree)
    for child in children:
        if isinstance(child, NODES):
            break
    else:  # all are leaves, as the arguments of most calls
        return children, make
    branches = [flatten(child) for child in children]
    leaves = [leaf for part, _ in branches for leaf in part]

    def rebuild(leaves: Sequence[Any]) -> Tree:
        parts, start = [], 0
        for part, rebuild_branch in branches:
            parts.append(rebuild_branch(leaves[start : start + len(part)]))
            start += len(part)
        return make(parts)

    return leaves, rebuild


def items(tree: Tree) -> list[tuple[Any, Tree]]:
    """List the children of a tree, each with its key: the field of a named tuple, the place in a tuple or list."""
    if isinstance(tree, dict):
        return list(tree.items())
    return list(zip(getattr(tree, "_fields", range(len(tree))), tree, strict=True))


def only(leaves: Sequence[Any]) -> Tree:
    """Put the tree together that is a leaf."""
    return leaves[0]


def map_tree(f: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """Apply ``f`` to each leaf of ``tree``, together with the leaves in the same place of ``others``.

    Raises
    ------
    ValueError
        Where another tree has not the same structure.
    """
    leaves, rebuild = flatten(tree)
    columns = [leaves]
    for other in others:
        beside = flatten_like(tree, other)
        if beside is None:
            raise ValueError(f"expected two trees of one structure, got {describe(tree)} and {describe(other)}")
        columns.append(beside)
    return rebuild([f(*row) for row in zip(*columns, strict=True)])


def flatten_like(tree: Tree, other: Tree) -> list[Any] | None:
    """Return the leaves of another tree in the order of this one's, by their keys; None where its structure differs."""
    return flatten(_in_order_of(tree, other))[0] if same_structure(tree, other) else None


def same_structure(a: Tree, b: Tree) -> bool:
    """Whether two trees differ in their leaves, and in the order of keys, alone."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same_structure(a[k], b[k]) for k in a)
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same_structure, a, b))
    return not isinstance(b, (dict, tuple, list))


def _in_order_of(tree: Tree, other: Tree) -> Tree:
    """Return a tree of the same structure with its keys in the order of the first one's."""
    if isinstance(tree, dict):
        return {key: _in_order_of(child, other[key]) for key, child in tree.items()}
    if isinstance(tree, (tuple, list)):
        return [_in_order_of(a, b) for a, b in zip(tree, other, strict=True)]
    return other


def describe(tree: Tree) -> str:
    """Return the structure of a tree in a line, its leaves as ``*``."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {describe(child)}" for key, child in tree.items()) + "}"
    if isinstance(tree, (tuple, list)):
        inner = ", ".join(map(describe, tree))
        return f"[{inner}]" if isinstance(tree, list) else f"({inner})"
    return "*"

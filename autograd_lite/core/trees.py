"""Trees: tuples, lists, mappings and dataclasses of arrays, taken apart into leaves and put together again."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from itertools import pairwise
from typing import Any, NoReturn

Tree = Any
Key = Any
Rebuild = Callable[[Sequence[Any]], Tree]
Apart = Callable[[Tree], tuple[Sequence[Key], list[Tree], Rebuild]]
"""Takes a node apart: the keys of its children, the children, and what makes a node like it of others."""
Step = tuple[int, int, Rebuild]
"""How many leaves come next, and what puts how many parts together then."""


class _Kinds(dict[type, "Apart | None"]):
    """How the nodes of each type are taken apart; None for the types of leaves. A type is looked at once."""

    def __missing__(self, kind: type) -> Apart | None:
        if len(self) > _MOST_KINDS:  # of classes that are made in a loop, none is kept for ever
            self.clear()
        self[kind] = found = _apart_of(kind)
        return found


_MOST_KINDS = 1000


def _apart_of(kind: type) -> Apart | None:
    if issubclass(kind, (tuple, list)):
        return _named_tuple if hasattr(kind, "_fields") else _sequence
    if _is_array(kind):
        return None
    if issubclass(kind, Mapping):
        return _dict if kind is dict else _mapping
    return _Dataclass(kind) if dataclasses.is_dataclass(kind) else None


def _is_array(kind: type) -> bool:
    return hasattr(kind, "dtype") or hasattr(kind, "__array__")


def _sequence(tree: Tree) -> tuple[Sequence[Key], list[Tree], Rebuild]:
    return range(len(tree)), list(tree), type(tree)


def _named_tuple(tree: Tree) -> tuple[Sequence[Key], list[Tree], Rebuild]:
    kind = type(tree)  # what makes the tree holds none of its leaves
    return tree._fields, list(tree), lambda parts: kind(*parts)


def _dict(tree: Tree) -> tuple[Sequence[Key], list[Tree], Rebuild]:
    keys = list(tree)
    return keys, list(tree.values()), lambda parts: dict(zip(keys, parts, strict=True))


def _mapping(tree: Tree) -> tuple[Sequence[Key], list[Tree], Rebuild]:
    keys, kind = list(tree), type(tree)
    kept = copy(tree) if hasattr(kind, "__copy__") else None  # it may hold more than its items, as a defaultdict does

    def make(parts: Sequence[Any]) -> Tree:
        new = dict(zip(keys, parts, strict=True))
        if kept is None:
            return _call(kind, new)
        made = copy(kept)
        for key, part in new.items():
            made[key] = part
        return made

    return keys, [tree[key] for key in keys], make


class _Dataclass:
    """How the instances of a dataclass are taken apart: the fields that its constructor takes.

    The static ones are part of the structure: fields with ``metadata={"static": True}``, integers and booleans that are
    declared so (``axis: int``), and what holds no numbers: strings, None, functions.
    """

    def __init__(self, kind: type) -> None:
        fields = [field for field in dataclasses.fields(kind) if field.init]
        self.kind = kind
        self.static = [field.name for field in fields if field.metadata.get("static")]
        self.others = [(field.name, _is_integer(field)) for field in fields if field.name not in self.static]

    def __call__(self, tree: Tree) -> tuple[Sequence[Key], list[Tree], Rebuild]:
        static = {name: getattr(tree, name) for name in self.static}
        keys, children = [], []
        for name, integer in self.others:
            value = getattr(tree, name)
            if _is_static(value, integer):
                static[name] = value
            else:
                keys.append(name)
                children.append(value)
        return keys, children, lambda parts: _call(self.kind, **static, **dict(zip(keys, parts, strict=True)))

    def fields(self, tree: Tree) -> list[Any]:
        """Return what the fields hold, but for those that are declared static."""
        return [getattr(tree, name) for name, _ in self.others]


def _is_integer(field: dataclasses.Field[Any]) -> bool:
    """Whether a field is declared to hold integers or booleans, and no other numbers."""
    declared = set(re.findall(r"\w+", str(field.type)))
    return bool(declared & {"int", "bool"}) and not declared & {"float", "complex"}


def _is_static(value: Any, integer: bool) -> bool:
    """Whether what a field holds has no numbers, or integers in a field for them."""
    integers, seen, reached = False, set(), [value]
    for x in reached:  # the list grows meanwhile
        apart = kinds[type(x)]
        if apart is not None:
            children = apart.fields(x) if isinstance(apart, _Dataclass) else apart(x)[1]
            reached += [child for child in children if id(child) not in seen]
            seen.add(id(x))
        elif isinstance(x, int):
            integers = True
        elif isinstance(x, (float, complex)) or _is_array(type(x)):
            return False
    return integer or not integers


def _call(kind: type, *args: Any, **kwargs: Any) -> Tree:
    try:
        return kind(*args, **kwargs)
    except TypeError as error:
        form = "a dict of its items" if args else "its fields by name"
        raise TypeError(
            f"a {kind.__name__} cannot be made anew of other parts, by its constructor from {form} ({error}); "
            "pass a plain dict"
        ) from error


kinds = _Kinds()


def is_node(tree: Tree) -> bool:
    """Whether a tree has children (perhaps none of them there): it is no leaf."""
    return kinds[type(tree)] is not None


def flatten(tree: Tree) -> tuple[list[Any], Rebuild]:
    """Take a tree apart, however deep.

    Parameters
    ----------
    tree : tuple, list, mapping or dataclass (nested at will), or anything else, which is a leaf

    Returns
    -------
    leaves : list, in the order of iteration
    rebuild : callable
        Puts a sequence of as many leaves together as the same tree: each node keeps its type, a mapping its order, a
        dataclass its static fields.

    Raises
    ------
    TypeError
        For a tree that holds itself.
    """
    apart = kinds[type(tree)]
    if apart is None:
        return [tree], only
    _, children, make = apart(tree)
    for child in children:
        if kinds[type(child)] is not None:
            break
    else:  # all are leaves, as the arguments of most calls
        return children, make
    leaves: list[Any] = []
    steps: list[Step] = []
    pushed = 0
    above = {id(tree): tree}
    frames = [(iter(children), len(children), make)]
    while frames:
        for child in frames[-1][0]:
            apart = kinds[type(child)]
            if apart is None:
                leaves.append(child)
                continue
            if id(child) in above:
                _raise_cyclic([*above.values(), child])
            _, children, make = apart(child)
            above[id(child)] = child
            frames.append((iter(children), len(children), make))
            break
        else:
            _, count, make = frames.pop()
            above.popitem()
            steps.append((len(leaves) - pushed, count, make))
            pushed = len(leaves)
    return leaves, lambda leaves: _run(steps, leaves)


def _run(steps: Iterable[Step], leaves: Sequence[Any]) -> Tree:
    """Make a tree by the steps of a stack machine: push some of the leaves, then put the last few together."""
    built: list[Tree] = []
    first = 0
    for next_leaves, count, make in steps:
        after = first + next_leaves
        if next_leaves == count:
            built.append(make(leaves[first:after]))
        else:
            built += leaves[first:after]
            start = len(built) - count
            built[start:] = [make(built[start:])]
        first = after
    return built[0]


def _raise_cyclic(nodes: list[Tree]) -> NoReturn:
    """Raise the error for nodes, each a child of the one before, the last of which was there already."""
    accesses = ["tree"]
    for node, child in pairwise(nodes):
        key = next(key for key, other in items(node) if other is child)
        accesses.append(accesses[-1] + access(node, key))
    first = next(access for node, access in zip(nodes, accesses, strict=True) if node is nodes[-1])
    raise TypeError(f"a tree cannot hold itself: {accesses[-1]} is {first}")


def items(tree: Tree) -> list[tuple[Key, Tree]]:
    """List the children of a node, each with its key: a field's name, a mapping's key, or the place in a sequence."""
    apart = kinds[type(tree)]
    if apart is None:
        raise TypeError(f"a {type(tree).__name__} is a leaf")
    keys, children, _ = apart(tree)
    return list(zip(keys, children, strict=True))


def by_attribute(tree: Tree) -> bool:
    """Whether the keys of a node are names of attributes: those of a named tuple and a dataclass."""
    return dataclasses.is_dataclass(tree) or hasattr(tree, "_fields")


def access(node: Tree, key: Key) -> str:
    """Return how code gets from a node to the child of a key: ``.bias``, ``['layers']``, ``[0]``."""
    return f".{key}" if by_attribute(node) else f"[{key!r}]"


def paths(tree: Tree) -> list[tuple[Key, ...]]:
    """List the keys that lead to each leaf.

    Raises
    ------
    TypeError, ValueError
        For a tree that holds itself, and one so deep that no name could be made of its keys.
    """
    flatten(tree)
    found: list[tuple[Key, ...]] = []
    rest: list[tuple[tuple[Key, ...], Tree]] = [((), tree)]
    while rest:
        path, node = rest.pop()
        if len(path) > _MOST_KEYS:
            raise ValueError(
                f"expected a tree of at most {_MOST_KEYS} levels, since its leaves are named by their places; this one "
                "is deeper"
            )
        if is_node(node):
            rest += [((*path, key), child) for key, child in reversed(items(node))]
        else:
            found.append(path)
    return found


_MOST_KEYS = 100


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
    """Return the leaves of another tree in the order of this one's, by their keys; None where its structure differs.

    Two mappings have one structure if they have the same keys, whatever their types.
    """
    leaves, pairs = [], [(tree, other)]
    while pairs:
        a, b = pairs.pop()
        apart, apart_other = kinds[type(a)], kinds[type(b)]
        if apart is None and apart_other is None:
            leaves.append(b)
            continue
        if apart is None or apart_other is None:
            return None
        if type(a) is not type(b) and not (isinstance(a, Mapping) and isinstance(b, Mapping)):
            return None
        (keys, children, _), (other_keys, others, _) = apart(a), apart_other(b)
        if keys != other_keys:
            beside = dict(zip(other_keys, others, strict=True))
            if beside.keys() != set(keys):
                return None
            others = [beside[key] for key in keys]
        pairs += zip(reversed(children), reversed(others), strict=True)
    return leaves


def describe(tree: Tree, levels: int = 8) -> str:
    """Return the structure of a tree in a line, its leaves as ``*`` and what is too deep as ``...``."""
    if not is_node(tree):
        return "*"
    if not levels:
        return "..."
    parts = [(key, describe(child, levels - 1)) for key, child in items(tree)]
    if isinstance(tree, Mapping):
        return "{" + ", ".join(f"{key!r}: {part}" for key, part in parts) + "}"
    if by_attribute(tree):
        return f"{type(tree).__name__}(" + ", ".join(f"{key}={part}" for key, part in parts) + ")"
    inner = ", ".join(part for _, part in parts)
    return f"[{inner}]" if isinstance(tree, list) else f"({inner})"

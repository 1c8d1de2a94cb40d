"""The objects that gradient code works on: where they hold numbers, which of these is the gradient of which."""

from __future__ import annotations

import inspect
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor
from autograd_lite.numerical.streams import KINDS, state_of
from autograd_lite.verification.holders import contents, put_back

Path = tuple[Any, ...]
"""The attributes, keys and indices that lead from an object to what it holds."""
Key = tuple[int, Path]
"""Which of several objects, and where in it."""

_LIBRARIES = {"autograd_lite", "builtins", "collections", "functools", "numpy", "random", "threading", "types"}
_SPELLINGS = [
    re.compile(pattern)
    for pattern in (
        r"_*(?:d[a-z]+_d_?|d[A-Z]_?d)(?P<name>\w+)",
        r"_*(?:d_?|D|grad(?:ient)?_(?:of_)?|grad(?=[A-Z])|g_|g(?=[A-Z])|nabla_)(?P<name>\w+)",
        r"_*(?P<name>\w+?)_?[gG]rad(?:ient)?s?",
    )
]
"""How the name of a gradient is made of that of a value: ``dloss_dW``, ``dW``, ``W_grad``."""
_GRADIENTS = {"grad", "grads", "gradient", "gradients"}
_VALUES = {"value", "data", "param", "params", "parameter", "parameters"}
_MOST = 10_000


# --- what an object holds


def owner_of(function: Any) -> Any:
    """Return the object whose state a function may use: the one that it is a method of, or itself; None for others."""
    owner = function
    while isinstance(owner, partial):
        owner = owner.func
    owner = getattr(owner, "__self__", owner)
    return owner if _attributes(owner) is not None else None


def _attributes(x: Any) -> dict[str, Any] | None:
    """Return the attributes of an object of a user's class; None for anything else."""
    if isinstance(x, (type, ModuleType, np.ndarray, np.generic, Tensor, partial)) or inspect.isroutine(x):
        return None
    if type(x).__module__.partition(".")[0] in _LIBRARIES:
        return None
    return {**contents(x), **getattr(x, "__dict__", {})}


def _parts(x: Any) -> list[tuple[Any, Any]] | None:
    """Return what a container or an object holds, by key, index or attribute; None for what holds nothing."""
    if isinstance(x, (list, tuple)):
        return list(enumerate(x))
    held = x if isinstance(x, dict) else _attributes(x)
    return None if held is None else list(held.items())


def walk(root: Any) -> Iterator[tuple[Path, Any]]:
    """Yield everything that an object holds, and what that holds, each container once and the nearest first."""
    rest: deque[tuple[Path, Any]] = deque([((), root)])
    seen = {id(root)}
    while rest and len(seen) < _MOST:
        path, node = rest.popleft()
        yield path, node
        for key, part in _parts(node) or ():
            if id(part) not in seen or _parts(part) is None:
                seen.add(id(part))
                rest.append(((*path, key), part))


def is_number(x: Any) -> bool:
    """Whether it is a real number, or an array of them."""
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "iufc"
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def copied(x: Any) -> Any:
    """Return a tree with copies of its arrays."""
    return trees.map_tree(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, x)


class State:
    """What some objects hold at a time."""

    def __init__(self, roots: Iterable[Any]) -> None:
        self.roots = list({id(x): x for x in roots if x is not None}.values())
        self._held: list[tuple[Any, Any]] = []
        self._arrays: list[tuple[Any, Any]] = []
        self._generators: list[tuple[Callable[[Any], Any], Any]] = []
        self.numbers: dict[Key, Any] = {}
        for i, root in enumerate(self.roots):
            for path, x in walk(root):
                self._keep((i, path), x)

    def _keep(self, key: Key, x: Any) -> None:
        if is_number(x):
            self.numbers[key] = x
        if isinstance(x, np.ndarray):
            self._arrays.append((x, x.copy()))
        elif isinstance(x, KINDS):
            self._generators.append(state_of(x))
        elif isinstance(x, (dict, list)):
            self._held.append((x, contents(x)))
        elif _attributes(x) is not None:
            self._held += [(holder, contents(holder)) for holder in (getattr(x, "__dict__", {}), x)]

    def restore(self) -> None:
        """Give the objects back what they held, in the same arrays."""
        put_back(self._held)
        for array, copy in self._arrays:
            if array.flags.writeable:
                np.copyto(array, copy)
        for set_state, state in self._generators:
            set_state(state)

    def changed(self) -> dict[Key, Any]:
        """Return the numbers that the objects hold now and did not before."""
        copies = {id(x): copy for x, copy in self._arrays}

        def is_new(key: Key, x: Any) -> bool:
            filled = id(x) in copies and not np.array_equal(x, copies[id(x)], equal_nan=True)
            return filled or self.numbers.get(key) is not x

        now = {(i, path): x for i, root in enumerate(self.roots) for path, x in walk(root) if is_number(x)}
        return {key: x for key, x in now.items() if is_new(key, x)}

    def written(self, key: Key) -> str:
        """Return how an object's own code writes what it holds somewhere."""
        text, x = "self", self.roots[key[0]]
        for step in key[1]:
            item = isinstance(x, (dict, list, tuple))
            text, x = text + (f"[{step!r}]" if item else f".{step}"), _follow(x, (step,))
        return text

    def place(self, key: Key, text: str = "") -> Place:
        """Return the place of a number, wherever else the objects hold the same array."""
        x = self.numbers.get(key)
        others = [k for k, other in self.numbers.items() if isinstance(x, np.ndarray) and other is x and k != key]
        return Place(key, tuple((self.roots[i], path) for i, path in [key, *others]), text)


# --- a place in an object


@dataclass(frozen=True, eq=False)
class Place:
    """Where objects hold a value.

    Attributes
    ----------
    key : which object, and where in it
    holders : all places of this one value: objects and paths
    text : how the object's own code writes it
    """

    key: Key
    holders: Sequence[tuple[Any, Path]]
    text: str = ""

    def get(self) -> Any:
        """Return what is there; None where nothing is."""
        root, path = self.holders[0]
        try:
            return _follow(root, path)
        except (AttributeError, KeyError, IndexError, TypeError):
            return None

    def put(self, value: Any) -> None:
        """Put another value there."""
        for root, path in self.holders:
            holder, key = _follow(root, path[:-1]), path[-1]
            if isinstance(holder, (dict, list)):
                holder[key] = value
            else:
                setattr(holder, key, value)


def _follow(root: Any, path: Path) -> Any:
    """Return what a path leads to."""
    for key in path:
        root = root[key] if isinstance(root, (dict, list, tuple)) else getattr(root, key)
    return root


# --- names


def spelled(name: str) -> list[str]:
    """Return the names whose gradient a name may spell: ``W`` for ``dW``, ``grad_W``, ``W_grad``."""
    return [m["name"] for pattern in _SPELLINGS if (m := pattern.fullmatch(name))]


def spells(given: Any, name: Any) -> bool:
    """Whether a key or a name is that of a value or of its gradient: ``W`` or ``dW`` for ``W``."""
    return given == name or (isinstance(given, str) and name in spelled(given))


def short_names(paths: Sequence[Path], taken: Iterable[str]) -> list[str]:
    """Return a name for each path: its last one, or more of it where several end alike, or in a number."""
    kept = [list(map(str, _without_values(path))) for path in paths]
    kept = [list(map(str, path)) if all(map(str.isdecimal, k)) else k for k, path in zip(kept, paths, strict=True)]
    long = ["_".join(k) for k in kept]
    short = [name if k[-1].isdecimal() else k[-1] for k, name in zip(kept, long, strict=True)]
    alone = [[*short, *taken].count(name) == 1 for name in short]
    long = [f"self_{name}" if len(k) == 1 else name for k, name in zip(kept, long, strict=True)]
    return [a if is_alone else b for a, b, is_alone in zip(short, long, alone, strict=True)]


def _without_values(path: Iterable[Any]) -> list[Any]:
    """Return a path without the words that say nothing but that something is held."""
    return [x for x in path if not (isinstance(x, str) and x.lower() in _VALUES)] or list(path)[-1:]


def _loose(path: Iterable[Any]) -> Path:
    """Return a path without what names differ in for style alone."""
    kept = _without_values(path)
    return tuple((x.replace("_", "").rstrip("s") or x).lower() if isinstance(x, str) else x for x in kept)


def _readings(path: Path) -> Iterator[Path]:
    """Yield the paths of which a path may hold the gradient."""
    options = [[()] if x in _GRADIENTS else [(n,) for n in spelled(x)] if isinstance(x, str) else [] for x in path]
    marked = [i for i, found in enumerate(options) if found]
    for chosen in [*([i] for i in marked), marked]:
        for choice in range(len(_SPELLINGS)):
            parts = [options[i][choice % len(options[i])] if i in chosen else (x,) for i, x in enumerate(path)]
            if chosen and any(parts):
                yield tuple(x for part in parts for x in part)


def match(path: Path, values: Sequence[Path]) -> int | None:
    """Return the one of some paths whose gradient another path holds, by its name; None where none or several do."""
    readings = list(_readings(path))
    for whole in (True, False):
        for fold in (tuple, _loose):
            keys = [fold(value) for value in values]
            for key in map(fold, readings):
                alike = [i for i, k in enumerate(keys) if (k if whole else k[-len(key) :]) == key]
                alike = _nearest(path, values, alike) if len(alike) > 1 else alike
                if len(alike) == 1:
                    return alike[0]
    return None


def _nearest(path: Path, values: Sequence[Path], among: list[int]) -> list[int]:
    """Return those of some paths that share the longest beginning with another one."""
    shared = [
        sum(all(a == b for a, b in zip(path[:n], values[i], strict=False)) for n in range(1, len(path))) for i in among
    ]
    return [i for i, n in zip(among, shared, strict=True) if n == max(shared)]

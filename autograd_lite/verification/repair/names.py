"""How values in scope are written: variables, attributes, entries, lengths."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product, repeat
from operator import getitem
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.repair.scope import FAILED, Scope

DEPTH = 3  # attributes and entries that a path may follow
ENTRIES = 20  # of a list or a dict that are looked at
PATHS, BREADTH = 120, 500  # values that are numbers, and values of all kinds that are looked at with each step


@dataclass(frozen=True, eq=False)
class Path:
    """A value in scope, and how it is written: ``x``, ``self.W``, ``cache["h"]``, ``hs[t]``.

    Attributes
    ----------
    text : str
    values : list
        At each of the points.
    cost : float
        Its length in tokens, in which an attribute or an entry is as good as a name of its own.
    """

    text: str
    values: list[Any]
    cost: float = 1

    @property
    def value(self) -> Any:
        """What it is at the first point."""
        return self.values[0]

    @cached_property
    def kind(self) -> str:
        """The kind of its numbers, as dtypes have it."""
        return np.asarray(self.value).dtype.kind

    @cached_property
    def tree(self) -> ast.expr:
        """Its syntax tree."""
        return ast.parse(self.text, mode="eval").body

    @property
    def is_index(self) -> bool:
        """Whether it is a whole number."""
        return all(map(is_index, self.values))

    def follow(self, text: str, take: Callable[[Any, Any], Any], keys: Iterable[Any], cost: float = 1 / 4) -> Path:
        """Return what is one step further, by the key at each of the points."""
        values = []
        for value, key in zip(self.values, keys, strict=False):
            try:
                values.append(take(value, key))
            except Exception:
                values.append(FAILED)
        return Path(f"{self.text}{text}", values, self.cost + cost)


def is_number(value: Any) -> bool:
    """Whether a value is a number or an array of numbers or truths, and not a truth alone."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fciub" and value.size > 0
    return isinstance(value, (int, float, complex, np.number)) and not isinstance(value, bool)


def is_index(value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def inside(path: Path, indices: list[Path]) -> Iterator[Path]:
    """Yield the attributes or the entries of a value."""
    value = path.values[0]
    if isinstance(value, list) or (isinstance(value, dict) and all(map(is_index, value))):
        for index, (text, k) in product(indices, (("", 0), (" - 1", -1), (" + 1", 1))):
            yield path.follow(f"[{index.text}{text}]", getitem, [value + k for value in index.values])
    if isinstance(value, dict):
        keys: list[Any] = [key for key in value if isinstance(key, (str, int))]
        yield from (path.follow(f"[{key!r}]", getitem, repeat(key)) for key in keys[:ENTRIES])
    elif isinstance(value, (list, tuple)):
        yield from (path.follow(f"[{k}]", getitem, repeat(k)) for k in range(min(len(value), ENTRIES)))
    elif not isinstance(value, (ModuleType, type, np.ndarray, np.generic, Tensor)) and not inspect.isroutine(value):
        names = [name for name in getattr(value, "__dict__", ()) if not name.startswith("__")]
        yield from (path.follow(f".{name}", getattr, repeat(name)) for name in names[:ENTRIES])


def paths(scope: Scope, wanted: str) -> list[Path]:
    """Return what is in scope that holds numbers at every point, each value once, the nearest to some words first."""
    here = [Path(name, [point.get(name, FAILED) for point in scope.locals]) for name in scope.locals[0]]
    fixed = {name: value for name, value in scope.fixed.items() if name not in scope.locals[0]}
    here += [Path(name, [value] * len(scope.locals)) for name, value in fixed.items()]
    indices = [path for path in here if path.is_index]
    found: dict[Any, list[Path]] = {}
    count = 0
    for _ in range(DEPTH):
        for path in here:
            if count < PATHS and all(map(is_number, path.values)):
                alike = found.setdefault(tuple(map(_first, path.values)), [])
                if not any(all(map(np.array_equal, path.values, other.values)) for other in alike):
                    alike.append(path)
                    count += 1
        here = list(islice((further for path in here for further in inside(path, indices)), BREADTH))
    each = (path for alike in found.values() for path in alike)
    return sorted(each, key=lambda path: (distance(path.text, wanted), path.cost))


def _first(value: Any) -> Any:
    return np.shape(value), np.asarray(value).dtype.char, np.asarray(value).flat[0].tobytes()


def lengths(paths: Sequence[Path]) -> dict[tuple[int, ...], Path]:
    """Return how the lengths of arrays are written: ``len(x)``, ``x.shape[1]``."""
    found: dict[tuple[int, ...], Path] = {}
    for axis in range(2):
        for path in paths:
            if path.cost == 1 and all(np.ndim(value) > axis for value in path.values):
                sizes = [np.shape(value)[axis] for value in path.values]
                text = f"{path.text}.shape[{axis}]" if axis else f"len({path.text})"
                found.setdefault(tuple(sizes), Path(text, sizes, 3.5 + axis))
    return found


def distance(text: str, wanted: str) -> int:
    """Return how many of the words and numbers in a name do not occur in what is wanted."""
    there, asked = (set(re.findall(r"[a-z]+|\d+", x.lower())) for x in (text, wanted))
    return len(there - asked)

"""Values found again: when two are the same, which of many are the same as one, and what has a value in a scope."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import product, repeat
from operator import getitem
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.repair.names import Path, distance, is_number, lengths, paths
from autograd_lite.verification.repair.scope import Scope
from autograd_lite.verification.repair.syntax import parsed, text
from autograd_lite.verification.repair.terms import Vocabulary

SAMPLE = 16  # elements of an array that are looked at first
SMALL = (0, 1, -1, 2, 1 / 2)  # numbers that stand for themselves
ARRAYS = 24  # to which the user's functions are applied
WORDS = 24  # expressions of one source that are tried for numbers


class Known:
    """Values, each at one or several points, that are found again by samples of their elements."""

    def __init__(self, values: Iterable[Sequence[Any]]) -> None:
        self._values: dict[Any, dict[int, Sequence[Any]]] = {}
        for place, each in enumerate(values):
            if all(map(is_number, each)):
                self._values.setdefault(_kind(each[0]), {})[place] = each
        self._samples = {kind: np.array([sample(x) for x, *_ in held.values()]) for kind, held in self._values.items()}

    def find(self, values: Sequence[Any]) -> list[int]:
        """Return the places of those that are the same at all points, but for rounding."""
        value, kind = values[0], _kind(values[0])
        if kind not in self._values or not is_number(value):
            return []
        near: Any = close.within(self._samples[kind], sample(value), tolerance(value)).all(axis=1)
        held = zip(self._values[kind].items(), near, strict=True)
        return [place for (place, each), is_near in held if is_near and same(each, values)]


def _kind(x: Any) -> Any:
    """Return what values that are the same have in common; single numbers of all kinds may be."""
    return np.shape(x) and (np.shape(x), np.asarray(x).dtype.kind)


def same(values: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether two values are the same at each point, but for rounding, and of one kind."""
    return all(
        (is_number(a) or isinstance(a, np.bool_)) and _kind(a) == _kind(b) and close.same(a, b, tolerance(a, b))
        for a, b in zip(values, others, strict=True)
    )


def tolerance(value: Any, *others: Any) -> float:
    """Return how much an element may be off: what one line changes, and no more than half of the digits."""
    eps = close.eps_of(value, *others) or close.DOUBLE
    return min(close.of_one_line(value, eps), math.sqrt(eps) * close.largest(value))


def is_filled(value: Any, numbers: Sequence[float] = (0, 1, -1)) -> bool:
    """Whether all elements are one of some numbers, as they are in too many values."""
    first = np.ravel(value)[:1]
    return bool(np.isin(first, numbers).all() and np.all(value == first))


def fingerprint(value: Any) -> bytes:
    """Return what values that are the same but for rounding share, as a rule."""
    some = sample(value)
    scale = close.largest(some) or 1
    head = repr((np.shape(value), f"{scale:.8e}")).encode()
    return head + bytes(np.round(some / scale + 0.0, 8).tobytes())


def sample(value: Any) -> Any:
    """Return some elements of an array, the same of every one of its shape."""
    flat = np.ravel(value)
    some = flat if flat.size <= SAMPLE else flat[np.linspace(0, flat.size - 1, SAMPLE).astype(int)]
    return some.astype(complex if some.dtype.kind == "c" else float)


class Lookup:
    """The short expressions of a scope, by their values at each point; words say how lengths may be written."""

    def __init__(self, scope: Scope, words: Iterable[str] = ()) -> None:
        self.scope, self.count = scope, len(scope.locals)
        self.vocabulary = Vocabulary(scope)
        self.numpy = self.vocabulary.module or "np"
        named = paths(scope, "")
        self._paths = [*named, *(Path(word, scope.evaluate(parsed(word))) for word in words), *self._short(named)]
        self._known = Known(path.values for path in self._paths)

    def find(self, values: Sequence[Any], called: str = "") -> list[Path]:
        """List the expressions that have these values at all points: the short first, then those with a likely name.

        What is filled with one 0 or 1 is found by its name alone.
        """
        found = [self._paths[place] for place in self._known.find(values)]
        if all(is_filled(value, SMALL) for value in values):
            found = [path for path in found if path.text == called]
        return sorted(found, key=lambda path: (path.cost, distance(path.text, called)))

    def _short(self, named: Sequence[Path]) -> Iterator[Path]:
        """Yield what is made of a name with a few tokens."""
        yield from lengths(named).values()
        arrays = [path for path in named if np.ndim(path.value)]
        for path in arrays:
            if np.ndim(path.value) > 1:
                yield path.follow(".size", getattr, repeat("size"), 4)
            if np.ndim(path.value) == 2:
                yield path.follow(".T", getattr, repeat("T"))
        for index, path in product(named, arrays):
            if index.cost == 1 and index.is_index:
                yield path.follow(f"[{index.text}]", getitem, index.values)
        for path, form in product(arrays[:ARRAYS], self.vocabulary.functions):
            values = [self.vocabulary.compute(form, value) for value in path.values]
            yield Path(form.text.format(a=path.text), values, path.cost + 2)


def words(function: Callable[..., Any]) -> list[str]:
    """Return the expressions in a function's source that may be numbers made of lengths and the like, to be tried."""
    with suppress(OSError, TypeError, SyntaxError):
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        parts = [n for n in ast.walk(tree) if isinstance(n, (ast.Call, ast.BinOp, ast.Attribute, ast.Subscript))]
        return list(dict.fromkeys(text(n) for n in parts if all(map(_is_harmless, ast.walk(n)))))[:WORDS]
    return []


def _is_harmless(node: ast.AST) -> bool:
    """Whether a part of an expression costs nothing and changes nothing."""
    if isinstance(node, ast.Call):
        return text(node.func) in ("len", "float", "int", "np.sqrt", "np.log", "np.size", "np.prod")
    return not isinstance(node, (ast.NamedExpr, ast.Await, ast.Lambda, ast.comprehension, ast.Starred, ast.MatMult))

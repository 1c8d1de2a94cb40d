"""What a scope holds, found by value: what has a name there, its transpose and rows, and the user's functions of it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.repair import idioms
from autograd_lite.verification.repair.names import Path, distance, is_number, lengths, paths
from autograd_lite.verification.repair.scope import Scope

_SAMPLE = 64  # elements of an array that are compared before all of them are
_PLAIN = (0, 1, -1)  # what is filled with one of these has the value of too many
_SMALL = (0, 1, -1, 2, 1 / 2)  # numbers that stand for themselves
_NAMES = 24  # to so many arrays the user's functions are applied

_HARMLESS = {"len", "float", "int", "np.sqrt", "np.log", "np.size", "np.prod"}
_LETTERS = 3  # of a token
_TELLING = 3  # elements whose one ratio is no chance
_SCALES: dict[str, Callable[[float], float]] = {
    "{} / {}": lambda r: 1 / r,
    "-{} / {}": lambda r: -1 / r,
    "2 * {} / {}": lambda r: 2 / r,
    "{1} * {0}": lambda r: r,
}

Key = tuple[str, tuple[int, ...]]


class Lookup:
    """The short expressions of a scope, by their values at each point.

    Parameters
    ----------
    scope : Scope
    words : collection of str
        Expressions that may be tried for numbers: `words` of the function and of the hand.

    Attributes
    ----------
    scope : Scope
    count : int
        How many points there are.
    numpy : str
        What the hand calls NumPy.
    """

    def __init__(self, scope: Scope, words: Collection[str] = ()) -> None:
        self.scope, self.count = scope, len(scope.locals)
        self.numpy = next((name for name, x in {**scope.fixed, **scope.locals[0]}.items() if x is np), "np")
        named = paths(scope, "")
        worded = [Path(text, scope.evaluate(ast.parse(text, mode="eval").body), 1) for text in words]
        sizes = [
            Path(f"{x.text}.size", [np.size(value) for value in x.values], 5) for x in named if np.ndim(x.values[0]) > 1
        ]
        numbers = [*named, *worded, *lengths(named).values(), *sizes]
        self._numbers = [x for x in numbers if all(is_number(value) and not np.ndim(value) for value in x.values)]
        self._factors: dict[tuple[int, ...], list[tuple[str, float, Any]]] = {}
        self._paths: dict[Key, list[Path]] = {}
        self._samples: dict[Key, list[Any]] = {}
        for path in (*named, *_rows(named), *_transposed(named), *_called(scope, named)):
            if all(map(is_number, path.values)):
                self._paths.setdefault(_kind(path.values[0]), []).append(path)
                self._samples.setdefault(_kind(path.values[0]), []).append(_sample(path.values[0]))

    def find(self, values: Sequence[Any], called: str = "") -> list[Path]:
        """List the expressions that have these values at all points: the short first, then those with a likely name.

        What is filled with one 0 or 1 is found by its name alone.
        """
        key = _kind(values[0])
        if key not in self._paths:
            return []
        own = _sample(values[0])
        with np.errstate(all="ignore"):
            near = close.within(np.array(self._samples[key]), own, close.of_one_line(own, close.eps_of(own)))
        found = [
            path
            for path, is_near in zip(self._paths[key], np.all(near, axis=1).tolist(), strict=True)
            if is_near and (path.text == called or not is_plain(values)) and same(path.values, values)
        ]
        return sorted(found, key=lambda path: (path.cost, distance(path.text, called)))

    def number(self, values: Sequence[Any]) -> str | None:
        """Return what stands for a number: a variable, the words of the function or the hand for it, or a length."""
        if all(value is None or value in _SMALL for value in values):
            return None
        found = [
            path
            for path in self._numbers
            if all(close.alike(float(np.real(x)), float(np.real(y))) for x, y in zip(path.values, values, strict=True))
        ]
        return min(found, key=lambda path: path.cost).text if found else None

    def factor(self, values: Sequence[Any], called: str = "") -> str | None:
        """Return what is a factor, but where that is NaN: a name, or what people write of one: ``1 - h ** 2``."""
        shape = np.shape(values[0])
        if shape not in self._factors:
            self._factors[shape] = list(self._elementwise(shape))
        own = np.concatenate(list(map(_sample, values)))
        known = np.isfinite(own)
        if not known.any():
            return None
        room = close.half_of_the_digits(own) * close.largest(own)
        found = [
            (cost + distance(text, called) / 8, text)
            for text, cost, sample in self._factors[shape]
            if sample.shape == own.shape and close.within(sample, own, room)[known].all()
        ]
        return min(found)[1] if found else None

    def _elementwise(self, shape: tuple[int, ...]) -> Iterator[tuple[str, float, Any]]:
        """Yield names of arrays of a shape, and functions of them, with their lengths and samples."""
        for (kind, other), found in self._paths.items():
            if other == shape and kind in "fb":
                for path in found:
                    sample = np.concatenate(list(map(_sample, path.values)))
                    yield path.text, path.cost, sample
                    for form in idioms.ELEMENTWISE if kind == "f" else ():
                        text = form.text.replace("np.", f"{self.numpy}.").format(a=path.text)
                        with np.errstate(all="ignore"):
                            made = eval(form.text.format(a="a"), {"np": np, "a": sample})
                        yield text, path.cost + len(form.text) / _LETTERS + form.weight, made * 1.0

    def scaled(self, values: Sequence[Any], called: str = "") -> str | None:
        """Return what has these values but for a number that has a name or is small: ``dW / n``."""
        key, own = _kind(values[0]), [_sample(x) for x in values]
        if own[0].size < _TELLING or is_plain(values):
            return None
        for path in sorted(self._paths.get(key, ()), key=lambda path: (path.cost, distance(path.text, called))):
            ratios = [_ratio(a, _sample(b)) for a, b in zip(own, path.values, strict=True) if a.size == np.size(b)]
            known = [r for r in ratios if r]
            if len(known) == len(own):
                for text, number_of in _SCALES.items():
                    number = self.number([number_of(r) for r in known])
                    if number:
                        return text.format(path.text, number)
        return None


def _ratio(a: Any, b: Any) -> float | None:
    """Return the one number by which some elements differ, rounded to what was meant."""
    there = b != 0
    if there.sum() < _TELLING or np.any(a[~there]):
        return None
    with np.errstate(all="ignore"):
        ratios = a[there] / b[there]
    return float(ratios[0]) if close.is_factor(ratios, ratios[0], a) and np.isrealobj(ratios) else None


def finite(x: Any) -> Any:
    """Return the elements of an array that are no NaN and no infinity."""
    return np.asarray(x)[np.isfinite(x)]


def same(values: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether two values are alike at each point, and of one kind."""
    return all(
        (is_number(a) or isinstance(a, np.bool_)) and _kind(a)[0] == _kind(b)[0] and close.alike(a, b)
        for a, b in zip(values, others, strict=True)
    )


def words(function: Callable[..., Any]) -> list[str]:
    """Return the expressions in a function's source that may be numbers made of lengths and the like, to be tried."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return []
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.BinOp, ast.Attribute, ast.Subscript))]
    return list(dict.fromkeys(ast.unparse(node) for node in found if all(map(_is_harmless, ast.walk(node)))))[:_NAMES]


def _is_harmless(node: ast.AST) -> bool:
    """Whether a part of an expression costs nothing and changes nothing."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in _HARMLESS
    return not isinstance(node, (ast.NamedExpr, ast.Await, ast.Lambda, ast.comprehension, ast.Starred, ast.MatMult))


def _kind(x: Any) -> Key:
    return np.asarray(x).dtype.kind, np.shape(x)


def _sample(x: Any) -> Any:
    """Return some elements of an array, the same of every one of its shape."""
    flat = np.ravel(x)
    chosen = flat if flat.size <= _SAMPLE else flat[np.linspace(0, flat.size - 1, _SAMPLE).astype(int)]
    return chosen.astype(complex if chosen.dtype.kind == "c" else float)


def is_plain(values: Sequence[Any]) -> bool:
    """Whether a value is filled with one 0, 1 or -1, as too many are."""
    return all(not np.size(x) or (np.ravel(x)[0] in _PLAIN and np.all(x == np.ravel(x)[0])) for x in values)


def _rows(named: Sequence[Path]) -> Iterator[Path]:
    """Yield the rows of arrays at the variables that count: ``x[i]``."""
    for index in (path for path in named if path.cost == 1 and path.is_index):
        for path in (path for path in named if np.ndim(path.values[0])):
            if all(-len(x) <= i < len(x) for x, i in zip(path.values, index.values, strict=True)):
                yield path.follow(f"[{index.text}]", lambda x, i: x[i], index.values)


def _transposed(named: Sequence[Path]) -> Iterator[Path]:
    return (path.follow(".T", getattr, ["T"] * len(path.values)) for path in named if np.ndim(path.values[0]) == 2)


def _called(scope: Scope, named: Sequence[Path]) -> Iterator[Path]:
    """Yield the user's functions of one array, of each."""
    arrays = [path for path in named if np.asarray(path.values[0]).dtype.kind in "fc"][:_NAMES]
    for name in (name for name, function in scope.functions.items() if _takes_one(function)):
        for path in arrays:
            text = f"{name}({path.text})"
            values = scope.evaluate(ast.parse(text, mode="eval").body)
            if all(map(is_number, values)):
                yield Path(text, values, path.cost + 2)


def _takes_one(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters) == 1

"""The values that a gradient may hold on its way: those of the function, and cotangents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite.core.backward import sweep
from autograd_lite.core.tape import Run
from autograd_lite.core.tensor import Tensor
from autograd_lite.numerical import close
from autograd_lite.verification.point import Point
from autograd_lite.verification.repair.scope import Wanted

_NAMED = 12
"""So many variables are taken in pairs."""
_PARTS = 4
"""Of so many parts of one derivative each may be held by a variable."""
SAMPLE = 16
"""So many elements of an array are looked at first."""


class Known:
    """Values that are known: each is found again by a sample of its elements."""

    def __init__(self, values: Iterable[Any], digits: int = 9) -> None:
        self.tolerance = 10.0**-digits
        self._values: dict[tuple[int, ...], list[Any]] = {}
        for value in values:
            if not isinstance(value, tuple) and np.asarray(value).dtype.kind in "fc":
                self._values.setdefault(np.shape(value), []).append(np.asarray(value))
        self._samples = {shape: np.array([_sample(v) for v in held]) for shape, held in self._values.items()}

    def holds(self, value: Any) -> bool:
        """Whether a value is known."""
        array = np.asarray(value)
        samples = self._samples.get(array.shape)
        if samples is None or array.dtype.kind not in "fc":
            return False
        sample = _sample(array)
        room = self.tolerance * np.max(np.abs(samples), axis=1, initial=1e-300)
        near = np.abs(samples - sample).max(axis=1, initial=0) <= room
        return any(self._is(array, self._values[array.shape][i]) for i in np.flatnonzero(near))

    def _is(self, value: Any, known: Any) -> bool:
        return bool(np.any(known)) and close.same(value, known, self.tolerance * close.largest(known))


def wanted(points: list[Point]) -> Iterator[Wanted]:
    """Yield what a statement may be expected to hold: the cotangents and values of records of the same structure."""
    first, *others = points
    if any([n.op for n in p.nodes] != [n.op for n in first.nodes] for p in others):
        others = []
    yield from _between([first, *others])
    for place, t in enumerate(first.nodes):
        beside = [p.nodes[place] for p in others]
        name = first.names.name_of(t) or (f"the {t.op.name} in it" if t.op else "an argument")
        cotangents = [p.cotangents.get(n) for p, n in zip((first, *others), (t, *beside), strict=True)]
        if all(c is not None and not isinstance(c, tuple) for c in cotangents):
            yield Wanted(cotangents, f"the derivative of the result with respect to {name}", t, cotangent=True)
        for factors, x in _local([first, *others], place):
            yield Wanted(
                factors, f"the derivative of {name} with respect to {first.names.name_of(x) or 'its argument'}", t
            )
        if not isinstance(t._value, tuple):
            yield Wanted([n._value for n in (t, *beside)], f"the value of {name}", t)
    yield from _passed([first, *others])


def _passed(points: list[Point]) -> Iterator[Wanted]:
    """Yield what is passed to a variable, where that is not all."""
    first = points[0]
    counts = Counter(x for _, x, _ in first.contributions)
    if all(len(p.contributions) == len(first.contributions) for p in points):
        for k, (_, x, _) in enumerate(first.contributions):
            name = first.names.name_of(x)
            values = [p.contributions[k][2] for p in points]
            if name and 1 < counts[x] <= _PARTS and all(map(_is_array, values)):
                yield Wanted(values, f"a part of the derivative of the result with respect to {name}", x)


def several(points: list[Point]) -> Iterator[tuple[str, list[Any]]]:
    """Yield what one variable holds time after time, its cotangents, and what is passed to one input."""
    first = points[0]
    groups: dict[str, list[Any]] = {}
    for place in range(len(first.nodes) - 1, -1, -1):
        nodes = [p.nodes[place] for p in points]
        for name in first.names.bound.get(nodes[0], ()):
            cotangents = [p.cotangents.get(n) for p, n in zip(points, nodes, strict=True)]
            groups.setdefault(f"the value of {name}", []).append([n._value for n in nodes])
            groups.setdefault(f"the derivative of the result with respect to {name}", []).append(cotangents)
        if not first.names.name_of(nodes[0]) and nodes[0].op is not None:
            cotangents = [p.cotangents.get(n) for p, n in zip(points, nodes, strict=True)]
            made = _made_by(nodes[0], first)
            groups.setdefault(f"the derivative of the result with respect to {made}", []).append(cotangents)
    if all(len(p.contributions) == len(first.contributions) for p in points):
        for k, (node, x, _) in reversed(list(enumerate(first.contributions))):
            called = first.names.name_of(x)
            if called:
                passed = [p.contributions[k][2] for p in points]
                groups.setdefault(f"what is passed to {called}", []).append(passed)
                groups.setdefault(f"what {node.op and node.op.name} passes to {called}", []).append(passed)
    yield from _turn_by_turn(groups)


def _turn_by_turn(groups: dict[str, list[Any]]) -> Iterator[tuple[str, list[Any]]]:
    for text, rows in groups.items():
        for series in _of_one_shape(rows):
            if len(series) > 1:
                yield f"{text}, turn by turn", [np.array(column) for column in zip(*series, strict=True)]


def forwards(points: list[Point], i: int) -> tuple[list[Wanted], list[tuple[str, list[Any]]]]:
    """Return what code in forward mode may hold for an argument: at each step, and of one variable turn by turn."""
    first = points[0]
    values, groups = list[Wanted](), dict[str, list[Any]]()
    for text, held in tangents(points, i):
        for t in reversed(first.nodes):
            if all(t in of_point for of_point in held):
                row = [of_point[t] for of_point in held]
                values.append(Wanted(row, f"the derivative of {_made_by(t, first)} with respect to {text}"))
                for name in first.names.bound.get(t, ()):
                    groups.setdefault(f"the derivative of {name} with respect to {text}", []).append(row)
    return values, list(_turn_by_turn(groups))


def tangents(points: list[Point], i: int) -> Iterator[tuple[str, list[dict[Tensor, Any]]]]:
    """Yield the derivatives of all that the function computes with respect to the elements of an argument, forwards.

    Each at all points, by the values of the first one; and last, where there are several elements, all of them along
    the last axis.
    """
    first = points[0]
    leaf, found = first.leaves[i], list[list[dict[Tensor, Any]]]()
    for k in range(leaf._value.size):
        found.append([_pushed(p, p.leaves[i], k, first.nodes) for p in points])
        yield f"{leaf.name}[{k}]" if leaf.shape else str(leaf.name), found[-1]
    if len(found) > 1:
        each = [{t: np.stack([x[p][t] for x in found], axis=-1) for t in found[0][p]} for p in range(len(points))]
        yield str(leaf.name), each


def _pushed(point: Point, leaf: Tensor, k: int, named: list[Tensor]) -> dict[Tensor, Any]:
    """Return the derivatives with respect to one element: the backward pass, itself pulled back."""
    held = [
        (t, n) for t, n in zip(named, point.nodes, strict=True) if _is_array(n._value) and n._value.dtype.kind == "f"
    ]
    seeds = {n: Tensor(np.ones_like(n._value)) for _, n in held}
    with Run(list(seeds.values())):
        pulled = sweep(dict(seeds), {leaf})[0].get(leaf)
    along = np.zeros_like(leaf._value)
    along.flat[k] = 1
    pushed = sweep({pulled: along}, set(seeds.values()))[0] if isinstance(pulled, Tensor) else {}
    return {t: np.asarray(pushed.get(seeds[n], np.zeros_like(n._value))) for t, n in held}


def _made_by(t: Any, point: Point, depth: int = 2) -> str:
    """Return what is common to the values that one expression of a function makes."""
    called = point.names.name_of(t) if isinstance(t, Tensor) else None
    if called or not isinstance(t, Tensor) or t.op is None or not depth:
        return called or "..."
    return f"{t.op.name}({', '.join(_made_by(x, point, depth - 1) for x in t.inputs)})"


def _of_one_shape(rows: list[Any]) -> Iterator[list[Any]]:
    """Yield the rows of values that have the same shape."""
    shapes: dict[Any, list[Any]] = {}
    for row in rows:
        if all(map(_is_array, row)):
            shapes.setdefault(np.shape(row[0]), []).append(row)
    yield from shapes.values()


def _is_array(x: Any) -> bool:
    return x is not None and not isinstance(x, tuple)


def _local(points: list[Point], place: int) -> Iterator[tuple[list[Any], Any]]:
    """Yield the local derivatives of an elementwise op, from what it passes to its inputs."""
    t = points[0].nodes[place]
    if t.op is None or not t.op.elementwise:
        return
    found: list[list[tuple[Any, Any]]] = []
    for p in points:
        node = p.nodes[place]
        c: Any = p.cotangents.get(node)
        if not _is_array(c) or not np.all(c):
            return
        found.append([(x, g / c) for n, x, g in p.contributions if n is node and np.shape(g) == np.shape(c)])
    if len({len(f) for f in found}) == 1:
        for several in zip(*found, strict=True):
            yield [factor for _, factor in several], several[0][0]


def _between(points: list[Point]) -> Iterator[Wanted]:
    """Yield the derivatives of one variable with respect to an earlier one, element by element."""
    first = points[0]
    named = [i for i, t in enumerate(first.nodes) if first.names.name_of(t) and t in first.cotangents][:_NAMED]
    for i, j in ((i, j) for i in named for j in named if i < j and first.nodes[i].shape == first.nodes[j].shape):
        outer, inner = (list[Any](p.cotangents.get(p.nodes[k]) for p in points) for k in (i, j))
        if all(map(_is_array, (*outer, *inner))) and all(map(np.all, outer)):
            y, x = (first.names.name_of(first.nodes[k]) for k in (i, j))
            factors: list[Any] = [np.divide(b, a) for a, b in zip(outer, inner, strict=True)]
            yield Wanted(factors, f"the derivative of {y} with respect to {x}", first.nodes[j])


def fingerprint(value: Any) -> bytes:
    """Return what values that are the same but for rounding share, as a rule."""
    array = np.asarray(value)
    sample = _sample(array).astype(complex if array.dtype.kind == "c" else float)
    scale = close.largest(sample) or 1
    head = repr((array.shape, f"{scale:.8e}")).encode()
    return head + bytes(np.round(sample / scale + 0.0, 8).tobytes())


def _sample(array: Any) -> Any:
    flat = np.ravel(array)
    return flat if flat.size <= SAMPLE else flat[np.linspace(0, flat.size - 1, SAMPLE).astype(int)]

"""What the statements of a hand gradient may be expected to hold beside the program's values, by the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from autograd_lite.core.backward import sweep
from autograd_lite.core.tape import Run
from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.point import Point
from autograd_lite.verification.repair.scope import Wanted

VARIABLES = 12  # are taken in pairs
PARTS = 4  # of one derivative, each of which may be held by a variable


def values(points: list[Point]) -> Iterator[Wanted]:
    """Yield the cotangents and values of all nodes, where nothing else is known of them."""
    for node, held, cotangents in _nodes(points):
        name = points[0].names.name_of(node) or (f"the {node.op.name} in it" if node.op else "an argument")
        if _are_arrays(cotangents):
            yield Wanted(cotangents, f"the derivative of the result with respect to {name}", node, cotangent=True)
        if _are_arrays(held):
            yield Wanted(held, f"the value of {name}", node)


def factors(points: list[Point]) -> Iterator[Wanted]:
    """Yield the derivatives of operations, and of one variable with respect to an earlier one, element by element."""
    name_of, cotangents = points[0].names.name_of, {n: c for n, _, c in _nodes(points)}
    named = [n for n in cotangents if name_of(n)][:VARIABLES]
    pairs = [(y, x, cotangents[x]) for y, x in combinations(named, 2)]
    for y, x, inner in pairs + [passed for passed in _passed(points) if passed[0].op and passed[0].op.elementwise]:
        outer = cotangents.get(y, [None])
        if _are_arrays([*outer, *inner]) and np.shape(outer[0]) == np.shape(inner[0]) and all(map(np.all, outer)):
            text = f"the derivative of {name_of(y) or 'an operation'} with respect to {name_of(x) or 'its argument'}"
            yield Wanted(list(map(np.divide, inner, outer)), text, x)


def parts(points: list[Point]) -> Iterator[Wanted]:
    """Yield what is passed to a variable, where that is not all."""
    counts = Counter(x for _, x, _ in _passed(points))
    for _, x, passed in _passed(points):
        name = points[0].names.name_of(x)
        if name and 1 < counts[x] <= PARTS and _are_arrays(passed):
            yield Wanted(passed, f"a part of the derivative of the result with respect to {name}", x)


def turns(points: list[Point]) -> Iterator[tuple[str, list[Any]]]:
    """Yield what one variable holds time after time, its cotangents, and what is passed to one input."""
    first, rows = points[0], list[tuple[str, list[Any]]]()
    for node, held, cotangents in reversed(list(_nodes(points))):
        names = list(first.names.bound.get(node, ()))
        rows += [(f"the value of {name}", held) for name in names]
        of = names or ([_made_by(node, first)] if node.op else [])
        rows += [(f"the derivative of the result with respect to {name}", cotangents) for name in of]
    for node, x, passed in reversed(_passed(points)):
        name = first.names.name_of(x)
        of = [f"what is passed to {name}", f"what {node.op and node.op.name} passes to {name}"] if name else []
        rows += [(text, passed) for text in of]
    yield from _turn_by_turn(rows)


def _turn_by_turn(rows: list[tuple[str, list[Any]]]) -> Iterator[tuple[str, list[Any]]]:
    groups: dict[tuple[str, Any], list[list[Any]]] = {}
    for text, held in rows:
        if _are_arrays(held):
            groups.setdefault((text, np.shape(held[0])), []).append(held)
    for (text, _), series in groups.items():
        if len(series) > 1:
            yield f"{text}, turn by turn", [np.array(column) for column in zip(*series, strict=True)]


def forwards(points: list[Point], i: int) -> tuple[list[Wanted], list[tuple[str, list[Any]]]]:
    """Return what code in forward mode may hold for an argument: at each step, and of one variable turn by turn."""
    first = points[0]
    wanted, rows = list[Wanted](), list[tuple[str, list[Any]]]()
    for text, held in tangents(points, i):
        for t in reversed(first.nodes):
            if all(t in of_point for of_point in held):
                row = [of_point[t] for of_point in held]
                wanted.append(Wanted(row, f"the derivative of {_made_by(t, first)} with respect to {text}"))
                names = first.names.bound.get(t, ())
                rows += [(f"the derivative of {name} with respect to {text}", row) for name in names]
    return wanted, list(_turn_by_turn(rows))


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
    each = zip(named, point.nodes, strict=True)
    held = [(t, n) for t, n in each if _are_arrays([n._value]) and n._value.dtype.kind == "f"]
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


def _are_arrays(values: Sequence[Any]) -> bool:
    return not any(x is None or isinstance(x, tuple) for x in values)


def _nodes(points: list[Point]) -> Iterator[tuple[Tensor, list[Any], list[Any]]]:
    """Yield each node of a record, with its values and cotangents at all points."""
    for nodes in zip(*(p.nodes for p in points), strict=True):
        yield nodes[0], [n._value for n in nodes], [p.cotangents.get(n) for p, n in zip(points, nodes, strict=True)]


def _passed(points: list[Point]) -> list[tuple[Tensor, Tensor, list[Any]]]:
    """Return what is passed from each node to each of its inputs, at all points; nothing where that is not alike."""
    if len({len(p.contributions) for p in points}) > 1:
        return []
    each = zip(*(p.contributions for p in points), strict=True)
    return [(*passed[0][:2], [c for _, _, c in passed]) for passed in each]

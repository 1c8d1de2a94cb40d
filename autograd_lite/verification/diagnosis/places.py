"""Mistakes with where elements go: overwritten, to another column, or from another part of what was put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.diagnosis.edits import Edit, d
from autograd_lite.verification.diagnosis.replay import Replay

_MOST_COLUMNS = 8


def overwritten(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """What an index picks repeatedly is overwritten, where it should be added up."""
    if r.op(k) not in ("getitem", "take") or (r.op(k) == "take" and r.params[k].get("axis") not in (None, 0)):
        return
    index = r.params[k]["index"] if r.op(k) == "getitem" else np.asarray(r.params[k]["indices"])

    def change(r: Replay, g: Any) -> Any:
        z = np.zeros_like(r.values[j])
        z[index] = g
        return z

    yield Edit(
        "overwritten",
        2.0,
        f"in {d(r.name(j))}, the terms of an index that occurs several times are overwritten, where they should "
        "be added: use np.add.at",
        j,
        ((k, i),),
        change,
        "overwritten",
    )


def overlapping(r: Replay, j: int) -> Iterator[Edit]:
    """Of the slices that a loop takes of a value, later ones overwrite what earlier ones have in common with them."""
    uses = [k for k, _ in r.into[j] if r.op(k) == "getitem"]
    if len(uses) < 2 or all(np.ndim(r.values[k]) == 0 for k in uses):
        return
    for order, said in ((1, "earlier"), (-1, "later")):

        def change(r: Replay, g: Any, order: int = order) -> Any:
            z = np.zeros_like(r.values[j])
            for k in uses[::-order]:  # the newest use comes first
                z[r.params[k]["index"]] = r.totals[k]
            return g - sum(r.passed[k, 0] for k in uses) + z

        yield Edit(
            "overwritten",
            2.4,
            f"in {d(r.name(j))}, the terms of {said} slices are overwritten where slices overlap: use +=",
            j,
            None,
            change,
        )


def other_column(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """What belongs to one column, or row, goes to another."""
    if r.op(k) != "getitem":
        return
    index = r.params[k]["index"]
    parts = list(index) if isinstance(index, tuple) else [index]
    at = [n for n, part in enumerate(parts) if isinstance(part, (int, np.integer))]
    if len(at) != 1 or not all(isinstance(part, (slice, int, np.integer)) for part in parts):
        return
    (axis,) = at
    length, right = np.shape(r.values[j])[axis], int(parts[axis])
    what = "element" if np.ndim(r.values[j]) == 1 else "row" if axis == 0 else "column" if axis == 1 else "place"
    for other in range(min(length, _MOST_COLUMNS)):
        if other == right % length:
            continue

        def change(r: Replay, g: Any, other: int = other) -> Any:
            z = np.zeros_like(r.values[j])
            z[(*parts[:axis], other, *parts[axis + 1 :])] = g
            return z

        yield Edit(
            "wrong place",
            2.4,
            f"in {d(r.name(j))}, the term from `{r.expression(k)}` goes to {what} {other}, expected {right}",
            j,
            ((k, i),),
            change,
            f"to {other - right:+d}",
        )


def other_part(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The cotangent of one of the arrays that are put together is cut from the other end."""
    if r.op(k) not in ("concatenate", "hstack", "vstack"):
        return
    axis = (0 if r.op(k) == "vstack" else int(r.params[k].get("axis", 0) or 0)) % max(np.ndim(r.values[k]), 1)
    lengths = [np.shape(x)[axis] if np.ndim(x) > axis else 1 for x in r.inputs(k)]
    total, n, start = sum(lengths), lengths[i], sum(lengths[:i])
    for other in {0, total - n}:
        if other != start:
            yield Edit(
                "wrong place",
                2.4,
                f"{d(r.name(j))} is cut out of {d(r.name(k))} from {other} on, expected from {start} on",
                j,
                ((k, i),),
                lambda r, g, other=other: np.take(g, range(other, other + n), axis),  # type: ignore[misc]
                f"part {i} from {other}",
            )


def other_order(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The factors of a product of square matrices are exchanged."""
    if r.op(k) not in ("matmul", "dot") or {np.ndim(x) for x in r.inputs(k)} != {2}:
        return
    if len({n for x in r.inputs(k) for n in np.shape(x)}) != 1:
        return

    def change(r: Replay, g: Any) -> Any:
        other = np.transpose(r.inputs(k)[1 - i])
        return other @ g if i == 0 else g @ other

    operand = r.operand(k, 1 - i)
    yield Edit(
        "wrong order",
        2.4,
        f"in {d(r.name(j))}, from `{r.expression(k)}`, the transpose of `{operand}` is multiplied from the "
        f"{'left' if i == 0 else 'right'}, expected from the {'right' if i == 0 else 'left'}",
        j,
        ((k, i),),
        change,
        f"order {i}",
    )


def raw_for_normalised(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """In the derivative of a variance, the data stand in the place of the normalised data."""
    if r.op(k) not in ("power", "square", "multiply") or r.op(j) != "subtract":
        return
    data, mean = r.nodes[j].inputs
    if type(data) is not Tensor or type(mean) is not Tensor or r.op(r.index[mean]) != "mean":
        return
    over = [n for n in range(len(r.nodes)) if r.op(n) == "divide" and _same(r.nodes[n].inputs[0], r.nodes[j])]
    if not over:
        return
    edges = [edge for edge in r.into[j] if edge[0] == k]
    place = r.index[data]
    if i != edges[0][1] or np.shape(data._value) != np.shape(r.values[j]):
        return

    def change(r: Replay, g: Any) -> Any:
        taken = r.values[place] * r.inputs(over[0])[1]
        for n, edge in enumerate(edges):
            swaps = {edge[1]: taken} if r.op(k) != "multiply" else {edges[1 - n][1]: taken}
            g = g + r.fit(r.rule(*edge, r.totals[k], swaps=swaps), place) - r.passed[edge]
        return g

    x = r.name(place)
    yield Edit(
        "wrong operand",
        2.6,
        f"in the term of {d(x)} from `{r.expression(k)}`, `{x}` stands in the place of the normalised "
        f"`{r.name(over[0])}`",
        place,
        None,
        change,
    )


def _same(x: Any, y: Tensor) -> bool:
    """Whether a value is a Tensor, or is computed as it is."""
    if type(x) is not Tensor or x.op is not y.op:
        return False
    return x is y or all(a is b for a, b in zip(x.inputs, y.inputs, strict=True))

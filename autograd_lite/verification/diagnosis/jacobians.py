"""Mistakes with derivatives that spread or gather: softmax, broadcasting, repeated indices, maxima."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.diagnosis.edits import Edit, d
from autograd_lite.verification.diagnosis.replay import Change, Replay


def softmax(r: Replay, k: int) -> tuple[int, tuple[tuple[int, int], ...], int] | None:
    """Return, where a node is a softmax, its scores, the edges that arrive there from it, and the axis."""
    if r.op(k) == "softmax":
        ((i, x, _),) = r.out[k]
        return x, ((k, i),), int(r.params[k].get("axis", -1))
    if r.op(k) != "divide" or len(r.out[k]) != 2:
        return None
    (_, e, _), (_, s, _) = r.out[k]
    if r.op(s) != "sum" or r.op(e) != "exp":
        return None
    summed = r.out[s][0][1]
    if r.op(summed) != "exp" or r.out[summed][0][1] != (x := r.out[e][0][1]):
        return None
    axis = r.params[s].get("axis")
    if (axis is not None and not isinstance(axis, (int, np.integer))) or (axis is None and np.ndim(r.values[k]) > 1):
        return None
    edges = [(user, 0) for user in {e, summed}]
    if r.op(x) in ("subtract", "add") and len(r.out[x]) <= 2:  # the largest score was subtracted
        base = r.out[x][0][1]
        shift = r.out[x][1][1] if len(r.out[x]) == 2 else None
        if shift is None or (r.op(shift) in ("max",) and r.out[shift][0][1] == base):
            edges = [(x, 0)] + ([(shift, 0)] if shift is not None else [])
            x = base
    return x, tuple(edges), -1 if axis is None else int(axis)


def of_softmax(r: Replay, k: int) -> Iterator[Edit]:
    """Yield mistakes with the Jacobian of a softmax."""
    found = softmax(r, k)
    if found is None:
        return
    x, edges, axis = found
    p, scores = r.name(k), r.name(x)
    n = max(np.ndim(r.values[k]), 1)
    right = "the sum depends on every score"
    if p.isidentifier():
        right = f"expected `{p} * (d{p} - np.sum(d{p} * {p}, axis={axis}, keepdims=True))`"

    def edit(kind: str, cost: float, message: str, change: Change) -> Edit:
        return Edit(kind, cost, message, x, edges, change, message[:20], start=k)

    yield edit("diagonal only", 2.0,
               f"only the diagonal of the Jacobian of the softmax `{p}` is used in {d(scores)}, {right}",
               lambda r, g: g * r.values[k] * (1 - r.values[k]))  # fmt: skip
    yield edit("treated as a constant", 2.1, f"the sum in the softmax `{p}` is treated as a constant, {right}",
               lambda r, g: g * r.values[k])  # fmt: skip
    yield edit("missing derivative", 2.1, f"the softmax `{p}` is not derived: `{scores}` gets {d(p)} as it is",
               lambda r, g: g)  # fmt: skip
    yield edit("wrong derivative", 2.3, f"the factor `{p}` is missing in the derivative of the softmax, {right}",
               lambda r, g: g - np.sum(g * r.values[k], axis, keepdims=True))  # fmt: skip
    yield edit("sign", 2.3, f"the sum in the derivative of the softmax `{p}` is added, {right}",
               lambda r, g: r.values[k] * (g + np.sum(g * r.values[k], axis, keepdims=True)))  # fmt: skip
    yield edit("wrong derivative", 2.3, f"the factor `{p}` is missing in the sum of the softmax's derivative, {right}",
               lambda r, g: r.values[k] * (g - np.sum(g, axis, keepdims=True)))  # fmt: skip
    for kind, said, weight in (("missing term", "is missing", 0.0), ("sign", "has the wrong sign", -1.0)):
        yield edit(kind, 2.0, f"in {d(scores)}, the term `d{p} * {p}` of the softmax {said}, {right}",
                   lambda r, g, weight=weight: r.values[k] * (
                       weight * g - np.sum(g * r.values[k], axis, keepdims=True)))  # type: ignore[misc]  # fmt: skip
    rows = np.size(r.values[k]) // max(np.shape(r.values[k])[axis], 1) if np.ndim(r.values[k]) else 1
    if rows > 1:
        said = f"in {d(scores)}, the term `d{p} * {p}` of the softmax"
        much = f"{rows} times what it should be"
        yield edit("weight of a term", 2.2, f"{said} is {much}: it is not averaged over the rows",
                   lambda r, g: r.values[k] * (rows * g - np.sum(g * r.values[k], axis, keepdims=True)))  # fmt: skip
    if rows > 1 and n == 2 and axis % n == 1:
        yield edit("wrong place", 2.5, f"{said} goes to all rows of the picked columns, as with the index [:, y], "
                   "expected one element of each row: [np.arange(len(y)), y]",
                   lambda r, g: _in_columns(g * r.values[k]) - r.values[k] * np.sum(
                       g * r.values[k], axis, keepdims=True))  # fmt: skip
    yield edit("averaged", 2.4, f"the derivative of the softmax `{p}` has a mean for its sum, {right}",
               lambda r, g: r.values[k] * (g - np.mean(g * r.values[k], axis, keepdims=True)))  # fmt: skip
    for other in [*(a for a in range(n) if a != axis % n), *([tuple(range(n))] if n > 1 else [])]:
        yield edit("wrong axis", 2.3, f"the sum in the derivative of the softmax `{p}` goes over axis {other}, {right}",
                   lambda r, g, other=other: r.values[k] * (
                       g - np.sum(g * r.values[k], other, keepdims=True)))  # type: ignore[misc]  # fmt: skip

        def elsewhere(r: Replay, g: Any, other: Any = other) -> Any:
            q, scored = r.values[k], r.values[x]
            e = np.exp(scored - np.max(scored))
            return q * g - e / np.sum(e, other, keepdims=True) * np.sum(g * q, axis, keepdims=True)

        yield edit("wrong axis", 2.4, f"the softmax in {d(scores)} is taken along axis {other}, expected axis {axis}",
                   elsewhere)  # fmt: skip
    yield Edit("diagonal only", 2.4,
               f"the derivative of the softmax `{p}` is multiplied in once more, as if it were elementwise: "
               f"{d(scores)} is complete before", x, None,
               lambda r, g: g * r.values[k] * (1 - r.values[k]))  # fmt: skip


def _in_columns(term: Any) -> Any:
    """Return a term with the largest element of each column in all its rows."""
    largest = np.take_along_axis(term, np.argmax(np.abs(term), 0)[None], 0)
    return np.broadcast_to(largest, np.shape(term))


def of_logsumexp(r: Replay, k: int) -> Iterator[Edit]:
    """The softmax that is the derivative of log(sum(exp(x))) is taken along another axis."""
    if r.op(k) != "log" or r.op(s := r.out[k][0][1]) != "sum" or r.op(e := r.out[s][0][1]) != "exp":
        return
    x, axis, n = r.out[e][0][1], r.params[s].get("axis"), np.ndim(r.values[e])
    if not isinstance(axis, (int, np.integer)) or n < 2 or len(r.into[e]) > 1 or len(r.into[s]) > 1:
        return

    if r.op(x) == "subtract" and r.op(r.out[x][-1][1]) == "max":  # the largest score was subtracted
        x = r.out[x][0][1]

    def off(r: Replay, other: int) -> Any:
        g = r.totals[k] if np.ndim(r.totals[k]) == n else np.expand_dims(r.totals[k], axis)
        powers = r.values[e]
        return g * powers * (1 / np.sum(powers, other, keepdims=True) - 1 / np.sum(powers, axis, keepdims=True))

    for other in (a for a in range(n) if a != axis % n):
        yield Edit(
            "wrong axis",
            2.4,
            f"the softmax in {d(r.name(x))} is taken along axis {other}, expected axis {axis}",
            x,
            None,
            lambda r, g, other=other: g + off(r, other),  # type: ignore[misc]
        )


def normalised(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """A division by the sum of the same numbers, of which only the diagonal of the Jacobian is used."""
    if r.op(k) != "divide" or i != 0:
        return
    total = r.nodes[k].inputs[1]
    if type(total) is not Tensor or r.op(s := r.index[total]) != "sum" or r.nodes[s].inputs[0] is not r.nodes[j]:
        return
    if len(r.into[s]) == 1:
        said = f"only the diagonal of the Jacobian of `{r.name(k)}` is used in {d(r.name(j))}: "
        yield Edit(
            "diagonal only",
            2.0,
            said + "the sum depends on every element",
            j,
            ((k, 0), (s, 0)),
            lambda r, g: g * (1 - r.values[k]) / r.values[s],
            "diagonal",
        )


def broadcast(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """What broadcasting repeats is not summed: one of the terms is taken; or the sum runs over another axis."""
    row = r.nodes[k].op
    shape = np.shape(r.values[j])
    if row is None or row.core is None:
        return
    full = np.shape(r.values[k])
    if full == shape or row.core != 0 or not full:
        return
    x = r.name(j)
    extra = len(full) - len(shape)

    def pick(where: int) -> Change:
        def change(r: Replay, g: Any) -> Any:
            c = np.broadcast_to(r.rule(k, i, g), full)
            for axis in range(len(full)):
                n = shape[axis - extra] if axis >= extra else 1
                if n != full[axis]:
                    c = np.take(c, [where], axis)
            return np.reshape(c, shape)

        return change

    for where, said in ((0, "first"), (-1, "last")):
        yield Edit(
            "not summed",
            2.3,
            f"{d(x)} is not summed over what `{x}` is broadcast along in `{r.expression(k)}`: "
            f"only the {said} term is taken",
            j,
            ((k, i),),
            pick(where),
            f"only {said}",
        )
    for axis in range(len(full)):
        rest = full[:axis] + full[axis + 1 :]
        if len(shape) == 1 and rest == shape and axis != 0:
            yield Edit(
                "wrong axis",
                2.3,
                f"{d(x)} is summed over axis {axis} in the place of axis 0",
                j,
                ((k, i),),
                lambda r, g, axis=axis: np.sum(np.broadcast_to(r.rule(k, i, g), full), axis),  # type: ignore[misc]
                f"axis {axis}",
            )
    over = tuple(a for a in range(len(full)) if a < extra or shape[a - extra] != full[a])
    if 0 < len(over) < len(full) and np.size(r.values[j]) > 1:
        for late in (False, True) if r.op(k) == "divide" and i == 1 else (False,):

            def sum_all(r: Replay, g: Any, late: bool = late) -> Any:
                y = r.values[j] if late else 1.0  # what does not vary along the axis may come after the sum
                return np.sum(np.broadcast_to(r.rule(k, i, g) * y * y, full)) / (y * y) * np.ones(shape)

            yield Edit(
                "summed too much",
                2.3,
                f"{d(x)} is summed over all elements, expected over axis {', '.join(map(str, over))} alone",
                j,
                ((k, i),),
                sum_all,
                f"over all {late}",
            )
    if len(shape) == 2 and len(full) == 2 and 1 in shape and full[0] == full[1]:
        axis = shape.index(full[0]) if full[0] in shape else 0
        yield Edit(
            "wrong axis",
            2.3,
            f"{d(x)} is summed over the wrong axis",
            j,
            ((k, i),),
            lambda r, g: np.reshape(np.sum(np.broadcast_to(r.rule(k, i, g), full), axis), shape),
            "wrong axis",
        )


def shared_maximum(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The cotangent of a maximum goes to every element of its window, or to the first only."""
    if r.op(k) not in ("max", "min"):
        return
    axis, keep = r.params[k].get("axis"), r.params[k].get("keepdims", False)

    def everywhere(r: Replay, g: Any) -> Any:
        c = g if keep or axis is None else np.expand_dims(g, axis)
        return np.broadcast_to(c, np.shape(r.values[j]))

    yield Edit(
        "missing mask",
        2.0,
        f"the derivative of `{r.name(k)}` is passed to every element of `{r.name(j)}`, "
        "expected at the picked ones only",
        j,
        ((k, i),),
        everywhere,
        "everywhere",
    )


def deviations(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The mean is not subtracted in the derivative of a variance, or of a standard deviation."""
    if r.op(k) not in ("variance", "deviation"):
        return

    def change(r: Replay, g: Any) -> Any:
        x, params = r.values[j], r.params[k]
        n = np.size(x) / np.size(r.values[k]) - params.get("ddof", 0)
        axis, keep = params.get("axis"), params.get("keepdims", False)
        part = g if r.op(k) == "variance" else g / (2 * r.values[k])
        return 2 * x / n * (part if keep or axis is None else np.expand_dims(part, axis))

    yield Edit(
        "missing term",
        2.2,
        f"the mean of `{r.name(j)}` is not subtracted from it in the derivative of `{r.name(k)}`",
        j,
        ((k, i),),
        change,
        "mean not subtracted",
    )

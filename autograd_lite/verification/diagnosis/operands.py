"""Mistakes with one operand of one op: a factor left out, something transposed, another value in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.diagnosis.edits import HARD, MOST_OTHERS, Edit, d
from autograd_lite.verification.diagnosis.replay import Change, Replay


def skipped_factor(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The factor beside an operand is left out; a quotient's is left out or turned around."""
    node = r.nodes[k]
    if len(node.inputs) != 2 or r.op(k) not in ("multiply", "divide", "dot", "inner", "vdot"):
        return
    other = r.operand(k, 1 - i)
    x = r.name(j)
    if r.op(k) in ("dot", "inner", "vdot") and np.ndim(r.values[k]):
        return
    number = r.inputs(k)[1 - i]
    plain = type(node.inputs[1 - i]) is not Tensor and np.ndim(number) == 0 and abs(number) != 1
    missing = f"the factor `{other}` is missing in {d(x)}, from `{r.expression(k)}`"
    if r.op(k) == "divide":
        missing = f"the division by `{other}` is missing in {d(x)}, from `{r.expression(k)}`"
        if i == 1:
            missing = f"the derivative of `{r.expression(k)}` by `{x}` is missing in {d(x)}"

    def edit(kind: str, cost: float, message: str, change: Change, key: str) -> Edit:
        return Edit(kind, cost, message, j, ((k, i),), change, key)

    yield edit(
        "missing factor",
        1.9 if plain else 2.1,  # a number that is in the code, before a ratio that happens to equal it
        missing,
        lambda r, g: np.broadcast_to(g, np.broadcast_shapes(np.shape(g), np.shape(r.values[j]))),
        f"skip {i}",
    )
    if r.op(k) == "divide" and i == 1:
        said = f"in {d(x)}, `{r.expression(k)}` is derived as if it were a product"
        yield edit("wrong derivative", 2.6, said, lambda r, g: g * r.inputs(k)[0], "as product")
        said = f"in {d(x)}, the derivative of `{r.expression(k)}` is divided by `{x}`, expected by its square"
        yield edit("wrong derivative", 2.6, said, lambda r, g: -g * r.values[k], "unsquared")
        if r.named(k):
            said = (
                f"in {d(x)}, the factor `{r.name(k)}` is missing: `{r.expression(k)}` has the derivative "
                f"`-{r.name(k)} / {x}` by `{x}`"
            )
            yield edit("missing factor", 2.7, said, lambda r, g: -g / r.inputs(k)[1], "numerator")
    if r.op(k) == "divide" and i == 0:
        said = f"in {d(x)} it is multiplied by `{other}`, expected to be divided by it"
        yield edit("wrong derivative", 2.6, said, lambda r, g: g * r.inputs(k)[1], "as product")
    if r.op(k) == "multiply":
        said = f"in {d(x)} it is divided by `{other}`, expected to be multiplied by it"
        yield edit("wrong derivative", 2.7, said, lambda r, g: g / r.inputs(k)[1 - i], "as quotient")
        said = f"in {d(x)} the factor `{other}` is squared"
        yield edit("wrong derivative", 2.7, said, lambda r, g: g * r.inputs(k)[1 - i] ** 2, "squared")


def wrong_power(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The power rule with another exponent, or without its factor."""
    node = r.nodes[k]
    if r.op(k) != "power" or i != 0 or type(node.inputs[1]) is Tensor:
        return
    n = np.asarray(node.inputs[1])
    x = r.name(j)
    for said, change in (
        (
            f"the exponent is not lowered by 1 in the derivative of `{r.expression(k)}`",
            lambda r, g: g * r.inputs(k)[1] * r.values[k],
        ),
        (
            f"the exponent is lowered, and the factor {n} left out, in the derivative of `{r.expression(k)}`",
            lambda r, g: g * r.values[j] ** (r.inputs(k)[1] - 1.0),
        ),
        (
            f"the exponent is lowered by 2, not by 1, in the derivative of `{r.expression(k)}`",
            lambda r, g: g * r.inputs(k)[1] * r.values[j] ** (r.inputs(k)[1] - 2.0),
        ),
        (
            f"the factor that comes down is {n - 1}, expected {n}, in the derivative of `{r.expression(k)}`",
            lambda r, g: g * (r.inputs(k)[1] - 1.0) * r.values[j] ** (r.inputs(k)[1] - 1.0),
        ),
    ):
        cost = 2.6 if "by 2" in said else 2.0
        yield Edit("wrong power", cost, f"in {d(x)} {said}", j, ((k, i),), change, said[:20])


def turned(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """An operand, the cotangent or the product is transposed, or back to front."""
    row = r.nodes[k].op
    if row is not None and r.op(k) == "multiply" and np.shape(r.inputs(k)[1 - i]) != ():
        p, other = 1 - i, r.operand(k, 1 - i)
        yield Edit("back to front", 2.9, f"in {d(r.name(j))}, `{other}` of `{r.expression(k)}` is taken back to front",
                   j, ((k, i),), lambda r, g: r.rule(k, i, g, swaps={p: np.flip(r.inputs(k)[p])}),
                   f"operand {p} flipped")  # fmt: skip
    if row is None or row.elementwise or r.op(k) in ("sum", "mean", "transpose", "reshape"):
        return
    x = r.name(j)
    inputs = r.inputs(k)
    must = "must be" if r.op(k) in ("matmul", "dot") else "is wrongly"
    for p, value in enumerate(inputs):
        if p == i or np.ndim(value) == 0:
            continue
        other = r.operand(k, p)
        if np.ndim(value) >= 2 and np.shape(value)[-1] == np.shape(value)[-2]:
            yield Edit(
                "transposed",
                2.3,
                f"in {d(x)}, from `{r.expression(k)}`, `{other}` {must} transposed",
                j,
                ((k, i),),
                lambda r, g, p=p: r.rule(k, i, g, swaps={p: np.swapaxes(r.inputs(k)[p], -1, -2)}),  # type: ignore[misc]
                f"operand {p} transposed",
            )
        for axis in range(min(np.ndim(value), 4)) if _slides(r, k) else ():
            yield Edit(
                "back to front",
                2.4,
                f"in {d(x)}, from `{r.expression(k)}`, `{other}` is taken back to front",
                j,
                ((k, i),),
                lambda r, g, p=p, axis=axis: r.rule(k, i, g, swaps={p: np.flip(r.inputs(k)[p], axis)}),  # type: ignore[misc]
                f"operand {p} flipped {axis}",
            )
    g = r.totals[k]
    if np.ndim(g) >= 2 and g.shape[-1] == g.shape[-2]:
        yield Edit(
            "transposed",
            2.4,
            f"in {d(x)}, from `{r.expression(k)}`, {d(r.name(k))} "
            f"{'must be' if r.op(j) == 'transpose' else 'must not be'} transposed",
            j,
            ((k, i),),
            lambda r, g: r.rule(k, i, np.swapaxes(g, -1, -2)),
            "cotangent transposed",
        )
    shape = np.shape(r.values[j])
    if len(shape) >= 2 and shape[-1] == shape[-2]:
        yield Edit(
            "transposed",
            2.4,
            f"in {d(x)}, the term from `{r.expression(k)}` is transposed",
            j,
            ((k, i),),
            lambda r, g: np.swapaxes(r.rule(k, i, g), -1, -2),
            "product transposed",
        )
    if len(shape) and (_slides(r, k) or r.op(k).startswith(("cum", "flip", "getitem", "roll"))):
        for axis in (axis for axis, n in enumerate(shape) if n > 2):
            yield Edit(
                "back to front",
                2.4,
                f"{d(x)}, from `{r.expression(k)}`, comes back to front",
                j,
                ((k, i),),
                lambda r, g, axis=axis: np.flip(r.rule(k, i, g), axis),  # type: ignore[misc]
                f"flipped {axis}",
            )
            if np.shape(g) == shape:
                yield Edit(
                    "back to front",
                    2.4,
                    f"in {d(x)}, `{r.expression(k)}` is pulled back in the wrong direction",
                    j,
                    ((k, i),),
                    lambda r, g, axis=axis: np.flip(r.rule(k, i, np.flip(g, axis)), axis),  # type: ignore[misc]
                    f"direction {axis}",
                )
                yield Edit(
                    "missing derivative",
                    2.5,
                    f"`{r.expression(k)}` is not pulled back: {d(r.name(k))} is passed to `{x}` as it is",
                    j,
                    ((k, i),),
                    lambda r, g: g,
                    "identity",
                )


def _slides(r: Replay, k: int) -> bool:
    return any(word in r.op(k) for word in ("conv", "corr", "window", "scan"))


def other_operand(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """Another value of the same shape in the place of an operand."""
    node = r.nodes[k]
    if len(node.inputs) < 2 or r.op(k) in ("add", "subtract", "concatenate", "stack"):
        return
    x = r.name(j)
    for p, value in enumerate(r.inputs(k)):
        if p == i and (node.op is None or not node.op.elementwise or r.op(k) == "multiply"):
            continue
        if np.ndim(value) == 0 and not isinstance(value, np.generic) and type(node.inputs[p]) is not Tensor:
            continue
        here = node.inputs[p]
        shape = np.shape(value)
        same = r.same_shape.get(shape, [])
        if len(same) > MOST_OTHERS:
            same = sorted(same, key=lambda other: (not r.named(other), abs(other - k)))[:MOST_OTHERS]
        for other in same:
            if r.nodes[other] is here or not np.any(r.values[other]):  # with zeros, the term is missing
                continue
            said = "the product" if r.op(k) in ("multiply", "matmul", "dot") else f"`{r.expression(k)}`"
            told, detail = _told(r, other, k, p)
            yield Edit(
                "wrong operand",
                3.0 + 0.4 * (not r.named(other)) + 0.3 * (shape == ()) + _hidden(r, k, j),
                f"in {d(x)}, {said} is formed with {told}",
                j,
                ((k, i),),
                lambda r, g, p=p, other=other: r.rule(k, i, g, swaps={p: r.values[other]}),  # type: ignore[misc]
                _related(r, k, other, p),
                detail=detail,
            )
        for name, k2, i2 in r.constant_arrays:
            if np.shape(r.nodes[k2].inputs[i2]) == shape and r.nodes[k2].inputs[i2] is not here:
                yield Edit(
                    "wrong operand",
                    3.1,
                    f"in {d(x)}, `{name}` stands in the place of `{r.operand(k, p)}`",
                    j,
                    ((k, i),),
                    lambda r, g, p=p, k2=k2, i2=i2: r.rule(k, i, g, swaps={p: r.nodes[k2].inputs[i2]}),  # type: ignore[misc]
                    f"operand {p} is {name}",
                )
        if np.asarray(value).dtype.kind == "f":
            for said, hard in _apart(value):
                if not np.any(hard(value)):
                    continue
                yield Edit(
                    "rounded value",
                    3.2,
                    f"in {d(x)}, {said.format(v=r.operand(k, p))} stands in the place of `{r.operand(k, p)}`",
                    j,
                    ((k, i),),
                    lambda r, g, p=p, hard=hard: r.rule(k, i, g, swaps={p: hard(r.inputs(k)[p])}),  # type: ignore[misc]
                    f"{said} {p}",
                )


def altered(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The other factor of a product is squared, or the variable itself is added to it."""
    if r.op(k) not in ("matmul", "dot", "multiply", "inner", "vdot"):
        return
    p, x = 1 - i, r.name(j)
    factor = r.operand(k, p)
    if r.op(k) != "multiply":
        yield Edit("wrong derivative", 2.8, f"in {d(x)}, from `{r.expression(k)}`, `{factor}` is squared", j, ((k, i),),
                   lambda r, g: r.rule(k, i, g, swaps={p: np.square(r.inputs(k)[p])}), "squared")  # fmt: skip
    if np.shape(r.inputs(k)[p]) == np.shape(r.values[j]) and r.named(j):
        said = f"in {d(x)}, from `{r.expression(k)}`, `{x}` is added to the factor `{factor}`"
        yield Edit("wrong operand", 3.1, said, j, ((k, i),),
                   lambda r, g: r.rule(k, i, g, swaps={p: r.inputs(k)[p] + r.values[j]}),
                   "itself added")  # fmt: skip


def _apart(value: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return what may be made of a value by rounding it: one for all that are the same, named as any of them."""
    found: list[tuple[list[str], Callable[[Any], Any], Any]] = []
    for said, hard in HARD.items():
        made = hard(value)
        alike = next((names for names, _, same in found if np.array_equal(made, same)), None)
        if alike is None:
            found.append(([said], hard, made))
        else:
            alike.append(said)
    return [
        (names[0] + (f" (the same here as {', or '.join(names[1:])})" if names[1:] else ""), hard)
        for names, hard, _ in found
    ]


def _hidden(r: Replay, k: int, j: int) -> float:
    """Return what it costs that the input of an elementwise step, but for a product, is no variable."""
    row = r.nodes[k].op
    written = row is None or not row.elementwise or r.op(k) == "multiply"
    return 0.0 if written or r.named(j) else 0.5


def _told(r: Replay, other: int, k: int, p: int) -> tuple[str, str]:
    """Say which value stands in the place of which operand; where both have one name, of which step, and details."""
    given, right = r.name(other), r.operand(k, p)
    x = r.nodes[k].inputs[p]
    if given != right or type(x) is not Tensor:
        return f"`{given}`, expected `{right}`", ""
    alike = [q for q in reversed(range(len(r.nodes))) if r.name(q) == given]  # the oldest first
    n, m = alike.index(other) + 1, alike.index(r.index[x]) + 1
    apart = abs(n - m)
    when = f"{apart} {'step' if apart == 1 else 'steps'} {'later' if n > m else 'earlier'}"
    return f"the `{given}` of another step, {when} than expected", f": with value {n} of {len(alike)}, expected {m}"


def _related(r: Replay, k: int, other: int, p: int) -> str:
    """Name the operand by how it lies to the node, so that every step of a recurrence has its own."""
    return f"operand {p} is {other - k:+d}" if abs(other - k) <= 12 else ""


def symmetric(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """A square matrix is taken for its symmetric part, and the other way round."""
    for p, value in enumerate(r.inputs(k)):
        if p != i and r.op(k) in ("matmul", "dot") and np.ndim(value) == 2 and np.shape(value)[0] == np.shape(value)[1]:
            yield Edit(
                "taken as symmetric",
                2.8,
                f"in {d(r.name(j))}, `{r.operand(k, p)}` is taken for its symmetric part",
                j,
                ((k, i),),
                lambda r, g, p=p: r.rule(k, i, g, swaps={p: (r.inputs(k)[p] + r.inputs(k)[p].T) / 2}),  # type: ignore[misc]
                f"symmetric {p}",
            )

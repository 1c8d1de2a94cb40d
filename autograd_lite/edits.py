"""Mistakes at one step of the backward pass, as edits of what a node passes on: the table of local mistakes.

Each entry of the tables yields edits: a wrong cotangent, as a function of a replay, with what to say of it. To add a
mistake, add a function to a table. An edit with a ``key`` can be made at several nodes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.graph import Tensor, raw
from autograd_lite.replay import Change, Replay

DERIVATIVES = {
    "tanh": "1 - {z}**2",
    "sigmoid": "{z} * (1 - {z})",
    "exp": "{z}",
    "log": "1 / {x}",
    "log1p": "1 / (1 + {x})",
    "sqrt": "1 / (2 * {z})",
    "square": "2 * {x}",
    "relu": "({x} > 0)",
    "sin": "np.cos({x})",
    "cos": "-np.sin({x})",
    "absolute": "np.sign({x})",
    "softplus": "sigmoid({x})",
    "reciprocal": "-1 / {x}**2",
    "arctan": "1 / (1 + {x}**2)",
    "maximum": "the mask of np.maximum",
    "minimum": "the mask of np.minimum",
    "clip": "the mask of np.clip",
}
CONVOLUTIONS = ("convolve", "correlate")
MOST_OTHERS = 60
"""Among so many values of the same shape, one that was mistaken for another is looked for."""


@dataclass(frozen=True)
class Edit:
    """A wrong cotangent for the node at ``j``, instead of what arrives along ``edges`` (all of it where that is None).

    Attributes
    ----------
    kind : str
    cost : float
        How far-fetched it is: the simplest that fits is named first.
    message : str
    j : int
    edges : tuple of (place, position), or None
    change : Change
        From a replay and the cotangent of the edges' node (of ``j`` itself, where there are none).
    key : str
        What the same mistake is called at other nodes; empty where it makes sense at this node alone.
    scales : bool
        Whether a simple constant may come on top.
    start : int, optional
        The node whose cotangent that is, where it is not the first edge's.
    """

    kind: str
    cost: float
    message: str
    j: int
    edges: tuple[tuple[int, int], ...] | None
    change: Change
    key: str = ""
    scales: bool = False
    start: int | None = None

    @property
    def source(self) -> int:
        """The node whose cotangent is passed on wrongly."""
        return self.start if self.start is not None else self.edges[0][0] if self.edges else self.j

    def delta(self, r: Replay) -> Any:
        """Return by how much the cotangent of ``j`` differs from the true one."""
        g = r.totals[self.source]
        made = r.fit(self.change(r, g), self.j)
        if self.edges is None:
            return made - r.totals[self.j]
        return made - sum(r.passed[edge] for edge in self.edges)


def d(name: str) -> str:
    """Return what the derivative by a variable is called."""
    return f"d{name}" if name.isidentifier() else f"the derivative by {name}"


# --- functions of one variable: an op, or several that make up an activation -------------------------------------


@dataclass(frozen=True)
class Region:
    """Nodes that make up an elementwise function from the node ``x`` to the node ``z``, newest first."""

    z: int
    x: int
    nodes: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    """Those that arrive at x."""

    def pull(self, r: Replay, g: Any, at: Any = None) -> Any:
        """Return the cotangent of x from that of z, with the local derivatives taken at another value of x."""
        values: dict[int, Any] = {self.x: r.values[self.x] if at is None else at}
        for k in reversed(self.nodes):
            node = r.nodes[k]
            assert node.op is not None
            values[k] = node.op.compute(*self._inputs(r, k, values), **r.params[k])
        found: dict[int, Any] = {self.z: g}
        for k in self.nodes:
            for _, j, rule in r.out[k]:
                c = r.fit(rule(found[k], values[k], *self._inputs(r, k, values), **r.params[k]), j)
                found[j] = found[j] + c if j in found else c
        return found[self.x]

    def _inputs(self, r: Replay, k: int, values: dict[int, Any]) -> list[Any]:
        return [values[r.index[x]] if type(x) is Tensor else raw(x) for x in r.nodes[k].inputs]

    def at(self, r: Replay, value: Any) -> Any:
        """Return the function's value at another value of x."""
        values: dict[int, Any] = {self.x: value}
        for k in reversed(self.nodes):
            node = r.nodes[k]
            assert node.op is not None
            values[k] = node.op.compute(*self._inputs(r, k, values), **r.params[k])
        return values[self.z]


def regions(r: Replay, z: int, most: int = 10) -> Iterator[Region]:
    """Yield the elementwise functions that end at a node, the shortest first."""
    shape = np.shape(r.values[z])
    inside: list[int] = []
    frontier = {z}
    while len(inside) < most:
        k = min(frontier)  # the newest: everything that uses it and lies within has been expanded
        row = r.nodes[k].op
        if row is None or not row.elementwise or (k != z and any(user not in inside for user, _ in r.into[k])):
            return
        frontier.discard(k)
        inside.append(k)
        frontier |= {j for _, j, _ in r.out[k]}
        if any(np.shape(r.values[j]) != shape for j in frontier) or not frontier:
            return
        if len(frontier) == 1:
            (x,) = frontier
            members = set(inside)
            edges = tuple((user, i) for user, i in r.into[x] if user in members)
            yield Region(z, x, tuple(inside), edges)


def _square(v: Any) -> Any:
    return v * v


FACTORS: dict[str, Callable[[Any], Any]] = {
    "{v}": lambda v: v,
    "1 - {v}": lambda v: 1 - v,
    "{v} * (1 - {v})": lambda v: v * (1 - v),
    "1 - {v}**2": lambda v: 1 - v * v,
    "{v}**2": _square,
    "1 / {v}": lambda v: 1 / v,
    "({v} > 0)": lambda v: v > 0,
    "1 + {v}": lambda v: 1 + v,
    "{v}**3": lambda v: v**3,
    "1 / {v}**2": lambda v: 1 / (v * v),
    "np.sqrt({v})": np.sqrt,
    "np.exp({v})": np.exp,
    "np.sin({v})": np.sin,
    "np.cos({v})": np.cos,
    "1 + {v}**2": lambda v: 1 + v * v,
    "sigmoid({v}) * (1 - sigmoid({v}))": lambda v: (s := 1 / (1 + np.exp(-v))) * (1 - s),
    "1 - np.tanh({v})**2": lambda v: 1 - np.square(np.tanh(v)),
    "(1 - {v})**2": lambda v: _square(1 - v),
    "{v}**2 * (1 - {v})": lambda v: v * v * (1 - v),
}


def _local(name: str, region: Region, r: Replay) -> str:
    """Say what the derivative of a function is, where that is short."""
    known = DERIVATIVES.get(name) if len(region.nodes) == 1 else None
    return known.format(x=r.name(region.x), z=r.name(region.z)) if known else ""


def _function(r: Replay, region: Region) -> str:
    return r.op(region.z) if len(region.nodes) == 1 else f"`{r.name(region.z)}`"


def of_functions(r: Replay, region: Region) -> Iterator[Edit]:
    """Yield mistakes with the derivative of an elementwise function of one variable."""
    x, z = r.name(region.x), r.name(region.z)
    function = _function(r, region)
    extra = 0.05 * (len(region.nodes) - 1) + 0.6 * (not r.named(region.z)) + 0.4 * (not r.named(region.x))
    right = _local(r.op(region.z), region, r)
    fix = (
        f": multiply `d{z}` by `{right}`"
        if right and r.named(region.z)
        else f": multiply by `{right}`"
        if right
        else ""
    )
    tail = f", {right}" if right else ""

    def edit(kind: str, cost: float, message: str, change: Change, key: str, scales: bool = False) -> Edit:
        return Edit(kind, cost + extra, message, region.x, region.edges, change, key, scales, region.z)

    if all(r.op(k) in ("add", "subtract", "negative", "positive", "alias") for k in region.nodes):
        return
    yield edit(
        "missing derivative",
        2.0,
        f"the derivative of {function} is missing at `{z}`: it is passed on to `{x}` as it is{fix}",
        lambda r, g: g,
        "identity",
    )
    yield edit(
        "derivative at the wrong place",
        2.2,
        f"the derivative of {function} is taken at its output `{z}`, expected at its input `{x}`",
        lambda r, g: region.pull(r, g, r.values[region.z]),
        "at output",
    )
    if len(region.nodes) == 1 and len(region.edges) == 1:
        k, i = region.edges[0]
        yield edit(
            "derivative at the wrong place",
            2.2,
            f"the derivative of {function}{tail}, is taken with `{x}` in the place of `{z}`",
            lambda r, g: r.rule(k, i, g, z=r.values[region.x]),
            "input for output",
        )
        yield edit(
            "derivative at the wrong place",
            2.3,
            f"the derivative of {function}{tail}, is taken with `{z}` in the place of `{x}`",
            lambda r, g: r.rule(k, i, g, swaps={i: r.values[region.z]}),
            "output for input",
        )
        yield edit(
            "derivative at the wrong place",
            2.4,
            f"the derivative of {function} is taken at `{z}`, and {r.op(k)} applied once more",
            lambda r, g: r.rule(k, i, g, z=region.at(r, r.values[region.z])),
            "output twice",
        )
    for place, name in ((region.z, z), (region.x, x)):
        for n, (text, factor) in enumerate(FACTORS.items()):
            said = text.format(v=name)
            yield edit(
                "wrong derivative",
                2.8 + 0.02 * n,
                f"the derivative of {function} at `{x}` is taken to be `{said}`"
                + (f"; it is `{right}`" if right else ""),
                lambda r, g, factor=factor, place=place: g * factor(r.values[place]),  # type: ignore[misc]
                f"{text} of {'z' if place == region.z else 'x'}",
                scales=True,
            )
    yield edit(
        "derivative twice",
        2.6,
        f"the derivative of {function} is multiplied in twice on the way from `{z}` to `{x}`",
        lambda r, g: region.pull(r, region.pull(r, g)),
        "twice",
    )
    yield edit(
        "wrong derivative",
        3.0,
        f"on the way from `{z}` to `{x}` it is divided by the derivative of {function}, not multiplied",
        lambda r, g: g * g / region.pull(r, g),
        "divided",
    )


def at_others(r: Replay, region: Region) -> Iterator[Edit]:
    """Yield derivatives of a function taken at another variable."""
    function = _function(r, region)
    if all(r.op(k) in ("add", "subtract", "negative", "positive", "alias", "multiply") for k in region.nodes):
        return
    for other in _others(r, region.x):
        if other in (region.x, region.z):
            continue
        cost = 3.0 + 0.1 * len(region.nodes) + 0.4 * (not r.named(other))
        said = f"the derivative of {function} is taken at `{r.name(other)}`, expected at `{r.name(region.x)}`"
        yield Edit(
            "derivative at the wrong place",
            cost,
            said,
            region.x,
            region.edges,
            lambda r, g, other=other: region.pull(r, g, r.values[other]),  # type: ignore[misc]
            start=region.z,
        )
        if len(region.nodes) == 1 and len(region.edges) == 1:
            k, i = region.edges[0]
            yield Edit(
                "derivative at the wrong place",
                cost,
                f"the derivative of {function} is taken with `{r.name(other)}` in the place of `{r.name(region.z)}`",
                region.x,
                region.edges,
                lambda r, g, k=k, i=i, other=other: r.rule(k, i, g, z=r.values[other]),  # type: ignore[misc]
            )


def _others(r: Replay, k: int) -> list[int]:
    """Return the nodes whose value has the shape of this one: named ones, and near ones, first."""
    same = r.same_shape.get(np.shape(r.values[k]), [])
    if len(same) <= MOST_OTHERS:
        return same
    return sorted(same, key=lambda other: (not r.named(other), abs(other - k)))[:MOST_OTHERS]


# --- edges: one operand of one op -----------------------------------------------------------------------------


def skipped_factor(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The factor beside an operand is left out; a quotient's is left out or turned around."""
    node = r.nodes[k]
    if len(node.inputs) != 2 or r.op(k) not in ("multiply", "divide", "dot", "power", "inner", "vdot"):
        return
    other = r.operand(k, 1 - i)
    x = r.name(j)
    if r.op(k) in ("dot", "inner", "vdot") and np.ndim(r.values[k]):
        return
    yield Edit(
        "missing factor",
        2.1,
        f"the factor `{other}` is missing in {d(x)}, from `{r.expression(k)}`",
        j,
        ((k, i),),
        lambda r, g: np.broadcast_to(g, np.broadcast_shapes(np.shape(g), np.shape(r.values[j]))),
        f"skip {i}",
    )
    if r.op(k) == "divide" and i == 1:
        yield Edit(
            "wrong derivative",
            2.6,
            f"in {d(x)}, `{r.expression(k)}` is derived as if it were a product",
            j,
            ((k, i),),
            lambda r, g: g * r.inputs(k)[0],
            "as product",
        )
        yield Edit(
            "wrong derivative",
            2.6,
            f"in {d(x)}, the square of `{x}` is missing in the derivative of `{r.expression(k)}`",
            j,
            ((k, i),),
            lambda r, g: -g * r.values[k],
            "unsquared",
        )
    if r.op(k) == "divide" and i == 0:
        yield Edit(
            "wrong derivative",
            2.6,
            f"in {d(x)} it is multiplied by `{other}`, expected to be divided by it",
            j,
            ((k, i),),
            lambda r, g: g * r.inputs(k)[1],
            "as product",
        )
    if r.op(k) == "multiply":
        yield Edit(
            "wrong derivative",
            2.7,
            f"in {d(x)} it is divided by `{other}`, expected to be multiplied by it",
            j,
            ((k, i),),
            lambda r, g: g / r.inputs(k)[1 - i],
            "as quotient",
        )
        yield Edit(
            "wrong derivative",
            2.7,
            f"in {d(x)} the factor `{other}` is squared",
            j,
            ((k, i),),
            lambda r, g: g * r.inputs(k)[1 - i] ** 2,
            "squared",
        )


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
            lambda r, g: g * n * r.values[k],
        ),
        (
            f"the exponent is lowered, and the factor {n} left out, in the derivative of `{r.expression(k)}`",
            lambda r, g: g * r.values[j] ** (n - 1.0),
        ),
        (
            f"the exponent is lowered by 2, not by 1, in the derivative of `{r.expression(k)}`",
            lambda r, g: g * n * r.values[j] ** (n - 2.0),
        ),
    ):
        yield Edit("wrong power", 2.0, f"in {d(x)} {said}", j, ((k, i),), change, said[:20])


def turned(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """An operand, the cotangent or the product is transposed, or back to front."""
    row = r.nodes[k].op
    if row is None or row.elementwise or r.op(k) in ("sum", "mean", "transpose", "reshape"):
        return
    x = r.name(j)
    inputs = r.inputs(k)
    for p, value in enumerate(inputs):
        if p == i or np.ndim(value) == 0:
            continue
        other = r.operand(k, p)
        if np.ndim(value) >= 2 and np.shape(value)[-1] == np.shape(value)[-2]:
            yield Edit(
                "transposed",
                2.3,
                f"in {d(x)}, from `{r.expression(k)}`, `{other}` is to be transposed, or not to",
                j,
                ((k, i),),
                lambda r, g, p=p: r.rule(k, i, g, swaps={p: np.swapaxes(r.inputs(k)[p], -1, -2)}),
                f"operand {p} transposed",
            )
        for axis in range(min(np.ndim(value), 4)) if _slides(r, k) else ():
            yield Edit(
                "back to front",
                2.4,
                f"in {d(x)}, from `{r.expression(k)}`, `{other}` is taken back to front",
                j,
                ((k, i),),
                lambda r, g, p=p, axis=axis: r.rule(k, i, g, swaps={p: np.flip(r.inputs(k)[p], axis)}),
                f"operand {p} flipped {axis}",
            )
    g = r.totals[k]
    if np.ndim(g) >= 2 and g.shape[-1] == g.shape[-2]:
        yield Edit(
            "transposed",
            2.4,
            f"in {d(x)}, from `{r.expression(k)}`, {d(r.name(k))} is transposed",
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
        for axis in range(len(shape)):
            yield Edit(
                "back to front",
                2.4,
                f"{d(x)}, from `{r.expression(k)}`, comes back to front",
                j,
                ((k, i),),
                lambda r, g, axis=axis: np.flip(r.rule(k, i, g), axis),
                f"flipped {axis}",
            )
            if np.shape(g) == shape:
                yield Edit(
                    "back to front",
                    2.4,
                    f"in {d(x)}, `{r.expression(k)}` is pulled back in the wrong direction",
                    j,
                    ((k, i),),
                    lambda r, g, axis=axis: np.flip(r.rule(k, i, np.flip(g, axis)), axis),
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
            if r.nodes[other] is here:
                continue
            said = "the product" if r.op(k) in ("multiply", "matmul", "dot") else f"`{r.expression(k)}`"
            yield Edit(
                "wrong operand",
                3.0 + 0.4 * (not r.named(other)) + 0.3 * (shape == ()),
                f"in {d(x)}, {said} is formed with `{r.name(other)}`{_which(r.name(other), r.operand(k, p))}, expected `{r.operand(k, p)}`",
                j,
                ((k, i),),
                lambda r, g, p=p, other=other: r.rule(k, i, g, swaps={p: r.values[other]}),
                _related(r, k, other, p),
            )
        for name, k2, i2 in r.constant_arrays:
            if np.shape(r.nodes[k2].inputs[i2]) == shape and r.nodes[k2].inputs[i2] is not here:
                yield Edit(
                    "wrong operand",
                    3.1,
                    f"in {d(x)}, `{name}` stands in the place of `{r.operand(k, p)}`",
                    j,
                    ((k, i),),
                    lambda r, g, p=p, k2=k2, i2=i2: r.rule(k, i, g, swaps={p: r.nodes[k2].inputs[i2]}),
                    f"operand {p} is {name}",
                )
        if np.asarray(value).dtype.kind == "f":
            for said, hard in HARD.items():
                yield Edit(
                    "rounded value",
                    3.2,
                    f"in {d(x)}, {said.format(v=r.operand(k, p))} stands in the place of `{r.operand(k, p)}`",
                    j,
                    ((k, i),),
                    lambda r, g, p=p, hard=hard: r.rule(k, i, g, swaps={p: hard(r.inputs(k)[p])}),
                    f"{said} {p}",
                )


def _which(name: str, other: str) -> str:
    return " of another step" if name == other else ""


def _related(r: Replay, k: int, other: int, p: int) -> str:
    """Name the operand by how it lies to the node, so that every step of a recurrence has its own."""
    return f"operand {p} is {other - k:+d}" if abs(other - k) <= 12 else ""


def _one_hot(v: Any) -> Any:
    v = np.asarray(v)
    return (v == np.max(v, -1, keepdims=True)).astype(v.dtype) if v.ndim else v


HARD: dict[str, Callable[[Any], Any]] = {
    "`{v}` rounded": np.round,
    "`{v}` > 0.5": lambda v: (np.asarray(v) > 0.5).astype(float)[()],
    "`{v}` > 0": lambda v: (np.asarray(v) > 0).astype(float)[()],
    "the sign of `{v}`": np.sign,
    "the one-hot maximum of `{v}`": _one_hot,
    "the absolute value of `{v}`": np.abs,
    "`{v}` truncated": np.trunc,
}


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
                lambda r, g, axis=axis: np.sum(np.broadcast_to(r.rule(k, i, g), full), axis),
                f"axis {axis}",
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


def normalised(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The Jacobian of a softmax, or of any division by a sum, is taken to be diagonal."""
    x = r.name(j)
    said = f"only the diagonal of the Jacobian of `{r.name(k)}` is used in {d(x)}: "
    if r.op(k) == "softmax":
        yield Edit(
            "diagonal only",
            2.0,
            said + f"subtract `{r.name(k)} * np.sum(d * {r.name(k)}, axis)`",
            j,
            ((k, i),),
            lambda r, g: g * r.values[k] * (1 - r.values[k]),
            "diagonal",
        )
        yield Edit(
            "normaliser left out",
            2.1,
            f"the sum in the softmax `{r.name(k)}` is treated as a constant in {d(x)}",
            j,
            ((k, i),),
            lambda r, g: g * r.values[k],
            "constant sum",
        )
        yield Edit(
            "wrong derivative",
            2.4,
            f"the softmax `{r.name(k)}` is not derived: {d(r.name(k))} is passed on as it is",
            j,
            ((k, i),),
            lambda r, g: g,
            "identity",
        )
    if r.op(k) == "log_softmax":
        yield Edit(
            "normaliser left out",
            2.0,
            f"the normaliser of `{r.name(k)}` is left out in {d(x)}",
            j,
            ((k, i),),
            lambda r, g: g,
            "identity",
        )
    if r.op(k) != "divide" or i != 0:
        return
    total = r.nodes[k].inputs[1]
    if type(total) is not Tensor or r.op(s := r.index[total]) != "sum" or r.nodes[s].inputs[0] is not r.nodes[j]:
        return
    edges = ((k, 0), (s, 0))
    if r.op(j) == "exp" and type(r.nodes[j].inputs[0]) is Tensor:
        scores = r.index[r.nodes[j].inputs[0]]
        yield Edit(
            "missing derivative",
            2.2,
            f"the softmax `{r.name(k)}` is not derived: {d(r.name(k))} is passed on to `{r.name(scores)}` as it is",
            scores,
            ((j, 0),),
            lambda r, g: g,
            "softmax skipped",
            start=k,
        )
        for said, change in (
            ("only the diagonal of the Jacobian is used", lambda r, g: g * r.values[k] * (1 - r.values[k])),
            ("the derivative of the softmax is multiplied in once more, as if it were elementwise",
             lambda r, g: r.totals[scores] * r.values[k] * (1 - r.values[k])),
        ):  # fmt: skip
            yield Edit("diagonal only", 2.1, f"between `{r.name(k)}` and `{r.name(scores)}`, {said}", scores,
                       ((j, 0),), change, said[:12], start=k)  # fmt: skip
    if len(r.into[s]) != 1:
        return
    yield Edit(
        "diagonal only",
        2.0,
        said + "the sum depends on every element",
        j,
        edges,
        lambda r, g: g * (1 - r.values[k]) / r.values[s],
        "diagonal",
    )


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
                lambda r, g, p=p: r.rule(k, i, g, swaps={p: (r.inputs(k)[p] + r.inputs(k)[p].T) / 2}),
                f"symmetric {p}",
            )


def shared_maximum(r: Replay, k: int, i: int, j: int) -> Iterator[Edit]:
    """The cotangent of a maximum goes to every element of its window, or to the first only."""
    if r.op(k) not in ("max", "min", "amax", "amin"):
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


OF_EDGES: tuple[Callable[[Replay, int, int, int], Iterator[Edit]], ...] = (
    skipped_factor,
    wrong_power,
    turned,
    broadcast,
    overwritten,
    normalised,
    symmetric,
    shared_maximum,
)
OF_FUNCTIONS: tuple[Callable[[Replay, Region], Iterator[Edit]], ...] = (of_functions,)
LATE_OF_EDGES: tuple[Callable[[Replay, int, int, int], Iterator[Edit]], ...] = (other_operand,)
LATE_OF_FUNCTIONS: tuple[Callable[[Replay, Region], Iterator[Edit]], ...] = (at_others,)
"""These try every value of the same shape: later, since they are many."""


# --- nodes: the whole cotangent of one ----------------------------------------------------------------------------


def restarted(r: Replay, j: int) -> Iterator[Edit]:
    """The sweep is started in the middle: with ones, or with a value."""
    x = r.name(j)
    if j == 0:
        if r.point.cotangent is not None:
            said = "the cotangent is not used: ones stand in its place"
            yield Edit("derivative of the wrong result", 2.0, said, j, None, lambda r, g: np.ones_like(g))
        return
    yield Edit(
        "derivative of the wrong result",
        2.3 + 0.3 * (not r.named(j)),
        f"it is the derivative of `{x}`, not of the result: multiply by {d(x)}, the derivative of the result by it",
        j,
        None,
        lambda r, g: np.ones_like(r.values[j]),
        scales=True,
    )


def extra_factor(r: Replay, j: int) -> Iterator[Edit]:
    """A factor that should not be there."""
    x = r.name(j)
    for n, (text, factor) in enumerate(FACTORS.items()):
        yield Edit(
            "extra factor",
            2.9 + 0.02 * n + 0.2 * (not r.named(j)),
            f"{d(x)} has the factor `{text.format(v=x)}` too many",
            j,
            None,
            lambda r, g, factor=factor: g * factor(r.values[j]),
            scales=n < 4,
        )


def gated(r: Replay, j: int) -> Iterator[Edit]:
    """Rows are lost, or only one is there; elements come one place late."""
    shape = np.shape(r.values[j])
    x = r.name(j)
    for axis in range(min(len(shape), 3)):
        n = shape[axis]
        if n < 2:
            continue
        at = f" along axis {axis}" if len(shape) > 1 else ""
        for said, kept in (
            ("the first one is lost", slice(1, None)),
            ("the last one is lost", slice(None, -1)),
            ("only the first one is there", slice(0, 1)),
            ("only the last one is there", slice(-1, None)),
            ("the first and the last one are lost", slice(1, -1)),
        ):
            yield Edit(
                "lost rows",
                2.6 + 0.2 * (not r.named(j)),
                f"in {d(x)}{at}, {said}",
                j,
                None,
                lambda r, g, kept=kept, axis=axis: _kept(g, kept, axis),
                f"{said}{axis}",
            )
        for shift in (1, -1):
            yield Edit(
                "off by one",
                2.6 + 0.2 * (not r.named(j)),
                f"{d(x)} is off by one{at}",
                j,
                None,
                lambda r, g, shift=shift, axis=axis: np.roll(g, shift, axis),
                f"rolled {shift} {axis}",
            )
            yield Edit(
                "off by one",
                2.6 + 0.2 * (not r.named(j)),
                f"{d(x)} is off by one{at}",
                j,
                None,
                lambda r, g, shift=shift, axis=axis: _shifted(g, shift, axis),
                f"shifted {shift} {axis}",
            )
        yield Edit(
            "back to front",
            2.6 + 0.2 * (not r.named(j)),
            f"{d(x)} is back to front{at}",
            j,
            None,
            lambda r, g, axis=axis: np.flip(g, axis),
            f"flipped {axis}",
        )
        yield Edit(
            "averaged",
            2.8,
            f"{d(x)} is replaced by its mean{at}",
            j,
            None,
            lambda r, g, axis=axis: np.broadcast_to(np.mean(g, axis, keepdims=True), np.shape(g)),
        )
        yield Edit(
            "summed too much",
            2.8,
            f"{d(x)} is replaced by its sum{at}",
            j,
            None,
            lambda r, g, axis=axis: np.broadcast_to(np.sum(g, axis, keepdims=True), np.shape(g)),
        )
    if len(shape) >= 2 and shape[-1] == shape[-2]:
        yield Edit("transposed", 2.5, f"{d(x)} is transposed", j, None, lambda r, g: np.swapaxes(g, -1, -2))
        yield Edit(
            "diagonal only", 2.7, f"only the diagonal of {d(x)} is there", j, None, lambda r, g: g * np.eye(g.shape[-1])
        )
        yield Edit(
            "taken as symmetric",
            2.7,
            f"{d(x)} is made symmetric",
            j,
            None,
            lambda r, g: (g + np.swapaxes(g, -1, -2)) / 2,
            scales=True,
        )
        yield Edit(
            "triangle only", 2.7, f"only the lower triangle of {d(x)} is there", j, None, lambda r, g: np.tril(g)
        )
        yield Edit(
            "triangle only", 2.7, f"only the upper triangle of {d(x)} is there", j, None, lambda r, g: np.triu(g)
        )


def _kept(g: Any, kept: slice, axis: int) -> Any:
    mask = np.zeros(np.shape(g)[axis], bool)
    mask[kept] = True
    return g * np.expand_dims(mask, tuple(a for a in range(np.ndim(g)) if a != axis))


def _shifted(g: Any, shift: int, axis: int) -> Any:
    return _kept(np.roll(g, shift, axis), slice(shift, None) if shift > 0 else slice(None, shift), axis)


def magnitude(r: Replay, j: int) -> Iterator[Edit]:
    """Only the sign, the size or a clipped part of the cotangent is passed on."""
    x = r.name(j)
    for said, change in (
        ("only the sign of {} is used", np.sign),
        ("the absolute value of {} is used", np.abs),
        ("{} is squared", _square),
        ("{} is clipped to -1 .. 1", lambda g: np.clip(g, -1, 1)),
        ("the mean of {} is not subtracted, or is once too often", lambda g: g - np.mean(g)),
    ):
        yield Edit(
            "altered", 3.0 + 0.2 * (not r.named(j)), said.format(d(x)), j, None, lambda r, g, change=change: change(g)
        )


def value_for_cotangent(r: Replay, j: int) -> Iterator[Edit]:
    """A value stands in the place of the cotangent."""
    for other in _others(r, j):
        if np.shape(r.values[j]) == () and r.nodes[other].op is None:
            continue
        yield Edit(
            "value in the place of a derivative",
            3.2 + 0.4 * (not r.named(other)) + 0.2 * (not r.named(j)),
            f"`{r.name(other)}` stands in the place of {d(r.name(j))}",
            j,
            None,
            lambda r, g, other=other: r.values[other],
            scales=True,
        )


OF_NODES: tuple[Callable[[Replay, int], Iterator[Edit]], ...] = (restarted, extra_factor, gated, magnitude)
LATE_OF_NODES: tuple[Callable[[Replay, int], Iterator[Edit]], ...] = (value_for_cotangent,)


def edits(r: Replay, *, late: bool = False) -> Iterator[Edit]:
    """Yield every edit of the tables, from the result down to the leaves; the numerous ones apart."""
    for k in range(len(r.nodes)):
        if isinstance(r.values[k], tuple) or r.totals[k] is None:
            continue
        for of_node in LATE_OF_NODES if late else OF_NODES:
            yield from of_node(r, k)
        if r.nodes[k].op is None:
            continue
        for region in regions(r, k):
            for of_function in LATE_OF_FUNCTIONS if late else OF_FUNCTIONS:
                yield from of_function(r, region)
        for i, j, _ in r.out[k]:
            if not isinstance(r.values[j], tuple):
                for of_edge in LATE_OF_EDGES if late else OF_EDGES:
                    yield from of_edge(r, k, i, j)

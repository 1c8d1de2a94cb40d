"""Mistakes with the derivative of a function of one variable: an op, or several that make up an activation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core.op import op_of
from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.diagnosis.edits import FACTORS, SUMS, Edit, d, is_idle, others
from autograd_lite.verification.diagnosis.replay import Change, Replay
from autograd_lite.verification.diagnosis.wording import bracketed

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
    "maximum": "({x} > {other})",
    "minimum": "({x} < {other})",
}


DIVIDED = ("sqrt", "norm", "deviation")
"""Functions whose derivative is divided by their own value."""


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
            values[k] = op_of(node).compute(*r.inputs(k, values), **r.params[k])
        found: dict[int, Any] = {self.z: g}
        for k in self.nodes:
            for _, j, rule in r.out[k]:
                c = r.fit(rule(found[k], values[k], *r.inputs(k, values), **r.params[k]), j)
                found[j] = found[j] + c if j in found else c
        return found[self.x]

    def at(self, r: Replay, value: Any) -> Any:
        """Return the function's value at another value of x."""
        values: dict[int, Any] = {self.x: value}
        for k in reversed(self.nodes):
            node = r.nodes[k]
            assert node.op is not None
            values[k] = op_of(node).compute(*r.inputs(k, values), **r.params[k])
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


def _local(name: str, region: Region, r: Replay) -> str:
    """Say what the derivative of a function is, where that is short."""
    known = DERIVATIVES.get(name) if len(region.nodes) == 1 else None
    if known is None:
        return ""
    (k, i), *_ = region.edges
    other = r.operand(k, 1 - i) if len(r.nodes[k].inputs) == 2 else ""
    return known.format(x=r.name(region.x), z=r.name(region.z), other=other)


def function_of(r: Replay, region: Region) -> str:
    """Return what a function is called: its op's name, or the variable that it makes."""
    return r.op(region.z) if len(region.nodes) == 1 else f"`{r.name(region.z)}`"


def _taken(r: Replay, region: Region, said: str) -> str:
    """Say it of a product's factor, which is no function."""
    if r.op(region.z) != "multiply" or len(region.nodes) != 1 or len(region.edges) != 1:
        return ""
    ((k, i),) = region.edges
    return f"in {d(r.name(region.x))}, the factor is taken to be `{said}`; it is `{r.operand(k, 1 - i)}`"


_GATES = {"maximum", "minimum", "relu", "where", "clip"}


def of_functions(r: Replay, region: Region) -> Iterator[Edit]:
    """Yield mistakes with the derivative of an elementwise function of one variable."""
    x, z = r.name(region.x), r.name(region.z)
    function = function_of(r, region)
    extra = 0.05 * (len(region.nodes) - 1)
    if not (len(region.nodes) == 1 and r.op(region.z) in _GATES):  # these are seldom given a name of their own
        extra += 0.8 * (not r.named(region.z)) + 0.5 * (not r.named(region.x))
    right = _local(r.op(region.z), region, r)
    fix = (
        f": multiply `d{z}` by `{right}`" if right and z.isidentifier() else f": multiply by `{right}`" if right else ""
    )
    tail = f", {right}" if right else ""

    def edit(kind: str, cost: float, message: str, change: Change, key: str, scales: bool = False) -> Edit:
        return Edit(kind, cost + extra, message, region.x, region.edges, change, key, scales, region.z)

    if all(r.op(k) in (*SUMS, "negative", "positive") for k in region.nodes):
        return
    linear = all(r.op(k) in (*SUMS, "negative", "multiply", "divide") for k in region.nodes)  # a factor says it better
    yield edit(
        "missing derivative",
        2.0 + 0.4 * (region.z == 0 and len(region.nodes) > 1) + 0.2 * linear,
        f"the derivative of {function} is missing at `{z}`: it is passed on to `{x}` as it is{fix}",
        lambda r, g: g,
        "identity",
        scales=r.op(region.z) not in DIVIDED and not linear,
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
            if is_idle(r, place, text):
                continue
            said = text.format(v=bracketed(name))
            yield edit(
                "wrong derivative",
                2.8 + 0.02 * n,
                _taken(r, region, said)
                or f"the derivative of {function} at `{x}` is taken to be `{said}`"
                + (f"; it is `{right}`" if right else ""),
                lambda r, g, factor=factor, place=place: g * factor(r.values[place]),  # type: ignore[misc]
                f"{text} of {'z' if place == region.z else 'x'}",
                scales=True,
            )
    if len(region.nodes) == 1 and r.op(region.z) in DIVIDED:
        yield edit(
            "missing factor",
            2.15,
            f"the division by `{z}` is missing in the derivative of `{r.expression(region.z)}`",
            lambda r, g: region.pull(r, g) * r.values[region.z],
            "undivided",
        )
    inner = r.nodes[region.x]
    if inner.op is not None and inner.op.name in ("subtract", "add"):
        for p, y in enumerate(inner.inputs):
            if type(y) is Tensor and np.shape(y._value) == np.shape(r.values[region.x]):
                kept, lost = r.name(r.index[y]), r.operand(region.x, 1 - p)
                turn = -1 if inner.op.name == "subtract" and p == 1 else 1
                kept = f"-{kept}" if turn < 0 else kept
                yield edit(
                    "missing term",
                    2.5 - 0.5 * (not r.named(region.x)),
                    f"`{lost}` is left out: the derivative of {function} is taken at `{kept}`, expected at `{x}`",
                    lambda r, g, y=r.index[y], turn=turn: region.pull(r, g, turn * r.values[y]),  # type: ignore[misc]
                    f"left out {p}",
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
    function = function_of(r, region)
    if all(r.op(k) in (*SUMS, "negative", "positive", "multiply") for k in region.nodes):
        return
    for other in others(r, region.x):
        if other in (region.x, region.z):
            continue
        cost = 3.0 + 0.1 * len(region.nodes) + 0.4 * (not r.named(other))
        twin = _twin(r, region, other)
        if twin is not None:
            yield Edit(
                "derivative at the wrong place",
                2.9,
                f"the derivative of {function} is formed with `{r.name(twin)}`, expected with `{r.name(region.z)}`",
                region.x,
                region.edges,
                lambda r, g, other=other: region.pull(r, g, r.values[other]),  # type: ignore[misc]
                start=region.z,
            )
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


def at_other_steps(r: Replay, region: Region) -> Iterator[Edit]:
    """Yield derivatives of a function taken at its value in the step before, or after, of a recurrence."""
    z = r.name(region.z)
    alike = [k for k in range(len(r.nodes)) if r.name(k) == z]  # the newest first
    if len(region.nodes) != 1 or len(region.edges) != 1 or len(alike) < 3 or not r.named(region.z):
        return
    ((k, i),) = region.edges
    for by, said in ((1, "before"), (-1, "after")):
        n = alike.index(region.z) + by
        if 0 <= n < len(alike):
            at: Callable[[Replay], Any] = lambda r, n=n: r.values[alike[n]]  # type: ignore[misc] # noqa: E731
        else:  # before the first step it may be a constant
            first = [(k2, i2) for name, k2, i2 in r.constant_arrays if name == z] if n else []
            if not first or np.shape(r.inputs(first[0][0])[first[0][1]]) != np.shape(r.values[region.z]):
                continue
            at = lambda r, first=first: r.inputs(first[0][0])[first[0][1]]  # type: ignore[misc] # noqa: E731
        yield Edit(
            "derivative at the wrong place",
            2.6,
            f"the derivative of {function_of(r, region)} is taken with the `{z}` of the step {said}",
            region.x,
            region.edges,
            lambda r, g, at=at: r.rule(k, i, g, z=at(r)),  # type: ignore[misc]
            f"step {said}",
            start=region.z,
        )


def _twin(r: Replay, region: Region, other: int) -> int | None:
    """Return the variable that the same function of another node is, if there is one."""
    k, steps = other, [r.op(n) for n in reversed(region.nodes)]
    for step in steps:
        users = [user for user, _ in r.into[k] if r.op(user) == step]
        if len(users) != 1:
            return None
        k = users[0]
    return k if r.named(k) and r.name(k) != r.name(region.z) else None

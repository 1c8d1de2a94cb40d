"""A mistake at one step of the backward pass, as an edit of what arrives at a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.replay import Change, Replay

MOST_OTHERS = 60
SUMS = ("add", "subtract", "alias")
"""Ops that pass a cotangent on as it is, or with its sign changed."""


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
    detail : str
        What to say besides where the mistake was made here alone.
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
    detail: str = ""

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


def others(r: Replay, k: int) -> list[int]:
    """Return the nodes whose value has the shape of this one: named ones, and near ones, first."""
    same = r.same_shape.get(np.shape(r.values[k]), [])
    if len(same) <= MOST_OTHERS:
        return same
    return sorted(same, key=lambda other: (not r.named(other), abs(other - k)))[:MOST_OTHERS]


def square(v: Any) -> Any:
    """Return the square of a value."""
    return v * v


FACTORS: dict[str, Callable[[Any], Any]] = {
    "{v}": lambda v: v,
    "1 - {v}": lambda v: 1 - v,
    "{v} * (1 - {v})": lambda v: v * (1 - v),
    "1 - {v}**2": lambda v: 1 - v * v,
    "{v}**2": square,
    "1 / {v}": lambda v: 1 / v,
    "({v} > 0)": lambda v: v > 0,
    "({v} < 0)": lambda v: v < 0,
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
    "(1 - {v})**2": lambda v: square(1 - v),
    "{v}**2 * (1 - {v})": lambda v: v * v * (1 - v),
}


def is_idle(r: Replay, k: int, text: str) -> bool:
    """Whether a factor says nothing new: a mask of ones is a derivative left out, the root of a square a value."""
    if text.startswith("(") and text.endswith(" 0)"):
        return len(np.unique(FACTORS[text](r.values[k]))) < 2
    return text.startswith("np.sqrt") and r.op(k) in ("square", "power")


def one_hot(v: Any) -> Any:
    """Return 1 in the place of the largest element along the last axis, and 0 elsewhere."""
    v = np.asarray(v)
    return (v == np.max(v, -1, keepdims=True)).astype(v.dtype) if v.ndim else v


HARD: dict[str, Callable[[Any], Any]] = {
    "`{v}` rounded": np.round,
    "`{v}` > 0.5": lambda v: (np.asarray(v) > 0.5).astype(float)[()],
    "`{v}` > 0": lambda v: (np.asarray(v) > 0).astype(float)[()],
    "the sign of `{v}`": np.sign,
    "the one-hot maximum of `{v}`": one_hot,
    "the absolute value of `{v}`": np.abs,
    "`{v}` truncated": np.trunc,
}

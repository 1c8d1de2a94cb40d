"""By how much rounding alone may change a gradient: the backward pass run again with every number moved by a trifle."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backward import _fit as fit
from autograd_lite.backward import seed
from autograd_lite.case import Point, Problem
from autograd_lite.extrapolation import Array
from autograd_lite.graph import Tensor, TracedParams, observing, order, raw
from autograd_lite.probing import quiet, scale

DRAWS = 4
MARGIN = 20.0
_EXACT = """absolute append array_split astype atleast_1d atleast_2d atleast_3d block broadcast_arrays broadcast_to
    choose
    clip clip_between column_stack compress concatenate conjugate copy copysign delete diag diagflat diagonal dsplit
    dstack embed_diagonal expand_dims extract fabs flip fliplr flipud fmax fmin fftshift full_like getitem hsplit hstack
    ifftshift imag insert ix_ masked matrix_transpose max max_pool1d max_pool2d maximum maximum_accumulate meshgrid min
    minimum minimum_accumulate moveaxis nan_to_num nanmax nanmin negative one_hot pad partition patches piecewise
    positive ravel real relu repeat reshape resize roll rollaxis rot90 select sign sliding_window_view sort sort_like
    split squeeze stack swapaxes take take_along_axis tile transpose tril triu unstack vsplit vstack where"""
EXACT = frozenset(_EXACT.split())
"""Ops that choose and move numbers, and round none."""


def changes(problem: Problem, point: Point, rng: np.random.Generator) -> list[Array]:
    """Return the largest change of each gradient when everything is rounded in another way.

    The arrays that are differentiated, every number that the function computes from them, and every cotangent of the
    backward pass move by one unit in the last place, up or down. So the change follows the conditioning of the gradient
    and of the way in which it is computed: no scale or dtype needs a tolerance of its own.
    """
    found = [np.zeros(np.shape(x)) for x in point.true]
    nudge = _Nudge(rng)
    with quiet():
        for _ in range(DRAWS):
            with observing(nudge):
                result, leaves, _ = problem.record([nudge.argument(x) for x in point.values], named=False)
            moved = _sweep(result, seed(result) if point.cotangent is None else point.cotangent, leaves, nudge)
            for i, (leaf, true) in enumerate(zip(leaves, point.true, strict=True)):
                found[i] = np.fmax(found[i], np.abs(moved.get(leaf, 0) - true))
    return found


def hand_changes(problem: Problem, point: Point, rng: np.random.Generator) -> list[Array]:
    """Return the largest change of each hand gradient when the arrays move by one unit in the last place."""
    found = [np.zeros(np.shape(x)) for x in point.hand]
    nudge = _Nudge(rng)
    with quiet():
        for _ in range(DRAWS):
            moved = problem.hand_at([nudge.argument(x) for x in point.values])
            found = [np.fmax(c, np.abs(m - h)) for c, m, h in zip(found, moved, point.hand, strict=True)]
    return found


class _Nudge:
    """An observer that moves each number, as it is recorded, by one unit in the last place."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def __call__(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(self, value))
        dtype = np.asarray(value).dtype
        if dtype.kind not in "fc":
            return value
        moved: Any = value * (1 + np.finfo(dtype).eps * self._signs(value))
        return moved.astype(dtype)

    def argument(self, x: Any) -> Any:
        """Move an argument; an exact 0 by a unit in the last place of the others, so that no kink at 0 hides."""
        dtype = np.asarray(x).dtype
        size = np.where(x == 0, scale(np.asarray(x)), np.abs(x))
        return (x + np.finfo(dtype).eps * size * self._signs(x)).astype(dtype)[()]

    def _signs(self, x: Any) -> Any:
        return 2.0 * self.rng.integers(0, 2, np.shape(x), np.int8) - 1.0

    def recorded(self, node: Tensor) -> None:
        """Move what a node holds, before anything is computed from it."""
        if node.op is None or node.op.name not in EXACT:
            node._value = self(node._value)

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> None:
        """See a cotangent: the sweep below moves them."""

    def decided(self, node: Tensor, outcome: bool) -> None:
        """See a decision."""


def _sweep(result: Tensor, g: Any, leaves: list[Tensor], nudge: _Nudge) -> dict[Tensor, Any]:
    """Sweep as the backward pass does, with every cotangent moved."""
    cotangents = {result: g}
    for node in order([result])[0]:
        if node not in cotangents or node.op is None:
            continue
        g = nudge(cotangents.pop(node))
        params = node.params.values_only if type(node.params) is TracedParams else node.params
        for i, rule in node.op.edges_for(len(node.inputs)):
            x = node.inputs[i]
            if type(x) is Tensor:
                c = fit(rule(g, node._value, *map(raw, node.inputs), **params), x, node, rule)
                before = cotangents.get(x)
                if before is None:
                    cotangents[x] = c
                elif isinstance(c, tuple):
                    cotangents[x] = tuple(a + b for a, b in zip(before, c, strict=True))
                else:
                    cotangents[x] = before + c
    return cotangents

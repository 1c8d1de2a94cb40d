"""By how much rounding alone may change a gradient: all is run again, each number moved by units in the last place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite.core.tape import Observer, observing
from autograd_lite.core.tensor import Tensor
from autograd_lite.numerical import close, quiet, scale
from autograd_lite.numerical.close import Array
from autograd_lite.verification.point import Point, hand_on_tensors, pull, record
from autograd_lite.verification.problem import Setting

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


@dataclass(frozen=True, eq=False)
class Rounding:
    """What rounding does to a gradient.

    Attributes
    ----------
    gradients : list of array
        As they were computed.
    changes : list of array
        The largest change of each element when everything is rounded in another way.
    value : float
        The largest change of the function's value, weighted by its cotangent.
    """

    gradients: Sequence[Any]
    changes: Sequence[Array]
    value: float = 0

    def with_more(self, more: Sequence[Array]) -> Rounding:
        """Return the same with further changes taken in."""
        return replace(self, changes=[np.fmax(a, b) for a, b in zip(self.changes, more, strict=True)])


def of_record(setting: Setting, point: Point, rng: np.random.Generator, draws: int = close.DRAWS) -> Rounding:
    """Round the function and its backward pass in other ways.

    The arrays that are differentiated, every number that the function computes from them, and every cotangent of the
    backward pass move by a unit or two in the last place, up or down. So the change follows the conditioning of the
    gradient and of the way in which it is computed: no scale or dtype needs a tolerance of its own.
    """
    assert point.result is not None
    return _rounded(setting, point, _Nudge(rng), point.result._value, point.true, draws)


def of_side(
    setting: Setting, point: Point, rng: np.random.Generator, ties: int, *, leaves: bool = False, draws: int = 2
) -> Rounding | None:
    """Round the backward pass on one side of every kink at 0; None where it is the same there as it was.

    Parameters
    ----------
    setting : Setting
    point : Point
    rng : numpy.random.Generator
    ties : {-1, 1}
        Whether every exact 0 that is computed is taken to be the next smaller or larger number.
    leaves : bool
        Whether to decide so for the arrays that are differentiated, too.
    draws : int
    """
    nudge = _Nudge(rng, ties, leaves)
    nudge.still = True
    with quiet():
        base, gradients = _run(setting, point, nudge)
    if all(close.same(g, t) for g, t in zip(gradients, point.true, strict=True)):
        return None
    nudge.still = False
    return _rounded(setting, point, nudge, base, gradients, draws)


def of_hand(setting: Setting, point: Point, rng: np.random.Generator, draws: int = close.DRAWS) -> list[Array]:
    """Return the largest change of each hand gradient when everything in it is rounded in another way.

    It is infinite where the hand does not run on Tensors, as where it changes arrays in place.
    """
    nudge = _Nudge(rng)
    found = [np.zeros(np.shape(x)) for x in point.hand]
    try:
        with quiet():
            for draw in range(draws):
                nudge.one_way = draw == 0
                values = [nudge.argument(x) for x in point.values]
                with observing(nudge):
                    moved = hand_on_tensors(setting, values)
                found = [np.fmax(c, np.abs(m - h)) for c, m, h in zip(found, moved, point.hand, strict=True)]
    except Exception:
        return [np.full(np.shape(x), np.inf) for x in point.hand]
    return found


def _rounded(
    setting: Setting, point: Point, nudge: _Nudge, base: Any, gradients: Sequence[Any], draws: int
) -> Rounding:
    found = Rounding(gradients, [np.zeros(np.shape(x)) for x in gradients])
    with quiet():
        for draw in range(draws):
            nudge.one_way = draw == 0
            value, moved = _run(setting, point, nudge)
            found = found.with_more([np.abs(m - g) for m, g in zip(moved, gradients, strict=True)])
            off = value - base if point.cotangent is None else np.sum(point.cotangent * (value - base))
            found = replace(found, value=float(np.fmax(found.value, np.abs(off).max())))
    return found


def _run(setting: Setting, point: Point, nudge: _Nudge) -> tuple[Any, list[Any]]:
    with observing(nudge):
        result, leaves, _ = record(setting, [nudge.argument(x) for x in point.values], named=False)
        backward = pull(setting, result)
        return result._value, [backward.gradient(leaf) for leaf in leaves]


class _Nudge(Observer[Tensor]):
    """An observer that moves each number, as it is recorded, by up to two units in the last place."""

    def __init__(self, rng: np.random.Generator, ties: int = 0, leaves: bool = False) -> None:
        self.rng, self.ties, self.leaves, self.still = rng, ties, leaves, False
        self.one_way = False

    def __call__(self, value: Any) -> Any:
        if isinstance(value, tuple):  # an op of several outputs
            moved_parts = map(self, value)
            return type(value)(*moved_parts) if hasattr(value, "_fields") else tuple(moved_parts)
        if type(value) is Tensor:  # in a transform within the function: moved where it was recorded
            return value
        dtype = np.asarray(value).dtype
        if dtype.kind not in "fc" or self.still:
            return value
        moved: Any = value * (1 + np.finfo(dtype).eps * self._signs(value))
        return moved.astype(dtype)

    def argument(self, x: Any) -> Any:
        """Move an argument; an exact 0 by a unit in the last place of the others, so that no kink at 0 hides."""
        if self.ties:
            return self.decide(self(x)) if self.leaves else self(x)
        dtype = np.asarray(x).dtype
        size = np.where(x == 0, scale(np.asarray(x)), np.abs(x))
        return (x + np.finfo(dtype).eps * size * self._signs(x)).astype(dtype)[()]

    def decide(self, value: Any) -> Any:
        """Move every exact 0 to the side that was asked for."""
        if not self.ties or isinstance(value, (tuple, Tensor)):
            return value
        dtype = np.asarray(value).dtype
        if dtype.kind != "f":
            return value
        return np.where(value == 0, dtype.type(self.ties * np.finfo(dtype).tiny), value)[()]

    def _signs(self, x: Any) -> Any:
        if self.one_way:  # as a long sum of equal terms is rounded
            return np.ones(np.shape(x))
        return self.rng.uniform(-2, 2, np.shape(x))  # at random sizes, lest two moves cancel each other exactly

    def recorded(self, node: Tensor) -> None:
        """Move what a node holds, before anything is computed from it."""
        if node.op is None or node.op.name not in EXACT:
            node._value = self.decide(self(node._value))

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> Any:
        """Move what a node passes to its input."""
        return self(cotangent)

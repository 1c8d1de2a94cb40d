"""What wrong gradients have in common with the right ones, for where no edit of the code says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.repair.wording import listed
from autograd_lite.verification.verdict import Verdict

_MOST_PLACES = 3


def form(v: Verdict, wrong: Sequence[Verdict]) -> str:
    """Say in which other form, or in which other place, a gradient would be right; empty where in none."""
    hand, true = np.asarray(v.hand), np.asarray(v.true)
    if hand.dtype.kind not in "fciub":
        return ""
    with np.errstate(all="ignore"):
        other = next((u.name for u in wrong if u is not v and _same(hand, u.true)), "")
        if other:
            return f"what is returned for {v.name} is the gradient with respect to {other}"
        if hand.ndim > 1 and _same(hand.T, true):
            return f"{v.name} is transposed"
        if hand.shape != true.shape and _same(hand.ravel(), true.ravel()):
            return f"{v.name} has the right numbers in the shape {hand.shape}: give it the shape {true.shape}"
        if axes := [axis for axis in range(hand.ndim) if _same(hand.sum(axis), true)]:
            return f"{v.name} is right once it is summed over axis {axes[0]}"
        if axes := [axis for axis in range(true.ndim) if _same(true.sum(axis), hand)]:
            return f"{v.name} is summed over axis {axes[0]}, where it should not be"
    return ""


def numbers(v: Verdict) -> Iterator[str]:
    """Yield by which factor a gradient of the right shape is off, and in which part."""
    if v.worst is None or _same(v.hand, v.true):
        return
    if factor := close.ratio(v.hand, v.true):
        yield f"{v.name} is {factor:.4g} times what it should be"
    for axis, size in enumerate(np.shape(v.wrong)):
        at = np.unique(np.nonzero(v.wrong)[axis])
        if len(at) <= min(size // 2, _MOST_PLACES):
            yield f"{v.name} is wrong only at {listed([str(i) for i in at])} along axis {axis}"


def _same(a: Any, b: Any) -> bool:
    return close.same(a, b, close.half_of_the_digits(a, b) * close.largest(b))

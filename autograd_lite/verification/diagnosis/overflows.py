"""Gradients that are NaN or infinite where the derivative is finite, and the variable that was so first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autograd_lite.verification.diagnosis.hypotheses import Diagnosis
from autograd_lite.verification.point import Point
from autograd_lite.verification.problem import Setting


def overflows(setting: Setting, point: Point, wrong: Sequence[int]) -> Iterator[Diagnosis]:
    """Yield gradients that are NaN or infinite, with the variable that was so first."""
    for leaf in wrong:
        hand = np.asarray(point.hand[leaf])
        if hand.dtype.kind not in "fc" or np.isfinite(hand).all() or not np.isfinite(point.true[leaf]).all():
            continue
        first = next((a for a in point.assignments if not np.isfinite(a.value).all()), None)
        kind = "NaN" if np.isnan(hand).any() else "infinite"
        if first is None:
            message = f"it is {kind}, and no variable of {setting.problem.hand_name}() was so before"
        else:
            got = "NaN" if np.isnan(first.value).any() else "infinite"
            message = (
                f"it is {kind}: `{first.name}` first becomes {got}, in line {first.line}, `{first.text}`. Rearrange "
                "this so that it does not overflow, or divide by zero"
            )
        yield Diagnosis("overflow", message, first.name if first else "", (leaf,), 0.5)

"""Mistakes with masks: branches exchanged, a condition on another value, relu's mask made of the cotangent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.diagnosis.edits import Edit, d
from autograd_lite.verification.diagnosis.functions import Region
from autograd_lite.verification.diagnosis.replay import Replay

Mask = Callable[[Replay, Any], Any]
"""From a replay and a cotangent to a mask."""

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}


def of_masks(r: Replay, region: Region) -> Iterator[Edit]:
    """Yield mistakes with the mask of a function of one variable."""
    x, z = r.name(region.x), r.name(region.z)
    k = next((k for k in region.nodes if _condition(r, k) is not None), None)
    extra = 0.02 * len(region.nodes) + 0.8 * (not r.named(region.z)) + 0.5 * (not r.named(region.x))  # as elsewhere

    def edit(kind: str, cost: float, message: str, mask: Mask, key: str) -> Edit:
        def change(r: Replay, g: Any) -> Any:
            if k is None:
                return g * mask(r, g)
            with r.replacing({(k, 0): mask(r, g)}):
                return region.pull(r, g)

        return Edit(kind, cost + extra, message, region.x, region.edges, change, key, start=region.z)

    if k is None:
        if len(region.nodes) == 1 and _is_relu(r, region.z):
            said = f"the mask in {d(x)} is made of {d(z)}, expected of `{x}`"
            yield edit("wrong mask", 2.4, said, lambda r, g: g > 0, "of the cotangent")
            said = f"the mask in {d(x)} asks for a positive {d(z)} as well"
            yield edit("wrong mask", 2.6, said, lambda r, g: (g > 0) & (r.values[region.z] > 0), "of both")
        return
    right = _condition(r, k)
    yield edit("wrong mask", 2.3, f"the branches of `{z}` are exchanged in {d(x)}", lambda r, g: ~_condition(r, k),
               "exchanged")  # fmt: skip
    said = f"the condition in {d(x)} asks for the sign of {d(z)}, expected `{x}`"
    yield edit("wrong mask", 2.5, said, lambda r, g: g > 0, "of the cotangent")
    near = [v for v in (region.x, *region.nodes) if np.shape(r.values[v]) == np.shape(right)]
    expected = r.names.constants.get((r.nodes[k], 0), "")
    told = f", expected `{expected}`" if expected else f", which is not that of `{z}`"
    for limit, text, sign, compared in _comparisons(r, region, near, right):
        for other in near:
            if other not in compared:
                yield edit("wrong mask", 2.8 + 0.3 * (not r.named(other)),
                           f"the mask in {d(x)} is `{r.name(other)} {sign} {text}`{told}",
                           lambda r, g, other=other, limit=limit, sign=sign: _COMPARISONS[sign](  # type: ignore[misc]
                               r.values[other], limit(r)), f"compares {other - k:+d} {sign}")  # fmt: skip


def _comparisons(
    r: Replay, region: Region, near: list[int], right: Any
) -> Iterator[tuple[Callable[[Replay], Any], str, str, list[int]]]:
    """Yield what a condition may have compared to, what that is called, and how; and which values it compared."""
    if np.all(right == right.flat[0]):
        return
    for limit, text in _limits(r, region):
        for sign, compare in _COMPARISONS.items():
            compared = [v for v in near if np.array_equal(compare(r.values[v], limit(r)), right)]
            if compared:
                yield limit, text, sign, compared


def _condition(r: Replay, k: int) -> Any:
    """Return the condition of np.where, where it is an array of truth values; else None."""
    if r.op(k) != "where" or type(r.nodes[k].inputs[0]) is Tensor:
        return None
    condition = r.inputs(k)[0]
    return condition if isinstance(condition, np.ndarray) and condition.dtype == bool and condition.size else None


def _is_relu(r: Replay, k: int) -> bool:
    return r.op(k) == "relu" or (
        r.op(k) == "maximum" and any(type(x) is not Tensor and not np.any(x) for x in r.nodes[k].inputs)
    )


def _limits(r: Replay, region: Region) -> Iterator[tuple[Callable[[Replay], Any], str]]:
    """Yield what a value may have been compared to: 0, and the numbers in the function."""
    yield lambda r: 0.0, "0"
    seen = {0.0}
    for k in region.nodes:
        for i, x in enumerate(r.nodes[k].inputs):
            if type(x) is not Tensor and x is not None and np.ndim(x) == 0 and float(np.real(x)) not in seen:
                seen.add(float(np.real(x)))
                yield lambda r, k=k, i=i: r.inputs(k)[i], r.operand(k, i)  # type: ignore[misc]

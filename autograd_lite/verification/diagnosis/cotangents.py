"""Mistakes with the whole cotangent of a node: another start, an extra factor, lost rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.edits import FACTORS, Edit, d, is_idle, others, square
from autograd_lite.verification.diagnosis.replay import Replay
from autograd_lite.verification.diagnosis.wording import bracketed


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
        2.3 + 0.3 * (not r.named(j)) + 0.9 * (r.nodes[j].op is None),
        f"it is the derivative of `{x}`, not of the result: multiply by {d(x)}, the derivative of the result by it"
        if j in r.narrow
        else f"{d(x)}, the derivative of the result by `{x}`, is left out: 1 stands in its place",
        j,
        None,
        lambda r, g: np.ones_like(r.values[j]),
        scales=True,
    )


_PLAIN_FACTORS = ("{v}", "1 / {v}", "np.sqrt({v})")
"""Those that are tried at every turn of a loop at once."""


def extra_factor(r: Replay, j: int) -> Iterator[Edit]:
    """A factor that should not be there."""
    x = r.name(j)
    for n, (text, factor) in enumerate(FACTORS.items()):
        if is_idle(r, j, text) or text.startswith("1 +"):  # that is a term too many rather than a factor
            continue
        yield Edit(
            "extra factor",
            2.9 + 0.02 * n + 0.2 * (not r.named(j)) + 0.4 * text.startswith("1 / {v}*"),
            f"{d(x)} has the factor `{text.format(v=bracketed(x))}` too many",
            j,
            None,
            lambda r, g, factor=factor: g * factor(r.values[j]),  # type: ignore[misc]
            f"extra {text}" if text in _PLAIN_FACTORS and r.named(j) else "",
            scales=n < 4,
        )


def negated(r: Replay, j: int) -> Iterator[Edit]:
    """The sign of a sum of several terms is wrong."""
    if len(r.into[j]) > 1:
        said = f"{d(r.name(j))} has the wrong sign"
        yield Edit("sign", 2.05 + 0.1 * (not r.named(j)), said, j, None, lambda r, g: -g, "negated")


def gated(r: Replay, j: int) -> Iterator[Edit]:
    """Rows are lost, or only one is there; elements come one place late."""
    shape = np.shape(r.values[j])
    x = r.name(j)
    if not np.all(r.totals[j]) and len(np.unique(r.totals[j])) <= 2:
        return  # a mask: what is lost of it may be lost for any reason
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
            *([("the first and the last one are lost", slice(1, -1))] if n > 2 else []),
        ):
            yield Edit(
                "lost rows",
                2.6 + 0.2 * (not r.named(j)),
                f"in {d(x)}{at}, {said}",
                j,
                None,
                lambda r, g, kept=kept, axis=axis: _kept(g, kept, axis),  # type: ignore[misc]
                f"{said}{axis}",
            )
        for shift, (how, move) in product((1, -1), (("rolled", np.roll), ("shifted", _shifted))):
            yield Edit(
                "off by one",
                2.6 + 0.2 * (not r.named(j)),
                f"{d(x)} is off by one{at}",
                j,
                None,
                lambda r, g, move=move, shift=shift, axis=axis: move(g, shift, axis),  # type: ignore[misc]
                f"{how} {shift} {axis}",
            )
        yield Edit(
            "back to front",
            2.6 + 0.2 * (not r.named(j)),
            f"{d(x)} is back to front{at}",
            j,
            None,
            lambda r, g, axis=axis: np.flip(g, axis),  # type: ignore[misc]
            f"flipped {axis}",
        )
        yield Edit(
            "averaged",
            2.8,
            f"{d(x)} is replaced by its mean{at}",
            j,
            None,
            lambda r, g, axis=axis: np.broadcast_to(np.mean(g, axis, keepdims=True), np.shape(g)),  # type: ignore[misc]
        )
        yield Edit(
            "summed too much",
            2.8,
            f"{d(x)} is replaced by its sum{at}",
            j,
            None,
            lambda r, g, axis=axis: np.broadcast_to(np.sum(g, axis, keepdims=True), np.shape(g)),  # type: ignore[misc]
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
        ("only where {} is positive is used", lambda g: np.where(g > 0, 1.0, 0.0)),
        ("the absolute value of {} is used", np.abs),
        ("{} is squared", square),
        ("{} is clipped to -1 .. 1", lambda g: np.clip(g, -1, 1)),
        ("the mean of {} is not subtracted, or is once too often", lambda g: g - np.mean(g)),
    ):
        yield Edit(
            "altered",
            3.0 + 0.2 * (not r.named(j)),
            said.format(d(x)),
            j,
            None,
            lambda r, g, change=change: change(g),  # type: ignore[misc]
        )


def value_for_cotangent(r: Replay, j: int) -> Iterator[Edit]:
    """A value stands in the place of the cotangent."""
    for other in others(r, j):
        if np.shape(r.values[j]) == () and r.nodes[other].op is None:
            continue
        yield Edit(
            "value in the place of a derivative",
            3.2 + 0.4 * (not r.named(other)) + 0.2 * (not r.named(j)),
            f"`{r.name(other)}` stands in the place of {d(r.name(j))}",
            j,
            None,
            lambda r, g, other=other: r.values[other],  # type: ignore[misc]
            scales=True,
        )


def other_factor(r: Replay, j: int) -> Iterator[Edit]:
    """The cotangent is multiplied, or divided, by a value that does not belong there."""
    for other in others(r, j):
        v, cost = r.name(other), 3.3 + 0.4 * (not r.named(other)) + 0.3 * (not r.named(j))
        yield Edit("extra factor", cost, f"{d(r.name(j))} has the factor `{v}` too many", j, None,
                   lambda r, g, other=other: g * r.values[other])  # type: ignore[misc]  # fmt: skip
        yield Edit("missing factor", cost + 0.1, f"the factor `{v}` is missing in {d(r.name(j))}", j, None,
                   lambda r, g, other=other: g / r.values[other])  # type: ignore[misc]  # fmt: skip

"""Mistakes that show in the finished gradient alone: another factor, shape, order, or other elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.constants import Constant, fixed, matching, uses
from autograd_lite.verification.diagnosis.hypotheses import Hypothesis, Pairs, largest, listed, predicting, said
from autograd_lite.verification.diagnosis.replay import Replay


def of_factor(r: Replay, wrong: Sequence[int], found: list[Constant]) -> Iterator[Hypothesis]:
    """One ratio over all elements, of all wrong gradients or of some."""
    groups: dict[float, list[int]] = {}
    for leaf in wrong:
        s = _ratio(r, leaf)
        if s is not None:
            same = next((t for t in groups if abs(s - t) <= 1e-6 * abs(t)), s)
            groups.setdefault(same, []).append(leaf)
    for s, group in groups.items():
        whose = listed([f"d{r.point.leaves[leaf].name}" for leaf in group])
        alone = len(group) == 1
        if s == 0:
            are = "it is zero" if alone else f"{whose} are zero"
            yield Hypothesis("missing", 1.0, f"{are}, in every element", _scaled(fixed(0.0), group))
            continue
        are = "it is" if alone else f"{whose} are"
        constants = matching([*uses(r), *found], r, s, group)
        for c in constants:
            cost = 1 + c.cost + (1.2 if not c.fixed else 0) + (0.5 if len(group) < len(wrong) else 0)
            cost += 0.6 * (c.fixed and c.cost > 0.6)  # put together of several numbers: let others be heard
            kind = "sign" if abs(s + 1) < 1e-6 else "constant factor"
            yield Hypothesis(kind, cost, f"{are} {said(s, c, plural=not alone)}{_advice(s, alone)}", _scaled(c, group))
        if not constants and sum(np.sum(np.abs(r.true[i]) > 1e-8 * largest(r.true[i])) for i in group) >= 3:
            message = f"{are} {said(s, None, plural=not alone)}, in every element"
            yield Hypothesis("constant factor", 2.9, message, _scaled(fixed(s), group))


def _ratio(r: Replay, leaf: int) -> float | None:
    """Return the ratio of a hand gradient to the true one where it is the same for all elements."""
    hand, true = np.asarray(r.point.hand[leaf]), np.asarray(r.true[leaf])
    scale = largest(true)
    if hand.shape != true.shape or scale == 0 or hand.dtype.kind not in "fiub" or not np.isfinite(hand).all():
        return None
    s = float(np.vdot(true / scale, hand / scale).real / np.vdot(true / scale, true / scale).real)
    if largest(hand - s * true) > 1e-5 * largest(hand - true):
        return None
    return 0.0 if abs(s) < 1e-12 else s


def _scaled(c: Constant, group: Sequence[int]) -> Callable[[Replay], Pairs]:
    return predicting(lambda r: [c.value(r) * t for t in r.true], group)


def _advice(s: float, alone: bool) -> str:
    it, its = ("it", "its sign") if alone else ("them", "their signs")
    if abs(s + 1) < 1e-6:
        return f": change {its}"
    return f": divide {it} by {s:.6g}" if s > 1 else f": multiply {it} by {1 / s:.6g}"


Transform = Callable[[Any, Any], Any]
"""From the true gradient, and the value of the variable, to a wrong gradient."""


def _transforms(t: Any, x: Any, name: str) -> Iterator[tuple[str, float, str, Transform]]:
    """Yield kind, cost, message and function of what may be done to a finished gradient."""
    n = np.ndim(t)
    if n >= 2:
        yield "transposed", 1.5, "it is transposed", lambda t, x: np.swapaxes(t, -1, -2)
        yield "transposed", 1.6, "it is transposed, and reshaped back", lambda t, x: np.reshape(t.T, np.shape(t))
        for i, name in ((0, "rows"), (1, "columns")):
            yield "wrong shape", 1.8, f"its {name} are added up", lambda t, x, i=i: np.sum(t, i)  # type: ignore[misc]
            yield "wrong shape", 1.8, f"its {name} are averaged", lambda t, x, i=i: np.mean(t, i)  # type: ignore[misc]
            yield (
                "wrong shape",
                1.8,
                f"its {name} are added up and spread out again",
                lambda t, x, i=i: np.broadcast_to(np.sum(t, i, keepdims=True), np.shape(t)),  # type: ignore[misc]
            )
            yield (
                "wrong shape",
                1.8,
                f"its {name} are averaged and spread out again",
                lambda t, x, i=i: np.broadcast_to(np.mean(t, i, keepdims=True), np.shape(t)),  # type: ignore[misc]
            )
        if np.shape(t)[-1] == np.shape(t)[-2]:
            eye = np.eye(np.shape(t)[-1])
            yield "diagonal only", 1.7, "only its diagonal is there", lambda t, x: t * eye
            yield "diagonal missing", 1.9, "its diagonal is zero", lambda t, x: t * (1 - eye)
            yield "taken as symmetric", 1.8, "it is its own symmetric part", lambda t, x: (t + t.T) / 2
            yield "taken as symmetric", 1.8, "its transpose is added", lambda t, x: t + t.T
            yield (
                "taken as symmetric",
                1.9,
                "its off-diagonal elements are doubled, as for a symmetric matrix",
                (lambda t, x: t + t.T - t * eye),
            )
        yield "triangle only", 1.8, "only its lower triangle is there", lambda t, x: np.tril(t)
        yield "triangle only", 1.8, "only its upper triangle is there", lambda t, x: np.triu(t)
    for axis in range(n):
        at = f" along axis {axis}" if n > 1 else ""
        yield "back to front", 1.6, f"it is back to front{at}", lambda t, x, axis=axis: np.flip(t, axis)  # type: ignore[misc]
        for shift in (1, -1):
            yield (
                "off by one",
                1.7,
                f"its elements are off by one{at}",
                lambda t, x, axis=axis, shift=shift: np.roll(t, shift, axis),  # type: ignore[misc]
            )
        yield "cumulated", 2.2, f"it is summed cumulatively{at}", lambda t, x, axis=axis: np.cumsum(t, axis)  # type: ignore[misc]
    if n >= 2:
        yield "back to front", 1.6, "it is back to front along both axes", lambda t, x: np.flip(t, (-1, -2))
    if n:
        yield "wrong shape", 1.7, "its elements are added up to one number", lambda t, x: np.sum(t)
        yield "wrong shape", 1.7, "its elements are averaged to one number", lambda t, x: np.mean(t)
        yield "wrong shape", 1.9, "every element is the sum of all", lambda t, x: np.full_like(t, np.sum(t))
        yield "wrong shape", 1.9, "every element is the mean of all", lambda t, x: np.full_like(t, np.mean(t))
        yield "normalised", 1.9, "it is divided by its norm", lambda t, x: t / np.linalg.norm(t)
        yield "altered", 2.0, "its mean is subtracted", lambda t, x: t - np.mean(t)
        yield "altered", 2.6, "its elements are sorted", lambda t, x: np.sort(t)
    yield (
        "integer truncation",
        1.4,
        "its fractions are cut off, as integers do: make it floating-point",
        (lambda t, x: np.trunc(t)),
    )
    yield "integer truncation", 1.5, "its fractions are cut off, as by //: divide with /", lambda t, x: np.floor(t)
    yield "rounded", 1.6, "it is rounded to whole numbers", lambda t, x: np.round(t)
    yield "altered", 1.8, "its elements have lost their sign", lambda t, x: np.abs(t)
    yield "altered", 1.8, "only the signs of its elements are there", lambda t, x: np.sign(t)
    yield "altered", 1.8, "its negative elements are cut off", lambda t, x: np.maximum(t, 0)
    yield "altered", 1.9, "its elements are squared", lambda t, x: t * t
    yield "clipped", 1.9, "it is clipped to -1 .. 1", lambda t, x: np.clip(t, -1, 1)
    yield "updated value", 2.7, f"`{name}` itself is added", lambda t, x: t + x
    yield "updated value", 1.6, f"it is `{name}` less the gradient: the updated value", lambda t, x: x - t
    yield "extra factor", 2.0, f"it is multiplied by `{name}`", lambda t, x: t * x
    yield "extra factor", 2.1, f"it is divided by `{name}`", lambda t, x: t / x
    yield "term twice", 2.9, f"`{name}` itself is subtracted", lambda t, x: t - x


def of_transforms(r: Replay, wrong: Sequence[int], found: list[Constant]) -> Iterator[Hypothesis]:
    """The right gradient, and then something done to it: to all that are wrong, or to one."""
    for leaf in wrong:
        if np.asarray(r.point.hand[leaf]).dtype.kind in "iu" and r.true[leaf].dtype.kind == "f":
            message = "its fractions are cut off: it is an array of integers; make it floating-point"
            yield Hypothesis("integer truncation", 0.9, message, predicting(
                lambda r: [np.trunc(t) for t in r.true], (leaf,)))  # fmt: skip
        name = r.point.leaves[leaf].name or "x"
        for kind, cost, message, function in _transforms(r.true[leaf], r.point.values[leaf], name):

            def predict(r: Replay, function: Transform = function) -> list[Any]:
                return [_try(function, t, x) for t, x in zip(r.true, r.point.values, strict=True)]

            yield Hypothesis(kind, cost + 0.2 * (len(wrong) > 1), message, predicting(predict, (leaf,)))
            if leaf == wrong[0] and len(wrong) > 1 and "`" not in message:
                both = f"in each of them: {message}"
                yield Hypothesis(kind, cost, both, predicting(predict, tuple(wrong)))


def _try(function: Transform, t: Any, x: Any) -> Any:
    try:
        return function(t, x)
    except (ValueError, IndexError, TypeError):
        return t


def of_shape(r: Replay, wrong: Sequence[int], found: list[Constant]) -> Iterator[Hypothesis]:
    """The right numbers in another shape, or terms that were not added up."""
    for leaf in wrong:
        hand, true = np.asarray(r.point.hand[leaf]), np.asarray(r.true[leaf])
        name = r.point.leaves[leaf].name
        if hand.shape == true.shape or hand.dtype.kind not in "fciub":
            continue
        if hand.size == true.size:
            message = (
                f"it has the right numbers in the shape {hand.shape}, expected {true.shape}: "
                f"np.reshape(d{name}, {name}.shape)"
            )
            yield Hypothesis("wrong shape", 1.0, message, _reduced(leaf, lambda h, t: np.reshape(h, np.shape(t))))
        for axes in _axes(hand.ndim):
            left = tuple(n for a, n in enumerate(hand.shape) if a not in axes)
            which = f"axis {axes[0]}" if len(axes) == 1 else f"the axes {axes}"
            if int(np.prod(left)) == true.size:
                message = f"it is not summed over {which}: np.sum(d{name}, axis={axes[0] if len(axes) == 1 else axes})"
                yield Hypothesis(
                    "not summed",
                    1.1,
                    message,
                    _reduced(leaf, lambda h, t, axes=axes: np.reshape(np.sum(h, axes), np.shape(t))),  # type: ignore[misc]
                )
                message = (
                    f"it is not averaged over {which}: np.mean(d{name}, axis={axes[0] if len(axes) == 1 else axes})"
                )
                yield Hypothesis(
                    "not averaged",
                    1.15,
                    message,
                    _reduced(leaf, lambda h, t, axes=axes: np.reshape(np.mean(h, axes), np.shape(t))),  # type: ignore[misc]
                )
            if hand.ndim == 2 and hand.shape[0] == hand.shape[1] == true.size:
                yield Hypothesis(
                    "outer product",
                    1.4,
                    "it is a matrix, whose diagonal is the gradient: an elementwise product has become an outer one",
                    _reduced(leaf, lambda h, t: np.reshape(np.diagonal(h), np.shape(t))),
                )
        for axes in _axes(true.ndim):
            which = f"axis {axes[0]}" if len(axes) == 1 else f"the axes {axes}"
            for verb, reduce in (("summed", np.sum), ("averaged", np.mean)):
                if int(np.prod([n for a, n in enumerate(true.shape) if a not in axes])) == hand.size:
                    yield Hypothesis(
                        "wrong shape",
                        1.3,
                        f"it is {verb} over {which} of {name}, expected one number for each element",
                        lambda r, leaf=leaf, axes=axes, reduce=reduce: {  # type: ignore[misc]
                            leaf: (np.ravel(r.point.hand[leaf]), np.ravel(reduce(r.true[leaf], axes)))
                        },
                    )


def _axes(n: int) -> list[tuple[int, ...]]:
    return [*((a,) for a in range(n)), *([tuple(range(n))] if n > 1 else []), *([tuple(range(n - 1))] if n > 2 else [])]


def _reduced(leaf: int, reduce: Callable[[Any, Any], Any]) -> Callable[[Replay], Pairs]:
    return lambda r: {leaf: (reduce(r.point.hand[leaf], r.true[leaf]), r.true[leaf])}


def of_arguments(r: Replay, wrong: Sequence[int], found: list[Constant]) -> Iterator[Hypothesis]:
    """The gradients of several arguments are in another order, or one is another's."""
    names = [leaf.name for leaf in r.point.leaves]
    for leaf in wrong:
        for other in range(len(r.true)):
            if other != leaf and np.size(r.true[other]) == np.size(r.true[leaf]):
                yield Hypothesis(
                    "another argument",
                    1.5,
                    f"it is the gradient by {names[other]}, not by {names[leaf]}",
                    lambda r, leaf=leaf, other=other: {leaf: (np.ravel(r.point.hand[leaf]), np.ravel(r.true[other]))},  # type: ignore[misc]
                )
    if len(wrong) == 2:
        a, b = wrong
        yield Hypothesis(
            "arguments swapped",
            1.2,
            f"the gradients by {names[a]} and {names[b]} are swapped",
            lambda r: {a: (r.point.hand[a], r.true[b]), b: (r.point.hand[b], r.true[a])},
        )


def of_elements(r: Replay, wrong: Sequence[int], found: list[Constant]) -> Iterator[Hypothesis]:
    """Some elements are wrong, the others right: zero, or off by one factor; or all by a constant difference."""
    for leaf in wrong:
        hand, true = np.asarray(r.point.hand[leaf]), np.asarray(r.true[leaf])
        if hand.shape != true.shape or hand.size < 2 or hand.dtype.kind != "f":
            continue
        off = np.abs(hand - true) > 1e-9 * np.max(np.abs(true), initial=0.0)
        if off.any() and not off.all():
            where = _described(off)
            if not hand[off].any():
                yield Hypothesis(
                    "lost elements",
                    2.2,
                    f"it is zero in {where}",
                    predicting(
                        lambda r, off=off: [np.where(off, 0, t) if np.shape(t) == off.shape else t for t in r.true],  # type: ignore[misc]
                        (leaf,),
                    ),
                )
            with np.errstate(all="ignore"):
                ratios = hand[off] / true[off]
            s = float(ratios[0])
            if np.isfinite(ratios).all() and np.ptp(ratios) <= 1e-8 * abs(s) and s != 0:
                for c in matching(found, r, s, (leaf,))[:1]:
                    yield Hypothesis(
                        "some elements",
                        2.4,
                        f"in {where} it is {said(s, c)}",
                        predicting(
                            lambda r, off=off, c=c: [  # type: ignore[misc]
                                np.where(off, c.value(r) * t, t) if np.shape(t) == off.shape else t for t in r.true
                            ],
                            (leaf,),
                        ),
                    )
        difference = (hand - true)[off] if off.any() else hand - true
        if difference.size >= 3 and np.ptp(difference) <= 1e-9 * np.max(np.abs(hand)):
            by = float(np.mean(difference))
            if abs(by) != 1 and not any(c.fixed for c in matching(found, r, by, (leaf,))):
                continue
            where = "" if off.all() else f" in {_described(off)}"
            yield Hypothesis(
                "constant offset",
                2.5,
                f"it is {abs(by):.6g} too {'large' if by > 0 else 'small'}{where}",
                predicting(
                    lambda r, off=off, by=by: [t + by * off if np.shape(t) == off.shape else t for t in r.true],  # type: ignore[misc]
                    (leaf,),
                ),
            )


def of_value(r: Replay, wrong: Sequence[int], found: list[Constant]) -> Iterator[Hypothesis]:
    """A multiple of the value itself is added: a penalty that is not in the function."""
    for leaf in wrong:
        hand, true, x = (np.asarray(v) for v in (r.point.hand[leaf], r.true[leaf], r.point.values[leaf]))
        size = float(np.vdot(x, x).real)
        if hand.shape != true.shape or hand.dtype.kind != "f" or size == 0:
            continue
        s = float(np.vdot(x, hand - true).real) / size
        if np.max(np.abs(hand - true - s * x)) <= 1e-6 * np.max(np.abs(hand - true)):
            chosen = [c for c in matching(found, r, s) if c.fixed][:1]
            if not chosen and hand.size >= 3:
                chosen = [fixed(s)]
            for c in chosen:
                name = r.point.leaves[leaf].name
                yield Hypothesis("extra term", 2.7 + 0.2 * (not c.origin) + 0.8 * (s < 0),
                                 f"{abs(s):.6g} * {name} is {'added to' if s > 0 else 'subtracted from'} it, as by a "
                    "penalty that the function does not have",
                                 predicting(lambda r, c=c: [t + c.value(r) * v for t, v in zip(  # type: ignore[misc]
                                     r.true, r.point.values, strict=True)], (leaf,)))  # fmt: skip


def _described(off: Any) -> str:
    """Say which elements of a mask."""
    for axis in range(off.ndim):
        others = tuple(a for a in range(off.ndim) if a != axis)
        some, every = off.any(others), off.all(others)
        if np.array_equal(some, every):
            rows = np.flatnonzero(some)
            listed = ", ".join(map(str, rows[:5])) + (", ..." if len(rows) > 5 else "")
            at = "element" if off.ndim == 1 else ("row", "column")[axis] if off.ndim == 2 else f"index of axis {axis},"
            return f"{at} {listed}" if len(rows) == 1 else f"{at}s {listed}"
    return f"{int(off.sum())} of {off.size} elements, first at {tuple(int(i) for i in np.argwhere(off)[0])}"


DIRECT: tuple[Callable[[Replay, Sequence[int], list[Constant]], Iterator[Hypothesis]], ...] = (
    of_factor,
    of_shape,
    of_arguments,
    of_transforms,
    of_elements,
    of_value,
)
"""The table of mistakes that show in the finished gradient."""

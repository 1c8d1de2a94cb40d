"""Calls of an op at special values: the elements of an elementwise op one by one, arrays of them for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite import numerical
from autograd_lite.core.op import Op
from autograd_lite.core.trees import flatten
from autograd_lite.numerical import close, quiet
from autograd_lite.numerical.close import Array
from autograd_lite.ops.samples import Filled, Sample
from autograd_lite.testing.cases import JUDGED, Case, apply, is_inexact
from autograd_lite.testing.examination import describe
from autograd_lite.testing.points import HUGE, Fault, Points

FILLINGS = (0.0, 1.0, "whole", "tiny", "large", "larger", "negative")
"""What arrays are filled with: one value, which ties all elements, whole numbers, or numbers of another size."""
SIZES = {"tiny": 1e-8, "large": 100.0, "larger": 1000.0, "negative": -1000.0}


def special_faults(op: Op, calls: Sequence[Sample], order: int) -> Iterator[Fault]:
    """Yield what is wrong with an op at special values of the inputs of each call, at the simplest ones first."""
    seen = set()
    for call in calls:
        if not any(isinstance(draw, Filled) and not draw.domain.integer for draw in call.inputs):
            continue
        points = Points(op, call) if op.elementwise else None
        if points is None or not points.defined():
            yield from _of_arrays(op, call)
            continue
        kind = (repr(call.params), *(draw.domain if isinstance(draw, Filled) else draw for draw in call.inputs))
        if kind not in seen:
            seen.add(kind)
            yield from points.faults(order)


def _of_arrays(op: Op, call: Sample) -> Iterator[Fault]:
    """Yield what is wrong where whole arrays are special."""
    for filling in FILLINGS:
        rng = np.random.default_rng(0)
        plain = call.draw(rng)
        inputs = tuple(_filled(draw, x, filling, rng) for draw, x in zip(call.inputs, plain, strict=True))
        if any(x is not old for x, old in zip(inputs, plain, strict=True)):
            with quiet():
                yield from _at(op, plain, inputs, call.params)


def _filled(draw: Any, plain: Any, filling: Any, rng: np.random.Generator) -> Any:
    """Return an input filled with special values inside of its domain, or the plain one where none suit."""
    if not isinstance(draw, Filled) or draw.domain.integer or not np.size(plain):
        return plain
    first, last = draw.domain.bounds
    if filling in SIZES:
        x = plain * SIZES[filling] / np.ravel(plain)[np.argmax(abs(plain))]
    elif filling == "whole":
        inside = [x for x in draw.domain.special() if first < x < last]
        x = rng.permutation(np.resize(inside[: max(9, np.size(plain))], np.size(plain))).reshape(np.shape(plain))[()]
    else:
        x = np.full(np.shape(plain), filling)[()]
    return x if np.all((first < x) & (x < last)) else plain


def _at(op: Op, plain: tuple[Any, ...], inputs: tuple[Any, ...], params: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with one call."""
    fault, wrong = partial(Fault, inputs, params), "the derivative is wrong at special values"
    try:
        case = Case(apply(op), inputs, params, seed=1)
    except Exception:  # it refuses them itself
        return
    if not all(np.all(np.isfinite(z)) for z in case.outputs):
        value = _last_finite(Case(apply(op), plain, params, seed=1), case)
        if value is not None:
            remedy = "write it so that nothing overflows on the way"
            yield fault("the forward overflows", f"its largest value, just before, is {value:.6g}: {remedy}")
        return
    try:
        gradients = case.gradient(*case.leaves)
    except np.linalg.LinAlgError:  # a matrix is singular, or vectors are not unique
        return
    except Exception as error:
        yield fault(f"the backward pass raises {type(error).__name__}: {error}", "")
        return
    positions = [i for i, x in enumerate(inputs) for _ in filter(is_inexact, flatten(x)[0])]
    names = [op.input_name(i) for i in positions]
    nan = [i for i, g in enumerate(gradients) if np.any(np.isnan(g))]
    if nan:
        yield fault(
            wrong, f"with respect to {names[nan[0]]} the rules give nan", positions[nan[0]] if op.rules else None
        )
    elif _contradicted(case, gradients):
        found = case.worst_element()
        yield fault(wrong, describe(case, "", names), positions[found[0]] if found and op.rules else None)


def _contradicted(case: Case, gradients: Sequence[Array]) -> bool:
    """Whether differences of the values, from both sides and from each, contradict the gradients."""
    leaves = tuple(case.leaves)
    drawn = numerical.random_tangents(leaves, np.random.default_rng(2))
    # elements that are tied move together: apart, a subgradient need not agree
    tangents = tuple(v * 0 + v.flat[0] if _tied(x) else v for x, v in zip(leaves, map(np.asarray, drawn), strict=True))
    terms = [np.real(g * t) for g, t in zip(gradients, tangents, strict=True)]
    given = sum(float(np.sum(term)) for term in terms)
    spread = sum(float(np.sum(abs(term))) for term in terms)
    size = abs(float(case.paired(*leaves)))

    def contradicts(estimate: numerical.Estimate) -> bool:
        value, error = float(np.real(estimate.value)), float(estimate.error)
        scale = spread + abs(value)
        sharp = bool(close.known(error, max(scale, size), JUDGED)) and not estimate.kink
        room = close.EXCEEDED_ALONG * error + close.of_exact_rules(scale, size, *leaves) + close.TINY
        return sharp and not abs(given - value) <= room

    return contradicts(numerical.directional(case.paired, leaves, tangents)) and all(
        map(contradicts, numerical.one_sided(case.paired, leaves, tangents))
    )


def _tied(x: Array) -> bool:
    """Whether all elements are the same."""
    return np.size(x) > 1 and bool(np.all(x == np.ravel(x)[0]))


def _last_finite(plain: Case, case: Case) -> float | None:
    """Return the largest value on the way to an overflow; None where that is natural, or at the last point alone."""
    low, high, largest = 0.0, 1.0, None
    for _ in range(60):
        t = (low + high) / 2
        outputs = case.call(*(x + t * (y - x) for x, y in zip(plain.leaves, case.leaves, strict=True)))
        if all(np.all(np.isfinite(z)) for z in outputs):
            low, largest = t, max(close.largest(z) for z in outputs)
        else:
            high = t
    return largest if largest is not None and largest < HUGE and high < 1 - close.digits(9) else None

"""What is true of a case, without the framework: differences of the function in extended precision."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.corpus.case import Case

EXTENDED = np.finfo(np.longdouble).eps < 1e-18
_STEPS = [10.0**-k for k in range(2, 8)]


def extend(x: Any) -> Any:
    """Return the numbers of an argument in extended precision; integers stay what they are."""
    if isinstance(x, (tuple, list)):
        return type(x)(extend(part) for part in x)
    if isinstance(x, dict):
        return {key: extend(part) for key, part in x.items()}
    return np.asarray(x).astype(np.longdouble)[()] if np.asarray(x).dtype.kind == "f" else x


def problem(case: Case) -> tuple[Callable[..., Any], Callable[..., Any], list[Any], Any]:
    """Return function and hand gradient of what is differentiated, the values of that, and the hand's plain answer."""
    if case.params is not None:
        owner = case.hand.__self__

        def at(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*values: Any) -> Any:
                before = vars(owner).copy()
                try:
                    vars(owner).update(zip(case.params or (), values, strict=True))
                    return function(*extend(case.args))
                finally:
                    vars(owner).update(before)

            return call

        return at(case.f), at(case.hand), [extend(getattr(owner, name)) for name in case.params], case.hand(*case.args)
    args = list(extend(case.args))
    shape = np.shape(case.f(*case.args))
    if shape:  # the hand gradient is a vector-Jacobian product, and its cotangent comes first
        g = np.random.default_rng(0).normal(size=shape)
        f, hand = (lambda *args: np.sum(g * case.f(*args))), (lambda *args: case.hand(g, *args))
    else:
        f, hand = case.f, case.hand
    answer = hand(*case.args)
    numbers = _numbers(case, answer)

    def among(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            given = list(args)
            for i, value in zip(numbers, values, strict=True):
                given[i] = value
            return function(*given)

        return call

    return among(f), among(hand), [args[i] for i in numbers], answer


def _numbers(case: Case, answer: Any) -> list[int]:
    """Return which arguments the hand gradient answers for."""
    if case.argnums is not None:
        return [int(i) for i in np.atleast_1d(case.argnums)]
    if isinstance(answer, dict):
        names = list(inspect.signature(case.f).parameters)
        return [names.index(name) for name in answer]
    return list(range(len(answer))) if isinstance(answer, tuple) else [0]


def gradients(f: Callable[..., Any], values: list[Any]) -> list[tuple[Any, Any, Any]]:
    """Return (left, right, error) for each value: the one-sided derivatives that agree where there is no kink."""
    return [_gradient(f, values, i) for i in range(len(values))]


def _gradient(f: Callable[..., Any], values: list[Any], i: int) -> tuple[Any, Any, Any]:
    x = np.asarray(values[i])
    scale = np.sqrt(np.mean(x * x)) or np.longdouble(1)
    found = np.zeros((3, *x.shape), np.longdouble)
    for index in np.ndindex(x.shape):

        def shifted(step: Any, index: Any = index) -> Any:
            moved = x.copy()
            moved[index] += step
            return np.sum(f(*values[:i], moved[()], *values[i + 1 :]))

        found[(slice(None), *index)] = _sides(shifted, abs(x[index]) or scale)
    return tuple(found)


def _sides(shifted: Callable[[Any], Any], scale: Any) -> tuple[Any, Any, Any]:
    tried = []
    for step in _STEPS:
        h = scale * np.longdouble(step)
        steps = h * np.arange(-4, 5)
        y = np.array([shifted(s) for s in steps])
        central = (8 * (y[5] - y[3]) - (y[6] - y[2])) / (12 * h)
        # forward formula of fourth order, and its mirror image
        weights = np.array([-25, 48, -36, 16, -3], np.longdouble) / 12
        tried.append((central, -(weights @ y[4::-1]) / h, weights @ y[4:] / h))
    tried_ = np.array(tried)
    change = np.abs(np.diff(tried_, axis=0))
    best = change.argmin(axis=0)
    central, left, right = (tried_[best[j] + 1, j] for j in range(3))
    noise = [change[best[j], j] for j in range(3)]
    if abs(left - right) <= 100 * (noise[1] + noise[2]) + 1e-7 * abs(central):
        return central, central, noise[0]
    return left, right, noise[1] + noise[2]


def _truth(case: Case, f: Callable[..., Any], values: list[Any], answer: Any) -> list[tuple[Any, Any, Any]]:
    """Return the derivatives of a case's function, which are worked out once for all gradients of it."""
    if case.params is not None:
        return gradients(f, values)
    key = id(case.f), id(case.args), *_numbers(case, answer)
    if key not in _KNOWN:
        _KNOWN[key] = gradients(f, values), (case.f, case.args)  # what is kept, no other has the identity of
    found, _ = _KNOWN[key]
    return found


_KNOWN: dict[tuple[int, ...], tuple[list[tuple[Any, Any, Any]], Any]] = {}


def verdicts(case: Case) -> list[str]:
    """Return what is true of the hand gradient by each argument: right, kink or wrong."""
    f, hand, values, answer = problem(case)
    with np.errstate(all="ignore"):
        parts, given = _parts(hand(*values)), _parts(answer)
        truth = _truth(case, f, values, answer)
    found = [_verdict(np.asarray(h), *sides) for h, sides in zip(parts, truth, strict=True)]
    return [v if np.all(np.isfinite(x)) else "wrong" for v, x in zip(found, given, strict=True)]


def _parts(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        return list(answer.values())
    return list(answer) if isinstance(answer, (tuple, list)) else [answer]


def _verdict(hand: Any, left: Any, right: Any, error: Any) -> str:
    if hand.shape != left.shape or (hand.dtype.kind in "iub" and np.any(left != np.rint(left))):
        return "wrong"
    slack = 1e-9 * np.maximum(np.abs(left), np.abs(right)) + 1e-11 * np.abs(left).max(initial=0) + 10 * error
    low, high = np.minimum(left, right) - slack, np.maximum(left, right) + slack
    if not np.all((low <= hand) & (hand <= high)):
        return "wrong"
    return "kink" if np.any(left != right) else "right"

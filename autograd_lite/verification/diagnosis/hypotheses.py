"""A mistake that may have been made, whether it reproduces what the hand gradient has, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.constants import Constant
from autograd_lite.verification.diagnosis.replay import Replay

Pairs = dict[int, tuple[Any, Any]]
"""For each leaf that a hypothesis speaks of: what the hand has, and what it should then be."""

_FAMILIES = {
    "treated as a constant": "missing term",
    "treated as constants": "missing term",
    "lost step": "missing term",
    "lost rows": "missing term",
    "weight of a term": "constant factor",
    "missing factor": "constant factor",
    "averaged": "constant factor",
    "sign": "constant factor",
    "wrong power": "constant factor",
    "another start": "missing derivative",
    "derivative twice": "extra factor",
    "step left out": "derivative at the wrong place",
}
"""Kinds that are other words for another kind."""


@dataclass(frozen=True)
class Hypothesis:
    """A mistake that may have been made.

    Attributes
    ----------
    kind : str
    cost : float
        How far-fetched it is.
    message : str
    pairs : callable
        From a replay, for each leaf, what is compared: the hand gradient (or a part of it), and the prediction.
    where : str
        The variable at which the mistake was made; empty where it is not known.
    function : bool
        Whether it is the derivative of a function that is wrong: as a rule it is then so for every path through it.
    """

    kind: str
    cost: float
    message: str
    pairs: Callable[[Replay], Pairs]
    where: str = ""
    function: bool = False

    @property
    def family(self) -> str:
        """Its kind, or the one that it is other words for."""
        return _FAMILIES.get(self.kind, self.kind)


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that reproduces what the hand gradient has, to rounding, at two points.

    Attributes
    ----------
    kind : str
    message : str
        What was done, where, and what to do.
    where : str
        The variable; empty where the mistake is not at one.
    leaves : tuple of int
        The differentiated arrays whose wrong gradient it explains.
    cost : float
        How far-fetched it is: the least is the simplest.
    """

    kind: str
    message: str
    where: str
    leaves: tuple[int, ...]
    cost: float


def predicting(predict: Callable[[Replay], Sequence[Any]], leaves: Sequence[int]) -> Callable[[Replay], Pairs]:
    """Compare the hand gradient with a predicted one, for these leaves."""

    def pairs(r: Replay) -> Pairs:
        predicted = predict(r)
        return {leaf: (r.point.hand[leaf], predicted[leaf]) for leaf in leaves}

    return pairs


def said(s: float, c: Constant | None, *, plural: bool = False) -> str:
    """Say by what factor something, or several things, are off."""
    if s == 0:
        return "zero"
    if abs(s + 1) < 1e-6:
        return "of the wrong sign"
    size = "twice" if abs(s - 2) < 1e-6 else "half of" if abs(s - 0.5) < 1e-6 else f"{s:.6g} times"
    origin = f" ({c.origin})" if c is not None and c.origin else ""
    return f"{size} what {'they' if plural else 'it'} should be{origin}"


def listed(names: Sequence[str]) -> str:
    """Say several names in one sentence."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def holding(hypothesis: Hypothesis, r: Replay, wrong: Sequence[int]) -> dict[int, bool]:
    """Return, for each leaf that a hypothesis speaks of, whether it reproduces the hand gradient to rounding."""
    try:
        pairs: Pairs = hypothesis.pairs(r)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, ZeroDivisionError, np.linalg.LinAlgError):
        return {}
    return {leaf: _equal(got, expected, r, leaf, leaf in wrong) for leaf, (got, expected) in pairs.items()}


def held(hypothesis: Hypothesis, r: Replay, leaves: Sequence[int]) -> bool:
    """Whether a hypothesis reproduces the hand gradients by all of these leaves."""
    found = holding(hypothesis, r, leaves)
    return all(found.get(leaf, False) for leaf in leaves)


def changing(hypothesis: Hypothesis, r: Replay, leaves: Sequence[int]) -> list[int]:
    """Return those of the leaves whose gradient is another one by a hypothesis that holds for others."""
    pairs = hypothesis.pairs(r) if leaves else {}
    predicted = {leaf: np.asarray(p) for leaf, (_, p) in pairs.items() if leaf in leaves}
    return [
        leaf
        for leaf, p in predicted.items()
        if p.shape != np.shape(r.true[leaf]) or largest(p - r.true[leaf]) > 1e-9 * largest(r.true[leaf])
    ]


def _equal(got: Any, expected: Any, r: Replay, leaf: int, wrong: bool) -> bool:
    """Whether two gradients are equal to rounding, and closer to each other than either is to the right one."""
    got, expected, true = np.asarray(got), np.asarray(expected), np.asarray(r.true[leaf])
    if got.shape != expected.shape or got.dtype.kind not in "fciub" or not np.isfinite(expected).all():
        return False
    eps = float(np.finfo(true.dtype).eps)
    scale = max(largest(got), largest(expected), largest(true))
    off = largest(got - expected)
    if not off <= max(1e-7 if r.point.by_differences else 1e-11, 1e3 * eps) * scale:
        return False
    hand = np.asarray(r.point.hand[leaf])
    if hand.shape == true.shape:
        apart = largest(hand - true)
        return off <= max(1e-5, 1e5 * eps) * apart if wrong else True
    return True


def largest(x: Any) -> float:
    """Return the size of the largest element; 0 where there is none."""
    return float(np.max(np.abs(x), initial=0.0))

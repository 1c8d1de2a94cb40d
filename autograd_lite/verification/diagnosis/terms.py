"""Several terms of one gradient with wrong weights at once: the hand gradient is fitted by least squares on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.constants import Constant, fixed, matching
from autograd_lite.verification.diagnosis.edits import d
from autograd_lite.verification.diagnosis.hypotheses import Hypothesis, Pairs, largest, listed, said
from autograd_lite.verification.diagnosis.replay import Replay

_MOST_TERMS = 5


def recombined(r: Replay, wrong: Sequence[int], found: list[Constant]) -> Iterator[Hypothesis]:
    """Yield that two or more of the few terms of a gradient have other weights, each of which has a name.

    A fit with as many weights as terms says nothing by itself, so there must be more elements than that; and weights
    without a name are believed only where two terms have exchanged theirs.
    """
    for leaf in wrong:
        weights = _weights(r, leaf)
        if weights is None:
            continue
        users = _users(r, leaf)
        off = [n for n, s in enumerate(weights) if abs(s - 1) > 1e-7]
        if len(off) < 2 or len({round(s, 7) for s in weights}) == 1:
            continue  # one wrong weight, or one for all, is found more simply
        named = {n: _named(r, leaf, weights[n], found) for n in off}
        x = r.name(r.leaves[leaf] or 0)
        if all(named.values()):
            parts = _said(r, users, weights, named)
            cost = 2.4 + sum({c.origin: 0.2 + c.cost for c in named.values() if c is not None}.values())
            cost += 0.3 * (len(parts) == 1)  # one mistake, where they come together, is said more simply
            kind = "sign" if all(abs(weights[n] + 1) < 1e-6 for n in off) else "weight of a term"
            message = f"of the terms of {d(x)}, {', and '.join(parts)}"
            yield Hypothesis(kind, cost, message, _with_weights(leaf, named), x)
        elif len(off) == 2 and abs(weights[off[0]] * weights[off[1]] - 1) < 1e-7:
            both = " and ".join(f"`{r.expression(users[n])}`" for n in off)
            message = f"the terms of {d(x)} from {both} have each other's weight"
            yield Hypothesis("weight of a term", 2.9, message, _exchanged(leaf, off), x)


def _users(r: Replay, leaf: int) -> list[int]:
    """Return the nodes that use an argument."""
    j = r.leaves[leaf]
    return list(dict.fromkeys(k for k, _ in r.into[j])) if j is not None else []


def _terms(r: Replay, leaf: int) -> list[Any]:
    """Return what each use of an argument passes to it."""
    j = r.leaves[leaf]
    return [sum(r.passed[k, i] for k, i in r.into[j] if k == user) for user in _users(r, leaf)] if j is not None else []


def _weights(r: Replay, leaf: int) -> list[float] | None:
    """Return the weights of the terms that give the hand gradient, where some do."""
    terms, hand = _terms(r, leaf), np.asarray(r.point.hand[leaf])
    if not 2 <= len(terms) <= _MOST_TERMS or hand.dtype.kind != "f" or hand.size < len(terms) + 2:
        return None
    scales = [largest(term) for term in terms]
    if not all(scales):
        return None
    columns = np.stack([np.ravel(term) / scale for term, scale in zip(terms, scales, strict=True)], axis=1)
    found, _, rank, _ = np.linalg.lstsq(columns, np.ravel(hand), rcond=1e-9)
    if rank < len(terms) or largest(columns @ found - np.ravel(hand)) > 1e-9 * largest(hand):
        return None
    weights = [float(s) / scale for s, scale in zip(found, scales, strict=True)]
    return [0.0 if abs(s) < 1e-9 else s for s in weights]


def _named(r: Replay, leaf: int, weight: float, found: list[Constant]) -> Constant | None:
    if weight == 0:
        return fixed(0.0)
    plain = [c for c in matching(found, r, weight, (leaf,)) if not c.composite]
    return plain[0] if plain else None


def _said(r: Replay, users: list[int], weights: list[float], named: dict[int, Constant | None]) -> list[str]:
    """Say what is wrong with the terms, those of one weight together."""
    groups: dict[float, list[int]] = {}
    for n in named:
        same = next((s for s in groups if abs(s - weights[n]) <= 1e-7 * abs(s)), weights[n])
        groups.setdefault(same, []).append(n)
    parts = []
    for s, group in groups.items():
        those = listed([f"`{r.expression(users[n])}`" for n in group])
        many = len(group) > 1
        what = "missing" if s == 0 else said(s, named[group[0]], plural=many)
        parts.append(f"{'those' if many else 'that'} from {those} {'are' if many else 'is'} {what}")
    return parts


def _with_weights(leaf: int, named: dict[int, Constant | None]) -> Any:
    def pairs(r: Replay) -> Pairs:
        made = [c.value(r) * t if (c := named.get(n)) else t for n, t in enumerate(_terms(r, leaf))]
        return {leaf: (r.point.hand[leaf], sum(made))}

    return pairs


def _exchanged(leaf: int, off: Sequence[int]) -> Any:
    """Predict that two terms have weights of which one is the inverse of the other, whatever they are at a point."""

    def pairs(r: Replay) -> Pairs:
        weights, terms = _weights(r, leaf), _terms(r, leaf)
        if weights is None:
            return {leaf: (r.point.hand[leaf], r.true[leaf])}
        s = weights[off[0]]
        made = [t * (s if n == off[0] else 1 / s if n == off[1] else 1) for n, t in enumerate(terms)]
        return {leaf: (r.point.hand[leaf], sum(made))}

    return pairs

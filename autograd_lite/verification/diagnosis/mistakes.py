"""Why a hand gradient is wrong: the mistakes that reproduce it exactly, at this point and at another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite.verification.budget import NUMBERS_OF_SEARCH, NUMBERS_PER_OP, Budget, SafetyNet
from autograd_lite.verification.diagnosis.constants import Constant, constants, fixed, matching
from autograd_lite.verification.diagnosis.edits import Edit
from autograd_lite.verification.diagnosis.effects import of_edit, of_weight
from autograd_lite.verification.diagnosis.fits import DIRECT
from autograd_lite.verification.diagnosis.freedoms import other_freedoms
from autograd_lite.verification.diagnosis.hypotheses import (
    Diagnosis,
    Hypothesis,
    changing,
    held,
    holding,
    largest,
    listed,
)
from autograd_lite.verification.diagnosis.local_mistakes import edits
from autograd_lite.verification.diagnosis.moving import redrawn, shaken
from autograd_lite.verification.diagnosis.overflows import overflows
from autograd_lite.verification.diagnosis.replay import Replay
from autograd_lite.verification.diagnosis.substitutions import substitutions
from autograd_lite.verification.diagnosis.terms import recombined
from autograd_lite.verification.diagnosis.together import alike, detached, everywhere, shares, steps
from autograd_lite.verification.point import Point, evaluate
from autograd_lite.verification.problem import Mode, Setting

_PROBES = 2
_FURTHER = 0.3
"""Alternatives that are more far-fetched by this than the simplest are left out."""
_PLAIN = 0.5
"""A constant on top of another mistake is not put together of several."""
_MOST_OTHERS = 2
"""Alternatives that are listed."""
_MOST_NUMBERS = 60_000_000
_MOST_MOVED = 2_000_000
_MOST_COST, _MOST_COST_OF_PART = 4.5, 3.5
"""What is more far-fetched is a coincidence rather than a cause, of all that is wrong or of a part of it."""
_MOST_DIFFERENCES = 300
"""Up to so many elements, mistakes that show in the gradient alone are looked for where there is no record."""
_LARGE = 150
"""Records of more nodes are searched for repeated mistakes first."""


def diagnose(
    setting: Setting,
    point: Point,
    wrong: Sequence[int],
    rng: np.random.Generator,
    budget: Budget | None = None,
) -> list[Diagnosis]:
    """Find the mistakes that explain wrong gradients, the simplest first; none where no simple one does.

    Parameters
    ----------
    setting : Setting
    point : Point
        Where the hand gradient is wrong.
    wrong : sequence of int
        Which gradients are.
    rng : Generator
        Draws the other points, and the directions along which edits are tried.
    budget : Budget, optional
        Numbers that the search may compute.

    Returns
    -------
    list of Diagnosis
        The first that names a leaf is its cause; later ones are alternatives. Independent mistakes are named one by
        one, each with the leaves that it explains.
    """
    with np.errstate(all="ignore"):
        overflow = list(overflows(setting, point, wrong))
        rest = [leaf for leaf in wrong if not any(leaf in found.leaves for found in overflow)]
        if point.result is None and point.cotangent is None and sum(map(np.size, point.values)) <= _MOST_DIFFERENCES:
            setting = replace(setting, mode=Mode.BY_DIFFERENCES)
            point = evaluate(setting)
        if point.result is None or not rest or not np.isfinite(np.asarray(point.result._value)).all():
            return overflow
        return overflow + _Search(setting, point, rest, rng, budget or Budget(NUMBERS_OF_SEARCH, SafetyNet())).run()


@dataclass(frozen=True)
class _Found:
    hypothesis: Hypothesis
    cost: float
    leaves: tuple[int, ...]


class _Search:
    """The search for hypotheses that hold at two points."""

    def __init__(
        self, setting: Setting, point: Point, wrong: Sequence[int], rng: np.random.Generator, budget: Budget
    ) -> None:
        self.setting, self.rng, self.budget = setting, rng, budget
        self.r = Replay(point, budget)
        self.wrong = tuple(wrong)
        self.leaves = [leaf for leaf in range(len(point.hand)) if _usable(point, leaf)]
        self.replayed = [leaf for leaf in self.wrong if leaf in self.leaves]
        self.second: Replay | None = None
        self.others: list[Replay] = []
        self.found: list[_Found] = []
        self.messages: set[tuple[str, tuple[int, ...]]] = set()

    def run(self) -> list[Diagnosis]:
        """Search stage by stage, from simple to far-fetched, until all is explained."""
        self.second = self._another(self.setting)
        if self.second is None:
            return []
        self.others = [self.second]
        for move in (redrawn, shaken) if self._is_small() else ():
            moved = move(self.setting, self.rng) if move is redrawn or self._is_constant() else None
            other = self._another(moved) if moved is not None else None
            self.others += [other] if other is not None else []
        self.constants = constants(self.r, self.wrong)
        stages: list[tuple[float, Callable[[], None]]] = [(0.0, self._direct), (1.9, self._probe)]
        single = [(1.95, self._weights), (1.96, lambda: self._edits(late=False))]
        group = [
            (2.4, lambda: self._hypotheses(detached(self.r))),
            (2.4, lambda: self._hypotheses(recombined(self.r, self.replayed, self.constants))),
            (2.5, lambda: self._hypotheses(everywhere(self.r, self.budget))),
        ]
        stages += [*group, *single] if len(self.r.nodes) > _LARGE else [*single, *group]
        stages += [
            (2.7, lambda: self._hypotheses(other_freedoms(self.r))),
            (2.7, lambda: self._hypotheses(substitutions(self.r, self.replayed, late=False))),
            (3.0, lambda: self._edits(late=True)),
            (3.0, lambda: self._hypotheses(substitutions(self.r, self.replayed, late=True))),
        ]
        for least, stage in stages:
            if not self._is_open() or self._settled(least):
                break
            if least > 0 and (not self.replayed or self.r.point.by_differences):
                break
            stage()
        return self._chosen()

    def _settled(self, least: float) -> bool:
        """Whether all is explained more simply than a later stage could."""
        explained = {leaf for f in self.found if f.cost <= least for leaf in f.leaves}
        whole = any(set(f.leaves) == set(self.wrong) and f.cost <= least for f in self.found)
        return whole or (len(self.wrong) > 1 and least >= 2.5 and explained == set(self.wrong))

    def _chosen(self) -> list[Diagnosis]:
        most = _MOST_COST if self._is_open() else _MOST_COST - 0.5  # something simpler may not have been tried
        likely = [f for f in self.found if f.cost <= (most if len(f.leaves) == len(self.wrong) else _MOST_COST_OF_PART)]
        found = self._told_apart(sorted(likely, key=lambda f: f.cost))
        whole = [f for f in found if set(f.leaves) == set(self.wrong)]
        found = whole or found
        found = [f for f in found if f.cost <= min(g.cost for g in found if set(g.leaves) & set(f.leaves)) + _FURTHER]
        first: list[_Found] = []  # the simplest for each gradient come before all alternatives
        for f in found:
            if not {leaf for g in first for leaf in g.leaves} & set(f.leaves):
                first.append(f)
        others: list[_Found] = []  # they make the same gradient: one of each kind is enough
        for f in found:
            if f.hypothesis.family not in {g.hypothesis.family for g in first + others}:
                others.append(f)
        return [
            Diagnosis(f.hypothesis.kind, self._addressed(f), f.hypothesis.where, f.leaves, f.cost)
            for f in self._put_together(first) + others[:_MOST_OTHERS]
        ]

    def _put_together(self, found: list[_Found]) -> list[_Found]:
        """Say once what was found of several gradients."""
        leaves: dict[str, set[int]] = {}
        for f in found:
            leaves.setdefault(f.hypothesis.message, set()).update(f.leaves)
        firsts = {f.hypothesis.message: f for f in reversed(found)}
        return [replace(firsts[message], leaves=tuple(sorted(those))) for message, those in leaves.items()]

    def _addressed(self, f: _Found) -> str:
        """Return the message, with the gradients that it speaks of where others are wrong as well."""
        if set(f.leaves) == set(self.wrong) or f.hypothesis.message.startswith("on the way to"):
            return f.hypothesis.message
        names = [f"d{self.r.point.leaves[leaf].name}" for leaf in f.leaves]
        if len(names) > 1 and f.hypothesis.message.startswith(listed(names)):
            return f.hypothesis.message
        whose = ", ".join(names)
        return f"{whose}: {'each of them: ' if len(f.leaves) > 1 else ''}{f.hypothesis.message}"

    def _told_apart(self, found: list[_Found]) -> list[_Found]:
        """Keep those hypotheses that hold at farther points, and where other arguments move, as long as one does."""
        if len(found) < 2 or not self._is_small():
            return found
        data, far = shaken(self.setting, self.rng), shaken(self.setting, self.rng, 0.5)
        for setting, size in ((data, 0.1), (self.setting, 0.5), (self.setting, 2.0), (far, 0.5)):
            other = self._another(setting, (size,)) if setting is not None and self._is_open() else None
            if other is None:
                continue
            kept = [f for f in found if held(f.hypothesis, other, f.leaves)]
            found = [
                f
                for f in found
                if f in kept or not {x for g in kept if g.cost <= f.cost + 1 for x in g.leaves}.issuperset(f.leaves)
            ]
        return found

    def _is_small(self) -> bool:
        return sum(np.size(v) for v in self.r.values if not isinstance(v, tuple)) <= _MOST_MOVED

    def _is_constant(self) -> bool:
        """Whether a wrong gradient of the hand is the same at all points so far: it may then be anything constant."""
        return any(
            all(np.array_equal(self.r.point.hand[leaf], other.point.hand[leaf]) for other in self.others)
            for leaf in self.wrong
        )

    def _is_open(self) -> bool:
        self.budget.spend(NUMBERS_PER_OP)
        return self.budget.is_left()

    def _another(self, setting: Setting, sizes: Sequence[float] = (0.1, 0.1, 0.02, 0.004)) -> Replay | None:
        """Return the record at another point where the function takes the same steps."""
        for size in sizes:
            try:
                other = Replay(evaluate(setting, setting.nearby(self.rng, size), capture=False), self.budget)
            except Exception:
                continue
            if self.r.like(other) and all(np.isfinite(t).all() for t in other.true):
                return other
        return None

    def _direct(self) -> None:
        for of in DIRECT:
            self._hypotheses(of(self.r, self.wrong, self.constants))

    def _hypotheses(self, hypotheses: Iterator[Hypothesis]) -> None:
        for hypothesis in hypotheses:
            if not self._is_open():
                return
            self._consider(hypothesis)

    def _consider(self, hypothesis: Hypothesis) -> None:
        """Keep a hypothesis that holds at both points, with the leaves that it explains."""
        assert self.second is not None
        self.budget.spend(sum(map(np.size, self.r.true)))
        right = holding(hypothesis, self.r, self.wrong)
        explained = tuple(leaf for leaf in self.wrong if right.get(leaf))
        if not explained or not all(held(hypothesis, other, explained) for other in self.others):
            return
        rest = [leaf for leaf in self.wrong if leaf not in explained]
        if rest and hypothesis.kind != "sign" and not self._telling(explained):
            return
        if len(changing(hypothesis, self.r, rest)) > len(explained):  # most of what it would make wrong is otherwise
            return
        broken = any(not ok for leaf, ok in right.items() if leaf not in self.wrong)
        if broken:  # it passes to gradients that do not have it: then it was made on one path alone
            names = " and ".join(f"d{self.r.point.leaves[leaf].name}" for leaf in explained)
            hypothesis = replace(hypothesis, message=f"on the way to {names} alone, {hypothesis.message}")
        cost = hypothesis.cost + (0.0 if len(explained) == len(self.wrong) else 0.4) + (0.8 if broken else 0.0)
        cost += 1.0 if broken and hypothesis.function else 0.0
        if (hypothesis.message, explained) not in self.messages:
            self.messages.add((hypothesis.message, explained))
            self.found.append(_Found(hypothesis, cost, explained))

    def _telling(self, leaves: Sequence[int]) -> bool:
        """Whether the second point says more than the first of these gradients, or they have elements enough."""
        assert self.second is not None
        return sum(np.size(self.r.true[leaf]) for leaf in leaves) >= 3 or any(
            not np.array_equal(self.r.true[leaf], self.second.true[leaf]) for leaf in leaves
        )

    # --- edits of one step, screened along random directions ---

    def _probe(self) -> None:
        """Find how each node moves along random directions of each leaf."""
        r = self.r
        right = [leaf for leaf in self.leaves if leaf not in self.wrong]
        size = sum(np.size(v) for v in r.values)
        probes = _PROBES if size * _PROBES * len(self.replayed) < _MOST_NUMBERS else 1
        self.rows = [leaf for leaf in self.replayed for _ in range(probes)]
        directions = [{leaf: self._direction(leaf)} for leaf in self.rows]
        if right:
            self.rows.append(-1)
            directions.append({leaf: self._direction(leaf) for leaf in right})
        self.tangents = r.tangents(directions)
        self.target = np.zeros(len(self.rows))
        self.close = np.zeros(len(self.rows))
        for n, (leaf, direction) in enumerate(zip(self.rows, directions, strict=True)):
            members = list(direction)
            scale = sum(
                float(np.sqrt(np.size(r.true[m])) * max(largest(r.true[m]), largest(r.point.hand[m]))) for m in members
            )
            eps = max(float(np.finfo(np.asarray(r.true[m]).dtype).eps) for m in members)
            self.close[n] = max(1e-7, 1e3 * eps) * scale
            if leaf >= 0:
                off = np.asarray(r.point.hand[leaf], dtype=np.float64) - r.true[leaf]
                self.target[n] = float(np.sum(direction[leaf] * off))
                self.close[n] = min(self.close[n], 1e-3 * abs(self.target[n]) + 10 * eps * scale)

    def _direction(self, leaf: int) -> Any:
        x = self.r.true[leaf]
        return self.rng.standard_normal(np.shape(x)).astype(np.asarray(x).dtype)[()]

    def _along(self, j: int, delta: Any) -> Any:
        """Return by how much a change of a node's cotangent changes the gradient along each direction."""
        rows = self.tangents[j]
        delta = np.broadcast_to(delta, np.shape(self.r.values[j]))
        return np.real(rows @ np.ravel(delta)) if rows.size else np.zeros(len(self.rows))

    def _fits(self, moved: Any) -> bool:
        """Whether a change along the directions may explain a wrong leaf."""
        near = np.abs(moved - self.target) <= self.close
        return any(all(near[n] for n, leaf in enumerate(self.rows) if leaf == one) for one in self.replayed)

    def _factors(self, unit: Any, rest: Any) -> Iterator[float]:
        """Yield the factors of a change that may explain wrong leaves."""
        tried: list[float] = []
        asked = [np.array([leaf >= 0 for leaf in self.rows])]
        asked += [np.array([leaf == one for leaf in self.rows]) for one in self.replayed if len(self.replayed) > 1]
        for which in asked:
            u, t = unit[which], (self.target - rest)[which]
            size = float(u @ u)
            s = float(u @ t) / size if size > 0 else np.nan
            if not np.isfinite(s) or any(abs(s - other) <= 1e-7 * abs(s) for other in tried):
                continue
            if np.all(np.abs(s * u - t) <= self.close[which] + 1e-6 * np.abs(t)):
                tried.append(s)
                yield s

    def _edits(self, *, late: bool) -> None:
        for edit in edits(self.r, late=late):
            if not self._is_open():
                return
            try:
                delta = edit.delta(self.r)
                if np.asarray(delta).dtype.kind not in "fc":
                    continue
                moved = self._along(edit.j, delta)
            except (ValueError, TypeError, IndexError, AttributeError, ZeroDivisionError):
                continue
            if not np.isfinite(moved).all():
                continue
            if self._fits(moved):
                self._consider(of_edit(self.r, edit, self.leaves))
            elif edit.scales:
                self._scaled(edit, moved)

    def _scaled(self, edit: Edit, moved: Any) -> None:
        """Consider an edit with a simple constant on top."""
        r = self.r
        before = r.totals[edit.j] if edit.edges is None else sum(r.passed[e] for e in edit.edges)
        base = self._along(edit.j, before)
        for s in self._factors(moved + base, -base):
            for c in [c for c in self._matching(s, edit.j) if c.fixed and c.cost <= _PLAIN][:1]:
                self._consider(of_edit(r, edit, self.leaves, c))

    def _matching(self, value: float, j: int) -> list[Constant]:
        """Return the constants that may be a factor of what arrives at a node."""
        return matching(self.constants, self.r, value, self.r.below[j].intersection(self.replayed))

    def _weights(self) -> None:
        """Consider that one term has another weight: missing, negative, doubled, averaged."""
        r = self.r
        for k in range(len(r.nodes)):
            if not self._is_open():
                return
            if r.totals[k] is None or isinstance(r.values[k], tuple):
                continue
            if len(r.into[k]) > 1:
                self._weigh(k, None)
            for i, j, _ in r.out[k]:
                if not isinstance(r.values[j], tuple):
                    self._weigh(j, (k, i))
        for of in (shares, steps, alike):
            self._hypotheses(of(r, self.leaves))

    def _weigh(self, j: int, edge: tuple[int, int] | None) -> None:
        r = self.r
        unit = self._along(j, r.passed[edge] if edge else r.totals[j])
        for s in self._factors(unit, 0.0):
            weight = 1 + s
            if abs(weight) < 1e-6:
                found: list[Constant] = [fixed(0.0)]
            else:
                found = self._matching(weight, j)[:2]
            if not found and all(np.size(r.true[leaf]) >= 3 for leaf in self.replayed):
                found = [Constant(lambda r, weight=weight: weight, "", 1.2)]  # type: ignore[misc]
            for c in found:
                self._consider(of_weight(r, j, edge, c, self.leaves))


def _usable(point: Point, leaf: int) -> bool:
    """Whether a hand gradient can be compared element by element."""
    hand = np.asarray(point.hand[leaf])
    return hand.shape == np.shape(point.true[leaf]) and hand.dtype.kind in "fiub" and bool(np.isfinite(hand).all())

"""The same mistake at several nodes: at every step of a recurrence, in every layer, at two statistics at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, permutations
from typing import Any

import numpy as np

from autograd_lite.verification.budget import NUMBERS_PER_OP, Budget
from autograd_lite.verification.diagnosis.edits import Edit, d
from autograd_lite.verification.diagnosis.hypotheses import Hypothesis, predicting
from autograd_lite.verification.diagnosis.local_mistakes import edits
from autograd_lite.verification.diagnosis.replay import Replay
from autograd_lite.verification.diagnosis.wording import at_any_index

_STATISTICS = ("mean", "sum", "variance", "deviation", "max", "min", "norm", "standardize")


def everywhere(r: Replay, budget: Budget) -> Iterator[Hypothesis]:
    """Yield the edits that can be made at all nodes of one op, or of one source line, at once.

    Edits are collected for half of the budget that is left.
    """
    least = budget.left // 2
    groups: dict[tuple[Any, ...], dict[tuple[int, tuple[tuple[int, int], ...] | None], Edit]] = {}
    for edit in chain(_weights(r), edits(r), edits(r, late=True)):
        budget.spend(NUMBERS_PER_OP)
        if budget.left < least or not budget.is_left():
            break
        if not edit.key:
            continue
        at = (edit.source, edit.edges)
        groups.setdefault(("op", r.op(edit.source), edit.key), {})[at] = edit
        if r.named(edit.j):
            groups.setdefault(("name", r.name(edit.j), r.op(edit.source), edit.key), {})[at] = edit
        place = r.names.places.get(r.nodes[edit.source])
        if place is not None:
            groups.setdefault(("line", place.file, place.line, r.op(edit.source), edit.key), {})[at] = edit
    repeated = {tuple(members): list(members.values()) for members in groups.values() if len(members) > 1}
    seen = set()
    for members in sorted(groups.values(), key=lambda m: min(e.cost for e in m.values())):
        chosen = list(members.values())
        mark = (chosen[0].key, tuple(members))
        if len(chosen) < 2 or mark in seen or tuple(members) not in repeated:
            continue
        seen.add(mark)
        yield together(r, chosen)


def together(r: Replay, chosen: Sequence[Edit]) -> Hypothesis:
    """Return the hypothesis that several edits were made at once."""
    cut = {edge for edit in chosen for edge in edit.edges or ()}
    added: dict[int, list[tuple[int, Any]]] = {}
    totals = {}
    for edit in chosen:
        if edit.edges is None:
            totals[edit.j] = edit.change
        else:
            added.setdefault(edit.source, []).append((edit.j, edit.change))
    first = min(chosen, key=lambda e: e.cost)
    return Hypothesis(
        first.kind,
        min(max(e.cost for e in chosen), first.cost + 0.5) + 0.5,
        f"at each of {len(chosen)} places: {at_any_index(first.message)}",
        predicting(lambda r: r.backward(cut, added, totals), range(len(r.true))),
        r.name(first.j),
    )


def _weights(r: Replay) -> Iterator[Edit]:
    """Yield edges with another weight, to be made together."""
    for k in range(len(r.nodes)):
        if r.totals[k] is None:
            continue
        for i, j, _ in r.out[k]:
            if isinstance(r.values[j], tuple):
                continue
            x = r.name(j)
            for said, s, cost in (("is missing", 0.0, 2.0), ("has the wrong sign", -1.0, 2.1),
                                  ("is doubled", 2.0, 2.2), ("is halved", 0.5, 2.2)):  # fmt: skip
                yield Edit("missing term" if s == 0 else "weight of a term", cost,
                           f"the term of {d(x)} from `{r.expression(k)}` {said}", j, ((k, i),),
                           lambda r, g, k=k, i=i, s=s: s * r.rule(k, i, g), f"weight {s} {i}")  # type: ignore[misc]  # fmt: skip


def shares(r: Replay, leaves: Sequence[int]) -> Iterator[Hypothesis]:
    """Yield that a value which is used several times gets the derivative of one use alone, or of all but its line's."""
    for j in range(len(r.nodes)):
        edges = r.into[j]
        if not 2 < len(edges) <= 200 or isinstance(r.values[j], tuple):
            continue
        for which, said in ((0, "last"), (-1, "first")):

            def predict(r: Replay, j: int = j, which: int = which) -> list[Any]:
                part = r.passed[r.into[j][which]] - r.totals[j]
                return [t + moved for t, moved in zip(r.true, r.pull(j, part), strict=True)]

            x, alike = r.name(j), len({at_any_index(r.expression(k)) for k, _ in edges}) == 1
            use = f"of the {said} use of `{x}`" if alike else f"from `{r.expression(edges[which][0])}`"
            message = f"{d(x)} has the term {use} alone, expected the sum over all {len(edges)}"
            message += ": add them up with +=, and return after the last" if alike else ""
            yield Hypothesis("missing term", 2.3 if alike else 2.7, message, predicting(predict, leaves), x)

        def mean(r: Replay, j: int = j) -> list[Any]:
            part = (1 / len(r.into[j]) - 1) * r.totals[j]
            return [t + moved for t, moved in zip(r.true, r.pull(j, part), strict=True)]

        yield Hypothesis("averaged", 2.4, f"{d(r.name(j))} is averaged over the {len(edges)} uses of `{r.name(j)}`, "
                         "expected summed", predicting(mean, leaves), r.name(j))  # fmt: skip


def steps(r: Replay, leaves: Sequence[int]) -> Iterator[Hypothesis]:
    """Yield that the terms of the first or the last use are missing, of all arguments at once."""
    turns = [edges for k in r.leaves if k is not None and len(edges := _turns(r, k)) > 1]
    for which, said in ((-1, "first"), (0, "last")) if turns else ():
        for count in (1, 2):
            cut = {edge for edges in turns for edge in (edges[-count:] if which else edges[:count])}
            yield Hypothesis(
                "lost step",
                2.3 + 0.1 * count,
                f"the terms of the {said} {'step' if count == 1 else 'two steps'} are missing",
                predicting(lambda r, cut=cut: r.backward(cut), leaves),  # type: ignore[misc]
            )


def _turns(r: Replay, j: int) -> list[tuple[int, int]]:
    """Return the edges of most uses of a value that read alike: those of a loop, newest first."""
    uses: dict[str, list[tuple[int, int]]] = {}
    for edge in r.into[j]:
        uses.setdefault(at_any_index(r.expression(edge[0])), []).append(edge)
    return max(uses.values(), key=len, default=[])


def alike(r: Replay, leaves: Sequence[int]) -> Iterator[Hypothesis]:
    """Yield that both terms of a derivative are taken to be the same, as in a symmetric quadratic form."""
    for j in range(len(r.nodes)):
        if not 2 <= len(r.into[j]) <= 4 or isinstance(r.values[j], tuple):
            continue
        for kept, lost in permutations(r.into[j], 2):

            def predict(r: Replay, j: int = j, kept: Any = kept, lost: Any = lost) -> list[Any]:
                part = r.passed[kept] - r.passed[lost]
                return [t + moved for t, moved in zip(r.true, r.pull(j, part), strict=True)]

            x = r.name(j)
            one, other = r.expression(kept[0]), r.expression(lost[0])
            yield Hypothesis(
                "taken as symmetric",
                2.2 + 0.3 * (not r.named(j)),
                f"{d(x)} has the term from `{one}` twice, and none from `{other}`: the two are equal for symmetric "
                "matrices only",
                predicting(predict, leaves),
                x,
            )


def detached(r: Replay) -> Iterator[Hypothesis]:
    """Yield that two statistics are treated as constants."""
    statistics = [k for k in range(1, len(r.nodes)) if r.op(k) in _STATISTICS]
    pairs = combinations(statistics[:24], 2)
    for a, b in pairs:
        zero = {k: lambda r, g: np.zeros_like(g) for k in (a, b)}
        yield Hypothesis(
            "treated as constants",
            2.4 + 0.1 * (not r.named(a)) + 0.1 * (not r.named(b)),
            f"`{r.name(b)}` and `{r.name(a)}` are treated as constants: their derivatives are missing",
            predicting(lambda r, zero=zero: r.backward(totals=zero), range(len(r.true))),  # type: ignore[misc]
            r.name(b),
        )

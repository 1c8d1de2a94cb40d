"""What an edit, or another weight of a term, makes of the gradient, and what to say of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.constants import Constant
from autograd_lite.verification.diagnosis.edits import Edit, d
from autograd_lite.verification.diagnosis.hypotheses import Hypothesis, predicting, said
from autograd_lite.verification.diagnosis.replay import Replay

_OF_FUNCTIONS = ("wrong power", "wrong derivative", "derivative at the wrong place", "diagonal only")


def of_edit(r: Replay, edit: Edit, leaves: Sequence[int], c: Constant | None = None) -> Hypothesis:
    """Return the hypothesis of an edit, with a constant on top."""

    def predict(r: Replay) -> list[Any]:
        delta = edit.delta(r)
        if c is not None:
            before = r.totals[edit.j] if edit.edges is None else sum(r.passed[e] for e in edit.edges)
            delta = c.value(r) * (delta + before) - before
        return [t + moved for t, moved in zip(r.true, r.pull(edit.j, delta), strict=True)]

    cost, message = edit.cost, edit.message + (edit.detail or r.which(edit.j))
    if c is not None:
        cost += 0.3 + c.cost + (0.5 if not c.fixed else 0)
        times = f", times {c.value(r):.6g}" + (f" ({c.origin})" if c.origin else "")
        message += f"; besides, it is {said(c.value(r), c)}" if edit.kind == "missing derivative" else times
    function = edit.edges is not None and edit.kind in _OF_FUNCTIONS
    return Hypothesis(edit.kind, cost, message, predicting(predict, leaves), r.name(edit.j), function)


def of_weight(r: Replay, j: int, edge: tuple[int, int] | None, c: Constant, leaves: Sequence[int]) -> Hypothesis:
    """Return the hypothesis that a term, or the whole cotangent of a node, has another weight."""

    def predict(r: Replay) -> list[Any]:
        part = r.passed[edge] if edge else r.totals[j]
        return [t + moved for t, moved in zip(r.true, r.pull(j, (c.value(r) - 1) * part), strict=True)]

    s, x = c.value(r), r.name(j)
    cost = 2.0 + c.cost + (0.6 if not c.fixed else 0) + 0.1 * (not r.named(j))
    if edge is not None and sum(k == edge[0] for k, _ in r.into[j]) > 1:  # w * w: its two edges belong together
        cost += 0.5
    if edge is not None and ((c.fixed and f"`{r.expression(edge[0])}`" in c.origin) or (s == -1 and _turns(r, *edge))):
        cost -= 0.15  # the op that has the constant, or the sign, in its own derivative
    if edge is not None and s < 0 and r.op(edge[0]) == "absolute":  # its own derivative is a sign
        cost += 0.9
    only = edge is None or len(r.into[j]) == 1
    if j in r.confirmed:  # the hand holds it rightly
        cost += 1.0
    if s == 0 and r.which(j):
        cost += 0.5  # one turn of a loop
    if s == 0 and only:
        message, kind = f"`{x}` is treated as a constant: nothing is passed back to it", "treated as a constant"
    elif s == 0:
        assert edge is not None
        turn = r.which(edge[0])
        message, kind = f"the term of {d(x)} from `{r.expression(edge[0])}`{turn} is missing: add it", "missing term"
        cost += 0.5 * bool(turn)
    else:
        term = d(x) if only or edge is None else f"the term of {d(x)} from `{r.expression(edge[0])}`"
        whence = f", from `{r.expression(edge[0])}`," if only and edge is not None else ""
        message = f"{term}{whence} is {said(s, c)}"
        kind = "sign" if abs(s + 1) < 1e-6 else "weight of a term"
        if edge is not None and np.size(r.values[j]) > 1 and s > 0:
            n = np.size(r.values[edge[0]]) / np.size(r.values[j])
            if abs(s * n - 1) < 1e-6 and n > 1:
                message, kind, cost = f"{d(x)} is averaged over {n:g} rows, expected summed", "averaged", 2.0
    return Hypothesis(kind, cost, message + r.which(j), predicting(predict, leaves), x)


def _turns(r: Replay, k: int, i: int) -> bool:
    return (r.op(k) == "subtract" and i == 1) or r.op(k) == "negative"

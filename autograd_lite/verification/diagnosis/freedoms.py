"""A variance with another number of degrees of freedom in the hand's forward pass than in the function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_lite.verification.diagnosis.constants import spreads
from autograd_lite.verification.diagnosis.hypotheses import Hypothesis, predicting
from autograd_lite.verification.diagnosis.replay import Replay


def other_freedoms(r: Replay) -> Iterator[Hypothesis]:
    """A variance, or its root, is of the other ddof in the hand's forward pass, its derivative perhaps as well."""
    for k, n in spreads(r):
        ddof = int(r.params[k].get("ddof", 0))
        given = n - (1 - ddof)
        if n < 2 or ddof > 1 or r.op(k) == "divide":  # the number that it is divided by is tried anyway
            continue
        factor = ((n - ddof) / given) ** (0.5 if r.op(k) == "deviation" else 1.0)
        for derived in (False, True):

            def predict(r: Replay, k: int = k, factor: float = factor, derived: bool = derived) -> list[Any]:
                values = r.forward({k: factor * r.values[k]})
                return r.backward(values=values, totals={k: lambda r, g: factor * g} if derived else None)

            taken = f"`{r.name(k)}` is taken with ddof={1 - ddof}, expected ddof={ddof}"
            message = f"{taken}: divided by {given}, not {n - ddof}"
            yield Hypothesis(
                "wrong ddof", 2.7 + 0.1 * derived, message, predicting(predict, range(len(r.true))), r.name(k)
            )

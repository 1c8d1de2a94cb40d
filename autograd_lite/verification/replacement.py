"""Repairs of a hand gradient: values to put in the place of what its assignments gave, one, or each turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.verification.comparing import same
from autograd_lite.verification.run import Assignment, Key, key_of


@dataclass(frozen=True)
class Repair:
    """Values to put in the place of what assignments gave; the first of these is the one to blame."""

    assignment: Assignment
    meaning: str
    expected: Any
    put: dict[Key, Any]

    def times(self, factor: float) -> Repair:
        """Return the repair for a variable that is a multiple of what it is called, and scaled later."""
        put = {k: factor * np.asarray(x) for k, x in self.put.items()}
        return Repair(self.assignment, f"{factor:g} times {self.meaning}", factor * np.asarray(self.expected), put)


def rows(assignments: list[Assignment], expected: Any) -> list[Any]:
    """Return the rows of what a variable should be, where a loop over samples, or over steps, binds it to each."""
    several = len(assignments) > 1 and is_array(expected) and len(assignments) == np.shape(expected)[0]
    return list(expected) if several and np.shape(assignments[-1].value) == np.shape(expected)[1:] else []


def are_in_turn(assignments: list[Assignment], expected: list[Any]) -> bool:
    """Whether the turns of a loop give what is expected, in this order or backwards."""
    return len(expected) == len(assignments) and any(
        all(same(a.value, e) for a, e in zip(assignments, order, strict=True)) for order in (expected, expected[::-1])
    )


def in_turn(assignments: list[Assignment], meaning: str, expected: Sequence[Any]) -> Iterator[Repair]:
    """Yield the repair of all turns of a loop that are off."""
    pairs = list(zip(assignments, expected, strict=True))
    if any(e is None or isinstance(e, tuple) or np.shape(a.value) != np.shape(e) for a, e in pairs):
        return
    off = [(a, e) for a, e in pairs if not same(a.value, e)]
    if off:
        yield Repair(off[0][0], meaning, off[0][1], {key_of(a): e for a, e in off})


def is_array(x: Any) -> bool:
    """Whether a value is one array, of one axis or more."""
    return x is not None and not isinstance(x, tuple) and np.ndim(x) > 0

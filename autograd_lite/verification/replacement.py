"""Values to put in the place of what assignments of a hand gradient gave: of one, or of each turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.run import Assignment, Key, key_of


@dataclass(frozen=True, eq=False)
class Replacement:
    """Values to put in the place of what assignments gave; the first of these is where it goes wrong."""

    assignment: Assignment
    role: str
    expected: Any
    put: dict[Key, Any]

    def times(self, factor: float) -> Replacement:
        """Return the replacement for a variable that is a multiple of what it is called, and scaled later."""
        put = {k: factor * np.asarray(x) for k, x in self.put.items()}
        return Replacement(self.assignment, f"{factor:g} times {self.role}", factor * np.asarray(self.expected), put)


def rows(assignments: list[Assignment], expected: Any) -> list[Any]:
    """Return the rows of what a variable should be, where a loop over samples, or over steps, binds it to each."""
    several = len(assignments) > 1 and is_array(expected) and len(assignments) == np.shape(expected)[0]
    return list(expected) if several and np.shape(assignments[-1].value) == np.shape(expected)[1:] else []


def are_in_turn(assignments: list[Assignment], expected: list[Any]) -> bool:
    """Whether the turns of a loop give what is expected, in this order or backwards."""
    if len(expected) != len(assignments):
        return False
    values = [a.value for a in assignments]
    return any(all(map(close.alike, values, order)) for order in (expected, expected[::-1]))


def in_turn(assignments: list[Assignment], role: str, expected: Sequence[Any]) -> Iterator[Replacement]:
    """Yield the replacement of all turns of a loop that are off."""
    pairs = list(zip(assignments, expected, strict=True))
    if any(e is None or isinstance(e, tuple) or np.shape(a.value) != np.shape(e) for a, e in pairs):
        return
    off = [(a, e) for a, e in pairs if not close.alike(a.value, e)]
    if off:
        yield Replacement(off[0][0], role, off[0][1], {key_of(a): e for a, e in off})


def is_array(x: Any) -> bool:
    """Whether a value is one array, of one axis or more."""
    return x is not None and not isinstance(x, tuple) and np.ndim(x) > 0

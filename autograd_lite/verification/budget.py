"""What `verify` may spend, counted in evaluations, so that a report is the same on any machine.

The clock is a safety net alone: a search that it ends says so in the report.
"""

from __future__ import annotations

import time

NUMBERS = 6 * 10**7
"""So many numbers the function may compute for the differences with respect to one array: some tenths of a second."""
NUMBERS_OF_SEARCH = 10**9
"""So many numbers the search for a repair may compute: some seconds."""
NUMBERS_PER_OP = 300
"""As many take as long as an op by itself."""
OPS_UNRECORDED = 30
"""So many ops a function has that cannot be recorded, for all that is known."""
SECONDS = 60
"""Until the safety net holds."""


def evaluations(numbers: int, ops: int = OPS_UNRECORDED) -> int:
    """Return how often a function may be evaluated that computes so many numbers in so many ops each time."""
    return NUMBERS // (numbers + NUMBERS_PER_OP * ops)


class SafetyNet:
    """Ends what takes far longer than it should.

    Attributes
    ----------
    held : bool
        Whether it had to.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds, self.end, self.held = seconds, time.monotonic() + seconds, False

    def holds(self) -> bool:
        """Whether it ends what asks."""
        self.held = self.held or time.monotonic() > self.end
        return self.held

    def notes(self) -> list[str]:
        """Return what a report is to say of it."""
        what = f"broken off after {self.seconds:g} seconds: on a faster machine the report may say more"
        return [what] if self.held else []


class Budget:
    """What is left to a search: evaluations, or numbers that it may compute."""

    def __init__(self, amount: int, net: SafetyNet) -> None:
        self.left, self.net = amount, net

    def spend(self, amount: int = 1) -> None:
        """Take an amount out."""
        self.left -= amount

    def is_left(self) -> bool:
        """Whether to go on; to be asked only where there is more to do."""
        return self.left > 0 and not self.net.holds()

"""Run a case through `verify`, and say in a line how that went."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograd_lite.verification.repair.patch import Repair
from autograd_lite.verification.report import Report
from autograd_lite.verification.verify import verify
from tests.corpus.case import Case

CARD = Path(__file__).with_name("scorecard.txt")
"""A line a case, written by ``python -m tests.corpus``."""
LINES = Path(__file__).with_name("lines.txt")
"""A line for each case with a marked line: what is named where no repair is searched for."""


@dataclass(frozen=True)
class Score:
    """How `verify` did on a case: its report, or the error that it raised."""

    case: Case
    report: Report | None
    error: str
    seconds: float

    @property
    def got(self) -> tuple[str, ...]:
        """The verdict on each argument."""
        return () if self.report is None else tuple(v.verdict for v in self.report.verdicts)

    @property
    def repair(self) -> Repair | None:
        """The repair, if one was found."""
        return None if self.report is None else self.report.repair

    @property
    def verdict(self) -> bool:
        """Whether these verdicts will do."""
        allowed = self.case.allowed(len(self.got))
        return len(allowed) == len(self.got) > 0 and all(v in a for v, a in zip(self.got, allowed, strict=True))

    @property
    def lines(self) -> set[tuple[str, int]]:
        """The lines that a repair changes; without one, that which is named as the first wrong one."""
        if self.repair:
            changes = self.repair.changes
            return {(c.file, line) for c in changes for line in range(c.line, c.line + max(1, len(c.old)))}
        finding = None if self.report is None else self.report.finding
        return {(finding.file, finding.line)} if finding else set()

    @property
    def found(self) -> bool | None:
        """Whether a line that is marked is among these; None where none is marked."""
        return bool(self.lines & self.case.marks) if self.case.marks else None

    @property
    def repaired(self) -> bool | None:
        """Whether all gradients are right with the repair; None where they are without."""
        return None if self.case.right else self.repair is not None and not self.repair.arguments

    def __str__(self) -> str:
        """The case's line of the scorecard."""
        cells = [str(self.case), " ".join(self.got) or self.error]
        if self.found is not None:
            cells += ["its line" if self.found else "another line" if self.lines else "no line"]
        if self.repaired is not None:
            cells += ["repaired" if self.repaired else "repaired in part" if self.repair else "no repair"]
        if self.repair:
            cells += [f"{self.repair.tokens} tokens", f"{self.repair.runs} runs", self.patch]
        return " | ".join(cells)

    @property
    def named(self) -> str:
        """The case's line of what is named as the first wrong line."""
        finding = None if self.report is None else self.report.finding
        sure = "" if finding is None else "unsure of " if finding.unchecked else ""
        cells = [str(self.case), " ".join(self.got) or self.error]
        where = "its line" if self.found else "another line" if self.lines else "no line"
        text = "" if finding is None else finding.text.partition("#")[0].strip()
        return " | ".join([*cells, sure + where, *([text] if text else [])])

    @property
    def patch(self) -> str:
        """The lines that the repair takes away and puts in."""
        changes = self.repair.changes if self.repair else []
        rows = [f"{sign} {row.strip()}" for c in changes for sign, rows in (("-", c.old), ("+", c.new)) for row in rows]
        return "  ".join(rows)


def score(case: Case) -> Score:
    """Verify the hand gradient of a case."""
    start, report, error = time.perf_counter(), None, ""
    try:
        report = verify(case.f, case.hand, *case.args, **case.options)
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    return Score(case, report, error, time.perf_counter() - start)


def share(values: Iterable[bool | None]) -> tuple[int, int]:
    """Return how many are true, and of how many that is asked."""
    asked = [value for value in values if value is not None]
    return sum(asked), len(asked)

"""Run the corpus through `verify` and keep the score."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.corpus.case import Case


@dataclass(frozen=True)
class Score:
    """How `verify` did on one case: ``named`` and ``found`` are None where there is nothing to name or to find."""

    case: Case
    got: tuple[str, ...]
    verdict: bool
    named: bool | None
    false: bool
    found: bool | None
    astray: bool
    seconds: float
    said: str


def score(case: Case, verify: Callable[..., Any], kinds: dict[str, set[str]]) -> Score:
    """Score one case; ``kinds`` maps each kind of diagnosis to the tags of the corpus that it may stand for."""
    start = time.perf_counter()
    try:
        report = verify(case.f, case.hand, *case.args, **case.options)
    except Exception as error:
        return Score(case, (), False, None if case.right else False, False, None, False, 0.0, repr(error))
    seconds = time.perf_counter() - start
    got = tuple(v.verdict for v in report.verdicts)
    allowed = case.allowed(len(got))
    verdict = len(allowed) == len(got) and all(v in each for v, each in zip(got, allowed, strict=True))
    diagnoses = list(report.diagnoses)
    right_kind = bool(diagnoses) and bool(kinds.get(diagnoses[0].kind, {diagnoses[0].kind}) & case.tags)
    line = (report.finding.assignment.file, report.finding.assignment.line) if report.finding else None
    causes = "; ".join(f"[{d.kind}] {d.message}" for d in diagnoses) or "no cause"
    said = f"line {line[1] if line else '-'}; {causes}"
    return Score(
        case,
        got,
        verdict,
        named=None if case.right else right_kind,
        false=bool(diagnoses) and not right_kind,
        found=line in case.marks if case.marks else None,
        astray=line is not None and line not in case.marks and (bool(case.marks) or not is_result(report.finding)),
        seconds=seconds,
        said=said,
    )


def is_result(finding: Any) -> bool:
    """Whether a finding blames the line that gives the result: right where the hand names nothing on its way there."""
    return finding.assignment.text.startswith(("return ", "@")) or "lambda" in finding.assignment.text


def card(scores: Iterable[Score]) -> str:
    """Return the scorecard: a row for each family, the sums, and each case that went wrong."""
    scores = list(scores)
    rows: list[tuple[str, ...]] = [("", "cases", "verdicts", "named", "false", "lines", "astray", "seconds")]
    for family in [*dict.fromkeys(s.case.family for s in scores), "all"]:
        among = [s for s in scores if family in (s.case.family, "all")]
        rows.append((family, str(len(among)), *_figures(among)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:{'<' if i == 0 else '>'}{widths[i]}}" for i, cell in enumerate(row)) for row in rows]
    for title, chosen in (
        ("verdicts", [s for s in scores if not s.verdict]),
        ("false causes", [s for s in scores if s.false]),
        ("not named", [s for s in scores if s.named is False and not s.false]),
        ("lines", [s for s in scores if s.found is False or s.astray]),
    ):
        if chosen:
            lines += ["", f"{title}:"]
        for s in chosen:
            marked = ", ".join(str(line) for _, line in sorted(s.case.marks)) or "-"
            lines += [f"  {s.case}", f"      known: {', '.join(sorted(s.case.tags)) or 'right'}; line {marked}"]
            lines += [f"      got:   {' '.join(s.got)}; {s.said}"]
    return "\n".join(lines)


def _figures(scores: list[Score]) -> tuple[str, ...]:
    def share(values: list[bool | None]) -> str:
        asked = [v for v in values if v is not None]
        return f"{sum(asked)}/{len(asked)}"

    return (
        share([s.verdict for s in scores]),
        share([s.named for s in scores]),
        str(sum(s.false for s in scores)),
        share([s.found for s in scores]),
        str(sum(s.astray for s in scores)),
        f"{sum(s.seconds for s in scores):.1f}",
    )

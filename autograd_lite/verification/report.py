"""The report on a hand-derived gradient: a verdict, the first wrong line, and the mistake."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.verification.diagnosis.hypotheses import Diagnosis
from autograd_lite.verification.line import Finding
from autograd_lite.verification.verdict import Verdict, worst

WIDTH = 80
_OPENING = {
    "right": "right",
    "kink": "right: a valid subgradient at a kink",
    "wrong": "WRONG",
    "noisy": "cannot be judged here",
    "nondeterministic": "cannot be judged: not deterministic",
    "engine": "autograd_lite itself is in doubt",
}


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What `verify` found out. It is true when the gradient is right, or a subgradient at a kink.

    Attributes
    ----------
    function, hand : str
        Names of the function and of its hand-derived gradient.
    verdicts : list of Verdict
        One for each argument that is differentiated.
    finding : Finding or None
        The first wrong line.
    diagnoses : list
        Why it is wrong: the simplest explanation first. Empty where no simple cause was found.
    notes : list of str
    """

    function: str
    hand: str
    verdicts: Sequence[Verdict]
    finding: Finding | None = None
    diagnoses: Sequence[Diagnosis] = ()
    notes: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """The verdict on all arguments together: the worst one."""
        return worst([v.verdict for v in self.verdicts])

    def __bool__(self) -> bool:
        return self.verdict in ("right", "kink")

    def raise_if_wrong(self) -> None:
        """Raise AssertionError, with the whole report as its message, unless the gradient is right."""
        if not self:
            raise AssertionError("\n" + str(self))

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _lines(self) -> list[str]:
        lines = [*_wrap(f"{self.hand}, the gradient of {self.function}: {_OPENING[self.verdict]}", ""), ""]
        width = max((len(v.name) for v in self.verdicts), default=0)
        for v in self.verdicts:
            head = f"  {v.name:{width}}  "
            lines += _wrap(f"{v.verdict}{self._detail(v)}", head)
            for note in v.notes:
                lines += _wrap(f"({note})", " " * len(head))
        if self.finding:
            lines += ["", *self._where(self.finding)]
        if self.verdict == "wrong":
            lines += ["", *self._why()]
        if self.notes:
            lines += [""]
            for note in self.notes:
                lines += _wrap(note, "  note   ")
        return lines

    def _detail(self, v: Verdict) -> str:
        parts = [v.reason] if v.reason else []
        index = v.worst
        if v.verdict in ("wrong", "engine") and index is not None and np.shape(v.hand) == np.shape(v.true):
            place = f"at {list(index)}: " if index else ""
            yours, ours = np.asarray(v.hand)[index], np.asarray(v.true)[index]
            parts.append(f"{place}yours {_number(yours, ours)}, expected {_number(ours, yours)}")
        return ": " + "; ".join(parts) if parts else ""

    def _where(self, finding: Finding) -> list[str]:
        a = finding.assignment
        what = "what is returned" if a.name == "return" else a.name
        lines = _wrap(f"{Path(a.file).name}:{a.line}, in {a.function}", "  where  ")
        lines += _wrap(a.text, " " * (11 if len(a.text) <= WIDTH - 11 else 9)) if a.text else []
        if np.shape(a.value) == np.shape(finding.expected):
            yours, ours = np.asarray(a.value)[finding.index], np.asarray(finding.expected)[finding.index]
            place = f" at {list(finding.index)}" if finding.index else ""
            values = f"{what}{place} is {_number(yours, ours)}, expected {_number(ours, yours)}: {finding.role}"
        else:
            shapes = f"{np.shape(a.value)}, expected {np.shape(finding.expected)}"
            values = f"{what} has the shape {shapes}: {finding.role}"
        lines += _wrap(values, "         ")
        if finding.unchecked:
            unsure = " and ".join(finding.unchecked)
            lines += _wrap(f"(or before: nothing is known of {unsure}, which it is made from)", "         ")
        return lines

    def _why(self) -> list[str]:
        if not self.diagnoses:
            return _wrap("no simple cause was found: the difference is none of the mistakes known here", "  why    ")
        lines = _wrap(self.diagnoses[0].message, "  why    ")
        explained = set(self.diagnoses[0].leaves)
        for other in self.diagnoses[1:]:
            more = not explained & set(other.leaves)  # another mistake, in another gradient
            explained |= set(other.leaves)
            lines += _wrap(f"{'and' if more else 'it also fits that'} {other.message}", "         ")
        rest = [v.name for i, v in enumerate(self.verdicts) if v.verdict == "wrong" and i not in explained]
        if rest:
            lines += _wrap(f"(no simple cause was found for what is wrong with {' and '.join(rest)})", "         ")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            "function": self.function,
            "hand": self.hand,
            "verdict": self.verdict,
            "right": bool(self),
            "arguments": [_verdict_dict(v) for v in self.verdicts],
            "where": _finding_dict(self.finding) if self.finding else None,
            "why": [{"kind": d.kind, "message": d.message} for d in self.diagnoses],
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        colour = "#1a7f37" if self else "#b3261e" if self.verdict == "wrong" else "#8a6100"
        cell = '<td style="text-align:left;vertical-align:top;padding:2px 12px 2px 0">'
        rows = "".join(
            f"<tr>{cell}<code>{html.escape(v.name)}</code></td>{cell}{v.verdict}</td>"
            f"{cell}{html.escape(self._detail(v).removeprefix(': '))}</td></tr>"
            for v in self.verdicts
        )
        blocks = [self._where(self.finding)] if self.finding else []
        blocks += [self._why()] if self.verdict == "wrong" else []
        blocks += [_wrap(note, "  note   ") for note in self.notes]
        text = textwrap.dedent("\n\n".join("\n".join(block) for block in blocks))
        return (
            f"<div><p><code>{html.escape(self.hand)}</code>, the gradient of "
            f"<code>{html.escape(self.function)}</code>: "
            f'<b style="color:{colour}">{html.escape(_OPENING[self.verdict])}</b></p>'
            f"<table>{rows}</table><pre>{html.escape(text)}</pre></div>"
        )


def _wrap(text: str, head: str) -> list[str]:
    """Wrap a text to the page, its first line behind a head and the others below it."""
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)) or [head.rstrip()]


def _number(x: Any, beside: Any) -> str:
    """Write a number with as many digits as tell it from the one beside it."""
    x, beside = x.item(), beside.item()
    for digits in range(4, 17):
        if f"{x:.{digits}g}" != f"{beside:.{digits}g}" or x == beside:
            break
    return f"{x:.{digits}g}"


def _plain(x: Any) -> Any:
    """Return an array as nested lists; a large one as None."""
    array = np.asarray(x)
    if array.size > 100 or array.dtype.kind not in "fiub":
        return None
    return np.where(np.isfinite(array), array, np.nan).tolist() if np.isfinite(array).all() else repr(array.tolist())


def _verdict_dict(v: Verdict) -> dict[str, Any]:
    index = v.worst
    return {
        "name": v.name,
        "verdict": v.verdict,
        "reason": v.reason,
        "wrong_elements": int(np.sum(v.wrong)),
        "elements": int(np.size(v.wrong)),
        "worst_index": list(index) if index is not None else None,
        "hand": _plain(v.hand),
        "expected": _plain(v.true),
        "oracle": v.oracle,
        "notes": list(v.notes),
    }


def _finding_dict(finding: Finding) -> dict[str, Any]:
    a = finding.assignment
    return {
        "file": a.file,
        "line": a.line,
        "function": a.function,
        "source": a.text,
        "name": a.name,
        "role": finding.role,
        "index": list(finding.index),
        "unchecked": list(finding.unchecked),
        "value": _plain(a.value),
        "expected": _plain(finding.expected),
    }

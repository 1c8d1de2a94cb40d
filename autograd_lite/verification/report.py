"""The report on a hand-derived gradient: a verdict, the first wrong line, and the mistake."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autograd_lite.verification import facts
from autograd_lite.verification.page import Row, as_html, as_text, wrap
from autograd_lite.verification.repair import wording
from autograd_lite.verification.repair.finding import Finding
from autograd_lite.verification.repair.patch import Repair
from autograd_lite.verification.reproduction.question import Question
from autograd_lite.verification.verdict import Verdict, worst

_OPENING = {
    "right": "right",
    "kink": "right: a valid subgradient at a kink",
    "wrong": "WRONG",
    "noisy": "cannot be judged here",
    "nondeterministic": "cannot be judged: not deterministic",
    "engine": "autograd_lite itself is in doubt",
}


class WrongGradientError(AssertionError):
    """A gradient was to be right and is not; the message is the whole report. The pytest plugin prints that alone."""


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
    notes : list of str
    repair : Repair or None
        The smallest edit that was found with which the gradient is right.
    taken : str
        What the code was taken to be: how it is called, and where its gradients are. Empty where the hand takes the
        function's arguments and returns the gradients.
    question : Question or None
        The call of `verify` that it answers.
    """

    function: str
    hand: str
    verdicts: Sequence[Verdict]
    finding: Finding | None = None
    notes: Sequence[str] = ()
    repair: Repair | None = None
    taken: str = ""
    question: Question | None = None

    @property
    def verdict(self) -> str:
        """The worst verdict, which is that on all arguments together."""
        return worst([v.verdict for v in self.verdicts])

    @property
    def patch(self) -> str:
        """The repair as a unified diff, for ``git apply`` or ``patch -p1``; empty where there is none."""
        return self.repair.patch if self.repair else ""

    def __bool__(self) -> bool:
        return self.verdict in ("right", "kink")

    def raise_if_wrong(self) -> None:
        """Raise AssertionError, with the whole report as its message, unless the gradient is right."""
        __tracebackhide__ = True  # pytest ends the traceback in the user's test
        if not self:
            raise WrongGradientError("\n" + str(self))

    def reproduce(self) -> str:
        """Return what an issue needs, in Markdown: versions, a script that asks the same again, and this report.

        The script holds the source of the function and its gradient, what they name, and the arguments: drawn again
        where ``np.random.default_rng(rng)`` has drawn them, else written out. What it could not hold is listed to be
        added. Ask for it before arguments or objects change.

        Raises
        ------
        ValueError
            For a report that `verify` did not make.
        """
        if self.question is None:
            raise ValueError("this report is no answer of verify, so that there is nothing to ask again")
        return self.question.with_answer(self)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _lines(self) -> list[str]:
        lines = [*wrap(f"{self.hand}, the gradient of {self.function}: {_OPENING[self.verdict]}", ""), ""]
        if self.taken:
            lines[1:] = [*wrap(self.taken, "  taken as: "), ""]
        width = max((len(v.name) for v in self.verdicts), default=0)
        for v in self.verdicts:
            head = f"  {v.name:{width}}  "
            lines += wrap(f"{v.verdict}{self._detail(v)}", head)
            for note in v.notes:
                lines += wrap(f"({note})", " " * len(head))
        return lines + as_text(self._blocks())

    def _blocks(self) -> Iterator[Sequence[Row]]:
        """Yield what is said below the verdicts; of what a repair mends nothing else."""
        wrong = [v for v in self.verdicts if v.verdict == "wrong"]
        if self.repair:
            yield from wording.rows(self.repair, [v.name for v in wrong])
        elif self.finding:
            yield list(_where(self.finding))
        if known := list(self._known(wrong)):
            yield known
        if self.notes:
            yield [Row(note, "note") for note in self.notes]

    def _known(self, wrong: Sequence[Verdict]) -> Iterator[Row]:
        """Yield what is known of the wrong gradients for which there is no repair."""
        rest = [v for v in wrong if not (self.repair and self.repair.covers([v.name]))]
        forms = [facts.form(v, wrong) for v in rest]
        known = [] if self.repair or all(forms) else ["no repair was found"]
        known += [fact for v, form in zip(rest, forms, strict=True) for fact in ([form] if form else facts.numbers(v))]
        for i, fact in enumerate(known):
            yield Row(fact, "" if i or self.repair else "why")

    def _detail(self, v: Verdict) -> str:
        parts = [v.reason] if v.reason else []
        index = v.worst
        if v.verdict in ("wrong", "engine") and index is not None and np.shape(v.hand) == np.shape(v.true):
            place = f"at {list(index)}: " if index else ""
            yours, ours = np.asarray(v.hand)[index], np.asarray(v.true)[index]
            if yours != ours:
                parts.append(f"{place}yours {_number(yours, ours)}, expected {_number(ours, yours)}")
        return ": " + "; ".join(parts) if parts else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            "function": self.function,
            "hand": self.hand,
            "verdict": self.verdict,
            "right": bool(self),
            "arguments": [_verdict_dict(v) for v in self.verdicts],
            "where": _finding_dict(self.finding) if self.finding else None,
            "repair": _repair_dict(self.repair) if self.repair else None,
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        colour = "#1a7f37" if self else "#b3261e" if self.verdict == "wrong" else "#8a6100"
        cell = '<td style="text-align:left;vertical-align:top;padding:2px 12px 2px 0">'
        rows = "".join(
            f"<tr>{cell}<code>{html.escape(v.name)}</code></td>{cell}{v.verdict}</td>"
            f"{cell}{html.escape(self._detail(v).removeprefix(': '))}{_aside(v.notes)}</td></tr>"
            for v in self.verdicts
        )
        taken = f"<p>taken as: {html.escape(self.taken)}</p>" if self.taken else ""
        return (
            f"<div><p><code>{html.escape(self.hand)}</code>, the gradient of "
            f"<code>{html.escape(self.function)}</code>: "
            f'<b style="background:{colour};color:#fff;padding:1px 6px;border-radius:3px">'
            f"{html.escape(_OPENING[self.verdict])}</b></p>"
            f"{taken}<table>{rows}</table>{as_html(self._blocks())}</div>"
        )


def _aside(notes: Sequence[str]) -> str:
    return "".join(f"<div>({html.escape(note)})</div>" for note in notes)


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


def _where(finding: Finding) -> Iterator[Row]:
    """Say where the first wrong value is, and what it should be."""
    yield Row(wording.place(finding.file, finding.line, finding.function), "where")
    yield Row(finding.text, code=True)
    name, held, expected = finding.name, np.asarray(finding.value), np.asarray(finding.expected)
    if held.shape == expected.shape:
        yours, ours = held[finding.index], expected[finding.index]
        at = f" at {list(finding.index)}" if finding.index else ""
        yield Row(f"{name}{at} is {_number(yours, ours)}, expected {_number(ours, yours)}: {finding.words}")
    else:
        yield Row(f"{name} has the shape {held.shape}, expected {expected.shape}: {finding.words}")
    yield Row(f"with that, {wording.are_right(finding.arguments)} (at this point)")
    if finding.unchecked:
        yield Row(f"(or before: nothing is known of {wording.listed(finding.unchecked)}, which it is made from)")


def _repair_dict(repair: Repair) -> dict[str, Any]:
    return {
        "edits": [asdict(edit) for edit in repair.edits],
        "arguments": list(repair.arguments),
        "points": repair.points,
        "tokens": repair.tokens,
        "runs": repair.runs,
        "patch": repair.patch,
    }


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
    return {
        "file": finding.file,
        "line": finding.line,
        "function": finding.function,
        "source": finding.text,
        "name": finding.name,
        "words": finding.words,
        "index": list(finding.index),
        "arguments": list(finding.arguments),
        "unchecked": list(finding.unchecked),
        "value": _plain(finding.value),
        "expected": _plain(finding.expected),
    }

"""What a report says of a repair: where it is, the lines that go and come, what was wrong, what is right with it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from autograd_lite.core.lines import file_name
from autograd_lite.verification.page import Row
from autograd_lite.verification.repair.patch import Change, Repair


def place(file: str, line: int, function: str) -> str:
    """Say where a line of the user's is."""
    return f"{file_name(file)}:{line}, in {'a lambda' if function == '<lambda>' else function}"


def rows(repair: Repair, wrong: Sequence[str]) -> list[list[Row]]:
    """Return the rows that show a repair, in blocks; ``wrong`` are all arguments with a wrong gradient."""
    blocks = [list(_changed(change)) for change in repair.changes]
    ending = Row(outcome(repair, wrong))
    return [[*blocks[0], ending]] if len(blocks) == 1 else [*blocks, [ending]]


def _changed(change: Change) -> Iterator[Row]:
    yield Row(place(change.file, change.line, change.function), "where")
    signs = "-" * len(change.old) + "+" * len(change.new)
    bare = textwrap.dedent("\n".join([*change.old, *change.new])).split("\n")
    for i, (sign, code) in enumerate(zip(signs, bare, strict=True)):
        aside = "; ".join(change.words) if i == len(signs) - 1 else ""
        yield Row(code, "" if i else "why", code=True, sign=sign, aside=aside)


def outcome(repair: Repair, wrong: Sequence[str]) -> str:
    """Say which gradients are right with the edits, and at how many points, and which ones stay wrong."""
    come, go = (sum(map(len, side)) for side in zip(*((c.new, c.old) for c in repair.changes), strict=True))
    count = come or go
    lines = "this line" if count == 1 else f"these {count} lines"
    points = f"at {repair.points} points" if repair.points > 1 else "at this point"
    rest = [] if repair.covers(wrong) else [name for name in wrong if name not in repair.arguments]
    left = f"; no repair was found for {listed(rest)}" if rest else ""
    right = are_right([name for name in wrong if name not in rest] if rest else [])
    return f"with{'' if come else 'out'} {lines} {right} ({points}){left}"


def are_right(names: Sequence[str]) -> str:
    """Say that some gradients are right; all of them, where none is named."""
    if not names:
        return "the gradient is right"
    return f"the gradient{'s' * (len(names) > 1)} with respect to {listed(names)} {'are' if names[1:] else 'is'} right"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "W, b and x"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

"""Which steps of a program are drawn as one: iterations of a loop, calls of a function, and stretches of the rest."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from autograd_lite.program.expressions import Node
from autograd_lite.program.steps import Step

_REPEATS = 4  # fewer iterations are not worth folding
_LONGEST = 5_000  # steps among which loops are looked for


@dataclass(frozen=True)
class Fold:
    """Consecutive forward steps that are drawn together.

    Attributes
    ----------
    steps : list of Step
    title : str or None
        What stands for them in the drawing; None where each of their ops is drawn.
    """

    steps: list[Step]
    title: str | None = None


def foldings(steps: Sequence[Step]) -> Iterator[list[Fold]]:
    """Yield ways to draw the forward steps of a program, from the most detailed to the coarsest.

    First each op by itself; then each call of a function is one box; then loops are folded to their first and their
    last iteration and what is between; then each step is one box; then stretches of equally many steps.
    """
    yield [Fold(list(steps))]
    calls = list(_calls(steps))
    if any(fold.title for fold in calls):
        yield calls
        yield _fold_loops(calls)
    yield _fold_loops([Fold([step]) for step in steps])
    yield _fold_loops([Fold([step], "") for step in steps])
    length = 2
    while length < 2 * len(steps):
        stretches = [list(steps[i : i + length]) for i in range(0, len(steps), length)]
        yield [Fold(stretch, "" if len(stretch) == 1 else f"{len(stretch)} steps") for stretch in stretches]
        length *= 2


def _calls(steps: Sequence[Step]) -> Iterator[Fold]:
    """Put the steps of each call of a function together: a call starts where the line of the first step recurs."""
    for functions, run in groupby(steps, key=lambda step: step.place.functions if step.place else ()):
        call: list[Step] = []
        for step in run:
            if call and (not functions or _line(step) == _line(call[0])):
                yield Fold(call, functions[0] if functions else None)
                call = []
            call.append(step)
        yield Fold(call, functions[0] if functions else None)


def _line(step: Step) -> tuple[str, int] | None:
    return (step.place.file, step.place.line) if step.place else None


def _shape(fold: Fold) -> Hashable:
    """Return what iterations of a loop have in common: the lines, and the ops of the expressions."""
    return fold.title, *((_line(step), *_ops(step.node, step.node)) for step in fold.steps)


def _ops(node: Node, top: Node) -> Iterator[str]:
    if node.op is None or (node.name and node is not top):
        return
    yield node.op.name
    for arg in node.args:
        yield from _ops(arg, top)


def _fold_loops(folds: list[Fold]) -> list[Fold]:
    """Fold the longest repetition, then those before and after it."""
    found = _longest_repetition([_shape(fold) for fold in folds]) if len(folds) <= _LONGEST else None
    if found is None:
        return folds
    start, period, repeats = found
    last = start + period * (repeats - 1)
    middle = [step for fold in folds[start + period : last] for step in fold.steps]
    titles = {fold.title or "" for fold in folds[start : start + period]}
    what = f"{titles.pop()}, " if len(titles) == 1 and "" not in titles else ""
    folded = Fold(middle, f"{what}{repeats - 2} more times")
    before, after = folds[:start], folds[last + period :]
    first, final = folds[start : start + period], folds[last : last + period]
    return [*_fold_loops(before), *first, folded, *final, *_fold_loops(after)]


def _longest_repetition(shapes: Sequence[Hashable]) -> tuple[int, int, int] | None:
    """Return start, period and number of the repetitions that cover most; None where nothing recurs often enough."""
    numbers: dict[Hashable, int] = {}
    codes = np.array([numbers.setdefault(shape, len(numbers)) for shape in shapes])
    best: tuple[int, int, int] | None = None
    most = 0
    for period in range(1, len(codes) // _REPEATS + 1):
        same = np.concatenate([[False], codes[period:] == codes[:-period], [False]])
        edges = np.flatnonzero(same[1:] != same[:-1])
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            repeats = int(stop - start) // period + 1
            if repeats >= _REPEATS and (repeats - 2) * period > most:
                best, most = (int(start), period, repeats), (repeats - 2) * period
    return best

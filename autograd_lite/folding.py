"""Which steps of a program are drawn as one: iterations of a loop, calls of a function, and stretches of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from autograd_lite.chain import Step
from autograd_lite.expressions import Node

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

    Loops are folded to their first and their last iteration and what is between them; then every called function
    becomes one; then every step; then stretches of equally many steps.
    """
    yield [Fold(list(steps))]
    single = [Fold([step]) for step in steps]
    yield _fold_loops(single, _shape)
    expressions = [Fold([step], "") for step in steps]
    yield _fold_loops(expressions, _shape)
    calls = list(_calls(steps))
    yield calls
    yield _fold_loops(calls, lambda fold: (fold.title, *(map(_shape_of_step, fold.steps))))
    length = 2
    while length < 2 * len(steps):
        yield [_stretch(list(steps[i : i + length])) for i in range(0, len(steps), length)]
        length *= 2


def _stretch(steps: list[Step]) -> Fold:
    return Fold(steps, "" if len(steps) == 1 else f"{len(steps)} steps")


def _calls(steps: Sequence[Step]) -> Iterator[Fold]:
    """Put the steps of each call of a function together: a call starts where the first line of the last one recurs."""
    for functions, run in groupby(steps, key=lambda step: step.place.functions if step.place else ()):
        call: list[Step] = []
        for step in run:
            if not functions or (call and step.place and call[0].place and step.place.line == call[0].place.line):
                if call:
                    yield Fold(call, functions[0] if functions else "")
                call = []
            call.append(step)
        yield Fold(call, functions[0] if functions else "")


def _shape(fold: Fold) -> Any:
    return tuple(map(_shape_of_step, fold.steps))


def _shape_of_step(step: Step) -> Any:
    """Return what iterations of a loop have in common: the line, and the ops of the expression."""
    return (step.place.file, step.place.line) if step.place else None, tuple(_ops(step.node, step.node))


def _ops(node: Node, top: Node) -> Iterator[str]:
    if node.op is None or (node.name and node is not top):
        return
    yield node.op.name
    for arg in node.args:
        yield from _ops(arg, top)


def _fold_loops(folds: list[Fold], shape: Callable[[Fold], Any]) -> list[Fold]:
    """Fold the longest repetition, then those before and after it."""
    found = _longest_repetition([shape(fold) for fold in folds]) if len(folds) <= _LONGEST else None
    if found is None:
        return folds
    start, period, repeats = found
    last = start + period * (repeats - 1)
    middle = [step for fold in folds[start + period : last] for step in fold.steps]
    folded = Fold(middle, f"{repeats - 2} more times")
    before, after = folds[:start], folds[last + period :]
    first, final = folds[start : start + period], folds[last : last + period]
    return [*_fold_loops(before, shape), *first, folded, *final, *_fold_loops(after, shape)]


def _longest_repetition(shapes: Sequence[Any]) -> tuple[int, int, int] | None:
    """Return start, period and number of the repetitions that cover most; None where nothing recurs often enough."""
    numbers: dict[Any, int] = {}
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

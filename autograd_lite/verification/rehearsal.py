"""Both functions run as they are: it is settled what is differentiated, and seen that they are steady and pure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.numerical import close
from autograd_lite.program.naming import leaf_names
from autograd_lite.verification.calls import Answer
from autograd_lite.verification.holders import Result
from autograd_lite.verification.objects import copied
from autograd_lite.verification.problem import Problem, Setting

COTANGENTS = 2
"""So many are drawn for a function of several numbers, for all of which the hand gradient has to be right."""
AGAIN = 3
"""How often the function is called again, to see whether it gives the same."""
_SEED = "fix its random numbers with a seed, and keep nothing from call to call"


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """What the rehearsal has shown.

    Attributes
    ----------
    settings : one for each cotangent; for a function of one number the only one
    verdict, reason : the verdict on all gradients, where nothing can be judged; else empty
    """

    settings: Sequence[Setting]
    verdict: str = ""
    reason: str = ""


def rehearse(problem: Problem, rng: np.random.Generator) -> Rehearsal:
    """Run both functions; draw the cotangents of an array-valued one: a mistake may hide in one of them, hardly in two.

    Raises
    ------
    TypeError, ValueError
        Where one of them returns what cannot be judged, or changes what it is given.
    """
    before = _Snapshot(problem)
    with np.errstate(all="ignore"):
        calls = _noted(f"in {problem.name}(), the function", lambda: problem.calls)
        before.compare(problem.name)

        def value_again() -> Any:
            with problem.kept():
                return calls.value(problem.args)

        value = _noted(f"in {problem.name}(), the function", value_again)
        _require_number(problem.name, value)
        cotangents = problem.layout.cotangents(value, rng, COTANGENTS)

        def hand() -> Answer:
            return calls.answer(cotangents[0])

        answer = _noted(f"in {problem.hand_name}(), the hand gradient", hand)
        before.compare(problem.hand_name)
        _require_gradient(problem.hand_name, answer)
        calls = calls.with_value_beside(value, answer.returned)
        settings = [problem.settle(answer, cotangent, calls) for cotangent in cotangents]
        first = [np.array(x) for x in settings[0].gradients(answer, raw=True)]
        if not all(_steady(value, value_again()) for _ in range(AGAIN)):
            why = f"{problem.name}() gives another value when it is called again: {_SEED}"
            return Rehearsal(settings, "nondeterministic", why)
        if not all(map(_steady, first, settings[0].gradients(hand(), raw=True))):
            why = f"{problem.hand_name}() gives another gradient when it is called again: {_SEED}"
            return Rehearsal(settings, "nondeterministic", why)
    if not np.isfinite(np.asarray(value)).all():
        what = "NaN" if np.isnan(np.asarray(value)).any() else "infinite"
        why = f"{problem.name}() is {what} here, so there is no derivative to compare with"
        return Rehearsal(settings, "noisy", why)
    return Rehearsal(settings)


def _require_gradient(name: str, answer: Answer) -> None:
    if answer.returned is None and not answer.left:
        raise TypeError(f"{name}() returned None; expected a gradient: is a return missing?")
    if inspect.isgenerator(answer.returned) or inspect.isawaitable(answer.returned):
        if inspect.iscoroutine(answer.returned):
            answer.returned.close()  # or Python warns, later, that nobody awaited it
        raise TypeError(f"{name}() returned a {type(answer.returned).__name__}; let it return the gradient")


def _steady(value: Any, again: Any) -> bool:
    """Whether two results are the same but for the last digits, which threads may add up in any order."""
    value, again = np.asarray(value), np.asarray(again)
    if value.dtype.kind not in "fc" or again.dtype.kind not in "fc":
        return value.shape == again.shape and bool(np.all(value == again))
    return close.same(value, again, close.reordered(value))


def _require_number(name: str, value: Any) -> None:
    array = np.asarray(value) if not isinstance(value, (tuple, list, dict, set)) else None
    if array is None or array.dtype.kind not in "iuf":
        kind = type(value).__name__ if array is None or not isinstance(value, np.ndarray) else f"dtype {array.dtype}"
        hint = {"c": "; take its real part, or its absolute value", "O": "; is a return missing?"}
        tail = hint.get(array.dtype.kind, "") if array is not None else "; return the number to differentiate alone"
        raise TypeError(f"expected {name}() to return a real number, or an array of them, got {kind}{tail}")


class _Snapshot:
    """The arguments as they were."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.kept, _ = trees.flatten(copied(problem.args))

    def compare(self, name: str) -> None:
        """Refuse functions that change what they are given: the change would reach the caller."""
        now, _ = trees.flatten(self.problem.args)
        if len(now) != len(self.kept):
            raise ValueError(f"{name}() changed a list or dict among its arguments in place: let it work on a copy")
        for i, (old, new) in enumerate(zip(self.kept, now, strict=True)):
            if new is not old and isinstance(old, (np.ndarray, float, int)) and not _equal(old, new):
                leaf = leaf_names(self.problem.names, self.problem.args)[i]
                raise ValueError(
                    f"{name}() changed {leaf}, of shape {np.shape(old)}, in place, so no gradient at this point can be "
                    f"judged: let it work on a copy ({leaf} = {leaf}.copy())"
                )


def _equal(old: Any, new: Any) -> bool:
    """Whether two leaves, of any dtype, hold the same."""
    return bool(np.array_equal(old, new, equal_nan=np.asarray(old).dtype.kind in "fc"))


def _noted(note: str, function: Callable[[], Result]) -> Result:
    try:
        return function()
    except Exception as error:
        error.add_note(note)
        raise

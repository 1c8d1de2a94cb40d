"""Verification of hand-derived gradients: the verdict, the first wrong line, and the mistake."""

from __future__ import annotations

import inspect
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.debugging import is_users
from autograd_lite.numerical.probing import quiet
from autograd_lite.verification.diagnosis.hypotheses import Diagnosis
from autograd_lite.verification.diagnosis.mistakes import diagnose
from autograd_lite.verification.line import first_wrong_line
from autograd_lite.verification.problem import Point, Problem
from autograd_lite.verification.report import Report
from autograd_lite.verification.verdict import Judge, Verdict


def verify(
    f: Callable[..., Any],
    hand: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    params: Sequence[str] | None = None,
    rng: int | np.random.Generator = 0,
) -> Report:
    """Verify a hand-derived gradient; say which line of it is wrong, and why.

    Three witnesses are heard for each argument: the hand gradient, the backward pass of the recorded function, and
    extrapolated differences of its values with an estimate of their error. Hand and backward pass are compared element
    by element, always; the tolerance follows the conditioning, so that no scale or dtype needs one of its own.

    Parameters
    ----------
    f : callable
        The function in plain NumPy. Its result has size 1; else ``hand`` takes a cotangent of its shape too, as its
        first parameter (or its last, if that is called ``dout``, ``g``, ``cotangent`` or the like).
    hand : callable
        Takes the arguments of ``f`` and returns the gradient: an array for argument 0, a tuple for as many first
        arguments, or a dict by parameter name; or a method whose object has the attributes ``params``.
    *args : trees of arrays
        The point. Only arguments that the gradient is of are ever moved.
    argnums : int or sequence of int, optional
        Which arguments the gradient is of, in the hand's order.
    params : sequence of str, optional
        Attributes of the object that ``hand`` is a method of: these are differentiated, in the hand's order.
    rng : int or numpy.random.Generator
        Draws the second point, and samples of large arguments.

    Returns
    -------
    Report
        True where all is right. Print it, or call ``raise_if_wrong()``.

    Raises
    ------
    TypeError, ValueError
        Where the hand returns None, or the wrong number of gradients, or where either function changes its arguments;
        nothing could be judged then. Errors that the functions raise pass through, with a note whose they are.

    Examples
    --------
    >>> def loss(w, x):
    ...     return np.sum(np.square(w * x))
    >>> def gradient(w, x):
    ...     return w * x * x
    >>> report = verify(loss, gradient, np.array([1.0, 2.0]), np.array([0.5, 3.0]))
    >>> report.verdict
    'wrong'
    """
    rng = np.random.default_rng(rng)
    problem = Problem(f, hand, args, argnums, params)
    with problem.kept():
        return _verify(problem, rng)


def _verify(problem: Problem, rng: np.random.Generator) -> Report:
    notes: list[str] = []
    trouble = _rehearse(problem, rng)
    if trouble:
        kind, reason = trouble
        point = problem.without_record()
        verdicts = [
            Verdict(name, kind, reason, h, t, np.zeros(np.shape(t), bool), np.zeros(np.shape(t)))
            for name, h, t in zip(problem.leaf_names, point.hand, point.true, strict=True)
        ]
        return Report(problem.name, problem.hand_name, verdicts)
    point = _evaluate(problem, notes)
    judge = Judge(problem, point, rng)
    verdicts = judge.verdicts()
    report = Report(problem.name, problem.hand_name, verdicts, notes=notes)
    wrong = [i for i, v in enumerate(verdicts) if v.verdict == "wrong"]
    if wrong:
        report.finding = first_wrong_line(problem, point, verdicts) if point.result is not None else None
        report.diagnoses = _causes(problem, point, wrong, rng, notes)
    elif report:
        notes += _elsewhere(judge, verdicts)
    notes += _coverage(verdicts, point)
    return report


def _rehearse(problem: Problem, rng: np.random.Generator) -> tuple[str, str] | None:
    """Run both functions as they are: settle what is differentiated, and see that they are steady and change nothing.

    Returns
    -------
    verdict, reason : str, str
        Where nothing can be judged; else None.
    """
    before = _Snapshot(problem)
    with np.errstate(all="ignore"):
        start = time.perf_counter()
        value = _noted(f"in {problem.name}(), the function", problem.f, *problem.args)
        seconds = time.perf_counter() - start
        before.compare(problem, problem.name)
        _require_number(problem.name, value)
        if np.size(value) != 1:
            problem.cotangent = rng.standard_normal(np.shape(value)).astype(np.result_type(value, np.float32))
        hand = problem.hand_with_cotangent()
        answer = _noted(f"in {problem.hand_name}(), the hand gradient", hand, *problem.args)
        if answer is None:
            raise TypeError(f"{problem.hand_name}() returned None; expected a gradient: is a return missing?")
        if inspect.isgenerator(answer) or inspect.isawaitable(answer):
            raise TypeError(f"{problem.hand_name}() returned a {type(answer).__name__}; let it return the gradient")
        before.compare(problem, problem.hand_name)
        problem.settle(answer)
        first = [np.array(x) for x in problem.flatten_answer(answer)]
        again = 3 if seconds < _SLOW else 1
        if not all(_alike(value, problem.f(*problem.args)) for _ in range(again)):
            return "nondeterministic", f"{problem.name}() gives another value when it is called again: " + _SEED
        if not all(map(_alike, first, problem.flatten_answer(hand(*problem.args)))):
            return "nondeterministic", f"{problem.hand_name}() gives another gradient when it is called again: " + _SEED
    if not np.isfinite(np.asarray(value)).all():
        what = "NaN" if np.isnan(np.asarray(value)).any() else "infinite"
        return "noisy", f"{problem.name}() is {what} here, so there is no derivative to compare with"
    return None


_SLOW = 0.05
"""Seconds; a function that takes longer is called again once alone to see whether it is steady."""
_SEED = "fix its random numbers with a seed, and keep nothing from call to call"


def _require_number(name: str, value: Any) -> None:
    array = np.asarray(value) if not isinstance(value, (tuple, list, dict, set)) else None
    if array is None or array.dtype.kind not in "iuf":
        kind = type(value).__name__ if array is None or not isinstance(value, np.ndarray) else f"dtype {array.dtype}"
        hint = {"c": "; take its real part, or its absolute value", "O": "; is a return missing?"}
        tail = hint.get(array.dtype.kind, "") if array is not None else "; return the number to differentiate alone"
        raise TypeError(f"expected {name}() to return a real number, or an array of them, got {kind}{tail}")


class _Snapshot:
    """The arguments, and the attributes that are differentiated, as they were."""

    def __init__(self, problem: Problem) -> None:
        self.kept = [np.array(x) if isinstance(x, np.ndarray) else x for x in self._read(problem)]

    def _read(self, problem: Problem) -> list[Any]:
        held = [getattr(problem.owner, name) for name in problem.params or ()]
        return trees.flatten([list(problem.args), held])[0]

    def compare(self, problem: Problem, name: str) -> None:
        """Refuse functions that change what they are given: the change would reach the caller."""
        now = self._read(problem)
        if len(now) != len(self.kept):
            raise ValueError(f"{name}() changed a list or dict among its arguments in place: let it work on a copy")
        for old, new in zip(self.kept, now, strict=True):
            if new is not old and isinstance(old, (np.ndarray, float, int)) and not _same(old, new):
                what = "an argument" if any(new is x for x in trees.flatten(list(problem.args))[0]) else "an attribute"
                raise ValueError(
                    f"{name}() changed {what} of shape {np.shape(old)} in place, so no gradient at this point can be "
                    "judged: let it work on a copy (x = x.copy())"
                )


def _noted(note: str, function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Exception as error:
        error.add_note(note)
        raise


def _same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc"))


def _alike(a: Any, b: Any) -> bool:
    """Whether two results are the same but for the last digits, which threads may add up in any order."""
    x, y = np.asarray(a), np.asarray(b)
    if x.shape != y.shape or x.dtype.kind not in "fc" or y.dtype.kind not in "fc":
        return x.shape == y.shape and bool(np.all(x == y))
    room = 1e3 * np.finfo(x.dtype).eps * np.abs(x).max(initial=0.0, where=np.isfinite(x))
    return bool(np.all((np.abs(x - y) <= room) | (x == y) | (np.isnan(x) & np.isnan(y))))


def _evaluate(problem: Problem, notes: list[str]) -> Point:
    """Evaluate both at the point; where the function cannot be recorded, without a backward pass."""
    for problem.with_dot in (False, True):
        try:
            return problem.at()
        except Exception as error:
            trouble = error  # in the end, what is left when the methods dot of data are no trouble
    problem.with_dot = False
    try:
        point = problem.without_record()
    except Exception:
        raise trouble from None
    reason = str(trouble).splitlines()[0] if str(trouble) else type(trouble).__name__
    notes.append(
        f"{problem.name}() could not be recorded, so there is no backward pass: two witnesses remain, the hand "
        f"gradient and differences of the function. {_line_of(trouble)}{reason}"
    )
    return point


def _line_of(error: BaseException) -> str:
    """Say at which line of the user's code an error was raised."""
    users = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename) and f.line]
    return f"At line {users[-1].lineno}, `{users[-1].line}`: " if users else ""


def _causes(
    problem: Problem, point: Point, wrong: list[int], rng: np.random.Generator, notes: list[str]
) -> list[Diagnosis]:
    """Search for the mistake; a verdict stands even where that breaks off."""
    wrong = [i for i in wrong if np.asarray(point.hand[i]).dtype.kind in "fciub" and np.size(point.values[i])]
    if not wrong:
        return []
    try:
        with quiet():
            return list(diagnose(problem, point, wrong, rng))
    except Exception as error:
        notes.append(f"the search for a cause broke off: {type(error).__name__}: {error}")
        return []


def _elsewhere(judge: Judge, verdicts: list[Verdict]) -> list[str]:
    """Try a second point: some wrong code is right at the first."""
    if judge.point.result is None:
        return []
    if judge.elsewhere is None:
        return ["right at this point; a second one could not be tried"]
    wrong = [v.name for i, v in enumerate(verdicts) if not judge.right_elsewhere(i)]
    return [f"right at this point, but WRONG at another one nearby ({', '.join(wrong)})"] if wrong else []


def _coverage(verdicts: list[Verdict], point: Point) -> list[str]:
    sampled = [f"{v.name}: {v.oracle}" for v in verdicts if v.oracle and not v.oracle.startswith("every")]
    first = "compared with the backward pass in every element; " if point.result is not None else "compared "
    return [f"{first}with differences in {'; '.join(sampled)}"] if sampled else []

"""Verification of hand-derived gradients: the verdict, the first wrong line, and the mistake."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import trees
from autograd_lite.case import Point, Problem
from autograd_lite.lines import first_wrong_line
from autograd_lite.report import Report
from autograd_lite.verdicts import Verdict, judge


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
    notes: list[str] = []
    first = _prepare(problem, rng)
    point = _evaluate(problem, notes)
    unsteady = _unsteady(problem, point, first)
    if unsteady:
        verdicts = [
            Verdict(name, "nondeterministic", unsteady, h, t, np.zeros(np.shape(t), bool), np.zeros(np.shape(t)))
            for name, h, t in zip(problem.leaf_names, point.hand, point.true, strict=True)
        ]
        return Report(problem.name, problem.hand_name, verdicts, notes=notes)
    verdicts = judge(problem, point, rng)
    report = Report(problem.name, problem.hand_name, verdicts, notes=notes)
    wrong = [i for i, v in enumerate(verdicts) if v.verdict == "wrong"]
    if wrong and point.result is not None:
        report.finding = first_wrong_line(point, verdicts)
        report.diagnoses = _diagnose(problem, point, wrong, rng)
    elif report:
        notes += _another_point(problem, point, rng)
    notes += _coverage(verdicts)
    return report


def _prepare(problem: Problem, rng: np.random.Generator) -> list[Any]:
    """Run both functions once as they are: settle what is differentiated, and see that no argument is changed."""
    before = trees.map_tree(_copy, list(problem.args))
    value = _noted(f"in {problem.name}(), the function", problem.f, *problem.args)
    _refuse_changes(problem, before, problem.name)
    if np.size(value) != 1:
        if np.asarray(value).dtype.kind not in "fciub":
            raise TypeError(f"expected {problem.name}() to return numbers, got {type(value).__name__}")
        problem.cotangent = rng.standard_normal(np.shape(value)).astype(np.result_type(value, np.float32))
    answer = _noted(f"in {problem.hand_name}(), the hand gradient", problem.hand_with_cotangent(), *problem.args)
    if answer is None:
        raise TypeError(f"{problem.hand_name}() returned None; expected a gradient: is a return missing?")
    _refuse_changes(problem, before, problem.hand_name)
    problem.settle(answer)
    return problem.flatten_answer(answer)


def _copy(x: Any) -> Any:
    return np.array(x) if isinstance(x, np.ndarray) else x


def _noted(note: str, function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Exception as error:
        error.add_note(note)
        raise


def _refuse_changes(problem: Problem, before: list[Any], name: str) -> None:
    kept = trees.flatten(before)[0]
    for old, new in zip(kept, trees.flatten(list(problem.args))[0], strict=True):
        if isinstance(old, np.ndarray) and not _same(old, new):
            raise ValueError(
                f"{name}() changed an argument of shape {old.shape} in place, so no gradient at this point can be "
                "judged: let it work on a copy (x = x.copy())"
            )


def _same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


def _evaluate(problem: Problem, notes: list[str]) -> Point:
    """Evaluate both at the point; where the function cannot be recorded, without a backward pass."""
    try:
        return problem.at()
    except Exception as error:
        try:
            point = problem.without_record()
        except Exception:
            raise error from None
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        notes.append(
            f"{problem.name}() could not be recorded ({type(error).__name__}: {reason}), so there is no backward pass: "
            "two witnesses remain, the hand gradient and differences of the function"
        )
        return point


def _unsteady(problem: Problem, point: Point, first: list[Any]) -> str:
    """Say which of the functions gives another result when it is called again; "" for none."""
    with np.errstate(all="ignore"):
        once, again = (np.asarray(problem.scalar()(*map(_copy, point.values))) for _ in range(2))
    if not _same(once, again):
        return f"{problem.name}() gives another value when it is called again: fix its random numbers (a seed)"
    for a, b in zip(first, point.hand, strict=True):
        x, y = np.asarray(a), np.asarray(b)
        if not _same(x, y):
            return f"{problem.hand_name}() gives another gradient when it is called again: fix its random numbers"
    return ""


def _diagnose(problem: Problem, point: Point, wrong: list[int], rng: np.random.Generator) -> list[Any]:
    try:
        mistakes = importlib.import_module("autograd_lite.mistakes")
    except ImportError:
        return []
    diagnoses: list[Any] = mistakes.diagnose(problem, point, wrong, rng)
    return diagnoses


def _another_point(problem: Problem, point: Point, rng: np.random.Generator) -> list[str]:
    """Try a second point: some wrong code is right at the first."""
    if point.result is None:
        return []
    try:
        with np.errstate(all="ignore"):
            other = problem.at(problem.nearby(rng), capture=False)
            right = all(v.verdict != "wrong" for v in judge(problem, other, rng))
    except Exception:
        return ["right at this point; a second one could not be tried"]
    if right:
        return []
    return ["right at this point, but WRONG at another one nearby: verify it at other arguments"]


def _coverage(verdicts: list[Verdict]) -> list[str]:
    sampled = [f"{v.name}: {v.oracle}" for v in verdicts if v.oracle and not v.oracle.startswith("every")]
    return (
        [f"compared with the backward pass in every element; with differences in {'; '.join(sampled)}"]
        if sampled
        else []
    )

"""Verification of hand-derived gradients: the verdict, the first wrong line, and the mistake."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.core.lines import is_users
from autograd_lite.numerical import quiet
from autograd_lite.numerical.streams import stream
from autograd_lite.verification.budget import SafetyNet
from autograd_lite.verification.collecting import pass_on
from autograd_lite.verification.comparison import Comparison
from autograd_lite.verification.holders import afterwards
from autograd_lite.verification.layouts import Layout
from autograd_lite.verification.parameters import require_both
from autograd_lite.verification.point import Point, copies, evaluate, evaluate_hand
from autograd_lite.verification.problem import Mode, Problem, Setting
from autograd_lite.verification.process import Process
from autograd_lite.verification.rehearsal import Rehearsal, rehearse
from autograd_lite.verification.repair.finding import Finding
from autograd_lite.verification.repair.patch import Repair
from autograd_lite.verification.repair.search import repaired
from autograd_lite.verification.report import Report
from autograd_lite.verification.reproduction.question import Question
from autograd_lite.verification.subgradients import judge_together
from autograd_lite.verification.verdict import WORST_FIRST, Verdict, verdict_on, worst


def verify(
    f: Callable[..., Any],
    hand: Any,
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    params: str | Sequence[str] | None = None,
    elementwise: bool = False,
    jacobian: bool = False,
    hessian: bool = False,
    rtol: float = 0,
    rng: int | np.random.Generator = 0,
    **keywords: Any,
) -> Report:
    """Verify a hand-derived gradient; say which line of it is wrong, and why.

    Three independent values are compared for each argument: the hand gradient, the backward pass of the recorded
    function, and extrapolated differences of its values with an estimate of their error. Hand and backward pass are
    compared element by element, always; the tolerance follows the conditioning, so that no scale or dtype needs one of
    its own. What is spent on the differences and on the search for the mistake is counted in evaluations of the
    functions: the same call gives the same report on any machine.

    Gradient code is taken as it is; ``report.taken`` says what it was taken to be:

    ======================================================  ===============================================
    ``verify(f, gradient, w, x)``                           gradients of the first arguments, returned
    ``verify(f, vjp, x)``, ``vjp(dout, x)``                 the same for an array, with a cotangent
    ``verify(layer.forward, layer.backward, x)``            returned for ``x``, and left in ``self.dW`` for
                                                            ``self.W``, in ``grads["W"]``, ``weight.grad``
    ``verify(forward, backward, x, w)``                     ``out, cache = forward(x, w)``, then
                                                            ``backward(dout, cache)``; several outputs too
    ``verify(loss_and_grad, w, x)``                         one function: ``(loss, gradient)``
    ``verify(f, value_and_grad, w)``                        a hand that returns the value before the gradient
    ``verify(f, fill, x)``, ``fill(x, out)``                a hand that fills an array
    ``verify(f, df, x, elementwise=True)``                  ``dy_i/dx_i`` for ``y = f(x)``
    ``verify(f, J, x, jacobian=True)``                      ``J[i, j] = dy_i/dx_j``
    ``verify(f, H, x, hessian=True)``                       second derivatives of a number
    ======================================================  ===============================================

    Parameters
    ----------
    f : callable
        The function in plain NumPy. Where it returns an array, ``hand`` is held to two cotangents of its shape. Of
        several results, as many are differentiated as ``hand`` takes cotangents; the last ones may be a cache for it.
    hand : callable, or the first argument
        Returns the gradient: an array for argument 0, a tuple for as many first arguments, or a dict by the names of
        parameters or attributes; or leaves it in attributes of its object. Its parameters are matched by name with
        those of ``f``; it may take fewer. A cotangent is called ``dout``, ``g``, ``grad_output`` or the like, or comes
        first. If this is no callable, ``f`` itself returns the value and the gradient.
    *args : trees of arrays
        The point. Only arguments that are differentiated are ever moved. Objects that ``f`` and ``hand`` are methods
        of hold the same afterwards as before.
    argnums : int or sequence of int, optional
        Which arguments the gradient is with respect to, in the hand's order.
    params : str or sequence of str, optional
        Attributes of the object that ``hand`` is a method of: these are differentiated, in the hand's order, after the
        arguments that ``argnums`` names.
    elementwise, jacobian, hessian : bool
        What ``hand`` returns in the place of a gradient. It takes no cotangent then.
    rtol : float
        A relative error of each element that is accepted besides rounding.
    rng : int or numpy.random.Generator
        Draws the cotangents, the second point, and samples of large arguments; from a stream of its own, unlike the
        numbers that ``np.random.default_rng`` of the same seed draws for the arguments.
    **keywords
        Keyword arguments for ``f`` and ``hand``, each for those of the two that take it.

    Returns
    -------
    Report
        True where all is right. Print it, or call ``raise_if_wrong()``.

    Raises
    ------
    TypeError, ValueError
        Where the code can be taken in several ways, with the call to write; where the hand returns no gradient, or the
        wrong number of them, or where either function changes its arguments: nothing could be judged then. Errors that
        the functions raise pass through, with a note whose they are.

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
    chosen = {"elementwise": elementwise, "jacobian": jacobian, "hessian": hessian, "rtol": rtol, "rng": rng}
    question = Question(f, hand, args, {"argnums": argnums, "params": params, **chosen, **keywords})
    rng = stream("verify", rng)
    is_both = not callable(hand)
    if is_both and callable(f):
        hand, args = f, (hand, *args)
        require_both(f, args, keywords)
    layout = Layout.of(elementwise=elementwise, jacobian=jacobian, hessian=hessian)
    problem = Problem(f, hand, args, argnums, params, keywords, layout, rtol, is_both)
    process, state = Process(), problem.state

    def restore() -> None:
        state.restore()
        process.restore()

    return pass_on(replace(afterwards(restore, lambda: _verify(problem, rng)), question=question))


def _verify(problem: Problem, rng: np.random.Generator) -> Report:
    net = SafetyNet()
    rehearsal = rehearse(problem, rng)
    if rehearsal.verdict:
        taken = rehearsal.settings[0].taken
        return Report(problem.name, problem.hand_name, _verdict_on_all(rehearsal), taken=taken)
    comparison, verdicts, notes = _judged(rehearsal.settings, rng, net)
    setting, point = comparison.setting, comparison.point
    wrong = [i for i, v in enumerate(verdicts) if v.verdict == "wrong"]
    found = None
    if wrong:
        found = _unless_broken_off(lambda: repaired(setting, point, verdicts, rng, net, notes), notes)
    elif all(v.verdict in ("right", "kink") for v in verdicts):
        notes += _elsewhere(comparison, verdicts)
    notes += _coverage(verdicts, point) + net.notes()
    finding = found if isinstance(found, Finding) else None
    repair = found if isinstance(found, Repair) else None
    return Report(problem.name, problem.hand_name, verdicts, finding, notes, repair, setting.taken)


def _judged(
    settings: Sequence[Setting], rng: np.random.Generator, net: SafetyNet
) -> tuple[Comparison, list[Verdict], list[str]]:
    """Judge the gradients for each cotangent, until they are wrong; go on with that for which they are worst."""
    found = []
    for given in settings:
        setting, point, notes = _evaluate(given)
        comparison = Comparison(setting, point, rng, net)
        verdicts = judge_together(comparison, [verdict_on(comparison, i) for i in range(len(point.values))])
        verdicts = _with_layout(comparison, verdicts)
        found.append((comparison, verdicts, notes))
        if worst([v.verdict for v in verdicts]) == "wrong":
            return found[-1]
    return min(found, key=lambda f: WORST_FIRST.index(worst([v.verdict for v in f[1]])))


def _with_layout(comparison: Comparison, verdicts: list[Verdict]) -> list[Verdict]:
    """Say where a Jacobian is wrong as a whole: transposed, or of another shape."""
    setting = comparison.setting
    if setting.problem.layout.takes_cotangent or not any(v.verdict == "wrong" for v in verdicts):
        return verdicts
    with quiet():
        given = setting.gradients(setting.hand(copies(setting.given)), raw=True)
    mistakes = [
        setting.problem.layout.mistake(h, x, setting.cotangent, comparison.true(i))
        for i, (h, x) in enumerate(zip(given, setting.values, strict=True))
    ]
    return [replace(v, reason=m) if m and v.verdict == "wrong" else v for v, m in zip(verdicts, mistakes, strict=True)]


def _verdict_on_all(rehearsal: Rehearsal) -> list[Verdict]:
    """Return the verdict of a rehearsal after which nothing else can be judged."""
    point = evaluate_hand(rehearsal.settings[0])
    return [
        Verdict(name, rehearsal.verdict, rehearsal.reason, h, t, np.zeros(np.shape(t), bool), np.zeros(np.shape(t)))
        for name, h, t in zip(rehearsal.settings[0].leaf_names, point.hand, point.true, strict=True)
    ]


def _evaluate(setting: Setting) -> tuple[Setting, Point, list[str]]:
    """Evaluate both at the point; where the function cannot be recorded, without a backward pass."""
    for mode in (Mode.PLAIN, Mode.RECORDABLE):
        tried = replace(setting, mode=mode)
        try:
            return tried, evaluate(tried), []
        except Exception as error:
            trouble = error  # in the end, what is left where arrays are recordable
    try:
        point = evaluate_hand(setting)
    except Exception:
        raise trouble from None
    reason = str(trouble).splitlines()[0] if str(trouble) else type(trouble).__name__
    note = (
        f"{setting.problem.name}() could not be recorded, so there is no backward pass: two values are compared, the "
        f"hand gradient and differences of the function. {_line_of(trouble)}{reason}"
    )
    return setting, point, [note]


def _line_of(error: BaseException) -> str:
    """Say at which line of the user's code an error was raised."""
    users = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename) and f.line]
    users = [f for f in users if "site-packages" not in f.filename] or users  # the call, not a library's inner line
    return f"At line {users[-1].lineno}, `{users[-1].line}`: " if users else ""


def _unless_broken_off(search: Callable[[], Repair | Finding | None], notes: list[str]) -> Repair | Finding | None:
    """Search for a repair, or else for the first wrong line; a verdict stands even where that breaks off."""
    try:
        with quiet():
            return search()
    except Exception as error:
        notes.append(f"the search for a repair broke off: {type(error).__name__}: {error}")
        return None


def _elsewhere(comparison: Comparison, verdicts: list[Verdict]) -> list[str]:
    """Try a second point: some wrong code is right at the first."""
    if comparison.point.result is None:
        return []
    if comparison.elsewhere is None:
        return ["right at this point; a second one could not be tried"]
    wrong = [v.name for i, v in enumerate(verdicts) if not comparison.is_right_elsewhere(i)]
    return [f"right at this point, but WRONG at another one nearby ({', '.join(wrong)})"] if wrong else []


def _coverage(verdicts: list[Verdict], point: Point) -> list[str]:
    sampled = [f"{v.name}: {v.oracle}" for v in verdicts if v.oracle and not v.oracle.startswith("every")]
    first = "compared with the backward pass in every element; " if point.result is not None else "compared "
    return [f"{first}with differences in {'; '.join(sampled)}"] if sampled else []

"""Checks of derivatives: of an op in many calls, of a function at a point."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.signatures import defaults_of
from autograd_lite.core.trees import flatten
from autograd_lite.numerical import quiet
from autograd_lite.ops.samples import Domain, Sample, domains_of
from autograd_lite.testing.cases import Case, apply, cast, is_inexact
from autograd_lite.testing.examination import LAYOUTS, Examination, Trial, WrongError, describe
from autograd_lite.testing.special import special_faults
from autograd_lite.testing.strategies import broadcastable, needs_hypothesis, reproducible

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def check_grads(f: Callable[..., Any], *args: Any, order: int = 2) -> None:
    """Check the derivatives of a function at a point against differences of its values.

    Parameters
    ----------
    f : callable
        Takes arrays or trees of them, and returns an array or a tree of arrays, of any shapes.
    *args : real and complex arrays and numbers, and trees of them
        The point. Integers, booleans and anything else are constants.
    order : int
        The highest derivative to check.

    Raises
    ------
    AssertionError
        Where a derivative differs from extrapolated differences by more than their own estimated error: it says which
        argument, which element, what was found and what was expected. Also where the differences are too rough to
        judge.
    TypeError
        Where there is nothing to differentiate.

    Examples
    --------
    >>> check_grads(lambda x, y: np.sum(np.exp(x) * y), np.array([0.5, 1.0]), 3.0)
    """
    leaves, rebuild = flatten(args)
    if not any(map(is_inexact, leaves)):
        given = ", ".join(type(x).__name__ for x in leaves) or "none"
        raise TypeError(
            f"check_grads takes real or complex arguments to differentiate by, got {given}; write 3.0 for 3"
        )
    name = getattr(f, "__name__", "f")
    case = Case(f, rebuild([cast(x, np.float64) for x in leaves]))
    for k in range(1, order + 1):
        wrong = case.wrong()
        if wrong:
            raise AssertionError(f"derivative {k} of {name}() is wrong: " + describe(case, wrong))
        case = case.derivative() if k < order else case


@needs_hypothesis
def check_op(
    op: Op,
    *,
    samples: Iterable[Sample] | None = None,
    domain: Domain | tuple[Domain, ...] | None = None,
    order: int = 2,
    dtypes: Sequence[Any] = (np.float64, np.float32),
    max_examples: int = 100,
) -> None:
    """Search for a call in which an op is wrong, and report the smallest.

    Tried are shapes (0-d, empty, of broadcast pairs), memory layouts, dtypes, read-only inputs, the same input twice,
    inputs that are constants, and cotangents of wrong shapes. Each call is held to what an op owes: the same values on
    arrays and on Tensors, and twice in a row; inputs left as they were; rules that give cotangents of the inputs' shape
    and precision; parts that come to the whole, where it is declared to be computed in parts (``elementwise=True``,
    ``labels=``); and derivatives that agree with differences of the values, up to ``order``.

    Elements at which rules may be wrong and nowhere else are part of every check: 0, whole numbers, tiny and large ones
    up to 1e150, ties, and what lies at the ends of the domain or close to them. There, a derivative at a kink has to
    lie between the slopes of both sides, one that is infinite is not judged, and a value may be infinite where the
    function itself grows that large.

    A parameter whose default is a float, and which no sample gives, is tried at half of it too (at 0.5 for 0.0), where
    the forward is finite there: a rule may have forgotten it.

    Parameters
    ----------
    op : Op
        As made by `autograd_lite.op`.
    samples : iterable of Sample, optional
        Calls to try, as made by `sample`; those of the op by default. An elementwise op needs none.
    domain : Domain or tuple of Domain, optional
        Where the elements of elementwise inputs may lie, one for all or one for each; that of the op by default, and
        all real numbers where it has none.
    order : int
        The highest derivative to check.
    dtypes : sequence of dtype
        Real dtypes of the inputs.
    max_examples : int
        How many calls to try.

    Raises
    ------
    AssertionError
        With the smallest call found, what was expected there, and the rule that is wrong.
    TypeError
        For anything but an op, for an op that broadcasts nothing and has no samples, and for a domain that is none.
    ModuleNotFoundError
        Where hypothesis is not installed: ``pip install "autograd_lite[testing]"``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> @ag.op(elementwise=True)
    ... def cube(x):
    ...     return x**3
    >>> @cube.vjp
    ... def _(g, z, x):
    ...     return 3 * g * x**2
    >>> check_op(cube)
    """
    if not isinstance(op, Op):
        raise TypeError(f"check_op takes an op, got {type(op).__name__}; decorate the function with @ag.op")
    if samples is None and not op.samples and not op.elementwise:
        raise TypeError(
            f"check_op cannot guess the inputs of op '{op.name}': pass samples=[ag.testing.sample((3, 4), axis=0)], "
            "each shape or array an input and each keyword a parameter, or declare @ag.op(elementwise=True)"
        )
    calls = tuple(samples) if samples is not None else op.samples
    domains = _domains(op, op.domain if domain is None else domain)
    _search(op, _trials(_calls(op, calls, domains), dtypes), order, max_examples)
    if np.dtype(np.float64) in map(np.dtype, dtypes):  # float32 is too coarse for differences
        tried = calls or (Sample(tuple(each() for each in domains)),)
        _search_special(op, tried, order)
        moved = [_elsewhere(call, other) for call in tried for other in _other_values(op, calls)]
        drawn = [(call, call.draw(np.random.default_rng(0))) for call in moved]
        _search_special(op, [call for call, inputs in drawn if _is_finite(op, inputs, call.params)], order)


def _search(op: Op, trials: SearchStrategy[Trial], order: int, max_examples: int) -> None:
    """Let hypothesis look for a trial that fails, and for the smallest such trial."""
    import hypothesis

    @reproducible(max_examples)
    @hypothesis.given(trials)
    def search(trial: Trial) -> None:
        if not isinstance(trial.sample, _Elsewhere) or _is_finite(op, trial.inputs(), trial.sample.params):
            Examination(op, trial).run(order)

    try:
        search()
    except hypothesis.errors.Flaky:
        raise AssertionError(
            f"op '{op.name}' is not deterministic: the same call failed once and passed once"
        ) from None
    except WrongError as error:
        raise AssertionError(str(error)) from error.__cause__


def _search_special(op: Op, calls: Sequence[Sample], order: int) -> None:
    """Look at special values for the first call that fails."""
    elsewhere = any(isinstance(call, _Elsewhere) for call in calls)
    for fault in special_faults(op, calls, order):
        if elsewhere and not _is_finite(op, fault.inputs, fault.params):
            continue
        trial = Trial(Sample((), fault.params), 0, np.dtype(np.float64), LAYOUTS[0], True, False, None)
        raise AssertionError(str(Examination(op, trial, fault.inputs).wrong(fault.what, fault.detail, fault.rule)))


def _domains(op: Op, given: Any) -> tuple[Domain, ...]:
    """Return the domain of each input."""
    if given is None or isinstance(given, Domain):
        return domains_of(op) if given is None else (given,) * len(op.input_names)
    several = isinstance(given, (tuple, list))
    if not several or not all(isinstance(each, Domain) for each in given):
        pair = several and [type(each) in (int, float) for each in given] == [True, True]
        instead = "Domain({!r}, {!r})".format(*given) if pair else "Domain(low, high), or ag.testing.positive"
        raise TypeError(
            f"the domain of op '{op.name}' is a Domain, or a tuple of one for each input, got {given!r}; "
            f"write ag.testing.{instead}"
        )
    if op.arity not in (None, len(given)):
        names = ", ".join(op.input_names)
        raise TypeError(f"op '{op.name}' takes the inputs {names}, got {len(given)} domains; give one for each")
    return tuple(given)


class _Elsewhere(Sample):
    """A call with another value of a parameter than its default: where the forward is not finite, it is left out."""


def _elsewhere(call: Sample, params: dict[str, float]) -> Sample:
    return _Elsewhere(call.inputs, {**call.params, **params})


def _other_values(op: Op, calls: Sequence[Sample]) -> list[dict[str, float]]:
    """Return another value of each parameter that has a float for a default, and that no call gives."""
    given = {name for call in calls for name in call.params}
    return [
        {name: value / 2 or 0.5}
        for name, value in defaults_of(op.__signature__.parameters.values()).items()
        if isinstance(value, float) and math.isfinite(value) and name in op.param_names and name not in given
    ]


def _is_finite(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> bool:
    """Whether the forward takes a call, and gives finite numbers."""
    try:
        with quiet():
            return all(np.all(np.isfinite(z)) for z in flatten(apply(op)(*inputs, **params))[0])
    except Exception:  # it refuses the value of a parameter
        return False


def _calls(op: Op, calls: Sequence[Sample], domains: tuple[Domain, ...]) -> SearchStrategy[Sample]:
    """Return the calls to try, and the same with other values of their parameters."""
    import hypothesis.strategies as st

    usual = st.sampled_from(calls) if calls else _elementwise(domains)
    others = _other_values(op, calls)
    return usual | st.builds(_elsewhere, usual, st.sampled_from(others)) if others else usual


def _trials(calls: SearchStrategy[Sample], dtypes: Sequence[Any]) -> SearchStrategy[Trial]:
    import hypothesis.strategies as st

    return st.builds(
        Trial,
        calls,
        seed=st.integers(0, 2**16),
        dtype=st.sampled_from([np.dtype(dtype) for dtype in dtypes]),
        layout=st.sampled_from(LAYOUTS),
        writeable=st.sampled_from([True, False]),
        repeated=st.booleans(),
        alone=st.sampled_from([None, 0, 1]),
    )


def _elementwise(domains: tuple[Domain, ...]) -> SearchStrategy[Sample]:
    def call(shapes: tuple[tuple[int, ...], ...]) -> Sample:
        return Sample(tuple(domain(*shape) for domain, shape in zip(domains, shapes, strict=True)))

    return broadcastable(len(domains)).map(call)

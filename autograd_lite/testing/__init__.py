"""Checks of derivatives for users: of an op of their own, of a function, and hypothesis strategies to try more on.

Hypothesis is imported where it is used, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.trees import flatten
from autograd_lite.ops.samples import Domain, Sample, above_one, domains_of, positive, probability, real, sample, unit
from autograd_lite.testing.cases import Case, cast, is_inexact
from autograd_lite.testing.examination import LAYOUTS, Examination, Trial, WrongError, describe, rounded
from autograd_lite.testing.random_programs import Program, random_program
from autograd_lite.verification.verify import verify

if TYPE_CHECKING:
    from hypothesis import settings
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "Domain",
    "Program",
    "Sample",
    "above_one",
    "arrays",
    "assert_gradient",
    "assert_gradient_everywhere",
    "broadcastable",
    "check_grads",
    "check_op",
    "positive",
    "probability",
    "programs",
    "real",
    "sample",
    "shapes",
    "unit",
]


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
    and precision; and derivatives that agree with differences of the values, up to ``order``.

    Parameters
    ----------
    op : Op
        As made by `autograd_lite.op`.
    samples : iterable of Sample, optional
        Calls to try, as made by `sample`; those of the op by default. An elementwise op needs none.
    domain : Domain or tuple of Domain, optional
        Where the elements of elementwise inputs may lie, one for all or one for each; that of the op by default.
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
        For anything but an op, and for an op that broadcasts nothing and has no samples.
    ModuleNotFoundError
        Where hypothesis is not installed.

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
    domains = (domain,) * len(op.input_names) if isinstance(domain, Domain) else domain or domains_of(op)
    _search(op, _trials(_one_of(calls) if calls else _elementwise(domains), dtypes), order, max_examples)


def assert_gradient(f: Callable[..., Any], hand: Callable[..., Any], *args: Any, **options: Any) -> None:
    """Assert that a hand-derived gradient is right at a point, or a subgradient at a kink.

    Parameters
    ----------
    f, hand, *args, **options
        Those of `verify`.

    Raises
    ------
    AssertionError
        With the whole report: the verdict, the first wrong line, and the mistake.
    """
    __tracebackhide__ = True  # pytest ends the traceback in the user's test
    verify(f, hand, *args, **options).raise_if_wrong()


def assert_gradient_everywhere(
    f: Callable[..., Any],
    hand: Callable[..., Any],
    *strategies: SearchStrategy[Any],
    max_examples: int = 50,
    **options: Any,
) -> None:
    """Let hypothesis look for arguments at which a hand-derived gradient is wrong, and for the simplest ones.

    Points at which rounding hides the derivative are passed over.

    Parameters
    ----------
    f, hand, **options
        Those of `verify`.
    *strategies : hypothesis strategies
        One for each argument; `arrays` is one.
    max_examples : int
        How many points to try.

    Raises
    ------
    AssertionError
        With the report on the simplest failing point, and the point.
    """
    import hypothesis
    import hypothesis.strategies as st

    __tracebackhide__ = True
    failed: list[str] = []

    @_settings(max_examples)
    @hypothesis.given(st.tuples(*strategies))
    def search(args: tuple[Any, ...]) -> None:
        report = verify(f, hand, *args, **options)
        if not report and report.verdict != "noisy":
            failed[:] = [f"{report}\n\n  point  {', '.join(map(repr, args))}"]
            raise WrongError(failed[0])

    try:
        search()
    except WrongError:
        raise AssertionError("\n" + failed[0]) from None


def _settings(max_examples: int) -> settings:
    """Return the settings of a search that is the same each time, and ends at the smallest failure."""
    import hypothesis

    return hypothesis.settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )


def _search(op: Op, trials: SearchStrategy[Trial], order: int, max_examples: int) -> None:
    """Let hypothesis look for a trial that fails, and for the smallest such trial."""
    import hypothesis

    @_settings(max_examples)
    @hypothesis.given(trials)
    def search(trial: Trial) -> None:
        Examination(op, trial).run(order)

    try:
        search()
    except hypothesis.errors.Flaky:
        raise AssertionError(
            f"op '{op.name}' is not deterministic: the same call failed once and passed once"
        ) from None
    except WrongError as error:
        raise AssertionError(str(error)) from error.__cause__


def shapes(*, max_dims: int = 3, max_side: int = 4) -> SearchStrategy[tuple[int, ...]]:
    """Return a hypothesis strategy for shapes, 0-d and empty ones among them."""
    import hypothesis.strategies as st

    side = st.sampled_from([2, 3, 1, 0, *range(4, max_side + 1)]).filter(lambda n: n <= max_side)
    return st.integers(0, max_dims).flatmap(lambda n: st.tuples(*[side] * n))


def broadcastable(n: int, *, max_dims: int = 3, max_side: int = 4) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Return a hypothesis strategy for tuples of ``n`` shapes that broadcast together."""
    import hypothesis.strategies as st

    def parts(full: tuple[int, ...]) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
        kept = st.tuples(*(st.sampled_from([m, 1]) for m in full))
        part = st.builds(lambda shape, start: shape[start:], kept, st.sampled_from([0, 0, *range(1, len(full) + 1)]))
        return st.tuples(*[st.just(full) | part] * n)

    return shapes(max_dims=max_dims, max_side=max_side).flatmap(parts)


def arrays(
    shape: tuple[int, ...] | SearchStrategy[tuple[int, ...]], domain: Domain = real, dtype: Any = np.float64
) -> SearchStrategy[Any]:
    """Return a hypothesis strategy for arrays to differentiate at.

    Parameters
    ----------
    shape : tuple of int, or a strategy for them
    domain : Domain
        Where the elements lie: ``Domain(low, high)``.
    dtype : real dtype

    Returns
    -------
    SearchStrategy
        Arrays, and NumPy scalars for the shape (). Their elements differ from each other and from 0 with probability
        1, so that derivatives of sorts, maxima and absolute values exist.
    """
    import hypothesis.strategies as st

    def draw(shape: tuple[int, ...], seed: int) -> Any:
        return cast(rounded(domain.draw(np.random.default_rng(seed), shape)), dtype)

    return st.builds(draw, st.just(shape) if isinstance(shape, tuple) else shape, st.integers(0, 2**16))


def programs(*, max_lines: int = 8) -> SearchStrategy[Program]:
    """Return a hypothesis strategy for random programs: differentiable NumPy functions with arguments to try them at.

    Parameters
    ----------
    max_lines : int
        The number of assignments, at most.

    Returns
    -------
    SearchStrategy of Program
        Each has a ``function`` of ``args`` that returns a number, and its ``source``.
    """
    import hypothesis.strategies as st

    return st.builds(random_program, st.integers(0, 2**16), st.integers(1, max_lines))


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


def _one_of(calls: Sequence[Sample]) -> SearchStrategy[Sample]:
    import hypothesis.strategies as st

    return st.sampled_from(calls)

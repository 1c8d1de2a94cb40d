"""Assertions that a hand-derived gradient is right: at a point, or wherever hypothesis looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.testing.examination import WrongError
from autograd_lite.testing.strategies import needs_hypothesis, reproducible
from autograd_lite.verification.collecting import pass_on, receiving
from autograd_lite.verification.report import Report, WrongGradientError
from autograd_lite.verification.verify import verify

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


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


@needs_hypothesis
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
    TypeError
        For a value in the place of a strategy.
    AssertionError
        With the report on the simplest failing point, and the point.
    """
    import hypothesis
    import hypothesis.strategies as st

    __tracebackhide__ = True
    for given in strategies:
        if not isinstance(given, st.SearchStrategy):
            raise TypeError(
                f"assert_gradient_everywhere takes a strategy for each argument, got {type(given).__name__}; "
                f"write ag.testing.arrays({np.shape(given)}), or assert_gradient for one point"
            )
    tried: list[Report] = []
    failed: list[tuple[Report, str]] = []

    @reproducible(max_examples)
    @hypothesis.given(st.tuples(*strategies))
    def search(args: tuple[Any, ...]) -> None:
        report = verify(f, hand, *args, **options)
        tried.append(report)
        if not report and report.verdict != "noisy":
            failed[:] = [(report, ", ".join(map(repr, args)))]
            raise WrongError(str(report))

    try:
        with receiving(lambda report, point: None):  # one report stands for all
            search()
    except WrongError:
        report, point = failed[0]
        pass_on(report, f"at the simplest point that was found: {point}")
        raise WrongGradientError(f"\n{report}\n\n  point  {point}") from None
    pass_on(next(filter(None, tried), tried[0]), f"at {len(tried)} points that hypothesis drew; this is the first one")

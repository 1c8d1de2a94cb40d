"""Who is given the reports that `verify` makes, beside its caller: a test run that writes pages of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from autograd_lite.verification.report import Report

Receiver = Callable[[Report, str], None]
"""Takes a report, and what is to be said of the point that it is on, or ""."""

_receivers: list[Receiver] = []


@contextmanager
def receiving(receiver: Receiver) -> Iterator[None]:
    """Give the reports that are made in a ``with`` block to a receiver, in place of the one around it."""
    _receivers.append(receiver)
    try:
        yield
    finally:
        _receivers.remove(receiver)


def pass_on(report: Report, point: str = "") -> Report:
    """Give a report to the receiver, if there is one, and return it."""
    if _receivers:
        _receivers[-1](report, point)
    return report

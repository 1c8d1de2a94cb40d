"""What goes on while a graph is recorded: serials, transforms that run, and observers that look on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd_lite.core.tensor import Tensor

Params = dict[str, Any]

NO_PARAMS: Params = {}
next_serial = count().__next__


class Observer:
    """What looks on while a graph is recorded and swept: the debugger, the tracer. This one does nothing."""

    def recorded(self, node: Tensor) -> None:
        """See a node that was just recorded."""

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> Any:
        """See the cotangent that a node passes to its input ``x``, and return what it is to pass."""
        return cotangent

    def decided(self, node: Tensor, outcome: Any) -> None:
        """See that control flow asked a Tensor whether it is true, or for the value of a constant."""


class _Tracing(threading.local):
    """What goes on in this thread."""

    depth = 0
    """How many transforms are running."""
    constants = False
    """Whether functions without derivative (comparisons, argsort, ...) are recorded too, as programs need it."""


tracing = _Tracing()
observers: list[tuple[int, Observer]] = []  # each with its thread; asked at every node whether it is empty
_observers_lock = threading.Lock()


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Let an observer look on while the block runs, at what its thread does."""
    entry = threading.get_ident(), observer
    with _observers_lock:
        observers.append(entry)
    try:
        yield
    finally:
        with _observers_lock:  # blocks of threads and generators may end in any order
            observers[:] = [other for other in observers if other is not entry]


def current_observers() -> tuple[Observer, ...]:
    """Return those that look on in this thread now."""
    if not observers:
        return ()
    here = threading.get_ident()
    return tuple(observer for thread, observer in tuple(observers) if thread == here)


def now() -> int:
    """Return a serial: every Tensor made before this call has a smaller one, every later one a larger."""
    return next_serial()

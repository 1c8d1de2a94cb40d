"""What goes on while a graph is recorded: serials, what answers for a function, transforms that run, observers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

Params = dict[str, Any]
Rule = Callable[..., Any]
Node = TypeVar("Node")
"""A Tensor: `Tensor` itself is defined above the tape."""

NO_PARAMS: Params = {}
next_serial = count().__next__

registry: dict[Any, Callable[..., Any]] = {}
"""What answers for a function that meets a Tensor: an op, most of the time. Whoever defines the answer enters it."""


class Operation(Protocol):
    """What the record asks of an op: see `Op`."""

    name: str
    core: int | None
    compute: Callable[..., Any]
    edges: tuple[tuple[int, Rule], ...] | None
    overwrites: tuple[bool, ...]

    @property
    def elementwise(self) -> bool:
        """Whether each element of the output depends on the same element of the broadcast inputs alone."""

    def input_name(self, position: int) -> str:
        """Return what an input is called."""

    def rules_for(self, inputs: int) -> tuple[Rule | None, ...]:
        """Return one rule for each of this many inputs."""

    def edges_for(self, inputs: int) -> tuple[tuple[int, Rule], ...]:
        """Return position and rule of those of this many inputs that have one."""


class Run:
    """A function that a transform runs on Tensors.

    Attributes
    ----------
    copies : bool
        Whether the record outlives the call, and has to hold copies of the user's arrays.
    thread : int
        The thread that it runs in.
    leaves : list of Tensor
        What stands for the arrays that are differentiated.
    guard : Guard or None
        What keeps large arrays as they are that the record needs: see `protection`.
    """

    guard: Any = None
    copies = False

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.leaves: list[Any] = []

    def __enter__(self) -> None:
        running.append(self)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        ended(self)
        if error is not None and self.guard is not None:
            self.guard.failed(error)


running: list[Run] = []
"""The functions that transforms run now, in all threads, outer ones first."""


def ended(run: Run) -> None:
    """Note that a function has returned or raised."""
    running.remove(run)
    if not running:
        assigning.clear()


def current_run() -> Run | None:
    """Return the outermost function that a transform runs in this thread; None outside of transforms."""
    here = threading.get_ident()
    for run in running:
        if run.thread == here:
            return run
    return None


def now() -> int:
    """Return a serial: every Tensor made before this call has a smaller one, every later one a larger."""
    return next_serial()


class Observer(Generic[Node]):
    """What looks on while a graph is recorded and swept: the debugger, the tracer. This one does nothing."""

    def recorded(self, node: Node) -> None:
        """See a node that was just recorded."""

    def swept(self, node: Node, x: Node, cotangent: Any) -> Any:
        """See the cotangent that a node passes to its input ``x``, and return what it is to pass."""
        return cotangent

    def constant(self, op: Operation, value: Any, inputs: tuple[Any, ...], params: Params) -> Any:
        """See what a function without derivative gave for Tensors; return it, or a node that records it."""
        return value

    def raised(self, node: Node, position: int, rule: Rule, args: tuple[Any, ...], params: Params) -> Any:
        """See that the rule of an input raised; return the cotangent in its place, or None."""

    def decided(self, node: Node, outcome: Any) -> None:
        """See that control flow asked a Tensor whether it is true, or for the value of a constant."""

    def renamed(self, node: Node, other: Node) -> None:
        """See that another Tensor stands for a node from here on: one of them was assigned to."""


assignments: list[int] = []
"""Serial of the latest assignment to a Tensor, if there was one: without, nobody asks which version a use meant."""

assigning: list[int] = []
"""The same while transforms run that assign: then ops look whether an input is a view that was left behind."""


observers: list[tuple[int, Observer[Any]]] = []  # each with its thread; asked at every node whether it is empty
_observers_lock = threading.Lock()


@contextmanager
def observing(observer: Observer[Any]) -> Iterator[None]:
    """Let an observer look on while the block runs, at what its thread does."""
    entry = threading.get_ident(), observer
    with _observers_lock:
        observers.append(entry)
    try:
        yield
    finally:
        with _observers_lock:  # blocks of threads and generators may end in any order
            observers[:] = [other for other in observers if other is not entry]


def current_observers() -> tuple[Observer[Any], ...]:
    """Return those that look on in this thread now."""
    if not observers:
        return ()
    here = threading.get_ident()
    return tuple(observer for thread, observer in tuple(observers) if thread == here)

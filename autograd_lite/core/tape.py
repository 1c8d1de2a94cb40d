"""What goes on while a graph is recorded: serials, what answers for a function, transforms that run, observers."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Container, Iterator
from contextvars import ContextVar
from itertools import count
from types import CodeType, FrameType
from typing import Any, Generic, Protocol, TypeVar

Params = dict[str, Any]
Rule = Callable[..., Any]
Node = TypeVar("Node")
"""A Tensor: `Tensor` itself is defined above the tape."""

NO_PARAMS: Params = {}
next_serial = count().__next__

registry: dict[Any, Callable[..., Any]] = {}
"""What answers for a function that meets a Tensor: an op, most of the time. Whoever defines the answer enters it."""


refused: dict[Callable[..., Any], str] = {}
"""NumPy functions that refuse Tensors, and why."""


class Operation(Protocol):
    """What the record asks of an op: see `Op`."""

    name: str
    core: int | None
    compute: Callable[..., Any]
    labels: Rule | None
    edges: tuple[tuple[int, Rule], ...] | None
    overwrites: tuple[bool, ...]
    varies: str | Callable[..., str | None] | None
    __signature__: inspect.Signature

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
    since : int
        Tensors of a smaller serial are older than the leaves.
    guard : Guard or None
        What keeps large arrays as they are that the record needs: see `protection`.
    refusal : tuple of error, code and instruction, or None
        The latest error for a conversion to plain numbers: see `conversions`.
    """

    guard: Any = None
    refusal: tuple[BaseException, CodeType, int] | None = None
    copies = False

    def __init__(self, leaves: list[Any]) -> None:
        self.thread = threading.get_ident()
        self.leaves = leaves
        self.since: int = min((leaf.serial for leaf in leaves), default=now())

    def __enter__(self) -> None:
        running.append(self)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        ended(self)
        if error is None:
            return
        if self.guard is not None:
            self.guard.failed(error)
        refusal = registry[Run](self, error)
        if refusal is not None:
            raise refusal from None


running: list[Run] = []
"""The functions that transforms run now, in all threads, outer ones first."""


def ended(run: Run) -> None:
    """Note that a function has returned or raised."""
    running.remove(run)
    if not running:
        assigning.clear()


def current_run() -> Run | None:
    """Return the outermost function that a transform runs in this thread; None outside, and in threads it started."""
    here = threading.get_ident()
    for run in tuple(running):
        if run.thread == here:
            return run
    return None


def now() -> int:
    """Return a serial: every Tensor made before this call has a smaller one, every later one a larger."""
    return next_serial()


class Observer(Generic[Node]):
    """What looks on while a graph is recorded and swept: the debugger, the tracer. This one does nothing.

    Attributes
    ----------
    general : bool
        Whether what is recorded is to hold for other values too: see `general`.
    """

    general = False

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

    def taken(self, node: Node, conversion: str) -> None:
        """See that a value is to leave the record: by ``value``, ``float``, ``asarray``, ``backward``, ..."""

    def renamed(self, node: Node, other: Node) -> None:
        """See that another Tensor stands for a node from here on: one of them was assigned to."""


assignments: list[int] = []
"""Serial of the latest assignment to a Tensor, if there was one: without, nobody asks which version a use meant."""

assigning: list[int] = []
"""The same while transforms run that assign: then ops look whether an input is a view that was left behind."""


latest_leaf: list[int] = [0]
"""Serial of the leaf that was made last, in any thread: a function that made none has those of its transform alone."""


class observing:
    """Let an observer look on while a block runs: ``with observing(observer):``.

    It looks on at what runs in the context (`contextvars`) of the block: in no other thread, and in no other task than
    those that the block makes. While a generator is suspended inside the block it does not look on at whoever runs the
    generator; but a generator whose first half was run by a function that has returned since, as that of a context
    manager or of a test fixture, has set something up for others: they are looked on at.
    """

    def __init__(self, observer: Observer[Any]) -> None:
        self.observer = observer
        self.generators: list[tuple[FrameType, FrameType | None]] = []

    def __enter__(self) -> None:
        self.generators = _running_generators(sys._getframe(1))
        _entered.set((*_entered.get(), self))
        observers.append(self)

    def __exit__(self, *error: object) -> None:
        observers.remove(self)  # blocks of threads and generators may end in any order, and in another context
        _entered.set(tuple(block for block in _entered.get() if block is not self))
        self.generators = []

    @property
    def is_as_entered(self) -> bool:
        """Whether each generator of the block is run by the frame that ran it then: none is suspended."""
        return all(generator.f_back is user for generator, user in self.generators)

    def looks_on(self, stack: Container[FrameType | None]) -> bool:
        """Whether no generator of the block is suspended beneath one of these frames, which run now."""
        return all(generator in stack or user not in stack for generator, user in self.generators)


observers: list[observing] = []
"""The blocks of all threads and tasks; asked at every node whether there are any."""
_entered: ContextVar[tuple[observing, ...]] = ContextVar("_entered", default=())
_GENERATOR = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


def current_observers() -> tuple[Observer[Any], ...]:
    """Return those that look on here and now."""
    if not observers:
        return ()
    blocks = [block for block in _entered.get() if block in observers]
    if all(block.is_as_entered for block in blocks):  # as nearly always, and the stack may be deep
        return tuple(block.observer for block in blocks)
    stack = set(_frames(sys._getframe(1)))
    return tuple(block.observer for block in blocks if block.looks_on(stack))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those that it was called from."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _running_generators(frame: FrameType) -> list[tuple[FrameType, FrameType | None]]:
    """List the generators among a frame and its callers, each with the frame that runs it."""
    return [(other, other.f_back) for other in _frames(frame) if other.f_code.co_flags & _GENERATOR]

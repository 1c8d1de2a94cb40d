"""Gradient code as it is given: a function, its hand gradient, and the objects that both are methods of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor
from autograd_lite.verification import answers
from autograd_lite.verification.calls import Call, name_of, names_of, untraced
from autograd_lite.verification.layouts import Layout
from autograd_lite.verification.objects import Key, State, copied, owner_of
from autograd_lite.verification.parameters import understand


class Answer:
    """What a hand returned, and what it left behind in objects.

    Parameters
    ----------
    returned
    left : mapping from Key to number
    texts : mapping from Key to str
        How the objects' own code writes these places.
    cached : set of Key
        What the function had changed in the objects before.
    """

    def __init__(
        self,
        returned: Any,
        left: Mapping[Key, Any] | None = None,
        texts: Mapping[Key, str] | None = None,
        cached: frozenset[Key] = frozenset(),
    ) -> None:
        self.returned, self.left, self.texts, self.cached = returned, left or {}, texts or {}, cached


@dataclass(frozen=True, eq=False)
class Code:
    """A function and its hand gradient as the user gave them, and how they are run.

    Attributes
    ----------
    f, hand : callable
        As the user gave them.
    args : tuple
    argnums : int, sequence of int, or None
    params : str, sequence of str, or None
        Attributes of the object that ``hand`` is a method of, in the order of the hand's results; then these are
        differentiated, and the arguments only where ``argnums`` names them.
    keywords : mapping from str to value
        Keyword arguments, for those of the two that take them.
    layout : Layout
        What the hand returns: a gradient, derivatives of the elements, a Jacobian or a Hessian.
    rtol : float
        A relative error that is accepted.
    is_both : bool
        Whether the one function returns the value and the gradient.
    """

    f: Callable[..., Any]
    hand: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: int | Sequence[int] | None = None
    params: str | Sequence[str] | None = None
    keywords: Mapping[str, Any] = field(default_factory=dict)
    layout: Layout = Layout.GRADIENT
    rtol: float = 0
    is_both: bool = False

    def __post_init__(self) -> None:
        for what, given in (("the function", self.f), ("the hand gradient", self.hand)):
            if not callable(given):
                raise TypeError(f"expected {what} to be callable, got {type(given).__name__}")
        trees.paths(list(self.args))  # it raises where a leaf could not be named
        if any(isinstance(x, Tensor) for x in trees.flatten(list(self.args))[0]):
            raise TypeError("the arguments are Tensors; pass arrays: their .value")
        if not 0 <= self.rtol < 1:
            raise ValueError(f"expected a relative error of 0 or more, and below 1, for rtol, got {self.rtol!r}")
        if self.params is not None:
            self._check_params()

    def _check_params(self) -> None:
        if self.owner is None:
            raise TypeError(
                f"params= names attributes of the object that the hand gradient is a method of, "
                f"but {self.hand_name}() is no bound method"
            )
        if not self.attributes:
            raise TypeError("params= is empty: name the attributes that are differentiated")
        for name in self.attributes:
            if not hasattr(self.owner, name):
                raise TypeError(f"params names {name!r}, but {type(self.owner).__name__} has no such attribute")

    @property
    def name(self) -> str:
        """What the function is called."""
        return name_of(self.f, "f")

    @property
    def hand_name(self) -> str:
        """What the hand gradient is called."""
        return name_of(self.hand)

    @cached_property
    def owner(self) -> Any:
        """The object that the hand gradient is a method of, or None."""
        return getattr(self.hand, "__self__", None)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Those that `params` names."""
        return (self.params,) if isinstance(self.params, str) else tuple(self.params or ())

    @cached_property
    def state(self) -> State:
        """What the objects that the two are methods of held in the beginning."""
        return State([owner_of(self.hand), owner_of(self.f)])

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Give the objects that the two are methods of back what they held."""
        state = self.state
        try:
            yield
        finally:
            state.restore()

    @cached_property
    def calls(self) -> Call:
        """How the two are called."""
        with self.kept():
            result = Call(self.f, self.hand, self.keywords).forward(self.args)
        of_elements = not self.layout.takes_cotangent
        hand = None if self.is_both else self.hand
        return understand(self.f, hand, self.args, self.keywords, result, of_elements=of_elements)

    def value(self, calls: Call, args: Sequence[Any]) -> Any:
        """Return what is differentiated once more: a number or an array."""
        i = self.argnums if isinstance(self.argnums, int) else 0
        return self.layout.function(lambda *xs: calls.value(calls.forward(xs)), i)(*args)

    def run_before(self, calls: Call, cotangent: Any, args: Sequence[Any]) -> Any:
        """Run the function, where the hand needs its result or what it leaves in an object."""
        needed = bool(self.state.roots) and not calls.has_both
        return untraced(calls.forward, args) if needed or calls.needs_result(cotangent) else None

    def run_hand(self, calls: Call, cotangent: Any, args: Sequence[Any], result: Any) -> Any:
        """Run the hand."""
        return calls.backward(result, cotangent, args, self._buffers(calls, args))

    def _buffers(self, calls: Call, args: Sequence[Any]) -> list[Any]:
        """Return what the hand is to fill: arrays of zeros, as the arguments are."""
        chosen = answers.chosen(self.argnums, len(args)) if self.argnums is not None else range(len(args))
        names = [s.parameter for s in calls.slots if s.kind == "buffer"]
        of_args = names_of(self.f, len(args))
        spelt = [next((i for i, n in enumerate(of_args) if answers.spells(name, n)), None) for name in names]
        places = [i if i is not None else chosen[k] for k, i in enumerate(spelt)]
        lead = np.shape(self.value(calls, args)) if names and self.layout in (Layout.JACOBIAN, Layout.HESSIAN) else ()
        return [np.zeros(lead + np.shape(args[i]), np.result_type(args[i], np.float32)) for i in places]

    def answer(self, calls: Call, cotangent: Any = None) -> Answer:
        """Run the two at the arguments; return what the hand gave, and what it left behind in the objects."""
        with self.kept():
            result = self.run_before(calls, cotangent, self.args)
            if not self.state.roots:
                return Answer(self.run_hand(calls, cotangent, self.args, result))
            cached = frozenset(self.state.changed())
            between = State(self.state.roots)
            answer = copied(self.run_hand(calls, cotangent, self.args, result))
            left = {key: copied(x) for key, x in between.changed().items()}
            texts = {key: between.written(key) for key in left}
        return Answer(answer, left, texts, cached)

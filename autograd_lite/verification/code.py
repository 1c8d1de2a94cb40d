"""Gradient code as it is given: a function, its hand gradient, and the objects that both are methods of.

How a list of gradients comes of it:

- a `Call` says what each parameter of the hand is given: an argument, a constant, the cotangent of an output, a part of
  what the function has returned, or a buffer to fill;
- an `Answer` is what the hand returned, and the numbers that it left in objects;
- a `Key` is a place in an object: attributes, keys and indices; the names in it say of what it holds the gradient;
- `Targets` are the arguments and attributes that are differentiated, and of each whether its gradient is returned, in
  which order or under which key, or left, and where;
- a `Layout` makes gradients of Jacobians and the like;
- a `Setting` has all of it, and returns the gradients at any point.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.signatures import signature_of
from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.layouts import Layout
from autograd_lite.verification.objects import State, owner_of

_POSITIONAL = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD


@dataclass(frozen=True, eq=False)
class Code:
    """A function and its hand gradient as the user gave them.

    Attributes
    ----------
    argnums : the arguments that are differentiated, as `verify` takes them
    params : attributes of the object that ``hand`` is a method of, in the order of the hand's results; then these are
        differentiated, and the arguments only where ``argnums`` names them
    keywords : keyword arguments, for those of the two that take them
    layout : what the hand returns: a gradient, derivatives of the elements, a Jacobian or a Hessian
    rtol : a relative error that is accepted
    is_both : whether the one function returns the value and the gradient
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
        return name_of(self.f)

    @property
    def hand_name(self) -> str:
        """What the hand gradient is called."""
        return name_of(self.hand, "hand")

    @cached_property
    def names(self) -> list[str]:
        """The names under which the function takes its arguments."""
        names = [p.name for p in parameters_of(self.f) or () if p.kind in _POSITIONAL][: len(self.args)]
        return names + [f"x_{i}" for i in range(len(names), len(self.args))]

    @cached_property
    def owner(self) -> Any:
        """The object that the hand gradient is a method of, or None."""
        return getattr(self.hand, "__self__", None)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Those that `params` names."""
        return (self.params,) if isinstance(self.params, str) else tuple(self.params or ())

    @cached_property
    def chosen(self) -> tuple[int, ...]:
        """The arguments that `argnums` names; none where it is left out. It raises TypeError or ValueError."""
        if self.argnums is None:
            return ()
        given = (self.argnums,) if isinstance(self.argnums, (int, np.integer)) else self.argnums
        count, listed = len(self.args), isinstance(given, (tuple, list, range)) and len(given) > 0
        if not listed or not all(isinstance(i, (int, np.integer)) for i in given):
            raise TypeError(f"expected an int, or a tuple of them, for argnums, got {self.argnums!r}")
        for i in given:
            if not -count <= i < count:
                raise ValueError(f"argnums={self.argnums} names argument {i}, but there are {count}")
        found = tuple(int(i) % count for i in given)
        if len(set(found)) < len(found):
            raise ValueError(f"argnums={self.argnums} names an argument twice")
        return found

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


def name_of(function: Callable[..., Any], default: str = "f") -> str:
    """Return what a function is called."""
    named = getattr(function, "__name__", None)
    return named or (default if owner_of(function) is None else type(function).__name__)


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return a function's parameters; None where they are not known."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a ufunc has no signature of its own before NumPy 2.4
        return list(signature_of(function).parameters.values()) if isinstance(function, np.ufunc) else None


def taken(function: Callable[..., Any], keywords: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the keyword arguments that a function takes."""
    parameters = parameters_of(function) if keywords else None
    if parameters is None or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return keywords
    return {p.name: keywords[p.name] for p in parameters if p.name in keywords}

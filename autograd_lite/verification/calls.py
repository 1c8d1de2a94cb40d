"""How gradient code is called: a function, and a hand gradient whose parameters are filled from what is known."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.objects import is_number, owner_of
from autograd_lite.verification.returns import returned_names, value_before

_POSITIONAL = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD


@dataclass(frozen=True)
class Slot:
    """What a parameter of the hand gradient is given.

    Attributes
    ----------
    parameter : str
    kind : {"argument", "constant", "cotangent", "cache", "buffer"}
    source : int or str
        Which argument (by position), keyword argument, output, or part of the function's result.
    by_name : bool
        Whether it is passed by keyword.
    """

    parameter: str
    kind: str
    source: int | str
    by_name: bool = False


@dataclass(frozen=True, eq=False)
class Call:
    """How the function and the hand gradient are called.

    Attributes
    ----------
    f, hand : callable
    keywords : mapping from str to value
        Keyword arguments, which go to those of the two that take them.
    outputs : int
        How many parts of the function's result are what is differentiated; 0 where the result itself is.
    slots : sequence of Slot
    has_value : bool
        Whether the hand returns the function's value before the gradient.
    has_both : bool
        Whether the hand is the function itself.
    defaults : mapping from str to value
        Those of the function's own, that the hand is given.
    """

    f: Callable[..., Any]
    hand: Callable[..., Any]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    outputs: int = 0
    slots: Sequence[Slot] = ()
    has_value: bool = False
    has_both: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def takes_cotangent(self) -> bool:
        """Whether the hand is given a cotangent."""
        return any(slot.kind == "cotangent" for slot in self.slots)

    def needs_result(self, cotangent: Any) -> bool:
        """Whether the hand is given something that only the function's result tells."""
        shapes = self.takes_cotangent and (cotangent is None or self.outputs > 1)
        return shapes or any(slot.kind == "cache" for slot in self.slots)

    def apart(self, returned: Any) -> tuple[Any, Any]:
        """Return the value, or None, and the gradients, of what the hand returned."""
        if not self.has_value:
            return None, returned
        return returned[0], returned[1] if len(returned) == 2 else tuple(returned[1:])

    def with_value_beside(self, value: Any, returned: Any, args: Sequence[Any]) -> Call:
        """Return the call of a hand that was seen to return a number's value before its gradient."""
        if self.has_value or not isinstance(returned, (tuple, list)) or len(returned) < 2 or np.size(value) != 1:
            return self
        first, numbers = returned[0], len(returned) == len(args) and is_number(args[0]) and np.size(args[0]) == 1
        has_value = (
            not numbers and is_number(first) and np.size(first) == 1 and close.alike(np.ravel(first), np.ravel(value))
        )
        return replace(self, has_value=True) if has_value else self

    def forward(self, args: Sequence[Any]) -> Any:
        """Return all that the function returns; where it stops on Tensors after it has made its value, that alone."""
        try:
            return self.f(*args, **taken(self.f, self.keywords))
        except Exception as error:
            if not self.has_both:
                raise
            return [value_before(error, self.f)]

    def value(self, result: Any) -> Any:
        """Return what is differentiated: one array, into which several outputs are joined."""
        if not self.outputs:
            return result
        if self.outputs == 1:
            return result[0]
        return np.concatenate([np.reshape(x, (-1,)) for x in result[: self.outputs]])

    def backward(self, result: Any, cotangent: Any, args: Sequence[Any], buffers: Sequence[Any] = ()) -> Any:
        """Return what the hand returns; what it fills, if it returns nothing."""
        cotangents = self._split(cotangent, result) if self.takes_cotangent else []
        given = {
            "argument": args,
            "constant": {**self.defaults, **self.keywords},
            "cotangent": cotangents,
            "cache": result,
            "buffer": buffers,
        }
        positional, named = [], {}
        for slot in self.slots:
            x = given[slot.kind][slot.source]
            if slot.by_name:
                named[slot.parameter] = x
            else:
                positional.append(x)
        answer = self.hand(*positional, **named)
        return answer if answer is not None or not buffers else buffers[0] if len(buffers) == 1 else tuple(buffers)

    def _split(self, cotangent: Any, result: Any) -> list[Any]:
        """Return a cotangent for each output: copies, which the hand may change."""
        if cotangent is not None and self.outputs <= 1:
            return [np.array(cotangent)]
        outputs = list(result[: self.outputs]) if self.outputs else [result]
        if cotangent is None:
            return [np.ones(np.shape(x))[()] for x in outputs]
        ends = np.cumsum([np.size(x) for x in outputs])[:-1]
        return [np.reshape(c, np.shape(x)).copy() for c, x in zip(np.split(cotangent, ends), outputs, strict=True)]

    def is_plain(self, count: int) -> bool:
        """Whether the hand takes so many arguments as they are, a cotangent besides, and returns gradients alone."""
        sources = [s.source for s in self.slots if s.kind == "argument"]
        others = {s.kind for s in self.slots} - {"argument", "cotangent"}
        return sources == list(range(count)) and not (others or self.has_value or self.outputs)

    def text(self, count: int) -> str:
        """Return both calls, as one would write them, of so many arguments."""
        f, hand = name_of(self.f, "f"), name_of(self.hand)
        given = [*names_of(self.f, count), *(f"{k}={x!r}" for k, x in taken(self.f, self.keywords).items())]
        parts = f" -> ({', '.join(self._parts())})" if self.outputs else ""
        text = f"{f}({', '.join(given)}){parts}"
        return text if self.has_both else f"{text}, {hand}({', '.join(s.parameter for s in self.slots)})"

    def _parts(self) -> list[str]:
        """Return what the parts of the function's result are called."""
        if self.has_both:
            return ["value", "gradient"]
        caches = [s.parameter for s in self.slots if s.kind == "cache"]
        return returned_names(self.f) or [*(f"output_{i}" for i in range(self.outputs)), *caches]


def name_of(function: Callable[..., Any], default: str = "hand") -> str:
    """Return what a function is called."""
    named = getattr(function, "__name__", None)
    return named or (default if owner_of(function) is None else type(function).__name__)


def untraced(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function without the trace function that watches the hand gradient."""
    before = sys.gettrace()
    sys.settrace(None)
    try:
        return function(*args)
    finally:
        sys.settrace(before)


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return a function's parameters; None where they are not known."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def taken(function: Callable[..., Any], keywords: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the keyword arguments that a function takes."""
    parameters = parameters_of(function) if keywords else None
    if parameters is None or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return keywords
    return {p.name: keywords[p.name] for p in parameters if p.name in keywords}


def names_of(f: Callable[..., Any], count: int) -> list[str]:
    """Return the names under which a function takes its first arguments."""
    parameters = parameters_of(f) or []
    names = [p.name for p in parameters if p.kind in _POSITIONAL][:count]
    return names + [f"x_{i}" for i in range(len(names), count)]

"""How gradient code is called: a function, and a hand gradient whose parameters are filled from what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.code import Code, taken
from autograd_lite.verification.layouts import Layout
from autograd_lite.verification.objects import Key, State, copied, is_number, spells
from autograd_lite.verification.process import traced
from autograd_lite.verification.returns import returned_names, value_before

Source = tuple[str, int | str]
"""What a parameter of the hand is given: ``("argument", 0)``, ``("constant", "lam")``, ``("cotangent", 0)`` for an
output, ``("cache", 1)`` for a part of the function's result, ``("buffer", 0)`` to be filled."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a hand returned, and what it left behind in objects.

    Attributes
    ----------
    left : the numbers that it has changed there
    texts : how the objects' own code writes these places
    cached : what the function had changed before
    """

    returned: Any
    left: Mapping[Key, Any] = field(default_factory=dict)
    texts: Mapping[Key, str] = field(default_factory=dict)
    cached: Set[Key] = frozenset()


@dataclass(frozen=True, eq=False)
class Call:
    """How the function and the hand gradient are called.

    Attributes
    ----------
    slots : what each parameter of the hand is given, in order
    by_name : the parameters that are passed by keyword
    outputs : how many parts of the function's result are differentiated; 0 where the result itself is
    defaults : those of the function's own, that the hand is given
    has_value : whether the hand returns the function's value before the gradient
    """

    code: Code
    slots: Mapping[str, Source] = field(default_factory=dict)
    by_name: Set[str] = frozenset()
    outputs: int = 0
    defaults: Mapping[str, Any] = field(default_factory=dict)
    has_value: bool = False

    def _given(self, kind: str) -> list[str]:
        """Return the parameters that are given something of a kind."""
        return [name for name, source in self.slots.items() if source[0] == kind]

    # --- the function

    def forward(self, args: Sequence[Any]) -> Any:
        """Return all that the function returns; where it stops on Tensors after it has made its value, that alone."""
        f = self.code.f
        try:
            return f(*args, **taken(f, self.code.keywords))
        except Exception as error:
            if not self.code.is_both:
                raise
            return [value_before(error, f)]

    def value(self, args: Sequence[Any]) -> Any:
        """Return what is differentiated once more: a number or an array, into which several outputs are joined."""

        def value(*xs: Any) -> Any:
            outputs = self._outputs(self.forward(xs))
            return outputs[0] if len(outputs) == 1 else np.concatenate([np.reshape(x, (-1,)) for x in outputs])

        argnums = self.code.argnums
        return self.code.layout.function(value, argnums if isinstance(argnums, int) else 0)(*args)

    def _outputs(self, result: Any) -> list[Any]:
        return list(result[: self.outputs]) if self.outputs else [result]

    # --- the hand

    def before(self, cotangent: Any, args: Sequence[Any]) -> Any:
        """Run the function, where the hand needs its result or what it leaves in an object."""
        by_shape = self._given("cotangent") and (cotangent is None or self.outputs > 1)
        by_state = self.code.state.roots and not self.code.is_both
        if not (by_shape or by_state or self._given("cache")):
            return None
        return traced(None, lambda: self.forward(args))

    def hand(self, result: Any, cotangent: Any, args: Sequence[Any]) -> Any:
        """Return what the hand returns, after a result of the function; what it fills, if it returns nothing."""
        buffers = self._buffers(args)
        given = {
            "argument": args,
            "constant": {**self.defaults, **self.code.keywords},
            "cotangent": self._split(cotangent, result),
            "cache": result,
            "buffer": buffers,
        }
        passed = {name: given[kind][which] for name, (kind, which) in self.slots.items()}
        in_order = [x for name, x in passed.items() if name not in self.by_name]
        answer = self.code.hand(*in_order, **{name: passed[name] for name in self.by_name})
        return answer if answer is not None or not buffers else buffers[0] if len(buffers) == 1 else tuple(buffers)

    def _split(self, cotangent: Any, result: Any) -> list[Any]:
        """Return a cotangent for each output that takes one: copies, which the hand may change."""
        if not self._given("cotangent"):
            return []
        if cotangent is not None and self.outputs <= 1:
            return [np.array(cotangent)]
        outputs = self._outputs(result)
        if cotangent is None:
            return [np.ones(np.shape(x))[()] for x in outputs]
        ends = np.cumsum([np.size(x) for x in outputs])[:-1]
        return [np.reshape(c, np.shape(x)).copy() for c, x in zip(np.split(cotangent, ends), outputs, strict=True)]

    def _buffers(self, args: Sequence[Any]) -> list[Any]:
        """Return what the hand is to fill: arrays of zeros, as the arguments are."""
        parameters = self._given("buffer")
        chosen = self.code.chosen or range(len(args))
        spelt = [next((i for i, n in enumerate(self.code.names) if spells(p, n)), None) for p in parameters]
        places = [chosen[k] if i is None else i for k, i in enumerate(spelt)]
        rows = parameters and self.code.layout in (Layout.JACOBIAN, Layout.HESSIAN)
        lead = np.shape(self.value(args)) if rows else ()
        return [np.zeros(lead + np.shape(args[i]), np.result_type(args[i], np.float32)) for i in places]

    def answer(self, cotangent: Any = None) -> Answer:
        """Run the two at the arguments; return what the hand gave, and what it left behind in the objects."""
        args, state = self.code.args, self.code.state
        with self.code.kept():
            result = self.before(cotangent, args)
            if not state.roots:
                return Answer(self.hand(result, cotangent, args))
            cached = frozenset(state.changed())
            between = State(state.roots)
            returned = copied(self.hand(result, cotangent, args))
            left = {key: copied(x) for key, x in between.changed().items()}
            return Answer(returned, left, {key: between.written(key) for key in left}, cached)

    # --- what the hand returns

    def apart(self, returned: Any) -> tuple[Any, Any]:
        """Return the value, or None, and the gradients, of what the hand returned."""
        if not self.has_value:
            return None, returned
        return returned[0], returned[1] if len(returned) == 2 else tuple(returned[1:])

    def with_value_beside(self, value: Any, returned: Any) -> Call:
        """Return the call of a hand that was seen to return a number's value before its gradient."""
        args = self.code.args
        if self.has_value or not isinstance(returned, (tuple, list)) or len(returned) < 2 or np.size(value) != 1:
            return self
        first, numbers = returned[0], len(returned) == len(args) and is_number(args[0]) and np.size(args[0]) == 1
        is_one = not (numbers or self._is_row(returned)) and is_number(first) and np.size(first) == 1
        return replace(self, has_value=is_one and close.alike(np.ravel(first), np.ravel(value)))

    def _is_row(self, returned: Sequence[Any]) -> bool:
        """Whether numbers are the gradient of a vector, of which the first one may be the value by chance."""
        x = self.code.args[(self.code.chosen or (0,))[0]] if self.code.args else None
        if not isinstance(x, np.ndarray) or x.shape != (len(returned),):
            return False
        named = len(returned_names(self.code.hand) or ()) == len(returned)  # as in: return loss, db
        return not named and all(is_number(part) and np.ndim(part) == 0 for part in returned)

    # --- in words

    def is_plain(self) -> bool:
        """Whether the hand takes the arguments as they are, a cotangent besides, and returns gradients alone."""
        sources = [source for source in self.slots.values() if source[0] != "cotangent"]
        plain = [("argument", i) for i in range(len(self.code.args))]
        return sources == plain and not (self.has_value or self.outputs)

    def text(self) -> str:
        """Return both calls, as one would write them."""
        code = self.code
        given = [*code.names, *(f"{k}={x!r}" for k, x in taken(code.f, code.keywords).items())]
        parts = f" -> ({', '.join(self._parts())})" if self.outputs else ""
        text = f"{code.name}({', '.join(given)}){parts}"
        beside = " -> (value, gradient)" if self.has_value else ""
        return text if code.is_both else f"{text}, {code.hand_name}({', '.join(self.slots)}){beside}"

    def _parts(self) -> list[str]:
        """Return what the parts of the function's result are called."""
        if self.code.is_both:
            return ["value", "gradient"]
        outputs = [f"output_{i}" for i in range(self.outputs)]
        return returned_names(self.code.f) or [*outputs, *self._given("cache")]

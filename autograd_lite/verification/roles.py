"""What the names of a hand gradient's variables say that they are: values, local factors, cotangents of a function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core.backward import sweep
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.toposort import order
from autograd_lite.verification.point import Point

RESULTS = {"error", "err", "loss", "cost", "l", "j", "e", "c", "nll", "ce", "mse", "objective", "total", "out"}
"""What the result of a loss function is called."""

LAYERS = ("z", "s", "u", "net", "pre", "layer", "a", "h")
"""What layer 2 may be called, with respect to which ``delta_2`` is the derivative: sums first, then activations."""

_QUOTIENT = re.compile(r"d(?P<y>\w+?)_d_?(?P<x>\w+)")
_CALLED_DERIVATIVE = re.compile(r"d[A-Z]\w*|delta_?\w+|grad_?\w+|\w+_grad|nabla\w*")
_DERIVATIVE = re.compile(r"d.*|g.*|.*grad.*|.*delta.*|nabla.*", re.IGNORECASE)
_COTANGENT = (
    r"d_?(?P<x>\w+)",
    r"grad_?(?P<x>\w+)",
    r"(?P<x>\w+?)_?grad",
    r"(?:d|grad)_?(?P<x>\w+?)_?(?:total|sum|acc|batch)",
    r"delta_?(?P<x>\w+)",
    r"nabla_?(?P<x>\w+)",
    r"g_(?P<x>\w+)",
    r"g(?P<x>[A-Z]\w*|b\d*)",
    r"d(?:L|J|E|C|[Ll]oss|[Ee]rror|[Cc]ost)_?d_?(?P<x>\w+)",
)


@dataclass(frozen=True, eq=False)
class Role:
    """What a variable's name says that it is.

    Attributes
    ----------
    text : str
        In words.
    expected : list of array or None
        The values that it should have: one for each Tensor of that name, in the order of recording.
    tensors : list of Tensor
        Those.
    derivative : bool
        Whether it is a derivative of the result, and no value of the function or local factor.
    """

    text: str
    expected: list[Any]
    tensors: list[Tensor]
    derivative: bool


class Roles:
    """Looks names up among the names of a record."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self.tensors: dict[str, list[Tensor]] = {}
        for tensor in reversed(point.nodes):
            for name in {key(name) for name in point.names.bound.get(tensor, ())}:
                self.tensors.setdefault(name, []).append(tensor)
        result = point.result
        names = point.names.bound.get(result, {}) if result is not None else {}
        self.results = {key(name) for name in names} | RESULTS

    def of(self, name: str) -> Role | None:
        """Return the role of a variable; None where its name says nothing."""
        if key(name) in self.tensors:
            tensors = self.tensors[key(name)]
            return Role(f"the value of {name}", [raw(t) for t in tensors], tensors, derivative=False)
        quotient = _QUOTIENT.fullmatch(name)
        if quotient:
            return self._quotient(quotient["y"], quotient["x"])
        for pattern in _COTANGENT:
            match = re.fullmatch(pattern, name)
            found = match and self._cotangent(match["x"])
            if found:
                return found
        return None

    def _quotient(self, y: str, x: str) -> Role | None:
        if (key(y).lower() in self.results and key(y) not in self.tensors) or self._is_result(key(y)):
            return self._cotangent(x)
        if key(y) not in self.tensors or key(x) not in self.tensors:
            return None
        tensors = self.tensors[key(x)]
        factors = [self._factor(self.tensors[key(y)], t) for t in tensors]
        return Role(f"the derivative of {y} with respect to {x}", factors, tensors, derivative=False)

    def _is_result(self, y: str) -> bool:
        return any(t is self.point.result for t in self.tensors.get(y, ()))

    def _cotangent(self, x: str) -> Role | None:
        names = [key(x)] if not x.isdigit() else [f"{layer}{x}" for layer in LAYERS]
        tensors = next((self.tensors[name] for name in names if name in self.tensors), [])
        values = [self.point.cotangents.get(t) for t in tensors]
        if all(v is None for v in values):
            return None
        text = f"the derivative of the result with respect to {spelling(self.point, tensors[0], x)}"
        return Role(text, values, tensors, derivative=True)

    def before(self, t: Tensor) -> Iterator[Tensor]:
        """Yield what a Tensor is computed from by elementwise ops of one Tensor, step by step."""
        for _ in range(6):
            inputs = [x for x in t.inputs if type(x) is Tensor and x.shape == t.shape]
            if t.op is None or not t.op.elementwise or len(inputs) != 1:
                return
            t = inputs[0]
            yield t

    def rows(self, count: int) -> Iterator[tuple[str, list[Any]]]:
        """Yield the derivatives with respect to what is bound as many times, and to what that is computed from."""
        for name, tensors in self.tensors.items():
            if len(tensors) == count:
                for chain in zip(*([t, *self.before(t)] for t in tensors), strict=False):
                    values = [self.point.cotangents.get(t) for t in chain]
                    yield f"the derivatives of the result with respect to {name}", values

    def _factor(self, outs: list[Tensor], x: Tensor) -> Any:
        """Return the local derivative where it is a factor: of a number, or element by element."""
        y = next((t for t in outs if x in order([t])[1]), None)
        if y is None or y is x:
            return None
        between = [t for t in order([y], {x})[0] if t is not x and x in order([t])[1]]
        numbers = y.size == 1
        pointwise = all(t.op is not None and t.op.elementwise and t.shape == y.shape for t in between)
        if not (numbers or (pointwise and x.shape == y.shape)):
            return None
        found, _ = sweep({y: np.ones_like(y._value)[()]}, {x})
        return raw(found.get(x))


def key(name: str) -> str:
    """Return a name without what spelling may change: capitals stay, since W and w differ; underscores go."""
    return name.replace("_", "").lower() if len(name) > 2 else name.replace("_", "")


def may_be_derivative(name: str) -> bool:
    """Whether a variable may be called so because it holds a derivative."""
    return _DERIVATIVE.fullmatch(name) is not None


def is_derivative(name: str) -> bool:
    """Whether a variable is called so because it holds a derivative of the result."""
    return _CALLED_DERIVATIVE.fullmatch(name) is not None


def spelling(point: Point, tensor: Tensor, otherwise: str) -> str:
    """Return what the function calls a Tensor."""
    best = point.names.best(tensor)
    return best[2] if best else otherwise

"""One call of a function on Tensors: what it recorded, what variables called it, and what a backward pass passes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core import tensor as tensors
from autograd_lite.core import trees
from autograd_lite.core.backward import plus, seed, sweep
from autograd_lite.core.general import refuse_varying
from autograd_lite.core.op import unpack
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tape import Observer, Operation, Params, Run, observing
from autograd_lite.core.tensor import Tensor, record
from autograd_lite.core.toposort import order
from autograd_lite.program.variables import Names


class BackwardPass(Observer[Tensor]):
    """One call of backward's own sweep, and what it passes along each edge of the record.

    Parameters
    ----------
    result : Tensor
    cotangent : array or Tensor of its shape
    wrt : collection of Tensor, optional
        The leaves to pull back to; all of them if left out.

    Attributes
    ----------
    contributions : list of (node, input, cotangent)
        What each node passed to each of its inputs, from the result down.
    cotangents : dict from Tensor to array
        The sums of these: the derivative of the result by every Tensor on the way.
    """

    def __init__(self, result: Tensor, cotangent: Cotangent, wrt: Collection[Tensor] | None = None) -> None:
        self.contributions: list[tuple[Tensor, Tensor, Cotangent]] = []
        with observing(self):
            sweep({result: cotangent}, None if wrt is None else set(wrt))
        self.cotangents = {result: cotangent}
        for _, x, c in self.contributions:
            self.cotangents[x] = plus(self.cotangents.get(x), c)

    def swept(self, node: Tensor, x: Tensor, cotangent: Cotangent) -> Cotangent:
        """Keep the cotangent that a node passes to its input."""
        self.contributions.append((node, x, cotangent))
        return cotangent

    def gradient(self, leaf: Tensor) -> Cotangent:
        """Return the gradient by a leaf; zeros where the result does not depend on it."""
        return self.cotangents[leaf] if leaf in self.cotangents else np.zeros_like(leaf._value)[()]

    def leading_to(self, leaves: Collection[Tensor]) -> set[Tensor]:
        """Return the Tensors from which something was passed on to some leaves, and those leaves that it arrived at."""
        found = {x for x in self.cotangents if x in leaves}
        for node, x, _ in reversed(self.contributions):
            if x in found:
                found.add(node)
        return found


@dataclass(frozen=True)
class Recording:
    """What one call of a function recorded.

    Attributes
    ----------
    result : array, Tensor, or tree of them
        What the function returned.
    names : Names
        What the user's variables call the Tensors, where these were recorded, and what control flow asked.
    """

    result: Value
    names: Names

    @property
    def nodes(self) -> list[Tensor]:
        """The record of the result, newest first."""
        return order([self.result])[0] if type(self.result) is Tensor else []

    def pull(self, cotangent: Cotangent = None) -> BackwardPass:
        """Run the backward pass from the result, a Tensor; its cotangent may be left out where it is of size 1."""
        return BackwardPass(self.result, seed(self.result) if cotangent is None else cotangent)


def record_call(
    f: Callable[..., Any],
    args: Sequence[Value],
    names: Names | None = None,
    *,
    recorder: type[Constants] | None = None,
    named: bool = True,
) -> Recording:
    """Call a function and keep what it records.

    Parameters
    ----------
    f : callable
    args : sequence
        Its arguments, in which leaves stand for the arrays that are differentiated.
    names : Names, optional
        Where names are bound already.
    recorder : type, optional
        What records functions without derivative, and constant arrays, too: programs need it.
    named : bool
        Whether to read the variables of the running functions, which takes most of the time.
    """
    names = names or Names()
    run = Run([x for x in trees.flatten(list(args))[0] if type(x) is Tensor])
    with (
        run,
        names.watching() if named else nullcontext(),
        observing(recorder(names.constants)) if recorder else nullcontext(),
    ):
        result = f(*args)
    if run.guard is not None:
        run.guard.check()
    return Recording(result, names)


class Constants(Observer[Tensor]):
    """Records what has no derivative, since programs compute it anew: masks, orders, and what is made of constants.

    Parameters
    ----------
    names : dict from (node, position of input) to name, optional
        Nodes hold their constant arrays as Tensors of these names, so that the rules of a nested gradient record what
        they make of them. If left out, they hold them as they are.
    """

    def __init__(self, names: dict[tuple[Tensor, int], str] | None = None) -> None:
        self.names = names
        self._leaves: dict[int, Tensor] = {}

    def constant(self, op: Operation, value: Value, inputs: tuple[Value, ...], params: Params) -> Value:
        """Return a node for what a function without derivative gave; ints and strings, of shapes, as they are."""
        refuse_varying(op, inputs, params)
        parts = value if isinstance(value, tuple) else (value,)
        if not parts or not all(isinstance(part, (np.ndarray, np.generic)) for part in parts):
            return value
        node = record(op, value, inputs, params)
        return unpack(node) if isinstance(value, tuple) else node

    def recorded(self, node: Tensor) -> None:
        """Put leaves into the place of constant arrays."""
        if node.op is not None:
            refuse_varying(node.op, node.inputs, node.params)
        if self.names is None or not any(type(x) is np.ndarray for x in node.inputs):
            return
        inputs = list(node.inputs)
        for i, x in enumerate(inputs):
            if type(x) is np.ndarray and x.ndim and x.dtype.kind in "fciub":
                if id(x) not in self._leaves:
                    self._leaves[id(x)] = leaf(x, self.names.get((node, i)))
                inputs[i] = self._leaves[id(x)]
        node.inputs = tuple(inputs)


def leaf(value: Value, name: str | None) -> Tensor:
    """Return a leaf that holds an array as it is: integers and booleans too, which `Tensor` takes for float64."""
    tensor = tensors.leaf(value, cast=False)
    tensor.name = name
    return tensor

"""The local derivatives of a program: what a step is made from, and the backward pass through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.backward import sweep
from autograd_lite.core.op import Op, op_of
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tape import Params, Rule, observing
from autograd_lite.core.tensor import Tensor, raw, record
from autograd_lite.numerical import close
from autograd_lite.program.expressions import Node, expression, is_inexact, reachable, written
from autograd_lite.program.recording import Constants, leaf


class Record:
    """The record of a program: each of its nodes as one Tensor, on which the derivative rules run.

    Constants are recorded too, but for numbers without a name: so what the rules make of them is recorded, and can be
    written down with their names.

    Parameters
    ----------
    known : dict from Node to Tensor, optional
        What stands for some of them.
    """

    def __init__(self, known: Mapping[Node, Tensor] | None = None) -> None:
        self.tensors = dict(known or {})
        self._factors: dict[tuple[Node, Node], Value] = {}

    def __getitem__(self, node: Node) -> Tensor:
        """Return the Tensor of a node, recorded with all that it is made from."""
        if node not in self.tensors:
            for part in sorted(reachable([node], self.tensors), key=attrgetter("serial")):
                self.tensors[part] = self._made(part)
        return self.tensors[node]

    def _made(self, node: Node) -> Tensor:
        if node.op is None:
            return leaf(node.value, None)
        inputs = tuple(self.tensors[arg] if _is_recorded(arg) else arg.value for arg in node.args)
        params = node.params
        if params:
            held, rebuild = trees.flatten(params)
            arrays = [p.value if isinstance(p, Node) and p.constant else p for p in held]
            params = rebuild([self.tensors[p] if isinstance(p, Node) else p for p in arrays])
        return record(node.op, node.value, inputs, params)

    def pull(self, cotangents: Mapping[Node, Cotangent]) -> dict[Node, Tensor]:
        """Pull the cotangents of a step, or of the outputs of an op, back to its operands, by backward's own sweep."""
        seeds = {self[v]: _tensor(g) for v, g in cotangents.items()}
        ends = {self[u]: u for u in _ends(*cotangents)}
        with observing(_Rules()), np.errstate(all="ignore"):
            found, _ = sweep(seeds, set(ends))
        return {u: _tensor(found[t]) for t, u in ends.items() if t in found}

    def factor(self, v: Node, u: Node) -> Value:
        """Return the local factor of a step by one of its operands, or None where its derivative is no factor."""
        if (v, u) not in self._factors:
            self._factors[v, u] = self._find_factor(v, u) if is_factor(v, u) else None
        return self._factors[v, u]

    def _find_factor(self, v: Node, u: Node) -> Value:
        ones = np.ones_like(v.value)[()]
        zeros = np.zeros_like(u.value)[()]
        factor = raw(self.pull({v: ones}).get(u, zeros))
        if v.dtype.kind != "c":
            return factor
        turned = raw(self.pull({v: 1j * ones}).get(u, zeros))
        return factor if close.alike(turned, 1j * factor) else None  # none where it is not analytic


class _Rules(Constants):
    """Looks on while derivative rules are recorded."""

    def decided(self, node: Tensor, outcome: Value) -> None:
        """Refuse what a rule makes of the values of an array: it is no part of the record."""
        if isinstance(outcome, np.ndarray) and outcome.ndim:
            raise TypeError("a derivative rule took the values of a Tensor; write it with NumPy functions")

    def raised(self, node: Tensor, position: int, rule: Rule, args: tuple[Value, ...], params: Params) -> Value:
        """Record a rule that cannot run on Tensors, as one that fills arrays in place, as an op that runs on arrays."""
        if isinstance(rule, Op) or isinstance(node._value, tuple):
            return None
        row = op_of(node)
        opaque = Op(rule, (), name=f"{row.name}_vjp_{row.input_name(position)}")
        opaque.param_names = row.param_names
        return opaque(*args, **params)


def _tensor(x: Cotangent) -> Tensor:
    return x if type(x) is Tensor else Tensor(x, copy=False)


def _is_recorded(node: Node) -> bool:
    if node.op is not None or node.name or not node.constant:
        return True
    return type(node.value) is np.ndarray and node.value.ndim > 0 and node.value.dtype.kind in "fciub"


def operands(*steps: Node) -> list[Node]:
    """List the nodes with a name that the expressions of steps are made from, in the order in which they are named."""
    return [node for node in dict.fromkeys(written(steps)) if node.name]


def _ends(*steps: Node) -> Iterator[Node]:
    """Yield the operands that have a cotangent, and behind masks and indices those that these are made from."""
    for node in operands(*steps):
        if is_inexact(node) and not node.constant:
            yield node
        elif node.op is not None:
            yield from _ends(node)


def is_factor(v: Node, u: Node) -> bool:
    """Whether the derivative of a step by an operand is a factor, by which cotangents of the step are multiplied.

    It is where the step is one number, or depends on the operand element by element.
    """
    if u.constant or not is_inexact(u) or not is_inexact(v):
        return False
    if v.dtype.kind == "c" and u.dtype.kind == "f":  # the cotangent of a real value takes the real part
        return False
    if np.size(v.value) == 1:
        return bool(np.broadcast_shapes(u.shape, v.shape) == u.shape)
    pointwise = all(n.op is not None and n.op.elementwise and n.shape == v.shape for n in dependents(v, u))
    return pointwise and u.shape == v.shape


def dependents(v: Node, u: Node) -> list[Node]:
    """List the nodes in the expression of a step that depend on one of its operands."""
    found = {u: None}
    for node in expression(v):
        if not found.keys().isdisjoint(node.args):
            found[node] = None
    return list(found)[1:]

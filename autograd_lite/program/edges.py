"""The edges between the steps of a program: local factors, Jacobians, and the paths that they make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.backward import sweep
from autograd_lite.core.tensor import Tensor, record
from autograd_lite.core.transforms import jacobian as jacobian_of
from autograd_lite.core.transforms import vjp
from autograd_lite.program.chain_rule import Step
from autograd_lite.program.expressions import Node
from autograd_lite.program.trace import Program


@dataclass(frozen=True)
class Edge:
    """One step depends on another, or on an input, with no other named value between them.

    Attributes
    ----------
    of, by : str
        ``by`` is used where ``of`` is computed.
    factor : array or None
        The local factor, by which the cotangent of ``of`` is multiplied; None where the derivative is no such factor.
    step : Step or None
        The step of the backward pass that computes the factor, where one does.
    """

    of: str
    by: str
    factor: Any
    step: Step | None


class Edges:
    """The derivatives between the forward steps of a program, found by the rules of the ops that it is made of.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.nodes = {**program.inputs, **{step.name: step.node for step in program.forward}}
        self.names = {node: name for name, node in self.nodes.items()}
        self.uses = {step.name: self._used(step.node) for step in program.forward}
        """By the name of a step: the named values that it is computed from, constants too."""
        self._steps = {(step.of, step.by): step for step in program.backward if step.role == "factor"}
        self._edges: dict[tuple[str, str], Edge] = {}

    def _used(self, node: Node) -> list[str]:
        found = _between(node, self.nodes.values())[1]
        return [self.names.get(node) or str(node.name) for node in found if node.name]

    def __getitem__(self, of_by: tuple[str, str]) -> Edge:
        """Return the edge of a step by a name in its ``uses``."""
        if of_by not in self._edges:
            of, by = of_by
            self._edges[of_by] = Edge(of, by, self._factor(of, by), self._steps.get(of_by))
        return self._edges[of_by]

    def _factor(self, of: str, by: str) -> Any:
        """Pull ones back through one step; None where that is no local factor."""
        if by not in self.nodes:
            return None
        v, u = self.nodes[of], self.nodes[by]
        inner, _ = _between(v, self.nodes.values())
        if not _is_separable(v, u, inner):
            return None
        with np.errstate(all="ignore"):
            _, pullback = vjp(lambda x: _replay(inner, {u: x}, v), u.value)
            return pullback(np.ones_like(v.value))[0]

    def jacobian(self, of: str, by: str) -> Any:
        """Return the derivative of a step by another or by an input, through all the paths between them.

        Raises
        ------
        ValueError
            Where a name is none of the program's.
        """
        nodes = {**self.nodes, **{step.name: step.node for step in self.program.backward}}
        for name in (of, by):
            if name not in nodes:
                raise ValueError(f"no step or input is called {name!r}; there are: {', '.join(nodes)}")
        v, u = nodes[of], nodes[by]
        inner, _ = _between(v, [u])
        with np.errstate(all="ignore"):
            return jacobian_of(lambda x: x if v is u else _replay(inner, {u: x}, v))(u.value)

    def dependent(self, on: Iterable[str]) -> set[str]:
        """Return those names that depend on any of these, themselves included."""
        found = set(on)
        for name, used in self.uses.items():
            if found.intersection(used):
                found.add(name)
        return found

    def cotangents(self) -> dict[str, Any]:
        """Return the derivative of the result by each value on the way to the inputs that were asked for.

        The backward pass of the program does not write all of them down: not those of ones, nor those of parts of a
        step that got a name later. So each step passes its cotangent on here, once more.
        """
        along = self.dependent(self.program.gradients)
        if self.program.result not in along:
            return {}
        result = self.nodes[self.program.result]
        found: dict[Node, Any] = {result: np.ones_like(result.value)}
        for step in reversed(self.program.forward):
            if step.node in found:
                for node, c in self._pulled(step.node, found[step.node]).items():
                    if self.names[node] in along:
                        found[node] = _sum(found[node], c) if node in found else c
        return {self.names[node]: c for node, c in found.items() if not isinstance(c, tuple)}

    def _pulled(self, v: Node, g: Any) -> dict[Node, Any]:
        """Pull the cotangent of one step back to the named values that it is computed from."""
        inner, ends = _between(v, self.nodes.values())
        leaves = {u: record(None, u.value, (), {}) for u in ends if u in self.names and _is_inexact(u)}
        made = _replay(inner, dict(leaves), v)
        if type(made) is not Tensor:
            return {}
        with np.errstate(all="ignore"):
            pulled, _ = sweep({made: g}, set(leaves.values()))
        return {u: pulled[leaf] for u, leaf in leaves.items() if leaf in pulled}

    def paths(self, by: str, most: int) -> list[list[str]] | None:
        """List the paths from the result to a name, as names of steps; None where there are more than ``most``."""
        along = self.dependent([by])
        complete: list[list[str]] = []
        pending = [[self.program.result]] if self.program.result in along else []
        while pending:
            path = pending.pop(0)
            if path[-1] == by:
                complete.append(path)
            else:
                pending += [[*path, name] for name in self.uses.get(path[-1], ()) if name in along]
            if len(complete) + len(pending) > most:
                return None
        return complete


def _between(v: Node, stop: Iterable[Node]) -> tuple[list[Node], list[Node]]:
    """List the nodes that make a node, down to those in ``stop``: those above them in order, and the ends."""
    stops = {node for node in stop if node is not v}
    inner: dict[Node, None] = {}
    ends: dict[Node, None] = {}
    pending = [(v, False)]
    while pending:
        node, expanded = pending.pop()
        if node in stops or node.op is None:
            ends[node] = None
        elif expanded:
            inner[node] = None
        elif node not in inner:
            pending.append((node, True))
            pending += [(parent, False) for parent in reversed(list(node.parents())) if parent not in inner]
    return list(inner), list(ends)


def _is_inexact(node: Node) -> bool:
    """Whether a value has a cotangent: real or complex numbers, or several arrays."""
    return isinstance(node.value, tuple) or np.asarray(node.value).dtype.kind in "fc"


def _sum(a: Any, b: Any) -> Any:
    """Add two cotangents, those of several arrays one by one."""
    return tuple(x + y for x, y in zip(a, b, strict=True)) if isinstance(a, tuple) else a + b


def _is_separable(v: Node, u: Node, inner: list[Node]) -> bool:
    """Whether the derivative is a factor: the step is one number, or depends on the input element by element."""
    if any(isinstance(n.value, tuple) or not _is_inexact(n) for n in (v, u)):
        return False
    if np.size(v.value) == 1:
        return bool(np.broadcast_shapes(u.shape, v.shape) == u.shape)
    dependent = {u}
    for node in inner:
        if not dependent.isdisjoint(node.args):
            dependent.add(node)
            if node.op is None or not node.op.elementwise or node.shape != v.shape:
                return False
    return u.shape == v.shape


def _replay(inner: list[Node], known: dict[Node, Any], v: Node) -> Any:
    """Record nodes again, as made from what stands for some of them; what does not depend on these stays an array."""
    made = dict(known)
    for node in inner:
        if node.op is not None and not made.keys().isdisjoint(node.args):
            inputs = tuple(made.get(arg, arg.value) for arg in node.args)
            leaves, rebuild = trees.flatten(node.params)
            params = rebuild([p.value if isinstance(p, Node) else p for p in leaves])
            made[node] = record(node.op, node.value, inputs, params)
    return made.get(v, v.value)

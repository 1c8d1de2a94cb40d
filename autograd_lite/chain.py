"""The chain rule of a recorded graph, written step by step from the last to the first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.backward import sweep
from autograd_lite.expressions import Expressions, Node, uniform
from autograd_lite.graph import Tensor, order, tracing
from autograd_lite.names import Names, Place, identifier, unique_names

_ARITHMETIC = {"add", "subtract", "negative", "multiply", "divide"}


@dataclass(frozen=True)
class Step:
    """One line of a program.

    Attributes
    ----------
    name : str
    node : Node
        What the name stands for: an op whose arguments are other steps, inputs, constants and unnamed nodes.
    role : str
        "forward", "factor" (a local derivative ``d<of>_d<by>``), "part" (one of several terms of a cotangent) or
        "cotangent" (``d<result>_d<by>``).
    of, by : str or None
        The derivative is that of ``of`` by ``by``, both names of forward steps or inputs.
    place : Place or None
        Where the user's code recorded it.
    """

    name: str
    node: Node
    role: str
    of: str | None = None
    by: str | None = None
    place: Place | None = None

    @property
    def value(self) -> Any:
        """The value that was computed when the program was traced."""
        return self.node.value


class Chain:
    """Names the forward steps of a graph, and writes its backward pass in terms of them.

    Parameters
    ----------
    result : Tensor
    leaves : dict from name to Tensor
    names : Names
        What the user's variables call the Tensors.
    arrays : dict from id to name, of constant arguments
    """

    def __init__(self, result: Tensor, leaves: dict[str, Tensor], names: Names, arrays: dict[int, str]) -> None:
        self.names = names
        self.arrays = arrays
        self.expressions = Expressions()
        self.inputs = {name: self.expressions.leaf(tensor) for name, tensor in leaves.items()}
        for name, node in self.inputs.items():
            node.name = name
        self.expressions.translate([result, *(d.node for d in names.decisions)], self._constant_name)
        self.root = self.expressions.nodes[result]
        self.forward: list[Step] = []
        self.backward: list[Step] = []
        self.cotangent: Node | None = None

    def _constant_name(self, tensor: Tensor, position: int, value: Any) -> str | None:
        name = self.names.constants.get((tensor, position)) or self.arrays.get(id(value))
        name = name or self.names.arrays.get(id(value), (None, None))[0]
        if name is None:
            return None
        if isinstance(value, (np.ndarray, float)):  # the rules that meet the same object call it the same
            self.arrays[id(value)] = name
        return identifier(name)

    def name_forward(self, title: str) -> None:
        """Make a step of each value that has a name, is used twice, or feeds a nonlinear function."""
        self.first: dict[Node, Tensor] = {}
        for tensor in sorted(self.expressions.nodes, key=lambda t: t.serial):
            self.first.setdefault(self.expressions.nodes[tensor], tensor)
        nodes = [n for n in reachable([self.root]) if n.op is not None and n in self.first]
        nodes.sort(key=lambda n: self.first[n].serial)
        chosen = {node: best[2] for node in nodes if (best := self._best_name(node))}
        if self.root.op is not None:
            chosen.setdefault(self.root, title)
        uses = count_uses(nodes)
        for node in nodes:
            if node not in chosen and (uses[node] > 1 and not is_cheap(node)):
                chosen[node] = _op(node)
        for node in nodes:
            if _op(node) not in _ARITHMETIC and node.op is not None and node.op.elementwise:
                for arg in node.args:
                    inexact = not isinstance(arg.value, tuple) and np.asarray(arg.value).dtype.kind in "fc"
                    if inexact and arg in self.first and arg not in chosen and not _pointwise(arg, chosen):
                        chosen[arg] = f"pre_{chosen.get(node, _op(node))}"
        taken = {*self.inputs, *(n.name for n in reachable([self.root]) if n.constant and n.name)}
        taken |= {op.name for n in nodes if (op := n.op)}  # the names of functions stay theirs
        named = unique_names(((n, chosen[n]) for n in nodes if n in chosen), taken)
        for node, name in named.items():
            node.name = name
            self.forward.append(Step(name, node, "forward", place=self.names.places.get(self.first[node])))

    def _best_name(self, node: Node) -> tuple[int, int, str] | None:
        tensors = [t for t, n in self.expressions.nodes.items() if n is node]
        return min((best for t in tensors if (best := self.names.best(t))), default=None)

    def differentiate(self, wrt: Iterable[str]) -> dict[str, str]:
        """Write the backward steps; return the name of the gradient of each input, "" for none."""
        stops: dict[Tensor, Node] = {
            t: node for t, node in self.expressions.nodes.items() if node.name and (node.op or not node.constant)
        }
        needed = self._dependents({self.inputs[name] for name in wrt})
        statements = [step.node for step in self.forward if step.node in needed]
        if self.root not in needed:
            return dict.fromkeys(wrt, "")
        locals_ = {v: Local(self.first[v], v, stops, needed) for v in statements}
        consumers = {u: sum(u in local.inputs for local in locals_.values()) for u in needed}
        terms: dict[Node, list[tuple[Node, Tensor]]] = {}
        self.totals: dict[Node, tuple[Node, Tensor]] = {}
        self._seed()
        for v in reversed(statements):
            for u, term in self._terms(v, locals_[v]) if v in self.totals else ():
                terms.setdefault(u, []).append((v, term))
            for u in locals_[v].inputs:
                consumers[u] -= 1
                if not consumers[u] and u in terms:
                    self._total(u, terms[u])
        return {name: self._gradient_name(self.inputs[name]) for name in wrt}

    def _gradient_name(self, node: Node) -> str:
        return self.totals[node][0].name or "" if node in self.totals else ""

    def _dependents(self, wrt: set[Node]) -> set[Node]:
        """Return the nodes that depend on the chosen inputs."""
        needed = set(wrt)
        for node in reachable([self.root]):
            if any(p in needed for p in node.parents()):
                needed.add(node)
        return needed

    def _seed(self) -> None:
        """Start with the cotangent of the result: 1, or an input of the program where it is no number."""
        ones = Tensor(np.ones_like(self.root.value), copy=False)
        if self.root.shape == () or np.size(self.root.value) == 1:
            self.expressions.nodes[ones] = self.expressions.constant(ones._value)
        else:
            self.cotangent = self.expressions.leaf(ones)
            self.cotangent.name = "cotangent"
        self.totals[self.root] = self.expressions.nodes[ones], ones

    def _terms(self, v: Node, local: Local) -> list[tuple[Node, Tensor]]:
        """Return the cotangent that a step passes to each of its inputs, and write the local factors down."""
        g_node, g = self.totals[v]
        seeded = uniform(g_node) is not None
        terms = []
        factors = {} if seeded else self._pull(v, local, Tensor(np.ones_like(v.value), copy=False), as_one=True)
        pulled = self._pull(v, local, g) if seeded or not all(u in local.separable for u in local.inputs) else {}
        for u in local.inputs:
            if seeded or u not in local.separable:
                if u in pulled:
                    terms.append((u, pulled[u]))
                continue
            if u not in factors:
                continue
            factor = _unstretched(self.expressions.nodes[factors[u]])
            if not (factor.constant and uniform(factor) is not None):
                factor = self._write(f"d{v.name}_d{u.name}", factor, "factor", v.name, u.name)
            term = g * factors[u]
            self.expressions.nodes[term] = self.expressions.call("multiply", g_node, factor, value=term._value)
            terms.append((u, term))
        return terms

    def _pull(self, v: Node, local: Local, seed: Tensor, as_one: bool = False) -> dict[Node, Tensor]:
        """Pull a cotangent of one step back to its inputs, by the rules of its ops."""
        if as_one:
            self.expressions.nodes[seed] = self.expressions.constant(seed._value)
        stop = {t for t, node in local.stops.items() if node is not v}
        before, tracing.constants = tracing.constants, True
        try:
            with np.errstate(all="ignore"):
                found, _ = sweep({local.tensor: seed}, stop)
        finally:
            tracing.constants = before
        pulled: dict[Node, Tensor] = {}
        for tensor, c in found.items():
            u = local.stops[tensor]
            if u in local.inputs:
                c = c if type(c) is Tensor else Tensor(c, copy=False)
                pulled[u] = pulled[u] + c if u in pulled else c
        self.expressions.translate(pulled.values(), self._constant_name)
        return pulled

    def _total(self, u: Node, terms: list[tuple[Node, Tensor]]) -> None:
        """Add up the cotangent of a step or input, and write it down."""
        e = self.expressions
        parts = []
        for v, term in terms:
            node = e.nodes[term]
            if len(terms) > 2 and not node.name:
                node = self._write(f"d{self.root.name}_d{u.name}_via_{v.name}", node, "part", v.name, u.name)
            parts.append((node, term))
        node, total = parts[0]
        for other, term in parts[1:]:
            total = total + term
            node = e.call("add", node, other, value=total._value)
        if u in self.inputs.values() or uniform(node) != 1:  # a cotangent of ones is never written down
            node = self._write(f"d{self.root.name}_d{u.name}", node, "cotangent", self.root.name, u.name)
        e.nodes[total] = node
        self.totals[u] = node, total

    def _write(self, name: str, node: Node, role: str, of: str | None, by: str | None) -> Node:
        """Add a backward step. What has a name already, or is part of the forward steps, gets an alias."""
        taken = {step.name for step in (*self.forward, *self.backward)} | self.inputs.keys()
        (name,) = unique_names([(0, name)], taken).values()
        if node.name or node.constant or node in self.first:
            node = self.expressions.alias(node)
        node.name = name
        place = next((s.place for s in self.forward if s.name == of), None)
        self.backward.append(Step(name, node, role, of, by, place))
        return node


class Local:
    """One step of the program as a function of the steps that it is made from.

    Attributes
    ----------
    inputs : list of Node
        Those that need a cotangent.
    separable : set of Node
        Inputs whose cotangent is the step's cotangent times a local factor: the step is a number, or depends on the
        input element by element.
    """

    def __init__(self, tensor: Tensor, v: Node, stops: dict[Tensor, Node], needed: Collection[Node]) -> None:
        self.tensor = tensor
        self.stops = stops
        others = {t for t, node in stops.items() if node is not v}
        nodes = order([tensor], others)[0]
        found = {stops[t]: None for t in nodes if t in others and stops[t] in needed}
        self.inputs = sorted(found, key=lambda u: _position(u, v))
        inner = [t for t in reversed(nodes) if t not in others]
        self.separable = {u for u in self.inputs if self._is_separable(u, v, inner, others)}

    def _is_separable(self, u: Node, v: Node, inner: list[Tensor], others: set[Tensor]) -> bool:
        if np.size(v.value) == 1:
            return bool(np.broadcast_shapes(u.shape, v.shape) == u.shape)
        dependent = {t for t in others if self.stops[t] is u}
        for t in inner:
            if any(type(x) is Tensor and x in dependent for x in t.inputs):
                dependent.add(t)
                if t.op is None or not t.op.elementwise or t.shape != v.shape:
                    return False
        return u.shape == v.shape


def _position(u: Node, v: Node) -> int:
    """Return where an input first stands in the expression of a step, from left to right."""
    for i, node in enumerate(_written(v)):
        if node is u:
            return i
    return 1 << 30


def _written(v: Node) -> Iterable[Node]:
    pending = [*reversed(list(v.parents()))]
    while pending:
        node = pending.pop()
        yield node
        if not node.name:
            pending += reversed(list(node.parents()))


def reachable(roots: Iterable[Node]) -> list[Node]:
    """List the nodes that these are made from, themselves included: those made from others come after them."""
    done: dict[Node, None] = {}
    pending = [(node, False) for node in reversed(list(roots))]
    while pending:
        node, expanded = pending.pop()
        if expanded:
            done[node] = None
        elif node not in done:
            pending.append((node, True))
            pending += [(p, False) for p in node.parents() if p not in done]
    return list(done)


def count_uses(nodes: Iterable[Node]) -> dict[Node, int]:
    """Count in how many places each node is used."""
    uses: dict[Node, int] = {}
    for node in nodes:
        uses.setdefault(node, 0)
        for parent in node.parents():
            uses[parent] = uses.get(parent, 0) + 1
    return uses


def _unstretched(factor: Node) -> Node:
    """Return a factor without the ones that only stretch it: the product with a cotangent does that."""
    if _op(factor) == "multiply" and not factor.name:
        for ones, other in (factor.args, factor.args[::-1]):
            if uniform(ones) == 1:
                return other
    return factor


def _op(node: Node) -> str:
    return node.op.name if node.op else ""


def is_cheap(node: Node) -> bool:
    """Whether an expression is short enough to be written twice."""
    short = _op(node) in _ARITHMETIC or _op(node) in ("getitem", "transpose", "matrix_transpose")
    return node.op is None or (short and all(arg.name or arg.op is None for arg in node.args))


def _pointwise(node: Node, chosen: Collection[Node]) -> bool:
    """Whether an unnamed expression is elementwise all the way down to steps, inputs and constants."""
    if node.op is None or node in chosen:
        return True
    return node.op.elementwise and all(_pointwise(arg, chosen) for arg in node.args)

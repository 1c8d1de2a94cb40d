"""The chain rule of a program, written step by step from the last to the first."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.ops import table
from autograd_lite.program.edges import Record, dependents, is_factor
from autograd_lite.program.expressions import (
    Expressions,
    Node,
    expression,
    is_cheap,
    is_inexact,
    is_output,
    reachable,
    uniform,
    written,
)
from autograd_lite.program.naming import Namespace, describe
from autograd_lite.program.steps import Step, forward_step

Cotangent = tuple[Node, Tensor]
"""A cotangent as it is written down, and as it was recorded."""
Term = tuple[Node, Tensor]
"""A part of a cotangent: the step that passes it, and what was recorded."""


@dataclass(frozen=True)
class Local:
    """A forward step, or the outputs of one op, and the named values that take a cotangent from it.

    Attributes
    ----------
    outputs : list of Node
    inputs : list of Node
        In the order in which the expression names them, for the last time.
    factors : set of Node
        Those whose cotangent is written as the step's cotangent times a local factor.
    """

    outputs: list[Node]
    inputs: list[Node]
    factors: set[Node]


@dataclass
class Chain:
    """Writes the backward pass of a program, in terms of its forward steps.

    Attributes
    ----------
    root : Node
        The result.
    inputs : dict from name to Node
    forward : list of Step
        In order; what the backward pass uses of the forward one joins them.
    record : Record
    expressions : Expressions
    namespace : Namespace
    backward : list of Step
    cotangent : Node or None
        The cotangent of the result, an input of the backward pass, where the result is not of size 1.
    seeded : bool
        Whether it is one in any case.
    """

    root: Node
    inputs: dict[str, Node]
    forward: list[Step]
    record: Record
    expressions: Expressions
    namespace: Namespace
    backward: list[Step] = field(default_factory=list)
    cotangent: Node | None = None
    seeded: bool = False

    def __post_init__(self) -> None:
        self._written = set(reachable([self.root]))
        self._places = {step.node: step.place for step in self.forward}
        self._totals: dict[Node, Cotangent] = {}
        _ = self.record[self.root]  # and all that it is made from
        self.expressions.nodes.update((tensor, node) for node, tensor in self.record.tensors.items())

    def differentiate(self, wrt: Iterable[str]) -> dict[str, str]:
        """Write the backward steps; return the name of the gradient of each input, "" for none."""
        needed = self._dependents({self.inputs[name] for name in wrt})
        if self.root not in needed:
            return dict.fromkeys(wrt, "")
        self._seed()
        if self.root in self.inputs.values():  # the function returns its argument
            self._total(self.root, [(self.root, self._totals[self.root][1])])
        terms: dict[Node, list[Term]] = {}
        pending = [_local(outputs, needed) for outputs in self._groups(needed)]
        consumers = Counter(u for local in pending for u in local.inputs)
        while pending:
            local = pending.pop()
            factors, pulled = self._pulled(local)
            inner = self._used_again(local, [*factors.values(), *pulled.values()], needed)
            consumers.subtract(local.inputs)
            if inner:  # these are steps, too: try again
                split = [_local(outputs, needed) for outputs in (*([n] for n in inner), local.outputs)]
                consumers.update(u for part in split for u in part.inputs)
                for part in split:
                    insort(pending, part, key=lambda part: part.outputs[0].serial)
                continue
            for u, term in self._terms(local, factors, pulled):
                terms.setdefault(u, []).append((local.outputs[0], term))
            for u in local.inputs:
                if not consumers[u] and u in terms:
                    self._total(u, terms.pop(u))
        return {name: self._gradient_name(self.inputs[name]) for name in wrt}

    def _gradient_name(self, node: Node) -> str:
        return self._totals[node][0].name or "" if node in self._totals else ""

    def _dependents(self, wrt: set[Node]) -> set[Node]:
        """Return the nodes that depend on the chosen inputs."""
        needed = set(wrt)
        for node in reachable([self.root]):
            if any(p in needed for p in node.parents()):
                needed.add(node)
        return needed

    def _groups(self, needed: Collection[Node]) -> list[list[Node]]:
        """List the forward steps, each alone but for the outputs of one op."""
        groups: dict[Node, list[Node]] = {}
        for node in (s.node for s in self.forward if s.node in needed and is_inexact(s.node)):
            groups.setdefault(node.args[0] if is_output(node) else node, []).append(node)
        return list(groups.values())

    def _seed(self) -> None:
        """Start with the cotangent of the result: 1, or an input of the program where it is no number."""
        ones = Tensor(np.ones_like(self.root.value)[()], copy=False)
        if np.size(self.root.value) == 1 and np.isrealobj(self.root.value) and not self.seeded:
            node = self.expressions.assign(ones, self.expressions.constant(ones._value))
        else:
            node = self.cotangent = self.expressions.leaf(ones, self.namespace.claim("cotangent"))
        self._totals[self.root] = node, ones

    def _pulled(self, local: Local) -> tuple[dict[Node, Tensor], dict[Node, Tensor]]:
        """Return the local factors of a step, and the cotangents that it passes to its other inputs."""
        totals = {v: self._totals[v] for v in local.outputs if v in self._totals}
        if not totals:
            return {}, {}
        v = local.outputs[0]
        by_factor = local.factors if uniform(next(iter(totals.values()))[0]) is None else set()
        factors = self._pull({v: self._ones(v)}, by_factor)
        others = [u for u in local.inputs if u not in by_factor]
        return factors, self._pull({v: g for v, (_, g) in totals.items()}, others)

    def _used_again(self, local: Local, pulled: list[Tensor], needed: Collection[Node]) -> list[Node]:
        """Make steps of the results of whole functions in the expression of a step that the backward pass uses."""
        inner = [n for v in local.outputs for n in expression(v) if n in needed and n not in local.outputs]
        whole = [n for n in inner if n.op is not None and not n.op.elementwise and is_inexact(n) and not is_cheap(n)]
        if not whole:
            return []
        made = [n for c in pulled for n in expression(self.expressions.nodes[c]) if n not in self._written]
        used = {self.expressions.nodes[c] for c in pulled}.union(p for n in made for p in n.parents())
        again = [n for n in whole if n in used and n in self.expressions.tensors]
        for n in again:
            self.namespace.wanted[n] = describe(n, self.namespace.wanted)
        self.namespace.claim_wanted(again, beside=table)
        for n in again:
            step = forward_step(n, self.namespace)
            insort(self.forward, step, key=lambda step: step.node.serial)
            self._places[n] = step.place
        return again

    def _terms(self, local: Local, factors: dict[Node, Tensor], pulled: dict[Node, Tensor]) -> Iterator[Term]:
        """Yield the cotangent that a step passes to each of its inputs, and write the local factors down."""
        e, v = self.expressions, local.outputs[0]
        for u in local.inputs:
            if u in factors:
                g_node, g = self._totals[v]
                term = g * factors[u]
                factor = self._factor(v, u, e.nodes[factors[u]])
                e.assign(term, e.call("multiply", g_node, factor, value=term._value))
                yield u, term
            elif u in pulled:
                yield u, pulled[u]

    def _ones(self, v: Node) -> Tensor:
        seed = Tensor(np.ones_like(v.value)[()], copy=False)
        self.expressions.assign(seed, self.expressions.constant(seed._value))
        return seed

    def _factor(self, v: Node, u: Node, factor: Node) -> Node:
        """Write a local factor down, as small as a product with a cotangent allows; numbers stay where they are."""
        if factor.made_by("broadcast_to") or (factor.made_by("masked") and uniform(factor.args[1]) == 1):
            factor = factor.args[0]
        if uniform(factor) is not None:
            return factor
        return self._write(self.namespace.derivative(str(v.name), str(u.name)), factor, "factor", v, u)

    def _pull(self, cotangents: dict[Node, Tensor], to: Collection[Node]) -> dict[Node, Tensor]:
        """Pull the cotangents of a step back to some of its inputs, and translate what comes out."""
        if not to:
            return {}
        pulled = {u: c for u, c in self.record.pull(cotangents).items() if u in to}
        self.expressions.translate(pulled.values(), self.namespace.constant)
        return pulled

    def _total(self, u: Node, terms: list[Term]) -> None:
        """Add up the cotangent of a step or input, and write it down."""
        e = self.expressions
        name = f"cotangent_{u.name}" if self.cotangent else self.namespace.derivative(str(self.root.name), str(u.name))
        parts = []
        for v, term in terms:
            node = e.nodes[term]
            if len(terms) > 2 and not node.name:
                node = self._write(f"{name}_via_{v.name}", node, "part", v, u)
            parts.append((node, term))
        node, total = parts[0]
        for other, term in parts[1:]:
            total = total + term
            node = e.call("add", node, other, value=total._value)
        if u in self.inputs.values() or uniform(node) != 1:  # a cotangent of ones is never written down
            node = self._write(name, node, "cotangent", self.root, u)
        e.assign(total, node)
        self._totals[u] = node, total

    def _write(self, name: str, node: Node, role: str, of: Node, by: Node) -> Node:
        """Add a backward step. What has a name already, or is part of the forward steps, gets an alias."""
        if node.name or node.op is None or node in self._written:
            node = self.expressions.alias(node)
        node.name = self.namespace.claim(name)
        self.backward.append(Step(node.name, node, role, of.name, by.name, self._places.get(of)))
        return node


def _local(outputs: list[Node], needed: Collection[Node]) -> Local:
    found = dict.fromkeys(reversed(list(written(outputs))))
    inputs = [u for u in reversed(found) if u.name and u in needed and is_inexact(u)]
    single = len(outputs) == 1 and outputs[0].dtype.kind == "f"
    return Local(outputs, inputs, {u for u in inputs if single and _is_written_as_factor(outputs[0], u)})


def _is_written_as_factor(v: Node, u: Node) -> bool:
    """Whether a local factor is one, and of the same dtype all along, so that nothing has to be cast or chosen."""
    plain = np.size(v.value) == 1 or all(n.dtype == v.dtype for n in dependents(v, u))
    return u.dtype == v.dtype and plain and is_factor(v, u)

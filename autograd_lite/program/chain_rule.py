"""The chain rule of a recorded graph, written step by step from the last to the first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core.backward import sweep
from autograd_lite.core.tape import observing
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops import table
from autograd_lite.program.expressions import (
    ARITHMETIC,
    Expressions,
    Node,
    count_uses,
    describe,
    is_cheap,
    is_output,
    reachable,
    uniform,
)
from autograd_lite.program.identifiers import identifier, unique_names
from autograd_lite.program.local import Local
from autograd_lite.program.naming import Names, NumbersInRules, Place
from autograd_lite.program.opaque import make_opaque
from autograd_lite.program.simplify import simplify

_DEEPEST = 8  # levels of calls and operators in the expression of a step


@dataclass(frozen=True)
class Step:
    """One line of a program.

    Attributes
    ----------
    name : str
    node : Node
        What the name stands for: an op whose arguments are other steps, inputs, constants and unnamed nodes.
    role : str
        "forward", "factor" (a local derivative ``d<of>_d<by>``), "part" (one of several terms of a cotangent),
        "shared" (what several backward steps use) or "cotangent" (``d<result>_d<by>``).
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
    title : str
        What the result is called if no variable holds it.
    result : Tensor
    leaves : dict from name to Tensor
    names : Names
        What the user's variables call the Tensors.
    arrays : dict from id to name, of constant arguments
    also : collection of Tensor
        What is to be a step though no variable holds it.

    Attributes
    ----------
    title : str
        What the program is called: as given, or the derivative's name where the function computes one.
    inputs : dict from name to Node
    root : Node
        The result.
    forward, backward : list of Step
    written : set of Node
        Those that the forward steps are made from.
    cotangent : Node or None
        The cotangent of the result, an input of the backward pass, where the result is not of size 1.
    """

    def __init__(
        self,
        title: str,
        result: Tensor,
        leaves: dict[str, Tensor],
        names: Names,
        arrays: dict[int, str],
        also: Collection[Tensor] = (),
    ) -> None:
        self.names = names
        self.arrays = arrays
        self._numbers = names.numbers()
        self.expressions = Expressions(simplify)
        self._last = max(t.serial for t in (result, *(d.node for d in names.decisions)))
        self.inputs = {name: self.expressions.leaf(tensor, name) for name, tensor in leaves.items()}
        self._translate([result, *(d.node for d in names.decisions)])
        self.root = self.expressions.nodes[result]
        self.forward: list[Step] = []
        self.backward: list[Step] = []
        self.cotangent: Node | None = None
        self._taken = set(leaves)
        self._numbered: dict[str, int] = {}
        self._places: dict[str, Place | None] = {}
        self._derivatives: dict[str, tuple[str, list[str]]] = {}
        self._also = {self.expressions.nodes[t] for t in also}
        self.title = self._title(title, result)
        self._name_forward(self.title)

    def _translate(self, tensors: Iterable[Tensor]) -> None:
        self.expressions.translate(tensors, self._constant_name, self._is_verbatim)

    def _is_verbatim(self, tensor: Tensor) -> bool:
        return tensor.serial <= self._last and tensor not in self.names.derived

    def _constant_name(self, tensor: Tensor, position: int, value: Any) -> str | None:
        name = self.names.constants.get((tensor, position))
        if not isinstance(value, np.ndarray):
            return identifier(name) if name in self._numbers and name is not None else None
        name = name or self.arrays.get(id(value)) or self.names.arrays.get(id(value), (None, None))[0]
        if name is None:
            return None
        self.arrays[id(value)] = name  # the rules that meet the same array call it the same
        return identifier(name)

    # Forward

    def _title(self, title: str, result: Tensor) -> str:
        """Return the name of the result: of the gradient of a function, the derivative's."""
        if result not in self.names.derivatives:
            return title
        root, x = self.names.derivatives[result]
        return self._differential(self._called(root) or self._title(title, root), self._called(x) or "x")

    def _called(self, tensor: Tensor) -> str | None:
        best = self.names.best(tensor)
        node = self.expressions.nodes.get(tensor)
        return (node.name if node else None) or (best[2] if best else None)

    def _differential(self, of: str, by: str) -> str:
        """Name the derivative of one value by another: ``derror_dbias``, and of a derivative ``d2error_dbias2``."""
        base, variables = self._derivatives.get(of, (of, []))
        variables = [*variables, by]
        powers = {v: variables.count(v) for v in variables}
        below = "_".join(f"d{v}{n}" if n > 1 else f"d{v}" for v, n in powers.items())
        name = f"d{len(variables)}{base}_{below}" if len(variables) > 1 else f"d{base}_{below}"
        self._derivatives[name] = base, variables
        return name

    def _name_forward(self, title: str) -> None:
        """Make a step of each value that has a name, is used twice, or feeds a nonlinear function."""
        tensors = self.expressions.tensors
        nodes = [n for n in reachable([self.root]) if n.op is not None and n in tensors]
        nodes.sort(key=lambda n: tensors[n][0].serial)
        users = {node: name for node in nodes if (name := self._users_name(node))}
        if self.root.op is not None and self.root not in users:
            users[self.root] = "result" if title in self.inputs or title in users.values() else title
        others = self._other_steps(nodes, users)
        taken = {*self.inputs, *(n.name for n in reachable([self.root]) if n.constant and n.name)}
        named = unique_names(users.items(), taken)
        named |= unique_names(others.items(), taken | set(named.values()) | table.keys())
        self._taken |= taken
        for node in (n for n in nodes if n in named):
            node.name = named[node]
            self._taken.add(node.name)
            if users.get(node) in self._derivatives:
                self._derivatives[node.name] = self._derivatives[users[node]]
            place = next((self.names.places[t] for t in tensors[node] if t in self.names.places), None)
            self._places[node.name] = place
            self.forward.append(Step(node.name, node, "forward", place=place))
        self.written = set(reachable([self.root]))

    def _other_steps(self, nodes: list[Node], users: dict[Node, str]) -> dict[Node, str]:
        """Return names for the nodes that no variable holds, and that are to be steps all the same."""
        chosen = dict(users)
        uses = count_uses(nodes)
        outputs = count_uses(n for n in nodes if is_output(n))
        depth: dict[Node, int] = {}
        for node in nodes:
            depth[node] = 1 + max((0 if p in chosen else depth.get(p, 0) for p in node.parents()), default=0)
            if node in chosen or isinstance(node.value, tuple):
                continue
            if is_output(node) and outputs[node.args[0]] > 1:
                chosen[node] = describe(node)
            elif node in self._also or (uses[node] > 1 and not is_cheap(node)) or depth[node] > _DEEPEST:
                chosen[node] = describe(node, chosen)
        for node in nodes:
            if node.op is not None and node.op.elementwise and node.op.name not in ARITHMETIC:
                for arg in node.args:
                    inexact = arg.dtype is not None and arg.dtype.kind in "fc"
                    if inexact and arg in depth and arg not in chosen and not _pointwise(arg, chosen):
                        name = describe(arg, chosen)
                        plain = name == (arg.op.name if arg.op else "")
                        chosen[arg] = f"pre_{users.get(node, node.op.name)}" if plain or node in users else name
        return {node: name for node, name in chosen.items() if node not in users}

    def _users_name(self, node: Node) -> str | None:
        tensors = self.expressions.tensors[node]
        best = min((best for t in tensors if (best := self.names.best(t))), default=None)
        if best:
            return best[2]
        for root, x in (self.names.derivatives[t] for t in tensors if t in self.names.derivatives):
            of, by = self._called(root), self._called(x)
            if of and by:
                return self._differential(of, by)
        return None

    # Backward

    def differentiate(self, wrt: Iterable[str]) -> dict[str, str]:
        """Write the backward steps; return the name of the gradient of each input, "" for none."""
        needed = self._dependents({self.inputs[name] for name in wrt})
        if self.root not in needed:
            return dict.fromkeys(wrt, "")
        tensors = self.expressions.tensors
        nodes = [n for n in (*self.inputs.values(), *(s.node for s in self.forward)) if n.dtype.kind in "fc"]
        self._stops = {t for n in nodes for t in tensors[n]}
        groups = [self._local(group, needed) for group in self._groups(needed)]
        consumers = dict.fromkeys(needed, 0)
        for local in groups:
            for u in local.inputs:
                consumers[u] += 1
        terms: dict[Node, list[tuple[Node, Tensor]]] = {}
        self.totals: dict[Node, tuple[Node, Tensor]] = {}
        self._seed()
        if self.root in self.inputs.values():  # the function returns its argument
            self._total(self.root, [(self.root, self.totals[self.root][1])])
        for local in reversed(groups):
            for u, term in self._terms(local):
                terms.setdefault(u, []).append((local.outputs[0], term))
            for u in local.inputs:
                consumers[u] -= 1
                if not consumers[u] and u in terms:
                    self._total(u, terms.pop(u))
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

    def _groups(self, needed: Collection[Node]) -> list[list[Node]]:
        """List the forward steps, each alone but for the outputs of one op."""
        groups: dict[Node, list[Node]] = {}
        for node in (s.node for s in self.forward if s.node in needed and s.node.dtype.kind in "fc"):
            groups.setdefault(node.args[0] if is_output(node) else node, []).append(node)
        return list(groups.values())

    def _local(self, outputs: list[Node], needed: Collection[Node]) -> Local:
        with self._stopping_before(outputs):
            return Local(self.expressions, outputs, self._stops, needed)

    @contextmanager
    def _stopping_before(self, outputs: list[Node]) -> Iterator[None]:
        own = {t for node in outputs for t in self.expressions.tensors[node]}
        self._stops -= own
        try:
            yield
        finally:
            self._stops |= own

    def _seed(self) -> None:
        """Start with the cotangent of the result: 1, or an input of the program where it is no number."""
        ones = Tensor(np.ones_like(self.root.value)[()], copy=False)
        if np.size(self.root.value) == 1 and np.isrealobj(self.root.value):
            node = self.expressions.assign(ones, self.expressions.constant(ones._value))
        else:
            node = self.cotangent = self.expressions.leaf(ones, self._unique("cotangent"))
        self.totals[self.root] = node, ones

    def _terms(self, local: Local) -> list[tuple[Node, Tensor]]:
        """Return the cotangent that a step passes to each of its inputs, and write the local factors down."""
        cotangents = {v: self.totals[v] for v in local.outputs if v in self.totals}
        if not cotangents:
            return []
        if len(local.outputs) > 1 or uniform(self.totals[local.outputs[0]][0]) is not None:
            return list(self._pull(local, {v: g for v, (_, g) in cotangents.items()}).items())
        (v,) = local.outputs
        g_node, g = self.totals[v]
        factors = self._pull(local, {v: self._ones(v)}) if local.separable else {}
        pulled = self._pull(local, {v: g}) if len(local.separable) < len(local.inputs) else {}
        terms = []
        for u in local.inputs:
            if u in factors and u in local.separable:
                factor = self._factor(v, u, self.expressions.nodes[factors[u]])
                term = g * factors[u]
                self.expressions.assign(term, self.expressions.call("multiply", g_node, factor, value=term._value))
                terms.append((u, term))
            elif u in pulled and u not in local.separable:
                terms.append((u, pulled[u]))
        return terms

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
        return self._write(self._differential(str(v.name), str(u.name)), factor, "factor", v.name, u.name)

    def _pull(self, local: Local, cotangents: dict[Node, Tensor]) -> dict[Node, Tensor]:
        """Pull the cotangents of a step back to its inputs, by the rules of its ops."""
        with self._stopping_before(local.outputs), observing(NumbersInRules(self.names)), np.errstate(all="ignore"):
            seeds = {self.expressions.tensors[v][0]: g for v, g in cotangents.items()}
            found = self._sweep(seeds)
        pulled: dict[Node, Tensor] = {}
        for tensor, c in found.items():
            u = self.expressions.nodes[tensor]
            if u in local.inputs:
                c = c if type(c) is Tensor else Tensor(c, copy=False)
                pulled[u] = pulled[u] + c if u in pulled else c
        self._translate(pulled.values())
        return {u: pulled[u] for u in local.inputs if u in pulled}

    def _sweep(self, seeds: dict[Tensor, Any]) -> dict[Tensor, Any]:
        while True:
            try:
                return sweep(seeds, self._stops)[0]
            except Exception as error:
                if not make_opaque(error):
                    raise

    def _total(self, u: Node, terms: list[tuple[Node, Tensor]]) -> None:
        """Add up the cotangent of a step or input, and write it down."""
        e = self.expressions
        name = f"cotangent_{u.name}" if self.cotangent else self._differential(str(self.root.name), str(u.name))
        parts = []
        for v, term in terms:
            node = e.nodes[term]
            if len(terms) > 2 and not node.name:
                node = self._write(f"{name}_via_{v.name}", node, "part", v.name, u.name)
            parts.append((node, term))
        node, total = parts[0]
        for other, term in parts[1:]:
            total = total + term
            node = e.call("add", node, other, value=total._value)
        if u in self.inputs.values() or uniform(node) != 1:  # a cotangent of ones is never written down
            node = self._write(name, node, "cotangent", self.root.name, u.name)
        e.assign(total, node)
        self.totals[u] = node, total

    def _write(self, name: str, node: Node, role: str, of: str | None, by: str | None) -> Node:
        """Add a backward step. What has a name already, or is part of the forward steps, gets an alias."""
        if node.name or node.op is None or node in self.written:
            node = self.expressions.alias(node)
        node.name = self._unique(name)
        place = self._places.get(str(of))
        self.backward.append(Step(node.name, node, role, of, by, place))
        return node

    def _unique(self, name: str) -> str:
        name = unique = identifier(name)
        while unique in self._taken:
            self._numbered[name] = self._numbered.get(name, 0) + 1
            unique = f"{name}_{self._numbered[name]}"
        self._taken.add(unique)
        return unique


def _pointwise(node: Node, chosen: Collection[Node]) -> bool:
    """Whether an unnamed expression is elementwise all the way down to steps, inputs and constants."""
    if node.op is None or node in chosen:
        return True
    return node.op.elementwise and all(_pointwise(arg, chosen) for arg in node.args)

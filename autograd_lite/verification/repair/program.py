"""The statements of the gradient program in the words of the hand gradient: ``dz1 = (dz2 @ W2.T) * (1 - h ** 2)``.

The program is the project's own, with every value a step. A statement for one of its values is that step's expression,
in which whatever the scope holds stands by its name there, and the rest is written out.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.versions import inputs_of
from autograd_lite.numerical import quiet
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node, reachable
from autograd_lite.program.recording import Recording
from autograd_lite.program.trace import Program, build
from autograd_lite.verification.point import Point, record
from autograd_lite.verification.problem import Setting
from autograd_lite.verification.repair.known import Lookup, fingerprint, is_filled, same, words
from autograd_lite.verification.repair.scope import Proposal, Scope, Wanted
from autograd_lite.verification.repair.spelling import NotInScopeError, spelt
from autograd_lite.verification.repair.syntax import parsed
from autograd_lite.verification.repair.values import NAMED, SIMPLE
from autograd_lite.verification.repair.values import expressions as expressions_by_value
from autograd_lite.verification.repair.writing import tokens

_VARIANTS = 4  # with something written out that the scope holds
_AS_NUMBER = 8  # tokens: how unlikely a number is for which there is a name or a length
_LONGEST_TEXT = 40
_TELLING = 3  # elements that are alike by no chance
_ROOM = 6  # elementwise steps that people take at once
_MULTIPLY = table["multiply"]
_STYLES = ("d{}", "grad_{}", "{}_grad", "d_{}", "g_{}", "dL_d{}", "dloss_d{}", "delta_{}")

Row = tuple[int, Sequence[int]] | None
"""Which row of arrays is at work, and how many rows these have at each point."""


class Translation:
    """The gradient program of a function, and its statements in other words.

    Parameters
    ----------
    settings : Setting, or sequence of them
        One for all points, or one for each: the data may differ, and its lengths.
    points : sequence of Point
        Where the function takes another path than at the first, a point is left out.

    Attributes
    ----------
    count : int
        How many points there are: all values are at these.
    """

    def __init__(self, settings: Setting | Sequence[Setting], points: Sequence[Point]) -> None:
        each = [settings] * len(points) if isinstance(settings, Setting) else settings
        first, *others = (_Evaluated(setting, point) for setting, point in zip(each, points, strict=True))
        held = [first, *(x for x in others if x.structure == first.structure)]
        self.count = len(held)
        self._program, self._names, self._nodes = first.program, first.names, first.nodes
        self._tensors = _alongside(first.result, points[0].result)
        self._values = {node: [x.values[i] for x in held] for i, node in enumerate(first.nodes)}
        self._lookups: dict[Scope, Lookup] = {}
        self._factors: dict[Node, str] = {}
        self._made: dict[Any, str | None] = {}
        self._words = [*words(each[0].problem.f), *words(each[0].problem.hand)]

    # --- what the values are

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {step.name: step.node for step in self._program.forward} | self._program.inputs

    @cached_property
    def _called(self) -> dict[Node, str]:
        """What the user calls the inputs and the values of the forward pass."""
        tensors, inputs = self._program.tensors, set(self._program.inputs.values())
        is_users = {n: n in inputs or any(self._names.best(t) for t in tensors.get(n, ())) for n in self._nodes}
        return {node: name for name, node in self._by_name.items() if is_users.get(node)}

    @cached_property
    def _derivatives(self) -> dict[Node, tuple[Node | None, Node]]:
        """Which value's derivative, None for the result's, with respect to which a step is."""
        found: dict[Node, tuple[Node | None, Node]] = {}
        for node in self._nodes:
            if node.name is not None and node.name == self._program.cotangent:
                found[node] = None, self._by_name[self._program.result]
        for step in self._program.backward:
            if step.role in ("cotangent", "factor"):
                of = self._by_name[str(step.of)] if step.role == "factor" else None
                found[step.node] = of, self._by_name[str(step.by)]
        return found

    @cached_property
    def _chains(self) -> dict[Node, list[Node]]:
        """The derivatives of the result of which another one is a product with a factor, the farthest on first.

        It is where each value between the two is used by the next alone, element by element.
        """
        users: dict[Node, list[Node]] = {}
        for node in self._by_name.values():
            for arg in dict.fromkeys(node.parents()):
                users.setdefault(arg, []).append(node)
        totals = {x: node for node, (of, x) in self._derivatives.items() if of is None}
        found: dict[Node, list[Node]] = {}
        for x, node in totals.items():
            on, chain = x, found.setdefault(node, [])
            while len(users.get(on, ())) == 1 and len(chain) < _ROOM:
                [on] = users[on]
                if on.op is None or not on.op.elementwise or on.shape != x.shape or on not in totals:
                    break
                chain.insert(0, totals[on])
        return found

    @cached_property
    def _places(self) -> dict[Wanted, tuple[Node, Row]]:
        found: dict[Wanted, tuple[Node, Row]] = {}
        for node in dict.fromkeys([*self._by_name.values(), *self._derivatives]):
            values = self._values[node]
            if any(isinstance(value, tuple) for value in values):
                continue
            of, x = self._derivatives.get(node, (None, node))
            is_cotangent = node in self._derivatives and of is None
            tensor = None if of else self._tensor(x)
            text = self._text(x)
            if node in self._derivatives:
                text = f"the derivative of {self._text(of) if of else 'the result'} with respect to {text}"
            found[Wanted(values, text, tensor, is_cotangent)] = node, None
            if all(np.ndim(value) and len(value) > 1 for value in values):
                for place, index in (("first", 0), ("last", -1)):
                    row = index, [len(value) for value in values]
                    rows = Wanted(_rows(values, row), f"the {place} row of {text}", tensor, is_cotangent)
                    found[rows] = node, row
        return found

    def wanted(self) -> Sequence[Wanted]:
        """List what a statement may be expected to hold: each value of the program, forward and backward."""
        return list(self._places)

    def _tensor(self, node: Node) -> Tensor | None:
        return next((self._tensors[t] for t in self._program.tensors.get(node, ()) if t in self._tensors), None)

    def _text(self, node: Node) -> str:
        """Return a value in the words of the function: the user's name for it, or the expression of such names."""
        if node in self._called:  # by the user's name, which is that of all turns of a loop
            own = (self._names.name_of(t) for t in self._program.tensors.get(node, ()))
            return next(filter(None, own), self._called[node])
        try:
            text = ast.unparse(spelt(node, self._word)[0])
        except NotInScopeError:
            text = ""
        return text if 0 < len(text) <= _LONGEST_TEXT else str(node.name)

    def _word(self, node: Node) -> str | None:
        return self._called.get(node) or (node.name if node.op is None else None)

    # --- in a scope

    def statements(self, scope: Scope, wanted: Wanted) -> Iterator[Proposal]:
        """Yield expressions for a value in names of the scope, each checked at all points, the likely ones first."""
        lookup = self._lookup(scope)
        values = wanted.values[: lookup.count]
        for path in lookup.find(values)[:2]:
            yield Proposal(parsed(path.text), wanted.text)
        place = self._places.get(wanted) or self._holding(values)
        if place is None:
            return
        found: dict[str, tuple[float, int, ast.expr]] = {}
        for weight, tree in self._variants(*place, lookup):
            found.setdefault(ast.unparse(tree), (weight, len(tokens(ast.unparse(tree))), tree))
        for weight, _, tree in sorted(found.values(), key=lambda x: x[:2]):
            if same(lookup.scope.evaluate(tree), values):
                yield Proposal(tree, wanted.text, weight)

    def _lookup(self, scope: Scope) -> Lookup:
        if scope not in self._lookups:
            some = Scope(scope.locals[: self.count], scope.fixed, scope.functions)
            self._lookups[scope] = Lookup(some, self._words)
        return self._lookups[scope]

    def _holding(self, values: Sequence[Any]) -> tuple[Node, Row] | None:
        return next((place for other, place in self._places.items() if same(values, other.values)), None)

    def _variants(self, node: Node, row: Row, lookup: Lookup) -> Iterator[tuple[float, ast.expr]]:
        """Yield the expression of a node with all that the scope holds by its name, and with something written out.

        Each comes with how unlikely it is, in tokens.
        """
        pending: list[tuple[bool, Collection[Node]]] = [(True, ()), (False, ())]
        for chained, without in pending:

            def find(part: Node, chained: bool = chained, without: Collection[Node] = without) -> Node | str | None:
                text = None if part in without or part is node else self._find(part, row, lookup)
                return text or (self._chained(part, row, lookup) if chained else None)

            try:
                tree, held = spelt(node, find, lookup.numpy, rows=row is not None)
            except NotInScopeError:
                continue
            is_number = any(part.constant for part in without)
            yield _AS_NUMBER if is_number else 0, tree
            if chained and not without:
                numbers = [part for part in held if part.constant and not part.name]
                inner = [part for part in held if part.op is not None]
                pending += [(True, [part]) for part in inner[:_VARIANTS]]
                pending += [(True, numbers)] if numbers else []

    def _chained(self, node: Node, row: Row, lookup: Lookup) -> Node | None:
        """Return a derivative as a product with a factor that can be written at once, where there is one."""
        for total in self._chains.get(node, ()):
            pairs = zip(_rows(self._values[node], row), _rows(self._values[total], row), strict=True)
            values = [_quotient(a, b) for a, b in pairs]
            if all(is_filled(value[np.isfinite(value)]) for value in values):
                continue
            text = self._simple(lookup, values, self._called.get(self._derivatives[node][1], ""), factor=True)
            if text:
                factor = Node(None, (), {}, np.ones_like(node.value)[()])
                self._factors[factor] = text
                return Node(_MULTIPLY, (total, factor), {}, node.value)
        return None

    def _find(self, node: Node, row: Row, lookup: Lookup) -> str | None:
        """Return what holds the value of a node in a scope: that of the row of it where one row is at work."""
        if node in self._factors:
            return self._factors[node]
        values = self._values[node]
        if any(isinstance(value, tuple) for value in values):
            return None
        _, x = self._derivatives.get(node, (None, node))
        called = self._called.get(x) or str(node.name or "")
        rows = lookup.find(_rows(values, row), called) if row is not None else []
        found = rows or lookup.find(values, called)
        if found:
            return found[0].text
        if node.constant and np.ndim(node.value):  # data, changed by a step that needed no record
            made = next(expressions_by_value(lookup.scope, Wanted(values, called)), None)
            return None if made is None else ast.unparse(made.tree)
        return self._simple(lookup, values, called) if node in self._derivatives else None

    def _simple(self, lookup: Lookup, values: Sequence[Any], called: str, *, factor: bool = False) -> str | None:
        """Return a name by a number that has one, of some values, or a function of one that is a factor like these."""
        key = (lookup, called, factor, *map(fingerprint, values))
        if key not in self._made and (factor or np.size(values[0]) >= _TELLING):
            wanted, longest = Wanted(values, called), SIMPLE if factor else NAMED
            found = expressions_by_value(lookup.scope, wanted, 1, broadcast=factor, longest=longest)
            self._made[key] = next((ast.unparse(proposal.tree) for proposal in found), None)
        return self._made.get(key)

    # --- several statements

    def program(self, scope: Scope, wrt: str) -> Iterator[list[tuple[str, ast.expr]]]:
        """Yield statements, as names and expressions, that lead from what the scope holds to a gradient.

        First with a statement for the derivative with respect to each variable on the way, then with one alone.
        """
        name = self._program.gradients.get(wrt)
        last = next((step.node for step in self._program.backward if step.name == name), None)
        if last is None:
            return
        cotangents = [n for n in reachable([last]) if n in self._derivatives and n is not last and n.op is not None]
        named = [n for n in cotangents if self._derivatives[n][0] is None and self._derivatives[n][1] in self._called]
        for nodes in ([*named, last], [last]) if named else ([last],):
            found = self._in_steps(nodes, scope)
            if found:
                yield found

    def _in_steps(self, nodes: Sequence[Node], scope: Scope) -> list[tuple[str, ast.expr]]:
        found: list[tuple[str, ast.expr]] = []
        style = self._style(scope)
        for node in nodes:
            values = self._values[node]
            if node is not nodes[-1] and self._lookup(scope).find(values):
                continue
            tree = next((p.tree for p in self.statements(scope, Wanted(values, ""))), None)
            if tree is not None:
                name = style.format(self._called[self._derivatives[node][1]])
                found.append((name, tree))
                held = zip(scope.locals, values, strict=False)
                scope = Scope([{**variables, name: value} for variables, value in held], scope.fixed, scope.functions)
            elif node is nodes[-1]:
                return []
        return found

    def _style(self, scope: Scope) -> str:
        """Return how the hand calls derivatives."""
        used = {
            style: sum(style.format(name) in scope.locals[0] for name in self._called.values()) for style in _STYLES
        }
        return Counter(used).most_common(1)[0][0]


class _Evaluated:
    """The program of a function, and its values, at one point."""

    def __init__(self, setting: Setting, point: Point) -> None:
        with quiet():
            self.result, leaves, self.names = record(setting, point.values, constants=True)
            named = dict(zip(setting.leaf_names, leaves, strict=True))
            title = setting.problem.name if setting.problem.name.isidentifier() else "result"
            recording = Recording(self.result, self.names)
            self.program: Program = build(title, recording, named, list(named), {}, detailed=True)
        inputs = self.program.inputs.values()
        self.nodes = reachable([*inputs, *(step.node for step in self.program.steps)])
        self.values = [node.value for node in self.nodes]
        seed = next((n for n in self.nodes if n.name is not None and n.name == self.program.cotangent), None)
        if seed is not None and setting.cotangent is None:
            seed.name, seed.constant = None, True  # it is 1
        elif seed is not None:
            given = dict(zip(inputs, point.values, strict=True)) | {seed: setting.cotangent}
            self.values = _evaluated(self.nodes, given)

    @property
    def structure(self) -> list[Any]:
        """What is the same at points that have the same path through the function."""
        place = {node: i for i, node in enumerate(self.nodes)}
        return [(node.op, node.name, *(place[arg] for arg in node.args)) for node in self.nodes]


def _alongside(ours: Any, theirs: Any) -> dict[Tensor, Tensor]:
    """Return which Tensor of another record of the same call each of ours is."""
    found: dict[Tensor, Tensor] = {}
    pending = [(ours, theirs)]
    while pending:
        a, b = pending.pop()
        if type(a) is Tensor and type(b) is Tensor and a not in found:
            found[a] = b
            pending += zip(inputs_of(a), inputs_of(b), strict=False)
    return found


def _evaluated(nodes: Collection[Node], given: Mapping[Node, Any]) -> list[Any]:
    """Return the value of each node where some of them have other values; those come first that others need."""
    found = dict(given)
    with quiet():
        for node in nodes:
            if node in found or node.op is None:
                found.setdefault(node, node.value)
                continue
            params = node.params
            if params:
                held, rebuild = trees.flatten(params)
                params = rebuild([found[p] if isinstance(p, Node) else p for p in held])
            value = node.op.compute(*(found[arg] for arg in node.args), **params)
            narrow = not isinstance(value, tuple) and np.shape(value) != node.shape  # of a factor that was kept small
            found[node] = np.broadcast_to(value, node.shape) if narrow else value
    return [found[node] for node in nodes]


def _rows(values: Sequence[Any], row: Row) -> Sequence[Any]:
    """Return a row of values, of those that have as many as the one at work."""
    if row is None or any(not np.ndim(x) or len(x) != n for x, n in zip(values, row[1], strict=True)):
        return values
    return [value[row[0]] for value in values]


def _quotient(a: Any, b: Any) -> Any:
    """Return a quotient element by element, NaN for a division by 0."""
    with np.errstate(all="ignore"):
        return np.where(b != 0, np.divide(a, b), np.nan)

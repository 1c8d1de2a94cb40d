"""The counterfactual backward pass: a recorded sweep, replayed with one edit, in values or in what an edge passes.

The backward pass is linear in the cotangents. So one pass of tangents along a random direction tells of every edge at
once how much a change there would change the gradient along that direction: an edit that does not fit is dismissed for
the price of one inner product, and only those that fit are replayed in full.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.backward import plus, seed, sweep
from autograd_lite.core.op import alias, op_of
from autograd_lite.core.shapes import broadcasts_to, unbroadcast
from autograd_lite.core.tape import Observer, Rule, observing
from autograd_lite.core.tensor import Tensor, raw, raw_params
from autograd_lite.core.toposort import order
from autograd_lite.verification.budget import NUMBERS_PER_OP, Budget
from autograd_lite.verification.diagnosis.wording import Wording
from autograd_lite.verification.point import Point
from autograd_lite.verification.roles import Roles

Change = Callable[["Replay", Any], Any]
"""From a replay and a cotangent to what is passed on instead."""
Values = Sequence[Any] | Mapping[int, Any]
"""What nodes hold, by their places."""


class Replay(Wording):
    """The record of a function at one point, to be swept again with edits; nodes go by their place, newest first.

    Attributes
    ----------
    nodes : list of Tensor
    values : list of array
        What the nodes hold.
    out : list of list of (position, place of the input, rule)
        Along which edges each node passes its cotangent on.
    into : list of list of (place of the node, position)
        Along which edges each node gets its cotangent.
    totals : list of array or None
        The cotangent of each node.
    passed : dict from (place of the node, position) to array
        What each edge passes.
    leaves : list of int or None
        Where the differentiated arrays are; None for those that the result does not depend on.
    true : list of array
        The gradient.
    """

    def __init__(self, point: Point, budget: Budget | None = None) -> None:
        self.budget = budget
        if point.result is None:
            raise ValueError("nothing was recorded")
        super().__init__(order([point.result])[0], point.names, point.assignments)
        self.point = point
        self._constants: Mapping[tuple[int, int], Any] = {}
        self.values: Sequence[Any] = [node._value for node in self.nodes]
        self.params = [raw_params(node.params) for node in self.nodes]
        self.out: list[list[tuple[int, int, Rule]]] = []
        self.into: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        for k, node in enumerate(self.nodes):
            rules = node.op.edges_for(len(node.inputs)) if node.op is not None else ()
            edges = [(i, self.index[node.inputs[i]], rule) for i, rule in rules if type(node.inputs[i]) is Tensor]
            self.out.append(edges)
            for i, j, _ in edges:
                self.into[j].append((k, i))
        self.leaves = [self.index.get(leaf) for leaf in point.leaves]
        self.start = seed(point.result) if point.cotangent is None else point.cotangent
        self.passed: dict[tuple[int, int], Any] = {}
        self.totals = self._sweep({0: self.start}, passed=self.passed)
        self.true = self._gradient(self.totals)

    def _spend(self, k: int) -> None:
        """Count what computing with a node costs."""
        if self.budget is not None:
            self.budget.left -= self._costs[k]

    @cached_property
    def _costs(self) -> list[int]:
        held = [trees.flatten([node._value, *map(raw, node.inputs)])[0] for node in self.nodes]
        return [NUMBERS_PER_OP + sum(map(np.size, arrays)) for arrays in held]

    def like(self, other: Replay) -> bool:
        """Whether another record has the same nodes in the same order, so that places mean the same."""
        return len(self.nodes) == len(other.nodes) and all(
            self.op(k) == other.op(k) and _shape(u) == _shape(v) and len(a.inputs) == len(b.inputs)
            for k, (a, b, u, v) in enumerate(zip(self.nodes, other.nodes, self.values, other.values, strict=True))
        )

    def inputs(self, k: int, values: Values | None = None) -> list[Any]:
        """Return the values of a node's inputs."""
        values = self.values if values is None else values
        found = [values[self.index[x]] if type(x) is Tensor else raw(x) for x in self.nodes[k].inputs]
        for i in range(len(found)) if self._constants else ():
            found[i] = self._constants.get((k, i), found[i])
        return found

    def rule(self, k: int, i: int, g: Any, *, z: Any = None, swaps: Mapping[int, Any] | None = None) -> Any:
        """Return what a node passes to its input ``i``, with other values put in the place of its own."""
        inputs = self.inputs(k)
        for position, value in (swaps or {}).items():
            inputs[position] = value
        rule = next(rule for position, _, rule in self.out[k] if position == i)
        self._spend(k)
        return rule(g, self.values[k] if z is None else z, *inputs, **self.params[k])

    def fit(self, c: Any, j: int) -> Any:
        """Return a cotangent in the shape of its node, broadcasting undone; raise ValueError where it has another."""
        shape = np.shape(self.values[j])
        given = np.shape(c)
        if given != shape:
            if not broadcasts_to(shape, given):
                raise ValueError(f"a cotangent of shape {given} for a value of shape {shape}")
            c = unbroadcast(np.asarray(c) if type(c) is not Tensor else c, shape)
        if type(c) is Tensor:
            return c
        if np.iscomplexobj(c) and not np.iscomplexobj(self.values[j]):
            c = np.real(c)
        return np.asarray(c)[()]

    def pull(self, j: int, change: Any) -> list[Any]:
        """Return by how much the gradient changes where the cotangent of one node does."""
        return self._gradient(self._sweep({j: change}))

    def backward(
        self,
        cut: Collection[tuple[int, int]] = (),
        added: Mapping[int, Sequence[tuple[int, Change]]] | None = None,
        totals: Mapping[int, Change] | None = None,
        values: Values | None = None,
    ) -> list[Any]:
        """Sweep with edits.

        Parameters
        ----------
        cut : collection of (place, position)
            Edges that pass nothing.
        added : mapping from place to list of (place, Change)
            What a node passes besides, and where to, from its cotangent.
        totals : mapping from place to Change
            The cotangent of a node, from what it would be.
        values : sequence of array
            Values in the place of the recorded ones.

        Returns
        -------
        list of array : the gradient by each leaf
        """
        return self._gradient(self._sweep({0: self.start}, cut, added, totals, values))

    def forward(
        self,
        nodes: Mapping[int, Any] | None = None,
        inputs: Mapping[tuple[int, int], Any] | None = None,
        params: Mapping[int, dict[str, Any]] | None = None,
        ops: Mapping[int, Callable[..., Any]] | None = None,
    ) -> list[Any]:
        """Return what the nodes would hold with some values, constant inputs, parameters or ops replaced."""
        nodes, inputs, params, ops = nodes or {}, inputs or {}, params or {}, ops or {}
        values = list(self.values)
        dirty: set[int] = set()
        edited = {k for k, _ in inputs} | set(params) | set(ops)
        for k in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[k]
            if k in nodes:
                values[k] = nodes[k]
                dirty.add(k)
            elif node.op is not None and (
                k in edited or any(type(x) is Tensor and self.index[x] in dirty for x in node.inputs)
            ):
                taken = self.inputs(k, values)
                for i in range(len(taken)):
                    taken[i] = inputs.get((k, i), taken[i])
                compute = ops.get(k, op_of(node).compute)
                self._spend(k)
                values[k] = compute(*taken, **{**self.params[k], **params.get(k, {})})
                dirty.add(k)
        return values

    @contextmanager
    def replacing(
        self, inputs: Mapping[tuple[int, int], Any], params: Mapping[int, dict[str, Any]] | None = None
    ) -> Iterator[None]:
        """Let rules see other constants and parameters while the block runs."""
        before = self._constants, self.params
        self._constants = inputs
        self.params = list(self.params)
        for k, changed in (params or {}).items():
            self.params[k] = {**self.params[k], **changed}
        try:
            yield
        finally:
            self._constants, self.params = before

    def _sweep(
        self,
        given: Mapping[int, Any],
        cut: Collection[tuple[int, int]] = (),
        added: Mapping[int, Sequence[tuple[int, Change]]] | None = None,
        totals: Mapping[int, Change] | None = None,
        values: Values | None = None,
        passed: dict[tuple[int, int], Any] | None = None,
    ) -> list[Any]:
        found: list[Any] = [None] * len(self.nodes)
        for k, g in given.items():
            found[k] = g
        for k in range(min(given), len(self.nodes)):
            g = found[k]
            if totals and k in totals:
                g = found[k] = self.fit(totals[k](self, g), k)
            if g is None or not self.out[k]:
                continue
            args = (self.values if values is None else values)[k], *self.inputs(k, values)
            for i, j, rule in self.out[k]:
                if (k, i) in cut:
                    continue
                self._spend(k)
                c = rule(g, *args, **self.params[k])
                c = self.fit(c, j) if not isinstance(c, tuple) else c
                if passed is not None:
                    passed[k, i] = c
                found[j] = plus(found[j], c)
            for j, change in added.get(k, ()) if added else ():
                found[j] = plus(found[j], self.fit(change(self, g), j))
        return found

    def _gradient(self, totals: Sequence[Any]) -> list[Any]:
        return [
            np.zeros_like(leaf._value) if k is None or totals[k] is None else totals[k]
            for k, leaf in zip(self.leaves, self.point.leaves, strict=True)
        ]

    def tangents(self, directions: Sequence[Mapping[int, Any]]) -> list[Any]:
        """Return, for each node, how it moves along directions of the leaves: an array (directions, size).

        The sweep is recorded as a function of the cotangents, and pulled back itself: no rule but the ops' own is used.
        """
        totals: list[Any] = [None] * len(self.nodes)
        totals[0] = alias(Tensor(self.start, copy=False))
        for k in range(len(self.nodes)):
            if totals[k] is None:
                continue
            g = totals[k]
            if not isinstance(g, tuple):
                g = totals[k] = alias(g)
            args = self.values[k], *self.inputs(k)
            for _, j, rule in self.out[k]:
                c = rule(g, *args, **self.params[k])
                totals[j] = plus(totals[j], c if isinstance(c, tuple) else self.fit(c, j))
        rows: list[list[Any]] = [[] for _ in self.nodes]
        for direction in directions:
            ends = {totals[place]: r for leaf, r in direction.items() if (place := self.leaves[leaf]) is not None}
            sums = _Sums(ends)
            if ends:
                with observing(sums):
                    sweep(ends)
            for k, total in enumerate(totals):
                if isinstance(self.values[k], tuple):
                    continue  # edits are made where its parts are used
                moved = sums.found.get(total) if total is not None else None
                rows[k].append(np.ravel(moved) if moved is not None else np.zeros(np.size(self.values[k])))
        return [np.array(r) for r in rows]

    @cached_property
    def below(self) -> list[frozenset[int]]:
        """For each node, the differentiated arrays that it depends on."""
        below: list[frozenset[int]] = [frozenset()] * len(self.nodes)
        for leaf, k in enumerate(self.leaves):
            if k is not None:
                below[k] = frozenset((leaf,))
        for k in reversed(range(len(self.nodes))):
            for _, j, _ in self.out[k]:
                below[k] |= below[j]
        return below

    @cached_property
    def confirmed(self) -> set[int]:
        """The nodes whose cotangent the hand gradient holds, rightly so, in the variable that means it.

        Without those that lead to a gradient that is right as well: there it can be one use alone that is wrong.
        """
        sound = [False] * len(self.nodes)
        for k, hand, true in zip(self.leaves, self.point.hand, self.true, strict=True):
            if k is not None:
                sound[k] = np.shape(hand) == np.shape(true) and np.allclose(hand, true, rtol=1e-9, atol=0)
        for k in reversed(range(len(self.nodes))):
            sound[k] = sound[k] or any(sound[j] for _, j, _ in self.out[k])
        meanings = Roles(self.point)
        values: dict[str, list[Any]] = {}
        for a in self.assignments:
            values.setdefault(a.name, []).append(a.value)
        found: set[int] = set()
        for name, held in values.items():
            meaning = meanings.of(name)
            if meaning is None or not meaning.derivative:
                continue
            nodes = [k for t in meaning.tensors if t.op and (k := self.index.get(t)) is not None and not sound[k]]
            if any(self._is_total(k, held[-1]) for k in nodes):  # else it was spoilt later
                found |= {k for k in nodes if any(self._is_total(k, value) for value in held)}
        return found

    def _is_total(self, k: int, value: Any) -> bool:
        total = self.totals[k]
        return (
            total is not None
            and not isinstance(total, tuple)
            and np.shape(value) == np.shape(total)
            and bool(np.allclose(value, total, rtol=1e-9, atol=1e-12 * np.max(np.abs(total), initial=0.0)))
        )

    @cached_property
    def narrow(self) -> set[int]:
        """The nodes that everything passes through on its way back from the result."""
        found: set[int] = set()
        open_until = 0  # how far down edges of newer nodes reach
        for k in range(len(self.nodes)):
            if self.totals[k] is None:
                continue
            if open_until <= k:
                found.add(k)
            open_until = max([open_until, *(j for _, j, _ in self.out[k])])
        return found

    @cached_property
    def same_shape(self) -> dict[tuple[int, ...], list[int]]:
        """The nodes of each shape; one of each variable's values first."""
        found: dict[tuple[int, ...], list[int]] = {}
        for k, value in enumerate(self.values):
            if not isinstance(value, tuple) and np.asarray(value).dtype.kind in "fc":
                found.setdefault(np.shape(value), []).append(k)
        return found

    @cached_property
    def constant_arrays(self) -> list[tuple[str, int, int]]:
        """The named constants among the inputs: (name, place, position)."""
        found: dict[str, tuple[str, int, int]] = {}
        for (node, i), name in self.names.constants.items():
            if node in self.index:
                found.setdefault(name, (name, self.index[node], i))
        return list(found.values())


def _shape(value: Any) -> Any:
    """Return the shape of a value, or those of several."""
    return tuple(np.shape(v) for v in value) if isinstance(value, tuple) else np.shape(value)


class _Sums(Observer[Tensor]):
    """An observer that sums what a sweep passes to each Tensor."""

    def __init__(self, ends: Mapping[Tensor, Any]) -> None:
        self.found: dict[Tensor, Any] = dict(ends)

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> Any:
        """Add what is passed."""
        self.found[x] = plus(self.found.get(x), cotangent)
        return cotangent

"""The split: which values are computed block by block along the rows, in how many loops, and what is kept between them.

Along its rows a value is *whole* (it is computed once), *split* (its rows depend on the same rows of its inputs) or
*partial* (a sum over the rows, or another reduction, that is still to be completed). What each op does with an axis,
its labels say. A loop has a number, its phase: what depends on a partial value has to wait for the end of its loop.

Where the rows lie *apart*, in the chunks of an array that no process holds, nothing but partial values comes out of a
loop: each computes again from the arguments what it needs, and a last one gives the rows that the function returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.compiled.sizes import Sized, counting, numbering
from autograd_lite.core import trees
from autograd_lite.core.labels import Label, Labels, Numbers, labels_of
from autograd_lite.core.op import Op
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node, is_range, map_nodes


@dataclass(frozen=True)
class Cut:
    """How an op runs on a block: the label of the rows, and the labels of its axes.

    Attributes
    ----------
    labels : Labels
    label : Label
    """

    labels: Labels
    label: Label

    def axis_of(self, position: int) -> int | None:
        """Return the axis along which an input is cut; None where it is whole."""
        return _place(self.labels.inputs[position], self.label)

    def numbers(self, position: int) -> bool:
        """Whether an input numbers the rows that are cut: it counts from 0 in each block."""
        return position in self.labels.numbers and self.axis_of(position) is not None

    @property
    def axis(self) -> int | None:
        """The axis of the output that the rows are; None where the result is partial."""
        return _place(self.labels.output, self.label)


def _place(axes: tuple[Any, ...], label: Label) -> int | None:
    return axes.index(label) if label in axes else None


@dataclass
class Split:
    """The plan of a graph.

    Attributes
    ----------
    cuts : dict from Node to Cut
        Of those values that are split or partial; all others are whole.
    phases : dict from Node to int
        The loop that computes a value; of a whole one, the loop before which it is there.
    loops : list of list of Node
        What each loop computes, in order. A value may be computed again in a later one.
    stored : set of Node
        Split values that are kept as whole arrays.
    stores : list of list of Node
        Those that each loop fills.
    """

    cuts: dict[Node, Cut] = field(default_factory=dict)
    phases: dict[Node, int] = field(default_factory=dict)
    loops: list[list[Node]] = field(default_factory=list)
    stored: set[Node] = field(default_factory=set)
    stores: list[list[Node]] = field(default_factory=list)

    def is_split(self, node: Node) -> bool:
        """Whether each row of a value depends on the same row of its inputs."""
        return node in self.cuts and self.cuts[node].axis is not None

    def parents(self, node: Node) -> list[Node]:
        """List what a value is computed from: in a loop not what numbers the rows, which is counted in each block."""
        cut = self.cuts.get(node)
        numbers = [x for i, x in enumerate(inputs_of(node)) if cut.numbers(i)] if cut and cut.labels.numbers else []
        return [parent for parent in node.parents() if parent in node.args or parent not in numbers]

    def needed(self, nodes: Iterable[Node]) -> set[Node]:
        """Return some values and all that they are computed from."""
        pending = list(nodes)
        found = set(pending)
        while pending:
            new = set(self.parents(pending.pop())) - found
            found |= new
            pending += new
        return found

    def is_partial(self, node: Node) -> bool:
        """Whether a value is complete only behind the loop."""
        return node in self.cuts and self.cuts[node].axis is None


def split(sized: Sized, apart: bool = False) -> Split:
    """Plan a graph along its rows; where these lie apart, as rounds over their chunks.

    Raises
    ------
    ApartError
        Where they lie apart, and an op needs all of them at once.
    """
    plan = Split()
    nodes = sized.graph.nodes
    for node in nodes:
        cut = None if node.op is None else _cut(node, node.op, plan, sized.axes, apart)
        if cut is not None:
            plan.cuts[node] = cut
        elif apart and _needs_all_rows(node, sized):
            raise ApartError(node)
        plan.phases[node] = max((_ready(parent, cut, plan) for parent in plan.parents(node)), default=0)
        if cut is None:
            plan.stored.update(parent for parent in node.parents() if plan.is_split(parent))
    plan.stored.update(node for node in sized.graph.outputs if plan.is_split(node))
    fill = _fill_rounds if apart else _fill_loops
    fill(plan, nodes)
    return plan


class ApartError(Exception):
    """An op needs all rows at once, or makes an array of as many.

    Attributes
    ----------
    node : Node
    """

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.node = node


def _needs_all_rows(node: Node, sized: Sized) -> bool:
    """Whether something that is computed whole is made of rows, or has some; the numbers of rows are known anywhere."""
    if node.op is None or numbers_rows(node):
        return False
    return any(bool(sized.axes.get(x)) for x in (node, *node.parents()))


def _ready(parent: Node, cut: Cut | None, plan: Split) -> int:
    """Return the first phase in which a value can be used."""
    waits = plan.is_partial(parent) or (cut is None and plan.is_split(parent))
    return plan.phases[parent] + waits


def _cut(node: Node, op: Op, plan: Split, rows: dict[Node, tuple[int, ...]], apart: bool) -> Cut | None:
    """Return how an op is run on blocks; None where it is run whole."""
    parents = dict(enumerate(inputs_of(node)))
    if isinstance(node.value, tuple) or any(isinstance(parent.value, tuple) for parent in parents.values()):
        return None
    split_along = {i: plan.cuts[parent].axis for i, parent in parents.items() if plan.is_split(parent)}
    if apart:  # no process has all rows of an argument: it is split as what is computed is
        given = {i: rows[parent] for i, parent in parents.items() if i not in split_along and rows.get(parent)}
        split_along |= {i: axes[0] for i, axes in given.items()}
    if not split_along and _is_view(node) and not apart:
        return None
    held = map_nodes(lambda p: p.value.view(Numbers) if numbers_rows(p) else p.value, node.params)
    labels = labels_of(op, [x.value for x in node.args], held, np.shape(node.value))
    options = {labels.inputs[i][axis] for i, axis in split_along.items() if axis is not None}
    if not options:
        inside = {labels.inputs[i][axis] for i, parent in parents.items() for axis in rows.get(parent, ())}
        outside = {labels.output[i] for i in rows[node]}
        options = set(sorted((outside & inside or outside or inside) - {None}, key=repr)[:1])
    if len(options) != 1 or None in options:
        return None
    cut = Cut(labels, next(iter(options)))
    return cut if _fits(cut, node, parents, split_along, rows) else None


def _fits(
    cut: Cut,
    node: Node,
    parents: dict[int, Node],
    split_along: dict[int, int | None],
    rows: dict[Node, tuple[int, ...]],
) -> bool:
    """Whether the axes that a cut is along are those of the rows."""
    along = {i: cut.axis_of(i) for i in parents}
    wanted = all(axis is None or axis in rows[parents[i]] for i, axis in along.items())
    split_alike = all(along[i] == axis for i, axis in split_along.items())
    return wanted and split_alike and (cut.axis is None or cut.axis in rows[node])


def inputs_of(node: Node) -> list[Node]:
    """List the arrays that an op's labels are of: its inputs, and the arrays among its parameters."""
    held = trees.flatten(node.params)[0] if node.params else []
    return [*node.args, *(p for p in held if isinstance(p, Node) and np.ndim(p.value))]


def numbers_rows(node: Node) -> bool:
    """Whether a value counts from 0 along one axis, for whatever arguments."""
    while node.op is table["reshape"]:
        node = node.args[0]
    return node.op in (counting, numbering) or (node.constant and is_range(node.value))


def _is_view(node: Node) -> bool:
    """Whether a value is a view of what it is made from: of what is whole, it costs nothing."""
    return bool(node.args) and shares_memory(node, node.args[0])


def shares_memory(node: Node, parent: Node) -> bool:
    """Whether the arrays of two values overlap."""
    both = isinstance(node.value, np.ndarray) and isinstance(parent.value, np.ndarray)
    return both and np.may_share_memory(node.value, parent.value)


def _fill_loops(plan: Split, nodes: Iterable[Node]) -> None:
    """Sort the values into loops: what a later one needs is computed again where that is elementwise, else stored."""
    order = {node: i for i, node in enumerate(nodes)}
    last = max((plan.phases[node] for node in plan.cuts), default=-1)
    loops: list[set[Node]] = [{n for n in plan.cuts if plan.phases[n] == phase} for phase in range(last + 1)]
    for loop in reversed(loops):
        pending = list(loop)
        while pending:
            node = pending.pop()
            for parent in _earlier(node, loop, plan):
                if parent.op is not None and parent.op.elementwise and parent not in plan.stored:
                    loop.add(parent)
                    pending.append(parent)
                else:
                    plan.stored.add(parent)
    _drop_unused(loops, plan)
    plan.loops = [sorted(loop, key=order.__getitem__) for loop in loops]
    plan.stores = [
        [node for node in loop if node in plan.stored and plan.phases[node] == phase]
        for phase, loop in enumerate(plan.loops)
    ]


def _fill_rounds(plan: Split, nodes: Iterable[Node]) -> None:
    """Give each loop all that its partial values are made from, and a last one what the rows returned are."""
    order = {node: i for i, node in enumerate(nodes)}
    last = max((plan.phases[node] for node in plan.cuts), default=-1)
    partial = filter(plan.is_partial, plan.cuts)
    wanted: list[set[Node]] = [set() for _ in range(last + 2)]
    for node in partial:
        wanted[plan.phases[node]].add(node)
    wanted[-1] |= plan.stored
    for loop in wanted:
        pending = list(loop)
        while pending:
            new = set(_earlier(pending.pop(), loop, plan))
            loop |= new
            pending += new
    plan.loops = [sorted(loop, key=order.__getitem__) for loop in wanted]
    plan.stores = [*([] for _ in wanted[1:]), [node for node in plan.loops[-1] if node in plan.stored]]


def _earlier(node: Node, loop: set[Node], plan: Split) -> Iterator[Node]:
    """Yield the split values that a value of a loop is made from, and that another loop computed."""
    yield from (parent for parent in plan.parents(node) if plan.is_split(parent) and parent not in loop)


def _drop_unused(loops: list[set[Node]], plan: Split) -> None:
    """Leave out of a loop what is computed again where it is used."""
    for loop in loops:
        while unused := _unused(loop, plan):
            loop -= unused


def _unused(loop: set[Node], plan: Split) -> set[Node]:
    used = plan.stored.union(*(plan.parents(node) for node in loop))
    return {node for node in loop if node not in used and not plan.is_partial(node)}

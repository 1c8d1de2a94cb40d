"""Where values are put: an array is written over by a value of its shape as soon as nothing needs it any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence

import numpy as np

from autograd_lite.compiled.splitting import shares_memory
from autograd_lite.compiled.writing import writes_into
from autograd_lite.program.expressions import Node, concrete


class Buffers:
    """The arrays of a sequence of statements.

    Parameters
    ----------
    nodes : sequence of Node
        The values in the order in which they are computed.
    kept : collection of Node
        Those that are read behind the sequence: nothing is written over them.
    kind_of : callable
        Takes a node; two values of one kind fit into one array.
    given : callable
        Takes a node; returns the name of an array that is for this value alone, or None.
    fresh : callable
        Takes a node; returns the name of a new array to write into, or None where its call makes one.

    Notes
    -----
    Only an array that a ufunc has made is written over: any other may be a view, of an argument for instance.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        kept: Collection[Node],
        kind_of: Callable[[Node], Hashable],
        given: Callable[[Node], str | None],
        fresh: Callable[[Node], str | None],
    ) -> None:
        self._kind_of = kind_of
        self._given = given
        self._fresh = fresh
        self._inside = set(nodes)
        self._owner: dict[Node, Node] = {}
        self._last: dict[Node, int] = {}
        self._names: dict[Node, str] = {}
        self._free: dict[Hashable, list[str]] = {}
        for i, node in enumerate(nodes):
            self._owner[node] = self._owner_of(node)
            for parent in node.parents():
                if parent in self._inside:
                    self._last[self._owner[parent]] = i
        for node in kept:
            if node in self._owner:
                self._last[self._owner[node]] = len(nodes)
        self._nodes = nodes

    def _owner_of(self, node: Node) -> Node:
        """Return the value whose array a value may be a view of; itself where it has one of its own."""
        if writes_into(node):
            return node
        for parent in node.parents():
            if parent in self._inside and may_be_view(node, parent):
                return self._owner[parent]
        return node

    def place(self, i: int, name: str) -> str | None:
        """Return the name of the array that the value of number ``i`` is written into, or None where one is made.

        Parameters
        ----------
        i : int
            They are asked for in order.
        name : str
            What the value is called: the name of its array where it makes one.
        """
        node = self._nodes[i]
        found = self._given(node)
        if found is None and writes_into(node):
            dying = (p for p in node.parents() if p in self._names and self._last[p] == i)
            taken = next((p for p in dying if self._takes_place_of(node, p)), None)
            free = self._free.get(self._kind_of(node))
            found = self._names.pop(taken) if taken is not None else free.pop() if free else self._fresh(node)
            self._names[node] = found or name
        for parent in self._ended(i):
            if parent in self._names and parent is not node:
                self._free.setdefault(self._kind_of(parent), []).append(self._names.pop(parent))
        return found

    def _ended(self, i: int) -> list[Node]:
        """List the arrays that nothing needs behind the value of a number."""
        parents = [self._owner[p] for p in self._nodes[i].parents() if p in self._inside]
        return [p for p in dict.fromkeys(parents) if self._last[p] == i]

    def _takes_place_of(self, node: Node, parent: Node) -> bool:
        elementwise = node.op is not None and node.op.elementwise
        return elementwise and self._kind_of(node) == self._kind_of(parent)


def may_be_view(node: Node, parent: Node) -> bool:
    """Whether a value may share the memory of one that it is made from: as recorded, or if that had another layout."""
    if shares_memory(node, parent):
        return True
    if node.op is None or isinstance(node.value, tuple) or isinstance(parent.value, tuple):
        return False
    same_size = node.dtype == parent.dtype and np.size(node.value) == np.size(parent.value)
    if not same_size or node.op.elementwise or not node.shape or not parent.shape:
        return False
    for order in "CF":
        args = [arg.value.copy(order) if arg is parent else arg.value for arg in node.args]
        again = node.op.compute(*args, **concrete(node.params))
        if any(np.may_share_memory(again, x) for x in args if isinstance(x, np.ndarray)):
            return True
    return False

"""Elementwise programs on arrays of several axes: the elements in a row are the rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograd_lite.compiled.sizes import Sized
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node


def flattened(sized: Sized) -> Sized:
    """Return a graph for one size on flat arrays, where all arrays have one shape and every element runs alone.

    Blocks of rows would be few and long where arrays are wide: of flat arrays they are as long as the cache wants. Any
    other graph is returned as it is.
    """
    graph = sized.graph
    shapes = {node.shape for node in graph.nodes if node.shape}
    shape = next(iter(shapes), ())
    if sized.size is not None or len(shapes) != 1 or len(shape) < 2 or not all(map(_runs_flat, graph.nodes)):
        return sized
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        new[node] = _flat(node, new)
    graph = replace(graph.over(new), outputs=[_restored(node, new[node]) for node in graph.outputs])
    axes: dict[Node, tuple[int, ...]] = {node: (0,) if len(node.shape) == 1 else () for node in graph.nodes}
    return replace(sized, graph=graph, rows=int(np.prod(shape)), axes=axes)


def _runs_flat(node: Node) -> bool:
    """Whether a node is an array, an elementwise function, or the sum of all elements."""
    if node.op is None or node.op.elementwise:
        return True
    axis = node.params.get("axis")
    everything = axis is None or (isinstance(axis, tuple) and len(axis) == len(node.args[0].shape))
    return node.op is table["sum"] and everything and not node.shape and node.params.keys() <= {"axis", "keepdims"}


def _flat(node: Node, new: dict[Node, Node]) -> Node:
    value = np.reshape(node.value, -1) if node.shape else node.value
    if node.op is None and not node.shape:
        return node
    if node.op is None:
        return Node(table["reshape"], (node,), {"shape": (-1,)}, value)
    args = tuple(new[arg] for arg in node.args)
    return Node(node.op, args, {} if node.op is table["sum"] else node.params, value)


def _restored(node: Node, flat: Node) -> Node:
    """Return an output in the shape that it has."""
    return Node(table["reshape"], (flat,), {"shape": node.shape}, node.value) if node.shape else flat

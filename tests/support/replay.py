"""A recorded program run again with other values: an interpreter of the graphs that are compiled."""

from autograd_lite.compiled.recorded import Arguments, record
from autograd_lite.core import trees
from autograd_lite.numerical import quiet
from autograd_lite.program.expressions import Node


def recorded(f, leaves, traced):
    """Return the graph of ``f(*leaves)``, as it was recorded, as a function of the leaves in these places."""
    arguments = Arguments(list(leaves), list(traced), lambda full: (tuple(full), {}))
    with quiet():
        return record(f, arguments, arguments.arrays).graph(None)


def replayed(graph, arrays):
    """Return the outputs of a graph for other arrays in the places of those that were traced."""
    known = dict(zip(graph.inputs.values(), arrays, strict=True))

    def value(held):
        return known.get(held, held.value) if isinstance(held, Node) else held

    with quiet():
        for node in graph.nodes:
            if node.op is not None:
                known[node] = node.op.compute(*map(value, node.args), **trees.map_tree(value, node.params))
    return [value(node) for node in graph.outputs]

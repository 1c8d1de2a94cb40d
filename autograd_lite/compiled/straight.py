"""A graph as straight code: each value is computed once, for all rows."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiled.buffers import Buffers, may_be_view
from autograd_lite.compiled.recorded import Output
from autograd_lite.compiled.sizes import Sized
from autograd_lite.compiled.writing import Names, assign, expression, function, writes_into
from autograd_lite.core import trees
from autograd_lite.program.expressions import Node, map_nodes
from autograd_lite.program.render import call, dotted, literal, syntax

LARGE = 2**14
"""Bytes of an array that is worth being written over: making a new one costs more than naming it."""


class Straight:
    """Writes statements for values that are whole.

    Parameters
    ----------
    sized : Sized
    names : Names
    rows : int
        The number of rows that lengths are judged by.
    overwrites : bool
        Whether large arrays are written over that nothing reads any more.
    """

    def __init__(self, sized: Sized, names: Names, rows: int, overwrites: bool = True) -> None:
        self.overwrites = overwrites
        self.sized = sized
        self.names = names
        self.rows = rows

    def nbytes(self, node: Node) -> int:
        """Return how large a value is at that number of rows."""
        return (
            int(np.prod(self.sized.shape_of(node, self.rows))) * int(node.dtype.itemsize)
            if node.dtype is not None
            else 0
        )

    def statements(self, nodes: Sequence[Node], kept: Sequence[Node]) -> list[ast.stmt]:
        """Write the statements for values in their order; those that are kept are read behind them."""
        buffers = Buffers(nodes, kept, self.sized.kind_of, _nowhere, _nowhere)
        written: list[ast.stmt] = []
        for i, node in enumerate(nodes):
            name = self.names.of[node]
            place = buffers.place(i, name)
            out = place if self.overwrites and writes_into(node) and self.nbytes(node) >= LARGE else None
            params = map_nodes(self.names.operand, node.params)
            written.append(assign(name, expression(node, self._operand, params, out)))
        return written

    def _operand(self, position: int, arg: Node) -> Node:
        return self.names.operand(arg)

    def returned(self, outputs: Sequence[Node], fresh: Collection[Node] = (), lazy: Collection[Node] = ()) -> ast.stmt:
        """Write the return of the outputs: arrays that are nobody else's, as those in ``fresh`` are.

        Those that are ``lazy`` nobody writes to.
        """
        owned = (
            syntax(self.names.operand(x)) if x in lazy else self._own(x, outputs[:i], fresh)
            for i, x in enumerate(outputs)
        )
        parts = list(owned)
        graph = self.sized.graph
        tree = graph.rebuild([parts[x.number] if type(x) is Output else x for x in graph.result])
        written = _tree(tree)
        return ast.Return(call("rebuilt", [ast.List(parts)]) if written is None else written)

    def _own(self, node: Node, before: Sequence[Node], fresh: Collection[Node]) -> ast.expr:
        tree = syntax(self.names.operand(node))
        if not node.shape:
            return call(literal(node.dtype), [tree]) if node in self.sized.graph.inputs.values() else tree
        others = [parent for parent in node.args if parent not in fresh or parent in self.sized.graph.outputs]
        is_view = not writes_into(node) and any(may_be_view(node, parent) for parent in others)
        shared = node.op is None or node in before or (is_view and node not in fresh)
        return call("np.array", [tree]) if shared else tree


def _tree(tree: trees.Tree) -> ast.expr | None:
    """Return the expression that makes a tree of expressions; None for one that no literal makes."""
    if isinstance(tree, ast.expr):
        return tree
    if type(tree) in (tuple, list, dict):
        parts = [_tree(part) for part in (tree.values() if type(tree) is dict else tree)]
        keys = list(tree) if type(tree) is dict else []
        if None in parts or not all(type(key) in (str, int) for key in keys):
            return None
        written: list[Any] = parts
        if type(tree) is dict:
            return ast.Dict([ast.Constant(key) for key in keys], written)
        return ast.Tuple(written) if type(tree) is tuple else ast.List(written)
    return ast.Constant(tree) if type(tree) in (str, int, bool, type(None)) else None


def _nowhere(node: Node) -> None:
    """Name no array: the call that computes a value makes one."""


def straight(sized: Sized, names: Names, title: str, rows: int, overwrites: bool = True) -> str:
    """Return the text of the function that computes a graph with straight code."""
    writer = Straight(sized, names, rows, overwrites)
    graph = sized.graph
    nodes = [n for n in graph.nodes if n in names.of and n.op is not None]
    body = [*writer.statements(nodes, graph.outputs), writer.returned(graph.outputs)]
    body = [*size_statement(sized, names, body), *body]
    return function(title, names.parameters, body, f"Return what {title} computes, for all rows at once.")


def size_statement(sized: Sized, names: Names, body: Sequence[ast.stmt], length: str = "len") -> list[ast.stmt]:
    """Write where the number of rows comes from, if some statements use it."""
    if "n" not in {tree.id for statement in body for tree in ast.walk(statement) if isinstance(tree, ast.Name)}:
        return []
    if sized.size is None:
        return [assign("n", ast.Constant(sized.rows))]
    first = names.parameters[sized.varying[0]]
    return [assign("n", call(dotted(length), [ast.Name(first)]))]

"""A graph as loops over blocks of rows: what is between the loops is straight code."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.compiled.buffers import Buffers
from autograd_lite.compiled.sizes import Sized, counting
from autograd_lite.compiled.splitting import Split, inputs_of, shares_memory
from autograd_lite.compiled.straight import Straight, size_statement
from autograd_lite.compiled.writing import Names, assign, expression, function, named, writes_into
from autograd_lite.core.labels import cut_params
from autograd_lite.core.numpy_protocol import path_of
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node, map_nodes
from autograd_lite.program.render import call, dotted, literal

CACHE = 2**22
"""Bytes that the live values of a block may take: smaller blocks suit one thread, larger ones let two run at once."""

FEWEST, _MOST = 64, 2**16  # rows of a block
_ROWS = named("rows", 1)


class Loop:
    """Writes one loop.

    Parameters
    ----------
    number : int
        Its place among the loops.

    Attributes
    ----------
    arrays : dict
        Its keys are the variables that the loop reads and writes.
    """

    def __init__(self, number: int, plan: Split, writer: Straight) -> None:
        self.plan = plan
        self.writer = writer
        self.names = writer.names
        self.nodes = plan.loops[number]
        self.inside = set(self.nodes)
        self.totals = [node for node in self.nodes if plan.is_partial(node)]
        self.stores = plan.stores[number]
        self.name = self.names.claim(f"loop_{number + 1}")
        self.block = self._rows_of_a_block()
        self._views: dict[tuple[Node, int | None], str] = {}
        self._slices: list[ast.stmt] = []
        self.arrays: dict[str, None] = {}
        self._buffers: dict[str, tuple[Node, int]] = {}

    def _rows_of_a_block(self) -> int:
        """Return how many rows have values that fit the cache together: a multiple of 64."""
        outside = {_viewed(p) for node in self.nodes for p in self.plan.parents(node) if p not in self.inside}
        rows = self.writer.rows
        width = sum(self.writer.nbytes(n) / max(rows, 1) for n in self.nodes if self.plan.is_split(n))
        width += sum(self.writer.nbytes(n) / max(rows, 1) for n in outside if self.writer.sized.axes.get(n))
        fitting = int(CACHE / max(width, 1)) // 64 * 64
        return min(max(fitting, FEWEST), _MOST)

    def text(self) -> str:
        """Return the function that runs the loop from a first to a last row, and returns its totals."""
        body = self._body()
        empty = [
            assign(name, _empty(node, [self.block if i == axis else n for i, n in enumerate(node.shape)]))
            for name, (node, axis) in self._buffers.items()
        ]
        head = [
            assign("stop", call("min", [_plus("start", self.block), ast.Name("last")])),
            assign("rows", ast.BinOp(ast.Name("stop"), ast.Sub(), ast.Name("start"))),
        ]
        steps = call("range", [ast.Name("first"), ast.Name("last"), ast.Constant(self.block)])
        loop = ast.For(ast.Name("start"), steps, [*head, *self._slices, *body], [], lineno=0)
        totals = ast.Return(ast.Tuple([ast.Name(self.names.of[node]) for node in self.totals]))
        doc = f"Run the rows from first to last, {self.block} at a time; return what they add up to."
        return function(self.name, ["first", "last", *self.arrays], [*empty, loop, totals], doc)

    def _body(self) -> list[ast.stmt]:
        kept = [*self.totals, *self.stores]
        buffers = Buffers(self.nodes, kept, self._kind_of, self._store, self._fresh)
        written: list[ast.stmt] = []
        for i, node in enumerate(self.nodes):
            name = self._local(node)
            place = buffers.place(i, name)
            tree = self._expression(node, place)
            if self.plan.is_partial(node):
                written += self._added(node, tree)
            elif node in self.stores and not writes_into(node):
                written.append(ast.Assign([ast.Subscript(ast.Name(name), ast.Constant(...))], tree, lineno=0))
            else:
                written.append(assign(name, tree))
        return written

    def _expression(self, node: Node, place: str | None) -> ast.expr:
        cut = self.plan.cuts[node]
        operands = [
            _counted(x, cut.axis_of(i)) if cut.numbers(i) else self._operand(x, cut.axis_of(i))
            for i, x in enumerate(inputs_of(node))
        ]
        arrays = iter(operands[len(node.args) :])
        params = map_nodes(lambda p: next(arrays) if np.ndim(p.value) else self._whole(p), node.params)
        params = cut_params(params, cut.labels, cut.label, _ROWS)
        return expression(node, lambda i, _: operands[i], params, place if writes_into(node) else None)

    def _local(self, node: Node) -> str:
        """Return what a value is called in the loop."""
        return self._store(node) or self.names.of[node]

    def _kind_of(self, node: Node) -> tuple[Any, ...]:
        return (*self.writer.sized.kind_of(node), self._axis(node))

    def _axis(self, node: Node) -> int | None:
        return self.plan.cuts[node].axis

    def _fresh(self, node: Node) -> str | None:
        """Return the rows of a new array that a value is written into."""
        axis = self._axis(node)
        if axis is None:
            return None
        buffer = self.names.claim("buffer")
        self._buffers[buffer] = node, axis
        view = self.names.claim(f"{buffer}_rows")
        self._slices.append(assign(view, _sliced(buffer, axis, None, "rows")))
        return view

    def _store(self, node: Node) -> str | None:
        """Return the rows of the whole array that a value is kept in."""
        return self._view(node, self.plan.cuts[node].axis) if node in self.stores else None

    def _added(self, node: Node, tree: ast.expr) -> list[ast.stmt]:
        """Write how the part of a block comes to the total."""
        combine = self.plan.cuts[node].labels.combine
        name = self.names.of[node]
        part = self.names.claim(f"{name}_part")
        total: ast.expr = call(path_of(combine), [ast.Name(name), ast.Name(part)])
        if combine is np.add:
            total = ast.BinOp(ast.Name(name), ast.Add(), ast.Name(part))
        is_first = ast.Compare(ast.Name("start"), [ast.Eq()], [ast.Name("first")])
        return [assign(part, tree), assign(name, ast.IfExp(is_first, ast.Name(part), total))]

    def _operand(self, node: Node, axis: int | None) -> Node:
        if node in self.inside and not self.plan.is_partial(node):
            return named(self._local(node), node.value)
        if axis is None:
            return self._whole(node)
        return named(self._view(node, axis), node.value)

    def _whole(self, node: Node) -> Node:
        """Return what stands for a value from outside of the loop."""
        return self.names.operand(node, self.arrays)

    def _view(self, node: Node, axis: int | None) -> str:
        """Return the name of the rows of an array from outside."""
        if (node, axis) not in self._views:
            name = str(self._whole(node).name)
            view = self._views[node, axis] = self.names.claim(f"{name}_rows")
            self._slices.append(assign(view, _sliced(name, axis or 0, "start", "stop")))
        return self._views[node, axis]


def _counted(node: Node, axis: int | None) -> Node:
    """Return what numbers the rows of a block in the shape that an index has."""
    shape = tuple(_ROWS if i == axis else 1 for i in range(len(node.shape)))
    numbers = Node(counting, (), {"stop": _ROWS}, np.ravel(node.value))
    return numbers if len(shape) == 1 else Node(table["reshape"], (numbers,), {"shape": shape}, node.value)


def _viewed(node: Node) -> Node:
    """Return the array that a value is a view of."""
    while node.args and shares_memory(node, node.args[0]):
        node = node.args[0]
    return node


def _plus(name: str, number: int) -> ast.expr:
    return ast.BinOp(ast.Name(name), ast.Add(), ast.Constant(number))


def _sliced(name: str, axis: int, start: str | None, stop: str) -> ast.expr:
    """Write the rows of an array: ``x[start:stop]``, ``x[:, start:stop]``."""
    rows = ast.Slice(ast.Name(start) if start else None, ast.Name(stop))
    return ast.Subscript(ast.Name(name), ast.Tuple([*[ast.Slice()] * axis, rows]) if axis else rows)


def blocked(sized: Sized, names: Names, title: str, rows: int, plan: Split, apart: bool = False) -> str:
    """Return the text of the functions that compute a graph in loops over blocks of rows.

    Where the rows lie ``apart``, a loop runs on the chunks of arrays, by `on_chunks`, and fills `Rows` there.
    """
    writer = Straight(sized, names, rows)
    graph = sized.graph
    texts: list[str] = []
    body: list[ast.stmt] = []
    needed = plan.needed([*graph.outputs, *graph.draws])
    whole = [n for n in graph.nodes if n in needed and n in names.of and n.op is not None and n not in plan.cuts]
    for phase in range(len(plan.loops) + 1):
        before = [n for n in whole if plan.phases[n] == phase]
        body += writer.statements(before, [*graph.outputs, *before])
        if phase < len(plan.loops) and plan.loops[phase]:
            loop = Loop(phase, plan, writer)
            texts.append(loop.text())
            made = _rows if apart else _given
            body += [assign(names.of[node], made(node, writer)) for node in loop.stores]
            body.append(_on_chunks(loop, names) if apart else _run(loop, names))
    lazy = [node for node in graph.outputs if apart and sized.axes.get(node)]
    body.append(writer.returned(graph.outputs, plan.stored, lazy))
    body = [*size_statement(sized, names, body, "rows_of" if apart else "len"), *body]
    doc = f"Return what {title} computes, "
    doc += "chunk by chunk." if apart else "block by block; in arrays of the caller where there are any."
    texts.append(function(title, names.parameters, body, doc, optional="" if apart else "out"))
    return "\n\n\n".join(texts)


def _given(node: Node, writer: Straight) -> ast.expr:
    """Write the array that a loop fills: a new one, or the caller's."""
    outputs = writer.sized.graph.outputs
    if node not in outputs:
        return _made(node, writer.sized)
    place = ast.Subscript(ast.Name("out"), ast.Constant(outputs.index(node)))
    is_given = ast.Compare(place, [ast.IsNot()], [ast.Constant(None)])
    return ast.IfExp(ast.BoolOp(ast.And(), [ast.Name("out"), is_given]), place, _made(node, writer.sized))


def _made(node: Node, sized: Sized) -> ast.expr:
    """Write a new array of as many rows as there are."""
    return _empty(node, sized.shape_of(node, named("n", 0)))


def _empty(node: Node, lengths: Sequence[Any]) -> ast.expr:
    """Write an array of these lengths that is to be filled with the values of a node."""
    dtype = [] if node.dtype == np.float64 else [literal(node.dtype)]
    return call("np.empty", [literal(tuple(lengths) if len(lengths) > 1 else lengths[0]), *dtype])


def _rows(node: Node, writer: Straight) -> ast.expr:
    """Write what stands for the rows that a loop gives of each chunk."""
    lengths = tuple(None if i in writer.sized.axes[node] else n for i, n in enumerate(node.shape))
    return call("Rows", [literal(lengths), literal(node.dtype)])


def _run(loop: Loop, names: Names) -> ast.stmt:
    """Write the call that runs a loop in parts."""
    return _called("in_parts", loop, [ast.Name("n")], [names.of[node] for node in loop.totals])


def _on_chunks(loop: Loop, names: Names) -> ast.stmt:
    """Write the call that runs a loop on each chunk of the arguments, of which the first says how many there are."""
    first = names.parameters[loop.writer.sized.varying[0]]
    return _called("on_chunks", loop, [ast.Name(first)], [names.of[node] for node in (*loop.totals, *loop.stores)])


def _called(run: str, loop: Loop, over: list[ast.expr], results: list[str]) -> ast.stmt:
    combine = ast.Tuple([dotted(path_of(loop.plan.cuts[node].labels.combine)) for node in loop.totals])
    arrays = ast.Tuple([ast.Name(name) for name in loop.arrays])
    tree = call(run, [ast.Name(loop.name), *over, ast.Constant(loop.block), combine, arrays])
    return ast.Assign([ast.List([ast.Name(x) for x in results])], tree, lineno=0) if results else ast.Expr(tree)

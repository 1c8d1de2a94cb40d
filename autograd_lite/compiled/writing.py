"""A planned graph written out as NumPy code that a person can read: statements, loops over blocks, named buffers."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiled.sizes import Sized
from autograd_lite.core.shapes import Value
from autograd_lite.core.tape import Params
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node, map_nodes
from autograd_lite.program.identifiers import unique_names
from autograd_lite.program.naming import describe
from autograd_lite.program.pretty import unparse
from autograd_lite.program.render import argument, call, functions_of, literal, path, syntax

_LOOP = ("n", "rows", "start", "stop", "first", "last")
_RUN = ("out", "in_parts", "on_chunks", "rows_of", "row_numbers", "Rows", "rebuilt")
RESERVED = frozenset((*_LOOP, *_RUN, "np", "math", *dir(builtins)))
"""Names that the written code uses for itself."""


class Names:
    """What the values of a graph are called in the code, and what the code finds in its module.

    Attributes
    ----------
    of : dict from Node to str
    parameters : list of str
        What the inputs are called, in their order: as the user calls them, but for the names that the code needs.
    module : dict from name to object
        Functions, and arrays from outside the arguments.
    """

    def __init__(self, sized: Sized, title: str) -> None:
        graph, nodes = sized.graph, sized.graph.nodes
        functions = functions_of(nodes) | {n.op.name: n.op.into for n in nodes if n.op and n.op.into}
        own = {*RESERVED, *functions, title}
        self.of: dict[Node, str] = unique_names([(node, name) for name, node in graph.inputs.items()], own)
        self.parameters = [self.of[node] for node in graph.inputs.values()]
        taken = own.union(self.parameters)
        constants = [n for n in nodes if n.constant and (n.name or np.ndim(n.value) or n in graph.outputs)]
        self.of |= unique_names([(n, n.name or "constant") for n in constants], taken | set(table))
        self.module: dict[str, Any] = {"np": np, **functions, **{self.of[n]: n.value for n in constants}}
        made = [n for n in nodes if n.op is not None and n not in self.of]
        used = taken | set(self.of.values())
        self.of |= unique_names([(n, graph.called[n]) for n in made if n in graph.called], used)
        used |= set(self.of.values())
        self.of |= unique_names([(n, describe(n)) for n in made if n not in self.of], used | set(table))
        if sized.size is not None:
            self.of[sized.size] = "n"
        self._taken = used | set(self.of.values())

    def operand(self, node: Node, used: dict[str, None] | None = None) -> Node:
        """Return what stands for a value in the code: a variable, a number, or a function of the number of rows.

        The variables, but for those of the module, are added to the keys of ``used``.
        """
        if node in self.of:
            name = self.of[node]
            if used is not None and name not in self.module:
                used[name] = None
            return named(name, node.value)
        if node.op is None:
            return node
        args = tuple(self.operand(arg, used) for arg in node.args)
        return Node(node.op, args, map_nodes(lambda p: self.operand(p, used), node.params), node.value)

    def claim(self, wanted: str) -> str:
        """Take a name that nothing has."""
        name = unique_names([(0, wanted)], self._taken)[0]
        self._taken.add(name)
        return name


def named(name: str, value: Value) -> Node:
    """Return what stands for a variable of the code."""
    node = Node(None, (), {}, value)
    node.name = name
    return node


def expression(node: Node, operand: Callable[[int, Node], Node], params: Params, out: str | None = None) -> ast.expr:
    """Return the call that computes a node from what stands for its inputs, into an array where there is one."""
    args = tuple(operand(i, arg) for i, arg in enumerate(node.args))
    op = node.op
    if op is not None and (out is not None or op.into is not None):
        given = {key: literal(p) for key, p in params.items()} | ({} if out is None else {"out": ast.Name(out)})
        written = [argument(Node(op, args, params, node.value), arg, pointed=True) for arg in args]
        return call(path(op) if op.into is None else op.name, written, given)
    if op is table["sum"] and params.keys() <= {"axis", "keepdims"}:  # what np.sum calls, at half of the price
        given = {key: literal(p) for key, p in {"axis": None, **params}.items() if p is not False}
        return call("np.add.reduce", [syntax(args[0])], given)
    tree = syntax(Node(op, args, params, node.value), defining=True)
    gives_way = not node.shape and isinstance(node.value, np.generic) and all(_is_plain(arg) for arg in node.args)
    return call(literal(node.value.dtype), [tree]) if gives_way and node.args else tree


def _is_plain(node: Node) -> bool:
    """Whether a value is a number of Python, which takes the dtype of what stands beside it."""
    return type(node.value) in (bool, int, float, complex)


def writes_into(node: Node) -> bool:
    """Whether the function of a node takes an array to write into."""
    if node.op is None or not node.shape:
        return False
    ufunc = node.op.numpy
    return node.op.into is not None or (isinstance(ufunc, np.ufunc) and ufunc.nout == 1 and not node.params)


def assign(name: str, value: ast.expr) -> ast.stmt:
    """Return an assignment to a variable."""
    return ast.Assign([ast.Name(name)], value, lineno=0)


def function(name: str, parameters: Sequence[str], body: Iterable[ast.stmt], doc: str, optional: str = "") -> str:
    """Return the text of a function, the last of whose parameters may be optional."""
    positional = [ast.arg(p) for p in (*parameters, *([optional] if optional else []))]
    defaults: list[ast.expr] = [ast.Constant(None)] if optional else []
    arguments = ast.arguments([], positional, None, [], [], None, defaults)
    tree = ast.FunctionDef(name, arguments, [ast.Expr(ast.Constant(doc))], [], lineno=0)
    return "\n".join([unparse(tree), *(unparse(statement, indent=4) for statement in body)])

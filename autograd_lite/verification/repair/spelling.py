"""An expression of the gradient program in other words, and as people write it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.op import alias
from autograd_lite.numerical import quiet
from autograd_lite.program.expressions import Expressions, Node, is_range, uniform
from autograd_lite.program.render import syntax
from autograd_lite.program.simplify import simplify

_LONGEST = 60  # nodes of an expression that somebody would write

Find = Callable[[Node], str | Node | None]


class NotInScopeError(Exception):
    """Something is needed that nothing in scope holds, or too much of it."""


class Written:
    """The expression of a node, in which other nodes stand by the source text of what holds their value.

    Parameters
    ----------
    root : Node
    find : callable
        Takes a node; returns a text, or another node that has the same value, or None: then it is written out as it is.
    numpy : str
        What NumPy is called.
    rows : bool
        Whether the texts are of one row of what is stacked along the first axis.

    Attributes
    ----------
    tree : ast.expr
    found : list of Node
        The nodes that stand by a text.

    Raises
    ------
    NotInScopeError
        Where an input or an array is needed that has no text.
    """

    def __init__(self, root: Node, find: Find, numpy: str = "np", *, rows: bool = False) -> None:
        self.found: list[Node] = []
        self._find = find
        self._expressions = Expressions(simplify)
        self._copies: dict[Node, Node] = {}
        self._texts: dict[str, str] = {}
        with quiet():
            copy = self._copy(root)
        tree = syntax(copy, defining=copy.op is not None)
        if any(isinstance(part, ast.Call) and ast.unparse(part.func) == "np.array" for part in ast.walk(tree)):
            raise NotInScopeError("numbers of an array")
        self.tree = _plain(tree, self._texts, numpy, rows=rows)

    def _copy(self, node: Node) -> Node:
        if node not in self._copies:
            if len(self._copies) > _LONGEST:
                raise NotInScopeError
            self._copies[node] = self._made(node)
        return self._copies[node]

    def _made(self, node: Node) -> Node:
        found = self._find(node)
        if isinstance(found, Node):
            return self._copy_of(found)
        if found is not None:
            self.found.append(node)
            copy = Node(None, (), {}, node.value)
            copy.name = f"_{len(self._texts)}"
            self._texts[copy.name] = found
            return copy
        return self._copy_of(node)

    def _copy_of(self, node: Node) -> Node:
        if node.op is None:
            if not node.constant or not (np.ndim(node.value) == 0 or uniform(node) is not None or is_range(node.value)):
                raise NotInScopeError(repr(node))
            return self._expressions.constant(node.value)
        args = tuple(self._copy(arg) for arg in node.args)
        if node.op is alias:
            return args[0]
        params = node.params
        if params:
            held, rebuild = trees.flatten(params)
            params = rebuild([self._copy(p) if isinstance(p, Node) else p for p in held])
        return self._expressions.apply(node.op, args, params, node.value)


def tokens(tree: ast.expr) -> int:
    """Return the length of an expression."""
    return len(re.findall(r"\w+|\*\*|[^\w\s]", ast.unparse(tree)))


def _plain(tree: ast.expr, texts: Mapping[str, str], numpy: str, *, rows: bool) -> ast.expr:
    """Return an expression that can be compiled, as people write it, with texts in the place of names."""
    parts = {name: parsed(text) for name, text in texts.items()} | {"np": ast.Name(numpy)}
    return parsed(ast.unparse(_Plain(parts, rows=rows).visit(tree)))


def parsed(text: str) -> ast.expr:
    """Return the syntax tree of an expression."""
    return ast.parse(text, mode="eval").body


class _Plain(ast.NodeTransformer):
    """Writes squares as powers, masks as factors, and what goes to one place in each row with rows of ``np.eye``."""

    def __init__(self, parts: Mapping[str, ast.expr], *, rows: bool) -> None:
        self.parts, self.rows = parts, rows

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.parts.get(node.id, node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.BinOp(x, ast.Mult(), ast.BinOp(y, ast.Mult(), z)):
                return ast.BinOp(ast.BinOp(x, ast.Mult(), y), ast.Mult(), z)
            case ast.BinOp(ast.Name() | ast.Attribute() | ast.Subscript() as x, ast.Mult(), y):
                if ast.unparse(x) == ast.unparse(y):
                    return ast.BinOp(x, ast.Pow(), ast.Constant(2))
            case ast.BinOp(
                ast.BinOp(ast.Constant(a), ast.Mult(), x), ast.Div(), ast.BinOp(ast.Constant(b), ast.Mult(), y)
            ) if a == b:
                return ast.BinOp(x, ast.Div(), y)
            case ast.BinOp(ast.Constant(float() as number), ast.Div(), y) if number == int(number):
                return ast.BinOp(ast.Constant(int(number)), ast.Div(), y)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if self.rows and any(
            k.arg == "axis" and isinstance(k.value, ast.Constant) and k.value.value == 1 for k in node.keywords
        ):
            node.keywords = [k for k in node.keywords if k.arg not in ("axis", "keepdims")]
        match node:
            case ast.Call(ast.Attribute(attr="where"), [mask, x, ast.Constant(0)]):
                return ast.BinOp(x, ast.Mult(), mask)
            case ast.Call(
                ast.Name("place" | "scatter"),
                [x],
                [ast.keyword(value=ast.Tuple([rows, columns])), ast.keyword(value=ast.Tuple([_, width]))],
            ) if _counts(rows):
                eye = ast.Call(ast.Attribute(self.parts["np"], "eye"), [width], [])
                return ast.BinOp(x, ast.Mult(), ast.Subscript(eye, columns))
        return node


def _counts(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Call) and ast.unparse(tree.func).rpartition(".")[2] in ("arange", "range")

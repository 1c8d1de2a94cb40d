"""An expression of the gradient program in other words, and as people write it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.op import alias
from autograd_lite.numerical import quiet
from autograd_lite.program.expressions import Expressions, Node, is_range, uniform
from autograd_lite.program.render import syntax
from autograd_lite.program.simplify import simplify
from autograd_lite.verification.repair.syntax import called, parsed

_LONGEST = 60  # nodes of an expression that somebody would write


class NotInScopeError(Exception):
    """Something is needed that nothing in scope holds, or too much of it."""


def spelt(
    root: Node, find: Callable[[Node], str | Node | None], numpy: str = "np", *, rows: bool = False
) -> tuple[ast.expr, list[Node]]:
    """Return the expression of a node, and the other nodes in it that stand by the text of what holds their value.

    Parameters
    ----------
    root : Node
    find : callable
        Takes a node; returns a text, or another node that has the same value, or None: then it is written out as it is.
    numpy : str
        What NumPy is called.
    rows : bool
        Whether the texts are of one row of what is stacked along the first axis.

    Raises
    ------
    NotInScopeError
        Where an input or an array is needed that has no text.
    """
    expressions, texts = Expressions(simplify), dict[str, str]()
    copies, found = dict[Node, Node](), list[Node]()

    def copy(node: Node) -> Node:
        if node not in copies:
            if len(copies) > _LONGEST:
                raise NotInScopeError
            held = find(node)
            copies[node] = named(node, held) if isinstance(held, str) else made(held or node)
        return copies[node]

    def named(node: Node, text: str) -> Node:
        found.append(node)
        leaf = Node(None, (), {}, node.value)
        leaf.name = f"_{len(texts)}"
        texts[leaf.name] = text
        return leaf

    def made(node: Node) -> Node:
        if node.op is None:
            if not node.constant or not (np.ndim(node.value) == 0 or uniform(node) is not None or is_range(node.value)):
                raise NotInScopeError(repr(node))
            return expressions.constant(node.value)
        args = tuple(map(copy, node.args))
        held, rebuild = trees.flatten(node.params)
        params = rebuild([copy(p) if isinstance(p, Node) else p for p in held])
        return args[0] if node.op is alias else expressions.apply(node.op, args, params, node.value)

    with quiet():
        whole = copy(root)
    tree = syntax(whole, defining=whole.op is not None)
    if any(called(part) == "array" for part in ast.walk(tree)):
        raise NotInScopeError("numbers of an array")
    return tidy(parsed(ast.unparse(tree)), texts | {"np": numpy}, rows=rows), found


_NAMES = (ast.Name, ast.Attribute, ast.Subscript)


class Tidy(ast.NodeTransformer):
    """Drops parentheses, signs and ones that nobody writes, and writes squares as powers and masks as factors.

    Texts come in the place of names; what goes to one place in each row is written with rows of ``np.eye``.
    """

    def __init__(self, texts: Mapping[str, str], *, rows: bool) -> None:
        self.texts, self.rows = texts, rows

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the text for a name, where there is one."""
        return parsed(self.texts[node.id]) if node.id in self.texts else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Return a binary operation, its operands first."""
        match self.generic_visit(node):
            case ast.BinOp(x, ast.Mult() | ast.Div(), ast.Constant(1)) | ast.BinOp(ast.Constant(1), ast.Mult(), x):
                return x
            case ast.BinOp(ast.Constant(int() as a), ast.Mult(), ast.Constant(int() as b)):
                return ast.Constant(a * b)
            case ast.BinOp(x, ast.Mult() as op, ast.Constant() as y) if not isinstance(x, ast.Constant):
                return self.visit_BinOp(ast.BinOp(y, op, x))
            case ast.BinOp(x, ast.Mult() as op, ast.BinOp(y, ast.Mult() | ast.Div() as inner, z)):
                return ast.BinOp(self.visit_BinOp(ast.BinOp(x, op, y)), inner, z)
            case ast.BinOp(x, ast.Add() as op, ast.BinOp(y, ast.Add() | ast.Sub() as inner, z)):
                return ast.BinOp(self.visit_BinOp(ast.BinOp(x, op, y)), inner, z)
            case ast.BinOp(x, ast.Add(), y) if (positive := _negated(y)) is not None:
                return ast.BinOp(x, ast.Sub(), positive)
            case ast.BinOp(x, ast.Sub(), y) if (positive := _negated(y)) is not None:
                return ast.BinOp(x, ast.Add(), positive)
            case ast.BinOp(x, ast.Mult(), y) if isinstance(x, _NAMES) and ast.unparse(x) == ast.unparse(y):
                return ast.BinOp(x, ast.Pow(), ast.Constant(2))
            case ast.BinOp(
                ast.BinOp(ast.Constant(a), ast.Mult(), x), ast.Div(), ast.BinOp(ast.Constant(b), ast.Mult(), y)
            ) if a == b:
                return ast.BinOp(x, ast.Div(), y)
            case ast.BinOp(ast.BinOp(ast.Constant(a), ast.Mult(), x), ast.Div(), ast.Constant(b)) if a == b:
                return x
            case ast.BinOp(ast.Constant(float() as number), ast.Div(), y) if number == int(number):
                return ast.BinOp(ast.Constant(int(number)), ast.Div(), y)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Return an operation on one operand, that first."""
        match self.generic_visit(node):
            case ast.UnaryOp(ast.USub() as op, ast.BinOp(x, ast.Mult() | ast.Div() | ast.MatMult() as inner, y)):
                return ast.BinOp(self.visit_UnaryOp(ast.UnaryOp(op, x)), inner, y)
            case ast.UnaryOp(ast.USub(), ast.BinOp(x, ast.Sub() as inner, y)):
                return ast.BinOp(y, inner, x)
            case ast.UnaryOp(ast.USub(), ast.UnaryOp(ast.USub(), x)):
                return x
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Return a call, what is in it first; with rows, an axis beside that of a row is the only one."""
        self.generic_visit(node)
        if self.rows and any(k.arg == "axis" and ast.unparse(k.value) == "1" for k in node.keywords):
            node.keywords = [k for k in node.keywords if k.arg not in ("axis", "keepdims")]
        match node:
            case ast.Call(ast.Attribute(attr="where"), [mask, x, ast.Constant(0)]):
                return ast.BinOp(x, ast.Mult(), mask)
            case ast.Call(
                ast.Name("place" | "scatter"),
                [x],
                [ast.keyword(value=ast.Tuple([rows, columns])), ast.keyword(value=ast.Tuple([_, width]))],
            ) if called(rows) in ("arange", "range"):
                eye = self.visit(parsed(f"np.eye({ast.unparse(width)})"))
                return ast.BinOp(x, ast.Mult(), ast.Subscript(eye, columns))
        return node


def _negated(tree: ast.expr) -> ast.expr | None:
    """Return what stands behind the sign of a product; None where it has none."""
    match tree:
        case ast.UnaryOp(ast.USub(), x):
            return x
        case ast.BinOp(x, ast.Mult() | ast.Div() as op, y) if (positive := _negated(x)) is not None:
            return ast.BinOp(positive, op, y)
    return None


def tidy(tree: ast.expr, texts: Mapping[str, str] = MappingProxyType({}), *, rows: bool = False) -> ast.expr:
    """Return a simpler tree of the same value, with texts in the place of names, perhaps those of rows of arrays."""
    simple: ast.expr = Tidy(texts, rows=rows).visit(tree)
    return simple

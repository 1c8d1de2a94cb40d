"""Expressions as Python source text, by way of Python's own syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cache
from string import Formatter
from typing import Any

import numpy as np

from autograd_lite.expressions import Node
from autograd_lite.op import Op, alias

MODULES = {"numpy": "np", "scipy.special": "special"}


def text(node: Node, *, defining: bool = False) -> str:
    """Return the source of a node: its name, or the expression that makes it where it is being defined."""
    return ast.unparse(syntax(node, defining=defining))


def syntax(node: Node, *, defining: bool = False) -> ast.expr:
    """Return the syntax tree of a node, unnamed arguments written out in place."""
    if node.name and not defining:
        return ast.Name(node.name)
    if node.op is None:
        return literal(node.value)
    if node.op is alias:
        return syntax(node.args[0])
    args = [syntax(arg) for arg in node.args]
    params = {key: literal(p) for key, p in node.params.items() if not _is_default(key, p)}
    special = _SPECIAL.get(node.op.name)
    if special is not None:
        tree: ast.expr = special(node, args, params)
        return tree
    if node.op.template is not None:
        return _fill(node.op.template, args, params)
    if node.op.spread:
        args = [ast.List(args)]
    return ast.Call(_path(node.op), args, [ast.keyword(key, value) for key, value in params.items()])


def literal(value: Any) -> ast.expr:
    """Return the syntax tree of a constant: a number, an array, an index, a dtype, or a node in their place."""
    if isinstance(value, Node):
        return syntax(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        value = value.item()
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, complex):
        return ast.parse(repr(value), mode="eval").body
    if isinstance(value, slice):
        if value == slice(None):
            return ast.Call(ast.Name("slice"), [ast.Constant(None)], [])
        parts = (value.start, value.stop, value.step)
        return ast.Call(ast.Name("slice"), [literal(p) for p in parts], [])
    if isinstance(value, tuple):
        return ast.Tuple([literal(v) for v in value])
    if isinstance(value, list):
        return ast.List([literal(v) for v in value])
    if isinstance(value, (np.dtype, type)):
        return ast.Attribute(ast.Name("np"), np.dtype(value).name)
    return ast.Constant(value)


def ops_of(nodes: Collection[Node]) -> list[Op]:
    """List the ops of our own among nodes, which NumPy does not have."""
    ours = (n.op for n in nodes if n.op and n.op.numpy is None and n.op is not alias)
    return list(dict.fromkeys(op for op in ours if op.name not in _SPECIAL))


def _number(value: float) -> ast.expr:
    if np.isnan(value) or np.isinf(value):
        number: ast.expr = ast.Attribute(ast.Name("np"), "nan" if np.isnan(value) else "inf")
        return ast.UnaryOp(ast.USub(), number) if value < 0 else number
    if value == int(value) and abs(value) < 1e6:
        value = int(value)
    elif abs(value) < 1 and len(repr(value)) > 8 and 1 / round(1 / value) == value:
        return ast.BinOp(_number(float(np.sign(value))), ast.Div(), ast.Constant(abs(round(1 / value))))
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _array(value: Any) -> ast.expr:
    def call(name: str, *args: ast.expr, **keywords: ast.expr) -> ast.expr:
        dtype = {} if value.dtype in (np.float64, np.int64) else {"dtype": literal(value.dtype)}
        all_keywords = [ast.keyword(k, v) for k, v in {**keywords, **dtype}.items()]
        return ast.Call(ast.Attribute(ast.Name("np"), name), list(args), all_keywords)

    shape = literal(value.shape if value.ndim > 1 else value.shape[0])
    if value.size and np.all(value == value.flat[0]):
        if value.dtype.kind == "f" and value.flat[0] in (0, 1):
            return call("ones" if value.flat[0] else "zeros", shape)
        filler = float(value.flat[0]) if value.dtype.kind == "f" else value.flat[0].item()
        return call("full", shape, literal(filler))
    if value.ndim == 1 and value.dtype.kind in "iu" and np.array_equal(value, np.arange(value.size)):
        return call("arange", shape)
    return call("array", ast.parse(repr(value.tolist()), mode="eval").body)


def _is_default(key: str, value: Any) -> bool:
    return value is None or (key in ("keepdims", "initial") and value is False) or (key == "order" and value == "C")


@cache
def _parsed(template: str) -> str:
    fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    positions = iter(range(len(fields)))
    names = [f"_{next(positions)}" if field == "" else f"_{field}" for field in fields]
    return template.format(*[n for n in names if n[1:].isdigit()], **{n[1:]: n for n in names if not n[1:].isdigit()})


class _Filler(ast.NodeTransformer):
    def __init__(self, parts: dict[str, ast.expr]) -> None:
        self.parts = parts
        self.used: set[str] = set()

    def visit_Name(self, node: ast.Name) -> ast.expr:
        self.used.add(node.id)
        return self.parts.get(node.id, node)


def _fill(template: str, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    """Put arguments and parameters into the places of a template; parameters without one follow as keywords."""
    filler = _Filler({**{f"_{i}": a for i, a in enumerate(args)}, **{f"_{k}": p for k, p in params.items()}})
    tree: ast.expr = filler.visit(ast.parse(_parsed(template), mode="eval").body)
    left = [ast.keyword(key, value) for key, value in params.items() if f"_{key}" not in filler.used]
    if left and isinstance(tree, ast.Call):
        tree.keywords += left
    return tree


def _path(op: Op) -> ast.expr:
    """Return the dotted name by which the written code calls an op."""
    if op.numpy is None:
        return ast.Name(op.name)
    module = getattr(op.numpy, "__module__", None) or "numpy"
    if isinstance(op.numpy, np.ufunc):
        module = "numpy" if hasattr(np, op.numpy.__name__) else "scipy.special"
    path: ast.expr = ast.Name(MODULES.get(module) or "np")
    for part in module.split(".")[1:] if module.startswith("numpy.") else ():
        path = ast.Attribute(path, part)
    return ast.Attribute(path, op.numpy.__name__)


def _subscript(value: ast.expr, index: Any) -> ast.expr:
    def part(p: Any) -> ast.expr:
        if isinstance(p, slice):
            bounds = [None if b is None else literal(b) for b in (p.start, p.stop, p.step)]
            return ast.Slice(*bounds)
        return literal(p)

    slices = ast.Tuple([part(p) for p in index]) if isinstance(index, tuple) else part(index)
    return ast.Subscript(value, slices)


def _transposed(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    axes = node.params.get("axes")
    if axes is None or list(axes) == list(range(len(node.shape)))[::-1]:
        return ast.Attribute(args[0], "T")
    return ast.Call(ast.Attribute(ast.Name("np"), "transpose"), [args[0], params["axes"]], [])


def _reduced(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    """Write ``axis=0`` for ``axis=(0,)``."""
    axis = node.params.get("axis")
    if isinstance(axis, tuple) and len(axis) == 1:
        params["axis"] = literal(axis[0])
    path = _path(node.op) if node.op else ast.Name("sum")
    return ast.Call(path, args, [ast.keyword(key, value) for key, value in params.items()])


_SPECIAL: dict[str, Any] = {
    "sum": _reduced,
    "matrix_transpose": lambda node, args, params: ast.Attribute(args[0], "T" if len(node.shape) == 2 else "mT"),
    "getitem": lambda node, args, params: _subscript(args[0], node.params["index"]),
    "item": lambda node, args, params: _subscript(args[0], node.params["index"]),
    "transpose": _transposed,
    "reshape": lambda node, args, params: ast.Call(
        ast.Attribute(args[0], "reshape"),
        [params["shape"]],
        [ast.keyword(k, p) for k, p in params.items() if k != "shape"],
    ),
    "broadcast_to": lambda node, args, params: ast.Call(
        ast.Attribute(ast.Name("np"), "broadcast_to"), [args[0], params["shape"]], []
    ),
}

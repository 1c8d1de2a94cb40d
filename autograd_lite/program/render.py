"""Expressions as Python's own syntax trees, and as source text by way of these."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Collection, Iterable
from functools import cache
from string import Formatter
from typing import Any

import numpy as np

from autograd_lite.core.numpy_protocol import path_of
from autograd_lite.core.op import Op, alias
from autograd_lite.core.signatures import defaults_of
from autograd_lite.ops.indexing import repeats
from autograd_lite.program.expressions import Node, concrete, is_range, own_name
from autograd_lite.program.pretty import unparse


def text(node: Node, *, defining: bool = False) -> str:
    """Return the source of a node: its name, or the expression that makes it where it is being defined."""
    return unparse(syntax(node, defining=defining), width=math.inf)


def syntax(node: Node, *, defining: bool = False) -> ast.expr:
    """Return the syntax tree of a node, unnamed arguments written out in place."""
    if node.name and not defining:
        return ast.Name(node.name)
    if node.op is None:
        return exact(node.value) if defining and is_whole(node.value) else literal(node.value)
    if node.op is alias:
        return syntax(node.args[0], defining=not node.args[0].name)
    args = [_argument(node, arg) for arg in node.args]
    defaults = _defaults(node.op)
    params = {key: literal(p) for key, p in node.params.items() if not _same(p, defaults.get(key, literal))}
    special = _SPECIAL.get(own_name(node.op))
    if special is not None:
        tree: ast.expr = special(node, args, params)
        return tree
    if node.op.template is not None:
        return _fill(node.op.template, args, params)
    if node.op.spread:
        args = [ast.List(args)]
    for key in _places(node.op):
        if key not in params:
            break
        args.append(params.pop(key))
    return call(path(node.op), args, params)


def dotted(name: str) -> ast.expr:
    """Return the syntax tree of a name with dots: ``np.linalg.norm``."""
    first, *others = name.split(".")
    tree: ast.expr = ast.Name(first)
    for other in others:
        tree = ast.Attribute(tree, other)
    return tree


def call(function: str | ast.expr, args: list[ast.expr], params: dict[str, ast.expr] | None = None) -> ast.Call:
    """Return the syntax tree of a call."""
    function = dotted(function) if isinstance(function, str) else function
    return ast.Call(function, args, [ast.keyword(key, value) for key, value in (params or {}).items()])


def functions_of(nodes: Iterable[Node]) -> dict[str, Callable[..., Any]]:
    """Return the functions that NumPy does not have and that nodes are written as calls of, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for node in nodes:
        if own_name(node.op) == "scatter":
            function = _scattering(node)
            found[function.__name__] = function
        elif node.op and node.op.numpy is None and node.op.template is None and own_name(node.op) not in _SPECIAL:
            function = found.setdefault(node.op.name, node.op.forward)
            if function is not node.op.forward:
                raise NotImplementedError(f"two ops are called {node.op.name}; give one of them another name")
    return found


def scatter(x: Any, index: Any, shape: Any) -> Any:
    """Return zeros with x added at the index, which may name a place more than once."""
    z = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(z, index, x)
    return z


def place(x: Any, index: Any, shape: Any) -> Any:
    """Return zeros with x at the index."""
    z = np.zeros(shape, np.asarray(x).dtype)
    z[index] = x
    return z


def _scattering(node: Node) -> Callable[..., Any]:
    """Return the plainest function that does what `scatter` of the op table does for this index."""
    index = node.params["index"]
    return scatter if repeats(concrete(index if isinstance(index, tuple) else (index,))) else place


def _scattered(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    added = with_point(node.args[0], args[0])  # zeros have its dtype
    return call(_scattering(node).__name__, [added], {key: params[key] for key in ("index", "shape")})


# Constants


def literal(value: Any) -> ast.expr:
    """Return the syntax tree of a constant: a number, an array, an index, a dtype, or a node in their place."""
    if isinstance(value, Node):
        return syntax(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        value = value.item()
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
        return _number(value)
    if isinstance(value, slice) or (isinstance(value, tuple) and any(isinstance(part, slice) for part in value)):
        return _subscript(dotted("np.s_"), value)
    if isinstance(value, tuple):
        return ast.Tuple([literal(v) for v in value])
    if isinstance(value, list):
        return ast.List([literal(v) for v in value])
    if isinstance(value, dict):
        return ast.Dict([literal(key) for key in value], [literal(v) for v in value.values()])
    if isinstance(value, (np.dtype, type)):
        return dotted(f"np.{np.dtype(value).name}")
    if isinstance(value, range):
        bounds = (value.start, value.stop, value.step)
        return call("range", [literal(n) for n in bounds[value.start == 0 and value.step == 1 : 2 + (value.step != 1)]])
    return ast.Constant(value)


def argument(node: Node, arg: Node, pointed: bool = False) -> ast.expr:
    """Return the syntax tree of an argument. A number is written so that the result has the dtype that it had.

    What is pointed has a point where it is an inexact whole number.
    """
    tree = _argument(node, arg)
    return with_point(arg, tree) if pointed and not isinstance(tree, ast.Call) else tree


def _argument(node: Node, arg: Node) -> ast.expr:
    value = arg.value
    if arg.op is not None or arg.name or np.ndim(value) or not isinstance(value, (float, np.number)):
        return syntax(arg)
    if not (node.op and (node.op.elementwise or isinstance(node.op.numpy, np.ufunc))):
        return syntax(arg) if isinstance(value, float) else _typed(value)
    others = [other.kind for other in node.args if not other.constant or other.name]
    wanted = np.result_type(*others, value)
    if not isinstance(value, float) and all(np.result_type(other).kind in "biu" for other in others):
        return _typed(value)  # what goes by the first argument alone, as np.ldexp does
    if np.result_type(*others, value.item() if isinstance(value, np.number) else value) != wanted:
        return _typed(value)
    if is_whole(value) and np.result_type(*others, int(value)) != wanted:
        return exact(value)
    return syntax(arg)


def is_whole(value: Any) -> bool:
    """Whether a value is a real number with nothing behind the point."""
    number = isinstance(value, (float, np.floating, np.ndarray)) and np.ndim(value) == 0 and np.isrealobj(value)
    return number and bool(np.isfinite(value)) and bool(value == int(value)) and np.asarray(value).dtype.kind == "f"


def _typed(value: Any) -> ast.expr:
    """Write a number with its dtype."""
    return call(literal(value.dtype), [literal(value.item())])


def _number(value: Any) -> ast.expr:
    """Write a number as a person would: whole ones without a point, ``1 / 6``, ``np.pi``, ``-1j``."""
    if isinstance(value, complex):
        if not np.isfinite(value):
            return call("complex", [_number(value.real), _number(value.imag)])
        imaginary, is_negative = ast.Constant(complex(0, abs(value.imag))), value.imag < 0
        if not value.real:
            return _negative(imaginary) if is_negative else imaginary
        return ast.BinOp(_number(value.real), ast.Sub() if is_negative else ast.Add(), imaginary)
    if np.isnan(value) or np.isinf(value):
        return _negative(dotted("np.inf")) if value < 0 else dotted("np.nan" if np.isnan(value) else "np.inf")
    if value in (np.pi, 2 * np.pi):
        return dotted("np.pi") if value == np.pi else ast.BinOp(ast.Constant(2), ast.Mult(), dotted("np.pi"))
    if value == int(value) and abs(value) < 1e6:
        value = int(value)
    elif 1e-4 <= abs(value) < 1 and len(repr(value)) > 8 and 1 / round(1 / value) == value:
        return ast.BinOp(_number(math.copysign(1, value)), ast.Div(), ast.Constant(abs(round(1 / value))))
    return _signed(value)


def _signed(value: float) -> ast.expr:
    """Write a number as it is, with its sign in front."""
    return _negative(ast.Constant(-value)) if math.copysign(1, value) < 0 else ast.Constant(value)


def _negative(tree: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.USub(), tree)


def _array(value: Any) -> ast.expr:
    def made(name: str, *args: ast.expr, plain: Collection[str] = ("float64", "int64")) -> ast.expr:
        return call(f"np.{name}", list(args), {} if value.dtype.name in plain else {"dtype": literal(value.dtype)})

    shape = literal(value.shape if value.ndim > 1 else value.shape[0])
    first: Any = value.flat[0] if value.size else 0
    if value.dtype.kind in "fc" and first in (0, 1) and np.all(value == first):
        return made("ones" if first else "zeros", shape, plain=("float64",))
    if value.size and np.all(value == first):
        filler = exact(first.item()) if value.dtype == np.float64 else literal(first)
        return made("full", shape, filler, plain=("float64", "int64", "bool", "complex128"))
    if is_range(value):
        numbers = made("arange", literal(value.size))
        return numbers if value.ndim == 1 else _axes(numbers, [n > 1 for n in value.shape])
    if not value.size:
        return made("zeros", shape, plain=("float64",))
    return made("array", exact(value.tolist()), plain=("int64", "bool", "complex128", "float64"))


def _axes(tree: ast.expr, kept: list[bool]) -> ast.expr:
    """Write axes of an array, and new ones between them: ``x[:, None]``."""
    return ast.Subscript(tree, ast.Tuple([ast.Slice() if keeps else ast.Constant(None) for keeps in kept]))


def with_point(node: Node, written: ast.expr) -> ast.expr:
    """Return how an argument is written, but of an inexact whole number with a point."""
    return exact(node.value) if node.constant and not node.name and is_whole(node.value) else written


def exact(value: Any) -> ast.expr:
    """Write a number, or the numbers of an array: all real ones with a point."""
    if isinstance(value, list):
        return ast.List([exact(part) for part in value])
    return _signed(float(value)) if is_whole(value) else literal(value)


# Calls


@cache
def _parsed(template: str) -> str:
    fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    positions = iter(range(len(fields)))
    names = [f"_{next(positions)}" if field == "" else f"_{field}" for field in fields]
    placed = sorted({int(n[1:]) for n in names if n[1:].isdigit()})
    return template.format(*[f"_{i}" for i in placed], **{n[1:]: n for n in names if not n[1:].isdigit()})


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


def path(op: Op) -> ast.expr:
    """Return the dotted name by which the written code calls an op."""
    return dotted(op.name if op.numpy is None else path_of(op.numpy))


def _parameters(op: Op) -> list[inspect.Parameter]:
    """List the parameters of the function that is called for an op."""
    try:
        return list(inspect.signature(op.numpy or op.forward).parameters.values())
    except (TypeError, ValueError):  # a function that is written in C
        return []


@cache
def _defaults(op: Op) -> dict[str, Any]:
    """Return the values that parameters have if they are left out."""
    left_out = defaults_of(_parameters(op))
    return {key: {"keepdims": False, "initial": None}.get(key, value) for key, value in left_out.items()}


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and isinstance(value, (str, int, float, type(None))) and value == default


@cache
def _places(op: Op) -> tuple[str, ...]:
    """List the parameters of a NumPy function that are given by their place: they have no default, or no name."""
    parameters = _parameters(op) if op.numpy else []
    given = parameters[1 if op.spread else len(op.input_names) :]
    plain = [p.kind is p.POSITIONAL_ONLY or (p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD) for p in given]
    return tuple(p.name for p, by_place in zip(given, plain, strict=True) if by_place)


def _subscript(value: ast.expr, index: Any) -> ast.expr:
    def part(p: Any) -> ast.expr:
        if isinstance(p, slice):
            start = None if p.start == 0 and p.step in (None, 1) else p.start
            bounds = [None if b is None else literal(b) for b in (start, p.stop, p.step)]
            return ast.Slice(*bounds)
        return literal(p)

    if isinstance(index, tuple) and len(index) == 1:
        index = index[0]
    slices = ast.Tuple([part(p) for p in index]) if isinstance(index, tuple) else part(index)
    return ast.Subscript(value, slices)


def _transposed(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    """Write ``y.T @ x`` for ``(x.T @ y).T``."""
    axes, factors = node.params.get("axes"), node.args[0].args[::-1] if node.args[0].made_by("matmul") else ()
    if all(len(x.shape) == 2 for x in (node, *factors)) and any(map(_is_transpose, factors)):
        x, y = (syntax(f.args[0]) if _is_transpose(f) else ast.Attribute(syntax(f), "T") for f in factors)
        return ast.BinOp(x, ast.MatMult(), y)
    if node.op and node.op.name == "matrix_transpose":
        return ast.Attribute(args[0], "T" if len(node.shape) == 2 else "mT")
    if axes is None or list(axes) == list(range(len(node.shape)))[::-1]:
        return ast.Attribute(args[0], "T")
    return call("np.transpose", [args[0], params["axes"]])


def _is_transpose(node: Node) -> bool:
    axes = list(node.params.get("axes") or (1, 0))
    return node.made_by("transpose", "matrix_transpose") and len(node.shape) == 2 and axes == [1, 0]


def _reshaped(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    """Write new axes as an index, ``x[:, None]``, and any other shape as ``x.reshape(2, 6)``."""
    before, after = node.args[0].shape, _written_shape(node)
    left = list(before)
    kept = [bool(left) and n == left[0] and left.pop(0) == n for n in node.shape]
    if before and not left and all(keeps or n == 1 for keeps, n in zip(kept, node.shape, strict=True)):
        return _axes(args[0], kept)
    order = {"order": params["order"]} if "order" in params else {}
    if not before:  # what may be a plain number
        return call("np.reshape", [args[0], literal(after)], order)
    return call(ast.Attribute(args[0], "reshape"), [literal(n) for n in after] or [literal(())], order)


_DEFAULTS = (np.float64, np.int64, np.bool_, np.complex128)
"""The dtypes that arrays of Python numbers have."""


def _written_shape(node: Node) -> tuple[Any, ...]:
    """Return the shape of a value as its parameter has it where that holds nodes: lengths that are variables."""
    given = node.params.get("shape")
    return given if isinstance(given, tuple) and any(isinstance(n, Node) for n in given) else node.shape


def _stretched(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    shape = _written_shape(node)
    if node.args[0].shape:
        return call("np.broadcast_to", [args[0], literal(shape)])
    number = with_point(node.args[0], args[0])
    dtype = {} if node.dtype in _DEFAULTS else {"dtype": literal(node.dtype)}
    return call("np.full", [literal(shape[0] if len(shape) == 1 else shape), number], dtype)


def _reduced(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    """Write ``axis=0`` for ``axis=(0,)``, and no axis where it is all of them."""
    axis = node.params.get("axis")
    if isinstance(axis, tuple) and len(axis) == len(node.args[0].shape):
        del params["axis"]
    elif isinstance(axis, tuple) and len(axis) == 1:
        params["axis"] = literal(axis[0])
    return call("np.sum", args, params)


def _negated(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    """Write the minus sign of a product in front of its first factor: ``-x * y`` for ``-(x * y)``."""
    tree = args[0]
    if not isinstance(tree, ast.BinOp) or not isinstance(tree.op, (ast.Mult, ast.Div)):
        return _negative(tree)
    return ast.BinOp(_negated(node, [tree.left], params), tree.op, tree.right)


def _cast(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    if not node.shape:
        return call(params["dtype"], args)
    return call(ast.Attribute(args[0], "astype"), [params["dtype"]])


def _contracted(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    return call("np.einsum", [params.pop("subscripts"), *args], params)


def _picked(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    if not node.args[0].shape and not isinstance(node.args[0].value, tuple):
        return _reshaped(node, args, {})
    return _subscript(args[0], node.params["index"])


def _compared(node: Node, args: list[ast.expr], params: dict[str, ast.expr]) -> ast.expr:
    """Write ``x != x`` as what it asks: whether x is NaN."""
    first, last = node.args
    if first is not last:
        return ast.Compare(args[0], [ast.Eq() if node.op and node.op.name == "equal" else ast.NotEq()], [args[1]])
    is_nan = call("np.isnan", args[:1])
    return ast.UnaryOp(ast.Invert(), is_nan) if node.op and node.op.name == "equal" else is_nan


_SPECIAL: dict[str, Any] = {
    "equal": _compared,
    "not_equal": _compared,
    "negative": _negated,
    "alias": lambda node, args, params: args[0],
    "expand_dims": _reshaped,
    "scatter": _scattered,
    "contraction": _contracted,
    "sum": _reduced,
    "matrix_transpose": _transposed,
    "getitem": _picked,
    "item": _picked,
    "transpose": _transposed,
    "reshape": _reshaped,
    "broadcast_to": _stretched,
    "astype": _cast,
}

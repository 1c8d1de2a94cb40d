"""What is simplified before a graph is planned: the rules of readable programs, and those that only speed needs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.compiled.recorded import recorded
from autograd_lite.core import trees
from autograd_lite.core.op import Op
from autograd_lite.core.tape import Params
from autograd_lite.core.tensor import Tensor
from autograd_lite.program.expressions import Expressions, Node, concrete, own_name, uniform
from autograd_lite.program.recording import leaf
from autograd_lite.program.simplify import Rule, factors_of, product_of, simplify, without_number


def clean(e: Expressions, op: Op, args: tuple[Node, ...], params: Params, value: Any) -> Node | None:
    """Return a node that is computed faster than this op of these arguments, or None."""
    simpler = simplify(e, op, args, params, value)
    if simpler is not None and (own_name(simpler.op) not in _RULES):
        return simpler
    if simpler is not None and simpler.op is not None:
        op, args, params = simpler.op, simpler.args, simpler.params
    rule = _RULES.get(own_name(op))
    faster = rule(e, args, params, value) if rule else _expanded(e, op, args, params, value)
    return simpler if faster is None or faster.dtype != np.asarray(value).dtype else faster


def clean_for_xla(e: Expressions, op: Op, args: tuple[Node, ...], params: Params, value: Any) -> Node | None:
    """Return what `clean` does, but for sums, which XLA adds up by itself."""
    return (simplify if own_name(op) == "sum" else clean)(e, op, args, params, value)


def _expanded(e: Expressions, op: Op, args: tuple[Node, ...], params: Params, value: Any) -> Node | None:
    """Return the node of an op in terms of others, where its row says so."""
    held = trees.flatten(params)[0] if params else []
    if op.expansion is None or any(isinstance(p, Node) and not p.constant for p in held):
        return None
    given = [arg.value if arg.constant and not np.ndim(arg.value) else leaf(arg.value, None) for arg in args]
    result = recorded(op.expansion, given, concrete(params))
    if type(result) is not Tensor or result.dtype != np.asarray(value).dtype or result.shape != np.shape(value):
        return None
    e.nodes.update({x: arg for x, arg in zip(given, args, strict=True) if type(x) is Tensor})
    e.translate([result], lambda *_: None)
    return e.nodes[result]


def _square(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Write a square as a product, but of masks, whose product is a mask."""
    x = args[0]
    return e.call("multiply", x, x, value=value) if x.dtype == np.asarray(value).dtype else None


def _power(e: Expressions, args: tuple[Node, ...], params: Params, value: Any) -> Node | None:
    """Write a product, a root or a quotient for a power of a constant."""
    x, exponent = args[0], uniform(args[1])
    if not np.isscalar(exponent) or x.dtype != np.asarray(value).dtype or x.shape != np.shape(value):
        return None
    if exponent == 2:
        return e.call("multiply", x, x, value=value)
    return e.call("sqrt" if exponent == 0.5 else "reciprocal", x, value=value) if exponent in (0.5, -1) else None


def _sum(e: Expressions, args: tuple[Node, ...], params: Params, value: Any) -> Node | None:
    """Write the sum of a matrix along one axis as a product with ones: several times as fast."""
    x, axis = args[0], params.get("axis")
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    if type(axis) is not int or params.keys() - {"axis", "keepdims"}:
        return None
    if len(x.shape) != 2 or x.dtype not in _FAST or 0 in x.shape:
        return None
    ones = e.constant(_ones(x.shape[axis], x.dtype))
    order = (ones, x) if axis in (0, -2) else (x, ones)
    total = e.call("matmul", *order, value=np.matmul(*(n.value for n in order)))
    return e.call("reshape", total, value=value, shape=np.shape(value)) if params.get("keepdims") else total


@lru_cache(maxsize=64)
def _ones(length: int, dtype: np.dtype[Any]) -> Any:
    """Return one array for each length, so that it is one constant of a program."""
    return np.ones(length, dtype)


def _matmul(e: Expressions, args: tuple[Node, ...], params: Params, value: Any) -> Node | None:
    """Take a number out of a vector: whether the product is shorter follows from the rows, as a rule it is."""
    for i, arg in enumerate(args):
        number, factors = factors_of(arg)
        if len(arg.shape) == 1 and number not in (0, 1) and factors:
            left = without_number(e, arg, factors)
            if left is None:
                return None
            rest = [left if k == i else other for k, other in enumerate(args)]
            product = e.call("matmul", *rest, value=value / float(number))
            return product_of(e, number, [(product, False)])
    return None


def _plus(name: str) -> Rule:
    """Return the rule that takes a number out of both terms of a sum or difference."""

    def rule(e: Expressions, args: tuple[Node, ...], params: Params, value: Any) -> Node | None:
        (first, x), (second, y) = map(factors_of, args)
        if first != second or first in (0, 1) or not x or not y:
            return None
        rest = [without_number(e, *pair) for pair in zip(args, (x, y), strict=True)]
        if rest[0] is None or rest[1] is None:
            return None
        with np.errstate(all="ignore"):
            total = e.call(name, rest[0], rest[1], value=value / float(first))
        return product_of(e, first, [(total, False)])

    return rule


_FAST = (np.dtype(np.float64), np.dtype(np.float32))
_RULES: dict[str, Rule] = {
    "square": _square,
    "power": _power,
    "sum": _sum,
    "matmul": _matmul,
    "add": _plus("add"),
    "subtract": _plus("subtract"),
}

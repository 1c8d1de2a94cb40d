"""Scalar work on Python's own numbers: a tenth of the price of NumPy's scalars.

Python and `math` raise an error where NumPy gives an infinity or NaN: then the code for NumPy's scalars runs instead.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np

from autograd_lite.compiled.sizes import Sized
from autograd_lite.core.op import Op
from autograd_lite.program.expressions import Node, map_nodes, own_name

ERRORS = (ArithmeticError, ValueError)
"""What Python raises in the place of an infinity or NaN."""


class _OnNumbers(Op):
    """An op on Python's numbers. It is only written, by its template."""

    def __init__(self, template: str, name: str) -> None:
        super().__init__(lambda *values: None, (), name=name, template=template)


_FORMS = {
    "square": "{0} * {0}",
    "power": "math.pow({}, {})",
    "absolute": "abs({})",
    "reciprocal": "1 / {}",
    "maximum": "({0} if {0} > {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} < {1} or {0} != {0} else {1})",
    "where": "({1} if {0} else {2})",
    "masked": "({1} if {0} else 0.0)",
    "arcsin": "math.asin({})",
    "arccos": "math.acos({})",
    "arctan": "math.atan({})",
    "arctan2": "math.atan2({}, {})",
    "arcsinh": "math.asinh({})",
    "arccosh": "math.acosh({})",
    "arctanh": "math.atanh({})",
}
"""What is written otherwise than in NumPy, by the name of the op."""
_COMPARISONS = {"less": "{} < {}", "less_equal": "{} <= {}", "greater": "{} > {}", "greater_equal": "{} >= {}"}
_OPERATORS = ("add", "subtract", "multiply", "divide", "negative")
_TO_PYTHON, _TO_NUMPY = (Op(lambda x: x, (), name="number", template=t) for t in ("float({})", "{}"))


@cache
def _plain_op(op: Op) -> Op | None:
    """Return the op on Python's numbers that computes the same, if there is one."""
    name = own_name(op)
    template = _FORMS.get(name) or _COMPARISONS.get(name)
    if name in _OPERATORS:
        template = op.template
    elif isinstance(op.numpy, np.ufunc) and op.numpy.nin == 1 and hasattr(math, name):
        template = f"math.{name}({{}})"
    return None if template is None else _OnNumbers(template, op.name)


def with_plain_numbers(sized: Sized) -> Sized | None:
    """Return the graph with scalar work on Python's numbers; None where there is none, or not all is double."""
    graph = sized.graph
    if any(n.dtype is not None and n.dtype.kind in "fc" and n.dtype != np.float64 for n in graph.nodes):
        return None
    new: dict[Node, Node] = {}
    plain: dict[Node, Node] = {}
    for node in graph.nodes:
        made = new[node] = _remade(node, new, plain)
        if isinstance(made.op, _OnNumbers):
            plain[node], new[node] = made, Node(_TO_NUMPY, (made,), {}, node.value)
        elif not node.shape and (node.constant or node is sized.size):
            plain[node] = made
        elif not node.shape and node.dtype == np.float64:
            plain[node] = Node(_TO_PYTHON, (made,), {}, float(node.value))
    if not any(isinstance(node.op, _OnNumbers) for node in plain.values()):
        return None
    outputs = [new[x] for x in graph.outputs]
    called = {plain.get(x, new[x]): name for x, name in graph.called.items() if x in new}
    axes = {new[x]: along for x, along in sized.axes.items() if x in new}
    graph = replace(graph, outputs=outputs, draws=[new[x] for x in graph.draws], called=called)
    shapes = {new[x]: shape for x, shape in sized.shapes.items() if x in new}
    return replace(sized, graph=graph, axes=dict.fromkeys(graph.nodes, ()) | axes, shapes=shapes)


def _remade(node: Node, new: dict[Node, Node], plain: dict[Node, Node]) -> Node:
    """Return a node of the new graph: on Python's numbers where all that it is made of are."""
    if node.op is None:
        return node
    op = None if node.shape or node.params else _plain_op(node.op)
    if op is not None and all(arg in plain for arg in node.args):
        value = node.value.item() if isinstance(node.value, np.generic) else node.value
        return Node(op, tuple(plain[arg] for arg in node.args), {}, value)
    given = plain if node.op.elementwise else new
    args = tuple(given.get(arg, new[arg]) for arg in node.args)
    return Node(node.op, args, map_nodes(lambda p: new.get(p, p), node.params), node.value)

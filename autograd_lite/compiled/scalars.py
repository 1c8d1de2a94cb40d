"""Work on scalars, and on arrays of a few elements, on Python's own numbers: a tenth of the price of NumPy's calls.

Python and `math` raise an error where NumPy gives an infinity or NaN: then the code for NumPy's arrays runs instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from autograd_lite.compiled.sizes import FEW_NUMBERS, Sized, are_short, as_numpy, as_python, constant
from autograd_lite.core.op import Op
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node, concrete, map_nodes, own_name

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
_TO_LIST = Op(lambda x: x, (), name="numbers", template="{}.tolist()")


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


def _operator(name: str, start: int | None = None) -> Callable[[_Number, Any], Any]:
    """Return an operator on numbers; with the one that a sum or a product starts with on the left, reflected."""

    def apply(x: _Number, y: Any) -> Any:
        if start is not None and type(y) is int and y == start:
            return x
        other = y.node if isinstance(y, _Number) else constant(y) if isinstance(y, (int, float)) else None
        if other is None:
            return NotImplemented
        return _Number(_node(_plain_op(table[name]), (x.node, other) if start is None else (other, x.node)))

    return apply


class _Number:
    """An element of an array: NumPy's functions move, add and multiply these as they do other objects.

    It has no truth value, no order and no functions: an op that asks for one of them runs on arrays.
    """

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    __add__, __sub__, __mul__, __truediv__ = map(_operator, ("add", "subtract", "multiply", "divide"))
    __radd__, __rmul__ = _operator("add", 0), _operator("multiply", 1)

    def conjugate(self) -> _Number:
        return self

    def __bool__(self) -> bool:
        raise TypeError("a number that is not computed yet is neither true nor false")

    def __eq__(self, other: object) -> bool:
        raise TypeError("a number that is not computed yet equals none")

    __hash__ = object.__hash__


def _node(op: Op | None, args: tuple[Node, ...]) -> Node:
    """Return the node of a Python number; of its value only the type is looked at."""
    return Node(op, args, {}, 0.0)


def with_plain_numbers(sized: Sized) -> Sized | None:
    """Return the graph with work on few numbers on Python's; None where there is none, or not all is double."""
    graph = sized.graph
    if any(n.dtype is not None and n.dtype.kind in "fc" and n.dtype != np.float64 for n in graph.nodes):
        return None
    numbers = _Numbers(sized)
    for node in graph.nodes:
        numbers.add(node)
    return numbers.sized() if numbers.computed else None


class _Numbers:
    """A graph that is written anew, value by value.

    Attributes
    ----------
    computed : set of Node
        The values that are computed with Python's numbers.
    """

    def __init__(self, sized: Sized) -> None:
        self.computed: set[Node] = set()
        self._sized = sized
        self._most = FEW_NUMBERS if are_short([x.value for x in sized.graph.inputs.values()]) else 0
        self._new: dict[Node, Node] = {}  # what gives each value as an array, or as a scalar of NumPy
        self._elements: dict[Node, Any] = {}  # arrays of _Number, for the values of few numbers
        self._known: dict[tuple[Node, ...], dict[Op, _Number]] = {}

    def add(self, node: Node) -> None:
        """Write a value; those that it is made from are written."""
        found = self._computed(node)
        if found is not None:
            self.computed.add(node)
            self._elements[node], self._new[node] = found, _array_of(found, node)
            return
        made = self._new[node] = self._remade(node)
        if self._is_short(node) and (node.constant or node is self._sized.size or node.dtype == np.float64):
            self._elements[node] = _elements_of(made, node.constant or node is self._sized.size)

    def sized(self) -> Sized:
        """Return the graph as it is written."""
        old, new = self._sized, self._new
        called: dict[Node, str] = {}
        for x, name in old.graph.called.items():
            if x in new and x not in self.computed:
                called[new[x]] = name
            for index, number in np.ndenumerate(self._elements.get(x, ())):
                called[number.node] = "_".join([name, *map(str, index)])
        graph = replace(old.graph.over(new), called=called)
        axes = {new[x]: along for x, along in old.axes.items() if x in new}
        shapes = {new[x]: shape for x, shape in old.shapes.items() if x in new}
        return replace(old, graph=graph, axes=dict.fromkeys(graph.nodes, ()) | axes, shapes=shapes)

    def _is_short(self, node: Node) -> bool:
        """Whether a value is a number; or an array of a few, where all arguments are: else these save little."""
        return node.dtype is not None and (not node.shape or 0 < np.size(node.value) <= self._most)

    def _computed(self, node: Node) -> Any:
        """Return the elements of a value, where they can be computed from those of the arguments."""
        op = node.op
        if op is None or not self._is_short(node) or not node.args:
            return None
        if not all(arg in self._elements for arg in node.args):
            return None
        if node.shape and node.dtype not in (np.float64, np.bool_):
            return None
        given = [self._elements[arg] for arg in node.args]
        plain = None if node.params or _counts_masks(node) else _plain_op(op)
        if plain is not None:
            return self._each(plain, given, node.shape)
        return None if op.elementwise else _moved(node, given)

    def _each(self, op: Op, given: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """Return the elements of what an op gives of each; what it gives of the same ones is computed once."""
        found = np.empty(shape, object)
        arrays: Sequence[Any] = np.broadcast_arrays(*given)
        for index in np.ndindex(shape):
            args = tuple(x[index].node for x in arrays)
            known = self._known.setdefault(args, {})
            if op not in known:
                known[op] = _Number(_node(op, args))
            found[index] = known[op]
        return found

    def _remade(self, node: Node) -> Node:
        """Return a node of the new graph: scalars that a ufunc takes beside arrays are Python's numbers."""
        if node.op is None:
            return node
        args = tuple(self._argument(arg) if node.op.elementwise else self._new[arg] for arg in node.args)
        return Node(node.op, args, map_nodes(lambda p: self._new.get(p, p), node.params), node.value)

    def _argument(self, arg: Node) -> Node:
        scalar = None if arg.shape else self._elements.get(arg)
        return self._new[arg] if scalar is None else scalar[()].node


def _counts_masks(node: Node) -> bool:
    """Whether an op computes with what is true: of Python's numbers that has other types, and ``True + True`` is 2."""
    name = own_name(node.op)
    return name not in ("where", "masked") and any(arg.dtype is not None and arg.dtype.kind == "b" for arg in node.args)


def _moved(node: Node, given: Sequence[Any]) -> Any:
    """Return the elements of a value of an op that moves, adds and multiplies; None if it does anything else.

    Only ops of the table are asked: what those of users do with objects is not known.
    """
    if node.op is None or table.get(node.op.name) is not node.op:
        return None
    if not all(p.constant for p in list(node.parents())[len(given) :]):
        return None
    try:
        found = np.asarray(node.op.compute(*given, **concrete(node.params)), object)
    except Exception:  # of objects that are no numbers an op may raise anything
        return None
    if found.shape != node.shape or not all(isinstance(x, _Number) for x in found.flat):
        return None
    moved = {x.node for elements in given for x in np.ravel(elements)}
    is_mask = node.dtype is not None and node.dtype.kind == "b"
    return None if is_mask and not moved.issuperset(x.node for x in found.flat) else found


def _elements_of(made: Node, is_known: bool) -> Any:
    """Return the elements of an array that is given, or computed by NumPy."""
    found = np.empty(made.shape, object)
    if not made.shape:
        found[()] = _Number(made if is_known else _node(as_python, (made,)))
        return found
    listed = Node(_TO_LIST, (made,), {}, made.value)
    for index in np.ndindex(made.shape):
        found[index] = _Number(constant(made.value[index]) if is_known else _node(_element(index), (listed,)))
    return found


@cache
def _element(index: tuple[int, ...]) -> Op:
    """Return the op that takes an element out of nested lists."""
    return Op(lambda x: x, (), name="number", template="{}" + "".join(f"[{i}]" for i in index))


def _array_of(numbers: Any, node: Node) -> Node:
    """Return the array, or the scalar of NumPy, that has some elements."""
    args = tuple(number.node for number in numbers.flat)
    return Node(_packed(node.shape, node.dtype.kind == "b") if node.shape else as_numpy, args, {}, node.value)


@cache
def _packed(shape: tuple[int, ...], is_mask: bool) -> Op:
    """Return the op that makes an array of its elements."""
    places = str(np.full(shape, "{}").tolist()).replace("'", "")
    template = f"np.array({places}, {'bool' if is_mask else 'float'})"
    return Op(lambda *values: None, (), name="array", template=template)

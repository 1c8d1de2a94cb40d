"""The number of rows as a variable: one function recorded at several sizes, and what in its graphs follows them.

A function is recorded with two numbers of rows. The two graphs are walked in step: a number that differs is one of a
few functions of the number of rows (``n``, ``1 / n``, ``n - 1``), or the function has no program for all sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiled.recorded import Arguments, Graph, Record, record
from autograd_lite.core import trees
from autograd_lite.core.op import Op
from autograd_lite.core.shapes import Shape, Value
from autograd_lite.numerical import close
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node, Simplify, is_range, uniform

FEW, MANY = 83, 443
"""Numbers of rows that a function is recorded with: primes, and alike in what divides them and their neighbours, so
that fractions of them are reduced in the same way."""

_GROWTH = 8 * FEW
_AFFORDABLE = 2**26  # bytes of arguments that are made for another number of rows
_MOST = 863  # rows of the call that only shows whether control flow takes the same path there


class UnexplainedError(Exception):
    """Two graphs differ in something that no function of the number of rows explains."""


class Trail(NamedTuple):
    """The path that a call took.

    Attributes
    ----------
    ops : list
        Each op that ran, with the places of its arguments and the number of axes of its value.
    shapes : list of tuple of int, of the values
    """

    ops: list[Any]
    shapes: list[Shape]


@dataclass(frozen=True)
class Sized:
    """A graph, and what in it follows the number of rows.

    Attributes
    ----------
    graph : Graph
    size : Node or None
        What stands for the number of rows; None where the program is for one size alone.
    rows : int
        The number of rows that the graph was recorded with.
    varying : tuple of int
        The places of the inputs whose leading axis are the rows.
    axes : dict from Node to tuple of int
        Which axes of a value are as long as there are rows.
    shapes : dict from Node to tuple of int
        The shape of a value with the other number of rows: two values of one shape with both have one with any.
    constants : list
        What the function used as it is, before anything was simplified.
    trails : pair of Trail, or None
        The paths of the two calls, by which others are judged.
    """

    graph: Graph
    size: Node | None
    rows: int
    varying: tuple[int, ...]
    axes: dict[Node, tuple[int, ...]]
    shapes: dict[Node, Shape] = field(default_factory=dict)
    constants: list[Value] = field(default_factory=list)
    trails: tuple[Trail, Trail] | None = None

    def count_of(self, arrays: Sequence[Value]) -> int:
        """Return how many rows the arguments of a call have."""
        return len(arrays[self.varying[0]]) if self.varying else self.rows

    def shape_of(self, node: Node, rows: Any) -> tuple[Any, ...]:
        """Return the shape of a value with so many rows: a number, or what stands for it."""
        along = self.axes.get(node, ())
        return tuple(rows if i in along else length for i, length in enumerate(node.shape))

    def kind_of(self, node: Node) -> tuple[Any, ...]:
        """Return what two values have in common that fit into one array, with any number of rows."""
        return node.shape, self.shapes.get(node, node.shape), self.axes.get(node, ()), node.dtype

    def serves(self, f: Callable[..., Any], arguments: Arguments) -> bool:
        """Whether the program is for this number of rows too: of a few, the call is recorded to see."""
        rows = self.count_of(arguments.arrays)
        if rows >= FEW or self.trails is None:
            return True
        try:
            _check(*self.trails, _trail(record(f, arguments, arguments.arrays).graph(None)), rows)
        except Exception:  # with so few rows a function may raise anything
            return False
        return True


def sized(f: Callable[..., Any], arguments: Arguments, simplify: Simplify) -> Sized:
    """Record a function for any number of rows, where it has such a program, else for the arguments as they are."""
    arrays = arguments.arrays
    rows = _rows(arrays)
    for varying in _choices(arrays, rows) if rows else ():
        if _bytes_of_rows(arrays, varying) * MANY > max(_AFFORDABLE, sum(np.asarray(x).nbytes for x in arrays)):
            continue
        try:
            return _symbolic(f, arguments, varying, rows, simplify)
        except Exception:  # a function of a fixed number of rows may raise anything at another one
            continue
    recording = record(f, arguments, arrays)
    graph = recording.graph(simplify)
    axes = {
        node: tuple(i for i, length in enumerate(node.shape) if rows > 1 and length == rows) for node in graph.nodes
    }
    return Sized(graph, None, rows, (), axes, constants=_constants(recording.graph(None)))


def _bytes_of_rows(arrays: Sequence[Value], varying: Sequence[int]) -> float:
    """Return how large one row of each of these arrays is, together."""
    return float(sum(arrays[i].nbytes / max(len(arrays[i]), 1) for i in varying))


def _rows(arrays: Sequence[Value]) -> int:
    """Return the length of the leading axis of the largest array; 0 where there is none."""
    largest = max(arrays, key=np.size, default=None)
    return 0 if largest is None or np.ndim(largest) == 0 else len(largest)


def _choices(arrays: Sequence[Value], rows: int) -> Iterator[tuple[int, ...]]:
    """Yield which arrays may have the rows as their leading axis: all that are as long, and all but one of them."""
    places = tuple(i for i, x in enumerate(arrays) if np.ndim(x) and len(x) == rows)
    yield places
    for left_out in places if len(places) > 1 else ():
        yield tuple(i for i in places if i != left_out)


def _symbolic(
    f: Callable[..., Any], arguments: Arguments, varying: tuple[int, ...], rows: int, simplify: Simplify
) -> Sized:
    def recorded(n: int) -> Record:
        arrays = [resized(x, n) if i in varying else x for i, x in enumerate(arguments.arrays)]
        return record(f, arguments, arrays)

    few = recorded(FEW)
    plain = few.graph(None)
    _check_growth(plain)
    many, n = recorded(MANY), min(rows, _MOST)
    trails = _trail(plain), _trail(many.graph(None))
    _check(*trails, _trail(recorded(n).graph(None)), n)
    fitted = _Fit(few.graph(simplify), many.graph(simplify)).sized(varying)
    return replace(fitted, constants=_constants(plain), trails=trails)


def _check_growth(graph: Graph) -> None:
    """Raise UnexplainedError for values so much larger than the arguments that more rows would take long to record."""
    given = max((np.size(node.value) for node in graph.inputs.values()), default=1)
    if any(np.size(x) > _GROWTH * given for node in graph.nodes for x in trees.flatten(node.value)[0]):
        raise UnexplainedError("the size of a value")


def _constants(graph: Graph) -> list[Value]:
    """List the constants that a function may have computed; zeros and ones are those of the backward pass."""
    return [node.value for node in graph.nodes if node.constant and uniform(node) not in (0, 1)]


def resized(x: Value, n: int) -> Value:
    """Return an array of n rows: those of another one, again and again."""
    return np.asarray(x[np.arange(n) % len(x)])


def _trail(graph: Graph) -> Trail:
    """Return the path of a call from its graph."""
    places = {node: i for i, node in enumerate(graph.nodes)}
    ops = [(node.op, [places[arg] for arg in node.args], len(node.shape)) for node in graph.nodes]
    return Trail(ops, [node.shape for node in graph.nodes])


def _check(few: Trail, many: Trail, other: Trail, n: int) -> None:
    """Raise UnexplainedError where a call with n rows took another path, or its lengths do not follow n."""
    if not few.ops == many.ops == other.ops:
        raise UnexplainedError("the ops")
    for shapes in zip(few.shapes, many.shapes, other.shapes, strict=True):
        for p, q, r in zip(*shapes, strict=True):
            if (r - p) * (MANY - FEW) != (q - p) * (n - FEW):
                raise UnexplainedError("the length of an axis")


class _Fit:
    """Two graphs of one function, walked in step."""

    def __init__(self, first: Graph, second: Graph) -> None:
        self.first = first
        nodes, others = first.nodes, second.nodes
        if len(nodes) != len(others):
            raise UnexplainedError("the number of ops")
        self.partner = dict(zip(nodes, others, strict=True))
        self.size = Node(None, (), {}, FEW)
        self.size.name = "n"
        self.new: dict[Node, Node] = {}

    def sized(self, varying: tuple[int, ...]) -> Sized:
        """Return the first graph with functions of the number of rows in the place of numbers that follow it."""
        axes, shapes = {}, {}
        for x, y in self.partner.items():
            if isinstance(x.value, tuple) != isinstance(y.value, tuple) or len(x.shape) != len(y.shape):
                raise UnexplainedError("the structure of a value")
            self.new[x] = node = self._fitted(x, y)
            shapes[node] = y.shape
            lengths = zip(x.shape, y.shape, strict=True)
            axes[node] = tuple(i for i, pair in enumerate(lengths) if pair == (FEW, MANY))
        called = {self.new[x]: name for x, name in self.first.called.items() if x in self.new}
        outputs, draws = ([self.new[x] for x in nodes] for nodes in (self.first.outputs, self.first.draws))
        graph = replace(self.first, outputs=outputs, draws=draws, called=called)
        return Sized(graph, self.size, FEW, varying, dict.fromkeys(graph.nodes, ()) | axes, shapes)

    def _fitted(self, x: Node, y: Node) -> Node:
        if x.op is not y.op or x.constant != y.constant:
            raise UnexplainedError("the ops")
        if x.op is None:
            return self._constant(x, x.value, y.value) if x.constant else x
        if tuple(self.partner[arg] for arg in x.args) != y.args:
            raise UnexplainedError("the arguments of an op")
        params = self._param(x.params, y.params)
        if "shape" in params and x.shape != y.shape:  # perhaps given as -1
            params["shape"] = self._param(x.shape, y.shape)
        return Node(x.op, tuple(self.new[arg] for arg in x.args), params, x.value)

    def _constant(self, x: Node, value: Value, other: Value) -> Node:
        if np.shape(value) == np.shape(other):
            if np.array_equal(value, other, equal_nan=np.asarray(value).dtype.kind in "fc"):
                return x
            if np.ndim(value) == 0:
                return self._number(value, other)
        if is_range(value) and is_range(other):
            counted = Node(_counted, (), {"stop": self._number(np.size(value), np.size(other))}, np.ravel(value))
            return Node(table["reshape"], (counted,), {"shape": self._param(np.shape(value), np.shape(other))}, value)
        filler, others = uniform(x), np.unique(other)
        if filler is None or len(others) != 1:
            raise UnexplainedError("a constant array")
        number = _constant(filler) if filler == others[0] else self._number(filler, others[0])
        shape = self._param(np.shape(value), np.shape(other))
        return Node(table["broadcast_to"], (number,), {"shape": shape}, value)

    def _param(self, x: Any, y: Any) -> Any:
        """Return a parameter in which the numbers that differ are functions of the number of rows."""
        if isinstance(x, Node):
            if self.partner[x] is not y:
                raise UnexplainedError("an array among parameters")
            return self.new[x]
        if isinstance(x, dict) and x.keys() == y.keys():
            return {key: self._param(x[key], y[key]) for key in x}
        if isinstance(x, (tuple, list)) and len(x) == len(y):
            return type(x)(self._param(p, q) for p, q in zip(x, y, strict=True))
        if isinstance(x, slice):
            return slice(*(self._param(getattr(x, end), getattr(y, end)) for end in ("start", "stop", "step")))
        if type(x) is type(y) in (int, float) and x != y:
            return self._number(x, y)
        if isinstance(x, np.ndarray) or x != y:
            raise UnexplainedError("a parameter")
        return x

    def _number(self, x: Any, y: Any) -> Node:
        """Return the function of the number of rows that is x at the one number and y at the other."""
        whole = isinstance(x, (int, np.integer))
        slope = (Fraction(float(y)) - Fraction(float(x))) / (MANY - FEW)
        shift = Fraction(float(x)) - slope * FEW
        if max(slope.denominator, shift.denominator) <= (1 if whole else _DIVISOR):
            return self._linear(int(slope), int(shift)) if whole else self._linear(float(slope), float(shift))
        for added, power in () if whole else _POWERS:
            scale, other = x / (FEW + added) ** power, y / (MANY + added) ** power
            if close.same(scale, other, close.of_the_largest(scale, close.eps_of(*map(_as_given, (x, y))))):
                return self._scaled(scale, self._linear(1, added), power)
        raise UnexplainedError(f"the numbers {x} and {y}")

    def _scaled(self, scale: float, rows: Node, power: float) -> Node:
        if power == -1:
            return _made("divide", _constant(scale), rows)
        return _made("multiply", _constant(scale), _made("power", rows, _constant(power)))

    def _linear(self, slope: float, shift: float) -> Node:
        node = self.size if slope == 1 else _made("multiply", _constant(slope), self.size)
        return _made("add" if shift > 0 else "subtract", node, _constant(abs(shift))) if shift else node


_DIVISOR = 8  # of a number that grows with the rows: those of a half of them, less a half
_POWERS = ((0, -1), (-1, -1), (1, -1), (0, -2), (0, 0.5), (0, -0.5))
"""What a number may be a multiple of: the rows, plus the first of these, to the power of the second."""
_counted = Op(lambda *, stop: np.arange(stop), (), name="arange", template="np.arange({stop})")


def _as_given(number: Any) -> Any:
    """Return a number in single precision where it has no more digits."""
    return np.float32(number) if np.float32(number) == number else number


def _constant(value: Any) -> Node:
    node = Node(None, (), {}, value.item() if isinstance(value, np.generic) else value)
    node.constant = True
    return node


def _made(name: str, *args: Node) -> Node:
    return Node(table[name], args, {}, table[name].compute(*(arg.value for arg in args)))

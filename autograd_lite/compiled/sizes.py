"""The number of rows as a variable: one function recorded at several sizes, and what in its graphs follows them.

A function is recorded with two numbers of rows. The two graphs are walked in step: a number that differs is one of a
few functions of the number of rows (``n``, ``1 / n``, ``n - 1``), or the function has no program for all sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiled.laws import FEW, MANY, UnexplainedError, as_given, law
from autograd_lite.compiled.recorded import Arguments, Graph, Output, Record, record
from autograd_lite.compiled.signature import Key, Signature
from autograd_lite.core import trees
from autograd_lite.core.op import Op
from autograd_lite.core.shapes import Shape, Value
from autograd_lite.numerical import close
from autograd_lite.ops import table
from autograd_lite.program.expressions import Node, Simplify, is_range, uniform

FEW_NUMBERS = 4
"""Elements of an array that Python's numbers may stand for. A program of such arrays is for these lengths alone."""

_GROWTH = 8 * FEW
_AFFORDABLE = 2**26  # bytes of arguments that are made for another number of rows
_OTHER = 160
"""Rows of a call that others are held to: what a remainder or another polynomial is there, no line through the first
two numbers says, as `_OTHER` - `FEW` has no factor in common with `MANY` - `FEW`."""
_MOST = 863  # rows with which a function can always be recorded
_RECORD = 2**23  # bytes that the values of a record of more rows take


class Trail(NamedTuple):
    """The path that a call took.

    Attributes
    ----------
    ops : list
        Each op that ran, with the places of its arguments and the number of axes of its value.
    shapes : list of tuple of int, of the values
    fixed : list
        The constants, the numbers, strings and arrays among parameters, and what the call returned beside arrays.
    result : tuple
        The structure of what it returned.
    ends : set of int
        Where slices start and end, if that follows no rows: counted from one of the ends of an axis.
    """

    ops: list[Any]
    shapes: list[Shape]
    fixed: list[Any]
    result: Key
    ends: set[int]


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
    served : list of int
        Numbers of rows that it was found to be for.
    """

    graph: Graph
    size: Node | None
    rows: int
    varying: tuple[int, ...]
    axes: dict[Node, tuple[int, ...]]
    shapes: dict[Node, Shape] = field(default_factory=dict)
    constants: list[Value] = field(default_factory=list)
    trails: tuple[Trail, Trail] | None = None
    served: list[int] = field(default_factory=list)

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

    def serves(self, f: Callable[..., Any], arguments: Arguments, rows: int) -> bool:
        """Whether the program is for so many rows: with a few, and with more than before, it is recorded."""
        if are_short(arguments.arrays):
            return False
        if self.trails is None or FEW <= rows <= max(self.served):
            return True
        n = _telling(self.trails, rows)
        try:
            _check(*self.trails, _trail(_recorded(f, arguments, self.varying, n).graph(None)), n)
        except Exception:  # with another number of rows a function may raise anything
            return False
        self.served.append(rows)
        return True


def sized(f: Callable[..., Any], arguments: Arguments, simplify: Simplify) -> Sized:
    """Record a function for any number of rows, where it has such a program, else for the arguments as they are."""
    arrays = arguments.arrays
    rows = _rows(arrays)
    for varying in _choices(arrays, rows) if rows and not are_short(arrays) else ():
        if _bytes_of_rows(arrays, varying) * MANY > max(_AFFORDABLE, sum(np.asarray(x).nbytes for x in arrays)):
            continue
        try:
            return symbolic(f, arguments, varying, rows, simplify)
        except Exception:  # a function of a fixed number of rows may raise anything at another one
            continue
    recording = record(f, arguments, arrays)
    graph = recording.graph(simplify)
    axes = {
        node: tuple(i for i, length in enumerate(node.shape) if rows > 1 and length == rows) for node in graph.nodes
    }
    return Sized(graph, None, rows, (), axes, constants=_constants(recording.graph(None)))


def are_short(arrays: Sequence[Value]) -> bool:
    """Whether all arrays have a few elements at most."""
    return all(np.size(x) <= FEW_NUMBERS for x in arrays)


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


def symbolic(
    f: Callable[..., Any], arguments: Arguments, varying: tuple[int, ...], rows: int, simplify: Simplify
) -> Sized:
    """Record a function for any number of rows of some of its arrays, of which a call will have so many.

    Raises
    ------
    UnexplainedError
        Where something differs with the number of rows in another way than is known. With a number that it is not made
        for, a function may raise anything else.
    """
    recorded = partial(_recorded, f, arguments, varying)
    few = recorded(FEW)
    plain = few.graph(None)
    _check_growth(plain)
    many = recorded(MANY)
    trails = _trail(plain), _trail(many.graph(None))
    for n in {_OTHER, _telling(trails, rows)}:
        _check(*trails, _trail(recorded(n).graph(None)), n)
    fitted = _Fit(few.graph(simplify), many.graph(simplify)).sized(varying)
    return replace(fitted, constants=_constants(plain), trails=trails, served=[rows])


def _recorded(f: Callable[..., Any], arguments: Arguments, varying: tuple[int, ...], n: int) -> Record:
    """Record a function with n rows in some of its arrays."""
    return record(f, arguments, [resized(x, n) if i in varying else x for i, x in enumerate(arguments.arrays)])


def _telling(trails: tuple[Trail, Trail], rows: int) -> int:
    """Return with how many rows a record tells whether the path is the same with so many.

    With fewer than these, where a record would be large; but with more than any slice could take.
    """
    n = rows
    while n > _MOST and _bytes_of_values(trails, n) > _RECORD:
        n = max(n // 2, _MOST)
    ends = trails[0].ends & trails[1].ends
    return max([n, *(end + 1 for end in ends if end < rows)])


def _bytes_of_values(trails: tuple[Trail, Trail], rows: int) -> float:
    """Return how large the values of a call are together, in double precision."""
    share = (rows - FEW) / (MANY - FEW)
    shapes = (zip(*pair, strict=True) for pair in zip(*(trail.shapes for trail in trails), strict=True))
    return sum((math.prod(p + (q - p) * share for p, q in lengths) for lengths in shapes), 0.0) * 8


def _check_growth(graph: Graph) -> None:
    """Raise UnexplainedError for values so much larger than the arguments that more rows would take long to record."""
    constants = (node for node in graph.nodes if node.constant and uniform(node) is None)
    given = max([FEW, *(np.size(node.value) for node in (*graph.inputs.values(), *constants))])
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
    held = [[node.value] if node.constant else trees.flatten(node.params)[0] for node in graph.nodes]
    fixed = [part for xs in held for x in xs for part in _parts(x)]
    returned = [x for x in graph.result if type(x) is not Output]
    structure = Signature((graph.rebuild([type(x) for x in graph.result]),), {}).key
    slices = [x for xs in held for x in xs if isinstance(x, slice)]
    ends = {abs(end) for x in slices for end in (x.start, x.stop) if isinstance(end, int)}
    return Trail(ops, [node.shape for node in graph.nodes], fixed + returned, structure, ends)


def _parts(x: Any) -> tuple[Any, ...]:
    """Return what is fixed in a constant or a parameter: of a slice its ends, of an array that is computed nothing."""
    if isinstance(x, slice):
        return x.start, x.stop, x.step
    return () if isinstance(x, Node) else (x,)


def _check(few: Trail, many: Trail, other: Trail, n: int) -> None:
    """Raise UnexplainedError where a call with n rows took another path, or its lengths do not follow n."""
    if not few.ops == many.ops == other.ops:
        raise UnexplainedError("the ops")
    if not few.result == many.result == other.result:
        raise UnexplainedError("the structure of the result")
    for shapes in zip(few.shapes, many.shapes, other.shapes, strict=True):
        for p, q, r in zip(*shapes, strict=True):
            if (r - p) * (MANY - FEW) != (q - p) * (n - FEW):
                raise UnexplainedError("the length of an axis")
    for p, q, r in zip(few.fixed, many.fixed, other.fixed, strict=True):
        if not _follows(p, q, r, n):
            raise UnexplainedError("a constant")


def _follows(few: Any, many: Any, other: Any, n: int) -> bool:
    """Whether what a call with n rows used is what the calls with `FEW` and `MANY` rows let expect."""
    if few is many is other:
        return True
    if isinstance(few, tuple) and len(few) == len(many) == len(other):  # a shape
        return all(_follows(*lengths, n) for lengths in zip(few, many, other, strict=True))
    if not isinstance(few, (np.ndarray, np.generic, float, complex, int)) or isinstance(few, bool):
        return bool(few == many == other)
    if close.same(few, many):
        return close.same(few, other)
    if is_range(few) and is_range(many):
        return is_range(other) or np.size(other) < 2
    fillers = [np.unique(x) for x in (few, many, other)]
    if any(len(x) > 1 for x in fillers):
        return False
    x, y, z = (filler.item() if len(filler) else None for filler in fillers)
    return z is None or (close.same(x, z) if close.same(x, y) else close.alike(as_given(z), law(x, y).at(n)))


class _Fit:
    """Two graphs of one function, walked in step."""

    def __init__(self, first: Graph, second: Graph) -> None:
        self.first, self.second = first, second
        nodes, others = first.nodes, second.nodes
        if len(nodes) != len(others):
            raise UnexplainedError("the number of ops")
        self.partner = dict(zip(nodes, others, strict=True))
        self.size = Node(None, (), {}, FEW)
        self.size.name = "n"
        self.new: dict[Node, Node] = {}
        mixed = (node.args for node in nodes if any(not x.constant and x.dtype != np.float64 for x in node.args))
        self.typed = {arg for args in mixed for arg in args}.union(first.outputs)

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
        graph = self.first.over(self.new)
        results = zip(self.first.result, self.second.result, strict=True)
        graph = replace(graph, result=[self._returned(*pair, graph.outputs) for pair in results])
        return Sized(graph, self.size, FEW, varying, dict.fromkeys(graph.nodes, ()) | axes, shapes)

    def _returned(self, x: Any, y: Any, outputs: list[Node]) -> Any:
        """Return a leaf of the result: an integer that follows the rows is one more output."""
        if not type(x) is type(y) is int or x == y:
            return x
        outputs.append(self._number(x, y))
        return Output(len(outputs) - 1)

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
                number = self._number(value, other)
                return _typed(number, value) if x in self.typed else number
        if is_range(value) and is_range(other) and np.asarray(value).dtype == np.arange(0).dtype:
            counted = Node(counting, (), {"stop": self._number(np.size(value), np.size(other))}, np.ravel(value))
            return Node(table["reshape"], (counted,), {"shape": self._param(np.shape(value), np.shape(other))}, value)
        fillers, others = np.unique(value), np.unique(other)
        if not len(fillers) == len(others) == 1 or fillers[0] != fillers[0]:
            raise UnexplainedError("a constant array")
        filler = fillers[0]
        number = constant(filler) if filler == others[0] else self._number(filler, others[0])
        number = number if np.asarray(number.value).dtype == value.dtype else _typed(number, filler)
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
        scale, added, power, shift = law(x, y)
        rows = _shifted(self.size, added)
        if power == -1:
            rows = _made("divide", constant(scale), rows)
        else:
            if power == 2:
                rows = _made("multiply", rows, rows)
            elif power != 1:
                rows = _made("power", rows, constant(power))
            rows = rows if scale == power == 1 else _made("multiply", constant(scale), rows)
        return _shifted(rows, shift)


def _typed(number: Node, value: Any) -> Node:
    """Return a number as one of Python's or of a dtype of NumPy, as a value is."""
    if type(value) is int or (type(value) is float and not value.is_integer()):  # the code gives what it is
        return number
    return Node(as_python if type(value) is float else as_numpy, (number,), {}, value)


def _shifted(node: Node, shift: float) -> Node:
    return _made("add" if shift > 0 else "subtract", node, constant(abs(shift))) if shift else node


as_python, as_numpy = (Op(lambda x: x, (None,), name="number", template=t) for t in ("float({})", "{}"))
"""A number as one of Python's, and as one of NumPy's of the dtype of its value."""

counting = Op(lambda *, stop: np.arange(stop), (), name="arange", template="np.arange({stop})")
numbering = Op(lambda x: np.arange(len(x)), (None,), name="arange", template="row_numbers({0})")
"""The numbers of the rows of an array, chunk by chunk where it is in chunks."""


def constant(value: Any) -> Node:
    """Return the node of a number that is the same for all inputs."""
    node = Node(None, (), {}, value.item() if isinstance(value, np.generic) else value)
    node.constant = True
    return node


def _made(name: str, *args: Node) -> Node:
    return Node(table[name], args, {}, table[name].compute(*(arg.value for arg in args)))

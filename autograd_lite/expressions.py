"""Expressions: a recorded graph with its common parts shared, its constants folded and its trivial steps gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite import trees
from autograd_lite.arrays import Shape
from autograd_lite.graph import Tensor, raw
from autograd_lite.op import Op, alias
from autograd_lite.ops import table


class Node:
    """One value of a program: an input, a constant, or an op on other nodes.

    Attributes
    ----------
    op : Op or None
        None for inputs and constants.
    args : tuple of Node
    params : dict
        Keyword parameters; arrays among them may be Nodes.
    value : array or tuple of arrays
    name : str or None
        A node with a name is a step of the program; one without is written where it is used.
    constant : bool
        Whether the value is the same for all inputs.
    """

    __slots__ = ("args", "constant", "name", "op", "params", "value")

    def __init__(self, op: Op | None, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> None:
        self.op = op
        self.args = args
        self.params = params
        self.value = value
        self.name: str | None = None
        self.constant = False

    @property
    def shape(self) -> Shape:
        """Shape of the value; () for a tuple."""
        return () if isinstance(self.value, tuple) else np.shape(self.value)

    def parents(self) -> Iterator[Node]:
        """Yield the nodes that this one is made from, those in its parameters too."""
        yield from self.args
        for held in trees.flatten(self.params)[0]:
            if isinstance(held, Node):
                yield held

    def __repr__(self) -> str:
        return self.name or (f"{self.op.name}{self.args}" if self.op else repr(self.value))


def uniform(node: Node) -> Any:
    """Return the number that fills an unnamed constant, or None."""
    value = node.value
    if not node.constant or node.name or isinstance(value, tuple) or np.size(value) == 0:
        return None
    first = np.ravel(value)[0]
    return first if np.all(np.asarray(value) == first) else None


def is_short(value: Any) -> bool:
    """Whether a constant can be written out: a number, an array of one number, a range, or a few numbers."""
    if not isinstance(value, np.ndarray) or value.size <= 8 or np.all(value == value.flat[0]):
        return True
    return value.ndim == 1 and value.dtype.kind in "iu" and bool(np.all(value == np.arange(value.size)))


class Expressions:
    """Translates recorded Tensors to nodes: equal ones to one node."""

    def __init__(self) -> None:
        self.nodes: dict[Tensor, Node] = {}
        self._known: dict[Any, Node] = {}
        self._keep: list[Any] = []

    def leaf(self, tensor: Tensor) -> Node:
        """Return the node of an input."""
        node = self.nodes[tensor] = Node(None, (), {}, tensor._value)
        return node

    def constant(self, value: Any, name: str | None = None) -> Node:
        """Return the node of a constant: one for equal numbers, one for each array."""
        if isinstance(value, np.ndarray) and value.ndim:
            key: Any = ("array", id(value), name)
            self._keep.append(value)  # so that its id stays its own
        else:
            key = ("number", type(value).__name__, repr(value), name)
        if key not in self._known:
            node = self._known[key] = Node(None, (), {}, value)
            node.constant, node.name = True, name
        return self._known[key]

    def translate(self, tensors: Iterable[Tensor], name_of: Callable[[Tensor, int, Any], str | None]) -> None:
        """Translate Tensors, and all that they are made from, in the order in which they were recorded.

        ``name_of`` gives the user's name of a constant input of a Tensor, from its position (-1 in parameters).
        """
        for tensor in _unknown(tensors, self.nodes):
            if tensor.op is None:
                self.nodes[tensor] = self.constant(tensor._value, tensor.name)
                continue
            args = tuple(
                self.nodes[x] if type(x) is Tensor else self.constant(x, name_of(tensor, i, x))
                for i, x in enumerate(tensor.inputs)
            )
            params = {}
            if tensor.params:
                leaves, rebuild = trees.flatten(tensor.params)
                params = rebuild([self._param(tensor, p, name_of) for p in leaves])
            self.nodes[tensor] = self.apply(tensor.op, args, params, tensor._value)

    def _param(self, tensor: Tensor, p: Any, name_of: Callable[[Tensor, int, Any], str | None]) -> Any:
        if type(p) is Tensor:
            return self.nodes[p]
        return self.constant(p, name_of(tensor, -1, p)) if isinstance(p, np.ndarray) and p.ndim else p

    def apply(self, op: Op, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node:
        """Return the node of an op: a simpler or a known one where there is one."""
        if op.elementwise:
            args = self._without_broadcasts(args, np.shape(value))
        if _foldable(args, params) and not isinstance(value, tuple):
            return self.constant(value)
        simplify = _SIMPLER.get(op.name)
        simpler = simplify(self, args, params, value) if simplify else None
        if simpler is not None:
            return simpler
        key = (op, args, _key(params))
        if key not in self._known:
            self._known[key] = Node(op, args, params, value)
        return self._known[key]

    def _without_broadcasts(self, args: tuple[Node, ...], shape: Shape) -> tuple[Node, ...]:
        """Drop the stretching that an elementwise op does by itself."""
        chosen = list(args)
        for i, node in enumerate(chosen):
            if node.op is not None and node.op.name == "broadcast_to" and not node.name:
                source = node.args[0]
            elif node.shape and uniform(node) is not None:
                source = self.constant(uniform(node))
            else:
                continue
            others = [a.shape for j, a in enumerate(chosen) if j != i]
            if np.broadcast_shapes(source.shape, *others) == shape:
                chosen[i] = source
        return tuple(chosen)

    def alias(self, node: Node) -> Node:
        """Return a node of its own with the same value, to carry another name."""
        return Node(alias, (node,), {}, node.value)

    def call(self, name: str, *args: Node, value: Any) -> Node:
        """Return the node of a built-in op without parameters."""
        return self.apply(table[name], args, {}, value)


def _unknown(tensors: Iterable[Tensor], known: dict[Tensor, Node]) -> list[Tensor]:
    """List the Tensors not translated yet, oldest first; those in parameters are followed too."""
    found: set[Tensor] = set()
    pending = [t for t in tensors if t not in known]
    while pending:
        tensor = pending.pop()
        if tensor in found:
            continue
        found.add(tensor)
        held = [*tensor.inputs, *(trees.flatten(tensor.params)[0] if tensor.params else ())]
        pending += [x for x in held if type(x) is Tensor and x not in known and x not in found]
    return sorted(found, key=lambda t: t.serial)


def _foldable(args: tuple[Node, ...], params: dict[str, Any]) -> bool:
    held = [p for p in trees.flatten(params)[0] if isinstance(p, Node)] if params else []
    return all(node.constant and node.name is None for node in (*args, *held))


def _key(params: dict[str, Any]) -> Any:
    held = trees.flatten(params)[0]
    return tuple(params), *(id(p) if isinstance(p, Node) else (type(p).__name__, repr(p)) for p in held)


Simpler = Callable[[Expressions, tuple[Node, ...], dict[str, Any], Any], Node | None]


def _multiply(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    for factor, other in (args, args[::-1]):
        number = uniform(factor)
        if number is None:
            continue
        if number == 0:
            return e.constant(np.zeros_like(value))
        if other.shape != np.shape(value):
            continue
        if number == 1:
            return other
        if number == -1:
            return e.call("negative", other, value=value)
        inner = other.op.name if other.op else ""
        first = uniform(other.args[0]) if inner == "multiply" else None
        if first is not None and not other.name:
            return e.call("multiply", e.constant(number * first), other.args[1], value=value)
        if inner == "negative" and not other.name:
            return e.call("multiply", e.constant(-number), other.args[0], value=value)
        inverse = 1 / number
        if abs(number) < 1 and inverse == round(inverse) and 1 / round(inverse) == number:
            return e.call("divide", other, e.constant(float(round(inverse))), value=value)
    return None


def _divide(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    number = uniform(args[1])
    return args[0] if number == 1 and args[0].shape == np.shape(value) else None


def _negative(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    inner = args[0]
    if inner.op is not None and not inner.name:
        if inner.op.name == "negative":
            return inner.args[0]
        if inner.op.name == "subtract":
            return e.call("subtract", *inner.args[::-1], value=value)
    return None


def _add(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    for zero, other in (args, args[::-1]):
        if uniform(zero) == 0 and other.shape == np.shape(value):
            return other
    for plus, other in (args[::-1],):
        if plus.op is not None and plus.op.name == "negative" and not plus.name:
            return e.call("subtract", other, plus.args[0], value=value)
    return None


def _subtract(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return args[0] if uniform(args[1]) == 0 and args[0].shape == np.shape(value) else None


def _power(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return args[0] if uniform(args[1]) == 1 and args[0].shape == np.shape(value) else None


def _same(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Drop a step that leaves shape, dtype and order of the elements as they are."""
    before = args[0].value
    same = np.shape(before) == np.shape(value) and np.asarray(before).dtype == np.asarray(value).dtype
    return args[0] if same else None


def _transpose(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    inner = args[0]
    if inner.op is None or inner.op.name != "transpose" or inner.name:
        return args[0] if np.ndim(value) < 2 else None
    axes = [np.asarray(p.get("axes") or range(np.ndim(value))[::-1]) for p in (inner.params, params)]
    return inner.args[0] if list(axes[0][axes[1]]) == list(range(np.ndim(value))) else None


def _real(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return None if np.iscomplexobj(raw(args[0].value)) else args[0]


_SIMPLER: dict[str, Simpler] = {
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "add": _add,
    "subtract": _subtract,
    "power": _power,
    "broadcast_to": _same,
    "reshape": _same,
    "astype": _same,
    "alias": _same,
    "copy": _same,
    "transpose": _transpose,
    "real": _real,
    "conjugate": _real,
    "conj": _real,
}

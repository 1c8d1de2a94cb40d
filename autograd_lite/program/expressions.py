"""Expressions: a recorded graph with its common parts shared, its constants folded and its trivial steps gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.memory import restored
from autograd_lite.core.op import Op, alias, item, op_of
from autograd_lite.core.shapes import Shape, Value
from autograd_lite.core.tape import Params, next_serial
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.versions import inputs_of
from autograd_lite.ops import table

ARITHMETIC = frozenset({"add", "subtract", "negative", "multiply", "divide"})
_COMMUTATIVE = frozenset({"add", "multiply", "maximum", "minimum", "equal", "not_equal"})
_SMALL = 64  # elements of arrays that are compared by their values


def own_name(op: Op | None) -> str:
    """Return the name by which programs know an op of this package; "" for a user's, which may have any name."""
    return op.name if op is not None and str(op.__module__).startswith("autograd_lite.") else ""


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
    serial : int
        Smaller than that of nodes made later, as those are that are made from it.
    """

    __slots__ = ("args", "constant", "name", "op", "params", "serial", "value")

    def __init__(self, op: Op | None, args: tuple[Node, ...], params: Params, value: Value) -> None:
        self.op = op
        self.args = args
        self.params = params
        self.value = value
        self.name: str | None = None
        self.constant = False
        self.serial = next_serial()

    @property
    def shape(self) -> Shape:
        """Shape of the value; () for a tuple."""
        return () if isinstance(self.value, tuple) else np.shape(self.value)

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the value; None for a tuple."""
        return None if isinstance(self.value, tuple) else np.asarray(self.value).dtype

    @property
    def kind(self) -> Any:
        """What `numpy.result_type` takes for the node: the dtype, but plain numbers themselves, which give way."""
        return self.value if type(self.value) in (bool, int, float, complex) else self.dtype

    def parents(self) -> Iterator[Node]:
        """Yield the nodes that this one is made from, those in its parameters too."""
        yield from self.args
        if self.params:
            for held in trees.flatten(self.params)[0]:
                if isinstance(held, Node):
                    yield held

    def made_by(self, *names: str) -> bool:
        """Whether an op of one of these names made the node, and it has no name of its own."""
        return self.name is None and own_name(self.op) in names

    def __repr__(self) -> str:
        return self.name or (f"{self.op.name}{self.args}" if self.op else repr(self.value))


def uniform(node: Node) -> Value:
    """Return the number that fills an unnamed constant, or None."""
    value = node.value
    if not node.constant or node.name or isinstance(value, tuple) or np.size(value) == 0:
        return None
    first = np.ravel(value)[0]
    return first if np.ndim(value) == 0 or np.all(np.asarray(value) == first) else None


def is_short(value: Value) -> bool:
    """Whether a constant can be written out: a number, an array of one number, a range, or a few numbers."""
    if not isinstance(value, np.ndarray) or value.size <= 8:
        return True
    return bool(np.all(value == value.flat[0])) or is_range(value)


def is_range(value: Value) -> bool:
    """Whether an array counts from 0 along one axis, and has no other axis longer than 1."""
    if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in "iu":
        return False
    along = value.size == max(value.shape, default=0) > 1
    return along and np.array_equal(value.reshape(-1), np.arange(value.size))


def is_inexact(node: Node) -> bool:
    """Whether a value has a cotangent that can be written down: it is an array of real or complex numbers."""
    return node.dtype is not None and node.dtype.kind in "fc"


def is_output(node: Node) -> bool:
    """Whether a node is one of the outputs of an op that has several."""
    return node.op is item


def written(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes in the expressions of steps, from left to right."""
    pending = [p for node in reversed(list(nodes)) for p in reversed(list(node.parents()))]
    while pending:
        node = pending.pop()
        yield node
        if not node.name:
            pending += reversed(list(node.parents()))


def reachable(roots: Iterable[Node], known: Container[Node] = ()) -> list[Node]:
    """List the nodes that these are made from, themselves included: those made from others come after them.

    Those that are known, and what only these are made from, are left out.
    """
    return _walk(roots, lambda node: node not in known)


def expression(node: Node) -> list[Node]:
    """List the unnamed nodes that a node is written with, itself included: those made from others come after them."""
    return _walk([node], lambda part: not part.name or part is node)


def _walk(roots: Iterable[Node], enters: Callable[[Node], bool]) -> list[Node]:
    done: dict[Node, None] = {}
    pending = [(node, False) for node in reversed(list(roots))]
    while pending:
        node, expanded = pending.pop()
        if expanded:
            done[node] = None
        elif node not in done and enters(node):
            pending.append((node, True))
            pending += [(p, False) for p in reversed(list(node.parents())) if p not in done]
    return list(done)


def count_uses(nodes: Iterable[Node]) -> dict[Node, int]:
    """Count in how many places each node is used."""
    uses: dict[Node, int] = {}
    for node in nodes:
        uses.setdefault(node, 0)
        for parent in node.parents():
            uses[parent] = uses.get(parent, 0) + 1
    return uses


def is_cheap(node: Node, named: Collection[Node] = ()) -> bool:
    """Whether an expression is short enough to be written twice, if those in ``named`` will have names."""
    if node.op is None:
        return True
    short = own_name(node.op) in {*ARITHMETIC, "getitem", "transpose", "matrix_transpose", "item", "expand_dims"}
    return short and all(arg.name or arg.op is None or arg in named for arg in node.args)


class Expressions:
    """Translates recorded Tensors to nodes: equal ones to one node.

    Parameters
    ----------
    simplify : callable
        Takes this object, and op, arguments, parameters and value of a node to be; returns a simpler node, or None.
        If left out, nothing is simpler, what is made of constants stays as it is, and equal ones are several.

    Attributes
    ----------
    nodes : dict from Tensor to Node
    tensors : dict from Node to list of Tensor
    verbatim : bool
        Whether what is translated now is the user's own, and keeps its spelling.
    readable : bool
        Whether products are written as a person would; else as few passes over arrays as can be are made.
    """

    readable = True

    def __init__(self, simplify: Simplify | None = None) -> None:
        self.nodes: dict[Tensor, Node] = {}
        self.tensors: dict[Node, list[Tensor]] = {}
        self.verbatim = False
        self._simplify = simplify
        self._known: dict[Any, Node] = {}
        self._keep: list[Any] = []

    def assign(self, tensor: Tensor, node: Node) -> Node:
        """Note that a node stands for a Tensor."""
        self.nodes[tensor] = node
        self.tensors.setdefault(node, []).append(tensor)
        return node

    def leaf(self, tensor: Tensor, name: str) -> Node:
        """Return the node of an input."""
        node = Node(None, (), {}, tensor._value)
        node.name = name
        return self.assign(tensor, node)

    def constant(self, value: Value, name: str | None = None) -> Node:
        """Return the node of a constant: one for equal numbers and equal small arrays, one for each large array."""
        if isinstance(value, np.ndarray) and value.ndim == 0 and name is None and self._simplify is not None:
            value = value[()]  # which can be written with its dtype, and changed by nobody
        if not isinstance(value, np.ndarray) or value.ndim == 0:
            place = next_serial() if self._simplify is None else 0  # equal ones may differ at another point
            key: Any = ("number", type(value).__name__, repr(value), name, place)
        elif value.size <= _SMALL and self._simplify is not None and value.dtype.kind in "fciub":
            key = ("array", value.dtype.str, value.shape, value.tobytes(), name)
        else:
            key = ("array", id(value), name)
            self._keep.append(value)  # so that its id stays its own
        if key not in self._known:
            node = self._known[key] = Node(None, (), {}, value)
            node.constant, node.name = True, name
        return self._known[key]

    def translate(
        self,
        tensors: Iterable[Tensor],
        name_of: NameOf,
        is_verbatim: Callable[[Tensor], bool] = lambda tensor: False,
    ) -> None:
        """Translate Tensors, and all that they are made from, in the order in which they were recorded.

        ``name_of`` gives the user's name of a constant input of a Tensor, from its position (-1 in parameters);
        ``is_verbatim`` says whether the user wrote the op that made it.
        """
        for tensor in _unknown(tensors, self.nodes):
            if tensor.op is None:
                self.assign(tensor, self.constant(tensor._value, tensor.name))
                continue
            args = tuple(
                self.nodes[x] if type(x) is Tensor else self.constant(x, name_of(tensor, i, x))
                for i, x in enumerate(tensor.inputs)
            )
            params = {}
            if tensor.params:
                leaves, rebuild = trees.flatten(tensor.params)
                params = rebuild([self._param(tensor, p, name_of) for p in leaves])
            self.verbatim = is_verbatim(tensor)
            self.assign(tensor, self.apply(op_of(tensor), args, params, restored(tensor)))
        self.verbatim = False

    def _param(self, tensor: Tensor, p: Value, name_of: NameOf) -> Value:
        if type(p) is Tensor:
            return self.nodes[p]
        return self.constant(p, name_of(tensor, -1, p)) if isinstance(p, np.ndarray) and p.ndim else p

    def apply(self, op: Op, args: tuple[Node, ...], params: Params, value: Value) -> Node:
        """Return the node of an op: a simpler or a known one where there is one."""
        if self._simplify is None:
            return self._node(op, args, params, value)
        if not isinstance(value, tuple) and _foldable(args, params):
            if is_short(value) or not all(is_short(arg.value) for arg in args):
                return self.constant(value)
            return self._node(op, args, params, value)  # shorter than what comes out
        simpler = self._simplify(self, op, args, params, value)
        return self._node(op, args, params, value) if simpler is None else simpler

    def _node(self, op: Op, args: tuple[Node, ...], params: Params, value: Value) -> Node:
        key = (op, args, _key(params))
        known = self._known.get(key)
        if known is None and own_name(op) in _COMMUTATIVE:
            known = self._known.get((op, args[::-1], key[2]))
        if known is None:
            known = self._known[key] = Node(op, args, params, value)
        return known

    def alias(self, node: Node) -> Node:
        """Return a node of its own with the same value, to carry another name."""
        return Node(alias, (node,), {}, node.value)

    def call(self, name: str, *args: Node, value: Value, **params: Any) -> Node:
        """Return the node of a built-in op."""
        return self.apply(table[name], args, params, value)

    def make(self, name: str, *args: Node) -> Node:
        """Return the node of a built-in op as it stands, and compute its value."""
        with np.errstate(all="ignore"):
            return self._node(table[name], args, {}, table[name].compute(*(arg.value for arg in args)))


Simplify = Callable[[Expressions, Op, tuple[Node, ...], Params, Value], Node | None]
NameOf = Callable[[Tensor, int, Value], str | None]


def _unknown(tensors: Iterable[Tensor], known: dict[Tensor, Node]) -> list[Tensor]:
    """List the Tensors not translated yet, oldest first; those in parameters are followed too."""
    found: set[Tensor] = set()
    pending = [t for t in tensors if t not in known]
    while pending:
        tensor = pending.pop()
        if tensor in found:
            continue
        found.add(tensor)
        held = [*inputs_of(tensor), *(trees.flatten(tensor.params)[0] if tensor.params else ())]
        pending += [x for x in held if type(x) is Tensor and x not in known and x not in found]
    return sorted(found, key=lambda t: (t.op is not None, t.serial))


def map_nodes(f: Callable[[Node], Any], params: Any) -> Any:
    """Return parameters with something else in the place of each node, in tuples, lists and slices too."""
    if isinstance(params, Node):
        return f(params)
    if isinstance(params, dict):
        return {key: map_nodes(f, part) for key, part in params.items()}
    if isinstance(params, (tuple, list)):
        return type(params)(map_nodes(f, part) for part in params)
    if isinstance(params, slice):
        return slice(*(map_nodes(f, end) for end in (params.start, params.stop, params.step)))
    return params


def concrete(params: Any) -> Any:
    """Return parameters with values in the place of nodes."""
    return map_nodes(lambda node: node.value, params)


def _foldable(args: tuple[Node, ...], params: Params) -> bool:
    held = [p for p in trees.flatten(params)[0] if isinstance(p, Node)] if params else []
    return all(node.constant and node.name is None for node in (*args, *held))


def _key(params: Params) -> Any:
    held = trees.flatten(params)[0] if params else []
    return tuple(params), *(id(p) if isinstance(p, Node) else (type(p).__name__, repr(p)) for p in held)

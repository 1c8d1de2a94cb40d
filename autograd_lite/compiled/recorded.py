"""One call of a function as a graph: what it computes from the arrays among its arguments."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd_lite.compiled.generators import sources
from autograd_lite.compiled.sealed import Sealed
from autograd_lite.core import trees
from autograd_lite.core.shapes import Value
from autograd_lite.core.tape import Run, observing
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.versions import original
from autograd_lite.numerical.streams import KINDS
from autograd_lite.program.expressions import Expressions, Node, Simplify, reachable
from autograd_lite.program.identifiers import unique_names
from autograd_lite.program.naming import Namespace, better_names, leaf_names, leaf_paths
from autograd_lite.program.recording import Constants, leaf, record_call
from autograd_lite.program.variables import Names


@dataclass
class Arguments:
    """The arguments of one call, taken apart.

    Attributes
    ----------
    leaves : list
        What their trees hold: arrays and real numbers, which are traced, and other objects, which are not.
    traced : list of int
        The places of those that are.
    rebuild : callable
        Puts leaves together as the pair of positional and keyword arguments.
    """

    leaves: list[Any]
    traced: list[int]
    rebuild: trees.Rebuild

    @property
    def arrays(self) -> list[Value]:
        """The leaves that are traced."""
        return [self.leaves[i] for i in self.traced]

    @property
    def others(self) -> list[Any]:
        """The leaves that are not traced: objects whose attributes the function may read."""
        return [x for i, x in enumerate(self.leaves) if i not in self.traced]

    def filled(self, arrays: Sequence[Value]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return positional and keyword arguments with these in the place of the leaves that are traced."""
        leaves = list(self.leaves)
        for i, x in zip(self.traced, arrays, strict=True):
            leaves[i] = x
        args, kwargs = self.rebuild(leaves)
        return args, kwargs


TRACED = (np.ndarray, np.generic, float, complex, *KINDS)
"""Types of leaves that are traced: arrays, numbers that are no plain integers, generators of random numbers."""

_MOST = 1000  # objects that are looked at


def arguments_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments:
    """Take the arguments of a call apart."""
    leaves, rebuild = trees.flatten((args, dict(kwargs)))
    return Arguments(leaves, [i for i, x in enumerate(leaves) if isinstance(x, TRACED)], rebuild)


@dataclass
class Graph:
    """What a call computed.

    Attributes
    ----------
    inputs : dict from name to Node, of the arrays that are traced, in order
    outputs : list of Node, of the arrays that the function returned
    draws : list of Node, of random numbers, in order: each is made in each call, whether it is used or not
    result : list
        The leaves of what it returned: places among the outputs as `Output`, and other objects as they are.
    rebuild : callable
        Puts them together.
    called : dict from Node to str
        What the user's variables call the nodes.
    """

    inputs: dict[str, Node]
    outputs: list[Node]
    draws: list[Node]
    result: list[Any]
    rebuild: trees.Rebuild
    called: dict[Node, str]

    def over(self, new: Mapping[Node, Node]) -> Graph:
        """Return the graph with other nodes in the place of its own; those of the inputs stay."""
        outputs, draws = ([new[x] for x in nodes] for nodes in (self.outputs, self.draws))
        called = {new[x]: name for x, name in self.called.items() if x in new}
        return replace(self, outputs=outputs, draws=draws, called=called)

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes that the outputs are made from, those made from others after them; draws in their order."""
        return reachable([*self.draws, *self.outputs])


class Output:
    """A leaf of what the function returns: it stands for the output of this number."""

    dtype = None  # which arrays have: the fields of a dataclass that hold it are no static ones

    def __init__(self, number: int) -> None:
        self.number = number


class _Traced(Constants):
    """Records what has no derivative too, and in the form that holds for all values."""

    general = True


def recorded(f: Callable[..., Any], args: Sequence[Value], params: Mapping[str, Any]) -> Any:
    """Call a function on leaves and plain values, and record it for all values."""
    with Run([x for x in args if type(x) is Tensor]), observing(_Traced()):
        return f(*args, **params)


@dataclass
class Record:
    """What a call recorded, as Tensors: graphs are made of it, simplified or as they are."""

    leaves: dict[str, Tensor]
    returned: list[Any]
    rebuild: trees.Rebuild
    names: Names
    draws: list[Tensor]

    def graph(self, simplify: Simplify | None) -> Graph:
        """Translate the record."""
        expressions = Expressions(simplify)
        expressions.readable = False
        namespace = Namespace(self.names, expressions, {})
        inputs = {name: expressions.leaf(x, name) for name, x in self.leaves.items()}
        expressions.translate([x for x in (*self.draws, *self.returned) if type(x) is Tensor], namespace.constant)
        outputs: list[Node] = []
        result: list[Any] = []
        for x in self.returned:
            if type(x) is Tensor or isinstance(x, (np.ndarray, np.generic, float, complex)):
                outputs.append(expressions.nodes[x] if type(x) is Tensor else expressions.constant(x))
                x = Output(len(outputs) - 1)
            result.append(x)
        called = {node: name for node in expressions.tensors if (name := namespace.of_user(node))}
        draws = [expressions.nodes[x] for x in self.draws]
        return Graph(inputs, outputs, draws, result, self.rebuild, called)


def record(f: Callable[..., Any], arguments: Arguments, arrays: Sequence[Value]) -> Record:
    """Call a function on Tensors of these arrays, and keep what it recorded.

    Raises
    ------
    TypeError
        Where a value leaves the record: control flow or a conversion asks for it.
    """
    paths = _leaf_paths(f, *arguments.filled(arrays))
    unique = unique_names(enumerate(name for name, _ in paths), ())
    named = [unique[i] for i in arguments.traced]
    drawn_from = sources(arrays, named)
    values = [x[()] if isinstance(x, np.ndarray) else x for x in arrays]
    entered = [drawn_from[i].leaf if i in drawn_from else leaf(x, named[i]) for i, x in enumerate(values)]
    args, kwargs = arguments.filled([drawn_from.get(i, x) for i, x in enumerate(entered)])
    with observing(Sealed()):
        recording = record_call(lambda *_: f(*args, **kwargs), entered, recorder=_Traced)
    names = recording.names
    returned, rebuild = trees.flatten(recording.result)
    for x in returned:
        _check_returned(x)
    leaves = {name: original(x) for name, x in zip(named, entered, strict=True)}
    better = better_names([(unique[i], made_up) for i, (_, made_up) in enumerate(paths)], leaves, names)
    draws = [draw for source in dict.fromkeys(drawn_from.values()) for draw in source.draws]
    leaves = {better.get(name, name): x for name, x in leaves.items()}
    return Record(leaves, returned, rebuild, names, draws)


def _leaf_paths(f: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Name the leaves of the arguments of a call; say of each if the name is made of its place."""
    paths = leaf_paths(f, args, range(len(args)))
    return paths + [(name, False) for name in leaf_names(kwargs, kwargs.values())]


def names_of_leaves(f: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[str]:
    """Name the leaves of the arguments of a call."""
    return [name for name, _ in _leaf_paths(f, args, kwargs)]


def _check_returned(x: Any) -> None:
    """Raise TypeError for an object that holds a Tensor: no program makes it anew."""
    if type(x) is not Tensor and _holds_tensor(x):
        kind = f"the function {x.__qualname__}" if isinstance(x, FunctionType) else f"a {type(x).__name__}"
        raise TypeError(
            f"a compiled function returned {kind}, which holds what it computed; return a tree of arrays (tuples, "
            "lists, mappings, dataclasses), and make the object of it outside"
        )


def _holds_tensor(x: Any) -> bool:
    """Whether a Tensor is among the first thousand objects that something refers to."""
    met, seen = [x], {id(x)}
    for y in met:
        if type(y) is Tensor:
            return True
        parts = (y.__closure__ or ()) if isinstance(y, FunctionType) else gc.get_referents(y)
        new = {id(part): part for part in parts if not isinstance(part, (type, ModuleType)) and id(part) not in seen}
        met += list(new.values())[: _MOST - len(met)]
        seen |= new.keys()
    return False

"""A graph on XLA: what draws random numbers on the host, what is computed from them, and the first call of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from types import FunctionType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autograd_lite.compiled.backends import on_host
from autograd_lite.compiled.recorded import Graph, Output
from autograd_lite.compiled.sizes import Sized
from autograd_lite.compiled.straight import straight
from autograd_lite.compiled.writing import Names
from autograd_lite.compiled.xla import comparison
from autograd_lite.compiled.xla.arrays import Array, unwrapped
from autograd_lite.compiled.xla.namespace import module_of
from autograd_lite.core import trees
from autograd_lite.core.shapes import Value
from autograd_lite.program.expressions import Node, map_nodes, own_name
from autograd_lite.program.identifiers import unique_names
from autograd_lite.program.loading import load

LARGE = 2**14
"""Bytes of a constant that is put on the device once: what is smaller is part of the program."""

_numbers = count(1)


class OnXla:
    """What runs a graph on XLA: it takes the arrays that are traced, and returns what the function returns.

    Parameters
    ----------
    sized : Sized
    title : str
        What the function is called.

    Attributes
    ----------
    source : str
        The code, in which ``np`` is NumPy for JAX's arrays.
    """

    def __init__(self, sized: Sized, title: str) -> None:
        self._drawing, sized = _apart(sized)
        self._graph = graph = sized.graph
        self._title = title
        names = Names(sized, title)
        self._ops = {name: node.op.name for node, name in names.of.items() if node.op is not None}
        self._module = names.module
        self.source = straight(sized, names, title, sized.rows, overwrites=False)
        self._filename = f"<autograd_lite compiled for XLA {next(_numbers)}>"
        self._code = load(self.source, self._filename, {})[title].__code__
        fixed = _fixed(graph.nodes)
        constants = {n: np.asarray(n.value) for n in graph.nodes if n.constant and n in names.of and n not in fixed}
        self._small = {names.of[n]: x for n, x in constants.items() if x.nbytes < LARGE}
        self._large = {names.of[n]: x for n, x in constants.items() if x.nbytes >= LARGE}
        self._on_device: dict[str, Any] | None = None
        self._jitted = jax.jit(self._traced)
        self._is_compared = False

    def __call__(self, *arrays: Value) -> Any:
        """Compute the function; at the first call by NumPy, too, and hold the one result to the other."""
        given = self._drawing(arrays)
        with jax.enable_x64(True), jax.default_matmul_precision("highest"):
            if self._on_device is None:
                self._on_device = {name: jax.device_put(x) for name, x in self._large.items()}
            if self._is_compared:
                return self._rebuilt(self._computed(given))
            outputs = self._computed(given)
            self._compare(outputs, given)
        self._is_compared = True
        return self._rebuilt(outputs)

    def _computed(self, given: Sequence[Any]) -> list[Any]:
        """Return the outputs; raise TypeError where JAX does not trace a line of the code."""
        try:
            return list(self._jitted(self._on_device, *given))
        except Exception as error:
            refusal = comparison.refusal(error, self._written)
            if refusal is None:
                raise
            raise refusal from error

    def _compare(self, outputs: Sequence[Any], given: Sequence[Any]) -> None:
        """Raise RuntimeError where the first result is not NumPy's."""
        host = [None if x is None else on_host(x) for x in given]
        with np.errstate(all="ignore"):
            expected = self._outputs(self._loaded(self._module)(*host))
            if not all(map(comparison.agree, outputs, expected)):
                comparison.check(self._written, host)

    @property
    def _written(self) -> comparison.Written:
        traced = module_of(self._module) | {name: Array(jnp.asarray(x)) for name, x in self._constants.items()}
        return comparison.Written(self._title, self.source, self._filename, self._ops, self._module, traced)

    @property
    def _constants(self) -> dict[str, Any]:
        return {**self._small, **self._large}

    def _traced(self, constants: dict[str, Any], *arrays: Any) -> list[Any]:
        """Return the outputs of arrays that JAX traces."""
        known = {name: Array(jnp.asarray(x)) for name, x in {**self._small, **constants}.items()}
        run = self._loaded(module_of(self._module) | known)
        outputs = self._outputs(run(*(None if x is None else Array(jnp.asarray(x)) for x in arrays)))
        nodes = self._graph.outputs
        return [jnp.asarray(unwrapped(x)).astype(node.dtype) for x, node in zip(outputs, nodes, strict=True)]

    def _loaded(self, module: dict[str, Any]) -> FunctionType:
        """Return the function of the code, with what it finds in its module."""
        return FunctionType(self._code, {"rebuilt": self._rebuilt, **module}, self._title)

    def _outputs(self, result: Any) -> list[Any]:
        """Return the outputs among the leaves of what the code returned, in their order."""
        leaves = zip(trees.flatten(result)[0], self._graph.result, strict=True)
        found = {place.number: x for x, place in leaves if type(place) is Output}
        return [found[number] for number in range(len(found))]

    def _rebuilt(self, outputs: Sequence[Any]) -> Any:
        """Return the tree that the function returns."""
        return self._graph.rebuild([outputs[x.number] if type(x) is Output else x for x in self._graph.result])


_PICKING = {"getitem", "scatter", "take", "take_along_axis"}


def _fixed(nodes: Sequence[Node]) -> set[Node]:
    """Return the constants that JAX has to know when it traces: parameters, but for large arrays of places."""
    held = {(node.op, p) for node in nodes for p in trees.flatten(node.params)[0] if isinstance(p, Node)}
    return {
        p
        for op, p in held
        if own_name(op) not in _PICKING
        or p.dtype is None
        or p.dtype.kind not in "iu"
        or np.asarray(p.value).nbytes < LARGE
    }


class _Drawing:
    """Draws random numbers on the host, in their order: what the code takes beside its arguments.

    Parameters
    ----------
    sized : Sized
        A graph whose outputs are the draws.
    generators : list of bool
        Which arguments are generators: the code on XLA takes none.
    """

    def __init__(self, sized: Sized, generators: list[bool]) -> None:
        self._generators = generators
        self._dtypes = [node.dtype for node in sized.graph.outputs]
        names = Names(sized, "draws")
        module = names.module | {"rebuilt": tuple}
        source = straight(sized, names, "draws", sized.rows, overwrites=False)
        self._draws = load(source, f"<autograd_lite draws {next(_numbers)}>", module)["draws"]

    def __call__(self, arrays: Sequence[Value]) -> list[Any]:
        drawn = self._draws(*arrays) if self._dtypes else ()
        arguments = [None if is_left else x for x, is_left in zip(arrays, self._generators, strict=True)]
        return [*arguments, *(np.asarray(x, dtype) for x, dtype in zip(drawn, self._dtypes, strict=True))]


def _apart(sized: Sized) -> tuple[_Drawing, Sized]:
    """Return what draws random numbers on the host, and the graph that takes them as arguments.

    Raises
    ------
    TypeError
        For draws that need what is computed from arrays among the arguments.
    """
    graph = sized.graph
    generators = [isinstance(node.value, np.random.Generator) for node in graph.inputs.values()]
    arrays = {node: name for (name, node), is_left in zip(graph.inputs.items(), generators, strict=True) if not is_left}
    places: list[Any] = [Output(i) for i in range(len(graph.draws))]
    host = replace(graph, outputs=graph.draws, result=places, rebuild=tuple)
    for node in host.nodes:
        if node in arrays:
            raise TypeError(
                f"a generator draws by what is computed from {arrays[node]}, and XLA draws nothing: draw by numbers "
                "that are no arguments, rng.normal(size=n), and compute with what was drawn; or leave backend= out"
            )
    drawing = _Drawing(replace(sized, graph=host), generators)
    return drawing, _with_inputs(sized, graph) if graph.draws else sized


def _with_inputs(sized: Sized, graph: Graph) -> Sized:
    """Return a graph whose draws are inputs."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        is_made = node.op is not None and node not in graph.draws
        made = node if node.op is None else Node(node.op if is_made else None, (), {}, node.value)
        if is_made:
            made.args = tuple(new[arg] for arg in node.args)
            made.params = map_nodes(lambda p: new.get(p, p), node.params)
        new[node] = made
    wanted = [(draw, graph.called.get(draw, "drawn")) for draw in graph.draws]
    names = unique_names(wanted, graph.inputs)
    inputs = graph.inputs | {names[draw]: new[draw] for draw in graph.draws}
    outputs = [new[node] for node in graph.outputs]
    called = {new[node]: name for node, name in graph.called.items() if node in new and node not in graph.draws}
    remade = replace(graph, inputs=inputs, outputs=outputs, draws=[], called=called)
    axes = {new[node]: along for node, along in sized.axes.items() if node in new}
    shapes = {new[node]: shape for node, shape in sized.shapes.items() if node in new}
    return replace(sized, graph=remade, axes=axes, shapes=shapes)

"""A recorded function as a program: named steps, forward and backward, in the words of the user's code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite import trees
from autograd_lite.chain import Chain, Step, count_uses, is_cheap, reachable
from autograd_lite.expressions import Node, is_short
from autograd_lite.graph import Tensor, order, raw, tracing
from autograd_lite.names import Decision, Names, leaf_names, unique_names

Wrt = str | Sequence[str] | None


@dataclass
class Program:
    """What a call of a function computed, forward, and what its backward pass computes.

    It is the path that ran: where the function's control flow asks for values, the program holds for inputs that
    answer alike (``decisions``).

    Attributes
    ----------
    name : str
        The function's.
    inputs : dict from name to Node
        The arguments that are traced, in order, and the other values that change from call to call.
    constants : dict from name to array
        Arrays from outside the arguments that the function uses: they are inputs of the code written from the program.
    forward, backward : list of Step
    result : str
        Name of the step, or input, that is returned.
    gradients : dict from name of an input to name of a step
        Only for the inputs in ``wrt``; "" where the result does not depend on it.
    cotangent : str or None
        Name of the cotangent of the result, an input of the backward pass, where the result is not of size 1.
    decisions : list of Decision
    """

    name: str
    inputs: dict[str, Node]
    constants: dict[str, Any]
    forward: list[Step]
    backward: list[Step]
    result: str
    gradients: dict[str, str]
    cotangent: str | None = None
    decisions: list[Decision] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """Forward, then backward steps."""
        return [*self.forward, *self.backward]

    def __getitem__(self, name: str) -> Step:
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"no step is called {name!r}; there are: {', '.join(s.name for s in self.steps)}")


def trace(f: Callable[..., Any] | Tensor, *args: Any, wrt: Wrt = None) -> Program:
    """Run a function once and return what it computed as a program, with its backward pass.

    Parameters
    ----------
    f : callable, or a Tensor already computed
        Takes trees of arrays; returns one array. Integer and boolean arguments are constants.
    *args : trees of arrays
    wrt : str or sequence of str, optional
        Names of the inputs to differentiate by; all of them if left out.

    Returns
    -------
    Program

    Raises
    ------
    TypeError
        Where ``f`` returns no Tensor, or several.
    ValueError
        Where ``wrt`` names no input; the error lists the names there are.
    """
    names = Names()
    if isinstance(f, Tensor):
        result, leaves, constants, title = f, *_leaves_of(f), "result"
        names.read_caller()
    else:
        wrapped, leaves, constants = _wrap(f, args)
        title = getattr(f, "__name__", "f")
        result = _run(f, wrapped, names)
    title = title if title.isidentifier() and not title.startswith("<") else "result"
    return _build(title, result, leaves, constants, names, wrt)


def _wrap(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[list[Any], dict[str, Tensor], dict[str, Any]]:
    """Replace the inexact arrays of the arguments by Tensors; return them by name, and the other arrays by name."""
    wrapped, leaves, constants = [], {}, {}
    names = iter(leaf_names(f, args, range(len(args))))
    inexact = any(_kind(x) in "fc" for x in trees.flatten(list(args))[0])
    for arg in args:
        parts, rebuild = trees.flatten(arg)
        made = []
        for x in parts:
            name = next(names)
            if _kind(x) in ("fc" if inexact else "fciu"):
                x = leaves[name] = Tensor(raw(x), name, copy=False)
            elif isinstance(x, np.ndarray):
                constants[name] = x
            made.append(x)
        wrapped.append(rebuild(made))
    return wrapped, leaves, constants


def _kind(x: Any) -> str:
    return "f" if type(x) is Tensor else np.asarray(x).dtype.kind


def _leaves_of(result: Tensor) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the leaves of a Tensor that was computed already, by name."""
    leaves = [t for t in reversed(order([result])[0]) if t.op is None]
    return {name: t for t, name in unique_names([(t, t.name or "x") for t in leaves], ()).items()}, {}


def _run(f: Callable[..., Any], args: list[Any], names: Names) -> Tensor:
    """Run the function with its constants recorded, and check what it returns."""
    tracing.depth += 1
    before, tracing.constants = tracing.constants, True
    try:
        with names.watching():
            result = f(*args)
    finally:
        tracing.depth -= 1
        tracing.constants = before
    if type(result) is Tensor:
        return result
    outputs = result.keys() if isinstance(result, dict) else result if isinstance(result, (tuple, list)) else None
    name = getattr(f, "__name__", "f")
    if outputs is not None:
        listed = ", ".join(map(repr, outputs)) if isinstance(result, dict) else f"{len(result)} values"
        raise TypeError(
            f"expected {name}() to return one array, got {listed}; "
            f"choose one of them: lambda *args: {name}(*args)[{next(iter(outputs), 0)!r}]"
            if isinstance(result, dict)
            else f"expected {name}() to return one array, got {listed}; choose one: lambda *args: {name}(*args)[0]"
        )
    raise TypeError(
        f"expected {name}() to return a result that depends on its arguments, got {type(result).__name__}: "
        "it returned nothing, a constant, or a value that left the record (.value, float)"
    )


def _build(
    title: str, result: Tensor, leaves: dict[str, Tensor], constants: dict[str, Any], names: Names, wrt: Wrt
) -> Program:
    """Turn one recorded call into a program."""
    chosen = _chosen(wrt, leaves)
    chain = Chain(result, leaves, names, {id(array): name for name, array in constants.items()})
    chain.name_forward(title)
    gradients = chain.differentiate(chosen)
    program = Program(title, chain.inputs, {}, chain.forward, chain.backward, "", gradients, decisions=names.decisions)
    program.result = chain.root.name or "result"
    if chain.cotangent is not None:
        program.cotangent = "cotangent"
    _drop_dead_steps(program, chain.root)
    _name_shared_parts(program)
    _name_constants(program)
    return program


def _chosen(wrt: Wrt, leaves: dict[str, Tensor]) -> list[str]:
    """Return the names of the inputs to differentiate by, in the order of the arguments."""
    if wrt is None:
        return list(leaves)
    wanted = [wrt] if isinstance(wrt, str) else list(wrt)
    for name in wanted:
        if name not in leaves:
            raise ValueError(f"wrt={name!r} names no input; there are: {', '.join(leaves) or 'none'}")
    return [name for name in leaves if name in wanted]


def _drop_dead_steps(program: Program, root: Node) -> None:
    """Drop the steps that neither the result nor a gradient needs."""
    nodes = {step.name: step.node for step in program.steps}
    alive = set(reachable([root, *(nodes[name] for name in program.gradients.values() if name in nodes)]))
    program.forward = [step for step in program.forward if step.node in alive]
    program.backward = [step for step in program.backward if step.node in alive]


def _name_shared_parts(program: Program) -> None:
    """Give a name to each unnamed node that is written in several places, in front of the first of them."""
    nodes = reachable([step.node for step in program.steps])
    uses = count_uses(nodes)
    taken = {*program.inputs, *(step.name for step in program.steps)}
    shared = [n for n in nodes if n.op is not None and not n.name and uses[n] > 1 and not is_cheap(n)]
    wanted = [(n, n.op.name if n.op else "") for n in shared]
    names = unique_names(wanted, taken | {name for _, name in wanted})  # numbered: the functions keep their names
    for steps, role in ((program.forward, "forward"), (program.backward, "shared")):
        written: list[Step] = []
        for step in steps:
            for node in reachable([step.node]):
                if node in names and not node.name:
                    node.name = names[node]
                    written.append(Step(node.name, node, role, step.of, step.by, step.place))
            written.append(step)
        steps[:] = written


def _name_constants(program: Program) -> None:
    """Collect the constants that have a name, and name the arrays that are too large to be written out."""
    constants = [n for n in reachable([step.node for step in program.steps]) if n.constant]
    taken = {*program.inputs, *(step.name for step in program.steps)}
    large = [n for n in constants if n.name or not is_short(n.value)]
    for node, name in unique_names(((n, n.name or "constant_1") for n in large), taken).items():
        node.name = name
        program.constants[name] = node.value

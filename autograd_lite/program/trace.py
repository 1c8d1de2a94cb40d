"""A recorded function as a program: named steps, forward and backward, in the words of the user's code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.backward import order
from autograd_lite.core.tape import tracing
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops import table
from autograd_lite.program.chain_rule import Chain, Step
from autograd_lite.program.expressions import Node, count_uses, describe, expression, is_cheap, is_short, reachable
from autograd_lite.program.identifiers import unique_names
from autograd_lite.program.naming import Decision, Names, leaf, leaf_paths
from autograd_lite.program.render import text

_LONGEST = 12  # ops, names and numbers in an expression that is used once

Wrt = str | Sequence[str] | None


@dataclass(frozen=True)
class Argument:
    """One parameter of the traced function, and what it was called with.

    Attributes
    ----------
    parameter : inspect.Parameter
    tree : tree
        The argument, with a Node in the place of each input or constant of the program. The program holds for the other
        leaves as they are here: what the function made of them is no part of it.
    given : bool
        False where the parameter was left at its default.
    """

    parameter: inspect.Parameter
    tree: Any
    given: bool = True


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
    arguments : list of Argument
        The parameters of the function, in order. Of a Tensor that was computed already, its leaves.
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
    arguments: list[Argument] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """Forward, then backward steps."""
        return [*self.forward, *self.backward]

    @property
    def values(self) -> dict[str, Any]:
        """What the names of inputs, constants and steps stand for."""
        given = {name: node.value for name, node in self.inputs.items()}
        return {**given, **self.constants, **{step.name: step.value for step in self.steps}}

    @property
    def conditions(self) -> list[str]:
        """What the control flow asked, and the answers, in the order of asking: ``np.sum(y) > 0 is True``."""
        asked: dict[tuple[str, str], list[Any]] = {}
        for decision in self.decisions:
            asked.setdefault((decision.condition, str(decision.place or "")), []).append(decision.outcome)
        lines = []
        for (condition, place), outcomes in asked.items():
            runs = [(outcome, len(list(run))) for outcome, run in groupby(outcomes)]
            told = ", then ".join(f"{outcome}" + (f" {n} times" if n > 1 else "") for outcome, n in runs)
            lines.append(f"{condition} is {told}" + (f" ({place})" if place else ""))
        return lines

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
        Takes trees of arrays; returns one array. Arrays of integers and booleans (labels, masks) are inputs of the
        program that are not differentiated; single integers and booleans are constants.
    *args : trees of arrays
    wrt : str or sequence of str, optional
        Names of the inputs to differentiate by; all real and complex ones if left out.

    Returns
    -------
    Program

    Raises
    ------
    TypeError
        Where ``f`` returns no Tensor, or several, or integers.
    ValueError
        Where ``wrt`` names no input; the error lists the names there are.

    Notes
    -----
    A function that cannot use its integer arrays as Tensors runs a second time, with these arrays as constants.
    """
    wanted = (wrt,) if isinstance(wrt, str) else wrt
    if isinstance(f, Tensor):
        return _trace_tensor(f, args, wanted)
    _check_callable(f)
    paths = leaf_paths(f, args, range(len(args)))
    wrapped, leaves, constants = _enter(args, paths, wanted, integers=True)
    entered, rebuild = trees.flatten(wrapped)  # before the function can change them
    names = Names()
    result: Tensor | None = None
    try:
        result = _run(f, wrapped, names)
    except Exception:
        if all(x.dtype.kind in "fc" for x in leaves.values()):
            raise
    if result is None or names.left:
        wrapped, leaves, constants = _enter(args, paths, wanted, integers=False)
        entered, rebuild = trees.flatten(wrapped)
        names = Names()
        result = _run(f, wrapped, names)
    better = _better_names(paths, leaves, names)
    leaves = {better.get(name, name): x for name, x in leaves.items()}
    chosen = _choose([better.get(name, name) for name in wanted] if wanted is not None else None, leaves)
    title = getattr(f, "__name__", "result")
    program = _build(title if title.isidentifier() else "result", result, leaves, chosen, names, constants)
    nodes = {id(leaves[name]): node for name, node in program.inputs.items()}
    named = [n for n in reachable(step.node for step in program.steps) if n.constant and n.name]
    nodes |= {id(n.value): n for n in named if isinstance(n.value, np.ndarray)}
    program.arguments = _arguments(f, rebuild([nodes.get(id(x), x) for x in entered]), named)
    return program


def _arguments(f: Callable[..., Any], args: list[Any], constants: list[Node]) -> list[Argument]:
    """Return the parameters of a function with what they were called with."""
    try:
        signature = inspect.signature(f)
        given = signature.bind(*args).arguments
    except (TypeError, ValueError):  # a function that is written in C
        return [_positional(f"x_{i}", tree) for i, tree in enumerate(args)]
    left = {n.name: n for n in constants if isinstance(n.value, (float, np.ndarray))}
    found = []
    for name, parameter in signature.parameters.items():
        node, default = left.get(name), parameter.default
        if node is not None and (node.value is default or (isinstance(default, float) and node.value == default)):
            default = node
        if name in given or default is not parameter.empty:
            found.append(Argument(parameter, given.get(name, default), name in given))
    return found


def _positional(name: str, tree: Any) -> Argument:
    return Argument(inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD), tree)


def _check_callable(f: Any) -> None:
    if not callable(f):
        hint = "; the sum of a diagonal is np.trace" if isinstance(f, (np.ndarray, list)) else ""
        raise TypeError(f"expected a function, or a Tensor that is computed already, got {type(f).__name__}{hint}")


def _trace_tensor(result: Tensor, args: tuple[Any, ...], wanted: Iterable[str] | None) -> Program:
    """Return the program of a Tensor that is computed already: its leaves are the inputs."""
    if args:
        raise TypeError("a Tensor that is computed already takes no arguments")
    names = Names()
    names.read_caller()
    nodes = order([result])[0]
    found = [t for t in reversed(nodes) if t.op is None]
    best = [(t, t.name or (names.best(t) or (0, 0, "x"))[2]) for t in found]
    leaves = {name: t for t, name in unique_names(best, ()).items()}
    chosen = _choose(wanted, leaves)
    with names.lifting(nodes):
        program = _build("result", result, leaves, chosen, names, {})
    program.arguments = [_positional(name, node) for name, node in program.inputs.items()]
    return program


def _better_names(paths: list[tuple[str, bool]], leaves: dict[str, Tensor], names: Names) -> dict[str, str]:
    """Return what variables call the leaves whose names are made up: ``W1`` for ``params_0_0``."""
    best = {name: names.variable(leaves[name]) for name, made_up in paths if made_up and name in leaves}
    wanted = [(name, found) for name, found in best.items() if found]
    return unique_names(wanted, leaves.keys() - {name for name, _ in wanted})


def _enter(
    args: tuple[Any, ...], paths: list[tuple[str, bool]], wanted: Iterable[str] | None, integers: bool
) -> tuple[list[Any], dict[str, Tensor], dict[str, Any]]:
    """Replace the arrays of the arguments by Tensors. Return them, the Tensors by name, and arrays left as they are."""
    wrapped, leaves, constants = [], {}, {}
    names = iter(name for name, _ in paths)
    inexact = any(_kind(x) in "fc" for x in trees.flatten(list(args))[0])
    for arg in args:
        parts, rebuild = trees.flatten(arg)
        made = []
        for x in parts:
            name = next(names)
            if _kind(x) in ("fc" if inexact else "fciu") or (name in (wanted or ()) and _kind(x) in "iu"):
                x = leaves[name] = Tensor(raw(x), name, copy=False)
            elif isinstance(x, np.ndarray) and x.ndim and x.dtype.kind in "iub" and integers:
                x = leaves[name] = leaf(x, name)
            elif isinstance(x, np.ndarray):
                constants[name] = x
            made.append(x)
        wrapped.append(rebuild(made))
    return wrapped, leaves, constants


def _kind(x: Any) -> str:
    return "f" if type(x) is Tensor else np.asarray(x).dtype.kind


def _choose(wanted: Iterable[str] | None, leaves: dict[str, Tensor]) -> list[str]:
    """Return the names of the inputs to differentiate by, in the order of the arguments."""
    inexact = [name for name, x in leaves.items() if x.dtype.kind in "fc"]
    if wanted is None:
        return inexact
    wanted = list(wanted)
    for name in wanted or ["()"]:
        if name not in inexact:
            raise ValueError(f"wrt={name!r} names no input; there are: {', '.join(inexact) or 'none'}")
    return [name for name in inexact if name in wanted]


def _run(f: Callable[..., Any], args: list[Any], names: Names) -> Tensor:
    """Run the function with its constants recorded, and check what it returns."""
    tracing.depth += 1
    names.with_constants = True
    try:
        with names.watching():
            result = f(*args)
    finally:
        tracing.depth -= 1
    name = getattr(f, "__name__", "f")
    if type(result) is Tensor and isinstance(result._value, (np.ndarray, np.generic)):
        if result.dtype.kind in "fc":
            return result
        raise TypeError(f"{name}() returned an array of dtype {result.dtype}, which has no derivative")
    if isinstance(result, dict) and result:
        raise TypeError(
            f"expected {name}() to return one array, got {', '.join(map(repr, result))}; "
            f"choose one of them: lambda *args: {name}(*args)[{next(iter(result))!r}]"
        )
    if isinstance(result, (tuple, list)) and result:
        raise TypeError(
            f"expected {name}() to return one array, got {len(result)} values; "
            f"choose one of them: lambda *args: {name}(*args)[0]"
        )
    why = "does it return its result?" if result is None else "a constant, or a value that left the record (.value)"
    raise TypeError(
        f"expected {name}() to return a result that depends on its arguments, got {type(result).__name__}: {why}"
    )


def _build(
    title: str,
    result: Tensor,
    leaves: dict[str, Tensor],
    wrt: list[str],
    names: Names,
    constants: dict[str, Any],
) -> Program:
    """Turn one recorded call into a program."""
    arrays = {id(array): name for name, array in constants.items()}
    chain = Chain(title, result, leaves, names, dict(arrays))
    gradients = chain.differentiate(wrt)
    shared = _shared_values(chain)
    if shared:
        chain = Chain(title, result, leaves, names, arrays, shared)
        gradients = chain.differentiate(wrt)
    backward = _in_order(chain.backward)
    name, seed = str(chain.root.name), chain.cotangent.name if chain.cotangent else None
    told = [d if d.condition else replace(d, condition=text(chain.expressions.nodes[d.node])) for d in names.decisions]
    program = Program(chain.title, chain.inputs, {}, chain.forward, backward, name, gradients, seed, told)
    _drop_dead_steps(program, chain.root)
    _name_shared_parts(program)
    _name_constants(program)
    return program


def _shared_values(chain: Chain) -> list[Tensor]:
    """List what the backward pass uses of the forward one beside its steps: the results of whole functions."""
    nodes = reachable(step.node for step in (*chain.forward, *chain.backward))
    uses = count_uses(nodes)
    whole = [n for n in nodes if n.op is not None and not n.op.elementwise and n in chain.written and not n.name]
    again = [n for n in whole if uses[n] > 1 and not is_cheap(n) and n.dtype is not None and n.dtype.kind in "fc"]
    return [chain.expressions.tensors[n][0] for n in again if n in chain.expressions.tensors]


def _in_order(steps: list[Step]) -> list[Step]:
    """Put each step behind those that it names: what is a cotangent may be a part of one that was found before it."""
    by_node = {step.node: step for step in steps}
    return [by_node[node] for node in reachable(by_node) if node in by_node]


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
    shared: dict[Node, None] = {}
    for n in nodes:
        if n.op is not None and not n.name and uses[n] > 1 and not is_cheap(n, shared):
            shared[n] = None
    shared |= dict.fromkeys(_too_long(nodes, shared))
    names = unique_names(((n, describe(n)) for n in shared), taken | table.keys())
    for steps, role in ((program.forward, "forward"), (program.backward, "shared")):
        written: list[Step] = []
        for step in steps:
            for node in expression(step.node):
                if node in names and not node.name:
                    node.name = names[node]
                    written.append(Step(node.name, node, role, step.of, step.by, step.place))
            written.append(step)
        steps[:] = written


def _too_long(nodes: list[Node], shared: Collection[Node]) -> list[Node]:
    """List the unnamed nodes that are to be steps for the sake of short lines."""
    lengths: dict[Node, int] = {}
    found = []
    for node in nodes:
        lengths[node] = 1 + sum(1 if p.name or p in shared else lengths[p] for p in node.parents())
        if lengths[node] > _LONGEST and not node.name and node not in shared and node.op is not None:
            found.append(node)
            lengths[node] = 1
    return found


def _name_constants(program: Program) -> None:
    """Collect the constants that have a name, and name the arrays that are too large to be written out."""
    constants = [n for n in reachable(step.node for step in program.steps) if n.constant]
    taken = {*program.inputs, *(step.name for step in program.steps)}
    large = [n for n in constants if n.name or not is_short(n.value)]
    for node, name in unique_names(((n, n.name or "constant_1") for n in large), taken).items():
        node.name = name
        program.constants[name] = node.value

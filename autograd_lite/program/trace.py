"""A recorded function as a program: named steps, forward and backward, in the words of the user's code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.shapes import Value
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.toposort import order
from autograd_lite.core.transforms import jacobian
from autograd_lite.core.values import kind_of, refuse_duck
from autograd_lite.core.versions import original
from autograd_lite.program.arguments import Argument, arguments_of, positional
from autograd_lite.program.chain_rule import Chain
from autograd_lite.program.edges import Record, operands
from autograd_lite.program.expressions import Expressions, Node, reachable
from autograd_lite.program.naming import Namespace, better_names, leaf_paths, named_leaves
from autograd_lite.program.recording import BackwardPass, Constants, Recording, leaf, record_call
from autograd_lite.program.render import text
from autograd_lite.program.simplify import simplify
from autograd_lite.program.steps import Step, forward_steps, in_order, named_constants, needed, with_shared_parts
from autograd_lite.program.variables import Decision, Names, outcomes_by

Wrt = str | Sequence[str] | None


@dataclass
class Program:
    """What a call of a function computed, forward, and what its backward pass computes.

    It is the path that ran: where the function's control flow depends on values, the program holds for inputs of the
    same ``decisions``. Its steps are written as a person would; beside them, every cotangent and every local factor
    is a value that can be asked for, written or not.

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
    record : Record
        Each value of the forward pass as a Tensor: what derivatives are taken of.
    tensors : dict from Node to list of Tensor
        Those of the call that each value stands for.
    """

    name: str
    inputs: dict[str, Node]
    constants: dict[str, Value]
    forward: list[Step]
    backward: list[Step]
    result: str
    gradients: dict[str, str]
    cotangent: str | None = None
    decisions: list[Decision] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    record: Record = field(default_factory=Record, repr=False)
    tensors: dict[Node, list[Tensor]] = field(default_factory=dict, repr=False)

    @property
    def steps(self) -> list[Step]:
        """Forward, then backward steps."""
        return [*self.forward, *self.backward]

    @property
    def values(self) -> dict[str, Value]:
        """What the names of inputs, constants and steps stand for."""
        given = {name: node.value for name, node in self.inputs.items()}
        return {**given, **self.constants, **{step.name: step.value for step in self.steps}}

    @property
    def conditions(self) -> list[str]:
        """What the control flow asked, and the answers, in the order of asking, as ``np.sum(y) > 0 is True``."""
        found = outcomes_by(self.decisions, lambda decision: (decision.condition, decision.place))
        return [
            f"{condition} is {outcomes}" + (f" ({at})" if at else "") for (condition, at), outcomes in found.items()
        ]

    @cached_property
    def uses(self) -> dict[str, list[str]]:
        """The named values that each forward step is computed from, constants too, by the name of the step."""
        return {step.name: [str(node.name) for node in operands(step.node)] for step in self.forward}

    @cached_property
    def cotangents(self) -> dict[str, Value]:
        """The derivative of the result by each array on the way to the inputs in ``gradients``, by its name.

        They are those of the backward pass. Not all of them are steps of the program: those of ones are not.
        """
        return {name: c for name, c in self._cotangents.items() if not isinstance(c, tuple)}

    @cached_property
    def _cotangents(self) -> dict[str, Value]:
        nodes = {**{step.name: step.node for step in reversed(self.forward)}, **self.inputs}
        tensors = {name: self.record[node] for name, node in nodes.items()}
        wrt = {tensors[name] for name in self.gradients}
        ones = np.ones_like(nodes[self.result].value)[()]
        with np.errstate(all="ignore"):
            passed = BackwardPass(tensors[self.result], ones, wrt)
        along = passed.leading_to(wrt)
        return {name: passed.cotangents[t] for name, t in tensors.items() if t in along}

    def users(self, by: str) -> list[str]:
        """List the forward steps that pass a cotangent to a value, from the last to the first."""
        return [of for of, used in reversed(self.uses.items()) if by in used and of in self.cotangents]

    def factor(self, of: str, by: str) -> Value:
        """Return the local factor of a forward step by a value that it uses; None where its derivative is no factor.

        It is a factor where the step is one number, or depends on the value element by element: then the cotangent of
        the step times the factor is what the step contributes to the cotangent of the value.
        """
        v = self[of].node
        return next((self.record.factor(v, u) for u in operands(v) if u.name == by), None)

    def jacobian(self, of: str, by: str) -> Value:
        """Return the derivative of a step by another or by an input, through all the paths between them.

        Raises
        ------
        ValueError
            Where a name is none of the program's.
        """
        v, u = self._node(of), self._node(by)
        with np.errstate(all="ignore"):
            return jacobian(lambda x: Record({u: x})[v])(u.value)

    def between(self, inputs: Collection[str]) -> set[str]:
        """Return the names on the paths from the result to some inputs, along which cotangents pass; both ends, too."""
        found = {name for name in inputs if name in self._cotangents}
        for name, used in self.uses.items():
            if name in self._cotangents and found.intersection(used):
                found.add(name)
        return found

    def paths(self, by: str, most: int) -> list[list[str]] | None:
        """List the paths from the result to a name, as names of steps; None where there are more than ``most``."""
        along = self.between([by])
        complete: list[list[str]] = []
        pending = [[self.result]] if self.result in along else []
        while pending:
            path = pending.pop(0)
            if path[-1] == by:
                complete.append(path)
            else:
                pending += [[*path, name] for name in self.uses.get(path[-1], ()) if name in along]
            if len(complete) + len(pending) > most:
                return None
        return complete

    def _node(self, name: str) -> Node:
        """Return what a name of an input, a constant or a step stands for."""
        nodes = {**self.inputs, **{step.name: step.node for step in self.steps}}
        if name not in nodes:
            raise ValueError(f"no step or input is called {name!r}; there are: {', '.join(nodes)}")
        return nodes[name]

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
    recording = None
    try:
        recording = _record(f, wrapped)
    except Exception:
        if all(x.dtype.kind in "fc" for x in leaves.values()):
            raise
    if recording is None or recording.names.left:
        wrapped, leaves, constants = _enter(args, paths, wanted, integers=False)
        entered, rebuild = trees.flatten(wrapped)
        recording = _record(f, wrapped)
    leaves = {name: original(x) for name, x in leaves.items()}
    better = better_names(paths, leaves, recording.names)
    leaves = {better.get(name, name): x for name, x in leaves.items()}
    chosen = _choose([better.get(name, name) for name in wanted] if wanted is not None else None, leaves)
    title = getattr(f, "__name__", "result")
    program = build(title if title.isidentifier() else "result", recording, leaves, chosen, constants)
    nodes = {id(leaves[name]): node for name, node in program.inputs.items()}
    named = [n for n in reachable(step.node for step in program.steps) if n.constant and n.name]
    nodes |= {id(n.value): n for n in named if isinstance(n.value, np.ndarray)}
    program.arguments = arguments_of(f, rebuild([nodes.get(id(_original(x)), x) for x in entered]), named)
    return program


def _original(x: Value) -> Value:
    return original(x) if type(x) is Tensor else x


def _record(f: Callable[..., Any], args: list[Any]) -> Recording:
    recording = record_call(f, args, recorder=Constants)
    _check_result(f, recording.result)
    return recording


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
    found = [t for t in reversed(order([result])[0]) if t.op is None]
    leaves = named_leaves(found, names)
    program = build("result", Recording(result, names), leaves, _choose(wanted, leaves), {})
    program.arguments = [positional(name, node) for name, node in program.inputs.items()]
    return program


def _enter(
    args: tuple[Any, ...], paths: list[tuple[str, bool]], wanted: Iterable[str] | None, integers: bool
) -> tuple[list[Any], dict[str, Tensor], dict[str, Value]]:
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


def _kind(x: Value) -> str:
    return "f" if type(x) is Tensor else kind_of(x)


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


def _check_result(f: Callable[..., Any], result: Value) -> None:
    """Raise an error where a function returned something else than one array that depends on its arguments."""
    name = getattr(f, "__name__", "f")
    refuse_duck(raw(result), "what is read off a record takes")
    if type(result) is Tensor and isinstance(result._value, (np.ndarray, np.generic)):
        if result.dtype.kind in "fc":
            return
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
    raise _independent(name, result)


def _independent(name: str, result: Value) -> TypeError:
    """Return the error for a result that depends on no argument."""
    why = "does it return its result?" if result is None else "a constant, or a value that left the record (.value)"
    return TypeError(
        f"expected {name}() to return a result that depends on its arguments, got {type(result).__name__}: {why}"
    )


def build(
    title: str,
    recording: Recording,
    leaves: dict[str, Tensor],
    wrt: list[str],
    constants: dict[str, Value],
    *,
    detailed: bool = False,
) -> Program:
    """Turn one recorded call into a program: translate it, choose its lines, and write its backward pass.

    A detailed one is not to be read but to be searched: every value is a line of its own, as it was recorded, and the
    cotangent of the result is an input.
    """
    names = recording.names
    expressions = Expressions(None if detailed else simplify)
    namespace = Namespace(names, expressions, {id(array): name for name, array in constants.items()})
    namespace.taken.update(leaves)
    inputs = {name: expressions.leaf(tensor, name) for name, tensor in leaves.items()}
    roots = [recording.result, *(decision.node for decision in names.decisions)]
    expressions.translate(roots, namespace.constant, lambda tensor: tensor not in names.derived)
    root = expressions.nodes[recording.result]
    if root.constant and root.name is None:
        raise _independent(title, recording.result)
    title = namespace.result(title, recording.result)
    forward = forward_steps(root, title, expressions, namespace, each=detailed)
    chain = Chain(root, inputs, forward, Record(), expressions, namespace, seeded=detailed)
    gradients = chain.differentiate(wrt)
    backward = in_order(chain.backward)
    by_name = {step.name: step.node for step in backward}
    alive = [root, *(by_name[name] for name in gradients.values() if name in by_name)]
    forward, backward = with_shared_parts(needed(forward, alive), needed(backward, alive), namespace)
    decisions = [d if d.condition else replace(d, condition=text(expressions.nodes[d.node])) for d in names.decisions]
    return Program(
        name=title,
        inputs=inputs,
        constants=named_constants([*forward, *backward], inputs),
        forward=forward,
        backward=backward,
        result=str(root.name),
        gradients=gradients,
        cotangent=chain.cotangent.name if chain.cotangent else None,
        decisions=decisions,
        record=chain.record,
        tensors=expressions.tensors,
    )

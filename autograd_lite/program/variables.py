"""What the variables of the user's code call the values that are recorded while it runs.

A profile function sees every call and return of the traced code, and the record sees every op. At each of these moments
the variables of the running functions are read, so a variable that is bound again names each of its values. Trace
functions are left alone: debuggers and coverage keep working.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, groupby
from types import FrameType, FunctionType, ModuleType
from typing import Any, TypeVar

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.backward import sweep
from autograd_lite.core.lines import expression, is_users
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tape import Observer, observing
from autograd_lite.core.tensor import Tensor
from autograd_lite.program.frames import Place, computed_operands, is_name, named_values, operands, place_of

_WHOLE = {"add", "subtract", "multiply", "divide", "maximum", "minimum"}
_WHOLE |= {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}
_OPAQUE = (type, ModuleType, FunctionType, np.ndarray, np.generic)
_SWEEP = sweep.__code__
_GRAPH = Tensor.__bool__.__code__.co_filename
_FROM_CONTAINER = 100  # added to the depth of what objects, lists and dicts hold: what a variable holds comes first


@dataclass(frozen=True)
class Decision:
    """A value that control flow depended on: the program holds for inputs that give the same outcome.

    Attributes
    ----------
    node : Tensor
    outcome : bool or number
        What it was.
    place : Place or None
    condition : str
        As the user wrote it: ``np.sum(y) > 0``; "" where there is no source.
    """

    node: Tensor
    outcome: Value
    place: Place | None
    condition: str = ""


Key = TypeVar("Key")


def outcomes_by(decisions: Iterable[Decision], key: Callable[[Decision], Key]) -> dict[Key, str]:
    """Return the outcomes of decisions of one key as text, in the order of the first: ``True 2 times, then False``."""
    found: dict[Key, list[Value]] = {}
    for decision in decisions:
        found.setdefault(key(decision), []).append(decision.outcome)
    runs = {key: [(outcome, len(list(run))) for outcome, run in groupby(each)] for key, each in found.items()}
    return {key: ", then ".join(f"{o} {n} times" if n > 1 else f"{o}" for o, n in each) for key, each in runs.items()}


class Names(Observer[Tensor]):
    """What the variables of a function and of its callees call the Tensors of one call.

    Attributes
    ----------
    bound : dict from Tensor to dict from name to rank; the lowest rank is the best name
    constants : dict from (node, position of input) to the name of a constant
    written : dict from (node, position of input) to source text
        Of what is no single name: constants that the code computes, ``0.5 * reg``, and, at position 1, indices.
    arrays : dict from id to (name, array), of the arrays among parameters
    places : dict from Tensor to Place
    derived : set of Tensor
        What derivative rules computed, as the function itself took a gradient.
    derivatives : dict from Tensor to (Tensor, Tensor)
        Of those, the cotangents: the derivative of the first by the second.
    decisions : list of Decision
    left : set of Tensor
        What became a plain array: the record does not show what was made of it.
    """

    def __init__(self) -> None:
        self.bound: dict[Tensor, dict[str, tuple[int, int]]] = {}
        self.constants: dict[tuple[Tensor, int], str] = {}
        self.written: dict[tuple[Tensor, int], str] = {}
        self.arrays: dict[int, tuple[str, Value]] = {}
        self.places: dict[Tensor, Place] = {}
        self.derived: set[Tensor] = set()
        self.derivatives: dict[Tensor, tuple[Tensor, Tensor]] = {}
        self.decisions: list[Decision] = []
        self.left: set[Tensor] = set()
        self._base: FrameType | None = None
        self._count = count().__next__
        self._swept: Tensor | None = None
        self._root: Tensor | None = None
        self._totals: dict[Tensor, Cotangent] = {}
        self._awaited: tuple[Cotangent, Cotangent, Tensor] | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the calls that the block makes; variables of functions outside of the block name nothing."""
        self._base = sys._getframe(2)
        before = sys.getprofile()
        try:
            with observing(self):
                if before is None:  # a running profiler keeps its place: then only ops are seen
                    sys.setprofile(self._profile)
                yield
        finally:
            if before is None:
                sys.setprofile(None)
            self._base = None

    def bind(self, node: Tensor, name: str, rank: int = 0) -> None:
        """Note that a variable called ``name`` holds the node."""
        names = self.bound.setdefault(node, {})
        if name not in names or rank < names[name][0]:
            names[name] = rank, self._count()

    def numbers(self) -> set[str]:
        """Return the names that stand for one number each, and for no Tensor: those that may name constants.

        Numbers of which derivative rules make others, exponents for one, are not among them.
        """
        held: dict[str, set[Any]] = {}
        folded = set()
        for (node, i), name in self.constants.items():
            if not isinstance(node.inputs[i], (np.ndarray, Tensor)):
                held.setdefault(name, set()).add(node.inputs[i])
                if node.op is not None and node.op.name not in _WHOLE:
                    folded.add(name)
        taken = {name for names in self.bound.values() for name in names}
        return {name for name, values in held.items() if len(values) == 1} - taken - folded

    def best(self, node: Tensor) -> tuple[int, int, str] | None:
        """Return the best name of a node, with its rank: outer functions first, then the earliest."""
        return min(((*rank, name) for name, rank in self.bound.get(node, {}).items()), default=None)

    def name_of(self, node: Tensor) -> str | None:
        """Return the best name of a node."""
        best = self.best(node)
        return best[2] if best else None

    def variable(self, node: Tensor) -> str | None:
        """Return the name of a variable that holds a node itself; None where only what it is kept in has one."""
        best = self.best(node)
        return best[2] if best and best[0] < _FROM_CONTAINER else None

    def read_caller(self) -> None:
        """Read the variables of the user's running functions, for Tensors that were computed already."""
        for depth, frame in enumerate(self._frames(sys._getframe(1))[0][:3]):
            self._read(frame, depth)

    def recorded(self, node: Tensor) -> None:
        """Read the variables of the running functions: the node itself is bound later."""
        frames, derived = self._frames(sys._getframe(1))
        if derived:
            self.derived.add(node)
            if self._awaited is not None:
                self._add_up(node)
        for depth, frame in enumerate(reversed(frames)):
            self._read(frame, depth)
        if frames:
            self.places[node] = place_of(frames)
            self._name_constants(node, frames[0])

    def swept(self, node: Tensor, x: Tensor, cotangent: Cotangent) -> Cotangent:
        """Note what a cotangent is the derivative of, and by what."""
        if self._root is None or self._swept is None or node.serial > self._swept.serial:  # another sweep
            self._root, self._totals = node, {}
        self._swept = node
        if type(cotangent) is Tensor:
            self.derivatives.setdefault(cotangent, (self._root, x))
        before = self._totals.get(x)
        self._awaited = None if before is None else (before, cotangent, x)
        self._totals[x] = cotangent
        return cotangent

    def _add_up(self, node: Tensor) -> None:
        """See whether a node is the sum of two cotangents that the sweep makes next."""
        before, cotangent, x = self._awaited or (None, None, node)
        awaited = len(node.inputs) == 2 and node.inputs[0] is before and node.inputs[1] is cotangent
        if awaited and self._root is not None:
            self._totals[x] = node
            self.derivatives[node] = self._root, x
            for part in (before, cotangent):
                if type(part) is Tensor and self.derivatives.get(part, (x, x))[1] is x:
                    self.derivatives.pop(part, None)
        self._awaited = None

    def decided(self, node: Tensor, outcome: Value) -> None:
        """Remember a decision of the control flow."""
        if isinstance(outcome, np.ndarray) and outcome.ndim:
            self.left.add(node)
            return
        frames = self._frames(sys._getframe(1))[0]
        asker = sys._getframe(1)
        while asker.f_code.co_filename == _GRAPH and asker.f_back is not None:  # the Tensor's own methods
            asker = asker.f_back
        tree = expression(frames[0]) if frames and asker is frames[0] else None
        condition = ast.unparse(tree) if tree else ""
        self.decisions.append(Decision(node, outcome, place_of(frames) if frames else None, condition))

    def renamed(self, node: Tensor, other: Tensor) -> None:
        """Let what is known of a node be known of another: one of them was assigned to."""
        named: list[dict[tuple[Tensor, int], str]] = [self.constants, self.written]
        for known in named:
            for i in range(-1, max(2, len(node.inputs))):
                if (node, i) in known:
                    known[other, i] = known.pop((node, i))
        held: list[dict[Tensor, Any]] = [self.bound, self.places, self.derivatives]
        for facts in held:
            if node in facts:
                facts[other] = facts.pop(node)
        for nodes in (self.derived, self.left):
            if node in nodes:
                nodes.remove(node)
                nodes.add(other)
        self.decisions = [replace(d, node=other) if d.node is node else d for d in self.decisions]

    def _profile(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "return" and is_users(frame.f_code.co_filename):
            frames = self._frames(frame)[0]
            if frames:
                self._read(frame, len(frames) - 1)

    def _frames(self, frame: FrameType | None) -> tuple[list[FrameType], bool]:
        """List the user's frames from this one outwards, down to the traced function's; say whether a sweep runs."""
        frames, sweeping = [], False
        while frame is not None and frame is not self._base:
            if frame.f_code is _SWEEP:
                sweeping = True
            elif frame.f_code.co_filename == __file__:  # what the observer calls itself
                return [], False
            elif is_users(frame.f_code.co_filename):
                frames.append(frame)
            frame = frame.f_back
        return frames, sweeping

    def _read(self, frame: FrameType, depth: int) -> None:
        """Read the variables of one frame."""
        for name, value in frame.f_locals.items():
            if type(value) is Tensor:
                self.bind(value, name, depth)
            elif isinstance(value, (list, tuple, dict)):
                self._read_container(name, value, depth + _FROM_CONTAINER)
            elif hasattr(value, "__dict__") and not isinstance(value, _OPAQUE):
                for attribute, held in vars(value).items():
                    if type(held) is Tensor:
                        self.bind(held, attribute, depth + _FROM_CONTAINER)

    def _read_container(self, name: str, value: Any, rank: int) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, held in list(items)[:100]:
            if type(held) is Tensor and held not in self.bound:
                self.bind(held, key if isinstance(key, str) else f"{name}_{key}", rank)

    def _name_constants(self, node: Tensor, frame: FrameType) -> None:
        """Name the op's constant inputs as the expression that called it does."""
        constants = {i: x for i, x in enumerate(node.inputs) if type(x) is not Tensor}
        held = [x for x in trees.flatten(node.params)[0] if isinstance(x, np.ndarray)] if node.params else []
        if not constants and not held:
            return
        tree = expression(frame)
        named = list(named_values(frame, tree))
        for array in held:
            for name, value in (*named, *frame.f_locals.items()):
                if _is(value, array):
                    self.arrays[id(array)] = name, array
                    break
        beside = dict(enumerate(operands(tree)))
        for i, x in constants.items():
            if isinstance(x, np.ndarray):
                known = [*named, *frame.f_locals.items()]
            else:  # equal numbers are one object: only the operand itself is sure
                known = list(named_values(frame, beside.get(i)))[:1] if is_name(beside.get(i)) else []
            for name, value in known:
                if _is(value, x):
                    self.constants[node, i] = name
                    break
        for i, part in enumerate(computed_operands(tree)):
            if part is not None and (i in constants or len(node.inputs) == 1):
                text = ast.unparse(part)
                self.written[node, i] = text[1:-1] if isinstance(part, ast.Tuple) else text


def _is(value: object, x: Value) -> bool:
    """Whether a variable holds a constant of the record, which keeps arrays of subclasses as plain ones."""
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray and isinstance(x, np.ndarray):
        return bool(value.__array_interface__ == x.__array_interface__)
    return value is x

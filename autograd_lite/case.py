"""A function beside its hand-derived gradient: both evaluated at a point, their results side by side."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite import hand as hand_code
from autograd_lite import trees
from autograd_lite.backward import seed, sweep
from autograd_lite.graph import Tensor, observing, order, tracing
from autograd_lite.hand import Assignment
from autograd_lite.names import Names, leaf_names

COTANGENT_NAMES = {"g", "dout", "cotangent", "grad", "grad_output", "grad_out", "dy", "dz", "upstream", "delta"}


@dataclass
class Point:
    """Everything that is known of a function and its hand gradient at one point.

    Attributes
    ----------
    values : list of array
        The arrays that are differentiated.
    leaves : list of Tensor, one for each of them
    result : Tensor
    names : Names
        What the function's variables call the Tensors.
    contributions : list of (node, input, cotangent)
        What each node has passed to each of its inputs in the backward pass, from the result to the leaves.
    cotangents : dict from Tensor to array
        The sums of these: the derivative of the result by every Tensor of the record.
    true : list of array
        The backward pass's gradient by each leaf.
    hand : list of Any
        The hand gradient by each leaf, as the hand returned it.
    assignments : list of Assignment
        What the hand's variables got, in the order in which they got it.
    cotangent : array or None
        The cotangent of an array-valued function.
    """

    values: list[Any]
    leaves: list[Tensor]
    result: Tensor | None
    names: Names
    contributions: list[tuple[Tensor, Tensor, Any]]
    cotangents: dict[Tensor, Any]
    true: list[Any]
    hand: list[Any]
    assignments: list[Assignment] = field(default_factory=list)
    cotangent: Any = None

    @property
    def nodes(self) -> list[Tensor]:
        """The record, newest first."""
        return order([self.result])[0] if self.result is not None else []


class _Contributions:
    """An observer that keeps what passes along each edge of the record."""

    def __init__(self) -> None:
        self.edges: list[tuple[Tensor, Tensor, Any]] = []

    def recorded(self, node: Tensor) -> None:
        """See a node: it is in the record already."""

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> None:
        """Keep the cotangent that a node passes to its input."""
        self.edges.append((node, x, cotangent))

    def decided(self, node: Tensor, outcome: bool) -> None:
        """See a decision: nothing to keep."""


class Problem:
    """What `verify` is asked: a function, a hand gradient, the arguments, and which of them it answers for.

    Parameters
    ----------
    f : callable
    hand : callable
    args : tuple
    argnums : int, sequence of int, or None
    params : sequence of str, or None
        Attributes of the object that ``hand`` is a method of, in the order of the hand's results; then these are
        differentiated, and not the arguments.

    Attributes
    ----------
    leaf_names : list of str
        A name for each array that is differentiated.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        hand: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: int | Sequence[int] | None = None,
        params: Sequence[str] | None = None,
    ) -> None:
        self.f, self.hand, self.args = f, hand, args
        self.name = getattr(f, "__name__", "f")
        self.hand_name = getattr(hand, "__name__", "hand")
        self.params = tuple(params) if params is not None else None
        self.owner = getattr(hand, "__self__", None)
        if self.params is not None:
            self._check_params()
        self.argnums = argnums
        self.positions: tuple[int, ...] = ()
        self.trees: list[Any] = []
        self.leaf_names: list[str] = []
        self.cotangent: Any = None

    def _check_params(self) -> None:
        if self.owner is None:
            raise TypeError(
                f"params= names attributes of the object that the hand gradient is a method of, "
                f"but {self.hand_name}() is no bound method"
            )
        for name in self.params or ():
            if not hasattr(self.owner, name):
                raise TypeError(f"params names {name!r}, but {type(self.owner).__name__} has no such attribute")

    def settle(self, answer: Any) -> None:
        """Find out from the hand's answer which arrays it is the gradient of.

        Raises
        ------
        TypeError, ValueError
            Where the answer fits neither the arguments nor ``argnums`` or ``params``.
        """
        if self.params is not None:
            self.trees = [getattr(self.owner, name) for name in self.params]
            roots = list(self.params)
        else:
            self.positions = self._positions(answer)
            self.trees = [self.args[i] for i in self.positions]
            roots = []
        leaves, self._rebuild = trees.flatten(self.trees)
        self._values = [_inexact(x) for x in leaves]
        if roots and len(leaves) == len(roots):
            self.leaf_names = roots
        else:
            self.leaf_names = leaf_names(self.f, self.args, self.positions) if not roots else _numbered(roots, leaves)
        self.flatten_answer(answer)

    def _positions(self, answer: Any) -> tuple[int, ...]:
        if self.argnums is not None:
            chosen = (self.argnums,) if isinstance(self.argnums, (int, np.integer)) else tuple(self.argnums)
            for i in chosen:
                if not -len(self.args) <= i < len(self.args):
                    raise ValueError(f"argnums={self.argnums} names argument {i} of {len(self.args)}")
            return tuple(int(i) % len(self.args) for i in chosen)
        if not self.args:
            raise TypeError(f"{self.name}() got no arguments to differentiate; name attributes with params=")
        if not isinstance(answer, (dict, tuple, list)) or trees.same_structure(answer, self.args[0]):
            return (0,)
        if isinstance(answer, dict):
            names = list(inspect.signature(self.f).parameters)
            unknown = [key for key in answer if key not in names[: len(self.args)]]
            if unknown:
                raise ValueError(
                    f"{self.hand_name}() returned a dict with the key {unknown[0]!r}; "
                    f"{self.name}() has the parameters {', '.join(names)}"
                )
            return tuple(names.index(key) for key in answer)
        if len(answer) > len(self.args):
            raise ValueError(
                f"{self.hand_name}() returned {len(answer)} gradients, but {self.name}() got {len(self.args)} "
                "argument(s)"
            )
        return tuple(range(len(answer)))

    def flatten_answer(self, answer: Any) -> list[Any]:
        """Return the hand's gradients, one for each array that is differentiated, or raise ValueError."""
        parts = answer
        if isinstance(answer, dict) and self.params is None and not trees.same_structure(answer, self.trees[0]):
            parts = list(answer.values())
        elif len(self.trees) == 1 and not (
            isinstance(answer, (tuple, list)) and len(answer) == 1 and trees.same_structure(answer[0], self.trees[0])
        ):
            parts = [answer]
        leaves = trees.flatten(list(parts) if isinstance(parts, (tuple, list)) else [parts])[0]
        if len(leaves) != len(self._values):
            raise ValueError(
                f"{self.hand_name}() returned {len(leaves)} gradient(s), expected {len(self._values)}: "
                f"one for each of {', '.join(self.leaf_names)}"
            )
        return leaves

    def call(self, function: Callable[..., Any], values: list[Any]) -> Any:
        """Call the function, or the hand gradient, with these arrays in the place of those that are differentiated."""
        made = self._rebuild(values)
        args = list(self.args)
        if self.params is None:
            for position, tree in zip(self.positions, made, strict=True):
                args[position] = tree
            return function(*args)
        before = [getattr(self.owner, name) for name in self.params]
        try:
            for name, tree in zip(self.params, made, strict=True):
                setattr(self.owner, name, tree)
            return function(*args)
        finally:
            for name, tree in zip(self.params, before, strict=True):
                setattr(self.owner, name, tree)

    def hand_with_cotangent(self) -> Callable[..., Any]:
        """Return the hand gradient as a function of the arguments alone, its cotangent filled in where it takes one."""
        if self.cotangent is None:
            return self.hand
        names = list(inspect.signature(self.hand).parameters)
        last = bool(names) and names[0] not in COTANGENT_NAMES and names[-1] in COTANGENT_NAMES
        return lambda *args: self.hand(*args, self.cotangent) if last else self.hand(self.cotangent, *args)

    def record(self, values: list[Any], *, named: bool = True) -> tuple[Tensor, list[Tensor], Names]:
        """Run the function on Tensors; return its result, the leaves, and the names of what it recorded."""
        leaves = [Tensor(x, name, copy=False) for x, name in zip(values, self.leaf_names, strict=True)]
        names = Names()
        for leaf, name in zip(leaves, self.leaf_names, strict=True):
            names.bind(leaf, name, -1)
        tracing.depth += 1
        try:
            with names.watching() if named else nullcontext():
                result = self.call(self.f, list(leaves))
        finally:
            tracing.depth -= 1
        return result, leaves, names

    def at(self, values: list[Any] | None = None, *, capture: bool = True) -> Point:
        """Evaluate both at a point: the one given by the arguments, or another one."""
        values = self._values if values is None else values
        result, leaves, names = self.record(values)
        g = seed(result) if self.cotangent is None else self.cotangent
        watcher = _Contributions()
        with observing(watcher):
            found, _ = sweep({result: g})
        sums: dict[Tensor, Any] = {result: g}
        for _, x, c in watcher.edges:
            sums[x] = sums[x] + c if x in sums and not isinstance(c, tuple) else c
        copies = [np.array(x)[()] for x in values]
        if capture:
            answer, assignments = hand_code.run(lambda: self.call(self.hand_with_cotangent(), copies))
        else:
            answer, assignments = self.call(self.hand_with_cotangent(), copies), []
        true = [found[leaf] if leaf in found else np.zeros_like(leaf._value) for leaf in leaves]
        hand = self.flatten_answer(answer)
        return Point(values, leaves, result, names, watcher.edges, sums, true, hand, assignments, self.cotangent)

    def without_record(self) -> Point:
        """Run the hand gradient alone, for a function that cannot be recorded; NaN stands for the backward pass."""
        answer = self.call(self.hand_with_cotangent(), [np.array(x)[()] for x in self._values])
        unknown = [np.full(np.shape(x), np.nan) for x in self._values]
        return Point(self._values, [], None, Names(), [], {}, unknown, self.flatten_answer(answer), [], self.cotangent)

    def gradients(self, values: list[Any]) -> list[Any]:
        """Return the backward pass's gradient at another point."""
        result, leaves, _ = self.record(values, named=False)
        found, _ = sweep({result: seed(result) if self.cotangent is None else self.cotangent})
        return [found[leaf] if leaf in found else np.zeros_like(leaf._value) for leaf in leaves]

    def scalar(self) -> Callable[..., Any]:
        """Return the function of the differentiated arrays alone, its result weighted by the cotangent."""

        def f(*values: Any) -> Any:
            result = self.call(self.f, list(values))
            return result if self.cotangent is None else np.sum(self.cotangent * result)

        return f

    def nearby(self, rng: np.random.Generator, size: float = 0.1) -> list[Any]:
        """Draw another point: each array that is differentiated moves by about ``size`` of its scale, nothing else."""
        moved = []
        for x in self._values:
            scale = np.sqrt(np.mean(np.square(np.abs(x)))) if np.size(x) else 0.0
            step = size * rng.standard_normal(np.shape(x)) * np.maximum(np.abs(x), 0.1 * scale or 0.1)
            moved.append((x + step).astype(np.asarray(x).dtype)[()])
        return moved

    @property
    def values(self) -> list[Any]:
        """The arrays that are differentiated, as they were given."""
        return self._values


def _inexact(x: Any) -> Any:
    array = np.asarray(x)
    return (array if array.dtype.kind in "fc" else array.astype(np.float64))[()]


def _numbered(roots: list[str], leaves: list[Any]) -> list[str]:
    return (
        [f"{roots[0]}_{i}" for i in range(len(leaves))] if len(roots) == 1 else [f"x_{i}" for i in range(len(leaves))]
    )

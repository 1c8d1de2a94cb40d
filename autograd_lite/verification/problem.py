"""A function beside its hand-derived gradient: both evaluated at a point, their results side by side."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite import numerical
from autograd_lite.core import trees
from autograd_lite.core.backward import order, plus, seed, sweep
from autograd_lite.core.op import Op
from autograd_lite.core.tape import Observer, observing, tracing
from autograd_lite.core.tensor import Tensor
from autograd_lite.numerical.probing import quiet
from autograd_lite.program.naming import Names, leaf_names
from autograd_lite.verification import answers
from autograd_lite.verification import run as hand_code
from autograd_lite.verification.data import Data, in_kind
from autograd_lite.verification.run import Assignment, Key, Run

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
    run : Run or None
        How the hand gradient ran.
    by_differences : bool
        Whether the gradient is made of differences, for want of a record.
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
    run: Run | None = None
    by_differences: bool = False

    @property
    def nodes(self) -> list[Tensor]:
        """The record, newest first."""
        return order([self.result])[0] if self.result is not None else []


class _Contributions(Observer):
    """An observer that keeps what passes along each edge of the record."""

    def __init__(self) -> None:
        self.edges: list[tuple[Tensor, Tensor, Any]] = []

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> Any:
        """Keep the cotangent that a node passes to its input."""
        self.edges.append((node, x, cotangent))
        return cotangent


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
    with_dot : bool
        Whether to record ``x.dot(w)`` of an argument x that is not differentiated, which asks no Tensor, as np.dot.
    by_differences : bool
        Whether to record the function as one op, whose derivative are differences: what is left where it cannot be
        recorded otherwise. Its gradients are known to 7 digits or so.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        hand: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: int | Sequence[int] | None = None,
        params: Sequence[str] | None = None,
    ) -> None:
        for what, given in (("the function", f), ("the hand gradient", hand)):
            if not callable(given):
                raise TypeError(f"expected {what} to be callable, got {type(given).__name__}")
        if any(isinstance(x, Tensor) for x in trees.flatten(list(args))[0]):
            raise TypeError("the arguments are Tensors; pass arrays: their .value")
        self.f, self.hand, self.args = f, hand, args
        self.name = getattr(f, "__name__", "f")
        self.hand_name = getattr(hand, "__name__", "hand")
        self.params = (params,) if isinstance(params, str) else tuple(params) if params is not None else None
        self.owner = getattr(hand, "__self__", None)
        if self.params is not None:
            self._check_params()
        self.argnums = argnums
        self.positions: tuple[int, ...] = ()
        self.trees: list[Any] = []
        self.leaf_names: list[str] = []
        self.cotangent: Any = None
        self.with_dot = False
        self.by_differences = False

    def _check_params(self) -> None:
        if self.owner is None:
            raise TypeError(
                f"params= names attributes of the object that the hand gradient is a method of, "
                f"but {self.hand_name}() is no bound method"
            )
        if self.params == ():
            raise TypeError("params= is empty: name the attributes that are differentiated")
        for name in self.params or ():
            if not hasattr(self.owner, name):
                raise TypeError(f"params names {name!r}, but {type(self.owner).__name__} has no such attribute")

    def settle(self, answer: Any) -> None:
        """Find out from the hand's answer which arrays it is the gradient of.

        Raises
        ------
        TypeError, ValueError
            Where the answer fits neither the arguments nor ``argnums`` or ``params``, or these are no numbers.
        """
        if self.params is not None:
            self._roots, self.trees = list(self.params), [getattr(self.owner, name) for name in self.params]
            self.leaf_names = answers.tree_names(self._roots, self.trees)
        else:
            self.positions = answers.positions(answer, self.f, self.args, self.argnums, self.hand_name)
            names = answers.parameter_names(self.f, self.args)
            self._roots, self.trees = [names[i] for i in self.positions], [self.args[i] for i in self.positions]
            self.leaf_names = leaf_names(self.f, self.args, self.positions)
        self._given, self._rebuild = trees.flatten(self.trees)
        self._values = [
            _inexact(x, name, self.hand_name) for x, name in zip(self._given, self.leaf_names, strict=True)
        ]
        if not self._values:
            raise ValueError(f"there is nothing to differentiate in {', '.join(self._roots)}: no arrays are in it")
        self.flatten_answer(answer)

    def flatten_answer(self, answer: Any) -> list[Any]:
        """Return the hand's gradients, one for each array that is differentiated, or raise ValueError or TypeError."""
        parts = answers.split(answer, self._roots, self.trees, self.hand_name)
        return [
            leaf
            for part, tree, root in zip(parts, self.trees, self._roots, strict=True)
            for leaf in answers.leaves(part, tree, root, self.hand_name)
        ]

    def call(self, function: Callable[..., Any], values: list[Any], *, beside_tensors: bool = False) -> Any:
        """Call the function, or the hand gradient, with these arrays in the place of those that are differentiated."""
        made = self._rebuild(values)
        args = list(self.args)
        if beside_tensors:
            args = trees.map_tree(Data.of, args)
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

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Give the objects that the two are methods of their attributes back afterwards."""
        owners = {id(x): x for x in (self.owner, getattr(self.f, "__self__", None)) if hasattr(x, "__dict__")}
        before = [(x, dict(vars(x))) for x in owners.values() if not inspect.ismodule(x) and not isinstance(x, type)]
        try:
            yield
        finally:
            for x, attributes in before:
                vars(x).clear()
                vars(x).update(attributes)

    def hand_with_cotangent(self) -> Callable[..., Any]:
        """Return the hand gradient as a function of the arguments alone, its cotangent filled in where it takes one."""
        if self.cotangent is None:
            return self.hand
        place = self._place_of_cotangent()
        return lambda *args: self.hand(*args[:place], self.cotangent, *args[place:])

    def _place_of_cotangent(self) -> int:
        try:
            signature = inspect.signature(self.hand)
            signature.bind(*self.args, self.cotangent)
        except ValueError:
            return 0
        except TypeError:
            raise TypeError(
                f"{self.name}() returns an array of shape {np.shape(self.cotangent)}, so {self.hand_name}() must take "
                "a cotangent of that shape as well, as its first parameter. Or verify a number: np.sum of the array, "
                "for example, whose gradient holds the derivatives of an elementwise function"
            ) from None
        names = list(signature.parameters)[: len(self.args) + 1]
        theirs = set(answers.parameter_names(self.f, self.args))
        places = [i for i, name in enumerate(names) if name in COTANGENT_NAMES and name not in theirs]
        return places[0] if places and len(names) == len(self.args) + 1 else 0

    def record(self, values: list[Any], *, named: bool = True) -> tuple[Tensor, list[Tensor], Names]:
        """Run the function on Tensors; return its result, the leaves, and the names of what it recorded."""
        leaves = [Tensor(x, name, copy=False) for x, name in zip(values, self.leaf_names, strict=True)]
        names = Names()
        for leaf, name in zip(leaves, self.leaf_names, strict=True):
            names.bind(leaf, name, -1)
        tracing.depth += 1
        try:
            with names.watching() if named else nullcontext():
                call = self._one_op if self.by_differences else self._call_on_tensors
                result = call(leaves)
        finally:
            tracing.depth -= 1
        return result if isinstance(result, Tensor) else Tensor(result), leaves, names  # a constant, if no Tensor

    def _call_on_tensors(self, leaves: list[Tensor]) -> Any:
        return self.call(self.f, list(leaves), beside_tensors=self.with_dot)

    def _one_op(self, leaves: list[Tensor]) -> Any:
        f = self.scalar()

        def rule(i: int, g: Any, z: Any, *values: Any) -> Any:
            return g * numerical.gradient(f, values, i).value

        return Op(lambda *values: np.float64(np.sum(f(*values))), rule, name=self.name)(*leaves)

    def pull(self, result: Tensor, leaves: list[Tensor]) -> list[Any]:
        """Return the backward pass's gradient of a recorded result by its leaves."""
        found, _ = sweep({result: self._start(result)})
        return [found[leaf] if leaf in found else np.zeros_like(leaf._value) for leaf in leaves]

    def _start(self, result: Tensor) -> Any:
        return seed(result) if self.cotangent is None else self.cotangent

    def at(self, values: list[Any] | None = None, *, capture: bool = True) -> Point:
        """Evaluate both at a point: the one given by the arguments, or another one.

        Raises
        ------
        ValueError
            Where the function gives another value for Tensors than for arrays.
        """
        given = self._given if values is None else values
        values = self._values if values is None else values
        with quiet():
            result, leaves, names = self.record(values)
            watcher = _Contributions()
            with observing(watcher):
                true = self.pull(result, leaves)
            self._compare(result, given)
            answer, run = self._run_hand(given, capture)
        sums: dict[Tensor, Any] = {result: self._start(result)}
        for _, x, c in watcher.edges:
            sums[x] = plus(sums.get(x), c)
        hand = self.flatten_answer(answer)
        told = result, names, watcher.edges, sums, true, hand, run.assignments, self.cotangent, run
        return Point(values, leaves, *told, self.by_differences)

    def _compare(self, result: Tensor, given: list[Any]) -> None:
        """Run the function on arrays once more: what it leaves behind for the hand is then arrays, too."""
        plain = np.asarray(self.call(self.f, [_own(x) for x in given]))
        recorded = result._value
        close = plain.shape == np.shape(recorded) and np.allclose(plain, recorded, 1e-6, 0, equal_nan=True)
        if not close:
            raise ValueError("it gives another value for Tensors than for arrays")

    def _run_hand(self, given: list[Any], capture: bool, put: Mapping[Key, Any] | None = None) -> tuple[Any, Run]:
        copies = [_own(x) for x in given]
        hand = self.hand_with_cotangent()
        if capture:
            return hand_code.run(lambda: self.call(hand, copies), put=put)
        return self.call(hand, copies), Run()

    def repaired(self, put: Mapping[Key, Any]) -> tuple[list[Any], list[Assignment]]:
        """Run the hand gradient at the point with other values in the place of what some assignments gave."""
        with quiet():
            answer, run = self._run_hand(self._given, True, put)
            return self.flatten_answer(answer), run.assignments

    def hand_on_tensors(self, values: list[Any]) -> list[Any]:
        """Return the hand gradient at other arrays, computed on Tensors, which an observer may look at and move."""
        self.call(self.f, [_own(x) for x in values])
        tracing.depth += 1
        try:
            answer = self.call(self.hand_with_cotangent(), [Tensor(x) for x in values])
        finally:
            tracing.depth -= 1
        return [x.value if isinstance(x, Tensor) else x for x in self.flatten_answer(answer)]

    def without_record(self) -> Point:
        """Run the hand gradient alone, for a function that cannot be recorded; NaN stands for the backward pass."""
        with quiet():
            self.call(self.f, [_own(x) for x in self._given])
            answer, run = self._run_hand(self._given, capture=True)
        unknown = [np.full(np.shape(x), np.nan) for x in self._values]
        hand = self.flatten_answer(answer)
        notes = run.assignments
        return Point(self._values, [], None, Names(), [], {}, unknown, hand, notes, self.cotangent, run)

    def scalar(self) -> Callable[..., Any]:
        """Return the function of the differentiated arrays alone, its result weighted by the cotangent."""

        def f(*values: Any) -> Any:
            result = self.call(self.f, list(values))
            return result if self.cotangent is None else np.sum(self.cotangent * result)

        return f

    def nearby(self, rng: np.random.Generator, size: float = 0.1) -> list[Any]:
        """Draw another point: each array that is differentiated moves by about ``size`` of its scale, nothing else.

        What the function may count on stays: symmetry, the zeros of a triangle, positive numbers, and rows of
        probabilities that sum to 1.
        """
        moved = []
        for x in self._values:
            scale = np.sqrt(np.mean(np.square(np.abs(x)))) if np.size(x) else 0.0
            step = size * rng.standard_normal(np.shape(x)) * np.maximum(np.abs(x), 0.1 * scale or 0.1)
            moved.append(np.asarray(in_kind(np.asarray(x), x + step)).astype(np.asarray(x).dtype)[()])
        return moved

    @property
    def given(self) -> list[Any]:
        """The arrays that are differentiated, of the dtypes in which they were given."""
        return self._given

    @property
    def values(self) -> list[Any]:
        """The arrays that are differentiated, as inexact ones."""
        return self._values


def _own(x: Any) -> Any:
    return np.array(x) if isinstance(x, np.ndarray) else x


def _inexact(x: Any, name: str, hand_name: str) -> Any:
    array = np.asarray(x)
    if array.dtype.kind not in "iufc":
        raise TypeError(
            f"{hand_name}() returned a gradient for {name}, which is no array of numbers but "
            f"{'of dtype ' + str(array.dtype) if isinstance(x, np.ndarray) else repr(x)[:40]}; say which arguments "
            "are differentiated: argnums="
        )
    return (array if array.dtype.kind in "fc" else array.astype(np.float64))[()]

"""What is verified: a function beside its hand-derived gradient, and what of its arguments is differentiated."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.values import plain
from autograd_lite.program.naming import leaf_names
from autograd_lite.verification import answers
from autograd_lite.verification.data import Data, nearby

COTANGENT_NAMES = {"g", "dout", "cotangent", "grad", "grad_output", "grad_out", "dy", "dz", "upstream", "delta"}


class Mode(Enum):
    """How a function is recorded."""

    PLAIN = "as it is"
    WITH_DOT = "the method dot of arrays beside Tensors, which asks no Tensor, as np.dot"
    BY_DIFFERENCES = "as one op whose derivatives are differences, known to 7 digits or so"


@dataclass(frozen=True, eq=False)
class Problem:
    """What `verify` is asked.

    Attributes
    ----------
    f, hand : callable
    args : tuple
    argnums : int, sequence of int, or None
    params : str, sequence of str, or None
        Attributes of the object that ``hand`` is a method of, in the order of the hand's results; then these are
        differentiated, and not the arguments.
    """

    f: Callable[..., Any]
    hand: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: int | Sequence[int] | None = None
    params: str | Sequence[str] | None = None

    def __post_init__(self) -> None:
        for what, given in (("the function", self.f), ("the hand gradient", self.hand)):
            if not callable(given):
                raise TypeError(f"expected {what} to be callable, got {type(given).__name__}")
        trees.paths(list(self.args))  # it raises where a leaf could not be named
        if any(isinstance(x, Tensor) for x in trees.flatten(list(self.args))[0]):
            raise TypeError("the arguments are Tensors; pass arrays: their .value")
        if self.params is not None:
            self._check_params()

    def _check_params(self) -> None:
        if self.owner is None:
            raise TypeError(
                f"params= names attributes of the object that the hand gradient is a method of, "
                f"but {self.hand_name}() is no bound method"
            )
        if not self.attributes:
            raise TypeError("params= is empty: name the attributes that are differentiated")
        for name in self.attributes:
            if not hasattr(self.owner, name):
                raise TypeError(f"params names {name!r}, but {type(self.owner).__name__} has no such attribute")

    @property
    def name(self) -> str:
        """What the function is called."""
        return getattr(self.f, "__name__", "f")

    @property
    def hand_name(self) -> str:
        """What the hand gradient is called."""
        return getattr(self.hand, "__name__", "hand")

    @cached_property
    def owner(self) -> Any:
        """The object that the hand gradient is a method of, or None."""
        return getattr(self.hand, "__self__", None)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Those that are differentiated, in the place of arguments."""
        return (self.params,) if isinstance(self.params, str) else tuple(self.params or ())

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

    def hand_given(self, cotangent: Any) -> Callable[..., Any]:
        """Return the hand gradient as a function of the arguments alone, its cotangent filled in where it takes one."""
        if cotangent is None:
            return self.hand
        place = self._place_of(cotangent)
        return lambda *args: self.hand(*args[:place], np.array(cotangent), *args[place:])  # a copy, which it may change

    def _place_of(self, cotangent: Any) -> int:
        try:
            signature = inspect.signature(self.hand)
            signature.bind(*self.args, cotangent)
        except ValueError:
            return 0
        except TypeError:
            raise TypeError(
                f"{self.name}() returns an array of shape {np.shape(cotangent)}, so {self.hand_name}() must take "
                "a cotangent of that shape as well, as its first parameter. Or verify a number: np.sum of the array, "
                "for example, whose gradient holds the derivatives of an elementwise function"
            ) from None
        names = list(signature.parameters)[: len(self.args) + 1]
        of_function = set(answers.parameter_names(self.f, self.args))
        places = [i for i, name in enumerate(names) if name in COTANGENT_NAMES and name not in of_function]
        return places[0] if places and len(names) == len(self.args) + 1 else 0

    def settle(self, answer: Any, cotangent: Any = None) -> Setting:
        """Find out from an answer of the hand which arrays it is the gradient of.

        Raises
        ------
        TypeError, ValueError
            Where the answer fits neither the arguments nor ``argnums`` or ``params``, or these are no numbers.
        """
        if self.params is not None:
            roots = self.attributes
            held = tuple(getattr(self.owner, name) for name in roots)
            setting = Setting(self, (), roots, held, tuple(answers.tree_names(roots, held)), cotangent)
        else:
            positions = answers.positions(answer, self.f, self.args, self.argnums, self.hand_name)
            names = answers.parameter_names(self.f, self.args)
            roots, held = tuple(names[i] for i in positions), tuple(self.args[i] for i in positions)
            setting = Setting(self, positions, roots, held, tuple(leaf_names(self.f, self.args, positions)), cotangent)
        if not setting.values:
            raise ValueError(f"there is nothing to differentiate in {', '.join(roots)}: no arrays are in it")
        setting.gradients(answer)
        return setting


@dataclass(frozen=True, eq=False)
class Setting:
    """A problem whose hand has answered once, so that it is known which arrays are differentiated.

    Attributes
    ----------
    problem : Problem
    positions : tuple of int
        The arguments that are differentiated; none where attributes are.
    roots : tuple of str
        The names of these arguments, or the attributes.
    held : tuple of trees
        What they hold: arrays, or trees of them.
    leaf_names : tuple of str
        A name for each array that is differentiated.
    cotangent : array or None
        That of an array-valued function.
    mode : Mode
    """

    problem: Problem
    positions: tuple[int, ...]
    roots: tuple[str, ...]
    held: tuple[Any, ...]
    leaf_names: tuple[str, ...]
    cotangent: Any = None
    mode: Mode = Mode.PLAIN

    @cached_property
    def _flat(self) -> tuple[list[Any], trees.Rebuild]:
        return trees.flatten(self.held)

    @property
    def given(self) -> list[Any]:
        """The arrays that are differentiated, of the dtypes in which they were given."""
        return self._flat[0]

    @cached_property
    def values(self) -> tuple[Any, ...]:
        """The arrays that are differentiated, as inexact ones."""
        return tuple(self._inexact(x, name) for x, name in zip(self.given, self.leaf_names, strict=True))

    def _inexact(self, x: Any, name: str) -> Any:
        array = np.asarray(plain(x))
        if array.dtype.kind not in "iufc":
            raise TypeError(
                f"{self.problem.hand_name}() returned a gradient for {name}, which is no array of numbers but "
                f"{'of dtype ' + str(array.dtype) if isinstance(x, np.ndarray) else repr(x)[:40]}; say which arguments "
                "are differentiated: argnums="
            )
        return (array if array.dtype.kind in "fc" else array.astype(np.float64))[()]

    def gradients(self, answer: Any) -> list[Any]:
        """Return the hand's gradients, one for each array that is differentiated, or raise ValueError or TypeError."""
        hand_name = self.problem.hand_name
        parts = answers.split(answer, self.roots, self.held, hand_name)
        return [
            leaf
            for part, tree, root in zip(parts, self.held, self.roots, strict=True)
            for leaf in answers.leaves(part, tree, root, hand_name)
        ]

    def call(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Call the function, or the hand gradient, with these arrays in the place of those that are differentiated."""
        made = self._flat[1](values)
        args = list(self.problem.args)
        if self.mode is Mode.WITH_DOT and any(type(x) is Tensor for x in values):
            args = trees.map_tree(Data.of, args)
        for position, tree in zip(self.positions, made, strict=False):
            args[position] = tree
        owner, names = self.problem.owner, self.problem.attributes
        before = [getattr(owner, name) for name in names] if names else ()
        try:
            for name, tree in zip(names, made, strict=False):
                setattr(owner, name, tree)
            return function(*args)
        finally:
            for name, tree in zip(names, before, strict=True):
                setattr(owner, name, tree)

    def f(self, values: Sequence[Any]) -> Any:
        """Call the function at other arrays."""
        return self.call(self.problem.f, values)

    def hand(self, values: Sequence[Any]) -> Any:
        """Call the hand gradient at other arrays, with the cotangent that it takes."""
        return self.call(self.problem.hand_given(self.cotangent), values)

    def number(self, *values: Any) -> Any:
        """Return the function's result, weighted by the cotangent: the number that is differentiated."""
        result = self.f(values)
        return result if self.cotangent is None else np.sum(self.cotangent * result)

    def nearby(self, rng: np.random.Generator, size: float = 0.1) -> list[Any]:
        """Draw another point: each array that is differentiated moves by about ``size`` of its scale, nothing else."""
        return [nearby(x, rng, size) for x in self.values]

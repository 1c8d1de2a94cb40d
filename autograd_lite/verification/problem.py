"""What is verified: a function beside its hand-derived gradient, and what of its arguments is differentiated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.values import plain
from autograd_lite.verification import answers
from autograd_lite.verification.calls import Call
from autograd_lite.verification.code import Answer, Code
from autograd_lite.verification.data import nearby
from autograd_lite.verification.layouts import Layout
from autograd_lite.verification.objects import copied
from autograd_lite.verification.recordable import UsersCode, recordable
from autograd_lite.verification.targets import Targets, targets


class Mode(Enum):
    """How a function is recorded."""

    PLAIN = "as it is"
    RECORDABLE = "with Tensors in the place of the arrays that the user's code makes and holds"
    BY_DIFFERENCES = "as one op whose derivatives are differences, known to 7 digits or so"


class Problem(Code):
    """What `verify` is asked."""

    @cached_property
    def code(self) -> UsersCode:
        """What the two functions and their arguments reach of the user's code."""
        return UsersCode(self.f, self.hand, self.args)

    def settle(self, answer: Any, cotangent: Any = None, calls: Call | None = None) -> Setting:
        """Find out from an answer of the hand which arrays it is the gradient of.

        Parameters
        ----------
        answer
            What the hand returned, or an `Answer`, with what it left behind.
        cotangent : array, optional
            The one that it was given.
        calls : Call, optional

        Raises
        ------
        TypeError, ValueError
            Where the answer fits neither the arguments nor ``argnums`` or ``params``, or these are no numbers.
        """
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        calls = calls or self.calls
        found = targets(self, calls.apart(answer.returned)[1], answer)
        what = found, found.roots(self), found.held(self.args), found.leaf_names(self)
        setting = Setting(self, calls, *what, cotangent)
        if not setting.roots:
            changed = f", and changed {', '.join(answer.texts.values())}" if answer.texts else ""
            raise TypeError(
                f"{self.hand_name}() returned no gradient{changed}: none of this is spelled as the gradient of an "
                "argument or of an attribute, as self.dW is for self.W; let a function return it: "
                f"verify({self.name}, lambda *given: ({self.hand_name}(*given), ...)[1], ...)"
            )
        if not setting.values:
            raise ValueError(f"there is nothing to differentiate in {', '.join(setting.roots)}: no arrays are in it")
        setting.gradients(answer)
        for place in found.places if self.attributes else ():
            if (0, place.path) in answer.left:
                name = ".".join(map(str, place.path))
                raise ValueError(
                    f"{self.hand_name}() changed {name}, of shape {np.shape(place.get())}, in place, so no gradient at "
                    f"this point can be judged: let it work on a copy ({name} = self.{name}.copy())"
                )
        return setting


@dataclass(frozen=True, eq=False)
class Setting:
    """A problem whose hand has answered once, so that it is known which arrays are differentiated.

    Attributes
    ----------
    problem : Problem
    calls : Call
        How the two are called.
    targets : Targets
        What is differentiated, and where the gradients are.
    roots : sequence of str
        The names of these arguments and attributes.
    held : sequence of trees
        What they hold: arrays, or trees of them.
    leaf_names : sequence of str
        A name for each array that is differentiated.
    cotangent : array or None
        That of an array-valued function.
    mode : Mode
    """

    problem: Problem
    calls: Call
    targets: Targets
    roots: Sequence[str]
    held: Sequence[Any]
    leaf_names: Sequence[str]
    cotangent: Any = None
    mode: Mode = Mode.PLAIN

    @property
    def positions(self) -> tuple[int, ...]:
        """The arguments that are differentiated."""
        return self.targets.positions

    @cached_property
    def _flat(self) -> tuple[list[Any], trees.Rebuild]:
        return trees.flatten(tuple(self.held))

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

    def gradients(self, answer: Any, *, raw: bool = False) -> list[Any]:
        """Return the hand's gradients, one for each array that is differentiated, or raise ValueError or TypeError.

        Jacobians and the like are made gradients by the cotangent, unless they are wanted raw.
        """
        hand_name = self.problem.hand_name
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        parts = self.targets.parts(self.calls.apart(answer.returned)[1], answer.left, self.roots, self.held, hand_name)
        found = [
            leaf
            for part, tree, root in zip(parts, self.held, self.roots, strict=True)
            for leaf in answers.leaves(part, tree, root, hand_name)
        ]
        return found if raw else self.problem.layout.gradients(found, self.values, self.cotangent)

    def value_beside(self, answer: Any) -> Any:
        """Return the function's value that the hand gave with its gradient; None where it gives none."""
        return self.calls.apart(answer.returned if isinstance(answer, Answer) else answer)[0]

    @property
    def taken(self) -> str:
        """What the code was taken to be: how it is called, and where its gradients are; empty for the plain form."""
        count = len(self.problem.args)
        in_objects = self.targets.places or self.targets.left
        if self.problem.layout is Layout.GRADIENT and self.calls.is_plain(count) and not in_objects:
            return ""
        returned = [self.roots[i] for i in self.targets.returned]
        left = [(self.roots[i], place.text) for i, _, place in self.targets.left]
        parts = [f"of {_listed(returned)} returned"] if returned else []
        if left:
            parts.append(f"of {_listed([root for root, _ in left])} left in {_listed([text for _, text in left])}")
        return f"{self.calls.text(count)}; {self.problem.layout.text} {', '.join(parts)}"

    @contextmanager
    def _at(self, values: Sequence[Any]) -> Iterator[list[Any]]:
        """Put other arrays in the place of those that are differentiated; yield the arguments."""
        made = self._flat[1](values)
        args = list(self.problem.args)
        if self.mode is Mode.RECORDABLE and any(type(x) is Tensor for x in values):
            args = trees.map_tree(recordable, args)
        for position, tree in zip(self.positions, made, strict=False):
            args[position] = tree
        places = self.targets.places
        before = [place.get() for place in places]
        with self.problem.kept():
            try:
                for place, tree in zip(places, made[len(self.positions) :], strict=True):
                    place.put(tree)
                yield args
            finally:
                for place, tree in zip(places, before, strict=True):
                    place.put(tree)

    def f(self, values: Sequence[Any]) -> Any:
        """Return the function's value at other arrays."""
        with self._at(values) as args:
            return self.problem.value(self.calls, args)

    def hand(self, values: Sequence[Any]) -> Any:
        """Return what the hand gradient gives at other arrays, with the cotangent that it takes, after the function."""
        with self._at(values) as args:
            self.targets.clear()
            result = self.problem.run_before(self.calls, self.cotangent, args)
            answer = self.problem.run_hand(self.calls, self.cotangent, args, result)
            if not self.problem.state.roots:
                return answer
            return Answer(copied(answer), {key: copied(place.get()) for _, key, place in self.targets.left})

    def number(self, *values: Any) -> Any:
        """Return the function's result, weighted by the cotangent: the number that is differentiated."""
        result = self.f(values)
        return result if self.cotangent is None else np.sum(self.cotangent * result)

    def nearby(self, rng: np.random.Generator, size: float = 0.1) -> list[Any]:
        """Draw another point: each array that is differentiated moves by about ``size`` of its scale, nothing else."""
        return [nearby(x, rng, size) for x in self.values]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

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
from autograd_lite.program.naming import leaf_names
from autograd_lite.verification import answers
from autograd_lite.verification.calls import Answer, Call
from autograd_lite.verification.code import Code
from autograd_lite.verification.data import nearby
from autograd_lite.verification.layouts import Layout
from autograd_lite.verification.objects import copied, short_names
from autograd_lite.verification.parameters import understand
from autograd_lite.verification.recordable import UsersCode, recordable
from autograd_lite.verification.repair.wording import listed
from autograd_lite.verification.targets import Targets, targets


class Mode(Enum):
    """How a function is recorded."""

    PLAIN = "as it is"
    RECORDABLE = "with Tensors in the place of the arrays that the user's code makes and holds"
    BY_DIFFERENCES = "as one op whose derivatives are differences, known to 7 digits or so"


class Problem(Code):
    """What `verify` is asked."""

    @cached_property
    def calls(self) -> Call:
        """How the two are called."""
        with self.kept():
            return understand(self, Call(self).forward(self.args))

    @cached_property
    def code(self) -> UsersCode:
        """What the two functions and their arguments reach of the user's code."""
        return UsersCode(self.f, self.hand, self.args)

    def settle(self, answer: Any, cotangent: Any = None, calls: Call | None = None) -> Setting:
        """Find out from an answer of the hand which arrays it is the gradient of.

        The answer is what the hand returned for a cotangent, or an `Answer`, with what it left behind.

        Raises
        ------
        TypeError, ValueError
            Where the answer fits neither the arguments nor ``argnums`` or ``params``, or these are no numbers.
        """
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        calls = calls or self.calls
        found = targets(self, calls.apart(answer.returned)[1], answer)
        names = [self.names[i] for i in found.positions]
        roots = [*names, *short_names([place.key[1] for place in found.places], names)]
        held = [*(self.args[i] for i in found.positions), *(place.get() for place in found.places)]
        setting = Setting(self, calls, found, roots, held, self._leaf_names(roots, held, len(names)), cotangent)
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
            if place.key in answer.left:
                name = ".".join(map(str, place.key[1]))
                raise ValueError(
                    f"{self.hand_name}() changed {name}, of shape {np.shape(place.get())}, in place, so no gradient at "
                    f"this point can be judged: let it work on a copy ({name} = self.{name}.copy())"
                )
        return setting

    def _leaf_names(self, roots: Sequence[str], held: Sequence[Any], count: int) -> list[str]:
        """Return a name for each array in so many arguments, and in the attributes after them."""
        names = leaf_names(roots[:count], held[:count])
        for root, tree in zip(roots[count:], held[count:], strict=True):
            names += [f"{root}_{name}" if name in names else name for name in leaf_names([root], [tree])]
        return names


@dataclass(frozen=True, eq=False)
class Setting:
    """A problem whose hand has answered once, so that it is known which arrays are differentiated.

    Attributes
    ----------
    calls : how the two are called
    targets : what is differentiated, and where the gradients are
    roots, held : the names of these arguments and attributes, and what they hold: arrays, or trees of them
    leaf_names : a name for each array that is differentiated
    cotangent : that of an array-valued function
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
        hand_name, targets = self.problem.hand_name, self.targets
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        parts = {i: answer.left.get(place.key) for i, place in targets.left.items()}
        if targets.returned:
            returned = self.calls.apart(answer.returned)[1]
            returned = [returned[key] for key in targets.keys] if targets.keys else returned
            roots, held = zip(*((self.roots[i], self.held[i]) for i in targets.returned), strict=True)
            parts |= zip(targets.returned, answers.split(returned, roots, held, hand_name), strict=True)
        found = []
        for i in sorted(parts):
            found += answers.leaves(parts[i], self.held[i], self.roots[i], hand_name)
        return found if raw else self.problem.layout.gradients(found, self.values, self.cotangent)

    def value_beside(self, answer: Any) -> Any:
        """Return the function's value that the hand gave with its gradient; None where it gives none."""
        return self.calls.apart(answer.returned if isinstance(answer, Answer) else answer)[0]

    @property
    def taken(self) -> str:
        """What the code was taken to be: how it is called, and where its gradients are; empty for the plain form."""
        in_objects = self.targets.places or self.targets.left
        if self.problem.layout is Layout.GRADIENT and self.calls.is_plain() and not in_objects:
            return ""
        returned = [self.roots[i] for i in self.targets.returned]
        parts = [f"of {listed(returned)} returned"] if returned else []
        if left := self.targets.left:
            texts = [place.text for place in left.values()]
            parts.append(f"of {listed([self.roots[i] for i in left])} left in {listed(texts)}")
        return f"{self.calls.text()}; {self.problem.layout.value} {', '.join(parts)}"

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
            return self.calls.value(args)

    def hand(self, values: Sequence[Any]) -> Any:
        """Return what the hand gradient gives at other arrays, with the cotangent that it takes, after the function."""
        with self._at(values) as args:
            self.targets.clear()
            returned = self.calls.hand(self.calls.before(self.cotangent, args), self.cotangent, args)
            if not self.problem.state.roots:
                return returned
            return Answer(copied(returned), {p.key: copied(p.get()) for p in self.targets.left.values()})

    def number(self, *values: Any) -> Any:
        """Return the function's result, weighted by the cotangent: the number that is differentiated."""
        result = self.f(values)
        return result if self.cotangent is None else np.sum(self.cotangent * result)

    def nearby(self, rng: np.random.Generator, size: float = 0.1) -> list[Any]:
        """Draw another point: each array that is differentiated moves by about ``size`` of its scale, nothing else."""
        return [nearby(x, rng, size) for x in self.values]

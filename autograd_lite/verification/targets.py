"""What is differentiated: the arguments and attributes that the gradients of a hand are the gradients of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.verification import answers
from autograd_lite.verification.calls import Answer
from autograd_lite.verification.code import Code
from autograd_lite.verification.objects import Key, Place, is_number, match, spells
from autograd_lite.verification.returns import returned_names

_INPUTS = [("dinputs",), ("dinput",), ("dx",), ("dX",), ("grad_input",)]
"""What the gradient of the first argument is called whatever that is called itself."""
Target = int | Key
"""An argument, by its position, or an attribute, by where it is."""


@dataclass(frozen=True, eq=False)
class Targets:
    """What is differentiated, and where the gradients are.

    Attributes
    ----------
    positions, places : the arguments and the attributes that are differentiated
    returned : of which of these, in its order, the hand returns the gradient
    keys : under which keys it does, where it returns a dict that is not as the arguments are
    left : of which it leaves the gradient in an object, and where
    """

    positions: tuple[int, ...]
    places: tuple[Place, ...]
    returned: tuple[int, ...]
    keys: tuple[Any, ...]
    left: Mapping[int, Place]

    def clear(self) -> None:
        """Put zeros where gradients are left: some code adds to what is there."""
        for place in self.left.values():
            held = place.get()
            if isinstance(held, np.ndarray) and held.dtype.kind in "fc":
                place.put(np.zeros_like(held))


def targets(code: Code, gradients: Any, answer: Answer) -> Targets:
    """Find out what is differentiated, from the gradients that a hand returned and from all that it gave.

    Raises
    ------
    TypeError, ValueError
        Where that fits nothing, or several things.
    """
    return _Search(code, gradients, answer).run()


class _Search:
    """Matches what a hand returned and left behind with the arguments and attributes."""

    def __init__(self, code: Code, gradients: Any, answer: Answer) -> None:
        self.code, self.gradients, self.answer = code, gradients, answer
        self.names = code.names
        self.candidates: dict[Target, tuple[Any, ...]] = {i: (name,) for i, name in enumerate(self.names)}
        seen = {id(x) for x in code.args}
        for key, x in code.state.numbers.items():
            if key not in answer.cached and id(x) not in seen:
                self.candidates[key] = key[1]
                seen |= {id(x)} if isinstance(x, np.ndarray) else set()

    def run(self) -> Targets:
        """Return what is differentiated."""
        left, keys = self._left(), ()
        if self.code.attributes:
            left, returned = self._named(left)
        elif self.gradients is None or (left and not self.names):
            returned = []
        else:
            returned, keys = self._returned(bool(left))
        found = list(dict.fromkeys([*returned, *left]))
        positions = [t for t in found if isinstance(t, int)]
        attributes = [t for t in found if not isinstance(t, int)]
        index, place = {t: i for i, t in enumerate([*positions, *attributes])}, self.code.state.place
        return Targets(
            tuple(positions),
            tuple(map(self._place, attributes)),
            tuple(index[t] for t in returned),
            keys,
            {index[t]: place(key, self.answer.texts[key]) for t, key in left.items() if t not in returned},
        )

    def _place(self, target: Key) -> Place:
        """Return where an attribute is, be it one that holds no number."""
        if target in self.code.state.numbers:
            return self.code.state.place(target)
        return Place(target, [(self.code.owner, target[1])])

    def _matched(self, path: tuple[Any, ...]) -> Target | None:
        """Return what a path, by its name, holds the gradient of."""
        i = match(path, list(self.candidates.values()))
        return None if i is None else list(self.candidates)[i]

    def _left(self) -> dict[Target, Key]:
        """Return of what a gradient is left behind, and where, in the order of the former."""
        found: dict[Target, Key] = {}
        left, hand = self.answer.left, self.code.hand_name
        for key, x in left.items():
            target = self._matched(key[1]) if np.asarray(x).dtype.kind in "fc" else None
            if target is None or (isinstance(target, int) and not is_number(self.code.args[target])):
                continue
            if not np.array_equal(left[found.setdefault(target, key)], x, equal_nan=True):
                first, second = (self.answer.texts[k] for k in (found[target], key))
                raise TypeError(
                    f"{hand}() leaves two gradients of one array that differ, in {first} and in {second}; return the "
                    f"one that is meant, and say what it is of: verify({self.code.name}, {hand}, ..., params=...)"
                )
        if self.gradients is None and 0 not in found and self.names:
            found.update((0, key) for key in left if key[1] in _INPUTS)
        return {target: found[target] for target in self.candidates if target in found}

    # --- attributes that are named by the user

    def _named(self, left: dict[Target, Key]) -> tuple[dict[Target, Key], list[Target]]:
        """Return what is left and what is returned where the user named the attributes, and perhaps arguments."""
        wanted: dict[str, Target] = {name: (0, (name,)) for name in self.code.attributes}
        every = [*self.code.chosen, *wanted.values()]
        if self._is_for(every, list(wanted)):
            return {}, every
        left = {t: key for t, key in left.items() if not isinstance(t, int) and t[1][0] in wanted}
        missing = wanted.keys() - {t[1][0] for t in left if not isinstance(t, int)}
        returned = [*self.code.chosen, *(t for name, t in wanted.items() if name in missing)]
        if not returned and self.gradients is not None and self.names:
            returned = self._by_order()
        return left, returned

    def _is_for(self, every: Sequence[Target], attributes: Sequence[str]) -> bool:
        """Whether the hand returns as many gradients as are asked for."""
        gradients = self.gradients
        if isinstance(gradients, dict):
            return all(answers.find(gradients, name) is not None for name in attributes)
        if isinstance(gradients, (tuple, list)):
            return len(gradients) == len(every)
        if gradients is None or len(every) != 1:
            return False
        held = getattr(self.code.owner, attributes[0])
        return isinstance(held, dict) or np.shape(held) == np.shape(gradients)

    # --- what is returned

    def _returned(self, is_left: bool) -> tuple[list[Target], tuple[Any, ...]]:
        """Return of what the gradients are returned, and under which keys if those of a dict are for attributes."""
        code, first = self.code, answers.as_dict(self.code.args[0]) if self.code.args else None
        gradients = answers.as_dict(self.gradients)
        if not isinstance(gradients, dict):
            found = [] if code.chosen else self._by_names()
            if not (found or code.chosen or is_left):
                self._require_arguments()
            return found or self._by_order(), ()
        if code.chosen or (self.names and answers.has_keys_of(gradients, first)):
            return list(code.chosen or (0,)), ()
        unknown = [key for key in gradients if not any(spells(key, name) for name in self.names)]
        if gradients and not unknown:
            spelt = [i for key in gradients for i, name in enumerate(self.names) if spells(key, name)]
            return list(dict.fromkeys(spelt)), ()
        matched = [self._matched(("gradients", key)) for key in gradients] if code.state.numbers else []
        found = [target for target in matched if target is not None]
        if found and len(set(found)) == len(matched):
            return found, tuple(gradients)
        if not self.names:
            return self._by_order(), ()
        keys = f", or the keys {', '.join(map(repr, first))}" if isinstance(first, dict) else ""
        raise ValueError(
            f"{code.hand_name}() returned a dict with the key {next(iter(unknown), None)!r}; expected the parameters "
            f"{', '.join(self.names)}{keys}"
        )

    def _by_order(self) -> list[Target]:
        """Return the arguments that are chosen, or as many of the first ones as there are gradients."""
        answer, args = self.gradients, self.code.args
        if not args:
            raise TypeError("there are no arguments to differentiate; name attributes of the object with params=")
        if self.code.chosen:
            return list(self.code.chosen)
        if isinstance(answer, (tuple, list)) and not answers.is_for(answer, args[0], len(args)):
            if len(answer) > len(args):
                raise ValueError(
                    f"{self.code.hand_name}() returned {len(answer)} gradients, but there are {len(args)} argument(s): "
                    f"{', '.join(self.names)}"
                )
            return list(range(len(answer)))
        count = len(answer) if answers.rank(answer) == 1 else 0
        numbers = 1 < count <= len(args) and all(isinstance(x, (float, int, np.generic)) for x in args[:count])
        return list(range(count)) if numbers else [0]  # an array of derivatives with respect to several numbers

    def _require_arguments(self) -> None:
        """Ask whether attributes are meant, where what a method returns has their shapes, and those of no argument."""
        code = self.code
        parts = self.gradients if isinstance(self.gradients, (tuple, list)) else [self.gradients]
        if code.owner is None or not all(map(is_number, parts)):
            return
        shapes = [np.shape(x) for x in parts]
        keys = [key for key in self.candidates if not isinstance(key, int)]
        attributes = {key[1][0]: np.shape(code.state.numbers[key]) for key in keys}
        fitting = [next((n for n, shape in attributes.items() if shape == wanted), "") for wanted in shapes]
        if any(np.shape(x) in shapes for x in code.args if is_number(x)) or not all(fitting):
            return
        raise TypeError(
            f"{code.hand_name}() returned gradients of the shapes {', '.join(map(str, shapes))}, which are not those "
            f"of its arguments; if they are of attributes, name these: verify({code.name}, {code.hand_name}, "
            f"{', '.join(self.names)}, params={fitting!r})"
        )

    def _by_names(self) -> list[Target]:
        """Return what the hand's own names for what it returns spell, where the number of parts does not say it."""
        args, several = self.code.args, isinstance(self.gradients, (tuple, list)) and len(self.gradients) > 1
        count = len(self.gradients) if several else 1
        called = returned_names(self.code.hand)
        if called is None or len(called) < count:
            return []
        targets = [t for name in called[-count:] if (t := self._matched((name,))) is not None]
        if len(set(targets)) < count or (count > 1 and set(targets) == set(range(count))):
            return []  # of the first arguments the order decides
        held = args[targets[0]] if isinstance(targets[0], int) else self.code.state.numbers[targets[0]]
        fits = several or (is_number(held) and np.shape(held) == np.shape(self.gradients))
        return targets if fits else []

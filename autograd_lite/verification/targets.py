"""What is differentiated: the arguments and attributes that the gradients of a hand are the gradients of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.program.naming import leaf_names
from autograd_lite.verification import answers
from autograd_lite.verification.calls import names_of
from autograd_lite.verification.code import Answer, Code
from autograd_lite.verification.objects import Key, Place, is_number, match, short_names
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
    positions : tuple of int
        The arguments among it.
    places : tuple of Place
        The attributes.
    returned : tuple of int
        Of which of these, the arguments before the attributes, the hand returns the gradient, in its order.
    keys : tuple or None
        Under which keys it does, where it returns a dict that is not as the arguments are.
    left : tuple of (int, Key, Place)
        For which it leaves the gradient in an object, and where.
    """

    positions: tuple[int, ...]
    places: tuple[Place, ...] = ()
    returned: tuple[int, ...] = ()
    keys: tuple[Any, ...] | None = None
    left: tuple[tuple[int, Key, Place], ...] = ()

    def clear(self) -> None:
        """Put zeros where gradients are left: some code adds to what is there."""
        for _, _, place in self.left:
            held = place.get()
            if isinstance(held, np.ndarray) and held.dtype.kind in "fc":
                place.put(np.zeros_like(held))

    def parts(
        self, answer: Any, left: Mapping[Key, Any], roots: Sequence[str], held: Sequence[Any], name: str
    ) -> list[Any]:
        """Return the gradient for each of them, from what the hand called ``name`` returned and left."""
        found: dict[int, Any] = {i: left.get(key) for i, key, _ in self.left}
        if self.returned:
            answer = [answer[key] for key in self.keys] if self.keys else answer
            roots, held = [roots[i] for i in self.returned], [held[i] for i in self.returned]
            found |= dict(zip(self.returned, answers.split(answer, roots, held, name), strict=True))
        return [found[i] for i in sorted(found)]

    def roots(self, code: Code) -> list[str]:
        """Return a name for each."""
        names = names_of(code.f, len(code.args))
        chosen = [names[i] for i in self.positions]
        return [*chosen, *short_names([place.path for place in self.places], chosen)]

    def held(self, args: Sequence[Any]) -> list[Any]:
        """Return what they hold."""
        return [*(args[i] for i in self.positions), *(place.get() for place in self.places)]

    def leaf_names(self, code: Code) -> list[str]:
        """Return a name for each array in them."""
        roots, held = self.roots(code), self.held(code.args)
        count = len(self.positions)
        names = leaf_names(code.f, code.args, self.positions)
        for root, tree in zip(roots[count:], held[count:], strict=True):
            found = answers.tree_names([root], [tree])
            names += [f"{root}_{name}" if name in names else name for name in found]
        return names


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
        self.names = names_of(code.f, len(code.args))
        self.candidates: dict[Target, tuple[Any, ...]] = {i: (name,) for i, name in enumerate(self.names)}
        seen = {id(x) for x in code.args}
        for key, x in code.state.numbers.items():
            if key not in answer.cached and id(x) not in seen:
                self.candidates[key] = key[1]
                seen |= {id(x)} if isinstance(x, np.ndarray) else set()

    def run(self) -> Targets:
        """Return what is differentiated."""
        left, keys = self._left(), None
        if self.code.attributes:
            left, returned = self._named(left)
        else:
            returned, keys = self._returned(bool(left))
        left = {t: key for t, key in left.items() if t not in returned}
        positions = [t for t in [*returned, *left] if isinstance(t, int)]
        attributes = [t for t in [*returned, *left] if not isinstance(t, int)]
        index = {t: i for i, t in enumerate([*positions, *attributes])}
        place, texts = self.code.state.place, self.answer.texts
        return Targets(
            tuple(positions),
            tuple(map(self._place, attributes)),
            tuple(index[t] for t in returned),
            keys,
            tuple((index[t], key, place(*key, texts[key])) for t, key in left.items()),
        )

    def _place(self, target: Key) -> Place:
        if target in self.code.state.numbers:
            return self.code.state.place(*target)
        return Place(target[1], [(self.code.owner, target[1])])

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

    def _named(self, left: dict[Target, Key]) -> tuple[dict[Target, Key], list[Target]]:
        """Return what is left and what is returned where the user named the attributes, and perhaps arguments."""
        code = self.code
        wanted: dict[str, Key] = {name: (0, (name,)) for name in code.attributes}
        chosen = [] if code.argnums is None else list(answers.chosen(code.argnums, len(code.args)))
        if self._is_for([*chosen, *wanted.values()]):
            return {}, [*chosen, *wanted.values()]
        left = {t: key for t, key in left.items() if not isinstance(t, int) and t[1][0] in wanted}
        missing = wanted.keys() - {t[1][0] for t in left if not isinstance(t, int)}
        returned: list[Target] = [*chosen, *(t for name, t in wanted.items() if name in missing)]
        if not returned and self.gradients is not None and code.args:
            returned = [*answers.positions(self.gradients, code.f, code.args, None, code.hand_name)]
        return left, returned

    def _is_for(self, roots: Sequence[Target]) -> bool:
        """Whether the hand returns as many gradients as are asked for."""
        if isinstance(self.gradients, dict):
            return all(answers.find(self.gradients, t[1][0]) is not None for t in roots if not isinstance(t, int))
        if isinstance(self.gradients, (tuple, list)):
            return len(self.gradients) == len(roots)
        if self.gradients is None or len(roots) != 1 or isinstance(roots[0], int):
            return False
        held = self._place(roots[0]).get()
        return isinstance(held, dict) or np.shape(held) == np.shape(self.gradients)

    def _returned(self, is_left: bool) -> tuple[list[Target], tuple[Any, ...] | None]:
        """Return what is returned, and under which keys if it is a dict with gradients of attributes."""
        code, gradients = self.code, self.gradients
        if gradients is None or (not code.args and is_left):
            return [], None
        if isinstance(gradients, dict) and code.state.numbers:
            of_args = (code.args and isinstance(code.args[0], dict)) or all(
                any(answers.spells(key, name) for name in self.names) for key in gradients
            )
            found = [] if of_args else [self._matched(("gradients", key)) for key in gradients]
            if found and None not in found and len(set(found)) == len(found):
                return [t for t in found if t is not None], tuple(gradients)
        by_name = self._by_names() if code.argnums is None else None
        if by_name:
            return by_name, None
        if code.argnums is None and not is_left:
            self._require_arguments()
        return [*answers.positions(gradients, code.f, code.args, code.argnums, code.hand_name)], None

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

    def _by_names(self) -> list[Target] | None:
        """Return what the hand's own names for what it returns spell, where the number of parts does not say it."""
        args, several = self.code.args, isinstance(self.gradients, (tuple, list)) and len(self.gradients) > 1
        count = len(self.gradients) if several else 1
        called = returned_names(self.code.hand)
        if called is None or len(called) < count:
            return None
        targets = [t for name in called[-count:] if (t := self._matched((name,))) is not None]
        if len(set(targets)) < count or (count > 1 and set(targets) == set(range(count))):
            return None  # of the first arguments the order decides
        held = args[targets[0]] if isinstance(targets[0], int) else self.code.state.numbers[targets[0]]
        fits = several or (is_number(held) and np.shape(held) == np.shape(self.gradients))
        return targets if fits else None

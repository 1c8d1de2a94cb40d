"""What the optimisers share: a step over any tree of arrays, and the state that it goes on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, ClassVar, TypeVar

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.ducks import dtype_of, ducks
from autograd_lite.core.shapes import Shape
from autograd_lite.core.tape import current_run
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.trees import Tree
from autograd_lite.core.values import plain
from autograd_lite.optim.checks import check_count, check_not_negative, check_positive
from autograd_lite.optim.leaves import in_dtype_of, places, widened
from autograd_lite.optim.schedules import Constant, Rate, as_schedule, described

T = TypeVar("T")


class Optimizer:
    """What the optimisers share.

    One of your own names its ``slots``, what it remembers of each parameter (zeros at first), and has a method
    `direction`.

    Parameters
    ----------
    learning_rate : float or schedule
        A number, finite and positive; or a function of the number of steps done, such as `CosineDecay`.
    weight_decay : float
        At least 0. ``weight_decay * p`` is added to the gradient of a parameter ``p``, as an L2 penalty of
        ``weight_decay / 2 * sum(p**2)`` would.

    Attributes
    ----------
    steps : int
        How many steps were done.

    Raises
    ------
    ValueError
        For an argument that is out of its range.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    _decoupled: ClassVar[bool] = False
    """Whether weights decay by themselves, not through the gradient."""

    def __init__(self, learning_rate: Rate, *, weight_decay: float = 0.0) -> None:
        self.steps = 0
        self._kept: Tree = None  # in the structure of the parameters, a _Kept in the place of each
        self.learning_rate = learning_rate
        self.weight_decay = check_not_negative("weight_decay", weight_decay)

    @property
    def learning_rate(self) -> float:
        """The step size of the next step. A number or a schedule may be assigned; it is checked as the first was."""
        return check_not_negative("learning_rate", self._schedule(self.steps))

    @learning_rate.setter
    def learning_rate(self, value: Rate) -> None:
        schedule = as_schedule("learning_rate", value)
        check_not_negative("learning_rate", schedule(self.steps))
        self._schedule: Callable[[int], float] = schedule

    def __repr__(self) -> str:
        known = vars(self) | {"learning_rate": described(self._schedule)}
        values = {name: known[name] for name in signature(type(self)).parameters if name in known}
        done = f" after {self.steps} step{'s' * (self.steps > 1)}" if self.steps else ""
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in values.items())}){done}"

    def step(self, params: T, gradients: Tree) -> T:
        """Return the parameters after one step; the ones given are left as they are.

        Parameters
        ----------
        params : tree of arrays
        gradients : tree of the same structure and shapes, as `grad` returns it

        Returns
        -------
        tree of arrays, of the dtypes of the parameters where these are inexact; float16 is stepped in float32

        Raises
        ------
        ValueError
            Where the trees differ in structure or shapes, or from those of the first step; where a schedule gives no
            learning rate.
        TypeError
            Where a leaf is no array of real numbers. After an error nothing has changed.
        """
        leaves, rebuild = trees.flatten(params)
        pairs = list(zip(leaves, _checked_gradients(params, leaves, gradients), strict=True))
        form = _plain(params)
        known = _first_kept(form, len(self.slots)) if self._kept is None else self._kept
        complaint = "this optimiser has stepped {} so far, and now got {}; make one optimiser for each model"
        kept = _beside(known, form, complaint)
        rate = self.learning_rate
        rows = [self._stepped(rate, p, g, k.slots) for (p, g), k in zip(pairs, kept, strict=True)]
        stepped: T = rebuild([row[0] for row in rows])
        for k, row in zip(kept, rows, strict=True):
            k.slots = row[1:]
        self._kept = known
        self.steps += 1
        return stepped

    def _stepped(self, rate: float, p: Any, g: Any, slots: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return one parameter after a step, in its dtype if that is inexact, and its new slots."""
        old, p, g = p, widened(p), widened(g)
        if self.weight_decay and not self._decoupled:
            g = g + self.weight_decay * p
        direction, *remembered = self.direction(self.steps + 1, g, *slots)
        if self.weight_decay and self._decoupled:
            direction = direction + self.weight_decay * p
        return in_dtype_of(old, p - rate * direction), *remembered

    def direction(self, t: int, g: Any, *slots: Any) -> tuple[Any, ...]:
        """Return what to multiply by the learning rate and to subtract from one parameter, and its new slots.

        Parameters
        ----------
        t : int
            The number of the step, from 1.
        g : array
            The gradient of the parameter.
        *slots : arrays of its shape
            What is remembered of it.
        """
        raise NotImplementedError

    @property
    def state(self) -> dict[str, Any]:
        """What the next step goes on from, as a tree to be saved, of dicts, lists, arrays, numbers and strings.

        ``kind`` is the name of the class, ``steps`` how many were done, ``learning_rate`` a number, or a schedule as it
        is printed; ``slots`` has, by name, what is remembered of each parameter, in the structure of the parameters
        (mappings, named tuples and dataclasses as dicts, other sequences as lists), and is empty before the first step.

        An optimiser to which it is assigned goes on to exactly the same parameters, if it was made with the same
        arguments: these are no part of the state, and a schedule is compared with the one that is there (assign another
        one to ``learning_rate`` afterwards). Nothing is shared with what is read or assigned.

        Raises
        ------
        ValueError
            In an assignment: for the state of another kind of optimiser, of another schedule, or of parameters of
            another structure than those that were stepped here; for what is no state. Nothing has changed then.
        """
        return {
            "kind": type(self).__name__,
            "steps": self.steps,
            "learning_rate": described(self._schedule),
            "slots": {name: self._slot(i) for i, name in enumerate(self.slots) if self._kept is not None},
        }

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        kind, expected = type(self).__name__, ["kind", "steps", "learning_rate", "slots"]
        if not isinstance(state, Mapping) or set(state) != set(expected):
            given = sorted(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
            raise ValueError(f"expected the state of an optimiser, a dict with the keys {expected}, got {given}")
        if state["kind"] != kind:
            raise ValueError(f"expected the state of an optimiser of the kind {kind!r}, got {state['kind']!r}")
        steps = check_count("state['steps']", state["steps"], least=0)
        schedule = self._schedule_of(state["learning_rate"])
        kept = self._kept_of(state["slots"], steps)
        self.steps, self._schedule, self._kept = steps, schedule, kept

    def _schedule_of(self, rate: Any) -> Callable[[int], float]:
        """Return the schedule for the learning rate of a state: a new number, or the one that is there."""
        there = described(self._schedule)
        if not isinstance(rate, str) and not isinstance(there, str):
            return Constant(check_positive("state['learning_rate']", rate))
        if rate != there:
            raise ValueError(
                f"expected the state of an optimiser with learning_rate={there}, got one with {rate}; assign the state "
                f"to an optimiser that is made with the same, and another learning_rate afterwards"
            )
        return self._schedule

    def _slot(self, i: int) -> Tree:
        """Return a copy of one slot of each parameter."""
        return trees.map_tree(lambda k: _copied(k.slots[i]), self._kept)

    def _kept_of(self, slots: Any, steps: int) -> Tree:
        """Return what is kept of each parameter after some steps, copied from the slots of a state."""
        names = self.slots if steps else ()
        if not isinstance(slots, Mapping) or set(slots) != set(names):
            given = sorted(map(str, slots)) if isinstance(slots, Mapping) else type(slots).__name__
            raise ValueError(f"expected state['slots'] to be a dict with the keys {list(names)}, got {given}")
        known, columns = self._kept, []
        for name in names:
            slot = trees.map_tree(lambda x: _copied(plain(x)), _plain(slots[name]))
            for place, x in places(f"state['slots'][{name!r}]", slot):
                if x.dtype.kind not in "fiub":
                    raise ValueError(f"expected {place} to be an array of real numbers, got dtype {x.dtype}")
            known = _first_kept(slot, 0) if known is None else known
            _beside(known, slot, f"expected state['slots'][{name!r}] to be {{}}, got {{}}")
            columns.append(trees.flatten_like(known, slot) or [])
        if not names:
            return self._kept if steps else None
        rows = zip(*columns, strict=True)
        return trees.map_tree(lambda k: _Kept(k.shape, next(rows)), known)


class _Kept:
    """What is kept of one parameter: its shape, and its slots."""

    __slots__ = ("shape", "slots")

    def __init__(self, shape: Shape, slots: tuple[Any, ...]) -> None:
        self.shape = shape
        self.slots = slots


def _copied(x: Any) -> Any:
    """Return a copy of an array, in the library that it is of; a number as an array of no axes."""
    return x.copy() if ducks[type(x)] else np.array(x)


def _first_kept(form: Tree, slots: int) -> Tree:
    """Return what is kept before the first step, in the structure of the parameters."""
    return trees.map_tree(lambda p: _Kept(np.shape(p), (np.zeros_like(widened(p)),) * slots), form)


def _beside(known: Tree, given: Tree, complaint: str) -> list[_Kept]:
    """Return what is kept of each leaf of a tree; raise ValueError where the structure or a shape is another."""
    kept = trees.flatten_like(given, known)
    if kept is None:
        raise ValueError(complaint.format(f"a tree {trees.describe(known)}", trees.describe(given)))
    before, now = [k.shape for k in kept], [np.shape(x) for x in trees.flatten(given)[0]]
    if before != now:
        raise ValueError(complaint.format(f"arrays of shapes {before}", now))
    return kept


def _checked_gradients(params: Tree, leaves: list[Any], gradients: Tree) -> list[Any]:
    """Return the gradients in the order of the parameters, once a step can be done with each pair."""
    beside = trees.flatten_like(params, gradients)
    if beside is None:
        raise ValueError(
            f"expected params and gradients to be two trees of one structure, got {trees.describe(params)} and "
            f"{trees.describe(gradients)}"
        )
    for i, (p, g) in enumerate(zip(leaves, beside, strict=True)):
        try:
            _check_pair(p, g)
        except (TypeError, ValueError) as error:
            place = list(places("", params))[i][0]
            raise type(error)(f"at {place}: {error}" if place else str(error)) from None
    return beside


def _check_pair(p: Any, g: Any) -> None:
    """Raise the error for a parameter or gradient that no step can be done with."""
    for name, x in (("parameter", p), ("gradient", g)):
        if type(x) is Tensor and current_run() is None:
            raise TypeError(f"expected a {name} to be an array, got a Tensor; pass its .value (or .grad)")
        dtype = dtype_of(plain(raw(x)))
        if dtype.kind not in "fiub":
            hint = "; take its real and imaginary parts as two parameters" if dtype.kind == "c" else ""
            raise TypeError(f"expected a {name} to be an array of real numbers, got dtype {dtype}{hint}")
    if np.shape(p) != np.shape(g):
        raise ValueError(f"expected a gradient of the parameter's shape {np.shape(p)}, got one of shape {np.shape(g)}")


def _plain(tree: Tree) -> Tree:
    """Return a tree of the same leaves in dicts and lists alone, however deep."""
    top = [tree]
    rest: list[tuple[Any, Any, Tree]] = [(top, 0, tree)]
    while rest:
        home, key, node = rest.pop()
        if trees.is_node(node):
            items = trees.items(node)
            named = isinstance(node, Mapping) or trees.by_attribute(node)
            home[key] = made = {} if named else [None] * len(items)
            rest += [(made, key, child) for key, child in reversed(items)]
        else:
            home[key] = node
    return top[0]

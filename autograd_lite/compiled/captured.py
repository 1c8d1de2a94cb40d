"""What a function captures beside its arguments, watched so that a program made from it is never stale.

The names in the code of the user say what it reads: variables of enclosing functions, globals, attributes, and what
these hold. Numbers and strings are watched by value, small arrays by what they hold, everything else by identity.
"""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from operator import is_
from typing import Any, TypeVar

import numpy as np

from autograd_lite.compiled.reached import VALUES, Place, Reached, reached_by
from autograd_lite.core.lines import describe_place
from autograd_lite.core.protection import MIDDLE, sample
from autograd_lite.core.shapes import Array, Value
from autograd_lite.numerical.streams import state_of

_MOST = 2**26
"""Bytes of an array that is looked through in each call at most, where that cannot be helped."""

R = TypeVar("R")

TRIES = 3
"""How often a function is traced that seems to draw random numbers: it may have been another thread."""

_GLOBAL: dict[str, Any] = {"np.random": np.random.get_state, "random": random.getstate}
"""A method of each generator of which a module shows the methods as functions."""
_GONE = AttributeError, RuntimeError, ValueError
"""What reading raises where a variable was deleted, a container is being resized, or a cell is empty."""
_TEST = """def is_same():
    try:
        return {}
    except gone:
        return False
"""


class Captured:
    """All that some functions and objects read beside the arguments of a call, and whether it is what it was.

    It is false where there is nothing to watch.

    Parameters
    ----------
    *roots : functions, and objects whose attributes they read

    Attributes
    ----------
    arrays : list of (str, ndarray)
        How the code gets to each array, ``self.weights[0]``, and the array. Those of at most `MIDDLE` bytes are watched
        by what they hold. Of larger ones a sample of some hundred elements is: a program has to read them anew in each
        call. What it computed from them when it was made takes `watch_contents`.

    Raises
    ------
    TypeError
        Where they capture what cannot be watched: a Tensor, an iterator, ``globals()``.
    """

    def __init__(self, *roots: Any) -> None:
        reached = reached_by(roots)
        for place, why in reached.refused:
            raise _located(f"a compiled function {why}", place)
        self.arrays = [(place.path, array) for place, array in reached.arrays]
        self._reached = reached
        self._watched = _Watched(reached)
        self._limit = MIDDLE
        self._forms = self._forms_now()

    def __bool__(self) -> bool:
        return bool(self._watched.places or self.arrays)

    def changed(self) -> bool:
        """Return whether something that is captured is not what it was when this was made."""
        return bool(self._forms or not self._watched.is_same()) and self._changed() is not None

    def reaches(self, array: Value) -> bool:
        """Return whether an array, or the one that owns its memory, is among those that are captured."""
        return any(np.may_share_memory(array, known) for _, known in self.arrays)

    def watch_contents(self, constants: Iterable[Any], are_copied: bool = False) -> None:
        """Watch all that large arrays hold, where constants of a program may have been computed from them.

        Parameters
        ----------
        constants : arrays and numbers
            Those that the program keeps. Captured arrays themselves are none of them, as it reads these anew.
        are_copied : bool
            Whether it does not: it has copies of them, on a device.

        Raises
        ------
        TypeError
            Where an array is too large to be looked through in each call.
        """
        if self._limit == _MOST or not any(are_copied or self._is_computed(x) for x in constants):
            return
        use = "copies" if are_copied else "computes a constant, perhaps from"
        for place, array in self._reached.arrays:
            if array.nbytes > _MOST:
                raise _located(
                    f"a compiled function {use} {place.path}, which it captures and which "
                    f"is too large to be looked through in each call; pass {place.path} as an argument",
                    place,
                )
        self._limit = _MOST
        self._forms = self._forms_now()

    def _is_computed(self, x: Any) -> bool:
        return isinstance(x, (np.ndarray, np.generic)) and not self.reaches(x)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Raise TypeError where the block, which calls the function, changes what is captured or draws random numbers.

        A program would do neither at its next call.
        """
        before = self._states()
        try:
            yield
        except Exception as error:  # which may only follow from a change
            self._check_unchanged(error)
            raise
        for (place, state), (_, now) in zip(before, self._states(), strict=True):
            if state != now:
                raise _located(
                    f"{place.path} draws random numbers inside of a compiled function, which would be the same ones in "
                    "each call; pass the generator as an argument: np.random.default_rng(seed), and in the function "
                    "rng.normal(...)",
                    place,
                    DrawnError,
                )
        self._check_unchanged()

    def kept(self, trace: Callable[[], R]) -> R:
        """Return what a call gives that leaves all as it is; call anew where another thread may have drawn numbers."""
        for _ in range(TRIES - 1):
            with suppress(DrawnError), self.unchanged():
                return trace()
        with self.unchanged():
            return trace()

    def _check_unchanged(self, cause: Exception | None = None) -> None:
        changed = self._changed()
        if changed is not None:
            owner, private, _ = changed.path.partition("._")  # what an object keeps for itself is no name to its user
            instead = (
                f"call what changes {owner} outside of it" if private else "return the new value, and keep it outside"
            )
            raise _located(
                f"a compiled function changes {owner}, which it captures: the program would not do so again; {instead}",
                changed,
            ) from cause

    def _changed(self) -> Place | None:
        """Return a place that holds something else now."""
        place = self._watched.changed()
        if place is not None:
            return place
        now = self._forms_now() if self._forms else self._forms
        if now != self._forms:
            return next(p for (p, _), a, b in zip(self._reached.arrays, now, self._forms, strict=True) if a != b)
        return None

    def _forms_now(self) -> list[Any]:
        return [_form(array, self._limit) for _, array in self.arrays]

    def _states(self) -> list[tuple[Place, bytes]]:
        """Return the state of each generator of random numbers that the code may draw from."""
        generators = list(self._reached.generators)
        for path, method in _GLOBAL.items():
            home, generator = sys.modules[path.replace("np", "numpy")], method.__self__
            drawn = [n for n in self._reached.names if getattr(vars(home).get(n), "__self__", None) is generator]
            name = max(drawn, key=lambda n: n != "random", default=None)  # which is the name of the module, too
            line = None if name is None else self._reached.names[name].line
            generators.append((Place(path if name is None else f"{path}.{name}", line), generator))
        return [(place, pickle.dumps(state_of(generator)[1])) for place, generator in generators]


class _Watched:
    """What variables and containers hold.

    Attributes
    ----------
    places : list of Place
    is_same : callable
        Whether all of them hold the very objects that they held: one expression, since it runs at each call.
    """

    def __init__(self, reached: Reached) -> None:
        self.places = [x.place for x in reached.variables] + [place for place, _ in reached.looks]
        self._names: dict[str, Any] = {"is_": is_, "gone": _GONE}
        self._reads: list[str] = []
        for x in reached.variables:
            self._add(x.read, x.holder)
        for _, look in reached.looks:
            self._add("(*{}(),)", look)
        tests = [f"{read} is held_{i}" for i, read in enumerate(self._reads[: len(reached.variables)])]
        tests += [f"all(map(is_, from_{i}(), held_{i}))" for i in range(len(tests), len(self._reads))]
        exec(_TEST.format(" and ".join(tests) or True), self._names)
        self.is_same: Callable[[], bool] = self._names["is_same"]

    def _add(self, read: str, holder: Any) -> None:
        i = len(self._reads)
        self._reads.append(read.replace("{}", f"from_{i}", 1))
        self._names[f"from_{i}"] = holder
        self._names[f"held_{i}"] = eval(self._reads[i], self._names)

    def changed(self) -> Place | None:
        """Return the first place that holds another value; note equal ones, which may be other objects."""
        if self.is_same():
            return None
        for i, (read, place) in enumerate(zip(self._reads, self.places, strict=True)):
            try:
                now = eval(read, self._names)
            except _GONE:
                return place
            if not _is_same(self._names[f"held_{i}"], now):
                return place
            self._names[f"held_{i}"] = now
        return None


def _is_same(old: Any, new: Any) -> bool:
    if old is new:
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, tuple):
        return len(old) == len(new) and all(map(_is_same, old, new))
    return isinstance(old, VALUES) and repr(old) == repr(new)  # 0.0 and -0.0 differ, NaN is itself


def _form(array: Array, limit: int) -> Any:
    """Return what an array looks like, and what it holds: a sample of what one of more bytes does."""
    held = array.tobytes() if array.nbytes <= limit else sample(array)
    return array.shape, array.strides, array.dtype, held


class DrawnError(TypeError):
    """A generator of random numbers that all threads draw from has another state."""


def _located(message: str, place: Place, kind: type[TypeError] = TypeError) -> TypeError:
    error = kind(message)
    if place.line is not None:
        error.add_note(f"at {describe_place(*place.line)}")
    return error

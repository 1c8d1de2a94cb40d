"""What the user's code keeps things in: namespaces, lists, closures, objects, defaults; each can be put back."""

from __future__ import annotations

import builtins
import random
import sys
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from operator import is_
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator, RandomState

from autograd_lite.core.lines import is_users

Result = TypeVar("Result")

_ROOM = __name__.rpartition(".")[0]
_PLAIN = frozenset({float, int, complex, bool, str, bytes, np.float64, np.int64, type(None)})
_RANDOM = (Generator, RandomState, random.Random)
ATTRIBUTES: dict[type, tuple[str, ...]] = {
    CellType: ("cell_contents",),
    FunctionType: ("__defaults__", "__kwdefaults__"),
}
"""In which attributes something holds what it holds, where it is no container."""


class Holders:
    """All that some functions and objects reach of the user's code, looked through once.

    Parameters
    ----------
    *roots : functions and objects of the user's, and tuples of them

    Attributes
    ----------
    containers : list
        Dicts, lists, sets, cells, functions and classes.
    arrays : list of array
    generators : list
        Of random numbers.
    """

    def __init__(self, *roots: Any) -> None:
        self.containers: list[Any] = []
        self.arrays: list[np.ndarray[Any, Any]] = []
        self.generators: list[Any] = []
        self._seen = {id(x): x for x in (vars(builtins), sys.modules)}
        self.reach(*roots)

    def reach(self, *roots: Any) -> None:
        """Add what some objects reach."""
        stack = list(roots)
        while stack:
            x = stack.pop()
            if type(x) in _PLAIN or id(x) in self._seen:
                continue
            self._seen[id(x)] = x
            if isinstance(x, np.ndarray):
                self.arrays.append(x)
            elif isinstance(x, _RANDOM):
                self.generators.append(x)
            elif isinstance(x, (dict, list, set, deque, CellType)) or (
                is_of_user(x) if isinstance(x, type) else isinstance(x, FunctionType) and _has_defaults(x)
            ):
                self.containers.append(x)
            stack += _parts(x)

    def copies(self, start: int = 0) -> list[tuple[Any, Any]]:
        """Return the containers, from one on, each with a copy of what it holds."""
        return [(x, contents(x)) for x in self.containers[start:]]


def afterwards(restore: Callable[[], None], function: Callable[[], Result]) -> Result:
    """Run a function, and then what puts back what it changes, whatever comes in between."""
    try:
        try:
            return function()
        finally:
            restore()
    finally:
        restore()  # once more: Ctrl-C may have come in between


def contents(holder: Any) -> Any:
    """Return a copy of what a container holds; a list of what the attributes are that have a value."""
    if isinstance(holder, (dict, type)):
        return dict(holder if isinstance(holder, dict) else vars(holder))
    try:
        return [getattr(holder, name) for name in ATTRIBUTES[type(holder)]]
    except KeyError:
        return list(holder)
    except ValueError:  # a cell whose variable has no value yet
        return []


def put_back(before: Iterable[tuple[Any, Any]]) -> None:
    """Let containers hold what they held."""
    for holder, held in before:
        if isinstance(holder, dict):
            if len(holder) == len(held) and all(map(is_, holder.values(), held.values())):
                continue
        else:
            now = contents(holder)
            if len(now) == len(held) and all(map(is_, *map(_values, (now, held)))):
                continue
        if isinstance(holder, type):
            _put_back_attributes(holder, now, held)
        elif isinstance(holder, dict):
            for key in holder.keys() - held.keys():
                del holder[key]
            holder.update(held)
        elif isinstance(holder, list):
            holder[:] = held
        elif type(holder) in ATTRIBUTES:
            _put_back(holder, held)
        else:
            holder.clear()
            (holder.update if isinstance(holder, set) else holder.extend)(held)


def _values(held: Any) -> Any:
    return held.values() if isinstance(held, dict) else held


def _put_back(holder: Any, held: list[Any]) -> None:
    for name, x in zip(ATTRIBUTES[type(holder)], held, strict=False):
        setattr(holder, name, x)
    if not held:
        del holder.cell_contents


def _put_back_attributes(owner: type, now: dict[str, Any], held: dict[str, Any]) -> None:
    for name in now.keys() - held.keys():
        delattr(owner, name)
    for name, x in held.items():
        if now.get(name, owner) is not x:
            setattr(owner, name, x)


def _has_defaults(x: FunctionType) -> bool:
    return bool((x.__defaults__ or x.__kwdefaults__) and is_of_user(x))


def _parts(x: Any) -> Iterable[Any]:
    """Return what something refers to, if it is the user's or a container."""
    if isinstance(x, dict):
        return list(x.values())
    if isinstance(x, (list, tuple, set, frozenset, deque)):
        return x
    if isinstance(x, CellType):
        return list(contents(x))
    if isinstance(x, FunctionType):
        inside = (*(x.__closure__ or ()), x.__defaults__, x.__kwdefaults__, x.__dict__ or None)
        return () if not is_of_user(x) else inside if str(x.__module__).startswith(_ROOM) else (*inside, x.__globals__)
    if isinstance(x, (MethodType, staticmethod, classmethod)):
        return x.__func__, getattr(x, "__self__", None)
    if isinstance(x, partial):
        return x.func, x.args, x.keywords
    if isinstance(x, (property, np.vectorize)):
        return (x.fget if isinstance(x, property) else x.pyfunc,)
    if isinstance(x, type):
        return [*vars(x).values(), *x.__bases__] if is_of_user(x) else ()
    if isinstance(x, ModuleType):
        return (vars(x),) if is_of_user(x) else ()
    if not is_of_user(type(x)):
        return ()
    slots = (getattr(x, n, None) for c in type(x).__mro__ for n in _listed(getattr(c, "__slots__", ())))
    return (type(x), getattr(x, "__dict__", None), *slots)


def _listed(slots: Any) -> Iterable[str]:
    names: Iterable[str] = (slots,) if isinstance(slots, str) else slots
    return (name for name in names if name != "__dict__")


def is_of_user(x: Any) -> bool:
    """Whether a function, a class or a module is of the user's code, or wraps it for verification."""
    name = x.__name__ if isinstance(x, ModuleType) else x.__module__ or ""
    if isinstance(x, FunctionType):
        file = x.__code__.co_filename
    else:
        file = getattr(sys.modules.get(name), "__file__", None) or ("" if name == "__main__" else "<frozen builtin>")
    return name.startswith(_ROOM) or (is_users(file) and "site-packages" not in file)


def state_of(generator: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return what sets the state of a generator of random numbers, and its state."""
    if isinstance(generator, random.Random):
        return generator.setstate, generator.getstate()
    if isinstance(generator, RandomState):
        return generator.set_state, generator.get_state(legacy=False)
    bits = generator.bit_generator
    return lambda state: setattr(bits, "state", state), bits.state

"""What the user's code keeps things in: namespaces, lists, closures, objects, defaults; each can be put back."""

from __future__ import annotations

import builtins
import gc
import inspect
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import is_
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, TypeVar

import numpy as np

from autograd_lite.core import lines
from autograd_lite.numerical.streams import KINDS

Result = TypeVar("Result")

_ROOM = __name__.rpartition(".")[0]
_PLAIN = frozenset({float, int, complex, bool, str, bytes, np.float64, np.int64, type(None)})


class Holders:
    """All that some functions and objects reach of the user's code, looked through once.

    Parameters
    ----------
    *roots : functions and objects of the user's, and tuples of them

    Attributes
    ----------
    containers : dicts, lists, sets, cells, functions, classes, and objects with slots
    arrays
    generators : of random numbers
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
            elif isinstance(x, KINDS):
                self.generators.append(x)
            elif isinstance(x, (dict, list, set, deque, CellType)) or _has_attributes(x):
                self.containers.append(x)
            stack += _parts(x)

    def copies(self, start: int = 0) -> list[tuple[Any, Any]]:
        """Return the containers, from one on, each with a copy of what it holds."""
        return [(x, contents(x)) for x in self.containers[start:]]


def afterwards(restore: Callable[[], None], function: Callable[[], Result]) -> Result:
    """Run a function, and then what puts back what it changes, whatever comes in between."""
    is_restored = False
    try:
        try:
            return function()
        finally:
            restore()
            is_restored = True
    finally:
        if not is_restored:  # Ctrl-C has come in between
            restore()


def contents(holder: Any) -> Any:
    """Return a copy of what a container holds, or of what is in the attributes of anything else, by name."""
    if isinstance(holder, (list, set, deque)):
        return list(holder)
    if isinstance(holder, (dict, type)):
        return dict(holder if isinstance(holder, dict) else vars(holder))
    if type(holder) is FunctionType:  # of these there are many
        return {"__defaults__": holder.__defaults__, "__kwdefaults__": holder.__kwdefaults__}
    found = {}
    for name in slots_of(type(holder)):
        try:
            found[name] = getattr(holder, name)
        except (AttributeError, ValueError):  # it has no value yet
            continue
    return found


def slots_of(kind: type) -> Sequence[str]:
    """Return in which attributes what is of a type holds what it holds, besides those of its ``__dict__``."""
    if kind in (CellType, FunctionType):
        return ("cell_contents",) if kind is CellType else ("__defaults__", "__kwdefaults__")
    with_slots = [vars(base) for base in kind.__mro__ if "__slots__" in vars(base)]
    return [name for held in with_slots for name, x in held.items() if inspect.ismemberdescriptor(x)]


def put_back(before: Iterable[tuple[Any, Any]]) -> None:
    """Let containers hold what they held."""
    for holder, held in before:
        now = holder if isinstance(holder, dict) else contents(holder)
        same = len(now) == len(held) and all(map(is_, now, held))
        if same and isinstance(held, dict):  # these were the keys
            same = all(map(is_, now.values(), held.values()))
        if same:
            continue
        if isinstance(holder, dict):
            for key in holder.keys() - held.keys():
                del holder[key]
            holder.update(held)
        elif isinstance(holder, list):
            holder[:] = held
        elif isinstance(holder, (set, deque)):
            holder.clear()
            (holder.update if isinstance(holder, set) else holder.extend)(held)
        else:
            _put_back_attributes(holder, now, held)


def _put_back_attributes(owner: Any, now: dict[str, Any], held: dict[str, Any]) -> None:
    own = type if isinstance(owner, type) else object  # not the way of a class that is frozen
    for name in now.keys() - held.keys():
        own.__delattr__(owner, name)
    for name, x in held.items():
        if now.get(name, now) is not x:
            own.__setattr__(owner, name, x)


def _has_attributes(x: Any) -> bool:
    """Whether it is the user's and holds something in attributes, other than those of a ``__dict__``."""
    if isinstance(x, FunctionType):
        return bool((x.__defaults__ or x.__kwdefaults__) and is_of_user(x))
    return is_of_user(x) if isinstance(x, type) else bool(slots_of(type(x))) and is_of_user(type(x))


def _parts(x: Any) -> Iterable[Any]:
    """Return what something refers to, if it is the user's or a container."""
    if isinstance(x, dict):
        return list(x.values())
    if isinstance(x, (list, tuple, set, frozenset, deque)):
        return x
    if isinstance(x, FunctionType):
        inside = (*(x.__closure__ or ()), x.__defaults__, x.__kwdefaults__, x.__dict__ or None)
        return () if not is_of_user(x) else inside if str(x.__module__).startswith(_ROOM) else (*inside, x.__globals__)
    if isinstance(x, type):
        return [*vars(x).values(), *x.__bases__] if is_of_user(x) else ()
    if isinstance(x, ModuleType):
        return (vars(x),) if is_of_user(x) else ()
    if isinstance(x, np.vectorize):
        return (x.pyfunc,)
    if isinstance(x, (CellType, MethodType, staticmethod, classmethod, partial, property)):
        return gc.get_referents(x)
    return (type(x), getattr(x, "__dict__", None), *contents(x).values()) if is_of_user(type(x)) else ()


def is_of_user(x: Any) -> bool:
    """Whether a function, a class or a module is of the user's code, or wraps it for verification."""
    name = x.__name__ if isinstance(x, ModuleType) else x.__module__ or ""
    return name.startswith(_ROOM) or lines.is_of_user(x)

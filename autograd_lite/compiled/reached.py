"""What code can reach beside the arguments of a call: a walk along the names that it uses.

Code of the user's own is followed, from function to function; that of packages is not entered.
"""

from __future__ import annotations

import dataclasses
import dis
import inspect
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from itertools import chain, repeat
from types import CellType, CodeType, FunctionType, ModuleType, NoneType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.lines import is_of_user
from autograd_lite.core.shapes import Array
from autograd_lite.core.tensor import Tensor
from autograd_lite.numerical.streams import KINDS

VALUES = (int, float, complex, str, bytes, range, slice, NoneType, np.generic)
"""What is known by its value, and cannot be changed."""
_CONTAINERS = (dict, list, tuple, set, frozenset, deque)
_DYNAMIC = {"eval", "exec", "globals"}
_ALL_ATTRIBUTES = {"__dict__", "dir", "getattr", "vars"}
_WRITES = {"STORE_ATTR", "STORE_GLOBAL", "DELETE_ATTR", "DELETE_GLOBAL"}
_INSIDE = ("__wrapped__", "__func__", "__self__", "func", "args", "keywords", "pyfunc", "fget", "rules")
_DESCRIPTORS = (property, classmethod, staticmethod, cached_property)
_END = object()


class Place(NamedTuple):
    """How code gets to a value, ``config.rates[0]``, and the file and the number of the line that names it first."""

    path: str
    line: tuple[str, int] | None = None


class Variable(NamedTuple):
    """A place that holds one value: what is read, and the text that reads it, ``{}.cell_contents``."""

    place: Place
    holder: Any
    read: str


def reached_by(roots: Iterable[Any]) -> Reached:
    """Walk from some functions and objects; again where an attribute was met before the code that names it."""
    names: dict[str, Place] = {}
    while True:
        reached = Reached(names)
        reached.walk(roots)
        if reached.names.keys() == names.keys():
            return reached
        names = reached.names


class Reached:
    """What was met on a walk.

    Parameters
    ----------
    names : dict from str to Place
        Attributes that code names: of objects, classes and modules no other ones are followed.

    Attributes
    ----------
    names : the same with those that were met
    variables : list of Variable
        What holds what was met: globals, variables of enclosing functions, attributes.
    looks : list of (Place, callable)
        What lists the values that a container holds.
    arrays, generators : lists of (Place, array or generator of random numbers)
    refused : list of (Place, str)
        What cannot be watched, and why.
    """

    def __init__(self, names: dict[str, Place]) -> None:
        self.names = dict(names)
        self._looked_at: set[tuple[int, str]] = set()
        self.variables: list[Variable] = []
        self.looks: list[tuple[Place, Callable[[], Iterable[Any]]]] = []
        self.arrays: list[tuple[Place, Array]] = []
        self.generators: list[tuple[Place, Any]] = []
        self.refused: list[tuple[Place, str]] = []
        self._known = names.keys()
        self._all = bool(names.keys() & _ALL_ATTRIBUTES)
        self._seen: dict[int, Any] = {}  # which keeps them alive, so that ids stay their own
        self._pending: list[tuple[Any, Place]] = []

    def walk(self, roots: Iterable[Any]) -> None:
        """Walk from some functions and objects."""
        self._pending += [(x, Place(getattr(x, "__qualname__", type(x).__name__))) for x in roots]
        while self._pending:
            x, place = self._pending.pop()
            if id(x) not in self._seen:
                self._seen[id(x)] = x
                self._pending += self._parts(x, place)

    def _parts(self, x: Any, place: Place) -> Iterator[tuple[Any, Place]]:
        """Yield what something holds, and watch it."""
        if isinstance(x, VALUES):
            return
        if isinstance(x, np.ndarray):
            self.arrays.append((place, x))
        elif isinstance(x, KINDS):
            self.generators.append((place, x))
        elif isinstance(x, Tensor):
            self.refused.append((place, f"captures {place.path}, a Tensor; pass it as an argument"))
        elif isinstance(x, Iterator):
            self.refused.append((place, f"captures {place.path}, an iterator; pass what it gives as an argument"))
        elif isinstance(x, FunctionType):
            yield from self._of_function(x, place)
        elif isinstance(x, _CONTAINERS) or (isinstance(x, Mapping) and not is_of_user(type(x))):
            yield from self._of_container(x, place)
            yield from self._of_object(x, place)  # one of a subclass has attributes
        elif isinstance(x, ModuleType):
            if is_of_user(x):
                yield from self._attributes(vars(x), self._known & vars(x).keys(), place)
        elif isinstance(x, type):
            yield from self._of_class(x, place)
        else:
            yield from self._of_object(x, place)

    def _of_function(self, f: FunctionType, place: Place) -> Iterator[tuple[Any, Place]]:
        code = f.__code__
        cells = [cell for cell in f.__closure__ or () if _is_filled(cell)]
        if not is_of_user(f):
            yield from ((part, place) for part in (*(cell.cell_contents for cell in cells), *_wrapped(f)))
            return
        line = code.co_filename, code.co_firstlineno
        yield from self._named(f.__globals__, dict(self._of_code(code, f)))
        yield from self._attributes(vars(f), self._known & vars(f).keys(), Place(place.path, line))
        names = [name for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=True) if _is_filled(cell)]
        places = [Place(name, line) for name in names]
        self.variables += map(Variable, places, cells, repeat("{}.cell_contents"))
        yield from zip([cell.cell_contents for cell in cells], places, strict=True)
        if f.__defaults__ or f.__kwdefaults__:
            self.looks.append((Place(f"a default of {f.__name__}", line), partial(_defaults, f)))
            positional = reversed(code.co_varnames[: code.co_argcount])
            named = {**dict(zip(positional, reversed(f.__defaults__ or ()), strict=False)), **(f.__kwdefaults__ or {})}
            yield from ((x, Place(name, line)) for name, x in named.items())
        yield from ((part, place) for part in _wrapped(f))

    def _of_code(self, code: CodeType, f: FunctionType) -> Iterator[tuple[str, Place]]:
        """Yield the globals that code names, with their places, and note the attributes that it names."""
        for instruction in dis.get_instructions(code):
            name, number = instruction.argval, instruction.positions and instruction.positions.lineno
            place = Place(str(name), (code.co_filename, number or code.co_firstlineno))
            if isinstance(name, CodeType):
                yield from self._of_code(name, f)
            elif instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                yield name, place
                if name in _DYNAMIC and name not in f.__globals__:
                    self.refused.append((place, f"cannot be followed through {name}(); name what it reads"))
                if name in _ALL_ATTRIBUTES:
                    self.names.setdefault(name, place)
            elif instruction.opname == "IMPORT_NAME":
                self._pending.append((sys.modules.get(name), place))
            elif (
                isinstance(name, str) and name.isidentifier() and instruction.opname not in _WRITES
            ):  # a string too: getattr(x, "name")
                self.names.setdefault(name, place)

    def _of_container(self, x: Any, place: Place) -> Iterator[tuple[Any, Place]]:
        if isinstance(x, Mapping):
            self.looks.append((place, partial(_items, x)))
            yield from ((x[key], Place(f"{place.path}[{key!r}]", place.line)) for key in list(x))
        else:
            if not isinstance(x, (tuple, frozenset)):
                self.looks.append((place, partial(chain, x, (_END,))))
            yield from ((part, Place(f"{place.path}[{i}]", place.line)) for i, part in enumerate(list(x)))

    def _of_class(self, kind: type, place: Place) -> Iterator[tuple[Any, Place]]:
        """Yield what the code of a class holds under names that are used; operators are called without being named."""
        for base in filter(is_of_user, kind.__mro__):
            held = vars(base)
            called = {name for name, x in held.items() if name.startswith("__") and isinstance(x, FunctionType)}
            yield from self._attributes(held, (self._known & held.keys()) | called, Place(base.__name__, place.line))

    def _of_object(self, x: Any, place: Place) -> Iterator[tuple[Any, Place]]:
        kind = type(x)
        held = vars(x) if kind.__dictoffset__ else {}
        if not is_of_user(kind) and (callable(x) or isinstance(x, _DESCRIPTORS)):
            yield from ((part, place) for part in _wrapped(x))
            return
        members = {n: slot for c in kind.__mro__ for n, slot in vars(c).items() if inspect.ismemberdescriptor(slot)}
        names = {name for c in kind.__mro__ if is_of_user(c) for name in vars(c)} & self._known
        names |= held.keys() & self._known
        if not is_of_user(kind):  # its methods, which are not entered, may read and write all that it has
            held_by_package = self._attributes(held, held.keys(), place)
            deque(held_by_package, maxlen=0)
        if self._all or dataclasses.is_dataclass(kind):
            self.looks.append((place, partial(_items, held)))
            names |= held.keys() | members.keys()
        yield from self._attributes(held, names - members.keys(), place)
        slots = members.keys() & (names | self._known)
        look = partial(_slot, x, members)
        yield from self._attributes({name: look(name) for name in slots}, slots, place, look)
        yield kind, place

    def _named(
        self, held: Mapping[str, Any], places: Mapping[str, Place], look: Callable[[str], Any] | None = None
    ) -> Iterator[tuple[Any, Place]]:
        """Yield what is held under some names, and watch it; what is not there yet may come."""
        names = [name for name in places if not _is_package(held.get(name)) and (id(held), name) not in self._looked_at]
        if look is None and isinstance(held, dict):
            self._looked_at.update((id(held), name) for name in names)
        self.variables += [Variable(places[name], look or held.get, f"{{}}({name!r})") for name in names]
        yield from ((held[name], place) for name, place in places.items() if name in held)

    def _attributes(
        self, held: Mapping[str, Any], names: Iterable[str], owner: Place, look: Callable[[str], Any] | None = None
    ) -> Iterator[tuple[Any, Place]]:
        """Do the same for attributes."""
        lines = {name: self.names.get(name, owner).line for name in sorted(names)}
        return self._named(held, {name: Place(f"{owner.path}.{name}", line) for name, line in lines.items()}, look)


def _is_package(x: Any) -> bool:
    """Whether something is a module of a package: its name is not bound again."""
    return isinstance(x, ModuleType) and not is_of_user(x)


def _is_filled(cell: CellType) -> bool:
    """Whether a variable of an enclosing function has a value yet."""
    try:
        return cell.cell_contents is not _END
    except ValueError:
        return False


def _slot(x: Any, slots: Mapping[str, Any], name: str) -> Any:
    """Return what a slot holds, or what stands for nothing."""
    try:
        return slots[name].__get__(x)
    except AttributeError:
        return _END


def _wrapped(x: Any) -> list[Any]:
    """List what a function or a descriptor of a package holds: what it wraps or is bound to, the rules of an op."""
    return [getattr(x, name) for name in _INSIDE if hasattr(x, name)]


def _defaults(f: FunctionType) -> Iterable[Any]:
    return chain(f.__defaults__ or (), (f.__kwdefaults__ or {}).values(), (_END,))


def _items(x: Mapping[Any, Any]) -> Iterable[Any]:
    return chain(x, x.values(), (_END,))

"""The user's code, run so that the arrays that it makes and holds are recordable; afterwards all of it is as it was."""

from __future__ import annotations

import builtins
import math
from collections import deque
from collections.abc import Callable
from functools import cache, wraps
from threading import RLock
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd_lite.core.lines import is_users
from autograd_lite.core.lists import holds_tensor
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor, leaf, raw
from autograd_lite.verification.holders import Holders, afterwards, put_back

_one_at_a_time = RLock()  # what one thread puts in is no other's to find, and to put back


class UsersCode(Holders):
    """The user's code, which runs with what is recordable in what it keeps things in."""

    def keeping(self, function: Callable[..., Any], *, put_in: bool) -> Callable[..., Any]:
        """Return a function that leaves what is held as it was.

        Parameters
        ----------
        function : callable
        put_in : bool
            Whether functions of `autograd_lite.numpy` take the place of NumPy's meanwhile, and constant Tensors that
            of arrays.
        """

        @wraps(function)
        def run(*args: Any) -> Any:
            with _one_at_a_time:
                before, imported = self.copies(), builtins.__import__

                def call() -> Any:
                    if put_in:
                        self._put_in(before, imported)
                    return function(*args)

                def restore() -> None:
                    builtins.__import__ = imported
                    put_back(before)

                return afterwards(restore, call)

        return run

    def _put_in(self, before: list[tuple[Any, Any]], imported: Callable[..., Any]) -> None:
        known: dict[int, tuple[Any, Any]] = {}

        def import_(name: str, namespace: Any = None, *args: Any) -> Any:
            """Import a module for the user's code, or its stand-in."""
            module = imported(name, namespace, *args)
            if not namespace or not is_users(str(namespace.get("__file__", "<string>"))):
                return module
            start = len(self.containers)
            self.reach(module)
            added = self.copies(start)
            before.extend(added)
            for holder, held in added:
                _put_in(holder, held, known)
            return _stand_ins().get(id(module), module)

        vars(builtins)["__import__"] = import_
        for holder, held in before:
            _put_in(holder, held, known)


def recordable(x: Any, known: dict[int, tuple[Any, Any]] | None = None) -> Any:
    """Return what stands for a value: for an array of real or complex numbers, a constant Tensor."""
    if id(x) in _stand_ins():
        return _stand_ins()[id(x)]
    if type(x) is tuple:
        parts = tuple(recordable(part, known) for part in x)
        return x if all(map(lambda new, old: new is old, parts, x)) else parts
    if isinstance(x, np.vectorize):
        return _of_elements(x)
    if type(x) is not np.ndarray or x.dtype.kind not in "fciub":
        return x
    if x.dtype.kind in "iub":  # indices and masks
        return x.view(_Data)
    known = {} if known is None else known
    return known.setdefault(id(x), (leaf(x), x))[0]  # one for all places that hold the array, which is kept alive


def _put_in(holder: Any, held: Any, known: dict[int, tuple[Any, Any]]) -> None:
    if isinstance(holder, (set, deque, type)):
        return
    for key, x in held.items() if isinstance(held, dict) else enumerate(held):
        new = recordable(x, known)
        if new is x:
            continue
        if isinstance(holder, (dict, list)):
            holder[key] = new
        else:
            object.__setattr__(holder, str(key), new)
    if isinstance(holder, dict) and "__builtins__" in holder:  # the globals of a module
        holder.setdefault("float", _Float)


# --- what stands for functions


@cache
def _stand_ins() -> dict[int, Any]:
    """Return what stands for modules, functions and types, by the identity of these."""
    from autograd_lite import numpy as makers

    found: dict[int, Any] = {id(float): _Float}
    vectorize = wraps(np.vectorize, updated=())(lambda *args, **params: _of_elements(np.vectorize(*args, **params)))
    of_numpy = {**vars(makers), "vectorize": vectorize, "ndarray": _Array}
    for module, functions, changed in ((np, of_numpy, _of_lists), (math, dict(vars(math)), _of_numbers)):
        for name, own in vars(module).items():
            if name.startswith("_") or name not in functions:
                continue
            if functions[name] is own:
                functions[name] = changed(own)
            if functions[name] is not own:
                found[id(own)] = functions[name]
        found[id(module)] = stand_in = ModuleType(module.__name__)
        vars(stand_in).update(functions)
    return found


def _of_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a NumPy function that takes lists that hold Tensors, too; those of arrays NumPy asks itself."""
    answer = registry.get(function) if isinstance(function, FunctionType | type(np.sum)) else None
    if answer is None:
        return function

    @wraps(function)
    def call(*args: Any, **params: Any) -> Any:
        return (answer if any(map(holds_tensor, args)) else function)(*args, **params)

    return call


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of `math` as one that is NumPy's for Tensors."""
    ufunc = getattr(np, getattr(function, "__name__", ""), None)
    if not isinstance(ufunc, np.ufunc) or ufunc in (np.ceil, np.floor, np.trunc):  # math's give indices
        return function

    @wraps(function)
    def call(*args: Any) -> Any:
        return (ufunc if len(args) == ufunc.nin and Tensor in map(type, args) else function)(*args)

    return call


def _of_elements(own: np.vectorize) -> Callable[..., Any]:
    """Return a function of each element as one that calls it with those of Tensors, too."""

    @wraps(own.pyfunc)
    def call(*args: Any, **params: Any) -> Any:
        if Tensor not in map(type, args):
            return own(*args, **params)
        shape = np.broadcast_shapes(*map(np.shape, args))
        elements = zip(*(np.reshape(np.broadcast_to(x, shape), -1) for x in args), strict=True)
        return np.reshape(np.stack([own.pyfunc(*each, **params) for each in elements]), shape)

    return call


class _Data(np.ndarray):
    """Integers or booleans, whose method ``dot`` is NumPy's function: that one asks a Tensor."""

    def dot(self, b: Any, out: Any = None) -> Any:
        """Return ``np.dot(self, b)``."""
        return np.dot(self.view(np.ndarray), b, *(() if out is None else (out,)))


class _Type(type):
    """The type of a type that takes Tensors for what their values are."""

    own: Any

    def __call__(cls, *args: Any, **params: Any) -> Any:
        is_number = cls.own is float and len(args) == 1 and type(args[0]) is Tensor and args[0].size == 1
        return np.reshape(args[0], ()) if is_number and args[0].dtype.kind == "f" else cls.own(*args, **params)

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(raw(x), cls.own)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.own)


class _Float(float, metaclass=_Type):
    own, dtype = float, np.dtype(float)  # NumPy takes it for a dtype


class _Array(np.ndarray, metaclass=_Type):
    own = np.ndarray

"""`compile`: a function that is traced once for each kind of arguments, and runs NumPy code that was written for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache, update_wrapper
from threading import RLock
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar, overload

import numpy as np

from autograd_lite.compiled.apart import ApartProgram
from autograd_lite.compiled.backends import check_backend, hosted, traced_by
from autograd_lite.compiled.by_jax import XlaProgram
from autograd_lite.compiled.offered import filled
from autograd_lite.compiled.parts import usual_threads
from autograd_lite.compiled.program import Program
from autograd_lite.compiled.recorded import arguments_of
from autograd_lite.compiled.signature import Key, Signature
from autograd_lite.core.tape import current_observers, observers
from autograd_lite.core.transforms import check_callable, is_named

P = ParamSpec("P")
R = TypeVar("R")

MOST = 64
"""Programs that a function keeps."""


class Latest:
    """The program that ran last, and what it is for: most calls are like the one before.

    Attributes
    ----------
    code : Code
        What it runs for so many rows.
    run : callable
    is_stale : callable
        Whether something that the program was made from has changed.
    count : int
        How many arguments it takes; -1 where they are not all arrays and numbers.
    takes : callable
        Whether so many arguments are of its kind.
    """

    __slots__ = ("code", "count", "is_stale", "run", "takes")

    def __init__(self, program: Program, signature: Signature) -> None:
        self.is_stale = program.captured.changed
        self.code = program.code(signature.arrays)
        self.run = self.code.run
        self.count = len(signature.arrays) if signature.are_all else -1
        self.takes = _matcher(tuple(map(_kind, signature.arrays)))


def _kind(x: Any) -> tuple[Any, ...]:
    return type(x), getattr(x, "dtype", None), getattr(x, "shape", None)


@lru_cache
def _matcher(kinds: tuple[tuple[Any, ...], ...]) -> Callable[..., bool]:
    """Return a test of whether arguments are of these kinds: in one expression, since it runs at each call."""
    names: dict[str, Any] = {}
    tests = ["True"]
    for i, (kind, dtype, shape) in enumerate(kinds):
        names |= {f"kind_{i}": kind, f"dtype_{i}": dtype}
        tests.append(f"type(x_{i}) is kind_{i}")
        if dtype is not None:
            tests.append(f"x_{i}.dtype is dtype_{i}")
        if shape is not None and not issubclass(kind, np.generic):
            tests.append(f"x_{i}.shape == {shape}")
    arguments = ", ".join(f"x_{i}" for i in range(len(kinds)))
    matches: Callable[..., bool] = eval(f"lambda {arguments}: {' and '.join(tests)}", names)
    return matches


class Compiled(Generic[P, R]):
    """What `compile` returns: it is called as the function is."""

    __slots__ = ("__dict__", "__weakref__", "_f", "_has_out", "_latest", "_lock", "_options", "_programs", "_traced")

    def __init__(self, f: Callable[P, R], threads: int | None, backend: str | None = None) -> None:
        self._f = f
        self._options = threads, backend
        self._traced = traced_by(backend)
        self._programs: dict[Key, Program] = {}
        self._has_out = has_parameter(f, "out")
        self._lock = RLock()
        self._latest: Latest | None = None
        self.__name__ = self.__qualname__ = "compiled"  # where the function has no name
        update_wrapper(self, f)

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: Any, out: Any, **kwargs: Any) -> R: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the function: trace it at first, then run what was written for arguments of this kind."""
        if observers and current_observers():  # the debugger looks at every op
            return self._f(*args, **kwargs)
        latest = self._latest
        is_alike = latest is not None and len(args) == latest.count and not kwargs and latest.takes(*args)
        if latest is not None and is_alike and not latest.is_stale():
            return latest.run(*args)
        out = kwargs.pop("out", None) if kwargs and not self._has_out else None
        signature = Signature(args, kwargs, self._traced)
        if signature.of_tensors:  # inside of a transform, or of another compiled function
            return self._f(*args, **kwargs)
        if signature.are_apart and out is not None:
            raise TypeError("out= is for arrays in the memory of this process, and some arguments are arrays of Dask")
        try:
            program = self._programs.get(signature.key)
        except TypeError as error:
            raise TypeError(
                "expected the arguments of a compiled function to be trees (tuples, lists, mappings, dataclasses) of "
                f"arrays, numbers, and what can be a key of a dict; got what is {error}"
            ) from None
        if program is None or program.captured.changed():
            program = self._program(signature, args, kwargs)
        self._latest = latest = Latest(program, signature)
        if out is not None:
            return filled(program, latest.code, signature.arrays, out)
        return latest.run(*program.taken(signature.arrays))

    def _program(self, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Program:
        """Return the program of a kind of arguments, made if there is none yet."""
        with self._lock:
            for varying in {program.sized.varying for program in self._programs.values()} - {()}:
                known = self._programs.get(signature.general(varying) or ())
                if known is not None and not known.captured.changed():
                    arguments = known.sample or arguments_of(*hosted(args, kwargs, self._options[1]))
                    if known.sized.serves(self._f, arguments, signature.rows(varying)):
                        self._keep(signature.key, known)
                        return known
            program = self._new(signature, args, kwargs)
            general = signature.general(program.sized.varying)
            if program.sized.varying and general is not None:
                self._keep(general, program)
            self._keep(signature.key, program)
            return program

    def _new(self, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Program:
        """Trace the function, and return the program."""
        threads, backend = self._options
        if not signature.are_apart:
            kind = Program if backend is None else XlaProgram
            return kind(self._f, arguments_of(*hosted(args, kwargs, backend)), threads or usual_threads())
        if backend is not None:
            raise TypeError(f'arrays of Dask run on NumPy: leave backend="{backend}" out')
        return ApartProgram(self._f, args, kwargs)

    def _keep(self, key: Key, program: Program) -> None:
        while len(self._programs) >= MOST:
            self._programs.pop(next(iter(self._programs)), None)
        self._programs[key] = program

    @property
    def source(self) -> str:
        """The NumPy code that the latest call ran."""
        if self._latest is None:
            raise ValueError(f"{self.__name__}() is compiled when it is called for the first time: call it, then ask")
        return self._latest.code.source

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        return self.__qualname__ if is_named(self) else (Compiled, (self._f, *self._options))

    def __repr__(self) -> str:
        return f"<compiled {self._f!r}>"


def has_parameter(f: Callable[..., Any], name: str) -> bool:
    """Whether a function takes a keyword of this name."""
    try:
        return name in inspect.signature(f).parameters
    except (TypeError, ValueError):  # one that is written in C
        return False


def compile(f: Callable[P, R], *, threads: int | None = None, backend: str | None = None) -> Compiled[P, R]:
    """Return a function that computes what ``f`` does, by NumPy code that is written for it.

    The function is traced at the first call for each kind of arguments: structure of trees, shapes and dtypes of
    arrays, values of everything else. Its values, gradients inside of it too, are computed with as few arrays and as
    few passes over them as can be; where the arrays are large, block by block along their leading axis, the rows.
    One program serves any number of rows.

    Parameters
    ----------
    f : callable
        Takes and returns trees of arrays: a loss, a training step, ``ag.value_and_grad(loss)``, ``ag.hessian(loss)``.
        It runs NumPy functions on its arguments, has no effects, and takes no branches that depend on values.
    threads : int, optional
        How many threads share the blocks. If left out, as many as there are cores, or one where threadpoolctl is not
        installed (``pip install "autograd_lite[threads]"``). The result does not depend on it.
    backend : str, optional
        ``"jax"`` runs the code on XLA, by way of JAX (``pip install "autograd_lite[jax]"``): on a GPU or TPU where JAX
        has one. Arrays of JAX are arguments too, and stay on their device; results are arrays of JAX. The first result
        is held to NumPy's.

    Returns
    -------
    callable
        Takes the arguments of ``f`` and returns what it returns, to rounding. ``.source`` is the code that ran. With
        ``out=``, a tree like the result with arrays, or None, in the place of its arrays, these are filled and
        returned; if ``f`` has a parameter of this name, that is meant. Arguments may be arrays of Dask in chunks of
        rows: what has rows is then a lazy array of Dask too, and everything else is computed, chunk by chunk, by the
        scheduler that Dask has.

    Raises
    ------
    TypeError
        At the call: where control flow or a conversion asks for a value, for arguments that are neither numeric nor
        hashable, and where an op needs all rows of an array of Dask at once. With a backend, where that does not run
        the program.
    RuntimeError
        At the first call, where the backend gives another result than NumPy.
    ValueError
        For ``threads=`` beside ``backend=``, and for a backend that is not known.
    ModuleNotFoundError
        Where JAX is not installed.

    Examples
    --------
    >>> step = compile(lambda w, x: w - 0.1 * np.tanh(w * x))
    >>> step(np.array([1.0, 2.0]), np.array([0.0, 0.0]))
    array([1., 2.])
    """
    check_callable(f, "ag.compile(f)(x)")
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ValueError(f"expected threads to be a positive int, got {threads!r}")
    check_backend(backend, threads)
    return Compiled(f, threads, backend)

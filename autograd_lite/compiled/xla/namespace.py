"""What code for NumPy finds as ``np`` while JAX traces it, and functions that find it, too."""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import jax.numpy as jnp
import numpy as np

from autograd_lite.compiled.xla.arrays import Array, forms, holds_array, unwrapped, wrapped
from autograd_lite.compiled.xla.branches import branching
from autograd_lite.core.op import Op

LARGE = 2**14
"""Elements of a range that is counted on the device: what is shorter is part of the program."""


def _made(function: Callable[..., Any], *args: Any, **params: Any) -> Any:
    """Make an array: of real or complex numbers one that may be assigned to; indices and masks are NumPy's."""
    args = args or (params.pop("shape"),)
    usual = getattr(args[0], "dtype", None) if function.__name__.endswith("_like") else None
    dtype = next((d for d in (*args[1:2], params.get("dtype"), usual) if d is not None), np.float64)
    if np.dtype(dtype).kind not in "fc" and not any(map(holds_array, args)):
        return function(*args, **params)
    made = getattr(jnp, function.__name__.replace("empty", "zeros"))
    shape = {"shape": unwrapped(params["shape"])} if "shape" in params else {}
    return Array(made(unwrapped(args[0]), np.dtype(dtype), **shape))


def _full(shape: Any, fill_value: Any, dtype: Any = None, **_: Any) -> Any:
    filler = fill_value if isinstance(fill_value, Array) else np.asarray(fill_value)
    kind = filler.dtype if dtype is None else dtype
    if np.dtype(kind).kind not in "fc" and not isinstance(fill_value, Array):
        return np.full(shape, fill_value, dtype)
    return Array(jnp.full(unwrapped(shape), unwrapped(fill_value), np.dtype(kind)))


def _full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None, **_: Any) -> Any:
    like = a if isinstance(a, Array) else np.asarray(a)
    return _full(like.shape if shape is None else shape, fill_value, like.dtype if dtype is None else dtype)


def _array(data: Any, dtype: Any = None, **params: Any) -> Any:
    """Return an array of data that may hold traced ones."""
    if not holds_array(data):
        return np.array(data, dtype, **params)
    made = Array(data.value if isinstance(data, Array) else _stacked(data).value)
    return made if dtype is None else made.astype(dtype)


def _asarray(data: Any, dtype: Any = None, *_: Any, **params: Any) -> Any:
    if not isinstance(data, Array):
        return _array(data, dtype) if holds_array(data) else np.asarray(data, dtype, **params)
    return data if dtype is None or np.dtype(dtype) == data.dtype else data.astype(dtype)


def _stacked(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return np.stack([_stacked(x) for x in data])
    return data if isinstance(data, Array) else np.asarray(data)


def _arange(*args: Any, **params: Any) -> Any:
    made = np.arange(*args, **params)
    return made if made.size < LARGE else Array(jnp.arange(*args, **params))


class _Scalar(type):
    """The type of what stands for a type of NumPy's scalars: it is called, and given as a dtype, as that is."""

    own: Any
    dtype: np.dtype[Any]

    def __call__(cls, x: Any = 0) -> Any:
        return x.astype(cls.own) if isinstance(x, Array) else cls.own(x)

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, cls.own)


def _scalar(kind: Any) -> Any:
    return _Scalar(kind.__name__, (), {"own": kind, "dtype": np.dtype(kind)})


class NumPy:
    """NumPy's namespace, but for what makes arrays. Its other functions find their way by NumPy's protocols."""

    def __init__(self) -> None:
        makers: tuple[Any, ...] = (np.zeros, np.ones, np.empty, np.zeros_like, np.ones_like, np.empty_like)
        kinds = {kind for kind in np.sctypeDict.values() if np.dtype(kind).kind in "fciub"}
        self.__dict__.update(
            {made.__name__: partial(_made, made) for made in makers},
            **{kind.__name__: _scalar(kind) for kind in kinds},
            full=_full,
            full_like=_full_like,
            array=_array,
            asarray=_asarray,
            asanyarray=_asarray,
            ascontiguousarray=_asarray,
            arange=_arange,
            ndarray=(np.ndarray, Array),
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


numpy = NumPy()
_OWN = {id(getattr(np, name)): x for name, x in vars(numpy).items() if hasattr(np, name)}
_OWN |= {id(np): numpy}
_LEFT = {*sys.stdlib_module_names, "jax", "jaxlib", "numpy", "scipy"}


class Adapter:
    """Makes of what computes with NumPy's arrays what computes with `Array`s: functions find `numpy` as ``np``.

    Each function that is called from another is adapted, once, with the values that its globals have now.
    """

    def __init__(self) -> None:
        self._made: dict[FunctionType, FunctionType] = {}

    def adapted(self, x: Any) -> Any:
        """Return what takes the place of an object: of a function, a module, an op; other objects as they are."""
        if id(x) in _OWN:
            return _OWN[id(x)]
        if x is math:
            return _Math()
        if isinstance(x, Op):
            return _Row(x, self)
        if isinstance(x, partial):
            return partial(self.adapted(x.func), *x.args, **x.keywords)
        if isinstance(x, ModuleType):
            return _Module(x, self) if _is_own(x.__name__) else x
        if not isinstance(x, FunctionType):
            return x
        return forms[x] if x in forms else self._rebound(x) if _is_own(x.__module__) else x

    def _rebound(self, function: FunctionType) -> FunctionType:
        """Return a function with other globals, and another closure."""
        if function in self._made:
            return self._made[function]
        names = {name for code in _codes(function.__code__) for name in code.co_names} & function.__globals__.keys()
        found: dict[str, Any] = {"__builtins__": builtins, "__name__": function.__module__}
        cells = tuple(CellType() for _ in function.__closure__ or ())
        new = FunctionType(function.__code__, found, function.__name__, function.__defaults__, cells)
        new.__kwdefaults__ = function.__kwdefaults__
        self._made[function] = new
        found |= {name: self.adapted(function.__globals__[name]) for name in names}
        for cell, old in zip(cells, function.__closure__ or (), strict=True):
            cell.cell_contents = self.adapted(old.cell_contents)
        return new


def _is_own(module: str | None) -> bool:
    return (module or "builtins").partition(".")[0] not in _LEFT


def _codes(code: CodeType) -> list[CodeType]:
    """List the code of a function and of those inside of it."""
    return [code, *(inner for part in code.co_consts if isinstance(part, CodeType) for inner in _codes(part))]


class _Module:
    """A module whose functions are adapted where they are asked for."""

    def __init__(self, module: ModuleType, adapter: Adapter) -> None:
        self._module, self._adapter = module, adapter

    def __getattr__(self, name: str) -> Any:
        return self._adapter.adapted(getattr(self._module, name))


class _Row:
    """An op as a function of arrays that are traced, or are not."""

    def __init__(self, op: Op, adapter: Adapter) -> None:
        self._op, self._adapter = op, adapter

    def __call__(self, *args: Any, **params: Any) -> Any:
        return self.forward(*args, **params)

    def __getattr__(self, name: str) -> Any:
        return self._adapter.adapted(getattr(self._op, name))


class _Math:
    """Python's `math`, whose functions of arrays that are traced are NumPy's."""

    def __getattr__(self, name: str) -> Any:
        own = getattr(math, name)
        return own if not callable(own) else lambda *args: getattr(np if holds_array(args) else math, name)(*args)


def module_of(names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what written code finds in its module, for arrays that JAX traces."""
    adapter = Adapter()
    found = {name: adapter.adapted(x) for name, x in names.items()}
    return {name: branching(x, unwrapped, wrapped) if callable(x) else x for name, x in found.items()}

"""Arrays that JAX traces, for code that is written for NumPy: they speak its protocols, and can be assigned to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import jax.scipy
import numpy as np

from autograd_lite.compiled.xla.branches import answer
from autograd_lite.core.numpy_protocol import path_of
from autograd_lite.core.shapes import Shape

forms: dict[Any, Callable[..., Any]] = {}
"""What answers for a function of NumPy instead of JAX's function of that name: it takes and returns `Array`s."""


class Array(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of JAX that NumPy's functions take.

    Parameters
    ----------
    value : jax.Array
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    @property
    def value(self) -> Any:
        """The array of JAX."""
        return self._value

    def assign(self, value: Any) -> None:
        """Hold another value from now on, of the same shape and dtype."""
        self._value = jnp.broadcast_to(value, self.shape).astype(self.dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **params: Any) -> Any:
        if method == "at":
            target, index, *values = inputs
            return _at(ufunc, target, index, values)
        out = params.pop("out", None)
        if method != "__call__":
            results, where = _method(ufunc, method, inputs, params), True
        else:
            where = params.pop("where", True)
            results = _called(ufunc, inputs, params)
        return results if out is None else _put(results, out, where)

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if func in forms:
            return forms[func](*args, **params)
        out = params.pop("out", None)
        made = Fixed if func in _PERHAPS_VIEWS else Array
        result = wrapped(of_jax(func)(*unwrapped(args), **unwrapped(params)), made)
        return result if out is None else _put(result, (out,), True)

    def __getitem__(self, index: Any) -> Array:
        index = _index(index)
        is_copy = any(isinstance(part, (list, np.ndarray, jax.Array)) for part in _parts(index))
        picked = self.value.at[index].get(mode="fill") if is_copy else self.value[index]  # NaN out of range
        if is_copy or (picked.ndim == 0 and not any(part is Ellipsis for part in _parts(index))):
            return Array(picked)
        return View(self, lambda x: x[index], lambda x, new: x.at[index].set(new))

    def __setitem__(self, index: Any, new: Any) -> None:
        self.assign(self.value.at[_index(index)].set(jnp.asarray(unwrapped(new)).astype(self.dtype)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        function = getattr(np, name, None)
        if name in _IN_PLACE or not hasattr(np.ndarray, name) or not callable(function):
            raise AttributeError(f"an array that JAX traces has no {name}")
        return lambda *args, **params: function(self, *args, **params)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return answer(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        return int(self.value.__index__())

    def __float__(self) -> float:
        return float(self.value)

    def __complex__(self) -> complex:
        return complex(self.value)

    def __array__(self, *args: Any, **params: Any) -> NoReturn:
        raise TypeError("a value that XLA is to compute is asked for as an array of NumPy")

    @property
    def shape(self) -> Shape:
        """Shape of the array."""
        return tuple(self.value.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of the array."""
        dtype: np.dtype[Any] = np.dtype(self.value.dtype)
        return dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self.value.size)

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return int(self.value.nbytes)

    @property
    def real(self) -> Array:
        """The real part."""
        return Fixed(jnp.real(self.value))

    @property
    def imag(self) -> Array:
        """The imaginary part."""
        return Fixed(jnp.imag(self.value))

    @property
    def T(self) -> Array:
        """The array with its axes reversed."""
        return View(self, lambda x: x.T, lambda x, new: new.T)

    @property
    def mT(self) -> Array:
        """The matrices transposed."""
        return View(self, lambda x: x.mT, lambda x, new: new.mT)

    def astype(self, dtype: Any, *args: Any, **params: Any) -> Array:
        """Return the array in another dtype."""
        return Array(self.value.astype(np.dtype(dtype)))

    def reshape(self, *shape: Any, **params: Any) -> Array:
        """Return the array in another shape."""
        if type(self) is not Array or params:  # a copy for some layouts
            return Fixed(self.value.reshape(*shape, **params))
        return View(self, lambda x: x.reshape(*shape), lambda x, new: new.reshape(x.shape))

    def copy(self, *args: Any) -> Array:
        """Return the same values as an array of its own."""
        return Array(self.value)

    def fill(self, value: Any) -> None:
        """Hold one number everywhere."""
        self.assign(unwrapped(value))


class View(Array):
    """A part of an array, in another form: it reads from there, and writes there."""

    def __init__(self, source: Array, take: Callable[[Any], Any], put: Callable[[Any, Any], Any]) -> None:
        self._source, self._take, self._put = source, take, put
        super().__init__(None)

    @property
    def value(self) -> Any:
        """The array of JAX."""
        return self._take(self._source.value)

    def assign(self, value: Any) -> None:
        """Write another value into the array that this is a part of."""
        new = jnp.broadcast_to(value, self.shape).astype(self.dtype)
        self._source.assign(self._put(self._source.value, new))


class Fixed(Array):
    """What may be a part of another array, or a copy of it: it is not assigned to."""

    def assign(self, value: Any) -> NoReturn:
        """Raise NotImplementedError."""
        raise NotImplementedError("assignment to what may be a view of another array: assign to that one, by an index")


_PERHAPS_VIEWS = {
    *(np.ravel, np.squeeze, np.expand_dims, np.flip, np.fliplr, np.flipud, np.rot90, np.rollaxis, np.real, np.imag),
    *(np.atleast_1d, np.atleast_2d, np.atleast_3d, np.diagonal, np.broadcast_to, np.broadcast_arrays),
    *(np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit),
}


_IN_PLACE = {"partition", "put", "resize", "sort"}
"""Methods that do what NumPy's functions of these names do to the array itself."""


def unwrapped(tree: Any) -> Any:
    """Return what holds `Array`s with the arrays of JAX in their place."""
    if isinstance(tree, Array):
        return tree.value
    if isinstance(tree, (tuple, list)):
        parts = map(unwrapped, tree)
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return {key: unwrapped(x) for key, x in tree.items()} if type(tree) is dict else tree


def wrapped(tree: Any, made: type[Array] = Array) -> Any:
    """Return what a function of JAX returned, with an `Array` in the place of each array."""
    if isinstance(tree, jax.Array):
        return made(tree)
    if isinstance(tree, tuple):
        parts = [wrapped(x, made) for x in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return [wrapped(x, made) for x in tree] if type(tree) is list else tree


def holds_array(tree: Any) -> bool:
    """Whether something is an `Array`, or nested sequences that hold one."""
    return isinstance(tree, Array) or (isinstance(tree, (tuple, list)) and any(map(holds_array, tree)))


@cache
def of_jax(function: Any) -> Callable[..., Any]:
    """Return what JAX calls a function of NumPy or SciPy."""
    package, *names = path_of(function).split(".")
    found: Any = {"np": jnp, "scipy": jax.scipy}.get(package)
    for name in names:
        found = getattr(found, name, None)
    if found is None:
        raise NotImplementedError(f"JAX has no {path_of(function)}")
    return found  # type: ignore[no-any-return]


def _kind(x: Any) -> Any:
    """Return what NumPy resolves the dtypes of a ufunc by: a dtype, or the type of a number that gives way."""
    if isinstance(x, Array):
        return type(x.dtype.type().item()) if getattr(x.value, "weak_type", False) else x.dtype
    return type(x) if type(x) in (int, float, complex) else np.asarray(x).dtype


def _called(ufunc: np.ufunc, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Call what JAX has for a ufunc, in the dtypes in which NumPy computes."""
    wanted = None if (dtype := params.pop("dtype", None)) is None else np.dtype(dtype)
    kinds = ufunc.resolve_dtypes((*map(_kind, inputs), *[wanted] * ufunc.nout))
    given = [jnp.asarray(unwrapped(x)).astype(kind) for x, kind in zip(inputs, kinds, strict=False)]
    if ufunc in forms:
        return forms[ufunc](*map(Array, given), **params)
    results = of_jax(ufunc)(*given, **unwrapped(params))
    several = results if isinstance(results, tuple) else (results,)
    cast = tuple(Array(x.astype(kind)) for x, kind in zip(several, kinds[ufunc.nin :], strict=True))
    return cast if ufunc.nout > 1 else cast[0]


def _method(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    if (ufunc, method) in forms:
        return forms[ufunc, method](*inputs, **params)
    return wrapped(getattr(of_jax(ufunc), method)(*unwrapped(inputs), **unwrapped(params)))


_CHANGES = {"minimum": "min", "maximum": "max"}


def _at(ufunc: np.ufunc, target: Array, index: Any, values: list[Any]) -> None:
    """Change elements, those that an index names twice two times."""
    places = target.value.at[_index(index)]
    change = getattr(places, _CHANGES.get(ufunc.__name__, ufunc.__name__), None)
    target.assign(places.apply(of_jax(ufunc)) if change is None or not values else change(*unwrapped(values)))


def _put(results: Any, out: tuple[Any, ...], where: Any) -> Any:
    """Assign results to the arrays that were given for them."""
    several = results if isinstance(results, tuple) else (results,)
    for x, target in zip(several, out, strict=True):
        target.assign(x.value if where is True else jnp.where(unwrapped(where), x.value, target.value))
    return out if isinstance(results, tuple) else out[0]


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _index(index: Any) -> Any:
    """Return an index as JAX takes it: lists as arrays."""
    parts = tuple(np.asarray(x) if isinstance(x, list) else x for x in map(_stacked, _parts(index)))
    return parts if isinstance(index, tuple) else parts[0]


def _stacked(part: Any) -> Any:
    """Return a part of an index without `Array`s: a list or tuple as an array."""
    if isinstance(part, (list, tuple)):
        return (
            jnp.stack([jnp.asarray(_stacked(x)) for x in part]) if holds_array(part) else np.asarray(part, _int(part))
        )
    return unwrapped(part)


def _int(part: Any) -> Any:
    return int if not len(part) else None

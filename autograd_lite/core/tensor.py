"""The Tensor: a node of the record, with NumPy's operators, methods and protocols.

A Tensor holds its value, and what made it: an op, the op's inputs and its keyword parameters. Everything else in this
package reads that record. What a Tensor does is looked up in the registry, which the ops fill: this module knows none.
"""

from __future__ import annotations

import operator
import sys
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, final

import numpy as np

from autograd_lite.core import tape
from autograd_lite.core.ducks import is_array, printable
from autograd_lite.core.lines import stores_item
from autograd_lite.core.operators import assigned, augmented, binary, comparison, method, reflected
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tape import (
    NO_PARAMS,
    Operation,
    Params,
    assigning,
    latest_leaf,
    next_serial,
    observers,
    registry,
    running,
)
from autograd_lite.core.values import Released, as_value, read_only

Outcome = TypeVar("Outcome")


def _together(arguments: tuple[Any, ...]) -> Value:
    """Return ``t.reshape(2, 3)`` and ``t.reshape((2, 3))`` as one."""
    return arguments[0] if len(arguments) == 1 else arguments


@final
class Tensor:
    """A value that is differentiated: a leaf made by the user, or a node that an op recorded.

    Parameters
    ----------
    value : array_like of float or complex numbers; integers and booleans become float64
        An array of another library that answers NumPy's protocols, as CuPy's do, is held as it is.
    name : str, optional
        How readings of the record call it.
    copy : bool
        Whether to copy an array (default), so that changing it later does not change the record.

    Attributes
    ----------
    value : ndarray (read-only) or NumPy scalar; a copy of another library's array
    op : Op or None
        What made the value; None for a leaf.
    inputs : tuple
        The op's inputs: Tensors, and constants as they were given.
    params : dict
        The op's keyword parameters.
    name : str or None
    grad : ndarray, NumPy scalar or None
        On leaves, the sum of what `backward` has computed.

    Raises
    ------
    TypeError
        For objects, strings and Tensors, and for a name that is not a string.
    """

    __slots__ = (
        *("_value", "grad", "inputs", "line", "name", "op", "params", "serial"),
        *("__weakref__", "handle", "stores", "versions"),  # of those that were assigned to
    )
    __pandas_priority__ = 10_000  # series * tensor asks the Tensor, which says what to write

    op: Operation | None
    inputs: tuple[Value, ...]
    params: Params
    name: str | None
    grad: Cotangent  # None before the first backward pass
    serial: int
    line: str
    _value: Value
    stores: list[tuple[int, Value]]  # serial and index of each assignment
    versions: list[Tensor]  # what the Tensor stood for until each of them
    handle: weakref.ref[Tensor]  # of a version: the Tensor that the user has

    def __init__(self, value: Value, name: str | None = None, *, copy: bool = True) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(
                f"expected a string for the name of a Tensor, got {name!r}; it has the dtype of its value: "
                "ag.Tensor(np.array(value, dtype))"
            )
        if type(value) is Tensor:
            raise TypeError("expected an array or a number, got a Tensor; use its .value to make a new leaf of it")
        self._value = as_value(value, copy)
        self.op = None
        self.inputs = ()
        self.params = NO_PARAMS
        self.name = name
        self.grad = None
        self.serial = latest_leaf[0] = next_serial()

    @property
    def value(self) -> Value:
        """A read-only view of the array, or a NumPy scalar."""
        self._taken("value")
        return read_only(self._read())

    @value.setter
    def value(self, new: Value) -> None:
        name = self.name or "t"
        raise AttributeError(
            f"the value of a Tensor cannot be replaced, since a record may still need it; "
            f"make a new one: {name} = ag.Tensor({name}.value - step)"
        )

    def _read(self) -> Value:
        """Return the value for what leaves the record; raise RuntimeError for a view that an assignment left behind."""
        if assigning:
            registry[Tensor._read](self)
        return registry[Released](self) if type(self._value) is Released else self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return np.shape(self._value)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return np.ndim(self._value)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.size(self._value))

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of the value."""
        dtype: np.dtype[Any] | None = getattr(self._value, "dtype", None)  # of what was let go, too
        return np.asarray(self._value).dtype if dtype is None else dtype

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d Tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return self._observed(bool(self._read()))

    def _taken(self, conversion: str) -> None:
        """Let the observers see that the value is to leave the record."""
        for observer in tape.current_observers():
            observer.taken(self, conversion)

    def _observed(self, outcome: Outcome) -> Outcome:
        """Return what control flow asked for, and let the observers see it."""
        for observer in tape.current_observers():
            observer.decided(self, outcome)
        return outcome

    def __float__(self) -> float:
        return float(self._converted("float"))

    def __int__(self) -> int:
        return int(self._converted("int"))

    def __index__(self) -> int:
        if self.ndim or self.dtype.kind not in "biu":
            registry[Tensor.__index__](self)
        return self._observed(operator.index(self._read()))

    def __complex__(self) -> complex:
        return complex(self._converted("complex"))

    def __round__(self, ndigits: int | None = None) -> Value:
        return registry[np.round](self, ndigits or 0)

    def __trunc__(self) -> int:
        return int(self._converted("math.trunc"))

    def item(self) -> Value:
        """Return the one element as a Python number, outside of transforms."""
        return self._converted("item").item()

    def as_integer_ratio(self) -> tuple[int, int]:
        """Return the one element as a fraction, outside of transforms: what `statistics` and `fractions` call."""
        ratio: tuple[int, int] = self._converted("as_integer_ratio").as_integer_ratio()
        return ratio

    def tolist(self) -> Value:
        """Return the value as nested lists of Python numbers, outside of transforms."""
        return self._converted("tolist").tolist()

    def _converted(self, conversion: str) -> Value:
        """Return the value for a conversion that leaves the record."""
        self._taken(conversion)
        if self.dtype.kind in "fc":
            stored = tape.current_run() is None and stores_item(sys._getframe(2))  # array[i] = t asks for a number
            if stored or self._differentiated():
                registry[Tensor._converted](self, conversion)
        return self._observed(self._read())

    def _differentiated(self) -> bool:
        """Whether this depends on what a transform differentiates with respect to, in any thread."""
        return bool(running) and bool(registry[Tensor._differentiated](self))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Value:
        self._taken("asarray")
        constant = tape.current_run() is not None and not self._differentiated()
        if constant or self.dtype.kind in "biu":  # a mask or an index of a traced program: it has no gradient to lose
            return self._observed(np.array(self._read(), dtype))
        return registry[Tensor.__array__](self)

    def __setitem__(self, index: Any, value: Value) -> None:
        registry[operator.setitem](self, index, value)

    def __contains__(self, x: Value) -> bool:
        return bool(np.any(self == x))

    def __reduce__(self) -> Value:
        if self.op is not None or self._differentiated():
            raise TypeError(
                "a Tensor can be copied and pickled only as a leaf and outside of transforms, since the copy would not "
                "be in the record; copy its value: ag.Tensor(t.value)"
            )
        return _copied, (self._value, self.name, self.grad)

    def __format__(self, spec: str) -> str:
        if spec and self.ndim:
            raise TypeError(f"a Tensor of shape {self.shape} has no format '{spec}'; np.array2string formats arrays")
        return format(self._value, spec) if spec else repr(self)

    if not TYPE_CHECKING:  # where it would make every name one of a Tensor

        def __getattr__(self, name: str) -> NoReturn:
            if name not in Tensor.__slots__:  # those of what was not assigned to are asked for often
                registry["missing"](self, name)
            raise AttributeError(name)

    def __repr__(self) -> str:
        text = np.array2string(np.asarray(printable(self._value)), separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        name = f", name={self.name!r}" if self.name else ""
        op = f", op={self.op.name}" if self.op else ""
        return f"Tensor({text}{dtype}{name}{op})"

    def _repr_html_(self) -> str:
        return registry[Tensor._repr_html_](self)  # type: ignore[no-any-return]

    # What the registry answers for: NumPy's protocols, operators, methods

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Value:
        answer = registry.get(ufunc) if method == "__call__" and not kwargs else None
        return answer(*inputs) if answer else registry[Tensor.__array_ufunc__](ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Value:
        answer = registry.get(func) or registry[Tensor.__array_function__](func)
        return answer(*args, **kwargs)

    def backward(self, cotangent: Cotangent | None = None) -> None:
        """Add the gradient of this Tensor to the ``grad`` of every leaf that it was made from.

        Parameters
        ----------
        cotangent : array_like of the shape of this Tensor, optional
            The derivative of the final result with respect to this Tensor; 1 if left out, for a Tensor of size 1.

        Raises
        ------
        ValueError
            Where the cotangent is missing or of another shape.

        Notes
        -----
        Called twice, it adds twice. Time and memory are O(nodes); the depth of the graph is not limited.
        """
        self._taken("backward")
        registry[Tensor.backward](self, cotangent)

    def __getitem__(self, index: Any) -> Tensor:
        return registry[operator.getitem](self, index)  # type: ignore[no-any-return]

    @property
    def at(self) -> Value:
        """The places that ``t.at[index]`` names, to be replaced in a new Tensor by ``t.at[index].set(values)``."""
        return registry[Tensor.at](self)

    __add__, __radd__ = binary(np.add, operator.add)
    __sub__, __rsub__ = binary(np.subtract, operator.sub)
    __mul__, __rmul__ = binary(np.multiply, operator.mul)
    __truediv__, __rtruediv__ = binary(np.divide, operator.truediv)
    __mod__, __rmod__ = binary(np.remainder, operator.mod)
    __pow__, __rpow__ = binary(np.power, operator.pow)
    __matmul__, __rmatmul__ = binary(np.matmul, operator.matmul)
    __floordiv__, __rfloordiv__ = method(np.floor_divide), reflected(np.floor_divide)
    __divmod__, __rdivmod__ = method(np.divmod), reflected(np.divmod)
    __and__, __rand__ = method(np.bitwise_and), reflected(np.bitwise_and)
    __or__, __ror__ = method(np.bitwise_or), reflected(np.bitwise_or)
    __xor__, __rxor__ = method(np.bitwise_xor), reflected(np.bitwise_xor)
    __neg__, __pos__, __abs__ = method(np.negative), method(np.positive), method(np.absolute)
    __invert__ = method(np.invert)

    __iadd__, __isub__, __imul__ = augmented(np.add), augmented(np.subtract), augmented(np.multiply)
    __itruediv__, __imod__, __ipow__ = augmented(np.divide), augmented(np.remainder), augmented(np.power)
    __ifloordiv__, __imatmul__ = augmented(np.floor_divide), augmented(np.matmul)

    __eq__ = comparison(np.equal, operator.eq)
    __ne__ = comparison(np.not_equal, operator.ne)
    __lt__ = comparison(np.less, operator.lt)
    __le__ = comparison(np.less_equal, operator.le)
    __gt__ = comparison(np.greater, operator.gt)
    __ge__ = comparison(np.greater_equal, operator.ge)
    __hash__ = object.__hash__

    all, any = method(np.all), method(np.any)
    argmax, argmin, nonzero = method(np.argmax), method(np.argmin), method(np.nonzero)
    argsort, argpartition, searchsorted = method(np.argsort), method(np.argpartition), method(np.searchsorted)
    astype, conj, conjugate = method(np.astype), method(np.conj), method(np.conjugate)
    cumsum, cumprod, sum, prod = method(np.cumsum), method(np.cumprod), method(np.sum), method(np.prod)
    max, min, mean, std, var = method(np.max), method(np.min), method(np.mean), method(np.std), method(np.var)
    clip, round, dot, trace = method(np.clip), method(np.round), method(np.dot), method(np.trace)
    diagonal, ravel, repeat = method(np.diagonal), method(np.ravel), method(np.repeat)
    squeeze, swapaxes, take, copy = method(np.squeeze), method(np.swapaxes), method(np.take), method(np.copy)

    def reshape(self, *shape: Any, order: str = "C") -> Tensor:
        """Return the Tensor in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
        return registry[np.reshape](self, _together(shape), order)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Tensor:
        """Return the Tensor with its axes in another order, the reverse one if none is given."""
        return registry[np.transpose](self, _together(axes) if axes else None)  # type: ignore[no-any-return]

    def flatten(self, order: str = "C") -> Tensor:
        """Return a copy of the elements in one axis."""
        return registry[np.copy](self.reshape(-1, order=order))  # type: ignore[no-any-return]

    def compress(self, condition: Any, axis: int | None = None) -> Tensor:
        """Return the elements along ``axis`` where the condition is true."""
        return registry[np.compress](condition, self, axis)  # type: ignore[no-any-return]

    T = property(lambda self: self.transpose(), doc="The Tensor with its axes reversed.")
    mT = property(lambda self: registry[np.matrix_transpose](self), doc="The Tensor with its last two axes swapped.")
    real = property(lambda self: registry[np.real](self), doc="The real part.")
    imag = property(lambda self: registry[np.imag](self), doc="The imaginary part.")

    put, sort, partition = method(np.put), assigned(np.sort), assigned(np.partition)

    def fill(self, value: Value) -> None:
        """Assign a number to every element."""
        if np.ndim(value):
            raise ValueError(f"t.fill() takes a number, got an array of shape {np.shape(value)}; write t[...] = value")
        self[...] = value

    def resize(self, *shape: Any, **params: Any) -> NoReturn:
        """Refuse to change the shape in place."""
        raise TypeError("t.resize() would change the shape of what a record holds; use t = np.resize(t, shape)")

    @property
    def flat(self) -> Value:
        """The elements in one row, for ``t.flat[i]``, ``for x in t.flat`` and ``t.flat[i] = value``."""
        return registry[Tensor.flat](self)

    @flat.setter
    def flat(self, values: Value) -> None:
        registry[Tensor.flat](self)[:] = values


def _copied(value: Value, name: str | None, grad: Any) -> Tensor:
    """Make the copy of a leaf, which shares nothing with it: what `copy` and `pickle` call."""
    leaf = Tensor(value, name)
    leaf.grad = grad.copy() if is_array(grad) else grad
    return leaf


_new = Tensor.__new__


def record(op: Operation | None, value: Value, inputs: tuple[Value, ...], params: Params) -> Tensor:
    """Make the node of a value that an op has computed. This is the hot path."""
    node = _new(Tensor)
    node._value = value
    node.op = op
    node.inputs = inputs
    node.params = params
    node.name = node.grad = None
    node.serial = next_serial()
    if observers and op is not None:
        for observer in tape.current_observers():
            observer.recorded(node)
    return node


registry[Tensor] = record


def leaf(value: Value, cast: bool = True) -> Tensor:
    """Make the leaf of a value without a copy; of integers and booleans as they are, if they are not to be cast."""
    node = record(None, as_value(value, False) if cast else value, (), NO_PARAMS)
    latest_leaf[0] = node.serial
    return node


def raw(x: Value) -> Value:
    """Return the value of a Tensor, and anything else as it is."""
    return x._value if type(x) is Tensor else x


def summary(x: Value) -> str:
    """Describe an op's input for an error message."""
    name = getattr(x, "name", None)
    return f"{name + ': ' if name else ''}{type(x).__name__} of shape {np.shape(raw(x))}"

"""Transforms: functions made from functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import update_wrapper
from operator import attrgetter, index
from types import MethodType
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, overload

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.backward import seed
from autograd_lite.core.jacobians import by_columns, by_rows
from autograd_lite.core.linearize import Argnums, Call, Linear, as_array
from autograd_lite.core.numpy_protocol import on_values
from autograd_lite.core.op import Op
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.values import read_only

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Primals = TypeVarTuple("Primals")


class Transformed:
    """A function made from another one, which looks as that one does, binds to objects as a method, and is pickled.

    Parameters
    ----------
    f : callable
    argnums : int or tuple of int
    has_aux : bool
    """

    __slots__ = ("__dict__", "__weakref__", "_argnums", "_f", "_has_aux")

    def __init__(self, f: Callable[..., Any], argnums: Argnums, has_aux: bool = False) -> None:
        self._f = f
        self._argnums = argnums
        self._has_aux = has_aux
        self.__name__ = self.__qualname__ = type(self).__name__.lower()  # where the function has no name
        update_wrapper(self, f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute what the transform is of."""
        raise NotImplementedError

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        """Pickle by reference what decorates a function of a module, and by its parts what is made anywhere."""
        return self.__qualname__ if is_named(self) else (type(self), (self._f, self._argnums, self._has_aux))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._f!r}>"


def is_named(x: Any) -> bool:
    """Whether an object is what its module has under its name: then it is pickled by reference, as functions are."""
    try:
        return attrgetter(x.__qualname__)(sys.modules[x.__module__]) is x
    except (AttributeError, KeyError):  # a function inside a function, or of a module that is not imported
        return False


def grad(f: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """Return the function that computes the gradient of ``f``.

    Parameters
    ----------
    f : callable
        Takes trees (tuples, lists, mappings, dataclasses) of arrays and returns one real number, or an array of size 1.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to.
    has_aux : bool
        Whether ``f`` returns a pair: the number, and a tree of anything else, which is not differentiated.

    Returns
    -------
    callable
        Takes the arguments of ``f``. Returns the gradient: a tree of arrays, of the shapes and dtypes of the argument
        (integers count as float64); a tuple of such trees where ``argnums`` is a sequence. With ``has_aux``, the pair
        of the gradient and that tree, with arrays in the place of Tensors.

    Raises
    ------
    ValueError
        Where the result of ``f`` is not of size 1, or complex.
    TypeError
        Where an argument is not numeric, ``argnums`` names none, or the result is of integers or booleans.

    Notes
    -----
    A field of a dataclass is passed on as it is where it holds no numbers (a string, None, a function), is declared as
    an integer or boolean, or has ``metadata={"static": True}``. The function can be pickled where ``f`` can.

    Examples
    --------
    >>> float(grad(grad(lambda x: x**3))(2.0))
    12.0
    """
    check_callable(f, "ag.grad(f)(x)")
    return Gradient(f, check_argnums(argnums, "ag.grad(f)(x)"), has_aux)


class Gradient(Transformed):
    """What `grad` returns."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the gradient."""
        call = Call(self._f, args, kwargs, self._argnums, self._has_aux)
        gradient = call.arrange(call.pull(call.seed_outputs([seed(call.scalar())]))[0])
        return (gradient, call.aux_value()) if self._has_aux else gradient


def value_and_grad(f: Callable[P, R], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, tuple[R, Any]]:
    """Return the function that computes ``f`` and its gradient at once.

    Parameters
    ----------
    f : callable
        Takes trees of arrays and returns one real number, or an array of size 1.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to.
    has_aux : bool
        Whether ``f`` returns a pair: the number, and a tree of anything else, which is not differentiated.

    Returns
    -------
    callable
        Takes the arguments of ``f``. Returns the pair (value, gradient), the gradient as that of `grad`. With
        ``has_aux`` the value is the pair that ``f`` returned, with arrays in the place of Tensors.

    Raises
    ------
    ValueError, TypeError
        As `grad` does.

    Examples
    --------
    >>> value, gradient = value_and_grad(lambda x: x**3)(2.0)
    >>> float(value), float(gradient)
    (8.0, 12.0)
    """
    check_callable(f, "ag.value_and_grad(f)(x)")
    return ValueAndGradient(f, check_argnums(argnums, "ag.value_and_grad(f)(x)"), has_aux)


class ValueAndGradient(Transformed):
    """What `value_and_grad` returns."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the value and the gradient."""
        call = Call(self._f, args, kwargs, self._argnums, self._has_aux)
        result = call.scalar()
        gradients, recorded = call.pull(call.seed_outputs([seed(result)]))
        value = result if recorded or call.is_outside(result) else as_array(result)
        return (value, call.aux_value()) if self._has_aux else value, call.arrange(gradients)


def vjp(f: Callable[[*Primals], R], *primals: *Primals) -> tuple[R, Callable[[Any], tuple[Any, ...]]]:
    """Compute ``f(*primals)``, and the function that pulls cotangents of it back: the vector-Jacobian product.

    Parameters
    ----------
    f : callable
        Takes and returns trees of arrays.
    *primals : trees of arrays

    Returns
    -------
    value : what ``f`` returns
    pullback : callable
        Takes a cotangent, a tree of the structure and shapes of the value; returns a tuple with the cotangent of each
        primal. It may be called any number of times; ``f`` is not run again.

    Raises
    ------
    ValueError
        Where a cotangent has another structure or shape than the value.
    """
    check_callable(f, "ag.vjp(f, x)")
    call = Call(f, primals, {}, range(len(primals)), copies=True)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        cotangents: tuple[Any, ...] = call.arrange(call.pull(call.seeds(cotangent))[0])
        return cotangents

    return call.value(), pullback


def jvp(
    f: Callable[[*Primals], R], primals: tuple[*Primals] | list[Any], tangents: tuple[*Primals] | list[Any]
) -> tuple[R, R]:
    """Compute ``f(*primals)`` and its derivative along ``tangents``: the Jacobian-vector product.

    No rule is written for it: the backward pass is linear in its cotangent u, and the Jacobian-vector product is the
    backward pass of that linear function (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

    Parameters
    ----------
    f : callable
        Takes and returns trees of arrays.
    primals, tangents : tuples or lists of trees of the same structure and shapes

    Returns
    -------
    value, tangent : trees of the structure of the value of ``f``

    Raises
    ------
    ValueError
        Where the tangents do not match the primals.
    TypeError
        Where primals and tangents are no tuples or lists, or the primals are not numeric.
    """
    check_callable(f, "ag.jvp(f, (x,), (v,))")
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("ag.jvp takes the primals and the tangents as tuples: ag.jvp(f, (x,), (dx,))")
    call = Call(f, tuple(primals), {}, range(len(primals)))
    linear = Linear(call)
    return call.value(), linear.push(call.tangents(tuple(tangents)))


def jacobian(f: Callable[P, Any], argnums: Argnums = 0) -> Callable[P, Any]:
    """Return the function that computes the Jacobian of ``f``.

    ``f`` is recorded once. Then comes one backward sweep for each element of its value, or one for each element of its
    arguments where these are fewer.

    Parameters
    ----------
    f : callable
        Takes and returns trees of arrays.
    argnums : int or sequence of int

    Returns
    -------
    callable
        Takes the arguments of ``f``. Each leaf of the value becomes the tree of the arguments that are differentiated;
        each leaf of that has the shape (shape of the value) + (shape of the argument).

    Raises
    ------
    TypeError
        Where an argument is not numeric, ``argnums`` names none, or the result is no number or array of real or complex
        numbers.

    Examples
    --------
    >>> jacobian(lambda x: x[:1] * x)(np.array([2.0, 3.0]))
    array([[4., 0.],
           [3., 2.]])
    """
    check_callable(f, "ag.jacobian(f)(x)")
    return Jacobian(f, check_argnums(argnums, "ag.jacobian(f)(x)"))


class Jacobian(Transformed):
    """What `jacobian` returns."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the Jacobian."""
        call = Call(self._f, args, kwargs, self._argnums)
        inputs = sum(leaf.size for leaf in call.leaves)
        outputs = sum(int(np.size(raw(y))) for y in call.outputs)
        from_complex = any(np.iscomplexobj(x._value) for x in call.leaves)
        to_real = not all(np.iscomplexobj(raw(y)) for y in call.outputs)
        # one column knows the derivative of a real output by the real part of its input alone
        return by_columns(call) if inputs < outputs and not (from_complex and to_real) else by_rows(call)


def hessian(f: Callable[P, Any], argnums: Argnums = 0) -> Callable[P, Any]:
    """Return the function that computes the Hessian of a function with a result of size 1.

    ``f`` is recorded once, and so is its gradient; then comes one sweep for each element of the arguments.

    Parameters
    ----------
    f : callable
        Takes trees of arrays and returns one real number, or an array of size 1.
    argnums : int or sequence of int

    Returns
    -------
    callable
        Takes the arguments of ``f``; returns blocks of shape (shape of one argument) + (shape of another), in nested
        tuples where ``argnums`` is a sequence.

    Raises
    ------
    ValueError, TypeError
        As `grad` does.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    """
    check_callable(f, "ag.hessian(f)(x)")
    check_argnums(argnums, "ag.hessian(f)(x)")
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[[T], Any], primal: T, tangent: T) -> T:
    """Return the product of the Hessian of ``f`` at ``primal`` with ``tangent``; the Hessian itself is never made.

    Parameters
    ----------
    f : callable
        Takes one tree of arrays; its result has size 1.
    primal, tangent : trees of the same structure and shapes

    Returns
    -------
    tree of the structure of ``primal``

    Raises
    ------
    ValueError
        Where the result of ``f`` is not of size 1, or complex, or the tangent does not match the primal.
    TypeError
        Where the primal is not numeric.
    """
    check_callable(f, "ag.hvp(f, x, v)")
    call = Call(grad(f), (primal,), {}, 0)
    tangents = call.tangents(tangent)
    product: T = call.arrange(call.pull(call.seed_outputs(tangents))[0])  # the Hessian is its own transpose
    return product


def check_callable(f: Any, call: str) -> None:
    """Raise TypeError for anything that cannot be called; a call is written as in ``ag.grad(f)(x)``."""
    if not callable(f):
        name = call.partition("(")[0]
        raise TypeError(f"{name} takes a function, got {type(f).__name__}; write {call}, not {name}(f(x))")


def check_argnums(argnums: Any, call: str) -> Argnums:
    """Return the positions of arguments as an int or a tuple of ints; raise TypeError for anything else."""
    try:
        return index(argnums) if hasattr(argnums, "__index__") else tuple(index(number) for number in argnums)
    except TypeError:
        raise TypeError(
            f"expected argnums to be an int or a sequence of ints, got {argnums!r}; "
            f"a transform returns a function, and the arguments follow: {call}"
        ) from None


@overload
def stop_gradient(x: Tensor) -> Any: ...
@overload
def stop_gradient(x: T) -> T: ...
def stop_gradient(x: Any) -> Any:
    """Return a tree with its Tensors replaced by their values, read-only: constants from here on, for every order.

    A program that is traced computes them anew at other inputs.

    Parameters
    ----------
    x : tree
        Of arrays, Tensors and anything else.

    Returns
    -------
    tree of the same structure, shapes and dtypes

    Examples
    --------
    >>> float(grad(lambda x: x * stop_gradient(x))(3.0))
    3.0
    """
    return trees.map_tree(lambda leaf: _stopped(leaf) if type(leaf) is Tensor else leaf, x)


_stopped = on_values(read_only, Op(lambda x, /: x, (None,), name="stop_gradient", template="{}"))

"""NumPy's protocols: what happens when a NumPy function meets a Tensor."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn, cast

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.conversions import ITSELF, instead_of_writing, is_vectorized, public_path
from autograd_lite.core.ducks import ducks
from autograd_lite.core.labels import LabelRule, Labels, elementwise
from autograd_lite.core.lines import calling_frame, located
from autograd_lite.core.op import Op
from autograd_lite.core.tape import current_observers, refused, registry
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.values import plain

ufunc_methods: dict[tuple[np.ufunc, str], Callable[..., Any]] = {}
"""What answers for ``np.add.reduce`` and its kin."""

constants: set[Callable[..., Any]] = set()
"""NumPy functions whose results have no derivative: they see the values of Tensors."""

late = {"scipy.special": "autograd_lite.ops.special"}
"""Packages whose ufuncs get rules if they are there, and the module that has the rules: imported at the first need."""


def constant(
    *functions: Callable[..., Any],
    template: str | None = None,
    labels: LabelRule | None = None,
    varies: str | None = None,
) -> None:
    """Let these NumPy functions see the values of Tensors: the results have no derivative. Keywords are as of `Op`."""
    for function in functions:
        constants.add(function)
        registry[function] = on_values(function, _row(function, template, labels, varies))


def _row(function: Callable[..., Any], template: str | None, labels: LabelRule | None, varies: str | None) -> Op:
    def forward(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    def named(z: Any, *args: Any, **kwargs: Any) -> Labels:
        """Return the labels of a call that NumPy's signature spells, as ``np.argmax(x, 1)``."""
        given = inspect.signature(function).bind(*args, **kwargs)
        given.apply_defaults()
        (_, x), *params = given.arguments.items()
        return cast(LabelRule, labels)(z, x, **{name: p for name, p in params if p is not np._NoValue})

    rule = elementwise if isinstance(function, np.ufunc) else named if labels else None
    return Op(forward, (), name=function.__name__, numpy=function, template=template, labels=rule, varies=varies)


def refuse(why: str, *functions: Callable[..., Any]) -> None:
    """Let these NumPy functions raise, and say why, where they meet a Tensor."""
    refused.update(dict.fromkeys(functions, why))


def by_value(labels: LabelRule | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a function of arrays see the values of Tensors, as `constant` does for NumPy's (decorator)."""
    return lambda function: on_values(function, Op(function, (None,) * function.__code__.co_argcount, labels=labels))


def on_values(function: Callable[..., Any], row: Op) -> Callable[..., Any]:
    """Return the function on the values of Tensors; an observer may record what it gives."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        result = function(*trees.map_tree(_seen, list(args)), **trees.map_tree(_seen, kwargs))
        if type(result) is int and row.labels is not None:  # a count, of NumPy before 2.4: of values, not of a shape
            result = np.intp(result)
        for observer in current_observers():
            result = observer.constant(row, result, args, kwargs)
        return result

    answer.__name__ = row.name
    return answer


def _seen(x: Any) -> Any:
    return x._read() if type(x) is Tensor else x


def array_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer for a ufunc that is called with a Tensor (``Tensor.__array_ufunc__``)."""
    out = kwargs.pop("out", None)
    if out is not None:
        if not all(x is None or type(x) is Tensor for x in out):
            _refuse_out(ufunc)
        return registry[Tensor.__array_ufunc__, "out"](ufunc, method, inputs, out, kwargs)
    if method == "__call__":
        answer = registry.get(ufunc) or _late_answer(ufunc)
        if not kwargs:
            return answer(*inputs)
        dtype = kwargs.pop("dtype", None)
        for key in kwargs:
            hint = "; use np.where(mask, result, other) on the result" if key == "where" else ""
            raise TypeError(f"np.{ufunc.__name__} of a Tensor does not take '{key}='{hint}")
        return answer(*(_cast(x, dtype) for x in inputs))
    folded = ufunc_methods.get((ufunc, method))
    if folded is None:
        raise NotImplementedError(
            f"np.{ufunc.__name__}.{method} of a Tensor has no derivative rule here; "
            f"write it with other NumPy functions, or pass .value where a constant is meant"
        )
    return folded(*inputs, **kwargs)


def _cast(x: Any, dtype: Any) -> Any:
    """Return an input of a ufunc in the ``dtype=`` of its call."""
    return x.astype(dtype) if type(x) is Tensor or ducks[type(x)] else np.asarray(plain(x), dtype)


def _late_answer(ufunc: np.ufunc) -> Callable[..., Any]:
    """Return what answers for a ufunc of another package."""
    for package, module in late.items():
        if package in sys.modules:
            import_module(module)
    answer = registry.get(ufunc)
    if answer is None:
        raise unsupported(ufunc)
    return answer


def array_function(func: Callable[..., Any]) -> NoReturn:
    """Refuse another NumPy function that is called with a Tensor and has no answer (``Tensor.__array_function__``)."""
    raise unsupported(func)


def _refuse_out(ufunc: np.ufunc) -> None:
    symbols = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@"}
    symbol = symbols.get(ufunc.__name__)
    instead = f"array = array {symbol} tensor" if symbol else f"array = {path_of(ufunc)}(...)"
    raise located(
        TypeError(
            f"{path_of(ufunc)} cannot write a Tensor's result into an array in place (out=, or an operator such as "
            f"'array {symbol or '+'}= tensor'): the gradient would be lost. "
            + (instead_of_writing(calling_frame()) or f"Write {instead} instead.")
        )
    )


def path_of(function: Callable[..., Any]) -> str:
    """Return how a NumPy function, or a ufunc of another package, is written: ``np.linalg.norm``."""
    if isinstance(function, np.ufunc):  # which does not know its module
        name = function.__name__
        homes = (package for package in ("numpy", *late) if getattr(sys.modules.get(package), name, None) is function)
        home = next(homes, "").replace("numpy", "np")
        return f"{home}.{name}" if home else name if name.isidentifier() else "f"
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module.replace('numpy', 'np') if module.startswith('numpy') else 'np'}.{function.__name__}"


def unsupported(function: Callable[..., Any]) -> NotImplementedError:
    """Return the error for a NumPy function without a rule, with the stub of a rule to fill in."""
    path = path_of(function)
    if function in refused:
        return located(NotImplementedError(f"{path} of a Tensor is refused: {refused[function]}"))
    if is_vectorized(function):
        return located(NotImplementedError(f"a function of np.frompyfunc takes no Tensor: {ITSELF}"))
    arguments = "x, y" if isinstance(function, np.ufunc) and function.nin == 2 else "x"
    elementwise = ["elementwise=True"] if isinstance(function, np.ufunc) else []
    public = public_path() if "." not in path else None
    path = public or path  # a ufunc that no package shows may be called by a function that one does
    package, _, name = path.rpartition(".")
    row = ", ".join([*([] if public else [f"numpy={path}"]), *elementwise])
    first = f"import {package}\n\n" if package and package.partition(".")[0] != "np" else ""
    last = f"and call {name}() in its place" if public else ""
    rules = "".join(
        f"@{name}.vjp\ndef _(g, z, {arguments}):\n    return g * ...  # d{name}/d{x}, in the shape of {x}\n\n"
        for x in arguments.split(", ")
    )
    return located(
        NotImplementedError(
            f"{path} of a Tensor has no derivative rule here. Pass .value where a constant is meant, or define the op"
            f"{last and ', '}{last}:\n\n"
            f"{first}@ag.op({row})\ndef {name}({arguments}):\n    return {path}({arguments})\n\n{rules}"
        )
    )


registry[Tensor.__array_ufunc__], registry[Tensor.__array_function__] = array_ufunc, array_function

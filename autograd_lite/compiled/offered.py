"""Arrays that the caller offers for results: ``compiled(x, out=(None, gradient))``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.compiled.program import Code, Program
from autograd_lite.compiled.recorded import Output
from autograd_lite.core import trees
from autograd_lite.core.shapes import Value


def filled(program: Program, code: Code, arrays: Sequence[Value], out: trees.Tree) -> trees.Tree:
    """Run the code of a program, and return its result in the arrays that are offered for it.

    Raises
    ------
    ValueError
        Where they have another structure, shape or dtype than the result, or share memory with an argument.
    """
    offered = trees.flatten_like(program.result, out)
    if offered is None:
        raise ValueError(
            f"expected out= of the structure of the result, {trees.describe(program.result)}, with None where no array "
            f"is offered; got {trees.describe(out)}"
        )
    places = trees.flatten(program.result)[0]
    by_number = {x.number: y for x, y in zip(places, offered, strict=True) if type(x) is Output and y is not None}
    for number, y in by_number.items():
        _check(y, program.sized.graph.outputs[number].dtype, arrays)
        _check_shape(y, program.shape_of(number, arrays) if code.fills else None)
    count = len(program.sized.graph.outputs)
    given = [by_number.get(number) for number in range(count)]
    result = code.run(*arrays, out=given) if code.fills else code.run(*arrays)
    values, rebuild = trees.flatten(result)
    return rebuild([_placed(x, y) for x, y in zip(values, offered, strict=True)])


def _check(y: Any, dtype: Any, arrays: Sequence[Value]) -> None:
    if type(y) is not np.ndarray or y.dtype != dtype or not y.flags.writeable:
        given = f"one of dtype {y.dtype}" if isinstance(y, np.ndarray) else f"a {type(y).__name__}"
        raise ValueError(f"expected an array of dtype {dtype} in out=, which can be written to, got {given}")
    if any(isinstance(x, np.ndarray) and np.may_share_memory(x, y) for x in arrays):
        raise ValueError("an array in out= shares memory with an argument, which is read while it is filled")


def _check_shape(y: Any, shape: Any) -> None:
    if shape is not None and y.shape != shape:
        raise ValueError(f"expected an array of shape {shape} in out=, got one of shape {y.shape}")


def _placed(value: Value, y: Value) -> Value:
    """Return an offered array with a value in it; the value itself where none is offered."""
    if y is None or value is y:
        return value
    _check_shape(y, np.shape(value))
    np.copyto(y, value)
    return y

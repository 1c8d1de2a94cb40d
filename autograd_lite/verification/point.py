"""A function and its hand gradient at one point: the record, the backward pass, and what the hand did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from autograd_lite import numerical
from autograd_lite.core import trees
from autograd_lite.core.backward import seed
from autograd_lite.core.op import Op
from autograd_lite.core.shapes import Shape
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.toposort import order
from autograd_lite.core.versions import original
from autograd_lite.numerical import close, quiet
from autograd_lite.program.recording import BackwardPass, Constants, record_call
from autograd_lite.program.variables import Names
from autograd_lite.verification import budget
from autograd_lite.verification.problem import Mode, Setting


@dataclass(frozen=True, eq=False)
class Point:
    """Everything that is known of a function and its hand gradient at one point.

    Attributes
    ----------
    values : sequence of array
        The arrays that are differentiated.
    hand : sequence
        The hand gradient with respect to each of them. One number in another shape is in that of the array.
    returned : sequence of tuple of int
        The shapes in which the hand returned it.
    cotangent : array or None
        The cotangent of an array-valued function.
    true : sequence of array
        The backward pass's gradient; NaN where nothing could be recorded.
    leaves : sequence of Tensor
    result : Tensor or None
        None where nothing could be recorded.
    names : Names
        What the function's variables call the Tensors.
    contributions : sequence of (node, input, cotangent)
        What each node has passed to each of its inputs in the backward pass, from the result to the leaves.
    cotangents : dict from Tensor to array
        The sums of these: the derivative of the result with respect to every Tensor of the record.
    by_differences : bool
        Whether the gradient is made of differences, for want of a record.
    """

    values: Sequence[Any]
    hand: Sequence[Any]
    returned: Sequence[Shape]
    cotangent: Any
    true: Sequence[Any]
    leaves: Sequence[Tensor] = ()
    result: Tensor | None = None
    names: Names = field(default_factory=Names)
    contributions: Sequence[tuple[Tensor, Tensor, Any]] = ()
    cotangents: Mapping[Tensor, Any] = field(default_factory=dict)
    by_differences: bool = False

    @cached_property
    def nodes(self) -> list[Tensor]:
        """The record, newest first."""
        return order([self.result])[0] if self.result is not None else []

    @cached_property
    def evaluations(self) -> int:
        """How often the function may be evaluated for one purpose."""
        if self.result is None:
            return budget.evaluations(sum(map(np.size, self.values)))
        held, _ = trees.flatten([t._value for t in self.nodes])
        return budget.evaluations(sum(map(np.size, held)), len(self.nodes) - len(self.leaves))


# --- one recorded call, and its backward pass


def record(
    setting: Setting, values: Sequence[Any], *, named: bool = True, constants: bool = False
) -> tuple[Tensor, list[Tensor], Names]:
    """Run the function on Tensors; return its result, the leaves, and the names of what it recorded.

    With ``constants``, masks and the like are recorded, too.
    """
    leaves = [Tensor(x, name, copy=False) for x, name in zip(values, setting.leaf_names, strict=True)]
    names = Names()
    for leaf, name in zip(leaves, setting.leaf_names, strict=True):
        names.bind(leaf, name, -1)
    f = partial(_one_op, setting) if setting.mode is Mode.BY_DIFFERENCES else _on_tensors(setting, setting.f)
    result = record_call(f, [leaves], names, named=named, recorder=Constants if constants else None).result
    leaves = list(map(original, leaves))
    return result if isinstance(result, Tensor) else Tensor(result), leaves, names  # a constant, if no Tensor


def _on_tensors(setting: Setting, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of Tensors that is recorded; none of them is left behind."""
    return setting.problem.code.keeping(function, put_in=setting.mode is Mode.RECORDABLE)


def pull(setting: Setting, result: Tensor) -> BackwardPass:
    """Run the backward pass of a recorded result, from its cotangent."""
    return BackwardPass(result, _start(setting, result))


def hand_on_tensors(setting: Setting, values: Sequence[Any]) -> list[Any]:
    """Return the hand gradient at other arrays, computed on Tensors, which an observer may look at and move."""
    setting.f(copies(values))
    try:
        answer = _record_hand(setting, values)
    except Exception:  # it fills arrays, or asks their methods
        answer = _record_hand(replace(setting, mode=Mode.RECORDABLE), values)
    return [x.value if isinstance(x, Tensor) else x for x in setting.gradients(answer)]


def _record_hand(setting: Setting, values: Sequence[Any]) -> Any:
    return record_call(_on_tensors(setting, setting.hand), [[Tensor(x) for x in values]], named=False).result


def _start(setting: Setting, result: Tensor) -> Any:
    return seed(result) if setting.cotangent is None else setting.cotangent


def _one_op(setting: Setting, leaves: Sequence[Tensor]) -> Tensor:
    def rule(i: int, g: Any, z: Any, *values: Any) -> Any:
        return g * numerical.gradient(setting.number, values, i).value

    def forward(*values: Any) -> Any:
        return np.float64(np.sum(setting.number(*values)))

    return Op(forward, rule, name=setting.problem.name)(*leaves)  # type: ignore[no-any-return]


# --- points


def evaluate(setting: Setting, values: Sequence[Any] | None = None) -> Point:
    """Evaluate both at a point: the one given by the arguments, or another one.

    Raises
    ------
    ValueError
        Where the function gives another value for Tensors than for arrays.
    """
    given = setting.given if values is None else values
    values = setting.values if values is None else values
    with quiet():
        result, leaves, names = record(setting, values)
        backward = pull(setting, result)
        plain = np.asarray(setting.f(copies(given)))  # what it leaves behind for the hand is then arrays, too
        if not close.same(plain, result._value, close.on_tensors(plain, *values)):
            raise ValueError("it gives another value for Tensors than for arrays")
        hand, returned = of_hand(setting, setting.hand(copies(given)))
    beside = values, hand, returned, setting.cotangent, [backward.gradient(leaf) for leaf in leaves]
    by_differences = setting.mode is Mode.BY_DIFFERENCES
    return Point(*beside, leaves, result, names, backward.contributions, backward.cotangents, by_differences)


def evaluate_hand(setting: Setting) -> Point:
    """Run the hand gradient alone, for a function that cannot be recorded."""
    with quiet():
        setting.f(copies(setting.given))
        answer = setting.hand(copies(setting.given))
    unknown = [np.full(np.shape(x), np.nan) for x in setting.values]
    return Point(setting.values, *of_hand(setting, answer), setting.cotangent, unknown)


def copies(values: Sequence[Any]) -> list[Any]:
    """Return copies of the arrays among values."""
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in values]


def of_hand(setting: Setting, answer: Any) -> tuple[list[Any], list[Shape]]:
    """Return the gradients of an answer, one number in the shape of its array, and the shapes in which they came."""
    found = setting.gradients(answer)
    fitted = [_fitted(h, np.shape(x)) for h, x in zip(found, setting.values, strict=True)]
    return fitted, [np.shape(h) for h in found]


def _fitted(given: Any, shape: Shape) -> Any:
    plain = type(given) is np.ndarray or isinstance(given, (np.floating, float, np.complexfloating, complex))
    one = plain and np.shape(given) != shape and np.size(given) == np.prod(shape) == 1
    return np.reshape(given, shape)[()] if one and np.asarray(given).dtype.kind in "fc" else given

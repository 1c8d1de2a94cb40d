"""Debugging: where a value that is not finite came from, and which array was changed behind the record's back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.ducks import ducks
from autograd_lite.core.lines import describe_line, user_frame
from autograd_lite.core.tape import Observer, observing
from autograd_lite.core.tensor import Tensor, raw, summary
from autograd_lite.core.values import Released


@contextmanager
def debug() -> Iterator[None]:
    """Stop at the first value or cotangent that is not finite, and at arrays that changed since they were recorded.

    Inside the block each node remembers the line of code that made it, in its attribute ``line``. Keep the backward
    pass inside the block too. It is slow: every value is looked at.

    Raises
    ------
    FloatingPointError
        At the first NaN or infinity, forward or backward, naming the op, the variables and the line.
    RuntimeError
        Where a constant, an index or the array of an argument was changed between its recording and the backward pass.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> with ag.debug():
    ...     gradient = ag.grad(np.log)(2.0)
    """
    with np.errstate(all="ignore"), observing(_Debugger()):
        yield


class _Debugger(Observer[Tensor]):
    """An observer that looks at every number."""

    def __init__(self) -> None:
        self.digests: dict[Tensor, list[tuple[Any, int]]] = {}
        self.names: dict[Tensor, list[str | None]] = {}

    def recorded(self, node: Tensor) -> None:
        """Remember the line of a node and what its constants held; stop where its value is not finite."""
        frame = user_frame(sys._getframe(1))
        node.line = describe_line(frame)
        held = (*node.inputs, *trees.flatten(node.params)[0])
        fixed = [x for x in map(_held_array, held) if x is not None]
        self.digests[node] = [(x, _digest(x)) for x in fixed]
        self.names[node] = names = _names(node, frame)
        trouble = _trouble(node._value)
        if trouble:
            raise FloatingPointError(f"{trouble} from op '{_op(node)}' of {_operands(node, names)}\n  at {node.line}")

    def renamed(self, node: Tensor, other: Tensor) -> None:
        """Keep what is known of a node where one of the two was assigned to."""
        other.line = getattr(node, "line", "a line outside of ag.debug()")
        if node in self.digests:
            self.digests[other], self.names[other] = self.digests.pop(node), self.names.pop(node)

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> Any:
        """Stop where a cotangent is not finite, or where a constant was changed."""
        line = getattr(node, "line", "a line outside of ag.debug()")
        for array, digest in self.digests.get(node, ()):
            if _digest(array) != digest:
                raise RuntimeError(
                    f"an array of shape {array.shape} that op '{_op(node)}' used was changed before the backward pass, "
                    f"whose gradient would be wrong; pass a copy of it\n  at {line}"
                )
        trouble = _trouble(raw(cotangent))
        if trouble:
            names = self.names.get(node) or [None] * len(node.inputs)
            position = next(i for i, other in enumerate(node.inputs) if other is x)
            raise FloatingPointError(
                f"{trouble} in the backward pass, in the cotangent of {names[position] or f'input {position}'} from op "
                f"'{_op(node)}' of {_operands(node, names)}\n  at {line}"
            )
        return cotangent


def _op(node: Tensor) -> str:
    return node.op.name if node.op else "leaf"


def _names(node: Tensor, frame: FrameType | None) -> list[str | None]:
    """Return what an op's inputs are called: by themselves, or in the user's frame."""
    variables = dict(frame.f_locals) if frame else {}
    found = [next((name for name, value in variables.items() if value is x), None) for x in node.inputs]
    return [getattr(x, "name", None) or name for x, name in zip(node.inputs, found, strict=True)]


def _operands(node: Tensor, names: list[str | None]) -> str:
    """Show an op's inputs, by their names and with their values in short."""
    parts = []
    for x, name in zip(node.inputs, names, strict=True):
        with np.printoptions(threshold=6, precision=4):
            text = summary(x) if type(raw(x)) is Released else " ".join(str(raw(x)).split())
        parts.append(f"{name} = {text}" if name else text)
    return ", ".join(parts)


def _held_array(x: Any) -> Any:
    """Return the array that a constant or a leaf holds by reference, if it is one."""
    held = x._value if type(x) is Tensor and x.op is None else x
    return held if isinstance(held, np.ndarray) or ducks[type(held)] else None


def _digest(x: Any) -> int:
    return hash(x.tobytes())


def _trouble(value: Any) -> str | None:
    """Say what is wrong with a value, if anything is."""
    for part in value if isinstance(value, tuple) else (value,):
        if np.any(np.isnan(part)):
            return "NaN"
        if np.any(np.isinf(part)):
            return "infinity"
    return None

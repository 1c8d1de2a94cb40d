"""Writing over a cotangent that nobody else holds: a fresh large array costs as much as a pass over it.

A rule such as ``g * np.cos(x)`` gets its cotangent as a `Spent` array, whose first operation writes its result over it.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any

import numpy as np

from autograd_lite.core.tape import Rule

_JUMPS = frozenset({*dis.hasjrel, *dis.hasjabs})


class Spent(np.ndarray[Any, Any]):
    """A view of an array that is used once: the operation that uses it may write over it."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute a ufunc, into the memory of this array where the result is of its shape and dtype."""
        values = [x.view(np.ndarray) if isinstance(x, Spent) else x for x in inputs]
        if method != "__call__" or kwargs or ufunc.signature is not None or not all(map(self._goes_with, values)):
            return getattr(ufunc, method)(*values, **kwargs)
        return ufunc(*values, out=self.base)

    def _goes_with(self, x: Any) -> bool:
        """Whether the result of an operation with a value has the shape and dtype of this array."""
        if isinstance(x, np.ndarray):
            return x.dtype == self.dtype and (x.shape == self.shape or (x.size == 1 and x.ndim <= self.ndim))
        return type(x) in (int, float) or (isinstance(x, np.generic) and x.dtype == self.dtype)


def overwrites(rule: Rule) -> bool:
    """Return whether a rule uses its cotangent once, as an operand of an operator: it may be written over there."""
    code = getattr(rule, "__code__", None)
    if not isinstance(code, CodeType) or code.co_argcount < 2 or code.co_flags & 4:
        return False
    g, depth = code.co_varnames[0], 0  # of the stack, counted from where g lies on it
    instructions = [i for i in dis.get_instructions(code) if i.opname not in ("CACHE", "EXTENDED_ARG", "RESUME")]
    touched = [i for i in instructions if g == i.argval or (isinstance(i.argval, tuple) and g in i.argval)]
    if len(touched) != 1 or g in code.co_cellvars or any(i.opcode in _JUMPS for i in instructions):
        return False
    for i in instructions[instructions.index(touched[0]) :]:
        if i is touched[0]:
            if not i.opname.startswith("LOAD_FAST") or i.argval == (g, g):
                return False
            depth = 2 if isinstance(i.argval, tuple) and i.argval[0] == g else 1
        elif depth <= 2 and i.opname == "BINARY_OP":
            return "=" not in i.argrepr
        elif depth == 1:
            if i.opname == "UNARY_NEGATIVE":
                return True
            if not i.opname.startswith(("LOAD_FAST", "LOAD_CONST", "LOAD_GLOBAL", "LOAD_DEREF", "PUSH_NULL")):
                return False
            depth += dis.stack_effect(i.opcode, i.arg)
        else:
            depth += dis.stack_effect(i.opcode, i.arg)
            if depth < 2:
                return False
    return False

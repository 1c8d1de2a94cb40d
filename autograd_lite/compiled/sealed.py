"""What refuses to let a value out of a function that is traced for other values too: the line, and what to write."""

from __future__ import annotations

import ast
import builtins
from types import FrameType
from typing import Any

from autograd_lite.core.conversions import instead_of, refuse_array, refuse_at, short
from autograd_lite.core.lines import calling_frame, describe_line, evaluated, resolve, stores_item
from autograd_lite.core.tape import Observer
from autograd_lite.core.tensor import Tensor

_OUTSIDE = "return it, and convert the result outside of the function"
_REMEDIES = {
    "value": "leave .value out, or write ag.stop_gradient where a constant is meant",
    "backward": "take the gradient by ag.value_and_grad(f), of the parameters as arguments",
    "int": "write np.trunc(t) for whole numbers, and pass a length as a Python int: there is a program for each",
}
"""What to write in the place of a conversion."""
_INSTEAD = {"max": "np.maximum", "min": "np.minimum", "any": "np.any", "all": "np.all"}
"""What to call in the place of a builtin that asks whether its arguments are true or ordered."""


class Sealed(Observer[Tensor]):
    """Raises TypeError where a function that is compiled asks for the value of a Tensor.

    The program of a call runs the same ops in each call. What was decided by a value, or made of it outside of the
    record, would stay as it was in the first one.
    """

    def decided(self, node: Tensor, outcome: Any) -> None:
        """Refuse a branch, a length, an index of a list."""
        frame = calling_frame()
        tree = evaluated(frame) if frame else None
        if isinstance(outcome, bool):
            what = f"a branch on {short(tree)}" if isinstance(tree, ast.expr) else "a branch"
            _refuse(what, _instead_of_branch(tree, frame), frame)
        if isinstance(tree, ast.Subscript):
            instead = f"make one array of the list: np.stack({short(tree.value)})[{short(tree.slice)}]"
        else:
            instead = "pass it as a Python int: there is a program for each"
        _refuse(f"a length or an index in {_text(tree, 'Python code')}", instead, frame)

    def taken(self, node: Tensor, conversion: str) -> None:
        """Refuse a conversion."""
        frame = calling_frame()
        if frame is not None and stores_item(frame):
            refuse_array(node)
        tree = evaluated(frame) if frame else None
        instead = _REMEDIES.get(conversion) or instead_of(frame, conversion, _OUTSIDE) or _OUTSIDE
        if isinstance(tree, ast.Subscript):
            copied = f"np.array({short(tree.value)})[{short(tree.slice)}]"
            instead = f"import autograd_lite.numpy as np, and index a copy, which records it: {copied}"
        _refuse(_text(tree, conversion), instead, frame)


def _text(tree: ast.AST | None, otherwise: str) -> str:
    return short(tree) if isinstance(tree, ast.expr) else otherwise


def _refuse(what: str, instead: str, frame: FrameType | None) -> None:
    refuse_at(f"{what} asks for a value, and a compiled function runs the same ops for all values; {instead}", frame)


def _instead_of_branch(tree: ast.AST | None, frame: FrameType | None) -> str:
    """Say what to write in the place of what needs to know whether a condition holds."""
    statement = describe_line(frame).partition(": ")[2]
    if frame is not None and isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        name = tree.func.id
        if name in _INSTEAD and resolve(tree.func, frame) is getattr(builtins, name):
            return f"write {short(ast.Call(ast.Name(_INSTEAD[name]), tree.args, tree.keywords))} instead"
    if statement.startswith("while "):
        return "loop a fixed number of times, and choose with np.where what each round keeps"
    if statement.startswith("assert "):
        return "check the arguments before the call, or the result behind it"
    if isinstance(tree, ast.BoolOp):  # some versions of Python only say that it is in here
        sign = " & " if isinstance(tree.op, ast.And) else " | "
        return f"compute both sides, and choose: np.where({sign.join(f'({short(x)})' for x in tree.values)}, a, b)"
    condition = _text(tree, "condition")
    return f"compute both sides, and choose: np.where({condition}, a, b)"

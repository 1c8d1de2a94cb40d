"""Rules that cannot run on Tensors, such as those that fill arrays in place: each is one step of a program."""

from __future__ import annotations

import copy
import traceback
from typing import Any

from autograd_lite.core.backward import sweep
from autograd_lite.core.op import Op
from autograd_lite.core.tensor import Tensor


def make_opaque(error: Exception) -> bool:
    """Let the rule at which a sweep failed be an op, which runs on arrays, at the node that it was called for.

    Returns
    -------
    bool
        Whether there is anything new to try: False where the rule is an op already, or has several outputs.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code is sweep.__code__]
    found: dict[str, Any] = frames[-1].f_locals if frames else {}
    node, position, rule = found.get("node"), found.get("i", 0), found.get("rule")
    if type(node) is not Tensor or rule is None or isinstance(rule, Op) or isinstance(node._value, tuple):
        return False
    row: Any = node.op
    edges = row.edges or row.edges_for(len(node.inputs))
    name = row.input_names[position] if position < len(row.input_names) else position
    own = Op(rule, (), name=f"{row.name}_vjp_{name}")
    own.param_names = row.param_names
    node.op = copy.copy(row)
    node.op.edges = tuple((i, own if i == position else other) for i, other in edges)
    return True

"""One step of a program as a function of the steps that it is made from."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from autograd_lite.core.backward import order
from autograd_lite.core.tensor import Tensor
from autograd_lite.program.expressions import Expressions, Node, written


class Local:
    """One step of the program, or the outputs of one op, as a function of the steps that they are made from.

    Attributes
    ----------
    outputs : list of Node
    inputs : list of Node
        Those that need a cotangent, in the order in which the expression names them.
    separable : set of Node
        Inputs whose cotangent is the step's cotangent times a local factor: the step is a number, or depends on the
        input element by element.
    """

    def __init__(self, e: Expressions, outputs: list[Node], stops: set[Tensor], needed: Collection[Node]) -> None:
        self.outputs = outputs
        tensors = order([e.tensors[v][0] for v in outputs], stops)[0]
        found = {e.nodes[t] for t in tensors if t in stops and e.nodes[t] in needed}
        places = {node: i for i, node in enumerate(written(outputs)) if node in found}
        self.inputs = sorted(found, key=lambda u: places.get(u, len(places)))
        inner = [t for t in reversed(tensors) if t not in stops]
        single = len(outputs) == 1 and outputs[0].dtype.kind == "f"
        self.separable = {u for u in self.inputs if single and _is_separable(u, outputs[0], inner, set(e.tensors[u]))}


def _is_separable(u: Node, v: Node, inner: list[Tensor], dependent: set[Tensor]) -> bool:
    if u.dtype != v.dtype:
        return False
    if np.size(v.value) == 1:
        return bool(np.broadcast_shapes(u.shape, v.shape) == u.shape)
    for t in inner:
        if any(type(x) is Tensor and x in dependent for x in t.inputs):
            dependent.add(t)
            if t.op is None or not t.op.elementwise or t.shape != v.shape or t.dtype != v.dtype:
                return False
    return u.shape == v.shape

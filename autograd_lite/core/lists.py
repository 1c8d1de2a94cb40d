"""Lists that hold Tensors: ops take each as one array, as NumPy's functions take lists of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core.shapes import Value
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor

_PLAIN = frozenset({float, int, complex, bool, str, np.ndarray, np.float64, np.int64, type(None)})


def holds_tensor(tree: Any) -> bool:
    """Whether something is a Tensor, or nested sequences that hold one."""
    kind = type(tree)
    return kind is Tensor or (kind not in _PLAIN and isinstance(tree, Sequence) and any(map(holds_tensor, tree)))


def stacked(data: Any) -> Value:
    """Return nested lists that hold Tensors as one Tensor, in the shape of `np.array`; anything else as it is."""
    if type(data) is Tensor or not holds_tensor(data):
        return data
    if any(x is None for x in data):
        raise TypeError(f"expected numbers beside a Tensor, got None in a {type(data).__name__}")
    return registry[np.stack]([stacked(x) for x in data])

"""Reverse-mode automatic differentiation over NumPy: gradients that you can import, extend and verify."""

from typing import TYPE_CHECKING, Any

from autograd_lite import backward as _backward  # noqa: F401  (attaches Tensor.backward)
from autograd_lite.graph import Tensor
from autograd_lite.op import op
from autograd_lite.ops import table as _table
from autograd_lite.transforms import grad, stop_gradient, value_and_grad

globals().update(_table)

__all__ = ["Tensor", "grad", "op", "stop_gradient", "value_and_grad"]
__all__ += list(_table)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...  # every op of the table

"""What names of other frameworks are called here: for the error of a name that this package does not have."""

from __future__ import annotations

from typing import Any, NoReturn

from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops import table

_ARRAYS = "arrays are NumPy's: np.array(x), and ag.Tensor(x) for a leaf that backward() gives a gradient"
_OP = "@ag.op and its .vjp rules"
_PLAIN = "nothing is recorded where a function is called on arrays; ag.stop_gradient(x) makes a constant"
_STATELESS = "the gradients that ag.grad returns do not add up; make new leaves, ag.Tensor(t.value)"

EQUIVALENTS = {
    **dict.fromkeys(("Value", "Variable", "array", "tensor"), _ARRAYS),
    **dict.fromkeys(("Function", "custom_jvp", "custom_vjp", "defjvp", "defvjp", "primitive"), _OP),
    **dict.fromkeys(("enable_grad", "no_grad"), _PLAIN),
    "backward": "t.backward(), or ag.grad(f)",
    "detach": "ag.stop_gradient(x)",
    "elementwise_grad": "ag.grad(lambda x: np.sum(f(x)))",
    "functional": "functions of ag itself: ag.relu, ag.softmax, ag.conv2d",
    "grad_and_value": "ag.value_and_grad(f), which returns the value first",
    "gradcheck": "ag.check_grads(f, *args)",
    "hessian_vector_product": "ag.hvp(f, x, v)",
    "jacfwd": "ag.jacobian(f), which takes the shorter way",
    "jacrev": "ag.jacobian(f), which takes the shorter way",
    "jit": "ag.compile(f)",
    "make_jvp": "ag.jvp(f, (x,), (v,))",
    "make_vjp": "ag.vjp(f, x), which returns the value and the pullback",
    "l1_loss": "np.mean(np.abs(prediction - target))",
    "manual_seed": "np.random.default_rng(seed), passed to what draws",
    "mse_loss": "np.mean(np.square(prediction - target))",
    "nll_loss": "np.mean(ag.cross_entropy(scores, labels)), of scores before the softmax",
    "nn": "functions of ag itself (ag.relu, ag.softmax, ag.conv2d), and parameters in dicts, lists or dataclasses",
    "ravel_pytree": "ag.ravel(tree)",
    "tree": "ag.ravel(tree), for arithmetic on all leaves at once",
    "tree_map": "ag.ravel(tree), for arithmetic on all leaves at once",
    "vmap": "broadcasting: functions of NumPy take whole arrays",
    "zero_grad": _STATELESS,
}
"""What to write in the place of a name of PyTorch, JAX, autograd or micrograd."""

METHODS = {
    "clone": "t.copy()",
    "data": "t.value",
    "detach": "ag.stop_gradient(t)",
    "dim": "t.ndim",
    "matmul": "t @ other",
    "mm": "t @ other",
    "norm": "np.linalg.norm(t)",
    "numpy": "t.value",
    "permute": "t.transpose(axes)",
    "requires_grad": "ag.grad(f) of a function of arrays; or t.backward(), which gives each ag.Tensor(x) a gradient",
    "unsqueeze": "np.expand_dims(t, axis)",
    "view": "t.reshape(shape)",
    "zero_grad": _STATELESS,
}
"""What to write in the place of an attribute of PyTorch's tensors; any other op is ``ag.name(t)``."""


def missing(owner: str, obj: Any, name: str, instead: str | None) -> NoReturn:
    """Raise AttributeError for a name that something does not have, and say what to write if that is known."""
    said = f"{owner} has no attribute '{name}'" + (f"; instead: {instead}" if instead else "")
    raise AttributeError(said, name=name, obj=obj)


def _missing_of_tensor(t: Tensor, name: str) -> NoReturn:
    missing("'Tensor' object", t, name, METHODS.get(name) or (f"ag.{name}(t)" if name in table else None))


registry["missing"] = _missing_of_tensor

"""What names of other frameworks are called here: for the error of a name that this package does not have."""

from __future__ import annotations

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

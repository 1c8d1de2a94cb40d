"""Points where a function has a kink, a jump, a tie or a hole, with the gradients that the docs promise there."""

import numpy as np

import autograd_lite as ag
from autograd_lite.graph import Tensor, order
from tests.test_elementwise import KINKS
from tests.test_reductions import SUBGRADIENTS

INF, NAN = np.inf, np.nan


def weighted(f):
    """Return the sum of a function's values, each with a weight of its own."""

    def total(*args):
        z = f(*args)
        return np.sum(z * np.arange(1.0, 1.0 + z.size).reshape(z.shape))

    return total


MORE = [  # function, arguments, gradients
    (np.maximum, (2.0, 1.0), (1.0, 0.0)),
    (np.fmax, (NAN, 1.0), (0.0, 1.0)),
    (np.fmax, (1.0, NAN), (1.0, 0.0)),
    (np.fmax, (1.0, 1.0), (0.5, 0.5)),
    (np.fmin, (NAN, 1.0), (0.0, 1.0)),
    (np.fmin, (1.0, NAN), (1.0, 0.0)),
    (np.fmin, (1.0, 1.0), (0.5, 0.5)),
    (np.minimum, (1.0, 1.0), (0.5, 0.5)),
    (np.maximum, (1.0, 1.0), (0.5, 0.5)),
]
EDGES = [(f, (x,), (expected,)) for f, x, expected in KINKS]
EDGES += [(f, (np.array(x, float),), (np.array(expected, float),)) for f, x, expected in SUBGRADIENTS]
EDGES += MORE


def ops_of(f, args):
    """Return the ops that a function of Tensors records."""
    result = f(*map(Tensor, args))
    return {id(node.op) for node in order([result])[0] if node.op is not None}


def fault_at(f, args, expected):
    """Return how the gradients of a function differ from the expected ones, or None."""
    found = ag.grad(f, range(len(args)))(*args)
    for g, right in zip(found, expected, strict=True):
        if not np.array_equal(g, np.broadcast_to(right, np.shape(g)), equal_nan=True):
            return f"expected {right}, got {g}"
    return None

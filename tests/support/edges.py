"""Points where a function has a kink, a jump, a tie or no derivative, and the gradients that the docs promise there."""

import importlib.util
import warnings
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.toposort import order
from tests.support.kinks import KINKS, SUBGRADIENTS

INF, NAN = np.inf, np.nan
LinAlgError = np.linalg.LinAlgError
FINITE = "finite"
IDENTITY = np.eye(3)
TALL = np.array([[2.0, 1.0], [0.5, -1.0], [1.0, 3.0]])


def norm(ord):
    return lambda x: np.linalg.norm(x, ord)


def total(f):
    """Return the sum of what a function returns, each element with a weight of its own."""

    def weighted(*args):
        z = f(*args)
        return np.sum(z * np.linspace(1, 2, np.size(z)).reshape(np.shape(z)))

    return weighted


ROTATION = np.linalg.qr(np.array([[1.0, 2, 0], [0, 1, -1], [3, 0, 1]]))[0]
REPEATED = ROTATION @ np.diag([1.0, 1.0, 2.0]) @ ROTATION.T  # to rounding

ELEMENTWISE = [  # function, arguments, gradients, or the error
    (np.maximum, (2.0, 1.0), (1.0, 0.0)),
    (np.maximum, (1.0, 1.0), (0.5, 0.5)),
    (lambda x, y: 3 * np.sum(np.maximum(x, y)), ([1.0, 2.0], [1.0, 1.0]), ([1.5, 3.0], [1.5, 0.0])),
    (np.minimum, (1.0, 1.0), (0.5, 0.5)),
    (np.fmax, (NAN, 1.0), (0.0, 1.0)),
    (np.fmax, (1.0, NAN), (1.0, 0.0)),
    (np.fmax, (1.0, 1.0), (0.5, 0.5)),
    (np.fmin, (NAN, 1.0), (0.0, 1.0)),
    (np.fmin, (1.0, NAN), (1.0, 0.0)),
    (np.fmin, (1.0, 1.0), (0.5, 0.5)),
    (np.logaddexp, (-INF, -INF), (0.5, 0.5)),
    (np.logaddexp, (-INF, 1.0), (0.0, 1.0)),
    (np.logaddexp, (1.0, -INF), (1.0, 0.0)),
    (
        lambda x, y: np.sum(np.logaddexp(x, y)),
        ([-INF, 1.0, -INF, 3.0], [-INF, 2.0, 1.0, -INF]),
        ([0.5, 1 / (1 + np.e), 0.0, 1.0], [0.5, np.e / (1 + np.e), 1.0, 0.0]),
    ),
    (np.logaddexp2, (-INF, 1.0), (0.0, 1.0)),
    (np.logaddexp, (0.0, 1000.0), (0.0, 1.0)),
    (np.hypot, (0.0, 2.0), (0.0, 1.0)),
    (np.hypot, (-2.0, 0.0), (-1.0, 0.0)),
    (np.hypot, (0.0, 0.0), (0.0, 0.0)),
    (np.arctan2, (0.0, 0.0), (0.0, 0.0)),
    (np.arctan, (1e200,), (0.0,)),
    (lambda x: np.sum(np.array([1e200, 1.0]) * np.arcsinh(x)), ([-1e200, 0.75],), ([1.0, 0.8],)),
    (lambda x: np.sum(np.array([1e200, 1.0]) * np.arccosh(x)), ([1e200, 1.25],), ([1.0, 4 / 3],)),
    (lambda x: np.real(np.arccosh(x)), (-2 + 0.5j,), (1 / (np.sqrt(-3 + 0.5j) * np.sqrt(-1 + 0.5j)),)),
    (lambda x, y: 1e200 * np.arctan2(x, y), (1e200, 1e200), (0.5, -0.5)),
    (lambda x, y: 1e-200 * np.arctan2(x, y), (1e-200, 1e-200), (0.5, -0.5)),
    (lambda x: np.sum(1e10 * np.arctan2(x, np.array([10**10, 2]))), ([0.0, 0.0],), ([1.0, 5e9],)),
    (np.power, (0.0, 0.0), (0.0, 0.0)),
    (np.power, (0.0, 2.0), (0.0, 0.0)),
    (lambda x, y: np.sum(x**y), ([0.0, 4.0], [2.0, 0.5]), ([0.0, 0.25], [0.0, 2 * np.log(4)])),
    (lambda x: x**3.0, (2.0,), (12.0,)),
    (lambda x: x**1.5, (4.0,), (3.0,)),
    (lambda x: x**0.5, (4.0,), (0.25,)),
    (lambda x: np.sum(np.where(x > 0, np.sqrt(np.abs(x)), 0.0)), ([0.0, 4.0],), ([0.0, 0.25],)),
    (lambda x: np.sum(np.where(x > 0, np.cbrt(x), 0.0)), ([0.0, 8.0],), ([0.0, 1 / 12],)),
    (lambda x: np.sum(np.where(x > 0, x**0.5, 0.0)), ([0.0, 4.0],), ([0.0, 0.25],)),
    (lambda x: np.sum(np.where(x > 0, x ** np.array([0.5, 0.5]), 0.0)), ([0.0, 4.0],), ([0.0, 0.25],)),
    (np.remainder, (4.0, 2.0), (1.0, -2.0)),
    (np.remainder, (-4.0, 2.0), (1.0, 2.0)),
    (np.fmod, (4.0, 2.0), (1.0, -2.0)),
    (np.fmod, (-4.0, 2.0), (1.0, 2.0)),
    (np.abs, (0j,), (0.0,)),
    (np.angle, (0j,), (0.0,)),
    (lambda x: np.real(np.sign(x)), (0j,), (0.0,)),
    (lambda x: np.sum(np.abs(x)), ([0j, 3 + 4j],), ([0.0, 0.6 - 0.8j],)),
    (lambda x: np.real(np.nan_to_num(x) * ((2 + 3j) / 8)), (complex(INF, 1),), (3j / 8,)),
    (lambda x: np.real(np.nan_to_num(x) * ((2 + 3j) / 8)), (complex(1, INF),), (2 / 8,)),
    (lambda x: np.real(np.nan_to_num(x) * ((2 + 3j) / 8)), (complex(1, 1),), ((2 + 3j) / 8,)),
    (lambda x: ag.elu(x, alpha=0.5), (0.5,), (1.0,)),
    (ag.elu, (800.0,), (1.0,)),
    (ag.selu, (0.0,), (1.0507009873554805 * 1.6732632423543772,)),
    (ag.hard_sigmoid, (3.0,), (1 / 6,)),
    (ag.hard_sigmoid, (-3.0,), (1 / 6,)),
    (ag.hardtanh, (-1.0,), (1.0,)),
    (ag.normal_cdf, (1e200,), (0.0,)),
    (ag.normal_cdf, (-1e200,), (0.0,)),
]
FIRST = np.array([True, False])
REDUCED = [
    (lambda t: np.dot(t, ag.grad(lambda u: np.dot(u, np.where(FIRST, u * u, 3.0)))(t)), ([2.0, 3.0],), ([36.0, 3.0],)),
    (lambda t: np.dot(t, ag.grad(lambda u: np.dot(u, np.where(FIRST, 3.0, u * u)))(t)), ([2.0, 3.0],), ([3.0, 81.0],)),
    (np.max, ([1.0, NAN],), ([0.0, 0.0],)),
    (np.prod, ([2.0, 0.0, 3.0],), ([0.0, 6.0, 0.0],)),
    (lambda t: 1e-100 * np.prod(t), ([1e-200, 1e-200, 1e300],), ([1.0, 1.0, 0.0],)),
    (np.nanmean, ([NAN, NAN],), ([0.0, 0.0],)),
    (ag.logsumexp, ([-INF, -INF],), ([0.0, 0.0],)),
    (lambda x: ag.logsumexp(x, b=[1, 1]), ([-INF, -INF],), ([0.0, 0.0],)),
    (lambda x: ag.logsumexp(x, b=[1, 0, 1]), ([0.0, 1e4, 0.0],), ([0.5, 0.0, 0.5],)),
    (lambda x, b: ag.logsumexp(x, b=b), ([1.0, 2e4], [0.0, 0.0]), ([0.0, 0.0], [0.0, 0.0])),
    (lambda x, b: ag.logsumexp(x, b=b), ([1e4, 1e4], [1.0, 3.0]), ([0.25, 0.75], [0.25, 0.25])),
    (lambda t: np.nanquantile(t, 0.5), ([2.0, NAN, 2.0],), ([0.5, 0.0, 0.5],)),
    (lambda t: np.percentile(t, 50), ([2.0, 1.0, 2.0],), ([0.5, 0.0, 0.5],)),
    (lambda t: np.nanpercentile(t, 50), ([2.0, NAN, 2.0],), ([0.5, 0.0, 0.5],)),
    (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), (1.0,), (2.0,)),
    (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), (2.0,), (2.0,)),
    (lambda t: np.sum(np.unwrap(t) * np.array([1.0, 2.0])), ([0.0, np.pi],), ([1.0, 2.0],)),
    (lambda t: np.sum(ag.max_pool1d(t, 2)), ([1.0, 1.0, 0.0, 3.0],), ([0.5, 0.5, 0.0, 1.0],)),
    (lambda t: np.sum(ag.max_pool2d(t, 2)), ([[1.0, 1.0], [1.0, 0.0]],), ([[1 / 3, 1 / 3], [1 / 3, 0.0]],)),
]
MATRICES = [
    *((norm(ord), ([0.0, 0.0, 0.0],), ([0.0, 0.0, 0.0],)) for ord in (None, 2, 1, 3, 0.5, 0, INF, -INF)),
    *((norm(ord), ([0j, 0j],), ([0.0, 0.0],)) for ord in (None, 2, 1, 3, 0.5, 0, INF, -INF)),
    *((norm(ord), (np.zeros((2, 3)),), (np.zeros((2, 3)),)) for ord in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)),
    (norm(3), ([3.0, 0.0, -4.0],), (np.array([9.0, 0, -16]) / 91 ** (2 / 3),)),
    (norm(3), ([3j, 0.0, -4.0],), (np.array([-9j, 0, -16]) / 91 ** (2 / 3),)),
    (norm(1), ([3j, 0.0, -4.0],), ([-1j, 0, -1],)),
    (norm(INF), ([2.0, -2.0, 1.0],), ([0.5, -0.5, 0.0],)),
    (norm(-INF), ([2.0, -1.0, 1.0],), ([0.0, -0.5, 0.5],)),
    *((norm(ord), (IDENTITY,), (IDENTITY / 3,)) for ord in (2, -2, 1, -1, INF, -INF)),
    (norm("nuc"), (IDENTITY,), (IDENTITY,)),
    *(
        (lambda a, f=f: np.sum(f(a) ** 3), (IDENTITY,), (3 * IDENTITY,))
        for f in (
            np.linalg.eigvalsh,
            lambda a: np.linalg.eigh(a)[0],
            lambda a: np.real(np.linalg.eigvals(a)),
            lambda a: np.linalg.svd(a)[1],
            lambda a: np.linalg.svd(a, full_matrices=False)[1],
        )
    ),
    (total(lambda a: np.linalg.eigh(a)[1]), (IDENTITY,), LinAlgError),
    (total(lambda a: -(np.linalg.eigh(a)[1] ** 2)), (1e8 * REPEATED,), LinAlgError),
    (lambda a: np.real((1 + 2j) * total(lambda a: np.linalg.eigh(a)[1])(a)), (np.diag([1 + 0j, 2, 3]),), FINITE),
    (lambda a: np.sum(np.linalg.svd(a, compute_uv=False)), (np.zeros((2, 3)),), (0.0,)),
    (norm(0.5), ([9.0, 0.0, 4.0],), ([5 / 3, 0.0, 5 / 2],)),
    (total(lambda a: np.real(np.linalg.eig(a)[1])), (IDENTITY,), LinAlgError),
    (total(lambda a: np.linalg.svd(a)[0]), (IDENTITY,), LinAlgError),
    (total(lambda a: np.linalg.svd(a)[0]), (TALL,), LinAlgError),
    (total(lambda a: np.linalg.svd(a)[2]), (TALL.T,), LinAlgError),
    (total(lambda a: np.linalg.qr(a, "complete")[0]), (TALL,), LinAlgError),
    (total(lambda a: np.linalg.qr(a, "raw")[0]), (TALL,), NotImplementedError),
]
SPECIAL: list[tuple[Any, ...]] = []
if importlib.util.find_spec("scipy") is not None:
    import scipy.special as sc

    SPECIAL += [
        (sc.powm1, (2.0, 0.0), (0.0, np.log(2))),
        (sc.powm1, (0.0, 2.0), (0.0, 0.0)),
        (sc.powm1, (0.0, 0.0), (0.0, 0.0)),
    ]
EDGES: list[tuple[Any, ...]] = [(f, (x,), (expected,)) for f, x, expected in KINKS + SUBGRADIENTS]
EDGES += ELEMENTWISE + REDUCED + MATRICES + SPECIAL


def arrays(args):
    return tuple(np.array(x, dtype=np.result_type(*np.ravel(x), float))[()] for x in args)


def ops_of(f, args):
    """Return the ops that a function of Tensors records."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = f(*map(Tensor, arrays(args)))
    return {id(node.op) for node in order([result])[0] if node.op is not None}


def fault_at(f, args, expected):
    """Return how the gradients of a function differ from the expected ones, or None."""
    args = arrays(args)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice")
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                found = ag.grad(f, range(len(args)))(*args)
        except (LinAlgError, NotImplementedError, FloatingPointError) as error:
            return None if expected is type(error) else str(error)
    if expected is FINITE:
        return None if all(np.all(np.isfinite(g)) for g in found) else f"not finite: {found}"
    if isinstance(expected, type):
        return f"expected {expected.__name__}"
    for g, right in zip(found, expected, strict=True):
        if not np.allclose(g, np.broadcast_to(right, np.shape(g)), rtol=1e-13, atol=1e-14, equal_nan=True):
            return f"expected {right}, got {g}"
    return None

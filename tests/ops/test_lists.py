"""Lists that hold Tensors beside Tensors, or given to ops: what NumPy does with lists of numbers."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Tensor
from autograd_lite.ops import table

CALLS = {
    "operator": lambda a, b, v: v[:2] + [a, 1.0],
    "reflected operator": lambda a, b, v: [2.0, b, 1] * v,
    "nested": lambda a, b, v: v[:2] @ [[a, 1.0], (b, a)],
    "list of vectors": lambda a, b, v: [v, 2 * v] - v,
    "ufunc": lambda a, b, v: np.add(v, [[a], [b]]),
    "ufunc, list first": lambda a, b, v: np.arctan2([a, b, 1.0], v),
    "power": lambda a, b, v: np.power([1.5, 2.0, a + 3], v),
    "where": lambda a, b, v: np.where([True, False, True], [a, b, 1.0], v),
    "dot": lambda a, b, v: np.dot([v, [a, b, 1.0]], v),
    "matmul": lambda a, b, v: np.matmul([[a, b, 1.0]], v),
    "inner": lambda a, b, v: np.inner([a, b, a], v),
    "outer": lambda a, b, v: np.outer([a, b], v),
    "kron": lambda a, b, v: np.kron([a, b], v),
    "cross": lambda a, b, v: np.cross([a, b, 1.0], v),
    "einsum": lambda a, b, v: np.einsum("i,j->ij", [a, b], v),
    "append": lambda a, b, v: np.append(v, [a, 1.0]),
    "append, list first": lambda a, b, v: np.append([[a], [b]], v),
    "append, axis": lambda a, b, v: np.append(v[None], [[a, b, 1.0]], axis=0),
    "insert": lambda a, b, v: np.insert(v, [0, 2], [a, b]),
    "concatenate": lambda a, b, v: np.concatenate([[a, b], v, [1.0]]),
    "stack": lambda a, b, v: np.stack([[a, b, 1.0], v]),
    "vstack": lambda a, b, v: np.vstack([[a, b, 1.0], v]),
    "hstack": lambda a, b, v: np.hstack(([a, b], v)),
    "column_stack": lambda a, b, v: np.column_stack([v, [a, b, 1.0]]),
    "interp": lambda a, b, v: np.interp(v, [-10.0, 10.0], [a, b]),
    "clip": lambda a, b, v: np.clip(v, [a - 5, a - 5, a - 5], 1.0),
    "average": lambda a, b, v: np.average(v, weights=[2 + a * a, 3.0, b * b]),
    "convolve": lambda a, b, v: np.convolve(v, [a, b]),
    "polyval": lambda a, b, v: np.polyval([a, b], v),
    "linspace": lambda a, b, v: np.linspace([a, b, a], v, 3),
    "diff": lambda a, b, v: np.diff(v, prepend=[a, b]),
    "choose": lambda a, b, v: np.choose([0, 1, 0], [v, [a, b, 1.0]]),
    "select": lambda a, b, v: np.select([v > 0, v < -0.5], [[a, b, 1.0], v]),
    "block": lambda a, b, v: np.block([[a, v], [v, b]]),
    "quantities of two kinds": lambda a, b, v: v + [a, np.float32(1), 2],
}
OURS = {  # to which NumPy's own does not come, since it finds no Tensor among its arguments
    "sum": lambda np, a, b, v: np.sum([a, 2 * b]),
    "sum of vectors": lambda np, a, b, v: np.sum([v, 2 * v], axis=0),
    "mean": lambda np, a, b, v: np.mean([v, [a, b, 1.0]], axis=1, keepdims=True),
    "max": lambda np, a, b, v: np.max([a, b, 0.1]),
    "prod": lambda np, a, b, v: np.prod((a, b)),
    "std": lambda np, a, b, v: np.std([a, b]),
    "median": lambda np, a, b, v: np.median([a, b, 1.0]),
    "sort": lambda np, a, b, v: np.sort([a, b, 1.0]),
    "cumsum": lambda np, a, b, v: np.cumsum([a, b, 1.0]),
    "exp": lambda np, a, b, v: np.exp([a, b]),
    "outer": lambda np, a, b, v: np.outer([a, b], [a, 1.0]),
    "reshape": lambda np, a, b, v: np.reshape([a, b, 1.0, 2.0], (2, 2)),
    "diagonal": lambda np, a, b, v: np.diagonal([[a, b], [b, a]]),
    "diag": lambda np, a, b, v: np.diag([a, b]),
    "append": lambda np, a, b, v: np.append([a], [b]),
}
HERE = {**CALLS, **{f"{name}, ours": lambda *args, f=f, np=ag: f(np, *args) for name, f in OURS.items()}}
PLAIN = {**CALLS, **{f"{name}, ours": lambda *args, f=f: f(np, *args) for name, f in OURS.items()}}
ARGS = np.float64(0.7), np.float64(-1.3), np.array([0.4, -0.9, 1.6])


@pytest.mark.parametrize("name", HERE)
def test_a_list_that_holds_tensors_is_an_array(name):
    expected, found = PLAIN[name](*map(np.asarray, ARGS)), HERE[name](*map(Tensor, ARGS))
    assert type(found) is Tensor
    assert found.shape == np.shape(expected)
    assert found.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found.value, expected, rtol=1e-14)
    ag.check_grads(HERE[name], *ARGS)


def test_norm_of_a_list():
    np.testing.assert_allclose(ag.norm([Tensor(3.0), Tensor(4.0)]).value, 5.0)


@pytest.mark.parametrize("call", [lambda t: ag.sum([t, [t, t]]), lambda t: np.ones(2) * t + [t, [1.0, 2.0]]])
def test_ragged_lists_are_refused(call):
    with pytest.raises(ValueError, match="same shape"):
        call(Tensor(1.0))


def test_a_list_is_refused_what_a_tensor_is():
    with pytest.raises(TypeError, match=r"sum\(\) of a Tensor does not take 'out='"):
        table["sum"]([Tensor(1.0), 2.0], out=np.zeros(()))
    with pytest.raises(TypeError, match="expected numbers beside a Tensor"):
        _ = Tensor(1.0) + [None, Tensor(1.0)]


def test_ops_without_a_numpy_function_take_lists_as_they_are():
    @ag.op
    def total(parts):
        return parts[0] * len(parts)

    assert total([Tensor(1.5), Tensor(np.ones(3))]).value == 3.0

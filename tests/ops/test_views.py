"""What an op of Tensors gives is a view where NumPy's is one, and a copy elsewhere: assignments depend on it."""

import numpy as np
import pytest

from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops import table
from autograd_lite.ops.samples import samples_of

IS_2_1 = np.lib.NumpyVersion(np.__version__) >= "2.1.0"
CALLS = [  # of a matrix x whose samples in the table do not tell, or methods
    *("x.flatten()", "x.ravel()", "x.T.ravel()", "np.ravel(x[0, ::-1])", "np.ravel(x[:, 1])", "x[0, ::2].reshape(-1)"),
    *("np.ravel(x, order='F')", "np.ravel(x.T, order='F')", "x.T.reshape(-1)", "x.T.reshape(3, 2)", "x.reshape(2, 3)"),
    *("x.astype(float)", "x.copy()", "x.squeeze()", "x.round(1)", "+x", "x.real"),
    *(["x.clip(None, None)", "np.unstack(x)[0]"] if IS_2_1 else ()),
    *("x.repeat(1)", "np.repeat(x, 1, axis=0)", "np.tile(x, 1)", "np.tile(x, (1, 1, 1))"),
    *("np.resize(x, (2, 3))", "np.block(x)", "np.block([x])", "np.concatenate([x])", "np.vstack([x])", "np.stack([x])"),
    *("np.meshgrid(x[0])[0]", "np.meshgrid(x[0], x[1], copy=False)[1]", "np.meshgrid(x[0], sparse=True)[0]"),
    *("np.broadcast_arrays(x, x)[0]", "np.atleast_1d(x)", "np.atleast_3d(x)", "np.ix_(x[0])[0]", "np.sum(x, axis=())"),
    *("np.polydiv(x[0, :1], x[1])[1]", "np.roll(x, 0)", "np.pad(x, 0)", "np.diff(x, n=0)", "np.nan_to_num(x)"),
    *("x[...]", "x[()]", "x[None]", "x[..., 0]", "x[[0, 1]]", "x[x > -9]", "x[0, ...]", "np.take(x, [0, 1], axis=0)"),
    *(
        "np.where(True, x, 0)",
        "np.select([x > -9], [x])",
        "np.compress([True, True], x, axis=0)",
        "np.delete(x, [], 0)",
    ),
    *("np.split(x, 2)[0]", "np.trim_zeros(x[0] + 1)", "np.moveaxis(x, 0, 0)", "np.rot90(x, 0)"),
]


def is_array(x):
    return isinstance(x, np.ndarray) and x.ndim > 0 and x.size > 0 and x.dtype.kind in "fc"


def shares(outputs, inputs):
    """Return which outputs that are arrays share memory with an input."""
    given = [raw(x) for x in inputs if is_array(raw(x))]
    return [any(np.shares_memory(raw(z), x) for x in given) for z in outputs if is_array(raw(z))]


ROWS = [
    pytest.param(row, row.numpy, id=name)
    for name, row in table.items()
    if row.numpy not in (None, np.astype)  # whose dtype has no keyword
    and (IS_2_1 or row.numpy is not np.reshape)  # whose shape has another one
]


@pytest.mark.parametrize(("row", "function"), ROWS)
def test_samples(row, function):
    for sample in samples_of(row):
        rng = np.random.default_rng(0)
        inputs, rebuild = trees.flatten([draw(rng) for draw in sample.inputs])
        tensors = [Tensor(x) if is_array(x) else x for x in inputs]
        both = []
        for leaves in (inputs, tensors):
            args = [rebuild(leaves)] if row.spread else rebuild(leaves)
            both.append(shares(trees.flatten(function(*args, **sample.params))[0], leaves))
        assert both[0] == both[1], (sample.params, tensors)


@pytest.mark.parametrize("call", CALLS)
def test_calls(call):
    x = np.arange(6.0).reshape(2, 3)
    found, expected = (shares([eval(call, {"np": np, "x": given})], [given]) for given in (Tensor(x), x))
    assert found == expected

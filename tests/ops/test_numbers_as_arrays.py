"""What NumPy lets an axis of a number, or of a vector, be: a Tensor of a number takes it, too."""

import numpy as np
import pytest

import autograd_lite as ag

CALLS = [
    *("np.transpose(x, ())", "np.repeat(x, 3, axis=0)", "np.repeat(x, [3], axis=-1)", "x.repeat(2, 0)"),
    *("np.take(x, 0, axis=0)", "np.take(x, [0, 0], axis=-1)", "np.take(x, [5], axis=-1, mode='wrap')", "x.take(0, 0)"),
    *("np.compress([True], x, axis=0)", "np.compress([True], x, axis=-1)", "x.compress([False], axis=0)"),
    *("np.roll(x, 1)", "np.flip(x, ())", "np.sort(x, axis=None)", "np.cumsum(x, axis=0)", "np.cumprod(x, axis=-1)"),
    *("np.sum(x, axis=0)", "np.max(x, axis=-1)", "np.squeeze(x, axis=0)", "np.delete(x, [])", "np.insert(x, 0, 1.0)"),
    *("np.append(x, 1.0)", "np.median(x, axis=0)", "np.diff(x)", "np.sort(x, axis=0)", "np.delete(x, 0, axis=0)"),
    *("np.insert(x, 0, 1.0, axis=0)", "np.repeat(x, 2, axis=1)", "np.take(x, 0, axis=1)", "np.flip(x, 0)"),
]
VECTORS = [
    *("np.transpose(x, 0)", "np.transpose(x, -1)", "np.transpose(x, (0,))", "np.permute_dims(x, 0)", "x.transpose(-1)"),
    *("np.transpose(x, 1)", "np.transpose(x, [0])", "np.repeat(x, 2, axis=1)", "np.delete(x, 1, axis=2)"),
]
if not hasattr(np, "permute_dims"):
    VECTORS.remove("np.permute_dims(x, 0)")


def attempt(call, x):
    """Return what a call gives, or the type of the error that it raises."""
    try:
        return eval(call, {"np": np, "x": x})
    except (ValueError, IndexError) as error:
        return type(error)


@pytest.mark.parametrize(
    ("call", "x"),
    [*((call, np.float64(1.7)) for call in CALLS), *((call, np.array([1.5, -2.0, 0.25])) for call in VECTORS)],
)
def test_as_numpy(call, x):
    expected, found = attempt(call, x), attempt(call, ag.Tensor(x))
    if isinstance(expected, type):
        assert found is expected
        return
    assert found.shape == np.shape(expected)
    np.testing.assert_array_equal(found.value, expected)
    ag.check_grads(lambda x: eval(call, {"np": np, "x": x}), x)

"""Every row of the op table on arrays that are never converted: values, gradients and second derivatives.

They stand for CuPy's, where there is no GPU. What is expected comes from NumPy's arrays, to the last bit.
"""

import zlib

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.trees import flatten, map_tree
from autograd_lite.testing.cases import Case, apply, is_inexact
from tests.support.calls import CALLS, ROWS, on_calls
from tests.support.device import DeviceArray, to_device
from tests.support.device_rows import ROUNDED, TOO_LITTLE

ULPS = 16


def found_and_expected(row, call):
    """Return value, gradient and a second derivative of a call, of arrays on the device and of NumPy's."""
    case = Case(apply(row), call.draw(np.random.default_rng(zlib.crc32(row.name.encode()))), call.params)
    constants = [to_device(x) for x in case.all]
    params = map_tree(to_device, dict(call.params))

    def there(*leaves):
        full = list(constants)
        for place, x in zip(case.places, leaves, strict=True):
            full[place] = x
        found = flatten(apply(row)(*case.rebuild(full), **params))[0]
        return [z for z, before in zip(found, case.outputs, strict=True) if is_inexact(before)]

    leaves, cotangents = ([to_device(np.asarray(x)) for x in xs] for xs in (case.leaves, case.cotangents))
    return derivatives(there, leaves, cotangents), derivatives(case.moved, case.leaves, case.cotangents)


def derivatives(f, leaves, cotangents):
    """Return what f gives, its cotangents, and those of the sum of all of their elements."""

    def gradient(*leaves):
        return list(ag.vjp(f, *leaves)[1](cotangents))

    value, pull = ag.vjp(f, *leaves)
    gradients = list(pull(cotangents))
    return [*value, *gradients, *ag.vjp(gradient, *leaves)[1](list(map(np.ones_like, gradients)))]


def excused(name, op):
    return TOO_LITTLE.get(name) or TOO_LITTLE.get(op)


TAKEN = {name: call for name, call in CALLS.items() if not excused(name, call[0].name)}
exact = on_calls({name: call for name, call in TAKEN.items() if call[0].name not in ROUNDED})


@exact
def test_the_same_to_the_last_bit(row, call):
    DeviceArray.refusals.clear()
    for z, expected in zip(*found_and_expected(row, call), strict=True):
        assert type(z) is DeviceArray
        assert z.dtype == expected.dtype
        np.testing.assert_array_equal(z.get(), expected, strict=True)
    assert DeviceArray.refusals == []


@pytest.mark.parametrize("op", ROUNDED)
def test_the_same_but_for_rounding(op):
    others = []
    for row, call in (call for call in TAKEN.values() if call[0].name == op):
        for z, expected in zip(*found_and_expected(row, call), strict=True):
            assert type(z) is DeviceArray
            scale = np.spacing(np.max(np.abs(expected), initial=1.0))
            np.testing.assert_allclose(z.get(), expected, rtol=0, atol=ULPS * scale)
            others.append(not np.array_equal(z.get(), expected, equal_nan=True))
    assert any(others), f"the same to the last bit: leave {op} out of ROUNDED"


@pytest.mark.parametrize("name", TOO_LITTLE)
def test_what_other_libraries_lack_is_an_error_that_names_the_op(name):
    calls = [call for key, call in CALLS.items() if key == name or call[0].name == name]
    assert calls
    for row, call in calls:
        with pytest.raises((TypeError, NotImplementedError)) as raised:
            found_and_expected(row, call)
        said = " ".join([str(raised.value), *getattr(raised.value, "__notes__", [])])
        assert row.name.replace("percentile", "quantile") in said  # which it is written with


def test_nearly_all_rows_run():
    missing = {name.rpartition("-")[0] or name for name in TOO_LITTLE}
    assert len(missing) < 0.05 * len(ROWS)

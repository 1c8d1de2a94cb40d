"""Arrays that a record needs: changed before the backward pass, the gradient is right, or an error names them."""

import gc
import threading

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import protection

SIZES = {"small": 3, "middling": 1_000, "large": 20_000}
TRANSFORMS = {
    "grad": lambda f, x: ag.grad(f)(x),
    "value_and_grad": lambda f, x: ag.value_and_grad(f)(x)[1],
    "vjp": lambda f, x: ag.vjp(f, x)[1](np.float64(1.0))[0],
    "jacobian": lambda f, x: ag.jacobian(f)(x),
    "nested": lambda f, x: ag.grad(lambda y: np.sum(ag.grad(f)(y) * y))(x),
    "trace": lambda f, x: (program := ag.trace(f, x))[program.gradients["x"]].value,
}


def is_writeable(x):
    return x.flags.writeable


def used_and_changed(kind, size):
    """Return a function that changes an array after its use, its gradient, and the user's arrays."""
    buffer, row = np.full(size, 2.0), np.full((2, size), 2.0)
    earlier = row[0]
    places, mask = np.arange(size), np.full(size, True)

    def f(x):
        if kind == "buffer":
            y = np.sum(x * buffer)
            buffer[:] = 5.0
            return y
        if kind == "base":
            y = np.sum(x * row[0])
            row[0] = 5.0
            return y
        if kind == "earlier view":
            y = np.sum(x * row[0])
            earlier[:] = 5.0
            return y
        if kind == "index":
            y = np.sum(x[places] * 2.0)
            places[:] = 0
            return y
        if kind == "mask":
            y = np.sum(np.where(mask, 2.0 * x, 0.0))
            mask[:] = False
            return y
        y = np.sum(np.take(x, places) * 2.0)  # a parameter
        places[:] = 0
        return y

    return f, np.full(size, 2.0), [buffer, row, earlier, places, mask]


KINDS = ("buffer", "base", "earlier view", "index", "mask", "parameter")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_changed_after_use(transform, kind, size):
    n = SIZES[size] if transform not in ("jacobian", "trace") else min(SIZES[size], 20_000)
    f, expected, arrays = used_and_changed(kind, n)
    try:
        gradient = TRANSFORMS[transform](f, np.ones(n))
    except RuntimeError as error:
        message = str(error)
        assert "before the backward pass" in message
        assert f"shape ({n},)" in message or f"shape (2, {n})" in message
        assert __file__ in message
        assert any(op in message for op in ("multiply", "getitem", "where", "take"))
        assert size != "small" or transform == "trace"  # a small one is copied: the gradient is right
    else:
        if transform != "trace":
            np.testing.assert_array_equal(gradient, expected)
    gc.collect()
    assert all(array.flags.writeable for array in arrays)


@pytest.mark.parametrize("size", SIZES)
def test_the_argument_of_vjp_changed_before_back(size):
    x = np.full(SIZES[size], 3.0)
    back = ag.vjp(np.square, x)[1]
    x[:] = 0.0
    np.testing.assert_array_equal(back(np.ones(x.size))[0], 6.0)


@pytest.mark.parametrize("size", SIZES)
def test_the_argument_itself_changed_by_the_function(size):
    x = np.full(SIZES[size], 3.0)

    def f(t):
        x[0] = 7.0
        return np.sum(t * t)

    if size == "large":
        with pytest.raises(RuntimeError, match=r"'x', an array of shape \(20000,\).*an argument of f\(\)"):
            ag.grad(f)(x)
    else:
        np.testing.assert_array_equal(ag.grad(f)(x), 6.0)
    assert is_writeable(x)


def test_what_no_rule_reads_may_be_changed():
    buffer = np.ones(20_000)

    def f(x):
        y = x + buffer
        buffer[:] = 9.0
        return np.sum(y * y)

    np.testing.assert_array_equal(ag.grad(f)(np.ones(20_000)), 4.0)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_arrays_are_writeable_after_an_exception(error):
    data, x = np.ones((3, 20_000)), np.ones(20_000)

    def f(t):
        np.sum(t * data[1])
        raise error("not ours")

    with pytest.raises(error, match="not ours"):
        ag.grad(f)(x)
    assert is_writeable(data)
    assert is_writeable(x)


def test_arrays_of_the_user_that_were_read_only_stay_so():
    base = np.ones(40_000)
    view = base[::2]
    base.flags.writeable = False
    ag.grad(lambda t: np.sum(t * view))(np.ones(20_000))
    ag.grad(lambda t: np.sum(t * base[1:20_001]))(np.ones(20_000))
    assert is_writeable(view)
    assert not is_writeable(base)


def test_an_array_stays_locked_as_long_as_any_thread_needs_it():
    data, x = np.ones(20_000), np.ones(20_000)
    used, done = threading.Event(), threading.Event()

    def slow(t):
        y = np.sum(t * data)
        used.set()
        done.wait(30)
        return y

    thread = threading.Thread(target=ag.grad(slow), args=(x,))
    thread.start()
    used.wait(30)
    ag.grad(lambda t: np.sum(t * data))(x)
    assert not is_writeable(data)
    done.set()
    thread.join()
    gc.collect()
    assert is_writeable(data)
    assert not protection._families


def test_a_middling_array_used_again_and_again_is_not_copied_again():
    data, x = np.ones(1_000), np.ones(1_000)
    held: list[np.ndarray] = []

    def f(t):
        held.extend((t * data).inputs[1] for _ in range(5))
        return np.sum(t)

    ag.grad(f)(x)
    assert held[0] is not data
    assert all(array is data for array in held[1:])


def test_lists_among_parameters():
    index = [0, 2]

    def f(x):
        y = np.sum(x[index])
        index[0] = 1
        return y

    np.testing.assert_array_equal(ag.grad(f)(np.ones(3)), [1.0, 0.0, 1.0])

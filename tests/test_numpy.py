"""NumPy's namespace for programs that fill arrays: what makes arrays makes recordable ones inside a transform."""

import math
import pickle
import subprocess
import sys
from typing import Any

import numpy
import pytest

import autograd_lite as ag
import autograd_lite.numpy as np
import autograd_lite.numpy.fft as npf
import autograd_lite.numpy.linalg as npla
import autograd_lite.numpy.random as npr
from autograd_lite.core.tensor import Tensor
from autograd_lite.numpy.linalg import norm
from autograd_lite.numpy.makers import joiners, table

DATA = numpy.arange(6.0).reshape(2, 3)
T = numpy.array([0.5, -1.5, 2.0])
CALLS = [  # of functions that make arrays; each result is new
    *("np.zeros((2, 3))", "np.ones(3)", "np.full((2,), 0.5)", "np.eye(3, 2)", "np.identity(2)", "np.tri(3)"),
    *("np.zeros_like(DATA)", "np.ones_like(DATA)", "np.full_like(DATA, 2.5)", "np.copy(DATA)", "np.array(DATA)"),
    *("np.arange(0.0, 1.0, 0.25)", "np.linspace(0, 1, 5)", "np.linspace(0, 1, 5, retstep=True)[0]"),
    *("np.logspace(0, 1, 5)", "np.geomspace(1, 8, 4)", "np.meshgrid([0.0, 1.0], [2.0])[0]", "np.array(2.5)"),
    *("np.array([[1.0, 2.0], [3.0, 4.0]])", "np.array([1.0, 2.0], ndmin=3)", "np.array([1, 2], dtype=np.float32)"),
    *("np.asarray([1.0, 2.0])", "np.asarray((1, 2), float)", "np.asanyarray([1.0])", "np.asarray_chkfinite([1.0])"),
    *("np.ascontiguousarray(DATA[:, 1])", "np.asfortranarray(DATA)", "np.require([1.0], requirements='C')"),
    *("np.fromfunction(lambda i, j: i + j, (2, 3))", "np.fromiter((k / 2 for k in range(3)), float)"),
    *("np.diag([1.0, 2.0])", "np.diagflat([[1.0, 2.0]])", "np.tril(DATA)", "np.triu(DATA)", "np.vander([1.0, 2.0])"),
    *("np.zeros(2, complex)", "np.full(2, 1j)", "np.ones(2, 'f')", "np.astype(numpy.arange(3), float)"),
]
PLAIN = [  # of those, calls whose results stay arrays inside a transform: integers, booleans, and what is not new
    *(
        "np.arange(3)",
        "np.array([1, 2])",
        "np.zeros(3, bool)",
        "np.ones_like([1, 2])",
        "np.array(['a'])",
        "np.asarray(3)",
    ),
    *("np.asarray(DATA)", "np.asanyarray(DATA)", "np.ascontiguousarray(DATA)", "np.array(DATA, copy=None, ndmin=3)"),
    *("np.diag(DATA)", "np.meshgrid(T, copy=False)[0]", "np.astype(DATA, float, copy=False)", "np.require(DATA)"),
    *("np.asanyarray(numpy.ma.array([1.0]))", "np.fromiter(range(3), int)"),
]
OF_TENSORS = [  # calls with the Tensor t; each result is a Tensor
    *("np.array([t[0], 2 * t[1]])", "np.array([[t[0], 1.0], [0.0, t[1]]])", "np.array((t, DATA[0], [1, 2, t[2]]))"),
    *("np.array([t[0], t[1]], dtype=np.float32)", "np.array([t[0], 1], ndmin=3)", "np.array(t)", "np.array(t[0])"),
    *("np.array([[[t[0]], [t[1]]]])", "np.asarray([t, t])", "np.array(t, dtype='f')", "np.array([t], complex)"),
    *("np.full((2, 3), t[0])", "np.full((2, 3), t)", "np.full(2, t[0], 'f')", "np.full_like(DATA, t)", "np.copy(t)"),
    *("np.fromiter((x * k for k, x in enumerate(t)), float)", "np.fromiter(iter(t), float, 2)", "np.array(t, ndmin=2)"),
    *(
        "np.linspace(t[0], t[1], 4)",
        "np.diag(t)",
        "np.meshgrid(t, DATA[0])[0]",
        "np.fromfunction(lambda i: t[i], (3,), dtype=int)",
    ),
    *(
        "np.ascontiguousarray(t[0])",
        "np.asfortranarray(t)",
        "np.require(t)",
        "np.asarray(t, order='F')",
        "np.vander(t)",
    ),
    *("np.zeros_like(t)", "np.ones_like(t)", "np.full_like(t, 2.0)", "np.array([t[0], t[1]], order='F')"),
]


def run(call, **variables):
    return eval(call, {"np": np, "numpy": numpy, "DATA": DATA, "T": T, **variables})


def inside(call):
    """Return what a call gives inside a transform."""
    found = []

    def f(t):
        found.append(run(call, t=t))
        return t[0]

    ag.grad(f)(T)
    return found[0]


def assert_same(found, expected):
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    numpy.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("call", [*CALLS, *PLAIN])
def test_outside_of_transforms_it_is_numpy(call):
    found, expected = run(call), run(call, np=numpy)
    assert type(found) is type(expected)
    assert_same(found, expected)


@pytest.mark.parametrize("call", CALLS)
def test_new_real_arrays_are_recordable_inside_a_transform(call):
    found = inside(call)
    assert type(found) is Tensor
    assert_same(found.value, run(call, np=numpy))


@pytest.mark.parametrize("call", PLAIN)
def test_other_arrays_stay_as_they_are(call):
    found, expected = inside(call), run(call, np=numpy)
    assert type(found) is type(expected)
    assert_same(found, expected)


@pytest.mark.parametrize("call", OF_TENSORS)
def test_arrays_of_tensors(call):
    """They hold what NumPy's do, inside of transforms and outside, and they are differentiated."""
    expected = numpy.asarray(run(call, t=T))
    for found in (inside(call), run(call, t=Tensor(T))):
        if type(found) is Tensor:
            assert_same(numpy.asarray(found.value), expected)
        else:  # outside, what is made after the shape of a Tensor alone
            assert "_like(t" in call
    function = lambda t: np.sum(np.abs(run(call, t=t)) ** 2)  # noqa: E731
    single = expected.dtype == numpy.float32
    if not single:
        ag.check_grads(function, T)
    value, rounding = ag.value_and_grad(function)(T)[0], 1e-5 if single else 1e-13
    numpy.testing.assert_allclose(value, numpy.linalg.norm(expected) ** 2, rounding)


@pytest.mark.parametrize("call", ["np.asarray(t)", "np.asanyarray(t)", "np.array(t, copy=None)", "np.asarray(t[0])"])
def test_what_is_an_array_already_is_not_copied(call):
    def f(t):
        x = t[0] if "[0]" in call else t
        assert run(call.replace("t[0]", "x"), t=t, x=x) is x
        return t[0]

    ag.grad(f)(T)


@pytest.mark.parametrize("call", ["np.array([t[2], 7.9], dtype=int)", "np.asarray(t, bool)", "np.astype(t, int)"])
def test_a_cast_to_integers_is_an_error(call):
    with pytest.raises(TypeError, match=r"of a Tensor has no derivative; use \.value for a constant"):
        inside(call)


@pytest.mark.parametrize("call", ["np.empty((2, 3))", "np.empty_like(DATA)", "np.empty_like(t)"])
def test_what_nobody_has_filled_is_zero_inside_a_transform(call):
    """What happens to lie in memory may be NaN, and `ag.debug` would stop there."""
    assert not numpy.any(inside(call).value)
    assert run(call, t=T).shape == inside(call).shape


def test_a_ragged_list_is_an_error():
    with pytest.raises(ValueError, match="same shape"):
        ag.grad(lambda t: np.sum(np.array([t, t[:2]])))(T)


def test_what_is_stored_is_differentiated():
    def f(x, w):
        out = np.zeros((2, 3))
        for i in range(2):
            for j in range(3):
                out[i, j] = np.sum(x[i] * w[j:])
        return np.sum(out**2)

    ag.check_grads(lambda x, w: f(x, w) if type(x) is Tensor else f(x.copy(), w), numpy.ones(2), T)


def test_namespaces_of_nested_transforms():
    def inner(x, y):
        out = np.ones(2)
        out[0] = x * y
        return np.sum(out**3)

    assert ag.grad(lambda y: ag.grad(inner)(2.0, y) * 1.0)(3.0) == pytest.approx(9 * 4 * 9)


def test_constants_of_a_program_are_written_as_they_are_made():
    def f(x):
        out = np.zeros((40, 2))
        out[:, 0] = x * np.linspace(0, 1, 40)
        out[:, 1] = np.eye(40) @ np.full(40, x)
        return np.sum(out)

    source = ag.source(f, 2.0)
    for text in (
        "np.zeros((40, 2))",
        "np.linspace(0, 1, 40)",
        "np.eye(40)",
        "np.full(40, x)",
        "def f_and_gradient(x):",
    ):
        assert text in source, text
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    numpy.testing.assert_allclose(namespace["f_and_gradient"](2.0), ag.value_and_grad(f)(2.0))


@pytest.mark.parametrize("read", [ag.source, ag.explain, ag.trace])
def test_a_result_that_is_constant_is_an_error(read):
    with pytest.raises(TypeError, match=r"expected constant_of\(\) to return a result that depends on its arguments"):
        read(constant_of, 2.0)


def constant_of(x):
    return np.sum(np.linspace(0, 1, 4))


def test_a_program_of_it_is_verified():
    def f(x):
        out = np.empty(3)
        out[:2] = x
        out[2] = np.sum(x)
        return np.sum(out**2)

    assert ag.verify(f, lambda x: 2 * x + 2 * numpy.sum(x), T[:2])
    assert not ag.verify(f, lambda x: 2 * x + numpy.sum(x), T[:2])


def test_debug_finds_nothing_in_what_is_not_filled():
    def f(x):
        out = np.empty(1_000)
        out[:] = x
        return np.sum(out)

    with ag.debug():
        assert ag.grad(f)(1.0) == 1_000


# The namespace


def test_the_names_are_those_of_numpy():
    assert dir(np) == dir(numpy)
    assert np.__all__ == numpy.__all__
    starred: dict[str, object] = {}
    exec("from autograd_lite.numpy import *", starred)
    assert starred.keys() - {"__builtins__"} == set(numpy.__all__)


def test_all_but_the_makers_is_numpys_own():
    changed = {name for name in numpy.__all__ if getattr(np, name) is not getattr(numpy, name)}
    assert changed == {*table, *joiners}
    assert np.ma is numpy.ma
    assert npla is np.linalg is numpy.linalg
    assert npr is numpy.random
    assert npf is numpy.fft
    assert norm is numpy.linalg.norm


@pytest.mark.parametrize("name", table)
def test_a_maker_looks_like_numpys(name):
    made, expected = getattr(np, name), getattr(numpy, name)
    assert (made.__name__, made.__doc__) == (expected.__name__, expected.__doc__)
    assert pickle.loads(pickle.dumps(made)) is made


def test_a_name_that_numpy_has_not_is_numpys_error():
    with pytest.raises(AttributeError, match="module 'numpy' has no attribute 'zeroes'"):
        np.zeroes  # noqa: B018


def test_the_package_alone_does_not_import_it():
    use = "import sys, autograd_lite; sys.exit('autograd_lite.numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", use], check=False).returncode == 0


JOINED = [  # of t, and an element u of it
    *("np.r_[t, 1.0, u]", "np.r_[t]", "np.r_[u, 0:3, t]", "np.r_[[u, 2.0], t]", "np.r_['0,2', t, t * u]"),
    *("np.r_['-1', t[None], [[u, 1.0]]]", "np.r_['0,2,0', t, [u, u]]", "np.r_[0:1:4j, u]", "np.r_[np.array(u), 3]"),
    *("np.c_[t, t * u]", "np.c_[t, [1.0, u, 2.0]]", "np.c_[t[:, None], 0:3]", "np.c_[np.stack([t, t]), [1, 2]]"),
]


@pytest.mark.parametrize("call", JOINED)
def test_joining_by_an_index(call):
    def f(t):
        return run(call, t=t, u=t[1])

    expected = eval(call, {"np": numpy, "t": T, "u": T[1]})
    assert type(f(ag.Tensor(T))) is ag.Tensor
    numpy.testing.assert_array_equal(f(ag.Tensor(T)).value, expected)
    ag.check_grads(f, T)


def test_what_is_joined_of_numbers_takes_stores_inside_a_transform():
    def f(x):
        out = np.r_[0.0, 1:3]
        out[1] = x * x
        return np.sum(out)

    assert ag.grad(f)(3.0) == 6.0
    assert type(np.r_[0.0, 1.0]) is type(np.c_[0.0, 1.0]) is numpy.ndarray


# Constants among code that knows nothing of Tensors


def pairs(x):
    return sum(float(step) * x for step in np.linspace(0, 1, 3))


def drawn(x):
    return x * numpy.random.default_rng(0).multivariate_normal(np.zeros(2), np.eye(2))[0]


def plain(x):
    buffer = numpy.zeros(2)
    buffer[:] = np.full(2, 0.5) * 2.0
    return x * np.sum(buffer) + math.sqrt(np.ones(2)[0])


@pytest.mark.parametrize("function", [pairs, drawn, plain])
def test_a_constant_becomes_plain_numbers_where_it_has_to(function):
    expected = function(2.0)
    value, slope = ag.value_and_grad(function)(2.0)
    assert value == pytest.approx(expected)
    assert slope == pytest.approx(function(2.5) - function(1.5))
    assert "_and_gradient" in ag.source(function, 2.0)


@pytest.mark.parametrize("call", ["float(out[0])", "numpy.array(out)", "numpy.zeros(2).__setitem__(0, out[0])"])
def test_what_is_differentiated_does_not(call):
    def f(x):
        out = np.zeros(2)
        out[0] = x
        return eval(call, {"numpy": numpy, "out": out})

    with pytest.raises(TypeError, match="gradient"):
        ag.grad(f)(2.0)


@ag.op
def squares(x):
    out = np.empty(x.shape)
    for i in range(len(x)):
        out[i] = x[i] ** 2
    return out


@squares.vjp
def _(g, z, x):
    out = np.zeros(x.shape)
    out += 2 * g * x
    return out


def test_the_forward_and_the_rule_of_an_op_may_fill_arrays():
    ag.check_grads(lambda x: np.sum(squares(x) ** 2), T)
    assert type(ag.grad(lambda x: np.sum(squares(x)))(T)) is numpy.ndarray


def test_the_forward_of_an_op_may_not_close_over_what_is_differentiated():
    def f(t):
        @ag.op
        def scaled(x):
            out = np.zeros(x.shape)
            out[:] = x * t
            return out

        scaled.vjp(lambda g, z, x: g * t)
        return np.sum(scaled(T * t))

    with pytest.raises(TypeError, match="op 'scaled' returned Tensor"):
        ag.grad(f)(2.0)

"""Programs on XLA, by way of JAX: every op of the table beside the record, and what stays on the device."""

import copy
import dataclasses
import pickle
import sys
from typing import Any

import jax
import numpy as np
import pytest

import autograd_lite as ag
import autograd_lite.numpy as anp
from autograd_lite.core import trees
from autograd_lite.numerical import close
from autograd_lite.testing.random_programs import random_program
from tests.support.calls import CALLS, ROWS
from tests.support.compiling import (
    NOISE,
    called,
    differentiable,
    drawn,
    gradients,
    in_single_precision,
    leaves_of,
    quietly,
    same,
)
from tests.support.sampling import in_sample, sampled

REFUSED = {
    "lstsq": "that there are no residuals follows from the values",
    "nanquantile": "JAX has some methods alone where it leaves NaN out",
    "partition": "NumPy leaves the order within a part open",
}
"""The ops of which a call does not run on XLA, or gives something else, and why."""


def on_xla(f, *args, compiled=None, tolerance=0.0):
    """Assert that a function gives on XLA what it gives, to rounding; return it compiled."""
    return quietly(same, f, *args, compiled=compiled or ag.compile(f, backend="jax"), tolerance=tolerance)


# --- the op table


def runs(f, *inputs, tolerance=NOISE):
    """Whether a call runs on XLA, and gives what NumPy does; or cannot be compiled for NumPy, either."""
    try:
        on_xla(f, *inputs, tolerance=tolerance)
    except TypeError as error:
        return "cannot be compiled" in str(error)
    except RuntimeError:
        return False
    return True


def calls_of(name):
    """List the function, with its gradients where it has any, and the inputs of each call of an op."""
    samples = [call for key, call in CALLS.items() if key.rpartition("-")[0] == name]
    found = [(called(row, sample), drawn(row, sample)) for row, sample in samples]
    return [(_with_gradients(f, places) if (places := differentiable(f, xs)) else f, xs) for f, xs in found]


def _with_gradients(f, places):
    return lambda *inputs: (f(*inputs), gradients(f, places)(*inputs))


NAMES = sorted({key.rpartition("-")[0] for key in CALLS})


@pytest.mark.parametrize("name", sampled(NAMES, 40))
def test_an_op_on_xla(name):
    """Its values, and its gradients; one that is listed as refused is refused."""
    assert all(runs(f, *inputs) for f, inputs in calls_of(name)) == (name not in REFUSED)


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name in NAMES if in_sample(name, 8)])
def test_an_op_in_single_precision(name):
    """Its values and gradients too, where NumPy has some of so few digits."""
    for f, inputs in calls_of(name) if name not in REFUSED else ():
        inputs = in_single_precision(inputs)
        try:
            quietly(f, *inputs)
        except (TypeError, ValueError, np.linalg.LinAlgError):
            continue
        assert runs(f, *inputs, tolerance=close.reordered(np.float32(1)))


def test_nearly_all_ops_run():
    assert REFUSED.keys() <= set(NAMES)
    assert len(REFUSED) <= 0.05 * len(ROWS)


# --- models


def mlp(W1, b1, W2, b2, X, y):
    h = np.maximum(X @ W1 + b1, 0)
    return np.mean(ag.cross_entropy(h @ W2 + b2, y))


def logistic(w, b, X, y):
    scores = X @ w + b
    return np.mean(np.logaddexp(0, scores) - y * scores)


def digits(params, images, labels):
    layer = images
    for hidden in params[:-1]:
        layer = ag.relu(layer @ hidden["weights"] + hidden["bias"])
    return np.mean(ag.cross_entropy(layer @ params[-1]["weights"] + params[-1]["bias"], labels))


def _layers(rng):
    return [{"weights": rng.normal(size=shape) / 5, "bias": np.zeros(shape[1])} for shape in ((64, 32), (32, 10))]


DRAWN = {
    mlp: lambda rng, n: [
        *(rng.normal(size=shape) for shape in ((5, 4), (4,), (4, 3), (3,), (n, 5))),
        rng.integers(0, 3, n),
    ],
    logistic: lambda rng, n: [rng.normal(size=5), 0.1, rng.normal(size=(n, 5)), rng.integers(0, 2, n)],
    digits: lambda rng, n: [_layers(rng), rng.normal(size=(n, 64)), rng.integers(0, 10, n)],
}


def drawn_for(loss, n, dtype=np.float64):
    """Return arguments of a model with n samples."""
    leaves, rebuild = trees.flatten(DRAWN[loss](np.random.default_rng(n), n))
    return rebuild([x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in leaves])


@pytest.mark.parametrize("loss", DRAWN, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_program_serves_any_number_of_rows(loss, dtype):
    f = ag.value_and_grad(loss, tuple(range(len(drawn_for(loss, 1)) - 2)))
    compiled = ag.compile(f, backend="jax")
    for n in (100, 7):
        on_xla(f, *drawn_for(loss, n, dtype), compiled=compiled)
    assert len({id(program) for program in compiled._programs.values()}) == 1


def _step(params, images, labels):
    error, gradient = ag.value_and_grad(digits)(params, images, labels)
    return error, trees.map_tree(lambda p, g: p - 0.1 * g, params, gradient)


def test_training_stays_on_the_device():
    params, images, labels = drawn_for(digits, 100)
    by_numpy, step = ag.compile(_step), ag.compile(_step, backend="jax")
    with jax.enable_x64(True):
        on_device, images_there, labels_there = trees.map_tree(jax.device_put, (params, images, labels))
    error, on_device = step(on_device, images_there, labels_there)
    _, params = by_numpy(params, images, labels)
    with jax.transfer_guard("disallow"):
        for _ in range(10):
            error, on_device = step(on_device, images_there, labels_there)
    for _ in range(10):
        expected, params = by_numpy(params, images, labels)
    assert all(isinstance(x, jax.Array) for x in leaves_of((error, on_device)))
    for x, y in zip(leaves_of((error, on_device)), leaves_of((expected, params)), strict=True):
        assert close.alike(x, y)


def test_the_guard_sees_what_is_copied():
    """What the test above relies on."""
    step = ag.compile(_step, backend="jax")
    args = drawn_for(digits, 100)
    step(*args)
    with pytest.raises(Exception, match="Disallowed host-to-device transfer"), jax.transfer_guard("disallow"):
        step(*args)


def test_large_constants_are_put_on_the_device_once():
    weights, places = np.random.default_rng(0).normal(size=(100, 100)), np.arange(4000) % 7

    def f(x):
        return np.sum(np.tanh(weights @ x)) + np.sum(np.square(x[places]))

    compiled = ag.compile(ag.grad(f), backend="jax")
    x = jax.device_put(np.ones(100, np.float32))
    compiled(x)
    with jax.transfer_guard("disallow"):
        value = compiled(x)
    assert close.alike(value, ag.grad(f)(np.ones(100, np.float32)))
    latest: Any = compiled._latest
    with jax.enable_x64(True):
        text = latest.run._jitted.lower(latest.run._on_device, x).as_text()
    assert len(text) < weights.nbytes / 8  # as a part of the program they would be written out
    weights[0] = 1.0  # a change makes another program
    assert close.alike(compiled(x), ag.grad(f)(np.ones(100, np.float32)))


@pytest.mark.parametrize("length", [10, 200])
def test_one_element_of_a_captured_array_is_changed(length):
    """The program has a copy of it."""
    weights = np.random.default_rng(0).normal(size=(length, length))
    compiled = ag.compile(lambda x: weights @ x, backend="jax")
    x = np.ones(length)
    for value in (1.0, 100.0):
        weights[3, 3] = value
        assert close.alike(compiled(x), weights @ x)


def test_a_captured_array_that_is_too_large_to_be_watched_is_refused():
    weights = np.ones(2**23 + 1)
    with pytest.raises(TypeError, match=r"copies weights, .* pass weights as an argument"):
        ag.compile(lambda x: np.sum(weights) * x, backend="jax")(2.0)


# --- arguments and results


@dataclasses.dataclass
class Model:
    w: object
    name: str = "model"


def test_trees_of_all_kinds():
    def f(model, x):
        return Model(model.w * 2, model.name), {"total": np.sum(x), "text": "s", "none": None, "rows": len(x)}, x

    on_xla(f, Model(np.ones(3)), np.arange(30.0))
    model, _, same_x = ag.compile(f, backend="jax")(Model(np.ones(3), "other"), np.arange(30.0))
    assert model.name == "other"
    assert isinstance(same_x, jax.Array)


@pytest.mark.parametrize("x", [np.arange(6.0), np.float32(2.0), 2.0, np.arange(6), np.arange(6, dtype=np.float32)])
@pytest.mark.parametrize("y", [np.ones(6, np.float32), 3.0, np.arange(6), np.float64(0.5)])
def test_dtypes_are_those_of_numpy(x, y):
    """JAX by itself gives single precision for integers times single precision."""
    on_xla(lambda x, y: (x * y, np.sqrt(x) + 1), x, y)


def test_dtypes_that_numpy_has_not_are_refused():
    with pytest.raises(TypeError, match=r"expected an array of a dtype that NumPy has, got bfloat16: write x\.astype"):
        exponential(jax.numpy.ones(3, jax.numpy.bfloat16))


def test_quantiles_of_integers_are_real_after_a_first_call_that_does_not_tell():
    compiled = ag.compile(lambda i, x: np.quantile(i, 0.3) * x, backend="jax")
    for step in (0, 1):
        on_xla(lambda i, x: np.quantile(i, 0.3) * x, step * np.arange(8), 2.0, compiled=compiled)


OF_INTEGERS = {
    "average": lambda i: np.average(i, weights=i + 1),
    "convolve": lambda i: np.convolve(i, i),
    "cumsum": lambda i: (np.cumsum(i), np.cumprod(i)),
    "fft": lambda i: (np.fft.fft(i), np.fft.rfft(i)),
    "mean": lambda i: (np.mean(i), np.std(i), np.var(i), np.median(i)),
    "norm": lambda i: (np.linalg.norm(i), np.linalg.norm(i, 1)),
}


@pytest.mark.parametrize("name", OF_INTEGERS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32])
@pytest.mark.parametrize("backend", [None, "jax"])
def test_small_integers(name, dtype, backend):
    """Images are such: nothing overflows that does not with NumPy, after a first call in which nothing does."""
    compiled = ag.compile(OF_INTEGERS[name], backend=backend)
    for factor in (1, 27):
        i = (np.arange(9) * factor).astype(dtype)
        for x, y in zip(leaves_of(compiled(i)), leaves_of(OF_INTEGERS[name](i)), strict=True):
            assert np.asarray(x).dtype == np.asarray(y).dtype
            np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-10)


def test_an_index_out_of_range_picks_nothing():
    """XLA raises no error; what it gives is no other element."""
    compiled = ag.compile(lambda x, i: np.exp(anp.asarray(x)[i]), backend="jax")
    x = np.arange(4.0)
    on_xla(lambda x, i: np.exp(anp.asarray(x)[i]), x, np.array([0, -1, -4, 3, 1]), compiled=compiled)
    np.testing.assert_array_equal(np.isnan(compiled(x, np.array([0, 4, -5, 3, 1]))), [False, True, True, False, False])


@pytest.mark.parametrize("setting", [False, True])
def test_double_precision_is_for_the_program_alone(setting):
    with jax.enable_x64(setting):
        value = ag.compile(exponential.__wrapped__, backend="jax")(np.arange(6.0))
        assert value.dtype == np.float64
        assert jax.config.jax_enable_x64 is setting
        assert jax.numpy.ones(3).dtype == (np.float64 if setting else np.float32)


def test_arrays_of_the_caller_are_filled():
    out = np.empty(6)
    assert ag.compile(exponential.__wrapped__, backend="jax")(np.arange(6.0), out=out) is out
    np.testing.assert_allclose(out, np.exp(np.arange(6.0)), rtol=1e-14)


def test_a_compiled_function_is_pickled_with_its_backend():
    assert isinstance(pickle.loads(pickle.dumps(exponential))(np.ones(2)), jax.Array)


def exponential(x):
    return np.exp(x)


exponential = ag.compile(exponential, backend="jax")


# --- random numbers


def dropped(rng, w, x):
    noise = rng.normal(scale=rng.uniform())
    mask = rng.random(size=x.shape) < 0.5
    return ag.value_and_grad(lambda w: np.sum(np.where(mask, x, 0) @ w) * noise)(w)


def test_draws_are_made_on_the_host_in_their_order():
    compiled = ag.compile(dropped, backend="jax")
    rng = np.random.default_rng(0)
    other = copy.deepcopy(rng)
    for n in (100, 100, 140):
        x = np.random.default_rng(n).normal(size=(n, 3))
        for value, expected in zip(compiled(rng, np.ones(3), x), dropped(other, np.ones(3), x), strict=True):
            assert close.alike(value, expected)
    assert rng.random() == other.random()


def test_draws_by_what_is_computed_are_refused():
    compiled = ag.compile(lambda rng, x: rng.normal(scale=x * 2), backend="jax")
    with pytest.raises(TypeError, match=r"draws by what is computed from x, and XLA draws nothing: .*size=n"):
        compiled(np.random.default_rng(0), np.ones(8))


# --- code of users that assigns and branches


@pytest.mark.parametrize("seed", sampled(range(100), 50))
def test_a_random_program(seed):
    program = random_program(seed)
    f = ag.value_and_grad(program.function, tuple(range(len(program.args))))
    if " if " not in program.source.replace("\n", " ") and not any(f"np.{name}(" in program.source for name in REFUSED):
        assert runs(f, *program.args)


@ag.op(rules=(None,))
def filled(x, /):
    z = np.zeros((4, len(x)))
    z[0] = x
    first = z[0, 0]
    z[0, 0] = 5 * first
    z[0, 1] = first
    z.T[:, 1] = 2 * x
    z[2:][0, ::2] += x[::2]
    z.reshape(-1)[-1:] = x[0]
    np.multiply(z[0], 3, out=z[3], where=x > 0)
    np.maximum.at(z, (3, [0, 0]), x[:2])
    np.add.at(z[1], [0, 0, 1], 1.0)
    w = np.array([x, x])
    w.fill(2.0)
    np.copyto(w[0], x, where=x < 0)
    np.put_along_axis(w, np.array([[0], [1]]), 7.0, 1)
    return np.concatenate([z, w])


@ag.op(rules=(None,))
def chosen(x, /):
    if np.sum(x) > 0:
        return np.sqrt(np.abs(x)) if np.max(x) > 10 else x * 2
    if np.isnan(x).any():
        raise ValueError("not a number")
    return -x


def test_what_assigns_to_arrays_runs():
    on_xla(lambda x: filled(x) * 1.5, np.linspace(-2.0, 3.0, 7))


def test_what_branches_on_values_takes_each_branch():
    compiled = ag.compile(lambda x: chosen(x) + 1, backend="jax")
    for scale in (1.0, 100.0, -1.0):
        on_xla(lambda x: chosen(x) + 1, scale * np.arange(1.0, 8.0), compiled=compiled)
    assert np.isnan(compiled(np.full(7, np.nan))).all()  # XLA raises no error


def test_loops_that_fill_arrays():
    def total(rate):
        level = anp.zeros(4)
        level[0] = 1.0
        for i in range(3):
            level[i + 1] = level[i] * (1 - rate)
        return np.sum(level)

    on_xla(ag.value_and_grad(total), 0.5)


# --- what is refused


@ag.op(rules=(None,))
def unlike(x, /):
    return x * (2.0 if type(x) is np.ndarray else 3.0)


@ag.op(rules=(None,))
def outside(x, /):
    return np.asarray(x.tolist()) * 2


@ag.op(rules=(None,))
def endless(x, /):
    while np.sum(x) > 1:
        x = x / 2
    return x


def test_another_result_than_numpys_is_an_error_that_names_the_line():
    compiled = ag.compile(lambda x: np.exp(unlike(x) / 100), backend="jax")
    for _ in range(2):
        with pytest.raises(
            RuntimeError, match=r"is not what NumPy gives: op 'unlike', line 3 of .source, `.*unlike\(x\)"
        ):
            compiled(np.ones(8))
    assert "unlike(x)" in compiled.source.splitlines()[2]


@ag.op(rules=(None,))
def flattened(x, /):
    z = np.zeros((2, 8))
    np.ravel(z)[0] = 1.0
    return z + x


@pytest.mark.parametrize("op", [outside, endless, flattened], ids=lambda op: op.name)
def test_what_jax_does_not_trace_is_an_error_that_names_the_line(op):
    compiled = ag.compile(lambda x: np.exp(x) + op(x), backend="jax")
    with pytest.raises(TypeError, match=rf"does not run on XLA: op '{op.name}', line 4 of .source, `.*{op.name}\(x\)"):
        compiled(np.ones(8))


@ag.op(rules=(None,))
def outside_where_long(x, /):
    return np.asarray(x.tolist()) * 2 if len(x) > 100 else x * 2


def test_another_number_of_rows_is_traced_anew():
    compiled = ag.compile(lambda x: np.exp(outside_where_long(x)), backend="jax")
    assert close.alike(compiled(np.ones(100)), np.exp(2 * np.ones(100)))
    with pytest.raises(TypeError, match=r"does not run on XLA: op 'outside_where_long', line 3 of .source"):
        compiled(np.ones(200))


def test_rounding_that_adds_up_is_no_other_result():
    """The inverse of a Hilbert matrix: XLA rounds its parts otherwise, each by units."""
    hilbert = 1 / (np.arange(10)[:, None] + np.arange(10) + 1)
    value = ag.compile(lambda A: np.linalg.inv(A) @ A @ np.linalg.inv(A), backend="jax")(hilbert)
    assert np.isfinite(value).all()


def test_options_that_do_not_go_together():
    with pytest.raises(ValueError, match=r'expected backend="jax", or none for NumPy, got \'torch\''):
        ag.compile(mlp, backend="torch")
    with pytest.raises(ValueError, match=r'threads= is for NumPy.*leave it out with backend="jax"'):
        ag.compile(mlp, backend="jax", threads=2)


def test_without_jax_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "autograd_lite\[jax\]"'):
        ag.compile(mlp, backend="jax")


def test_arrays_of_jax_are_for_functions_with_the_backend():
    x = jax.device_put(np.ones(3))
    with pytest.raises(TypeError, match=r'write np.asarray\(x\) .* or compile with backend="jax"'):
        ag.compile(np.exp)(x)
    with pytest.raises(TypeError, match=r"write np.asarray\(x\)"):
        ag.grad(lambda w: np.sum(w * x))(np.ones(3))

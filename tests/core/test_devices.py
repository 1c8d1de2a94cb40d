"""Arrays that are never converted, as CuPy's are: what transforms, Tensors and optimisers make of them."""

import copy
import gc
import pickle

import numpy as np
import pytest

import autograd_lite as ag
import autograd_lite.numpy as anp
from autograd_lite.core.ducks import ducks, is_array
from tests.support.device import DeviceArray, to_device

X = np.array([0.5, -1.0, 2.0])


@pytest.fixture(autouse=True)
def nothing_is_converted():
    DeviceArray.refusals.clear()
    yield
    assert DeviceArray.refusals == []


def wave(x):
    return np.sum(np.sin(x) * x)


def slope(x):
    return np.cos(x) * x + np.sin(x)


def assert_there(found, expected):
    assert type(found) is DeviceArray
    np.testing.assert_allclose(found.get(), expected, rtol=1e-14, strict=True)


class TestTheStandIn:
    def test_it_refuses_to_be_converted(self):
        with pytest.raises(TypeError, match=r"Implicit conversion to a NumPy array is not allowed"):
            np.asarray(to_device(X))
        assert DeviceArray.refusals == ["__array__"]
        DeviceArray.refusals.clear()

    @pytest.mark.parametrize(
        "meet", [lambda x: x * X, lambda x: X + x, lambda x: np.dot(x, X), lambda x: np.stack([x, X])]
    )
    def test_it_does_not_meet_arrays_of_numpy(self, meet):
        with pytest.raises(TypeError):
            meet(to_device(X))

    def test_it_takes_no_keyword_that_cupy_has_not(self):
        with pytest.raises(TypeError, match="unexpected keyword argument 'where'"):
            np.sum(to_device(X), where=True)
        with pytest.raises(NotImplementedError, match=r"cupy_maximum\.reduce"):
            np.maximum.reduce(to_device(X))

    def test_it_computes_what_numpy_computes_and_stays_there(self):
        x = to_device(X)
        assert_there(np.float64(2.0) * x - 1, 2 * X - 1)
        assert_there(np.sum(x), np.asarray(1.5))
        assert_there(np.zeros(2, like=x), np.zeros(2))
        x[np.array([0, 1])] = 7.0
        assert_there(x, np.array([7.0, 7.0, 2.0]))


def test_what_counts_as_such_an_array():
    class Other(DeviceArray):
        __array_function__ = None  # type: ignore[assignment]

    assert is_array(to_device(X))
    assert is_array(X)
    assert not any(is_array(x) for x in (1.0, np.float64(1.0), [1.0], ag.Tensor(X), Other(X)))


def test_of_cupy():
    assert ducks[pytest.importorskip("cupy").ndarray]


class TestTransforms:
    def test_value_and_gradient(self):
        value, gradient = ag.value_and_grad(wave)(to_device(X))
        assert_there(value, np.asarray(wave(X)))
        assert_there(gradient, slope(X))

    def test_of_trees(self):
        params = {"w": to_device(X), "b": to_device(np.array(2.0))}
        gradients = ag.grad(lambda p: np.sum(np.square(p["w"] * p["b"])))(params)
        assert_there(gradients["w"], 2 * X * 4)
        assert_there(gradients["b"], np.asarray(2 * np.sum(X * X) * 2))

    def test_products_with_vectors(self):
        value, tangent = ag.jvp(np.sin, (to_device(X),), (to_device(np.ones(3)),))
        assert_there(value, np.sin(X))
        assert_there(tangent, np.cos(X))
        _, pull = ag.vjp(np.sin, to_device(X))
        assert_there(pull(to_device(np.ones(3)))[0], np.cos(X))

    def test_second_derivatives(self):
        second = 2 * np.cos(X) - np.sin(X) * X
        assert_there(ag.grad(lambda x: np.sum(ag.grad(wave)(x)))(to_device(X)), second)
        assert_there(ag.hvp(wave, to_device(X), to_device(np.ones(3))), second)
        assert_there(ag.hessian(wave)(to_device(X)), np.diag(second))

    def test_jacobians_by_rows_and_by_columns(self):
        matrix = np.arange(6.0).reshape(2, 3)
        assert_there(ag.jacobian(lambda x: to_device(matrix) @ x)(to_device(X)), matrix)
        assert_there(ag.jacobian(lambda x: to_device(matrix.T) @ x)(to_device(X[:2])), matrix.T)

    def test_a_number_beside_them(self):
        assert_there(ag.grad(lambda w: np.sum(w * to_device(X)))(2.0), np.asarray(1.5))

    def test_integers_count_as_real(self):
        gradient = ag.grad(wave)(to_device(np.array([1, 2])))
        assert gradient.dtype == np.float64
        assert ag.grad(wave)(to_device(X.astype(np.float32))).dtype == np.float32

    def test_what_depends_on_nothing_gets_zeros(self):
        assert_there(ag.grad(lambda x: 1.0)(to_device(X)), np.zeros(3))

    def test_cotangents_of_numpy_are_refused_beside_them(self):
        _, pull = ag.vjp(np.sin, to_device(X))
        with pytest.raises(TypeError, match=r"cotangent of the value's type tests\.DeviceArray, got .* numpy\.ndarray"):
            pull(X)
        _, pull = ag.vjp(np.sin, X)
        with pytest.raises(TypeError, match=r"type numpy\.ndarray, got one of tests\.DeviceArray"):
            pull(to_device(X))

    def test_broadcasting_is_undone(self):
        gradient = ag.grad(lambda b: np.sum(np.square(to_device(np.ones((2, 3))) + b)))(to_device(X))
        assert_there(gradient, 4 * (1 + X))

    def test_assignments(self):
        def doubled(x):
            y = x * 1.0
            y[1] = 3.0 * y[0]
            y += 1.0
            return np.sum(np.square(y))

        assert_there(ag.grad(doubled)(to_device(X)), ag.grad(doubled)(X))

    def test_assignments_to_arrays_that_were_made(self):
        def filled(x):
            y = anp.zeros_like(x, shape=2)
            y[0], y[1] = x[1], 2 * x[2]
            return np.sum(np.square(y))

        assert_there(ag.grad(filled)(to_device(X)), np.array([0.0, 2 * X[1], 8 * X[2]]))

    def test_an_array_of_numpy_does_not_hold_them(self):
        def filled(x):
            y = anp.zeros(2)
            y[0] = x[1]
            return np.sum(y)

        with pytest.raises(TypeError, match=r"cannot hold those of tests\.DeviceArray; .*np\.zeros_like"):
            ag.grad(filled)(to_device(X))

    @pytest.mark.parametrize("update", [lambda at: at.multiply(3.0), lambda at: at.max(np.array([0.0, 9.0]))])
    def test_updates_of_a_place_that_is_named_twice(self, update):
        def updated(x):
            return np.sum(update(x.at[np.array([1, 1])]))

        assert_there(ag.grad(updated)(to_device(X)), ag.grad(updated)(X))

    def test_a_view_that_an_assignment_left_behind(self):
        def stale(x):
            y = x * 1.0
            view = y[:2]
            y[0] = 5.0
            return np.sum(view)

        with pytest.raises(RuntimeError, match="is a view of"):
            ag.grad(stale)(to_device(X))

    def test_vectors_of_trees(self):
        vector, unravel = ag.ravel({"w": to_device(X), "b": to_device(np.ones((1, 2)))})
        assert_there(vector, np.concatenate([X, [1.0, 1.0]]))
        assert_there(unravel(vector)["b"], np.ones((1, 2)))


class TestResultsAreTheUsers:
    def test_gradients_may_be_written_over(self):
        x = to_device(X)
        gradient = ag.grad(np.sum)(x)
        gradient[0] = 5.0
        assert_there(gradient, np.array([5.0, 1.0, 1.0]))
        assert_there(ag.value_and_grad(lambda x: x[0])(x)[0], np.asarray(0.5))

    def test_a_small_array_may_change_after_its_use(self):
        x, data = to_device(X), to_device(np.ones(3))

        def f(x):
            y = np.sum(x * data)
            data[0] = 100.0
            return y

        assert_there(ag.grad(f)(x), np.ones(3))

    def test_a_large_one_that_changes_is_an_error(self):
        x, data = to_device(np.ones(100_000)), to_device(np.ones(100_000))

        def f(x):
            y = np.sum(x * data)
            data[:] = 100.0
            return y

        with pytest.raises(RuntimeError, match="was to be changed before the backward pass"):
            ag.grad(f)(x)
        assert_there(data[:1], np.array([100.0]))  # it is not locked


class TestTensors:
    def test_backward(self):
        t = ag.Tensor(to_device(X), "t")
        wave(t).backward()
        assert_there(t.grad, slope(X))
        wave(t).backward()
        assert_there(t.grad, 2 * slope(X))

    def test_the_value_is_a_copy(self):
        given = to_device(X)
        t = ag.Tensor(given)
        given[0] = 9.0
        t.value[0] = 9.0
        assert_there(t.value, X)

    def test_what_is_asked_of_it(self):
        t = ag.Tensor(to_device(X))
        assert (t.shape, t.ndim, t.size, len(t), t.dtype) == ((3,), 1, 3, 3, np.dtype(float))
        assert float(t[0]) == t[0].item() == 0.5
        assert t.tolist() == X.tolist()
        assert bool(t[0] > 0)
        assert_there(t < 1, X < 1)

    def test_it_is_printed(self):
        assert repr(ag.Tensor(to_device(X), "x")) == repr(ag.Tensor(X, "x"))

    def test_a_number_is_bound_again_by_an_augmented_assignment(self):
        total = first = ag.Tensor(to_device(np.array(1.0))) * 1.0
        total += 1.0
        assert (float(first), float(total)) == (1.0, 2.0)

    def test_copies(self):
        t = ag.Tensor(to_device(X), "t")
        np.sum(t).backward()
        for twin in (copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
            assert_there(twin.value, X)
            assert_there(twin.grad, np.ones(3))

    def test_they_meet_on_either_side(self):
        t, x = ag.Tensor(X.tolist()), to_device(X)
        assert type(t) is ag.Tensor
        t = ag.Tensor(x)
        for product in (t * x, x * t, np.multiply(x, t), x @ t, np.stack([x, t])):
            assert type(product) is ag.Tensor
            assert type(product.value) is DeviceArray

    def test_records_let_them_go(self):
        x = to_device(np.ones(100_000))
        ag.grad(lambda x: np.sum(np.exp(np.sin(x))))(x)
        gc.collect()
        assert not any(type(o) is DeviceArray and o.size == 100_000 and o is not x for o in gc.get_objects())


@pytest.mark.parametrize(
    "make",
    [
        ag.optim.SGD,
        ag.optim.RMSProp,
        ag.optim.Adam,
        ag.optim.AdamW,
        lambda rate: ag.optim.Momentum(rate, nesterov=True),
    ],
)
def test_optimisers(make):
    here, there = make(0.1), make(0.1)
    p, q = {"w": X}, {"w": to_device(X)}
    for _ in range(3):
        p = here.step(p, {"w": slope(p["w"])})
        q = there.step(q, ag.grad(lambda q: wave(q["w"]))(q))
        there.state = there.state
    assert_there(q["w"], p["w"])


def test_clipping():
    clipped = ag.optim.clip_by_norm({"w": to_device(np.array([3.0, 4.0]))}, 1.0)
    np.testing.assert_allclose(clipped["w"].get(), [0.6, 0.8])
    with pytest.raises(FloatingPointError, match=r"gradients\['w'\] holds inf"):
        ag.optim.clip_by_norm({"w": to_device(np.array([np.inf]))}, 1.0)


def test_batches():
    rows = [batch["x"] for batch in ag.optim.batches({"x": to_device(X)}, 2, np.random.default_rng(0))]
    assert sorted(np.concatenate([x.get() for x in rows])) == sorted(X)


def test_debugging():
    with ag.debug(), pytest.raises(FloatingPointError, match="NaN from op 'log'"):
        ag.grad(lambda x: np.sum(np.log(x)))(to_device(X))


READERS = {
    "explain": lambda x: ag.explain(wave, x),
    "draw": lambda x: ag.draw(wave, x),
    "source": lambda x: ag.source(wave, x),
    "trace": lambda x: ag.trace(wave, x),
    "a captured one": lambda x: ag.explain(lambda w: np.sum(w * x), 2.0),
    "compile": lambda x: ag.compile(wave)(x),
    "save": lambda x: ag.save("x.npz", {"x": x}),
}


@pytest.mark.parametrize("reader", READERS)
def test_what_reads_values_of_numpy_says_what_to_write(reader):
    with pytest.raises(TypeError, match=r"NumPy|cannot save") as raised:
        READERS[reader](to_device(X))
    assert "write x.get()" in str(raised.value)


@pytest.mark.parametrize("check", [lambda x: ag.verify(wave, slope, x), lambda x: ag.testing.check_grads(wave, x)])
def test_what_checks_gradients_asks_for_a_conversion(check):
    with pytest.raises(TypeError, match=r"Please use `\.get\(\)`"):
        check(to_device(X))
    DeviceArray.refusals.clear()

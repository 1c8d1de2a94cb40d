"""Optimisers against steps that are written out, in float32 too; errors before any state changes; convergence."""

import re
from collections import namedtuple
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.optim import SGD, Adam, AdamW, CosineDecay, Momentum, Optimizer, RMSProp
from tests.support.optimizers import OPTIMIZERS

Layer = namedtuple("Layer", ["weights", "bias"])
each = pytest.mark.parametrize("name", OPTIMIZERS)
numbers = st.floats(-10, 10, width=32)


def rate_of_a_step(step):
    return 0.5 / (step + 1)


def steps(optimizer, p, gradients):
    for g in gradients:
        p = optimizer.step(p, g)
    return p


@each
@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=6))
def test_steps_that_are_written_out(name, rows):
    make, by_hand = OPTIMIZERS[name]
    first, *gradients = np.array(rows)
    np.testing.assert_allclose(steps(make(), first, gradients), by_hand(first, gradients), rtol=1e-12, atol=1e-12)


@each
def test_trees(name):
    make, by_hand = OPTIMIZERS[name]
    rng = np.random.default_rng(0)

    def draw():
        return {"layers": [Layer(rng.normal(size=(2, 3)), rng.normal(size=3)), Layer(rng.normal(size=(3, 1)), 0.5)]}

    params, gradients = draw(), [draw() for _ in range(3)]
    found = steps(make(), params, gradients)
    assert type(found["layers"][0]) is Layer
    for k in (0, 1):
        for field in ("weights", "bias"):
            parts = [getattr(tree["layers"][k], field) for tree in (params, *gradients)]
            expected = by_hand(np.asarray(parts[0]), parts[1:])
            np.testing.assert_allclose(getattr(found["layers"][k], field), expected, rtol=1e-12)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_stay(name, dtype):
    """Whatever the dtype of the gradient, and with a learning rate that a schedule computed in NumPy."""
    optimizer = OPTIMIZERS[name][0]()
    p = {"a": np.ones(3, dtype), "b": dtype(2)}
    for k in range(1, 4):
        optimizer.learning_rate = np.float64(0.1) / np.sqrt(k)
        p = optimizer.step(p, {"a": np.ones(3, (dtype, np.float64)[k % 2]), "b": dtype(1)})
        assert (p["a"].dtype, p["b"].dtype) == (dtype, dtype)


@each
def test_nothing_given_is_changed(name):
    p, g = np.array([1.0, 2.0]), np.array([0.5, -0.5])
    optimizer = OPTIMIZERS[name][0]()
    first = optimizer.step(p, g)
    kept = first.copy()
    optimizer.step(first, g)
    np.testing.assert_array_equal(p, [1.0, 2.0])
    np.testing.assert_array_equal(g, [0.5, -0.5])
    np.testing.assert_array_equal(first, kept)
    assert first.flags.writeable


@each
def test_the_state_is_the_optimisers_own(name):
    """What the user does to a gradient or to the result afterwards does not reach it."""
    make, by_hand = OPTIMIZERS[name]
    optimizer, g = make(), np.array([0.5, -0.5])
    p = np.zeros(2)
    for _ in range(3):
        given = g.copy()
        stepped = optimizer.step(p, given)
        given[:] = np.nan
        p, stepped[:] = stepped.copy(), np.nan
    np.testing.assert_allclose(p, by_hand(np.zeros(2), [g] * 3), rtol=1e-12)


@each
def test_two_optimisers_share_nothing(name):
    make, by_hand = OPTIMIZERS[name]
    one, other = make(), make()
    gradients = [np.array([1.0]), np.array([2.0])]
    other.step(np.array([5.0]), np.array([100.0]))
    np.testing.assert_allclose(steps(one, np.zeros(1), gradients), by_hand(np.zeros(1), gradients), rtol=1e-12)


@each
@pytest.mark.parametrize("p", [2.0, 2, np.float64(2), np.array(2.0)], ids=repr)
def test_numbers(name, p):
    make, by_hand = OPTIMIZERS[name]
    found = steps(make(), p, [1.0, -2.0])
    assert found == pytest.approx(by_hand(2.0, [1.0, -2.0]), rel=1e-12)
    assert np.shape(found) == ()


@each
@pytest.mark.parametrize("tree", [{}, [], ()], ids=repr)
def test_nothing_to_step(name, tree):
    assert OPTIMIZERS[name][0]().step(tree, tree) == tree


class TestErrors:
    P: dict[str, Any] = {"w": np.ones(2), "b": 1.0}  # noqa: RUF012
    G: dict[str, Any] = {"w": np.array([1.0, -1.0]), "b": 0.5}  # noqa: RUF012

    WRONG = {  # noqa: RUF012
        "structure": (P, {"w": G["w"]}, ValueError, "two trees of one structure, got {'w': *, 'b': *} and {'w': *}"),
        "kind of tree": (P, [G["w"], 0.5], ValueError, "got {'w': *, 'b': *} and [*, *]"),
        "shape": (P, {"w": np.ones(3), "b": 0.5}, ValueError, "expected a gradient of the parameter's shape (2,), got"),
        "broadcast": (P, {"w": 1.0, "b": 0.5}, ValueError, "shape (2,), got one of shape ()"),
        "no gradient": (
            P,
            {"w": G["w"], "b": None},
            TypeError,
            "gradient to be an array of real numbers, got dtype obj",
        ),
        "text": (
            {"w": np.ones(2), "b": "b"},
            G,
            TypeError,
            "a parameter to be an array of real numbers, got dtype <U1",
        ),
        "complex": (P, {"w": G["w"] * 1j, "b": 0.5}, TypeError, "got dtype complex128; take its real and imaginary"),
        "Tensor": (P, {"w": G["w"], "b": ag.Tensor(1.0)}, TypeError, "a gradient to be an array, got a Tensor; pass"),
        "Tensors": ({"w": ag.Tensor(np.ones(2)), "b": 1.0}, G, TypeError, "a parameter to be an array, got a Tensor"),
        "other shapes": (
            {"w": np.ones((1, 2)), "b": 1.0},
            {"w": np.ones((1, 2)), "b": 0.5},
            ValueError,
            "has stepped arrays of shapes [(2,), ()] so far, and now got [(1, 2), ()]; make one optimiser for each",
        ),
        "another model": (
            {"w": np.ones(2)},
            {"w": np.ones(2)},
            ValueError,
            "has stepped a tree {'w': *, 'b': *} so far, and now got {'w': *}; make one optimiser for each model",
        ),
    }

    @each
    @pytest.mark.parametrize("wrong", WRONG)
    def test_before_any_state_changes(self, name, wrong):
        params, gradients, error, said = self.WRONG[wrong]
        make, _ = OPTIMIZERS[name]
        optimizer, undisturbed = make(), make()
        p, q = optimizer.step(self.P, self.G), undisturbed.step(self.P, self.G)
        with pytest.raises(error) as raised:
            optimizer.step(params, gradients)
        assert said in str(raised.value)
        assert optimizer.steps == 1
        for _ in range(2):
            p, q = optimizer.step(p, self.G), undisturbed.step(q, self.G)
        np.testing.assert_array_equal(p["w"], q["w"])
        assert p["b"] == q["b"]

    @each
    def test_an_error_in_the_first_step(self, name):
        make, by_hand = OPTIMIZERS[name]
        optimizer = make()
        with pytest.raises(ValueError, match="shape"):
            optimizer.step(np.ones(2), np.ones(3))
        np.testing.assert_allclose(optimizer.step(np.ones(3), np.ones(3)), by_hand(np.ones(3), [np.ones(3)]))

    @pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf, -np.inf, "0.1", None, 1j, np.ones(1)], ids=repr)
    @pytest.mark.parametrize("make", [SGD, Momentum, RMSProp, Adam, AdamW])
    def test_the_learning_rate(self, make, rate):
        with pytest.raises(ValueError, match="expected learning_rate to be finite and positive, got"):
            make(rate)
        optimizer = make(0.5)
        with pytest.raises(ValueError, match="expected learning_rate to be finite and positive, got"):
            optimizer.learning_rate = rate
        assert optimizer.learning_rate == 0.5

    @pytest.mark.parametrize("rate", [1, np.int64(1), np.float32(0.5), np.float64(0.5)], ids=repr)
    def test_any_real_number_is_a_learning_rate(self, rate):
        assert type(SGD(rate).learning_rate) is float
        assert SGD(rate).learning_rate == rate

    @pytest.mark.parametrize("value", [-0.1, 1.0, 2, np.nan, "0.9", None], ids=repr)
    def test_fractions(self, value):
        for name, make in (
            ("momentum", lambda: Momentum(0.1, value)),
            ("beta1", lambda: Adam(0.1, beta1=value)),
            ("beta2", lambda: Adam(0.1, beta2=value)),
            ("beta1", lambda: AdamW(0.1, beta1=value)),
            ("decay", lambda: RMSProp(0.1, decay=value)),
        ):
            with pytest.raises(ValueError, match=rf"expected {name} to be in \[0, 1\), got"):
                make()

    @pytest.mark.parametrize("value", [0.0, -1e-8, np.nan, np.inf])
    @pytest.mark.parametrize("make", [RMSProp, Adam, AdamW])
    def test_epsilon(self, make, value):
        with pytest.raises(ValueError, match="expected epsilon to be finite and positive, got"):
            make(epsilon=value)

    @pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "0.1", None])
    @pytest.mark.parametrize("make", [SGD, Momentum, RMSProp, Adam, AdamW])
    def test_weight_decay(self, make, value):
        with pytest.raises(ValueError, match="expected weight_decay to be finite and at least 0, got"):
            make(0.1, weight_decay=value)

    @pytest.mark.parametrize(
        ("gradients", "place"),
        [
            (
                {"layers": [Layer(np.ones(2), np.ones(2))], "scale": 1.0},
                "at ['layers'][0].bias: expected a gradient of",
            ),
            ({"layers": [Layer(np.ones(2), 1.0)], "scale": "1"}, "at ['scale']: expected a gradient to be an ar"),
        ],
        ids=["shape", "text"],
    )
    def test_the_place_is_named(self, gradients, place):
        with pytest.raises((TypeError, ValueError), match=re.escape(place)):
            SGD(0.1).step({"layers": [Layer(np.ones(2), 1.0)], "scale": 1.0}, gradients)

    @each
    @pytest.mark.parametrize("rate", [lambda t: -0.1 if t else 1.0, lambda t: (1.0, np.nan)[t]], ids=["< 0", "nan"])
    def test_a_schedule_that_gives_no_rate(self, name, rate):
        """Of a step the check comes before any state changes; of a constructor and an assignment too."""
        optimizer = OPTIMIZERS[name][0]()
        optimizer.learning_rate = rate
        p = optimizer.step(self.P, self.G)
        before = optimizer.state
        with pytest.raises(ValueError, match="expected learning_rate to be finite and at least 0, got"):
            optimizer.step(p, self.G)
        assert repr(optimizer.state) == repr(before)
        with pytest.raises(ValueError, match="expected learning_rate to be finite and at least 0, got"):
            SGD(lambda t: -1.0)


class TestConvergence:
    A = np.array([[3.0, 0.5], [0.5, 1.0]])
    B = np.array([1.0, -2.0])

    def loss(self, p):
        """A convex quadratic of two arrays; the least is at A x = B, y = 3."""
        return 0.5 * p["x"] @ self.A @ p["x"] - self.B @ p["x"] + (p["y"] - 3.0) ** 2

    @pytest.mark.parametrize(
        ("make", "count", "near"),
        [
            (lambda: SGD(0.3), 150, 1e-10),
            (lambda: Momentum(0.1, 0.7), 150, 1e-10),
            (lambda: Momentum(0.1, 0.7, nesterov=True), 150, 1e-10),
            (lambda: Adam(0.1), 1_000, 1e-6),
            (lambda: RMSProp(CosineDecay(0.1, 1_000)), 1_000, 1e-6),
            (lambda: AdamW(0.1, weight_decay=0.0), 1_000, 1e-6),
        ],
        ids=["SGD", "Momentum", "Nesterov", "Adam", "RMSProp", "AdamW"],
    )
    def test_on_a_convex_problem(self, make, count, near):
        optimizer, gradient = make(), ag.grad(self.loss)
        p: dict[str, Any] = {"x": np.zeros(2), "y": np.float64(0.0)}
        for _ in range(count):
            p = optimizer.step(p, gradient(p))
        np.testing.assert_allclose(p["x"], np.linalg.solve(self.A, self.B), atol=near)
        assert p["y"] == pytest.approx(3.0, abs=near)

    def test_a_regression_in_float32(self):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(64, 3)).astype(np.float32)
        wanted = np.array([1.0, -2.0, 0.5], np.float32)
        y = x @ wanted + np.float32(0.25)
        p: dict[str, Any] = {"weights": np.zeros(3, np.float32), "bias": np.float32(0)}
        optimizer = Adam(0.05)
        gradient = ag.grad(lambda p: np.mean((x @ p["weights"] + p["bias"] - y) ** 2))
        for _ in range(500):
            p = optimizer.step(p, gradient(p))
        assert p["weights"].dtype == p["bias"].dtype == np.float32
        np.testing.assert_allclose(p["weights"], wanted, atol=1e-4)
        assert p["bias"] == pytest.approx(0.25, abs=1e-4)


@each
def test_steps_can_be_differentiated(name):
    """The derivative of a loss after three steps by where they started."""
    make, _ = OPTIMIZERS[name]

    def after(start):
        optimizer, p = make(), {"x": start}
        for _ in range(3):
            p = optimizer.step(p, {"x": ag.grad(lambda x: np.sum(np.cosh(x)))(p["x"])})
        return np.sum(p["x"] ** 2)

    start, step = np.array([0.3, -0.7]), 1e-6
    expected = [(after(start + d) - after(start - d)) / (2 * step) for d in step * np.eye(2)]
    np.testing.assert_allclose(ag.grad(after)(start), expected, atol=1e-7)


@each
def test_params_and_gradients_go_by_their_keys(name):
    make, _ = OPTIMIZERS[name]
    params = {"W": np.array([1.0, 2.0]), "b": np.array([3.0, -1.0])}
    gradients = {"W": np.array([0.5, -1.0]), "b": np.array([0.1, 4.0])}
    one, other = make(), make()
    expected, found = params, params
    for _ in range(3):
        expected = one.step(expected, gradients)
        turned = {key: found[key] for key in reversed(list(found))}
        found = other.step(turned, dict(gradients))
        assert list(found) == list(turned)
    assert found.keys() == expected.keys()
    for key in params:
        np.testing.assert_array_equal(found[key], expected[key])


@pytest.mark.parametrize(
    ("optimizer", "shown"),
    [
        (SGD(0.1), "SGD(learning_rate=0.1, weight_decay=0.0)"),
        (Momentum(1, 0.8, nesterov=True), "Momentum(learning_rate=1.0, momentum=0.8, nesterov=True, weight_decay=0.0)"),
        (RMSProp(), "RMSProp(learning_rate=0.01, decay=0.99, epsilon=1e-08, weight_decay=0.0)"),
        (Adam(), "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.0)"),
        (AdamW(), "AdamW(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.01)"),
        (
            SGD(CosineDecay(0.1, 100)),
            "SGD(learning_rate=CosineDecay(rate=0.1, steps=100, final=0.0), weight_decay=0.0)",
        ),
        (SGD(rate_of_a_step), "SGD(learning_rate=rate_of_a_step, weight_decay=0.0)"),
    ],
    ids=lambda x: x.split("(")[0] if isinstance(x, str) else None,
)
def test_what_is_printed(optimizer, shown):
    assert repr(optimizer) == shown
    optimizer.step(1.0, 1.0)
    assert repr(optimizer) == f"{shown} after 1 step"
    optimizer.step(1.0, 1.0)
    assert repr(optimizer) == f"{shown} after 2 steps"


class Lion(Optimizer):
    """An optimiser of a user: signs of a running mean (X. Chen et al., NeurIPS 2023)."""

    slots = ("mean",)

    def direction(self, t, g, *slots):
        (mean,) = slots
        return np.sign(0.9 * mean + 0.1 * g), 0.99 * mean + 0.01 * g


def test_an_optimiser_of_ones_own():
    optimizer = Lion(0.1, weight_decay=0.0)
    p = steps(optimizer, {"w": np.array([1.0, -1.0])}, [{"w": np.array([2.0, -0.5])}, {"w": np.array([-0.1, 0.4])}])
    np.testing.assert_allclose(p["w"], [0.8, -1.0])  # 0.9 * 0.02 - 0.1 * 0.1 > 0, 0.9 * -0.005 + 0.1 * 0.4 > 0
    assert repr(optimizer) == "Lion(learning_rate=0.1, weight_decay=0.0) after 2 steps"
    np.testing.assert_allclose(optimizer.state["slots"]["mean"]["w"], [0.0188, -0.00095])


@pytest.mark.parametrize("make", [SGD, partial(Momentum, nesterov=True), RMSProp, Adam], ids=str)
def test_a_penalty_is_part_of_the_gradient(make):
    """That of 0.3 / 2 * sum(p**2), whichever optimiser: what PyTorch calls weight_decay."""
    optimizer, without = make(0.1, weight_decay=0.3), make(0.1)
    gradient = ag.grad(lambda p: np.sum(np.cosh(p["w"] - 1.0)))
    penalised = ag.grad(lambda p: np.sum(np.cosh(p["w"] - 1.0)) + 0.3 / 2 * np.sum(p["w"] ** 2))
    p = q = {"w": np.array([0.5, -1.5])}
    for _ in range(5):
        p, q = optimizer.step(p, gradient(p)), without.step(q, penalised(q))
        np.testing.assert_allclose(p["w"], q["w"], rtol=1e-12)


def test_a_decoupled_decay_is_no_part_of_the_moments():
    """With no gradient it shrinks the weights alone, and each by the same share, however its gradients were."""
    optimizer, p = AdamW(CosineDecay(0.1, 4), weight_decay=0.5), np.array([2.0, -4.0])
    for t in range(4):
        expected = p * (1 - CosineDecay(0.1, 4)(t) * 0.5)
        p = optimizer.step(p, np.zeros(2))
        np.testing.assert_allclose(p, expected, rtol=1e-15)
    assert not any(np.any(slot) for slot in optimizer.state["slots"].values())


@pytest.mark.parametrize(
    "make",
    [lambda: Momentum(0.1, 0), lambda: Momentum(0.1, 0.0, nesterov=True), lambda: SGD(0.1, weight_decay=0)],
    ids=["Momentum", "Nesterov", "SGD"],
)
def test_options_of_0_leave_the_gradient(make):
    p, gradients = np.array([1.0, -2.0]), [np.array([0.5, 1.0]), np.array([-1.0, 0.25])]
    np.testing.assert_array_equal(steps(make(), p, gradients), steps(SGD(0.1), p, gradients))


@each
def test_float16_is_stepped_in_float32(name):
    """Where a gradient is 0 an epsilon of 1e-8 would be too, and where it is 300 its square would overflow."""
    make, _ = OPTIMIZERS[name]
    wide, narrow = make(), make()
    p, q = np.array([1.0, 2.0, 3.0], np.float32), np.array([1.0, 2.0, 3.0], np.float16)
    for g in (np.array([0.0, 300.0, 1.0]), np.array([0.0, -2.0, 300.0])):
        p = wide.step(q.astype(np.float32), g.astype(np.float32))
        q = narrow.step(q, g.astype(np.float16))
        assert q.dtype == np.float16
        np.testing.assert_array_equal(q, p.astype(np.float16))


def test_an_optimiser_of_parameters_says_where_they_go():
    for params in ({"w": np.ones(2)}, [np.ones(2)], np.ones(2)):
        says = r"learning_rate to be finite and positive, got (a|an) \w+; parameters go to step\(params, gradients\)"
        with pytest.raises(ValueError, match=says):
            ag.optim.Adam(params)  # type: ignore[arg-type]

"""The neuron on the backward pass is held to the hand-derived formulas, and both to independent witnesses."""

import decimal
import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from models import hand_derived, neuron
from models.points import INPUT_VECTORS, TARGETS, decide
from models.progress import Progress

EPS = np.finfo(np.float64).eps
SMALLEST, LARGEST = 1e-6, 1e6

magnitudes = st.floats(SMALLEST, LARGEST) | st.floats(-6, 6).map(lambda exponent: 10.0**exponent)
numbers = st.builds(lambda sign, size: sign * size, st.sampled_from([-1.0, 1.0]), magnitudes)
targets = st.sampled_from([0.0, 1.0]) | numbers
bias_shapes = st.sampled_from([(), (1,)])


def vectors(width, elements=numbers):
    return st.lists(elements, min_size=width, max_size=width).map(np.array)


@st.composite
def instances(draw):
    """Any magnitudes: most of these saturate the sigmoid."""
    width = draw(st.integers(1, 8))
    bias = np.full(draw(bias_shapes), draw(numbers))[()]
    return draw(vectors(width)), bias, draw(vectors(width)), draw(targets)


@st.composite
def unsaturated_instances(draw):
    """Any magnitudes whose products keep |layer_1| at most 12, without cancellation."""
    width = draw(st.integers(1, 8))
    input_vector = draw(vectors(width))
    products = draw(vectors(width, st.floats(-1, 1).filter(lambda product: abs(product) > SMALLEST)))
    weights = np.clip(products / input_vector, -LARGEST, LARGEST)
    bias = np.full(draw(bias_shapes), draw(st.floats(-4, 4)))[()]
    return weights, bias, input_vector, draw(targets)


def rounding_floor(weights, bias, input_vector, target):
    """4 eps |derror_dprediction * dlayer1_d...|: in saturation 1 - sigmoid has lost its digits."""
    derror_dprediction = 2 * (hand_derived.make_prediction(input_vector, weights, bias) - target)
    floor = 4 * EPS * np.abs(derror_dprediction)
    return floor, floor * np.abs(input_vector)


def assert_within(found, wanted, relative, floor):
    assert np.shape(found) == np.shape(wanted)
    assert np.all(np.abs(found - wanted) <= relative * np.abs(wanted) + floor), (found, wanted)


@given(instances() | unsaturated_instances())
def test_backward_pass_equals_the_hand_derived_formulas(instance):
    found = neuron.compute_gradients(*instance)
    wanted = hand_derived.compute_gradients(*instance)
    for gradient, by_hand, floor in zip(found, wanted, rounding_floor(*instance), strict=True):
        assert_within(gradient, by_hand, 1e-12, floor)


def complex_step(weights, bias, input_vector, target):
    """Return (derror_dbias, derror_dweights) as the imaginary part of the loss after an imaginary step."""

    def loss(weights, bias):
        prediction = 1 / (1 + np.exp(-(np.sum(input_vector * weights) + bias)))
        return np.square(prediction - target)

    step = 1e-30  # its square is below every rounding unit, so there is no truncation error
    derror_dbias = np.imag(loss(weights, bias + 1j * step)) / step
    rows = weights + 1j * step * np.eye(len(weights))
    derror_dweights = np.array([np.imag(loss(row, bias)).item() for row in rows]) / step
    return derror_dbias, derror_dweights


@given(unsaturated_instances())
def test_backward_pass_equals_a_complex_step_derivative(instance):
    found = neuron.compute_gradients(*instance)
    wanted = complex_step(*instance)
    for gradient, oracle, floor in zip(found, wanted, rounding_floor(*instance), strict=True):
        assert_within(gradient, oracle, 1e-9, floor)


@given(instances())
def test_predictions_are_those_of_the_hand_derived_neuron(instance):
    weights, bias, input_vector, _ = instance
    wanted = hand_derived.make_prediction(input_vector, weights, bias)
    found = neuron.make_prediction(input_vector, weights, bias)
    assert_within(found, wanted, 4 * EPS, 0)
    assert decide(found) == (wanted.item() > 0.5)


@pytest.mark.parametrize("module", [neuron, hand_derived])
@given(x=st.floats(-1e308, 1e308) | st.floats(-40, 40))
def test_the_sigmoid_is_right_to_rounding_and_never_overflows(module, x):
    with decimal.localcontext(prec=40, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX):
        power = decimal.Decimal(-abs(x)).exp()
        wanted = float((1 if x >= 0 else power) / (1 + power))
    found = module.make_prediction(np.ones(1), np.array([x]), np.float64(0))
    assert_within(found, wanted, 4 * EPS, np.finfo(np.float64).smallest_normal)


@given(x=vectors(3, st.floats(-1e308, 1e308) | st.floats(-40, 40)))
def test_sigmoid_deriv_agrees_for_arrays_and_scalars(x):
    wanted: Any = hand_derived.sigmoid_deriv(x)
    sigmoid_deriv = ag.grad(lambda x: ag.sum(ag.sigmoid(x)))
    assert_within(sigmoid_deriv(x), wanted, 1e-12, 4 * EPS)
    assert_within(sigmoid_deriv(x[0]), wanted[0], 1e-12, 4 * EPS)


def test_the_decision_is_1_only_above_one_half():
    predictions = [0.0, 0.5, np.nextafter(0.5, 1), np.array([1.0])]
    assert [decide(prediction) for prediction in predictions] == [0, 0, 1, 1]


def trained(module, iterations, **options):
    network = module.NeuralNetwork(0.1, rng=np.random.default_rng(7), **options)
    return network, network.train(INPUT_VECTORS, TARGETS, iterations)


def test_training_is_that_of_the_hand_derived_neuron():
    (network, errors), (twin, twin_errors) = trained(neuron, 10_000), trained(hand_derived, 10_000)
    assert len(errors) == 100
    for found, wanted in ((errors, twin_errors), (network.weights, twin.weights), (network.bias, twin.bias)):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=0)


@pytest.mark.parametrize("module", [neuron, hand_derived])
@pytest.mark.parametrize("iterations", [1, 100, 101, 250])
def test_training_is_descent_on_one_random_instance_an_iteration(module, iterations):
    rng = np.random.default_rng(7)
    w1, w2 = rng.standard_normal(2)
    b = rng.standard_normal()
    wanted = []
    for iteration in range(iterations):
        i = rng.integers(8)
        (x1, x2), t = INPUT_VECTORS[i], TARGETS[i]
        p = 1 / (1 + np.exp(-(w1 * x1 + w2 * x2 + b)))
        slope = 2 * (p - t) * p * (1 - p)
        w1, w2, b = w1 - 0.1 * slope * x1, w2 - 0.1 * slope * x2, b - 0.1 * slope
        if iteration in (0, 100, 200):
            every_p = 1 / (1 + np.exp(-(INPUT_VECTORS @ [w1, w2] + b)))
            wanted.append(np.sum((every_p - TARGETS) ** 2))
    network, errors = trained(module, iterations)
    np.testing.assert_allclose(errors, wanted, rtol=1e-11)
    np.testing.assert_allclose([*network.weights, network.bias], [w1, w2, b], rtol=1e-11)


def test_training_lowers_the_error():
    _, errors = trained(neuron, 2_000)
    assert np.mean(errors[-5:]) < errors[0]


@pytest.mark.parametrize("module", [neuron, hand_derived])
def test_a_length_1_bias_trains_and_keeps_its_shape(module):
    network, twin = (module.NeuralNetwork(0.1, rng=np.random.default_rng(3)) for _ in range(2))
    network.bias = np.array([twin.bias])
    errors, twin_errors = (each.train(INPUT_VECTORS, TARGETS, 150) for each in (network, twin))
    assert errors == pytest.approx(twin_errors)
    assert network.bias.shape == (1,)
    assert network.bias == pytest.approx(twin.bias)


@pytest.mark.parametrize("inputs", [1, 2, 5])
def test_shapes_follow_the_width_of_the_input(inputs):
    network = neuron.NeuralNetwork(0.5, inputs=inputs, rng=np.random.default_rng(0))
    assert (network.weights.shape, np.shape(network.bias)) == ((inputs,), ())
    assert 0 < network.predict([1] * inputs) < 1
    assert len(network.train([[0.5] * inputs, [True] * inputs], [0, 1], 3)) == 1


@pytest.mark.parametrize("module", [neuron, hand_derived])
def test_progress_goes_through_the_iterations_and_has_the_last_error(module, capsys):
    made = []

    def progress(count):
        made.append(Progress("descent", count))
        return made[0]

    errors = module.NeuralNetwork(0.1).train(INPUT_VECTORS, TARGETS, 205, progress)
    assert (made[0].steps, made[0].loss) == (205, errors[-1])
    assert capsys.readouterr().out.splitlines()[-1] == f"  descent: 205 of 205, loss {errors[-1]:.4g}"


GOOD = {"input_vectors": [[1.0, 2.0], [3.0, 4.0]], "targets": [0, 1], "iterations": 10}
NAN, INF = float("nan"), float("inf")
BAD_TRAINING = [
    ("input_vectors", [[1.0], [2.0]], ValueError, r"finite numbers in shape \(n, 2\), got shape \(2, 1\)"),
    ("input_vectors", [1.0, 2.0], ValueError, r"finite numbers in shape \(n, 2\), got shape \(2,\)"),
    ("input_vectors", [[1.0, 2.0], [3.0]], ValueError, "got rows of different lengths"),
    ("input_vectors", [], ValueError, "got no numbers at all"),
    ("input_vectors", [["1", "2"], ["3", "4"]], TypeError, "got list of dtype <U1"),
    ("input_vectors", [[1.0, None], [3.0, 4.0]], TypeError, "got list of dtype object"),
    ("input_vectors", [[1.0, 2j], [3.0, 4.0]], TypeError, "got list of dtype complex"),
    ("input_vectors", [[1.0, 2.0], [NAN, 4.0]], ValueError, r"got nan at index \(1, 0\)"),
    ("input_vectors", [[1.0, 2.0], [3.0, -INF]], ValueError, r"got -inf at index \(1, 1\)"),
    ("targets", [0], ValueError, "one for each of the 2 input_vectors, got 1 targets"),
    ("targets", [0, 1, 1], ValueError, "one for each of the 2 input_vectors, got 3 targets"),
    ("targets", [], ValueError, "got no numbers at all"),
    ("targets", [[0], [1]], ValueError, r"finite numbers in shape \(n,\), got shape \(2, 1\)"),
    ("targets", [0, NAN], ValueError, "got nan at index 1"),
    ("targets", ["no", "yes"], TypeError, "got list of dtype <U3"),
    ("iterations", 0, ValueError, "a whole number of at least 1, got 0"),
    ("iterations", -5, ValueError, "a whole number of at least 1, got -5"),
    ("iterations", 10.0, TypeError, "a whole number of at least 1, got 10.0"),
    ("iterations", True, TypeError, "a whole number of at least 1, got True"),
]
BAD_INPUT_VECTORS = [
    ([1.0], ValueError, r"finite numbers in shape \(2,\), got shape \(1,\)"),
    ([1.0, 2.0, 3.0], ValueError, r"finite numbers in shape \(2,\), got shape \(3,\)"),
    ([[1.0, 2.0]], ValueError, r"got shape \(1, 2\)"),
    (1.0, ValueError, r"got shape \(\)"),
    ([], ValueError, "got no numbers at all"),
    ([1.0, NAN], ValueError, "got nan at index 1"),
    ("12", TypeError, "got str of dtype <U2"),
    ({"x": 1}, TypeError, "got dict of dtype object"),
]
BAD_OPTIONS = [
    ("learning_rate", 0, ValueError, "a finite number above 0, got 0"),
    ("learning_rate", -0.1, ValueError, "a finite number above 0, got -0.1"),
    ("learning_rate", NAN, ValueError, "a finite number above 0, got nan"),
    ("learning_rate", INF, ValueError, "a finite number above 0, got inf"),
    ("learning_rate", [1, 2], ValueError, r"a finite number above 0, got \[1, 2\]"),
    ("learning_rate", "0.1", TypeError, "a finite number above 0, got '0.1'"),
    ("learning_rate", None, TypeError, "a finite number above 0, got None"),
    ("inputs", 0, ValueError, "a whole number of at least 1, got 0"),
    ("inputs", 2.0, TypeError, "a whole number of at least 1, got 2.0"),
    ("rng", 7, TypeError, "a numpy.random.Generator, such as .*, got 7"),
]


def state(network, rng):
    return network.weights.tolist(), float(network.bias), network.learning_rate, rng.bit_generator.state


@pytest.mark.parametrize("module", [neuron, hand_derived])
@pytest.mark.parametrize(("argument", "value", "kind", "message"), BAD_TRAINING)
def test_train_refuses_before_any_change(module, argument, value, kind, message):
    rng = np.random.default_rng(0)
    network = module.NeuralNetwork(0.1, rng=rng)
    before = state(network, rng)
    with pytest.raises(kind, match=f"^{argument}: expected .*{message}"):
        network.train(**GOOD | {argument: value})
    assert state(network, rng) == before


@pytest.mark.parametrize("module", [neuron, hand_derived])
@pytest.mark.parametrize(("input_vector", "kind", "message"), BAD_INPUT_VECTORS)
def test_predict_refuses_what_is_no_input_vector(module, input_vector, kind, message):
    with pytest.raises(kind, match=f"^input_vector: expected .*{message}"):
        module.NeuralNetwork(0.1).predict(input_vector)


@pytest.mark.parametrize(("argument", "value", "kind", "message"), BAD_OPTIONS)
def test_a_neuron_refuses_bad_options(argument, value, kind, message):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    with pytest.raises(kind, match=f"^{argument}: expected .*{message}"):
        neuron.NeuralNetwork(**{"learning_rate": 0.1, "rng": rng} | {argument: value})
    assert rng.bit_generator.state == before


def test_the_reference_stands_without_the_framework():
    check = "import models.hand_derived, sys; sys.exit('autograd_lite' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_the_two_differ_in_their_formulas_alone():
    written = [inspect.getsource(module.NeuralNetwork) for module in (neuron, hand_derived)]
    assert written[0] == written[1]

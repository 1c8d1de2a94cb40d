"""Activations and their derivatives, the collapse of linear layers, and XOR, beside independent truths."""

import numpy as np
import pytest

from models import activations, two_layers
from models.progress import quiet
from tests.support.commands import command, refused, verdicts, width, written

WRITTEN = [
    *("activations.png", "linear_collapse.png", "one_layer.png", "one_layer.svg"),
    *("two_layers.png", "two_layers.svg", "xor.png"),
]
CORNERS, XOR = activations.XOR


@pytest.mark.parametrize(
    ("name", "function"),
    [("sigmoid", lambda x: 1 / (1 + np.exp(-x))), ("tanh", np.tanh), ("relu", lambda x: x * (x.real > 0))],
)
def test_slopes_are_complex_steps(name, function):
    x = np.linspace(-5, 5, 64)  # without 0, the kink of ReLU
    complex_step = np.imag(function(x + 1e-30j)) / 1e-30
    np.testing.assert_allclose(activations.slope(two_layers.ACTIVATIONS[name], x), complex_step, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("hidden", [1, 3, 50])
def test_two_linear_layers_equal_the_collapsed_one(hidden):
    rng = np.random.default_rng(hidden)
    w1, b1, w2, b2 = (rng.standard_normal(shape) for shape in ((4, hidden), hidden, (hidden, 2), 2))
    inputs = rng.standard_normal((10, 4))
    by_sums = [
        [sum((x @ w1[:, h] + b1[h]) * w2[h, k] for h in range(hidden)) + b2[k] for k in range(2)] for x in inputs
    ]
    np.testing.assert_allclose(two_layers.two_layers(inputs, w1, b1, w2, b2), by_sums, rtol=1e-12, atol=1e-12)
    one = activations.one_layer(inputs, *activations.collapsed(w1, b1, w2, b2))
    np.testing.assert_allclose(one, by_sums, rtol=1e-12, atol=1e-12)


def test_no_straight_line_gets_all_corners_right():
    thresholds, angles = np.linspace(-2, 2, 81), np.linspace(0, 2 * np.pi, 360, endpoint=False)
    weights = np.array([np.cos(angles), np.sin(angles)])[:, :, None]
    outputs = np.tensordot(CORNERS, weights, 1) + thresholds  # of every line of a fine grid
    assert two_layers.right(outputs, XOR[:, None, None]).max() == 3


def test_learning_reaches_the_minimum_that_scipy_finds():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((40, 2))
    labels = (inputs @ [1.0, -2.0] + rng.standard_normal(40) > 0).astype(int)

    def log_loss(w):
        return np.mean(np.logaddexp(0, np.where(labels == 1, -1, 1) * (inputs @ w[:2] + w[2])))

    minimum = optimize.minimize(log_loss, np.zeros(3), tol=1e-10)
    (weights, bias), loss = two_layers.learn(activations.one_layer, (np.zeros(2), 0.0), inputs, labels, quiet(2000))
    assert loss == pytest.approx(minimum.fun, rel=1e-8)
    np.testing.assert_allclose([*weights, bias], minimum.x, rtol=1e-3)


NAN = float("nan")


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        ([], [], r"inputs: expected finite numbers in shape \(n, width\), got no numbers at all"),
        ([0.0, 1.0], [0, 1], r"inputs: expected .*, got shape \(2,\)"),
        ([[0.0, NAN], [1, 1]], [0, 1], r"inputs: expected .*, got nan at index \(0, 1\)"),
        ([["a", "b"]], [0], "inputs: expected .*, got list of dtype <U1"),
        (CORNERS, [0, 1], "targets: expected one for each of the 4 inputs, got 2"),
        (CORNERS, [0, 1, 2, 0], "targets: expected whole numbers from 0 to 1, got 2 at index 2"),
        (CORNERS, [0, 1, 0.5, 0], "targets: expected whole numbers from 0 to 1, got 0.5 at index 2"),
        (CORNERS, [0, 1, NAN, 0], "targets: expected .*, got nan at index 2"),
    ],
)
def test_learn_refuses_bad_examples_before_any_step(inputs, targets, message):
    def model(*_):
        pytest.fail("a step was taken")

    with pytest.raises(ValueError, match=f"^{message}"):
        two_layers.learn(model, (np.zeros(2), 0.0), inputs, targets, quiet(1))


@pytest.mark.parametrize("activation", two_layers.ACTIVATIONS)
def test_every_figure_agrees(activation, tmp_path, capsys):
    assert command(activations, tmp_path, "--activation", activation) == 0
    shown = capsys.readouterr().out
    assert {verdict for _, verdict in verdicts(shown)} == {"agree"}
    assert len(verdicts(shown)) == 11
    assert f"{activation} between, are not bound" in shown
    assert width(shown, tmp_path) <= 100
    assert written(tmp_path) == WRITTEN


def test_one_hidden_unit_is_a_straight_line_and_fails(tmp_path, capsys):
    assert command(activations, tmp_path, "--hidden", "1", "--iterations", "200") == 1
    assert ("two layers: right corners", "DIFFERS") in verdicts(capsys.readouterr().out)


@pytest.mark.deep
def test_the_seed_decides_the_output(tmp_path, capsys):
    def shown(seed):
        command(activations, tmp_path, "--seed", seed, "--iterations", "20")
        return capsys.readouterr().out

    assert shown("3") == shown("3") != shown("4")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--activation",
            "sigmod",
            "activation: expected one of sigmoid, relu, tanh; got 'sigmod'; did you mean 'sigmoid'?",
        ),
        ("--activation", "", "activation: expected one of sigmoid, relu, tanh; got ''"),
        ("--hidden", "0", "hidden: expected a whole number of at least 1, got 0"),
        ("--hidden", "2.5", "hidden: expected a whole number, got '2.5'"),
        ("--iterations", "-1", "iterations: expected a whole number of at least 1, got -1"),
        ("--seed", "x", "seed: expected a whole number, got 'x'"),
    ],
)
def test_bad_options_are_refused_before_any_file(option, value, message, tmp_path, capsys):
    assert refused(activations, tmp_path / "out", capsys, option, value) == message

"""Polynomials, their descent, early stopping and the eight points, beside closed forms and other programs."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lite as ag
from models import cubic, eight_points, overfitting
from models.points import INPUT_VECTORS, TARGETS
from models.training import train
from tests.support.commands import command, refused, verdicts, width, written

NAN = float("nan")


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    return cubic.sample(30, rng), cubic.sample(200, rng)


def test_the_error_on_new_examples_is_that_of_an_integral():
    nodes, weights = np.polynomial.legendre.leggauss(40)  # exact for these polynomials
    for degree in (0, 1, 3, 15, 20):
        fitted = np.random.default_rng(degree).standard_normal(degree + 1)
        misses = cubic.features(nodes, degree) @ fitted - cubic.truth(nodes)
        assert cubic.new_error(fitted) == pytest.approx(cubic.NOISE**2 + weights @ misses**2 / 2, rel=1e-12)
        assert cubic.new_error(np.stack([fitted, fitted], axis=1)) == pytest.approx([cubic.new_error(fitted)] * 2)


def test_the_best_line_is_that_of_least_squares():
    x = np.linspace(-1, 1, 20_001)
    line = np.polynomial.Polynomial.fit(x, cubic.truth(x), 1)
    assert pytest.approx(cubic.NOISE**2 + np.mean((line(x) - cubic.truth(x)) ** 2), rel=1e-3) == cubic.LINE


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_descent_ends_at_least_squares(degree, examples):
    (x, y), _ = examples
    path = overfitting.descend(x, y, degree)
    assert path.shape == (degree + 1, overfitting.ITERATIONS + 1)
    wanted = np.polynomial.Polynomial.fit(x, y, degree, domain=[-1, 1])
    np.testing.assert_allclose(cubic.features(x, degree) @ path[:, -1], wanted(x), rtol=1e-9, atol=1e-9)


def test_each_step_lowers_the_training_error(examples):
    (x, y), _ = examples
    errors = cubic.error(overfitting.descend(x, y, 15), cubic.features(x, 15), y[:, None])
    assert np.diff(errors).max() <= 1e-15  # its last digit


def test_stopping_early_is_what_training_with_patience_does(examples):
    (x, y), held_out = examples
    path = overfitting.descend(x, y, 15)
    inputs, watched = cubic.features(x, 15), (cubic.features(held_out[0], 15), held_out[1])
    best, known = overfitting.stop(cubic.error(path, watched[0], watched[1][:, None]))
    rate = len(y) / (2 * np.linalg.eigvalsh(inputs.T @ inputs)[-1])
    trained = train(
        cubic.error,
        np.zeros(16),
        (inputs, y),
        optimizer=ag.optim.SGD(float(rate)),
        epochs=1000,
        rng=np.random.default_rng(0),
        held_out=watched,
        patience=overfitting.PATIENCE,
    )
    assert (trained.best, trained.epochs) == (best, known)
    np.testing.assert_allclose(trained.params, path[:, best], rtol=1e-8)


@pytest.mark.parametrize(
    ("errors", "patience", "wanted"),
    [
        ([3, 2, 1, 2, 3, 0], 2, (2, 4)),
        ([3, 2, 1, 2, 3, 0], 3, (5, 5)),
        ([1, 1, 1], 2, (0, 2)),
        ([1], 1, (0, 0)),
        ([3, 2, 1], 1, (2, 2)),
    ],
)
def test_stop_waits_as_long_as_its_patience(errors, patience, wanted):
    assert overfitting.stop(errors, patience) == wanted


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: overfitting.descend([], [], 3), r"x: expected finite numbers in shape \(n,\), got no numbers"),
        (lambda: overfitting.descend([[1.0]], [1.0], 3), r"x: expected .*, got shape \(1, 1\)"),
        (lambda: overfitting.descend([0.0, NAN], [1, 2], 3), "x: expected .*, got nan at index 1"),
        (
            lambda: overfitting.descend([0.0, 1], [1], 3),
            r"y: expected finite numbers in shape \(2,\), got shape \(1,\)",
        ),
        (lambda: overfitting.descend([0.0], ["a"], 3), "y: expected .*, got list of dtype <U1"),
        (lambda: overfitting.descend([0.0], [1], 0), "degree: expected a whole number of at least 1, got 0"),
        (lambda: overfitting.descend([0.0], [1], 3, 0), "iterations: expected a whole number of at least 1, got 0"),
        (lambda: overfitting.stop([]), "errors: expected .*, got no numbers at all"),
        (lambda: overfitting.stop([1, NAN]), "errors: expected .*, got nan at index 1"),
        (lambda: overfitting.stop([1], 0), "patience: expected a whole number of at least 1, got 0"),
    ],
)
def test_bad_data_is_refused(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_no_line_separates_the_eight_points():
    optimize = pytest.importorskip("scipy.optimize")
    signs = np.where(TARGETS == 1, -1, 1)[:, None]
    rows = signs * np.column_stack([INPUT_VECTORS, np.ones(8)])
    assert optimize.linprog(np.zeros(3), rows, -np.ones(8), bounds=(None, None)).status == 2  # infeasible
    classes = dict(zip(map(tuple, INPUT_VECTORS.tolist()), TARGETS.tolist(), strict=True))
    assert [classes[tuple(point)] for point in [*eight_points.TRIANGLE, eight_points.INSIDE]] == [0, 0, 0, 1]


def test_half_of_all_labels_of_an_eighth_point_are_right_whatever_is_guessed():
    ways = np.array(list(product([0, 1], repeat=8)))
    guess = lambda seven: int(np.sum(seven * [3, 1, 4, 1, 5, 9, 2]) % 3 == 0)  # noqa: E731 (any rule)
    assert np.mean([guess(way[:7]) == way[7] for way in ways]) == 0.5


RUNS = {
    overfitting: (8, ["eight_points.png", "learning_curves.png", "overfitting_curves.png", "overfitting_fits.png"]),
    eight_points: (2, ["eight_points.png"]),
}


@pytest.mark.parametrize("module", RUNS)
def test_every_figure_agrees(module, tmp_path, capsys):
    figures, pictures = RUNS[module]
    assert command(module, tmp_path) == 0
    shown = capsys.readouterr().out
    assert [verdict for _, verdict in verdicts(shown)] == ["agree"] * figures
    assert width(shown, tmp_path) <= 100
    assert written(tmp_path) == pictures


@pytest.mark.deep
@pytest.mark.parametrize(("module", "options"), [(overfitting, ()), (eight_points, ("--iterations", "20"))])
def test_the_seed_decides_the_output(module, options, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(overfitting, "DRAWS", 2)
    monkeypatch.setattr(overfitting, "eight_points", SimpleNamespace(run=lambda lesson, seed: None))

    def shown(seed):
        command(module, tmp_path, "--seed", seed, *options)
        return capsys.readouterr().out

    assert shown("2") == shown("2") != shown("3")


def test_a_small_network_does_not_learn_the_eight_points(tmp_path, capsys):
    assert command(eight_points, tmp_path, "--hidden", "1", "--iterations", "50") == 1
    assert ("points known by heart", "DIFFERS") in verdicts(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("module", "option", "value", "message"),
    [
        (overfitting, "--examples", "0", "examples: expected a whole number of at least 1, got 0"),
        (overfitting, "--examples", "many", "examples: expected a whole number, got 'many'"),
        (overfitting, "--seed", "x", "seed: expected a whole number, got 'x'"),
        (eight_points, "--hidden", "0", "hidden: expected a whole number of at least 1, got 0"),
        (eight_points, "--iterations", "-2", "iterations: expected a whole number of at least 1, got -2"),
    ],
)
def test_bad_options_are_refused_before_any_file(module, option, value, message, tmp_path, capsys):
    assert refused(module, tmp_path / "out", capsys, option, value) == message

"""Losses for boosted trees: closed forms, the libraries' own log loss, formulas that are wrong, and bad input."""

import re
import sys
from importlib import import_module

import numpy as np
import pytest
from scipy import special

import autograd_lite as ag
from models import custom_objective
from models.lesson import Lesson, MissingExtra, main, needed
from tests.support.commands import refused
from tests.support.repairs import verdicts_alone

pytest.importorskip("sklearn")
SCORES = np.array([-3.0, -0.5, 0.0, 0.7, 2.5, 9.0])
LABELS = np.array([0, 1, 0, 1, 1, 0])
P = special.expit(SCORES)


def pinball(scores, labels):
    return np.maximum(0.9 * (labels - scores), -0.1 * (labels - scores))


CLOSED_FORMS = {
    "log loss": (ag.binary_cross_entropy, P - LABELS, P * (1 - P)),
    "squares": (ag.squared_error, 2 * (SCORES - LABELS), np.full(6, 2.0)),
    "Poisson": (lambda s, y: np.exp(s) - y * s, np.exp(SCORES) - LABELS, np.exp(SCORES)),
    "pinball": (pinball, np.where(SCORES < LABELS, -0.9, 0.1), np.zeros(6)),
}
LIBRARIES = [*custom_objective.LIBRARIES]


def has(name):
    try:
        return bool(needed(custom_objective.LIBRARIES[name][0], name, "boosting"))
    except MissingExtra:
        return False


@pytest.mark.parametrize("case", CLOSED_FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_and_hessian_are_the_closed_forms(case, dtype):
    loss, gradient, hessian = CLOSED_FORMS[case]
    found = custom_objective.objective(loss)(SCORES.astype(dtype), LABELS.astype(dtype))
    keep = SCORES != LABELS  # the pinball loss has a kink there
    expected, rtol = np.stack([gradient, hessian])[:, keep], 1e-12 if dtype is np.float64 else 1e-6
    np.testing.assert_allclose(np.stack(found)[:, keep], expected, rtol=rtol, atol=1e-15)


def test_the_focal_loss_without_its_focus_is_half_the_log_loss(monkeypatch):
    monkeypatch.setattr(custom_objective, "ALPHA", 0.5)
    monkeypatch.setattr(custom_objective, "GAMMA", 0.0)
    found = custom_objective.objective(custom_objective.focal_loss)(SCORES, LABELS)
    np.testing.assert_allclose(found[0], (P - LABELS) / 2, rtol=1e-12)
    np.testing.assert_allclose(found[1], P * (1 - P) / 2, rtol=1e-10)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_the_formulas_by_hand_are_the_derivatives_of_the_focal_loss(gamma, monkeypatch):
    """By complex steps: of the loss as its authors write it, and of the gradient by hand, which that has confirmed."""
    monkeypatch.setattr(custom_objective, "GAMMA", gamma)

    def published(scores):
        p = 1 / (1 + np.exp(-scores))
        one, zero = -0.25 * (1 - p) ** gamma * np.log(p), -0.75 * p**gamma * np.log(1 - p)
        return np.where(LABELS, one, zero)

    def step(f):
        return f(SCORES + 1e-30j).imag / 1e-30

    gradient = step(published)
    hessian = step(lambda scores: custom_objective.gradient_by_hand(scores, LABELS))
    derived = custom_objective.objective(custom_objective.focal_loss)(SCORES, LABELS)
    np.testing.assert_allclose(custom_objective.gradient_by_hand(SCORES, LABELS), gradient, rtol=1e-10)
    np.testing.assert_allclose(custom_objective.hessian_by_hand(SCORES, LABELS), hessian, rtol=1e-10)
    np.testing.assert_allclose(derived, [gradient, hessian], rtol=1e-10)


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_log_loss_grows_the_trees_of_the_built_in_one(name, seed):
    if not has(name):
        pytest.skip(f"{name} does not load")
    module, scores = custom_objective.LIBRARIES[name]
    library, rng = import_module(module), np.random.default_rng(seed)
    columns = rng.normal(size=(300, 4))
    labels = (columns[:, 0] + columns[:, 1] * columns[:, 2] + rng.normal(size=300) > 0).astype(int)
    own = custom_objective.for_boosting(custom_objective.objective(ag.binary_cross_entropy))
    training = columns[:200], labels[:200]
    built_in, found = (scores(library, each, training, columns[200:], 30) for each in (None, own))
    np.testing.assert_allclose(special.expit(found), special.expit(built_in), atol=1e-6)
    assert np.ptp(special.expit(found)) > 0.5


def shown(capsys, tmp_path, *options, status=0):
    assert main(custom_objective.run, [*options, "--out", str(tmp_path / "out")], rounds="") == status
    return capsys.readouterr().out


def test_the_command_shows_the_right_formulas_and_the_wrong_one(capsys, tmp_path):
    text = shown(capsys, tmp_path)
    assert text.count(": right\n") == 2
    assert "gradient_as_published, the gradient of total_focal_loss: WRONG" in text
    assert "the derivative of sigmoid at its output p" in text
    assert f"All {2 + sum(map(has, LIBRARIES))} figures agree." in text
    assert max(map(len, text.splitlines())) <= 100
    assert shown(capsys, tmp_path) == text


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("how", ["is not installed", "does not load"])
def test_a_library_that_is_not_there_is_left_out(name, how, capsys, tmp_path, monkeypatch):
    module, _ = custom_objective.LIBRARIES[name]
    if how == "is not installed":
        monkeypatch.setitem(sys.modules, module, None)
    else:
        (tmp_path / f"{module}.py").write_text("raise ValueError('libgomp.so.1 is not there')\n")
        monkeypatch.delitem(sys.modules, module, raising=False)
        monkeypatch.syspath_prepend(tmp_path)
    text = shown(capsys, tmp_path)
    assert f'Left out: {name} is needed: pip install "autograd_lite[boosting]"' in text
    assert re.search(r"All \d figures agree", text)


@pytest.mark.parametrize("wrong", ["gradient_by_hand", "hessian_by_hand"])
@verdicts_alone()
def test_a_wrong_formula_differs(wrong, capsys, tmp_path, monkeypatch):
    right = getattr(custom_objective, wrong)
    monkeypatch.setattr(custom_objective, wrong, lambda scores, labels: 1.001 * right(scores, labels))
    custom_objective.verify(lesson := Lesson(tmp_path), np.random.default_rng(0))
    assert lesson.different >= 2
    assert "DIFFERS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("loss", "scores", "labels", "message"),
    [
        (
            lambda s, y: np.mean((s - y) ** 2),
            SCORES,
            LABELS,
            "loss: expected a number for each of the 6 scores, got sh",
        ),
        (ag.squared_error, SCORES, LABELS[:5], "labels: expected finite numbers in shape (6,), got shape (5,)"),
        (ag.squared_error, SCORES.reshape(2, 3), LABELS, "scores: expected finite numbers in shape (n,), got shape"),
        (ag.squared_error, [0.0, np.nan], [0, 1], "scores: expected finite numbers in shape (n,), got nan at index 1"),
        (ag.squared_error, [], [], "scores: expected finite numbers in shape (n,), got no numbers at all"),
        (custom_objective.focal_loss, [0.0, 1.0], [0, 2], "labels: expected whole numbers from 0 to 1, got 2 at index"),
        (custom_objective.focal_loss, [0.0, 1.0], [-1, 1], "labels: expected whole numbers from 0 to 1, got -1 at ind"),
    ],
)
def test_bad_input_is_refused(loss, scores, labels, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        custom_objective.objective(loss)(scores, labels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rounds", "0"], "rounds: expected a whole number of at least 1, got 0"),
        (["--seed", "x"], "seed: expected a whole number, got 'x'"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(options, message, capsys, tmp_path):
    assert refused(custom_objective, tmp_path / "out", capsys, *options) == message

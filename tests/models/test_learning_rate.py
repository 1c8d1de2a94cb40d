"""Descents of a parabola beside their closed forms, and the rate finder where the best rate is known."""

import numpy as np
import pytest

import autograd_lite as ag
from models import digits, learning_rate
from models.lesson import MissingExtra
from tests.support.commands import command, refused, verdicts, width, written

NAN, INF = float("nan"), float("inf")
WRITTEN = ["learning_rates.png", "rate_finder.png", "rate_training.png"]


@pytest.mark.parametrize("start", [0.871, -3.0])
@pytest.mark.parametrize("rate", [1e-3, 0.05, 0.25, 0.4, 0.6, 0.99, 1.05, 3.0])
def test_a_descent_is_its_closed_form(rate, start):
    path = learning_rate.descend(start, rate, 20)
    np.testing.assert_allclose(path, (1 - 2 * rate) ** np.arange(21) * start, rtol=1e-12)


def test_a_rate_of_one_goes_from_a_to_b_and_back_exactly():
    assert learning_rate.descend(0.7, 1.0, 4).tolist() == [0.7, -0.7, 0.7, -0.7, 0.7]
    assert learning_rate.descend(0.7, 0.5, 2).tolist() == [0.7, 0, 0]


def parabola(x, data):
    """Return a loss with the derivative 2 x: steps shrink x at rates below 1."""
    return ag.square(x) + 0 * np.sum(data)


def find(loss=parabola, data=(), **options):
    return learning_rate.find_rate(loss, 1.0, data or (np.ones(4),), np.random.default_rng(0), **options)


def test_the_losses_are_the_running_average_of_a_closed_form():
    rates = np.array([0.1, 0.2, 0.3])
    raw = np.concatenate([[1], np.cumprod((1 - 2 * rates[:-1]) ** 2)])  # each before its step
    smooth = [np.average(raw[: k + 1], weights=0.9 ** np.arange(k, -1, -1)) for k in range(3)]
    rate, losses = find(rates=rates[::-1])
    np.testing.assert_allclose(losses, smooth, rtol=1e-12)
    assert rate == pytest.approx(0.1)


@pytest.mark.parametrize("loss", [parabola, lambda x, data: np.exp(parabola(x, data))], ids=["grows", "overflows"])
def test_the_finder_stops_where_the_loss_diverges(loss):
    rates = np.geomspace(1e-3, 1e9, 100)
    rate, losses = find(loss, rates=rates)
    assert len(losses) < 100
    assert not losses[-1] < learning_rate.DIVERGED * np.nanmin(losses)
    assert rate == rates[np.nanargmin(losses)] / 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: learning_rate.descend(NAN, 0.1), "start: expected .*, got nan"),
        (lambda: learning_rate.descend([1, 2], 0.1), r"start: expected .*, got shape \(2,\)"),
        (lambda: learning_rate.descend(1, 0), "rate: expected a finite number above 0, got 0"),
        (lambda: learning_rate.descend(1, INF), "rate: expected a finite number above 0, got inf"),
        (lambda: learning_rate.descend(1, 0.1, 0), "steps: expected a whole number of at least 1, got 0"),
        (lambda: find(rates=[]), "rates: expected .*, got no numbers at all"),
        (lambda: find(rates=[0.1, -1]), "rates: expected a finite number above 0, got -1"),
        (lambda: find(rates=[0.1, NAN]), "rates: expected .*, got nan at index 1"),
        (lambda: find(data=(np.full(4, NAN),)), "loss: expected a finite number, got nan before the first step"),
        (lambda: find(data=(np.ones(4), np.ones(3))), "expected arrays of one length"),
    ],
)
def test_bad_data_is_refused(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_a_rate_that_diverges_is_an_infinite_error():
    rng = np.random.default_rng(0)
    data = rng.uniform(size=(64, 64)), rng.integers(0, 10, 64)
    start = digits.initial(learning_rate.SIZES, rng)
    found = learning_rate.trained(start, data, data, 1e300, 3, learning_rate.quiet)
    assert found.held_out == [INF]
    assert found.params is start


def test_every_figure_agrees(tmp_path, capsys):
    pytest.importorskip("sklearn")
    assert command(learning_rate, tmp_path) == 0
    shown = capsys.readouterr().out
    assert [verdict for _, verdict in verdicts(shown)] == ["agree"] * 7
    assert width(shown, tmp_path) <= 100
    assert written(tmp_path) == WRITTEN


def test_the_seed_decides_the_output(tmp_path, capsys):
    pytest.importorskip("sklearn")

    def shown(seed):
        command(learning_rate, tmp_path, "--seed", seed, "--epochs", "1")
        return capsys.readouterr().out

    assert shown("2") == shown("2") != shown("3")


def test_the_parabola_goes_without_scikit_learn(monkeypatch, tmp_path, capsys):
    def missing():
        raise MissingExtra("scikit-learn is needed")

    monkeypatch.setattr(learning_rate, "load", missing)
    assert command(learning_rate, tmp_path) == 0
    shown = capsys.readouterr().out
    assert "Left out: scikit-learn is needed" in shown
    assert len(verdicts(shown)) == len(learning_rate.RATES)
    assert written(tmp_path) == WRITTEN[:1]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--epochs", "0", "epochs: expected a whole number of at least 1, got 0"),
        ("--epochs", "ten", "epochs: expected a whole number, got 'ten'"),
        ("--seed", "x", "seed: expected a whole number, got 'x'"),
    ],
)
def test_bad_options_are_refused_before_any_file(option, value, message, tmp_path, capsys):
    assert refused(learning_rate, tmp_path / "out", capsys, option, value) == message

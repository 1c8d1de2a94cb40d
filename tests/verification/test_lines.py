"""The first wrong line: a mistake is put into each line of right gradients, in many styles, and must be found there."""

import numpy as np
import pytest

from autograd_lite import verify
from tests.support.mistakes import WRITE, listed, named, rows
from tests.support.repairs import no_repairs
from tests.support.sampling import sampled
from tests.support.styles import ARGUMENTS, FUNCTIONS, MISTAKES, STYLES, draw, run

OTHERS = [mistake for mistake in MISTAKES if mistake != "another value"]


@pytest.fixture(autouse=True, scope="module")
def lines_alone():
    with no_repairs():
        yield


@pytest.mark.parametrize("style", STYLES)
def test_right_gradients_of_every_style_are_right(style):
    function, source = STYLES[style]
    space = run(FUNCTIONS + source)
    report = verify(space[function], space["hand"], *ARGUMENTS[function])
    assert report, str(report)
    assert report.finding is None


@pytest.mark.parametrize("mistake", ["another value", *(pytest.param(m, marks=pytest.mark.deep) for m in OTHERS)])
@pytest.mark.parametrize("style", sampled(STYLES, 4))
def test_the_line_that_is_named_is_that_of_the_table(style, mistake):
    assert list(named(style, mistake)) == listed(style, mistake), "look at what has moved: " + WRITE


def test_the_table_is_of_these_styles_and_mistakes():
    assert sum(len(listed(style, mistake)) for style in STYLES for mistake in MISTAKES) == len(rows())


def loss(w, b, x, t):
    layer_1 = x @ w + b
    p = np.tanh(layer_1)
    return np.sum(np.square(p - t))


POINT = (draw(size=(3, 2)), draw(size=2), draw(size=(4, 3)), draw(size=(4, 2)))


def where(hand, f=loss, args=POINT, **options):
    report = verify(f, hand, *args, **options)
    assert report.verdict == "wrong"
    return report.finding.text if report.finding else None


def returning(w, b, x, t):
    p = np.tanh(x @ w + b)
    dp = 2 * (p - t)
    dlayer1 = dp * (1 - p**2)
    dw, db = x.T @ dlayer1, dlayer1.sum(0)
    return dw * 2, db


def inline(w, b, x, t):
    p = np.tanh(x @ w + b)
    dlayer_1 = 2 * (p - t) * (1 - p**2)
    return x.T @ dlayer_1, dlayer_1.mean(0)


def swapped(w, b, x, t):
    d_layer_1 = 2 * (np.tanh(x @ w + b) - t) * (1 - np.tanh(x @ w + b) ** 2)
    dw = x.T @ d_layer_1
    db = d_layer_1.sum(0)
    return dw, -db


def summed(w, b, x, t):
    p = np.tanh(x @ w + b)
    dlayer1 = 2 * (p - t) * (1 - p**2)
    dw = x.T @ dlayer1
    db = dlayer1.sum(1)
    return dw, db


def exploding(w, b, x, t):
    p = np.tanh(x @ w + b)
    dp = 2 * (p - t)
    dlayer_1 = dp * (1 - p**2) / (p - p)
    return x.T @ dlayer_1, dlayer_1.sum(0)


LINES = {
    returning: "return dw * 2, db",
    inline: "return x.T @ dlayer_1, dlayer_1.mean(0)",
    swapped: "return dw, -db",
    summed: "db = dlayer1.sum(1)",
    exploding: "dlayer_1 = dp * (1 - p**2) / (p - p)",
}


@pytest.mark.parametrize("hand", LINES, ids=lambda hand: hand.__name__)
def test_lines(hand):
    assert where(hand) == LINES[hand]


class Network:
    def __init__(self):
        self.w, self.b = POINT[:2]

    def forward(self, x, t):
        self.layer_1 = x @ self.w + self.b
        self.p = np.tanh(self.layer_1)
        return np.sum(np.square(self.p - t))

    def backward(self, x, t):
        dp = 2 * (self.p - t)
        self.dlayer_1 = dp * (1 - self.p)
        self.dw = x.T @ self.dlayer_1
        self.db = np.sum(self.dlayer_1, axis=0)
        return self.dw, self.db


def test_attributes():
    network = Network()
    line = where(network.backward, network.forward, POINT[2:], params=("w", "b"))
    assert line == "self.dlayer_1 = dp * (1 - self.p)"


def test_two_mistakes_on_one_way():
    def hand(w, b, x, t):
        p = np.tanh(x @ w + b)
        dp = 2 * (p - t) + 0.1 * p
        dlayer1 = dp * (1 - p**2)
        dw = x.T @ (dlayer1 * np.abs(dlayer1))
        return dw, dlayer1.sum(0) * 1.5

    assert where(hand) == "dp = 2 * (p - t) + 0.1 * p"


def test_values_that_are_scaled_until_the_end_are_left_alone():
    def hand(w, b, x, t):
        p = np.tanh(x @ w + b)
        dp = p - t
        dlayer1 = dp * (1 - p**2)
        dw = 2 * x.T @ dlayer1
        db = 3 * dlayer1.sum(0)
        return dw, db

    assert where(hand) == "db = 3 * dlayer1.sum(0)"


def test_a_value_of_the_record_in_the_place_of_another():
    def f(w, b, x, t):
        p = np.tanh(x @ w + b)
        return np.sum(np.square(p - t))

    def hand(w, b, x, t):
        p = np.tanh(x @ w + b)
        dp = 2 * (p - t)
        dz = dp  # the derivative by p, where z has no name in f
        return x.T @ dz, dz.sum(0)

    assert where(hand, f).startswith("dz = dp")


def test_names_that_mean_something_else_are_left_alone():
    def hand(w, b, x, t):
        p = x @ w + b  # no prediction
        layer_1 = np.tanh(p)  # no sum
        d = 2 * (layer_1 - t) * (1 - layer_1**2)
        return x.T @ d, d.sum(0) + 1

    assert where(hand) == "return x.T @ d, d.sum(0) + 1"


def test_a_finding_says_what_it_could_not_check():
    def hand(w, b, x, t):
        p = np.tanh(x @ w + b)
        mine = (p - t) * np.exp(-p)
        dw = x.T @ mine
        return dw, 2 * np.sum((p - t) * (1 - p**2), axis=0)

    report = verify(loss, hand, *POINT)
    assert report.finding
    assert report.finding.name in ("mine", "dw")
    if report.finding.name == "dw":
        assert report.finding.unchecked == ("mine",)

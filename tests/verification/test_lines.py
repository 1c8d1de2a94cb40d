"""The first wrong line: a mistake is put into each line of right gradients, in many styles, and must be found there."""

import ast
import re
from typing import Any

import numpy as np
import pytest

from autograd_lite import verify
from tests.support.repairs import no_repairs
from tests.support.styles import ARGUMENTS, FUNCTIONS, MISTAKES, STYLES, draw, run


@pytest.fixture(autouse=True, scope="module")
def lines_alone():
    with no_repairs():
        yield


NOT_A_STEP = re.compile(r"\s*(n|N) = |\s*(hs|grads|dhnext|db) = (\[|{|np|0)|\s*dW?\w* = np.zeros|.* = np.zeros_like")
ASSIGNMENT = re.compile(r"(\s+)(return |[^=(]*? [-+*/]?= )(.+)")


def tilted(x):
    """Another value of the same shape, and no multiple of it."""
    x = np.asarray(x, float)
    return x * np.linspace(0.5, 1.5, x.size).reshape(x.shape) if x.size > 1 else 1.37 * x + 0.01


def changed(line, mistake):
    """Return a line with a mistake in its (first) value, or None if it has none."""
    match = ASSIGNMENT.fullmatch(line)
    if not match or NOT_A_STEP.match(line) or match[3] == "grads" or match[3].startswith("{"):
        return None
    indent, target, value = match.groups()
    tree = ast.parse(value).body[0].value
    if isinstance(tree, ast.Tuple):
        first, *others = map(ast.unparse, tree.elts)
        return f"{indent}{target}{', '.join([mistake.format(first), *others])}"
    return f"{indent}{target}{mistake.format(value)}"


def outcomes(style, mistakes):
    """Put mistakes into every line, and yield the line, what was found, and of which it is unsure."""
    function, source = STYLES[style]
    whole = FUNCTIONS + source
    lines = whole.splitlines()
    for k in range(whole[: whole.index("def hand")].count("\n") + 1, len(lines)):
        for mistake in mistakes:
            line = changed(lines[k], MISTAKES[mistake])
            if line is None:
                continue
            space = run("\n".join([*lines[:k], line, *lines[k + 1 :]]) + "\n", tilted=tilted)
            try:
                report = verify(space[function], space["hand"], *ARGUMENTS[function])
            except (TypeError, ValueError):  # a fraction for an index, or one array of three
                continue
            if not report:
                yield f"{mistake}: {line.strip()}", k + 1, report.finding


@pytest.mark.parametrize("style", STYLES)
def test_right_gradients_of_every_style_are_right(style):
    function, source = STYLES[style]
    space = run(FUNCTIONS + source)
    report = verify(space[function], space["hand"], *ARGUMENTS[function])
    assert report, str(report)
    assert report.finding is None


def check(styles, mistakes):
    found, flagged, astray, missed = list[Any](), list[Any](), list[Any](), list[Any]()
    for style in styles:
        for what, line, finding in outcomes(style, mistakes):
            if finding is None:
                missed.append((style, what))
            elif finding.line == line:
                found.append(what)
            else:
                (flagged if finding.unchecked else astray).append((style, what, finding.text))
    total = len(found) + len(flagged) + len(astray) + len(missed)
    said = f"astray: {astray}\nflagged: {flagged}\nmissed: {missed}"
    assert len(found) >= 0.93 * total, said
    assert len(astray) <= 0.01 * total, said


def test_a_mistake_is_found_in_its_line():
    check(STYLES, ["another value"])


@pytest.mark.deep
def test_any_mistake_is_found_in_its_line():
    check(STYLES, MISTAKES)


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

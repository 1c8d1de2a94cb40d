"""Reports: 80 columns, JSON, HTML, and what they say of the line and of what could not be checked."""

import html.parser
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd_lite import verify
from tests.benchmarks import verify as benchmark
from tests.support.hands import BAD_ANSWERS, CONDEMNED, X, squares

W, B, S, T = (np.random.default_rng(3).normal(size=shape) for shape in ((3, 2), (2,), (4, 3), (4, 2)))


def loss(w, b, x, t):
    layer_1 = x @ w + b
    prediction = np.tanh(layer_1)
    return np.sum(np.square(prediction - t))


def gradient_with_a_long_line(w, b, x, t):
    prediction = np.tanh(x @ w + b)
    derror_dprediction = prediction - t
    dlayer_1 = derror_dprediction * (1 - prediction) * (1 + prediction) + 0 * np.square(prediction) - 0 * prediction
    return x.T @ dlayer_1, dlayer_1.sum(axis=0)


def through_a_helper(w, b, x, t):
    p = np.tanh(x @ w + b)
    dlayer_1 = back(p, t)
    return x.T @ dlayer_1, dlayer_1.sum(axis=0)


def back(p, t):
    return 2 * (p - t) * (1 - p)


def reports():
    yield from (verify(f, hand, *args) for f, hand, args, _ in CONDEMNED.values())
    yield from (verify(squares, hand, X) for hand, _ in BAD_ANSWERS.values())
    yield verify(loss, gradient_with_a_long_line, W, B, S, T)
    yield verify(loss, through_a_helper, W, B, S, T)
    yield verify(squares, lambda x: 2 * x * np.random.default_rng().normal(), X)
    yield verify(lambda x: np.sum(np.asarray(x) ** 2), lambda x: x, X)
    yield verify(lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z, X + 1j)


@pytest.fixture(scope="module")
def all_reports():
    return list(reports())


def test_there_are_reports_of_every_verdict(all_reports):
    found = {report.verdict for report in all_reports}
    assert found == {"right", "kink", "wrong", "noisy", "engine", "nondeterministic"}


def test_80_columns(all_reports):
    long = [line for report in all_reports for line in str(report).splitlines() if len(line) > 80]
    assert long == []
    assert all(line == line.rstrip() for report in all_reports for line in str(report).splitlines())


def test_the_truth_of_a_report_is_its_verdict(all_reports):
    assert all(bool(report) == (report.verdict in ("right", "kink")) for report in all_reports)


def test_json(all_reports):
    for report in all_reports:
        found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
        assert found["verdict"] == report.verdict
        assert found["right"] == bool(report)
        assert [a["name"] for a in found["arguments"]] == [v.name for v in report.verdicts]
        if found["where"]:
            assert found["where"]["line"] == report.finding.assignment.line
            assert found["where"]["unchecked"] == list(report.finding.unchecked)


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_html(all_reports):
    for report in all_reports:
        page = Tags()
        page.feed(report._repr_html_())
        page.close()
        assert page.open == []
        text = " ".join("".join(page.text).split())
        assert all(v.name in text and v.verdict in text for v in report.verdicts)
        assert report.finding is None or " ".join(report.finding.assignment.text.split()) in text


def test_the_line_and_both_values():
    text = str(verify(loss, gradient_with_a_long_line, W, B, S, T))
    assert "where  test_report.py:" in text
    assert "derror_dprediction = prediction - t" in text
    assert "the derivative of the result with respect to prediction" in " ".join(text.split())


def test_what_could_not_be_checked():
    report = verify(loss, through_a_helper, W, B, S, T)
    assert report.finding
    assert report.finding.unchecked == ("back()",)
    assert "nothing is known of back()" in str(report)


def test_numbers_have_as_many_digits_as_tell_them_apart():
    report = verify(squares, lambda x: 2 * x * (1 + 1e-9), X)
    yours, expected = str(report).split("yours ")[1].split("\n")[0].split(", expected ")
    assert yours != expected
    assert len(yours) > 9


@pytest.mark.parametrize("hand", [benchmark.right, benchmark.wrong], ids=["right", "wrong"])
def test_a_network_of_10_000_parameters(hand):
    assert benchmark.measure("10,000", hand)[0].verdict == hand.__name__


@pytest.mark.deep
@pytest.mark.parametrize("hand", ["right", "wrong"])
def test_a_network_of_a_million_parameters_takes_no_2_gib(hand):
    code = (
        "import resource; from tests.benchmarks import verify; "
        f"report, seconds = verify.measure('1,000,000', verify.{hand}); "
        "print(report.verdict, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    verdict, kib = run.stdout.split()
    assert verdict == hand
    assert int(kib) < 2 * 2**20

"""Reports: 80 columns, JSON, HTML, and what they say of the line and of what could not be checked."""

import html.parser
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import verify
from tests.benchmarks import verify as benchmark
from tests.support import browser
from tests.support.hands import BAD_ANSWERS, CONDEMNED, X, squares
from tests.support.repairs import AXIS, NET, SLIP, edit, no_repairs, repair, verdicts_alone, written

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
    for hand in (gradient_with_a_long_line, through_a_helper):
        yield verify(loss, hand, W, B, S, T)
        with no_repairs():
            yield verify(loss, hand, W, B, S, T)
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
            assert found["where"]["line"] == report.finding.line
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
        assert all(note in text for v in report.verdicts for note in v.notes)
        assert report.taken in text
        assert report.finding is None or " ".join(report.finding.text.split()) in text


@no_repairs()
def test_the_line_and_both_values():
    text = str(verify(loss, gradient_with_a_long_line, W, B, S, T))
    assert "where  test_report.py:" in text
    assert "derror_dprediction = prediction - t" in text
    assert "the derivative of the result with respect to prediction" in " ".join(text.split())


@no_repairs()
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


REPAIRS: dict[str, tuple[Any, ...]] = {
    "a line": (
        [SLIP],
        {},
        """
  where  net.py:8, in gradient
  why    - dz = 2 * h * (1 - h)
         + dz = 2 * h * (1 - h**2)       the derivative of tanh at its output
         with this line the gradient is right (at 6 points)""",
    ),
    "lines apart": (
        [SLIP, AXIS],
        {},
        """
  where  net.py:8, in gradient
  why    - dz = 2 * h * (1 - h)
         + dz = 2 * h * (1 - h**2)       the derivative of tanh at its output

  where  net.py:9, in gradient
  why    - return x.T @ dz, dz.sum(axis=1)
         + return x.T @ dz, dz.sum(axis=0)  not summed over the batch

         with these 2 lines the gradient is right (at 6 points)""",
    ),
    "edits of one line": (
        [SLIP, ("dz = 2", "dz = 3", "2 for 3")],
        {},
        """
  where  net.py:8, in gradient
  why    - dz = 2 * h * (1 - h)
         + dz = 3 * h * (1 - h**2)
         2 for 3; the derivative of tanh at its output
         with this line the gradient is right (at 6 points)""",
    ),
    "one argument of two": (
        [SLIP],
        {"arguments": ["w"]},
        """
  where  net.py:8, in gradient
  why    - dz = 2 * h * (1 - h)
         + dz = 2 * h * (1 - h**2)       the derivative of tanh at its output
         with this line the gradient with respect to w is right (at 6 points);
         no repair was found for b

         b is 0.5 times what it should be""",
    ),
    "one point": (
        [("h = np.tanh(x @ W + b)\n    dz", "h = x @ W + b\n    dz", "")],
        {"points": 1},
        """
  where  net.py:7, in gradient
  why    - h = np.tanh(x @ W + b)
         + h = x @ W + b
         with this line the gradient is right (at this point)""",
    ),
    "a line too many": (
        [("    dz = 2 * h * (1 - h)\n", "", "stale")],
        {},
        """
  where  net.py:8, in gradient
  why    - dz = 2 * h * (1 - h)          stale
         without this line the gradient is right (at 6 points)""",
    ),
    "a lambda": (
        [("x**2", "3 * x**2", "missing factor 3", "<lambda>")],
        {},
        """
  where  net.py:11, in a lambda
  why    - cube = lambda x: x**2
         + cube = lambda x: 3 * x**2     missing factor 3
         with this line the gradient is right (at 6 points)""",
    ),
    "a line with a comment": (
        [("(1 - h)", "(1 - h**2)  # tanh", "squared")],
        {},
        """
  where  net.py:8, in gradient
  why    - dz = 2 * h * (1 - h)
         + dz = 2 * h * (1 - h**2)  # tanh
         squared
         with this line the gradient is right (at 6 points)""",
    ),
    "a long line": (
        [("(1 - h)", "(1 - np.tanh(np.dot(x, W) + b) * np.tanh(np.dot(x, W) + b)) * np.ones_like(h)", "long")],
        {},
        """
  where  net.py:8, in gradient
  why    - dz = 2 * h * (1 - h)
         + dz = 2 * h * (1 - np.tanh(np.dot(x, W) + b)
               * np.tanh(np.dot(x, W) + b)) * np.ones_like(h)  long
         with this line the gradient is right (at 6 points)""",
    ),
}


@pytest.fixture(scope="module")
def wrong():
    with verdicts_alone():
        report = verify(loss, gradient_with_a_long_line, W, B, S, T)
    assert report.finding is None
    return report


@pytest.fixture
def repaired(tmp_path, wrong, request):
    path = written(tmp_path / "net.py", NET.encode())
    edits, options, shown = REPAIRS[request.param]
    return replace(wrong, repair=repair(*(edit(path, NET, *e) for e in edits), **options)), shown


every_repair = pytest.mark.parametrize("repaired", REPAIRS, indirect=True)


@every_repair
def test_the_text_of_a_repair(repaired):
    report, shown = repaired
    assert str(report).endswith("\n" + shown)
    with pytest.raises(AssertionError) as caught:
        report.raise_if_wrong()
    assert str(caught.value).endswith("\n" + shown)


@every_repair
def test_a_repair_in_json(repaired):
    report, _ = repaired
    found = json.loads(json.dumps(report.to_dict(), allow_nan=False))["repair"]
    assert found["patch"] == report.patch == report.repair.patch
    assert [e["text"] for e in found["edits"]] == [e.text for e in report.repair.edits]
    assert found["points"] == report.repair.points


@every_repair
def test_a_repair_in_html(repaired):
    report, _ = repaired
    page = Tags()
    page.feed(report._repr_html_())
    page.close()
    assert page.open == []
    for change in report.repair.changes:
        assert all(line.strip() in page.text for line in (*change.old, *change.new))
        assert not change.words or "; ".join(change.words) in page.text


@pytest.mark.parametrize("repaired", ["a long line"], indirect=True)
def test_a_repair_fits_narrow_and_wide_pages_and_its_signs_are_not_copied(tmp_path, repaired):
    if (chromium := browser.find()) is None:
        pytest.skip("no Chromium here: install Debian's chromium to look at the report in a browser")
    head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    (tmp_path / "page.html").write_text(head + repaired[0]._repr_html_(), "utf-8")
    with browser.Browser(chromium) as window:
        for width in (360, 1200):
            window.resize(width, 900)
            window.open(tmp_path / "page.html")
            assert window.evaluate("document.documentElement.scrollWidth") <= width
        window.evaluate("getSelection().selectAllChildren(document.querySelector('pre'))")
        copied = window.evaluate("getSelection().toString()").split("\n")
        assert window.complaints == []
    (change,) = repaired[0].repair.changes
    assert [line for line in copied if line] == [line.strip() for line in (*change.old, *change.new)]


def test_without_a_repair_there_is_no_patch(wrong):
    assert wrong.patch == ""
    assert wrong.to_dict()["repair"] is None
    assert "why    no repair was found" in str(wrong)


@pytest.mark.parametrize("where", ["nowhere", "in a file", "beside a file", "in C"])
def test_source_that_cannot_be_read_is_named(tmp_path, where):
    lines = "def slope(x):\n    return x * np.abs(x)\n"
    path = written(tmp_path / "slope.py", lines.encode() if where == "in a file" else b"")
    names: dict[str, Any] = {"np": np}
    exec(compile(lines, "<nowhere>" if where in ("nowhere", "beside a file") else path, "exec"), names)
    hands = {"in C": np.exp, "beside a file": lambda x: names["slope"](x)}
    report = verify(squares, hands.get(where, names["slope"]), X)
    assert report.verdict == "wrong"
    said = "the source of slope() cannot be read here (it is not from a file or a notebook): put it into a file"
    assert (said in report.notes) == (where == "nowhere")
    assert any("source" in note for note in report.notes) == (where == "nowhere")


@pytest.mark.parametrize(("arguments", "known"), [([], False), (["u"], False), (["v"], True)])
@no_repairs()
def test_what_a_repair_leaves_wrong_is_said_and_nothing_else(tmp_path, arguments, known):
    report = verify(both, lambda u, v: (u, v**2), U, V)
    assert report.finding
    path = written(tmp_path / "net.py", NET.encode())
    text = str(replace(report, repair=repair(edit(path, NET, *SLIP), arguments=arguments)))
    assert text.count("where  ") == 1
    assert ("u is 0.5 times what it should be" in text) == known


def both(u, v):
    return np.sum(np.square(u)) + np.sum(v**3)


U, V = np.random.default_rng(4).normal(size=(3, 4)), np.arange(1.0, 6)
KNOWN = {
    "swapped": (lambda u, v: (3 * v**2, 2 * u), ["what is returned for u is the gradient with respect to v"]),
    "transposed": (lambda u, v: (2 * u.T, 3 * v**2), ["u is transposed"]),
    "another shape": (
        lambda u, v: (2 * u, 3 * v[None] ** 2),
        ["v has the right numbers in the shape (1, 5): give it the shape (5,)"],
    ),
    "not summed": (
        lambda u, v: (2 * u, 3 * v**2 * np.array([[0.25], [0.75]])), ["v is right once it is summed over axis 0"],
    ),
    "summed": (lambda u, v: (2 * u.sum(axis=1), 3 * v**2), ["u is summed over axis 1, where it should not be"]),
    "a factor": (lambda u, v: (u, 3 * v**2), ["no repair was found", "u is 0.5 times what it should be"]),
    "a row": (
        lambda u, v: (2 * u + (np.arange(3) == 1)[:, None], 3 * v**2),
        ["no repair was found", "u is wrong only at 1 along axis 0"],
    ),
    "rows": (
        lambda u, v: (2 * u, 3 * v**2 + (np.arange(5) % 3 == 0)),
        ["no repair was found", "v is wrong only at 0 and 3 along axis 0"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_known_where_there_is_no_repair(name):
    hand, facts = KNOWN[name]
    report = replace(verify(both, hand, U, V), repair=None)
    why = str(report).partition("  why    ")[2].split("\n         ")
    assert [line.strip() for line in why][: len(facts)] == facts


def softplus(x):
    return np.sum(np.logaddexp(0, x))


def overflows(x):
    e = np.exp(x)
    return e / (1 + e)


def overflows_at_once(x):
    return np.exp(x) / (1 + np.exp(x))


@pytest.mark.parametrize(
    ("hand", "said"),
    [
        (overflows, "e is infinite first, in line {}, `e = np.exp(x)`"),
        (overflows_at_once, "what is returned is NaN first, in line {}, `return np.exp(x) / (1 + np.exp(x))`"),
    ],
)
def test_an_overflow_is_said_with_its_first_line(hand, said):
    text = " ".join(str(verify(softplus, hand, np.array([800.0, 1.0]))).split())
    assert said.format(hand.__code__.co_firstlineno + 1) in text


@pytest.mark.parametrize("hand", [lambda x: 2 * x + 0j, lambda x: np.ma.masked_array(2 * x, x > 1)])
def test_values_that_are_the_same_are_not_set_against_each_other(hand):
    assert "yours" not in str(replace(verify(squares, hand, X), finding=None))

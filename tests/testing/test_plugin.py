"""The pytest plugin: reports in place of tracebacks, pages of them, a marker; and nothing where it is not used."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograd_lite.testing.pages import page_name  # or a run in this process would import it again each time
from tests.support import browser

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"```python\n((?:(?!```).)*)```(?:(?!```python).)*?```console\n(.*?)```", flags=re.DOTALL)
PLUGIN = "pytest_autograd_lite"
LOSS = """
import numpy as np
import pytest
import autograd_lite as ag

def loss(w, x):
    return np.sum(np.square(w * x))

def gradient(w, x):
    return 2 * w * x * x

def slip(w, x):
    return w * x * x

W, X = np.array([1.0, 2.0]), np.array([0.5, 3.0])
"""
ASSERTS = """
def test_right():
    ag.testing.assert_gradient(loss, gradient, W, X)

def test_wrong():
    ag.testing.assert_gradient(loss, gradient, W, X)
    ag.testing.assert_gradient(loss, slip, W, X)
"""
REPORT = [
    "slip, the gradient of loss: WRONG",
    "",
    "  w  wrong: in all 2 elements; at [[]1[]]: yours 18, expected 36",
    "",
    "  where  test_net.py:12, in slip",
    "  why    - return w * x * x",
    "         + return 2 * w * x * x*",
    "         with this line the gradient is right (at 6 points)",
    "",
]


@pytest.fixture
def run(pytester):
    """Return a function that writes a test file below LOSS and runs it in this process."""

    def run(tests, *options):
        pytester.makepyfile(test_net=LOSS + tests)
        return pytester.runpytest_inprocess("-p", PLUGIN, "-p", "no:cacheprovider", "--strict-markers", *options)

    return run


def test_a_run_that_does_not_use_it_imports_nothing_of_the_package(pytester, monkeypatch):
    heavy = ["numpy", "autograd_lite", "hypothesis"]
    pytester.makepyfile(f"def test_it():\n    import sys\n    assert [n for n in {heavy} if n in sys.modules] == []")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, "-q"]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_report_stands_in_place_of_the_traceback(run):
    result = run(ASSERTS)
    result.assert_outcomes(passed=1, failed=1)
    shown = ["*_ test_wrong _*", "", *REPORT, "test_net.py:21: ag.testing.assert_gradient(loss, slip, W, X)", "=*"]
    result.stdout.fnmatch_lines(shown, consecutive=True)
    result.stdout.fnmatch_lines(["FAILED test_net.py::test_wrong - slip, the gradient of loss: WRONG"])
    result.stdout.no_fnmatch_line("*raise_if_wrong*")


def test_in_a_helper_the_place_is_that_of_the_test(run, pytester):
    pytester.makepyfile(helper="import autograd_lite as ag\ndef check(*args):\n    ag.testing.assert_gradient(*args)")
    result = run("from helper import check\ndef test_it():\n    check(loss, slip, W, X)")
    result.stdout.fnmatch_lines(["test_net.py:17: check(loss, slip, W, X)"])


def test_a_report_on_the_simplest_point_is_shown_alone(run):
    result = run("""
def test_it():
    ag.testing.assert_gradient_everywhere(loss, slip, ag.testing.arrays(()), ag.testing.arrays(()), max_examples=3)
""")
    result.stdout.fnmatch_lines(["slip, the gradient of loss: WRONG", "  point  *, *", "test_net.py:17: ag.testing.*"])
    result.stdout.no_fnmatch_line("*Error*")


def test_other_failures_keep_their_traceback(run):
    result = run("def test_it():\n    assert loss(W, X) == 0")
    result.stdout.fnmatch_lines([">       assert loss(W, X) == 0", "E *", "test_net.py:16: AssertionError"])


@pytest.mark.parametrize(
    ("option", "shown", "not_shown"),
    [
        ("--tb=short", "         with this line the gradient is right (at 6 points)", "*raise_if_wrong*"),
        ("--tb=line", "*test_net.py:21: slip, the gradient of loss: WRONG", "*with this line*"),
        ("--tb=no", "FAILED test_net.py::test_wrong - slip, the gradient of loss: WRONG", "*with this line*"),
        ("--tb=long", ">       ag.testing.assert_gradient(loss, slip, W, X)", "test_net.py:21: ag*"),
        ("--tb=native", "Traceback (most recent call last):", "test_net.py:21: ag*"),
        ("--full-trace", "*raise WrongGradientError*", "test_net.py:21: ag*"),
        ("--showlocals", ">       ag.testing.assert_gradient(loss, slip, W, X)", "test_net.py:21: ag*"),
        ("-vv", "test_net.py:21: ag.testing.assert_gradient(loss, slip, W, X)", "*raise_if_wrong*"),
    ],
)
def test_options_of_pytest_are_followed(run, option, shown, not_shown):
    result = run(ASSERTS, option)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([shown])
    result.stdout.no_fnmatch_line(not_shown)


def test_an_expected_failure_is_one(run):
    result = run("@pytest.mark.xfail(strict=True)\ndef test_it():\n    ag.testing.assert_gradient(loss, slip, W, X)")
    result.assert_outcomes(xfailed=1)


class Page(HTMLParser):
    """Its text, its links, and the cells of its tables."""

    def __init__(self, path):
        super().__init__()
        self.text, self.links, self.loads, self.rows = "", [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.loads += [given[name] for name in ("src", "srcset") if name in given]
        self.loads += [given["href"]] if tag == "link" else []
        self.links += [given["href"]] if tag == "a" else []
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip("\n")


TABLE = [
    ["verdict", "gradient", "test"],
    ["wrong", "slip of loss", "test_net.py::test_wrong"],
    ["right", "gradient of loss", "test_net.py::test_right"],
    ["right", "gradient of loss", "test_net.py::test_wrong"],
]


def test_the_pages_show_what_was_verified_in_each_test_right_and_wrong(run, pytester):
    result = run(ASSERTS + "\ndef test_nothing():\n    pass", "--gradient-report", "out/made/here")
    result.stdout.fnmatch_lines(
        ["*gradient report: out/made/here/index.html*", "3 gradients verified: 2 right, 1 wrong"]
    )
    folder = pytester.path / "out" / "made" / "here"
    index = Page(folder / "index.html")
    assert index.rows == TABLE
    files = {link.partition("#")[0] for link in index.links}
    assert {path.name for path in folder.iterdir()} == files | {"index.html"}
    page = Page(folder / page_name("test_net.py::test_wrong"))
    assert page.text.index("gradient, the gradient of loss: right") < page.text.index(
        "slip, the gradient of loss: WRONG"
    )
    assert "return 2 * w * x * x" in page.text
    assert page.links == ["index.html"]
    assert {*index.loads, *page.loads} == {"data:,"}


def test_workers_of_xdist_send_what_they_verified(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(test_net=LOSS + ASSERTS)
    options = ["-p", PLUGIN, "-p", "no:cacheprovider", "-n", "1", "--gradient-report", "pages"]
    result = pytester.runpytest_inprocess(*options)
    assert Page(pytester.path / "pages" / "index.html").rows == TABLE
    result.stdout.fnmatch_lines([*REPORT, "test_net.py:21: ag.testing.assert_gradient(loss, slip, W, X)"])
    result.stdout.fnmatch_lines(["FAILED test_net.py::test_wrong - slip, the gradient of loss: WRONG"])


def test_equal_reports_are_shown_once_and_a_search_once(run, pytester):
    run(
        """
def test_loop():
    for w in (1.0, 2.0, 3.0):
        assert ag.verify(loss, gradient, w, 2.0)

def test_search():
    point = ag.testing.arrays(())
    ag.testing.assert_gradient_everywhere(loss, gradient, point, point, max_examples=3)

def test_wrong_search():
    point = ag.testing.arrays(())
    ag.testing.assert_gradient_everywhere(loss, slip, point, point, max_examples=3)
""",
        "--gradient-report=pages",
    )
    assert Page(pytester.path / "pages" / "index.html").rows[1:] == [
        ["wrong", "slip of loss", "test_net.py::test_wrong_search"],
        ["right", "gradient of loss 3 times", "test_net.py::test_loop"],
        ["right", "gradient of loss", "test_net.py::test_search"],
    ]
    searched = Page(pytester.path / "pages" / page_name("test_net.py::test_search"))
    assert re.search(r"at \d+ points that hypothesis drew", searched.text)
    wrong = Page(pytester.path / "pages" / page_name("test_net.py::test_wrong_search"))
    assert "at the simplest point that was found: " in wrong.text


def test_what_is_verified_in_fixtures_counts_and_what_while_collecting_does_not(run, pytester):
    run(
        """
assert ag.verify(loss, gradient, W, X)

@pytest.fixture
def checked():
    assert ag.verify(lambda w: w**2, lambda w: 2 * w, 3.0)

def test_it(checked):
    pass
""",
        "--gradient-report=pages",
    )
    assert Page(pytester.path / "pages" / "index.html").rows[1:] == [
        ["right", "<lambda> of <lambda>", "test_net.py::test_it"]
    ]


def test_where_nothing_was_verified_the_index_says_so(run, pytester):
    run("def test_it():\n    pass", "--gradient-report=pages")
    assert "no gradients were verified" in Page(pytester.path / "pages" / "index.html").text


def test_a_folder_that_is_a_file_is_refused(run, pytester):
    pytester.makefile(".txt", taken="")
    result = run(ASSERTS, "--gradient-report=taken.txt")
    result.stderr.fnmatch_lines(["ERROR: --gradient-report: expected a folder, *; taken.txt is a file"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_folder_that_cannot_be_made_is_refused_before_the_tests_run(run, pytester):
    pytester.makefile(".txt", taken="")
    result = run(ASSERTS, "--gradient-report=taken.txt/pages")
    result.stderr.fnmatch_lines(["ERROR: --gradient-report: expected a folder that can be written to; *taken.txt*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(("tests", "status"), [("def test_it():\n    pass", 4), (ASSERTS, 1)])
def test_pages_that_cannot_be_written_are_said_after_the_tests(run, pytester, tests, status):
    (pytester.path / "pages" / "index.html").mkdir(parents=True)
    result = run(tests, "--gradient-report=pages")
    result.stdout.fnmatch_lines(["*gradient report*", "not written: *index.html*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert result.ret == status


def test_the_folder_may_be_below_the_home(run, pytester, monkeypatch):
    monkeypatch.setenv("HOME", str(pytester.path / "home"))
    monkeypatch.setenv("USERPROFILE", str(pytester.path / "home"))
    run(ASSERTS, "--gradient-report=~/pages")
    assert (pytester.path / "home" / "pages" / "index.html").exists()


def test_collecting_alone_writes_nothing(run, pytester):
    run(ASSERTS, "--gradient-report=pages", "--collect-only")
    assert not (pytester.path / "pages").exists()


def test_file_names_are_for_every_file_system_and_differ():
    names = {page_name(test) for test in ("a/b.py::f[x/..]", "a/b.py::f[x:..]", "a/b.py::f[Ωé]", "x" * 300, "\ud800")}
    assert len(names) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,120}\.html", name) for name in names)


def test_the_pages_fit_phones_in_light_and_dark(run, pytester):
    if (chromium := browser.find()) is None:
        pytest.skip("no Chromium here: install Debian's chromium to look at the pages in a browser")
    long = f"def test_{'long_' * 20}():\n    ag.testing.assert_gradient(loss, slip, W, X)"
    run(ASSERTS + long, "--gradient-report=pages")
    backgrounds = set()
    with browser.Browser(chromium) as window:
        for scheme in ("light", "dark"):
            window.prefer(scheme)
            for path in (pytester.path / "pages").iterdir():
                for width in (390, 1200):
                    window.resize(width, 900)
                    window.open(path)
                    assert window.evaluate("document.documentElement.scrollWidth") <= width
                    backgrounds.add(window.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert window.complaints == []
    assert len(backgrounds) == 2


def test_marked_functions_are_verified_whatever_they_are_called(run):
    result = run(
        """
@pytest.mark.gradient_of(loss, args=(W, X))
def by_hand(w, x):
    return 2 * w * x * x

@pytest.mark.gradient_of(loss, args=lambda: (W, X))
def without_the_2(w, x):
    return w * x * x

test_named = pytest.mark.gradient_of(loss, shapes="3,3", argnums=1)(lambda w, x: 2 * w * w * x)
check = pytest.mark.gradient_of(loss, args=[W, X])

@check
@pytest.mark.gradient_of(loss, args=(-W, X))
def gradient_at_two_points(w, x):
    return 2 * np.abs(w) * x * x

test_alias = check(gradient)

class TestLayer:
    def setup_method(self):
        self.factor = 2

    @pytest.mark.gradient_of(loss, args=(W, X))
    def by_method(self, w, x):
        return self.factor * w * x * x

    @staticmethod
    @pytest.mark.gradient_of(loss, args=(W, X))
    def by_static_method(w, x):
        return w * x * x
""",
        "-v",
    )
    lines = [line.split()[:2] for line in result.outlines if line.startswith("test_net.py::")]
    assert [(name.removeprefix("test_net.py::"), outcome) for name, outcome in lines] == [
        ("by_hand", "PASSED"),
        ("without_the_2", "FAILED"),
        ("test_named", "PASSED"),
        ("gradient_at_two_points", "FAILED"),
        ("test_alias", "PASSED"),
        ("TestLayer::by_method", "PASSED"),
        ("TestLayer::by_static_method", "FAILED"),
    ]
    result.stdout.fnmatch_lines(["without_the_2, the gradient of loss: WRONG", "test_net.py:20: without_the_2"])


def test_other_marks_and_fixtures_of_a_marked_function_count(run):
    result = run("""
@pytest.fixture(autouse=True)
def moved(monkeypatch):
    monkeypatch.setitem(globals(), "FACTOR", 2)

@pytest.mark.gradient_of(loss, args=(W, X))
def with_fixture(w, x):
    return FACTOR * w * x * x

@pytest.mark.skip
@pytest.mark.gradient_of(loss, args=(W, X))
def skipped(w, x):
    return w

@pytest.mark.gradient_of(loss, args=(W, X))
@pytest.mark.xfail(strict=True)
def known_to_be_wrong(w, x):
    return w
""")
    result.assert_outcomes(passed=1, skipped=1, xfailed=1)


def test_a_fixture_with_parameters_makes_a_test_of_each(run):
    result = run("""
@pytest.fixture(autouse=True, params=[2, 3])
def factor(request, monkeypatch):
    monkeypatch.setitem(globals(), "FACTOR", request.param)

@pytest.mark.gradient_of(loss, args=(W, X))
def with_fixture(w, x):
    return FACTOR * w * x * x

class TestLayer:
    @pytest.mark.gradient_of(loss, args=(W, X))
    def by_method(self, w, x):
        return FACTOR * w * x * x
""")
    result.assert_outcomes(passed=2, failed=2)


def test_parameters_of_a_class_are_for_its_other_tests(run):
    result = run("""
@pytest.mark.parametrize("number", [1, 2])
class TestLayer:
    @pytest.mark.gradient_of(loss, args=(W, X))
    def by_method(self, w, x):
        return 2 * w * x * x

    def test_other(self, number):
        pass
""")
    result.assert_outcomes(passed=3)


def test_a_method_of_unittest_is_refused(run):
    """unittest alone finds methods by their names: one that is not called test would not be verified."""
    result = run("""
import unittest

class Shared:
    @pytest.mark.gradient_of(loss, args=(W, X))
    def by_hand(self, w, x):
        return 2 * w * x * x

class TestLayer(Shared, unittest.TestCase):
    def test_it(self):
        pass

class TestOther(unittest.TestCase):
    def test_it(self):
        pass
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["the mark gradient_of on TestLayer.by_hand: expected *, got one of a unittest.TestCase*"]
    )


MARK = "@pytest.mark.gradient_of"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            f"{MARK}(loss, W, X)\ndef g(w): ...",
            "on g: expected the function as the one positional argument, got (loss, a",
        ),
        (f"{MARK}(args=(W, X))\ndef g(w): ...", "on g: expected the function as the one positional argument, got ()"),
        (f"{MARK}(3, args=(W, X))\ndef g(w): ...", "positional argument, got (a value of type int)"),
        (f"{MARK}(loss, argnums=0)\ndef g(w): ...", "on g: expected either args or shapes, got neither"),
        (f"{MARK}(loss, args=(W,), shapes='2')\ndef g(w): ...", "on g: expected either args or shapes, got both"),
        (f"{MARK}(loss, shapes='3*2')\ndef g(w): ...", "on g: expected shapes such as 64x10,10 (- is a number), got"),
        (f"{MARK}(loss, shapes='2')\ndef g(w): ...", "on g: shapes '2' draws 1, for loss(w, x): missing a required"),
        (
            f"{MARK}(loss, args=W)\ndef g(w): ...",
            "(x,) for one, or a function that returns it, got a value of type ndarray",
        ),
        (f"{MARK}(loss, args=lambda: W)\ndef g(w): ...", "or a function that returns it, got a value of type ndarray"),
        (f"{MARK}(loss, args=(W, X))\nclass G: ...", "on G: expected a function below it, got the class G"),
        (f"pytestmark = {MARK[1:]}(loss, args=(W, X))", "on pytestmark: expected a function below it, got pytestmark"),
        (
            f"@pytest.mark.parametrize('w', [W])\n{MARK}(loss, args=(W, X))\ndef g(w): ...",
            "on g: expected one mark gradient_of for each point, got the mark parametrize",
        ),
    ],
)
def test_wrong_use_says_what_to_write(run, code, said):
    result = run(f"{code}\ndef test_other():\n    pass")
    result.assert_outcomes(passed=1, failed=1)
    shown = "\n".join(result.outlines)
    assert said in shown
    assert "write\n\n    @pytest.mark.gradient_of(loss, args=(W, b))\n    def gradient(W, b): ..." in shown


def test_it_works_without_hypothesis(run, pytester):
    pytester.makeconftest("import sys\nsys.modules['hypothesis'] = None")  # an import of it fails
    marked = "@pytest.mark.gradient_of(loss, args=(W, X))\ndef g(w, x):\n    return 2 * w * x * x"
    result = run(ASSERTS + marked, "-p", "no:hypothesispytest", "--gradient-report=pages")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["4 gradients verified: 3 right, 1 wrong"])


@pytest.mark.parametrize("name", ["test_net", "test_marked"])
def test_the_page_on_it_shows_what_pytest_prints(pytester, name):
    page = (ROOT / "docs" / "how_to" / "verify_in_ci.md").read_text(encoding="utf-8")
    code, shown = SHOWN.findall(page)[["test_net", "test_marked"].index(name)]
    pytester.makepyfile(**{name: code})
    result = pytester.runpytest_inprocess("-p", PLUGIN, "-p", "no:cacheprovider", *["-v"] * (name == "test_marked"))
    assert f"\n{shown}" in "\n".join(result.outlines) + "\n"


def test_the_marker_and_the_option_are_listed(run):
    run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.gradient_of(function, [*], args or shapes, *"])
    run("", "--help").stdout.fnmatch_lines(["*--gradient-report=DIR*"])

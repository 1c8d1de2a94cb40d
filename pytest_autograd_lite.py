"""The pytest plugin of autograd_lite: reports in place of tracebacks, pages of them, and gradients that are tests.

pytest imports this module in every run of an environment in which autograd_lite is installed. It lies beside the
package because a module of the package would bring all of it, and NumPy; these are imported where they are used.

PYTEST_DONT_REWRITE: there is no assertion in it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, NoReturn

import pytest

MARK = "gradient_of"
_VERIFIED = "verified_gradients"  # the attribute of pytest's reports in which workers of xdist send theirs
_OTHERS = {"site-packages", Path(__file__).name}
_EXAMPLE = f"@pytest.mark.{MARK}(loss, args=(W, b))"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--gradient-report``."""
    parser.getgroup("autograd_lite", "gradients (autograd_lite)").addoption(
        "--gradient-report",
        metavar="DIR",
        help="write a page for each test in which gradients were verified, and a table of all in DIR/index.html",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and what writes the pages where they are asked for."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(function, *, args or shapes, **options of autograd_lite.verify): the function below is its gradient, "
        "derived by hand, and is verified; args is the tuple of arguments or a function that returns it, "
        'shapes draws them: "64x10,10"',
    )
    asked = config.getoption("--gradient-report")
    if asked is None or config.getoption("collectonly"):
        return
    folder = config.invocation_params.dir / os.path.expanduser(asked)
    if folder.exists() and not folder.is_dir():
        raise pytest.UsageError(
            f"--gradient-report: expected a folder, which is made where it is missing; {asked} is a file"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)  # what cannot be made is said before the tests run
    except OSError as error:
        raise pytest.UsageError(f"--gradient-report: expected a folder that can be written to; {error}") from None
    config.pluginmanager.register(Pages(config, folder), "gradient-report")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show of a gradient that is not right its report, and the place in the test, in place of a traceback."""
    report = yield
    if call.excinfo is not None and _is_wrong_gradient(call.excinfo.value) and _wants_report(item.config):
        report.longrepr = _report_alone(item, call.excinfo)
    return report


def _is_wrong_gradient(error: BaseException) -> bool:
    module = sys.modules.get("autograd_lite.verification.report")
    return module is not None and isinstance(error, module.WrongGradientError)


def _wants_report(config: pytest.Config) -> bool:
    """Whether no option asks for more than the report: for the whole traceback, for Python's, or for variables."""
    asks_for_more = config.getoption("fulltrace", False) or config.getoption("showlocals", False)
    return config.getoption("tbstyle", "auto") in ("auto", "short", "line", "no") and not asks_for_more


def _report_alone(item: pytest.Item, raised: pytest.ExceptionInfo[BaseException]) -> Any:
    """Return what pytest prints of a failure: the report and a line with the place; for ``--tb=line`` that line."""
    shown: Any = raised.getrepr(style="value", chain=False)
    path, line, code = _place(item, raised)
    said = str(raised.value).strip().partition("\n")[0]
    crash, (entry,) = shown.reprcrash, shown.reprtraceback.reprentries
    crash.path, crash.lineno, crash.message = str(path), line, said
    if item.config.getoption("tbstyle", "auto") == "line":
        entry.lines = []
    else:
        entry.reprfileloc = dataclasses.replace(crash, path=_short(path, item.config), message=code)
    return shown


def _place(item: pytest.Item, raised: pytest.ExceptionInfo[BaseException]) -> tuple[Path, int, str]:
    """Return file, line and code of the call in the test, or of the marked function."""
    from autograd_lite.core.lines import is_users

    entries = [(Path(entry.path), entry) for entry in raised.traceback]
    users = [(path, entry) for path, entry in entries if path == item.path] or [
        (path, entry) for path, entry in entries if is_users(str(path)) and not _OTHERS & {*path.parts}
    ]
    for path, entry in users:
        return path, entry.lineno + 1, str(entry.statement).strip().partition("\n")[0]
    file, line, name = item.location
    return item.path, (line or 0) + 1 if item.path.name == Path(file).name else 1, name


def _short(path: Path, config: pytest.Config) -> str:
    """Return a path as it is seen from where pytest was started."""
    folder = config.invocation_params.dir
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


class Pages:
    """Keeps what is verified in each test, and writes the pages at the end; workers of xdist send theirs along."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        from autograd_lite.testing.pages import entry
        from autograd_lite.verification.collecting import receiving

        self.config, self.folder = config, folder
        self.is_worker = hasattr(config, "workerinput")
        self.since_last: list[dict[str, str]] = []
        self.verified: dict[str, list[dict[str, str]]] = {}
        self.said = ""
        stack = ExitStack()
        stack.enter_context(receiving(lambda report, point: self.since_last.append(entry(report, point))))
        config.add_cleanup(stack.close)

    def pytest_runtest_logstart(self) -> None:
        """Forget what was verified while tests were collected."""
        self.since_last.clear()

    @pytest.hookimpl(tryfirst=True)  # before a worker sends the report
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Give a report of pytest what was verified since the last one; keep what it has."""
        if self.since_last:
            vars(report)[_VERIFIED] = self.since_last[:]
            self.since_last.clear()
        if found := vars(report).get(_VERIFIED):
            self.verified.setdefault(report.nodeid, []).extend(found)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the pages; where they cannot be written, say so, and let a run that passed fail."""
        if self.is_worker:
            return
        from autograd_lite.testing.pages import write

        try:
            self.said = write(self.folder, self.verified)
        except OSError as error:
            self.said = f"not written: {error}"
            session.exitstatus = session.exitstatus or pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where the pages are."""
        if self.said:
            terminalreporter.write_sep("-", f"gradient report: {_short(self.folder / 'index.html', self.config)}")
            terminalreporter.write_line(self.said)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Function] | None:
    """Make tests of what is marked, whatever it is called; none of its other names."""
    if isinstance(obj, type) and issubclass(obj, getattr(sys.modules.get("unittest"), "TestCase", ())):
        return _refused(collector, name, obj) or None
    hand, marks = _marked(name, obj)
    if not any(mark.name == MARK for mark in marks):
        return None
    names = [other for other, value in vars(collector.obj).items() if value is obj]
    if names and name != next((other for other in names if other.startswith("test")), names[0]):
        return []
    owner = collector.obj() if isinstance(collector, pytest.Class) else None
    is_method = owner is not None and not isinstance(obj, pytest.MarkDecorator)
    test = _test(name, getattr(owner, name) if is_method else hand, marks, owner)
    if any(collector.iter_markers("parametrize")):  # of the class, for its tests that take what it gives
        return [pytest.Function.from_parent(collector, name=name, callobj=test)]
    return [_calling(test, each) for each in collector._genfunctions(name, test)]


def _calling(test: Callable[..., None], each: pytest.Function) -> pytest.Function:
    """Return what pytest made for one parameter of a fixture, or where there is none, with a test of its own."""
    callspec = getattr(each, "callspec", None)
    made: pytest.Function = pytest.Function.from_parent(
        each.parent,
        name=each.name,
        originalname=each.originalname,
        callspec=callspec,
        callobj=test,
        fixtureinfo=each._fixtureinfo,
        keywords={callspec.id: True} if callspec else None,
    )
    return made


def _refused(collector: pytest.Module | pytest.Class, name: str, kind: type) -> list[pytest.Function]:
    """Return tests that fail, for the marked methods of a class of unittest, which finds methods by their names."""
    expected = "a function, or a method of a class that has no base in unittest"
    refused = []
    for method in dir(kind):
        hand, marks = _marked(method, inspect.getattr_static(kind, method))
        if any(mark.name == MARK for mark in marks):
            path = f"{name}.{method}"
            test = _test(path, hand, marks, why=(expected, "one of a unittest.TestCase"))
            refused.append(pytest.Function.from_parent(collector, name=path, callobj=test))
    return refused


def _marked(name: str, obj: Any) -> tuple[Any, list[Any]]:
    """Return what may be a gradient, and its own marks: none that it inherits.

    pytest marks nothing that has no name, such as a lambda: the mark is what comes of it, with the lambda at its end.
    """
    if issubclass(type(obj), pytest.MarkDecorator):
        is_of_lambda, is_of_all = len(obj.args) > 1, name == "pytestmark"
        if obj.name != MARK or not (is_of_lambda or is_of_all):  # of neither: a mark that is kept to be used later
            return obj, []
        mark = getattr(pytest.mark, MARK).with_args(*obj.args[:-1], **obj.kwargs).mark
        return None if is_of_all else obj.args[-1], [mark]
    function = obj.__func__ if type(obj) in (staticmethod, classmethod) else obj
    try:
        marks = vars(function).get("pytestmark", [])
    except Exception:  # a module may hold anything; what has no dict has no marks
        return obj, []
    return function, [mark for mark in marks if isinstance(mark, pytest.Mark)] if isinstance(marks, list) else []


def _test(
    name: str, hand: Any, marks: list[Any], owner: object = None, why: tuple[str, ...] = ()
) -> Callable[..., None]:
    """Return the test that a marked function stands for: it takes no fixtures, and has its place and its marks."""

    def test(*_: object) -> None:
        if why:
            _refuse(name, *why)
        if not callable(hand) or isinstance(hand, type):
            _refuse(name, "a function below it", name if hand is None else f"the class {name}")
        if any(mark.name == "parametrize" for mark in marks):
            _refuse(name, f"one mark {MARK} for each point", "the mark parametrize")
        for mark in marks:
            if mark.name == MARK:
                _verify(name, mark, hand)

    function = getattr(hand, "__func__", hand)
    if isinstance(inspect.unwrap(function), FunctionType):  # pytest looks for code at the end of what is wrapped
        functools.update_wrapper(test, function)
    parameters = [] if owner is None else [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    test.pytestmark = [mark for mark in marks if mark.name != "parametrize"]  # type: ignore[attr-defined]
    return test if owner is None else MethodType(test, owner)  # whose setup_method pytest calls


def _verify(name: str, mark: Any, hand: Callable[..., Any]) -> None:
    """Verify a gradient as its mark says."""
    options = dict(mark.kwargs)
    args, shapes = options.pop("args", None), options.pop("shapes", None)
    if len(mark.args) != 1 or not callable(mark.args[0]):
        _refuse(name, "the function as the one positional argument", f"({', '.join(map(_kind, mark.args))})")
    if (args is None) == (shapes is None):
        _refuse(name, "either args or shapes", "neither" if args is None else "both")
    from autograd_lite.testing import assert_gradient
    from autograd_lite.verification.draws import drawn

    if shapes is not None:
        try:
            args = drawn(mark.args[0], shapes, options.get("rng", 0))
        except ValueError as error:
            _fail(name, str(error))
    given = args() if callable(args) else args
    if not isinstance(given, (tuple, list)):
        _refuse(name, "args to be a tuple of all arguments, (x,) for one, or a function that returns it", _kind(given))
    assert_gradient(mark.args[0], hand, *given, **options)


def _kind(x: object) -> str:
    return getattr(x, "__name__", None) or f"a value of type {type(x).__name__}"


def _refuse(name: str, expected: str, given: str) -> NoReturn:
    _fail(name, f"expected {expected}, got {given}")


def _fail(name: str, said: str) -> NoReturn:
    said = f"the mark {MARK} on {name}: {said}"
    pytest.fail(f"{said}; write\n\n    {_EXAMPLE}\n    def gradient(W, b): ...", pytrace=False)

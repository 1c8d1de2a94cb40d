"""What `verify` spends: it is counted, so that a report is the same on any machine; the clock is a safety net alone."""

import ast
import functools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lite
from autograd_lite import verify
from autograd_lite.verification import budget
from tests.benchmarks import verify as benchmark
from tests.support.hands import UNRECORDED

ROOMS = ("verification", "numerical", "testing")
MODULES = [path for room in ROOMS for path in sorted((Path(autograd_lite.__file__).parent / room).rglob("*.py"))]

W, B, S, T = (np.random.default_rng(3).normal(size=shape) for shape in ((3, 2), (2,), (4, 3), (4, 2)))


def loss(w, b, x, t):
    z = x @ w + b
    p = np.tanh(z)
    return np.sum(np.square(p - t))


def right(w, b, x, t):
    p = np.tanh(x @ w + b)
    dz = 2 * (p - t) * (1 - p**2)
    return x.T @ dz, dz.sum(axis=0)


def wrong(w, b, x, t):
    p = np.tanh(x @ w + b)
    dz = 2 * (p - t) * p * (1 - p)
    return x.T @ dz, dz.sum(axis=0)


def astray(w, b, x, t):
    return np.sin(w), np.cos(b)


CALLS = {
    "right": (loss, right, (W, B, S, T)),
    "wrong": (loss, wrong, (W, B, S, T)),
    "no simple mistake": (loss, astray, (W, B, S, T)),
    "many numbers": (benchmark.network, benchmark.wrong, benchmark.arguments(*benchmark.SIZES["10,000"])),
    "not recorded": UNRECORDED["many"],
    "not recorded and wrong": (UNRECORDED["many"][0], np.cos, UNRECORDED["many"][2]),
}


class Clock:
    """Takes the time on a machine on which each call of the user's functions takes some seconds."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def slowed(self, function, seconds):
        @functools.wraps(function)
        def call(*args):
            self.now += seconds
            return function(*args)

        return call


@functools.cache
def on_a_machine(call, seconds):
    """Return the report, and how often the function and the hand gradient were called."""
    clock, calls = Clock(), {"f": 0, "hand": 0}

    def counted(name, function):
        function = clock.slowed(function, seconds)

        @functools.wraps(function)
        def call(*args):
            calls[name] += 1
            return function(*args)

        return call

    f, hand, args = CALLS[call]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "time", SimpleNamespace(monotonic=clock.monotonic))
        return verify(counted("f", f), counted("hand", hand), *args), calls


@pytest.mark.parametrize("call", CALLS)
def test_the_report_is_the_same_on_a_slow_machine(call):
    fast, calls = on_a_machine(call, 0.0)
    seconds = 0.9 * budget.SECONDS / sum(calls.values())
    slow, calls_of_slow = on_a_machine(call, seconds)
    assert str(slow) == str(fast)
    assert slow.to_dict() == fast.to_dict()
    assert calls_of_slow == calls
    assert "broken off" not in str(fast)


@pytest.mark.parametrize("call", CALLS)
def test_a_report_that_the_clock_cut_short_says_so(call):
    whole, calls = on_a_machine(call, 0.0)
    cut, fewer = on_a_machine(call, budget.SECONDS)
    assert cut.verdict == whole.verdict
    assert sum(fewer.values()) <= sum(calls.values())
    assert any(f"broken off after {budget.SECONDS} seconds" in note for note in cut.notes) == (call != "right")
    assert call != "right" or str(cut) == str(whole)  # everything was looked at, however long it took


def test_evaluations_follow_the_size_of_the_function():
    assert budget.evaluations(10, 2) > budget.evaluations(10, 20) > budget.evaluations(10**6, 20) > 0
    assert budget.evaluations(10**9, 1) == 0


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_no_other_module_takes_the_time(path):
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert not imported & {"time", "datetime", "timeit"} or path.stem == "budget"

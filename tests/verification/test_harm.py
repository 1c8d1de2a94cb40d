"""Repairs do no harm: whatever edits do, and whatever comes in between, all is afterwards as it was."""

import importlib
import random
import sys
import threading
from contextlib import suppress

import numpy as np
import pytest

from autograd_lite import verify
from autograd_lite.verification.repair import locating, search, trials
from autograd_lite.verification.repair.guard import Guard, TooLong, limited
from tests.support import faults, harmful

CALLS, POINT = harmful.CALLS, harmful.POINT
MODULE = importlib.import_module("autograd_lite.verification.verify")
UNREPAIRED = {"yields"}
"""What no edit mends yet."""
FAULTS = 2
"""At so many lines of one search there is a fault; with `-m deep` at all of them."""


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.setattr(harmful, "LOG", str(tmp_path / "log.txt"))
    monkeypatch.setattr(harmful, "OTHER", str(tmp_path / "other.npy"))
    return tmp_path


@pytest.fixture
def around(monkeypatch):
    """Return a function that verifies; the state is noted before and after the search for a repair."""
    real = search.repaired

    def call(name, during=lambda repaired: repaired()):
        noted = []

        def repaired(*args):
            noted.append(faults.state(harmful))
            try:
                return during(lambda: real(*args))
            finally:
                noted.append(faults.state(harmful))

        monkeypatch.setattr(MODULE, "repaired", repaired)
        f, hand = CALLS[name]
        report = None
        try:
            report = verify(f, hand, *POINT)
        finally:
            before, after = noted
            changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
            assert not changed
        return report

    return call


@pytest.mark.parametrize("name", CALLS)
def test_a_search_changes_nothing(name, around, files, capfd):
    report = around(name)
    assert report.verdict == "wrong"
    assert (report.repair is None) == (name in UNREPAIRED)
    assert not any("broke off" in note for note in report.notes)
    assert [p.name for p in files.iterdir()] == (["log.txt"] if name == "writes" else [])
    assert capfd.readouterr().out.count("the hand says") < 20


def test_a_growing_whole_number_is_stopped():
    def squares():
        left = 4
        while left > 0:
            left = left * left

    with pytest.raises(TooLong):
        limited(squares, 10**6)


def test_a_loop_in_a_thread_is_stopped():
    stopped = []

    def runs_on():
        left = 1
        try:
            while left > 0:
                left = 1
        finally:
            stopped.append(sys.exc_info()[0])

    thread = threading.Thread(target=runs_on)
    with pytest.MonkeyPatch.context() as patch, suppress(TooLong):
        patch.setattr(threading, "excepthook", lambda args: None)
        limited(thread.start, 1000)
        thread.join()
    assert stopped == [TooLong]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no limit of memory is known elsewhere")
def test_edits_do_not_take_all_memory():
    ones = np.ones(10**5)
    with pytest.raises(MemoryError):
        Guard(ones).run(lambda: np.multiply.outer(ones, ones))


@pytest.mark.parametrize("act", [lambda p: p.write_text("x"), lambda p: p.mkdir(), lambda p: np.save(p, 1.0)])
def test_edits_write_only_what_the_code_does(act, tmp_path):
    path, guard = tmp_path / "new.npy", Guard()
    with pytest.raises(PermissionError):
        guard.run(lambda: act(path))
    assert not any(tmp_path.iterdir())
    guard.keep(lambda: act(path), lambda: None)
    assert [p.name for p in tmp_path.iterdir()] == ["new.npy"]


def test_the_random_numbers_of_the_user_go_on_as_before():
    f, hand = CALLS["draws"]
    before = random.getstate(), repr(np.random.get_state(legacy=False))  # noqa: NPY002
    verify(f, hand, *POINT)
    assert (random.getstate(), repr(np.random.get_state(legacy=False))) == before  # noqa: NPY002


@pytest.mark.deep
@pytest.mark.parametrize("error", [KeyboardInterrupt, ArithmeticError])
@pytest.mark.parametrize("name", ["rebinds", "fills_containers", "a layer"])
def test_a_fault_in_a_search_changes_nothing(name, error, around, monkeypatch, request):
    monkeypatch.setattr(trials, "RUNS", 25)
    monkeypatch.setattr(locating, "PUTS", 5)
    counting = faults.Fault(error())

    def under(fault):
        def during(repaired):
            with pytest.MonkeyPatch.context() as patch, fault.running(patch):
                return repaired()

        return during

    around(name, under(counting))
    places = sorted((*place, k) for place, count in counting.counts.items() for k in {0, count - 1})
    if "deep" not in (request.config.option.markexpr or ""):
        places = random.Random(f"{name} {error}").sample(places, FAULTS)
    for place in places:
        fault, interrupted = faults.Fault(error(), place), False
        try:
            around(name, under(fault))
        except AssertionError as failed:
            raise AssertionError(place) from failed
        except error:
            interrupted = True
        assert interrupted or not fault.raised or error is not KeyboardInterrupt

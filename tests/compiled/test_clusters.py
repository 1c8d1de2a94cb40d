"""Compiled functions on Dask's schedulers: the same numbers whatever runs them, and when workers are killed."""

import os
import signal
import time
from contextlib import contextmanager
from threading import Thread, Timer

import numpy as np
import pytest

import autograd_lite as ag
from tests.support import clusters
from tests.support.compiling import leaves_of
from tests.support.losses import drawn, layers, logistic, normalised

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")

N = 3000


@contextmanager
def cluster(workers):
    """Run workers as processes of one thread each."""
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50, "memory_limit": 0}
    with distributed.LocalCluster(n_workers=workers, **options) as running, distributed.Client(running) as client:
        yield client


@pytest.fixture(scope="module")
def client():
    with cluster(2) as client:
        yield client


def chunked(args, slow=None):
    """Return arguments whose arrays of data are in chunks, which may be slow to load."""
    given = [da.from_array(x, chunks=(170, *x.shape[1:])) if np.ndim(x) and len(x) == N else x for x in args]
    return [x.map_blocks(slow, dtype=x.dtype) if slow and isinstance(x, da.Array) else x for x in given]


def assert_same_bits(given, expected):
    for x, y in zip(leaves_of(given), leaves_of(expected), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("loss", [layers, logistic, normalised])
def test_results_do_not_depend_on_the_scheduler(loss, client):
    f, args = drawn(loss, N)
    places = [i for i, x in enumerate(args) if not (np.ndim(x) and len(x) == N)]
    f = ag.value_and_grad(loss, tuple(places))
    compiled, given = ag.compile(f), chunked(args)
    with dask.config.set(scheduler="synchronous"):
        expected = compiled(*given)
    for scheduler in ("threads", client):
        with dask.config.set(scheduler=scheduler):
            assert_same_bits(compiled(*given), expected)
    for x, y in zip(leaves_of(expected), leaves_of(f(*args)), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)


@pytest.mark.deep
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_results_do_not_depend_on_the_number_of_workers(workers):
    _, args = drawn(layers, N)
    compiled, given = ag.compile(ag.value_and_grad(layers, (0, 1, 2, 3))), chunked(args)
    with dask.config.set(scheduler="synchronous"):
        expected = compiled(*given)
    with cluster(workers):
        assert_same_bits(compiled(*given), expected)


def test_rows_stay_with_the_workers(client):
    _, (w, b, X, _) = drawn(logistic, N)
    (given,) = chunked([X])
    scores = ag.compile(lambda w, b, X: ag.sigmoid(X @ w + b))(w, b, given).persist()
    distributed.wait(scores)
    assert {str(place) for place in client.who_has(scores).values()} != set()
    np.testing.assert_allclose(scores.compute(), ag.sigmoid(X @ w + b), rtol=1e-12)


def _slow(x):
    time.sleep(0.05)
    return x


def _pids(client):
    return sorted(client.run(os.getpid).values())


def _killed_at_work(client):
    """Kill a worker as soon as it has a task; return its process."""
    pid = _pids(client)[0]

    def watch():
        while not any(client.processing().values()):
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    thread = Thread(target=watch)
    thread.start()
    return pid, thread


def test_a_worker_killed_in_the_middle_changes_nothing():
    f, args = drawn(logistic, N)
    f = ag.value_and_grad(logistic, (0, 1))
    compiled = ag.compile(f)
    with dask.config.set(scheduler="synchronous"):
        expected = compiled(*chunked(args))
    with cluster(2) as client:
        pid, thread = _killed_at_work(client)
        given = compiled(*chunked(args, _slow))
        thread.join()
        assert pid not in _pids(client)
    assert_same_bits(given, expected)


@pytest.mark.deep
def test_chunks_that_cannot_be_loaded_again():
    _, (w, _, X, _) = drawn(logistic, N)
    with cluster(2) as client:
        parts = client.scatter([X[:1500], X[1500:]], broadcast=False)
        given = da.concatenate([da.from_delayed(part, (1500, 5), float) for part in parts])
        compiled = ag.compile(lambda w, X: np.sum(np.square(X @ w)))
        np.testing.assert_allclose(compiled(w, given), np.sum(np.square(X @ w)), rtol=1e-12)
        for pid in _pids(client):
            os.kill(pid, signal.SIGKILL)
        while any(part.status == "finished" for part in parts):  # until the scheduler knows
            time.sleep(0.05)
        with pytest.raises(Exception, match="lost dependencies") as caught:
            compiled(2 * w, given)
    assert "make them of a source that can be read twice" in caught.value.__notes__[-1]


@pytest.mark.deep
def test_a_remote_scheduler_that_is_killed(tmp_path):
    _, (w, b, X, y) = drawn(logistic, N)
    with clusters.apart(tmp_path) as (scheduler, address), distributed.Client(address) as client:
        client.wait_for_workers(1)
        compiled = ag.compile(logistic)
        np.testing.assert_allclose(compiled(w, b, *chunked([X, y])), logistic(w, b, X, y), rtol=1e-12)
        data = chunked([X, y], _slow)
        Timer(0.3, scheduler.kill).start()
        with pytest.raises(Exception, match="scheduler-connection-lost") as caught:
            compiled(w, b, *data)
    assert "load the last checkpoint" in caught.value.__notes__[-1]


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (RuntimeError("task cancelled for reason: scheduler-connection-lost."), "load the last checkpoint"),
        (RuntimeError("task cancelled for reason: lost dependencies."), "a source that can be read twice"),
        (RuntimeError("task cancelled for reason: already forgotten."), "a source that can be read twice"),
        (TimeoutError("Timed out trying to connect"), "load the last checkpoint"),
        (type("KilledWorker", (Exception,), {})("loop"), "make the chunks smaller"),
    ],
)
def test_what_to_do_is_said_of_errors_of_dask(error, note, monkeypatch):
    def fail(*tasks, **options):
        raise error

    with dask.config.set(scheduler=fail), pytest.raises(type(error)) as caught:
        ag.compile(np.sum)(da.ones(100, chunks=30))
    assert note in caught.value.__notes__[0]

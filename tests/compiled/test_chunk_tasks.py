"""What Dask is given to run: one task for each chunk, in which the chunk is made too, and a tree of eight branches."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiled import chunks
from autograd_lite.compiled.chunks import LIGHT

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
Callback = pytest.importorskip("dask.callbacks").Callback

CHUNKS = 20


def loss(w, X, y):
    return np.mean(np.square(X @ w - y))


def made(*shape, block_info=None):
    return np.random.default_rng(block_info[None]["chunk-location"][0]).normal(size=shape)


def test_a_chunk_is_one_task_that_makes_it():
    X = da.map_blocks(made, 50, 3, chunks=((50,) * CHUNKS, (3,)), dtype=float, meta=np.empty((0, 0)))
    y = da.map_blocks(made, 50, chunks=((50,) * CHUNKS,), dtype=float, meta=np.empty(0)) + 1.0
    tasks = []
    step = ag.compile(ag.value_and_grad(loss))
    with dask.config.set(scheduler="synchronous"), Callback(pretask=lambda key, *_: tasks.append(key)):
        step(np.ones(3), X, y)
        tasks.clear()
        value, gradient = step(np.ones(3), X, y)
    tree = 3 + 1
    assert len(tasks) == CHUNKS + tree
    residuals = X.compute() @ np.ones(3) - y.compute()
    np.testing.assert_allclose(value, np.mean(residuals**2), rtol=1e-13)
    np.testing.assert_allclose(gradient, 2 / (50 * CHUNKS) * X.compute().T @ residuals, rtol=1e-12)


@pytest.mark.parametrize(("columns", "tasks"), [(3, CHUNKS), (LIGHT // 8 + 1, CHUNKS + 1)])
def test_what_is_heavy_is_a_task_of_its_own(columns, tasks, monkeypatch):
    graphs = []

    def computed(parts):
        graphs.append(dict(parts[0].__dask_graph__()))
        return dask.compute(*parts, scheduler="synchronous")

    X = da.ones((2 * CHUNKS, columns), chunks=(2, columns))
    step = ag.compile(lambda w, X: np.sum(np.tanh(X @ w)))
    monkeypatch.setattr(chunks, "computed", computed)
    value = step(np.full(columns, 1 / columns), X)
    tree = 3 + 1
    assert len(graphs[-1]) - tree == tasks
    np.testing.assert_allclose(value, 2 * CHUNKS * np.tanh(1.0), rtol=1e-13)


def test_loops_say_where_they_are_from():
    gradient = ag.compile(ag.grad(lambda x: np.sum(np.square(np.tanh(x)))))
    gradient(np.linspace(-1.0, 1.0, 500_000))
    latest = gradient._latest
    assert latest is not None
    program = latest.code.run
    assert program.__globals__["loop_1"].__module__ == program.__code__.co_filename


def test_what_two_arrays_are_made_of_is_made_once():
    data = da.map_blocks(made, 50, 4, chunks=((50,) * CHUNKS, (4,)), dtype=float, meta=np.empty((0, 0)))
    tasks = []
    step = ag.compile(ag.value_and_grad(loss))
    with dask.config.set(scheduler="synchronous"), Callback(pretask=lambda key, *_: tasks.append(key[0])):
        value, _ = step(np.ones(3), data[:, :-1], data[:, -1])
        tasks.clear()
        assert step(np.ones(3), data[:, :-1], data[:, -1])[0] == value
    assert sum(name.startswith("made-") for name in tasks) == CHUNKS
    rows = data.compute()
    np.testing.assert_allclose(value, np.mean((rows[:, :-1] @ np.ones(3) - rows[:, -1]) ** 2), rtol=1e-13)

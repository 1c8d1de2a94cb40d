"""What a step on Dask's workers takes, against a model of it; writes docs/when_one_machine_is_not_enough.md.

Run as `python -m tests.benchmarks.cluster [--rounds N]`. The clusters are processes on this machine, of one thread
each; those with many workers are threads of one process whose rows sleep. It prints what is measured beside what the
model predicts, and writes the part of the page between its marks, and the picture.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster, wait

import autograd_lite as ag
from tests.benchmarks.cluster_model import Costs, Step, fit, split_up
from tests.benchmarks.cluster_page import Measured, write

COLUMNS = 50
FITTED = tuple(
    Step(chunks, rows, workers, loads)
    for workers in (1, 2)
    for loads in (False, True)
    for chunks, rows in ((1, 100), (8, 100), (64, 100), (1, 200_000), (4, 100_000), (16, 50_000))
)
CHECKED = (
    *(split_up(rows, workers) for rows in (100_000, 800_000, 4_000_000) for workers in (1, 2)),
    Step(24, 30_000, 2),
    Step(32, 1_000, 2),
    Step(8, 50_000, 2, loads=True),
)
SLEEPING = Step(16, 100, 16, loads=True), Step(64, 100, 64, loads=True), Step(128, 100, 128, loads=True)
ASLEEP = 0.5  # seconds that a chunk of a worker that sleeps takes
OVERHEAD = (8, 100_000), (16, 100_000)
AGREED = 8, 50_000

Run = Callable[[], Any]


def loss(w: Any, X: Any, y: Any) -> Any:
    """Return the cross entropy of a logistic regression."""
    scores = X @ w
    return np.mean(np.logaddexp(0, scores) - y * scores)


value_and_grad = ag.value_and_grad(loss)
START = np.linspace(-1.0, 1.0, COLUMNS)


def drawn(rows: int, asleep: float, block_info: Any = None) -> Any:
    """Draw a chunk; or sleep, and make one that costs nothing."""
    time.sleep(asleep)
    if asleep:
        return np.zeros((rows, COLUMNS))
    number = block_info[None]["chunk-location"][0]
    return np.random.default_rng(number).random((rows, COLUMNS), np.float32).astype(float)


def labels(rows: int) -> Any:
    """Label a chunk."""
    return (np.arange(rows) % 2).astype(float)


def data(step: Step, asleep: float = 0.0) -> tuple[Any, Any]:
    """Return the arrays of a step, in the memory of the workers if they are not loaded by each step."""
    lengths = (step.rows,) * step.chunks
    X = da.map_blocks(drawn, step.rows, asleep, chunks=(lengths, (COLUMNS,)), dtype=float, meta=np.empty((0, 0)))
    y = da.map_blocks(labels, step.rows, chunks=(lengths,), dtype=float, meta=np.empty(0))
    if not step.loads:
        X, y = dask.persist(X, y)
        wait([X, y])
    return X, y


@contextmanager
def cluster(workers: int, processes: bool = True) -> Iterator[Any]:
    """Start workers of one thread each on this machine."""
    settings: dict[str, Any] = {"n_workers": workers, "threads_per_worker": 1, "processes": processes}
    with (
        LocalCluster(dashboard_address=":0", memory_limit=0, **settings) as started,
        Client(started, set_as_default=False) as client,
    ):
        yield client


def in_turns(runs: Mapping[Any, Run], rounds: int) -> dict[Any, list[float]]:
    """Return the seconds of each run in each round, after one that is not counted."""
    taken: dict[Any, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    return {name: times[1:] for name, times in taken.items()}


def on(client: Any, f: Callable[..., Any], *args: Any) -> Any:
    """Call a function that finds this cluster."""
    with client.as_current():
        return f(*args)


def steps_in_turns(clients: Mapping[int, Any], steps: Sequence[Step], rounds: int) -> dict[Step, float]:
    """Return the least seconds of steps, each on the cluster with as many workers."""
    runs: dict[Step, Run] = {}
    for step in steps:
        client = clients[step.workers]
        runs[step] = partial(on, client, ag.compile(value_and_grad), START, *on(client, data, step))
    return {step: min(times) for step, times in in_turns(runs, rounds).items()}


def asleep(rounds: int) -> dict[Step, float]:
    """Return the least seconds of steps on many workers that sleep, without the time that they do so."""
    found = {}
    for step in SLEEPING:
        with cluster(step.workers, processes=False) as client:
            compiled = ag.compile(value_and_grad)
            with dask.config.set({"distributed.scheduler.work-stealing": False}):
                run = partial(on, client, compiled, START, *on(client, data, step, ASLEEP))
                found[step] = min(in_turns({step: run}, rounds)[step]) - ASLEEP
    return found


def overheads(client: Any, rounds: int) -> dict[tuple[int, int], tuple[float, float, float, float]]:
    """Return the least and the median seconds of two threads and of two processes, by chunks and their rows."""
    found = {}
    for chunks, rows in OVERHEAD:
        X, y = on(client, data, Step(chunks, rows, 2))
        here = on(client, dask.compute, X, y)
        threads = partial(ag.compile(value_and_grad, threads=2), START, *here)
        processes = partial(on, client, ag.compile(value_and_grad), START, X, y)
        taken = in_turns({"threads": threads, "processes": processes}, rounds)
        least, median = ([of(times) for times in taken.values()] for of in (min, statistics.median))
        found[chunks, rows] = (least[0], least[1], median[0], median[1])
    return found


def ways(client: Any) -> dict[str, Run]:
    """Return runs of one gradient program, eager first."""
    X, y = on(client, data, Step(*AGREED, 2))
    here = on(client, dask.compute, X, y)
    apart = tuple(da.from_array(x, chunks=(AGREED[1], *x.shape[1:])) for x in here)

    def in_threads(compiled: Any) -> Any:
        with dask.config.set(scheduler="threads", num_workers=2):
            return compiled(START, *apart)

    found: dict[str, Run] = {
        "eager": partial(value_and_grad, START, *here),
        "compiled, 1 thread": partial(ag.compile(value_and_grad, threads=1), START, *here),
        "compiled, 2 threads": partial(ag.compile(value_and_grad, threads=2), START, *here),
        "Dask, 2 threads": partial(in_threads, ag.compile(value_and_grad)),
        "Dask, 2 processes": partial(on, client, ag.compile(value_and_grad), START, X, y),
    }
    if find_spec("jax"):
        import jax

        compiled = ag.compile(value_and_grad, backend="jax")
        with jax.enable_x64(True):
            on_device = jax.device_put(here)
        found["JAX, copied"] = lambda: jax.block_until_ready(compiled(START, *here))
        found["JAX, on its device"] = lambda: jax.block_until_ready(compiled(START, *on_device))
    return found


def agreement(client: Any, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the largest relative difference from the eager gradient, and the least seconds, by way."""
    runs = ways(client)
    results = {name: run() for name, run in runs.items()}
    expected = results["eager"]
    taken = in_turns(runs, rounds)
    return {name: (difference(results[name], expected), min(taken[name])) for name in runs}


def difference(given: Any, expected: Any) -> float:
    """Return the largest difference of two values with gradients, relative to the largest element of each."""
    pairs = zip(given, expected, strict=True)
    return max(float(np.max(np.abs(np.asarray(x) - y)) / np.max(np.abs(y))) for x, y in pairs)


def measure(rounds: int) -> Measured:
    """Measure all that the page shows."""
    with ExitStack() as open_clusters:
        clients = {workers: open_clusters.enter_context(cluster(workers)) for workers in (1, 2)}
        taken = steps_in_turns(clients, (*FITTED, *CHECKED), rounds)
        over = overheads(clients[2], rounds)
        agreed = agreement(clients[2], rounds)
    costs: Costs = fit(FITTED, [taken[step] for step in FITTED])
    return Measured(
        costs,
        fitted={step: taken[step] for step in FITTED},
        checked={step: taken[step] for step in CHECKED},
        asleep=asleep(rounds),
        overheads=over,
        agreement=agreed,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.cluster", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=15)
    print(write(measure(parser.parse_args().rounds)))


if __name__ == "__main__":
    main()

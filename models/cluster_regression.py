"""Logistic regression on a cluster: 20 million rows in chunks, by L-BFGS on all of them and by mini-batches."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from models.checks import positive_count
from models.chunked_rows import COLUMNS, TRUE, cluster, in_chunks, in_memory, scores
from models.lesson import Lesson, main
from models.progress import Timed
from models.training import minimise, train

START = {"weights": np.zeros(COLUMNS), "bias": 0.0}
CHI_SQUARE = 34.5  # of 13 normal numbers, the sum of squares is below it in 99.9 % of all cases
TOLERANCE = 1e-7  # L-BFGS ends where no element of the gradient is larger
RATE = 4.0  # the first step size: one over the largest curvature
SAMPLE = [10_000] * 4  # rows of the chunks that a single machine learns from too


def loss(params: Any, data: Any) -> Any:
    """Return the mean cross-entropy: minus the logarithm of the probability that the true label gets."""
    return ag.mean(ag.binary_cross_entropy(scores(params, data), data[:, -1]))


def accuracy(params: Any, data: Any) -> Any:
    """Return the part of the rows whose label is the likelier one."""
    labels = data[:, -1]
    return ag.mean(ag.where(scores(params, data) > 0, labels, 1 - labels))


def by_full_gradient(value_and_grad: Callable[..., Any], data: Any, iterations: int, **options: Any) -> Any:
    """Return the minimum that L-BFGS finds: each of its steps passes over all rows."""
    return minimise(value_and_grad, START, data, iterations=iterations, tolerance=TOLERANCE, **options)


def by_batches(
    loss: Callable[..., Any],
    value_and_grad: Callable[..., Any],
    rows_of: Callable[[Any], Any],
    chunks: int,
    *,
    epochs: int,
    batch: int,
    seed: int,
    **options: Any,
) -> Any:
    """Step down the gradient of a few chunks, in steps that shrink along a cosine; each epoch draws their order."""

    def of_chunks(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda params, numbers: f(params, rows_of(numbers))

    optimizer = ag.optim.SGD(ag.optim.CosineDecay(RATE, epochs * -(-chunks // batch)))
    options |= {"optimizer": optimizer, "epochs": epochs, "size": batch, "rng": np.random.default_rng(seed)}
    return train(of_chunks(loss), START, (np.arange(chunks),), value_and_grad=of_chunks(value_and_grad), **options)


def run(
    lesson: Lesson,
    *,
    seed: int = 1,
    rows: int = 20_000_000,
    chunk: int = 250_000,
    workers: int = 2,
    scheduler: str = "",
    iterations: int = 20,
    epochs: int = 3,
    batch: int = 2,
    checkpoint: str = "",
) -> None:
    """Learn from all rows in two ways, compare with the truth, and on a sample with a single machine."""
    counts = {"rows": rows, "chunk": chunk, "workers": workers, "iterations": iterations, "epochs": epochs}
    for name, count in (counts | {"batch": batch}).items():
        positive_count(name, count)
    lengths = [min(chunk, rows - start) for start in range(0, rows, chunk)]
    size = lengths[0] * (COLUMNS + 1) * 8 / 2**20
    lesson.say(f"{rows:,} rows of {COLUMNS} numbers and a label, in {len(lengths)} chunks of {size:.1f} MB.")
    lesson.say("A worker makes a chunk, adds up what its rows give, and lets it go: nobody ever holds the data.")
    folder = Path(checkpoint) if checkpoint else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with cluster(workers, scheduler):
        learn(lesson, seed, lengths, iterations, {"epochs": epochs, "batch": batch}, folder)
        if not lesson.stopped:
            compare(lesson, seed)


def learn(
    lesson: Lesson, seed: int, lengths: Sequence[int], iterations: int, steps: dict[str, int], folder: Path | None
) -> None:
    """Train in two ways, and ask whether both are as near to the truth as the noise lets them be."""
    setup = {"seed": seed, "rows": sum(lengths), "chunk": lengths[0]}
    rows_of = partial(in_chunks, seed, lengths)
    data = rows_of(range(len(lengths)))
    measures = ag.compile(loss), ag.compile(accuracy)
    full, part = (Timed(ag.compile(ag.value_and_grad(loss))) for _ in range(2))

    def saved(name: str, setup: dict[str, int]) -> dict[str, Any]:
        checkpoint = folder / f"{name}.npz" if folder else None
        return {"progress": partial(lesson.progress, name), "checkpoint": checkpoint, "setup": setup}

    found = by_full_gradient(full, data, iterations, **saved("lbfgs", setup)).params
    if lesson.stopped:
        return
    options = steps | {"seed": seed} | saved("batches", setup | steps)
    trained = by_batches(measures[0], part, rows_of, len(lengths), **options).params
    ways = {"all rows, by L-BFGS": (found, full), "mini-batches": (trained, part)}
    errors = {name: [float(f(params, data)) for f in measures] for name, (params, _) in ways.items()}
    rows = ([name, *errors[name], timed.calls, f"{timed.mean:.3f}"] for name, (_, timed) in ways.items())
    lesson.table(["", "loss", "accuracy", "steps", "seconds a step"], rows)
    lesson.say("Twice the rows times the loss at the true weights minus the least one is a chi-square number with 13")
    lesson.say("degrees of freedom (S. Wilks, 1938); by the same measure the mini-batches end beside L-BFGS.")
    (least, _), (other, _) = errors.values()
    true = float(measures[0](TRUE, data))
    lesson.at_most("L-BFGS, from the truth", 2 * sum(lengths) * abs(true - least), CHI_SQUARE)
    lesson.at_most("mini-batches, from L-BFGS", 2 * sum(lengths) * abs(other - least), CHI_SQUARE)


def compare(lesson: Lesson, seed: int) -> None:
    """Learn from a sample on the cluster and in this process, by the same functions on arrays of NumPy."""
    lesson.section("The same on a single machine")
    lesson.say(f"{sum(SAMPLE):,} rows in {len(SAMPLE)} chunks, and in an array of NumPy in this process.")
    value_and_grad = ag.value_and_grad(loss)
    places: dict[Callable[..., Any], tuple[Any, Any]] = {
        in_chunks: (ag.compile(loss), ag.compile(value_and_grad)),
        in_memory: (loss, value_and_grad),
    }
    found = []
    for place, functions in places.items():
        rows_of = partial(place, seed, SAMPLE)
        minimum = by_full_gradient(functions[1], rows_of(range(len(SAMPLE))), 100)
        trained = by_batches(*functions, rows_of, len(SAMPLE), epochs=3, batch=2, seed=seed)
        found.append(
            {"L-BFGS": (minimum.value, minimum.params), "mini-batches": (trained.training[-1], trained.params)}
        )
    for name, one in found[0].items():
        differences = np.abs(ag.ravel(one)[0] - ag.ravel(found[1][name])[0])
        lesson.at_most(f"{name}, difference", float(differences.max()), 1e-10)


if __name__ == "__main__":
    helps = {"rows": "rows in all", "chunk": "rows of a chunk", "batch": "chunks of a mini-batch"}
    helps |= {"workers": "processes", "scheduler": "address of a scheduler of Dask that runs, instead of them"}
    helps |= {"iterations": "of L-BFGS, at most", "epochs": "of mini-batches"}
    sys.exit(main(run, **helps, checkpoint="a folder, written as it goes, that a stopped run goes on from"))

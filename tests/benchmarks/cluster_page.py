"""The measured part of docs/when_one_machine_is_not_enough.md, and its picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from models.pictures import COLORS, DASHES, canvas, styled
from tests.benchmarks.cluster_model import Costs, Step, least_rows, split_up
from tests.benchmarks.page import machine, seconds, versions
from tests.benchmarks.sizes import save

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "when_one_machine_is_not_enough.md"
PICTURE = DOCS / "when_one_machine_is_not_enough.svg"
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->"

BYTES = 408
"""Of a row: 50 columns and a label."""

SIZES = 100_000, 800_000, 4_000_000, 100_000_000, 2_500_000_000
"""Rows whose steps are drawn."""

WORKERS = 2, 8, 100, 1000

IDEAL = 1.5
"""How many times of the ideal time is good enough."""

_SAID = {
    "latency": "a step with nothing to do",
    "task": "a task: a chunk, or a sum of the tree, one after the other",
    "level": "a level of the tree",
    "start": "a chunk on its worker, beside its rows",
    "load": "a row that is loaded, here drawn at random",
    "compute": "a row: value and gradient",
}


@dataclass(frozen=True)
class Measured:
    """What was measured: the least seconds of many runs.

    Attributes
    ----------
    costs : Costs
        Fitted to the first steps.
    fitted, checked : mapping from Step to float
    asleep : mapping from Step to float
        Steps on many workers that sleep, without the time that they do so.
    overheads : mapping from (chunks, rows of each) to four floats
        The step in two threads, and on two processes; and the same as medians.
    agreement : mapping from way to (float, float)
        The largest relative difference from the eager gradient, and seconds.
    """

    costs: Costs
    fitted: Mapping[Step, float]
    checked: Mapping[Step, float]
    asleep: Mapping[Step, float]
    overheads: Mapping[tuple[int, int], tuple[float, float, float, float]]
    agreement: Mapping[str, tuple[float, float]]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield f"| {' | '.join(heads)} |"
    yield "|" + " --- |" * len(heads)
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def amount(count: float) -> str:
    """Return how many bytes there are."""
    power = min(max(int(np.log10(count)) // 3, 1), 5)
    scaled = count / 1000**power
    return f"{scaled:.{1 if scaled < 10 else 0}f} {('kB', 'MB', 'GB', 'TB', 'PB')[power - 1]}"


def errors(costs: Costs, steps: Mapping[Step, float]) -> tuple[float, float]:
    """Return the median and the largest relative error of the model."""
    found = [abs(costs.seconds(step) / taken - 1) for step, taken in steps.items()]
    return float(np.median(found)), max(found)


def _constants(found: Measured) -> Iterator[str]:
    costs = found.costs
    yield from table(("constant", "of", "seconds"), [
        (x.name, _SAID[x.name], nanoseconds(getattr(costs, x.name))) for x in fields(costs)
    ])  # fmt: skip
    for title, steps in (("fitted to", found.fitted), ("checked on", found.checked)):
        median, most = errors(costs, steps)
        yield f"- {title} {len(steps)} steps: off by {median:.0%} in the median, by {most:.0%} at most"
    yield ""


def nanoseconds(x: float) -> str:
    """Return a time; less than a microsecond, and more than a minute too."""
    return f"{1e9 * x:.3g} ns" if x < 1e-6 else f"{x:,.0f} s" if x >= 100 else seconds(x)


def _checks(found: Measured) -> Iterator[str]:
    yield "Steps that the model was not fitted to:\n"
    heads = "workers", "chunks", "rows of each", "loaded", "measured", "predicted"
    yield from table(heads, [_check(step, taken, found.costs) for step, taken in found.checked.items()])
    yield "Workers that sleep instead of computing, up to 128 in one process, and what a step takes beside the sleep:\n"
    yield from table(heads, [_check(step, taken, found.costs) for step, taken in found.asleep.items()])


def _check(step: Step, taken: float, costs: Costs) -> Sequence[str]:
    loads = "yes" if step.loads else "no"
    return f"{step.workers}", f"{step.chunks}", f"{step.rows:,}", loads, seconds(taken), seconds(costs.seconds(step))


def _paying(found: Measured) -> Iterator[str]:
    yield "From which data on workers pay, as bytes and as what one thread takes for a step: where the workers hold the"
    yield "chunks, and where each step loads them anew.\n"
    heads = "workers", "faster than one thread", "2/3 of the ideal speed", "loaded: faster", "loaded: 2/3 of the ideal"
    yield from table(heads, [(f"{workers:,}", *_sizes(found.costs, workers)) for workers in WORKERS])


def _sizes(costs: Costs, workers: int) -> Iterator[str]:
    for loads in (False, True):
        for ideal in (workers, IDEAL):  # at most what one thread takes, or what so many would at best, and half more
            rows = least_rows(costs, workers, ideal, loads)
            yield f"{amount(BYTES * rows)}, {nanoseconds(costs.alone(int(rows), loads))}" if rows < np.inf else "never"


def _overheads(found: Measured) -> Iterator[str]:
    yield "The same step of arrays of NumPy in two threads, and of persisted chunks on two processes:\n"
    heads = "chunks", "rows of each", "", "two threads", "two processes", "overhead", "25 ms and 10 %"
    rows = []
    for (chunks, length), taken in found.overheads.items():
        for kind, threads, processes in (("least", *taken[:2]), ("median", *taken[2:])):
            met = "met" if processes <= 1.1 * threads + 0.025 else "missed"
            times = seconds(threads), seconds(processes), f"{1e3 * (processes - threads):.0f} ms"
            rows.append((f"{chunks}", f"{length:,}", kind, *times, met))
    yield from table(heads, rows)


def _agreement(found: Measured) -> Iterator[str]:
    yield "One gradient program, run in each way: its largest relative difference from the eager one, and its time:\n"
    rows = [(name, f"{apart:.1g}", seconds(taken)) for name, (apart, taken) in found.agreement.items()]
    yield from table(("run", "difference", "time"), rows)


def section(found: Measured) -> str:
    """Return what stands between the marks of the page."""
    lines = [f"- {machine()}", f"- {versions()}, {_dask()}", ""]
    parts = _constants, _checks, _paying, _overheads, _agreement
    lines += [line for part in parts for line in part(found)]
    lines += [f"![Seconds of a step for 1 to 1,000 workers]({PICTURE.name})"]
    return "\n".join(lines) + "\n"


def _dask() -> str:
    import dask
    import distributed

    return f"dask {dask.__version__}, distributed {distributed.__version__}"


@styled
def picture(found: Measured) -> Figure:
    """Draw what a step takes against the number of workers: the model as lines, what was measured as points."""
    figure, (axes,) = canvas("A step of logistic regression, 50 columns", inches=(7.0, 5.4))
    workers = np.unique(np.geomspace(1, 1000, 60).round().astype(int))
    points = {(step.chunks * step.rows, step.workers): taken for step, taken in found.checked.items() if not step.loads}
    for rows, color, dashes in zip(SIZES, COLORS, DASHES, strict=True):
        taken = [found.costs.seconds(split_up(rows, int(n))) for n in workers]
        axes.loglog(workers, taken, color=color, linestyle=dashes, label=amount(BYTES * rows))
        at = [(n, points[rows, n]) for n in (1, 2) if (rows, n) in points]
        axes.plot([n for n, _ in at], [taken for _, taken in at], "o", color=color, linestyle="None")
    axes.loglog(workers, [found.costs.seconds(Step(int(n), 0, int(n))) for n in workers], "k:", label="no rows")
    axes.plot(
        [step.workers for step in found.asleep], list(found.asleep.values()), "ks", fillstyle="none", linestyle="None"
    )
    axes.set_xlabel("Workers")
    axes.set_ylabel("Seconds of a step")
    axes.legend(ncols=2)
    return figure


def write(found: Measured) -> str:
    """Write the measured part of the page, and the picture; return what was written."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    written = section(found)
    PAGE.write_text(before + BEGIN + written + END + rest.partition(END)[2], encoding="utf-8")
    save(picture(found), PICTURE)
    return written

"""The cost of a chain of elementwise functions against its size: what an element takes, by rival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from models.pictures import BLUE, DASHES, GREEN, GREY, ORANGE, PURPLE, canvas, styled
from tests.benchmarks.elementwise import waves
from tests.benchmarks.frameworks import COMPILED, OURS
from tests.benchmarks.interleaved import Run, interleave, seconds
from tests.benchmarks.measured import agree
from tests.benchmarks.workload import BY_HAND

SIZES = tuple(10**k for k in range(2, 8))
ENOUGH = 0.01  # seconds that a run by hand is repeated for in each round; a thousand times at most

LOOK: dict[str, dict[str, Any]] = {
    BY_HAND: {"color": "black", "linestyle": DASHES[1]},
    OURS: {"color": ORANGE, "label": "eager"},
    COMPILED: {"color": BLUE, "linewidth": 3},
    "JAX": {"color": GREEN, "linestyle": DASHES[2]},
    "PyTorch": {"color": PURPLE, "linestyle": DASHES[3]},
    "HIPS": {"color": GREY, "linestyle": DASHES[4], "linewidth": 1.2},
    "MyGrad": {"color": GREY, "linestyle": DASHES[2], "linewidth": 1.2},
    "advect": {"color": GREY, "linestyle": DASHES[0], "linewidth": 1.2},
}


def costs(sizes: Sequence[int] = SIZES, rounds: int = 9) -> dict[str, list[float]]:
    """Return the nanoseconds that an element takes at each size, by rival."""
    found: dict[str, list[float]] = {}
    for n in sizes:
        runs = waves(n).runs
        agree(runs)
        taken = interleave(runs, rounds, _repetitions(runs[BY_HAND]))
        for name, times in taken.items():
            found.setdefault(name, []).append(1e9 * min(times) / n)
    return found


def _repetitions(run: Run) -> int:
    return max(1, min(1000, round(ENOUGH / seconds(run, 1))))


@styled
def picture(found: Mapping[str, Sequence[float]], sizes: Sequence[int] = SIZES) -> Figure:
    """Draw what an element takes against the number of elements."""
    figure, (axes,) = canvas("Value and gradient of a chain of functions", inches=(6.0, 5.0))
    for name, look in LOOK.items():
        if name in found:
            axes.loglog(sizes, found[name], **{"label": name, **look})
    axes.set_xlabel("Elements")
    axes.set_ylabel("Nanoseconds an element")
    axes.legend(ncols=2)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a picture as SVG, without a date."""
    with rc_context({"svg.hashsalt": "benchmarks"}):
        figure.savefig(path, metadata={"Date": None})

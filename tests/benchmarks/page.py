"""The tables of `make bench`, as text and as the page docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.frameworks import COMPILED, FRAMEWORKS, OURS
from tests.benchmarks.measured import OF_VALUE, Row
from tests.benchmarks.workload import BY_HAND

Column = Callable[[Row], str]


def seconds(x: float) -> str:
    return f"{x:.3g} s" if x >= 1 else f"{1e3 * x:.3g} ms" if x >= 1e-3 else f"{1e6 * x:.3g} µs"


def mebibytes(x: float) -> str:
    return f"{x / 2**20:.1f}"


def _title(row: Row) -> str:
    return row.title + (f", {row.threads} threads" if row.threads > 1 else "")


def _least(row: Row) -> str:
    if not row.ratios:
        return "not installed"
    return mebibytes(row.least) + " MiB" if row.in_bytes else seconds(row.least)


def _best_peer(row: Row) -> str:
    name = row.best_peer
    return f"{name} {row.ratios[name][0]:.2f}" if name else "-"


def _ratio(name: str) -> Column:
    def cell(row: Row) -> str:
        limit = row.limits.ratios.get(name)
        wanted = "" if limit is None else f" of {limit}"
        if name not in row.ratios:
            return f"-{wanted}"
        r, noise = row.ratios[name]
        return f"{r:.2f} ± {noise:.2f}{wanted}"

    return cell


def _verdict(row: Row) -> str:
    return "MISSED: " + ", ".join(row.missed) if row.missed else "met" if row.checks() else "-"


def _others(row: Row) -> str:
    rest = row.ratios.keys() - {OURS, COMPILED, row.baseline, row.best_peer}
    return ", ".join(f"{name} {row.ratios[name][0]:.2f}" for name in sorted(rest, key=lambda x: row.ratios[x])) or "-"


def _figure(of: Callable[[Row], Mapping[str, float]], name: str, written: Callable[[float], str]) -> Column:
    return lambda row: written(of(row)[name]) if name in of(row) else "-"


SPEED: dict[str, tuple[Column, int]] = {
    "workload": (_title, 56),
    "baseline": (_least, 13),
    "best peer": (_best_peer, 18),
    "eager": (_ratio(OURS), 20),
    "compiled": (_ratio(COMPILED), 20),
    "limits": (_verdict, 24),
    "other peers": (_others, 0),
}
"""The columns of the first table, each with its width as text."""

COST: dict[str, tuple[Column, int]] = {
    "workload": (_title, 56),
    "compile time": (_figure(lambda row: row.compiling, COMPILED, seconds), 13),
    "JAX's": (_figure(lambda row: row.compiling, "JAX", seconds), 10),
    "eager / value": (_figure(lambda row: row.of_value, OURS, "{:.2f}".format), 14),
    "compiled / value": (_figure(lambda row: row.of_value, COMPILED, "{:.2f}".format), 17),
    "MiB by hand": (_figure(lambda row: row.memory, BY_HAND, mebibytes), 12),
    "eager": (_figure(lambda row: row.memory, OURS, mebibytes), 8),
    "compiled": (_figure(lambda row: row.memory, COMPILED, mebibytes), 9),
    "results": (lambda row: mebibytes(row.results), 8),
}
"""The columns of the second one: compile time, gradient by value, and peak memory beside the arguments."""

Table = Mapping[str, tuple[Column, int]]


def heading(table: Table) -> str:
    return " ".join(f"{name:<{width}}" for name, (_, width) in table.items()).rstrip()


def line(table: Table, row: Row) -> str:
    """Return a row as a line of text."""
    return " ".join(f"{column(row):<{width}}" for column, width in table.values()).rstrip()


def markdown(table: Table, rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table of the page: the cells that `line` prints."""
    yield f"| {' | '.join(table)} |"
    yield "|" + " --- |" * len(table)
    for row in rows:
        yield f"| {' | '.join(column(row) for column, _ in table.values())} |"


_PAGE = """\
# Benchmarks

Ratios to the baseline: NumPy written by hand, or what the title names after a stroke. Less is better. Each is the ratio
of the least of many runs, which take turns in one process; its noise is half of the distance between the quartiles of
the ratios round by round. All rivals gave the same numbers before. Everyone works on one thread, or on two where a
title says so; the baseline stays on one. This page and its picture are written by `make bench`, with whichever peers
are installed: every row that was measured is here, wins and losses.

- {machine}
- {versions}

{speed}

What `ag.compile` takes for its first call beside a later one; what value and gradient take as a multiple of the value
alone, at most {of_value:g} if compiled; and the most memory that a first call holds at once beside its arguments, in
MiB, with that of the results in it.

{cost}

## Cost against size

![Nanoseconds that an element takes, for 100 to 10 million elements]({picture})
"""


def page(rows: Sequence[Row], picture: str) -> str:
    """Return the page."""
    speed, cost = ("\n".join(markdown(table, rows)) for table in (SPEED, COST))
    return _PAGE.format(
        machine=machine(), versions=versions(), speed=speed, cost=cost, of_value=OF_VALUE, picture=picture
    )


def machine() -> str:
    """Return the processor, its cores that can be used, and its caches."""
    return f"{_processor()}; {len(_usable())} cores; {', '.join(_caches()) or 'caches unknown'}"


def _usable() -> Sequence[int] | set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text("utf-8").splitlines() if described.exists() else []
    models = [text.partition(":")[2].strip() for text in lines if text.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _caches() -> Iterator[str]:
    for cache in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((cache / name).read_text("utf-8").strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            yield f"L{level} {size}"


def versions() -> str:
    """Return the versions of Python, NumPy, SciPy and the peers that are installed."""
    modules = ["numpy", "scipy", *sorted({found.module for found in FRAMEWORKS.values()})]
    return ", ".join([f"Python {platform.python_version()}", *(found for x in modules if (found := _version(x)))])


def _version(module: str) -> str:
    try:
        return f"{module} {version(module)}"
    except PackageNotFoundError:
        return ""

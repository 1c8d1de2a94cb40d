"""Rows that are printed as they are measured, here or in a process of two threads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from unittest.mock import patch

from tests.benchmarks import VARIABLES
from tests.benchmarks.measured import Row, measure
from tests.benchmarks.page import SPEED, line
from tests.benchmarks.workloads import WORKLOADS


def measured(names: Sequence[str], rounds: int | None) -> list[Row]:
    """Measure workloads, and print the row of each."""
    rows = []
    for name in names:
        rows.append(measure(WORKLOADS[name], rounds))
        print(line(SPEED, rows[-1]), flush=True)
    return rows


def measured_on_two_threads(names: Sequence[str], rounds: int | None) -> list[Row]:
    """Measure workloads in a process of their own: BLAS and XLA start their threads once."""
    with (
        patch.dict(os.environ, dict.fromkeys(VARIABLES, "2")),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process,
    ):
        return process.submit(measured, names, rounds).result()

"""The tables of `make bench`: what each workload takes, as a ratio to its baseline, beside its peers.

Run as `python -m tests.benchmarks [WORKLOAD ...] [--rounds N]`. A ratio is that of the least of interleaved runs; its
noise is half of the distance between the quartiles of the ratios round by round. It exits 1 where a limit is missed by
more than the noise. Without names of workloads it writes docs/benchmarks.md and its picture too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.benchmarks import THREADS
from tests.benchmarks.page import COST, SPEED, heading, line, page
from tests.benchmarks.printed import measured, measured_on_two_threads
from tests.benchmarks.sizes import costs, picture, save
from tests.benchmarks.workloads import WORKLOADS

DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument(
        "--rounds", type=int, help="how many rounds of interleaved runs, instead of each workload's own"
    )
    given = parser.parse_args()
    if unknown := set(given.workloads) - WORKLOADS.keys():
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    names = given.workloads or list(WORKLOADS)
    print(heading(SPEED))
    rows = measured(names, given.rounds)
    on_two = [name for name in names if WORKLOADS[name].limits.two_threads is not None]
    if on_two and THREADS == 1:
        rows += measured_on_two_threads(on_two, given.rounds)
    print("", heading(COST), *(line(COST, row) for row in rows), sep="\n")
    if not given.workloads:
        save(picture(costs()), DOCS / "benchmarks.svg")
        (DOCS / "benchmarks.md").write_text(page(rows, "benchmarks.svg"), encoding="utf-8")
    return 1 if any(row.missed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())

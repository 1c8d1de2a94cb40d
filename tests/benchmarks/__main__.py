"""The table of `make bench`: what each workload takes, as a ratio to its baseline, beside the best peer.

Run as `python -m tests.benchmarks [WORKLOAD ...] [--rounds N]`. A ratio is that of the least of interleaved runs; its
noise is half of the distance between the quartiles of the ratios round by round. It exits 1 where a limit is missed by
more than the noise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

import numpy as np

from tests.benchmarks.frameworks import OURS
from tests.benchmarks.interleaved import Run, interleave, peak, ratio
from tests.benchmarks.workloads import WORKLOADS, Workload

_ROW = "{:<44} {:>16} {:>16} {:>6}  {}"


def check(runs: Mapping[str, Run]) -> None:
    """Raise AssertionError where two rivals disagree."""
    expected, *others = [run() for run in runs.values()]
    for given in others:
        for x, y in zip(given, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-7, atol=1e-12)


def row(workload: Workload, rounds: int) -> bool:
    """Measure a workload whose rivals agree, and print its row; return whether it keeps its limit."""
    runs = workload.rivals()
    if next(iter(runs)) == OURS:
        print(_ROW.format(workload.title, "-", "-", workload.limit, "left out: its baseline is not installed"))
        return True
    check(runs)
    taken = interleave(runs, rounds, workload.repetitions, workload.measure)
    baseline = next(iter(taken.values()))
    ratios = {name: ratio(times, baseline) for name, times in taken.items()}
    peers = {name: r for name, (r, _) in list(ratios.items())[1:] if name != OURS}
    best = min(peers, key=peers.__getitem__, default="")
    ours, noise = ratios[OURS]
    kept = ours - noise <= workload.limit
    verdict = "met" if ours <= workload.limit else "within noise" if kept else "MISSED"
    unit = f"{min(baseline) / 2**20:.4g} MiB" if workload.measure is peak else f"{1e3 * min(baseline):.4g} ms"
    others = ", ".join(f"{name} {r:.2f}" for name, r in sorted(peers.items(), key=lambda item: item[1]))
    print(
        _ROW.format(
            workload.title,
            f"{best} {peers[best]:.2f}" if best else "-",
            f"{ours:.2f} +- {noise:.2f}",
            workload.limit,
            f"{verdict}  (baseline {unit}{'; ' + others if len(peers) > 1 else ''})",
        ),
        flush=True,
    )
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument(
        "--rounds", type=int, help="how many rounds of interleaved runs, instead of each workload's own"
    )
    given = parser.parse_args()
    if unknown := set(given.workloads) - WORKLOADS.keys():
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    print(_ROW.format("ratio to hand-written NumPy", "best peer", "ours", "limit", ""))
    kept = True
    for name in given.workloads or WORKLOADS:
        workload = WORKLOADS[name]
        kept = row(workload, given.rounds or workload.rounds) and kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

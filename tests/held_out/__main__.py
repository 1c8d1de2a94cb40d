"""Score verify on the held-out set: `python -m tests.held_out [--development] [--write FOLDER] [WORD ...]`.

With --development, the cases of that half alone (whose names hold one of the words, if any are given), a line a case
and what was wrong. Without, both halves: the figures of each, and no names.
"""

import argparse
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.held_out import held_out
from tests.held_out.case import MARK, Case
from tests.held_out.score import Score, scores

KINDS = "refused", "not recorded", "verdict", "not repaired", "overfitted", "other line"
SLOW = 4
"""More seconds than this are many."""
COUNTS: dict[str, tuple[Callable[[Score], bool], Callable[[Score], bool]]] = {  # what is counted, among which
    "runs without a wrapper": (lambda s: not s.refused, lambda s: True),
    "recorded": (lambda s: s.recorded, lambda s: True),
    "verdicts right": (lambda s: s.is_judged, lambda s: True),
    "repaired by a verified patch": (lambda s: s.is_repaired, lambda s: s.wrong),
    "wrong line found": (lambda s: s.is_located, lambda s: s.wrong),
    "overfitted": (lambda s: bool(s.overfitted), lambda s: s.wrong),
    "as marked, of those repaired": (lambda s: s.is_expected, lambda s: s.is_repaired),
    "doubtful, of those repaired": (lambda s: bool(s.doubt), lambda s: s.is_repaired),
}
GOALS = "90 %", "90 %", "all", "92 %", "90 %", "at most 1 %", "", ""


def is_development(case: Case | Score) -> bool:
    return zlib.crc32(case.name.encode()) % 2 == 1


def mixed(case: Case) -> int:
    return zlib.crc32(case.name.encode()) >> 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.held_out", description=__doc__)
    parser.add_argument("--development", action="store_true", help="the development half, case by case")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write there what is known as it comes")
    parser.add_argument("words", nargs="*", help="only cases whose names hold one of these")
    options = parser.parse_args()
    chosen = [c for c in held_out() if not options.words or any(word in c.name for word in options.words)]
    if options.development:
        chosen = list(filter(is_development, chosen))
    halves: dict[bool, list[Score]] = {True: [], False: []}
    for score in scores(sorted(chosen, key=mixed)):  # those of a file and of a half apart: the first ones are typical
        half = is_development(score)
        halves[half].append(score)
        if options.development:
            print("\n".join(line_of(score)), flush=True)
        if options.write:  # what there is so far, since all takes minutes
            lines = {"aggregates": aggregates(halves), "development": development(halves[True])}
            for name in lines:
                (options.write / f"{name}.txt").write_text("\n".join(lines[name]) + "\n", encoding="utf-8")
    print("\n".join(table({"development": halves[True]}) if options.development else aggregates(halves)))


def aggregates(halves: dict[bool, list[Score]]) -> Iterator[str]:
    """Yield all that is said of both halves."""
    yield from table({"development": halves[True], "held out": halves[False]})
    yield from by_file(halves[False])


def line_of(score: Score) -> Iterator[str]:
    """Yield a line on a case, what is marked where something is wrong with it, and the lines that its patch changes."""
    what = "; ".join(
        filter(None, [score.refused, score.overfitted, score.doubt, "" if score.is_judged else score.verdict])
    )
    figures = f"{score.tokens} tokens, {score.runs} runs, " if score.patch else ""
    figures = f"as marked, {figures}" if score.is_expected else figures
    figures = f"{len(score.marked)} marks, {figures}" if len(score.marked) > 1 else figures
    yield f"{score.trouble or 'fine':12}  {score.style}.{score.name}  {figures}{score.seconds:.1f} s  {what}".rstrip()
    if score.trouble:
        yield from (f"{'':14}{line}" for line in score.marked)
    for line in score.patch.splitlines():
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            yield f"{'':14}{line.partition(MARK)[0].rstrip()}"


def development(found: Sequence[Score]) -> Iterator[str]:
    """Yield all that is said of the development half: the figures, then the cases by what is wrong with them."""
    yield from table({"development": found})
    yield from by_file(found)
    for kind in (*KINDS, ""):
        group = sorted((s for s in found if s.trouble == kind), key=lambda s: (s.style, s.name))
        yield f"\n== {kind or 'fine'}: {len(group)}"
        yield from (line for score in group for line in line_of(score))
    yield f"\n== more than {SLOW} s"
    for score in sorted(found, key=lambda s: -s.seconds):
        if score.seconds > SLOW:
            yield f"{score.seconds:6.1f} s  {score.style}.{score.name}"


def table(halves: dict[str, Sequence[Score]]) -> Iterator[str]:
    """Yield the figures that the goals are about."""
    yield "| | " + " | ".join(f"{name} ({_parts(found)})" for name, found in halves.items()) + " | goal |"
    yield "| --- |" + " --- |" * (len(halves) + 1)
    for (name, count), goal in zip(COUNTS.items(), GOALS, strict=True):
        yield f"| {name} | " + " | ".join(_share(found, *count) for found in halves.values()) + f" | {goal} |"
    for name, among in {"of wrong ones": True, "of right ones": False}.items():
        figures = [_times([s.seconds for s in found if s.wrong == among]) for found in halves.values()]
        yield f"| time {name}: median, 95 %, most | " + " | ".join(figures) + " | 1 s, 4 s |"
    shares = [_times([s.tokens for s in found if s.is_repaired], "{:.0f}") for found in halves.values()]
    yield "| tokens of a repair: median, 95 %, most | " + " | ".join(shares) + " | |"


def by_file(found: Sequence[Score]) -> Iterator[str]:
    """Yield the figures of each file."""
    yield ""
    yield "| file | cases | " + " | ".join(COUNTS) + " |"
    yield "| --- | --- |" + " --- |" * len(COUNTS)
    for style in sorted({s.style for s in found}):
        group = [s for s in found if s.style == style]
        yield f"| {style} | {len(group)} | " + " | ".join(_share(group, *c) for c in COUNTS.values()) + " |"


def _parts(found: Sequence[Score]) -> str:
    wrong = sum(s.wrong for s in found)
    return f"{wrong} wrong, {len(found) - wrong} right"


def _share(found: Sequence[Score], holds: Callable[[Score], bool], among: Callable[[Score], bool]) -> str:
    group = [s for s in found if among(s)]
    count = sum(map(holds, group))
    return f"{count} of {len(group)} ({100 * count / len(group):.1f} %)" if group else "-"


def _times(figures: Sequence[float], form: str = "{:.1f} s") -> str:
    return ", ".join(form.format(np.quantile(figures, q)) for q in (0.5, 0.95, 1)) if figures else "-"


if __name__ == "__main__":
    main()

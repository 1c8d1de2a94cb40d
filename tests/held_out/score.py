"""What verify makes of a case of the held-out set, and whether a repair of it holds elsewhere."""

import ast
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np

from autograd_lite.verification.point import evaluate_hand
from autograd_lite.verification.problem import Problem
from autograd_lite.verification.rehearsal import rehearse
from autograd_lite.verification.report import Report
from autograd_lite.verification.verify import verify
from tests.held_out.case import CASES, Call, Case

LIMIT = 120
"""A case may take so many seconds."""
MEMORY = 4 << 30
"""And so many bytes."""
PLAIN_NUMBERS = 0, 1, 2, 0.5
"""A repair may hold these without a reason."""
SEEDS = (101, 202, 303)
"""The seeds of the data are raised by these for the points at which a repair is checked."""


@dataclass(frozen=True)
class Score:
    """What came of one case.

    Attributes
    ----------
    name, style : str
    marked : tuple of str
        The lines of the case that are marked as wrong.
    refused : str
        The exception that verify raised, or that the process died or hung; empty where there is a report.
    recorded : bool
        Whether the function could be recorded.
    verdict : str
    is_judged : bool
        Whether the verdict is that of the marks.
    patch : str
        The repair, if there is one.
    is_covered : bool
        Whether the repair is said to mend all that is wrong.
    overfitted : str
        What is wrong with the patched code at other points; empty where nothing is.
    is_expected : bool
        Whether the patched code is, but for its layout, what the marks ask for.
    doubt : str
        What no reader would write, though it is right: numbers that only this case explains, a store to what is lost.
    is_located : bool
        Whether a line that is edited, or else the first wrong one, is a marked one.
    tokens, runs : int
        Those of the repair.
    seconds : float
        Of the processor: other processes of the machine do not count.
    """

    name: str
    style: str
    marked: tuple[str, ...]
    refused: str = ""
    recorded: bool = False
    verdict: str = ""
    is_judged: bool = False
    patch: str = ""
    is_covered: bool = False
    overfitted: str = ""
    is_expected: bool = False
    doubt: str = ""
    is_located: bool = False
    tokens: int = 0
    runs: int = 0
    seconds: float = 0

    @property
    def wrong(self) -> bool:
        return len(self.marked) > 0

    @property
    def is_repaired(self) -> bool:
        return self.is_covered and not self.overfitted

    @property
    def trouble(self) -> str:
        """The first thing that is not as it should be, as a kind; empty where all is."""
        if self.refused:
            return "refused"
        if not self.is_judged:
            return "verdict"
        if self.overfitted:
            return "overfitted"
        if self.wrong and not self.is_covered:
            return "not repaired"
        if self.wrong and not self.is_located:
            return "other line"
        return "" if self.recorded else "not recorded"


def score(case: Case, seeds: Sequence[int] = SEEDS) -> Score:
    """Verify a case; check the repair of a wrong one at other points."""
    blank = Score(case.name, case.style, case.marked_lines)
    given, start = case.build(), time.process_time()
    try:
        report = _verify(given)
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return replace(blank, refused=f"{type(error).__name__}: {first}", seconds=time.process_time() - start)
    seconds = time.process_time() - start
    wrong = [v.name for v in report.verdicts if v.verdict == "wrong"]
    repair = report.repair
    covered = blank.wrong and repair is not None and repair.covers(wrong)
    found = replace(
        blank,
        recorded=not any("could not be recorded" in note for note in report.notes),
        verdict=report.verdict,
        is_judged=report.verdict in (("wrong",) if blank.wrong else ("right", "kink")),
        patch=report.patch,
        is_covered=covered,
        is_located=_is_located(case, report),
        tokens=repair.tokens if repair else 0,
        runs=repair.runs if repair else 0,
        seconds=seconds,
    )
    return _checked(found, case, seeds) if covered else found


def scores(cases: Sequence[Case], processes: int = 2) -> Iterator[Score]:
    """Yield the score of each case as it is done: each has a process, a time and a memory of its own."""
    context = get_context("fork")
    waiting = list(reversed(cases))
    running: dict[Connection, tuple[Case, object, float]] = {}
    while waiting or running:
        while waiting and len(running) < processes:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_send, args=(waiting[-1], theirs), daemon=True)
            process.start()
            theirs.close()
            running[ours] = waiting.pop(), process, time.monotonic()
        done = wait(list(running), timeout=1)
        for connection, (case, process, start) in list(running.items()):
            is_late = time.monotonic() - start > LIMIT
            if connection not in done and not is_late:
                continue
            blank = Score(case.name, case.style, case.marked_lines, seconds=time.monotonic() - start)
            try:
                yield connection.recv() if connection in done else replace(blank, refused=f"more than {LIMIT} s")
            except EOFError:
                yield replace(blank, refused="the process died")
            process.kill()
            process.join()
            del running[connection]


def _send(case: Case, connection: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    connection.send(score(case))


def _verify(given: Call, rng: int = 0) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return verify(*given.args, **{"rng": rng, **given.options})


def _is_located(case: Case, report: Report) -> bool:
    """Whether a line that is edited, or else the first wrong one, is in a marked statement, or beside a missing one."""
    if report.repair:
        found = [(e.file, e.line, max(e.line, e.end_line - (e.end_column == 0))) for e in report.repair.edits]
    elif report.finding:
        a = report.finding
        found = [(a.file, a.line, a.line)]
    else:
        return False
    return any(
        file == name and start <= last and stop >= first
        for file, start, stop in found
        for name, first, last in case.marked
    )


def _checked(found: Score, case: Case, seeds: Sequence[int]) -> Score:
    """Say of a repair whether it holds with data of other seeds, and how it reads."""
    try:
        with tempfile.TemporaryDirectory(prefix="patched_") as folder:
            patched = _patched(case, found.patch, Path(folder))
            trees = [ast.parse(text) for text in (case.source, case.corrected, patched.source)]
            found = replace(found, is_expected=ast.dump(trees[1]) == ast.dump(trees[2]), doubt=_doubt(*trees))
            failure = next((f"{what} (seed + {seed})" for seed in seeds if (what := _differs(patched, case, seed))), "")
    except Exception as error:
        failure = f"{type(error).__name__}: {str(error)[:80]}"
    return replace(found, overfitted=failure)


def _doubt(wrong: ast.Module, right: ast.Module, patched: ast.Module) -> str:
    """Return what a reader would doubt in patched code that gives the right numbers."""
    known = _numbers(wrong) | _numbers(right)
    numbers = [n for n, count in (_numbers(patched) - known).items() if n not in PLAIN_NUMBERS for _ in range(count)]
    lost = [ast.unparse(target) for target in _stored(patched) if not _is_kept(target)]
    doubts = [f"the number {n}" for n in dict.fromkeys(numbers)] + [f"a store to {target}" for target in lost]
    return ", ".join(doubts)


def _numbers(tree: ast.AST) -> Counter[object]:
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return Counter(x for x in constants if isinstance(x, (int, float)) and not isinstance(x, bool))


def _stored(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the targets of assignments to a part of something."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            yield node


def _is_kept(target: ast.expr) -> bool:
    """Whether what is stored to can be seen elsewhere: a part of a variable, of an attribute, of what a call gives."""
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return isinstance(target, (ast.Name, ast.Call))


def _differs(patched: Case, case: Case, seed: int) -> str:
    """Return in what a patched case is not the right one, with data of another seed; empty where it is."""
    with _other_seeds(seed):
        ours, right = patched.build(), case.build_right()
    if not all(map(_alike, _gradients(ours, seed), _gradients(right, seed))):
        return "another gradient"
    if seed == SEEDS[0] and _verify(right, seed) and not (report := _verify(ours, seed)):
        return report.verdict
    return ""


def _gradients(given: Call, rng: int) -> list[Any]:
    """Return what a hand gives for each cotangent and argument, however it is called."""
    with patch.object(sys.modules[verify.__module__], "_verify", _of_hand):
        return _verify(given, rng).verdicts


def _of_hand(problem: Problem, rng: np.random.Generator) -> Report:
    """Return a report that has gradients in the place of verdicts."""
    return Report("", "", [h for setting in rehearse(problem, rng).settings for h in evaluate_hand(setting).hand])


def _alike(x: Any, y: Any) -> bool:
    """Whether two gradients are the same numbers; one may have axes of length 1 that the other one lacks."""
    x, y = np.ravel(x), np.ravel(y)
    return x.shape == y.shape and np.allclose(x, y, rtol=1e-5, atol=1e-7 * np.max(np.abs(y), initial=1e-300))


def _patched(case: Case, text: str, folder: Path) -> Case:
    """Return a case of its module after a patch, which Git applies in a folder."""
    source = Path(case.function.__code__.co_filename)
    path = folder / source.relative_to(Path.cwd())
    path.parent.mkdir(parents=True)
    path.write_bytes(source.read_bytes())
    subprocess.run(["git", "apply"], input=text.encode(), cwd=folder, check=True, capture_output=True)
    module = ModuleType(f"patched.{source.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # inspect finds the source of a class by its module
    before = CASES[:]
    try:
        CASES.clear()
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
        return next(each for each in CASES if each.name == case.name)
    finally:
        CASES[:] = before


@contextmanager
def _other_seeds(shift: int) -> Iterator[None]:
    """Raise the seed of whatever draws random numbers meanwhile."""

    class Shifted(np.random.RandomState):
        def __init__(self, seed: int = 0) -> None:
            super().__init__(seed + shift)

    generator, seed = np.random.default_rng, np.random.seed
    with (
        patch.object(np.random, "default_rng", lambda seed=0: generator(seed + shift)),
        patch.object(np.random, "seed", lambda value=0: seed(value + shift)),
        patch.object(np.random, "RandomState", Shifted),
    ):
        yield

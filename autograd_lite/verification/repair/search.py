"""The search for a repair: edits of the user's source are run, the likely and short ones first, until one is right."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.budget import SafetyNet
from autograd_lite.verification.point import Point
from autograd_lite.verification.problem import Setting
from autograd_lite.verification.repair.candidates import Candidate, alike, edits_of, unread
from autograd_lite.verification.repair.completing import Completing
from autograd_lite.verification.repair.finding import Finding, first_wrong
from autograd_lite.verification.repair.knowledge import UNKNOWN, Knowledge
from autograd_lite.verification.repair.known import fingerprint
from autograd_lite.verification.repair.locating import Locating
from autograd_lite.verification.repair.patch import Repair
from autograd_lite.verification.repair.scope import FAILED
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.source import Statement
from autograd_lite.verification.repair.trials import Trials
from autograd_lite.verification.repair.writing import length, written
from autograd_lite.verification.verdict import Verdict

SEVERAL = 3
"""So many edits one after the other are made at most."""
MORE, BRIEF = 300, 8
"""So many runs are spent on what may be better than an edit of so many tokens: on more for what is longer."""
HALF = 500
"""After so many runs an edit is made that mends some of the gradients."""
PATIENCE = 150
"""After so many runs that mend nothing it is looked up what is missing."""
WEAK = 6
"""So many edits are kept that are right with the same data alone."""
PARTIAL = 12
"""Of so many edits that mend some of the gradients the best one is made."""
SAME = 3.0
"""An edit is so much likelier, in tokens, that was made elsewhere already."""
PART = 3.0
"""So many tokens it counts that an edit cannot mend all."""
RESHAPED = 1.0
"""So many tokens it counts that a value gets another shape."""
UNREAD = "the source of {}() cannot be read here (it is not from a file or a notebook): put it into a file"

Found = tuple[Candidate, set[int], int]
"""An edit, the gradients that it mends, and at how many points."""


def repaired(
    setting: Setting,
    point: Point,
    verdicts: Sequence[Verdict],
    rng: np.random.Generator,
    net: SafetyNet,
    notes: list[str],
) -> Repair | Finding | None:
    """Search for the smallest edit of the user's source with which the gradients that are wrong become right.

    Where there is none, return the first statement that holds a wrong value; where no source can be read, note that.
    """
    wrong = [
        i for i, v in enumerate(verdicts) if v.verdict == "wrong" and np.shape(v.true) == np.shape(point.values[i])
    ]
    if not wrong or len(wrong) < sum(v.verdict == "wrong" for v in verdicts):
        return None
    known = [np.isfinite(v.true) for v in verdicts]
    true = [np.where(k, v.true, 0) for k, v in zip(known, verdicts, strict=True)]
    room = [
        np.where(k, np.fmax(v.tolerance, close.of_a_repair(t, 0)), np.inf)
        for k, t, v in zip(known, true, verdicts, strict=True)
    ]
    trials = Trials(setting, point, wrong, true, room, rng)
    if trials.is_unread:
        notes.append(UNREAD.format(setting.problem.hand_name))
    return Search(trials, net).find()


class Search:
    """Searches for a repair of a wrong gradient.

    Parameters
    ----------
    trials : Trials
    net : SafetyNet
    """

    def __init__(self, trials: Trials, net: SafetyNet) -> None:
        self.trials, self.net, self.knowledge = trials, net, Knowledge(trials)
        self.evaluations_left, self.points = 5 * trials.left, 0
        self.moved: dict[Statement, set[int] | None] = {}
        self.made: set[str] = set()
        self.together = True

    def find(self) -> Repair | Finding | None:
        """Search, argument by argument where one edit does not mend all; say at least where it goes wrong."""
        if not self.trials.units or self.trials.left < 10:
            return None
        found: Repair | Finding | None = self.trials.keep(lambda: self._find() or self._where())
        return found

    def _where(self) -> Finding | None:
        wrong = self.trials.wrong
        self._aims(wrong)
        return first_wrong(Locating(self.trials, self.knowledge, self.moved, together=False, multiples=True), wrong)

    def _find(self) -> Repair | None:
        mended: set[int] = set()
        with ExitStack() as stack:
            for _ in range(SEVERAL):
                best = self._next(self.trials.wrong - mended)
                if best is None:
                    break
                candidate, now, self.points = best
                stack.enter_context(self.trials.running(candidate))
                self.made.add(candidate.pattern)
                mended |= now
                if mended == self.trials.wrong:
                    break
            return self._repair(mended) if mended else None

    def _next(self, left: set[int]) -> Found | None:
        best = self._best(self._aims(left))
        if best is None and self.together and len(left) > 1:
            self.together = False
            best = self._best({min(left)})
        return best

    def _aims(self, left: set[int]) -> set[int]:
        """Return all gradients that are wrong if one statement could mend them; else those of the first one."""
        now = self.trials.gradients(self.trials.here) or self.trials.point.hand
        sites = list(self.trials.sites())
        self.moved = {site.statement: self.trials.moved_by(site, now) for site in sites}
        known = {site.statement for site in sites if self.knowledge.is_named(site, self.knowledge.held(site)[1])}
        moved = [m for s, m in self.moved.items() if m is not None and s not in known]
        parts = [m & left for m in moved if not m - self.trials.wrong]
        common = [p for p in parts if p]
        self.together = any(p >= left for p in common)  # one statement may mend all
        if not common or self.together or (None in self.moved.values() and len(left) < 2):
            return left
        return max(common, key=len)

    def _candidates(self, aims: set[int], locating: Locating) -> list[Candidate]:
        """Return the edits, the likely and short ones first."""
        with self.trials.guard.bounded():
            found: list[Candidate] = []
            raising: list[Candidate] = []
            for site in self.trials.sites():
                moved = self.moved.get(site.statement)
                if moved is None or not moved - self.trials.wrong:  # else what is right would not stay so
                    part = 0.0 if moved is None or moved >= aims else PART
                    self._of_site(site, part, found, raising)
            for i, c in enumerate(found):
                c.order = i
            found += alike(found)
            found += locating.candidates(found, raising, aims)
        for c in found:
            c.cost += locating.distance(c)
        return sorted(found, key=_order)

    def _of_site(self, site: Site, part: float, found: list[Candidate], raising: list[Candidate]) -> None:
        """Append the edits of a statement, each with what it counts; those apart with which it raises."""
        now, held = self.knowledge.held(site)
        sure = part + self.knowledge.price(site)
        for c in edits_of(site):
            after = now
            if self.evaluations_left > 0 and c.pattern:  # the value is that of the same statement
                self.evaluations_left -= 1
                with self.trials.edited(c):
                    after, value = self.knowledge.held(site)
                if value is not FAILED:
                    if not any(site.stores_to(change.parent, change.field) for change in c.changes):
                        c.print = b"".join(map(fingerprint, value))
                    if held is not FAILED and list(map(np.shape, value)) != list(map(np.shape, held)):
                        after += RESHAPED
                elif held is not FAILED:
                    raising.append(c)
                    continue
            c.part, c.once = part, site.visits == 1
            c.cost += after + sure - (SAME if c.pattern and c.pattern in self.made else 0)
            c.weight += sure
            found.append(c)

    def _best(self, aims: set[int]) -> Found | None:
        """Return the best edit that mends all that is aimed at; else the one that mends most of it."""
        run = _Run(self.trials, aims)
        best: tuple[float, Found] | None = None
        weak: list[tuple[float, Found]] = []
        for c in self._in_order(aims, run):
            if best and c.cost > best[0]:
                if c.located:
                    continue
                break
            if self.net.holds() or run.is_enough():
                break
            right = run.mended(c)
            if not right:
                continue
            points = self.trials.confirmed(c, right)
            if not points and right > aims:  # what else it mends is right here alone
                points, right = self.trials.confirmed(c, aims), aims
            if points:
                rank = self.rank(c) + c.statement.lineno / 1e6  # of two that are as good, the earlier line
                if best is None or rank < best[0]:
                    best = rank, (c, right, points)
                    run.spare = max(run.spare, self.trials.left - round(MORE * max(1, rank / BRIEF)))
            elif best is None and len(weak) < WEAK and not _names_lengths(c) and len(self.trials.nearby) > 1:
                points = self.trials.confirmed(c, aims, self.trials.nearby)
                weak += [(self.rank(c), (c, aims, points))] if points else []
        if best or weak:
            return (best or min(weak, key=lambda w: w[0]))[1]
        return self._most(run.partial)

    def _in_order(self, aims: set[int], run: _Run) -> Iterator[Candidate]:
        """Yield the edits; what takes more work to find comes in once some runs have mended nothing."""
        locating = Locating(self.trials, self.knowledge, self.moved, together=self.together)
        left = self._candidates(aims, locating)
        start, is_complete = self.trials.runs, False
        while left or not (is_complete or run.spare):
            if not (is_complete or run.spare) and (not left or self.trials.runs - start > PATIENCE):
                before, is_complete = self.trials.runs, True
                with self.trials.guard.bounded():
                    left = sorted([*left, *Completing(locating, aims).candidates()], key=_order)
                run.start += self.trials.runs - before  # no edit was run
            if left:
                yield left.pop(0)

    def _most(self, partial: list[tuple[int, float, Candidate, set[int]]]) -> Found | None:
        """Return the edit that mends most."""
        several = []
        for _, _, c, mended in sorted(partial, key=lambda p: p[:2])[:PARTIAL]:
            points = self.trials.confirmed(c, mended)
            if points:
                several.append((-len(mended), self.rank(c), (c, mended, points)))
        return min(several, key=lambda p: p[:2])[2] if several else None

    def rank(self, c: Candidate) -> float:
        """Return how long an edit is, in tokens, and what it leaves unexplained."""
        with self.trials.running(c):
            edits = written(c.unit, [r[1:] for r in self.trials.replaced if r[0] is c.unit])
            left = sum(self.knowledge.left_by(site) for site in self.trials.sites())
            return c.weight + length(edits, c.unit.lines) + left + UNKNOWN * len(unread(c.unit))

    def _repair(self, mended: set[int]) -> Repair:
        edits, tokens = [], 0
        for unit in dict.fromkeys(r[0] for r in self.trials.replaced):
            own = written(unit, [r[1:] for r in self.trials.replaced if r[0] is unit])
            edits += own
            tokens += length(own, unit.lines)
        names = [] if mended == self.trials.wrong else [self.trials.setting.leaf_names[i] for i in sorted(mended)]
        return Repair(edits, self.points, tokens, self.trials.runs, names)


class _Run:
    """What edits have mended so far, of what is aimed at."""

    def __init__(self, trials: Trials, aims: set[int]) -> None:
        self.trials, self.aims, self.spare, self.start = trials, aims, 0, trials.runs
        self.partial: list[tuple[int, float, Candidate, set[int]]] = []
        self._found: dict[tuple[Statement, bytes], set[int] | None] = {}

    def is_enough(self) -> bool:
        """Whether to stop: the runs are spent, or so many that what mends a part is taken."""
        return self.trials.left <= self.spare or (bool(self.partial) and self.trials.runs - self.start > HALF)

    def mended(self, c: Candidate) -> set[int]:
        """Return what an edit mends, if that is all that is aimed at; what mends a part of it is kept."""
        key = c.statement, c.print
        if not (c.print and c.once and key in self._found):  # else another edit gave the same value
            mended = self.trials.run(c)
            if c.print and c.once:
                self._found[key] = mended
        else:
            mended = self._found[key]
        if not mended or not mended & self.aims:
            return set()
        if not mended >= self.aims:
            self.partial.append((-len(mended & self.aims), c.cost, c, mended & self.aims))
        return mended if mended >= self.aims else set()


def _order(c: Candidate) -> tuple[bool, float, int]:
    return not c.located, c.cost, c.order


def _names_lengths(c: Candidate) -> bool:
    """Whether an edit writes lengths, or numbers that may be lengths: none of a few small ones."""
    new = [n for change in c.changes for n in ast.walk(change.new) if not hasattr(n, "own")]
    numbers = [n.value for n in new if isinstance(n, ast.Constant)]
    lengths = [n for n in new if getattr(n, "id", "") == "len" or getattr(n, "attr", "") == "shape"]
    return bool(lengths) or any(type(x) in (int, float) and x not in (0, 1, 2, 3, 4, 0.5) for x in numbers)

"""Where it goes wrong: expressions with which all is right once they have a value of the record."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.verification.repair.candidates import Candidate, Change, edits_of, leading_to, locate, slots
from autograd_lite.verification.repair.knowledge import Knowledge
from autograd_lite.verification.repair.known import fingerprint
from autograd_lite.verification.repair.scope import FAILED, Proposal, Wanted
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.source import STAND_IN, Statement
from autograd_lite.verification.repair.trials import Trials
from autograd_lite.verification.repair.values import expressions as expressions_by_value
from autograd_lite.verification.repair.writing import distance

LOCATED = 3.0
"""An edit is so much likelier, in tokens, where a value is found that mends all."""
PUTS = 250
"""So many values are put in the place of expressions at most."""
PROPOSALS = 6
"""So many expressions of one value are tried."""
LONGEST = 60
"""No expression of so many tokens is written."""
PAIRS, SHORT = 1500, 4.0
"""So many pairs of edits, each of so many tokens, are looked at where a value is known that mends all."""
FAR = 3.0
"""So many tokens it counts that a statement leads to none that is known to be wrong, or by many steps."""


class Locating:
    """Puts values of the record in the place of expressions of the hand gradient, and sees what is mended.

    Parameters
    ----------
    trials : Trials
    knowledge : Knowledge
    together : bool
        Whether one statement may mend all that is aimed at: then nothing less will do.
    """

    def __init__(self, trials: Trials, knowledge: Knowledge, *, together: bool) -> None:
        self.trials, self.knowledge, self.together = trials, knowledge, together
        self.distances: dict[Statement, float] = {}
        self.puts_left = PUTS

    def candidates(
        self, candidates: Sequence[Candidate], raising: Sequence[Candidate], aims: set[int]
    ) -> list[Candidate]:
        """Find expressions with which all is right once they have a value of the record, and write that."""
        found: list[Candidate] = []
        by_statement: dict[Statement, list[Candidate]] = {}
        for c in candidates:
            by_statement.setdefault(c.statement, []).append(c)
        for site, place, now, w, whole in self._places_of(aims):
            if not self.distances and isinstance(site.statement, ast.stmt):
                self.distances = leading_to(site.statement, site.unit)
                self.distances[site.statement] = -LOCATED if site.visits > 1 else 0
            aim = fingerprint(w.values[0])
            for c in by_statement.get(site.statement, ()) if whole else ():
                if (c.print == aim or (c.rule == "new carry" and site.visits > 1)) and not c.located:
                    c.cost, c.located = c.cost - LOCATED, True
            if whole and not any(c.located for c in by_statement.get(site.statement, ())):
                found += self._pairs(site, [c for c in (*candidates, *raising) if c.statement is site.statement], aim)
            for proposal in self._proposals(site, w):
                locate(proposal.tree, site.statement)
                change = (Change(place.parent, place.field, place.index, proposal.tree),)
                cost = distance(ast.unparse(now), ast.unparse(proposal.tree)) + proposal.weight - LOCATED + (not whole)
                c = Candidate(site.unit, site.statement, "value", proposal.words or w.text, change, cost)
                known = proposal.words != w.text  # an idiom
                c.weight = proposal.weight + (0 if known else 1)
                c.order, c.located = len(candidates) + len(found), True
                if cost < LONGEST:
                    found.append(c)
        return found

    def distance(self, c: Candidate) -> float:
        """Return what it counts that a statement is not the first one that was located, nor one that leads to it."""
        if not self.distances:
            return 0.0
        return min(FAR, self.distances.get(c.statement, FAR))

    def _pairs(self, site: Site, candidates: Sequence[Candidate], aim: bytes) -> list[Candidate]:
        """Return the pairs of edits of a statement that give it a value."""
        short = sorted((c for c in candidates if c.pattern and c.cost <= SHORT), key=lambda c: (c.cost, c.order))
        left, found = PAIRS, []
        for first in short:
            with self.trials.edited(first):
                for second in edits_of(site):
                    if second.cost > SHORT or not second.pattern or left <= 0:
                        continue
                    left -= 1
                    with self.trials.edited(second):
                        _, value = self.knowledge.held(site)
                    if value is not FAILED and b"".join(map(fingerprint, value)) == aim:
                        changes = (*first.changes, *second.changes)
                        words, cost = f"{first.words}; {second.words}", first.cost + second.cost - LOCATED
                        both = Candidate(site.unit, site.statement, "pair", words, changes, cost)
                        both.order, both.located = first.order, True
                        found.append(both)
                        break
            if left <= 0 or found:
                break
        return found

    def _proposals(self, site: Site, w: Wanted) -> Iterator[Proposal]:
        yield from islice(expressions_by_value(site.scope, w), PROPOSALS)
        if self.knowledge.translation is not None:
            yield from islice(self.knowledge.translation.statements(site.scope, w), PROPOSALS)

    def _places_of(self, aims: set[int]) -> Iterator[tuple[Site, Change, ast.expr, Wanted, bool]]:
        """Yield expressions with a value to put there which mends all; if there is none, those within statements."""
        sites, found = list(self.trials.sites()), False
        sites.sort(key=lambda site: self.knowledge.left_by(site) == 0)
        for whole in (True, False):
            for site in sites:
                for place, node in slots(site, whole=whole):
                    for w in self._fits(site, node, place, aims):
                        found = True
                        yield site, place, node, w, whole
            if found:
                return

    def _fits(self, site: Site, node: ast.expr, place: Change, aims: set[int]) -> Iterator[Wanted]:
        """Yield the values of the record with which all is right where they are put."""
        value = site.array(node)
        if value is None:
            return
        once = site.visits == 1
        tried = {fingerprint(value)} if once else set()
        values = self.knowledge.aimed if isinstance(site.statement, ast.Return) else self.knowledge.wanted
        for w, stand_in in ((w, w.values[0]) for w in values) if once else self._turns(site.visits, value):
            if self.puts_left <= 0:
                return
            if np.shape(w.values[0]) != np.shape(value) or fingerprint(stand_in) in tried:
                continue
            tried.add(fingerprint(stand_in))
            constant: ast.expr = ast.Constant(STAND_IN)
            put = Change(place.parent, place.field, place.index, constant if once else ast.Call(constant, [], []))
            locate(put.new, site.statement)
            self.puts_left -= 1
            mended = self.trials.run(Candidate(site.unit, site.statement, "", "", (put,), 0, stand_in=stand_in))
            if mended and (mended >= aims or (mended & aims and not self.together)):
                yield w

    def _turns(self, count: int, value: Any) -> Iterator[tuple[Wanted, Any]]:
        """Yield what the turns of a loop may be expected to hold, and all of it in order."""
        for text, series in self.knowledge.series:
            ends = {len(p) for p in series} == {count}
            for some in ([p[:count] for p in series], [p[-count:] for p in series])[ends:]:
                for step in (1, -1):
                    turns = [p[::step] for p in some]
                    if all(len(p) == count and np.shape(p[-1]) == np.shape(value) for p in turns):
                        yield Wanted([p[-1] for p in turns], text), np.array(turns[0])

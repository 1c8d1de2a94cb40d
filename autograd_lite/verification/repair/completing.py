"""What is missing in a hand gradient, once no edit mends it: in what was located, or in a variable from then on.

An expression that was located is completed by a term, a factor or another operand. A variable of a loop is given what
the record has for it, turn by turn, after each statement that sets it and at the end of the turn; where that mends all,
what it lacks there is written. The same is tried with derivatives in forward mode.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeGuard

import numpy as np

from autograd_lite.verification.repair.candidates import Candidate, Change, locate, slots, stored_by
from autograd_lite.verification.repair.known import fingerprint
from autograd_lite.verification.repair.locating import LOCATED, LONGEST, Located, Locating, Series, in_turn
from autograd_lite.verification.repair.missing import StandIn, Turns, completed, standing_in, together
from autograd_lite.verification.repair.names import is_number
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.statements import block, place_of
from autograd_lite.verification.repair.syntax import names_in, number_of
from autograd_lite.verification.repair.writing import distance

FORWARDS = 150
"""So many derivatives in forward mode are put in the place of expressions at most."""
INSERTS, SHARE = 200, 60
"""So many values are put into variables of loops at most, and so many into one after one statement."""
LOOKUPS = 12
"""At so many places what is missing is looked up."""


class Completing:
    """Finds what is missing.

    Parameters
    ----------
    locating : Locating
        With the places that it located.
    aims : set of int
        The gradients that are to be mended.
    """

    def __init__(self, locating: Locating, aims: set[int]) -> None:
        self.locating, self.aims = locating, aims
        self.trials, self.knowledge = locating.trials, locating.knowledge
        self.inserts_left, self.lookups_left = INSERTS, LOOKUPS

    def candidates(self) -> list[Candidate]:
        """Return edits that add a term or a factor, or put another operand; the backward pass's values come first."""
        passed = [s for s in self.knowledge.series if s[0].startswith(("the derivative", "what"))]
        found = [c for p in self.locating.located if _is_written(p) for c in self._completed(p)]
        inserted = list(self._inserted(passed, -1))
        self.inserts_left, self.lookups_left = INSERTS, LOOKUPS
        forwards = [c for p in self._forwards() for c in (*self.locating.written(p), *self._completed(p))]
        found += inserted + forwards
        if not (inserted or forwards):
            found += self._inserted(self.knowledge.forwards[1], 1)
        for c in found:
            c.located = True
        return [c for c in found if c.cost < LONGEST]

    def _completed(self, p: Located) -> Iterator[Candidate]:
        """Yield edits that put in what is missing in a place."""
        change = Change(p.place.parent, p.place.field, p.place.index, standing_in(p.node))
        edit = Candidate(p.site.unit, p.site.statement, "", "", (change,), 0)
        for tree, words in self._complete(p.site, edit, p.node, p.option.turns, p.option.wanted.text):
            yield p.edit(tree, words, 1)

    def _complete(
        self, site: Site, edit: Candidate, now: ast.expr, turns: Sequence[Sequence[Any]], words: str
    ) -> Iterator[tuple[ast.expr, str]]:
        """Yield what an expression may become to be what it should, turn by turn; an edit puts a stand-in there."""
        if self.lookups_left <= 0:
            return
        self.lookups_left -= 1
        noted = list[Turns]()
        for at, values in zip(self.trials.recorded, turns, strict=False):
            edit.stand_in = StandIn(values)
            self.trials.found(edit, at)
            noted.append(edit.stand_in.turns)
        found = False
        for some in ([together(n) for n in noted if len(n) > 1], [turn for n in noted for turn in n]):
            if some and not found:
                for made in completed(now, some, site.scope, words, _logarithms(site)):
                    found = True
                    yield made

    def _forwards(self) -> Iterator[Located]:
        """Yield the places with a derivative in forward mode that mends all."""
        self.locating.puts_left = FORWARDS
        values, series = self.knowledge.forwards
        for order, site in sorted(enumerate(self.trials.sites()), key=lambda s: s[1].visits == 1):
            for place, node in slots(site, whole=True) if not isinstance(site.statement, ast.Return) else ():
                held = values if site.visits == 1 else series
                for option, mended in self.locating.fits(site, node, place, self.aims, held, (1,)):
                    yield Located(site, place, node, order, True, option, mended)

    def _inserted(self, series: Series, step: int) -> Iterator[Candidate]:
        """Yield edits after which a variable of a loop has a further term or factor from then on."""
        for site, s, variable in self._stores():
            value = site.scope.locals[0].get(variable)
            is_own = variable in self.knowledge.named  # it holds what the function computes
            at = place_of(s, site.unit)
            if at is not None and not is_own and is_number(value) and np.asarray(value).dtype.kind == "f":
                now, put_in = _from_then_on(s, variable)
                edit = Candidate(site.unit, s, "", "", (Change(*at, put_in(standing_in(now))),), 0)
                found = False
                for turns, words in self._fits(edit, in_turn(series, site.visits, value, (step,), spare=True)):
                    for tree, lacking in self._complete(site, edit, now, turns, words):
                        found = True
                        cost = 3 + distance(ast.unparse(now), ast.unparse(tree)) - LOCATED
                        change = Change(*at, put_in(tree))
                        yield Candidate(site.unit, s, "inserted", f"{lacking} in {variable}", (change,), cost, weight=1)
                if found:
                    return

    def _fits(self, edit: Candidate, series: Any) -> Iterator[tuple[Sequence[Sequence[Any]], str]]:
        """Yield those series with which all is right once a stand-in gives them turn by turn."""
        tried = set[bytes]()
        for wanted, turns in series:
            key = fingerprint(np.array(turns[0]))
            if self.inserts_left <= 0 or len(tried) >= SHARE:
                return
            if key not in tried:
                tried.add(key)
                self.inserts_left -= 1
                edit.stand_in = StandIn(turns[0])
                if (self.trials.run(edit) or set()) >= self.aims:
                    yield turns, wanted.text

    def _stores(self) -> Iterator[tuple[Site, ast.stmt, str]]:
        """Yield the statements of loops after which a variable may be changed: first the last one of each loop."""
        sites = {site.statement: site for site in self.trials.sites() if isinstance(site.statement, ast.stmt)}
        seen = set()
        for loop in sites:
            body = loop.body if isinstance(loop, (ast.For, ast.While)) else [loop]
            last = body[-1]
            if last is not loop and last in sites and sites[last].visits > 1:
                for variable in carried(body):
                    seen.add((last, variable))
                    yield sites[last], last, variable
        for s, site in sites.items():
            for variable in stored_by(s) if site.visits > 1 else ():
                if (s, variable) not in seen:
                    yield site, s, variable


def _is_written(p: Located) -> bool:
    """Whether a whole expression is at work; a variable that is returned went wrong before."""
    return p.whole and not (isinstance(p.site.statement, ast.Return) and isinstance(p.node, ast.Name))


def _logarithms(site: Site) -> dict[str, float]:
    """Return the logarithms of the numbers that a function has: a base belongs to the derivative of its power."""
    numbers = {x for s in site.unit.statements for n in ast.walk(s) if (x := number_of(n) or 0) > 1}
    return {f"{site.numpy}.log({x})": float(np.log(x)) for x in numbers}


def carried(body: list[ast.stmt]) -> dict[str, None]:
    """Return the variables that a turn of a loop reads before it sets them."""
    stored, found = set[str](), dict[str, None]()
    for s in body:
        read = [*names_in([s], ast.Load), *(names_in([s.target], ast.Store) if _changes(s) else ())]
        found |= dict.fromkeys(x for x in read if x not in stored)
        stored |= names_in([s], ast.Store).keys()
    return {name: None for name in found if name in stored}


def _changes(s: ast.stmt) -> TypeGuard[ast.AugAssign]:
    return isinstance(s, ast.AugAssign) and isinstance(s.target, ast.Name)


def _from_then_on(s: ast.stmt, variable: str) -> tuple[ast.expr, Callable[[ast.expr], ast.stmt]]:
    """Return what a variable holds after a statement, as an expression, and what sets it to another one."""
    now: ast.expr = ast.Name(variable, ast.Load())
    if _changes(s):
        now = ast.BinOp(now, s.op, s.value)

    def put_in(tree: ast.expr) -> ast.stmt:
        new: ast.stmt = ast.Assign([ast.Name(variable, ast.Store())], tree)
        new = new if _changes(s) else block(s, new)
        locate(new, s)
        return new

    return now, put_in

"""Where it goes wrong: expressions with which all is right once they have a value of the record."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.verification.repair.candidates import Candidate, Change, edits_of, leading_to, locate, slots
from autograd_lite.verification.repair.knowledge import Knowledge
from autograd_lite.verification.repair.known import fingerprint
from autograd_lite.verification.repair.missing import StandIn, standing_in
from autograd_lite.verification.repair.names import is_number
from autograd_lite.verification.repair.scope import FAILED, Proposal, Wanted
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.source import STAND_IN, Statement
from autograd_lite.verification.repair.syntax import called, loaded
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
UNDONE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda after, before: after - before,
    ast.Sub: lambda after, before: before - after,
    ast.Mult: lambda after, before: after / before,
    ast.Div: lambda after, before: before / after,
}
"""What changed a variable, from its values after that and before."""


Series = Sequence[tuple[str, list[Any]]]
"""What turns hold one after the other, at each point, and what that is."""


@dataclass(frozen=True, eq=False)
class Option:
    """What may be wanted of an expression.

    Attributes
    ----------
    wanted : Wanted
        Its value.
    stand_in : array
        What to put in its place for that: in a loop, the values of all turns.
    held : array
        What the statement's variable holds now, or else the expression.
    aim : Wanted
        What that holds with the value.
    turns : sequence of sequences of array
        In a loop, the values of all turns, at each point.
    """

    wanted: Wanted
    stand_in: Any
    held: Any
    aim: Wanted
    turns: Sequence[Sequence[Any]] = ()


@dataclass(frozen=True, eq=False)
class Located:
    """An expression with which gradients are right once it has another value.

    Attributes
    ----------
    site, place, node
        Its statement, where it stands there, and the expression.
    order : int
        The place of the statement among all.
    whole : bool
        Whether it is all that the statement stores, or returns.
    option : Option
        The value.
    mended : set of int
        The gradients.
    """

    site: Site
    place: Change
    node: ast.expr
    order: int
    whole: bool
    option: Option
    mended: set[int]

    def edit(self, tree: ast.expr, words: str, weight: float) -> Candidate:
        """Return the edit that writes another expression there."""
        locate(tree, self.site.statement)
        cost = distance(ast.unparse(self.node), ast.unparse(tree)) + weight - LOCATED
        change = (replace(self.place, new=tree),)
        return Candidate(self.site.unit, self.site.statement, "value", words, change, cost, weight=weight)


class Locating:
    """Puts values of the record in the place of expressions of the hand gradient, and sees what is mended.

    Parameters
    ----------
    trials : Trials
    knowledge : Knowledge
    together : bool
        Whether one statement may mend all that is aimed at: then nothing less will do.
    moved : mapping from statement to set of int
        Which gradients another value of a statement changes, where that is known.
    multiples : bool
        Whether multiples of a value may be put, too: a variable may hold a gradient that is scaled at the end.
    """

    def __init__(
        self,
        trials: Trials,
        knowledge: Knowledge,
        moved: Mapping[Statement, set[int] | None],
        *,
        together: bool,
        multiples: bool = False,
    ) -> None:
        self.trials, self.knowledge, self.moved = trials, knowledge, moved
        self.together, self.multiples = together, multiples
        self.distances: dict[Statement, float] = {}
        self.puts_left = PUTS
        self.located: list[Located] = []
        pairs = ((np.shape(trials.here.true[i]), np.shape(trials.point.hand[i])) for i in trials.wrong)
        self.shapes = {true for true, hand in pairs if multiples and true != hand}

    def candidates(
        self, candidates: Sequence[Candidate], raising: Sequence[Candidate], aims: set[int]
    ) -> list[Candidate]:
        """Find expressions with which all is right once they have a value of the record, and write that."""
        found: list[Candidate] = []
        by_statement: dict[Statement, list[Candidate]] = {}
        for c in candidates:
            by_statement.setdefault(c.statement, []).append(c)
        for p in self.places_of(aims):
            self.located.append(p)
            site, w = p.site, p.option.wanted
            if not self.distances and isinstance(site.statement, ast.stmt):
                self.distances = leading_to(site.statement, site.unit)
                self.distances[site.statement] = -LOCATED if site.visits > 1 else 0
            aim = fingerprint(w.values[0])
            for c in by_statement.get(site.statement, ()) if p.whole else ():
                if (c.print == aim or (c.rule == "new carry" and site.visits > 1)) and not c.located:
                    c.cost, c.located = c.cost - LOCATED, True
            if p.whole and not any(c.located for c in by_statement.get(site.statement, ())):
                found += self._pairs(site, [c for c in (*candidates, *raising) if c.statement is site.statement], aim)
            found += [c for c in self.written(p) if c.cost < LONGEST]
        for i, c in enumerate(found):
            c.order, c.located = len(candidates) + i, True
        return found

    def written(self, p: Located) -> Iterator[Candidate]:
        """Yield edits that write the value that belongs in a place."""
        w = p.option.wanted
        for proposal in self._proposals(p.site, w):
            c = p.edit(proposal.tree, proposal.words or w.text, proposal.weight)
            c.cost += not p.whole
            c.weight += proposal.words == w.text  # no idiom
            yield c

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

    def places_of(self, aims: set[int]) -> Iterator[Located]:
        """Yield expressions with a value to put there which mends all; if there is none, those within statements."""
        sites, found = [s for s in enumerate(self.trials.sites()) if self.may_mend(s[1], aims)], False
        sites.sort(key=lambda s: self.knowledge.left_by(s[1]) == 0)
        once, again = ([s for s in sites if (s[1].visits > 1) == in_a_loop] for in_a_loop in (False, True))
        values, series, rows = self.knowledge.wanted, self.knowledge.series, self.knowledge.rows
        for whole in (True, False):
            for some, held in ((once, values), (again, series), (again, rows)):
                least = PUTS // 2 if whole and some is once else 0
                for order, site in some if self.puts_left > least else ():
                    for place, node in slots(site, whole=whole):
                        for option, mended in self.fits(site, node, place, aims, held):
                            found = True
                            yield Located(site, place, node, order, whole, option, mended)
            if found:
                return

    def may_mend(self, site: Site, aims: set[int]) -> bool:
        """Whether another value of a statement changes what is aimed at, and no gradient that is right."""
        moved = self.moved.get(site.statement)
        return moved is None or (bool(moved & aims) and moved <= self.trials.wrong)

    def fits(
        self, site: Site, node: ast.expr, place: Change, aims: set[int], held: Any, steps: Sequence[int] = (1, -1)
    ) -> Iterator[tuple[Option, set[int]]]:
        """Yield those of some values, or series, with which all is right where they are put, and what they mend."""
        value = site.array(node)
        if np.asarray(value).dtype.kind not in "fc" or _is_zero(node):
            return
        tried = {fingerprint(value)} if site.visits == 1 else set()
        for option in _options(site, node, value, self.knowledge.aimed if _is_return(site) else held, steps):
            if self.puts_left <= 0:
                return
            known = fingerprint(option.stand_in)
            if np.shape(option.wanted.values[0]) in (np.shape(value), *self.shapes) and known not in tried:
                tried.add(known)
                mended, factor = self._mended(site, place, node, option)
                if mended and (mended >= aims or (mended & aims and not self.together)):
                    yield option if factor == 1 else replace(option, aim=option.aim.times(factor)), mended

    def _mended(self, site: Site, place: Change, node: ast.expr, option: Option) -> tuple[set[int], float]:
        """Return the gradients that are right with a value in a place, or with a multiple of it, and which."""
        new = ast.Constant(STAND_IN) if site.visits == 1 else standing_in(node)
        locate(new, site.statement)
        factors = [1.0]
        for factor in factors:
            put = (replace(place, new=new),)
            self.puts_left -= 1
            value = option.stand_in * factor
            stand_in = value if site.visits == 1 else StandIn(value)
            edit = Candidate(site.unit, site.statement, "", "", put, 0, stand_in=stand_in)
            found = self.trials.found(edit)
            mended = self.trials.mended(found, self.trials.here)
            if mended:
                return mended, factor
            if self.multiples and found is not None and factors == [1] and _may_be_scaled(option):
                factors += self._multiple(found)
        return set(), 1

    def _multiple(self, found: Sequence[Any]) -> list[float]:
        """Return by which number gradients have to be multiplied to be right, if there is one."""
        wrong = [i for i in self.trials.wrong if np.size(found[i]) > 1]
        ratios = [close.ratio(self.trials.here.true[i], found[i]) for i in wrong]
        return [r for r in ratios if r is not None and not close.alike(r, 1.0)][:1]


def _options(site: Site, node: ast.expr, value: Any, held: Any, steps: Sequence[int]) -> Iterator[Option]:
    """Yield what may be wanted of an expression, of some values or series."""
    if site.visits > 1:
        for w, turns in in_turn(held, site.visits, value, steps):
            yield Option(w, np.array(turns[0]), value, w, turns)
        return
    s = site.statement
    for w in held:
        yield Option(w, w.values[0], value, w, [[x] for x in w.values])
    if isinstance(s, ast.AugAssign) and node is s.value and type(s.op) in UNDONE:
        after = site.array(ast.BinOp(loaded(s.target), s.op, s.value))
        before = site.scope.evaluate(loaded(s.target))
        if after is not None and all(map(is_number, before)):
            yield from _options_of_change(UNDONE[type(s.op)], held, value, before, after)


def _is_return(site: Site) -> bool:
    return isinstance(site.statement, ast.Return) and site.visits == 1


def in_turn(
    found: Series, count: int, value: Any, steps: Sequence[int], *, spare: bool = False
) -> Iterator[tuple[Wanted, Sequence[Sequence[Any]]]]:
    """Yield what the turns of a loop may hold, forwards and backwards; with room for a last one that is not known."""
    for text, series in found:
        for some in _ends(series, count, spare):
            for step in steps:
                turns = [p[::step] for p in some]
                if all(np.shape(p[-1]) == np.shape(value) for p in turns):
                    yield Wanted([p[-1] for p in turns], text), turns


def _ends(series: list[Any], count: int, spare: bool) -> Iterator[list[Any]]:
    """Yield the first so many of each series, and the last ones; where it has several for each turn, one of these."""
    times = {len(p) // count for p in series if len(p) % count == 0}
    for n in times if times <= {2, 3} else ():
        yield from ([p[k::n] for p in series] for k in range(n))
    for n in (count, count - 1) if spare else (count,):
        if n and all(len(p) >= n for p in series):
            yield [p[:n] for p in series]
            if any(len(p) > n for p in series):
                yield [p[-n:] for p in series]


def _is_zero(node: ast.expr) -> bool:
    """Whether zeros are written: a sum begins with them, or an array that is filled."""
    return called(node) in ("zeros", "zeros_like") or (isinstance(node, ast.Constant) and not node.value)


def _may_be_scaled(option: Option) -> bool:
    """Whether a multiple of a value may be put: of an array that is none yet."""
    value = option.wanted.values[0]
    return np.size(value) > 1 and close.ratio(option.held, value) is None


def _options_of_change(
    undone: Callable[[Any, Any], Any], values: Sequence[Wanted], value: Any, before: Sequence[Any], after: Any
) -> Iterator[Option]:
    """Yield what may be wanted of an operand that changes a variable."""
    for aim in values:
        if np.shape(aim.values[0]) == np.shape(after):
            with np.errstate(all="ignore"):
                operands = [undone(*pair) for pair in zip(aim.values, before, strict=False)]
            operands = [_one_number(x) for x in operands] if np.ndim(value) == 0 else operands
            yield Option(replace(aim, values=operands), operands[0], after, aim, [[x] for x in operands])


def _one_number(x: Any) -> Any:
    """Return the number that all elements of an array are, if they are one."""
    first = np.ravel(x)[:1]
    return first[0] if first.size and close.alike(x, np.full(np.shape(x), first[0])) else x

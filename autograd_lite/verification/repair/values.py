"""Expressions by value: what can be made of the values in scope that has the value which is wanted.

Operands are vectors, so chosen that the value of each combination of two is known by an inner product: of the elements
at some places for `a * b`, of what a random vector leaves of each matrix for `a @ b`. One product of two matrices then
tells which of a million expressions may have the wanted value at one point; these few are run at all points.
"""

from __future__ import annotations

import ast
import heapq
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count, product
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.numerical.streams import stream
from autograd_lite.verification.repair import idioms, names
from autograd_lite.verification.repair.contractions import Side, outer, sides
from autograd_lite.verification.repair.idioms import ITSELF, Form
from autograd_lite.verification.repair.scope import Proposal, Scope, Wanted
from autograd_lite.verification.repair.terms import Term, Vocabulary, wrapped

EVALUATIONS, CHECKS = 4000, 1000
"""So many expressions are evaluated at one point, and at all; an array counts once more for each 10,000 elements."""
PLACES = 48
"""At so many elements expressions are compared first."""
NEAREST, CLOSE = 24, 12
"""So many names, the nearest to what is wanted, are combined with all that is made of others; with each other."""
OPERANDS = 100
"""So many arrays are operands of sums of products."""
NUMBERS = 8
"""So many numbers in scope are tried as factors."""
HITS = 200
"""So many expressions of a kind are looked at more closely."""

Array = np.ndarray[Any, Any]
Scale = tuple[Callable[[Term], Iterator[Term]], Any]
"""What writes a factor around an expression, and the factor."""


def expressions(scope: Scope, wanted: Wanted, most: int = 20, broadcast: bool = False) -> Iterator[Proposal]:
    """Yield expressions of what is in scope that have a wanted value at all points, those that a person writes first.

    Longer ones that use the same names are left out.

    Parameters
    ----------
    scope : Scope
    wanted : Wanted
        NaN stands for what may be anything: the ratio of two zeros.
    most : int
        After so many expressions, no more.
    broadcast : bool
        Whether a value is right that broadcasts to the wanted one, as a missing factor or term does.
    """
    if not all(map(names.is_number, wanted.values)):
        return
    search = Search(scope, wanted, broadcast)
    given: list[frozenset[str]] = []
    for term in search.candidates() if search.is_telling else ():
        if not any(names <= term.names for names in given) and search.holds(tree := term.tree):
            given.append(term.names)
            search.found = True
            yield Proposal(tree, term.words, max(term.weight, 0))
        if len(given) >= most or search.checks > CHECKS:
            return


@dataclass(frozen=True, eq=False)
class Rows:
    """Terms, and the values of each at some elements of the wanted value."""

    terms: Sequence[Term]
    matrix: Array

    def __add__(self, other: Rows) -> Rows:
        return Rows([*self.terms, *other.terms], np.concatenate([self.matrix, other.matrix]))

    def __getitem__(self, rows: slice) -> Rows:
        return Rows(self.terms[rows], self.matrix[rows])

    def telling(self) -> Rows:
        """Return the rows that are finite, and not 0, 1 or -1 everywhere."""
        one = np.sign(self.matrix[:, :1])
        trivial = (self.matrix == 0).all(axis=1) | close.within(self.matrix, one, close.reordered(1.0)).all(axis=1)
        good = np.flatnonzero(np.isfinite(self.matrix).all(axis=1) & ~trivial)
        return Rows([self.terms[int(k)] for k in good], self.matrix[good])


class Search:
    """The search for one value: what it is at the point that tells most, and what can be made of the names there."""

    def __init__(self, scope: Scope, wanted: Wanted, broadcast: bool) -> None:
        self.scope, self.wanted, self.broadcast = scope, wanted, broadcast
        self.vocabulary = Vocabulary(scope)
        self.found, self.spent, self.checks = False, 0.0, 0.0
        goals = [np.asarray(value) for value in wanted.values]
        spread = [len(np.unique(goal.flat[:: max(1, goal.size // PLACES)])) for goal in goals]
        self.at = max(range(len(goals)), key=lambda k: (spread[k], k))
        self.goal = goals[self.at]
        known = np.flatnonzero(self.goal == self.goal)
        some = known[self.goal.flat[known] != 0]
        places = [x[k * len(x) // PLACES] for x in (known, some) if len(x) for k in range(PLACES)]
        self.places = np.unravel_index(np.unique(places).astype(int), self.goal.shape) if self.goal.ndim else ()
        self.random = stream("expressions by value")
        self.sampled = self.goal[self.places].reshape(-1)
        self.weights = self.random.uniform(1, 2, self.sampled.size)
        self.unit = tolerance(self.goal)
        self.sides: dict[Any, tuple[list[tuple[Term, Side]], ...]] = defaultdict(lambda: ([], []))

    @property
    def is_telling(self) -> bool:
        """Whether the wanted value tells its expression: truths, 0, 1 and -1 are the value of too many."""
        return self.goal.dtype.kind != "b" and self.sampled.size > 0 and not is_trivial(self.sampled)

    def sample(self, value: Any) -> Array | None:
        """Return a value at the places where values are compared; None where it does not broadcast to the wanted."""
        try:
            return np.broadcast_to(value, self.goal.shape)[self.places].reshape(-1)
        except ValueError:
            return None

    def rows(self, pairs: Iterable[tuple[Term, Any]]) -> Rows:
        """Return the rows of those values that broadcast to what is wanted."""
        found = [(term, row) for term, value in pairs if (row := self.sample(value)) is not None]
        matrix = np.array([row for _, row in found]).reshape(len(found), len(self.weights))
        return Rows([term for term, _ in found], matrix * 1.0).telling()

    def compute(self, form: Form, *values: Any) -> Any:
        """Return the value of a form, None where it has none."""
        self.spent += 1 + max(np.size(value) for value in values) / 10_000
        return self.vocabulary.compute(form, *values) if self.spent <= EVALUATIONS else None

    # --- operands

    @cached_property
    def paths(self) -> list[names.Path]:
        """What has a name, the nearest to what is wanted first."""
        return names.paths(self.scope, f"{self.wanted.text} {getattr(self.wanted.tensor, 'name', None) or ''}")

    @cached_property
    def counts(self) -> list[tuple[Term, Any]]:
        """Lengths; a whole number that is the same at all points is written instead."""
        found = names.lengths(self.paths)
        found |= {key: path for path in self.paths if path.is_index and (key := tuple(path.values)) in found}
        return self.telling(found.values())

    @cached_property
    def numbers(self) -> list[tuple[Term, Any]]:
        """Single numbers; other whole numbers are indices."""
        return self.telling(path for path in self.paths if not np.ndim(path.values[self.at]) and not path.is_index)

    @cached_property
    def arrays(self) -> list[tuple[Term, Array]]:
        """The arrays that have a name, those of the wanted shape first."""
        arrays = [path for path in self.paths if np.ndim(path.values[self.at])]
        return self.telling(sorted(arrays, key=lambda path: np.shape(path.values[self.at]) != self.goal.shape))

    def telling(self, paths: Iterable[names.Path]) -> list[tuple[Term, Any]]:
        """Return the terms of names that are not 0, 1 or -1 at all points, and their values."""
        useful = (path for path in paths if not all(map(is_trivial, path.values)))
        return [(Term.name(path.text, path.cost + k / 1000), path.values[self.at]) for k, path in enumerate(useful)]

    @cached_property
    def indices(self) -> list[tuple[Term, Any]]:
        """Whole numbers, and lists of them."""
        pairs = [(Term.name(path.text, path.cost), path.values[self.at]) for path in self.paths]
        return [(term, value) for term, value in pairs if np.asarray(value).dtype.kind in "iu" and np.ndim(value) < 2]

    @cached_property
    def plain(self) -> Rows:
        """Names that broadcast to what is wanted."""
        return self.rows(self.arrays)[:NEAREST] + self.rows(self.numbers[:NUMBERS])

    @cached_property
    def near(self) -> Rows:
        """The nearest of them."""
        return self.rows(self.arrays)[:CLOSE] + self.rows(self.numbers[: CLOSE // 4])

    def made(self) -> Iterator[tuple[Term, Any]]:
        """Yield what changes the shape of an array, picks of it, or takes more than its elements one by one."""
        for pair in self.counts:
            yield from self.applied([idioms.RECIPROCAL], pair)
        for b, y in self.indices:
            rows = [(a, x) for a, x in self.arrays if x.ndim == 2 and np.shape(y) == x.shape[:1]]
            yield from (made for pair in rows[:1] for made in self.applied([idioms.ONE_HOT], pair, (b, y)))
        for a, x in self.arrays:
            yield from self.applied(idioms.SHAPES, (a, x))
            yield from self.applied([idioms.DIAGONAL] * (self.goal.shape == 2 * x.shape), (a, x))
            for b, y in self.indices:
                if a is not b:
                    yield from self.applied(idioms.INDICES if np.ndim(y) == 0 else idioms.INDICES[:1], (a, x), (b, y))

    def through(self) -> Iterator[tuple[Term, Any]]:
        """Yield the cotangents through softmax, a normalisation and the like."""
        for a, x in self.arrays[:NEAREST]:
            for fact in [fact for fact, is_so in idioms.WHERE.items() if x.dtype.kind == "f" and is_so(x)]:
                for b, y in self.arrays[:NEAREST]:
                    if a is not b and x.shape == y.shape:
                        yield from self.applied(idioms.IDIOMS[fact], (a, x), (b, y))

    def calls(self) -> Iterator[tuple[Term, Any]]:
        """Yield the user's functions of what has a name."""
        for pair in [*self.arrays[:NEAREST], *self.numbers[:NUMBERS]]:
            yield from self.applied(self.vocabulary.functions, pair)

    def applied(self, table: Iterable[Form], *pairs: tuple[Term, Any]) -> Iterator[tuple[Term, Any]]:
        """Yield the forms of a table that broadcast to what is wanted, with some operands."""
        return ((term, value) for term, value in self.computed(table, *pairs) if self.sample(value) is not None)

    def computed(self, table: Iterable[Form], *pairs: tuple[Term, Any]) -> Iterator[tuple[Term, Any]]:
        """Yield the forms of a table with some operands, and their values."""
        for form, named in self.vocabulary.known(table):
            value = self.compute(form, *(value for _, value in pairs))
            if names.is_number(value):
                yield Term(named, tuple(term for term, _ in pairs)), value

    def elementwise(self, rows: Rows) -> Rows:
        """Return functions of one operand, element by element, and that itself."""
        return rows + self.mapped(idioms.ELEMENTWISE, [(a,) for a in rows.terms], rows.matrix)

    def of_two(self, table: Iterable[Form]) -> Rows:
        """Return functions of two of the nearest names, element by element."""
        x = self.near.matrix
        return self.mapped(table, list(product(self.near.terms, repeat=2)), x[:, None], x[None])

    def mapped(self, table: Iterable[Form], operands: Sequence[tuple[Term, ...]], *values: Array) -> Rows:
        """Return the rows of forms, computed for all operands at once."""
        made = [(named, self.compute(form, *values)) for form, named in self.vocabulary.known(table)]
        made = [(named, value) for named, value in made if value is not None]
        matrix = np.array([value for _, value in made]).reshape(len(made) * len(operands), self.weights.size)
        return Rows([Term(named, parts) for named, _ in made for parts in operands], matrix * 1.0).telling()

    @cached_property
    def functions(self) -> Rows:
        """Names and functions of one, element by element."""
        return self.elementwise(self.plain)

    @cached_property
    def called(self) -> Rows:
        """The user's functions of names, and functions of those."""
        return self.elementwise(self.rows(self.calls()))

    @cached_property
    def others(self) -> Rows:
        """What else is made of one or two names."""
        return self.rows(self.made()) + self.cotangents + self.of_two(idioms.TWO)

    @cached_property
    def cotangents(self) -> Rows:
        """Cotangents through what mixes the elements of a row."""
        return self.rows(self.through())

    # --- stages

    def stages(self) -> list[tuple[float, Callable[[], Iterator[Term]]]]:
        """Return where to look, and how long what is found there is as a rule; infinite: only if nothing is found."""
        return [
            (0, lambda: self.scaled(self.plain + self.rows(self.counts))),
            (2, lambda: self.scaled(self.functions)),
            (2, lambda: self.scaled(self.called)),
            (3, lambda: self.combined(self.plain, self.functions, self.scales)),
            (3.5, lambda: self.contracted(self.arrays[:OPERANDS])),
            (8, lambda: self.scaled(self.others)),
            (8, lambda: self.combined(self.plain, self.called + self.others, self.scales)),
            (math.inf, lambda: self.contracted(self.operands())),
            (
                math.inf,
                lambda: self.combined(self.of_two(idioms.PAIRS), self.functions + self.cotangents, self.scales[:2]),
            ),
        ]

    def candidates(self) -> Iterator[Term]:
        """Yield expressions that may have the wanted value, by their length, and work only for what is asked for."""
        ready: list[tuple[float, int, Term]] = []
        order = count()
        for least, stage in self.stages():
            while ready and ready[0][0] < least:
                yield heapq.heappop(ready)[2]
            if self.found and least == math.inf:
                return
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for term in stage():
                    heapq.heappush(ready, (term.cost, next(order), term))
        while ready:
            yield heapq.heappop(ready)[2]

    @cached_property
    def scales(self) -> list[Scale]:
        """Signs, and factors that numbers in scope make, or 2."""
        found = [(partial(wrapped, form, ()), self.vocabulary.compute(form, 1.0)) for form in idioms.SIGNS]
        for b, y in [*self.counts[:NUMBERS], *self.numbers[:NUMBERS]]:
            found += [(partial(wrapped, form, (b,)), self.vocabulary.compute(form, 1.0, y)) for form in idioms.SCALES]
        return found[:2] + [(scale, number) for scale, number in found[2:] if number is not None and abs(number) != 1]

    def hits(self, keys: Array, key: float, slack: float, scales: Iterable[Scale]) -> Iterator[Any]:
        """Yield where a matrix holds a number, but for a factor, and what writes that factor."""
        for scale, number in scales:
            for place in np.argwhere(np.abs(keys * number - key) <= slack)[:HITS]:
                yield scale, *place

    @property
    def key(self) -> tuple[Any, float]:
        """The weighted sum of the wanted elements, and how exactly it is known."""
        return self.sampled @ self.weights, self.unit * float(np.sum(self.weights))

    def scaled(self, rows: Rows) -> Iterator[Term]:
        """Yield the terms that have the wanted value but for a factor, with that."""
        for scale, i in self.hits(rows.matrix @ self.weights, *self.key, self.scales):
            yield from scale(rows.terms[i])
            yield from scale(Term(idioms.AS_FLOAT, (rows.terms[i],)))

    def combined(self, rows: Rows, others: Rows, scales: list[Scale]) -> Iterator[Term]:
        """Yield products, quotients, differences and sums of two lists of terms."""
        for form in idioms.PAIRS:
            for x, y in [(rows, others), (others, rows)][: 1 if form in (idioms.PRODUCT, idioms.SUM) else 2]:
                for scale, i, j in self.hits(self.combine(form, x.matrix, y.matrix), *self.key, scales):
                    a, b = x.terms[i], y.terms[j]
                    if a is not b:
                        a, b = (b, a) if form is idioms.PRODUCT and b.cost < a.cost else (a, b)
                        yield from scale(Term(form, (a, b)))

    def combine(self, form: Form, x: Array, y: Array) -> Array:
        """Return the weighted sum of what each row of one matrix and each of another make."""
        w = self.weights
        if form in (idioms.PRODUCT, idioms.QUOTIENT):
            y = y if form is idioms.PRODUCT else 1 / y
            return np.asarray((x * w) @ np.where(np.isfinite(y), y, 0).T)
        return np.add.outer(x @ w, y @ w if form is idioms.SUM else -(y @ w))

    @cached_property
    def draws(self) -> tuple[list[Array], Array]:
        """Random weights along each axis of the wanted value, and of each element."""
        draws: list[Array] = [self.random.uniform(1, 2, (size,)) for size in self.goal.shape]
        return draws, outer(draws)

    def contracted(self, operands: Iterable[tuple[Term, Array]]) -> Iterator[Term]:
        """Yield the products of two operands whose weighted sum is the wanted one."""
        if not np.isfinite(self.goal).all():
            return
        draws, weights = self.draws
        key, slack = np.sum(weights * self.goal), self.unit * float(np.sum(weights))
        for term, value in operands:
            self.spent += 1 + value.size / 10_000
            for side in sides(value, draws, weights) if self.spent <= EVALUATIONS else ():
                self.sides[side.kind, side.vector.shape][side.place].append((term, side))
        for left, right in self.sides.values():
            if left and right:
                x, y = (np.array([side.vector.ravel() for _, side in part]) for part in (left, right))
                for scale, i, j in self.hits(x @ y.T, key, slack, self.scales):
                    parts = [t if s.form is ITSELF else Term(s.form, (t,)) for t, s in (left[i], right[j])]
                    for _, form in self.vocabulary.known([left[i][1].product]):
                        yield from scale(Term(form, tuple(parts)))

    def operands(self) -> Iterator[tuple[Term, Array]]:
        """Yield what else may be an operand: rows, differences, products with a derivative."""
        for a, x in self.arrays[:CLOSE]:
            for b, y in self.indices if x.ndim > 1 else ():
                yield from self.computed(idioms.INDICES if np.ndim(y) == 0 else [idioms.LESS_ONE_HOT], (a, x), (b, y))
            for b, y in self.arrays[:CLOSE]:
                if a is not b and x.shape == y.shape:
                    yield from self.computed([idioms.DIFFERENCE, *idioms.TIMES_DERIVATIVE], (a, x), (b, y))
                    yield from self.computed([idioms.PRODUCT] * (a.cost < b.cost), (a, x), (b, y))

    def holds(self, tree: ast.expr) -> bool:
        """Whether an expression has the wanted value at all points."""
        self.checks += 1 + self.goal.size / 10_000
        first = Scope(self.scope.locals[-1:], self.scope.fixed, self.scope.functions)
        return all(
            agrees(value, np.asarray(goal), self.broadcast)
            for here, goals in ((first, self.wanted.values[-1:]), (self.scope, self.wanted.values))
            for value, goal in zip(here.evaluate(tree), goals, strict=True)
        )


def is_trivial(value: Any) -> bool:
    """Whether a value is 0, 1 or -1 everywhere."""
    first = np.asarray(value).flat[0]
    return first in (0, 1, -1) and all(bool(np.all(part == first)) for part in (np.asarray(value).flat[:PLACES], value))


def tolerance(goal: Any, *others: Any) -> float:
    """Return how much an element may be off: what one line changes, and no more than half of the digits."""
    eps = close.eps_of(goal, *others) or close.DOUBLE
    return min(close.of_one_line(goal, eps), math.sqrt(eps) * close.largest(goal))


def agrees(value: Any, goal: Array, broadcast: bool) -> bool:
    """Whether an expression's value is the wanted one, where that is known."""
    if not names.is_number(value) or np.asarray(value).dtype.kind == "b":
        return False
    try:
        value = np.broadcast_to(value, goal.shape) if broadcast else np.asarray(value)
    except ValueError:
        return False
    known = np.where(goal == goal, value, goal) if value.shape == goal.shape else value
    return close.same(known, goal, tolerance(goal, value))

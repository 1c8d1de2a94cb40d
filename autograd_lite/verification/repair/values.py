"""Expressions by value: what can be made of the values in scope that has the value which is wanted.

Operands are vectors, so chosen that the value of each combination of two is known by an inner product: of the elements
at some places for `a * b`, of what a random vector leaves of each matrix for `a @ b`. One product of two matrices then
tells which of a million expressions may have the wanted value at one point; these few are run at all points.
"""

from __future__ import annotations

import ast
import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from itertools import count, product
from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.numerical.streams import stream
from autograd_lite.verification.repair import idioms, names
from autograd_lite.verification.repair.idioms import ITSELF, Form
from autograd_lite.verification.repair.known import is_filled, tolerance
from autograd_lite.verification.repair.scope import Proposal, Scope, Wanted
from autograd_lite.verification.repair.terms import Term, Vocabulary, wrapped

EVALUATIONS, CHECKS = 4000, 1000  # at one point, and at all; an array counts once more for each 10,000 elements
PLACES = 48  # elements at which expressions are compared first
NEAREST, CLOSE = 24, 12  # names that are combined with all that is made of others; with each other
OPERANDS = 100  # arrays that are operands of sums of products
NUMBERS = 8  # numbers in scope that are tried as factors
HITS = 200  # expressions of a kind that are looked at more closely
NAMED, SIMPLE = 0, 2  # tokens that names and functions of one name have at least

Array = np.ndarray[Any, Any]
Pair = tuple[Term, Any]
"""An expression, and its value at the point that is looked at."""
Scale = tuple[Callable[[Term], Iterator[Term]], Any]
"""What writes a factor around an expression, and the factor."""


def expressions(
    scope: Scope, wanted: Wanted, most: int = 20, *, broadcast: bool = False, longest: float = math.inf
) -> Iterator[Proposal]:
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
        Whether a value is right that broadcasts to the wanted one, as a missing factor or term does; truths are too.
    longest : float
        How many tokens to look for: `NAMED` for a name by a number that has one, `SIMPLE` for functions of one, too.
    """
    if not all(map(names.is_number, wanted.values)):
        return
    search = Search(scope, wanted, broadcast=broadcast, longest=longest)
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


class Search:
    """The search for one value: what it is at the point that tells most, and what can be made of the names there."""

    def __init__(self, scope: Scope, wanted: Wanted, *, broadcast: bool, longest: float) -> None:
        self.scope, self.wanted, self.broadcast, self.longest = scope, wanted, broadcast, longest
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
        random = stream("expressions by value")
        self.sampled = self.goal[self.places].reshape(-1)
        self.weights = random.uniform(1, 2, self.sampled.size)
        self.draws = [random.uniform(1, 2, (n,)) if n > 1 else np.ones(n) for n in self.goal.shape]
        self.unit = tolerance(self.goal)
        self.key: tuple[Any, float] = self.sampled @ self.weights, self.unit * float(np.sum(self.weights))
        self.vectors: dict[Any, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
        self.is_telling = self.goal.dtype.kind != "b" and self.sampled.size > 0 and not is_filled(self.sampled)
        self._name_operands()

    def _name_operands(self) -> None:
        """Find what has a name: lengths, single numbers, indices, and arrays, those of the wanted shape first.

        A variable that is a length at all points is written instead of that; other whole numbers are indices.
        """
        named = names.paths(self.scope, f"{self.wanted.text} {getattr(self.wanted.tensor, 'name', None) or ''}")
        lengths = names.lengths(named)
        lengths |= {key: path for path in named if path.is_index and (key := tuple(path.values)) in lengths}
        arrays = [path for path in named if np.ndim(path.values[self.at])]
        numbers = [path for path in named if not np.ndim(path.values[self.at])]
        indices = [path for path in named if path.kind in "iu" and np.ndim(path.values[self.at]) < 2]
        self.counts = self.pairs(lengths.values())
        self.numbers = self.pairs(path for path in numbers if not path.is_index)
        self.arrays = self.pairs(sorted(arrays, key=lambda path: np.shape(path.values[self.at]) != self.goal.shape))
        self.indices = self.pairs(indices, useful=False)

    def pairs(self, paths: Iterable[names.Path], *, useful: bool = True) -> list[Pair]:
        """Return the terms of names, and their values; if useful, those that are not 0, 1 or -1 at all points."""
        found = (path for path in paths if not useful or not all(map(is_filled, path.values)))
        return [(Term.name(path.text, path.cost + k / 1000), path.values[self.at]) for k, path in enumerate(found)]

    # --- what is made of it

    def made(self) -> Iterator[Pair]:
        """Yield what changes the shape of an array, picks of it, or mixes its elements."""
        yield from self.formed([idioms.RECIPROCAL], self.counts)
        yield from self.formed([idioms.ONE_HOT], self.counts, self.indices, where=lambda _, i: np.ndim(i) == 1)
        yield from self.formed(idioms.SHAPES, self.arrays)
        yield from self.formed([idioms.DIAGONAL], self.arrays, where=lambda x: self.goal.shape == 2 * x.shape)
        yield from self.formed([idioms.ROW], self.arrays, self.indices)
        yield from self.formed(idioms.INDICES, self.arrays, self.indices, where=lambda _, i: np.ndim(i) == 0)

    def cotangents(self) -> Iterator[Pair]:
        """Yield the cotangents through softmax, a normalisation and the like."""
        near = [(a, x) for a, x in self.arrays[:NEAREST] if x.dtype.kind == "f"]
        normal = [(a, x) for a, x in near if idioms.is_normalised(x)]
        yield from self.formed(idioms.IDIOMS, normal, near, where=_is_of_one_shape)

    def operands(self) -> Iterator[Pair]:
        """Yield what may be an operand beside names: rows, differences, products with a derivative."""
        near = self.arrays[:CLOSE]
        matrices = [(a, x) for a, x in near if x.ndim > 1]
        rows = [idioms.ROW, *idioms.INDICES]
        yield from self.formed(rows, matrices, self.indices, where=lambda _, i: np.ndim(i) == 0)
        yield from self.formed([idioms.LESS_ONE_HOT], matrices, self.indices, where=lambda _, i: np.ndim(i) == 1)
        table = [idioms.DIFFERENCE, idioms.PRODUCT, *idioms.TIMES_DERIVATIVE]
        yield from self.formed(table, near, near, where=_is_of_one_shape)

    def formed(
        self, table: Iterable[Form], *operands: Iterable[Pair], where: Callable[..., bool] = lambda *_: True
    ) -> Iterator[Pair]:
        """Yield the forms of operands, one of each list, for whose values something is so."""
        known = self.vocabulary.known(table)
        for pairs in product(*operands):
            terms, values = zip(*pairs, strict=True)
            for form in known if len({*terms}) == len(terms) and where(*values) else ():
                value = self.compute(form, *values)
                if names.is_number(value):
                    yield Term(form, terms), value

    def compute(self, form: Form, *values: Any) -> Any:
        """Return the value of a form, None where it has none."""
        self.spent += 1 + max(np.size(value) for value in values) / 10_000
        return self.vocabulary.compute(form, *values) if self.spent <= EVALUATIONS else None

    # --- at some places

    def rows(self, pairs: Iterable[Pair]) -> Rows:
        """Return the rows of those values that broadcast to what is wanted."""
        found = [(term, row) for term, value in pairs if (row := self.sample(value)) is not None]
        return self.stacked([term for term, _ in found], [row for _, row in found])

    def sample(self, value: Any) -> Array | None:
        """Return a value at the places where values are compared; None where it does not broadcast to the wanted."""
        try:
            return np.broadcast_to(value, self.goal.shape)[self.places].reshape(-1)
        except ValueError:
            return None

    def stacked(self, terms: Sequence[Term], values: Sequence[Array]) -> Rows:
        """Return the rows of terms that are finite, and not 0, 1 or -1 everywhere."""
        matrix = np.array(values).reshape(len(terms), self.weights.size) * 1.0
        one = np.sign(matrix[:, :1])
        trivial = (matrix == 0).all(axis=1) | close.within(matrix, one, close.reordered(1.0)).all(axis=1)
        good = np.flatnonzero(np.isfinite(matrix).all(axis=1) & ~trivial)
        return Rows([terms[int(k)] for k in good], matrix[good])

    def elementwise(self, rows: Rows) -> Rows:
        """Return functions of one operand, element by element, and that itself."""
        return rows + self.mapped(idioms.ELEMENTWISE, [(a,) for a in rows.terms], rows.matrix)

    def of_two(self, table: Iterable[Form], rows: Rows) -> Rows:
        """Return functions of two operands, element by element."""
        return self.mapped(table, list(product(rows.terms, repeat=2)), rows.matrix[:, None], rows.matrix[None])

    def mapped(self, table: Iterable[Form], operands: Sequence[tuple[Term, ...]], *values: Array) -> Rows:
        """Return the rows of forms, computed for all operands at once."""
        made = [
            (form, value)
            for form in self.vocabulary.known(table)
            if names.is_number(value := self.compute(form, *values))
        ]
        return self.stacked([Term(form, parts) for form, _ in made for parts in operands], [x for _, x in made])

    # --- stages

    def stages(self) -> Iterator[tuple[float, Iterator[Term]]]:
        """Yield what is found in one place after another, and how long that is as a rule.

        Infinite: only if nothing else is found.
        """
        arrays, numbers = self.rows(self.arrays), self.rows(self.numbers[:NUMBERS])
        plain, near = arrays[:NEAREST] + numbers, arrays[:CLOSE] + numbers[: CLOSE // 4]
        yield NAMED, self.scaled(plain + self.rows(self.counts))
        functions = self.elementwise(plain)
        yield SIMPLE, self.scaled(functions)
        some = [*self.arrays[:NEAREST], *self.numbers[:NUMBERS]]
        called = self.elementwise(self.rows(self.formed(self.vocabulary.functions, some)))
        yield SIMPLE, self.scaled(called)
        yield 3, self.combined(plain, functions, self.scales)
        yield 3.5, self.contracted(self.arrays[:OPERANDS])
        cotangents = self.rows(self.cotangents())
        others = self.rows(self.made()) + cotangents + self.of_two(idioms.TWO, near)
        yield 8, self.scaled(others)
        yield 8, self.combined(plain, called + others, self.scales)
        yield math.inf, self.contracted(self.operands())
        pairs = self.of_two(idioms.PAIRS, near)
        yield math.inf, self.combined(pairs, functions + cotangents, self.scales[:2])

    def candidates(self) -> Iterator[Term]:
        """Yield expressions that may have the wanted value, by their length, and work only for what is asked for."""
        ready: list[tuple[float, int, Term]] = []
        order = count()
        for least, terms in self.stages():
            while ready and ready[0][0] < least:
                yield heapq.heappop(ready)[2]
            if least > self.longest or (self.found and least == math.inf):
                break
            for term in terms:
                heapq.heappush(ready, (term.cost, next(order), term))
        while ready:
            yield heapq.heappop(ready)[2]

    @cached_property
    def scales(self) -> list[Scale]:
        """Signs, and factors that numbers in scope make, or 2."""
        found = [(partial(wrapped, form, ()), self.vocabulary.compute(form, 1.0)) for form in idioms.SIGNS]
        for b, y in [*self.counts[:NUMBERS], *self.numbers[:NUMBERS]]:
            found += [(partial(wrapped, form, (b,)), self.vocabulary.compute(form, 1.0, y)) for form in idioms.SCALES]
        named: list[Scale] = [(s, number) for s, number in found[len(idioms.SIGNS) :] if number and abs(number) != 1]
        return named if self.longest == NAMED else found[: len(idioms.SIGNS)] + named

    def hits(self, keys: Array, key: float, slack: float, scales: Iterable[Scale]) -> Iterator[Any]:
        """Yield where a matrix holds a number, but for a factor, and what writes that factor."""
        for scale, number in scales:
            with np.errstate(all="ignore"):
                places = np.argwhere(np.abs(keys * number - key) <= slack)[:HITS]
            yield from ((scale, *place) for place in places)

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
        with np.errstate(all="ignore"):
            if form in (idioms.PRODUCT, idioms.QUOTIENT):
                y = y if form is idioms.PRODUCT else 1 / y
                return np.asarray((x * w) @ np.where(np.isfinite(y), y, 0).T)
            return np.add.outer(x @ w, y @ w if form is idioms.SUM else -(y @ w))

    def contracted(self, operands: Iterable[Pair]) -> Iterator[Term]:
        """Yield the products of two operands whose weighted sum is the wanted one."""
        if not np.isfinite(self.goal).all():
            return
        weights = reduce(np.multiply.outer, self.draws, np.ones(()))
        key, slack = np.sum(weights * self.goal), self.unit * float(np.sum(weights))
        for term, value in operands:
            self.spent += 1 + value.size / 10_000
            for name, place, form, vector in self.sides(value) if self.spent <= EVALUATIONS else ():
                operand = term if form is ITSELF else Term(form, (term,))
                self.vectors[name, vector.shape][place].append((operand, vector.ravel()))
        for (name, _), (left, right) in self.vectors.items():
            for form in self.vocabulary.known([idioms.CONTRACTIONS[name]]) if left and right else ():
                keys = np.array([x for _, x in left]) @ np.array([y for _, y in right]).T
                for scale, i, j in self.hits(keys, key, slack, self.scales):
                    yield from scale(Term(form, (left[i][0], right[j][0])))

    def sides(self, x: Array) -> Iterator[tuple[str, int, Form, Array]]:
        """Yield what an array may be in a product: in which one, its first or second operand, in which form.

        The inner product of the vector with that of the other side is the weighted sum of the product's elements.
        """
        forms = {ITSELF: x, **({idioms.TURNED[x.ndim > 2]: x.swapaxes(-1, -2)} if x.ndim > 1 else {})}
        for name in idioms.CONTRACTIONS:
            operands, _, result = name.partition("->")
            weights = dict(zip(result, self.draws, strict=False))
            for place, own in enumerate(operands.split(",")) if len(result) == len(self.draws) else ():
                other = operands.split(",")[1 - place]
                weighted = [axis for axis in weights if axis in own and (axis not in other or not place)]
                sums = f"{','.join([own, *weighted])}->{''.join(axis for axis in own if axis in other)}"
                for form, y in list(forms.items())[: 1 + (own != other)]:
                    shape = {"1": 1, **dict(zip(own, y.shape, strict=False))}
                    if y.ndim == len(own) and all(shape.get(k, len(w)) == len(w) for k, w in weights.items()):
                        yield name, place, form, np.einsum(sums, y, *(weights[axis] for axis in weighted))

    def holds(self, tree: ast.expr) -> bool:
        """Whether an expression has the wanted value at all points."""
        self.checks += 1 + self.goal.size / 10_000
        pairs = zip(self.scope.evaluate(tree), self.wanted.values, strict=False)
        return all(agrees(value, np.asarray(goal), self.broadcast) for value, goal in pairs)


def agrees(value: Any, goal: Array, broadcast: bool) -> bool:
    """Whether an expression's value is the wanted one, where that is known."""
    if not names.is_number(value) or (np.asarray(value).dtype.kind == "b" and not broadcast):
        return False
    try:
        value = np.broadcast_to(value, goal.shape) if broadcast else np.asarray(value)
    except ValueError:
        return False
    known = np.where(goal == goal, value, goal) if value.shape == goal.shape else value
    return bool(close.same(known, goal, tolerance(goal, value)))


def _is_of_one_shape(x: Any, y: Any) -> bool:
    return bool(np.shape(x) == np.shape(y))

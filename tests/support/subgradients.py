"""Functions at kinks and ties with all of their subgradients: the hull of the gradients of the pieces that meet there.

The pieces are enumerated from closed forms, without the framework. The table ``HELD_OUT`` was written before the
verdict on vectors was built, and no threshold was chosen by it.
"""

from collections.abc import Mapping
from itertools import permutations, product
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np


class Tie(NamedTuple):
    """A function at a point, the gradients of its pieces (rows, over all arguments), and what is no subgradient."""

    f: Any
    args: tuple[Any, ...]
    pieces: Any
    invalid: list[Any]
    valid: list[Any] = []  # noqa: RUF012

    def subgradients(self):
        """Return gradients of pieces, the mean of all, and mixtures of them."""
        pieces = np.array(self.pieces, float)
        rng = np.random.default_rng(29)
        some = pieces if len(pieces) <= 4 else pieces[rng.choice(len(pieces), 4, replace=False)]
        mixed = rng.dirichlet(np.full(len(pieces), 0.5), 2) @ pieces
        return [*some, pieces.mean(0), *mixed, *map(np.asarray, self.valid)]

    def hand(self, gradient):
        """Return a hand gradient that gives this one at the point (and anywhere else)."""

        def hand(*args):
            cuts = np.cumsum([np.size(x) for x in args])[:-1]
            parts = np.split(np.asarray(gradient, float), cuts)
            return tuple(p.reshape(np.shape(x)).astype(x.dtype) for p, x in zip(parts, args, strict=True))

        return hand

    def is_outside(self, gradient):
        """Whether a direction shows that a vector is in no hull of the pieces: E. Gilbert's algorithm (1966)."""
        pieces, gradient = np.array(self.pieces, float), np.asarray(gradient, float)
        near = pieces.mean(0)
        for _ in range(2000):
            away = gradient - near
            farthest = pieces[np.argmax(pieces @ away)]
            if away @ (gradient - farthest) > 1e-9:
                return True
            step = farthest - near
            near = near + step * np.clip(away @ step / max(step @ step, 1e-300), 0, 1)
        return False


def units(n, among):
    return np.eye(n)[list(among)]


def sums(*choices):
    """Return all sums of one vector of each choice."""
    return np.array([np.sum(parts, axis=0) for parts in product(*choices)])


def hinges(weights, rows):
    """Return the gradients near w = 0 of the sum of weights * relu(rows @ w): one for each cell of the arrangement."""
    directions = np.random.default_rng(31).normal(size=(5000, rows.shape[1]))
    return np.unique((rows @ directions.T > 0).T * weights @ rows, axis=0)


def box(n, at, low=-1.0, high=1.0, rest=0.0):
    """Return the corners of a box in some elements."""
    corners = np.full((2 ** len(at), n), rest)
    corners[:, at] = list(product([low, high], repeat=len(at)))
    return corners


def relu(x):
    return np.maximum(x, 0)


def random_windows(seed):
    """Return a sum of maxima over windows that overlap, with weights of either sign, at whole numbers."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 7))
    windows = [rng.choice(size, rng.integers(2, 4), replace=False) for _ in range(rng.integers(2, 5))]
    weights = rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], len(windows))
    x = rng.integers(0, 2, size).astype(float)
    orders = [x + p for p in 0.1 * np.array(list(permutations(range(size)))) / size]  # near by, and no two equal
    pieces = [sum(c * np.eye(size)[w[p[w].argmax()]] for c, w in zip(weights, windows, strict=True)) for p in orders]
    tie = Tie(lambda x: sum(c * np.max(x[w]) for c, w in zip(weights, windows, strict=True)), (x,), pieces, [])
    low, high = np.min(pieces, axis=0), np.max(pieces, axis=0)
    corners = rng.choice([0, 0.5, 1], (6, size)) * (high - low) + low
    return tie._replace(invalid=[g for g in corners if tie.is_outside(g)])


POOL = np.array([2.0, 2.0, 1.0, 3.0, 0.5, 0.5])
WEIGHTS = np.array([1.0, -2.0, 0.7])
ROWS = np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, -1.2]])
MIXED = np.array([1.0, -0.6, 0.8])
SLIDING = np.array([1.0, 1.0, 1.0, 0.0])


def slide(x, width=2):
    return [x[i : i + width] for i in range(len(x) - width + 1)]


TIES: Mapping[str, Tie] = MappingProxyType({  # through which `verify` does not look for all that a function can reach
    "max, two of three": Tie(
        np.max, (np.array([1, 1, 0.5]),), units(3, [0, 1]),
        [[1, 1, 0], [0, 0, 0], [0.6, 0.6, 0], [0.5, 0.51, 0], [0.2, 0.2, 0]], [[0.25, 0.75, 0]],
    ),
    "max, five": Tie(np.max, (np.full(5, -2.0),), np.eye(5), [np.ones(5), np.zeros(5), np.full(5, 0.5)]),
    "max of two places in a matrix": Tie(
        lambda a: np.exp(np.max(a)), (np.array([[0.5, 1.0], [1.0, -1.0]]),), np.exp(1) * units(4, [1, 2]),
        [np.exp(1) * np.array([0, 1, 1, 0])],
    ),
    "a distance": Tie(
        lambda x: np.abs(x[0] - x[1]), (np.ones(2),), [[1, -1], [-1, 1]], [[1, 1], [0.5, 0.5], [-1, -1], [1, 0]],
        [[0, 0], [0.3, -0.3]],
    ),
    "a distance of two arguments": Tie(
        lambda a, b: np.abs(a - b), (np.float64(1.5), np.float64(1.5)), [[1, -1], [-1, 1]], [[1, 1], [0, 1], [1, -0.5]],
    ),
    "max-pool": Tie(
        lambda x: np.sum(np.max(x.reshape(3, 2), axis=1)), (POOL,),
        sums(units(6, [0, 1]), units(6, [3]), units(6, [4, 5])), [[1, 1, 0, 1, 1, 1], [1, 0, 0, 1, 1, 1]],
    ),
    "max-pool, weighted": Tie(
        lambda x: np.sum(WEIGHTS * np.max(x.reshape(3, 2), axis=1)), (np.array([2.0, 2, 1, 1, 0.5, 0.5]),),
        sums(units(6, [0, 1]), -2 * units(6, [2, 3]), 0.7 * units(6, [4, 5])),
        [[1, 1, -2, -2, 0.7, 0.7], [1, 0, -2, -2, 0.7, 0], [0, 0, -2, 0, 0.7, 0]],
    ),
    "windows that overlap": Tie(
        lambda x: sum(c * np.max(w) for c, w in zip([1.0, 2.0, 1.0], slide(x), strict=True)), (SLIDING,),
        [[1, 2, 1, 0], [1, 0, 3, 0], [0, 3, 1, 0], [0, 1, 3, 0]], [[1, 3, 3, 0], [0, 0, 1, 0]],
    ),
    "l1 norm": Tie(
        lambda x: np.sum(np.abs(x)), (np.array([0.0, 2.0, 0.0, 0.0]),), box(4, [0, 2, 3]) + [0, 1, 0, 0],
        [[1, 1, 0, 1.2]],
    ),
    "convex less convex": Tie(
        lambda x: np.abs(x[0]) - np.abs(x[1]), (np.zeros(2),), box(2, [0, 1]), [[1.1, 0], [0, -1.5]], [[1, 1], [-1, 1]],
    ),
    "a norm": Tie(
        lambda x: np.sqrt(np.sum(x**2)), (np.zeros(2),),
        np.transpose([np.cos(np.arange(0, 6.3, 0.01)), np.sin(np.arange(0, 6.3, 0.01))]), [[0.8, 0.8], [-0.9, 0.9]],
    ),
    "the largest magnitude": Tie(
        lambda x: np.max(np.abs(x)), (np.array([2.0, -2.0, 1.0]),), [[1, 0, 0], [0, -1, 0]], [[1, -1, 0], [0, 0, 0]],
    ),
    "hinge": Tie(
        lambda w: np.sum(relu(1 - np.array([[1.0, 1], [2, -1], [1, 0.5]]) @ w)), (np.array([2 / 3, 1 / 3]),),
        sums([[0, 0], [-1, -1]], [[0, 0], [-2, 1]]) + np.array([[-1, -0.5]]),
        [[-4, 0.5], [-1, -1.5 + 2.5], [-3.5, -1.25]],
    ),
    "a dead unit": Tie(lambda w: np.sum(MIXED * relu(ROWS @ w)), (np.zeros(2),), hinges(MIXED, ROWS), [[3, 3]]),
    "sort": Tie(
        lambda x: np.sort(x) @ np.array([1.0, 3.0, 7.0]), (np.array([1.0, 2.0, 1.0]),), [[1, 7, 3], [3, 7, 1]],
        [[3, 7, 3], [1, 7, 1], [3, 7, 2]],
    ),
    "median of three": Tie(np.median, (np.full(3, 0.7),), np.eye(3), [np.ones(3), np.zeros(3), [0.5, 0.5, 0.5]]),
    "max of two, of single precision": Tie(
        np.max, (np.array([1, 1, 0.5], np.float32),), units(3, [0, 1]), [[1, 1, 0], [0, 0, 0]],
    ),
    "many kinks beside a tie": Tie(  # some of the pieces: all of them are of the same sum in the last two elements
        lambda x: np.sum(relu(x[:40])) + np.max(x[40:]), (np.append(np.zeros(40), [2.0, 2.0]),),
        np.hstack([box(40, [3, 7, 11], 0, 1), np.zeros((8, 2))]) + np.append(np.zeros(40), [1, 0]),
        [np.ones(42), np.append(np.zeros(40), [1, 1]), np.append(np.zeros(40), [0, 0])],
        [np.append(np.ones(40), [0.3, 0.7])],
    ),
    "not recorded": Tie(
        lambda x: float(np.max(np.asarray(x))), (np.array([1, 1, 0.5]),), units(3, [0, 1]),
        [[1, 1, 0], [0, 0, 0], [0.6, 0.6, 0]], [[0.25, 0.75, 0]],
    ),
    "not recorded, of two arguments": Tie(
        lambda a, b: float(np.abs(np.asarray(a) - np.asarray(b)).sum()), (np.ones(2), np.ones(2)),
        sums([[1, 0, -1, 0], [-1, 0, 1, 0]], [[0, 1, 0, -1], [0, -1, 0, 1]]), [[1, 1, 1, 1], [1, -1, -1, -1]],
    ),
})  # fmt: skip
"""Those by which the verdict on vectors was built."""

PAIRWISE = np.array([[1.0, -1, 0], [0, 1, -1], [1, 0, -1]])
CENTRES = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
LINES = np.array([[1.0, 2.0, 0.0], [-1.0, 0.5, 1.0], [0.0, -1.0, 2.0]])

HELD_OUT: Mapping[str, Tie] = MappingProxyType({
    "total variation": Tie(
        lambda x: np.sum(np.abs(np.diff(x))), (np.array([1.0, 1, 1, 3]),),
        sums([[1, -1, 0, 0], [-1, 1, 0, 0]], [[0, 1, -1, 0], [0, -1, 1, 0]], [[0, 0, -1, 1]]),
        [[1, 1, 0, 1], [1, 0, 0, 1], [0, 2, 0, 1]],
    ),
    "pinball": Tie(
        lambda q: np.sum(np.maximum(0.9 * (np.array([1.0, 2, 4]) - q), 0.1 * (q - np.array([1.0, 2, 4])))),
        (np.float64(2.0),), [[-1.7], [-0.7]], [[-1.8], [-0.6]],
    ),
    "the largest of lines": Tie(
        lambda x: np.max(LINES @ x), (np.zeros(3),), LINES, [LINES.sum(0), np.zeros(3), LINES[0] + LINES[1]],
    ),
    "multiclass hinge": Tie(
        lambda s: np.sum(relu(1 + s[1:] - s[0])), (np.array([2.0, 1.0, 1.0, -3.0]),),
        sums([[0, 0, 0, 0], [-1, 1, 0, 0]], [[0, 0, 0, 0], [-1, 0, 1, 0]]),
        [[-1, 1, 1, 0], [-2, 1, 0, 0], [0, 1, 0, 0], [-1, 0, 0, 0]],
    ),
    "Crammer and Singer": Tie(
        lambda s: relu(np.max(1 + s[1:]) - s[0]), (np.array([2.0, 1.0, 1.0, -3.0]),),
        [[0, 0, 0, 0], [-1, 1, 0, 0], [-1, 0, 1, 0]], [[-1, 1, 1, 0], [-2, 1, 1, 0], [0, 0.5, 0.5, 0]],
    ),
    "maxout": Tie(
        lambda w, x: np.sum(np.max(w @ x, axis=0)), (np.zeros((2, 2)), np.array([1.0, -2.0])),
        [[1, -2, 0, 0, 0, 0], [0, 0, 1, -2, 0, 0]], [[1, -2, 1, -2, 0, 0], [0, 0, 0, 0, 0, 0]],
    ),
    "the worst residual": Tie(
        lambda w: np.max(np.abs(LINES @ w - [1.0, -1.0, 0.0])), (np.zeros(3),), [-LINES[0], LINES[1]],
        [LINES[1] - LINES[0], np.zeros(3), LINES[0]],
    ),
    "the two largest": Tie(
        lambda x: np.sum(np.sort(x)[-2:]), (np.array([3.0, 1.0, 1.0, 1.0]),), units(4, [1, 2, 3]) + [1, 0, 0, 0],
        [[1, 1, 1, 1], [1, 0, 0, 0], [1, 0.5, 0.5, 0.5]],
    ),
    "the three largest": Tie(
        lambda x: np.sum(np.sort(x)[-3:]), (np.ones(4),), 1 - np.eye(4),
        [np.ones(4), [1, 1, 0, 0], [1.5, 0.5, 0.5, 0.5]],
    ),
    "running maxima": Tie(
        lambda x: np.sum(np.maximum.accumulate(x)), (np.array([1.0, 1.0, 0.0]),), [[3, 0, 0], [1, 2, 0]],
        [[3, 2, 0], [1, 0, 0], [2, 2, 0]],
    ),
    "Chebyshev's distance": Tie(
        lambda a, b: np.max(np.abs(a - b)), (np.array([1.0, 2.0]), np.zeros(2) + [0.0, 1.0]),
        [[1, 0, -1, 0], [0, 1, 0, -1]], [[1, 1, -1, -1], [0.5, 0.5, -1, 0], [1, 0, 0, -1]],
    ),
    "a ranking": Tie(
        lambda s: np.sum(relu(PAIRWISE @ s)), (np.ones(3),), hinges(np.ones(3), PAIRWISE),
        [[2, 1, 0], [2, -2, 0], [0, 0, -2], [2, 2, 2]], [np.zeros(3), PAIRWISE.sum(0)],
    ),
    "the nearest centre": Tie(
        lambda x: np.min(np.sum((x - CENTRES) ** 2, axis=1)), (np.array([1.0, 1.0]),), 2 * (np.ones(2) - CENTRES),
        [[-1, -1], [3, 0], [-2, -2]],
    ),
    "the range": Tie(
        np.ptp, (np.array([4.0, 4.0, 1.0, 1.0, 2.0]),),
        sums(units(5, [0, 1]), -units(5, [2, 3])), [[1, 1, -1, -1, 0], [1, 0, -1, -1, 0], [0.5, 0.5, 0, 0, 0]],
    ),
    "the larger of two arrays": Tie(
        lambda a, b: np.sum(np.array([1.0, -3.0]) * np.maximum(a, b)), (np.ones(2), np.ones(2)),
        sums([[1, 0, 0, 0], [0, 0, 1, 0]], [[0, -3, 0, 0], [0, 0, 0, -3]]),
        [[1, -3, 1, -3], [0, 0, 0, 0], [1, -3, 0, -3], [0.5, -1.5, 0.5, 0]],
    ),
    "group lasso": Tie(
        lambda w: np.sum(np.sqrt(np.sum(w**2, axis=1))), (np.array([[3.0, 4.0], [0.0, 0.0]]),),
        np.array([[0.6, 0.8, np.cos(t), np.sin(t)] for t in np.arange(0, 6.3, 0.01)]),
        [[0.6, 0.8, 1, 1], [0.6, 0.8, -0.8, 0.7]],
    ),
    "a ramp": Tie(
        lambda x: np.sum(np.clip(x, 0, 1)) * 3, (np.array([0.0, 0.5, 1.0]),), 3 * (box(3, [0, 2], 0, 1) + [0, 1, 0]),
        [[4, 3, 0], [-1, 3, 3]],
    ),
    "far apart in scale": Tie(
        lambda x: 1e-6 * np.max(x * 1e3), (np.array([5e-3, 5e-3, 1e-3]),), 1e-3 * units(3, [0, 1]),
        [[1e-3, 1e-3, 0], [0, 0, 0]],
    ),
    "arguments far apart in scale": Tie(
        lambda a, b: np.abs(a - 1e6 * b), (np.float64(1e6), np.float64(1.0)), [[1, -1e6], [-1, 1e6]],
        [[1, 1e6], [-1, -1e6], [1, 0]],
    ),
    "windows of mixed signs": Tie(
        lambda x: np.max(x[:2]) - 2 * np.max(x[1:3]) + np.max(x[2:]), (np.ones(4),),
        np.unique([
            np.eye(4)[p[:2].argmax()] - 2 * np.eye(4)[1 + p[1:3].argmax()] + np.eye(4)[2 + p[2:].argmax()]
            for p in map(np.array, permutations(range(4)))
        ], axis=0),
        [[1, 1, -2, 1], [1, 1, 1, 1], [0, 0, 0, 1]],
    ),
    "the larger of a number and its square": Tie(
        lambda x: np.sum(np.maximum(x, x**2)), (np.array([1.0, 3.0]),), [[1, 6], [2, 6]], [[3, 6], [0, 6]],
    ),
    "not recorded, the two largest": Tie(
        lambda x: float(np.sum(np.sort(np.asarray(x))[-2:])), (np.array([3.0, 1.0, 1.0, 1.0]),),
        units(4, [1, 2, 3]) + [1, 0, 0, 0], [[1, 1, 1, 1], [1, 0, 0, 0]],
    ),
    "a first layer of zeros": Tie(
        lambda w, v: (relu(ROWS @ w) - relu(-ROWS @ w)) @ v, (np.zeros(2), MIXED),
        [np.append(MIXED @ ROWS, np.zeros(3))],
        [[1, -1, 0, 0, 0], [-0.5, 2, 0, 0, 0]], [np.zeros(5)],  # as where both are taken to have the derivative 0 at 0
    ),
})  # fmt: skip
"""Those that were set aside."""

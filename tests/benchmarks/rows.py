"""Forward plus backward of each function that we share with HIPS autograd or MyGrad, as a ratio to the best of them.

Run as `python -m tests.benchmarks.rows [FUNCTION ...] [--rounds N] [--sizes N ...]`. What is timed is the function, the
sum of what it gives, and the gradient of that sum. It exits 1 where a limit is missed by more than the noise.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autograd_lite.ops import table
from autograd_lite.ops.samples import Domain, domains_of
from tests.benchmarks.frameworks import OURS, Step, shared, steps
from tests.benchmarks.interleaved import interleave, ratio, seconds

SIZES = (1, 1_000, 1_000_000)
ENOUGH = 0.005  # seconds that a run is repeated for in each round; a hundred times at most
WORST, AVERAGE = 1.05, 0.5  # the limits of a function, and of the geometric mean

Inputs = Callable[[np.random.Generator, int], tuple[Any, ...]]


def _vector(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return (rng.uniform(-3, 3, n),)


def _matrix(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    side = round(n**0.5)
    return (rng.uniform(-3, 3, (side, n // side)),)


def _factors(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Draw two square matrices with n products between their elements."""
    side = round(n ** (1 / 3))
    return rng.normal(size=(side, side)), rng.normal(size=(side, side))


def _twice(inputs: Inputs) -> Inputs:
    return lambda rng, n: inputs(rng, n) + inputs(rng, n)


@cache
def _choice(n: int) -> Any:
    return np.random.default_rng(0).random(n) < 0.5


@cache
def _places(n: int) -> Any:
    return np.random.default_rng(0).integers(0, n, n)


CALLS: dict[str, tuple[Callable[..., Any], Inputs]] = {
    "sum": (lambda np, x: np.sum(x), _vector),
    "sum(axis=0)": (lambda np, x: np.sum(x, axis=0), _matrix),
    "mean": (lambda np, x: np.mean(x), _vector),
    "mean(axis=1)": (lambda np, x: np.mean(x, axis=1), _matrix),
    "var": (lambda np, x: np.var(x), _vector),
    "std": (lambda np, x: np.std(x), lambda rng, n: _vector(rng, n + 1)),
    "prod": (lambda np, x: np.prod(x), lambda rng, n: (rng.uniform(0.999, 1.001, n),)),
    "max": (lambda np, x: np.max(x), _vector),
    "max(axis=1)": (lambda np, x: np.max(x, axis=1), _matrix),
    "min(axis=0)": (lambda np, x: np.min(x, axis=0), _matrix),
    "cumsum": (lambda np, x: np.cumsum(x), _vector),
    "dot": (lambda np, x, y: np.dot(x, y), _twice(_vector)),
    "matmul": (lambda np, x, y: np.matmul(x, y), _factors),
    "einsum": (lambda np, x, y: np.einsum("ij,jk->ik", x, y), _factors),
    "where": (lambda np, x, y: np.where(_choice(len(x)), x, y), _twice(_vector)),
    "clip": (lambda np, x: np.clip(x, -1.0, 1.0), _vector),
    "reshape": (lambda np, x: np.reshape(x, (-1, 1)), _vector),
    "transpose": (lambda np, x: np.transpose(x), _matrix),
    "concatenate": (lambda np, x, y: np.concatenate((x, y)), _twice(_vector)),
    "stack": (lambda np, x, y: np.stack((x, y)), _twice(_vector)),
    "repeat": (lambda np, x: np.repeat(x, 2), _vector),
    "roll": (lambda np, x: np.roll(x, 1), _vector),
    "sort": (lambda np, x: np.sort(x), _vector),
    "x[1:]": (lambda np, x: x[1:], lambda rng, n: (rng.normal(size=n + 1),)),
    "x[indices]": (lambda np, x: x[_places(len(x))], _vector),
    "x ** 3": (lambda np, x: x**3, _vector),
    "outer": (lambda np, x, y: np.outer(x, y), lambda rng, n: (rng.normal(size=round(n**0.5)),) * 2),
    "linalg.norm": (lambda np, x: np.linalg.norm(x), _vector),
}
"""Calls of functions that are not elementwise, and of some with constants: on n elements."""


def _named(name: str) -> Callable[..., Any]:
    return lambda np, *inputs: getattr(np, name)(*inputs)


def _drawn(domains: Sequence[Domain]) -> Inputs:
    return lambda rng, n: tuple(domain.draw(rng, (n,)) for domain in domains)


def functions() -> dict[str, tuple[Callable[..., Any], Inputs, int | None]]:
    """Return what is compared: NumPy's elementwise functions and `CALLS`.

    Each is its call, its inputs, and how many of them are differentiated, the first ones; all where it is None.
    """
    found: dict[str, tuple[Callable[..., Any], Inputs, int | None]] = {}
    for row in table.values():
        rules = row.rules
        if not isinstance(row.numpy, np.ufunc) or not isinstance(rules, tuple) or row.samples:
            continue  # samples of its own: inputs that no domain describes
        if row.elementwise and row.numpy.nout == 1 and rules[0] is not None:
            name = row.numpy.__name__
            found[name] = _named(name), _drawn(domains_of(row)), sum(rule is not None for rule in rules)
    return found | {name: (call, inputs, None) for name, (call, inputs) in CALLS.items()}


def agreeing(call: Callable[..., Any], inputs: Sequence[Any], n: int | None) -> dict[str, Step]:
    """Return the steps of those that have the function and give the same numbers."""

    def loss(np: Any, *given: Any) -> Any:
        return np.sum(call(np, *given))

    made = steps(shared(loss, "MyGrad", "HIPS"), inputs[:n], inputs[n:] if n else ())
    expected = made[OURS]()
    kept = {}
    for name, step in made.items():
        try:
            if all(np.allclose(x, y, rtol=1e-6, atol=1e-6) for x, y in zip(step(), expected, strict=True)):
                kept[name] = step
        except Exception:  # it has no such function, or no derivative of it
            continue
    return kept


def measure(names: Sequence[str], size: int, rounds: int) -> dict[str, tuple[float, float, str]]:
    """Return, by function, our ratio to the best peer, its noise, and who that is."""
    rng = np.random.default_rng(0)
    every, found = functions(), {}
    for name in names:
        call, draw, n = every[name]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            runs = agreeing(call, draw(rng, size), n)
            if len(runs) > 1:
                once = min(seconds(runs[OURS], 1) for _ in range(3))
                taken = interleave(runs, rounds, max(1, min(100, round(ENOUGH / once))))
                best = min((name for name in taken if name != OURS), key=lambda name: min(taken[name]))
                found[name] = (*ratio(taken[OURS], taken[best]), best)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rows", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="their names in NumPy; all by default")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    given = parser.parse_args()
    names = given.functions or list(functions())
    if unknown := set(names) - functions().keys():
        parser.error(f"no function {', '.join(sorted(unknown))}; there are {', '.join(functions())}")
    taken = {size: measure(names, size, given.rounds) for size in given.sizes}
    print("ratio to the better of HIPS and MyGrad\n" + f"{'':16}" + "".join(f"{size:>22,}" for size in given.sizes))
    kept = True
    for name in names:
        cells = [taken[size].get(name) for size in given.sizes]
        above = [cell is not None and cell[0] - cell[1] > WORST for cell in cells]
        if any(cells):
            shown = [
                f"{c[0]:10.2f}{'!' if m else ' '} {c[2]:<10}" if c else " " * 22
                for c, m in zip(cells, above, strict=True)
            ]
            print(f"{name:16}" + "".join(shown))
            kept = kept and not any(above)
    every = [math.log(ratio) for found in taken.values() for ratio, _, _ in found.values()]
    average = math.exp(statistics.fmean(every))
    print(f"geometric mean {average:.3f} of {len(every)} (limit {AVERAGE}); ! marks what is above {WORST}")
    return 0 if kept and average <= AVERAGE else 1


if __name__ == "__main__":
    sys.exit(main())

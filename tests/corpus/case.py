"""A case of the corpus: a function, a hand-derived gradient, a point, and what is known of them."""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import numpy as np

MARK = "# <- wrong"  # on the line that goes wrong first; where several lines bear it, any of them will do

TAGS = {
    "factor": "a constant factor is missing or too many: 2, 1/2, n, 1/n, sqrt(d), a constant of the function",
    "sign": "the sign is flipped",
    "transposed": "a matrix is transposed, or should have been",
    "not summed": "the sum over a broadcast axis is missing, or goes over another axis",
    "averaged": "a mean where a sum belongs, or a sum where a mean belongs",
    "shape": "the right numbers in a wrong shape",
    "missing derivative": "the derivative of an elementwise function is left out",
    "extra derivative": "the derivative of an elementwise function is applied once too often",
    "derivative at output": "the derivative is taken at the function's result instead of its input, or elsewhere",
    "wrong derivative": "another function stands for the derivative",
    "wrong mask": "the mask of another layer, or of another value",
    "wrong operand": "another value stands in a product",
    "missing term": "a term, or a path through the function, is left out",
    "weight of term": "a term has a wrong factor: doubled, halved, negated",
    "missing factor": "a factor beside an operand is left out",
    "extra factor": "a factor too many",
    "zero": "nothing arrives",
    "extra term": "a term that does not belong there",
    "missing regularisation": "the regularisation's term is left out",
    "detached": "a statistic is treated as a constant",
    "diagonal": "only the diagonal of a Jacobian",
    "rows": "some rows, steps or elements are lost or overwritten",
    "shifted": "off by one index",
    "repeated index": "what repeated indices contribute is not added up",
    "swapped": "the gradient of another argument",
    "updated": "taken at weights that were updated already",
    "prediction": "the gradient of an intermediate result, not of the function",
    "hard": "taken with decisions (0 or 1) in the place of probabilities",
    "integer": "fractions are cut off",
    "overflow": "an intermediate result overflows",
    "constant": "a constant is mistyped",
    "symmetric": "a matrix is taken as symmetric",
    "axis": "over another axis",
    "reversed": "the order along an axis is reversed: a flipped kernel, a cumulative sum from the other end",
    "offset": "a constant is added",
    "forward": "a forward value is recomputed wrongly",
}


@dataclass(frozen=True)
class Case:
    """One case.

    ``expected`` holds the verdicts that will do for each argument that is differentiated, or one for all; ``tags`` the
    names of the mistake, none for a right one; ``marks`` the lines that may be named as the first wrong one, as
    (file, line), empty where no variable holds a wrong value.
    """

    family: str
    name: str
    f: Callable[..., Any]
    hand: Callable[..., Any]
    args: tuple[Any, ...]
    expected: tuple[frozenset[str], ...]
    tags: frozenset[str]
    marks: frozenset[tuple[str, int]]
    argnums: Any = None
    params: tuple[str, ...] | None = None
    traceable: bool = True

    def allowed(self, count: int) -> tuple[frozenset[str], ...]:
        """Return the verdicts that will do for each of as many arguments."""
        return self.expected * count if len(self.expected) == 1 else self.expected

    @property
    def right(self) -> bool:
        return not self.tags

    @property
    def options(self) -> dict[str, Any]:
        chosen = {"argnums": self.argnums, "params": self.params}
        return {name: value for name, value in chosen.items() if value is not None}

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"


@cache
def cases() -> list[Case]:
    """Return the cases that are registered; no list in sight, since `verify` looks through what each case can reach."""
    return []


def wrong(tags: str, f: Callable[..., Any], args: tuple[Any, ...], expected: str = "", **options: Any) -> Any:
    """Register the function below as a wrong gradient of ``f``; ``tags`` are separated by commas.

    ``expected`` has a word for each argument, such as "wrong right"; left out, all of them are wrong.
    """
    return _register(_named(tags), f, args, expected, "wrong", **options)


def right(f: Callable[..., Any], args: tuple[Any, ...], expected: str = "", **options: Any) -> Any:
    """Register the function below as a right gradient of ``f``; a word of ``expected`` may be "right|kink"."""
    return _register(frozenset(), f, args, expected, "right", **options)


def spoilt(
    tags: str, f: Callable[..., Any], args: tuple[Any, ...], hand: Callable[..., Any], old: str, new: str
) -> None:
    """Register a right gradient with some text of its source replaced: what that changes is wrong."""
    wrong, marks = spoil(hand, old, new)
    found, truth = wrong(*args), hand(*args)
    pairs = zip(found, truth, strict=True) if isinstance(truth, tuple) else [(found, truth)]
    same = [np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in pairs]
    expected = tuple(frozenset({"right" if x else "wrong"}) for x in same)
    name = f"{f.__name__}, {new or 'nothing'} for {old}".replace("_", " ")
    cases().append(Case("spoilt", name, f, wrong, args, expected, _named(tags), marks))


def spoil(hand: Callable[..., Any], old: str, new: str) -> tuple[Callable[..., Any], frozenset[tuple[str, int]]]:
    """Return a function with some text of its source replaced, in a file of its own, and the lines that differ."""
    lines, _ = inspect.getsourcelines(hand)
    before = textwrap.dedent("".join(lines))
    assert old in before, f"{old!r} is not in {hand.__name__}"
    after = before.replace(old, new)
    file = f"<{hand.__name__}: {new!r} for {old!r}>"
    linecache.cache[file] = len(after), None, after.splitlines(keepends=True), file
    space = dict(hand.__globals__)
    exec(compile(after, file, "exec"), space)
    blocks = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False).get_opcodes()
    changed = [range(start, max(start + 1, end)) for what, *_, start, end in blocks if what != "equal"]
    return space[hand.__name__], frozenset((file, line + 1) for some in changed for line in some)


def _named(tags: str) -> frozenset[str]:
    names = frozenset(tag.strip() for tag in tags.split(","))
    assert names <= TAGS.keys(), names - TAGS.keys()
    return names


def _register(
    tags: frozenset[str],
    f: Callable[..., Any],
    args: tuple[Any, ...],
    expected: str,
    default: str,
    *,
    argnums: Any = None,
    params: tuple[str, ...] | None = None,
    method: Any = None,
    through: tuple[Callable[..., Any], ...] = (),
    traceable: bool = True,
) -> Any:
    def register(hand: Callable[..., Any]) -> Callable[..., Any]:
        bound = getattr(method, hand.__name__) if method is not None else hand
        words = expected.split() or [default]
        module = hand.__module__.rpartition(".")[2]
        cases().append(
            Case(
                family=module.replace("_", " "),
                name=hand.__qualname__.replace("_", " "),
                f=f,
                hand=bound,
                args=args,
                expected=tuple(frozenset(word.split("|")) for word in words),
                tags=tags,
                marks=frozenset(mark for source in (hand, *through) for mark in _marks(source)),
                argnums=argnums,
                params=params,
                traceable=traceable,
            )
        )
        return hand

    return register


def _marks(source: Callable[..., Any]) -> list[tuple[str, int]]:
    lines, start = inspect.getsourcelines(source)
    file = inspect.getsourcefile(source) or ""
    return [(file, start + i) for i, line in enumerate(lines) if MARK in line]

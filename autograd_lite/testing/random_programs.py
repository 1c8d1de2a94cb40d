"""Random programs: differentiable NumPy functions as a person would write them, composed of the op table."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.core.numpy_protocol import path_of
from autograd_lite.core.op import Op
from autograd_lite.numerical import close
from autograd_lite.ops import table
from autograd_lite.ops.samples import Domain, Filled, Sample, real, samples_of
from autograd_lite.program import loading, render
from autograd_lite.program.pretty import unparse

SHAPES = ((3, 4), (3,), ())  # of the arguments: those that samples have
LARGEST, MOST = 20.0, 64  # magnitude and number of elements of a value
NOT_ZERO = close.half_of_the_digits()
"""Smaller values may be 0 but for rounding: beside numbers near 1, half of their digits are gone."""
HEAD = "import numpy as np\n\nimport autograd_lite as ag\n\n\n"


@dataclass(frozen=True)
class RandomProgram:
    """A function of random source, and arguments to try it at.

    Attributes
    ----------
    source : str
        The text of a module that defines ``program``: NumPy, the functions of ``autograd_lite``, branches, loops.
    args : tuple of float64 arrays and NumPy scalars
    function : callable
        ``function(*args)`` is a real number. `inspect.getsource` and debuggers find its text.
    """

    source: str
    args: tuple[Any, ...]
    function: Callable[..., Any] = field(compare=False)

    def __repr__(self) -> str:
        args = ", ".join(" ".join(repr(x).split()) for x in self.args)
        return f"{self.source}\nprogram({args})"


def random_program(seed: int, lines: int = 6, rows: Sequence[Op] | None = None) -> RandomProgram:
    """Write a random program.

    Parameters
    ----------
    seed : int
        The same seed gives the same program, as long as the op table is the same.
    lines : int
        How many values it computes; a branch or a loop counts as one.
    rows : sequence of Op, optional
        What to compose; the whole op table by default.

    Returns
    -------
    RandomProgram
        Its values are finite and of moderate size. They are reused, broadcast, rebound, and chosen by conditions that
        do not change near the arguments.
    """
    writer = _Writer(np.random.default_rng(seed), tuple(table.values()) if rows is None else tuple(rows))
    for _ in range(lines):
        writer.add_line()
    source, args = writer.finish()
    return RandomProgram(source, args, load(source, f"<random program {seed} of {lines} lines>"))


def load(source: str, filename: str) -> Callable[..., Any]:
    """Return the function ``program`` that a source text defines; `inspect` and debuggers find the text."""
    namespace = loading.load(source, filename, {"__name__": "random_program"})
    return namespace["program"]  # type: ignore[no-any-return]


class _Writer:
    """A program as it is written: its values are computed along with its lines."""

    def __init__(self, rng: np.random.Generator, rows: tuple[Op, ...]) -> None:
        self.rng = rng
        usable = [row for row in rows if samples_of(row)]
        self.elementwise = [row for row in usable if row.elementwise] or usable
        self.others = [row for row in usable if not row.elementwise] or usable
        self.args: dict[str, Any] = {}
        self.values: dict[str, Any] = {}
        self.unused: set[str] = set()
        self.body: list[str] = []
        self.globals: dict[str, Any] = {"np": np}
        exec("import autograd_lite as ag", self.globals)
        for shape in SHAPES[: rng.integers(1, 4)]:
            self.argument(real.draw(rng, shape))

    def pick(self, options: Sequence[Any]) -> Any:
        """Return one of some options."""
        return options[int(self.rng.integers(len(options)))]

    def argument(self, value: Any) -> str:
        """Add an argument of the program."""
        name = f"x{len(self.args)}"
        self.args[name] = self.values[name] = value
        self.unused.add(name)
        return name

    def compute(self, expression: str) -> Any:
        """Return the value of an expression if a program may have it: real, finite, of moderate size. Or else None."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                value = eval(expression, self.globals, dict(self.values))
        except (ArithmeticError, LookupError, NameError, SyntaxError, TypeError, ValueError, Warning):
            return None
        if getattr(value, "dtype", None) != np.float64 or not 0 < np.size(value) <= MOST:
            return None
        return value if np.all(np.isfinite(value)) and np.max(np.abs(value)) <= LARGEST else None

    def add_line(self) -> None:
        """Add one assignment, or a branch or loop around one."""
        kind = self.rng.random()
        if kind < 0.1 and self.add_loop():
            return
        name = f"v{len(self.values) - len(self.args)}"
        expression, value = self.expression()
        lines = [f"{name} = {expression}"]
        if kind > 0.9:
            condition, truth = self.condition()
            both = [f"    {lines[0]}", f"    {name} = {self.expression()[0]}"]
            lines = [f"if {condition}:", both[not truth], "else:", both[truth]]
        self.body += lines
        self.values[name] = value
        self.unused = {old for old in self.unused if old not in _names(expression)} | {name}

    def add_loop(self) -> bool:
        """Add a loop that rebinds a value, if one is found whose values stay moderate."""
        name = self.pick(list(self.values))
        before = self.values[name]
        expression, value = self.expression(name)
        rounds = int(self.rng.integers(2, 4))
        for _ in range(rounds):
            if value is None or name not in _names(expression) or np.shape(value) != np.shape(before):
                self.values[name] = before
                return False
            self.values[name] = value
            value = self.compute(expression)
        self.body += [f"for _ in range({rounds}):", f"    {name} = {expression}"]
        self.unused = {old for old in self.unused if old not in _names(expression)} | {name}
        return True

    def condition(self) -> tuple[str, bool]:
        """Return a comparison, and whether it holds: it does not change near the arguments."""
        name = self.pick(list(self.values))
        total = float(np.sum(self.values[name]))
        bound = round(total + self.pick((-1, 1)) * float(self.rng.uniform(1, 2)), 1)
        return f"np.sum({name}) > {bound}", total > bound

    def expression(self, operand: str | None = None) -> tuple[str, Any]:
        """Return a call of a random op on values of the program, and its value."""
        for _ in range(100):
            row = self.pick(self.elementwise if self.rng.random() < 0.5 else self.others)
            n = len(self.args)
            expression = self.call(row, self.pick(samples_of(row)), operand)
            value = self.compute(expression)
            if value is not None and self.values.keys() & _names(expression):
                return ast.unparse(ast.parse(expression)), value  # with no more brackets than needed
            for name in list(self.args)[n:]:
                del self.args[name], self.values[name]
                self.unused.discard(name)
        name = operand or self.pick(list(self.values))
        return f"np.tanh({name})", np.tanh(self.values[name])

    def call(self, row: Op, sample: Sample, operand: str | None) -> str:
        """Write a call of an op like one of its samples."""
        texts = []
        for draw in sample.inputs:
            if isinstance(draw, Filled):
                same = [name for name, x in self.values.items() if self.suits(row, draw, x)]
                recent = same[-2:] if self.rng.random() < 0.6 else same
                name = operand if operand in same else self.pick(recent) if same else None
                texts.append(self.within(draw.domain, name) if name else self.write(draw(self.rng)))
                operand = None
            else:
                texts.append(self.write(draw(self.rng)))
        return spell(row, texts, sample.params)

    def suits(self, row: Op, draw: Filled, x: Any) -> bool:
        """Whether a value of the program may stand for an input: at 0, elementwise functions have kinks and poles."""
        return bool(np.all(np.abs(x) > NOT_ZERO)) if row.elementwise else np.shape(x) == draw.shape

    def write(self, value: Any) -> str:
        """Write an input: real arrays as arguments of the program, and what else there is as constants."""
        if getattr(value, "dtype", None) == np.float64 and value.size and np.all(np.isfinite(value)):
            return self.argument(value)
        if isinstance(value, list):
            return f"[{', '.join(map(self.write, value))}]"
        return literal(value)

    def within(self, domain: Domain, name: str) -> str:
        """Write a value of the program, squeezed into a domain where it is not inside."""
        x = self.values[name]
        width = domain.high - domain.low
        if np.all(x > domain.low + 0.02 * width) and np.all(x < domain.high - 0.02 * width):
            return name
        middle, half = round((domain.low + domain.high) / 2, 3), round(0.45 * width, 3)
        return f"({f'{middle} + ' if middle else ''}{half} * np.tanh({name}))"

    def finish(self) -> tuple[str, tuple[Any, ...]]:
        """Return the source text and the arguments."""
        unused = [name for name in self.values if name in self.unused]
        total = " + ".join(self.pick(("np.sum({})", "np.mean({})", "np.sum(np.square({}))")).format(x) for x in unused)
        lines = [f"def program({', '.join(self.args)}):", *(f"    {line}" for line in self.body), f"    return {total}"]
        return HEAD + "\n".join(lines) + "\n", tuple(self.args.values())


def _names(expression: str) -> set[str]:
    """Return the variables of an expression."""
    return set(compile(expression, "<expression>", "eval").co_names)


def spell(row: Op, inputs: Sequence[str], params: dict[str, Any]) -> str:
    """Write a call of an op: by its template, an index, or the function's name."""
    if row.template and not params:
        return row.template.format(*inputs)
    if row is table["getitem"]:
        return f"{inputs[0]}[{literal(params['index'])}]"
    name = path_of(row.numpy) if row.numpy else f"ag.{row.name}"
    given = [f"[{', '.join(inputs)}]"] if row.spread else list(inputs)
    return f"{name}({', '.join([*given, *(f'{key}={literal(value)}' for key, value in params.items())])})"


def literal(value: Any) -> str:
    """Write a constant: those of the op table's samples, functions among them."""
    if isinstance(value, (tuple, list)) and any(map(callable, value)):
        return f"[{', '.join(map(literal, value))}]"
    return path_of(value) if callable(value) and not isinstance(value, type) else unparse(render.literal(value))

"""Random programs that fill arrays: stores, views and aliases, as a person would write them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy

from autograd_lite.testing.random_programs import RandomProgram, load

HEAD = """\
import numpy

DATA = numpy.array([[0.5, -1.0, 1.5, 0.25], [2.0, 0.75, -0.5, 1.25], [-0.25, 1.0, 0.5, -1.5]])


def weigh(np, x):
    return np.sum(np.real(x * (np.cos(np.arange(x.size).reshape(x.shape) + 0.5) + 0.5j)))


def fill(buffer, value):
    buffer[0] = value
    buffer[-1] += 0.5 * value


"""
T = TypeVar("T")
SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (3,), (), (4,), (2, 3))
LARGEST = 50.0
POINTWISE = ("np.sin({})", "np.tanh({})", "0.5 * {}", "{} + 0.25", "-{}", "{} ** 2", "np.exp(0.1 * {})", "{}")
OPERATORS = ("+", "-", "*", "+", "-", "*", "/", "**")


def random_stores(seed: int, lines: int = 8) -> RandomProgram:
    """Write a random program of a namespace and of arrays; the same seed gives the same program.

    Its values on plain arrays are finite and of moderate size.
    """
    writer = _Writer(numpy.random.default_rng(seed))
    while len(writer.body) < lines:
        writer.add()
    return writer.program(f"<random stores {seed} of {lines} lines>")


class _Writer:
    """A program as it is written: it is run on plain arrays after each line, which tells what the next may do."""

    def __init__(self, rng: numpy.random.Generator) -> None:
        self.rng = rng
        shapes = [self.pick(SHAPES) for _ in range(rng.integers(1, 4))]
        self.args = {f"x{i}": self.argument(shape) for i, shape in enumerate(shapes)}
        self.body: list[str] = []
        self.values: dict[str, Any] = dict(self.args)
        self.kinds: tuple[tuple[int, Callable[[], str]], ...] = (
            *((2, self.creation), (2, self.computation), (1, self.alias), (2, self.view), (5, self.store)),
            *((3, self.augmented_store), (2, self.augmented), (1, self.chained), (1, self.loop), (1, self.swap)),
            *((1, self.iteration), (1, self.helper), (1, self.branch)),
        )

    def argument(self, shape: tuple[int, ...]) -> Any:
        """Draw an argument, which is complex now and then."""
        x = self.rng.uniform(0.5, 2.0, shape) * self.rng.choice((-1, 1), shape)
        return x + 1j * self.rng.uniform(-1, 1, shape) if self.rng.random() < 0.1 else x

    def pick(self, options: Sequence[T]) -> T:
        """Return one of some options."""
        return options[int(self.rng.integers(max(1, len(options))))]

    def add(self) -> None:
        """Add a statement that runs."""
        weights = numpy.array([weight for weight, _ in self.kinds])
        while True:
            write = self.kinds[self.rng.choice(len(weights), p=weights / weights.sum())][1]
            try:
                statement = write()
            except LookupError:  # nothing in the program that it could be done to
                continue
            values = self.run([*self.body, statement])
            if values is not None:
                self.body.append(statement)
                self.values = values
                return

    def run(self, body: list[str]) -> dict[str, Any] | None:
        """Return the variables after some statements, or None where NumPy refuses them, or values get too large."""
        names: dict[str, Any] = {"np": numpy}
        exec(HEAD, names)
        given = set(names)
        names |= {name: numpy.array(x)[()] for name, x in self.args.items()}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exec("\n".join(body), names)
        except (ArithmeticError, LookupError, TypeError, ValueError, Warning):
            return None
        found = {name: x for name, x in names.items() if name not in given and name[0] in "xv"}
        fine = all(numpy.size(x) and numpy.max(numpy.abs(x)) < LARGEST for x in found.values())  # and no NaN
        return found if fine else None

    def program(self, filename: str) -> RandomProgram:
        """Return the program, which weighs what its variables hold."""
        owners = {name for name, x in self.values.items() if numpy.ndim(x) == 0 or x.base is None}
        seen = [name for name in self.values if name in owners or self.rng.random() < 0.3]
        total = " + ".join(f"weigh(np, {name})" for name in seen or self.values)
        lines = "\n".join(self.body).split("\n")
        body = "".join(f"    {line}\n" for line in (*lines, f"return {total}"))
        source = f"{HEAD}def program(np, {', '.join(self.args)}):\n{body}"
        return RandomProgram(source, tuple(self.args.values()), load(source, filename))

    # What statements are made of

    def fresh(self) -> str:
        """Return a new name, or now and then one that is bound already."""
        names = [name for name in self.values if name[0] == "v"]
        return self.pick(names) if names and self.rng.random() < 0.15 else f"v{len(names)}"

    def array(self, least: int = 1) -> str:
        """Return the name of an array of some dimensions or more: of those made last, most of the time."""
        names = [name for name, x in self.values.items() if numpy.ndim(x) >= least]
        return self.pick(names[-3:] if names and self.rng.random() < 0.7 else names)

    def number(self) -> str:
        """Write a number."""
        scalars = [name for name, x in self.values.items() if numpy.ndim(x) == 0]
        options = ["0.5", "-1.25", f"np.mean({self.pick(list(self.values))})", *scalars]
        return self.pick(options)

    def index(self, shape: tuple[int, ...]) -> str:
        """Write an index of an array: basic ones, integer arrays, masks."""
        kind = self.rng.random()
        n = shape[0]
        if kind < 0.2:
            return self.pick((f"[{', '.join(map(str, self.rng.integers(-n, n, 2)))}]", f"np.arange({n}) % 2 == 0"))
        if kind < 0.25 and len(shape) > 1:
            rows, columns = (list(map(int, self.rng.permutation(k)[:2])) for k in shape[:2])
            return self.pick((f"{rows}, {columns}", f"np.ix_({rows}, {columns})", f"{rows}, 1:", f"..., {columns}"))
        if kind < 0.3:
            return self.pick(("...", "None", "..., None", ":"))
        parts = [self.part(k) for k in shape[: self.rng.integers(1, len(shape) + 1)]]
        if len(parts) < len(shape) and self.rng.random() < 0.3:
            parts = ["...", self.part(shape[-1])]
        return ", ".join(parts)

    def part(self, n: int) -> str:
        """Write an index of one axis."""
        number = str(int(self.rng.integers(-n, n)))
        return self.pick((number, number, ":", "1:", ":-1", "::-1", "::2", "1:3", "-2:"))

    def value(self, shape: tuple[int, ...]) -> str:
        """Write a value that can be stored in a shape: it broadcasts."""
        fitting = [name for name, x in self.values.items() if numpy.ndim(x) and _broadcasts(numpy.shape(x), shape)]
        pieces = [f"{self.pick(fitting)}" for _ in range(2) if fitting]
        if shape and shape[-1] in (3, 4) and self.rng.random() < 0.2:
            pieces.append(self.pick(("DATA[0]", "DATA[1, ::-1]")) + f"[:{shape[-1]}]")
        pieces += [self.number()] if self.rng.random() < 0.4 or not pieces else []
        written = [self.pick(POINTWISE).format(piece) for piece in pieces[-2:]]
        return self.pick((" * ", " + ")).join(written)

    def place(self, name: str) -> tuple[str, tuple[int, ...]]:
        """Write some elements of an array, and say of which shape they are."""
        index = self.index(numpy.shape(self.values[name]))
        picked = eval(f"x[{index}]", {"np": numpy, "x": self.values[name]})
        if not numpy.size(picked):
            raise LookupError
        return f"{name}[{index}]", numpy.shape(picked)

    # The statements

    def creation(self) -> str:
        """Make an array."""
        shape = self.pick(SHAPES[:2] + SHAPES[3:])
        scalars = ", ".join(self.number() for _ in range(3))
        made = self.pick(
            (
                *(f"np.zeros({shape})", f"np.ones({shape})", f"np.full({shape}, {self.number()})", "np.eye(3, 4)"),
                *(
                    "np.linspace(0, 1, 4)",
                    f"np.array([{scalars}])",
                    f"np.copy({self.array()})",
                    f"{self.array()}.copy()",
                ),
                *(
                    f"np.zeros_like({self.array()})",
                    f"np.array({self.array()})",
                    f"np.array([[{scalars}], [{scalars}]])",
                ),
            )
        )
        return f"{self.fresh()} = {made}"

    def computation(self) -> str:
        """Compute a value."""
        a = self.array()
        options = (
            *(f"np.sin({a})", f"{a} * {self.number()}", f"np.sum({a}, axis=0)", f"{a}.sum()", f"{a} @ {self.array()}"),
            *(f"np.concatenate([{a}, {a}])", f"np.where(np.arange({a}.shape[-1]) > 1, {a}, 0.5)"),
            *(
                f"{a}[{', '.join('0' * numpy.ndim(self.values[a]))}]",
                f"{a} + {self.value(numpy.shape(self.values[a]))}",
            ),
        )
        return f"{self.fresh()} = {self.pick(options)}"

    def alias(self) -> str:
        """Give an array a second name."""
        return f"{self.fresh()} = {self.pick(('{}', 'np.asarray({})')).format(self.array())}"

    def view(self) -> str:
        """Take a view, or what looks like one."""
        a = self.array()
        options = (
            *(self.place(a)[0], self.place(a)[0], f"{a}.T", f"{a}.reshape(-1)", f"np.ravel({a})", f"np.transpose({a})"),
            *(f"np.reshape({a}, (-1, 1))", f"{a}[::-1]", f"np.swapaxes({a}, 0, -1)"),
        )
        return f"{self.fresh()} = {self.pick(options)}"

    def store(self) -> str:
        """Store a value."""
        place, shape = self.place(self.array())
        return f"{place} = {self.value(shape)}"

    def augmented_store(self) -> str:
        """Change some elements."""
        place, shape = self.place(self.array())
        return self.augment(place, shape)

    def augmented(self) -> str:
        """Change a variable: an array in its place, a number by binding it again."""
        name = self.pick(list(self.values))
        if numpy.ndim(self.values[name]) == 2 and self.rng.random() < 0.1:
            return f"{name} @= 0.3 * np.eye({numpy.shape(self.values[name])[1]})"
        return self.augment(name, numpy.shape(self.values[name]))

    def augment(self, place: str, shape: tuple[int, ...]) -> str:
        """Write an augmented assignment."""
        operator = self.pick(OPERATORS)
        value = {"**": "2", "/": f"(2 + {self.value(shape)} ** 2)"}.get(operator) or self.value(shape)
        return f"{place} {operator}= {value}"

    def chained(self) -> str:
        """Store into a part of a part."""
        place, shape = self.place(self.array(2))
        index = self.index(shape)
        return f"{place}[{index}] {self.pick(('=', '+=', '*='))} {self.number()}"

    def loop(self) -> str:
        """Fill an array element by element, or row by row."""
        a = self.array()
        line = self.pick(("{0}[i] = np.sin({0}[i - 1]) + {1}", "{0}[i] += {0}[i - 1] * 0.5", "{0}[-i] *= {1}"))
        return f"for i in range(1, len({a})):\n    {line.format(a, self.number())}"

    def swap(self) -> str:
        """Let elements change places."""
        return self.pick(
            (
                *("{0}[[0, 1]] = {0}[[1, 0]]", "{0}[0], {0}[1] = {0}[1], {0}[0]", "{0}[1:] = {0}[:-1]"),
                *("{0}[::-1] = {0}", "{0}[0], {0}[-1] = {0}[1].copy(), {0}[0].copy()", "{0}[:-1] += {0}[1:]"),
            )
        ).format(self.array())

    def iteration(self) -> str:
        """Change the rows of a matrix one by one."""
        line = self.pick(("row *= {}", "row[0] = {}", "row[1:] -= {}", "row[...] = {}"))
        return f"for row in {self.array(2)}:\n    {line.format(self.number())}"

    def helper(self) -> str:
        """Let a function fill an array."""
        return f"fill({self.array()}, {self.number()})"

    def branch(self) -> str:
        """Store on a condition that does not change near the arguments."""
        name = self.pick(list(self.values))
        bound = round(float(numpy.real(numpy.sum(self.values[name]))) + self.pick((-1, 1)), 1)
        return f"if np.sum({name}) > {bound}:\n    {self.store()}\nelse:\n    {self.store()}"


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of a shape can be stored in another."""
    try:
        return numpy.broadcast_shapes(shape, to) == to
    except ValueError:
        return False


def shrunk(program: RandomProgram, fails: Callable[[RandomProgram], Any]) -> RandomProgram:
    """Return the program with as few statements as it still fails with."""
    tree = ast.parse(program.source)
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "program").body
    i = 0
    while i < len(body) - 1:
        removed = body.pop(i)
        source = ast.unparse(tree)
        smaller = RandomProgram(source, program.args, load(source, "<shrunk>"))
        try:
            failing = fails(smaller)
        except Exception:  # a statement that others need
            failing = None
        if not failing:
            body.insert(i, removed)
            i += 1
    source = ast.unparse(tree)
    return RandomProgram(source, program.args, load(source, "<shrunk>"))

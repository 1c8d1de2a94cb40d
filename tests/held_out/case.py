"""A case of the held-out set: code with a hand gradient, where it is wrong, and what would be right.

A wrong line bears the comment `# <- ` and what it should be, or `# <- delete`; where a line is missing, its neighbour
bears `# <- below: ` or `# <- above: ` and the missing line. A case without marks is right.
"""

import ast
import inspect
import io
import sys
import tempfile
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

MARK = "# <- "
CORRECTED = tempfile.TemporaryDirectory(prefix="held_out_")  # stays until the end of the process
CASES: list["Case"] = []


@dataclass(frozen=True)
class Call:
    """What is given to `verify`."""

    args: tuple[Any, ...]
    options: dict[str, Any]


def call(*args: Any, **options: Any) -> Call:
    return Call(args, options)


class Correction(NamedTuple):
    """The text that a mark asks for, in place of, below or above the statement that begins in its line."""

    line: int  # counted from the first line of the case, which is 0
    place: str  # "here", "below" or "above"
    text: str  # empty where the statement must go


@dataclass(frozen=True)
class Case:
    """One piece of code with a hand gradient."""

    function: FunctionType

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def style(self) -> str:
        """The name of the file, without its ending."""
        return self.function.__module__.rpartition(".")[2]

    @property
    def docstring(self) -> str:
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def marks(self) -> list[tuple[str, int]]:
        """File and line of each mark, in order; none where the case is right."""
        first = self._source[1]
        return [(self.function.__code__.co_filename, first + each.line) for each in self.corrections]

    @property
    def marked(self) -> list[tuple[str, int, int]]:
        """File, first and last line of each marked statement; with the line beside it where one is missing there."""
        spans = _spans("".join(self._source[0]))
        found = []
        for (file, line), each in zip(self.marks, self.corrections, strict=True):
            last = line + spans.get(each.line, each.line + 1) - each.line - 1
            found.append((file, line - (each.place == "above"), last + (each.place == "below")))
        return found

    @property
    def marked_lines(self) -> tuple[str, ...]:
        """The text of each line that bears a mark."""
        return tuple(self._source[0][each.line].strip() for each in self.corrections)

    @cached_property
    def corrections(self) -> list[Correction]:
        tokens = tokenize.generate_tokens(io.StringIO("".join(self._source[0])).readline)
        return [_correction(token) for token in tokens if token.string.startswith(MARK)]

    def build(self) -> Call:
        return self.function()

    def build_right(self) -> Call:
        """Return the call of the case with everything corrected that is marked, compiled from a file of its own."""
        path = Path(CORRECTED.name) / f"{self.name}.py"
        path.write_text(self.corrected, encoding="utf-8")
        module = ModuleType(f"{self.function.__module__}_{self.name}_right")
        module.__dict__.update(self.function.__globals__ | {"__name__": module.__name__, "__file__": str(path)})
        sys.modules[module.__name__] = module  # inspect finds the source of a class by its module
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
        return module.__dict__[self.name]()

    @property
    def source(self) -> str:
        """The text of the case, without its decorator."""
        return "".join(self._source[0]).removeprefix("@case\n")

    @property
    def corrected(self) -> str:
        """Its text with everything corrected that is marked."""
        return "".join(_corrected(self._source[0], self.corrections)).removeprefix("@case\n")

    @cached_property
    def _source(self) -> tuple[list[str], int]:
        return inspect.getsourcelines(self.function)


def case(function):
    """Register a function that returns the `call` of its code."""
    assert all(each.function.__name__ != function.__name__ for each in CASES), (
        f"two cases are called {function.__name__}"
    )
    CASES.append(Case(function))
    return function


def _correction(token):
    text = token.string.removeprefix(MARK).strip()
    place, colon, missing = text.partition(": ")
    if colon and place in ("below", "above"):
        return Correction(token.start[0] - 1, place, missing)
    return Correction(token.start[0] - 1, "here", "" if text == "delete" else text)


def _corrected(lines, corrections):
    """Return the lines of a case with its corrections; the last comes first, so that the lines before it stay."""
    lines, spans = list(lines), _spans("".join(lines))
    for line, place, text in reversed(corrections):
        assert line in spans or lines[line].lstrip().startswith("else:"), f"no statement begins in {lines[line]!r}"
        start, stop = line, spans.get(line, line + 1)
        kept = [each.partition(MARK)[0].rstrip() + "\n" if MARK in each else each for each in lines[start:stop]]
        indentation = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
        new = [f"{indentation}{text}\n"] if text else []
        lines[start:stop] = {"here": new, "below": kept + new, "above": new + kept}[place]
    return lines


def _spans(source):
    """Return the line after each statement by its first line; of a compound one, the line after its header."""
    spans = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = node.end_lineno if body is None else _end_of_header(node)
            spans[node.lineno - 1] = max(end, spans.get(node.lineno - 1, 0))
    return spans


def _end_of_header(node):
    header = [
        child
        for name, value in ast.iter_fields(node)
        if name not in ("body", "orelse", "finalbody", "handlers")
        for child in (value if isinstance(value, list) else [value])
    ]
    return max([node.lineno, *(child.end_lineno for child in header if hasattr(child, "end_lineno"))])

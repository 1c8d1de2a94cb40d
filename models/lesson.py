"""How a lesson is given on a terminal: sections, remarks, tables, figures, pictures; and its command."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np
from numpy.typing import ArrayLike

from models.checks import InputError
from models.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIGNIFICANT_DIGITS = 8
STOPPED, UNREAD = 130, 141  # the exit statuses that a shell gives to what Ctrl-C ended, or nobody reads


class Lesson:
    """Prints a lesson line by line, writes its pictures, and counts the figures that differ from what they should be.

    Parameters
    ----------
    out : Path
        The folder of the pictures; made when the first is written.
    """

    def __init__(self, out: Path = Path("out")) -> None:
        self.out = out
        self.figures = 0
        self.different = 0
        self.stopped = False

    def section(self, title: str) -> None:
        """Open a section."""
        print(f"\n{title}\n{'-' * len(title)}")

    def say(self, text: object = "") -> None:
        """Print a remark, a line below the other."""
        for line in str(text).splitlines() or [""]:
            print(f"  {line}".rstrip())

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows below a head: the first column to the left, the others to the right."""
        lines = [head, *([_written(cell) for cell in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            first, *others = zip(line, widths, strict=True)
            self.say("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]))

    def measured(self, label: str, computed: float) -> None:
        """Print a figure that nothing is known of beforehand."""
        print(f"  {label:<30} {_written(computed)}")

    def compare(self, label: str, computed: float, relation: str, wanted: str, agree: bool) -> None:
        """Print a figure beside what it should be, and whether they agree; none is judged after Ctrl-C."""
        if self.stopped:
            self.measured(label, computed)
            return
        self.figures += 1
        self.different += not agree
        verdict = "agree" if agree else "DIFFERS"
        print(f"  {label:<30} {_written(computed):<13} {relation:<8} {wanted:<19} {verdict}")

    def check(self, label: str, computed: float, expected: str) -> None:
        """Compare a figure with its printed digits; dots where the print cut them."""
        self.compare(label, computed, "expected", expected, agrees(computed, expected))

    def check_beside(self, label: str, computed: ArrayLike, reference: ArrayLike, source: str, digits: int = 8) -> None:
        """Compare figures one by one with a reference, in so many digits; `source` is where the reference is from."""
        for index, wanted in np.ndenumerate(np.asarray(reference)):
            figure = float(np.asarray(computed)[index])
            agree = bool(abs(figure - wanted) <= 10.0**-digits * abs(wanted))
            place = f"[{', '.join(map(str, index))}]" if index else ""
            self.compare(label + place, figure, source, _written(wanted), agree)

    def at_least(self, label: str, computed: float, least: float) -> None:
        """Check that a figure reaches a goal."""
        self.compare(label, computed, "at least", _written(least), bool(computed >= least))

    def at_most(self, label: str, computed: float, most: float) -> None:
        """Check that a figure stays below a bound."""
        self.compare(label, computed, "at most", _written(most), bool(computed <= most))

    def report(self, report: object, right: bool = True) -> None:
        """Print what `ag.verify` says, and count it as a figure that differs where it does not say what it should."""
        self.say(report)
        self.different += bool(report) is not right and not self.stopped

    def picture(self, name: str, figure: Figure) -> None:
        """Write a picture to the folder, and print where it is and what it shows."""
        path = self.path(name)
        figure.savefig(path)
        self.say(f"{path}: {figure.get_suptitle()}")

    def path(self, name: str) -> Path:
        """Return the path of a file in the folder, which is there then."""
        self.out.mkdir(parents=True, exist_ok=True)
        return self.out / name

    def progress(self, what: str, steps: int, start: int = 0) -> Progress:
        """Return an iterable over steps that shows how far they are; Ctrl-C ends it, and the lesson after its part."""
        return Progress(what, steps, start, self._stop)

    def _stop(self) -> None:
        self.stopped = True

    def close(self) -> int:
        """Print how many figures agree; return the exit status."""
        if self.stopped:
            print(f"\nStopped; {self.figures} figures were compared.")
            return STOPPED
        if self.different:
            print(f"\n{self.different} of {self.figures} figures DIFFER.")
            return 1
        agree = {0: "No figure was compared.", 1: "The one figure agrees."}
        print(f"\n{agree.get(self.figures, f'All {self.figures} figures agree.')}")
        return 0


def agrees(computed: float, expected: str) -> bool:
    """Tell whether `computed` gives the digits of `expected`, at most 8 significant ones.

    It is rounded to them, or cut where `expected` ends in dots.
    """
    figure = Decimal(expected.removesuffix("..."))
    digits = min(len(figure.as_tuple().digits), SIGNIFICANT_DIGITS)
    unit = Decimal(1).scaleb(figure.adjusted() - digits + 1)
    rounding = ROUND_DOWN if expected.endswith("...") else ROUND_HALF_EVEN
    return Decimal(float(computed)).quantize(unit, rounding) == figure.quantize(unit)


def _written(cell: object) -> str:
    """Return a number in 8 significant digits, or a text as it is."""
    return f"{cell:.{SIGNIFICANT_DIGITS}g}" if isinstance(cell, (float, np.floating)) else str(cell)


class MissingExtra(InputError):
    """A package is not installed that a model needs."""


def needed(module: str, package: str, extra: str) -> Any:
    """Import a module of an extra, or raise MissingExtra with the line that installs it."""
    try:
        return importlib.import_module(module)
    except Exception as problem:  # where its own library does not load, a package raises what it likes
        raise MissingExtra(
            f'{package} is needed: pip install "autograd_lite[{extra}]" ({str(problem).splitlines()[0]})'
        ) from None


def main(run: Callable[..., None], arguments: Sequence[str] | None = None, /, **helps: str) -> int:
    """Run a lesson as a command; return its exit status: 0 if every figure agrees, 1 if not, 2 for bad input.

    Parameters
    ----------
    run : callable
        Takes the Lesson, and its options as keywords: their types and defaults are those of its signature.
    arguments : sequence of str, optional
        Those of the command line by default.
    **helps : str
        What each option is; `seed` and `out` are known.
    """
    module = inspect.getmodule(run)
    name = Path(str(getattr(module, "__file__", ""))).stem
    parser = argparse.ArgumentParser(f"python -m models.{name}", description=inspect.getdoc(module))
    helps = {"seed": "seed of all draws", **helps}
    types = get_type_hints(run)
    _, *keywords = inspect.signature(run).parameters.values()
    for keyword in keywords:
        option, default = keyword.name.replace("_", "-"), keyword.default
        shown = "" if default in ("", None) else f" ({default})"
        parser.add_argument(f"--{option}", default=default, help=helps[keyword.name] + shown)
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (out)")
    given = vars(parser.parse_args(arguments))
    out = given.pop("out")
    try:
        options = {key: _read(key, value, types[key]) for key, value in given.items()}
        _check_folder(out)
        lesson = Lesson(out)
        run(lesson, **options)
    except BrokenPipeError:  # who reads has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except (InputError, MemoryError, OSError) as problem:
        print(f"{parser.prog}: error: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.")
        return STOPPED
    return lesson.close()


_KINDS: dict[type, str] = {int: "a whole number", float: "a number"}


def _read(name: str, given: Any, kind: Any) -> Any:
    """Return what the command line gives for an option, in its type."""
    if kind not in _KINDS or not isinstance(given, str):
        return given
    try:
        value = kind(given)
    except ValueError:
        raise InputError(f"{name}: expected {_KINDS[kind]}, got {given!r}") from None
    if name == "seed" and value < 0:
        raise InputError(f"seed: expected a whole number of at least 0, got {value}")
    return value


def _check_folder(out: Path) -> None:
    """Refuse at the start a folder that could not be made later."""
    nearest = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise InputError(f"out: expected a folder, got {str(out)!r}, where {str(nearest)!r} is a file")

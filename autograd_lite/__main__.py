"""The command line: ``python -m autograd_lite verify file.py:loss file.py:gradient --shapes 64x10,10``."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import TextIOWrapper
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO
from zipfile import BadZipFile

import numpy as np

from autograd_lite.core.lines import describe_place, is_users
from autograd_lite.saving.atomic import replacing
from autograd_lite.verification.draws import drawn
from autograd_lite.verification.report import Report
from autograd_lite.verification.reproduction.question import Question
from autograd_lite.verification.verify import verify

RIGHT, WRONG, OTHER = 0, 1, 2
"""Exit status: right or a kink; wrong; not judged, or not even asked."""


class UsageError(Exception):
    """What was asked for cannot be had; the message says why."""


class FileError(Exception):
    """A file cannot be imported; its own error was shown."""


def main(argv: Sequence[str] | None = None) -> int:
    """Verify a hand gradient that is defined in a file, print the report, and return the exit status."""
    asked = _parser().parse_args(argv)
    question = None
    try:
        f, hand = _functions(asked.function, asked.gradient)
        args = _arguments(f, asked.args, asked.shapes, asked.seed)
        options = {"argnums": _argnums(asked.argnums), "params": _params(asked.params), "rng": asked.seed}
        question = Question(f, hand, tuple(args), options)
        report = verify(f, hand, *args, **options)
        said = report.reproduce() if asked.reproduce else report
        with _while_read(sys.stderr if asked.write_patch == "-" else sys.stdout) as file:
            print(said, file=file)
        if asked.write_patch:
            _write_patch(report, asked.write_patch)
    except FileError:
        return OTHER
    except Exception as error:
        print(f"verify: {_in_one_line(error)}", file=sys.stderr)
        if asked.reproduce and question:
            with _while_read(sys.stdout) as file:
                print(question.with_answer(_in_one_line(error)), file=file)
        return OTHER
    return RIGHT if report else WRONG if report.verdict == "wrong" else OTHER


@contextmanager
def _while_read(file: TextIO) -> Iterator[TextIO]:
    """Write to a file; where its reader has gone, as ``head`` does, to nowhere."""
    try:
        yield file
        file.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())


def _write_patch(report: Report, path: str) -> None:
    """Write the patch of a report to a file, whole or not at all, or to the standard output; say so."""
    if not report.patch:
        why = "no repair was found" if report.verdict == "wrong" else "there is nothing to repair"
        print(f"verify: no patch was written: {why}", file=sys.stderr)
        return
    patch = report.patch.encode("utf-8", "surrogateescape")
    if path == "-":
        with _while_read(sys.stdout) as file:
            file.buffer.write(patch)
        return
    if Path(path).exists() and not Path(path).is_file():
        raise UsageError(f"{path} is no file to write a patch to; - is the standard output")
    with replacing(path) as file:
        file.write(patch)
    print(f"verify: wrote {path}; apply it with: git apply {shlex.quote(path)}", file=sys.stderr)


def _in_one_line(error: Exception) -> str:
    """Return what an error says, its notes, and the innermost line of the user's code that it passed."""
    users = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename)]
    said = traceback.format_exception_only(error) if users else [str(error), *getattr(error, "__notes__", [])]
    said += [describe_place(frame.filename, frame.lineno) for frame in users[-1:] if frame.lineno]
    return "; ".join(" ".join(part.split()) for part in said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m autograd_lite", description=__doc__.partition(":")[0])
    commands = parser.add_subparsers(required=True, metavar="verify")
    command = commands.add_parser(
        "verify",
        help="say whether a hand-derived gradient is right, and if not, which line is wrong and why",
        description="Verify a hand-derived gradient. The files are only imported. "
        "Exit status: 0 right (or a subgradient at a kink), 1 wrong, 2 anything else.",
    )
    command.add_argument(
        "function",
        metavar="FILE:FUNCTION",
        help="the function, in plain NumPy; layer.forward is a method of an object of the file, "
        "Layer.forward one of an object of the class, made without arguments",
    )
    command.add_argument("gradient", metavar="FILE:GRADIENT", help="its gradient, derived by hand")
    given = command.add_mutually_exclusive_group(required=True)
    given.add_argument("--args", metavar="FILE.npz", help="the arguments: by parameter name, or arr_0, arr_1, ...")
    given.add_argument(
        "--shapes", help="draw the arguments: 64x10,10 is a matrix and a vector, 1 an array of one, - a number"
    )
    command.add_argument("--argnums", help="which arguments the gradient is of: 0,1 (by default the first ones)")
    command.add_argument("--params", help="attributes that the gradient is of, where it is a method: W,b")
    command.add_argument(
        "--write-patch",
        metavar="FILE",
        help="write the repair, where one is found, as a patch; - is the standard output",
    )
    command.add_argument(
        "--reproduce",
        action="store_true",
        help="print what an issue needs, in Markdown: versions, source, arguments, and the report",
    )
    command.add_argument("--seed", type=int, default=0, help="of the draws (0)")
    return parser


def _functions(*targets: str) -> list[Callable[..., Any]]:
    """Return the functions that are named as FILE:NAME; each file is imported once, of each class is one object."""
    module, instance = cache(_import), cache(_instance)
    found = []
    for target in targets:
        path, separator, name = target.rpartition(":")
        if not separator or not path:
            raise UsageError(f"expected FILE:NAME, such as net.py:loss, got {target!r}")
        value: Any = module(Path(path).resolve())
        for part in name.split("."):
            owner = instance(value) if isinstance(value, type) else value
            value = getattr(owner, part, None)
        if not callable(value):
            holder = owner if isinstance(owner, ModuleType) else type(owner)
            there = [n for n, v in vars(holder).items() if inspect.isfunction(v) and not n.startswith("__")]
            raise UsageError(f"{path} has no function {name!r}; it has: {', '.join(there) or 'none'}")
        found.append(value)
    return found


def _instance(kind: type) -> Any:
    """Make an object of a class, of which the function and its gradient are methods."""
    try:
        inspect.signature(kind).bind()
    except TypeError as error:
        name = kind.__name__
        raise UsageError(
            f"{name}() needs arguments ({error}): make an object in the file, and name its method"
        ) from None
    return kind()


def _import(file: Path) -> ModuleType:
    """Import a file, as a part of its package where it is in one; show its own traceback where that fails."""
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    packages = list(takewhile(lambda folder: (folder / "__init__.py").is_file(), file.parents))
    name = ".".join([*(folder.name for folder in reversed(packages)), file.stem])
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path[:0] = dict.fromkeys([str(file.parent), str(file.parents[len(packages)])])
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        frames = error.__traceback__
        while frames is not None and Path(frames.tb_frame.f_code.co_filename).resolve() != file:
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames)
        raise FileError(str(file)) from None
    return module


def _arguments(f: Callable[..., Any], archive: str | None, shapes: str | None, seed: int) -> list[Any]:
    """Return the arguments: from an archive, or drawn."""
    if shapes is not None:
        return drawn(f, shapes, seed)
    with open(str(archive), "rb") as file:
        try:
            loaded = np.load(file, allow_pickle=False)
        except (ValueError, EOFError, BadZipFile):
            loaded = None
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise UsageError(f"{archive} is no archive of arrays; make one with np.savez('args.npz', w=w, x=x)")
        arrays = {name: array[()] for name, array in loaded.items()}
    in_order = [f"arr_{i}" for i in range(len(arrays))]
    if arrays.keys() == set(in_order):
        return [arrays[name] for name in in_order]
    parameters = [n for n, p in inspect.signature(f).parameters.items() if p.default is p.empty or n in arrays]
    missing = [n for n in parameters if n not in arrays]
    if missing:
        raise UsageError(f"{archive} has no array {missing[0]!r}; it has: {', '.join(arrays)}")
    return [arrays[n] for n in parameters]


def _argnums(text: str | None) -> tuple[int, ...] | None:
    try:
        return None if text is None else tuple(int(i) for i in text.split(","))
    except ValueError:
        raise UsageError(f"expected --argnums such as 0,1, got {text!r}") from None


def _params(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may have letters that the encoding lacks
    sys.exit(main())

"""The command line: ``python -m autograd_lite verify file.py:loss file.py:gradient --shapes 64x10,10``."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import BadZipFile

import numpy as np

from autograd_lite.core.lines import describe_place, is_users
from autograd_lite.verification.verify import verify

RIGHT, WRONG, OTHER = 0, 1, 2
"""Exit status: right or a kink; wrong; not judged, or not even asked."""


class UsageError(Exception):
    """What was asked for cannot be had; the message says why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Verify a hand gradient that is defined in a file, print the report, and return the exit status."""
    asked = _parser().parse_args(argv)
    try:
        f, hand = _functions(asked.function, asked.gradient)
        args = _arguments(f, asked.args, asked.shapes, asked.seed)
        report = verify(f, hand, *args, argnums=_argnums(asked.argnums), rng=asked.seed)
    except ImportError:  # the file's own error was shown
        return OTHER
    except Exception as error:
        print(f"verify: {_in_one_line(error)}", file=sys.stderr)
        return OTHER
    print(report)
    return RIGHT if report else WRONG if report.verdict == "wrong" else OTHER


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
    command.add_argument("function", metavar="FILE:FUNCTION", help="the function, in plain NumPy")
    command.add_argument("gradient", metavar="FILE:GRADIENT", help="its gradient, derived by hand")
    given = command.add_mutually_exclusive_group(required=True)
    given.add_argument("--args", metavar="FILE.npz", help="the arguments: by parameter name, or arr_0, arr_1, ...")
    given.add_argument(
        "--shapes", help="draw the arguments: 64x10,10 is a matrix and a vector, 1 an array of one, - a number"
    )
    command.add_argument("--argnums", help="which arguments the gradient is of: 0,1 (by default the first ones)")
    command.add_argument("--seed", type=int, default=0, help="of the draws (0)")
    return parser


def _functions(*targets: str) -> list[Callable[..., Any]]:
    """Return the functions that are named as FILE:NAME; each file is imported once."""
    modules: dict[Path, ModuleType] = {}
    found = []
    for target in targets:
        path, separator, name = target.rpartition(":")
        if not separator or not path:
            raise UsageError(f"expected FILE:NAME, such as net.py:loss, got {target!r}")
        file = Path(path).resolve()
        if file not in modules:
            modules[file] = _import(file)
        value = getattr(modules[file], name, None)
        if not callable(value):
            there = [n for n, v in vars(modules[file]).items() if inspect.isfunction(v)]
            raise UsageError(f"{path} has no function {name!r}; it has: {', '.join(there) or 'none'}")
        found.append(value)
    return found


def _import(file: Path) -> ModuleType:
    """Import a file; show its own traceback where that fails."""
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent))
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        frames = error.__traceback__
        while frames is not None and Path(frames.tb_frame.f_code.co_filename).resolve() != file:
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames)
        raise ImportError(str(file)) from None
    return module


def _arguments(f: Callable[..., Any], archive: str | None, shapes: str | None, seed: int) -> list[Any]:
    """Return the arguments: from an archive, or drawn from the standard normal distribution."""
    if shapes is not None:
        rng = np.random.default_rng(seed)
        drawn = [rng.standard_normal(_shape(part)) for part in shapes.split(",")]
        _check_number(f, shapes, drawn)
        return drawn
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


def _check_number(f: Callable[..., Any], shapes: str, args: list[Any]) -> None:
    """Raise UsageError where a function does not take as many arguments as there are shapes."""
    signature = inspect.signature(f)
    try:
        signature.bind(*args)
    except TypeError as error:
        name = getattr(f, "__name__", "f")
        raise UsageError(f"--shapes {shapes} draws {len(args)}, for {name}{signature}: {error}") from None


def _argnums(text: str | None) -> tuple[int, ...] | None:
    try:
        return None if text is None else tuple(int(i) for i in text.split(","))
    except ValueError:
        raise UsageError(f"expected --argnums such as 0,1, got {text!r}") from None


def _shape(text: str) -> tuple[int, ...]:
    if text.strip() == "-":
        return ()
    try:
        return tuple(int(n) for n in text.split("x"))
    except ValueError:
        raise UsageError(f"expected shapes such as 64x10,10 (- is a number), got {text!r}") from None


if __name__ == "__main__":
    sys.exit(main())

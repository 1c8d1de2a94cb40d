"""Names from the user's code: what its variables call the values that are recorded while it runs.

A profile function sees every call and return of the traced code, and the record sees every op. At each of these moments
the variables of the running functions are read, so a variable that is bound again names each of its values. Trace
functions are left alone: debuggers and coverage keep working.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import linecache
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd_lite import trees
from autograd_lite.graph import Tensor, observing
from autograd_lite.trees import Tree

_SKIPPED = (str(Path(__file__).parent), str(Path(np.__file__).parent))
_OPAQUE = (type, ModuleType, FunctionType, np.ndarray, np.generic)


@dataclass(frozen=True)
class Place:
    """Where in the user's code a node was recorded."""

    file: str
    line: int
    functions: tuple[str, ...]
    """Names of the functions that were running below the traced one, outermost first."""

    @property
    def text(self) -> str:
        """The source line."""
        return linecache.getline(self.file, self.line).strip()


@dataclass(frozen=True)
class Decision:
    """A question that control flow asked: the program holds for inputs that answer it alike."""

    node: Tensor
    outcome: bool
    place: Place | None


class Names:
    """What the variables of a function and of its callees call the Tensors of one call.

    Attributes
    ----------
    bound : dict from Tensor to dict from name to rank; the lowest rank is the best name
    constants : dict from (node, position of input) to the name of a constant
    arrays : dict from id to (name, array), of the arrays among parameters
    places : dict from Tensor to Place
    decisions : list of Decision
    """

    def __init__(self) -> None:
        self.bound: dict[Tensor, dict[str, tuple[int, int]]] = {}
        self.constants: dict[tuple[Tensor, int], str] = {}
        self.arrays: dict[int, tuple[str, Any]] = {}
        self.places: dict[Tensor, Place] = {}
        self.decisions: list[Decision] = []
        self._base: FrameType | None = None
        self._count = count().__next__

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the calls that the block makes; variables of functions outside of the block name nothing."""
        self._base = sys._getframe(2)
        before = sys.getprofile()
        try:
            with observing(self):
                if before is None:  # a running profiler keeps its place: then only ops are seen
                    sys.setprofile(self._profile)
                yield
        finally:
            if before is None:
                sys.setprofile(None)
            self._base = None

    def bind(self, node: Tensor, name: str, rank: int = 0) -> None:
        """Note that a variable called ``name`` holds the node."""
        names = self.bound.setdefault(node, {})
        if name not in names or rank < names[name][0]:
            names[name] = rank, self._count()

    def best(self, node: Tensor) -> tuple[int, int, str] | None:
        """Return the best name of a node, with its rank: outer functions first, then the earliest."""
        return min(((*rank, name) for name, rank in self.bound.get(node, {}).items()), default=None)

    def read_caller(self) -> None:
        """Read the variables of the user's running functions, for Tensors that were computed already."""
        for depth, frame in enumerate(self._frames(sys._getframe(1))):
            self._read(frame, depth)

    def recorded(self, node: Tensor) -> None:
        """Read the variables of the running functions: the node itself is bound later."""
        frames = list(self._frames(sys._getframe(1)))
        if not frames:
            return
        for depth, frame in enumerate(reversed(frames)):
            self._read(frame, depth)
        innermost = frames[0]
        functions = tuple(frame.f_code.co_name for frame in reversed(frames[:-1]))
        self.places[node] = Place(innermost.f_code.co_filename, innermost.f_lineno, functions)
        self._name_constants(node, innermost)

    def swept(self, node: Tensor, x: Tensor, cotangent: Any) -> None:
        """See a cotangent: it is named later, after what it is the derivative of."""

    def decided(self, node: Tensor, outcome: bool) -> None:
        """Remember a decision of the control flow."""
        frame = next(self._frames(sys._getframe(1)), None)
        place = Place(frame.f_code.co_filename, frame.f_lineno, ()) if frame else None
        self.decisions.append(Decision(node, outcome, place))

    def _profile(self, frame: FrameType, event: str, arg: Any) -> None:
        if event != "call" and not frame.f_code.co_filename.startswith(_SKIPPED):
            frames = list(self._frames(frame))
            if frames:
                self._read(frame, len(frames) - 1)

    def _frames(self, frame: FrameType | None) -> Iterator[FrameType]:
        """Yield the user's frames from this one outwards, down to the traced function's."""
        while frame is not None and frame is not self._base:
            if not frame.f_code.co_filename.startswith(_SKIPPED):
                yield frame
            frame = frame.f_back

    def _read(self, frame: FrameType, depth: int) -> None:
        """Read the variables of one frame; what objects and containers hold comes after what a variable holds."""
        for name, value in frame.f_locals.items():
            if type(value) is Tensor:
                self.bind(value, name, depth)
            elif isinstance(value, (list, tuple, dict)):
                self._read_container(name, value, depth + 100)
            elif hasattr(value, "__dict__") and not isinstance(value, _OPAQUE):
                for attribute, held in vars(value).items():
                    if type(held) is Tensor:
                        self.bind(held, attribute, depth + 100)

    def _read_container(self, name: str, value: Any, rank: int) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, held in list(items)[:100]:
            if type(held) is Tensor and held not in self.bound:
                self.bind(held, key if isinstance(key, str) else f"{name}_{key}", rank)

    def _name_constants(self, node: Tensor, frame: FrameType) -> None:
        """Name the op's constant inputs as the expression that called it does."""
        constants = [(i, x) for i, x in enumerate(node.inputs) if type(x) is not Tensor]
        held = [x for x in trees.flatten(node.params)[0] if isinstance(x, np.ndarray)] if node.params else []
        if not constants and not held:
            return
        spoken = list(_spoken_values(frame))
        for array in held:
            for name, value in (*spoken, *frame.f_locals.items()):
                if value is array:
                    self.arrays[id(array)] = name, array
                    break
        for i, x in constants:
            known = [*spoken, *frame.f_locals.items()] if isinstance(x, np.ndarray) else spoken
            for name, value in known:
                if value is x:
                    self.constants[node, i] = name
                    break


def leaf_names(f: Callable[..., Any], args: tuple[Any, ...], positions: Iterable[int]) -> list[str]:
    """Return a name for each leaf of the arguments at ``positions``: the parameter's, or its key in a tree."""
    try:
        parameters = list(inspect.signature(f).bind(*args).arguments.items())
    except (TypeError, ValueError):
        parameters = []
    named: dict[int, str] = {}
    i = 0
    for name, value in parameters:
        variadic = isinstance(value, tuple) and i < len(args) and value is not args[i]
        for k in range(len(value)) if variadic else (None,):
            named[i] = name if k is None else f"{name}_{k}"
            i += 1
    result: list[str] = []
    for position in positions:
        name = named.get(position % len(args), f"x_{position}")
        keys = list(_keys(args[position]))
        short = [str(path[-1]) for path in keys if path and isinstance(path[-1], str)]
        unique = len(set(short)) == len(keys)
        for path, key in zip(keys, short if unique else [""] * len(keys), strict=True):
            result.append(key if unique else "_".join([name, *map(str, path)]))
    return [identifier(name) for name in result]


def _keys(tree: Tree, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of keys to each leaf of a tree."""
    if isinstance(tree, dict):
        items: Iterable[tuple[Any, Any]] = tree.items()
    elif hasattr(tree, "_fields"):
        items = zip(tree._fields, tree, strict=True)
    elif isinstance(tree, (tuple, list)):
        items = enumerate(tree)
    else:
        yield path
        return
    for key, child in items:
        yield from _keys(child, (*path, key))


def identifier(name: str) -> str:
    """Return a name that Python takes for a variable."""
    name = re.sub(r"\W", "_", name).strip("_") or "x"
    return f"{name}_" if keyword.iskeyword(name) or name == "np" else (f"x_{name}" if name[0].isdigit() else name)


def unique_names(wanted: Iterable[tuple[Any, str]], taken: Iterable[str]) -> dict[Any, str]:
    """Return a name for each key: the wanted one, numbered where several keys want it or it is taken."""
    wanted = [(key, identifier(name)) for key, name in wanted]
    used = set(taken)
    counts: dict[str, int] = {}
    for _, name in wanted:
        counts[name] = counts.get(name, 0) + 1
    single = {name for name, n in counts.items() if n == 1}
    names: dict[Any, str] = {}
    number: dict[str, int] = {}
    for key, name in wanted:
        chosen = name
        while chosen in used or (chosen == name and name not in single) or (chosen != name and chosen in single):
            number[name] = number.get(name, 0) + 1
            chosen = f"{name}_{number[name]}"
        used.add(chosen)
        names[key] = chosen
    return names


def _spoken_values(frame: FrameType) -> Iterator[tuple[str, Any]]:
    """Yield the variables, with their values, that the expression being evaluated in a frame names."""
    tree = _expression(frame)
    scope = {**frame.f_globals, **frame.f_locals}
    for part in ast.walk(tree) if tree else ():
        if isinstance(part, ast.Name) and part.id in scope:
            yield part.id, scope[part.id]
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            held = getattr(scope.get(part.value.id), "__dict__", {})
            if part.attr in held:
                yield part.attr, held[part.attr]
        elif isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name):
            container, key = scope.get(part.value.id), getattr(part.slice, "value", None)
            if isinstance(container, dict) and isinstance(key, str) and key in container:
                yield key, container[key]


def _expression(frame: FrameType) -> ast.AST | None:
    """Parse the source of the expression that a frame is evaluating."""
    positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    line, end_line, column, end_column = positions
    if line is None or end_line is None or column is None or end_column is None:
        return None
    lines = [linecache.getline(frame.f_code.co_filename, n) for n in range(line, end_line + 1)]
    if not lines or not lines[0]:
        return None
    encoded = [text.encode() for text in lines]  # columns count bytes
    encoded[-1] = encoded[-1][:end_column]
    encoded[0] = encoded[0][column:]
    try:
        return ast.parse(f"({b''.join(encoded).decode()})", mode="eval")
    except (SyntaxError, UnicodeDecodeError):
        return None

"""The first result of a program on XLA beside NumPy's, and the line that they differ in."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from autograd_lite.compiled.xla.arrays import Array, unwrapped
from autograd_lite.core import trees
from autograd_lite.numerical import close
from autograd_lite.program.loading import load

_INSTEAD = "leave backend= out, or write it in another way"
_numbers = count(1)


class Written(NamedTuple):
    """The code of a program, and what it finds in its module.

    Attributes
    ----------
    title, source, filename : str
    ops : dict from the name of a variable to that of the op that makes it
    module, traced : dict
        For arrays of NumPy, and for those that JAX traces.
    """

    title: str
    source: str
    filename: str
    ops: dict[str, str]
    module: dict[str, Any]
    traced: dict[str, Any]

    def place(self, line: int) -> str:
        """Say where a line of the source is, and which op runs there."""
        statement = next(x for x in self.statements() if x.lineno <= line <= (x.end_lineno or x.lineno))
        names = [target.id for target in getattr(statement, "targets", []) if isinstance(target, ast.Name)]
        op = next((f"op '{self.ops[name]}', " for name in names if name in self.ops), "")
        return f"{op}line {line} of .source, `{ast.unparse(statement)}`"

    def statements(self) -> list[ast.stmt]:
        """List the statements of the function, without its docstring."""
        function = ast.parse(self.source).body[0]
        assert isinstance(function, ast.FunctionDef)
        return function.body[1:]

    def parameters(self) -> list[str]:
        """List the parameters of the function."""
        function = ast.parse(self.source).body[0]
        assert isinstance(function, ast.FunctionDef)
        return [arg.arg for arg in function.args.args]


def agree(value: Any, expected: Any, tolerance: Any = 0) -> bool:
    """Whether a result of XLA is NumPy's to rounding, in NumPy's dtype: one of coarser dtype is not."""
    parts = trees.flatten(value)[0], trees.flatten(expected)[0]
    return len(parts[0]) == len(parts[1]) and all(
        close.same(np.asarray(x), y, max(tolerance, close.of_one_line(y, close.eps_of(y))))
        for x, y in zip(*parts, strict=True)
    )


def refusal(error: Exception, written: Written) -> TypeError | None:
    """Return the error that says which line of the code JAX does not trace; None for one that comes from no line."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == written.filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None:
        return None
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return TypeError(f"{written.title}() does not run on XLA: {written.place(line)}: {reason}; {_INSTEAD}")


def check(written: Written, arrays: Sequence[Any]) -> None:
    """Run the statements one after another, on what NumPy gave before; raise RuntimeError where XLA gives otherwise.

    Where each of them agrees, it is rounding that adds up.
    """
    found: dict[str, Any] = dict(zip(written.parameters(), arrays, strict=True))
    for statement in written.statements():
        if not isinstance(statement, ast.Assign):
            continue
        target = statement.targets[0]
        assert isinstance(target, ast.Name)
        used = {x.id for x in ast.walk(statement.value) if isinstance(x, ast.Name)} & found.keys()
        given = {name: found[name] for name in sorted(used)}
        by_numpy = _function(statement.value, list(given), written.module)
        found[target.id] = expected = by_numpy(*given.values())
        value = _on_xla(_function(statement.value, list(given), written.traced), given)
        if not agree(value, expected) and not agree(value, expected, _rounding(by_numpy, given, expected)):
            raise RuntimeError(
                f"{written.title}() on XLA is not what NumPy gives: {written.place(statement.lineno)} gives "
                f"{_shown(value)} instead of {_shown(expected)}; {_INSTEAD}"
            )


def _function(expression: ast.expr, names: list[str], module: dict[str, Any]) -> Any:
    """Return an expression of the code as a function of the variables in it."""
    text = f"def run({', '.join(names)}):\n    return {ast.unparse(expression)}\n"
    return load(text, f"<autograd_lite statement {next(_numbers)}>", dict(module))["run"]


def _on_xla(function: Any, given: dict[str, Any]) -> Any:
    """Return what a statement computes on XLA: of integers that are sizes, and of arrays that JAX traces."""
    fixed = {name: x for name, x in given.items() if not isinstance(x, (np.ndarray, np.generic, float, complex))}
    traced = {name: x for name, x in given.items() if name not in fixed}

    def run(**arrays: Any) -> Any:
        known = {name: Array(jnp.asarray(x)) for name, x in arrays.items()}
        return unwrapped(function(*({**fixed, **known}[name] for name in given)))

    return jax.jit(run)(**traced)


def _rounding(function: Any, given: dict[str, Any], expected: Any) -> Any:
    """Return what moves of the inputs by units in their last place change in a result."""
    rng = np.random.default_rng(0)
    change: Any = 0
    for _ in range(close.DRAWS):
        moved = trees.flatten(function(*(_moved(x, rng) for x in given.values())))[0]
        pairs = zip(moved, trees.flatten(expected)[0], strict=True)
        change = max(change, *(close.largest(np.multiply(x, 1) - np.multiply(y, 1)) for x, y in pairs))
    eps = close.eps_of(*trees.flatten(list(given.values()))[0])
    size = max((close.largest(x) for x in trees.flatten(expected)[0]), default=0)
    return float(close.conditioned(size, change, eps))


def _moved(x: Any, rng: np.random.Generator) -> Any:
    """Return an array, moved by units in the last place."""
    if np.asarray(x).dtype.kind not in "fc":
        return x
    return x * (1 + close.eps_of(x) * rng.normal(size=np.shape(x))).astype(np.asarray(x).real.dtype)


def _shown(value: Any) -> str:
    """Write a value, or the beginning of it."""
    return ", ".join(np.array2string(np.asarray(x), precision=4, threshold=6) for x in trees.flatten(value)[0])

"""A program written out as NumPy code: what one would have derived by hand."""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.program.expressions import is_output, is_short, reachable, written
from autograd_lite.program.pretty import WIDTH, wrapped
from autograd_lite.program.render import functions_of, literal, syntax
from autograd_lite.program.steps import Step
from autograd_lite.program.trace import Program, Wrt, trace
from autograd_lite.readings.source.helpers import Helpers

_numbers = itertools.count(1)


def source(f: Callable[..., Any] | Tensor | Program, *args: Any, wrt: Wrt = None) -> str:
    """Write a function and its gradient as a NumPy module that imports nothing of this package.

    Parameters
    ----------
    f : callable, Program, or a Tensor already computed
        Takes trees of arrays; returns one array.
    *args : trees of arrays
        The function is traced with these; the code is for arguments of their shapes that take the same branches.
    wrt : str or sequence of str, optional
        Names of the inputs to differentiate by; all of them if left out.

    Returns
    -------
    str
        The text of a module with a function ``<name>_and_gradient``. It takes the arrays of the arguments in order,
        those of trees one by one, and by keyword the constants from outside, with their values as defaults where these
        are short. It returns the result and the gradient; the gradients of several inputs as a tuple. Where the result
        is not of size 1, it takes the cotangent of the result as well.

    Raises
    ------
    TypeError, ValueError
        Those of `trace`.
    NotImplementedError
        Where an op of the user's cannot be written out: it has no source, or uses what is no function, module, number
        or array.

    Examples
    --------
    >>> print(source(lambda x: np.sin(x) * x, 2.0))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def result_and_gradient(x):
        ...
    """
    program = f if isinstance(f, Program) else trace(f, *args, wrt=wrt)
    return "\n\n\n".join(part for part in _parts(program) if part) + "\n"


def load(module: str) -> dict[str, Any]:
    """Run a module text and return its names; debuggers and ``inspect.getsource`` find its lines."""
    filename = f"<autograd_lite source {next(_numbers)}>"
    linecache.cache[filename] = len(module), None, module.splitlines(keepends=True), filename
    names: dict[str, Any] = {"__name__": filename}
    exec(compile(module, filename, "exec"), names)
    return names


def _parts(program: Program) -> Iterator[str]:
    """Yield imports, constants, helper functions, and the function itself."""
    functions = functions_of(reachable(step.node for step in program.steps))
    names = {*program.inputs, *program.constants, *(step.name for step in program.steps), program.cotangent or ""}
    helpers = Helpers(functions, {*names, _name(program)})
    words = _Words(helpers.names)
    arrays = {words.plain(k): v for k, v in program.constants.items() if isinstance(v, np.ndarray) and is_short(v)}
    definitions = [wrapped(literal(value), f"{name} = ", indent=0) for name, value in arrays.items()]
    constants = [*helpers.constants, *(line for lines in definitions for line in lines)]
    code = [*helpers.functions, "\n".join(_function(program, words))]
    imports = {*helpers.imports, *(f"import {m}" for m in ("scipy.special",) if any(f"{m}." in text for text in code))}
    if any("np." in text for text in (*constants, *code)):
        imports.add("import numpy as np")
    library = {line for line in imports if line.split()[1].partition(".")[0] in sys.stdlib_module_names}
    others = sorted(imports - library, key=lambda line: (line.startswith("from"), line))
    head = (sorted(library), others, constants)
    yield from ("\n\n".join("\n".join(lines) for lines in head if lines), *code)


def _name(program: Program) -> str:
    return f"{program.name}_and_gradient"


class _Words(ast.NodeTransformer):
    """Calls functions by the names that they got, and variables by names that cannot be taken for digits."""

    def __init__(self, functions: dict[str, str]) -> None:
        self.functions = functions

    def plain(self, name: str) -> str:
        """Return the name of a variable."""
        return f"{name}_" if name in ("l", "I", "O") else name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.plain(node.id))

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            node.func = ast.Name(self.functions.get(node.func.id, node.func.id))
        return node


def _function(program: Program, words: _Words) -> Iterator[str]:
    """Yield the lines of the function that computes the result and the gradient."""
    yield from _signature(program, words)
    yield from _docstring(program, words)
    steps = list(program.steps)
    while steps:
        outputs = _unpacked(steps)
        yield from _assignment(steps[0], words, outputs)
        del steps[: max(len(outputs), 1)]
    gradients = [words.plain(name) or f"np.zeros_like({words.plain(of)})" for of, name in program.gradients.items()]
    returned = gradients[0] if len(gradients) == 1 else f"({', '.join(gradients)})"
    yield from wrapped(ast.parse(returned, mode="eval").body, f"return {words.plain(program.result)}, ")


def _signature(program: Program, words: _Words) -> list[str]:
    parameters = [*map(words.plain, program.inputs), *([program.cotangent] if program.cotangent else [])]
    if program.constants:
        parameters += ["*", *(_parameter(words.plain(name), value) for name, value in program.constants.items())]
    line = f"def {_name(program)}({', '.join(parameters)}):"
    if len(line) <= WIDTH:
        return [line]
    listed = [f"    {', '.join(parameters)}"]
    if len(listed[0]) > WIDTH:
        listed = [f"    {parameter}," for parameter in parameters]
    return [f"def {_name(program)}(", *listed, "):"]


def _parameter(name: str, value: Any) -> str:
    """Write a constant from outside as a parameter: its value is the default where it is short."""
    if not is_short(value):
        return name
    is_array = isinstance(value, np.ndarray) and value.ndim
    return f"{name}={name if is_array else repr(np.asarray(value).item())}"


def _docstring(program: Program, words: _Words) -> Iterator[str]:
    by, result = _enumerated(map(words.plain, program.gradients)), words.plain(program.result)
    if program.cotangent is None:
        what = f"Return {result} and its gradient by {by}."
    else:
        what = f"Return {result}, and the gradient of np.sum({program.cotangent} * {result}) by {by}."
    lines = textwrap.wrap(what, WIDTH - 8, break_long_words=False)
    shapes = [f"{words.plain(name)} {node.shape}" for name, node in program.inputs.items() if node.shape]
    if shapes:
        lines += ["", *textwrap.wrap(f"Shapes: {', '.join(shapes)}.", WIDTH - 4, break_long_words=False)]
    if program.decisions:
        lines += ["", "It is the path on which", *(f"    {condition}" for condition in program.conditions)]
    if len(lines) == 1:
        yield f'    """{lines[0]}"""'
        return
    yield f'    """{lines[0]}'
    yield from (f"    {line}".rstrip() for line in lines[1:])
    yield '    """'


def _enumerated(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _unpacked(steps: list[Step]) -> list[Step]:
    """Return the first steps where they are an op of several outputs, and these."""
    whole = steps[0].node
    n = len(whole.value) + 1 if isinstance(whole.value, tuple) else 0
    parts = [step for step in steps[1:n] if is_output(step.node) and step.node.args[0] is whole]
    in_order = [step.node.params["index"] for step in parts] == list(range(n - 1))
    if not n or not in_order:
        return []
    alone = all(whole not in written([step.node]) for step in steps[n:])
    return [steps[0], *parts] if alone else []


def _assignment(step: Step, words: _Words, outputs: list[Step]) -> list[str]:
    """Write one step, with the shape of its value beside it; the outputs of an op in one line."""
    names = ", ".join(words.plain(output.name) for output in outputs[1:]) or words.plain(step.name)
    lines = wrapped(words.visit(syntax(step.node, defining=True)), f"{names} = ")
    comment = f"  # {step.node.shape}" if step.node.shape else ""
    if len(lines[0] + comment) <= WIDTH:
        lines[0] += comment
    return lines

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

from autograd_lite.chain import Step
from autograd_lite.expressions import is_output, is_short, reachable, written
from autograd_lite.graph import Tensor
from autograd_lite.helpers import Helpers
from autograd_lite.program import Program, Wrt, trace
from autograd_lite.typesetting import WIDTH, unparse, wrapped
from autograd_lite.writing import functions_of, literal, syntax

_AMBIGUOUS = frozenset("lIO")
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
    return "\n\n\n".join(_parts(program)) + "\n"


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
    function = _function(program, _Calls(helpers.names))
    imports = {"import numpy as np", *helpers.imports}
    if "scipy.special." in function:
        imports.add("import scipy.special")
    library = {line for line in imports if line.split()[1].partition(".")[0] in sys.stdlib_module_names}
    yield "\n\n".join("\n".join(sorted(lines)) for lines in (library, imports - library) if lines)
    if helpers.constants:
        yield "\n".join(helpers.constants)
    yield from helpers.functions
    yield function


def _name(program: Program) -> str:
    return f"{program.name}_and_gradient"


class _Calls(ast.NodeTransformer):
    """Calls functions by the names that they got."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            node.func = ast.Name(self.names.get(node.func.id, node.func.id))
        return node


def _function(program: Program, calls: _Calls) -> str:
    """Write the function that computes the result and the gradient."""
    gradients = [name or f"np.zeros_like({of})" for of, name in program.gradients.items()]
    returned = gradients[0] if len(gradients) == 1 else f"({', '.join(gradients)})"
    lines = [*_signature(program), *_docstring(program)]
    steps = list(program.steps)
    while steps:
        outputs = _unpacked(steps)
        lines += _assignment(steps[0], calls, outputs)
        del steps[: max(len(outputs), 1)]
    lines += wrapped(ast.parse(returned, mode="eval").body, f"return {program.result}, ")
    return "\n".join(lines)


def _signature(program: Program) -> list[str]:
    parameters = [*program.inputs, *([program.cotangent] if program.cotangent else [])]
    if program.constants:
        parameters += ["*", *(_parameter(name, value) for name, value in program.constants.items())]
    line = f"def {_name(program)}({', '.join(parameters)}):"
    if len(line) <= WIDTH and not _AMBIGUOUS.intersection(parameters):
        return [line]
    listed = [f"    {', '.join(parameters)}"]
    if len(listed[0]) > WIDTH or _AMBIGUOUS.intersection(parameters):
        listed = [f"    {p},{'  # noqa: E741' if p in _AMBIGUOUS else ''}" for p in parameters]
    return [f"def {_name(program)}(", *listed, "):"]


def _parameter(name: str, value: Any) -> str:
    """Write a constant from outside as a parameter: its value is the default where it is short."""
    if not is_short(value):
        return name
    is_array = isinstance(value, np.ndarray) and value.ndim
    return f"{name}={unparse(literal(value)) if is_array else repr(np.asarray(value).item())}"


def _docstring(program: Program) -> Iterator[str]:
    by = _enumerated(program.gradients)
    if program.cotangent is None:
        what = f"Return {program.result} and its gradient by {by}."
    else:
        what = f"Return {program.result}, and the gradient of np.sum({program.cotangent} * {program.result}) by {by}."
    lines = textwrap.wrap(what, WIDTH - 8, break_long_words=False)
    shapes = [f"{name} {node.shape}" for name, node in program.inputs.items() if node.shape]
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
    alone = all(whole not in written([step.node]) for step in steps[n:])
    return [steps[0], *parts] if n and in_order and alone else []


def _assignment(step: Step, calls: _Calls, outputs: list[Step]) -> list[str]:
    """Write one step, with the shape of its value beside it; the outputs of an op in one line."""
    names = ", ".join(output.name for output in outputs[1:]) or step.name
    lines = wrapped(calls.visit(syntax(step.node, defining=True)), f"{names} = ")
    comment = f"  # {step.node.shape}" if step.node.shape else ""
    if step.name in _AMBIGUOUS:
        comment = "  # noqa: E741"
    if len(lines[0] + comment) <= WIDTH or step.name in _AMBIGUOUS:
        lines[0] += comment
    return lines

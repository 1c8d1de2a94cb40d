"""A program written out as NumPy code: what one would have derived by hand."""

from __future__ import annotations

import ast
import inspect
import itertools
import linecache
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from autograd_lite.chain import Step, reachable
from autograd_lite.graph import Tensor
from autograd_lite.op import Op
from autograd_lite.program import Program, Wrt, trace
from autograd_lite.writing import ops_of, syntax, text

WIDTH = 99
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
        those of trees one by one, and constants by keyword. It returns the result and the gradient; the gradients of
        several inputs as a tuple. Where the result is not of size 1, it takes the cotangent of the result as well.

    Raises
    ------
    TypeError, ValueError
        Those of `trace`.
    """
    program = f if isinstance(f, Program) else trace(f, *args, wrt=wrt)
    nodes = reachable([*(step.node for step in program.steps), *program.inputs.values()])
    imports, helpers = _helpers(ops_of(nodes))
    parts = ["\n".join(imports), *helpers, _function(program)]
    return "\n\n\n".join(parts) + "\n"


def load(module: str) -> dict[str, Any]:
    """Run a module text and return its names; debuggers and ``inspect.getsource`` find its lines."""
    filename = f"<autograd_lite source {next(_numbers)}>"
    linecache.cache[filename] = len(module), None, module.splitlines(keepends=True), filename
    names: dict[str, Any] = {"__name__": filename}
    exec(compile(module, filename, "exec"), names)
    return names


def _function(program: Program) -> str:
    """Write the function that computes the result and the gradient."""
    gradients = [name or f"np.zeros_like({of})" for of, name in program.gradients.items()]
    returned = gradients[0] if len(gradients) == 1 else f"({', '.join(gradients)})"
    parameters = [*program.inputs, *([program.cotangent] if program.cotangent else [])]
    if program.constants:
        parameters += ["*", *program.constants]
    lines = [f"def {program.name}_and_gradient({', '.join(parameters)}):", *_docstring(program)]
    lines += [_assignment(step) for step in program.forward]
    lines += [_assignment(step) for step in program.backward]
    lines.append(f"    return {program.result}, {returned}")
    return "\n".join(lines)


def _docstring(program: Program) -> Iterator[str]:
    of = ", ".join(program.gradients)
    what = (
        f"its gradient by {of}"
        if program.cotangent is None
        else f"the product of a cotangent with its Jacobian by {of}"
    )
    lines = textwrap.wrap(f"Return {program.result} and {what}.", WIDTH - 10)
    if program.decisions:
        lines += ["", "The path on which:"]
        lines += [f"    {text(d.node)} is {d.outcome}" for d in program.decisions]
    if len(lines) == 1:
        yield f'    """{lines[0]}"""'
        return
    yield f'    """{lines[0]}'
    yield from (f"    {line}".rstrip() for line in lines[1:])
    yield '    """'


def _assignment(step: Step) -> str:
    """Write one step as a line, with the shape of its value beside it; break a long line at its operators."""
    tree = syntax(step.node, defining=True)
    shape = f"  # {step.node.shape}" if step.node.shape else ""
    line = f"    {step.name} = {ast.unparse(tree)}"
    if len(line) <= WIDTH:
        return line + (shape if len(line + shape) <= WIDTH else "")
    return f"    {step.name} = (" + shape + "\n" + "\n".join(f"        {part}" for part in _broken(tree)) + "\n    )"


def _broken(tree: ast.expr) -> list[str]:
    """Break an expression into lines at its outermost sums, or into the arguments of its call."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub)):
        sign = "+" if isinstance(tree.op, ast.Add) else "-"
        right = ast.unparse(ast.BinOp(ast.Name("_"), tree.op, tree.right))[4:]
        return [*_broken(tree.left), f"{sign} {right}"]
    return [ast.unparse(tree)]


def _helpers(ops: list[Op]) -> tuple[list[str], list[str]]:
    """Return the import lines, and the functions that NumPy lacks, as the package defines them."""
    modules: dict[str, str] = {"np": "numpy"}
    written: dict[str, str] = {}
    pending: list[Callable[..., Any]] = [op.forward for op in ops]
    while pending:
        function = pending.pop(0)
        if function.__name__ in written:
            continue
        tree = _plain_definition(function)
        written[function.__name__] = ast.unparse(tree)
        scope = inspect.unwrap(function).__globals__
        for name in dict.fromkeys(part.id for part in ast.walk(tree) if isinstance(part, ast.Name)):
            held = scope.get(name)
            if isinstance(held, Op):
                pending.append(held.forward)
            elif isinstance(held, ModuleType):
                modules[name] = held.__name__
            elif inspect.isfunction(held):
                pending.append(held)
            elif isinstance(held, (int, float)):
                written[name] = f"{name} = {held!r}"
    lines = [f"import {path}" if path == name else f"import {path} as {name}" for name, path in modules.items()]
    return sorted(lines), [*reversed(written.values())]


def _plain_definition(function: Callable[..., Any]) -> ast.FunctionDef:
    """Return the definition of a function without decorators and annotations."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise NotImplementedError(
            f"op '{function.__name__}' is not a function that can be written out: define it with def"
        )
    tree.decorator_list, tree.returns = [], None
    arguments = tree.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            argument.annotation = None
    arguments.args = [*arguments.posonlyargs, *arguments.args]
    arguments.posonlyargs = []
    docstring = ast.get_docstring(tree)
    if docstring:
        tree.body[0] = ast.Expr(ast.Constant(docstring.splitlines()[0]))
    for part in ast.walk(tree):
        for child in getattr(part, "body", []) if isinstance(getattr(part, "body", None), list) else []:
            if isinstance(child, ast.AnnAssign) and child.value is not None:
                part.body[part.body.index(child)] = ast.Assign([child.target], child.value, lineno=0)  # type: ignore[attr-defined]
    return tree

"""A program written out as NumPy code: what one would have derived by hand."""

from __future__ import annotations

import ast
import itertools
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd_lite.core.tensor import Tensor
from autograd_lite.program import loading
from autograd_lite.program.expressions import is_output, reachable, written
from autograd_lite.program.identifiers import unique_names
from autograd_lite.program.pretty import WIDTH, unparse
from autograd_lite.program.render import functions_of, literal, syntax
from autograd_lite.program.steps import Step
from autograd_lite.program.trace import Program, Wrt, trace
from autograd_lite.readings.source.arguments import Arguments
from autograd_lite.readings.source.definitions import Definitions

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
        Names of the inputs to differentiate with respect to; all of them if left out.

    Returns
    -------
    str
        The text of a module with a function ``<name>_and_gradient``. It takes the arguments of ``f``, in order and by
        their names (of a Tensor, its leaves), and by keyword the constants from outside, with their values as defaults
        where these are short. Where the result is not of size 1, it takes the cotangent of the result as well, behind
        the arguments, or by keyword where these have defaults. It returns the result and the gradient, of the structure
        of the argument; a tuple where there are several. Where ``wrt`` names a part of an argument, that part alone has
        a gradient.

    Raises
    ------
    TypeError, ValueError
        Those of `trace`.
    NotImplementedError
        Where an op of the user's cannot be written out: it has no source, or uses what is no function, module, number
        or array. Where a key of a dict, or a parameter of an op, is an object of the user's.

    Notes
    -----
    The code holds for the given values of single integers and booleans, strings and other objects among the arguments.
    Its docstring lists them.

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
    return loading.load(module, filename, {"__name__": filename})


def _parts(program: Program) -> Iterator[str]:
    """Yield the head of the module, helper functions, and the function itself."""
    arguments, name = Arguments(program), f"{program.name}_and_gradient"
    definitions = Definitions(functions_of(reachable(step.node for step in program.steps)), {*arguments.names, name})
    words = _Words(arguments.words, definitions.names)
    steps = list(_steps(program, words))
    shared = _SharedArrays([step for step, _ in steps], {*arguments.names, *definitions.taken})
    steps = [(shared.visit(step), comment) for step, comment in steps]
    by, gradients = zip(*arguments.gradients(), strict=True)
    gradient = gradients[0] if len(by) == 1 else ast.Tuple([*gradients])
    result = ast.Return(ast.Tuple([arguments.words[program.result], gradient]))
    used = _names(*(step for step, _ in steps), result)
    docstring = ast.Expr(ast.Constant(_docstring(program, arguments, by, used)))
    function = ast.FunctionDef(name, arguments.parameters(), [docstring], [], lineno=0)
    arrays = [*((array, literal(value)) for array, value in arguments.arrays.items()), *shared.arrays.items()]
    constants = [*definitions.constants, *(_assign([ast.Name(array)], tree) for array, tree in arrays)]
    unpacking = list(arguments.unpacking(used))
    _check_constants(*constants, *unpacking, *(step for step, _ in steps), result)
    lines = [unparse(function), *(unparse(each, indent=4) for each in unpacking)]
    lines += [_commented(unparse(step, indent=4), comment) for step, comment in steps]
    modules = used | _names(function, *constants, *definitions.functions)
    imports = definitions.imports | {line for root, line in _IMPORTS.items() if root in modules}
    head = "\n\n".join(filter(None, (_sorted(imports), "\n".join(map(unparse, constants)))))
    yield from filter(None, (head, *map(unparse, definitions.functions)))
    yield "\n".join([*lines, unparse(result, indent=4)])


_IMPORTS = {"np": "import numpy as np", "scipy": "import scipy.special"}


def _sorted(imports: set[str]) -> str:
    """Return imports as lines: the standard library first, modules before what comes from them."""
    library = {line for line in imports if line.split()[1].partition(".")[0] in sys.stdlib_module_names}
    others = sorted(imports - library, key=lambda line: (line.startswith("from"), line))
    return "\n\n".join("\n".join(lines) for lines in (sorted(library), others) if lines)


def _names(*trees: ast.AST) -> set[str]:
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _check_constants(*trees: ast.AST) -> None:
    """Refuse what has no literal: a key of a dict, or a parameter of an op, that is an object of the user's."""
    for node in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)):
        if not isinstance(node.value, (int, float, complex, str, bytes, type(None), type(Ellipsis))):
            raise NotImplementedError(
                f"{node.value!r}, a {type(node.value).__name__}, cannot be written out; "
                "keys of dicts and parameters of ops may be numbers, strings, arrays and dtypes"
            )


def _assign(targets: list[ast.expr], value: ast.expr) -> ast.Assign:
    return ast.Assign([targets[0] if len(targets) == 1 else ast.Tuple(targets)], value, lineno=0)


def _commented(text: str, comment: str) -> str:
    """Put a comment behind the first line of a statement, where there is room."""
    first, *others = text.split("\n")
    return "\n".join([first + comment if len(first + comment) <= WIDTH else first, *others])


class _Words(ast.NodeTransformer):
    """Puts the words of the written code in the places of the program's names, and of the names of functions."""

    def __init__(self, words: dict[str, ast.expr], functions: dict[str, str]) -> None:
        self.words = words
        self.functions = functions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.words.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        called = node.func.id if isinstance(node.func, ast.Name) else None
        self.generic_visit(node)
        if called is not None:
            node.func = ast.Name(self.functions.get(called, called))
        return node


class _SharedArrays(ast.NodeTransformer):
    """Puts names in the places of arrays that are written out more than once."""

    def __init__(self, steps: list[ast.Assign], taken: set[str]) -> None:
        calls = [node for step in steps for node in ast.walk(step) if isinstance(node, ast.Call)]
        written = [(ast.dump(call), call) for call in calls if self._is_array(call)]
        counts = Counter(text for text, _ in written)
        self.names = unique_names(((text, "constant") for text, n in counts.items() if n > 1), taken)
        self.arrays = {self.names[text]: call for text, call in written if text in self.names}

    def _is_array(self, node: ast.Call) -> bool:
        return isinstance(node.func, ast.Attribute) and node.func.attr == "array"

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = self.names.get(ast.dump(node)) if self._is_array(node) else None
        return ast.Name(name) if name else self.generic_visit(node)


def _steps(program: Program, words: _Words) -> Iterator[tuple[ast.Assign, str]]:
    """Yield the steps, each with the shape of its value as a comment; the outputs of an op in one assignment."""
    steps = list(program.steps)
    while steps:
        step, *outputs = _unpacked(steps) or steps[:1]
        targets = [words.words[output.name] for output in outputs or [step]]
        yield (
            _assign(targets, words.visit(syntax(step.node, defining=True))),
            f"  # {step.node.shape}" if step.node.shape else "",
        )
        del steps[: len(outputs) + 1]


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


def _docstring(program: Program, arguments: Arguments, by: Sequence[ast.expr], used: set[str]) -> str:
    """Say what is returned, and for which arguments the code is."""
    result, names = unparse(arguments.words[program.result]), _enumerated(map(unparse, by))
    what = f"{result} and its gradient"
    if program.cotangent is not None:
        cotangent = unparse(arguments.words[program.cotangent])
        what = f"{result}, and the gradient of np.sum({cotangent} * {result})"
    like = (", a tree like it", ", a tuple of trees like these")[len(by) > 1] if arguments.have_trees(by) else ""
    paragraphs = [f"Return {what} with respect to {names}{like}."]
    paragraphs += [f"Shapes: {', '.join(shapes)}."] if (shapes := arguments.shapes(used)) else []
    paragraphs += [f"The code holds for {_enumerated(frozen)}."] if (frozen := arguments.frozen()) else []
    filled = [textwrap.fill(paragraph, WIDTH - 8, break_long_words=False) for paragraph in paragraphs]
    filled += ["\n    ".join(["It is the path on which", *program.conditions])] if program.decisions else []
    text = "\n\n".join(filled)
    return textwrap.indent(f"{text}\n", "    ").lstrip() + "    " if "\n" in text else text


def _enumerated(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last

r"""The chain rule as LaTeX: partial derivatives, their numbers, and each step as a formula."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from autograd_lite.core.shapes import Value
from autograd_lite.program.numbers import figure, number
from autograd_lite.program.render import syntax
from autograd_lite.program.steps import Step
from autograd_lite.program.trace import Program

_MOST_PATHS = 4
_LONGEST_PATH = 9
_FEW = 6

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", _SUM),
    ast.Sub: ("-", _SUM),
    ast.Mult: (r"\cdot", _PRODUCT),
    ast.MatMult: (r"\,", _PRODUCT),
    ast.FloorDiv: (r"\mathbin{//}", _PRODUCT),
    ast.Mod: (r"\,\mathrm{mod}\,", _PRODUCT),
}
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Gt: ">",
    ast.Lt: "<",
    ast.GtE: r"\geq",
    ast.LtE: r"\leq",
    ast.Eq: "=",
    ast.NotEq: r"\neq",
}
_FUNCTIONS = {name: rf"\{name}" for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min")}


def document(program: Program) -> str:
    """Return all formulas of a program, in ``align*`` environments."""
    writer = Writer(program)
    blocks = [writer.chain(by) for by in program.gradients]
    steps = [writer.equation(step) for step in program.steps]
    if steps:
        blocks.append(steps)
    return "\n\n".join(align(block) for block in blocks) + "\n"


def align(lines: list[str]) -> str:
    """Put formulas below each other; ``&`` marks where they line up."""
    return "\\begin{align*}\n" + " \\\\\n".join(f"  {line}" for line in lines) + "\n\\end{align*}"


class Writer:
    """Writes the formulas of one program.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._derivatives = {s.name: (s.of, s.by) for s in program.backward if s.role in ("factor", "cotangent")}
        self._arrays = {name for name, value in program.values.items() if isinstance(value, tuple) or np.ndim(value)}

    def chain(self, by: str) -> list[str]:
        """Return the derivative by an input as sums and products along the paths to it."""
        of = self.program.result
        left = partial(of, by)
        name = self.program.gradients.get(by, "")
        if by == of:
            return [f"{left} &= 1"]
        if not name:
            return [f"{left} &= 0"]
        paths = self.program.paths(by, _MOST_PATHS)
        outcome = self._value(self.program[name].value)
        if paths is None or any(len(path) > _LONGEST_PATH for path in paths):
            users = self.program.users(by)
            terms = [rf"{partial(of, v)} \cdot {partial(v, by)}" if v != of else partial(of, by) for v in users]
            sums = [f"{left} &= {terms[0]}", *(f"&\\quad + {term}" for term in terms[1:])] if terms else [left]
            return [*sums, f"&= {outcome}"]
        products = [r" \cdot ".join(partial(v, u) for v, u in pairwise(p)) for p in paths]
        lines = [f"&\\quad + {product}" for product in products]
        lines[0] = f"{left} &= {products[0]}"
        numbers = [self._numbers(path) for path in paths]
        if all(numbers) and any(len(path) > 2 for path in paths):
            lines.append(f"&= {' + '.join(map(str, numbers))}")
        elif not all(numbers):
            lines.append(f"&= {self.latex(self.program[name])}")
        return lines if lines[-1].endswith(f"= {outcome}") else [*lines, f"&= {outcome}"]

    def _numbers(self, path: list[str]) -> str | None:
        """Return the product of the local factors of a path, or None where one of them is no factor of few numbers."""
        factors = [self.program.factor(of, by) for of, by in pairwise(path)]
        if any(factor is None or np.size(factor) > _FEW for factor in factors):
            return None
        several = sum(np.ndim(factor) > 0 for factor in factors) > 1
        sign = r" \odot " if several else r" \cdot "
        return sign.join(self._value(factor, bracketed=True) for factor in factors)

    def equation(self, step: Step) -> str:
        """Return a step as a formula, with its value where that is short."""
        return f"{self.name(step.name)} &= {self.latex(step)} = {self._value(step.value)}"

    def latex(self, step: Step) -> str:
        """Return the expression of a step."""
        return self._tree(syntax(step.node, defining=True))[0]

    def name(self, name: str) -> str:
        """Return a name: a derivative as a fraction, anything else upright."""
        of, by = self._derivatives.get(name, (None, None))
        return partial(of, by) if of and by else upright(name)

    def _value(self, value: Value, *, bracketed: bool = False) -> str:
        if isinstance(value, tuple) or np.size(value) > _FEW:
            return rf"\mathrm{{array\ of\ shape\ }}{escape(figure(value).split('  ')[0])}"
        if np.ndim(value) == 0:
            written = latex_number(value)
            return rf"\left({written}\right)" if bracketed and written.startswith("-") else written
        return _bracket(np.asarray(value))

    def _tree(self, tree: ast.expr) -> tuple[str, int]:
        """Return the LaTeX of an expression and how tightly it holds together."""
        match tree:
            case ast.Name(name):
                return self.name(name), _ATOM
            case ast.Constant(value):
                return latex_number(value) if isinstance(value, (int, float)) else escape(str(value)), _ATOM
            case ast.UnaryOp(ast.USub(), operand):
                return f"-{self._in(operand, _PRODUCT)}", _SIGN
            case ast.UnaryOp(ast.Invert() | ast.Not(), operand):
                return rf"\neg {self._in(operand, _SIGN)}", _SIGN
            case ast.BinOp(left, ast.Div(), right):
                return rf"\frac{{{self._tree(left)[0]}}}{{{self._tree(right)[0]}}}", _PRODUCT
            case ast.BinOp(left, ast.Pow(), right):
                return f"{self._in(left, _ATOM)}^{{{self._tree(right)[0]}}}", _POWER
            case ast.BinOp(left, op, right) if type(op) in _BINARY:
                sign, level = _BINARY[type(op)]
                if isinstance(op, ast.Mult) and self._is_array(left) and self._is_array(right):
                    sign = r"\odot"
                after = level + 1 if not isinstance(op, ast.Add) else level
                return f"{self._in(left, level)} {sign} {self._in(right, after)}", level
            case ast.Compare(left, [op], [right]) if type(op) in _COMPARED:
                return f"{self._in(left, _SUM)} {_COMPARED[type(op)]} {self._in(right, _SUM)}", -1
            case ast.Attribute(value, "T" | "mT"):
                return f"{self._in(value, _ATOM)}^{{\\top}}", _POWER
            case ast.Subscript(value, index):
                inside = ", ".join(map(ast.unparse, index.elts if isinstance(index, ast.Tuple) else [index]))
                return rf"{self._in(value, _ATOM)}\left[{escape(inside)}\right]", _ATOM
            case ast.Call(function, args, keywords):
                return self._call(function, args, keywords)
        return escape(ast.unparse(tree)), _ATOM

    def _in(self, tree: ast.expr, level: int) -> str:
        """Return an expression, in brackets where it holds together less tightly than its surroundings."""
        written, own = self._tree(tree)
        return written if own >= level else rf"\left({written}\right)"

    def _call(self, function: ast.expr, args: list[ast.expr], keywords: list[ast.keyword]) -> tuple[str, int]:
        called = ast.unparse(function)
        name = called.rpartition(".")[2]
        if name == "square" and len(args) == 1 and not keywords:
            return f"{self._in(args[0], _ATOM)}^{{2}}", _POWER
        if name == "sqrt" and len(args) == 1 and not keywords:
            return rf"\sqrt{{{self._tree(args[0])[0]}}}", _ATOM
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) not in ("np", "np.linalg", "special"):
            args = [function.value, *args]
        written = [self._tree(arg)[0] for arg in args]
        written += [rf"\mathrm{{{_plain(k.arg or '')}}}={escape(ast.unparse(k.value))}" for k in keywords]
        short = _FUNCTIONS.get(name) if called.startswith("np.") else None
        return rf"{short or upright(name)}\left({', '.join(written)}\right)", _ATOM

    def _is_array(self, tree: ast.expr) -> bool:
        """Whether an expression is made of arrays: a reduction in it may still leave a number."""
        if isinstance(tree, ast.Call) and not tree.keywords:
            reduces = ast.unparse(tree.func) in ("np.sum", "np.mean", "np.dot", "np.max", "np.min", "np.prod")
            return not reduces and any(map(self._is_array, tree.args))
        return any(isinstance(part, ast.Name) and part.id in self._arrays for part in ast.walk(tree))


def partial(of: str, by: str) -> str:
    """Return the partial derivative of one name by another, as a fraction."""
    return rf"\frac{{\partial\, {upright(of)}}}{{\partial\, {upright(by)}}}"


def upright(name: str) -> str:
    """Return a name of several letters as one symbol."""
    return rf"\mathrm{{{_plain(name)}}}"


def escape(text: str) -> str:
    """Return a piece of code inside of a formula."""
    return re.sub(r"[^\W\d]\w+", lambda word: rf"\mathrm{{{word[0]}}}", _plain(text)) if text else ""


def _plain(text: str) -> str:
    return re.sub(r"([_%#&${}])", r"\\\1", text.replace("\\", ""))


def latex_number(x: Value) -> str:
    """Return a number; powers of ten are written out."""
    written = number(x)
    if written.lstrip("-") in ("nan", "inf"):
        return written.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
    return re.sub(r"e([+-])0*(\d+)", lambda e: rf" \times 10^{{{e[1].strip('+')}{e[2]}}}", written)


def _bracket(array: Value) -> str:
    if array.ndim == 0:
        return latex_number(array)
    inner = r",\ ".join(_bracket(part) for part in array)
    return rf"\left[{inner}\right]"


def parts(latex: str) -> Iterator[str]:
    """Yield the single formulas of a document, without its environments and marks."""
    for line in latex.splitlines():
        if not line.startswith("\\begin") and not line.startswith("\\end") and line.strip():
            yield line.strip().removesuffix("\\\\").replace("&", "").strip()

"""Python code laid out as a person would: double quotes, lines of moderate length, broken where it reads well."""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize

WIDTH = 99  # of the lines that are written
_SHORT = 30  # of a method call that stays on the last line of what it is called on
_SUMS: dict[type, str] = {ast.Add: "+", ast.Sub: "-"}
_PRODUCTS: dict[type, str] = {ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}
_SIGNS: dict[type, str] = {**_SUMS, **_PRODUCTS, ast.BitAnd: "&", ast.BitOr: "|"}


def unparse(tree: ast.AST) -> str:
    """Return the text of a syntax tree: with double quotes, no more brackets than needed, no spaces around powers."""
    code = ast.unparse(_Generators().visit(tree))
    if "'" in code:
        lines = code.splitlines(keepends=True)
        for token in reversed(list(tokenize.generate_tokens(io.StringIO(code).readline))):
            plain = token.type == tokenize.STRING and token.string.endswith("'") and not set(token.string) & set('"\\')
            if plain and token.start[0] == token.end[0]:
                row, start, end = token.start[0] - 1, token.start[1], token.end[1]
                lines[row] = lines[row][:start] + token.string.replace("'", '"') + lines[row][end:]
        code = "".join(lines)
    return re.sub(r"(?<=\w) \*\* (?=-?\w)", "**", code)


class _Generators(ast.NodeTransformer):
    """Takes the brackets off a generator that is the only argument of a call."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and not node.keywords:
            return ast.Call(node.func, [ast.Name(ast.unparse(node.args[0])[1:-1])], [])
        return node


def wrapped(tree: ast.expr, before: str = "", after: str = "", indent: int = 4, nested: bool = False) -> list[str]:
    """Lay an expression out in lines: broken at the arguments of its call, or at its outermost operators.

    Parameters
    ----------
    tree : ast.expr
    before, after : str
        What stands in front of it on the first line, and behind it on the last one.
    indent : int
    nested : bool
        Whether it stands in brackets, so that operators may be broken at without brackets of their own.
    """
    margin = " " * indent
    whole = f"{margin}{before}{unparse(tree)}{after}"
    if len(whole) <= WIDTH:
        return [whole]
    inner, tail = _tail(tree)
    if isinstance(inner, ast.Call):
        return wrapped(inner, before, f"{tail}{after}", indent, nested)
    if isinstance(inner, (ast.BinOp, ast.UnaryOp)):
        return [f"{margin}{before}(", *wrapped(inner, "", "", indent + 4, nested=True), f"{margin}){tail}{after}"]
    if isinstance(tree, ast.Call) and (tree.args or tree.keywords):
        return [f"{margin}{before}{unparse(tree.func)}(", *_listed(tree, indent + 4), f"{margin}){after}"]
    if isinstance(tree, (ast.Tuple, ast.List)) and tree.elts:
        opening, closing = "()" if isinstance(tree, ast.Tuple) else "[]"
        return [f"{margin}{before}{opening}", *_listed(tree, indent + 4), f"{margin}{closing}{after}"]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub) and isinstance(tree.operand, ast.Call):
        return wrapped(tree.operand, f"{before}-", after, indent, nested)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _SIGNS:
        if nested and not before:
            return _broken(tree, after, indent)
        return [f"{margin}{before}(", *_broken(tree, "", indent + 4), f"{margin}){after}"]
    return [whole]


def _tail(tree: ast.expr) -> tuple[ast.expr | None, str]:
    """Take off what stands short behind an expression: an index, an attribute, a method, a power."""
    inner: ast.expr | None = None
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        inner = tree.func.value
    elif isinstance(tree, (ast.Attribute, ast.Subscript)):
        inner = tree.value
    elif isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow):
        inner = tree.left
    if inner is None or not isinstance(inner, (ast.Call, ast.BinOp, ast.UnaryOp)):
        return None, ""
    bracketed = unparse(ast.Attribute(inner, "_"))[:-2]
    tail = unparse(tree).removeprefix(bracketed)
    return (inner, tail) if len(tail) < _SHORT else (None, "")


def _listed(tree: ast.Call | ast.Tuple | ast.List, indent: int) -> list[str]:
    """Lay out arguments one after the other, and numbers as many to a line as it takes."""
    if isinstance(tree, ast.Call):
        items = [*(("", argument) for argument in tree.args), *((f"{k.arg}=", k.value) for k in tree.keywords)]
        return [line for before, item in items for line in wrapped(item, before, ",", indent, nested=True)]
    if any(isinstance(item, (ast.Call, ast.List, ast.Tuple)) for item in tree.elts):
        return [line for item in tree.elts for line in wrapped(item, "", ",", indent, nested=True)]
    filled = textwrap.wrap(", ".join(unparse(item).replace(" ", "\0") for item in tree.elts) + ",", WIDTH - indent)
    return [" " * indent + line.replace("\0", " ") for line in filled]


def _broken(tree: ast.BinOp, after: str, indent: int) -> list[str]:
    """Lay out the operands of the outermost operators of one rank, each with the operator in front of it."""
    rank = next((tuple(signs) for signs in (_SUMS, _PRODUCTS) if type(tree.op) in signs), (type(tree.op),))
    operands: list[tuple[str, ast.expr]] = []
    left: ast.expr = tree
    while isinstance(left, ast.BinOp) and isinstance(left.op, rank):
        operands.append((f"{_SIGNS[type(left.op)]} ", left.right))
        left = left.left
    operands = [("", left), *reversed(operands)]
    lines: list[str] = []
    for i, (sign, operand) in enumerate(operands):
        end = after if i == len(operands) - 1 else ""
        beside = ast.BinOp(ast.Name("_"), tree.op, operand) if sign else ast.BinOp(operand, tree.op, ast.Name("_"))
        bracketed = unparse(beside)[4:] if sign else unparse(beside)[:-4]
        if bracketed == unparse(operand):
            lines += wrapped(operand, sign, end, indent, nested=True)
        elif indent + len(sign + bracketed + end) <= WIDTH:
            lines.append(f"{' ' * indent}{sign}{bracketed}{end}")
        else:
            inner = wrapped(operand, "", "", indent + 4, nested=True)
            lines += [f"{' ' * indent}{sign}(", *inner, f"{' ' * indent}){end}"]
    return lines

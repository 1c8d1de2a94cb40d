"""Python code laid out as a person would: double quotes, lines of moderate length, broken where it reads well."""

from __future__ import annotations

import ast
import io
import re
import tokenize

WIDTH = 99  # of the lines that are written
_SHORT = 30  # of a method call that stays on the last line of what it is called on
_SUMS: dict[type, str] = {ast.Add: "+", ast.Sub: "-"}
_PRODUCTS: dict[type, str] = {ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}
_SIGNS: dict[type, str] = {**_SUMS, **_PRODUCTS, ast.BitAnd: "&", ast.BitOr: "|"}


def unparse(tree: ast.AST) -> str:
    """Return the text of a syntax tree, with double quotes, and powers without spaces."""
    code = ast.unparse(tree)
    if "'" in code:
        lines = code.splitlines(keepends=True)
        for token in reversed(list(tokenize.generate_tokens(io.StringIO(code).readline))):
            plain = token.type == tokenize.STRING and token.string.endswith("'") and not set(token.string) & set('"\\')
            if plain and token.start[0] == token.end[0]:
                row, start, end = token.start[0] - 1, token.start[1], token.end[1]
                lines[row] = lines[row][:start] + token.string.replace("'", '"') + lines[row][end:]
        code = "".join(lines)
    return re.sub(r"(?<=\w) \*\* (?=-?\w)", "**", code)


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
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        method = unparse(ast.Call(ast.Attribute(ast.Name("_"), tree.func.attr), tree.args, tree.keywords))[1:]
        inner = tree.func.value
        if len(method) < _SHORT and isinstance(inner, ast.Call):
            return wrapped(inner, before, f"{method}{after}", indent, nested)
        if len(method) < _SHORT and isinstance(inner, (ast.BinOp, ast.UnaryOp)):
            return [f"{margin}{before}(", *wrapped(inner, "", "", indent + 4, nested=True), f"{margin}){method}{after}"]
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


def _listed(tree: ast.Call | ast.Tuple | ast.List, indent: int) -> list[str]:
    """Lay out arguments, one after the other."""
    items = [("", a) for a in (tree.args if isinstance(tree, ast.Call) else tree.elts)]
    items += [(f"{k.arg}=", k.value) for k in tree.keywords] if isinstance(tree, ast.Call) else []
    return [line for before, item in items for line in wrapped(item, before, ",", indent, nested=True)]


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

"""Mutants of functions: one small change at a time in the syntax tree, put in the place of the code that runs."""

import ast
import functools
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

REVERSED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COMMUTATIVE = {"add", "equal", "fmax", "fmin", "hypot", "logaddexp", "maximum", "minimum", "multiply"}
EDGE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


@dataclass(frozen=True)
class Mutant:
    """A change of a function, as text, and the code of the changed function."""

    text: str
    code: CodeType


@functools.cache
def _functions(filename):
    """Return the functions and lambdas of a file by their first line."""
    found: dict[int, list[Any]] = {}
    for node in ast.walk(ast.parse(Path(filename).read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            decorators = getattr(node, "decorator_list", [])
            found.setdefault(min([node.lineno, *(d.lineno for d in decorators)]), []).append(node)
    return found


def copied(x):
    """Return a copy of a syntax tree, or of a list of them, marks and all: faster than `copy.deepcopy`."""
    if isinstance(x, list):
        return [copied(part) for part in x]
    if not isinstance(x, ast.AST):
        return x
    new = type(x).__new__(type(x))  # what it takes to make one differs between versions of Python
    vars(new).update({name: copied(part) for name, part in vars(x).items()})
    return new


def definition(function):
    """Return the syntax tree of a function, a lambda made into a ``def``."""
    code = function.__code__
    nodes = _functions(code.co_filename)[code.co_firstlineno]
    spans = [p for p in code.co_positions() if None not in p and p[2] != p[3]]
    inside = [n for n in nodes if all(_holds(n, *span) for span in spans)]
    return _as_def(max(inside, key=lambda n: (n.lineno, n.col_offset)))  # the innermost


def _holds(node, line, end_line, column, end_column):
    return (node.lineno, node.col_offset) <= (line, column) and (end_line, end_column) <= (
        node.end_lineno,
        node.end_col_offset,
    )


def _as_def(node):
    node = copied(node)
    if isinstance(node, ast.Lambda):
        body: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node.body)]
        parts: dict[str, Any] = {"type_params": []}  # since Python 3.12
        node = ast.copy_location(ast.FunctionDef("_lambda", node.args, body, [], **parts), node)
    node.name, node.decorator_list, node.returns = "_mutant", [], None  # its own name is a global, where it recurs
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    node.args.defaults = [ast.Constant(None) for _ in node.args.defaults]
    node.args.kw_defaults = [d and ast.Constant(None) for d in node.args.kw_defaults]
    return ast.fix_missing_locations(node)


def _compiled(node, original):
    """Compile a ``def`` to code that can stand for the original: of the same free variables."""
    node = copied(node)
    if original.co_freevars:
        uses = ast.parse(f"if 0:\n    {', '.join(original.co_freevars)},").body
        node.body = uses + node.body
    outer = ast.parse(f"def outer({', '.join(original.co_freevars)}):\n    pass")
    outer.body[0].body = [node]
    code = compile(ast.fix_missing_locations(outer), original.co_filename, "exec")
    inner = next(c for c in code.co_consts if isinstance(c, CodeType))
    return next(c for c in inner.co_consts if isinstance(c, CodeType))


def mutants(function, params=()):
    """Yield every mutant of a function that compiles to other code; ``params`` are arguments that are no operands."""
    tree = definition(function)
    positional = [a.arg for a in (*tree.args.posonlyargs, *tree.args.args)]
    operands = [a for a in positional[: len(positional) - len(tree.args.defaults)] if a not in params]
    if tree.body and isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        tree.body = tree.body[1:]  # the docstring
    original = function.__code__
    seen = {_key(_compiled(tree, original))}
    messages = [node for node in ast.walk(tree) if _is_message(node, function.__globals__)]
    skipped = {id(node) for part in (tree.args, *messages) for node in ast.walk(part)}
    for i, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        _mark(node)
        for new in _variants(node, operands):
            changed = copied(tree)
            place = _replace(changed, i, new)
            try:
                code = _compiled(changed, original)
            except SyntaxError:
                continue
            if _key(code) not in seen:
                seen.add(_key(code))
                yield Mutant(_text(tree, node, new, place), code)


def _is_message(node, names):
    """Whether a node only words an error, or asks zip to check what is so."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return words(names.get(node.func.id))
    return isinstance(node, (ast.Raise, ast.JoinedStr)) or (isinstance(node, ast.keyword) and node.arg == "strict")


def words(function):
    """Whether a function returns a text."""
    return getattr(function, "__annotations__", {}).get("return") == "str"


def _text(tree, node, new, place):
    """Say what was changed: names and numbers with what is around them."""
    if isinstance(node, (ast.Name, ast.Constant, ast.UnaryOp)) and isinstance(place, ast.expr):
        new = place
        node = next(parent for parent in ast.walk(tree) if any(child is node for child in ast.iter_child_nodes(parent)))
    return " ".join(f"{ast.unparse(node)} -> {ast.unparse(new) or 'nothing'}".split())


def _key(code):
    """Return what two codes have in common when they do the same."""
    consts = tuple(_key(c) if isinstance(c, CodeType) else (type(c), repr(c)) for c in code.co_consts)
    return code.co_code, consts, code.co_names, code.co_varnames


def _mark(node):
    """Mark names of which only shape or dtype is read, where one operand is often as good as another; signed digits."""
    match node:
        case ast.UnaryOp(ast.USub(), ast.Constant() as digits):
            digits.signed = True
        case ast.Attribute(ast.Name() as name, attribute) if attribute in ("shape", "ndim", "size", "dtype"):
            name.shape_only = True
        case ast.Call(ast.Attribute(attr=function), [ast.Name() as name]) if function in ("ndim", "shape", "size"):
            name.shape_only = True


def _replace(tree, position, new):
    """Put a node in the place of the one at a position of the walk, and return its parent."""
    old = list(ast.walk(tree))[position]
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return parent
            if isinstance(value, list) and any(child is old for child in value):
                setattr(parent, name, [new if child is old else child for child in value])
                return parent
    raise LookupError(old)


def _variants(node, operands):
    """Return what may stand in the place of a node."""
    new = _by_type(node, operands)
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Tuple):
        new += [ast.Return(ast.UnaryOp(ast.USub(), node.value))]
        new += [ast.Return(ast.BinOp(ast.Constant(factor), ast.Mult(), node.value)) for factor in (2, 0.5)]
    return [ast.copy_location(copied(each), node) for each in new]


def _by_type(node, operands):
    match node:
        case ast.BinOp(left, ast.Mult(), right):
            return [left, right]
        case ast.BinOp(left, ast.Div(), right):
            return [left, ast.BinOp(left, ast.Mult(), right), ast.BinOp(right, ast.Div(), left)]
        case ast.BinOp(left, ast.Add(), right):
            return [left, right, ast.BinOp(left, ast.Sub(), right)]
        case ast.BinOp(left, ast.Sub(), right):
            return [left, ast.UnaryOp(ast.USub(), right), ast.BinOp(left, ast.Add(), right)]
        case ast.BinOp(left, ast.MatMult(), right):
            return [left, right, ast.BinOp(right, ast.MatMult(), left)]
        case ast.BinOp(left, ast.Pow(), right):
            return [left, ast.BinOp(left, ast.Pow(), ast.BinOp(right, ast.Add(), ast.Constant(1)))]
        case ast.UnaryOp(ast.USub(), ast.Constant(value) as operand):
            return [operand, ast.UnaryOp(ast.USub(), ast.Constant(value + 1))]  # type: ignore[operator]
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            return [operand]
        case ast.BoolOp(op, values):
            return [*values, ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)]
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.If(body=body, orelse=orelse):
            return [ast.If(ast.Constant(truth), body, orelse) for truth in (True, False)]
        case ast.Compare(left, [op], right):
            return [ast.Compare(left, [t[type(op)]()], right) for t in (REVERSED, EDGE) if type(op) in t]
        case ast.Constant(bool(value)):
            return [ast.Constant(not value)]
        case ast.Constant(int(value) | float(value)) if not hasattr(node, "signed"):
            return [ast.Constant(value + 1)]
        case ast.Name(name, ast.Load()) if name in operands and not hasattr(node, "shape_only"):
            others = [a for a in operands if a not in ("g", "i", name)]
            return [ast.Name(other, ast.Load()) for other in others[:2] if name not in ("g", "i")]
        case ast.AugAssign(target, op, value):
            return [ast.AugAssign(target, ast.Sub() if isinstance(op, ast.Add) else ast.Add(), value)]
        case ast.Assign([ast.Name(name)]) if name in operands:
            return [ast.Pass()]
        case ast.Call():
            return _calls(node)
    return []


def _calls(node):
    """Drop the call, swap its operands, drop each keyword."""
    new = [*node.args[:1]]
    swaps = getattr(node.func, "attr", "") not in COMMUTATIVE
    if swaps and len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args):
        first, second, *rest = node.args
        new.append(ast.Call(node.func, [second, first, *rest], node.keywords))
    fewer = [[k for k in node.keywords if k is not dropped] for dropped in node.keywords if dropped.arg != "strict"]
    return new + [ast.Call(node.func, node.args, keywords) for keywords in fewer]


@contextmanager
def installed(function, mutant):
    """Let a function run a mutant's code while the block runs."""
    original = function.__code__
    function.__code__ = mutant.code
    try:
        yield
    finally:
        function.__code__ = original


def reachable(function, belongs, seen=None):
    """Return a function and the functions that it uses, by global or enclosing name, as far as they ``belong``."""
    seen = [] if seen is None else seen
    function = getattr(function, "func", function)  # a partial
    if not isinstance(function, FunctionType) or function in seen or not belongs(function) or words(function):
        return seen
    seen.append(function)
    used = [function.__globals__.get(name) for name in _all_names(function.__code__)]
    used += [cell.cell_contents for cell in function.__closure__ or ()]
    for other in used:
        reachable(other, belongs, seen)
    return seen


def _all_names(code):
    names = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, CodeType):
            names.update(_all_names(const))
    return sorted(names)

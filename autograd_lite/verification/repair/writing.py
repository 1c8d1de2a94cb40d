"""Edits of a syntax tree written into the user's source: what does not change stays as it was typed."""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from autograd_lite.verification.repair.patch import Edit, edited
from autograd_lite.verification.repair.rewriting import Words
from autograd_lite.verification.repair.source import Unit

_PLACE = "kept_{}_"


def written(unit: Unit, replaced: Sequence[tuple[ast.AST, Any, str | Words]]) -> list[Edit]:
    """Return edits of a function's source.

    Parameters
    ----------
    unit : Unit
    replaced : sequence of (node of the source, what stands there instead, words)
    """
    worded = [(old, new, str(words)) for old, new, words in replaced]
    return [_edit(unit, old, new, words) for old, new, words in _outermost(_composed(worded))]


def length(edits: Sequence[Edit], unit_lines: Sequence[str]) -> int:
    """Return how many tokens of the source change."""
    return sum(distance(_span(e, unit_lines), e.text) for e in edits)


def _composed(replaced: Sequence[tuple[ast.AST, Any, str]]) -> list[tuple[ast.AST, Any, str]]:
    """Let what replaces a replacement stand in its place."""
    made: list[tuple[ast.AST, Any, str]] = []
    for old, new, words in replaced:
        earlier = next((i for i, (_, before, _) in enumerate(made) if before is old), None)
        if earlier is None:
            made.append((old, new, words))
        else:
            made[earlier] = made[earlier][0], new, "; ".join(dict.fromkeys(w for w in (made[earlier][2], words) if w))
    return made


def _outermost(replaced: Sequence[tuple[ast.AST, Any, str]]) -> Iterator[tuple[ast.AST, Any, str]]:
    gone = [old for old, new, _ in replaced if all(n is not old for n in ast.walk(new))]
    inside = {id(n) for old in gone for n in ast.walk(old) if n is not old}
    for old, new, words in replaced:
        if hasattr(old, "own") and id(old) not in inside:
            yield old, new, words


def _edit(unit: Unit, old: Any, new: Any, words: str) -> Edit:
    if isinstance(old, ast.stmt):
        return _of_statements(unit, old, new, words)
    text = _text(new, unit)
    if isinstance(new, ast.Tuple) and isinstance(old, ast.Tuple) and not source_of(old, unit).startswith("("):
        text = text.removeprefix("(").removesuffix(")")

    def put(text: str, wider: int = 0) -> Edit:
        end = old.end_lineno, old.end_col_offset + wider
        return Edit(unit.file, old.lineno, old.col_offset - wider, *end, text, words, unit.name)

    before, after = _around(unit, old)
    without = [put(text, 1)] if before.endswith("(") and after.startswith(")") and _is_atom(new) else []
    meant = _parsed(put(f"({text})"), unit)  # brackets never do harm, and often are not needed
    return next((e for e in (*without, put(text)) if _parsed(e, unit) == meant), put(f"({text})"))


def _parsed(edit: Edit, unit: Unit) -> str | None:
    """Return the tree of a function with an edit in it; of the whole file for a lambda."""
    first, last = (1, None) if isinstance(unit.tree, ast.Lambda) else (unit.tree.lineno, unit.tree.end_lineno)
    try:
        return ast.dump(ast.parse(textwrap.dedent(edited("".join(unit.lines[first - 1 : last]), [edit], first))))
    except SyntaxError:
        return None


def _of_statements(unit: Unit, old: ast.stmt, new: Any, words: str) -> Edit:
    first, last, end = old.lineno, old.end_lineno or old.lineno, old.end_col_offset or 0
    before, after = _around(unit, old)
    body = new.body if getattr(new, "is_block", False) else [new]
    if before.strip() or after.strip()[:1] not in ("", "#"):  # beside another on its line
        text = "; ".join(_text(s, unit) for s in body)
        return Edit(unit.file, first, old.col_offset, last, end, text, words, unit.name)
    if isinstance(new, ast.Pass) and _has_siblings(new, unit):
        return Edit(unit.file, first, 0, last + 1, 0, "", words, unit.name)
    if old in body and len(body) == 2:
        added = next(s for s in body if s is not old)
        at = last + 1 if body[0] is old else first
        return Edit(unit.file, at, 0, at, 0, textwrap.indent(_text(added, unit), before) + "\n", words, unit.name)
    text = "\n".join(textwrap.indent(_text(s, unit), before) for s in body).removeprefix(before)
    return Edit(unit.file, first, old.col_offset, last, end, text, words, unit.name)


def _has_siblings(statement: ast.stmt, unit: Unit) -> bool:
    """Whether a statement is one of several."""
    held = (getattr(n, name, None) for n in ast.walk(unit.tree) for name in ("body", "orelse", "finalbody"))
    return any(isinstance(h, list) and statement in h and len(h) > 1 for h in held)


def _text(new: ast.AST, unit: Unit) -> str:
    """Write a tree; the parts of it that are of the source, as they stand there."""
    kept: list[str] = []

    class Keeper(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            if (
                isinstance(node, ast.expr)
                and hasattr(node, "own")
                and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
            ):
                segment = source_of(node, unit)
                if segment and "\n" not in segment and _is_same(segment, node):
                    kept.append(segment)
                    return ast.Name(_PLACE.format(len(kept) - 1), ast.Load())
            return self._copy(node)

        def _copy(self, node: ast.AST) -> ast.AST:
            made = type(node)(**dict(ast.iter_fields(node)))
            for name, value in ast.iter_fields(node):
                if isinstance(value, list):
                    setattr(made, name, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
                elif isinstance(value, ast.AST):
                    setattr(made, name, self.visit(value))
            return made

    pattern = ast.unparse(ast.fix_missing_locations(Keeper().visit(new)))
    for form in ("{}", "({})"):
        text = re.sub(_PLACE.format(r"(\d+)"), lambda m, form=form: _bracketed(form, kept[int(m[1])]), pattern)  # type: ignore[misc]
        if _is_same(text, new):
            return text
    return ast.unparse(new)


def _bracketed(form: str, segment: str) -> str:
    return segment if re.fullmatch(r"[\w.]+", segment) else form.format(segment)


def _is_same(text: str, node: ast.AST) -> bool:
    try:
        tree: ast.AST = ast.parse(text, mode="eval").body if isinstance(node, ast.expr) else ast.parse(text).body[0]
    except (SyntaxError, IndexError):
        return False
    return ast.dump(tree) == ast.dump(node)


def source_of(node: Any, unit: Unit) -> str:
    """Return the source of a node."""
    lines = [line.encode() for line in unit.lines[node.lineno - 1 : node.end_lineno]]
    if not lines:
        return ""
    lines[-1] = lines[-1][: node.end_col_offset]
    lines[0] = lines[0][node.col_offset :]
    return b"".join(lines).decode()


def _around(unit: Unit, old: Any) -> tuple[str, str]:
    before = unit.lines[old.lineno - 1].encode()[: old.col_offset].decode()
    after = unit.lines[old.end_lineno - 1].encode()[old.end_col_offset :].decode()
    return before, after


_LOOSE = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda)


def _is_atom(new: Any) -> bool:
    return isinstance(new, ast.expr) and not isinstance(new, (*_LOOSE, ast.Tuple))


def _span(edit: Edit, lines: Sequence[str]) -> str:
    part = [line.encode() for line in lines[edit.line - 1 : edit.end_line]]
    if not part or edit.place[:2] == edit.place[2:]:
        return ""
    part[-1] = part[-1][: edit.end_column] if edit.end_line - edit.line + 1 == len(part) else part[-1]
    part[0] = part[0][edit.column :]
    return b"".join(part).decode()


def distance(old: str, new: str) -> int:
    """Return how many tokens come or go, whichever is more; those that move count as one, brackets not at all."""
    a, b = (Counter(t for t in tokens(x) if t not in "(),") for x in (old, new))
    return max(1, (a - b).total(), (b - a).total())


def tokens(text: str) -> list[str]:
    """Return the tokens of a piece of source."""
    found: list[str] = []
    with suppress(tokenize.TokenError, IndentationError, SyntaxError):
        found.extend(t.string for t in tokenize.generate_tokens(io.StringIO(text.strip()).readline))
    return [t for t in found if t.strip()]

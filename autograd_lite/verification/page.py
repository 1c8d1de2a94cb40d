"""Rows of words and of code, as they stand in a report: in 80 columns of text, or in HTML."""

from __future__ import annotations

import html
import io
import textwrap
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from keyword import iskeyword

WIDTH = 80
_ASIDE_AT = 41  # the column of what stands beside a line of code, where there is room
_COLOURS = {"": "transparent", "-": "rgba(248,81,73,.2)", "+": "rgba(46,160,67,.2)"}  # for light and dark pages


_OPERATORS = "+-*/@%&|^<>~([{"


@dataclass(frozen=True)
class Row:
    """A sentence, or a line of code, in a report.

    Attributes
    ----------
    text : str
    label : str
        What stands in the margin: "where", "why", "note".
    code : bool
    sign : str
        "-" for a line of code that goes, "+" for one that comes.
    aside : str
        What is said of a line of code.
    """

    text: str
    label: str = ""
    code: bool = False
    sign: str = ""
    aside: str = ""

    def lines(self) -> list[str]:
        """Return the row in 80 columns of text."""
        head = f"  {self.label:<7}"
        if not self.code:
            return wrap(self.text, head)
        indent = f"{self.sign} " if self.sign else "  " * (len(head) + 2 + len(self.text) <= WIDTH)
        lines = [line.rstrip() for line in wrap_code(self.text, head + indent)]
        end, room = len(lines[-1]) + 2, WIDTH - len(self.aside)
        if not self.aside:
            return lines
        if end > room or "#" in lines[-1]:
            return lines + wrap(self.aside, " " * len(head))
        return [*lines[:-1], lines[-1].ljust(max(end, min(_ASIDE_AT, room))) + self.aside]


def as_text(blocks: Iterable[Sequence[Row]]) -> list[str]:
    """Return blocks of rows as lines, an empty one before each."""
    return [line for block in blocks for line in ("", *(line for row in block for line in row.lines()))]


def as_html(blocks: Iterable[Sequence[Row]]) -> str:
    """Return blocks of rows as HTML; what is copied from a line of code is code, without its sign."""
    parts = []
    for block in blocks:
        for code, rows in groupby(block, key=lambda row: row.code):
            if code:
                lines = "".join(map(_line, rows))
                parts.append(f'<pre style="margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere">{lines}</pre>')
            else:
                parts += [f'<p style="margin:4px 0">{_labelled(row)}</p>' for row in rows]
        parts.append('<div style="height:8px"></div>')
    return "".join(parts[:-1])


def _line(row: Row) -> str:
    aside = f'<i style="white-space:normal;user-select:none">{html.escape(row.aside)}</i>' if row.aside else ""
    return (
        f'<code style="display:flex;background:{_COLOURS[row.sign]};padding:1px 4px">'
        f'<span style="user-select:none">{row.sign or " "} </span>'
        '<span style="flex:1;display:flex;flex-wrap:wrap;gap:0 3em">'
        f"<span>{html.escape(row.text)}</span>{aside}</span></code>"
    )


def _labelled(row: Row) -> str:
    label = f'<span style="opacity:.7">{row.label}</span> ' if row.label else ""
    return label + html.escape(row.text)


def wrap(text: str, head: str) -> list[str]:
    """Wrap a text to the page, its first line behind a head and the others below it."""
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)) or [head.rstrip()]


def wrap_code(line: str, head: str) -> list[str]:
    """Wrap a line of code to the page so that it stays the same code; one that has no place for it stays long."""
    breaks, parts, start, lead = _breaks(line), [], 0, ""
    while len(head) + len(lead) + len(line) - start > WIDTH and (ahead := [c for c in breaks if c > start]):
        room = WIDTH - len(head) - len(lead) - len(" \\")
        fitting = [c for c in ahead if len(line[start:c].rstrip()) <= room]
        late = [c for c in fitting if c - start > room // 2] or fitting
        end = max(late, key=lambda c: (-breaks[c], c), default=ahead[0])  # in as few brackets as may be
        parts.append(lead + line[start:end].rstrip() + ("" if breaks[end] else " \\"))
        start, lead = end, line[: len(line) - len(line.lstrip())] + "    "
    parts.append(lead + line[start:])
    return [(" " * len(head) if i else head) + part for i, part in enumerate(parts)]


def _breaks(line: str) -> dict[int, int]:
    """Return the columns at which a line of code may be broken, with the number of brackets that are open there."""
    found, depth, before, indent = {}, 0, " ", len(line) - len(line.lstrip())
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline):
            column, text = indent + token.start[1], token.string.strip()
            spaced = column > indent and line[column - 1].isspace()
            ties = before[-1:] in _OPERATORS or iskeyword(before) or text[-1:] == "="
            if spaced and text and text[0] != "#" and not ties:
                found[column] = max(depth, 0)
            if token.type == tokenize.OP:
                depth += (text in "([{") - (text in ")]}")
            before = text
    except (tokenize.TokenError, SyntaxError):  # the rest is on the next line
        pass
    return found

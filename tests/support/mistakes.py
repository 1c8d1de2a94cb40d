"""Mistakes in the lines of right gradients, and the table of the lines that are named for them.

``python -m tests.support.mistakes`` writes the table anew.
"""

import ast
import re
from pathlib import Path

import numpy as np

from autograd_lite import verify
from tests.support.repairs import no_repairs
from tests.support.styles import ARGUMENTS, FUNCTIONS, MISTAKES, STYLES, run

TABLE = Path(__file__).with_name("golden") / "mistakes.txt"
WRITE = "python -m tests.support.mistakes"

NOT_A_STEP = re.compile(r"\s*(n|N) = |\s*(hs|grads|dhnext|db) = (\[|{|np|0)|\s*dW?\w* = np.zeros|.* = np.zeros_like")
ASSIGNMENT = re.compile(r"(\s+)(return |[^=(]*? [-+*/]?= )(.+)")


def tilted(x):
    """Another value of the same shape, and no multiple of it."""
    x = np.asarray(x, float)
    return x * np.linspace(0.5, 1.5, x.size).reshape(x.shape) if x.size > 1 else 1.37 * x + 0.01


def changed(line, mistake):
    """Return a line with a mistake in its (first) value, or None if it has none."""
    match = ASSIGNMENT.fullmatch(line)
    if not match or NOT_A_STEP.match(line) or match[3] == "grads" or match[3].startswith("{"):
        return None
    indent, target, value = match.groups()
    tree = ast.parse(value).body[0].value
    if isinstance(tree, ast.Tuple):
        first, *others = map(ast.unparse, tree.elts)
        return f"{indent}{target}{', '.join([mistake.format(first), *others])}"
    return f"{indent}{target}{mistake.format(value)}"


def named(style, mistake):
    """Yield a line for each line of a style that takes a mistake: what it says then, and which line is named."""
    function, source = STYLES[style]
    whole = FUNCTIONS + source
    lines = whole.splitlines()
    for k in range(whole[: whole.index("def hand")].count("\n") + 1, len(lines)):
        line = changed(lines[k], MISTAKES[mistake])
        if line is None:
            continue
        space = run("\n".join([*lines[:k], line, *lines[k + 1 :]]) + "\n", tilted=tilted)
        try:
            report = verify(space[function], space["hand"], *ARGUMENTS[function])
        except (TypeError, ValueError):  # a fraction for an index, or one array of three
            continue
        if not report:
            yield " | ".join([style, mistake, line.strip(), *where(report.finding, k + 1)])


def where(finding, line):
    """Say whether a line is the one that is named; of another one, what it says."""
    if finding is None:
        return ["no line"]
    if finding.line == line:
        return ["its line"]
    return ["one that is unsure" if finding.unchecked else "another line", finding.text]


def rows():
    """Return the lines of the table."""
    return TABLE.read_text(encoding="utf-8").splitlines()


def listed(style, mistake):
    """Return the lines of the table that are about a style and a mistake."""
    return [row for row in rows() if row.startswith(f"{style} | {mistake} | ")]


if __name__ == "__main__":
    with no_repairs():
        written = [row for style in STYLES for mistake in MISTAKES for row in named(style, mistake)]
    TABLE.write_text("\n".join(written) + "\n", encoding="utf-8")

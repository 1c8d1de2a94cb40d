"""The chain rule of a computation, in the user's names and with its numbers."""

from __future__ import annotations

import html
import os
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.core.shapes import Value
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.transforms import check_callable
from autograd_lite.program.numbers import figure
from autograd_lite.program.render import text
from autograd_lite.program.steps import Step
from autograd_lite.program.trace import Program, Wrt, trace
from autograd_lite.program.variables import outcomes_by
from autograd_lite.readings.explanation import formulas, page

_WIDEST = 72  # characters of an expression that still has its value beside it


@dataclass(frozen=True)
class Row:
    """One line of an explanation: ``name = expression``, and what came out. A decision has no name."""

    section: str
    name: str
    expression: str
    value: str

    @property
    def definition(self) -> str:
        """The expression, after an equals sign where there is a name."""
        return f"= {self.expression}" if self.name else self.expression


class Explanation:
    """Why a gradient is what it is: each step of the forward and of the backward pass, with its number.

    ``print`` shows it as text, notebooks as a table.

    Parameters
    ----------
    program : Program

    Attributes
    ----------
    program : Program
    rows : list of Row
        Sections "the path that ran" (only where control flow depended on values), "forward" and "backward".
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rows = [*_decisions(program), *map(_row, program.steps)]
        if program.cotangent is not None:
            value = program[program.result].value if program.forward else program.inputs[program.result].value
            seed = Row("backward", program.cotangent, f"np.ones({np.shape(value)})", figure(np.ones_like(value)))
            self.rows.insert(len(self.rows) - len(program.backward), seed)
        for of, name in program.gradients.items():
            if not name:
                why = f"{program.result} does not depend on {of}"
                self.rows.append(Row("backward", f"d{program.result}_d{of}", "0", why))

    def __getitem__(self, name: str) -> Value:
        """Return the value of a step, forward or backward, or of an input."""
        if name in self.program.inputs:
            return self.program.inputs[name].value
        return self.program[name].value

    def jacobian(self, of: str, by: str) -> Value:
        """Return the derivative of one step by another or by an input, through all the paths between them.

        It is computed from the record, by the same rules as the gradient, with one backward pass for each element of
        the smaller side.

        Parameters
        ----------
        of, by : str
            Names in this explanation; backward steps too, whose derivatives are second derivatives.

        Returns
        -------
        array of shape (shape of ``of``) + (shape of ``by``)

        Raises
        ------
        ValueError
            Where there is no such name; the error lists those that there are.

        Examples
        --------
        >>> import numpy as np, autograd_lite as ag
        >>> def loss(w):
        ...     h = w * w
        ...     return np.sum(h)
        >>> ag.explain(loss, np.array([1.0, 2.0])).jacobian("h", "w")
        array([[2., 0.],
               [0., 4.]])
        """
        return self.program.jacobian(of, by)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        names = max((len(row.name) for row in self.rows), default=0)
        narrow = [len(row.expression) for row in self.rows if len(row.expression) <= _WIDEST]
        width = max(narrow, default=0)
        for section, rows in self._sections():
            yield section
            for row in rows:
                *above, last = textwrap.wrap(row.expression, max(width, _WIDEST), break_long_words=False)
                starts = [f"{row.name:<{names}} = ", *[" " * (names + 3)] * len(above)]
                if not row.name:
                    starts, above, last = [""], [], f"{row.expression:<{names + 3 + width}}"
                yield from (f"  {start}{line}" for start, line in zip(starts, above, strict=False))
                yield f"  {starts[len(above)]}{last:<{width}}   {row.value}"

    def _sections(self) -> Iterator[tuple[str, list[Row]]]:
        for section, rows in groupby(self.rows, key=lambda row: row.section):
            yield section, list(rows)

    def to_markdown(self) -> str:
        """Return the explanation as one Markdown table for each section."""
        return "\n\n".join(_markdown_table(section, rows) for section, rows in self._sections()) + "\n"

    def to_latex(self) -> str:
        r"""Return the chain rule of each gradient as LaTeX: formulas in ``align*`` environments of amsmath.

        First the derivative as a product of partial derivatives, one summand for each path, with the numbers below;
        then the steps one by one. Where there are more than a few paths, the steps alone say how they add up.
        """
        return formulas.document(self.program)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write a page that steps through the forward pass, then through the backward pass.

        The page is one file that needs no network: open it in any browser. Arrow keys, space, Home and End work.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        Path
            Of the file that was written.
        """
        path = Path(path)
        path.write_text(self.page().html, "utf-8")
        return path

    def page(self, height: int = 680) -> page.Page:
        """Return the page that `to_html` writes for a notebook to show below its cell.

        Parameters
        ----------
        height : int
            Of the frame that it is shown in, in pixels.

        Returns
        -------
        Page
            What it displays needs no network. Where scripts are not run, as on GitHub, nothing is shown: the table that
            the explanation itself is says the same.
        """
        decisions = [(row.expression, row.value) for row in self.rows if not row.name]
        return page.Page(page.write(self.program, decisions), page.title(self.program), height)

    def _repr_html_(self) -> str:
        parts = [_HTML_STYLE]
        for section, rows in self._sections():
            parts.append(f'<tr><th colspan="3">{html.escape(section)}</th></tr>')
            for row in rows:
                cells = (row.name, row.definition, row.value)
                parts.append("<tr>" + "".join(f"<td><code>{html.escape(cell)}</code></td>" for cell in cells) + "</tr>")
        return "\n".join([*parts, "</table></div>"])


def explain(f: Callable[..., Any] | Tensor, *args: Any, wrt: Wrt = None) -> Explanation:
    """Explain the derivative of a function: the chain rule, step by step, in the names of its code.

    Parameters
    ----------
    f : callable, or a Tensor already computed
        Takes trees of arrays; returns one array. It is run once.
    *args : trees of arrays
    wrt : str or sequence of str, optional
        The inputs to differentiate by, which picks the paths that are shown; all of them if left out.

    Returns
    -------
    Explanation

    Raises
    ------
    TypeError
        Where ``f`` returns no Tensor, or several.
    ValueError
        Where ``wrt`` names no input; the error lists the names there are.

    Examples
    --------
    >>> import numpy as np, autograd_lite as ag
    >>> def error(weight):
    ...     prediction = np.tanh(weight)
    ...     return np.square(prediction - 1.0)
    >>> ag.explain(error, 0.5)
    forward
      prediction          = np.tanh(weight)                            0.4621
      error               = np.square(prediction - 1)                  0.2893
    backward
      derror_dprediction  = 2 * (prediction - 1)                       -1.076
      dprediction_dweight = 1 - prediction * prediction                0.7864
      derror_dweight      = derror_dprediction * dprediction_dweight   -0.846
    """
    if isinstance(f, Tensor):
        if args:
            raise TypeError("ag.explain of a Tensor takes no arguments: it was computed already")
    else:
        check_callable(f, "ag.explain(f, x)")
    return Explanation(trace(f, *args, wrt=wrt))


def _row(step: Step) -> Row:
    section = "forward" if step.role == "forward" else "backward"
    return Row(section, step.name, text(step.node, defining=True), figure(step.value))


def _decisions(program: Program) -> Iterator[Row]:
    """Yield how the control flow went: one row for each line with a condition, in the order of running."""
    decisions = [decision for decision in program.decisions if decision.place is not None]
    for line, outcomes in outcomes_by(decisions, lambda decision: decision.place and decision.place.text).items():
        yield Row("the path that ran", "", str(line).rstrip(":"), outcomes)


def _markdown_table(section: str, rows: list[Row]) -> str:
    def code(cell: str) -> str:
        return f"`{cell}`".replace("|", "\\|") if cell else ""

    lines = [f"| {section} | | |", "| :-- | :-- | :-- |"]
    lines += [f"| {code(row.name)} | {code(row.definition)} | {code(row.value)} |" for row in rows]
    return "\n".join(lines)


_HTML_STYLE = """<div style="overflow-x: auto"><style>
.autograd-lite-explanation { border-collapse: collapse; text-align: left; font-size: 0.85em; }
.autograd-lite-explanation :is(th, td) { text-align: left; border: 0; padding: 0.15em 1.2em 0.15em 0.3em; }
.autograd-lite-explanation th { border-bottom: 1px solid rgba(128, 128, 128, 0.5); padding-top: 0.8em; }
.autograd-lite-explanation tr { background: none; }
.autograd-lite-explanation tr:hover { background: rgba(128, 128, 128, 0.12); }
.autograd-lite-explanation code { background: none; border: 0; padding: 0; color: inherit; }
.autograd-lite-explanation code { font-size: 1em; white-space: pre; }
</style>
<table class="autograd-lite-explanation">"""

"""What a notebook shows of a Tensor: its value, what it is, what made it, and its gradient."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from autograd_lite.core.ducks import printable
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.program.numbers import summary

_MOST = 60  # elements that are all written out
_STYLE = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;border:0"


def as_html(t: Tensor) -> str:
    """Return a Tensor as a small table in the colours of the page around; long arrays are abbreviated."""
    heading = f"Tensor <b>{html.escape(t.name)}</b>" if t.name else "Tensor"
    rows = {"value": _array(t._value), "shape": f"{t.shape} {t.dtype}", "made by": html.escape(_origin(t))}
    if t.grad is not None:
        rows["grad"] = _array(t.grad)
    cells = "".join(
        f'<tr style="background:none"><th style="{_STYLE};font-weight:normal;opacity:.7">{name}</th>'
        f'<td style="{_STYLE}">{row}</td></tr>'
        for name, row in rows.items()
    )
    return f'<div style="overflow-x:auto">{heading}<table style="border:0;margin:4px 0">{cells}</table></div>'


def _array(value: Any) -> str:
    """Return the elements of an array, and below a long one its least, mean and largest."""
    value = np.asarray(printable(value))
    text = np.array2string(value, separator=", ", threshold=_MOST, edgeitems=2)
    if value.size > _MOST:
        text += f"\n{summary(value).partition('  ')[2]}"
    return f'<pre style="margin:0;padding:0;border:0;background:none;color:inherit">{html.escape(text)}</pre>'


def _origin(t: Tensor) -> str:
    """Say which op made a Tensor, and of what."""
    if t.op is None:
        return "you: a leaf"
    return f"{t.op.name} of {', '.join(map(_input, t.inputs))}"


def _input(x: Any) -> str:
    name = x.name if isinstance(x, Tensor) else None
    return name or f"{type(x).__name__} {np.shape(raw(x))}"


registry[Tensor._repr_html_] = as_html

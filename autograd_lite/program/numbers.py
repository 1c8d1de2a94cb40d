"""Values as short text: four significant digits, and a summary of what is too large to be read."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

DIGITS = 4
_FEW = 6  # elements that are still read one by one


def number(x: Any) -> str:
    """Return a number with four significant digits."""
    x = np.asarray(x)[()]
    if isinstance(x, (np.floating, np.complexfloating)):
        return format(x.item() + 0, f".{DIGITS}g")  # + 0: no minus before a zero
    return str(x)


def figure(value: Any) -> str:
    """Return a value on one line: its numbers where they are few, else its summary."""
    if isinstance(value, tuple):
        return f"{len(value)} arrays: {', '.join(str(np.shape(part)) for part in value)}"
    value = np.asarray(value)
    if value.ndim == 0:
        return number(value)
    return elements(value) if 0 < value.size <= _FEW else summary(value)


def elements(value: Any) -> str:
    """Return all the elements of an array on one line."""
    value = np.asarray(value)
    if value.dtype.kind in "fc":
        value = np.array([complex(number(x)) for x in value.ravel()]).reshape(value.shape)  # drops further digits
        value = value if np.iscomplexobj(value) and np.any(value.imag) else value.real
    text = np.array2string(value, max_line_width=10_000, precision=12, threshold=10_000)
    return " ".join(line.strip() for line in text.splitlines())


def summary(value: Any) -> str:
    """Return shape, min, mean, max, and what is remarkable: zeros, and what is not finite.

    Minimum, mean and maximum are those of the finite elements; of complex ones, those of their magnitudes.
    """
    value = np.asarray(value)
    if not value.size:
        return f"{value.shape}  empty"
    if value.dtype.kind == "b":
        return f"{value.shape}  {_share(value)} True"
    sizes = np.abs(value) if value.dtype.kind == "c" else value
    finite = sizes[np.isfinite(sizes)].astype(np.float64)  # a mean of float16 would overflow
    parts = []
    if finite.size:
        with np.errstate(over="ignore"):
            named = {"min": finite.min(), "mean": _mean(finite), "max": finite.max()}
        bars = "|" if value.dtype.kind == "c" else ""
        parts = [f"{bars}{name}{bars} {number(x)}" for name, x in named.items()]
    if not np.all(sizes):
        parts.append(f"{_share(sizes == 0)} zeros")
    for count, word in ((np.isnan(sizes).sum(), "NaN"), (np.isinf(sizes).sum(), "infinite")):
        if count:
            parts.append(f"{count} {word}")
    return f"{value.shape}  {', '.join(parts)}"


def label(value: Any) -> str:
    """Return what fits into a small box: a number, up to three numbers, or a shape."""
    if isinstance(value, tuple):
        return "tuple"
    if np.ndim(value) > 1 or not 0 < np.size(value) <= 3:
        return str(np.shape(value))
    return re.sub(r"(?<=\[) +| +(?=\])", "", re.sub(" +", " ", figure(value)))


def _mean(x: Any) -> Any:
    """Return the mean; 0 where it is not above the rounding errors of the sum."""
    mean = x.mean()
    return 0.0 if abs(mean) <= x.size * np.finfo(np.float64).eps * np.max(np.abs(x)) else mean


def _share(mask: Any) -> str:
    percent = 100 * float(np.mean(mask))
    return "<1%" if 0 < percent < 1 else ">99%" if 99 < percent < 100 else f"{percent:.0f}%"

"""The first variable of the user's code that is NaN or infinite."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.core.lines import is_users
from autograd_lite.verification.process import traced


def first_nonfinite(function: Callable[[], Any]) -> tuple[str, Any, int, str] | None:
    """Run a function; return the first variable that gets NaN or infinity, its value, the line, and its source.

    What is returned counts as a variable.
    """
    found: list[tuple[str, Any, int, str]] = []

    def enter(frame: FrameType, event: str, arg: Any) -> Any:
        if not is_users(frame.f_code.co_filename):
            return None
        given = {name: id(x) for name, x in frame.f_locals.items()}
        line = frame.f_lineno

        def follow(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal line
            values = {name: x for name, x in frame.f_locals.items() if given.get(name) != id(x)}
            values |= {"what is returned": arg} if event == "return" else {}
            for name, x in values.items():
                if not found and not _is_finite(x):
                    found.append((name, x, line, linecache.getline(frame.f_code.co_filename, line).strip()))
            line = frame.f_lineno
            return None if found else follow

        return follow

    with suppress(Exception):
        traced(enter, function)
    return found[0] if found else None


def _is_finite(x: Any) -> bool:
    """Whether a value holds no NaN and no infinity; a tuple of them, where none of its parts does."""
    if isinstance(x, (tuple, list)):
        return all(map(_is_finite, x))
    is_number = isinstance(x, (np.ndarray, np.generic, float, complex)) and np.asarray(x).dtype.kind in "fc"
    return not is_number or bool(np.isfinite(x).all())

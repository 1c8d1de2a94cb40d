"""Source text that is written here and run: debuggers, tracebacks and `inspect.getsource` find its lines."""

from __future__ import annotations

import linecache
from typing import Any


def load(text: str, filename: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run a module text and return its names.

    Parameters
    ----------
    text : str
    filename : str
        What tracebacks call it: ``<autograd_lite source 1>``, one for each text.
    names : dict
        What the text finds when it runs; those that it defines are added.
    """
    linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
    exec(compile(text, filename, "exec"), names)
    return names

"""Lines of the user's code, for messages."""

from __future__ import annotations

import linecache
import os
import sys
from functools import cache
from pathlib import Path
from types import FrameType

import numpy as np

_OTHERS = ("<frozen ", *(str(path) + os.sep for path in (Path(__file__).parents[1], Path(np.__file__).parent)))
_LIBRARY = str(Path(os.__file__).parent) + os.sep


def user_frame(frame: FrameType | None = None) -> FrameType | None:
    """Return the innermost frame of the user's code, from a frame outwards; from the caller if left out."""
    frame = sys._getframe(1) if frame is None else frame
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


@cache
def is_users(file: str) -> bool:
    """Whether code is the user's: none of this package, of NumPy, or of the standard library."""
    return not file.startswith(_OTHERS) and (not file.startswith(_LIBRARY) or "site-packages" in file)


def describe_line(frame: FrameType | None) -> str:
    """Return the file, the number and the text of the line that a frame is at."""
    return "an unknown line" if frame is None else describe_place(frame.f_code.co_filename, frame.f_lineno)


def describe_place(file: str, number: int) -> str:
    """Return a file, a line's number and its text."""
    text = linecache.getline(file, number).strip()
    return f"{file}:{number}" + (f": {text}" if text else "")

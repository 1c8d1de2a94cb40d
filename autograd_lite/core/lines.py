"""The user's code around a call: its lines, and the expression that is evaluated there."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import os
import sys
from dis import opname
from functools import cache
from itertools import islice
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any, TypeVar

import numpy as np

_OTHERS = ("<frozen ", *(str(path) + os.sep for path in (Path(__file__).parents[1], Path(np.__file__).parent)))
_LIBRARY = str(Path(os.__file__).parent) + os.sep

Raised = TypeVar("Raised", bound=Exception)
UNKNOWN = object()
"""What an expression stands for that cannot be told without running it."""


def user_frame(frame: FrameType | None = None) -> FrameType | None:
    """Return the innermost frame of the user's code, from a frame outwards; from the caller if left out."""
    frame = sys._getframe(1) if frame is None else frame
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def calling_frame(frame: FrameType | None = None) -> FrameType | None:
    """Return the innermost frame of code that no package brought, such as SciPy; the user's innermost if all are."""
    innermost = frame = user_frame(frame or sys._getframe(1))
    while frame is not None and "site-packages" in frame.f_code.co_filename:
        frame = user_frame(frame.f_back) if frame.f_back else None
    return frame or innermost


@cache
def is_users(file: str) -> bool:
    """Whether code is the user's: none of this package, of NumPy, or of the standard library."""
    return not file.startswith(_OTHERS) and (not file.startswith(_LIBRARY) or "site-packages" in file)


def is_of_user(x: Any) -> bool:
    """Whether a function, a class or a module is of the user's own code, and of no package that is installed."""
    if isinstance(x, FunctionType):
        file = x.__code__.co_filename
    else:
        name = x.__name__ if isinstance(x, ModuleType) else x.__module__ or ""
        file = getattr(sys.modules.get(name), "__file__", None) or ("" if name == "__main__" else "<frozen builtin>")
    return is_users(file) and "site-packages" not in file


def describe_line(frame: FrameType | None) -> str:
    """Return the file, the number and the text of the line that a frame is at."""
    return "an unknown line" if frame is None else describe_place(frame.f_code.co_filename, frame.f_lineno)


def describe_place(file: str, number: int) -> str:
    """Return a file, a line's number and its text, where that is known."""
    # Python 3.13 takes all code of this name for what was given to -c
    text = "" if file == "<string>" else linecache.getline(file, number).strip()
    return f"{notebook_cell(file) or file}:{number}" + (f": {text}" if text else "")


def file_name(file: str) -> str:
    """Return the name of a file without its folder, or of a notebook's cell."""
    return notebook_cell(file) or Path(file).name


def notebook_cell(file: str) -> str:
    """Return what a notebook shows beside the cell that a file stands for, as ``In [3]``; "" for any other file."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    found = shell.compile.format_code_name(file) if shell else None
    return found[1].replace("In[", "In [") if found else ""


def located(error: Raised) -> Raised:
    """Return an error with a note that names the user's line."""
    frame = calling_frame()
    if frame is not None:
        error.add_note(f"at {describe_line(frame)}")
    return error


def stores_item(frame: FrameType) -> bool:
    """Whether a frame is at the store of an item or a slice: ``y[i] = x``."""
    return opname[frame.f_code.co_code[frame.f_lasti]].startswith("STORE_S")


def expression(frame: FrameType) -> ast.expr | None:
    """Parse the source of the expression that a frame is evaluating."""
    tree = evaluated(frame)
    return tree if isinstance(tree, ast.expr) else None


def evaluated(frame: FrameType) -> ast.AST | None:
    """Parse the source of what a frame is evaluating: an expression, or a statement such as ``y += x``."""
    code, at = frame.f_code, frame.f_lasti // 2
    name = opname[code.co_code[frame.f_lasti]]
    if at and ("JUMP" in name or name == "TO_BOOL"):  # what was computed last; a jump may claim the place of another
        at -= 1
    line, end_line, column, end_column = next(islice(code.co_positions(), at, None))
    if line is None or end_line is None or column is None or end_column is None:
        return None
    lines = [linecache.getline(code.co_filename, n) for n in range(line, end_line + 1)]
    if not lines or not lines[0]:
        return None
    encoded = [text.encode() for text in lines]  # columns count bytes
    encoded[-1] = encoded[-1][:end_column]
    encoded[0] = encoded[0][column:]
    try:
        text = b"".join(encoded).decode()
        return _parse(f"({text})") or _parse(text)
    except UnicodeDecodeError:
        return None


def _parse(text: str) -> ast.AST | None:
    """Return the tree of an expression, or of one statement."""
    try:
        (statement,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    return statement.value if isinstance(statement, ast.Expr) else statement


def resolve(tree: ast.AST, frame: FrameType) -> Any:
    """Return what a name, or an attribute of one, stands for in a frame. No code of the user's runs."""
    if isinstance(tree, ast.Name):
        scopes = (frame.f_locals, frame.f_globals, vars(builtins))
        return next((scope[tree.id] for scope in scopes if tree.id in scope), UNKNOWN)
    if not isinstance(tree, ast.Attribute):
        return UNKNOWN
    owner = resolve(tree.value, frame)
    if isinstance(owner, ModuleType):
        return getattr(owner, tree.attr, UNKNOWN)
    return UNKNOWN if owner is UNKNOWN else inspect.getattr_static(owner, tree.attr, UNKNOWN)

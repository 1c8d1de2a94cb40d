"""Where a Tensor would become plain numbers and lose its gradient: the error, and what to write instead.

The source of the user's line says what happens there. So the message names the one remedy that fits it.
"""

from __future__ import annotations

import ast
import builtins
import sys
from types import CodeType, FrameType, ModuleType
from typing import Any, NoReturn, cast

import numpy as np

from autograd_lite.core.counterparts import counterpart, is_answer, left_out
from autograd_lite.core.lines import calling_frame, describe_line, evaluated, resolve, stores_item
from autograd_lite.core.tape import Run, current_run, refused, registry
from autograd_lite.core.tensor import Tensor

ITSELF = "apply the function itself to the Tensor, as NumPy's functions and operators take whole arrays"
DRAWN = "what is drawn has no derivative: draw with constants, and shift, scale or pick by the Tensor"
_LISTS = (ast.List, ast.ListComp, ast.GeneratorExp)
_CONSTANT = "use .value (or ag.stop_gradient) where a constant is meant"


def refuse_conversion(t: Tensor, conversion: str) -> NoReturn:
    """Raise TypeError for a conversion to plain numbers."""
    frame = calling_frame()
    if frame is not None and stores_item(frame):
        refuse_array(t)
    instead = instead_of(frame, conversion) or f"{_CONSTANT}, NumPy functions otherwise"
    refuse_at(f"{conversion}() of a Tensor inside a transform would drop its gradient without a word; {instead}", frame)


def refuse_array(t: Tensor) -> NoReturn:
    """Raise TypeError for what would store a Tensor in a plain array."""
    frame = calling_frame()
    tree = evaluated(frame) if frame else None
    if frame is not None and stores_item(frame):
        instead = recordable(tree.value if isinstance(tree, ast.Subscript) else None)
    elif frame and isinstance(tree, ast.Subscript) and isinstance(resolve(tree.value, frame), np.ndarray):
        instead = f"an index is a constant: {short(tree.slice)}.value.astype(int)"
    else:
        instead = instead_of(frame) or f"{_CONSTANT}, np.stack to make one Tensor of several"
    refuse_at(f"a Tensor cannot be stored in a plain array without losing its gradient; {instead}", frame)


def refuse_index(t: Tensor) -> NoReturn:
    """Raise TypeError for a Tensor that would be an index or a length, and holds no integer."""
    frame = calling_frame()
    tree = evaluated(frame) if frame else None
    given: ast.expr = ast.Name("t")
    if isinstance(tree, ast.Subscript):
        given = tree.slice
    elif isinstance(tree, ast.Call) and len(tree.args) == 1:
        (given,) = tree.args
    refuse_at(
        f"a Tensor of shape {t.shape} and dtype {t.dtype} is no integer, as an index and a length are; "
        f"use int({short(given)}.value), a constant",
        frame,
    )


def refuse_at(message: str, frame: FrameType | None) -> NoReturn:
    """Raise TypeError with a note of the user's line, also where C code would raise an error of its own instead."""
    error, run = TypeError(message), current_run()
    if frame is not None:
        error.add_note(f"at {describe_line(frame)}")
        if run is not None:
            run.refusal = error, frame.f_code, frame.f_lasti
    raise error


def restored(run: Run, error: BaseException) -> TypeError | None:
    """Return the refusal in whose place C code has raised an error of its own; None where an error is another one."""
    if run.refusal is None:
        return None
    refusal, code, at = run.refusal
    run.refusal = None
    if code in [known for known, _ in _places(refusal)] or (code, at) not in _places(error):
        return None  # the user's code has caught it, or is elsewhere
    return cast(TypeError, refusal.with_traceback(error.__traceback__))


def _places(error: BaseException) -> list[tuple[CodeType, int]]:
    """List the code and the instruction of each frame that an error has passed."""
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code, trace.tb_lasti))
        trace = trace.tb_next
    return places


def recordable(array: ast.expr | None) -> str:
    """Say how to make an array that records what is stored in it."""
    name = "the array" if array is None else short(array)
    if current_run() is None:
        return f"make {name} of its parts, with np.stack or np.concatenate"
    return (
        f"import autograd_lite.numpy as np, and make {name} with its np.zeros, np.empty or the like, "
        "which record what is stored"
    )


def instead_of_writing(frame: FrameType | None) -> str | None:
    """Say what to write in the place of an operation that writes into a plain array: ``y += t``, ``out=y``."""
    tree = evaluated(frame) if frame else None
    target: ast.expr | None = None
    if isinstance(tree, ast.AugAssign):
        target = tree.target
        value: ast.expr = ast.BinOp(tree.target, tree.op, tree.value)
    elif isinstance(tree, ast.Call):
        target = next((word.value for word in tree.keywords if word.arg == "out"), None)
        value = ast.Call(tree.func, tree.args, [word for word in tree.keywords if word.arg != "out"])
    if isinstance(target, ast.Subscript):
        return f"To store it, {recordable(target.value)}."
    named = isinstance(target, (ast.Name, ast.Attribute))
    return f"Write {ast.unparse(target)} = {short(value)} instead." if target and named else None


def instead_of(frame: FrameType | None, conversion: str | None = None, constant: str = _CONSTANT) -> str | None:
    """Say what to write in the place of what a frame evaluates; None where nothing special can be said.

    ``constant`` says what to do where the value of a Tensor is meant.
    """
    tree = evaluated(frame) if frame else None
    if frame is None or not isinstance(tree, (ast.Call, ast.BinOp)):
        return None
    if isinstance(tree, ast.BinOp):
        return _instead_of_list((tree.left, tree.right), frame)
    root = tree.func
    while isinstance(root, ast.Call):
        root = root.func
    function = resolve(root, frame)
    owner = resolve(tree.func.value, frame) if isinstance(tree.func, ast.Attribute) else None
    name = tree.func.attr if isinstance(tree.func, ast.Attribute) else getattr(tree.func, "id", "")
    if name == conversion or any(function is known for known in vars(builtins).values()):
        return None
    path = counterpart(name, function)
    if owner is np.random or isinstance(owner, (np.random.Generator, np.random.RandomState)):
        return DRAWN
    if function is np.vectorize or is_vectorized(function):
        return ITSELF
    if path is not None and not is_answer(function):
        receiver = [tree.func.value] if isinstance(tree.func, ast.Attribute) and not _is_home(owner) else []
        given = [_stacked(x) if isinstance(x, _LISTS) else x for x in tree.args]
        keywords = tree.keywords or left_out(name, function, len(given))
        call = ast.Call(ast.Name(path), [*receiver, *given], keywords)
        return f"write {short(call)} instead"
    if isinstance(owner, np.ndarray):
        return recordable(tree.func.value)  # type: ignore[attr-defined]
    return _instead_of_conversion(tree, function, frame, constant)


def _instead_of_conversion(tree: ast.Call, function: Any, frame: FrameType, constant: str) -> str | None:
    """Say what to write in the place of a function that takes plain arrays alone."""
    home = (getattr(function, "__module__", None) or "numpy").partition(".")[0]
    ours = home == __name__.partition(".")[0]
    instead = _instead_of_list(tree.args, frame) if ours or home == "numpy" else None
    if instead is not None or ours:
        return instead
    if isinstance(function, type) and issubclass(function, np.generic) and tree.args:
        return f"write {short(tree.args[0])}.astype({ast.unparse(tree.func)}) instead"
    for known, why in refused.items():
        if known is function:
            return why.rpartition("; ")[2]
    return f"{short(tree.func)} takes plain numbers: {constant}, or make it an op with a derivative rule (@ag.op)"


def _instead_of_list(parts: Any, frame: FrameType) -> str | None:
    for part in parts:
        if isinstance(resolve(part, frame), (list, tuple)) or any(isinstance(n, _LISTS) for n in ast.walk(part)):
            return f"make one Tensor of the list: {short(_stacked(part))}"
    return None


def _stacked(tree: ast.expr) -> ast.expr:
    """Return the call of np.stack that makes a Tensor of a list: of a list of lists, rows first."""
    if isinstance(tree, ast.GeneratorExp):
        tree = ast.ListComp(tree.elt, tree.generators)
    if isinstance(tree, ast.List) and any(isinstance(row, (ast.List, ast.Tuple)) for row in tree.elts):
        tree = ast.List([_stacked(row) for row in tree.elts])
    return ast.Call(ast.Name("np.stack"), [tree], [])


def _is_home(owner: Any) -> bool:
    return isinstance(owner, (ModuleType, type))


def is_vectorized(function: Any) -> bool:
    """Whether a function calls a Python function for each element: one of np.vectorize or np.frompyfunc."""
    return isinstance(function, np.vectorize) or (
        isinstance(function, np.ufunc) and all(set(kinds) <= set("O->") for kinds in function.types)
    )


def public_path() -> str | None:
    """Return the path of the function of another package that the user calls, such as ``scipy.special.zeta``."""
    users, frame = calling_frame(), sys._getframe(1)
    while frame.f_back is not None and frame.f_back is not users:
        frame = frame.f_back
    name, home = frame.f_code.co_name, str(frame.f_globals.get("__name__", ""))
    parts = home.split(".")
    for n in range(1, len(parts) + 1):
        function = getattr(sys.modules.get(".".join(parts[:n])), name, None)
        if getattr(function, "__code__", None) is frame.f_code:
            return ".".join([*parts[:n], name])
    return None


def short(tree: ast.AST) -> str:
    """Return an expression as text; the arguments of a long call are left out."""
    text = ast.unparse(ast.fix_missing_locations(tree))
    return f"{ast.unparse(tree.func)}(...)" if isinstance(tree, ast.Call) and len(text) > 60 else text


registry[Tensor._converted], registry[Tensor.__array__] = refuse_conversion, refuse_array
registry[Tensor.__index__], registry[Run] = refuse_index, restored

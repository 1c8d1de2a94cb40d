"""Arrays of the user that a record needs: nobody may change them before the backward pass has read them.

Of a small array the record keeps a copy. A large one is made read-only while a transform runs, together with the array
that owns its memory; a sample of its elements is compared at the end, for writes through views that were made before.
Only values that a rule reads are protected.
"""

from __future__ import annotations

import copy
import re
import threading
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.ducks import ducks, is_array
from autograd_lite.core.lines import describe_line, describe_place, user_frame
from autograd_lite.core.shapes import Array
from autograd_lite.core.tape import Params, Run, current_run, observers

SMALL, MIDDLE = 2**11, 2**15
"""Bytes of an array that is copied each time, and of one that is copied when it is met for the first time."""

_SAMPLED = 128  # elements, about


class Family:
    """An array that owns its memory, and which arrays that share it were made read-only."""

    def __init__(self) -> None:
        self.guards = 0
        self.locked: list[Array] = []


class Held(NamedTuple):
    """An array that a guard keeps as it is."""

    family: Family
    array: Array
    sample: bytes
    """Some of its elements, as they were."""
    use: str
    """What needs it: an op, an argument."""
    place: tuple[str, int] | None
    """File and line where it was used first."""


_families: dict[int, Family] = {}
_families_lock = threading.Lock()


class Guard:
    """The arrays that the record of one transform needs."""

    def __init__(self) -> None:
        self.held: dict[int, Held] = {}
        self.copied: set[int] = set()

    def failed(self, error: BaseException) -> None:
        """Let all arrays go, as the function raised; say so where it wanted to change one of them."""
        explained = self._explained(error)
        self.release()
        if explained is not None:
            raise explained from error

    def hold(self, x: Array, use: str) -> None:
        """Lock an array, and the one that owns its memory."""
        owner = _owner(x)
        held = self.held.get(id(owner))
        if held is None:
            frame = user_frame()
            with _families_lock:
                family = _families.setdefault(id(owner), Family())
                family.guards += 1
            place = None if frame is None else (frame.f_code.co_filename, frame.f_lineno)
            held = self.held[id(owner)] = Held(family, x, sample(x), use, place)
        for array in (owner,) if owner is x else (owner, x):
            if _is_writeable(array):
                array.setflags(write=False)
                held.family.locked.append(array)

    def check(self) -> None:
        """Raise RuntimeError where an array was changed all the same, through a view that was there before."""
        for held in self.held.values():
            if sample(held.array) != held.sample:
                raise RuntimeError(_changed(f"an array of shape {held.array.shape}", held))

    def release(self) -> None:
        """Let the user write to the arrays again."""
        while self.held:
            owner, held = self.held.popitem()
            family = held.family
            with _families_lock:
                family.guards -= 1
                if family.guards:
                    continue
                del _families[owner]
            for array in sorted(family.locked, key=_is_view):  # a view is writeable only where its owner is
                array.setflags(write=True)

    __del__ = release

    def _explained(self, error: BaseException) -> RuntimeError | None:
        """Return the error for a write into a locked array, in the place of NumPy's; None for another error."""
        if not self.held or not isinstance(error, ValueError) or "read-only" not in str(error):
            return None
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        frame = trace.tb_frame if trace is not None else None
        if frame is None:
            return None
        variables = {**frame.f_globals, **frame.f_locals}
        for name in re.findall(r"[^\W\d]\w*", describe_line(frame)):
            value = variables.get(name)
            for held in self.held.values():
                if isinstance(value, np.ndarray) and np.may_share_memory(value, held.array):
                    return RuntimeError(_changed(f"'{name}', an array of shape {value.shape}", held))
        held = next(iter(self.held.values()))
        return RuntimeError(_changed(f"an array of shape {held.array.shape}, or another one", held))


def _is_view(x: Array) -> bool:
    return isinstance(x.base, np.ndarray)


def _owner(x: Array) -> Array:
    """Return the array that owns the memory of another."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def _is_writeable(x: Array) -> bool:
    """Whether an array can be locked: the arrays of other libraries cannot."""
    return getattr(x.flags, "writeable", False)


def _can_be_unlocked(owner: Array) -> bool:
    """Whether NumPy allows to write to an array again, and to its views: it asks what the memory is of."""
    if owner.base is None:
        return bool(owner.flags.writeable)
    try:
        return not memoryview(owner.base).readonly  # type: ignore[arg-type]
    except TypeError:
        return False


def _changed(what: str, held: Held) -> str:
    place = f", {describe_place(*held.place)}" if held.place else ""
    return (
        f"{what} was to be changed before the backward pass, which needs what it held when it was used "
        f"({held.use}{place}): the gradient would be wrong. Use a copy of it there (.copy()), or make a new array "
        "instead of changing this one"
    )


def sample(x: Array) -> bytes:
    """Return some hundred elements, evenly spaced along every axis."""
    if x.flags.c_contiguous:
        return x.reshape(-1)[:: x.size // _SAMPLED + 1].tobytes()
    most = int(_SAMPLED ** (1 / x.ndim)) + 1
    return x[tuple([slice(None, None, n // most + 1) for n in x.shape])].tobytes()


def kept(x: Array, use: str, run: Run | None = None) -> Array:
    """Return what a record is to hold for an array that a rule reads: a copy, or the array itself, locked.

    A middling array is copied once: in a loop that uses it again and again, copies would add up.
    """
    if x.nbytes <= SMALL and not observers:
        return x.copy("K")
    run = current_run() or run
    if run is None:
        return x.copy("K") if x.nbytes <= MIDDLE and not observers else x
    if run.copies or (_is_writeable(x) and not _can_be_unlocked(_owner(x))):
        return x if observers else x.copy("K")  # observers know arrays by identity
    if run.guard is None:
        run.guard = Guard()
    if x.nbytes <= MIDDLE and id(x) not in run.guard.copied and not observers:
        run.guard.copied.add(id(x))
        return x.copy("K")
    run.guard.hold(x, use)
    return x


def kept_params(params: Params, use: str) -> Params:
    """Return keyword parameters with what a record is to hold for the arrays and lists among them."""
    for p in params.values():
        if _HOLDS[type(p)]:
            return {key: _kept_part(p, use) if _HOLDS[type(p)] else p for key, p in params.items()}
    return params


def _kept_part(p: Any, use: str) -> Any:
    if is_array(p):
        return kept(p, use)
    if type(p) is tuple:
        return tuple([_kept_part(part, use) for part in p]) if any(_HOLDS[type(part)] for part in p) else p
    return copy.deepcopy(p) if type(p) is list else p


class _Holders(dict[type, bool]):
    """Which types of parameters are arrays, or may hold some."""

    def __missing__(self, kind: type) -> bool:
        return kind in (np.ndarray, tuple, list) or ducks[kind]


_HOLDS = _Holders(dict.fromkeys((int, float, bool, str, slice, type(None), type(Ellipsis)), False))

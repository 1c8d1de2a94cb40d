"""Edited code does no harm: what it changes is put back, and what it may not do ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from autograd_lite.core.lines import is_users
from autograd_lite.numerical.streams import state_of
from autograd_lite.verification.holders import Holders, Result, afterwards, put_back
from autograd_lite.verification.process import Process, traced, watching

LINES, MORE_LINES = 20, 1000
"""So many times the lines of the code that was given may be run, and so many more."""
BYTES = 1 << 28
"""So much memory may be taken beyond what is held when an edit is run, or ten times what the arguments hold."""
BITS, EACH = 256, 8
"""With so many bits a whole number is too large; that is looked at at each eighth line."""
COPIED = 1 << 28
"""Arrays of so many bytes in all are copied, where the code writes to them; larger ones stay as they are."""


class TooLong(BaseException):
    """Ends edited code that runs far longer than what was given; no ``except Exception`` of the user's stops it."""


class Guard:
    """Keeps what some functions can reach as it is, while edits of them are run.

    Parameters
    ----------
    *roots : functions and objects
        What is kept, and all that it holds.
    """

    def __init__(self, *roots: Any) -> None:
        self.held = Holders(*roots)
        self.before = self.held.copies()
        self.states = [state_of(generator) for generator in self.held.generators]
        self.codes: list[tuple[FunctionType, CodeType]] = []
        self.lines = MORE_LINES
        self.bytes = max(BYTES, 10 * sum(x.nbytes for x in self.held.arrays))
        self.does: set[Any] = set()
        self.is_read_only = False
        self._writeable = [x for x in self.held.arrays if x.flags.writeable]
        self._copies: list[tuple[Any, Any]] = []
        self._process = Process()

    def edits(self, functions: Iterable[FunctionType], lines: int) -> None:
        """Say which functions are edited, and how many lines of the user's code run where nothing is."""
        self.codes = [(f, f.__code__) for f in functions]
        self.lines = LINES * lines + MORE_LINES

    # --- a search

    def keep(self, given: Callable[[], Any], search: Callable[[], Result]) -> Result:
        """Run a search; afterwards all is as it was, whatever came in between.

        Parameters
        ----------
        given : callable
            Runs the code as it was given: what that writes to, and what files it opens, edits of it may, too.
        search : callable
        """

        def run() -> Result:
            self._process.silence()
            self._rehearse(given)
            return search()

        return afterwards(self._release, run)

    def _rehearse(self, given: Callable[[], Any]) -> None:
        for x in self._writeable:
            x.flags.writeable = False
        self.is_read_only = True
        try:
            with watching(self.does.add):
                given()
        except ValueError:  # it writes to an array
            self.restore()
            self.is_read_only = False
            left = COPIED
            for x in sorted(self._writeable, key=lambda x: (x.base is not None, x.nbytes)):
                if x.nbytes <= left:
                    left -= x.nbytes
                    x.flags.writeable = True
                    self._copies.append((x, x.copy()))
            with watching(self.does.add):
                given()
        finally:
            self.restore()

    def restore(self) -> None:
        """Put back what is held, and the values of arrays that are written to."""
        put_back(self.before)
        for set_state, state in self.states:
            set_state(state)
        for x, values in self._copies:
            np.copyto(x, values)

    def _release(self) -> None:
        for f, code in self.codes:
            f.__code__ = code
        for x in sorted(self._writeable, key=lambda x: x.base is not None):
            x.flags.writeable = True
        self.restore()
        self._process.restore()

    # --- one run of an edit

    def run(self, edited: Callable[[], Result]) -> Result:
        """Run edited code, and put back what it changes.

        Raises
        ------
        TooLong
            Where it runs on and on.
        MemoryError
            Where it grows.
        PermissionError
            Where it writes to files, or starts threads and programs, and the code that was given does not.
        """

        def run() -> Result:
            with self.bounded(), watching(self._refuse):
                return limited(edited, self.lines)

        return self.restored(run)

    def restored(self, function: Callable[[], Result]) -> Result:
        """Run a function, and put back what it changes."""
        try:
            return function()
        finally:
            self.restore()

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """Let no more memory be taken than edits need."""
        with self._process.memory(self.bytes):
            yield

    def _refuse(self, act: Any) -> None:
        if act not in self.does:
            raise PermissionError(f"an edit is not to do this: {act}")

    def calling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of the user's that may be called with anything: it raises where it runs on and on."""

        def call(*args: Any, **params: Any) -> Any:
            try:
                return self.run(lambda: function(*args, **params))
            except TooLong:
                raise TimeoutError from None

        call.__wrapped__ = function  # type: ignore[attr-defined]
        return call


def _is_huge(x: Any) -> bool:
    """Whether a number is a whole one that grows: that of a counter which an edit squares, turn by turn."""
    return type(x) is int and x.bit_length() > BITS


def limited(function: Callable[[], Result], most: int) -> Result:
    """Run a function, for so many lines of the user's code at most, in all its threads.

    Raises
    ------
    TooLong
        Where it goes on.
    """
    left = most

    def follow(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left < 0 or (left % EACH == 0 and any(map(_is_huge, frame.f_locals.values()))):
                raise TooLong
        return follow

    def enter(frame: FrameType, event: str, arg: Any) -> Any:
        return follow if is_users(frame.f_code.co_filename) else None

    return traced(enter, function)

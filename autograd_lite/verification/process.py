"""What there is once in a process: where text is printed, what is traced, how much memory is taken, what is opened."""

from __future__ import annotations

import os
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.numerical.streams import state_of
from autograd_lite.verification.holders import Result

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_ACTS = ("os.", "shutil.", "subprocess.", "socket.", "tempfile.", "sqlite3.", "signal.", "_thread.start")
_HARMLESS = ("os.listdir", "os.scandir", "os.walk")


class Process:
    """What there is once in a process: where text is printed, what is traced, how much memory is taken."""

    def __init__(self) -> None:
        self._streams = sys.stdout, sys.stderr
        self._traces, self._excepthook = (sys.gettrace(), threading.gettrace()), threading.excepthook
        self._errors, self._filters = np.geterr(), warnings.filters
        generators: list[Any] = [random.getstate, np.random.get_state]
        self._states = [state_of(method.__self__) for method in generators]
        self._watch = _here.watch
        self._nowhere: Any = None
        self._resource = _resource()
        self._limits = self._resource and self._resource.getrlimit(self._resource.RLIMIT_AS)

    def silence(self) -> None:
        """Let what is printed, and what ends threads, go nowhere."""
        self._nowhere = open(os.devnull, "w")  # noqa: SIM115
        sys.stdout = sys.stderr = self._nowhere
        threading.excepthook = lambda args: None

    @contextmanager
    def memory(self, more: int) -> Iterator[None]:
        """Let no more memory be taken than is now, and so many bytes; where the system knows such a limit."""
        resource = self._resource
        if resource is None:
            yield
            return
        soft, hard = before = resource.getrlimit(resource.RLIMIT_AS)
        most = _taken() + more
        try:
            resource.setrlimit(resource.RLIMIT_AS, (most if soft < 0 else min(soft, most), hard))
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)

    def restore(self) -> None:
        """Put all of it back."""
        _here.watch = self._watch
        if self._resource is not None:
            self._resource.setrlimit(self._resource.RLIMIT_AS, self._limits)
        sys.stdout, sys.stderr = self._streams
        threading.excepthook = self._excepthook
        sys.settrace(self._traces[0])
        threading.settrace(self._traces[1])
        for set_state, state in self._states:
            set_state(state)
        np.seterr(**self._errors)
        warnings.filters = self._filters
        if self._nowhere is not None:
            self._nowhere.close()


def _resource() -> Any:
    """Return the module that limits memory, or None where the system knows no such limit."""
    try:
        import resource

        _taken()
    except (ImportError, OSError):
        return None
    return resource


def _taken() -> int:
    """Return how many bytes the process has taken for itself."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


class _Thread(threading.local):
    watch: Callable[[Any], None] | None = None


_here = _Thread()
_is_heard = False


@contextmanager
def watching(watch: Callable[[Any], None]) -> Iterator[None]:
    """Let a function know what this thread does outside of the process's memory, before that happens."""
    global _is_heard
    if not _is_heard:
        _is_heard = True
        sys.addaudithook(_hear)
    before = _here.watch
    try:
        _here.watch = watch
        yield
    finally:
        _here.watch = before


def _hear(event: str, args: tuple[Any, ...]) -> None:
    watch = getattr(_here, "watch", None)  # at the end of the process there is none
    if watch is None:
        return
    if event == "open":
        mode, flags = args[1] or "", args[2] or 0
        if set(mode) & set("wax+") or flags & _WRITES:
            watch((event, str(args[0])))
    elif event.startswith(_ACTS) and event not in _HARMLESS:
        watch((event, str(args[0]) if args and isinstance(args[0], (str, bytes, os.PathLike)) else ""))


def traced(enter: Any, function: Callable[[], Result]) -> Result:
    """Run a function under a trace function, as do the threads that it starts."""
    before = sys.gettrace(), threading.gettrace()
    sys.settrace(enter)
    threading.settrace(enter)
    try:
        return function()
    finally:
        sys.settrace(before[0])
        threading.settrace(before[1])

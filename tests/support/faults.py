"""Faults at lines of the verification: an exception, or Ctrl-C, before a line that is the n-th to run."""

import builtins
import random
import sys
import threading
import warnings
from collections import Counter, deque
from contextlib import contextmanager, suppress
from types import FunctionType

import numpy as np

FILES = ("guard.py", "trials.py", "source.py", "holders.py", "process.py", "problem.py", "contextlib.py", "harmful.py")


class Fault:
    """Counts lines, and raises an error before one of them.

    Parameters
    ----------
    error : exception
    at : tuple, optional
        File, line, and how often it has run before. None counts alone.
    """

    def __init__(self, error, at=None):
        self.error, self.at, self.raised = error, at, False
        self.counts: Counter[tuple[object, ...]] = Counter()

    def tick(self, frame):
        if self.raised:
            return
        place = frame.f_code.co_filename, frame.f_lineno
        if self.at == (*place, self.counts[place]):
            self.raised = True
            raise self.error
        self.counts[place] += 1

    def trace(self, enter):
        """Return a trace function that counts lines, and does what another one does."""

        def both(frame, event, arg):
            inner = enter(frame, event, arg) if enter else None
            if not frame.f_code.co_filename.endswith(FILES):
                return inner

            def local(frame, event, arg):
                nonlocal inner
                if event == "line":
                    self.tick(frame)
                inner = inner(frame, event, arg) if inner else None
                return local

            return local

        return both

    @contextmanager
    def running(self, patch):
        """Count in this block, whatever trace functions are set in it."""
        setting, inner = sys.settrace, [None]

        def settrace(enter):
            inner[0] = enter
            setting(self.trace(enter))

        patch.setattr(sys, "settrace", settrace)
        patch.setattr(sys, "gettrace", lambda: inner[0])
        setting(self.trace(None))
        try:
            yield
        finally:
            setting(None)
            patch.undo()


def state(module):
    """Return all that a module of the user's holds, and what there is once in the process."""
    of_process = {
        "streams": (sys.stdout, sys.stderr),
        "traces": (sys.gettrace(), threading.gettrace()),
        "errors": np.geterr(),
        "filters": list(warnings.filters),
        "import": builtins.__import__,
        "random": (random.getstate(), repr(np.random.get_state(legacy=False))),  # noqa: NPY002
    }
    with suppress(ImportError):
        import resource

        of_process["memory"] = resource.getrlimit(resource.RLIMIT_AS)
    return {**of_process, **held(module)}


def held(module):
    """Return what a module holds, by the path to each value: arrays by what is in them, code by its identity."""
    stack = [(name, x) for name, x in vars(module).items() if not name.startswith("__")]
    found, seen = {}, {}
    while stack:
        path, x = stack.pop()
        found[path] = value(x)
        if id(x) not in seen:
            seen[id(x)] = x
            stack += [(f"{path}.{name}", part) for name, part in parts(x, module.__name__)]
    return found


def value(x):
    """Return what tells whether something is as it was, but for its parts."""
    if isinstance(x, np.ndarray):
        return id(x), x.tobytes(), x.flags.writeable
    if isinstance(x, np.random.Generator):
        return repr(x.bit_generator.state)
    if isinstance(x, random.Random):
        return x.getstate()
    return x if isinstance(x, (int, float, str)) else (id(x), sorted(x) if isinstance(x, set) else None)


def parts(x, module):
    """Return what a container, a function, a class or an object of a module holds, by name."""
    if isinstance(x, dict):
        return list(x.items())
    if isinstance(x, (list, tuple, deque)):
        return list(enumerate(x))
    if isinstance(x, FunctionType) and x.__module__ == module:
        cells = [cell.cell_contents for cell in x.__closure__ or ()]
        return [("code", x.__code__), ("defaults", x.__defaults__), *vars(x).items(), *enumerate(cells)]
    if module in (getattr(x, "__module__", ""), type(x).__module__):
        slots = [] if isinstance(x, type) else getattr(x, "__slots__", ())
        return [(name, getattr(x, name)) for name in (*getattr(x, "__dict__", ()), *slots) if not name.startswith("__")]
    return []

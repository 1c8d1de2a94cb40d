"""Saves that are interrupted, each in a process of its own: `python -m tests.support.interrupted HOW PATH`.

Prints how often the file held the old tree and how often the new one after that, as JSON; anything else is an error.
"""

import json
import os
import resource
import signal
import sys
from collections import Counter
from itertools import count
from pathlib import Path

import numpy as np

import autograd_lite as ag

TRACED = ("autograd_lite/saving/", "zipfile", "contextlib", "numpy/lib/_format_impl", "safetensors/numpy")


def tree(name):
    """Return a tree that differs from the others everywhere."""
    return {"name": name, "steps": ord(name), "layers": [np.full((40, 50), float(ord(name))), np.float32(ord(name))]}


def loaded(path):
    """Return the name of the tree that a file holds, all of it."""
    found = ag.load(path)
    expected = tree(found["name"])
    ag.load(path, like=expected)
    assert found["steps"] == expected["steps"]
    assert all(np.array_equal(x, y) for x, y in zip(found["layers"], expected["layers"], strict=True))
    return found["name"]


def start(act):
    """Run a function in a process of its own, and return its number."""
    child = os.fork()
    if child:
        return child
    try:
        act()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def killed_at_line(n, path):
    """Save, and be killed before the line that is the n-th to run."""
    lines = count()

    def trace(frame, event, _):
        if not any(part in frame.f_code.co_filename for part in TRACED):
            return None
        if event == "line" and next(lines) == n:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    ag.save(path, tree("b"))
    sys.settrace(None)


def killed_at_byte(n, path):
    """Save, and be killed in the midst of writing, after n bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))
    ag.save(path, tree("b"))


def full_at_byte(n, path):
    """Save to a disk that takes n bytes and no more; the error is raised, and nothing lies beside the file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))
    try:
        ag.save(path, tree("b"))
    except OSError:
        assert os.listdir(path.parent) == [path.name]
        os.kill(os.getpid(), signal.SIGKILL)


def interrupt(save, path, step):
    """Interrupt saves later and later, until one ends."""
    found: Counter[str] = Counter()
    for n in count(0, step):
        ag.save(path, tree("a"))
        assert os.listdir(path.parent) == [path.name], "the next save leaves nothing of one that was killed"
        ended = os.waitstatus_to_exitcode(os.waitpid(start(lambda n=n: save(n, path)), 0)[1])
        found[loaded(path)] += 1
        if ended == 0:
            return found
        assert ended in (-signal.SIGKILL, -signal.SIGXFSZ), ended
    raise AssertionError


def at_once(path):
    """Let four processes save to one path at once, and load meanwhile."""

    def save_often(name):
        for _ in range(25):
            ag.save(path, tree(name))

    ag.save(path, tree("a"))
    children = [start(lambda name=name: save_often(name)) for name in "abcd"]
    found: Counter[str] = Counter()
    while children:
        found[loaded(path)] += 1
        ended, status = os.waitpid(children[0], os.WNOHANG)
        if ended:
            assert status == 0
            del children[0]
    assert os.listdir(path.parent) == [path.name]
    return found


HOW = {
    "killed at a line": lambda path: interrupt(killed_at_line, path, 7),
    "killed at a byte": lambda path: interrupt(killed_at_byte, path, 293),
    "a full disk": lambda path: interrupt(full_at_byte, path, 293),
    "several at once": at_once,
}

if __name__ == "__main__":
    print(json.dumps(HOW[sys.argv[1]](Path(sys.argv[2]))))

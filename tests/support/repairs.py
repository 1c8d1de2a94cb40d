"""Files of all kinds with a wrong line, the edits that mend them, and the tools that apply a patch."""

import linecache
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, nullcontext

import pytest

from autograd_lite.verification.repair.patch import Edit, Repair
from autograd_lite.verification.repair.search import Search
from tests.support.sampling import sampled

NET = """\
import numpy as np

def loss(W, b, x):
    return np.sum(np.tanh(x @ W + b) ** 2)

def gradient(W, b, x):
    h = np.tanh(x @ W + b)
    dz = 2 * h * (1 - h)
    return x.T @ dz, dz.sum(axis=1)

cube = lambda x: x**2
"""
SLIP = ("(1 - h)", "(1 - h**2)", "the derivative of tanh at its output")
AXIS = ("axis=1", "axis=0", "not summed over the batch")

SOURCES = {
    "plain": NET.encode(),
    "CRLF": NET.replace("\n", "\r\n").encode(),
    "no newline at the end": NET.rstrip().encode(),
    "tabs": NET.replace("    ", "\t").encode(),
    "a byte order mark": b"\xef\xbb\xbf" + NET.encode(),
    "Latin-1": ("# coding: latin-1\n# pr\xe9cis\n" + NET.replace("dz", "d\xe9")).encode("latin-1"),
    "UTF-8 before the edit": NET.replace("dz", "d\u03b7").encode(),
    "separators that end no line": NET.replace("\n\n", "\n# \x0c \x85 \u2028\n\n").encode(),
}

APPLY = {
    "git apply": ["git", "apply", "change.patch"],
    "patch": ["patch", "--binary", "-p1", "-i", "change.patch"],
}
TOOLS = [name for name, (tool, *_) in APPLY.items() if shutil.which(tool)]


def written(path, data):
    """Write a file of source, and forget what was read of it before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    linecache.checkcache(str(path))
    linecache.cache.pop(str(path), None)
    return path


def edit(file, source, old, new, words="", function="gradient"):
    """Return the edit that puts one text in the place of another, which is in the source once."""
    before, found, after = source.partition(old)
    assert found
    assert old not in after
    (line, column), (end_line, end_column) = place(before), place(before + old)
    return Edit(str(file), line, column, end_line, end_column, new, words, function)


def place(text):
    """Return line and column of what follows a text, as the syntax tree counts them."""
    lines = text.replace("\r\n", "\n").split("\n")
    return len(lines), len(lines[-1].encode())


def repair(*edits, points=6, arguments=()):
    return Repair(edits, points, sum(len(e.text.split()) for e in edits), 40, arguments)


def apply(name, patch, folder):
    """Apply a patch in a folder with a tool; return what it complains of."""
    (folder / "change.patch").write_bytes(patch.encode("utf-8", "surrogateescape"))
    apart = {"GIT_CEILING_DIRECTORIES": str(folder.parent), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    run = subprocess.run(APPLY[name], cwd=folder, env={**os.environ, **apart}, capture_output=True, text=True)
    return run.stderr if run.returncode else ""


@contextmanager
def no_repairs():
    """Search for no repairs in this block, or in a test that is decorated: verdict and first wrong line alone count."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Search, "_find", lambda _: None)
        yield


@contextmanager
def verdicts_alone():
    """Neither search for a repair nor for the first wrong line in this block, or in a test that is decorated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["autograd_lite.verification.verify"], "repaired", lambda *_: None)
        yield


def searched(cases, every):
    """Return parameters (case, how): each case for its verdict alone, and, one in so many, with what is said of why."""
    alone = [pytest.param(case, verdicts_alone, id=f"{case}-alone") for case in cases]
    return alone + [
        pytest.param(*p.values, nullcontext, marks=p.marks, id=f"{p.id}-searched") for p in sampled(cases, every)
    ]

"""Clusters of Dask that lose a process: a scheduler and its workers of their own, and a trap in the rows."""

import gc
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from models.chunked_rows import in_chunks
from models.progress import Progress

ROOT = Path(__file__).parents[2]


def with_trap(trap, seed, lengths, numbers):
    """Return the rows of the model; who makes some while the trap is there kills the process that it names."""
    rows = in_chunks(seed, lengths, numbers)
    return rows.map_blocks(sprung, str(trap), dtype=rows.dtype, meta=rows._meta)


def sprung(chunk, trap):
    """Kill the process whose number is in a file, or this one where it is 0, and remove the file before."""
    try:
        number = int(Path(trap).read_text())
        os.unlink(trap)
    except FileNotFoundError:
        return chunk
    os.kill(number or os.getpid(), signal.SIGKILL)
    return chunk


class SetsTrap(Progress):
    """Steps after the third of which the trap is set."""

    def __init__(self, trap, number, steps, start=0):
        super().__init__("", steps, start)
        self._trap, self._number = trap, number

    def __iter__(self):
        for step in super().__iter__():
            if step == 3:
                new = self._trap.with_suffix(".new")
                new.write_text(str(self._number))
                new.replace(self._trap)
            yield step


@contextmanager
def apart(folder):
    """Start a scheduler and a worker, each a command of Dask as on another machine; give its process and address."""
    file = str(folder / "scheduler.json")
    with ExitStack() as stack:
        scheduler = started(stack, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", file)
        line = next(line for line in scheduler.stderr if "Scheduler at:" in line)
        started(stack, "worker", "--scheduler-file", file, "--nthreads", "1", "--no-dashboard", "--no-nanny")
        yield scheduler, line.split()[-1]


def started(stack, kind, *options):
    """Run a command of Dask until the stack ends."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    errors = subprocess.PIPE if kind == "scheduler" else subprocess.DEVNULL
    process = stack.enter_context(subprocess.Popen(command, stderr=errors, text=True, env=environment))
    stack.callback(process.kill)
    return process


def megabytes(name, dask_worker=None):
    """Return the memory of this process, as Linux counts it: VmRSS, or VmHWM, the most since the last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def base(dask_worker=None):
    """Return the memory of this process, and count its peak anew."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return megabytes("VmRSS")


def process(dask_worker=None):
    """Return the number of this process."""
    return os.getpid()

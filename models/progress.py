"""How far long work is: a bar with the loss and the time left on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from types import FrameType
from typing import Any

LINES = 5
"""So many lines are printed where there is no terminal."""


class Progress:
    """Steps to iterate over, shown as they are done.

    The first Ctrl-C ends the iteration after the step that runs, so that what was reached is kept; a second one raises
    KeyboardInterrupt at once.

    Parameters
    ----------
    what : str
        What the steps are of, such as "training". Nothing is shown, and Ctrl-C raises at once, where it is empty.
    steps : int
    start : int
        The steps that were done before, in a run that was interrupted.
    on_stop : callable, optional
        Called when Ctrl-C ended it.

    Attributes
    ----------
    loss : float or None
        Shown beside the count; the loop may set it at each step.
    stopped : bool
        Whether Ctrl-C ended it.
    """

    def __init__(self, what: str, steps: int, start: int = 0, on_stop: Callable[[], None] | None = None) -> None:
        self.what = what
        self.steps = steps
        self.start = start
        self.on_stop = on_stop
        self.loss: float | None = None
        self.stopped = False

    def __iter__(self) -> Generator[int, None, None]:
        self.stopped, step = False, self.start - 1
        if not self.what:
            yield from range(self.start, self.steps)
            return
        tqdm = _tqdm()
        with _bar(self, tqdm) if tqdm else _lines(self) as show, self._held_back():
            for step in range(self.start, self.steps):
                yield step
                show(step + 1)
                if self.stopped:
                    break
        if self.stopped:
            print(f"  {self.what}: stopped by Ctrl-C after {step + 1:,} of {self.steps:,}")
            if self.on_stop:
                self.on_stop()

    @contextmanager
    def _held_back(self) -> Iterator[None]:
        """Keep the first Ctrl-C until the end of a step; only the main thread may do so."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def note(signum: int, frame: FrameType | None) -> None:
            self.stopped = True
            signal.signal(signal.SIGINT, before)

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @property
    def text(self) -> str:
        """The loss, as it is shown."""
        return "" if self.loss is None else f"loss {self.loss:.4g}"


Steps = Callable[..., Progress]
"""(count, start) -> the steps from start (0) to count, to iterate over."""

quiet: Steps = partial(Progress, "")
"""(count, start) -> steps of which nothing is shown."""


class Timed:
    """A function, with how often it was called and how many seconds that took in all.

    Parameters
    ----------
    f : callable
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.calls = 0
        self.seconds = 0.0

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        before = perf_counter()
        result = self.f(*args)
        self.calls, self.seconds = self.calls + 1, self.seconds + perf_counter() - before
        return result

    @property
    def mean(self) -> float:
        """Seconds of a call; 0 where there was none."""
        return self.seconds / self.calls if self.calls else 0.0


@contextmanager
def _bar(progress: Progress, tqdm: Any) -> Iterator[Callable[[int], None]]:
    """Show a bar while the steps run; it takes how many are done."""
    total, start, name = progress.steps, progress.start, f"  {progress.what}"
    with tqdm(total=total, initial=start, desc=name, file=sys.stdout, dynamic_ncols=True) as bar:

        def show(done: int) -> None:
            bar.set_postfix_str(progress.text, refresh=False)
            bar.update(done - bar.n)

        yield show


@contextmanager
def _lines(progress: Progress) -> Iterator[Callable[[int], None]]:
    """Print a line each time that a fifth of the steps is done."""

    def show(done: int) -> None:
        if done * LINES // progress.steps > (done - 1) * LINES // progress.steps:
            loss = f", {progress.text}" if progress.text else ""
            print(f"  {progress.what}: {done:,} of {progress.steps:,}{loss}", flush=True)

    yield show


def _tqdm() -> Any:
    """Return the bar of tqdm where it is installed and there is a terminal, else None."""
    if not sys.stdout.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm

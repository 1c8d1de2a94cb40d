"""Which modules of the package a call passes, in the order in which it first enters them.

Run as `python -m tests.support.passages` to write them anew into CONTRIBUTING.md.
"""

import re
import sys
from pathlib import Path

import numpy as np

import autograd_lite as ag
from autograd_lite.core import tape

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"
BLOCK = re.compile(r"(?<=<!-- passages -->\n).*?(?=<!-- /passages -->)", re.DOTALL)
X = np.array([1.0, 2.0])


def loss(params):
    return np.sum(np.square(np.tanh(params["w"] * X) - 1))


def f(w):
    h = np.tanh(w * X)
    return np.sum(np.square(h - 1))


def hand(w):
    h = np.tanh(w * X)
    dh = 2 * (h - 1)
    return dh * (1 - h**2) * X


CALLS = {
    "value_and_grad(loss)(params)": lambda: ag.value_and_grad(loss)({"w": X / 5}),
    "explain(f, w)": lambda: str(ag.explain(f, X / 5)),
    "verify(f, hand, w)": lambda: str(ag.verify(f, hand, X / 5)),
}


def passed(call):
    """Return the modules that a call enters, in the order of the first entry; ops as one, since f decides on them."""
    tape.assignments.clear()  # what happened before is not part of it
    tape.assigning.clear()
    call()  # what is kept from call to call is kept then
    entered: dict[str, None] = {}

    def enter(frame, event, arg):
        home, _, module = frame.f_globals.get("__name__", "").partition(".")
        if event == "call" and home == "autograd_lite":
            entered["ops" if module.startswith("ops.") else module] = None

    before = sys.getprofile()
    sys.setprofile(enter)
    try:
        call()
    finally:
        sys.setprofile(before)
    return list(entered)


def block():
    """Return the part of the page that follows from the code."""
    return "".join(f"- `{name}`: {', '.join(passed(call))}\n" for name, call in CALLS.items())


if __name__ == "__main__":
    PAGE.write_text(BLOCK.sub(block().replace("\\", r"\\"), PAGE.read_text("utf-8")), "utf-8")

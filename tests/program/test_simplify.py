"""What is written is what a person would write: tables of gradients, and of constants, with their text."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.program.pretty import unparse
from autograd_lite.program.render import literal, text
from autograd_lite.program.trace import trace

VECTOR, SQUARE, TALL = np.array([0.5, 1.5, 2.5]), np.arange(1.0, 10.0).reshape(3, 3), np.ones((3, 2))
GRADIENTS: dict[str, tuple[Any, ...]] = {  # of the first argument
    "a quotient keeps its divisor": (lambda x: np.sum(np.sin(x) / 1.732), (VECTOR,), "np.cos(x) / 1.732"),
    "transposes that undo each other": (lambda x, y: np.sum(np.exp(x @ y.T)), (SQUARE, SQUARE), "dpre_exp @ y"),
    "the transpose of a product": (lambda x, y: np.sum(np.exp(y @ x.T)), (SQUARE, SQUARE), "dpre_exp.T @ y"),
    "an identity of axes": (lambda x: np.sum(np.exp(np.transpose(x, (0, 1)))), (SQUARE,), "exp_x"),
    "a power of 0": (lambda x: np.sum(x ** np.array([1, 1, 1])), (VECTOR,), "np.ones(3)"),
    "all that there is": (lambda x: np.sum(x[..., :2] ** 2), (TALL,), "dgetitem_x"),
    "a fraction": (lambda x: np.sum(2 * np.sin(x) / 3), (VECTOR,), "2 * np.cos(x) / 3"),
    "what cancels": (lambda x: np.sum(x - x), (VECTOR,), "np.zeros(3)"),
    "a number": (lambda x: x + 1, (2.0,), "1.0"),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_written_as_by_hand(name):
    f, args, wanted = GRADIENTS[name]
    program = trace(f, *args, wrt="x")
    written = text(program[program.gradients["x"]].node, defining=True)
    assert written.replace("dresult_", "") == wanted
    np.testing.assert_allclose(program[program.gradients["x"]].value, ag.grad(f)(*args), rtol=1e-12)


CONSTANTS = [
    (-1j, "-1j"),
    (complex(-0.0, -1), "-1j"),
    (2 - 3j, "2 - 3j"),
    (-0.5j, "-0.5j"),
    (complex(np.inf, 1), "complex(np.inf, 1)"),
    (-3, "-3"),
    (-np.inf, "-np.inf"),
    (-1 / 3, "-1 / 3"),
    (2 * np.pi, "2 * np.pi"),
    (np.float32(-2), "-2"),
    (range(3), "range(3)"),
    (range(1, 3), "range(1, 3)"),
    (range(0, 4, 2), "range(0, 4, 2)"),
    (np.s_[:, 1:, None], "np.s_[:, 1:, None]"),
    (np.s_[::-1], "np.s_[::-1]"),
    (np.array([1.0, -2.0, 0.5]), "np.array([1.0, -2.0, 0.5])"),
    (np.arange(3)[:, None], "np.arange(3)[:, None]"),
    (np.full((2, 2), -1.0), "np.full((2, 2), -1.0)"),
    (np.array([1j, 2]), "np.array([1j, 2 + 0j])"),
    ((1, (2,), ()), "(1, (2,), ())"),
    ({0: 1, -1: (2, 0)}, "{0: 1, -1: (2, 0)}"),
    (np.float32, "np.float32"),
    (True, "True"),
    (None, "None"),
]


@pytest.mark.parametrize(("value", "wanted"), CONSTANTS, ids=[wanted for _, wanted in CONSTANTS])
def test_constants_are_written_as_by_hand(value, wanted):
    assert unparse(literal(value)) == wanted
    found = eval(wanted, {"np": np})
    np.testing.assert_equal(np.asarray(found) if isinstance(value, np.ndarray) else found, value)


def test_an_array_that_is_written_twice_has_a_name():
    written = ag.source(lambda x: np.sum((x * np.array([1.0, 2.0, 3.0])) ** 2), VECTOR)
    assert written.startswith("import numpy as np\n\nconstant = np.array([1.0, 2.0, 3.0])\n\n\n")
    assert written.count("np.array") == 1

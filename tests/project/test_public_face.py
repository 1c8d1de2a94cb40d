"""The public names: what the design promises is there, documented, and nothing else leaks out."""

import inspect
import pydoc
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.equivalents import EQUIVALENTS, METHODS

VECTOR, OTHER = np.array([0.25, 0.5]), np.array([0.75, 0.5])
NUMPY_OPS = {
    **dict.fromkeys(["exp", "log", "mean", "negative", "square", "sum", "tanh", "transpose"], (VECTOR,)),
    **dict.fromkeys(["add", "divide", "dot", "matmul", "maximum", "multiply", "power", "subtract"], (VECTOR, OTHER)),
    "reshape": (VECTOR, (2, 1)),
}
PROMISED = {"Tensor", "grad", "op", "stop_gradient", "value_and_grad", "relu", "sigmoid", *NUMPY_OPS}


def test_the_promised_names_are_there():
    assert set(ag.__all__) >= PROMISED


def test_what_is_listed_is_what_is_public():
    assert len(ag.__all__) == len(set(ag.__all__))
    assert [name for name in dir(ag) if not name.startswith("__")] == sorted(ag.__all__)
    starred: dict[str, object] = {}
    exec("from autograd_lite import *", starred)
    assert starred.keys() - {"__builtins__"} == set(ag.__all__)


@pytest.mark.parametrize("name", [name for name in ag.__all__ if isinstance(getattr(ag, name), Op)])
def test_help_shows_the_call_of_an_op_and_its_docstring(name):
    row = getattr(ag, name)
    shown = pydoc.plain(pydoc.render_doc(row))
    call = f"{row.name}{inspect.signature(row)}"
    assert "".join(call.split()) in "".join(shown.split())  # a long one is broken into lines since Python 3.13
    assert (inspect.getdoc(row) or "").splitlines()[-1].strip() in shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("jit", "instead: ag.compile(f)"),
        ("hessian_vector_product", "instead: ag.hvp(f, x, v)"),
        ("Adam", "instead: ag.optim.Adam"),
        ("check_op", "instead: ag.testing.check_op"),
    ],
)
def test_a_name_that_is_called_otherwise_here(name, said):
    with pytest.raises(AttributeError) as raised:
        getattr(ag, name)
    assert str(raised.value) == f"module 'autograd_lite' has no attribute '{name}'; {said}"


@pytest.mark.parametrize(
    ("name", "said"),
    [("detach", "; instead: ag.stop_gradient(t)"), ("relu", "; instead: ag.relu(t)"), ("unheard_of", "")],
)
def test_a_method_that_is_called_otherwise_here(name, said):
    with pytest.raises(AttributeError) as raised:
        getattr(ag.Tensor(1.0), name)
    assert str(raised.value) == f"'Tensor' object has no attribute '{name}'{said}"


def test_what_the_error_of_a_name_says_is_there():
    said = [name for text in (EQUIVALENTS | METHODS).values() for name in re.findall(r"ag\.(\w+)", text)]
    assert said
    assert set(said) <= set(ag.__all__)
    assert not EQUIVALENTS.keys() & set(ag.__all__)
    assert not METHODS.keys() & set(dir(ag.Tensor))
    assert not hasattr(ag, "unheard_of")


def test_an_op_in_a_class_is_itself():
    class Layer:
        activation: Any = ag.relu

    assert Layer().activation is Layer.activation is ag.relu


def test_the_types_are_published():
    assert (Path(ag.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", ag.__all__)
def test_every_public_name_is_documented(name):
    assert inspect.getdoc(getattr(ag, name))


@pytest.mark.parametrize("name", ["grad", "value_and_grad"])
def test_transforms_take_argnums_as_jax_does(name):
    parameters = inspect.signature(getattr(ag, name)).parameters
    assert list(parameters) == ["f", "argnums", "has_aux"]
    assert parameters["argnums"].default == 0
    assert parameters["has_aux"].default is False


@pytest.mark.parametrize(("name", "arguments"), NUMPY_OPS.items())
def test_ops_of_plain_arrays_answer_as_numpy_does(name, arguments):
    found, wanted = getattr(ag, name)(*arguments), getattr(np, name)(*arguments)
    assert type(found) is type(wanted)
    np.testing.assert_array_equal(found, wanted)

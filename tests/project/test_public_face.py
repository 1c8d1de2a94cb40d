"""The public names: what the design promises is there, documented, and nothing else leaks out."""

import inspect
import types
import typing
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag

VECTOR, OTHER = np.array([0.25, 0.5]), np.array([0.75, 0.5])
NUMPY_OPS = {
    **dict.fromkeys(["exp", "log", "mean", "negative", "square", "sum", "tanh", "transpose"], (VECTOR,)),
    **dict.fromkeys(["add", "divide", "dot", "matmul", "maximum", "multiply", "power", "subtract"], (VECTOR, OTHER)),
    "reshape": (VECTOR, (2, 1)),
}
PROMISED = {"Tensor", "grad", "op", "stop_gradient", "value_and_grad", "relu", "sigmoid", *NUMPY_OPS}


def test_the_promised_names_are_there():
    assert set(ag.__all__) >= PROMISED


def test_every_public_name_is_listed_once():
    assert len(ag.__all__) == len(set(ag.__all__))
    for_annotations = set(typing.__all__)
    bound = {
        name
        for name, member in vars(ag).items()
        if not name.startswith("_") and not isinstance(member, types.ModuleType) and name not in for_annotations
    }
    assert bound == set(ag.__all__)


def test_the_types_are_published():
    assert (Path(ag.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", ag.__all__)
def test_every_public_name_is_documented(name):
    assert inspect.getdoc(getattr(ag, name))


@pytest.mark.parametrize("name", ["grad", "value_and_grad"])
def test_transforms_take_argnums_as_jax_does(name):
    parameters = inspect.signature(getattr(ag, name)).parameters
    assert list(parameters) == ["f", "argnums"]
    assert parameters["argnums"].default == 0


@pytest.mark.parametrize(("name", "arguments"), NUMPY_OPS.items())
def test_ops_of_plain_arrays_answer_as_numpy_does(name, arguments):
    found, wanted = getattr(ag, name)(*arguments), getattr(np, name)(*arguments)
    assert type(found) is type(wanted)
    np.testing.assert_array_equal(found, wanted)

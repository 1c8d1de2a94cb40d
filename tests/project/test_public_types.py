"""What type checkers say of a user's program: right uses pass under ``mypy --strict``, each wrong one is an error."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.2.0", reason="the types of NumPy before 2.2 say less of what it returns"
)
PROGRAM = """\
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
import autograd_lite.numpy as anp
import autograd_lite.numpy.linalg as npla
from autograd_lite.numpy.random import default_rng

Vector = NDArray[np.float64]
x: Vector = np.ones(2)
t, images = ag.Tensor(x), np.ones((1, 1, 4, 4))

def loss(w: Vector, b: float, *, scale: float = 1.0) -> float:
    return float(scale * ag.sum(ag.square(w)) + b)

def energy(w: Vector) -> float:
    return loss(w, 0.0)

def hand(w: Vector) -> Vector:
    return 2 * w

def pair(w: Vector) -> tuple[float, str]:
    return energy(w), "aux"

@ag.op
def cube(x: Vector, power: int = 3) -> Vector:
    return np.power(x, power)

@cube.vjp
def _(g: Any, z: Any, x: Any, power: int = 3) -> Any:
    return g * power * x ** (power - 1)

@ag.op(elementwise=True)
def swish(x: Any) -> Any:
    return x * ag.sigmoid(x)

"""
USES = [  # a line of a user's program, and the code of its error; none where it is right
    ("ag.sigmoid(3)", None),
    ("ag.sigmid(3)", "attr-defined"),
    ("ag.sigmoid()", "call-overload"),
    ("ag.sigmoid(x=3)", "call-overload"),
    ("ag.sigmoid({})", "call-overload"),
    ("ag.dropout(x, rate=0.5, rng=0)", None),
    ("ag.dropout(x, rte=0.5, rng=0)", "call-overload"),
    ("ag.dropout(x, rate=0.5)", "call-overload"),
    ("ag.conv2d(images, images, stride=2, padding='same')", None),
    ("ag.conv2d(images, images, t, padding=(1, 1))", None),
    ("ag.conv2d(images, images, stride='2')", "call-overload"),
    ("ag.exp(x, out=x)", "call-overload"),
    ("ag.concatenate([t, x], axis=0)", None),
    ("ag.concatenate([t, x], axs=0)", "call-arg"),
    ("ag.stack(images, axis=1)", None),
    ("ag.sum([[1.0, 2.0]], axis=(0, 1), keepdims=True)", None),
    ("ag.sum(x, axis='rows')", "call-overload"),
    ("assert_type(ag.exp(t), ag.Tensor)", None),
    ("assert_type(ag.dot(x, t), ag.Tensor)", None),
    ("assert_type(ag.mean(ag.huber(t, 0.0, delta=2.0)), ag.Tensor)", None),
    ("ag.exp(t).backwards()", "attr-defined"),
    ("assert_type(2.0 - t * x, ag.Tensor)", None),
    ("(t @ t).sum().backward()", None),
    ("t.grad.shape, t.T[0], t.at[0].set(1.0), -t < 0", None),
    ("gradient: Vector = ag.tanh(x)", None),
    ("ag.__version__.split('.')", None),
    ("ag.grad(loss, argnums=(0, 1))(x, 0.0, scale=2.0)", None),
    ("ag.grad(loss)(x)", "call-arg"),
    ("ag.grad(loss)(x, 0.0, scal=2.0)", "call-arg"),
    ("ag.grad(loss)(x, '0')", "arg-type"),
    ("ag.grad(loss, argnum=1)", "call-arg"),
    ("ag.grad(3.0)", "arg-type"),
    ("ag.grad(ag.grad(energy))(x)", None),
    ("ag.grad(ag.grad(energy))(x, x)", "call-arg"),
    ("ag.grad(ag.sigmoid)(0.5)", None),
    ("ag.grad(np.tanh)(0.5)", None),
    ("ag.jacobian(lambda x: np.tanh(x))(x)", None),
    ("assert_type(ag.value_and_grad(loss)(x, b=0.0), tuple[float, Any])", None),
    ("ag.value_and_grad(loss)(x, 0.0, 1.0)", "call-arg"),
    ("assert_type(ag.value_and_grad(pair, has_aux=True)(x), tuple[tuple[float, str], Any])", None),
    ("ag.grad(pair, has_aux=True)(x)", None),
    ("ag.grad(pair, has_aux='yes')(x)", "arg-type"),
    ("assert_type(ag.ravel({'w': x})[1](x), dict[str, Vector])", None),
    ("ag.ravel(x, order='C')", "call-arg"),
    ("ag.jacobian(hand)(x)", None),
    ("ag.jacobian(hand)(x, 1)", "call-arg"),
    ("ag.hessian(energy)(x)", None),
    ("ag.hessian(energy)(weights=x)", "call-arg"),
    ("value, pullback = ag.vjp(loss, x, 0.0)", None),
    ("assert_type(value, float)", None),
    ("ag.vjp(loss, x)", "arg-type"),
    ("assert_type(ag.jvp(hand, (x,), (x,)), tuple[Vector, Vector])", None),
    ("ag.jvp(hand, (x,), (x, x))", "arg-type"),
    ("ag.jvp(hand, x, x)", "arg-type"),
    ("assert_type(ag.hvp(energy, x, x), Vector)", None),
    ("ag.hvp(energy, x)", "call-arg"),
    ("assert_type(ag.stop_gradient(x), NDArray[np.float64])", None),
    ("assert_type(cube(x, power=2), Vector)", None),
    ("cube(x, powr=2)", "call-arg"),
    ("cube.vpj", "attr-defined"),
    ("swish(t)", None),
    ("swish(t, t)", "call-arg"),
    ("ag.grad(swish)(1.0)", None),
    ("ag.testing.check_op(swish, order=1)", None),
    ("ag.testing.check_op(energy)", "arg-type"),
    ("ag.testing.check_grads(loss, x, 0.0)", None),
    ("print(ag.verify(energy, hand, x), ag.explain(energy, x), ag.draw(energy, x), ag.source(energy, x))", None),
    ("ag.optim.Adam(0.1).step({'w': x}, {'w': x})", None),
    ("ag.optim.Adm(0.1)", "attr-defined"),
    ("assert_type(ag.optim.RMSProp(0.1, decay=0.9).step({'w': x}, {'w': x}), dict[str, Vector])", None),
    ("ag.optim.SGD(ag.optim.WarmUp(ag.optim.CosineDecay(0.1, steps=9), steps=2)).learning_rate *= 0.5", None),
    ("ag.optim.SGD(lambda step: 0.1 / (step + 1)).state = ag.optim.SGD(0.1).state", None),
    ("ag.optim.SGD('0.1')", "arg-type"),
    ("ag.optim.AdamW(0.1, weight_dcay=0.1)", "call-arg"),
    ("ag.optim.SGD(0.1, 0.9)", "call-arg"),
    ("ag.optim.CosineDecay(0.1)", "call-arg"),
    ("assert_type(ag.optim.lbfgs(loss, x, 0.0).params, Vector)", None),
    ("ag.optim.lbfgs(loss, x, 0.0, iteration=3)", "call-arg"),
    ("assert_type(ag.optim.clip_by_norm({'w': x}, 1.0), dict[str, Vector])", None),
    ("assert_type(ag.optim.global_norm({'w': x}), float)", None),
    ("ag.optim.he((3, 2), default_rng(0), distribution='uniform', dtype=np.float32) + x", None),
    ("ag.optim.he((3, 2), 0)", "arg-type"),
    ("ag.optim.glorot((3, 2), default_rng(0), distribution='gaussian')", "arg-type"),
    ("assert_type(next(ag.optim.batches((x, x), 2, default_rng(0))), tuple[Vector, Vector])", None),
    ("ag.optim.batches(x, 2, 0)", "arg-type"),
    ("assert_type(anp.zeros(3) * anp.pi, NDArray[np.float64])", None),
    ("npla.norm(default_rng(0).normal(size=3)), anp.linalg.inv(anp.eye(2))", None),
    ("anp.zeroes(3)", "attr-defined"),
    ("anp.zeros('rows')", "arg-type"),
    ("npla.nrm(x)", "attr-defined"),
]


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """Return the codes of mypy's errors by the line of the program, from 0 for the first use."""
    path = tmp_path_factory.mktemp("user") / "program.py"
    path.write_text(PROGRAM + "\n".join(use for use, _ in USES) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--hide-error-context", str(path)]
    run = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "MYPYPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert not run.stderr, run.stderr
    found = re.findall(r"program\.py:(\d+): error: .*\[([\w-]+)\]", run.stdout)
    first = PROGRAM.count("\n") + 1
    return {int(line) - first: code for line, code in found}


@pytest.mark.parametrize(("line", "use", "code"), [(i, *use) for i, use in enumerate(USES)])
def test_a_use_is_right_or_an_error_on_its_line(errors, line, use, code):
    assert errors.get(line) == code, use


def test_the_definitions_are_right(errors):
    assert [line for line in errors if line < 0] == []

"""The rules of scipy.special, where SciPy is installed: the extra `scipy`."""

import subprocess
import sys
import zlib
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.tape import registry
from autograd_lite.core.trees import flatten
from autograd_lite.ops.samples import samples_of
from autograd_lite.testing.cases import Case, keeps_single
from tests.support.calls import on_calls

sc = pytest.importorskip("scipy.special", reason='SciPy is not installed: pip install "autograd_lite[scipy]"')

from autograd_lite.ops.special import table  # noqa: E402  (it needs SciPy)

each_call = on_calls({f"{name}-{i}": (row, s) for name, row in table.items() for i, s in enumerate(samples_of(row))})


def drawn(row, call):
    return call.draw(np.random.default_rng(zlib.crc32(row.name.encode())))


def parameters_held(row, call):
    """Return the function of those inputs that are differentiated, and these."""
    inputs = drawn(row, call)
    held = [samples_are_constant(draw) for draw in call.inputs]
    moving = [x for x, still in zip(inputs, held, strict=True) if not still]

    def function(*given):
        rest = iter(given)
        full = [x if still else next(rest) for x, still in zip(inputs, held, strict=True)]
        return (row.numpy or row)(*full, **call.params)

    return function, moving


def samples_are_constant(draw):
    return draw(np.random.default_rng(0)) is draw(np.random.default_rng(1))


@each_call
def test_values(row, call):
    function, moving = parameters_held(row, call)
    expected = function(*moving)
    found = function(*[ag.Tensor(x) for x in moving])
    for z, wanted in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        np.testing.assert_allclose(z.value, wanted, rtol=1e-14, strict=True)


@each_call
def test_derivatives(row, call):
    function, moving = parameters_held(row, call)
    case = Case(function, moving, analytic=False)
    assert case.wrong() is None, (case.wrong(), case.worst_element())
    assert case.derivative().wrong() is None


@each_call
def test_float32_stays_float32(row, call):
    if not any(map(samples_are_constant, call.inputs)):
        assert keeps_single(row, drawn(row, call), call.params) is None


def test_rules_are_registered_at_the_first_need():
    check = (
        "import sys, math, autograd_lite as ag; assert 'scipy' not in sys.modules; import scipy.special as sc;"
        "assert 'autograd_lite.ops.special' not in sys.modules;"
        "sys.exit(float(ag.grad(sc.erf)(0.0)) != 2 / math.sqrt(math.pi))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_zeros_of_entropy_have_no_say():
    x = np.array([0.0, 0.5])
    np.testing.assert_array_equal(np.diag(ag.jacobian(sc.entr)(x))[1], -np.log(0.5) - 1)
    assert ag.jacobian(sc.entr)(x)[1, 0] == 0.0
    assert ag.grad(lambda y: sc.xlogy(0.0, y))(0.0) == 0.0
    assert ag.grad(sc.log_ndtr)(-1e8) == pytest.approx(1e8)


def test_a_parameter_without_a_rule_says_so():
    with pytest.raises(NotImplementedError, match="derivative rule"):
        ag.grad(sc.jv)(1.5, 2.0)


def test_a_ufunc_without_a_rule_names_itself():
    with pytest.raises(NotImplementedError, match=r"scipy\.special\.struve"):
        sc.struve(1, ag.Tensor(1.0))


def zeta(x):
    return sc.zeta(x)


def test_the_stub_of_a_ufunc_imports_what_it_names(monkeypatch):
    with pytest.raises(NotImplementedError) as raised:
        ag.grad(sc.rgamma)(2.0)
    stub = str(raised.value).partition("\n\n")[2].replace("* ...", "* -z * scipy.special.psi(x)")
    monkeypatch.setitem(registry, sc.rgamma, None)  # what the stub registers is undone
    exec(stub, {"ag": ag})
    np.testing.assert_allclose(ag.grad(sc.rgamma)(2.0), -sc.psi(2.0), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "ending"),
    [(zeta, ": return sc.zeta(x)"), (eval("lambda x: sc.zeta(x)"), "at <string>:1")],
    ids=["source", "no source"],
)
def test_the_stub_of_a_function_whose_ufunc_is_hidden(call, ending):
    x = ag.Tensor(3.0)
    with pytest.raises(NotImplementedError, match=r"^scipy\.special\.zeta of a Tensor has no deriv") as raised:
        call(x)
    stub = str(raised.value).partition("\n\n")[2].replace("* ...", "* -0.198126")  # zeta'(3)
    variables: dict[str, Any] = {"ag": ag, "np": np}
    exec(stub, variables)
    z = variables["zeta"](x)
    assert z.value == sc.zeta(3.0)
    z.backward()
    assert x.grad == -0.198126
    (line,) = raised.value.__notes__
    assert line.endswith(ending)


def test_functions_of_plain_numbers_say_so():
    optimize = pytest.importorskip("scipy.optimize")
    with pytest.raises(TypeError, match=r"optimize\.brentq takes plain numbers: .* or make it an op") as raised:
        ag.grad(lambda t: optimize.brentq(lambda x: x * x - t, 0, 4))(2.0)  # the result
    assert raised.value.__notes__[0].endswith("# the result")
    with pytest.raises(TypeError, match=r"optimize\.brentq takes plain numbers"):
        ag.grad(lambda t: optimize.brentq(lambda x: x * x - 2, 0, t))(2.0)  # an argument, which SciPy cannot parse
    with pytest.raises(TypeError, match=r"write ag\.logsumexp\(t\) instead"):
        ag.grad(lambda t: sc.logsumexp(t))(np.ones(3))

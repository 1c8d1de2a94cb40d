"""What the page on SciPy says of its functions is what happens when they meet a Tensor."""

import linecache
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

scipy = pytest.importorskip("scipy", reason='SciPy is not installed: pip install "autograd_lite[scipy]"')

from docs import scipy_pages as pages  # noqa: E402  (it needs SciPy)

pytestmark = pytest.mark.skipif(
    not scipy.__version__.startswith(f"{pages.TESTED}."),
    reason=f"the page lists the functions of SciPy {pages.TESTED}, and this is SciPy {scipy.__version__}",
)
MATRIX, VECTOR = np.array([[0.75, 0.25], [0.25, 0.5]]), np.array([0.25, 0.5])


def test_differentiable_functions_are_differentiated_in_the_inputs_that_are_named():
    for name, row in pages.differentiable().items():
        function = getattr(scipy.special, name)
        inputs = [2.0] * len(pages.constants_of(row)) + [0.5] * (len(row.input_names) - len(pages.constants_of(row)))
        value, pullback = ag.vjp(function, *inputs)
        cotangent = tuple(np.ones_like(part) for part in value) if isinstance(value, tuple) else 1.0
        if pages.constants_of(row):
            with pytest.raises(NotImplementedError, match=r"pass its .value to treat it as a constant"):
                pullback(cotangent)
            _, pullback = ag.vjp(partial(function, *inputs[:-1]), inputs[-1])
        assert all(np.isfinite(g) for g in pullback(cotangent)), name


def test_ufuncs_without_a_rule_print_an_op_to_fill_in():
    for name in pages.without_rule():
        function = getattr(scipy.special, name)
        with pytest.raises(NotImplementedError, match=rf"has no derivative rule here(.|\n)*@ag.op(.|\n)*def {name}"):
            function(*[ag.Tensor(0.5)] * function.nin)


@pytest.mark.parametrize("path", [path for path in pages.counterparts() if "polygamma" not in path])
def test_the_error_names_the_counterpart(path):
    module, wanted = path.split(".")[1], pages.counterparts()[path]
    inputs = wanted.partition("(")[2].rstrip(")").split(", ")
    given = [x for x in inputs if x in ("x", "y")]
    text = f"def f({', '.join(given)}):\n    return {path}({', '.join(given)})\n"
    linecache.cache[f"<{path}>"] = (len(text), None, text.splitlines(keepends=True), f"<{path}>")
    scope: dict[str, Any] = {"scipy": scipy}
    exec(compile(text, f"<{path}>", "exec"), scope)
    values = [VECTOR if module == "signal" else MATRIX] * len(given)
    with pytest.raises(TypeError) as raised:
        ag.vjp(scope["f"], *values)
    assert str(raised.value).endswith(f"; write {wanted} instead")
    found = eval(wanted, {"np": np, "ag": ag}, dict(zip("xy", values, strict=False)))
    expected = scope["f"](*values)
    last = [result[-1] if isinstance(result, tuple) else result for result in (found, expected)]
    np.testing.assert_allclose(np.abs(last[0]), np.abs(last[1]), rtol=1e-9, atol=1e-12)  # vectors up to their sign


@pytest.mark.parametrize("path", ["special.softplus", "fft.fftshift", "fft.ifftshift"])
def test_functions_that_need_no_row_are_differentiated(path):
    module, name = path.split(".")
    function = getattr(getattr(scipy, module), name)
    assert f"scipy.{path}" not in pages.counterparts()
    ag.testing.check_grads(function, VECTOR)


def test_the_one_that_stands_in_under_another_call():
    from autograd_lite.ops.special import polygamma

    np.testing.assert_allclose(polygamma(VECTOR, n=1), scipy.special.polygamma(1, VECTOR), rtol=1e-12)

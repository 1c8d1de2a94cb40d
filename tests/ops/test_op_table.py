"""Every row of the op table, on every one of its samples: values, first and second order, both modes, dtypes.

The expectations come from outside: NumPy for values (for our own functions, tests/support/references.py), and for
derivatives differences and complex steps of those values (autograd_lite/numerical), which know no rule.
"""

import inspect
import zlib
from collections.abc import Mapping

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.trees import flatten
from autograd_lite.ops import table
from autograd_lite.ops.samples import samples_of
from autograd_lite.testing.cases import UNJUDGED, Case, apply, is_inexact, keeps_single
from tests.support.calls import ROWS, complex_inputs, each_call, each_call_of_several
from tests.support.references import REFERENCES


def drawn(row, call):
    return call.draw(np.random.default_rng(zlib.crc32(row.name.encode())))


def on_tensors(inputs):
    leaves, rebuild = flatten(tuple(inputs))
    return rebuild([Tensor(x) if is_inexact(x) else x for x in leaves])


def values(result):
    return [raw(z) for z in flatten(result)[0]]


def assert_same(found, expected, rtol):
    for z, wanted in zip(values(found), values(expected), strict=True):
        assert np.asarray(z).dtype == np.asarray(wanted).dtype
        scale = np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted))
        np.testing.assert_allclose(z, wanted, rtol=rtol, atol=rtol * scale, strict=True)


def spelled(function, spread):
    """Return a function of NumPy's with its inputs as separate arguments, and all others by keyword."""
    if isinstance(function, np.ufunc):
        return function
    parameters: Mapping[str, inspect.Parameter]
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # NumPy writes no signature on some functions before 2.4
        parameters = {}
    by_place = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_ONLY]
    if function is np.reshape and "shape" not in parameters:  # NumPy 2.0 says newshape
        by_place = ["a", "shape"]

    def call(*inputs, **params):
        given = (list(inputs),) if spread else inputs
        places = [params.pop(name) for name in by_place[len(given) :] if name in params]
        return function(*given, *places, **params)

    return call


@pytest.mark.parametrize("name", table)
def test_every_op_has_samples(name):
    assert samples_of(table[name]), f"give op '{name}' the samples that the tests take it through"


@pytest.mark.parametrize("name", sorted(name for name, row in table.items() if row.numpy is None))
def test_our_own_functions_have_a_reference(name):
    assert table[name].name in REFERENCES, f"write '{name}' a second time, plainly, in tests/support/references.py"


@each_call
def test_values(row, call):
    inputs = drawn(row, call)
    reference = spelled(row.numpy or REFERENCES[row.name], row.spread)
    expected = reference(*inputs, **call.params)
    assert_same(apply(row)(*inputs, **call.params), expected, 0 if row.numpy else 1e-12)
    tensors = on_tensors(inputs)
    assert_same(apply(row)(*tensors, **call.params), expected, 1e-14 if row.numpy else 1e-12)
    if row.numpy:
        assert_same(reference(*tensors, **call.params), expected, 1e-14)


@each_call
def test_derivatives(row, call):
    case = Case(apply(row), drawn(row, call), call.params)
    assert case.wrong() is None, (case.wrong(), case.worst_element())
    assert case.derivative().wrong() is None


@each_call_of_several
def test_each_input_alone(row, call):
    """The other inputs are constants: plain arrays, and plain numbers."""
    inputs = drawn(row, call)
    plain = [float(x) if isinstance(x, np.float64) else x for x in inputs]
    for i in [i for i, x in enumerate(inputs) if is_inexact(x)]:
        case = Case(lambda x, i=i: apply(row)(*plain[:i], x, *plain[i + 1 :], **call.params), (inputs[i],))
        assert case.wrong() is None, row.input_names[i]
        assert case.derivative().wrong() is None, row.input_names[i]


@each_call_of_several
def test_repeated_input(row, call):
    """f(x, x) has the sum of both derivatives."""
    inputs = drawn(row, call)
    if not all(is_inexact(x) and np.shape(x) == np.shape(inputs[0]) for x in inputs):
        return
    case = Case(lambda x: apply(row)(*[x] * len(inputs), **call.params), inputs[:1])
    assert UNJUDGED in (case.wrong() or UNJUDGED)  # x // x is on a jump


@each_call
def test_forward_mode_agrees_with_reverse_mode(row, call):
    case = Case(apply(row), drawn(row, call), call.params)
    _, tangents = ag.jvp(lambda *xs: case.call(*xs), tuple(case.leaves), tuple(case.tangents))
    moved = [t for t, z in zip(flatten(tangents)[0], case.outputs, strict=True) if is_inexact(z)]
    forward = sum(np.sum(c * t).real for c, t in zip(case.cotangents, moved, strict=True))
    terms = [np.real(np.asarray(g) * t) for g, t in zip(case.gradient(*case.leaves), case.tangents, strict=True)]
    scale = sum(np.sum(np.abs(term)) for term in terms)
    assert abs(forward - sum(map(np.sum, terms))) <= 1e-12 * scale


@each_call
def test_float32_stays_float32(row, call):
    assert keeps_single(row, drawn(row, call), call.params) is None


@each_call
def test_layouts_and_read_only_inputs(row, call):
    """Values and gradients do not depend on how an array lies in memory, and no input is written to."""
    case = Case(apply(row), drawn(row, call), call.params)
    other = [laid_out(x) for x in case.leaves]
    for found, expected in zip(case.gradient(*other), case.gradient(*case.leaves), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * np.max(np.abs(expected), initial=0.0))


def laid_out(x):
    """Return the same array, read-only, in Fortran order with strides of its own."""
    if not np.ndim(x):
        return x
    buffer = np.full([2 * n for n in np.shape(x)][::-1], np.nan, x.dtype)
    view = buffer.T[(slice(None, None, -2),) * x.ndim]
    view[...] = x
    view.flags.writeable = False
    return view


@each_call
def test_cotangents_of_another_shape_are_refused(row, call):
    for z in flatten(apply(row)(*on_tensors(drawn(row, call)), **call.params))[0]:
        if not isinstance(z, Tensor):
            continue
        for wrong in {(*z.shape, 2), (2, *z.shape), z.shape[1:] if z.ndim else (1,)}:
            with pytest.raises(ValueError, match="cotangent"):
                z.backward(np.ones(wrong))


COMPLEX = [pytest.param(row, inputs, id=name) for name, row in ROWS.values() for inputs in complex_inputs(row)]


@pytest.mark.parametrize(("row", "inputs"), COMPLEX)
def test_complex(row, inputs):
    """Where NumPy takes complex numbers, so do the rules: dx - i dy of a real result, as HIPS autograd has it."""
    case = Case(apply(row), inputs)
    assert case.wrong() is None, (case.wrong(), case.worst_element())
    assert case.derivative().wrong() is None


def test_the_comparison_sees_a_wrong_rule():
    wrong = Op(np.sin, (lambda g, z, x: g * np.sin(x),), core=0)
    case = Case(wrong, (np.array([0.5, 2.0]),))
    assert "differences of values" in (case.wrong() or "")
    leaf, index, given, right = case.worst_element() or (None, (), None, None)
    assert leaf == 0
    x, cotangent = case.leaves[0][index], case.cotangents[0][index]
    assert (given, right) == (pytest.approx(cotangent * np.sin(x)), pytest.approx(cotangent * np.cos(x)))

"""What users check their derivatives with: every kind of mistake in an op is found, and reported readably."""

import re
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.core.tensor import raw
from autograd_lite.testing import (
    Domain,
    arrays,
    broadcastable,
    check_grads,
    check_op,
    positive,
    programs,
    sample,
    shapes,
)

RNG = np.random.default_rng(0)


def unary(forward, rule, **row):
    return Op(forward, (rule,), name="mine", core=0, **row)


def overwrite(x):
    x += 1
    return x


def clear(g, z, x):
    g[...] = 0
    return g


def repeated(g, z, x, y):
    return g if x is y else g * y


def contiguous(x):
    return np.exp(np.ravel(x, "K")).reshape(np.shape(x))


def sum_of_last(x):
    return np.sum(x, axis=-1)


double_precision = np.array(2.0)

BROKEN = {
    "sign": (unary(np.sin, lambda g, z, x: -g * np.cos(x)), ["with respect to 'x' is wrong", "(ratio -1)"]),
    "factor": (unary(np.square, lambda g, z, x: g * x), ["(ratio 0.5)", "lambda g, z, x: g * x"]),
    "own derivative": (unary(np.exp, lambda g, z, x: g), ["with respect to 'x' is wrong", "mine(np.float64("]),
    "second order": (unary(np.sin, lambda g, z, x: g * np.cos(raw(x))), ["the derivative of order 2 is wrong"]),
    "0-d": (
        unary(np.sin, lambda g, z, x: g * np.cos(x) if np.ndim(x) else g),
        ["with respect to 'x' is wrong", "mine(np.float64("],
    ),
    "other rule": (
        Op(np.multiply, (lambda g, z, x, y: g * y, lambda g, z, x, y: g * y), name="mine", core=0),
        ["with respect to 'y' is wrong"],
    ),
    "repeated input": (
        Op(np.multiply, (repeated, lambda g, z, x, y: g * x), name="mine", core=0),
        ["the same input twice"],
    ),
    "strides": (
        unary(contiguous, lambda g, z, x: g * np.exp(x)),
        ["something else for the same array: "],
    ),
    "empty": (unary(lambda x: x * np.max(x), lambda g, z, x: g), ["the forward raises ValueError", "shape=(0,)"]),
    "overwrites its input": (unary(overwrite, lambda g, z, x: g), ["the forward changes its input", "x = np.array(x)"]),
    "overwrites the cotangent": (unary(np.sin, clear), ["rule of input x raises", "writes to none of its arguments"]),
    "random": (unary(lambda x: x + RNG.normal(), lambda g, z, x: g), ["not deterministic", "their seed"]),
    "random rule": (unary(np.negative, lambda g, z, x: -g * (1 + 1e-12 * RNG.normal())), ["not deterministic"]),
    "promotes": (unary(np.square, lambda g, z, x: g * x * double_precision), ["of float32, the rule of input 0"]),
    "wrong shape": (
        Op(np.square, (lambda g, z, x: np.ones((7, 7)),), name="mine", samples=(sample((3,)),)),
        ["returned a cotangent of shape (7, 7)"],
    ),
    "broadcasts undeclared": (
        Op(np.multiply, (lambda g, z, x, y: g * y, lambda g, z, x, y: g * x), name="mine", samples=(sample((3,), ()),)),
        ["elementwise=True"],
    ),
    "not elementwise, in the same shape": (
        unary(lambda x: x - np.mean(x) if np.size(x) else x, lambda g, z, x: g - np.mean(g)),
        ["declared elementwise, and cut along axis 0 of x", "the parts come to", "leave elementwise=True out"],
    ),
    "not a sum": (
        Op(
            lambda x, w: np.tanh(x @ w),
            (lambda g, z, x, w: (g * (1 - z * z))[:, None] * w, lambda g, z, x, w: (g * (1 - z * z)) @ x),
            name="mine",
            labels="ni, i -> n",
            samples=(sample((5, 3), (3,)),),
        ),
        ["labelled along axis 1 of x and axis 0 of w; cut at 1, 2, the parts come to", "written as a dot in labels="],
    ),
    "not elementwise": (unary(sum_of_last, lambda g, z, x: g), ["declared elementwise"]),
    "no numbers": (unary(lambda x: np.full(np.shape(x), "a"), lambda g, z, x: g), ["expected a numeric array"]),
    "other value on Tensors": (
        unary(np.sin, lambda g, z, x: g * np.cos(x), operate=lambda x: 2 * np.sin(x)),
        ["Tensors give"],
    ),
    "outside its domain": (unary(np.log, lambda g, z, x: g / x), ["the forward gives nan", "Domain(low, high)"]),
    "no rule": (Op(np.multiply, (lambda g, z, x, y: g * y,), name="mine", core=0), ["no vjp rule for input 1 ('y')"]),
}


@pytest.mark.parametrize("mistake", BROKEN)
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_a_mistake_is_found(mistake):
    op, expected = BROKEN[mistake]
    with pytest.raises(AssertionError) as raised:
        check_op(op)
    message = str(raised.value)
    assert message.startswith("op 'mine': ")
    assert "\n  call    mine(" in message
    for part in expected:
        assert part in message


def test_the_report_reads_well():
    wrong = unary(np.square, lambda g, z, x: 3 * g * x)
    line = wrong.rules[0].__code__.co_firstlineno
    with pytest.raises(AssertionError) as raised:
        check_op(wrong)
    first, second, rule, formula, call, inputs = str(raised.value).splitlines()
    assert first == "op 'mine': the derivative with respect to 'x' is wrong"
    assert second.startswith("  with respect to x the rules give ")
    assert "; differences of the values give " in second
    assert second.endswith(" (ratio 1.5)")
    assert rule.startswith(f"  rule    {__file__}:{line}: ")
    assert rule.endswith("wrong = unary(np.square, lambda g, z, x: 3 * g * x)")
    assert formula == "  expect  dmine_dx = 2 * x"
    assert call.startswith("  call    mine(np.float64(")
    assert inputs == "  inputs  C order, float64; Tensors: x"


def test_the_formula_has_the_names_of_the_op_also_where_the_forward_is_a_ufunc():
    wrong = Op(np.multiply, (lambda g, z, x, y: g * y, lambda g, z, x, y: 3 * g * x), name="mine", core=0)
    with pytest.raises(AssertionError, match=r"\n  expect  dmine_dy = x\n"):
        check_op(wrong)


def test_a_right_op_passes():
    @ag.op(elementwise=True)
    def scaled(x, y, /, *, factor=2.0):
        return factor * x * y

    @scaled.vjp
    def _(g, z, x, y, factor=2.0):
        return g * factor * y

    @scaled.vjp
    def _(g, z, x, y, factor=2.0):
        return g * factor * x

    check_op(scaled)
    check_op(scaled, samples=[sample((3,), (2, 1), factor=-1.5)], order=3)


def smooth_distance(slope, **row):
    """Return an op of two inputs with a parameter, by the derivative of its value by their difference."""

    @ag.op(**row)
    def distance(x, y, *, beta=1.0):
        d = np.abs(x - y)
        return np.where(d < beta, 0.5 * d**2 / beta, d - 0.5 * beta)

    @distance.vjp
    def _(g, z, x, y, *, beta=1.0):
        return g * slope(x - y, beta)

    @distance.vjp
    def _(g, z, x, y, *, beta=1.0):
        return -g * slope(x - y, beta)

    return distance


@pytest.mark.parametrize("row", [{"elementwise": True}, {"samples": (sample((3,), (3,)),)}])
def test_a_parameter_that_a_rule_forgets_is_found(row):
    check_op(smooth_distance(lambda d, beta: np.clip(d / beta, -1, 1), **row))
    forgotten = smooth_distance(lambda d, beta: np.clip(d, -1, 1), **row)
    with pytest.raises(AssertionError, match=r"\n  call    distance\(.*, beta=0\.5\)"):
        check_op(forgotten)
    check_op(forgotten, samples=[sample((3,), (3,), beta=1.0)])  # what samples give is left to them


def test_a_parameter_of_default_zero_is_tried_elsewhere():
    @ag.op(elementwise=True)
    def shifted(x, *, by=0.0):
        return np.sin(x + by)

    @shifted.vjp
    def _(g, z, x, *, by=0.0):
        return g * np.cos(x)

    with pytest.raises(AssertionError, match=r"by=0\.5\)"):
        check_op(shifted)


def refuses(x, limit):
    if limit < 2.0:
        raise ValueError("limit is at least 2")
    return x * limit


@pytest.mark.parametrize(
    ("forward", "slope"),
    [
        (refuses, lambda x, limit: limit),
        (lambda x, limit: np.log(x + limit), lambda x, limit: 1 / (x + limit)),
        (lambda x, limit: x if limit == 2.0 else x + np.nan, lambda x, limit: 1.0),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_a_value_that_the_forward_does_not_take_is_no_fault_of_the_rule(forward, slope):
    op = unary(lambda x, *, limit=2.0: forward(x, limit), lambda g, z, x, *, limit=2.0: g * slope(x, limit))
    check_op(op, domain=Domain(-1.9, 3.0))


@pytest.mark.parametrize("default", [2, True, None, np.inf])
def test_a_parameter_whose_default_is_no_finite_float_keeps_it(default):
    seen = []

    def forward(x, *, kind=default):
        seen.append(kind)
        return x * 1.0

    check_op(unary(forward, lambda g, z, x, *, kind=default: g), max_examples=5)
    assert set(seen) == {default}


def test_an_op_that_is_differentiated_through_passes():
    @ag.op
    def cube(x, /):
        return x * x * x

    check_op(cube, samples=[sample((3,)), sample(())])


@pytest.mark.deep
@pytest.mark.parametrize("name", ag.ops.table)
def test_every_built_in_op_passes(name):
    check_op(ag.ops.table[name])


def test_samples_and_domain_may_be_given():
    log = unary(np.log, lambda g, z, x: g / x)
    check_op(log, domain=positive)
    check_op(log, samples=[sample(Domain(5.0, 6.0)(2, 3))])


def test_an_op_that_is_right_in_parts_passes():
    @ag.op(labels="n., -> n")
    def logits(x, w, *, scale=1.0):
        return np.sin(x @ w) * scale

    check_op(logits, samples=[sample((5, 3), (3,), scale=2.0), sample((1, 3), (3,))])


def test_one_can_only_check_ops():
    with pytest.raises(TypeError, match=r"decorate the function with @ag\.op"):
        check_op(np.sin)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((0, 1), "is a Domain, or a tuple of one for each input, got (0, 1); write ag.testing.Domain(0, 1)"),
        ("positive", "got 'positive'; write ag.testing.Domain(low, high), or ag.testing.positive"),
        ((positive, 1.0), f"got ({positive!r}, 1.0); write ag.testing.Domain(low, high)"),
        ((positive, positive), "op 'mine' takes the inputs x, got 2 domains; give one for each"),
    ],
)
@pytest.mark.parametrize("declared", [False, True])
def test_a_domain_that_is_none_is_refused(given, says, declared):
    op = unary(np.log, lambda g, z, x: g / x, domain=given if declared else None)
    with pytest.raises(TypeError, match=re.escape(says)):
        check_op(op, domain=None if declared else given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (3, "got 3; a shape is a tuple, (3,)"),
        ([3, 4], "got [3, 4]; a shape is a tuple, (3, 4)"),
        (np.ones(2), "got array([1., 1.]); an array is what a function returns, lambda rng: x"),
    ],
)
def test_a_sample_of_neither_shapes_nor_functions_is_refused(given, says):
    with pytest.raises(
        TypeError, match=re.escape(f"sample() takes a shape or a function of a generator for each input, {says}")
    ):
        sample((3,), given)


def test_the_place_of_a_missing_rule_is_not_named():
    one = Op(np.multiply, (lambda g, z, x, y: g * y,), name="mine", core=0)
    with pytest.raises(AssertionError, match=r"no vjp rule for input 1 \('y'\)") as raised:
        check_op(one)
    assert "\n  rule " not in str(raised.value)


def test_an_op_of_unknown_inputs_needs_samples():
    with pytest.raises(TypeError, match=r"cannot guess the inputs of op 'mine': pass samples="):
        check_op(Op(np.sort, (lambda g, z, x: g,), name="mine"))


@pytest.mark.parametrize("args", [(0.5, np.array([1.0, 2.0])), (np.float32(0.5), np.ones(2, np.float32))])
def test_check_grads_of_a_right_function(args):
    check_grads(lambda x, y: {"sum": np.sum(np.exp(x) * y), "all": x * y}, *args)
    check_grads(lambda tree: tree["a"] * tree["b"][0], {"a": args[0], "b": [args[1]]}, order=3)


def test_check_grads_of_complex_arguments():
    check_grads(lambda x: x * x, np.array([0.5 + 1j, 2.0]), order=1)


@pytest.mark.parametrize(
    ("order", "says"), [(1, "derivative 1 of f() is wrong: with respect to array 0[1] the rules give"), (2, "")]
)
def test_check_grads_names_the_element(order, says):
    wrong = unary(
        np.sin, lambda g, z, x: g * np.where(raw(x) > 1, 2.0, np.cos(x)) if order == 1 else g * np.cos(raw(x))
    )

    def f(x):
        return wrong(x)

    with pytest.raises(AssertionError) as raised:
        check_grads(f, np.array([0.5, 1.5]))
    assert str(raised.value).startswith(says or "derivative 2 of f() is wrong: ")


def test_check_grads_needs_something_to_differentiate():
    with pytest.raises(TypeError, match=r"got int; write 3.0 for 3"):
        check_grads(lambda n: n * 2.0, 3)


def test_check_grads_says_where_differences_cannot_tell():
    with pytest.raises(AssertionError, match="differences of values cannot judge"):
        check_grads(lambda x: np.exp(x) * np.random.default_rng().normal(), 1.0, order=1)


@given(shapes().flatmap(lambda shape: st.tuples(st.just(shape), arrays(shape, Domain(2.0, 3.0), np.float32))))
def test_arrays_have_their_shape_domain_and_dtype(pair):
    shape, x = pair
    assert np.shape(x) == shape
    assert x.dtype == np.float32
    assert np.all((x >= 2) & (x <= 3))
    assert np.unique(x).size == np.size(x)


@given(broadcastable(3))
def test_broadcastable_shapes_broadcast(three):
    assert len(three) == 3
    np.broadcast_shapes(*three)


@given(programs(max_lines=3))
def test_programs_are_functions_with_arguments(program):
    assert np.isfinite(program.function(*program.args))


def test_hypothesis_is_asked_for_only_where_it_is_used():
    code = (
        "import sys, autograd_lite as ag; ag.check_grads(lambda x: x * x, 2.0); sys.exit('hypothesis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


SEARCHES = {
    "check_op": "check_op(ag.ops.table['exp'])",
    "assert_gradient_everywhere": "assert_gradient_everywhere(abs, abs)",
    "arrays": "arrays((3,))",
    "broadcastable": "broadcastable(2)",
    "programs": "programs()",
    "shapes": "shapes()",
}


@pytest.mark.parametrize("name", SEARCHES)
def test_without_hypothesis_it_says_what_to_install(name):
    hidden = "import sys; sys.modules['hypothesis'] = None\n"
    run = [sys.executable, "-c", f"{hidden}import autograd_lite as ag; ag.testing.{SEARCHES[name]}"]
    *_, last = subprocess.run(run, check=False, capture_output=True, text=True).stderr.splitlines()
    assert last == (
        f"ModuleNotFoundError: ag.testing.{name} needs hypothesis, which is not installed: "
        'pip install "autograd_lite[testing]"'
    )


def test_the_formula_is_derived_from_the_forward():
    @ag.op(elementwise=True)
    def swish(x):
        return x * ag.sigmoid(x)

    @swish.vjp
    def _(g, z, x):
        s = ag.sigmoid(x)
        return g * (s + x * (1 - s))  # z in the place of x is right

    with pytest.raises(AssertionError) as caught:
        ag.testing.check_op(swish)
    said = str(caught.value)
    assert re.search(r"  expect  sigmoid_x = sigmoid\(x\)\n +swish = x \* sigmoid_x\n +dswish_dx = ", said), said


def test_no_formula_comes_from_the_rule_that_is_wrong():
    @ag.op(elementwise=True)
    def doubled(x):
        return doubled(x) if isinstance(x, ag.Tensor) else 2 * x

    @doubled.vjp
    def _(g, z, x):
        return 3 * g

    with pytest.raises(AssertionError) as caught:
        ag.testing.check_op(doubled)
    assert "expect" not in str(caught.value).replace("expected", "")

"""Each error says what was expected, what was given and what to do, and leaves everything as it was."""

import contextlib
import functools
import math
import re
import traceback
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.core.tape import current_observers, registry, running

VECTOR, NUMBER, COMPLEX = ag.Tensor(np.array([1.0, 2.0, 3.0]), "weights"), ag.Tensor(2.0), ag.Tensor(1j)
MATRIX, SINGULAR, EMPTY = ag.Tensor(np.eye(2)), ag.Tensor(np.zeros((2, 2))), ag.Tensor(np.zeros(0))
ARRAY = np.zeros(3)


@pytest.fixture(autouse=True)
def everything_as_it_was():
    leaves = [VECTOR, NUMBER, COMPLEX, MATRIX, SINGULAR, EMPTY]
    before = [leaf.value.copy() for leaf in leaves]
    answers = len(registry)
    yield
    assert not running
    assert current_observers() == ()
    assert len(registry) == answers
    assert [leaf.grad for leaf in leaves] == [None] * len(leaves)
    for leaf, value in zip(leaves, before, strict=True):
        np.testing.assert_array_equal(leaf.value, value)
    np.testing.assert_array_equal(ARRAY, 0.0)
    np.sum(VECTOR * NUMBER).backward()  # the record is still usable
    np.testing.assert_array_equal(VECTOR.grad, 2.0)
    assert NUMBER.grad == 6.0
    VECTOR.grad = NUMBER.grad = None


def assert_says(raised, *pieces):
    """All of the pieces are in the message, its notes, or the error that it came from."""
    errors = [raised.value, raised.value.__cause__]
    said = "\n".join("\n".join([str(error), *getattr(error, "__notes__", [])]) for error in errors if error)
    for piece in pieces:
        assert piece in said


def store(array, index, value):
    array[index] = value


def inside(f):
    return lambda: ag.grad(f)(2.0)


NO_ARRAY = "a Tensor cannot be stored in a plain array without losing its gradient"
DETACHED = "of a Tensor inside a transform would drop its gradient without a word; use .value (or ag.stop_gradient)"
OUTSIDE = "make array of its parts, with np.stack or np.concatenate"
TENSORS = {
    "asarray": (lambda: np.asarray(VECTOR), TypeError, [NO_ARRAY, "use it as it is, or its .value"]),
    "array of Tensors": (lambda: np.array([NUMBER, NUMBER]), TypeError, [NO_ARRAY, "np.stack([NUMBER, NUMBER])"]),
    "Tensor of Tensors": (lambda: ag.Tensor([NUMBER, NUMBER]), TypeError, [NO_ARRAY, "np.stack"]),
    "list of Tensors": (lambda: np.sum([NUMBER] * 3), TypeError, [NO_ARRAY, "np.stack"]),
    "objects and Tensors": (lambda: VECTOR + [NUMBER, "a", None], TypeError, ["expected numbers beside a Tensor, got"]),
    "method dot of an array": (
        lambda: np.ones((2, 3)).dot(VECTOR),
        TypeError,
        [NO_ARRAY, "write np.dot(np.ones((2, 3)), VECTOR) instead"],
    ),
    "masked leaf": (lambda: ag.Tensor(np.ma.array(ARRAY, mask=ARRAY > 0)), TypeError, ["lose its mask"]),
    "matrix as a leaf": (lambda: ag.Tensor(np.ones((1, 3)).view(np.matrix)), TypeError, ["np.asarray(x)"]),
    "quantile at a Tensor": (lambda: np.quantile(ARRAY, NUMBER), TypeError, ["'q' is a parameter", "pass q.value"]),
    "rows of coefficients": (lambda: np.polyval(np.ones((2, 2)), VECTOR), ValueError, ["vector of coefficients"]),
    "op without return": (
        lambda: Op(lambda x: None, (lambda g, z, x: g,), name="f")(VECTOR),
        TypeError,
        ["returned NoneType", "is a return missing?"],
    ),
    "masked array": (lambda: VECTOR * np.ma.array(ARRAY, mask=ARRAY > 0), TypeError, ["lose its mask", "x.filled(0)"]),
    "matrix": (lambda: VECTOR * np.ones((1, 3)).view(np.matrix), TypeError, ["np.matrix", "np.asarray(x)"]),
    "item of an array": (lambda: store(ARRAY, 0, NUMBER), ValueError, [NO_ARRAY, OUTSIDE]),
    "slice of an array": (lambda: store(ARRAY, slice(2), NUMBER), TypeError, [NO_ARRAY, OUTSIDE]),
    "row of an array": (lambda: store(np.zeros((2, 3)), 0, VECTOR), TypeError, [NO_ARRAY, OUTSIDE]),
    "float": (inside(float), TypeError, ["float()", DETACHED, "NumPy functions otherwise"]),
    "int": (inside(int), TypeError, ["int()", DETACHED]),
    "complex": (inside(complex), TypeError, ["complex()", DETACHED]),
    "item": (inside(lambda x: x.item()), TypeError, ["item()", DETACHED]),
    "tolist": (inside(lambda x: x.tolist()), TypeError, ["tolist()", DETACHED]),
    "math": (inside(math.sin), TypeError, ["float()", DETACHED]),
    "ratio": (inside(lambda x: x.as_integer_ratio()), TypeError, ["as_integer_ratio()", DETACHED]),
    "format": (lambda: f"{VECTOR:.3f}", TypeError, ["of shape (3,) has no format '.3f'", "np.array2string"]),
    "length": (lambda: range(NUMBER), TypeError, ["is no integer", "use int(NUMBER.value)"]),
    "setitem": (lambda: store(VECTOR, 0, 1.0), TypeError, ["weights = weights.at[index].set(value)", "np.where(mask"]),
    "setitem, no name": (lambda: store(MATRIX, 0, 1.0), TypeError, ["assigned to in place", "t = t.at[index].set(v"]),
    "value": (
        lambda: setattr(VECTOR, "value", 1.0),
        AttributeError,
        ["cannot be replaced", "weights = ag.Tensor(weights.value - step)"],
    ),
    "shape": (lambda: setattr(VECTOR, "shape", (1, 3)), AttributeError, ["'shape'", "'Tensor'"]),
    "other attribute": (lambda: VECTOR.weight, AttributeError, ["'Tensor' object has no attribute 'weight'"]),
    "strings": (lambda: ag.Tensor(["a"]), TypeError, ["expected real or complex numbers, got list", "dtype <U1"]),
    "objects": (lambda: ag.Tensor([object()]), TypeError, ["expected real or complex numbers", "dtype object"]),
    "None": (lambda: ag.Tensor(None), TypeError, ["expected real or complex numbers, got NoneType"]),
    "ragged": (lambda: ag.Tensor([[1.0], [1.0, 2.0]]), ValueError, ["inhomogeneous shape"]),
    "Tensor": (lambda: ag.Tensor(VECTOR), TypeError, ["expected an array or a number, got a Tensor", ".value"]),
    "name": (
        lambda: ag.Tensor([1, 2], np.float32),
        TypeError,
        ["expected a string for the name", "float32", "ag.Tensor(np.array(value, dtype))"],
    ),
    "string beside a Tensor": (lambda: VECTOR + "a", TypeError, ["expected numbers beside a Tensor, got str"]),
    "objects beside a Tensor": (lambda: [None] * VECTOR, TypeError, ["expected numbers beside a Tensor, got list"]),
    "None beside a Tensor": (lambda: VECTOR + None, TypeError, ["NoneType", "in op 'add' of weights: Tensor"]),
}
IN_PLACE = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power", "@": "matmul"}


def check(call, error, pieces):
    with pytest.raises(error) as raised:
        call()
    assert_says(raised, *pieces)


@pytest.mark.parametrize("name", TENSORS)
def test_tensors(name):
    check(*TENSORS[name])


class TestInPlace:
    @pytest.mark.parametrize(("symbol", "name"), IN_PLACE.items())
    def test_operators(self, symbol, name):
        array, tensor = np.ones((2, 2)), ag.Tensor(np.ones((2, 2)))
        with pytest.raises(TypeError) as raised:
            exec(f"array {symbol}= tensor", {}, {"array": array, "tensor": tensor})
        (line,) = re.findall(r"Write (.*) instead", str(raised.value))
        assert line == f"array = array {symbol} tensor"
        assert_says(raised, f"np.{name}", f"'array {symbol}= tensor'", "the gradient would be lost")
        variables = {"array": array, "tensor": tensor}
        exec(line, {}, variables)  # what the message says to write is right
        assert isinstance(variables["array"], ag.Tensor)
        np.testing.assert_array_equal(array, 1.0)

    def test_out(self):
        check(lambda: np.exp(VECTOR, out=ARRAY), TypeError, ["np.exp cannot write", "array = np.exp(...) instead"])
        check(lambda: np.add(1.0, 1.0, out=VECTOR), TypeError, ["'weights' is a leaf", "weights.at[index].set(value)"])
        check(lambda: np.sum(VECTOR, out=ARRAY), TypeError, ["sum()", "'out='", "use the returned value"])


FUNCTIONS = {
    "where": (
        lambda: np.exp(VECTOR, where=np.ones(3, bool)),
        TypeError,
        ["np.exp of a Tensor does not take 'where='", "np.where(mask, result, other)"],
    ),
    "where of a reduction": (
        lambda: ag.median(VECTOR, where=np.ones(3, bool)),
        TypeError,
        [
            "median() of a Tensor does not take 'where='",
            "it takes: axis",
            "leave elements out with a[mask], or np.where(mask, a, np.nan) for np.nanmedian",
        ],
    ),
    "casting": (lambda: np.exp(VECTOR, casting="no"), TypeError, ["np.exp of a Tensor does not take 'casting='"]),
    "unknown": (lambda: ag.sum(VECTOR, axes=0), TypeError, ["sum()", "does not take 'axes='", "it takes: axis"]),
    "too many": (lambda: ag.exp(VECTOR, VECTOR), TypeError, ["exp() takes at most 1", "got 2"]),
    "too few": (lambda: ag.multiply(VECTOR), TypeError, ["multiply() takes the inputs x, y; got 1"]),
    "a Tensor as a parameter": (
        lambda: np.sum(VECTOR, axis=NUMBER),
        TypeError,
        ["'axis' is a parameter that is not differentiated, and got a Tensor", "axis.value"],
    ),
    "method of a ufunc": (
        lambda: np.hypot.reduce(VECTOR),
        NotImplementedError,
        ["np.hypot.reduce of a Tensor has no derivative rule here", "pass .value"],
    ),
    "into a plain array": (
        lambda: np.copyto(ARRAY, VECTOR),
        TypeError,
        ["np.copyto cannot store a Tensor in a plain array", "np.where(mask, t, array)"],
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    check(*FUNCTIONS[name])


class TestNoRule:
    """A NumPy function without a rule prints the op to fill in."""

    @pytest.mark.parametrize(
        ("function", "arguments", "derivatives"),
        [
            (np.arctan, (0.5,), ["1 / (1 + x * x)"]),
            (np.hypot, (3.0, 4.0), ["x / z", "y / z"]),
            (np.trace, (np.eye(2),), ["np.eye(2)"]),
        ],
    )
    def test_the_stub_works(self, function, arguments, derivatives, monkeypatch):
        kept = registry[function]
        monkeypatch.delitem(registry, function)
        leaves = [ag.Tensor(x) for x in arguments]
        with pytest.raises(NotImplementedError) as raised:
            function(*leaves)
        message, _, stub = str(raised.value).partition("\n\n")
        name = function.__name__
        assert message.startswith(f"np.{name} of a Tensor has no derivative rule here. Pass .value")
        assert stub.count("# d") == len(derivatives)
        for derivative in derivatives:
            stub = stub.replace("* ...", f"* {derivative}", 1)
        exec(stub, {"ag": ag, "np": np})
        function(*leaves).backward()
        reference = [ag.Tensor(x) for x in arguments]
        kept(*reference).backward()
        for leaf, wanted in zip(leaves, reference, strict=True):
            np.testing.assert_allclose(leaf.grad, wanted.grad, rtol=1e-14)

    def test_a_ufunc_of_a_python_function(self):
        square = np.frompyfunc(lambda x: x * x, 1, 1)
        check(lambda: square(VECTOR), NotImplementedError, ["takes no Tensor", "apply the function itself"])

    def test_it_names_the_users_line(self, monkeypatch):
        monkeypatch.delitem(registry, np.arctan)
        for f in (np.arctan, np.lcm):
            with pytest.raises(NotImplementedError) as raised:
                np.add(f(*[NUMBER] * f.nin), 1.0)
            (line,) = raised.value.__notes__
            assert line.startswith(f"at {__file__}:")
            assert line.endswith(": np.add(f(*[NUMBER] * f.nin), 1.0)")

    def test_no_object_array_is_made(self, monkeypatch):
        monkeypatch.delitem(registry, np.arctan)
        with pytest.raises(NotImplementedError):
            np.arctan(VECTOR)
        assert np.arctan(VECTOR.value).dtype == np.float64


def twice(rule, **row):
    @ag.op(**row)
    def twice(value):
        return np.asarray(value) * 2.0

    twice.vjp(rule)
    return lambda: ag.grad(lambda x: np.sum(twice(x)))(np.ones(3))


class TestRules:
    RULE = "the vjp rule of op 'twice' for input 0 ('value', Tensor of shape (3,))"

    @pytest.mark.parametrize(
        ("rule", "error", "said"),
        [
            (lambda g, z, x: np.sum(g), ValueError, "returned a cotangent of shape (); expected (3,)"),
            (lambda g, z, x: g[:, None], ValueError, "returned a cotangent of shape (3, 1); expected (3,)"),
            (lambda g, z, x: None, TypeError, "returned NoneType of dtype object; expected numbers"),
            (lambda g, z, x: [None] * 3, TypeError, "returned list of dtype object; expected numbers"),
            (lambda g, z, x: np.array(["a"] * 3), TypeError, "returned ndarray of dtype <U1; expected numbers"),
            (lambda g, z, x: g * np.ones(2), ValueError, "could not be broadcast"),
            (lambda g, z, x: 1 // 0, ZeroDivisionError, "by zero"),
        ],
    )
    def test_a_wrong_rule_is_named(self, rule, error, said):
        check(twice(rule), error, [self.RULE, said])

    @pytest.mark.parametrize(
        ("rule", "error"),
        [
            (lambda g, z, x: np.sum(g), ValueError),
            (lambda g, z, x: None, TypeError),
            (lambda g, z, x: 1 // 0, ZeroDivisionError),
        ],
    )
    def test_the_users_line_is_named(self, rule, error):
        op = ag.op(lambda value: value * 2.0)
        op.vjp(rule)
        for remembered in (False, True):
            with ag.debug() if remembered else contextlib.nullcontext():
                double = op(VECTOR)  # forward
            with pytest.raises(error) as raised:
                np.sum(double).backward()  # backward
            notes = raised.value.__notes__
            if remembered:
                assert notes[-1].startswith(f"the op was called at {__file__}:")
                assert notes[-1].endswith(": double = op(VECTOR)  # forward")
            else:
                line, hint = notes[-2:]
                assert line.startswith(f"in the backward pass at {__file__}:")
                assert line.endswith(": np.sum(double).backward()  # backward")
                assert hint == "inside of `with ag.debug():` the line that called the op is named"

    def test_broadcasting_that_was_not_declared(self):
        @ag.op
        def scaled(x, y):
            return x * y

        scaled.vjp(lambda g, z, x, y: g * y)
        check(
            lambda: ag.grad(lambda x: np.sum(scaled(x, np.ones((4, 3)))))(np.ones(3)),
            ValueError,
            ["for input 0 ('x', Tensor of shape (3,))", "shape (4, 3); expected (3,)", "@ag.op(elementwise=True)"],
        )

    def test_rules_in_the_wrong_order(self):
        @ag.op
        def paired(x, y):
            return x @ np.ones((3, 4)) @ y

        paired.vjp(lambda g, z, x, y: g * x @ np.ones((3, 4)))
        paired.vjp(lambda g, z, x, y: g * np.ones((3, 4)) @ y)
        hint = "shape (4,); expected (3,); 'y' has that shape: rules are in the order of the inputs"
        check(lambda: ag.grad(paired)(np.ones(3), np.ones(4)), ValueError, [hint])

    def test_an_elementwise_op_expects_one_of_two_shapes(self):
        @ag.op(elementwise=True)
        def scaled(x, y):
            return x * y

        scaled.vjp(lambda g, z, x, y: g[..., None])
        check(
            lambda: ag.grad(lambda x: np.sum(scaled(x, np.ones((4, 3)))))(np.ones(3)),
            ValueError,
            ["returned a cotangent of shape (4, 3, 1)", "expected (3,) or, before broadcasting is undone, (4, 3)"],
        )

    @pytest.mark.parametrize(
        ("elementwise", "expected"),
        [
            (True, ["shape (4, 3, 1)", "expected (3,) or, before broadcasting is undone, (4, 3)"]),
            (False, ["shape (4, 3)", "expected (3,)", "@ag.op(elementwise=True)"]),
        ],
    )
    def test_of_several_outputs(self, elementwise, expected):
        made = ag.op(elementwise=elementwise)(lambda x, y: (x * y, x + y))
        made.vjp(lambda g, z, x, y: g[0][..., None] if elementwise else g[0])
        check(lambda: ag.grad(lambda x: np.sum(made(x, np.ones((4, 3)))[0]))(np.ones(3)), ValueError, expected)

    def test_of_an_input_that_is_used_twice(self):
        @ag.op
        def product(left, right):
            return left * right

        product.vjp(lambda g, z, x, y: g * y)
        product.vjp(lambda g, z, x, y: np.sum(g))
        check(
            lambda: ag.grad(lambda x: np.sum(product(x, x)))(np.ones(3)),
            ValueError,
            ["rule of op 'product' for input 1 ('right'"],
        )

    def test_of_an_op_of_any_number_of_inputs(self):
        @ag.op
        def total(*arrays):
            return sum(arrays)

        total.vjp(lambda i, g, z, *arrays: g if i < 2 else np.sum(g))
        assert ag.grad(lambda x: np.sum(total(x, x)))(np.ones(3)).shape == (3,)
        check(
            lambda: ag.grad(lambda x: np.sum(total(x + 1, x - 1, x * 2)))(np.ones(3)),
            ValueError,
            ["rule of op 'total' for input 2 ('2', Tensor of shape (3,))", "shape (); expected (3,)"],
        )

    def test_a_missing_rule(self):
        @ag.op
        def product(left, right):
            return left * right

        product.vjp(lambda g, z, x, y: g * y)
        assert ag.grad(product)(2.0, 3.0) == 3.0
        check(
            lambda: ag.grad(product, 1)(2.0, 3.0),
            NotImplementedError,
            ["op 'product' has no vjp rule for input 1 ('right')", "@product.vjp", "pass the input's .value"],
        )

    def test_a_rule_that_needs_a_parameter_which_a_call_may_leave_out(self):
        @ag.op
        def scaled(x, /, *, factor=2.0):
            return factor * x

        said = ["op 'scaled' may be called without 'factor'", "the same default, factor=2.0"]
        check(lambda: scaled.vjp(lambda g, z, x, *, factor: factor * g), TypeError, said)
        scaled.vjp(lambda g, z, x, *, factor=2.0: factor * g)
        assert ag.grad(scaled)(1.0) == 2.0

    @pytest.mark.parametrize(
        ("rule", "got"),
        [
            (lambda g, x, y: g * y, "(g, x, y)"),
            (lambda g, z, x, y, w: g * y, "(g, z, x, y, w)"),
            (lambda g, z, x, *, y: g * y, "(g, z, x, *, y)"),
            (lambda g, z, x, y, *, scale: g * y, "(g, z, x, y, *, scale)"),
        ],
    )
    def test_a_rule_that_does_not_take_the_inputs(self, rule, got):
        @ag.op
        def prod(x, y):
            return x * y

        check(lambda: prod.vjp(rule), TypeError, [f"the rule of input x of op 'prod' takes (g, z, x, y), got {got}"])
        prod.vjp(lambda g, z, x, y: g * y)
        check(lambda: prod.vjp(rule), TypeError, [f"the rule of input y of op 'prod' takes (g, z, x, y), got {got}"])

    @pytest.mark.parametrize(
        "rule",
        [
            lambda *args: args[0] * args[3],
            lambda g, *rest: g * rest[2],
            lambda g, z, *inputs, **others: g * inputs[1],
            lambda cotangent, output, left, /, right: cotangent * right,
            lambda g, z, x, y, power=1: g * y**power,
            functools.partial(lambda factor, g, z, x, y: factor * g * y, 1.0),
            functools.partial(lambda g, z, x, y, factor: factor * g * y, factor=1.0),
        ],
    )
    def test_a_rule_takes_the_inputs_by_any_names(self, rule):
        @ag.op
        def prod(x, y):
            return x * y

        prod.vjp(rule)
        assert ag.grad(prod)(2.0, 3.0) == 3.0

    def test_a_rule_that_is_wrapped_takes_what_its_wrapper_takes(self):
        @ag.op
        def half(x):
            return x / 2

        def of_two(g, factor):
            return g * factor

        half.vjp(functools.wraps(of_two)(lambda g, z, x: of_two(g, 0.5)))
        assert ag.grad(half)(1.0) == 0.5

    def test_a_rule_without_a_signature(self):
        @ag.op
        def largest(x, y):
            return np.maximum(x, y)

        largest.vjp(max)  # of g, z, x and y, but it could be any function
        assert ag.grad(largest)(2.0, 3.0) == 3.0

    def test_a_rule_that_takes_no_parameter(self):
        @ag.op
        def k(x, *, beta=1.0, **others):
            return x * beta

        said = [
            "op 'k' may be called with beta=, and its rule does not take it",
            "write (g, z, x, *, beta=1.0, **others)",
        ]
        check(lambda: k.vjp(lambda g, z, x: g), TypeError, said)
        k.vjp(lambda g, z, x, **others: g * others.get("beta", 1.0))
        assert ag.grad(k)(1.0, beta=3.0) == 3.0

    def test_a_rule_takes_parameters_by_position_too(self):
        @ag.op
        def power(x, /, n, scale=1.0):
            return scale * x**n

        check(lambda: power.vjp(lambda g, z, x, n: g), TypeError, ["called with scale=", "(g, z, x, n, scale=1.0)"])
        power.vjp(lambda g, z, x, n, scale=1.0: g * scale * n * x ** (n - 1))
        assert ag.grad(power)(3.0, 2) == 6.0

    def test_the_rule_of_any_number_of_inputs_takes_a_position(self):
        @ag.op
        def total(*arrays, scale=1.0):
            return scale * sum(arrays)

        takes = "the rule of op 'total' takes (i, g, z, *inputs, scale=1.0), got (g, z, x)"
        check(lambda: total.vjp(lambda g, z, x: g), TypeError, [takes])
        check(
            lambda: total.vjp(lambda i, g, z, *arrays: g), TypeError, ["called with scale=", "(i, g, z, *inputs, scale"]
        )
        total.vjp(lambda i, g, z, first, *arrays, scale=1.0: scale * g)
        assert ag.grad(total, 1)(1.0, 2.0, scale=3.0) == 3.0

    def test_a_rule_in_brackets(self):
        @ag.op
        def k(x):
            return x

        vjp: Any = k.vjp
        for call, got in ((lambda: vjp(1), "@k.vjp(1)"), (lambda: vjp(), "@k.vjp()")):
            check(call, TypeError, ["@k.vjp stands above the rule of the next input", f"got {got}", "without brackets"])
        vjp(None)  # the derivative is zero
        assert ag.grad(k)(1.0) == 0.0

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("elementwize", "did you mean elementwise?"),
            ("label", "did you mean labels?"),
            ("q", "it takes: core,"),
        ],
    )
    def test_a_keyword_that_op_does_not_take(self, name, hint):
        check(lambda: ag.op(**{name: True}), TypeError, [f"op() takes no '{name}'; {hint}"])

    def test_one_rule_too_many(self):
        @ag.op
        def half(x):
            return x / 2

        half.vjp(lambda g, z, x: g / 2)
        check(lambda: half.vjp(lambda g, z, x: g), TypeError, ["op 'half' has 1 input(s) and a rule for each"])


SIZE = "expected a result of size 1"
BACKWARD = {
    "vector": (lambda: VECTOR.backward(), ValueError, ["shape (3,)", SIZE, "np.sum", "t.backward(cotangent)"]),
    "complex": (lambda: COMPLEX.backward(), ValueError, ["complex result", "np.real", "t.backward(cotangent)"]),
    "shape": (
        lambda: VECTOR.backward(np.ones(2)),
        ValueError,
        ["expected a cotangent of the value's shape (3,)", "(2,)"],
    ),
    "number": (lambda: VECTOR.backward(1.0), ValueError, ["cotangent of the value's shape (3,), got one of shape ()"]),
    "None inside": (lambda: VECTOR.backward([None] * 3), TypeError, ["expected a cotangent of numbers, got list"]),
    "text": (lambda: NUMBER.backward("a"), TypeError, ["expected a cotangent of numbers, got str"]),
    "complex for real": (lambda: NUMBER.backward(1j), TypeError, ["expected a real cotangent", "pass its real part"]),
}


@pytest.mark.parametrize("name", BACKWARD)
def test_backward(name):
    check(*BACKWARD[name])


def loss(x, y=0.0):
    return np.sum(x * x)


def pull(cotangent):
    return ag.vjp(lambda x: {"a": x, "b": 2 * x}, 2.0)[1](cotangent)


def forgotten(x):
    _ = x * x


def generated(x):
    yield x


NUMBERS = "to return numbers or arrays of them, got"
X = np.ones(3)


class Model:
    w = 1.0


TRANSFORMS = {
    "no function": (
        lambda: ag.grad(3.0),
        TypeError,
        ["ag.grad takes a function, got float", "ag.grad(f)(x), not ag.grad(f(x))"],
    ),
    "called": (lambda: ag.hessian(loss(X)), TypeError, ["ag.hessian takes a function, got float64"]),
    "value_and_grad": (
        lambda: ag.value_and_grad(None),
        TypeError,
        ["ag.value_and_grad takes a function, got NoneType"],
    ),
    "vjp": (lambda: ag.vjp(X, X), TypeError, ["ag.vjp takes a function, got ndarray"]),
    "jvp": (lambda: ag.jvp(X, (X,), (X,)), TypeError, ["ag.jvp takes a function, got ndarray"]),
    "jacobian": (lambda: ag.jacobian(X), TypeError, ["ag.jacobian takes a function, got ndarray"]),
    "hvp": (lambda: ag.hvp(X, X, X), TypeError, ["ag.hvp takes a function, got ndarray"]),
    "argnums beyond": (
        lambda: ag.grad(loss, 2)(X, 1.0),
        TypeError,
        ["argnums=2 names argument 2 of loss(), which got 2 positional argument(s)"],
    ),
    "argnums before": (
        lambda: ag.grad(loss, (0, -3))(X, 1.0),
        TypeError,
        ["argnums=(0, -3) names argument -3 of loss()"],
    ),
    "by keyword": (
        lambda: ag.grad(loss)(x=X),
        TypeError,
        ["argument 0 of loss(), which got 0 positional", "pass it by position: grad(f)(x), not grad(f)(x=x)"],
    ),
    "argnums twice": (
        lambda: ag.grad(loss, (0, 0))(X),
        TypeError,
        ["argument 0 of loss()", "argnums names it twice; name it once"],
    ),
    "argnums twice, negative": (
        lambda: ag.jacobian(loss, (1, -1))(X, X),
        TypeError,
        ["argument -1 of loss()", "argnums names it twice; name it once"],
    ),
    "argnums None": (lambda: ag.grad(loss, None), TypeError, ["expected argnums to be an int or a sequence", "None"]),
    "argnums a name": (lambda: ag.hessian(loss, "x"), TypeError, ["expected argnums to be an int", "'x'"]),
    "argnums the arguments": (
        lambda: ag.grad(loss, X),
        TypeError,
        ["expected argnums to be an int", "the arguments follow: ag.grad(f)(x)"],
    ),
    "argnums a float": (lambda: ag.jacobian(loss, 0.5), TypeError, ["expected argnums to be an int", "0.5"]),
    "text": (
        lambda: ag.grad(loss)("text"),
        TypeError,
        ["argument 0 of loss() cannot be differentiated: expected real or complex numbers, got str"],
    ),
    "object": (
        lambda: ag.grad(loss)(Model()),
        TypeError,
        ["got Model of shape ()", "a model is a dataclass, dict, list or tuple of arrays"],
    ),
    "None in a tree": (lambda: ag.grad(loss)({"a": None}), TypeError, ["argument 0 of loss() cannot", "got NoneType"]),
    "second argument": (lambda: ag.grad(loss, (0, 1))(X, object()), TypeError, ["argument 1 of loss() cannot"]),
    "nothing returned": (
        lambda: ag.grad(forgotten)(2.0),
        TypeError,
        [f"expected forgotten() {NUMBERS} None; does it return its result?"],
    ),
    "generator": (lambda: ag.grad(generated)(2.0), TypeError, [f"expected generated() {NUMBERS} a generator"]),
    "text returned": (lambda: ag.jacobian(lambda x: [x, "a"])(2.0), TypeError, [NUMBERS, "a str"]),
    "several returned": (
        lambda: ag.grad(lambda x: (x, x))(2.0),
        TypeError,
        ["expected <lambda>() to return one number, got 2 values", "has_aux=True", "ag.vjp or ag.jacobian"],
    ),
    "op of no function": (lambda: ag.op(3), TypeError, ["ag.op takes a function, got int; write @ag.op above"]),
    "no pair": (
        lambda: ag.grad(loss, has_aux=True)(X),
        TypeError,
        ["has_aux=True: expected loss() to return a pair (result, aux), got a Tensor"],
    ),
    "three parts": (
        lambda: ag.value_and_grad(lambda x: (x, x, x), has_aux=True)(2.0),
        TypeError,
        ["expected <lambda>() to return a pair (result, aux), got 3 values"],
    ),
    "several results beside aux": (
        lambda: ag.grad(lambda x: ([x, x], None), has_aux=True)(2.0),
        TypeError,
        ["expected <lambda>() to return one number, got 2 values"],
    ),
    "array returned": (
        lambda: ag.grad(lambda x: x * x)(X),
        ValueError,
        ["gradient of a result of shape (3,)", SIZE, "np.sum", "ag.jacobian"],
    ),
    "array returned, hessian": (lambda: ag.hessian(lambda x: x * x)(X), ValueError, ["shape (3,)", SIZE]),
    "constant array returned": (lambda: ag.value_and_grad(lambda x: X)(2.0), ValueError, ["shape (3,)", SIZE]),
    "nothing in the array": (lambda: ag.grad(lambda x: x)(np.zeros(0)), ValueError, ["shape (0,)", SIZE]),
    "complex returned": (lambda: ag.grad(lambda x: x * 1j)(2.0), ValueError, ["complex result", "np.real, np.imag"]),
    "structure of a cotangent": (
        lambda: pull([1.0, 2.0]),
        ValueError,
        ["expected a cotangent of the structure of the value of <lambda>(), {'a': *, 'b': *}, got [*, *]"],
    ),
    "part of a cotangent": (lambda: pull({"a": 1.0}), ValueError, ["{'a': *, 'b': *}, got {'a': *}"]),
    "shape of a cotangent": (
        lambda: pull({"a": 1.0, "b": X}),
        ValueError,
        ["expected a cotangent of the value's shape (), got one of shape (3,)"],
    ),
    "no cotangent": (lambda: pull({"a": 1.0, "b": None}), TypeError, ["expected a cotangent of numbers, got NoneType"]),
    "no tuples": (
        lambda: ag.jvp(loss, X, X),
        TypeError,
        ["primals and the tangents as tuples: ag.jvp(f, (x,), (dx,))"],
    ),
    "number of tangents": (
        lambda: ag.jvp(loss, (X,), (X, X)),
        ValueError,
        ["expected tangents of the structure of the primals, (*), got (*, *)"],
    ),
    "shape of a tangent": (
        lambda: ag.jvp(loss, (X,), (np.ones(2),)),
        ValueError,
        ["expected a tangent of the value's shape (3,), got one of shape (2,)"],
    ),
    "complex tangent": (lambda: ag.jvp(loss, (X,), (X * 1j,)), TypeError, ["expected a real tangent", "real part"]),
    "tangent of hvp": (lambda: ag.hvp(loss, X, [X]), ValueError, ["expected tangents of the structure of the primals"]),
    "shape of hvp": (
        lambda: ag.hvp(loss, X, 1.0),
        ValueError,
        ["tangent of the value's shape (3,), got one of shape ()"],
    ),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name):
    check(*TRANSFORMS[name])


CALLED_AT_ONCE = {"vjp": (X,), "jvp": ((X,), (X,)), "hvp": (X, X), "explain": (X,)}


@pytest.mark.parametrize("name", ["grad", "value_and_grad", "jacobian", "hessian", "compile", *CALLED_AT_ONCE])
def test_what_a_transform_says_to_write_can_be_written(name):
    with pytest.raises(TypeError) as raised:
        getattr(ag, name)(loss(X), *CALLED_AT_ONCE.get(name, ()))
    (call,) = re.findall(r"write (.+), not ", str(raised.value))
    assert call.startswith(f"ag.{name}(f")
    assert eval(call, {"ag": ag, "f": loss, "x": X, "v": X}) is not None


DIFFERENTIATED = {
    "grad": lambda f: ag.grad(f)(X),
    "value_and_grad": lambda f: ag.value_and_grad(f)(X),
    "has_aux": lambda f: ag.grad(lambda x: (f(x), None), has_aux=True)(X),
    "hessian": lambda f: ag.hessian(f)(X),
    "hvp": lambda f: ag.hvp(f, X, X),
    "vjp": lambda f: ag.vjp(f, X),
    "jvp": lambda f: ag.jvp(f, (X,), (X,)),
    "jacobian": lambda f: ag.jacobian(f)(X),
    "several": lambda f: ag.jacobian(lambda x: {"a": f(x), "b": f(x)})(X),
    "nested": lambda f: ag.grad(lambda x: ag.grad(lambda y: f(x * y))(x)[0])(X),
}
STEPS = {
    "int64": np.argmax,
    "bool": lambda x: x > 0,
    "bool, Python's": lambda x: bool(np.all(x > 0)),
    "int64, counted": lambda x: np.sum(x > 0),
    "int8": lambda x: np.int8(1),
}


@pytest.mark.parametrize("transform", DIFFERENTIATED)
@pytest.mark.parametrize("name", STEPS)
def test_results_without_a_derivative(name, transform):
    """Of integers and booleans: 0 would be an answer to a question that nobody asked."""
    dtype = name.partition(",")[0]
    pieces = ["return real or complex numbers, got a result of dtype " + dtype, "is 0 everywhere", "1.0 * result"]
    check(lambda: DIFFERENTIATED[transform](STEPS[name]), TypeError, pieces)


def test_counts_beside_a_real_result_have_the_derivative_zero():
    f = lambda x: (np.sum(x * x), np.sum(x > 0))  # noqa: E731
    value, pullback = ag.vjp(f, X)
    assert value == (3.0, 3)
    np.testing.assert_array_equal(pullback((1.0, 5.0))[0], 2 * X)
    np.testing.assert_array_equal(ag.jacobian(f)(X)[1], 0.0)
    np.testing.assert_array_equal(ag.grad(lambda x: np.sum(np.floor(x)))(X), 0.0)


NUMPYS_OWN: dict[str, tuple[Any, ...]] = {
    "axis": (lambda x: np.sum(x, axis=5), VECTOR, np.exceptions.AxisError, "sum"),
    "axis of softmax": (lambda x: ag.softmax(x, axis=5), VECTOR, np.exceptions.AxisError, "softmax"),
    "operator": (lambda x: x + ag.Tensor(np.ones(2)), VECTOR, ValueError, "add"),
    "operator, array": (lambda x: np.ones(2) * x, VECTOR, ValueError, "multiply"),
    "function": (lambda x: np.divide(x, np.ones(2)), VECTOR, ValueError, "divide"),
    "matmul": (lambda x: np.ones((2, 2)) @ x, VECTOR, ValueError, "matmul"),
    "matmul of Tensors": (lambda x: x @ MATRIX, VECTOR, ValueError, "matmul"),
    "dot": (lambda x: np.dot(np.ones((2, 2)), x), VECTOR, ValueError, "dot"),
    "reshape": (lambda x: x.reshape(2, 2), VECTOR, ValueError, "reshape"),
    "concatenate": (lambda x: np.concatenate([x, MATRIX]), VECTOR, ValueError, "concatenate"),
    "index": (lambda x: x[7], VECTOR, IndexError, "getitem"),
    "indices": (lambda x: x[0, 0], VECTOR, IndexError, "getitem"),
    "mask": (lambda x: x[np.array([True, False])], VECTOR, IndexError, "getitem"),
    "index by name": (lambda x: x["first"], VECTOR, IndexError, "getitem"),
    "inverse": (np.linalg.inv, SINGULAR, np.linalg.LinAlgError, "inv"),
    "solve": (lambda x: np.linalg.solve(x, np.ones(2)), SINGULAR, np.linalg.LinAlgError, "solve"),
    "cholesky": (lambda x: np.linalg.cholesky(-x), MATRIX, np.linalg.LinAlgError, "cholesky"),
    "largest of none": (np.max, EMPTY, ValueError, "max"),
}


@pytest.mark.parametrize("name", NUMPYS_OWN)
def test_numpys_own_errors_name_the_op_and_show_the_users_line(name):
    f, x, error, op = NUMPYS_OWN[name]
    with pytest.raises(error):
        f(x.value)
    with pytest.raises(error) as raised:
        f(x)
    notes = raised.value.__notes__
    assert any(note.startswith(f"in op '{op}' of ") and f"of shape {x.shape}" in note for note in notes), notes
    text = "".join(traceback.format_exception(raised.value))
    assert __file__ in text
    assert "weights: Tensor of shape (3,)" in text or x is not VECTOR


def test_an_error_names_an_op_once():
    with pytest.raises(ValueError, match="broadcast") as raised:
        VECTOR + np.ones(2)
    assert len(raised.value.__notes__) == 1
    assert raised.value.__context__ is None


def test_warnings_are_numpys_own():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert np.log(ag.Tensor(0.0)).value == -np.inf


def test_an_error_in_a_recorded_backward_pass_names_the_rule_and_the_op_in_it():
    @ag.op
    def odd(x):
        return np.asarray(x) * 1.0

    odd.vjp(lambda g, z, x: g * np.concatenate([x, x]))
    with pytest.raises(ValueError, match="broadcast") as raised:
        ag.hessian(lambda x: np.sum(odd(x)))(np.ones(3))
    assert "in op 'multiply'" in raised.value.__notes__[0]
    assert "in the vjp rule of op 'odd' for input 0 ('x'" in raised.value.__notes__[1]


def test_no_private_name_is_suggested_for_what_another_framework_has():
    for name in ("detach", "numpy", "clone", "view", "data"):
        with pytest.raises(AttributeError) as raised:
            getattr(ag.Tensor(X), name)
        assert "'_" not in "".join(traceback.format_exception_only(raised.value))

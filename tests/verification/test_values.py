"""Expressions that are found by their value."""

import ast
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.verification.repair import idioms
from autograd_lite.verification.repair.scope import Scope, Wanted
from autograd_lite.verification.repair.spelling import tidy
from autograd_lite.verification.repair.terms import Term
from autograd_lite.verification.repair.values import SIMPLE, expressions


class Layer:
    def __init__(self, W, b):
        self.W, self.b = W, b


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def variables(seed, rows=5):
    draw = np.random.default_rng(seed)
    layer = Layer(draw.normal(size=(3, 4)), draw.normal(size=4))
    x, labels = draw.normal(size=(rows, 3)), draw.integers(0, 4, rows)
    z = x @ layer.W + layer.b
    e = np.exp(z)
    return {
        "self": layer, "x": x, "labels": labels, "z": z, "h": np.tanh(z), "s": sigmoid(z),
        "p": e / e.sum(axis=1, keepdims=True), "dout": draw.normal(size=z.shape), "lam": draw.normal(),
        "cache": {"q": draw.normal(size=z.shape)}, "t": 2, "steps": [draw.normal(size=z.shape) for _ in range(4)],
    }  # fmt: skip


FIXED, FUNCTIONS = {"np": np}, {"sigmoid": sigmoid}
SCOPE = Scope([*map(variables, range(4)), variables(4, 6)], FIXED, FUNCTIONS)
FURTHER = Scope([variables(9, 7)], FIXED, FUNCTIONS)


def values(text, scope=SCOPE):
    return scope.evaluate(ast.parse(text, mode="eval").body)


def found(text, wanted="the derivative of the result with respect to z", **options):
    return list(expressions(SCOPE, Wanted(values(text), wanted), **options))


def first(text, **options):
    return next(iter(found(text, **options)))


def length(text):
    return int(idioms.Form(text).tokens)


EXPRESSIONS = {
    "dout": "dout",
    "cache['q'] * dout": "dout * cache['q']",
    "steps[2] * dout": "dout * steps[t]",
    "dout * (1 - h ** 2)": "dout * (1 - h ** 2)",
    "dout * s * (1 - s)": "dout * s * (1 - s)",
    "dout * (z > 0)": "dout * (z > 0)",
    "(z > 0) * 1.0": "(z > 0).astype(float)",
    "dout * np.where(z > 0, 1, lam)": "dout * np.where(z > 0, 1, lam)",
    "dout / z ** 2": "dout / z ** 2",
    "np.cos(z)": "np.cos(z)",
    "-dout * z": "-z * dout",
    "dout - z": "dout - z",
    "sigmoid(x)": "sigmoid(x)",
    "sigmoid(x) - sigmoid(x) ** 2": "sigmoid(x) * (1 - sigmoid(x))",
    "dout * steps[3]": "dout * steps[t + 1]",
    "x.T @ dout": "x.T @ dout",
    "dout @ self.W.T": "dout @ self.W.T",
    "(dout * (1 - h ** 2)) @ self.W.T": "dout * (1 - h ** 2) @ self.W.T",
    "dout @ self.b": "dout @ self.b",
    "x.T @ (p - np.eye(4)[labels]) / len(p)": "x.T @ (p - np.eye(p.shape[-1])[labels]) / len(z)",
    "np.outer(x[2], dout[2])": "np.outer(x[t], dout[t])",
    "dout.sum(axis=0)": "np.sum(dout, axis=0)",
    "(dout * h).sum(axis=1, keepdims=True)": "np.sum(h * dout, axis=1, keepdims=True)",
    "np.sum(dout * h)": "np.sum(h * dout)",
    "2 * (z - cache['q']) / len(x)": "2 * (z - cache['q']) / len(z)",
    "2 * lam * self.W": "2 * lam * self.W",
    "1 / len(x)": "1 / len(z)",
    "len(x) * 1.0": "len(z)",
    "p * (dout - (dout * p).sum(axis=1)[:, None])": "p * (dout - np.sum(p * dout, axis=-1, keepdims=True))",
    "lam / self.b * (dout - p * dout.sum(axis=1)[:, None])": (
        "lam * (dout - p * np.sum(dout, axis=-1, keepdims=True)) / self.b"
    ),
    "dout * h + z": "h * dout + z",
    "z / np.linalg.norm(z)": "z / np.linalg.norm(z)",
}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS.items())
def test_the_first_expression_is_what_a_person_writes(text, expected):
    assert ast.unparse(first(text).tree) == expected


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_all_expressions_have_the_wanted_value_also_at_a_further_point(text):
    for proposal in found(text):
        (value,), (expected,) = FURTHER.evaluate(proposal.tree), values(text, FURTHER)
        np.testing.assert_allclose(value, expected, 1e-9, 1e-12)


WORDS = {
    "dout * (1 - h ** 2)": "the derivative of tanh at its output h times dout",
    "np.cos(z)": "the derivative of sin at z",
    "x.T @ dout": "",
    "dout.sum(axis=0)": "summed over the batch",
    "(dout * h).sum(axis=0)": "summed over the batch",
    "p * (dout - (dout * p).sum(axis=1)[:, None])": "the cotangent through softmax p",
}


@pytest.mark.parametrize(("text", "words"), WORDS.items())
def test_an_expression_says_what_it_is(text, words):
    assert first(text).words == words


LENGTHS = {"g": 2, "h": 3, "i": 4, "j": 5, "k": 6, "l": 7}


@pytest.mark.parametrize("axes", idioms.CONTRACTIONS)
def test_each_sum_of_products_is_found(axes):
    operands, _, result = axes.partition("->")
    draw = np.random.default_rng(0)
    shapes = [[LENGTHS[axis] for axis in own] for own in operands.split(",")]
    points = [{name: draw.normal(size=shape) for name, shape in zip("ab", shapes, strict=True)} for _ in range(2)]
    sums = axes.replace("1", "")
    shape = [LENGTHS.get(axis, 1) for axis in result]
    wanted = Wanted([np.einsum(sums, p["a"], p["b"]).reshape(shape) for p in points], "")
    proposal = next(expressions(Scope(points, FIXED, {}), wanted))
    assert ast.unparse(proposal.tree) == idioms.CONTRACTIONS[axes].text.format(a="a", b="b")
    assert proposal.words == idioms.CONTRACTIONS[axes].words


TIDY = {
    "a * (b * 2)": "2 * a * b",
    "a * 2 * (b * 3)": "6 * a * b",
    "a * (b / c)": "a * b / c",
    "a + (b - c)": "a + b - c",
    "a + -b": "a - b",
    "a + -b * c": "a - b * c",
    "a - -b / c": "a + b / c",
    "-(a - b)": "b - a",
    "-(a @ b)": "-a @ b",
    "1 * a": "a",
    "a.b * a.b": "a.b ** 2",
    "2 * a / (2 * b)": "a / b",
    "2 * a / 2": "a",
    "2.0 / a": "2 / a",
    "np.where(a, b, 0)": "b * a",
}


@pytest.mark.parametrize(("text", "expected"), TIDY.items())
def test_expressions_are_written_as_people_write_them(text, expected):
    assert ast.unparse(tidy(ast.parse(text, mode="eval").body)) == expected


FUNCTIONS_OF_ONE = {
    "dout": "dout",
    "1 - h ** 2": "1 - h ** 2",
    "sigmoid(x)": "sigmoid(x)",
    "2 * dout / len(x)": "2 * dout / len(z)",
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_simple_expressions_are_functions_of_one_name(text):
    for proposal in found(text, longest=SIMPLE):
        names = {node.id for node in ast.walk(proposal.tree) if isinstance(node, ast.Name)}
        arrays = [name for name in names if np.ndim(SCOPE.locals[0].get(name, 0))]
        assert len(arrays) <= 2  # one of them for a length


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS_OF_ONE.items())
def test_simple_expressions_are_found(text, expected):
    assert ast.unparse(first(text, longest=SIMPLE).tree) == expected


def test_a_factor_may_be_a_truth():
    assert ast.unparse(first("(z > 0) * 1.0", broadcast=True).tree) == "z > 0"


ARRAYS = [Term.name(name, 1) for name in ("z", "h", "s", "dout", "p")]
ONE = st.builds(lambda form, a: Term(form, (a,)), st.sampled_from(idioms.ELEMENTWISE), st.sampled_from(ARRAYS))
PLANTED = st.one_of(
    ONE,
    st.builds(lambda form, a, b: Term(form, (a, b)), st.sampled_from(idioms.PAIRS), st.sampled_from(ARRAYS), ONE),
    st.builds(
        lambda form, two: Term(form, two),
        st.sampled_from([*idioms.PAIRS, *idioms.TWO]),
        st.permutations(ARRAYS).map(lambda terms: tuple(terms[:2])),
    ),
)


@settings(max_examples=40, deadline=None)
@given(PLANTED)
def test_what_is_planted_is_found_in_no_more_tokens(term):
    if values(term.text)[0].dtype == bool:
        term = Term(idioms.AS_FLOAT, (term,))
    wanted = values(term.text)
    parts = [value for part in term.parts for value in values(part.text)]
    if not all(np.isfinite(value).all() and len(np.unique(value)) > 1 for value in [*wanted, *parts]):
        return  # what is 1 everywhere is no factor that could be found
    proposal = next(expressions(SCOPE, Wanted(wanted, "z")))
    assert length(ast.unparse(proposal.tree)) <= term.cost


@pytest.mark.parametrize("wanted", [0.0, 1.0, -1.0, np.zeros((5, 4)), np.ones((5, 4)), True, np.full((5, 4), True)])
def test_zeros_ones_and_truths_are_not_found_by_value(wanted):
    assert not list(expressions(SCOPE, Wanted([wanted] * 5, "")))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("shape", [(), (1,), (2,)])
def test_a_number_that_nothing_explains_is_not_explained(seed, shape):
    """One element at a single point leaves the most freedom."""
    scope = Scope([variables(seed)], FIXED, FUNCTIONS)
    assert not list(expressions(scope, Wanted([np.random.default_rng(seed).normal(size=shape)], "z")))


def test_a_factor_may_be_anything_where_both_values_are_zero():
    with np.errstate(invalid="ignore"):
        ratios = [
            np.asarray(w) / h for w, h in zip(values("dout * (z > 0) / len(x)"), values("dout * (z > 0)"), strict=True)
        ]
    assert ast.unparse(next(expressions(SCOPE, Wanted(ratios, ""), broadcast=True)).tree) == "1 / len(x)"


def test_a_number_that_has_a_name_is_written_by_it():
    points = [{"x": value, "power": 2.0} for value in values("z")]
    wanted = Wanted([2 * point["x"] for point in points], "x")
    assert ast.unparse(next(expressions(Scope(points, FIXED, {}), wanted)).tree) == "power * x"


def test_a_turn_of_a_loop_over_time_is_found():
    points: list[dict[str, Any]] = []
    for seed in range(3):
        draw = np.random.default_rng(seed)
        hs, xs = np.tanh(draw.normal(size=(4, 5))), draw.normal(size=(3, 2))
        points.append({"hs": list(hs), "xs": xs, "t": 2, "dh": draw.normal(size=5)})
    wanted = Wanted([np.outer(p["dh"] * (1 - p["hs"][3] ** 2), p["xs"][2]) for p in points], "W")
    text = ast.unparse(next(expressions(Scope(points, FIXED, {}), wanted)).tree)
    assert text == "np.outer(dh * (1 - hs[t + 1] ** 2), xs[t])"


@pytest.mark.parametrize("wanted", ["text", None, np.zeros((0, 3)), np.array(["a"]), np.full((5, 4), np.nan)])
def test_what_is_no_number_has_no_expression(wanted):
    assert not list(expressions(SCOPE, Wanted([wanted] * 5, "")))


def test_a_missing_term_is_found_as_another_value():
    differences = [value + 0 * w for value, w in zip(values("2 * lam"), values("self.W"), strict=True)]
    assert ast.unparse(next(expressions(SCOPE, Wanted(differences, ""), broadcast=True)).tree) == "2 * lam"


@pytest.mark.parametrize(
    ("fixed", "text", "expected"),
    [
        ({"numpy": np}, "np.exp(z)", "numpy.exp(z)"),
        ({"e": np.exp}, "np.exp(z)", "e(z)"),
        ({}, "np.cos(z)", None),
        ({}, "np.sum(dout, axis=0)", "dout.sum(axis=0)"),
        ({"np": math}, "np.sum(dout, axis=0)", "dout.sum(axis=0)"),
    ],
)
def test_numpy_is_called_by_the_name_that_it_has(fixed, text, expected):
    proposal = next(expressions(Scope(SCOPE.locals, fixed, {}), Wanted(values(text), "z")), None)
    assert (proposal and ast.unparse(proposal.tree)) == expected


def test_a_function_that_writes_into_its_argument_is_not_called_into_it():
    def halve(x):
        x /= 2
        return x

    here = variables(0)
    before = here["z"].copy()
    list(expressions(Scope([here], FIXED, {"halve": halve}), Wanted([here["z"] / 2], "z")))
    np.testing.assert_array_equal(here["z"], before)


def test_a_large_scope_takes_a_bounded_number_of_calls():
    calls = []

    def function(x):
        calls.append(0)
        return np.cos(x) * x

    draw = np.random.default_rng(0)
    points = [{f"v{k}": draw.normal(size=10_000) for k in range(60)} for _ in range(2)]
    scope = Scope(points, FIXED, {"function": function})
    wanted = Wanted([point["v1"] * point["v2"] * point["v3"] * point["v4"] for point in points], "v1")
    assert not list(expressions(scope, wanted))
    assert len(calls) < 100


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_other_dtypes(dtype):
    draw = np.random.default_rng(0)
    points = [{name: draw.normal(size=(3, 4)).astype(dtype) for name in "abc"} for _ in range(2)]
    wanted = Wanted([point["a"] * (1 - point["b"] ** 2) for point in points], "c")
    assert ast.unparse(next(expressions(Scope(points, FIXED, {}), wanted)).tree) == "a * (1 - b ** 2)"

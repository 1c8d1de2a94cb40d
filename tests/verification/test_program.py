"""Statements of the gradient program in the words of hand gradients: what a right hand assigns is written again."""

import ast
import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.numerical import quiet
from autograd_lite.verification.point import evaluate
from autograd_lite.verification.problem import Problem
from autograd_lite.verification.rehearsal import rehearse
from autograd_lite.verification.repair.known import Lookup, same
from autograd_lite.verification.repair.points import places
from autograd_lite.verification.repair.program import Translation
from autograd_lite.verification.repair.scope import Scope
from autograd_lite.verification.repair.writing import tokens
from tests.corpus import CASES
from tests.support.scopes import expressions
from tests.support.styles import ARGUMENTS, FUNCTIONS, STYLES, run

RIGHT = {str(case): case for case in CASES if case.right and case.traceable}


# --- right hands, statement by statement


@pytest.fixture(scope="module", autouse=True)
def _functions_in_sight(garbage_of_its_own):
    """Let the garbage collector know of functions of modules loaded before: by it the functions of a code are found."""
    gc.unfreeze()


def two_points(f, hand, *args, **options):
    """Return settings and points at two places, for a problem whose hand is right."""
    problem = Problem(f, hand, args, **options)
    with problem.kept(), quiet():
        setting = rehearse(problem, np.random.default_rng(0)).settings[0]
        point = evaluate(setting)
        further = next(places(setting, point, np.random.default_rng(1)), None)
        if further is None:
            return [setting], [point]
        return [setting, further.setting], [point, evaluate(further.setting, further.values)]


def rewritten(f, hand, *args, **options):
    """Yield each expression of a hand that has a known value, and what is found for it, None for nothing."""
    settings, points = two_points(f, hand, *args, **options)
    translation = Translation(settings, points)
    with settings[0].problem.kept(), quiet():
        found = list(expressions(hand, [(s, p.values) for s, p in zip(settings, points, strict=True)]))
    for tree, scope in found:
        values = scope.evaluate(tree)[: translation.count]
        wanted = next((w for w in translation.wanted() if same(values, w.values)), None)
        if wanted is not None:
            proposal = next(translation.statements(scope, wanted), None)
            if proposal is not None:
                assert same(scope.evaluate(proposal.tree), scope.evaluate(tree)), ast.unparse(proposal.tree)
            yield tree, proposal and proposal.tree


def of_style(style):
    function, source = STYLES[style]
    space = run(FUNCTIONS + source)
    return rewritten(space[function], space["hand"], *ARGUMENTS[function])


def of_case(name):
    case = RIGHT[name]
    return rewritten(case.f, case.hand, *case.args, **case.options)


def check(pairs):
    pairs = list(pairs)
    written = [[len(tokens(ast.unparse(tree))) for tree in pair] for pair in pairs if pair[1] is not None]
    lengths = [found / own for own, found in written]
    said = f"{len(lengths)} of {len(pairs)} statements; in length, at the median {np.median(lengths):.2f} of the hand's"
    print(said)
    assert len(pairs) > 50
    assert len(lengths) >= 0.9 * len(pairs), said
    assert np.median(lengths) <= 1.2, said


def test_statements_of_right_hands_in_many_styles_are_written_again():
    check(pair for style in STYLES for pair in of_style(style))


@pytest.mark.deep
def test_statements_of_right_hands_of_the_corpus_are_written_again():
    check(pair for name in RIGHT for pair in of_case(name))


# --- in chosen scopes

draw = np.random.default_rng(3).normal
W1, B1, W2, X, Y = draw(size=(3, 4)), draw(size=4), draw(size=(4, 2)), draw(size=(6, 3)), draw(size=(6, 2))
W3, G = draw(size=(3, 2)), draw(size=(6, 2))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def squares(W1, b1, W2):
    z1 = X @ W1 + b1
    h = np.tanh(z1)
    out = h @ W2
    return np.sum((out - Y) ** 2) / len(X)


def rectified(W1, b1, W2):
    z1 = X @ W1 + b1
    h = np.maximum(z1, 0)
    out = h @ W2
    return np.mean((out - Y) ** 2)


def logistic(W1, b1, W2):
    z1 = X @ W1 + b1
    h = sigmoid(z1)
    out = h @ W2
    return np.sum((out - Y) ** 2) / 2


def layer(W3):
    z = X @ W3
    return np.tanh(z)


ACTIVATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    squares: np.tanh,
    rectified: lambda z: np.maximum(z, 0),
    logistic: sigmoid,
}


def forward(f, W1, b1, W2):
    """Return the variables of a hand after its forward pass."""
    z1 = X @ W1 + b1
    h = ACTIVATIONS[f](z1)
    return {"X": X, "Y": Y, "W1": W1, "b1": b1, "W2": W2, "z1": z1, "h": h, "out": h @ W2}


def translation(f, *args):
    """Return the translation of a function, and two points."""
    hand = ag.grad(f if f is not layer else lambda *a: np.sum(G * f(*a)), argnums=tuple(range(len(args))))
    problem = Problem(f, lambda *a: hand(*a[-len(args) :]), args)
    setting = problem.settle(hand(*args), G if f is layer else None)
    points = [evaluate(setting), evaluate(setting, setting.nearby(np.random.default_rng(1)))]
    return Translation(setting, points), points


def held(f, only="", rename=dict, fixed=None, functions=None):
    """Return a translation, and a scope: the variables of a forward pass, some of them, in another form."""
    found, points = translation(f, W1, B1, W2)
    variables = [forward(f, *p.values) for p in points]
    kept = [{name: x for name, x in v.items() if not only or name in only.split()} for v in variables]
    return found, Scope([rename(**v) for v in kept], {"np": np, **(fixed or {})}, functions or {})


def texts(found, scope, text):
    [wanted] = [w for w in found.wanted() if w.text == text]
    return [ast.unparse(p.tree) for p in found.statements(scope, wanted)]


def by(name):
    return f"the derivative of the result with respect to {name}"


def in_a_layer(X, Y, W1, b1, W2, z1, h, out):
    return {"self": SimpleNamespace(W1=W1, b1=b1, params={"W2": W2}, cache=(X, h)), "out": out, "Y": Y}


def with_derivatives(f):
    """Return how to add, to the variables of a forward pass, the first derivatives of the backward pass."""

    def add(**v):
        dout = (2 / (len(X) if f is squares else Y.size) if f is not logistic else 1) * (v["out"] - Y)
        return {**v, "dout": dout, "dh": dout @ v["W2"].T}

    return add


STATEMENTS: dict[str, tuple[Any, ...]] = {
    "a length": (squares, {}, "out", "2 * (out - Y) / len(X)"),
    "a size": (rectified, {}, "out", "2 * (out - Y) / Y.size"),
    "a variable for a length": (squares, {"rename": lambda **v: {**v, "n": len(X)}}, "out", "2 * (out - Y) / n"),
    "names": (squares, {"rename": with_derivatives(squares)}, "z1", "dh * (1 - h ** 2)"),
    "a transpose": (squares, {"rename": with_derivatives(squares)}, "W2", "h.T @ dout"),
    "a sum over the batch": (
        squares,
        {"rename": lambda **v: {"dz1": with_derivatives(squares)(**v)["dh"] * (1 - v["h"] ** 2)}},
        "b1",
        "np.sum(dz1, axis=0)",
    ),
    "a mask": (rectified, {"rename": with_derivatives(rectified)}, "z1", "dh * (z1 > 0)"),
    "the derivative at the output": (logistic, {"rename": with_derivatives(logistic)}, "z1", "dh * h * (1 - h)"),
    "the user's function": (
        logistic,
        {"only": "z1 W2 out Y", "functions": {"sigmoid_prime": sigmoid_prime}},
        "z1",
        "(out - Y) @ W2.T * sigmoid_prime(z1)",
    ),
    "attributes and entries": (squares, {"rename": in_a_layer}, "W2", "self.cache[1].T @ (2 * (out - Y) / len(out))"),
    "what the scope lacks": (squares, {"only": "h W2 out"}, "W1", None),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_a_statement_is_written_in_the_words_of_the_scope(case):
    f, options, name, expected = STATEMENTS[case]
    found, scope = held(f, **options)
    written = texts(found, scope, by(name))
    assert (written[0] if written else None) == expected, written


def test_numpy_is_called_as_the_hand_calls_it():
    found, scope = held(logistic, rename=with_derivatives(logistic))
    scope = Scope(scope.locals, {"xp": np}, {})
    assert texts(found, scope, by("b1"))[0] == "xp.sum(dh * h * (1 - h), axis=0)"


def test_the_cotangent_of_a_function_of_several_numbers_is_the_hands_own():
    found, _ = translation(layer, W3)
    variables = {"x": X, "h": np.tanh(X @ W3), "dout": G, "W": W3}
    again = {"x": X, "dout": G, **_of_second(found, variables)}
    scope = Scope([variables, again], {"np": np}, {})
    assert texts(found, scope, by("z"))[0] == "dout * (1 - h ** 2)"
    assert texts(found, scope, by("W3"))[0] == "x.T @ (dout * (1 - h ** 2))"


def _of_second(found, variables):
    W = next(w.values[1] for w in found.wanted() if w.text == "W3")
    return {"h": np.tanh(X @ W), "W": W}


def test_a_loop_over_rows_is_written_with_its_row():
    found, scope = held(
        squares, rename=lambda **v: {"x": X[-1], "t": v["Y"][-1], "a": v["h"][-1], "W2": v["W2"], "n": 6}
    )
    assert texts(found, scope, f"the last row of {by('out')}")[0] == "2 * (a @ W2 - t) / n"
    assert texts(found, scope, f"the last row of {by('z1')}")[0] == "2 * (a @ W2 - t) / n @ W2.T * (1 - a ** 2)"


def test_what_is_equal_at_one_point_alone_is_not_taken_for_the_value():
    found, scope = held(squares, rename=with_derivatives(squares))
    first, second = scope.locals
    scope = Scope(
        [{**first, "wrong": first["dh"] * (1 - first["h"] ** 2)}, {**second, "wrong": second["dh"]}], {"np": np}, {}
    )
    assert all("wrong" not in text for text in texts(found, scope, by("z1")))


@pytest.mark.parametrize("value", [0, 1, -1, 0.0, 1.0, True, False])
def test_nought_one_and_truths_are_not_found_by_value(value):
    lookup = Lookup(Scope([{"a": value, "b": np.full(3, value)}], {}, {}))
    assert not lookup.find([value])
    assert not lookup.find([np.full(3, value)])
    assert not lookup.find([float(value)])
    assert lookup.find([np.full(3, value)], "b")


def test_values_have_the_words_of_the_function():
    found, _ = held(squares)
    tensors = {w.text: w.tensor for w in found.wanted()}
    assert {"z1", by("z1"), by("out - Y"), f"the first row of {by('h')}"} <= tensors.keys()
    assert "the derivative of h with respect to z1" in tensors
    assert all(len(w.values) == 2 for w in found.wanted())
    assert tensors["W1"].op is None
    assert tensors[by("h")] is tensors["h"]


PROGRAMS = {
    "d": ({}, ["dout", "dh", "dz1", "dW1"]),
    "grad_": ({"grad_b1": np.zeros(4)}, ["grad_out", "grad_h", "grad_z1", "grad_W1"]),
    "_grad": ({"b1_grad": np.zeros(4)}, ["out_grad", "h_grad", "z1_grad", "W1_grad"]),
}


@pytest.mark.parametrize("style", PROGRAMS)
def test_statements_lead_to_a_gradient_with_names_as_the_hand_gives_them(style):
    more, names = PROGRAMS[style]
    found, scope = held(squares, rename=lambda **v: {**v, **more})
    several, alone = found.program(scope, "W1")
    assert [name for name, _ in several] == names
    assert [name for name, _ in alone] == names[-1:]
    true = next(w for w in found.wanted() if w.text == by("W1"))
    for statements in (several, alone):
        for variables, value in zip(scope.locals, true.values, strict=True):
            space = dict(variables)
            for name, tree in statements:
                space[name] = eval(ast.unparse(tree), {"np": np}, space)
            np.testing.assert_allclose(space[names[-1]], value, rtol=1e-12)


def test_points_of_other_lengths_tell_which_length_a_number_is():
    def loss(W, X, Y):
        return np.sum((X @ W - Y) ** 2) / X.shape[1]

    def gradient(W, X, Y):
        k = X.shape[1]
        return X.T @ (2 * (X @ W - Y) / k)

    def at(rows, columns):
        args = draw(size=(columns, 2)), draw(size=(rows, columns)), draw(size=(rows, 2))
        setting = Problem(loss, gradient, args, argnums=0).settle(gradient(*args))
        return setting, evaluate(setting), dict(zip("WXY", args, strict=True))

    settings, points, variables = zip(*(at(3, 3), at(4, 3), at(3, 5)), strict=True)
    found = Translation(settings, points)
    assert found.count == 3
    expected = "X.T @ (2 * (X @ W - Y) / X.shape[1])"
    assert texts(found, Scope(variables, {"np": np}, {}), by("W"))[0] == expected


def test_a_point_on_another_path_is_left_out():
    def f(x):
        return np.sum(x**2) if np.sum(x) > 0 else np.sum(np.exp(x))

    def at(x):
        setting = Problem(f, ag.grad(f), (x,)).settle(ag.grad(f)(x))
        return setting, evaluate(setting)

    settings, points = zip(at(np.ones(3)), at(-np.ones(3)), at(np.arange(3.0)), strict=True)
    assert Translation(settings, points).count == 2


def test_arrays_of_a_million_are_compared_by_some_elements():
    def f(a, b):
        return np.sum(np.tanh(a * b))

    args = draw(size=10**6), draw(size=10**6)
    hand = ag.grad(f, argnums=(0, 1))
    setting = Problem(f, hand, args).settle(hand(*args))
    points = [evaluate(setting), evaluate(setting, setting.nearby(np.random.default_rng(1)))]
    found = Translation(setting, points)
    variables = [dict(zip("ab", p.values, strict=True)) | {"h": np.tanh(p.values[0] * p.values[1])} for p in points]
    assert texts(found, Scope(variables, {"np": np}, {}), by("a"))[0] == "(1 - h ** 2) * b"

"""Diagnoses: right gradients are spoilt by one edit of their source, and the mistake is to be named, or nothing."""

import linecache
import math
import textwrap
from typing import Any

import numpy as np
import pytest

from autograd_lite.verification.budget import Budget, SafetyNet
from autograd_lite.verification.diagnosis.hypotheses import Hypothesis, changing, predicting
from autograd_lite.verification.diagnosis.mistakes import diagnose
from autograd_lite.verification.diagnosis.moving import redrawn
from autograd_lite.verification.diagnosis.replay import Replay
from autograd_lite.verification.point import evaluate
from autograd_lite.verification.problem import Problem
from autograd_lite.verification.verify import verify

rng = np.random.default_rng(5)


def draw(*shape):
    return rng.normal(size=shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


SPACE = {"np": np, "sigmoid": sigmoid, "math": math}

BASES = {
    "neuron": (
        """
        def f(w, b, x, t):
            layer = np.dot(x, w) + b
            p = 1 / (1 + np.exp(-layer))
            return np.square(p - t)
        """,
        """
        def hand(w, b, x, t):
            layer = np.dot(x, w) + b
            p = sigmoid(layer)
            dp = 2 * (p - t)
            dlayer = dp * p * (1 - p)
            return dlayer * x, dlayer
        """,
        (draw(3), 0.3, draw(3), 0.4),
    ),
    "linear": (
        """
        def f(w, b, X, y):
            r = X @ w + b - y
            penalty = 0.3 * np.sum(w ** 2)
            return np.mean(r ** 2) + penalty
        """,
        """
        def hand(w, b, X, y):
            n = len(y)
            r = X @ w + b - y
            dr = 2 * r / n
            dw = X.T @ dr
            dw = dw + 0.6 * w
            db = np.sum(dr)
            return dw, db
        """,
        (draw(4), 0.2, draw(7, 4), draw(7)),
    ),
    "network": (
        """
        def f(W1, b1, W2, b2, X, T):
            z = X @ W1 + b1
            h = np.tanh(z)
            out = h @ W2 + b2
            e = out - T
            return 0.5 * np.sum(e ** 2) / 6
        """,
        """
        def hand(W1, b1, W2, b2, X, T):
            z = X @ W1 + b1
            h = np.tanh(z)
            out = h @ W2 + b2
            dout = (out - T) / 6
            dW2 = h.T @ dout
            db2 = dout.sum(0)
            dh = dout @ W2.T
            dz = dh * (1 - h ** 2)
            dW1 = X.T @ dz
            db1 = dz.sum(0)
            return dW1, db1, dW2, db2
        """,
        (draw(4, 4), draw(4), draw(4, 4), draw(4), draw(6, 4), draw(6, 4)),
    ),
    "softmax": (
        """
        def f(W, X, T):
            s = X @ W
            e = np.exp(s - np.max(s, axis=1, keepdims=True))
            p = e / np.sum(e, axis=1, keepdims=True)
            return -np.sum(T * np.log(p)) / len(X)
        """,
        """
        def hand(W, X, T):
            s = X @ W
            e = np.exp(s - np.max(s, axis=1, keepdims=True))
            p = e / np.sum(e, axis=1, keepdims=True)
            dp = -T / p / len(X)
            ds = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
            return X.T @ ds
        """,
        (draw(4, 3), draw(6, 4), np.eye(3)[[0, 2, 1, 1, 0, 2]]),
    ),
    "layer norm": (
        """
        def f(x, gamma, beta, v):
            mu = x.mean(axis=-1, keepdims=True)
            xc = x - mu
            var = np.mean(xc ** 2, axis=-1, keepdims=True)
            std = np.sqrt(var + 1e-3)
            xhat = xc / std
            return np.sum(v * (gamma * xhat + beta))
        """,
        """
        def hand(x, gamma, beta, v):
            n = x.shape[-1]
            xc = x - x.mean(axis=-1, keepdims=True)
            var = np.mean(xc ** 2, axis=-1, keepdims=True)
            std = np.sqrt(var + 1e-3)
            xhat = xc / std
            dxhat = v * gamma
            dstd = -np.sum(dxhat * xc, axis=-1, keepdims=True) / std ** 2
            dvar = dstd / (2 * std)
            dxc = dxhat / std + dvar * 2 * xc / n
            dx = dxc - dxc.mean(axis=-1, keepdims=True)
            return dx, np.sum(v * xhat, axis=0), np.sum(v, axis=0)
        """,
        (draw(4, 5), draw(5), draw(5), draw(4, 5)),
    ),
    "recurrence": (
        """
        def f(U, W, b, xs, v):
            h = np.zeros(3)
            for x in xs:
                a = U @ x + W @ h + b
                h = np.tanh(a)
            return v @ h
        """,
        """
        def hand(U, W, b, xs, v):
            hs = [np.zeros(3)]
            for x in xs:
                hs.append(np.tanh(U @ x + W @ hs[-1] + b))
            dU, dW, db = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b)
            dh = v
            for t in reversed(range(len(xs))):
                da = dh * (1 - hs[t + 1] ** 2)
                dU += np.outer(da, xs[t])
                dW += np.outer(da, hs[t])
                db += da
                dh = W.T @ da
            return dU, dW, db
        """,
        (draw(3, 3), draw(3, 3) / 2, draw(3), draw(4, 3), draw(3)),
    ),
    "attention": (
        """
        def f(Q, K, V, G):
            s = Q @ K.T / np.sqrt(5)
            e = np.exp(s)
            A = e / np.sum(e, axis=-1, keepdims=True)
            return np.sum(G * (A @ V))
        """,
        """
        def hand(Q, K, V, G):
            e = np.exp(Q @ K.T / np.sqrt(5))
            A = e / np.sum(e, axis=-1, keepdims=True)
            dV = A.T @ G
            dA = G @ V.T
            ds = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))
            dQ = ds @ K / np.sqrt(5)
            dK = ds.T @ Q / np.sqrt(5)
            return dQ, dK, dV
        """,
        (draw(4, 5), draw(4, 5), draw(4, 5), draw(4, 5)),
    ),
    "convolution": (
        """
        def f(x, k, v):
            y = np.convolve(x, k, mode="valid")
            return np.sum(v * np.maximum(y, 0))
        """,
        """
        def hand(x, k, v):
            y = np.convolve(x, k, mode="valid")
            dy = v * (y > 0)
            dx = np.correlate(dy, k, mode="full")
            dk = np.correlate(x, dy, mode="valid")[::-1]
            return dx, dk
        """,
        (draw(9), draw(3), draw(7)),
    ),
    "gaussian": (
        """
        def f(mu, s, x):
            sigma = np.exp(s)
            z = (x - mu) / sigma
            return np.sum(0.5 * z ** 2 + s)
        """,
        """
        def hand(mu, s, x):
            sigma = np.exp(s)
            z = (x - mu) / sigma
            dmu = -np.sum(z / sigma, axis=0)
            ds = np.sum(1 - z ** 2, axis=0)
            return dmu, ds
        """,
        (draw(3), draw(3) / 3, draw(5, 3)),
    ),
    "inside": (
        """
        def f(x):
            return np.sum(np.sin(3.0 * x) * x) + np.sum(np.log(x ** 2 + 0.7))
        """,
        """
        def hand(x):
            return np.sin(3.0 * x) + 3.0 * x * np.cos(3.0 * x) + 2 * x / (x ** 2 + 0.7)
        """,
        (draw(5),),
    ),
}

SPOILT = [  # base, what is replaced, by what, words of which one is to be in the message or kind of the first cause
    ("neuron", "2 * (p - t)", "(p - t)", "half"),
    ("neuron", "2 * (p - t)", "2 * (t - p)", "sign"),
    ("neuron", "dp * p * (1 - p)", "dp", "missing derivative"),
    ("neuron", "dp * p * (1 - p)", "dp * sigmoid(p) * (1 - sigmoid(p))", "output"),
    ("neuron", "dp * p * (1 - p)", "dp * p", "wrong derivative"),
    ("neuron", "dp * p * (1 - p)", "dp * (1 - p)", "missing derivative|wrong derivative"),
    ("neuron", "dp * p * (1 - p)", "dp * p * p", "wrong derivative"),
    ("neuron", "dp * p * (1 - p)", "dp * layer * (1 - layer)", "wrong derivative|output"),
    ("neuron", "dlayer * x,", "dlayer * w,", "wrong operand"),
    ("neuron", "dp = 2 * (p - t)", "dp = 1.0", "wrong result"),
    ("neuron", "dp = 2 * (p - t)", "dp = 2 * p", "`t` is left out"),
    ("neuron", "dlayer * x, dlayer", "dlayer, dlayer * x", "shape|swapped|not summed"),
    ("linear", "2 * r / n", "2 * r", "7"),
    ("linear", "2 * r / n", "r / n", "half|result"),
    ("linear", "dw = dw + 0.6 * w", "pass", "penalty|missing term"),
    ("linear", "0.6 * w", "0.3 * w", "half"),
    ("linear", "0.6 * w", "-0.6 * w", "sign"),
    ("linear", "0.6 * w", "0.6", "lowered by 2"),
    ("linear", "np.sum(dr)", "np.mean(dr)", "7"),
    ("linear", "np.sum(dr)", "dr", "not summed"),
    ("linear", "return dw, db", "return dw[:, None], db", "shape"),
    ("linear", "X.T @ dr", "X.T[:, :-1] @ dr[:-1]", "lost"),
    ("linear", "return dw, db", "return dw[::-1], db", "back to front"),
    ("linear", "return dw, db", "return np.roll(dw, 1), db", "off by one"),
    ("linear", "return dw, db", "return np.trunc(10 * dw) * 0 + np.trunc(dw), db", "truncation"),
    ("network", "(out - T) / 6", "(out - T)", "6"),
    ("network", "(out - T) / 6", "(T - out) / 6", "sign"),
    ("network", "dh * (1 - h ** 2)", "dh", "missing derivative"),
    ("network", "dh * (1 - h ** 2)", "dh * (1 - h)", "wrong derivative"),
    ("network", "dh * (1 - h ** 2)", "dh * (1 - z ** 2)", "`z`"),
    ("network", "dh * (1 - h ** 2)", "dh * (1 - np.tanh(h) ** 2)", "output"),
    ("network", "dh * (1 - h ** 2)", "dh * (1 - h ** 2) ** 2", "twice"),
    ("network", "dh * (1 - h ** 2)", "dh * h * (1 - h)", "wrong derivative"),
    ("network", "dout @ W2.T", "dout @ W2", "transposed"),
    ("network", "h.T @ dout", "z.T @ dout", "`z`"),
    ("network", "h.T @ dout", "X.T @ dout", "`X`"),
    ("network", "h.T @ dout", "(h.T @ dout).T", "transposed"),
    ("network", "db1 = dz.sum(0)", "db1 = dz.mean(0)", "averaged|6"),
    ("network", "db1 = dz.sum(0)", "db1 = dz", "not summed"),
    ("network", "db1 = dz.sum(0)", "db1 = dh.sum(0)", "missing derivative"),
    ("network", "db2 = dout.sum(0)", "db2 = dout[0]", "first"),
    ("network", "return dW1, db1, dW2, db2", "return dW2, db1, dW1, db2", "swapped"),
    ("network", "h = np.tanh(z)", "h = np.tanh(X @ W1)", "left out"),
    ("network", "dh = dout @ W2.T", "W2 = W2 - 0.1 * dW2; dh = dout @ W2.T", "updated"),
    ("softmax", "dp - np.sum(dp * p, axis=1, keepdims=True)", "dp * (1 - p)", "diagonal"),
    ("softmax", "dp - np.sum(dp * p, axis=1, keepdims=True)", "dp", "constant|missing term"),
    ("softmax", "p * (dp - np.sum(dp * p, axis=1, keepdims=True))", "dp", "not derived"),
    ("softmax", "p * (dp - np.sum(dp * p, axis=1, keepdims=True))", "p / len(X)", "missing"),
    ("softmax", "np.sum(dp * p, axis=1", "np.sum(dp * p, axis=0", "axis"),
    ("softmax", "-T / p / len(X)", "-T / p", "6"),
    ("softmax", "X.T @ ds", "(X.T @ ds).T", "transposed"),
    ("layer norm", "dxc = dxhat / std + dvar * 2 * xc / n", "dxc = dxhat / std", "constant|term of dxc"),
    ("layer norm", "dx = dxc - dxc.mean(axis=-1, keepdims=True)", "dx = dxc", "`mu` is treated as a constant"),
    ("layer norm", "dx = dxc - dxc.mean(axis=-1, keepdims=True)", "dx = dxhat / std", "constants"),
    ("layer norm", "2 * xc / n", "2 * xc", "5 times"),
    ("layer norm", "dxhat = v * gamma", "dxhat = v", "gamma"),
    ("layer norm", "np.sum(v * xhat, axis=0)", "np.sum(v * x, axis=0)", "`x`"),
    ("layer norm", "var + 1e-3", "var", "missing"),
    ("layer norm", "np.sqrt(var + 1e-3)", "np.sqrt(x.var(axis=-1, keepdims=True, ddof=1) + 1e-3)", "ddof=1"),
    ("recurrence", "dh = W.T @ da", "dh = W @ da", "transposed"),
    ("recurrence", "dh = W.T @ da", "dh = np.zeros(3)", "missing|constant|last"),
    ("recurrence", "da = dh * (1 - hs[t + 1] ** 2)", "da = dh", "missing derivative"),
    ("recurrence", "1 - hs[t + 1] ** 2", "1 - hs[t + 1]", "wrong derivative"),
    ("recurrence", "dW += np.outer(da, hs[t])", "dW += np.outer(da, hs[t + 1])", "another step"),
    ("recurrence", "db += da", "db = da", "first use"),
    ("recurrence", "dU += np.outer(da, xs[t])", "dU += np.outer(xs[t], da)", "transposed"),
    ("recurrence", "reversed(range(len(xs)))", "reversed(range(1, len(xs)))", "first step|constant"),
    ("attention", "dA - np.sum(dA * A, axis=-1, keepdims=True)", "dA * (1 - A)", "diagonal"),
    ("attention", "dQ = ds @ K / np.sqrt(5)", "dQ = ds @ K", "2.236"),
    ("attention", "dK = ds.T @ Q / np.sqrt(5)", "dK = ds @ Q / np.sqrt(5)", "transposed"),
    ("attention", "dV = A.T @ G", "dV = A @ G", "transposed"),
    ("attention", "dA = G @ V.T", "dA = G @ K.T", "`K`"),
    ("convolution", "np.correlate(dy, k, ", "np.convolve(dy, k, ", "back to front"),
    ("convolution", "[::-1]", "", "back to front"),
    ("convolution", "dy = v * (y > 0)", "dy = v", "missing derivative"),
    ("gaussian", "1 - z ** 2", "1 - z", "the factor `z` is missing"),
    ("gaussian", "1 - z ** 2", "-z ** 2", "missing term|constant"),
    ("gaussian", "-np.sum(z / sigma", "-np.sum(z", "`sigma`"),
    ("gaussian", "1 - z ** 2", "1 + z ** 2", "sign"),
    ("inside", "np.sin(3.0 * x) + 3.0 * x * np.cos(3.0 * x)", "np.sin(2.9 * x) + 2.9 * x * np.cos(2.9 * x)", "2.9"),
    ("inside", "0.7", "0.75", "0.75"),
    ("inside", "np.sin(3.0 * x) + 3.0", "3.0", "missing term|constant"),
]


def made(base, old="", new=""):
    """Return a problem, its hand gradient spoilt, and which of its gradients are wrong there."""
    function, hand, args = BASES[base]
    assert hand.count(old)
    return posed(defined(function, "f"), defined(hand.replace(old, new) if old else hand, "hand"), args)


def defined(text, name):
    """Return the function of that name, with its source text for what names its variables."""
    text = textwrap.dedent(text)
    file = f"<{hash(text)}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    space = dict(SPACE)
    exec(compile(text, file, "exec"), space)
    return space[name]


def posed(f, hand, args) -> tuple[Any, Any, Any]:
    setting = Problem(f, hand, args).settle(hand(*args))
    point = evaluate(setting)
    wrong = [
        i
        for i, (got, true) in enumerate(zip(point.hand, point.true, strict=True))
        if np.shape(got) != np.shape(true) or not np.allclose(got, true, rtol=1e-9, atol=1e-12)
    ]
    return setting, point, wrong


@pytest.mark.parametrize("base", BASES)
def test_the_gradients_that_are_spoilt_are_right_before(base):
    assert made(base)[2] == []


@pytest.mark.parametrize(("base", "old", "new", "words"), SPOILT)
def test_a_mistake_is_named(base, old, new, words):
    problem, point, wrong = made(base, old, new)
    assert wrong
    found = diagnose(problem, point, wrong, np.random.default_rng(0))
    if not words:  # nothing in the tables is this mistake
        assert {leaf for d in found for leaf in d.leaves} < set(wrong)
        return
    assert found
    text = f"{found[0].kind}: {found[0].message}"
    assert any(word in text for word in words.split("|")), "\n".join(d.message for d in found)
    assert {leaf for d in found for leaf in d.leaves} == set(wrong)
    assert [d.cost for d in found] == sorted(d.cost for d in found)


NOISE = {
    "noise": lambda x, t: np.random.default_rng(np.size(x)).normal(size=np.shape(x)),
    "noise added": lambda x, t: t + 0.1 * np.random.default_rng(np.size(x)).normal(size=np.shape(x)),
    "another function": lambda x, t: t + 0.37 * np.sin(1.3 * x + 0.4),
    "a nonlinear gradient": lambda x, t: t * (1 + 0.21 * np.cos(1.7 * x) ** 2),
    "rounding to three digits": lambda x, t: np.vectorize(lambda v: float(f"{v:.3g}"))(t),
    "a random matrix": lambda x, t: (
        t * np.exp(0.3 * np.random.default_rng(1).normal(size=np.shape(x))) + 0.01 * np.sin(x + 0.2)
    ),
}


@pytest.mark.parametrize("base", ["neuron", "linear", "network", "softmax", "gaussian", "convolution"])
@pytest.mark.parametrize("kind", NOISE)
def test_what_no_mistake_explains_gets_no_cause(base, kind):
    function, right, args = BASES[base]
    given = defined(right, "hand")

    def hand(*args):
        answer = given(*args)
        parts = answer if isinstance(answer, tuple) else (answer,)
        spoilt = tuple(NOISE[kind](x, t) for x, t in zip(args, parts, strict=False))
        return spoilt if isinstance(answer, tuple) else spoilt[0]

    problem, point, wrong = posed(defined(function, "f"), hand, args)
    assert diagnose(problem, point, wrong, np.random.default_rng(0)) == []


def test_two_mistakes_are_named_one_by_one():
    text = BASES["network"][1].replace("dz.sum(0)", "dz.mean(0)").replace("h.T @ dout", "z.T @ dout")
    function, _, args = BASES["network"]
    found = diagnose(*posed(defined(function, "f"), defined(text, "hand"), args), np.random.default_rng(0))
    first = {leaf: next(d for d in found if leaf in d.leaves) for leaf in (1, 2)}
    assert "averaged" in first[1].kind or "6" in first[1].message
    assert "`z`" in first[2].message


def test_where_numbers_overflow_is_named():
    def f(x):
        return np.sum(np.logaddexp(0, x))

    def hand(x):
        with np.errstate(all="ignore"):
            e = np.exp(x)
            return e / (1 + e)

    found = diagnose(*posed(f, hand, (np.array([1.0, 800.0]),)), np.random.default_rng(0))
    assert found[0].kind == "overflow"
    assert "`e` first becomes infinite" in found[0].message


def test_a_factor_of_one_element_is_believed_only_if_it_is_a_simple_one():
    def f(x):
        return np.sin(x) ** 3

    def twice(x):
        return 2 * 3 * np.sin(x) ** 2 * np.cos(x)

    def odd(x):
        return 1.2347 * 3 * np.sin(x) ** 2 * np.cos(x)

    assert "twice" in diagnose(*posed(f, twice, (0.7,)), np.random.default_rng(0))[0].message
    assert diagnose(*posed(f, odd, (0.7,)), np.random.default_rng(0)) == []


def test_the_search_is_bounded():
    def f(W, xs):
        h = np.zeros(8)
        for x in xs:
            h = np.tanh(W @ h + x)
        return np.sum(h**2)

    def hand(W, xs):
        return np.sin(W)

    setting, point, wrong = posed(f, hand, (0.3 * draw(8, 8), draw(120, 8)))
    budget = Budget(10**7, SafetyNet())
    assert diagnose(setting, point, wrong, np.random.default_rng(0), budget) == []
    assert -(10**6) < budget.left < 0


@pytest.mark.parametrize(("function", "word"), [(lambda W: W.T, "transposed"), (lambda W: 0.5 * W, "half")])
def test_large_gradients_are_diagnosed(function, word):
    def f(W, X):
        return np.sum(np.tanh(X @ W)) / len(X)

    def hand(W, X):
        return function(X.T @ (1 - np.tanh(X @ W) ** 2) / len(X))

    setting, point, wrong = posed(f, hand, (draw(600, 600) / 25, draw(8, 600)))
    assert word in diagnose(setting, point, wrong, np.random.default_rng(0))[0].message


def causes(f, hand, *args):
    problem, point, wrong = posed(f, hand, args)
    return diagnose(problem, point, wrong, np.random.default_rng(0))


def test_a_record_of_a_decomposition_is_searched():
    def singular(A):
        _, s, _ = np.linalg.svd(A, full_matrices=False)
        return np.sum(s)

    def doubled(A):
        u, _, vt = np.linalg.svd(A, full_matrices=False)
        return 2 * u @ vt

    assert "twice" in causes(singular, doubled, np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.3]]))[0].message


def test_a_mistake_on_one_path_is_told_from_one_for_all():
    def loss(a, b, tau):
        s = a @ b.T / tau
        e = np.exp(s - np.max(s, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        return -np.mean(np.log(np.diag(p)))

    def hand(a, b, tau):
        s = a @ b.T / tau
        e = np.exp(s - np.max(s, axis=1, keepdims=True))
        ds = (e / np.sum(e, axis=1, keepdims=True) - np.eye(len(a))) / len(a)
        return np.diag(np.diag(ds)) @ b / tau, ds.T @ a / tau

    rng = np.random.default_rng(3)
    first = causes(loss, hand, rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), 0.7)[0]
    assert first.leaves == (0,)
    assert first.message == "on the way to da alone, only the diagonal of ds is there"


def test_a_factor_that_is_a_number_here_is_no_cause_where_an_array_explains_it():
    mask = (np.arange(12).reshape(4, 3) % 3 > 0) / 0.6

    def loss(w, x, m):
        return np.sum(np.square(np.tanh(x * w) * m))

    def hand(w, x, m):
        t = np.tanh(x * w)
        return np.sum(2 * t * m**3 * (1 - t**2) * x, axis=0)

    found = causes(loss, hand, np.array([0.5, -0.3, 0.8]), np.linspace(-1.0, 1.3, 12).reshape(4, 3), mask)
    assert found
    assert "`m`" in found[0].message


def gelu(x):
    u = 0.8 * (x + 0.04 * x**3)
    return 0.5 * x * (1 + np.tanh(u))


def test_the_parameter_of_a_helper_is_not_taken_for_an_argument_of_its_name():
    def f(W, x):
        return np.sum(gelu(x @ W))

    def hand(W, x):
        z = x @ W
        th = np.tanh(0.8 * (z + 0.04 * z**3))
        du = 0.8 * (1 + 0.04 * z**2)  # without the 3
        return np.outer(x, 0.5 * (1 + th) + 0.5 * z * (1 - th**2) * du)

    first = verify(f, hand, draw(3, 4), draw(3), argnums=0).diagnoses[0]
    assert "the factor 3 left out, in the derivative of `z ** 3`" in first.message


@pytest.mark.parametrize(("steps", "which"), [(range(1, 5), "first"), (range(4), "last")])
def test_a_step_that_a_loop_leaves_out(steps, which):
    def f(W, X):
        total = 0.0
        for x in X:
            total = total + np.sum(np.tanh(W @ x))
        return total

    def hand(W, X):
        dW = np.zeros_like(W)
        for i in steps:
            dW += np.outer(1 - np.tanh(W @ X[i]) ** 2, X[i])
        return dW

    first, *others = verify(f, hand, draw(2, 3), draw(5, 3)).diagnoses
    assert f"the {which} step" in first.message
    kinds = [d.kind for d in (first, *others)]
    assert len(kinds) == len(set(kinds)) <= 3


def test_a_division_is_no_factor():
    def f(mu, log_sigma, x):
        sigma = np.exp(log_sigma)
        z = (x - mu) / sigma
        return np.sum(0.5 * z * z) + len(x) * log_sigma

    def hand(mu, log_sigma, x):
        z = (x - mu) / np.exp(log_sigma)
        return -np.sum(z), len(x) - np.sum(z**2)

    assert "the division by `sigma` is missing" in verify(f, hand, 0.3, -0.4, draw(7)).diagnoses[0].message


def test_what_stays_unexplained_is_said():
    def f(a, b):
        return np.sum(np.sin(a)) + np.sum(np.cos(b))

    def hand(a, b):
        return -np.cos(a), np.cos(b) ** 3 * np.exp(-b) + 0.1 * b

    report = verify(f, hand, draw(4), draw(5))
    assert [d.leaves for d in report.diagnoses] == [(0,)]
    assert "(no simple cause was found for what is wrong with b)" in str(report)


def sigmoid_loss(w, b, X, t):
    return np.mean((1 / (1 + np.exp(-(X @ w + b))) - t) ** 2)


def test_what_fits_the_given_data_alone_is_no_cause():
    def hand(w, x, t):  # right at t = 1 alone, but for the sign
        p = 1 / (1 + np.exp(-(x @ w)))
        return (p - t) ** 2 * p * 2 * x

    found = causes(lambda w, x, t: (1 / (1 + np.exp(-(x @ w))) - t) ** 2, hand, draw(3), draw(3), 1.0)
    assert not any("wrong sign" in d.message for d in found)


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (np.eye(3)[[0, 1, 2, 2, 1]], lambda x: (x.sum(1) == 1).all() and set(np.ravel(x)) == {0.0, 1.0}),
        (np.eye(3)[[0, 1, 2, 2]].T, lambda x: (x.sum(0) == 1).all()),
        (np.array([[0.2, 0.8], [0.7, 0.3]]), lambda x: np.allclose(x.sum(1), 1)),
        (np.array([[2.0, 0.3], [0.3, 1.5]]), lambda x: (x == x.T).all()),
        (np.arange(9.0).reshape(3, 3) / 7, lambda x: x[0, 0] == 0 and (x >= 0).all()),
        (np.array([1.0, -1.0, 1.0, -1.0, 1.0]), lambda x: set(x) <= {-1.0, 1.0}),
        (0.0, lambda x: 0 < x < 0.2),
        (1.0, lambda x: 0.8 < x < 1),
        ({"rate": 0.3, "n": 4}, lambda x: x["rate"] != 0.3 and x["n"] == 4),
    ],
)
def test_other_data_are_of_the_same_sort(data, kept):
    setting = Problem(lambda w, x: np.sum(w), lambda w, x: np.ones(2), (np.ones(2), data)).settle(np.ones(2))
    moved = next(m for seed in range(9) if (m := redrawn(setting, np.random.default_rng(seed))) is not None)
    first, other = moved.problem.args
    assert kept(other)
    assert first is setting.problem.args[0]
    assert not np.array_equal(np.asarray(other), np.asarray(data)) or isinstance(data, dict)


def test_nothing_is_redrawn_where_there_are_no_data():
    setting = Problem(lambda w, n: np.sum(w), lambda w, n: np.ones(2), (np.ones(2), 3)).settle(np.ones(2))
    assert redrawn(setting, np.random.default_rng(0)) is None


def halved(leaf):
    def hand(w, b, X, t):
        p = 1 / (1 + np.exp(-(X @ w + b)))
        dz = 2 * (p - t) * p * (1 - p) / len(X)
        gradients = [X.T @ dz, np.sum(dz)]
        return tuple(g / 2 if leaf in (i, None) else g for i, g in enumerate(gradients))

    return hand


@pytest.mark.parametrize(("leaf", "square"), [(None, True), (0, False), (1, False)])
def test_a_half_comes_from_a_square_only_where_all_that_is_squared_lacks_it(leaf, square):
    first = causes(sigmoid_loss, halved(leaf), draw(4), 0.3, draw(6, 4), draw(6))[0]
    assert "half of what" in first.message
    assert ("from a square" in first.message) == square


def test_terms_that_are_averaged_are_the_origin_of_a_fraction():
    def tied(W, c, X):
        return np.sum((np.tanh(X @ W) @ W.T + c - X) ** 2)

    def hand(W, c, X):
        H = np.tanh(X @ W)
        E = 2 * (H @ W.T + c - X)
        return (X.T @ ((E @ W) * (1 - H**2)) + E.T @ H) / 2, np.sum(E, axis=0)

    assert "the 2 uses of `W`" in causes(tied, hand, draw(4, 3), draw(4), draw(6, 4))[0].message


def test_the_ratio_of_two_lengths_is_named():
    def hand(w, b, X, t):
        p = 1 / (1 + np.exp(-(X @ w + b)))
        dz = 2 * (p - t) * p * (1 - p) / X.shape[1]
        return X.T @ dz, np.sum(dz)

    first = causes(sigmoid_loss, hand, draw(4), 0.3, draw(9, 4), draw(9))[0]
    assert first.message.startswith("dw and db are 2.25 times what they should be (the 9 terms that")
    assert "the length 4 of axis 1 of `X`" in first.message


@pytest.mark.parametrize("ddof", [0, 1])
def test_one_over_n_minus_1_is_named_beside_a_variance_alone(ddof):
    spread = (lambda x: np.var(x)) if ddof else (lambda x: np.mean(x**2))

    def hand(x):
        return 2 * (x - np.mean(x) * ddof) / (len(x) - 1)

    first = causes(lambda x: spread(x), hand, draw(6))[0]
    assert ("ddof" in first.message) == bool(ddof)


def test_a_cause_of_less_than_half_of_what_it_would_spoil_is_none():
    hypothesis = Hypothesis("sign", 1.0, "", predicting(lambda r: [-t for t in r.true], range(2)))
    _, point, _ = posed(sigmoid_loss, halved(None), (draw(4), 0.3, draw(6, 4), draw(6)))
    assert changing(hypothesis, Replay(point), [0, 1]) == [0, 1]
    assert changing(hypothesis, Replay(point), []) == []


def elastic(b, X, y, lam, alpha):
    r = y - X @ b
    return r @ r / len(y) + lam * (alpha * np.sum(np.abs(b)) + (1 - alpha) * np.sum(b**2))


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (lambda lam, alpha: (1, lam * (1 - alpha), lam * alpha), "`np.abs(b)` have each other's weight"),
        (lambda lam, alpha: (-1, alpha, 1 - alpha), "times what they should be (1 / the number lam"),
        (lambda lam, alpha: (-1, 0, lam * (1 - alpha)), "that from `np.abs(b)` is missing"),
        (lambda lam, alpha: (-1, 0.123, 0.321), None),
    ],
)
def test_several_wrong_weights_of_terms_are_named_at_once(weights, words):
    def hand(b, X, y, lam, alpha):
        s, t, u = weights(lam, alpha)
        return -2 * s * X.T @ (y - X @ b) / len(y) + t * np.sign(b) + 2 * u * b

    found = causes(elastic, hand, draw(6), draw(12, 6), draw(12), 0.3, 0.4)
    assert not found if words is None else words in found[0].message
    assert not found or found[0].message.startswith(("of the terms of db", "the terms of db"))


@pytest.mark.parametrize(("spelled", "ddof"), [(True, 0), (False, 0), (False, 1)])
def test_a_variance_of_the_other_ddof_is_named(spelled, ddof):
    def f(x, v):
        var = np.mean((x - np.mean(x)) ** 2) if spelled else np.var(x, ddof=ddof)
        return np.sum(v * x / np.sqrt(var + 0.1))

    def hand(x, v):
        n, std = len(x), np.sqrt(np.var(x, ddof=1 - ddof) + 0.1)
        return v / std - np.sum(v * x) / std**3 * (x - np.mean(x)) / (n - ddof)

    first = causes(f, hand, draw(6), draw(6))[0]
    assert f"ddof={1 - ddof}, expected ddof={ddof}" in first.message


@pytest.mark.parametrize("t", [0.0, 0.35, 1.0])
def test_a_derivative_that_is_missing_beside_a_factor_is_named_with_it(t):
    def hand(w, x, t):
        p = 1 / (1 + np.exp(-(x @ w)))
        return (p - t) * x

    first = causes(lambda w, x, t: (1 / (1 + np.exp(-(x @ w))) - t) ** 2, hand, draw(3), draw(3), t)[0]
    assert first.kind == "missing derivative"
    assert "; besides, it is half of what it should be (the 2 that comes down from a square)" in first.message

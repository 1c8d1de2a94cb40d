"""Mistakes of one step: each is planted in a right gradient, and is to be named as what it is."""

import inspect
import linecache
import textwrap

import numpy as np
import pytest

from autograd_lite.verification.verify import verify

rng = np.random.default_rng(11)


def draw(*shape):
    return rng.normal(size=shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def leaky(W, V, X):
    z = X @ W
    a = np.where(z > 0, z, 0.1 * z)
    return np.sum(np.sin(a @ V))


def leaky_hand(W, V, X):
    z = X @ W
    a = np.where(z > 0, z, 0.1 * z)
    dout = np.cos(a @ V)
    dV = a.T @ dout
    da = dout @ V.T
    dz = da * np.where(z > 0, 1, 0.1)
    dW = X.T @ dz
    return dW, dV


def biased(W, b, X):
    z = X @ W + b
    h = np.maximum(0, z)
    return np.sum(np.sin(h))


def biased_hand(W, b, X):
    z = X @ W + b
    dh = np.cos(np.maximum(0, z))
    dz = dh * (z > 0)
    dW = X.T @ dz
    db = np.sum(dz, axis=0)
    return dW, db


def huber(w, X, y, delta):
    r = X @ w - y
    small = np.abs(r) <= delta
    return np.sum(np.where(small, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta)))


def huber_hand(w, X, y, delta):
    r = X @ w - y
    dr = np.where(np.abs(r) <= delta, r, delta * np.sign(r))
    return X.T @ dr


def windows(x, k, w):
    y = np.stack([np.sum(x[i : i + 3] * k) for i in range(5)])
    return np.sum(w * np.sin(y))


def windows_hand(x, k, w):
    dx, dk = np.zeros(7), np.zeros(3)
    for i in range(5):
        dy = w[i] * np.cos(np.sum(x[i : i + 3] * k))
        dx[i : i + 3] += dy * k
        dk += dy * x[i : i + 3]
    return dx, dk


def product(A, B):
    return np.sum(np.sin(A @ B))


def product_hand(A, B):
    dM = np.cos(A @ B)
    return dM @ B.T, A.T @ dM


def normalised(x, v):
    mean = np.mean(x, axis=0)
    var = np.mean((x - mean) ** 2, axis=0)
    xn = (x - mean) / np.sqrt(var + 1e-3)
    return np.sum(v * np.sin(xn))


def normalised_hand(x, v):
    xc = x - np.mean(x, axis=0)
    std = np.sqrt(xc.var(axis=0) + 1e-3)
    xn = xc / std
    dxn = v * np.cos(xn)
    return (dxn - np.mean(dxn, axis=0) - xn * np.mean(dxn * xn, axis=0)) / std


def by_size(x, v):
    size = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
    return np.sum(v * x / size)


def by_size_hand(x, v):
    size = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
    return v / size - x * np.sum(v * x, axis=1, keepdims=True) / size**3


def springs(p, q):
    d = p - q
    L = np.sqrt(np.sum(d**2, axis=1))
    return np.sum(np.cos(L)) + 0.3 * np.sum(p[:, 1])


def springs_hand(p, q):
    d = p - q
    L = np.sqrt(np.sum(d**2, axis=1))
    dL = -np.sin(L)
    dd = dL[:, None] * d / L[:, None]
    dp = dd.copy()
    dp[:, 1] += 0.3
    return dp, -dd


def recurrent(U, W, xs):
    h = np.zeros(3)
    for x in xs:
        h = np.tanh(U @ x + W @ h)
    return np.sum(h**2)


def recurrent_hand(U, W, xs):
    hs = [np.zeros(3)]
    for x in xs:
        hs.append(np.tanh(U @ x + W @ hs[-1]))
    dU, dW = np.zeros_like(U), np.zeros_like(W)
    dh = 2 * hs[-1]
    for t in reversed(range(len(xs))):
        da = dh * (1 - hs[t + 1] ** 2)
        dU += np.outer(da, xs[t])
        dW += np.outer(da, hs[t])
        dh = W.T @ da
    return dU, dW


def joined(W, xs):
    h = np.zeros(2)
    for x in xs:
        h = np.tanh(W @ np.concatenate([x, h, x]))
    return np.sum(h**2)


def joined_hand(W, xs):
    hs = [np.zeros(2)]
    for x in xs:
        hs.append(np.tanh(W @ np.concatenate([x, hs[-1], x])))
    dW, dh = np.zeros_like(W), 2 * hs[-1]
    for t in reversed(range(len(xs))):
        da = dh * (1 - hs[t + 1] ** 2)
        dW += np.outer(da, np.concatenate([xs[t], hs[t], xs[t]]))
        dh = (W.T @ da)[3:5]
    return dW


def gated(W, V, xs):
    h = np.zeros(3)
    for x in xs:
        z = sigmoid(W @ x + h)
        n = np.tanh(V @ x)
        h = (1 - z) * n + z * h
    return np.sum(h**2)


def gated_hand(W, V, xs):
    cache, h = [], np.zeros(3)
    for x in xs:
        z, n = sigmoid(W @ x + h), np.tanh(V @ x)
        cache.append((x, z, n, h))
        h = (1 - z) * n + z * h
    dW, dV, dh = np.zeros_like(W), np.zeros_like(V), 2 * h
    for x, z, n, h in reversed(cache):
        dn = dh * (1 - z)
        dz = dh * (h - n)
        da = dz * z * (1 - z)
        dW += np.outer(da, x)
        dV += np.outer(dn * (1 - n**2), x)
        dh = dh * z + da
    return dW, dV


def lines(w, X, y):
    total = 0.0
    for x, t in zip(X, y, strict=True):
        total += np.sin(x @ w - t)
    return total


def lines_hand(w, X, y):
    dw = np.zeros_like(w)
    for x, t in zip(X, y, strict=True):
        r = x @ w - t
        dw += np.cos(r) * x
    return dw


def logistic(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def logistic_hand(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return X.T @ (p - y) / len(y)


def tied(W, b, X):
    h = np.tanh(X @ W)
    out = h @ W.T + b
    return np.sum(np.sin(out))


def tied_hand(W, b, X):
    h = np.tanh(X @ W)
    out = h @ W.T + b
    dout = np.cos(out)
    dW = dout.T @ h
    dh = dout @ W
    return dW + X.T @ (dh * (1 - h**2)), np.sum(dout, axis=0)


def softmax_loss(W, X, y):
    s = X @ W
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(y)), y]))


def softmax_hand(W, X, y):
    e = np.exp(X @ W)
    ds = e / np.sum(e, axis=1, keepdims=True)
    ds[np.arange(len(y)), y] -= 1
    ds /= len(y)
    return X.T @ ds


def log_softmax_loss(W, X, T):
    s = X @ W
    m = np.max(s, axis=1, keepdims=True)
    return -np.sum(T * (s - m - np.log(np.sum(np.exp(s - m), axis=1, keepdims=True))))


def log_softmax_hand(W, X, T):
    e = np.exp(X @ W - np.max(X @ W, axis=1, keepdims=True))
    return X.T @ (e / np.sum(e, axis=1, keepdims=True) - T)


def layer(x, v):
    mu = np.mean(x, axis=-1, keepdims=True)
    var = np.var(x, axis=-1, keepdims=True)
    return np.sum(v * np.sin((x - mu) / np.sqrt(var + 1e-3)))


def layer_hand(x, v):
    n = x.shape[1]
    xc = x - np.mean(x, axis=-1, keepdims=True)
    std = np.sqrt(np.mean(xc**2, axis=-1, keepdims=True) + 1e-3)
    dxn = v * np.cos(xc / std)
    inner = np.sum(dxn, axis=-1, keepdims=True) + xc / std**2 * np.sum(dxn * xc, axis=-1, keepdims=True)
    return (dxn - inner / n) / std


def neuron(w, x, t):
    p = sigmoid(x @ w)
    return (p - t) ** 2


def neuron_hand(w, x, t):
    p = sigmoid(x @ w)
    return 2 * (p - t) * p * (1 - p) * x


NETWORK = draw(4, 5), draw(5, 3), draw(6, 4)
SPRINGS = draw(5, 3), draw(5, 3)
RECURRENT = draw(3, 2), 0.5 * draw(3, 3), draw(5, 2)
LABELLED = draw(4, 3), draw(7, 4), np.array([0, 2, 1, 1, 0, 2, 2])
PLANTED = [  # function, its hand gradient, arguments, how many are differentiated, a mistake, what is to be said of it
    (leaky, leaky_hand, NETWORK, 2, "np.where(z > 0, 1, 0.1)", "np.where(da > 0, 1, 0.1)",
     "the sign of da, expected `z`"),
    (leaky, leaky_hand, NETWORK, 2, "np.where(z > 0, 1, 0.1)", "np.where(z > 0, 0.1, 1)",
     "branches of `a` are exchanged"),
    (biased, biased_hand, (draw(4, 5), draw(5), draw(6, 4)), 2, "dh * (z > 0)", "dh * (dh > 0)",
     "the mask in dz is made of dh, expected of `z`"),
    (biased, biased_hand, (draw(4, 5), draw(5), draw(6, 4)), 2, "X.T @ dz", "X.T @ dh",
     "in dW, from `X @ W`, the derivative of maximum is missing: it is formed with dh, expected dz"),
    (huber, huber_hand, (draw(3), draw(16, 3), draw(16), 0.8), 1, "np.abs(r) <= delta", "r <= delta",
     "the mask in dr is `r < delta`, expected `small`"),
    (windows, windows_hand, (draw(7), draw(3), draw(5)), 2, "dx[i : i + 3] +=", "dx[i : i + 3] =",
     "the terms of earlier slices are overwritten where slices overlap"),
    (product, product_hand, (draw(3, 3), draw(3, 3)), 2, "dM @ B.T", "B.T @ dM",
     "the transpose of `B` is multiplied from the left, expected from the right"),
    (product, product_hand, (draw(3, 3), draw(3, 3)), 2, "A.T @ dM", "dM @ A.T",
     "the transpose of `A` is multiplied from the right, expected from the left"),
    (normalised, normalised_hand, (draw(6, 3), draw(6, 3)), 1, "- xn *", "- x *",
     "`x` stands in the place of the normalised `xn`"),
    (normalised, normalised_hand, (draw(6, 3), draw(6, 3)), 1, "xc.var(axis=0)", "xc.var(axis=0, ddof=1)",
     "`var` is taken with ddof=1"),
    (by_size, by_size_hand, (draw(4, 3), draw(4, 3)), 1, "np.sum(v * x, axis=1, keepdims=True)", "np.sum(v * x)",
     "dsize is summed over all elements, expected over axis 1 alone"),
    (springs, springs_hand, SPRINGS, 2, "dp[:, 1]", "dp[:, 2]", "the term from `p[:, 1]` goes to column 2, expected 1"),
    (springs, springs_hand, SPRINGS, 2, " / L[:, None]", "", "the division by `L` is missing"),
    (recurrent, recurrent_hand, RECURRENT, 2, "1 - hs[t + 1] ** 2", "1 - hs[t] ** 2",
     "at each of 5 places: the derivative of tanh is taken with the `h` of the step before"),
    (recurrent, recurrent_hand, RECURRENT, 2, "W.T @ da", "W.T @ dh",
     "in dh, from `W @ h`, the derivative of tanh is missing: it is formed with dh"),
    (joined, joined_hand, (draw(2, 8) / 2, draw(4, 3)), 1, "[3:5]", "[:2]",
     "dh is cut out of the derivative by np.concatenate(x, h, x) from 0 on, expected from 3 on"),
    (gated, gated_hand, (draw(3, 2), draw(3, 2), draw(3, 2)), 2, "h - n", "n - h",
     "at each of 3 places: dz has the wrong"),
    (lines, lines_hand, (draw(3), draw(5, 3), draw(5)), 1, "x @ w - t", "x @ w + t",
     "`x @ w - t` is computed as `x @ w + t`"),
    (lines, lines_hand, (draw(3), draw(5, 3), draw(5)), 1, "np.cos(r) * x", "np.cos(r) * x**2",
     "at each of 5 places: in dw, from `x @ w`, `x` is squared"),
    (lines, lines_hand, (draw(3), draw(5, 3), draw(5)), 1, "np.cos(r) * x", "np.cos(r) * (x + w)",
     "`w` is added to the factor `x`"),
    (logistic, logistic_hand, (draw(3), draw(9, 3), np.arange(9) % 2.0), 1, "(p - y)", "((p > 0.5) - y)",
     "the gradient uses `p` rounded"),
    (tied, tied_hand, (draw(4, 3), draw(4), draw(6, 4)), 2, "dout.T @ h", "out.T @ h",
     "from `h @ np.transpose(W)`, `out` stands in the place of dout"),
    (softmax_loss, softmax_hand, LABELLED, 1, "[np.arange(len(y)), y]", "[:, y]",
     "`dp * p` of the softmax goes to all rows of the picked columns"),
    (softmax_loss, softmax_hand, LABELLED, 1, "-= 1", "-= len(y)", "`dp * p` of the softmax is 7 times"),
    (log_softmax_loss, log_softmax_hand, (draw(4, 3), draw(7, 4), np.eye(3)[LABELLED[2]]), 1, "np.sum(e, axis=1,",
     "np.sum(e, axis=0,", "the softmax in ds is taken along axis 0, expected axis 1"),
    (layer, layer_hand, (draw(4, 6), draw(4, 6)), 1, "x.shape[1]", "x.shape[0]",
     "the means over 6 elements are divided by 4"),
    (neuron, neuron_hand, (draw(3), draw(3), 1.0), 1, "2 * (p - t) * p * (1 - p)", "(p - t)",
     "the derivative of `p` is missing"),
]  # fmt: skip


def spoilt(hand, old="", new=""):
    """Return a hand gradient with one piece of its source replaced, and source text for what reads it."""
    text = textwrap.dedent(inspect.getsource(hand))
    assert text.count(old) == 1 or not old
    text = text.replace(old, new) if old else text
    file = f"<{hash(text)}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    space = dict(globals())
    exec(compile(text, file, "exec"), space)
    return space[hand.__name__]


@pytest.mark.parametrize(("f", "hand", "args", "count"), [p[:4] for p in PLANTED])
def test_the_gradients_are_right_before(f, hand, args, count):
    assert verify(f, hand, *args, argnums=tuple(range(count)) if count > 1 else 0)


@pytest.mark.parametrize(("f", "hand", "args", "count", "old", "new", "said"), PLANTED)
def test_a_planted_mistake_is_named(f, hand, args, count, old, new, said):
    report = verify(f, spoilt(hand, old, new), *args, argnums=tuple(range(count)) if count > 1 else 0)
    assert not report
    assert report.diagnoses, "no cause"
    assert said in report.diagnoses[0].message


def test_what_the_hand_holds_rightly_is_not_blamed():
    """The cotangent of L is right in dL: that it has a factor too many would contradict it."""
    hand = spoilt(springs_hand, " / L[:, None]", " * L[:, None]")
    for diagnosis in verify(springs, hand, *SPRINGS).diagnoses:
        assert not diagnosis.message.startswith("dL") or "dL itself is right" in diagnosis.message


def test_numbers_that_the_code_computes_and_indices_are_shown_as_written():
    def f(w, X, i, reg):
        return np.sum(np.sin(w[i])) + 0.5 * reg * np.sum(w * w)

    def hand(w, X, i, reg):
        return reg * w

    def unregularised(w, X, i, reg):
        dw = np.zeros_like(w)
        np.add.at(dw, i, np.cos(w[i]))
        return dw

    args = draw(4), draw(3), np.array([0, 2, 2]), 0.3
    assert "`w[i]`" in verify(f, hand, *args, argnums=0).diagnoses[0].message
    assert "`(0.5 * reg) * np.sum(w * w)`" in verify(f, unregularised, *args, argnums=0).diagnoses[0].message


def test_a_decision_that_comes_out_the_same_everywhere_is_no_cause():
    """The scores are left out: that all of them round to 0 says nothing of it."""

    def f(w, b, X, y):
        p = sigmoid(X @ w + b)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def hand(w, b, X, y):
        r = sigmoid(b) - y
        return X.T @ r / len(y), np.mean(r)

    report = verify(f, hand, np.array([0.1, -0.05, 0.1]), 0.2, draw(6, 3), np.arange(6) % 2.0)
    assert not report
    assert not any(d.kind == "rounded value" for d in report.diagnoses)


def test_rows_of_a_mask_are_not_said_to_be_lost():
    """A wrong mask of few rows looks like one that is turned round."""

    def f(w, X):
        return np.sum(np.maximum(0, X @ w))

    def hand(w, X):
        return X.T @ np.array([0.0, 1.0, 1.0])

    report = verify(f, hand, np.array([1.0, 2.0]), np.array([[1.0, 0.3], [0.2, 1.1], [-1.0, -0.4]]), argnums=0)
    assert not report
    assert not {"back to front", "off by one", "lost rows"} & {d.kind for d in report.diagnoses}

"""Right hand-derived gradients in the styles in which people write them, as source to put a mistake into."""

import itertools
import linecache

import numpy as np

MLP = [(3, 4), (4,), (4, 2), (2,), (5, 3), (5, 2)]
draw = np.random.default_rng(5).normal
ARGUMENTS = {
    "neuron": (draw(size=3), 0.3, draw(size=3), 1.0),
    "two_layers": tuple(draw(size=shape) for shape in MLP),
    "classifier": (
        draw(size=(3, 4)), draw(size=4), draw(size=(4, 3)), draw(size=3), draw(size=(6, 3)), np.arange(6) % 3,
    ),
    "samples": (draw(size=3), 0.2, draw(size=(5, 3)), np.array([0.0, 1, 1, 0, 1])),
    "batch": (draw(size=3), 0.2, draw(size=(5, 3)), np.array([0.0, 1, 1, 0, 1])),
    "recurrent": (draw(size=(3, 2)), draw(size=(3, 3)), draw(size=(2, 3)), draw(size=(4, 2)), draw(size=(4, 2))),
    "residual": (draw(size=(3, 2)), draw(size=(3, 3)), draw(size=2)),
}  # fmt: skip
number = itertools.count()


def run(source, **names):
    """Run source that has a file of its own, which tracebacks and `inspect` find."""
    file = f"<style {next(number)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    space = {"np": np, **names}
    exec(compile(source, file, "exec"), space)
    return space


FUNCTIONS = """
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neuron(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    error = np.square(prediction - target)
    return error


def two_layers(W1, b1, W2, b2, X, Y):
    z1 = X @ W1 + b1
    h = np.tanh(z1)
    scores = h @ W2 + b2
    loss = np.sum(np.square(scores - Y)) / len(X)
    return loss


def classifier(W1, b1, W2, b2, X, y):
    z1 = X @ W1 + b1
    h = np.maximum(z1, 0)
    logits = h @ W2 + b2
    shifted = logits - logits.max(axis=1, keepdims=True)
    logprobs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    data_loss = -np.mean(logprobs[np.arange(len(y)), y])
    return data_loss + 0.05 * np.sum(W1 * W1) + 0.05 * np.sum(W2 * W2)


def samples(w, b, X, y):
    total = 0
    for x, t in zip(X, y):
        p = sigmoid(x @ w + b)
        total = total + (p - t) ** 2
    return total / len(y)


def batch(w, b, X, y):
    z = X @ w + b
    p = sigmoid(z)
    return np.mean((p - y) ** 2)


def recurrent(Wx, Wh, Wy, xs, ts):
    h = np.zeros(3)
    loss = 0
    for x, t in zip(xs, ts):
        h = np.tanh(Wx @ x + Wh @ h)
        y = Wy @ h
        loss = loss + np.sum((y - t) ** 2)
    return loss


def residual(W1, W2, x):
    a1 = np.tanh(W1 @ x)
    a2 = np.tanh(W2 @ a1)
    out = a1 + a2
    return np.sum(out**2) / 2
"""

STYLES = {
    "the lesson": (
        "neuron",
        """
def hand(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = prediction * (1 - prediction)
    dlayer1_dbias = 1
    dlayer1_dweights = (0 * weights) + (1 * input_vector)
    derror_dbias = derror_dprediction * dprediction_dlayer1 * dlayer1_dbias
    derror_dweights = derror_dprediction * dprediction_dlayer1 * dlayer1_dweights
    return derror_dweights, derror_dbias
""",
    ),
    "d": (
        "two_layers",
        """
def hand(W1, b1, W2, b2, X, Y):
    z1 = X @ W1 + b1
    h = np.tanh(z1)
    scores = h @ W2 + b2
    dscores = 2 * (scores - Y) / len(X)
    dW2 = h.T @ dscores
    db2 = dscores.sum(axis=0)
    dh = dscores @ W2.T
    dz1 = dh * (1 - h**2)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return dW1, db1, dW2, db2
""",
    ),
    "grad_": (
        "two_layers",
        """
def hand(W1, b1, W2, b2, X, Y):
    h = np.tanh(X @ W1 + b1)
    grad_scores = 2 * (h @ W2 + b2 - Y) / len(X)
    grad_W2 = h.T @ grad_scores
    grad_b2 = grad_scores.sum(axis=0)
    grad_h = grad_scores @ W2.T
    grad_z1 = grad_h * (1 - h**2)
    grad_W1 = X.T @ grad_z1
    grad_b1 = grad_z1.sum(axis=0)
    return {"W1": grad_W1, "b1": grad_b1, "W2": grad_W2, "b2": grad_b2}
""",
    ),
    "_grad, in several steps": (
        "two_layers",
        """
def hand(W1, b1, W2, b2, X, Y):
    h = np.tanh(X @ W1 + b1)
    scores_grad = h @ W2 + b2
    scores_grad -= Y
    scores_grad *= 2
    scores_grad /= len(X)
    W2_grad = h.T @ scores_grad
    b2_grad = scores_grad.sum(axis=0)
    h_grad = scores_grad @ W2.T
    z1_grad = h_grad * (1 - h**2)
    W1_grad = X.T @ z1_grad
    b1_grad = z1_grad.sum(axis=0)
    return W1_grad, b1_grad, W2_grad, b2_grad
""",
    ),
    "delta": (
        "two_layers",
        """
def hand(W1, b1, W2, b2, X, Y):
    a1 = np.tanh(X @ W1 + b1)
    out = a1 @ W2 + b2
    delta_2 = 2 * (out - Y) / X.shape[0]
    delta_1 = (delta_2 @ W2.T) * (1 - a1**2)
    nabla_W2 = a1.T @ delta_2
    nabla_b2 = np.sum(delta_2, axis=0)
    nabla_W1 = X.T @ delta_1
    nabla_b1 = np.sum(delta_1, axis=0)
    return nabla_W1, nabla_b1, nabla_W2, nabla_b2
""",
    ),
    "scaled at the end": (
        "two_layers",
        """
def hand(W1, b1, W2, b2, X, Y):
    n = len(X)
    z1 = X @ W1 + b1
    h = np.tanh(z1)
    dscores = 2 * (h @ W2 + b2 - Y)
    dW2 = h.T @ dscores / n
    db2 = dscores.sum(axis=0) / n
    dz1 = (dscores @ W2.T) * (1 - h**2)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    dW1 = dW1 / n
    db1 = db1 / n
    return dW1, db1, dW2, db2
""",
    ),
    "a dict of gradients": (
        "classifier",
        """
def hand(W1, b1, W2, b2, X, y):
    N = X.shape[0]
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    exp_scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    grads = {}
    dlogits = probs.copy()
    dlogits[range(N), y] -= 1
    dlogits /= N
    grads["W2"] = hidden.T.dot(dlogits) + 0.1 * W2
    grads["b2"] = np.sum(dlogits, axis=0)
    dhidden = dlogits.dot(W2.T)
    dhidden[hidden <= 0] = 0
    grads["W1"] = X.T.dot(dhidden) + 0.1 * W1
    grads["b1"] = np.sum(dhidden, axis=0)
    return grads
""",
    ),
    "regularised afterwards": (
        "classifier",
        """
def hand(W1, b1, W2, b2, X, y):
    z1 = X @ W1 + b1
    h = np.maximum(z1, 0)
    logits = h @ W2 + b2
    e = np.exp(logits - logits.max(1, keepdims=True))
    dlogits = (e / e.sum(1, keepdims=True) - np.eye(W2.shape[1])[y]) / len(y)
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dh = dlogits @ W2.T
    dz1 = dh * (z1 > 0)
    dW1 = X.T @ dz1
    db1 = dz1.sum(0)
    dW2 += 0.1 * W2
    dW1 += 0.1 * W1
    return dW1, db1, dW2, db2
""",
    ),
    "a loop over samples": (
        "samples",
        """
def hand(w, b, X, y):
    n = len(y)
    dw = np.zeros_like(w)
    db = 0.0
    for x, t in zip(X, y):
        p = sigmoid(x @ w + b)
        dp = 2 * (p - t) / n
        delta = dp * p * (1 - p)
        dw += delta * x
        db += delta
    return dw, db
""",
    ),
    "a loop over the rows of a batch": (
        "batch",
        """
def hand(w, b, X, y):
    dw = np.zeros_like(w)
    db = 0.0
    for i in range(len(y)):
        p = sigmoid(X[i] @ w + b)
        dz = 2 * (p - y[i]) * p * (1 - p)
        dw = dw + dz * X[i]
        db = db + dz
    dw = dw / len(y)
    db = db / len(y)
    return dw, db
""",
    ),
    "back through time": (
        "recurrent",
        """
def hand(Wx, Wh, Wy, xs, ts):
    hs = [np.zeros(3)]
    for x in xs:
        hs.append(np.tanh(Wx @ x + Wh @ hs[-1]))
    dWx, dWh, dWy = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(Wy)
    dhnext = np.zeros(3)
    for t in reversed(range(len(xs))):
        dy = 2 * (Wy @ hs[t + 1] - ts[t])
        dWy += np.outer(dy, hs[t + 1])
        dh = Wy.T @ dy + dhnext
        dhraw = (1 - hs[t + 1] ** 2) * dh
        dWx += np.outer(dhraw, xs[t])
        dWh += np.outer(dhraw, hs[t])
        dhnext = Wh.T @ dhraw
    return dWx, dWh, dWy
""",
    ),
    "helpers": (
        "two_layers",
        """
def hand(W1, b1, W2, b2, X, Y):
    h = np.tanh(X @ W1 + b1)
    dscores = 2 * (h @ W2 + b2 - Y) / len(X)
    dh, dW2, db2 = back_affine(dscores, h, W2)
    dz1 = back_tanh(dh, h)
    dX, dW1, db1 = back_affine(dz1, X, W1)
    return dW1, db1, dW2, db2


def back_affine(dout, x, W):
    return dout @ W.T, x.T @ dout, dout.sum(axis=0)


def back_tanh(dout, out):
    return dout * (1 - out * out)
""",
    ),
    "names of one's own": (
        "two_layers",
        """
def hand(W1, b1, W2, b2, X, Y):
    act = np.tanh(X @ W1 + b1)
    err = 2 * (act @ W2 + b2 - Y) / len(X)
    back = (err @ W2.T) * (1 - act**2)
    return X.T @ back, back.sum(0), act.T @ err, err.sum(0)
""",
    ),
    "the activation's name for the sum's derivative": (
        "residual",
        """
def hand(W1, W2, x):
    a1 = np.tanh(W1 @ x)
    a2 = np.tanh(W2 @ a1)
    dout = a1 + a2
    da2 = dout * (1 - a2**2)
    dW2 = np.outer(da2, a1)
    da1 = (dout + W2.T @ da2) * (1 - a1**2)
    dW1 = np.outer(da1, x)
    return dW1, dW2
""",
    ),
    "dL_d": (
        "residual",
        """
def hand(W1, W2, x):
    a1 = np.tanh(W1 @ x)
    a2 = np.tanh(W2 @ a1)
    dL_dout = a1 + a2
    dL_da2 = dL_dout
    pre2 = dL_da2 * (1 - a2**2)
    dL_dW2 = np.outer(pre2, a1)
    dL_da1 = dL_dout + W2.T @ pre2
    dL_dW1 = np.outer(dL_da1 * (1 - a1**2), x)
    return dL_dW1, dL_dW2
""",
    ),
}

MISTAKES = {
    "another value": "tilted({})",
    "a factor": "3 * ({})",
    "the sign": "-({})",
}

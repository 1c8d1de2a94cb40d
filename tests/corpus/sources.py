"""Right functions and their hand gradients, for mistakes to be put into their source."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neuron(w, b, x, t):
    layer = np.dot(x, w) + b
    p = 1 / (1 + np.exp(-layer))
    return np.square(p - t)


def neuron_hand(w, b, x, t):
    layer = np.dot(x, w) + b
    p = sigmoid(layer)
    dp = 2 * (p - t)
    dlayer = dp * p * (1 - p)
    return dlayer * x, dlayer


def linear(w, b, X, y):
    r = X @ w + b - y
    penalty = 0.3 * np.sum(w**2)
    return np.mean(r**2) + penalty


def linear_hand(w, b, X, y):
    n = len(y)
    r = X @ w + b - y
    dr = 2 * r / n
    dw = X.T @ dr
    dw = dw + 0.6 * w
    db = np.sum(dr)
    return dw, db


def network(W1, b1, W2, b2, X, T):
    z = X @ W1 + b1
    h = np.tanh(z)
    out = h @ W2 + b2
    e = out - T
    return 0.5 * np.sum(e**2) / 6


def network_hand(W1, b1, W2, b2, X, T):
    z = X @ W1 + b1
    h = np.tanh(z)
    out = h @ W2 + b2
    dout = (out - T) / 6
    dW2 = h.T @ dout
    db2 = dout.sum(0)
    dh = dout @ W2.T
    dz = dh * (1 - h**2)
    dW1 = X.T @ dz
    db1 = dz.sum(0)
    return dW1, db1, dW2, db2


def softmax(W, X, T):
    s = X @ W
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.sum(T * np.log(p)) / len(X)


def softmax_hand(W, X, T):
    s = X @ W
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    dp = -T / p / len(X)
    ds = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    return X.T @ ds


def layer_norm(x, gamma, beta, v):
    mu = x.mean(axis=-1, keepdims=True)
    xc = x - mu
    var = np.mean(xc**2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-3)
    xhat = xc / std
    return np.sum(v * (gamma * xhat + beta))


def layer_norm_hand(x, gamma, beta, v):
    n = x.shape[-1]
    xc = x - x.mean(axis=-1, keepdims=True)
    var = np.mean(xc**2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-3)
    xhat = xc / std
    dxhat = v * gamma
    dstd = -np.sum(dxhat * xc, axis=-1, keepdims=True) / std**2
    dvar = dstd / (2 * std)
    dxc = dxhat / std + dvar * 2 * xc / n
    dx = dxc - dxc.mean(axis=-1, keepdims=True)
    return dx, np.sum(v * xhat, axis=0), np.sum(v, axis=0)


def recurrence(U, W, b, xs, v):
    h = np.zeros(3)
    for x in xs:
        a = U @ x + W @ h + b
        h = np.tanh(a)
    return v @ h


def recurrence_hand(U, W, b, xs, v):
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


def attention(Q, K, V, G):
    s = Q @ K.T / np.sqrt(5)
    e = np.exp(s)
    A = e / np.sum(e, axis=-1, keepdims=True)
    return np.sum(G * (A @ V))


def attention_hand(Q, K, V, G):
    e = np.exp(Q @ K.T / np.sqrt(5))
    A = e / np.sum(e, axis=-1, keepdims=True)
    dV = A.T @ G
    dA = G @ V.T
    ds = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))
    dQ = ds @ K / np.sqrt(5)
    dK = ds.T @ Q / np.sqrt(5)
    return dQ, dK, dV


def convolution(x, k, v):
    y = np.convolve(x, k, mode="valid")
    return np.sum(v * np.maximum(y, 0))


def convolution_hand(x, k, v):
    y = np.convolve(x, k, mode="valid")
    dy = v * (y > 0)
    dx = np.correlate(dy, k, mode="full")
    dk = np.correlate(x, dy, mode="valid")[::-1]
    return dx, dk


def gaussian(mu, s, x):
    sigma = np.exp(s)
    z = (x - mu) / sigma
    return np.sum(0.5 * z**2 + s)


def gaussian_hand(mu, s, x):
    sigma = np.exp(s)
    z = (x - mu) / sigma
    dmu = -np.sum(z / sigma, axis=0)
    ds = np.sum(1 - z**2, axis=0)
    return dmu, ds


def inside(x):
    return np.sum(np.sin(3.0 * x) * x) + np.sum(np.log(x**2 + 0.7))


def inside_hand(x):
    return np.sin(3.0 * x) + 3.0 * x * np.cos(3.0 * x) + 2 * x / (x**2 + 0.7)


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


def picked(W, X, y):
    s = X @ W
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(y)), y]))


def picked_hand(W, X, y):
    e = np.exp(X @ W)
    ds = e / np.sum(e, axis=1, keepdims=True)
    ds[np.arange(len(y)), y] -= 1
    ds /= len(y)
    return X.T @ ds


def log_softmax(W, X, T):
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


def squared_neuron(w, x, t):
    p = sigmoid(x @ w)
    return (p - t) ** 2


def squared_neuron_hand(w, x, t):
    p = sigmoid(x @ w)
    return 2 * (p - t) * p * (1 - p) * x

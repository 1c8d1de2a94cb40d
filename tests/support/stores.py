"""Numerical programs as people write them: they fill arrays. Each takes NumPy's namespace, and real arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

Program = Callable[..., Any]
DRAWN = numpy.random.default_rng(20)

programs: dict[str, tuple[Program, tuple[Any, ...]]] = {}
"""Each by its name, with arguments to try it at."""


def at(*args: Any) -> Callable[[Program], Program]:
    """Enter a program in the table, with its arguments: shapes of normal numbers, or arrays and numbers themselves."""

    def enter(f: Program) -> Program:
        drawn = tuple(DRAWN.standard_normal(x) if isinstance(x, tuple) else x for x in args)
        programs[f.__name__] = f, drawn
        return f

    return enter


def positive(n: int) -> Any:
    """Return a well-conditioned, positive definite matrix."""
    a = DRAWN.standard_normal((n, n))
    return a @ a.T / n + 2 * numpy.eye(n)


@at(positive(4))
def cholesky(np, a):
    n = len(a)
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = a[i, j] - np.sum(low[i, :j] * low[j, :j])
            low[i, j] = np.sqrt(rest) if i == j else rest / low[j, j]
    return low


@at((4,), 5 + DRAWN.random(5), (4,), (5,))
def thomas(np, lower, diagonal, upper, right):
    n = len(diagonal)
    c, d = np.zeros(n), np.zeros(n)
    c[0], d[0] = upper[0] / diagonal[0], right[0] / diagonal[0]
    for i in range(1, n):
        below = diagonal[i] - lower[i - 1] * c[i - 1]
        if i < n - 1:
            c[i] = upper[i] / below
        d[i] = (right[i] - lower[i - 1] * d[i - 1]) / below
    x = np.empty(n)
    x[-1] = d[-1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    return x


@at((4, 4), (4,))
def gauss_with_pivoting(np, a, b):
    n = len(b)
    for k in range(n):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            a[[k, p]] = a[[p, k]]
            b[[k, p]] = b[[p, k]]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    x = np.zeros(n)
    for i in reversed(range(n)):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@at(positive(4))
def lu_in_place(np, a):
    n = len(a)
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a


@at((4, 3))
def gram_schmidt(np, a):
    q, r = np.zeros_like(a), np.zeros((3, 3))
    for j in range(3):
        v = a[:, j].copy()
        for i in range(j):
            r[i, j] = q[:, i] @ a[:, j]
            v -= r[i, j] * q[:, i]
        r[j, j] = np.sqrt(np.sum(v**2))
        q[:, j] = v / r[j, j]
    return q, r


@at((5, 4))
def stencil_with_ghost_cells(np, u):
    padded = np.zeros((u.shape[0] + 2, u.shape[1] + 2))
    padded[1:-1, 1:-1] = u
    padded[0, :], padded[-1, :] = padded[1, :], padded[-2, :]
    padded[:, 0], padded[:, -1] = padded[:, -2], padded[:, 1]
    return padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2] - 4 * u


@at((8,), 0.3)
def heat_equation(np, u, rate):
    u = u.copy()
    for _ in range(5):
        u[1:-1] += rate * (u[2:] - 2 * u[1:-1] + u[:-2])
        u[0] = u[-1] = 0.5
    return u


@at((3,), 1.0, 0.1, 0.7)
def runge_kutta(np, y, a, h, b):
    def slope(y):
        dy = np.zeros(3)
        dy[0], dy[1] = a * (y[1] - y[0]), y[0] * (b - y[2]) - y[1]
        dy[2] = y[0] * y[1] - y[2]
        return dy

    path = np.zeros((6, 3))
    path[0] = y
    for n in range(5):
        k1 = slope(path[n])
        k2 = slope(path[n] + h / 2 * k1)
        k3 = slope(path[n] + h / 2 * k2)
        k4 = slope(path[n] + h * k3)
        path[n + 1] = path[n] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return path


@at((3, 4))
def soft_edit_distance(np, cost):
    n, m = cost.shape
    d = np.zeros((n + 1, m + 1))
    d[:, 0], d[0, :] = np.arange(n + 1), np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            options = np.array([d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + cost[i - 1, j - 1]])
            d[i, j] = -np.log(np.sum(np.exp(-options)))
    return d[n, m]


@at((3,), (3, 3), (3, 5))
def forward_algorithm(np, start, moves, emissions):
    steps = emissions.shape[1]
    alpha = np.full((steps, 3), -np.inf)
    alpha[0] = start + emissions[:, 0]
    for t in range(1, steps):
        for j in range(3):
            into = alpha[t - 1] + moves[:, j]
            top = np.max(into)
            alpha[t, j] = top + np.log(np.sum(np.exp(into - top))) + emissions[j, t]
    return np.log(np.sum(np.exp(alpha[-1])))


@at((3,), (3, 3), (5, 3))
def viterbi(np, start, moves, emissions):
    score, back = np.zeros((5, 3)), np.zeros((5, 3), dtype=int)
    score[0] = start + emissions[0]
    for t in range(1, 5):
        for j in range(3):
            into = score[t - 1] + moves[:, j]
            back[t, j] = np.argmax(into)
            score[t, j] = into[back[t, j]] + emissions[t, j]
    return score[-1, np.argmax(score[-1])]


@at(2 + DRAWN.random((4, 4)))
def soft_floyd_warshall(np, d):
    d = np.array(d)
    for i in range(4):
        d[i, i] = 0.1
    for k in range(4):
        for i in range(4):
            for j in range(4):
                d[i, j] = -np.logaddexp(-d[i, j], -(d[i, k] + d[k, j]))
    return d


@at((7,), (3,))
def convolution_by_loops(np, x, w):
    out = np.zeros(len(x) + len(w) - 1)
    for i in range(len(x)):
        for j in range(len(w)):
            out[i + j] += x[i] * w[j]
    return out


@at((5, 5), (3, 3))
def image_filter(np, image, kernel):
    out = np.zeros_like(image)
    padded = np.pad(image, 1)
    for i in range(5):
        for j in range(5):
            out[i, j] = np.sum(padded[i : i + 3, j : j + 3] * kernel)
    out[out < 0] *= 0.1
    return out


@at((6,))
def histogram_with_soft_bins(np, x):
    centres = np.linspace(-2, 2, 4)
    bins = np.zeros(4)
    for value in x:
        bins += np.exp(-((value - centres) ** 2))
    bins /= bins.sum()
    return bins


@at((6,))
def histogram_fill(np, weights):
    bins = np.zeros(3)
    for place, weight in zip([0, 2, 0, 1, 2, 2], weights, strict=True):
        bins[place] += weight**2
    return bins


@at((4, 2), (3, 2), (3, 3))
def recurrent_states(np, x, w, u):
    h = np.zeros((len(x) + 1, 3))
    for t in range(len(x)):
        h[t + 1] = np.tanh(w @ x[t] + u @ h[t])
    return h[1:]


@at((3, 2), (8, 4), (8,))
def lstm(np, x, w, b):
    h, c = np.zeros(2), np.zeros(2)
    out = np.empty((len(x), 2))
    for t in range(len(x)):
        together = np.empty(4)
        together[:2], together[2:] = x[t], h
        gates = w @ together + b
        gates[:6] = 1 / (1 + np.exp(-gates[:6]))
        gates[6:] = np.tanh(gates[6:])
        c = gates[2:4] * c + gates[:2] * gates[6:]
        h = gates[4:6] * np.tanh(c)
        out[t] = h
    return out


@at((4,), 0.5, 0.3)
def kalman_filter(np, measured, q, r):
    n = len(measured)
    mean, variance = np.zeros(n + 1), np.ones(n + 1)
    for k in range(n):
        predicted = variance[k] + q**2
        gain = predicted / (predicted + r**2)
        mean[k + 1] = mean[k] + gain * (measured[k] - mean[k])
        variance[k + 1] = (1 - gain) * predicted
    return mean, variance


@at((6,))
def cumulative_sum(np, x):
    total = x.copy()
    for i in range(1, len(total)):
        total[i] += total[i - 1]
    return total


@at((5,), (3,))
def horner_in_place(np, coefficients, x):
    value = np.zeros_like(x)
    for c in coefficients:
        value *= x
        value += c
    return value


@at((8,))
def fourier_by_loops(np, x):
    even, odd = x[[0, 4, 2, 6]], x[[1, 5, 3, 7]]
    y = np.zeros(8, dtype=complex)
    y[:4], y[4:] = even, odd
    size = 2
    while size <= 4:
        for start in range(0, 8, size):
            for k in range(size // 2):
                turn = np.exp(-2j * np.pi * k / size)
                a, b = y[start + k], turn * y[start + k + size // 2]
                y[start + k], y[start + k + size // 2] = a + b, a - b
        size *= 2
    return np.abs(y) ** 2


@at((3, 3))
def matrix_power(np, a):
    result = np.eye(3)
    for bit in "101":
        result[...] = result @ result
        if bit == "1":
            result @= a
    return result


@at(positive(4), (4,))
def jacobi_and_gauss_seidel(np, a, b):
    x = np.zeros(4)
    new = np.zeros(4)
    for _ in range(3):
        for i in range(4):
            new[i] = (b[i] - a[i] @ x + a[i, i] * x[i]) / a[i, i]
        x[:] = new
    for _ in range(3):
        for i in range(4):
            x[i] += (b[i] - a[i] @ x) / a[i, i]
    return x


@at((4, 2), 1 + DRAWN.random(4))
def accelerations(np, place, mass):
    acc = np.zeros_like(place)
    for i in range(4):
        for j in range(i):
            apart = place[j] - place[i]
            pull = apart / (apart @ apart + 0.1) ** 1.5
            acc[i] += mass[j] * pull
            acc[j] -= mass[i] * pull
    return acc


@at((4, 2), (4, 2))
def leapfrog(np, place, speed):
    energy = np.zeros(3)
    for n in range(3):
        speed -= 0.05 * place**3
        place += 0.1 * speed
        speed -= 0.05 * place**3
        energy[n] = np.sum(speed**2) / 2 + np.sum(place**4) / 4
    return energy


@at((3, 4))
def padding_by_store(np, x):
    out = np.full((5, 6), 0.5)
    out[1:4, 1:5] = x
    out[0] = out[-1] = x.mean()
    out[:, ::5] = out[:, 1:3]
    return out


@at((3,))
def one_hot_fill(np, heights):
    out = np.zeros((3, 4))
    out[np.arange(3), np.array([2, 0, 3])] = np.exp(heights)
    return out


@at((4, 3), (4, 3))
def masked_attention(np, q, k):
    scores = q @ k.T
    scores[np.triu(np.ones((4, 4), bool), 1)] = -np.inf
    scores -= scores.max(axis=1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(1, keepdims=True)
    return weights @ k


@at((4, 3))
def normalisation_by_columns(np, x):
    for j in range(3):
        x[:, j] -= np.mean(x[:, j])
        x[:, j] /= np.sqrt(np.sum(x[:, j] ** 2) + 0.1)
    return x


@at((3, 2))
def double_buffer(np, x):
    old, new = x.copy(), np.zeros((3, 2))
    for _ in range(4):
        new[1:] = old[:-1] * 0.5 + old[1:]
        new[0] = old[0] + np.tanh(new[2])
        old, new = new, old
    return old, new


@at((3,), 0.4)
def rotation_matrix(np, v, angle):
    turn = np.eye(3)
    turn[:2, :2] = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn @ v


@at((5,), 2.0)
def toeplitz(np, c, scale):
    m = np.empty((5, 5))
    for i in range(5):
        m[i, i:] = c[: 5 - i]
        m[i:, i] = scale * c[: 5 - i]
    return np.sin(m)


@at((4, 4))
def symmetrise_and_swap(np, a):
    a[1:3] = a[2:0:-1] * 2
    a[[0, 3]] = a[[3, 0]]
    rows, cols = np.tril_indices(4, -1)
    a[rows, cols] = a[cols, rows]
    a[np.diag_indices(4)] **= 2
    return a


@at(2 + DRAWN.random(5))
def clipped_with_masks(np, x):
    y = x * 1.0
    y[x > 2.5] = 2.5 + np.log(x[x > 2.5])
    y[y < 2.3] -= 0.5 * x[0]
    y[~(x > 2.5)] = y[~(x > 2.5)] ** 2
    return y


@at((3, 2), (2,))
def parameters_in_one_vector(np, w, b):
    flat = np.zeros(w.size + b.size)
    flat[: w.size] = w.ravel()
    flat[w.size :] = b
    flat *= 0.9
    again = flat[: w.size].reshape(w.shape)
    return np.tanh(again @ flat[w.size :])


@at((4,))
def sorting_by_swaps(np, x):
    for i in range(len(x)):
        for j in range(len(x) - 1 - i):
            if x[j] > x[j + 1]:
                x[j], x[j + 1] = x[j + 1], x[j]
    return x * np.arange(1, 5)

"""Convolution and pooling."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(71)


def conv1d(x, k, b):
    n = len(x) - len(k) + 1
    y = np.stack([np.sum(x[i : i + len(k)] * k) for i in range(n)]) + b
    return np.sum(y**2)


SIGNAL = (rng.normal(size=8), rng.normal(size=3), 0.2)


@right(conv1d, SIGNAL)
def correlate_and_convolve(x, k, b):
    y = np.correlate(x, k, mode="valid") + b
    return np.convolve(2 * y, k), np.correlate(x, 2 * y, mode="valid"), 2 * y.sum()


@wrong("reversed", conv1d, SIGNAL, "wrong right right")
def the_kernel_is_not_flipped(x, k, b):
    y = np.correlate(x, k, mode="valid") + b
    dy = 2 * y
    dx = np.correlate(dy, k, mode="full")  # <- wrong
    dk = np.correlate(x, dy, mode="valid")
    db = dy.sum()
    return dx, dk, db


@wrong("reversed", conv1d, SIGNAL, "right wrong right")
def the_gradient_of_the_kernel_is_flipped(x, k, b):
    y = np.correlate(x, k, mode="valid") + b
    dy = 2 * y
    dx = np.convolve(dy, k)
    dk = np.convolve(x[::-1], dy, mode="valid")  # <- wrong
    db = dy.sum()
    return dx, dk, db


@wrong("shifted", conv1d, SIGNAL, "right wrong right")
def off_by_one_position(x, k, b):
    y = np.correlate(x, k, mode="valid") + b
    dy = 2 * y
    dx = np.convolve(dy, k)
    dk = np.zeros_like(k)
    for j in range(len(k)):
        dk[j] = np.sum(dy[:-1] * x[j + 1 : j + len(dy)])  # <- wrong
    db = dy.sum()
    return dx, dk, db


@wrong("rows, repeated index", conv1d, SIGNAL, "wrong right right")
def overlaps_are_overwritten(x, k, b):
    y = np.correlate(x, k, mode="valid") + b
    dy = 2 * y
    dx = np.zeros_like(x)
    for i in range(len(y)):
        dx[i : i + len(k)] = dy[i] * k  # <- wrong
    dk = np.correlate(x, dy, mode="valid")
    db = dy.sum()
    return dx, dk, db


def conv2d(image, kernel, bias):
    H, W = image.shape
    h, w = kernel.shape
    rows = []
    for i in range(H - h + 1):
        row = [np.sum(image[i : i + h, j : j + w] * kernel) + bias for j in range(W - w + 1)]
        rows.append(np.stack(row))
    out = np.maximum(np.stack(rows), 0)
    return 0.5 * np.sum(out**2)


IMAGE = (rng.normal(size=(4, 5)), rng.normal(size=(2, 3)), 1.5)


def feature_map(image, kernel, bias):
    h, w = kernel.shape
    windows = np.lib.stride_tricks.sliding_window_view(image, (h, w))
    return np.maximum(np.einsum("ijkl,kl->ij", windows, kernel) + bias, 0)


@right(conv2d, IMAGE)
def conv2d_in_loops(image, kernel, bias):
    out = feature_map(image, kernel, bias)
    grad_image, grad_kernel, grad_bias = np.zeros_like(image), np.zeros_like(kernel), 0.0
    for (i, j), g in np.ndenumerate(out):
        window = (slice(i, i + kernel.shape[0]), slice(j, j + kernel.shape[1]))
        grad_image[window] += g * kernel
        grad_kernel += g * image[window]
        grad_bias += g
    return grad_image, grad_kernel, grad_bias


@wrong("reversed", conv2d, IMAGE, "wrong right right")
def a_kernel_that_is_turned(image, kernel, bias):
    out = feature_map(image, kernel, bias)
    grad_image, grad_kernel = np.zeros_like(image), np.zeros_like(kernel)
    for (i, j), g in np.ndenumerate(out):
        window = (slice(i, i + kernel.shape[0]), slice(j, j + kernel.shape[1]))
        grad_image[window] += g * kernel[::-1, ::-1]  # <- wrong
        grad_kernel += g * image[window]
    return grad_image, grad_kernel, out.sum()


@wrong("averaged, factor", conv2d, IMAGE, "right right wrong")
def the_bias_averaged_over_positions(image, kernel, bias):
    out = feature_map(image, kernel, bias)
    grad_image, grad_kernel = np.zeros_like(image), np.zeros_like(kernel)
    for (i, j), g in np.ndenumerate(out):
        window = (slice(i, i + kernel.shape[0]), slice(j, j + kernel.shape[1]))
        grad_image[window] += g * kernel
        grad_kernel += g * image[window]
    grad_bias = out.mean()  # <- wrong
    return grad_image, grad_kernel, grad_bias


@wrong("rows, missing term", conv2d, IMAGE)
def the_last_column_of_windows_is_missed(image, kernel, bias):
    out = feature_map(image, kernel, bias)
    grad_image, grad_kernel, grad_bias = np.zeros_like(image), np.zeros_like(kernel), 0.0
    for i in range(out.shape[0]):
        for j in range(out.shape[1] - 1):
            g = out[i, j]
            grad_image[i : i + 2, j : j + 3] += g * kernel  # <- wrong
            grad_kernel += g * image[i : i + 2, j : j + 3]
            grad_bias += g
    return grad_image, grad_kernel, grad_bias


def max_pool(x, v):
    pairs = x.reshape(-1, 3)
    y = np.max(pairs, axis=1)
    return np.sum(v * np.exp(y))


THREES = (rng.normal(size=12), rng.normal(size=4))


@right(max_pool, THREES)
def only_the_largest(x, v):
    pairs = x.reshape(-1, 3)
    dy = v * np.exp(pairs.max(1))
    return np.where(pairs == pairs.max(1, keepdims=True), dy[:, None], 0).ravel()


@wrong("missing derivative, wrong mask", max_pool, THREES)
def to_each_of_the_window(x, v):
    pairs = x.reshape(-1, 3)
    y = pairs.max(axis=1)
    dy = v * np.exp(y)
    dx = np.repeat(dy, 3)  # <- wrong
    return dx


@wrong("wrong mask", max_pool, THREES)
def to_the_smallest(x, v):
    pairs = x.reshape(-1, 3)
    y = pairs.max(axis=1)
    dy = v * np.exp(y)
    dpairs = np.zeros_like(pairs)
    dpairs[range(4), pairs.argmin(axis=1)] = dy  # <- wrong
    return dpairs.ravel()


PAIRS = (rng.normal(size=8), rng.normal(size=4))


def average_pool(x, v):
    y = np.mean(x.reshape(-1, 2), axis=1)
    return np.sum(v * np.tanh(y))


@wrong("factor, averaged", average_pool, PAIRS)
def average_pool_without_its_half(x, v):
    y = np.mean(x.reshape(-1, 2), axis=1)
    dy = v * (1 - np.tanh(y) ** 2)
    dx = np.repeat(dy, 2)  # <- wrong
    return dx

"""What our own functions compute, written a second time and in the plainest way: loops, closed forms, the textbook."""

import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.where(x > 0, x, 0.0)


def getitem(x, index):
    return x[index]


def scatter(x, index, shape):
    z = np.zeros(shape)
    places = np.arange(z.size).reshape(shape)[index]
    for place, value in zip(np.ravel(places), np.ravel(x), strict=True):
        z.ravel()[place] += value
    return z


def logaddexp_reduce(a, axis=None, keepdims=False, initial=-math.inf, where=True):
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims, initial=math.exp(initial), where=where))


def cumulative_sum(x, axis=None, include_initial=False):  # NumPy has these two and unstack since 2.1
    z = np.cumsum(x, axis)
    return np.insert(z, 0, 0.0, axis=axis or 0) if include_initial else z


def cumulative_prod(x, axis=None, include_initial=False):
    z = np.cumprod(x, axis)
    return np.insert(z, 0, 1.0, axis=axis or 0) if include_initial else z


def unstack(x, axis=0):
    return tuple(np.take(x, i, axis) for i in range(x.shape[axis]))


def maximum_accumulate(a, axis=0):
    rows = np.moveaxis(a, axis, 0)
    return np.moveaxis(np.stack([np.max(rows[: i + 1], axis=0) for i in range(len(rows))]), 0, axis)


def minimum_accumulate(a, axis=0):
    return -maximum_accumulate(-a, axis)


def at_set(x, values, index):
    z = np.array(x)
    places = np.arange(z.size).reshape(z.shape)[index]
    for place, value in zip(np.ravel(places), np.ravel(np.broadcast_to(values, np.shape(places))), strict=True):
        z.reshape(-1)[place] = value
    return z[()]


def at_add(x, values, index):
    z = np.array(x)
    places = np.arange(z.size).reshape(z.shape)[index]
    for place, value in zip(np.ravel(places), np.ravel(np.broadcast_to(values, np.shape(places))), strict=True):
        z.reshape(-1)[place] += value
    return z[()]


def pick_last(x, index):
    places = np.ravel(np.arange(x.size).reshape(x.shape)[index])
    last = {place: i for i, place in enumerate(places)}
    kept = [last[place] == i for i, place in enumerate(places)]
    return x[index] * np.reshape(kept, np.shape(x[index]))


def sort_like(x, a, axis=-1):
    return np.take_along_axis(x, np.argsort(a, axis), axis)


def unsort(x, a, axis=-1):
    return np.take_along_axis(x, np.argsort(np.argsort(a, axis), axis), axis)


erf = np.vectorize(math.erf, otypes=[float])


def masked(mask, x):
    return np.where(mask, x, 0.0)


def clip_between(x, low, high):
    raised = x if low is None else np.maximum(x, low)
    return raised if high is None else np.minimum(raised, high)


def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * x)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def selu(x):
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def silu(x):
    return x / (1 + np.exp(-x))


def mish(x):
    return x * np.tanh(np.log(1 + np.exp(x)))


def softplus(x):
    return np.log(1 + np.exp(x))


def log_sigmoid(x):
    return np.log(sigmoid(x))


def softsign(x):
    return x / (1 + np.abs(x))


def hardtanh(x, low=-1.0, high=1.0):
    return np.where(x < low, low, np.where(x > high, high, x))


def hard_sigmoid(x):
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


def hard_swish(x):
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


def normal_cdf(x):
    return (1 + erf(x / math.sqrt(2))) / 2


def gelu(x, approximate=None):
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * normal_cdf(x)


def glu(x, axis=-1):
    first, second = np.split(x, 2, axis)
    return first * sigmoid(second)


def softmax(x, axis=-1):
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    return np.log(softmax(x, axis))


def logsumexp(x, axis=None, b=1.0, keepdims=False, return_sign=False):
    total = np.sum(b * np.exp(x), axis=axis, keepdims=keepdims)
    return (np.log(np.abs(total)), np.sign(total)) if return_sign else np.log(total)


log_sum_exp = logsumexp


def weighted_log_sum_exp(x, b, **how):
    return logsumexp(x, b=b, **how)


def weighted_softmax(x, b, axis=-1):
    return np.exp(x) / np.sum(b * np.exp(x), axis=axis, keepdims=True)


def squared_error(prediction, target):
    return (prediction - target) * (prediction - target)


def huber(prediction, target, delta=1.0):
    r = np.abs(prediction - target)
    return np.where(r <= delta, r**2 / 2, delta * r - delta**2 / 2)


def log_cosh(x):
    return np.log(np.cosh(x))


def binary_cross_entropy(logits, labels):
    p = sigmoid(logits)
    return -labels * np.log(p) - (1 - labels) * np.log(1 - p)


def class_cross_entropy(logits, labels, axis=-1):
    return cross_entropy(logits, labels, axis)


def cross_entropy(logits, labels, axis=-1):
    scores = np.log(softmax(logits, axis))
    if np.asarray(labels).dtype.kind == "f":
        return -np.sum(labels * scores, axis=axis)
    rows = np.moveaxis(scores, axis, -1)
    picked = [row[k] for row, k in zip(rows.reshape(-1, rows.shape[-1]), np.ravel(labels), strict=True)]
    return -np.reshape(picked, np.shape(labels))


def standardize(x, axis=-1, eps=1e-5):
    return (x - x.mean(axis=axis, keepdims=True)) / (x.var(axis=axis, keepdims=True) + eps) ** 0.5


def layer_norm(x, gain=1.0, bias=0.0, axis=-1, eps=1e-5):
    return standardize(x, axis, eps) * gain + bias


def rms_norm(x, gain=1.0, axis=-1, eps=1e-5):
    return x / (np.mean(x * x, axis=axis, keepdims=True) + eps) ** 0.5 * gain


def dropout(x, rate=0.5, rng=None):
    return np.where(np.random.default_rng(rng).random(np.shape(x)) < rate, 0, x / (1 - rate))


def one_hot(labels, classes, dtype=np.float64):
    return np.eye(classes, dtype=dtype)[labels]


def attention(query, key, value, mask=None):
    scores = np.einsum("...nd,...md->...nm", query, key) / query.shape[-1] ** 0.5
    return softmax(scores + (0 if mask is None else np.where(mask, 0, -1e9))) @ value


def spherical_bessel(x, order):
    """j[n] is the mean of P[n](t) exp(ixt) / i**n over -1 < t < 1 (DLMF 10.54.2)."""
    t, w = np.polynomial.legendre.leggauss(60)
    p = np.polynomial.legendre.legval(t, np.eye(order + 1)[order])
    return np.real(np.exp(1j * np.multiply.outer(x, t)) @ (w * p) / 2 / 1j**order)


def i0_derivative(x, order):
    """The power series of i0, term by term."""
    total = np.zeros(np.shape(x))
    for k in range((order + 1) // 2, 80):
        power = 2 * k - order
        total = total + x**power * (math.factorial(2 * k) / math.factorial(power) / 4**k / math.factorial(k) ** 2)
    return total[()]


def patches(x, size, stride, dilation=(1, 1)):
    n = len(size)
    lead, lengths = x.shape[:-n], x.shape[-n:]
    places = [(m - d * (k - 1) - 1) // s + 1 for m, k, s, d in zip(lengths, size, stride, dilation, strict=False)]
    z = np.zeros((*lead, *places, *size))
    for place in np.ndindex(*places):
        for offset in np.ndindex(*size):
            taken = tuple(p * s + o * d for p, s, o, d in zip(place, stride, offset, dilation, strict=False))
            z[(..., *place, *offset)] = x[(..., *taken)]
    return z


def add_patches(x, lengths, stride, dilation=(1, 1)):
    n = len(lengths)
    lead, places, size = x.shape[: -2 * n], x.shape[-2 * n : -n], x.shape[-n:]
    z = np.zeros((*lead, *lengths))
    for place in np.ndindex(*places):
        for offset in np.ndindex(*size):
            taken = tuple(p * s + o * d for p, s, o, d in zip(place, stride, offset, dilation, strict=False))
            z[(..., *taken)] += x[(..., *place, *offset)]
    return z


def correlate_channels(x, kernel, stride, dilation):
    windows = patches(x, kernel.shape[2:], stride, dilation)
    z = np.zeros((x.shape[0], kernel.shape[0], *windows.shape[2 : 2 + len(stride)]))
    for image, channel, *place in np.ndindex(*z.shape):
        z[(image, channel, *place)] = np.sum(windows[(image, slice(None), *place)] * kernel[channel])
    return z


def spread_channels(g, kernel, lengths, stride, dilation):
    z = np.zeros((g.shape[0], kernel.shape[1], *lengths))
    for image, channel, *place in np.ndindex(*g.shape):
        for source, *offset in np.ndindex(*kernel.shape[1:]):
            under = [p * s + o * d for p, s, o, d in zip(place, stride, offset, dilation, strict=False)]
            z[(image, source, *under)] += g[(image, channel, *place)] * kernel[(channel, source, *offset)]
    return z


def correlate_images(x, g, size, stride, dilation):
    z = np.zeros((g.shape[1], x.shape[1], *size))
    windows = patches(x, size, stride, dilation)
    for channel, source, *offset in np.ndindex(*z.shape):
        for image in range(x.shape[0]):
            under = windows[(image, source, ..., *offset)]
            z[(channel, source, *offset)] += np.sum(g[image, channel] * under)
    return z


def convolution(x, kernel, bias=None, stride=1, padding=0, dilation=1):
    n = x.ndim - 2
    stride, dilation = (np.broadcast_to(k, n).tolist() for k in (stride, dilation))
    if padding == "same":
        widths = []
        for m, k, s, d in zip(x.shape[2:], kernel.shape[2:], stride, dilation, strict=True):
            missing = max((math.ceil(m / s) - 1) * s + d * (k - 1) + 1 - m, 0)
            widths.append((missing // 2, math.ceil(missing / 2)))
    else:
        widths = [(k, k) for k in np.broadcast_to(padding, n)]
    z = correlate_channels(np.pad(x, [(0, 0), (0, 0), *widths]), kernel, stride, dilation)
    return z if bias is None else z + bias.reshape((-1,) + (1,) * n)


conv1d = conv2d = convolution


def pool(fold, filler, n):
    def pooled(x, size, stride=None, padding=0):
        size, stride, padding = (np.broadcast_to(k, n).tolist() for k in (size, stride or size, padding))
        lead = [(0, 0)] * (x.ndim - n)
        padded = np.pad(x, lead + [(k, k) for k in padding], constant_values=filler)
        return fold(patches(padded, size, stride), axis=tuple(range(-n, 0)))

    return pooled


max_pool1d, max_pool2d = pool(np.max, -np.inf, 1), pool(np.max, -np.inf, 2)
avg_pool1d, avg_pool2d = pool(np.mean, 0, 1), pool(np.mean, 0, 2)


def embed_diagonal(x, shape, offset=0, axis1=0, axis2=1):
    z = np.zeros(shape)
    moved = np.moveaxis(z, (axis1, axis2), (-2, -1))
    for i in range(x.shape[-1]):
        moved[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return z


def overlap_add(x, shape, window_shape, axis=None):
    places = np.lib.stride_tricks.sliding_window_view(np.arange(np.prod(shape)).reshape(shape), window_shape, axis)
    return np.bincount(places.ravel(), x.ravel(), np.prod(shape)).reshape(shape)


def cofactors(a):
    z = np.empty_like(a)
    for *stack, i, j in np.ndindex(a.shape):
        minor = np.delete(np.delete(a[tuple(stack)], i, axis=0), j, axis=1)
        z[(*stack, i, j)] = (-1) ** (i + j) * np.linalg.det(minor)
    return z


def contraction(*operands, subscripts, optimize=False):
    return np.einsum(subscripts, *operands, optimize=optimize)


REFERENCES = {name: f for name, f in globals().items() if callable(f)}

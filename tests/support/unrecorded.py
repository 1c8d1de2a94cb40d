"""Functions as people write them, of which plain recording stops at a store, a conversion or a method of an array."""

import math
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
from math import exp
from typing import Any

import numpy
import numpy as np
import numpy as onp
from numpy import asarray, zeros

from tests.support import unrecorded_elsewhere
from tests.support.unrecorded_elsewhere import Network, all_names, smoothed

functions: dict[str, Any] = {}
"""Each by its name: the function, the arguments that it is differentiated by, and why it is not recorded, if so."""
RNG = np.random.default_rng(11)
DATA = RNG.standard_normal((4, 3))
BUFFER = np.zeros((2, 3))
TABLES: dict[str, Any] = {"features": RNG.standard_normal((5, 3)), "counts": [np.array([1.0, 2.0, 4.0])]}
PICTURE, KERNEL = RNG.standard_normal((5, 5)), RNG.standard_normal((2, 2))
INTEGERS = np.arange(12).reshape(4, 3)


def of(*args, why=""):
    """Enter a function in the table, with shapes of normal numbers, or what it is called with."""

    def enter(f):
        drawn = tuple(RNG.standard_normal(x) if isinstance(x, tuple) else x for x in args)
        functions[f.__name__] = f, drawn, why
        return f

    return enter


# --- stores into arrays


@of(PICTURE, KERNEL)
def convolution(x, k):
    n, m = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    out = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            out[i, j] = np.sum(x[i : i + 2, j : j + 2] * k)
    return out


@of((2, 3, 4, 4))
def pooled(x):
    out = np.zeros((2, 3, 2, 2))
    for i in range(2):
        for j in range(2):
            out[..., i, j] = np.max(x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2], axis=(2, 3))
    return out


@of((6,))
def masked_store(x):
    out = np.ones_like(x)
    out[x > 0] = x[x > 0] ** 2
    out[x < -1] = 0
    return np.sum(out * np.arange(6))


@of((7,))
def recurrence(x):
    h = np.empty(8)
    h[0] = 0.5
    for t in range(7):
        h[t + 1] = np.tanh(h[t] + x[t])
    return np.sum(h[1:] ** 2)


@of((4, 3), (3, 3))
def states(x, w):
    h = numpy.zeros((5, 3))
    for t in range(4):
        h[t + 1] = numpy.tanh(x[t] + h[t].dot(w))
    return h[1:]


@of((3, 3))
def symmetric_part(a):
    out = np.full((3, 3), 0.0)
    for i in range(3):
        for j in range(i, 3):
            out[i, j] = out[j, i] = a[i, j] * a[j, i]
    return out


@of((3,))
def zero_diagonal(x):
    a = np.outer(x, x)
    np.fill_diagonal(a, 0)
    return np.sum(a**2)


@of((3,))
def set_diagonal(x):
    a = np.ones((3, 3))
    np.fill_diagonal(a, x)
    return np.sum(a @ a)


@of((5,))
def accumulated(x):
    total = np.zeros(3)
    for i, v in enumerate(x):
        total[i % 3] += v**2
    return total


@of((5,))
def scattered(x):
    out = np.zeros(3)
    np.add.at(out, np.array([0, 1, 0, 2, 1]), x * x)
    return out


@of((5,))
def counted(x):
    total = np.zeros(())
    for v in x:
        total += v**3
    return float(total)


@of((4, 3))
def added_array(x):
    total = np.zeros(3)
    for row in x:
        total += row * np.sum(row)
    return total


@of((4,))
def padded(x):
    out = np.zeros(len(x) + 2)
    out[1:-1] = x
    return (out[2:] - 2 * out[1:-1] + out[:-2]) ** 2


@of((4,))
def written_out(x):
    y = np.zeros(4)
    np.tanh(x, out=y)
    np.multiply(y, x, out=y)
    return np.sum(y)


@of((4,))
def written_empty(x):
    y = np.empty_like(x)
    np.exp(x, y)
    return y


@of((4,))
def copied(x):
    y = np.zeros(4)
    np.copyto(y, np.sin(x))
    return y


@of((4,))
def eye_filled(x):
    a = np.eye(4)
    a[0] = x
    a[:, 1] *= 2
    return a @ x


@of(0.7)
def rotation(angle):
    r = np.eye(3)
    r[0, 0] = r[1, 1] = np.cos(angle)
    r[0, 1], r[1, 0] = -np.sin(angle), np.sin(angle)
    return r @ np.array([1.0, 2.0, 3.0])


# --- conversions


@of((4,), 0.3)
def converted(w, b):
    w, b = np.asarray(w, dtype=float), float(b)
    return float(np.sum(w**2) * b)


@of((3,))
def array_of_numbers(x):
    a, b, c = x
    return np.array([a * b, b * c, float(c) ** 2])


@of((2,))
def array_of_rows(x):
    jacobian = np.array([[np.cos(x[0]), -np.sin(x[1])], [np.sin(x[0]), np.cos(x[1])]], dtype=np.float64)
    return jacobian.dot(np.asarray(x))


@of((4,))
def list_summed(x):
    return np.sum([v**2 for v in x]) + sum([-v for v in x]) * np.mean([np.exp(v) for v in x])


@of((4,))
def at_least(x):
    return np.sum(np.atleast_2d(np.asarray(x)).T @ np.atleast_2d(x))


@of((4,))
def list_filled(x):
    out = [0.0] * 4
    for i in range(4):
        out[i] = x[i] * x[i - 1]
    return np.array(out).sum()


@of((3,))
def checked_number(x):
    total = float(np.sum(np.square(x)))
    if not isinstance(total, float):
        raise TypeError("expected a number")
    return total if math.isfinite(total) else 0.0


@of(0.4, 1.3)
def of_math(a, b):
    return math.exp(-a) * exp(b) + math.log(b) * math.sqrt(a) + math.pow(a, 2)


@of((3,))
def math_on_elements(x):
    out = np.zeros(3)
    for i in range(len(x)):
        out[i] = 1 / (1 + math.exp(-x[i]))
    return out


# --- arrays that are held elsewhere


@of((3,))
def global_dot(w):
    return DATA.dot(w)


@of((3,))
def global_dict_dot(w):
    return TABLES["features"].dot(w) * np.sum(TABLES["counts"][0].dot(w))


@of((4, 3), (3,))
def argument_dot(x, w):
    return x.dot(w).T.dot(x.dot(w))


@of((2, 3))
def buffer_of_module(x):
    BUFFER[...] = 0
    BUFFER[0] = x[0] * x[1]
    BUFFER[1] += x[1]
    return np.sum(BUFFER**2)


def _closed_over():
    import numpy as hidden

    data = RNG.standard_normal((4, 3))
    scale = np.array([2.0])

    @of((3,))
    def closed_dot(w):
        return data.dot(w) * scale[0]

    @of((4,))
    def closed_module(x):
        out = hidden.zeros(4)
        out[::2] = x[::2]
        return np.sum(out**2)

    def inner(x):
        y = hidden.zeros_like(x)
        y[0] = data.dot(x[:3])[0]
        return y

    @of((4,))
    def closed_function(x):
        return inner(x) * x

    return closed_dot


_closed_over()


@of((3,))
def default_array(w, data=DATA):
    return data.dot(w)


@of((3,))
def integer_dot(w):
    return INTEGERS.dot(w)


class Layer:
    def __init__(self):
        self.W = RNG.standard_normal((3, 2))
        self.out = np.zeros((4, 2))
        self.cache = []

    def forward(self, x):
        self.x = x
        self.mask = x > 0
        self.cache.append(x)
        self.out[:] = np.where(self.mask, x, 0.1 * x) @ self.W
        self.sums = np.zeros(4)
        for i, row in enumerate(self.out):
            self.sums[i] = np.sum(row**2)
        return self.sums

    def __call__(self, x):
        return self.W.T.dot(x)


@dataclass
class Model:
    layers: list[Layer] = dataclass_field(default_factory=lambda: [Layer(), Layer()])

    def predict(self, x):
        return self.layers[0](x) * self.layers[1](x)


LAYER, MODEL = Layer(), Model()
functions["method_of_layer"] = LAYER.forward, (RNG.standard_normal((4, 3)),), ""
functions["method_of_object"] = Network(3).loss, (RNG.standard_normal(3),), ""
functions["partial_of_data"] = partial(lambda w, data: data.dot(w), data=DATA), (RNG.standard_normal(3),), ""
functions["placed_data"] = partial(lambda data, w: data.dot(w), DATA), (RNG.standard_normal(3),), r"np\.dot\(data, w\)"


@of((3,))
def global_objects(x):
    return MODEL.predict(x) + LAYER(x)


@of((3,))
def class_elsewhere(x):
    return Network(3).loss(x)


@of((5,))
def function_elsewhere(x):
    return smoothed(x) * unrecorded_elsewhere.smoothed(x)


functions["all_names"] = all_names, (RNG.standard_normal(4),), ""


# --- ways to write NumPy's name


@of((3,))
def imported_names(x):
    out = zeros(3)
    out[1:] = asarray(x)[:2]
    return out * x


@of((3,))
def other_name(x):
    out = onp.zeros(3)
    out[0] = x[0] * x[1]
    return onp.sum(out)


@of((3,))
def imported_inside(x):
    import numpy as inside
    from numpy import ones

    out = inside.zeros(3)
    out[1] = ones(1)[0] * x[2] ** 2
    return out


@of((3,))
def elsewhere_inside(x):
    from tests.support.unrecorded_elsewhere import smoothed as inside

    return inside(x) * x


@of((3,))
def helper_of_helper(x):
    def fill(n):
        return [np.zeros(n) for _ in range(2)]

    a, b = fill(3)
    a[:] = x
    b[::-1] = x
    return a * b


@of((3,))
def comprehension(x):
    rows = [np.zeros(3) for _ in x]
    for i, row in enumerate(rows):
        row[i] = x[i] ** 2
    return np.vstack(rows) @ x


@of((3,))
def lambda_inside(x):
    make = lambda: np.zeros((3,))  # noqa: E731
    y = make()
    y[...] = x
    return np.sum(y * y)


@of((3,))
def vectorized(x):
    return np.sum(np.vectorize(lambda v: v**2 if v > 0 else -v)(x))


_without_module: dict[str, Any] = {"np": np}
exec("def f(x):\n    y = np.zeros(3)\n    y[:] = x\n    return y * y", _without_module)
del _without_module["f"].__module__
functions["of_no_module"] = _without_module["f"], (RNG.standard_normal(3),), ""


# --- what is not recorded


@of((3,), why=r"item\(\) of a Tensor")
def item_taken(x):
    return np.sum(x).item() * 2.0


@of((3,), why=r"tolist\(\) of a Tensor")
def listed(x):
    return sum(v * v for v in x.tolist())

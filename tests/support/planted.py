"""Mistakes that show at special values, beyond a threshold or at the ends of a domain, and nowhere else."""

from functools import cache, partial

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.tensor import raw
from autograd_lite.numerical import quiet
from autograd_lite.ops import table
from autograd_lite.ops.samples import domains_of, samples_of
from autograd_lite.testing import Domain, above_one, positive, probability, sample, unit
from autograd_lite.testing.points import Points


def op(forward, *rules, samples=(), **row):
    return Op(forward, rules, name="mine", core=None if samples else 0, samples=samples, **row)


def rule(slope):
    """Return the rule of a derivative."""
    return lambda g, z, x: g * slope(x)


def but(slope, where, wrong):
    """Return the rule of a derivative that is something else where a condition holds."""
    return lambda g, z, x: g * np.where(where(raw(x)), wrong, slope(x))


def at(*values):
    """Return the condition that an input is one of some values."""
    return lambda x: np.isin(x, values)


def beyond(threshold):
    """Return the condition that an input is farther from 0."""
    return lambda x: abs(x) > threshold


def whole(x):
    return x == np.rint(x)


def near_end(width, domain):
    """Return the condition that an input is close to an end of its domain, and not there."""
    first, last = domain.bounds
    return lambda x: ((x > first) & (x < first + width)) | ((x < last) & (x > last - width))


def logistic(x):
    return np.exp(x) / (1 + np.exp(x))


def ties(x):
    return x == np.max(x)


def softmax(x):
    e = np.exp(x)
    return e / np.sum(e)


def softmax_rule(g, z, x):
    return z * (g - np.sum(g * z))


def logsumexp(x):
    return np.log(np.sum(np.exp(x)))


def length(x):
    return np.sqrt(np.sum(x * x))


def refused(g, z, x):
    if np.any(raw(x) == 1):
        raise ZeroDivisionError("1 / 0")
    return g * np.cos(x)


def gelu(x):
    """Hendrycks and Gimpel, Gaussian Error Linear Units, 2016: the form with tanh."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_slope(x):
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)


def mish(x):
    """Misra, Mish, 2019, as its formula is written."""
    return x * np.tanh(np.log(1 + np.exp(x)))


def mish_slope(x):
    t = np.tanh(np.log(1 + np.exp(x)))
    return t + x * (1 - t**2) / (1 + np.exp(-x))


VECTORS = (sample((3,)), sample((4,)))
BOTH_SIDES = Domain(0.5, 2.0)

# op, words of the message
PLANTED = {
    "0": (
        op(np.exp, but(np.exp, at(0), 5.0)),
        ["mine(np.float64(0.0))", "the rules give 5;", "differences of the values give 1"],
    ),
    "1": (op(np.square, but(lambda x: 2 * x, at(1), 3.0)), ["mine(np.float64(1.0))", "the rules give 3;"]),
    "-1": (op(np.sin, but(np.cos, at(-1), 0.0)), ["mine(np.float64(-1.0))"]),
    "1 and -1": (op(np.tanh, but(lambda x: 1 - np.tanh(x) ** 2, at(1, -1), 0.0)), ["mine(np.float64(1.0))"]),
    "whole numbers": (op(np.cos, but(lambda x: -np.sin(x), whole, 5.0)), ["mine(np.float64(0.0))"]),
    "tiny numbers": (op(np.sin, but(np.cos, lambda x: (x != 0) & (abs(x) < 1e-6), 0.0)), ["1e-08"]),
    "a part of a complex value": (
        op(lambda x: x * np.exp(0.5j), but(lambda x: np.exp(0.5j) + 0 * x, at(1), np.exp(-0.5j))),
        ["mine(np.float64(1.0))"],
    ),
    "nan at 0": (
        op(np.square, rule(lambda x: 2 * x * x / x)),
        ["mine(np.float64(0.0))", "the rules give nan; differences"],
    ),
    "no subgradient": (op(np.absolute, but(np.sign, at(0), 5.0)), ["mine(np.float64(0.0))"]),
    "relu of two": (op(lambda x: np.maximum(x, 0), rule(lambda x: np.heaviside(x, 2.0))), ["mine(np.float64(0.0))"]),
    "zero where digits cancel": (op(gelu, but(gelu_slope, beyond(4), 0.0)), ["mine(np.float64("]),
    "dead where digits cancel": (op(gelu, but(gelu_slope, lambda x: x < -4, 1e-3)), ["mine(np.float64(-5.0))"]),
    "wrong where digits cancel": (
        op(mish, rule(lambda x: mish_slope(x) * 1.5), domain=Domain(-12.0, -8.0)),
        ["with respect to 'x' is wrong"],
    ),
    "subgradients that do not add up": (
        op(lambda x: np.maximum(x, 0) - np.maximum(-x, 0), but(np.ones_like, at(0), 0.0)),
        ["mine(np.float64(0.0))"],
    ),
    "zero beyond 3.5": (op(np.tanh, but(lambda x: 1 - np.tanh(x) ** 2, beyond(3.5), 0.0)), ["mine(np.float64(4.0))"]),
    "zero beyond 50": (op(np.square, but(lambda x: 2 * x, beyond(50), 0.0)), ["mine(np.float64(100.0))"]),
    "clipped": (op(lambda x: x**3, rule(lambda x: np.clip(3 * x**2, -1e3, 1e3))), ["mine(np.float64(30.0))"]),
    "log1p of exp": (
        op(lambda x: np.log1p(np.exp(x)), rule(logistic)),
        ["the forward gives inf", "mine(np.float64(710.0))"],
    ),
    "stable forward alone": (
        op(lambda x: np.logaddexp(0, x), rule(logistic)),
        ["mine(np.float64(710.0))", "the rules give nan; differences of the values give 1", "pass a domain="],
    ),
    "exp over 1 + exp": (op(logistic, lambda g, z, x: g * z * (1 - z)), ["the forward gives nan", "710.0"]),
    "log of sigmoid": (op(lambda x: np.log(1 / (1 + np.exp(-x))), rule(lambda x: 1 / (1 + np.exp(x)))), ["-inf"]),
    "log of cosh": (op(lambda x: np.log(np.cosh(x)), rule(np.tanh)), ["the forward gives inf"]),
    "0 / 0": (op(lambda x: np.sin(x) / x, rule(lambda x: (x * np.cos(x) - np.sin(x)) / x**2)), ["forward gives nan"]),
    "arcsin near 1": (
        op(np.arcsin, but(lambda x: 1 / np.sqrt(1 - x * x), near_end(0.05, unit), 3.0), domain=unit),
        ["0.99"],
    ),
    "log near 0": (op(np.log, but(lambda x: 1 / x, near_end(0.15, positive), 5.0), domain=positive), ["give 5;"]),
    "arccosh near 1": (
        op(np.arccosh, but(lambda x: 1 / np.sqrt(x * x - 1), near_end(0.05, above_one), 1.0), domain=above_one),
        ["the rules give 1;"],
    ),
    "logit near its ends": (
        op(lambda x: np.log(x / (1 - x)), rule(lambda x: 1 / np.maximum(x * (1 - x), 1e-2)), domain=probability),
        ["the rules give 100;"],
    ),
    "end of a domain of one's own": (
        op(np.exp, but(np.exp, at(0.5), 0.0), domain=BOTH_SIDES),
        ["mine(np.float64(0.5))"],
    ),
    "the other end": (op(np.exp, but(np.exp, at(2.0), 9.0), domain=BOTH_SIDES), ["mine(np.float64(2.0))"]),
    "0 times the logarithm of 0": (
        op(
            np.power,
            lambda g, z, x, y: g * y * x ** (y - 1),
            lambda g, z, x, y: g * z * np.log(x),
            domain=(positive, BOTH_SIDES),
        ),
        [
            "with respect to y the rules give nan; differences of the values give 0",
            "mine(np.float64(0.0), np.float64(1.0))",
        ],
    ),
    "second of two": (
        op(np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * np.where(raw(y) == 1, 0.0, x)),
        ["with respect to 'y' is wrong at a special value"],
    ),
    "at one pair": (
        op(np.subtract, lambda g, z, x, y: g * ((raw(x) != 1) | (raw(y) != 0)), lambda g, z, x, y: -g),
        ["mine(np.float64(1.0), np.float64(0.0))"],
    ),
    "second order": (
        op(np.exp, lambda g, z, x: g * np.where(raw(x) == 0, raw(z), z)),
        ["the derivative of order 2 with respect to 'x' is wrong at a special value"],
    ),
    "a rule that raises": (
        op(np.sin, refused),
        ["the rule of input 'x' raises ZeroDivisionError", "mine(np.float64(1.0))"],
    ),
    "softmax": (op(softmax, softmax_rule, samples=VECTORS), ["the forward overflows"]),
    "logsumexp": (op(logsumexp, lambda g, z, x: g * softmax(x), samples=VECTORS), ["the forward overflows"]),
    "its rule": (
        op(lambda x: np.logaddexp.reduce(x), lambda g, z, x: g * softmax(x), samples=VECTORS),
        ["with respect to x the rules give nan"],
    ),
    "length of 0": (
        op(length, lambda g, z, x: g * x / z, samples=VECTORS),
        ["with respect to x the rules give nan", "[0., 0., 0.]", "lambda g, z, x: g * x / z"],
    ),
    "sum of squares": (
        op(
            lambda x: np.sum(x * x),
            lambda g, z, x: g * np.where(beyond(3.5)(raw(x)), 0.0, 2 * x),
            samples=VECTORS,
        ),
        ["the derivative is wrong at special values", "with respect to x["],
    ),
}


RIGHT = {  # right, though a kink, an infinite derivative or an overflow by nature lies at a special value
    "absolute value": op(np.absolute, rule(np.sign)),
    "its subgradient of 1": op(np.absolute, rule(lambda x: np.copysign(1, raw(x)))),
    "relu": op(lambda x: np.maximum(x, 0), rule(lambda x: np.heaviside(x, 1.0))),
    "all to the first of two": op(
        np.maximum, lambda g, z, x, y: g * (raw(x) >= raw(y)), lambda g, z, x, y: g * (raw(y) > raw(x))
    ),
    "cubic": op(lambda x: x**4 - x**3, rule(lambda x: 4 * x**3 - 3 * x**2)),
    "quotient": op(lambda x: x * x / (1 + x * x), rule(lambda x: 2 * x / (1 + x * x) / (1 + x * x))),
    "pole": op(lambda x: 1 / x, lambda g, z, x: -g * z * z),
    "poles": op(np.tan, lambda g, z, x: g * (1 + z * z)),
    "waves that get shorter": op(lambda x: np.sin(x * x), rule(lambda x: 2 * x * np.cos(x * x))),
    "sum of waves": op(lambda x: np.sin(x) + np.cos(3 * x), rule(lambda x: np.cos(x) - 3 * np.sin(3 * x))),
    "flat": op(lambda x: np.exp(-x * x), lambda g, z, x: -2 * g * x * z),
    "moment": op(lambda x: x * x * np.exp(-x), rule(lambda x: x * (2 - x) * np.exp(-x))),
    "cube root": op(np.cbrt, lambda g, z, x: g / (3 * z * z)),
    "square root": op(np.sqrt, lambda g, z, x: g / (2 * z), domain=positive),
    "root of the absolute value": op(lambda x: np.sqrt(abs(x) + 1e-12), lambda g, z, x: g * np.sign(x) / (2 * z)),
    "entropy": op(lambda x: -x * np.log(x), rule(lambda x: -np.log(x) - 1), domain=positive),
    "sigmoid": op(lambda x: 1 / (1 + np.exp(-x)), lambda g, z, x: g * z * (1 - z)),
    "softplus": op(lambda x: np.maximum(x, 0) + np.log1p(np.exp(-abs(x))), rule(lambda x: 1 / (1 + np.exp(-x)))),
    "softsign": op(lambda x: x / (1 + abs(x)), rule(lambda x: 1 / (1 + abs(x)) / (1 + abs(x)))),
    "steps": op(lambda x: x - np.floor(raw(x)), rule(lambda x: 1.0)),
    "step": op(lambda x: np.heaviside(x, 0.5), rule(lambda x: 0.0)),
    "clipped": op(lambda x: np.clip(x, -1, 1), rule(lambda x: abs(raw(x)) <= 1)),
    "distance": op(
        np.hypot,
        lambda g, z, x, y: g * x / np.where(raw(z) == 0, 1, z),
        lambda g, z, x, y: g * y / np.where(raw(z) == 0, 1, z),
    ),
    "digits that cancel: gelu": op(gelu, rule(gelu_slope)),
    "digits that cancel: mish": op(mish, rule(mish_slope)),
    "digits that cancel: mish, far out": op(mish, rule(mish_slope), domain=Domain(-30.0, -22.0)),
    "narrow": op(np.exp, lambda g, z, x: g * z, domain=Domain(2.0, 2.5)),
    "stable softmax": op(
        lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))), softmax_rule, samples=VECTORS
    ),
    "sorted": op(np.sort, lambda g, z, x: g[np.argsort(np.argsort(raw(x)))], samples=VECTORS),
    "largest": op(np.max, lambda g, z, x: np.where(ties(raw(x)), g / float(np.sum(ties(raw(x)))), 0), samples=VECTORS),
    "product": op(np.prod, lambda g, z, x: g * np.prod(x) / x, samples=(sample(positive(3)),)),
    "complex values": op(lambda x: x * x * np.exp(0.5j), lambda g, z, x: 2 * g * x * np.exp(0.5j)),
}


def spoiled(row, position, where):
    """Return a copy of an op one of whose rules gives something else where a condition on its input holds."""
    right = row.rules[position]

    def planted(g, z, *inputs, **params):
        c = right(g, z, *inputs, **params)
        return np.where(where(raw(inputs[position])), 5 * g + 3 * c, c)

    made = object.__new__(Op)  # copy.copy gives the op itself
    vars(made).update(vars(row))
    made._set_rules(tuple(planted if i == position else rule for i, rule in enumerate(row.rules)))
    return made


CONDITIONS = {"0": at(0.0), "1": at(1.0), "-1": at(-1.0), "whole": whole, "far": beyond(3.5)}
HELD_OUT = {"2": at(2.0), "30": at(30.0), "-3": at(-3.0), "farther": beyond(8.0), "end": partial(near_end, 1e-3)}
NO_DERIVATIVE = {("remainder", 0, "0"), ("fmod", 0, "0")}  # it jumps there, whatever the other input is
ROWS = {id(row): (name, row) for name, row in reversed(table.items()) if row.elementwise and row.edges}
EDGES = [(name, i) for name, row in ROWS.values() for i, _ in row.edges or () if name != "modf"]


def condition(name, position, says):
    """Return the condition of a name, for an input of a row."""
    where = {**CONDITIONS, **HELD_OUT}[says]
    return where(domains_of(table[name])[position]) if isinstance(where, partial) else where


@cache
def values_of(name, position):
    """Return the special values of an input at which an op and its derivative are finite, whatever the others are."""
    found = [np.empty(0)]
    for points in [Points(table[name], call) for call in samples_of(table[name])]:
        if position in points.moving:
            with quiet():
                known = np.isfinite(points.value(*points.inputs)) & np.isfinite(points.slope(position))
            found.append(points.inputs[position][known])
    return np.unique(np.concatenate(found))

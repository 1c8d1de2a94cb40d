"""Code of another module, which fills arrays of `from numpy import *`."""

from numpy import *  # noqa: F403


class Network:
    def __init__(self, n):
        self.w = linspace(0.5, 1.5, n * n).reshape(n, n)  # noqa: F405
        self.grads = {"w": zeros((n, n))}  # noqa: F405

    def loss(self, x):
        self.h = zeros(len(self.w))  # noqa: F405
        for i in range(len(self.h)):
            self.h[i] = tanh(self.w[i].dot(x))  # noqa: F405
        self.grads["h"] = self.h
        return sum(self.h**2)


def smoothed(x):
    out = zeros_like(x)  # noqa: F405
    out[0], out[-1] = x[0], x[-1]
    for i in range(1, len(x) - 1):
        out[i] = (x[i - 1] + x[i + 1]) / 2
    return out


def all_names(x):
    y = empty(4)  # noqa: F405
    y[:2] = x[:2] ** 2
    y[2:] = exp(x[2:])  # noqa: F405
    return y

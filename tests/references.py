"""What our own functions compute, written a second time and in the plainest way: loops, closed forms, the textbook."""

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


REFERENCES = {name: f for name, f in globals().items() if callable(f)}

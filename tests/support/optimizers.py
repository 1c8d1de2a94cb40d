"""Optimisers, each beside its steps written out from the paper."""

import numpy as np

from autograd_lite.optim import SGD, Adam, AdamW, Momentum, RMSProp

LEARNING_RATE = 0.1


def sgd(p, gradients):
    for g in gradients:
        p = p - LEARNING_RATE * g
    return p


def momentum(p, gradients):
    velocity = 0 * p
    for g in gradients:
        velocity = 0.8 * velocity + g
        p = p - LEARNING_RATE * velocity
    return p


def nesterov(ahead, gradients):
    """Sutskever's form: the gradients are those at the point p + momentum * v, where the parameters are kept."""
    velocity = 0 * ahead
    for g in gradients:
        p = ahead - 0.8 * velocity
        velocity = 0.8 * velocity - LEARNING_RATE * g
        ahead = p + velocity + 0.8 * velocity
    return ahead


def rmsprop(p, gradients):
    """The mean square as the sum that it is: that of step k has the weight decay**(t - k) * (1 - decay) in step t."""
    for t in range(1, len(gradients) + 1):
        squares = sum(0.9 ** (t - k) * (1 - 0.9) * g**2 for k, g in enumerate(gradients[:t], 1))
        p = p - LEARNING_RATE * gradients[t - 1] / (np.sqrt(squares) + 1e-6)
    return p


def adam(p, gradients, decay=0.0):
    """Algorithm 1 of the paper; with a decay, algorithm 2 of Loshchilov and Hutter, as PyTorch scales it."""
    m, v, beta1, beta2 = 0 * p, 0 * p, 0.7, 0.95
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        p = p - LEARNING_RATE * m_hat / (np.sqrt(v_hat) + 1e-6) - LEARNING_RATE * decay * p
    return p


def adamw(p, gradients):
    return adam(p, gradients, decay=0.3)


def penalised(p, gradients):
    """Gradient descent on the loss and 0.3 / 2 * p**2, with both gradients summed up before any step is done."""
    rest = 1 - LEARNING_RATE * 0.3
    n = len(gradients)
    return rest**n * p - sum(LEARNING_RATE * rest ** (n - k) * g for k, g in enumerate(gradients, 1))


OPTIMIZERS = {
    "SGD": (lambda: SGD(LEARNING_RATE), sgd),
    "Momentum": (lambda: Momentum(LEARNING_RATE, 0.8), momentum),
    "Nesterov": (lambda: Momentum(LEARNING_RATE, 0.8, nesterov=True), nesterov),
    "RMSProp": (lambda: RMSProp(LEARNING_RATE, 0.9, 1e-6), rmsprop),
    "Adam": (lambda: Adam(LEARNING_RATE, 0.7, 0.95, 1e-6), adam),
    "AdamW": (lambda: AdamW(LEARNING_RATE, 0.7, 0.95, 1e-6, weight_decay=0.3), adamw),
    "SGD with a penalty": (lambda: SGD(LEARNING_RATE, weight_decay=0.3), penalised),
}
"""How to make one, and its steps written out."""

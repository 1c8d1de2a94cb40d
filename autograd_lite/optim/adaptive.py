"""Steps that are scaled by how large the gradients of each element were."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.optim.checks import check_fraction, check_positive
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.schedules import Rate


class RMSProp(Optimizer):
    """RMSProp: ``s = decay * s + (1 - decay) * g**2; p - learning_rate * g / (sqrt(s) + epsilon)``.

    From T. Tieleman and G. Hinton, lecture 6.5 of "Neural networks for machine learning" (2012).

    Parameters
    ----------
    learning_rate : float or schedule
    decay : float in [0, 1)
        Of the running mean of squares.
    epsilon : float
        Finite and positive; added to the root of the mean.
    weight_decay : float
        At least 0. ``weight_decay * p`` is added to the gradient (an L2 penalty, as in PyTorch).
    """

    slots = ("mean_square",)

    def __init__(
        self, learning_rate: Rate = 1e-2, decay: float = 0.99, epsilon: float = 1e-8, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.decay = check_fraction("decay", decay)
        self.epsilon = check_positive("epsilon", epsilon)

    def direction(self, t: int, g: Any, *slots: Any) -> tuple[Any, ...]:
        """Return the gradient over the root of its mean square; and that mean."""
        (mean_square,) = slots
        mean_square = self.decay * mean_square + (1 - self.decay) * g * g
        return g / (np.sqrt(mean_square) + self.epsilon), mean_square


class Adam(Optimizer):
    """Adam (D. Kingma and J. Ba, ICLR 2015): steps scaled by running moments of the gradient.

    ``p - learning_rate * m / (sqrt(s) + epsilon)``, where ``m`` and ``s`` are the running means of the gradient and of
    its square, divided by ``1 - beta1**t`` and ``1 - beta2**t`` in step ``t`` (from 1).

    Parameters
    ----------
    learning_rate : float or schedule
    beta1, beta2 : float in [0, 1)
        Decay of the first and second moment.
    epsilon : float
        Finite and positive; added to the root of the second moment.
    weight_decay : float
        At least 0. ``weight_decay * p`` is added to the gradient (an L2 penalty, as in PyTorch). `AdamW` decays the
        weights themselves.

    Examples
    --------
    >>> optimizer = ag.optim.Adam(0.5)
    >>> optimizer.step(np.array([4.0, 4.0]), np.array([100.0, -0.1])).round(3)
    array([3.5, 4.5])
    >>> optimizer
    Adam(learning_rate=0.5, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.0) after 1 step
    """

    slots = ("first_moment", "second_moment")

    def __init__(
        self,
        learning_rate: Rate = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta1 = check_fraction("beta1", beta1)
        self.beta2 = check_fraction("beta2", beta2)
        self.epsilon = check_positive("epsilon", epsilon)

    def direction(self, t: int, g: Any, *slots: Any) -> tuple[Any, ...]:
        """Return the first moment over the root of the second; and both."""
        first, second = slots
        first = self.beta1 * first + (1 - self.beta1) * g
        second = self.beta2 * second + (1 - self.beta2) * g * g
        unbiased = first / (1 - self.beta1**t)
        return unbiased / (np.sqrt(second / (1 - self.beta2**t)) + self.epsilon), first, second


class AdamW(Adam):
    """Adam with decoupled weight decay: ``learning_rate * weight_decay * p`` is subtracted beside the step.

    The decay does not pass through the moments (I. Loshchilov and F. Hutter, ICLR 2019).

    Parameters
    ----------
    learning_rate : float or schedule
    beta1, beta2 : float in [0, 1)
        Decay of the first and second moment.
    epsilon : float
        Finite and positive; added to the root of the second moment.
    weight_decay : float
        At least 0.
    """

    _decoupled = True

    def __init__(
        self,
        learning_rate: Rate = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, weight_decay=weight_decay)

"""Steps along the gradient, and along what is left of the earlier ones."""

from __future__ import annotations

from typing import Any

from autograd_lite.optim.checks import check_fraction
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.schedules import Rate


class SGD(Optimizer):
    """Gradient descent: ``p - learning_rate * g``.

    Parameters
    ----------
    learning_rate : float or schedule
    weight_decay : float
        At least 0. ``weight_decay * p`` is added to the gradient (an L2 penalty, as in PyTorch).

    Examples
    --------
    >>> ag.optim.SGD(0.1).step({"w": np.array([1.0, 2.0])}, {"w": np.array([1.0, 1.0])})
    {'w': array([0.9, 1.9])}
    """

    def direction(self, t: int, g: Any, *slots: Any) -> tuple[Any, ...]:
        """Return the gradient."""
        return (g,)


class Momentum(Optimizer):
    """Gradient descent with momentum: ``v = momentum * v + g; p - learning_rate * v``.

    Parameters
    ----------
    learning_rate : float or schedule
    momentum : float in [0, 1)
    nesterov : bool
        Step by ``g + momentum * v``, which looks ahead (I. Sutskever et al., ICML 2013).
    weight_decay : float
        At least 0. ``weight_decay * p`` is added to the gradient (an L2 penalty, as in PyTorch).
    """

    slots = ("velocity",)

    def __init__(
        self, learning_rate: Rate, momentum: float = 0.9, *, nesterov: bool = False, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.momentum = check_fraction("momentum", momentum)
        self.nesterov = nesterov

    def direction(self, t: int, g: Any, *slots: Any) -> tuple[Any, ...]:
        """Return the velocity, or the gradient after it where ``nesterov`` is set; and the velocity."""
        (velocity,) = slots
        velocity = self.momentum * velocity + g
        return g + self.momentum * velocity if self.nesterov else velocity, velocity

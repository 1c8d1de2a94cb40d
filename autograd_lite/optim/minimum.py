"""The minimum of a smooth loss, by SciPy's L-BFGS-B."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from autograd_lite.core.extras import needed
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.transforms import value_and_grad
from autograd_lite.core.values import refuse_duck
from autograd_lite.core.vectors import ravel
from autograd_lite.optim.checks import check_count, check_not_negative
from autograd_lite.optim.leaves import places

T = TypeVar("T")


@dataclass(frozen=True)
class Minimum(Generic[T]):
    """What `lbfgs` found.

    Attributes
    ----------
    params : tree of arrays
        Those of the least loss, in the structure, shapes and dtypes of the parameters that were given.
    value : float
        The loss there.
    iterations : int
    converged : bool
        Whether the gradient is as small as was asked for, or an iteration changed the loss by no more than rounding.
    message : str
        Why it ended, in SciPy's words.
    """

    params: T
    value: float
    iterations: int
    converged: bool
    message: str


def lbfgs(
    loss: Callable[..., Any],
    params: T,
    *args: Any,
    iterations: int = 1000,
    tolerance: float = 1e-6,
    callback: Callable[[T, float], object] | None = None,
    with_gradient: bool = False,
) -> Minimum[T]:
    """Minimise a loss with L-BFGS-B (R. Byrd et al., SIAM J. Sci. Comput. 16, 1995), as SciPy has it.

    Parameters
    ----------
    loss : callable
        ``loss(params, *args)`` returns one real number, and is smooth.
    params : tree of arrays of real numbers
        Where to start; left as they are.
    *args
        Passed on to the loss, not differentiated.
    iterations : int
        At most so many, at least 1.
    tolerance : float
        It ends where no element of the gradient is larger, or where an iteration changes the loss by no more than
        rounding does, at the size of the loss or of 1, whichever is larger: scale a loss up that is far below 1. 0 for
        the latter alone.
    callback : callable, optional
        ``callback(params, value)`` is called after each iteration; it may raise StopIteration to end there.
    with_gradient : bool
        Whether the loss returns a value and its gradient, as ``ag.compile(ag.value_and_grad(loss))`` does.

    Returns
    -------
    Minimum
        With ``params``, ``value``, ``iterations``, ``converged`` and ``message``.

    Raises
    ------
    ModuleNotFoundError
        Where SciPy is not installed: ``pip install "autograd_lite[scipy]"``.
    FloatingPointError
        Where the loss or its gradient is not finite; the error shows the parameters.
    TypeError, ValueError
        For parameters that are no arrays of real numbers, or none at all; options out of range; a loss that returns no
        gradient ``with_gradient``; and from `grad`.

    Examples
    --------
    >>> def rosenbrock(p):
    ...     return (1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2
    >>> found = ag.optim.lbfgs(rosenbrock, {"x": -1.2, "y": 1.0})
    >>> found.converged, round(float(found.params["x"]), 5)
    (True, 1.0)
    """
    minimize = needed("scipy.optimize", "ag.optim.lbfgs").minimize
    if not callable(loss):
        raise TypeError(
            f"expected loss to be a function of the parameters, got {type(loss).__name__}; write lbfgs(loss, params)"
        )
    check_count("iterations", iterations)
    check_not_negative("tolerance", tolerance)
    start, unravel = ravel(params)
    refuse_duck(start, "lbfgs minimises with SciPy, which takes")
    if type(start) is Tensor or start.dtype.kind != "f" or not start.size:
        given = "Tensors" if type(start) is Tensor else "no numbers" if not start.size else f"dtype {start.dtype}"
        raise TypeError(f"lbfgs takes a tree of arrays of real numbers to start from, got {given}")
    evaluate = _Evaluation(loss if with_gradient else value_and_grad(loss), unravel, args)

    def after_iteration(intermediate_result: Any) -> None:  # the name by which SciPy knows what to pass
        if callback is not None:
            callback(unravel(intermediate_result.x), float(intermediate_result.fun))

    rounding = float(np.finfo(start.dtype).eps)
    options = {"maxiter": iterations, "maxfun": 2**31 - 1, "gtol": tolerance, "ftol": rounding}
    found = minimize(evaluate, start, jac=True, method="L-BFGS-B", callback=after_iteration, options=options)
    return Minimum(unravel(found.x), float(found.fun), int(found.nit), bool(found.success), str(found.message))


class _Evaluation:
    """The loss and its gradient as functions of a vector, which are finite or an error."""

    def __init__(self, function: Callable[..., Any], unravel: Callable[[Any], Any], args: Any) -> None:
        self.function, self.unravel, self.args = function, unravel, args
        self.count = 0

    def __call__(self, x: Any) -> tuple[float, Any]:
        self.count += 1
        params = self.unravel(x)
        found = self.function(params, *self.args)
        if not isinstance(found, tuple) or len(found) != 2:
            raise TypeError(
                f"expected loss to return a value and its gradient, got {type(found).__name__}; leave out with_gradient"
            )
        value, gradient = found
        for place, y in (("the loss", value), *places("the gradient", gradient)):
            if not np.all(np.isfinite(y)):
                with np.printoptions(threshold=8, edgeitems=3, precision=6):
                    raise FloatingPointError(
                        f"lbfgs: {place} is {y} in evaluation {self.count}, at params = {params!r}; "
                        "find where it comes from with ag.debug()"
                    )
        return float(np.asarray(value).item()), np.asarray(ravel(gradient)[0], np.float64)

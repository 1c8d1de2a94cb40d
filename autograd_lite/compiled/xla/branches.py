"""Functions that branch on values which JAX traces: XLA takes the branch when it knows them.

A function is run until it asks whether a value is true, and then again for each of the two answers: which of these runs
counts is a conditional of the program. An answer after which the function itself raises an error, as it does of values
that it is not defined for, is taken for one that is not given: XLA raises none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any

import jax
import jax.numpy as jnp

MOST = 4
"""Questions that a function may ask: the program has a branch for each combination of answers."""


class Asked(BaseException):
    """A function asks whether a value is true: no error, so that it does not catch it."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Answers:
    """The answers that are given to a run of a function, in the order in which it asks."""

    def __init__(self, given: tuple[bool, ...]) -> None:
        self.left = list(given)


_running: ContextVar[_Answers | None] = ContextVar("running", default=None)


def answer(value: Any) -> bool:
    """Return whether a value is true; raise `Asked` where there is no answer yet."""
    answers = _running.get()
    if answers is None or not isinstance(value, jax.core.Tracer):
        return bool(value)
    if not answers.left:
        raise Asked(value)
    return answers.left.pop(0)


def branching(function: Callable[..., Any], unwrap: Callable[[Any], Any], wrap: Callable[[Any], Any]) -> Any:
    """Return a function that may branch on values that are traced.

    Parameters
    ----------
    function : callable
    unwrap, wrap : callable
        From what it returns to arrays of JAX, and back.
    """

    def run(call: Callable[[], Any], given: tuple[bool, ...]) -> Any:
        token = _running.set(_Answers(given))
        try:
            return call()
        except Asked as asked:
            condition = asked.value
        finally:
            _running.reset(token)
        if len(given) == MOST:
            return bool(condition)  # JAX says that it is traced
        return wrap(
            _chosen(condition, *(partial(_arrays, partial(run, call, (*given, x)), unwrap) for x in (True, False)))
        )

    return wraps(function)(lambda *args, **params: run(lambda: function(*args, **params), ()))


def _arrays(call: Callable[[], Any], unwrap: Callable[[Any], Any]) -> Any:
    return jax.tree.map(jnp.asarray, unwrap(call()))


def _chosen(condition: Any, if_true: Callable[[], Any], if_false: Callable[[], Any]) -> Any:
    """Return what one of two functions returns; of the one that raises no error, if the other does."""
    others = {if_true: if_false, if_false: if_true}
    for branch, other in others.items():
        try:
            jax.eval_shape(branch)
        except (ValueError, ArithmeticError, LookupError) as error:
            if not _is_raised(error):
                raise
            return other()
    return jax.lax.cond(condition, if_true, if_false)


def _is_raised(error: Exception) -> bool:
    """Whether a function raised an error by itself, and not since it cannot be traced."""
    trace, home = error.__traceback__, ""
    while trace is not None:
        home, trace = str(trace.tb_frame.f_globals.get("__name__")), trace.tb_next
    return not home.startswith((__package__, "jax"))

"""How a call of an op is spelled: its inputs, which are differentiated, and its keyword parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.lists import holds_tensor
from autograd_lite.core.tape import Params
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.values import NUMBERS, refuse_foreign

_ANY = inspect.signature(lambda *args, **params: None)


def signature_of(forward: Callable[..., Any]) -> inspect.Signature:
    """Return how a call of the op is spelled; of a ufunc, its inputs alone."""
    if isinstance(forward, np.ufunc):
        names = "xyzw"[: forward.nin]
        return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names])
    if not callable(forward):
        raise TypeError(f"ag.op takes a function, got {type(forward).__name__}; write @ag.op above the forward")
    try:
        return inspect.signature(forward)
    except ValueError:
        if forward.__module__ == "numpy":  # before 2.4 it says none of what is written in C
            return _ANY
        raise


def defaults_of(parameters: Iterable[inspect.Parameter]) -> dict[str, Any]:
    """Return the values that parameters have if they are left out."""
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def sort(signature: inspect.Signature) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Read input names, parameter names, and whether any number of inputs is taken."""
    parameters = signature.parameters.values()
    if any(p.kind is p.POSITIONAL_ONLY for p in parameters):
        inputs = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
    else:
        inputs = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    params = [p.name for p in parameters if p.name not in inputs and p.kind is not p.VAR_POSITIONAL]
    return tuple(inputs), tuple(params), any(p.kind is p.VAR_POSITIONAL for p in parameters)


def bind(row: Any, args: tuple[Any, ...], params: Params) -> tuple[tuple[Any, ...], Params]:
    """Sort the arguments of a call of an op, spelled as NumPy allows, into inputs and keyword parameters."""
    names = row.input_names
    many = row.arity is None and not row.spread
    inputs, rest = (args, ()) if many else (args[: len(names)], args[len(names) :])
    if len(inputs) < len(names):
        inputs += tuple([params.pop(n) for n in names[len(inputs) :] if n in params])
    if len(inputs) < len(names):
        raise TypeError(f"{row.name}() takes the inputs {', '.join(names)}; got {len(inputs)} of them")
    if len(rest) > len(row.param_names):
        most = len(names) + len(row.param_names)
        raise TypeError(f"{row.name}() takes at most {most} positional arguments; got {len(args)}")
    if rest:
        params = {**dict(zip(row.param_names, rest, strict=False)), **params}
    if row.spread:
        inputs = tuple(inputs[0])
    if Tensor in map(type, (*inputs, *params.values())) or any(map(holds_tensor, inputs)):
        for value in params.values():
            if type(value) not in NUMBERS:
                refuse_foreign(value)
        if row.restate:
            inputs, params = row.restate(inputs, params)
        check_params(row, params)
    return inputs, params


def raw_params(params: Params) -> Params:
    """Return keyword parameters with values in the place of Tensors: masks and indices of a program that is traced."""
    leaves, rebuild = trees.flatten(params)
    return rebuild(list(map(raw, leaves))) if Tensor in map(type, leaves) else params


def check_params(row: Any, params: Params) -> None:
    """Raise TypeError for a keyword that an op does not take, or a Tensor that it would not differentiate."""
    if params.get("out", row) is None:
        del params["out"]
    for key, value in params.items():
        if key not in row.param_names and (row.rules is not None or key not in row.input_names):
            allowed = ", ".join(row.param_names) or "none"
            raise TypeError(
                f"{row.name}() of a Tensor does not take '{key}=' (it takes: {allowed})" + _INSTEAD.get(key, "")
            )
        if type(value) is Tensor and row.rules is not None and value.dtype.kind in "fc":
            raise TypeError(
                f"{row.name}(): '{key}' is a parameter that is not differentiated, and got a Tensor; "
                f"pass {key}.value to treat it as a constant"
            )


def check_row(given: Iterable[str], known: tuple[str, ...]) -> None:
    """Raise TypeError for a keyword that `op` does not take."""
    for name in given:
        if name not in known:
            import difflib  # only here: it takes long to import

            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it takes: {', '.join(sorted(known))}"
            raise TypeError(f"op() takes no '{name}'; {hint}")


def check_rule(row: Any, rule: Any) -> None:
    """Raise TypeError for what is no rule, and for one that does not take what a call of the op would give it."""
    if rule is None:  # the derivative is zero
        return
    if not callable(rule):
        raise TypeError(
            f"@{row.name}.vjp stands above the rule of the next input, got @{row.name}.vjp"
            f"({'' if rule is ... else repr(rule)}); write it without brackets, in the order of the inputs"
        )
    try:
        own = list(inspect.signature(rule, follow_wrapped=False).parameters.values())
    except ValueError:  # it is written in C
        return
    params = [p for p in row.__signature__.parameters.values() if p.name in row.param_names]
    known = {p.name: p for p in params}
    named, any_name = _beside_inputs(row, own), any(p.kind is p.VAR_KEYWORD for p in own)
    needed = [p.name for p in (named or {}).values() if p.default is p.empty]
    if named is None or not (known.keys() >= set(needed) or any(p.kind is p.VAR_KEYWORD for p in params)):
        which = f"the rule of input {row.input_name(row.given)} of" if row.arity is not None else "the rule of"
        raise TypeError(f"{which} op '{row.name}' takes ({_taken(row, params)}), got ({_spelled(own)})")
    for name, p in known.items():
        if name in needed and p.default is not p.empty:
            raise TypeError(
                f"op '{row.name}' may be called without '{name}', and its rule not: a rule gets the parameters that "
                f"the call had; give it the same default, {name}={p.default!r}"
            )
        if p.kind is not p.VAR_KEYWORD and name not in named and not any_name:
            raise TypeError(
                f"op '{row.name}' may be called with {name}=, and its rule does not take it; write "
                f"({_taken(row, params)}), or **others for the parameters that the rule does not use"
            )


def _beside_inputs(row: Any, own: list[inspect.Parameter]) -> dict[str, inspect.Parameter] | None:
    """Return what a rule takes beside g, z and the inputs, by name; None if it does not take all of these."""
    positional = [p for p in own if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = 4 if row.arity is None else 2 + row.arity  # one of any number takes a position first, and an input
    if len(positional) < least and not any(p.kind is p.VAR_POSITIONAL for p in own):
        return None
    rest = [p for p in positional[least:] if row.arity is not None or p.name in row.param_names]
    return {p.name: p for p in (*rest, *own) if p in rest or p.kind is p.KEYWORD_ONLY}


def _taken(row: Any, params: list[inspect.Parameter]) -> str:
    """Write what a rule of an op takes."""
    rest = _spelled(params)
    inputs = ("g", "z", *row.input_names) if row.arity is not None else ("i", "g", "z", "*inputs")
    return ", ".join(filter(None, (*inputs, rest if row.arity is not None else rest.removeprefix("*, "))))


def _spelled(parameters: list[inspect.Parameter]) -> str:
    """Write parameters without their types."""
    return str(inspect.Signature([p.replace(annotation=p.empty) for p in parameters]))[1:-1]


_INSTEAD = {
    "out": "; a record is never written over: use the returned value",
    "where": "; leave elements out with a[mask], or np.where(mask, a, np.nan) for np.nanmedian and its kin",
    "initial": "; combine the value with the result instead",
}
"""What to do in the place of a keyword that an op does not take."""

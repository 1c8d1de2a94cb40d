"""What the parameters of a hand gradient are for, read from their names and from what the function returns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.calls import Call, Slot, name_of, names_of, parameters_of, taken
from autograd_lite.verification.objects import is_number, owner_of, spelled
from autograd_lite.verification.returns import returned_names

_COTANGENT = re.compile(r"g|d|d_?(out|y|z)|dL\w*|cotangents?|grad|grad_?out(put)?|upstream\w*|delta|ct|bar|gy|gout")
_CACHE = re.compile(r"\w*(cache|ctx|context|saved|memo|memory|tape|residual|intermediate|stash)\w*|mem|state|aux")
_BUFFER = re.compile(r"out|g|grad|grads|gradient|buf\w*|dest|res|result|\w*_out|out_\w*")
_VARIADIC = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


def understand(
    f: Callable[..., Any],
    hand: Callable[..., Any] | None,
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    result: Any,
    *,
    of_elements: bool = False,
) -> Call:
    """Find out how two functions are called, from their parameters and from what the function returns.

    Parameters
    ----------
    f : callable
    hand : callable or None
        None where the function itself returns the gradient as well.
    args, keywords
        What `f` was called with.
    result
        What it returned.
    of_elements : bool
        Whether the hand returns derivatives of the elements of an array, and needs no cotangent.

    Raises
    ------
    TypeError
        Where several ways are possible, with the call to write.
    """
    if hand is None:
        call = _of_one_function(f, args, keywords, result)
        if np.size(result[0]) != 1 and not of_elements:
            raise TypeError(
                f"{name_of(f, 'f')}() returns an array of shape {np.shape(result[0])} beside its gradient; expected a "
                "number. Say elementwise=True or jacobian=True where the second result holds its derivatives"
            )
        return call
    return _Reader(f, hand, args, keywords, result, of_elements).call()


def require_both(f: Callable[..., Any], args: Sequence[Any], keywords: Mapping[str, Any]) -> None:
    """Refuse what can be no argument, where a function is given without a hand gradient."""
    try:
        inspect.signature(f).bind(*args, **keywords)
    except ValueError:
        return
    except TypeError as error:
        raise TypeError(
            f"expected the hand gradient to be callable, got {type(args[0]).__name__}; and as an argument of "
            f"{name_of(f, 'f')}(), which would return the value and the gradient, it does not fit: {error}"
        ) from None


def _of_one_function(f: Callable[..., Any], args: Sequence[Any], keywords: Mapping[str, Any], result: Any) -> Call:
    if not isinstance(result, (tuple, list)) or len(result) < 2:
        raise TypeError(
            f"without a hand gradient, {name_of(f, 'f')}() is expected to return (value, gradient), got "
            f"{kind_of(result)}; pass the gradient as the second argument: verify({name_of(f, 'f')}, gradient, ...)"
        )
    slots = [Slot(name, "argument", i) for i, name in enumerate(names_of(f, len(args)))]
    return Call(f, f, keywords, 1, [*slots, *(Slot(k, "constant", k, True) for k in keywords)], True, True)


@dataclass(frozen=True, eq=False)
class _Reader:
    """Reads from names and numbers what the parameters of a hand gradient are for."""

    f: Callable[..., Any]
    hand: Callable[..., Any]
    args: Sequence[Any]
    keywords: Mapping[str, Any]
    result: Any
    of_elements: bool

    def call(self) -> Call:
        """Return how the two are called."""
        parameters = parameters_of(self.hand)
        parts = list(self.result) if isinstance(self.result, tuple) and len(self.result) > 1 else []
        if parameters is None or any(p.kind is p.VAR_POSITIONAL for p in parameters):
            return self._by_place(parts)
        self._check_keywords(parameters)
        defaults = self._defaults(parameters)
        given = {**defaults, **self.keywords}
        names = names_of(self.f, len(self.args))
        named = {p.name: Slot(p.name, "argument", names.index(p.name)) for p in parameters if p.name in names}
        named |= {p.name: Slot(p.name, "constant", p.name) for p in parameters if p.name in given}
        rest = [p.name for p in parameters if p.name not in named and p.default is p.empty and p.kind not in _VARIADIC]
        left = [i for i, name in enumerate(names) if name not in named]
        optional = [p.name for p in parameters if p.name not in named and p.default is not p.empty]
        if parts and not rest and owner_of(self.hand) is None:
            parts = []  # nobody takes what is returned besides the value
        if parts:
            outputs, found = self._of_parts(parts, rest, left)
        else:
            outputs, found = 0, self._of_array(rest, optional, left, named)
        slots = [s for p in parameters if (s := named.get(p.name) or found.get(p.name)) is not None]
        return Call(self.f, self.hand, self.keywords, outputs, self._in_order(slots, parameters), defaults=defaults)

    def _check_keywords(self, parameters: list[inspect.Parameter]) -> None:
        of_f = parameters_of(self.f)
        if of_f is None or any(p.kind is p.VAR_KEYWORD for p in [*of_f, *parameters]):
            return
        unknown = self.keywords.keys() - {p.name for p in [*of_f, *parameters]}
        if unknown:
            raise TypeError(
                f"verify() got the keyword argument {min(unknown)!r}, which is none of its options and no parameter of "
                f"{name_of(self.f, 'f')}() or {name_of(self.hand)}()"
            )

    def _defaults(self, parameters: list[inspect.Parameter]) -> dict[str, Any]:
        """Return the function's defaults that the hand must be given."""
        needed = {p.name for p in parameters if p.default is p.empty}
        places = names_of(self.f, len(self.args))
        return {
            p.name: p.default
            for p in parameters_of(self.f) or ()
            if p.default is not p.empty and p.name in needed and p.name not in places
        }

    @staticmethod
    def _in_order(slots: list[Slot], parameters: list[inspect.Parameter]) -> list[Slot]:
        """Return the slots as they are passed: by keyword from the first parameter on that is left out."""
        there, found, skipped = {s.parameter: s for s in slots}, [], False
        for p in parameters:
            if p.name not in there:
                skipped = True
                continue
            s = there[p.name]
            found.append(Slot(s.parameter, s.kind, s.source, skipped or p.kind is p.KEYWORD_ONLY))
        return found

    def _by_place(self, parts: list[Any]) -> Call:
        """Return the call of a hand whose parameters have no names."""
        slots = [Slot(name, "argument", i) for i, name in enumerate(names_of(self.f, len(self.args)))]
        if parts:
            slots = [Slot("cotangent", "cotangent", 0), *(Slot("cache", "cache", i) for i in range(1, len(parts)))]
        elif np.size(self.result) != 1 and not self.of_elements:
            slots.insert(0, Slot("cotangent", "cotangent", 0))
        slots += [Slot(k, "constant", k, True) for k in taken(self.hand, self.keywords)]
        return Call(self.f, self.hand, self.keywords, int(bool(parts)), slots)

    # --- a result of several parts: outputs, and what is kept for the hand

    def _of_parts(self, parts: list[Any], rest: list[str], left: list[int]) -> tuple[int, dict[str, Slot]]:
        number = np.size(parts[0]) == 1
        if number and rest and len(rest) == len(left) and not any(is_cotangent(n) or _CACHE.fullmatch(n) for n in rest):
            return 1, self._of_number(rest, left, {})
        caches = [name for name in rest if _CACHE.fullmatch(name)]
        if not caches and number and len(rest) == 1 and not is_cotangent(rest[0]):
            caches = rest
        cotangents = [name for name in rest if name not in caches]
        if not caches and len(rest) == len(parts):
            called = returned_names(self.f) or [""] * len(parts)
            zipped = zip(parts, rest, called, strict=False)
            numbers = [_is_output(x) and is_cotangent(name) and name != own for x, name, own in zipped]
            count = max(1, numbers.index(False) if False in numbers else len(rest))
            cotangents, caches = rest[:count], rest[count:]
        outputs, first = max(1, len(cotangents)), len(parts) - len(caches)
        if first < outputs or not all(map(_is_output, parts[:outputs])) or not (cotangents or number):
            self._ask(f"returns {kind_of(self.result)}", rest)
        found = {name: Slot(name, "cotangent", i) for i, name in enumerate(cotangents)}
        return outputs, found | {name: Slot(name, "cache", first + i) for i, name in enumerate(caches)}

    # --- a result that is one array

    def _of_array(
        self, rest: list[str], optional: list[str], left: list[int], named: Mapping[str, Slot]
    ) -> dict[str, Slot]:
        if self.of_elements or not is_number(self.result) or np.size(self.result) == 1:
            return self._of_number(rest, left, named)
        if not rest and not optional:
            raise TypeError(
                f"{name_of(self.f, 'f')}() returns an array of shape {np.shape(self.result)}, so "
                f"{name_of(self.hand)}() must take a cotangent of that shape as well, as its first parameter. Or "
                "verify a number: np.sum of the array, for example; or say elementwise=True, where it returns the "
                "derivative of each element, or jacobian=True"
            )
        among = rest or optional
        cotangent = next((name for name in among if _COTANGENT.fullmatch(name)), among[0])
        return {cotangent: Slot(cotangent, "cotangent", 0)} | self._arguments(
            [name for name in rest if name != cotangent], left, named
        )

    def _of_number(self, rest: list[str], left: list[int], named: Mapping[str, Slot]) -> dict[str, Slot]:
        extra = len(rest) - len(left)
        if not named and len(rest) == 1 and _COTANGENT.fullmatch(rest[0]) and (extra or self.args):
            return {rest[0]: Slot(rest[0], "cotangent", 0)}
        if extra <= 0:
            return self._arguments(rest, left, named)
        buffers = [n for n in rest if _BUFFER.fullmatch(n) or spelled(n)][-extra:]
        cotangents = [n for n in rest if _COTANGENT.fullmatch(n)][:extra]
        kind, chosen = ("buffer", buffers) if len(buffers) == extra else ("cotangent", cotangents)
        if len(chosen) < extra:
            self._ask(f"takes {len(self.args)} argument(s)", rest)
        found = {name: Slot(name, kind, i) for i, name in enumerate(chosen)}
        return found | self._arguments([name for name in rest if name not in found], left, named)

    def _arguments(self, rest: list[str], left: list[int], named: Mapping[str, Slot]) -> dict[str, Slot]:
        """Return what parameters of other names are given: the arguments that are left, in order."""
        moved = any(s.kind == "argument" and s.source != i for i, s in enumerate(named.values()))
        fewer, several = len(rest) < len(left), len(rest) > 1
        if len(rest) > len(left) or (rest and ((fewer and several) or (moved and (fewer or several)))):
            self._ask(f"takes ({', '.join(names_of(self.f, len(self.args)))})", rest)
        return {name: Slot(name, "argument", i) for name, i in zip(rest, left, strict=False)}

    def _ask(self, what: str, rest: Iterable[str]) -> NoReturn:
        names = names_of(self.f, len(self.args))
        f, hand, number = name_of(self.f, "f"), name_of(self.hand), isinstance(self.result, tuple)
        given = names if number or np.size(self.result) == 1 else ["dout", *names]
        as_given = ", ".join(given[: len(list(rest))])
        raise TypeError(
            f"{f}() {what}, so it is not clear what {hand}() is to be given for {', '.join(rest) or 'its parameters'}; "
            f"write it down: verify({f}, lambda {', '.join(given)}: {hand}({as_given}), {', '.join(names)})"
        )


def is_cotangent(name: str) -> bool:
    """Whether a parameter's name is that of a cotangent."""
    return bool(_COTANGENT.fullmatch(name) or spelled(name))


def _is_output(x: Any) -> bool:
    if isinstance(x, Tensor):
        x = x._value
    return is_number(x) and np.asarray(x).dtype.kind == "f"


def kind_of(x: Any) -> str:
    """Say what a value is, in a few words."""
    if isinstance(x, (tuple, list)):
        return "(" + ", ".join(map(kind_of, x)) + ")"
    return f"an array of shape {x.shape}" if isinstance(x, np.ndarray) else type(x).__name__

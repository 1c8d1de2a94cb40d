"""What the parameters of a hand gradient are for, read from their names and from what the function returns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, NoReturn

import numpy as np

from autograd_lite.core.tensor import raw
from autograd_lite.verification.calls import Call, Source
from autograd_lite.verification.code import Code, name_of, parameters_of, taken
from autograd_lite.verification.objects import is_number, owner_of, spelled
from autograd_lite.verification.returns import returned_names

_COTANGENT = re.compile(r"g|d|d_?(out|y|z)|dL\w*|cotangents?|grad|grad_?out(put)?|upstream\w*|delta|ct|bar|gy|gout")
_CACHE = re.compile(r"\w*(cache|ctx|context|saved|memo|memory|tape|residual|intermediate|stash)\w*|mem|state|aux")
_BUFFER = re.compile(r"out|g|grad|grads|gradient|buf\w*|dest|res|result|\w*_out|out_\w*")
_VARIADIC = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


def understand(code: Code, result: Any) -> Call:
    """Find out how two functions are called, from their parameters and from a result of the function.

    Raises
    ------
    TypeError
        Where several ways are possible, with the call to write.
    """
    if code.is_both:
        return _of_one_function(code, result)
    parameters = parameters_of(code.hand)
    if parameters is None or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return _without_names(code, result)
    return _Reader(code, result, parameters).call()


def require_both(f: Callable[..., Any], args: Sequence[Any], keywords: Mapping[str, Any]) -> None:
    """Refuse what can be no argument, where a function is given without a hand gradient."""
    try:
        inspect.signature(f).bind(*args, **keywords)
    except ValueError:
        return
    except TypeError as error:
        raise TypeError(
            f"expected the hand gradient to be callable, got {type(args[0]).__name__}: pass the function itself, not "
            f"what it returns; and as an argument of {name_of(f)}(), which would return the value and the gradient, "
            f"it does not fit: {error}"
        ) from None


def _of_one_function(code: Code, result: Any) -> Call:
    f = code.name
    if not isinstance(result, (tuple, list)) or len(result) < 2:
        raise TypeError(
            f"without a hand gradient, {f}() is expected to return (value, gradient), got {kind_of(result)}; pass the "
            f"gradient as the second argument: verify({f}, gradient, ...)"
        )
    if np.size(result[0]) != 1 and code.layout.takes_cotangent:
        raise TypeError(
            f"{f}() returns an array of shape {np.shape(result[0])} beside its gradient; expected a number. Say "
            "elementwise=True or jacobian=True where the second result holds its derivatives"
        )
    return replace(_by_place(code, _sources("argument", code.names), code.keywords, 1), has_value=True)


def _without_names(code: Code, result: Any) -> Call:
    """Return the call of a hand whose parameters have no names."""
    caches = [f"cache_{i}" for i in range(1, len(_parts(result)))]
    slots = _sources("cache", caches, 1) if caches else _sources("argument", code.names)
    if caches or _needs_cotangent(code, result):
        slots = _sources("cotangent", ["cotangent"]) | slots
    return _by_place(code, slots, taken(code.hand, code.keywords), int(bool(caches)))


def _by_place(code: Code, slots: Mapping[str, Source], keywords: Iterable[str], outputs: int) -> Call:
    return Call(code, {**slots, **{k: ("constant", k) for k in keywords}}, set(keywords), outputs)


def _parts(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) and len(result) > 1 else []


def _needs_cotangent(code: Code, result: Any) -> bool:
    """Whether the hand is for several numbers, and returns gradients."""
    return code.layout.takes_cotangent and np.size(result) != 1


@dataclass(frozen=True, eq=False)
class _Reader:
    """Reads from names and numbers what the parameters of a hand gradient are for."""

    code: Code
    result: Any
    parameters: list[inspect.Parameter]

    def call(self) -> Call:
        """Return how the two are called."""
        self._check_keywords()
        names, required = self.code.names, [p.name for p in self.parameters if p.default is p.empty]
        defaults = {
            p.name: p.default
            for p in parameters_of(self.code.f) or ()
            if p.default is not p.empty and p.name in required and p.name not in names
        }
        constants = {**defaults, **self.code.keywords}
        found: dict[str, Source] = {
            p.name: ("argument", names.index(p.name)) for p in self.parameters if p.name in names
        }
        found |= {p.name: ("constant", p.name) for p in self.parameters if p.name in constants}
        free = [p for p in self.parameters if p.name not in found]
        rest = [p.name for p in free if p.default is p.empty and p.kind not in _VARIADIC]
        optional = [p.name for p in free if p.default is not p.empty]
        left = [i for i, name in enumerate(names) if name not in found]
        parts = _parts(self.result)
        if parts and not rest and owner_of(self.code.hand) is None:
            parts = []  # nobody takes what is returned besides the value
        if parts:
            outputs, others = self._of_parts(parts, rest, left)
        else:
            outputs, others = 0, self._of_array(rest, optional, left, found)
        found |= others
        passed = [p for p in self.parameters if p.name in found]
        first = takewhile(lambda p: p.name in found and p.kind is not p.KEYWORD_ONLY, self.parameters)
        by_name = {p.name for p in passed} - {p.name for p in first}  # from the first that is left out
        return Call(self.code, {p.name: found[p.name] for p in passed}, by_name, outputs, defaults)

    def _check_keywords(self) -> None:
        of_f = parameters_of(self.code.f)
        if of_f is None or any(p.kind is p.VAR_KEYWORD for p in [*of_f, *self.parameters]):
            return
        unknown = self.code.keywords.keys() - {p.name for p in [*of_f, *self.parameters]}
        if unknown:
            raise TypeError(
                f"verify() got the keyword argument {min(unknown)!r}, which is none of its options and no parameter of "
                f"{self.code.name}() or {self.code.hand_name}()"
            )

    # --- a result of several parts: outputs, and what is kept for the hand

    def _of_parts(self, parts: list[Any], rest: list[str], left: list[int]) -> tuple[int, dict[str, Source]]:
        number = np.size(parts[0]) == 1
        if number and rest and len(rest) == len(left) and not any(is_cotangent(n) or _CACHE.fullmatch(n) for n in rest):
            return 1, self._arguments(rest, left, {})
        caches = [name for name in rest if _CACHE.fullmatch(name)]
        if not caches and number and len(rest) == 1 and not is_cotangent(rest[0]):
            caches = rest
        cotangents = [name for name in rest if name not in caches]
        if not caches and len(rest) == len(parts):
            called = returned_names(self.code.f) or []
            called = called if len(called) == len(parts) else [""] * len(parts)
            each = zip(map(_is_output, parts), map(is_cotangent, rest), rest, called, strict=True)
            matching = takewhile(lambda x: x[0] and x[1] and x[2] != x[3], each)
            count = max(1, len(list(matching)))
            cotangents, caches = rest[:count], rest[count:]
        outputs, first = max(1, len(cotangents)), len(parts) - len(caches)
        if first < outputs or not all(map(_is_output, parts[:outputs])) or not (cotangents or number):
            self._ask(f"returns {kind_of(self.result)}", rest)
        return outputs, _sources("cotangent", cotangents) | _sources("cache", caches, first)

    # --- a result that is one array

    def _of_array(
        self, rest: list[str], optional: list[str], left: list[int], named: Mapping[str, Source]
    ) -> dict[str, Source]:
        if not is_number(self.result) or not _needs_cotangent(self.code, self.result):
            return self._of_number(rest, left, named)
        if not rest and not optional:
            raise TypeError(
                f"{self.code.name}() returns an array of shape {np.shape(self.result)}, so {self.code.hand_name}() "
                "must take a cotangent of that shape as well, as its first parameter. Or verify a number: np.sum of "
                "the array, for example; or say elementwise=True, where it returns the derivative of each element, or "
                "jacobian=True"
            )
        among = rest or optional
        cotangent = next((name for name in among if _COTANGENT.fullmatch(name)), among[0])
        arguments = self._arguments([name for name in rest if name != cotangent], left, named)
        return _sources("cotangent", [cotangent]) | arguments

    def _of_number(self, rest: list[str], left: list[int], named: Mapping[str, Source]) -> dict[str, Source]:
        extra = len(rest) - len(left)
        cotangents = [n for n in rest if _COTANGENT.fullmatch(n)]
        if not named and len(rest) == len(cotangents) == 1 and (extra or self.code.args):
            return _sources("cotangent", rest)
        if extra <= 0:
            return self._arguments(rest, left, named)
        buffers = [n for n in rest if _BUFFER.fullmatch(n) or spelled(n)][-extra:]
        kind, chosen = ("buffer", buffers) if len(buffers) == extra else ("cotangent", cotangents[:extra])
        if len(chosen) < extra:
            self._ask(f"takes {len(self.code.args)} argument(s)", rest)
        return _sources(kind, chosen) | self._arguments([name for name in rest if name not in chosen], left, named)

    def _arguments(self, rest: list[str], left: list[int], named: Mapping[str, Source]) -> dict[str, Source]:
        """Return what parameters of other names are given: the arguments that are left, in order."""
        moved = any(kind == "argument" and source != i for i, (kind, source) in enumerate(named.values()))
        fewer, several = len(rest) < len(left), len(rest) > 1
        if len(rest) > len(left) or (rest and ((fewer and several) or (moved and (fewer or several)))):
            self._ask(f"takes ({', '.join(self.code.names)})", rest)
        return {name: ("argument", i) for name, i in zip(rest, left, strict=False)}

    def _ask(self, what: str, rest: Iterable[str]) -> NoReturn:
        f, hand, names = self.code.name, self.code.hand_name, self.code.names
        given = names if isinstance(self.result, tuple) or np.size(self.result) == 1 else ["dout", *names]
        as_given = ", ".join(given[: len(list(rest))])
        raise TypeError(
            f"{f}() {what}, so it is not clear what {hand}() is to be given for {', '.join(rest) or 'its parameters'}; "
            f"write it down: verify({f}, lambda {', '.join(given)}: {hand}({as_given}), {', '.join(names)})"
        )


def _sources(kind: str, names: Iterable[str], first: int = 0) -> dict[str, Source]:
    return {name: (kind, i) for i, name in enumerate(names, first)}


def is_cotangent(name: str) -> bool:
    """Whether a parameter's name is that of a cotangent."""
    return bool(_COTANGENT.fullmatch(name) or spelled(name))


def _is_output(x: Any) -> bool:
    return is_number(raw(x)) and np.asarray(raw(x)).dtype.kind == "f"


def kind_of(x: Any) -> str:
    """Say what a value is, in a few words."""
    if isinstance(x, (tuple, list)):
        return "(" + ", ".join(map(kind_of, x)) + ")"
    return f"an array of shape {x.shape}" if isinstance(x, np.ndarray) else type(x).__name__

"""What a hand gradient answers for: its results laid beside the arrays that they are the gradients of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.core.trees import is_node, items
from autograd_lite.program.naming import leaf_names

SPELLINGS = ("{}", "d{}", "d_{}", "grad_{}", "{}_grad", "g_{}")
"""How a dict of gradients may spell the key of a parameter."""


def positions(
    answer: Any, f: Callable[..., Any], args: Sequence[Any], argnums: int | Sequence[int] | None, hand_name: str
) -> tuple[int, ...]:
    """Find out which arguments an answer is the gradient of.

    Raises
    ------
    TypeError, ValueError
        Where ``argnums`` names none, or the answer is for more arguments than there are.
    """
    if not args:
        raise TypeError("there are no arguments to differentiate; name attributes of the object with params=")
    if argnums is not None:
        return chosen(argnums, len(args))
    names = parameter_names(f, args)
    answer, first = _keyed(answer), _keyed(args[0])
    if isinstance(answer, dict):
        if isinstance(first, dict) and any(find(answer, key) is not None for key in first):
            return (0,)
        found = tuple(i for i, name in enumerate(names) if find(answer, name) is not None)
        unknown = [key for key in answer if not any(spells(key, name) for name in names)]
        if unknown or not found:
            keys = f", or the keys {', '.join(map(repr, first))}" if isinstance(first, dict) else ""
            raise ValueError(
                f"{hand_name}() returned a dict with the key {next(iter(unknown), None)!r}; expected the parameters "
                f"{', '.join(names)}{keys}"
            )
        order = list(answer)
        return tuple(sorted(found, key=lambda i: order.index(find(answer, names[i]))))
    if isinstance(answer, (tuple, list)):
        if _is_for(answer, args[0], len(args)):
            return (0,)
        if len(answer) > len(args):
            raise ValueError(
                f"{hand_name}() returned {len(answer)} gradients, but there are {len(args)} argument(s): "
                f"{', '.join(names)}"
            )
        return tuple(range(len(answer)))
    count = len(answer) if _rank(answer) == 1 else 0
    if 1 < count <= len(args) and all(isinstance(x, (float, int, np.generic)) for x in args[:count]):
        return tuple(range(count))  # an array of derivatives with respect to several numbers
    return (0,)


def chosen(argnums: Any, count: int) -> tuple[int, ...]:
    """Return the arguments that ``argnums`` names, or raise TypeError or ValueError."""
    given = (argnums,) if isinstance(argnums, (int, np.integer)) else argnums
    listed = isinstance(given, (tuple, list, range)) and len(given) > 0
    if not listed or not all(isinstance(i, (int, np.integer)) for i in given):
        raise TypeError(f"expected an int, or a tuple of them, for argnums, got {argnums!r}")
    for i in given:
        if not -count <= i < count:
            raise ValueError(f"argnums={argnums} names argument {i}, but there are {count}")
    found = tuple(int(i) % count for i in given)
    if len(set(found)) < len(found):
        raise ValueError(f"argnums={argnums} names an argument twice")
    return found


def _is_for(answer: Any, tree: Any, count: int) -> bool:
    """Whether a sequence is the gradient of the first argument alone, and not of several arguments."""
    if isinstance(tree, (tuple, list)):
        return _fits(answer, tree)
    if _rank(tree) == 0 or not all(isinstance(a, _NUMBERS) for a in answer):
        return False
    return len(answer) > count or np.shape(answer) == np.shape(tree)  # a list of numbers for an array


def _fits(answer: Any, tree: Any) -> bool:
    """Whether an answer is built as a tree is."""
    if isinstance(tree, (tuple, list)):
        if _rank(answer):
            return len(answer) == len(tree) and all(isinstance(t, _NUMBERS) for t in tree)
        parts = isinstance(answer, (tuple, list)) and len(answer) == len(tree)
        return parts and all(_fits(a, t) for a, t in zip(answer, tree, strict=True))
    keyed = [isinstance(_keyed(x), dict) for x in (answer, tree)]
    if any(keyed):
        return all(keyed)
    return not isinstance(answer, (tuple, list)) or (_rank(tree) > 0 and _holds_numbers(answer))


def _holds_numbers(answer: Any) -> bool:
    """Whether lists, in lists perhaps, hold numbers alone: they are an array as well."""
    parts = isinstance(answer, (tuple, list)) and all(map(_holds_numbers, answer))
    return parts or isinstance(answer, _NUMBERS)


_NUMBERS = (int, float, complex, np.number)


def parameter_names(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """Return what the function calls its arguments."""
    try:
        names = list(inspect.signature(f).bind(*args).arguments)
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) else f"x_{i}" for i in range(len(args))]


def tree_names(roots: Sequence[str], trees: Sequence[Any]) -> list[str]:
    """Return a name for each leaf of trees that have names themselves."""

    def f(*args: Any) -> None: ...

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    f.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in roots])  # type: ignore[attr-defined]
    return leaf_names(f, tuple(trees), range(len(trees)))


def split(answer: Any, roots: Sequence[str], trees: Sequence[Any], hand_name: str) -> list[Any]:
    """Return the part of an answer that is for each of the trees."""
    count, answer, first = len(trees), _keyed(answer), _keyed(trees[0])
    if isinstance(answer, dict) and not (
        count == 1 and isinstance(first, dict) and any(find(answer, key) is not None for key in first)
    ):
        missing = [name for name in roots if find(answer, name) is None]
        if missing:
            raise ValueError(f"{hand_name}() returned no gradient for {missing[0]}: its keys are {_listed(answer)}")
        return [answer[find(answer, name)] for name in roots]
    if count == 1:
        single = isinstance(answer, (tuple, list)) and len(answer) == 1
        return [answer[0]] if single and not _is_for(answer, trees[0], 1) else [answer]
    parts = list(_plain(answer)) if _rank(answer) else answer
    if not isinstance(parts, (tuple, list)) or len(parts) != count:
        given = len(parts) if isinstance(parts, (tuple, list)) else 1
        raise ValueError(
            f"{hand_name}() returned {given} gradient(s), expected {count}: one for each of {', '.join(roots)}"
        )
    return list(parts)


def leaves(answer: Any, tree: Any, name: str, hand_name: str) -> list[Any]:
    """Return the leaves of a gradient in the order of those of the tree that it is the gradient of.

    Dicts are matched by their keys, which may be spelled ``dW`` for ``W``; keys for nothing are passed over.
    """
    if answer is None:
        raise TypeError(
            f"{hand_name}() returned None for {name}; expected a gradient. If {name} is not differentiated, "
            "say which arguments are: argnums="
        )
    answer, tree = _keyed(answer), _keyed(tree)
    if isinstance(tree, dict):
        if not isinstance(answer, dict):
            raise ValueError(f"{hand_name}() returned {_kind(answer)} for {name}, expected a dict as it is itself")
        missing = [key for key in tree if find(answer, key) is None]
        if missing:
            raise ValueError(
                f"{hand_name}() returned no gradient for {name}[{missing[0]!r}]: its keys are {_listed(answer)}"
            )
        pairs = [(answer[find(answer, key)], tree[key], f"{name}[{key!r}]") for key in tree]
    elif isinstance(tree, (tuple, list)):
        parts = list(_plain(answer)) if _rank(answer) else answer
        if not isinstance(parts, (tuple, list)) or len(parts) != len(tree):
            given = f"{len(parts)} parts" if isinstance(parts, (tuple, list)) else _kind(answer)
            raise ValueError(f"{hand_name}() returned {given} for {name}, expected {len(tree)} parts as it has itself")
        pairs = [(a, t, f"{name}[{i}]") for i, (a, t) in enumerate(zip(parts, tree, strict=True))]
    else:
        return [_leaf(answer, name, hand_name)]
    return [leaf for a, t, path in pairs for leaf in leaves(a, t, path, hand_name)]


def _leaf(answer: Any, name: str, hand_name: str) -> Any:
    answer = _plain(answer)
    if isinstance(answer, dict):
        raise ValueError(f"{hand_name}() returned a dict for {name}, expected an array")
    if isinstance(answer, (tuple, list)):
        try:
            return np.array(answer)
        except ValueError:
            raise ValueError(f"{hand_name}() returned {_kind(answer)} for {name}, expected an array") from None
    return answer


def _keyed(x: Any) -> Any:
    """Return a mapping or a dataclass as a dict of its parts, and anything else as it is."""
    return dict(items(x)) if is_node(x) and not isinstance(x, (tuple, list)) else x


def find(answer: dict[Any, Any], key: Any) -> Any:
    """Return the key under which a dict of gradients has the one by ``key``; None where it has none."""
    if key in answer:
        return key
    spelled = [spelling.format(key) for spelling in SPELLINGS] if isinstance(key, str) else []
    return next((s for s in spelled if s in answer), None)


def spells(given: Any, name: str) -> bool:
    """Whether a key of a dict of gradients is for a name."""
    return any(given == spelling.format(name) for spelling in SPELLINGS)


def _plain(x: Any) -> Any:
    """Return the value of a Tensor, and anything else as it is."""
    return x.value if isinstance(x, Tensor) else x


def _rank(x: Any) -> int:
    """Return the number of axes of an array, and 0 for anything else."""
    return np.ndim(_plain(x)) if isinstance(x, (np.ndarray, Tensor)) else 0


def _kind(x: Any) -> str:
    shape = f" of shape {np.shape(x)}" if isinstance(x, np.ndarray) else ""
    return f"{'an' if type(x).__name__[0] in 'aeiou' else 'a'} {type(x).__name__}{shape}"


def _listed(answer: dict[Any, Any]) -> str:
    return ", ".join(map(repr, answer)) or "none"

"""What a hand gradient answers for: its results laid beside the arrays that they are the gradients of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor
from autograd_lite.core.trees import is_node, items
from autograd_lite.core.values import is_foreign, with_remedy
from autograd_lite.verification.objects import spells

_NUMBERS = (int, float, complex, np.number)


def is_for(answer: Any, tree: Any, count: int) -> bool:
    """Whether a sequence is the gradient of the first of so many arguments alone, and not of several."""
    if isinstance(tree, (tuple, list)):
        return _fits(answer, tree)
    if rank(tree) == 0 or not all(isinstance(a, _NUMBERS) for a in answer):
        return False
    return len(answer) > count or np.shape(answer) == np.shape(tree)  # a list of numbers for an array


def _fits(answer: Any, tree: Any) -> bool:
    """Whether an answer is built as a tree is."""
    if isinstance(tree, (tuple, list)):
        if rank(answer):
            return len(answer) == len(tree) and all(isinstance(t, _NUMBERS) for t in tree)
        parts = isinstance(answer, (tuple, list)) and len(answer) == len(tree)
        return parts and all(_fits(a, t) for a, t in zip(answer, tree, strict=True))
    keyed = [isinstance(as_dict(x), dict) for x in (answer, tree)]
    if any(keyed):
        return all(keyed)
    return not isinstance(answer, (tuple, list)) or (rank(tree) > 0 and _holds_numbers(answer))


def _holds_numbers(answer: Any) -> bool:
    """Whether lists, in lists perhaps, hold numbers alone: they are an array as well."""
    parts = isinstance(answer, (tuple, list)) and all(map(_holds_numbers, answer))
    return parts or isinstance(answer, _NUMBERS)


def keys(answer: dict[Any, Any], wanted: Iterable[Any], of: str, hand_name: str) -> list[Any]:
    """Return the keys of a dict of gradients that are for some names, or raise ValueError."""
    found = []
    for name in wanted:
        key = find(answer, name)
        if key is None:
            listed = ", ".join(map(repr, answer)) or "none"
            raise ValueError(f"{hand_name}() returned no gradient for {of.format(name)}: its keys are {listed}")
        found.append(key)
    return found


def has_keys_of(answer: dict[Any, Any], tree: Any) -> bool:
    """Whether a dict of gradients is for a tree that is a dict itself."""
    tree = as_dict(tree)
    return isinstance(tree, dict) and any(find(answer, key) is not None for key in tree)


def find(answer: dict[Any, Any], name: Any) -> Any:
    """Return the key under which a dict of gradients has that of ``name``: ``dW`` for ``W``; None where it has none."""
    return name if name in answer else next((key for key in answer if spells(key, name)), None)


def split(answer: Any, roots: Sequence[str], trees: Sequence[Any], hand_name: str) -> list[Any]:
    """Return the part of an answer that is for each of the trees."""
    answer = as_dict(answer)
    if isinstance(answer, dict) and not (len(trees) == 1 and has_keys_of(answer, trees[0])):
        return [answer[key] for key in keys(answer, roots, "{}", hand_name)]
    if len(trees) == 1:
        single = isinstance(answer, (tuple, list)) and len(answer) == 1
        return [answer[0]] if single and not is_for(answer, trees[0], 1) else [answer]
    parts = _listed(answer)
    if parts is None or len(parts) != len(trees):
        raise ValueError(
            f"{hand_name}() returned {1 if parts is None else len(parts)} gradient(s), expected {len(trees)}: one for "
            f"each of {', '.join(roots)}"
        )
    return parts


def leaves(answer: Any, tree: Any, name: str, hand_name: str) -> list[Any]:
    """Return the leaves of a gradient in the order of those of the tree that it is the gradient of.

    Dicts are matched by their keys, which may be spelled ``dW`` for ``W``; keys for nothing are passed over.
    """
    if answer is None:
        raise TypeError(
            f"{hand_name}() returned None for {name}; expected a gradient. If {name} is not differentiated, "
            "say which arguments are: argnums="
        )
    answer, tree = as_dict(answer), as_dict(tree)
    if isinstance(tree, dict):
        if not isinstance(answer, dict):
            raise ValueError(f"{hand_name}() returned {_kind(answer)} for {name}, expected a dict as it is itself")
        found = keys(answer, tree, f"{name}[{{!r}}]", hand_name)
        pairs = [(answer[key], tree[k], f"{name}[{k!r}]") for key, k in zip(found, tree, strict=True)]
    elif isinstance(tree, (tuple, list)):
        parts = _listed(answer)
        if parts is None or len(parts) != len(tree):
            given = _kind(answer) if parts is None else f"{len(parts)} parts"
            raise ValueError(f"{hand_name}() returned {given} for {name}, expected {len(tree)} parts as it has itself")
        pairs = [(a, t, f"{name}[{i}]") for i, (a, t) in enumerate(zip(parts, tree, strict=True))]
    else:
        return [_leaf(answer, name, hand_name)]
    return [leaf for a, t, path in pairs for leaf in leaves(a, t, path, hand_name)]


def _leaf(answer: Any, name: str, hand_name: str) -> Any:
    answer = _plain(answer)
    if is_foreign(answer):
        raise TypeError(f"expected {hand_name}() to return a NumPy array for {name}, got {with_remedy(answer)}")
    if isinstance(answer, dict):
        raise ValueError(f"{hand_name}() returned a dict for {name}, expected an array")
    if isinstance(answer, (tuple, list)):
        try:
            return np.array(answer)
        except ValueError:
            raise ValueError(f"{hand_name}() returned {_kind(answer)} for {name}, expected an array") from None
    return answer


def as_dict(x: Any) -> Any:
    """Return a mapping or a dataclass as a dict of its parts, and anything else as it is."""
    return dict(items(x)) if is_node(x) and not isinstance(x, (tuple, list)) else x


def rank(x: Any) -> int:
    """Return the number of axes of an array, and 0 for anything else."""
    return np.ndim(_plain(x)) if isinstance(x, (np.ndarray, Tensor)) else 0


def _plain(x: Any) -> Any:
    """Return the value of a Tensor, and anything else as it is."""
    return x.value if isinstance(x, Tensor) else x


def _listed(answer: Any) -> list[Any] | None:
    """Return the parts of a sequence, or of an array along its first axis; None for anything else."""
    return list(_plain(answer)) if rank(answer) or isinstance(answer, (tuple, list)) else None


def _kind(x: Any) -> str:
    shape = f" of shape {np.shape(x)}" if isinstance(x, np.ndarray) else ""
    return f"{'an' if type(x).__name__[0] in 'aeiou' else 'a'} {type(x).__name__}{shape}"

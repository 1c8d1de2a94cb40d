"""A tree as a text and arrays, and back.

The text is JSON: the structure, what is no array, the dtype and shape of each array, and a digest of all of it. A node
is ``{kind: parts}``, an array ``{"array": its name, ...}``; a number that JSON does not hold exactly is written in hex.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, count
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.ducks import ducks
from autograd_lite.core.shapes import Array
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.trees import Key, Tree
from autograd_lite.core.values import with_remedy

Arrays = dict[str, Array]
Path = tuple[tuple[Key, str], ...]
"""The keys that lead to a place in a tree, each with how code writes it: ``['layers']``, ``.bias``."""

TEXT = "tree.json"
"""The entry of a file that holds the text."""
_VERSION = 1
_MOST_LEVELS = 100
_KINDS_OF_DTYPES = "biufcSUmM"
_PLAIN = (type(None), bool, int, float, complex, str)


def encode(tree: Tree) -> tuple[str, Arrays]:
    """Return a tree as a text and arrays in C order, each under the name of its place."""
    trees.flatten(tree)  # refuses a tree that holds itself
    arrays: Arrays = {}
    coded = _encode_node(tree, (), arrays)
    return json.dumps({"autograd_lite": _VERSION, "digest": _digest(coded, arrays), "tree": coded}), arrays


def decode(text: str | bytes | None, arrays: Arrays) -> Tree:
    """Return the tree that a file holds; errors of all kinds where it is not what was written."""
    if text is None:
        raise ValueError(f"it has no entry {TEXT}")
    head = json.loads(text)
    if head["autograd_lite"] != _VERSION:
        raise ValueError(f"expected version {_VERSION} of the format, got {head['autograd_lite']!r}")
    if head["digest"] != _digest(head["tree"], arrays):
        raise ValueError("its digest does not fit what it holds")
    return _decode_node(head["tree"], arrays)


def _digest(coded: Any, arrays: Arrays) -> str:
    digest = hashlib.sha256(json.dumps(coded).encode())
    for _, array in sorted(arrays.items()):
        digest.update(bytes_of(array).data)
    return digest.hexdigest()


def bytes_of(array: Array) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the bytes of an array in C order, without a copy where they lie so."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _encode_node(tree: Tree, path: Path, arrays: Arrays) -> Any:
    """Return a tree as JSON has it, and add its arrays to the others under names of their own."""
    if len(path) > _MOST_LEVELS:
        raise ValueError(f"expected a tree of at most {_MOST_LEVELS} levels; this one is deeper")
    if trees.is_node(tree):
        kind, children = node_of(tree)
        for key in children:
            if type(key) not in (str, int):
                raise TypeError(
                    f"cannot save {_place(path)}: expected keys that are str or int, got {key!r} ({type(key).__name__})"
                )
        below = {key: (*path, (key, trees.access(tree, key))) for key in children}
        parts = [_encode_node(child, below[key], arrays) for key, child in children.items()]
        return {kind: list(zip(map(_encode_plain, children), parts, strict=True)) if kind == "dict" else parts}
    if problem := _problem(tree):
        raise TypeError(f"cannot save {_place(path)}: {problem}")
    return _encode_array(tree, path, arrays) if _is_numpy(tree) else _encode_plain(tree)


def node_of(tree: Tree) -> tuple[str, dict[Key, Tree]]:
    """Return as what a node is saved, and its children; what has names for them is saved as a dict."""
    kind = "dict" if isinstance(tree, Mapping) or trees.by_attribute(tree) else "tuple"
    children = dict(trees.items(tree))
    if dataclasses.is_dataclass(tree):
        fields = {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree) if field.init}
        children = {name: x for name, x in fields.items() if name in children or _is_data(x)}
    return ("list" if isinstance(tree, list) else kind), children


def _is_data(static: Any) -> bool:
    """Whether a file can hold a static field."""
    return not any(map(_problem, trees.flatten(static)[0]))


def _is_numpy(leaf: Any) -> bool:
    return isinstance(leaf, (np.ndarray, np.generic))


def _problem(leaf: Any) -> str | None:
    """Return why a leaf cannot be saved; None where it can."""
    kind = type(leaf).__name__
    if not _is_numpy(leaf):
        if type(leaf) in _PLAIN:
            return None
        if isinstance(leaf, Tensor):
            return "it is a Tensor, which would come back as an array that gets no gradient; save its .value"
        kind = with_remedy(leaf) if ducks[type(leaf)] else kind
        return f"expected an array, int, float, complex, bool, str or None, got {kind}"
    if isinstance(leaf, np.ndarray) and type(leaf) not in (np.ndarray, np.memmap):
        return f"expected a plain array, got {kind}; save np.asarray(...) of it, and what else it holds beside"
    if leaf.dtype.kind not in _KINDS_OF_DTYPES:
        return f"expected an array of numbers, booleans or strings, got dtype {leaf.dtype}"
    if isinstance(leaf, (np.str_, np.bytes_)) and np.array(leaf)[()] != leaf:
        return "NumPy drops the zeros at the end of a string; save it as str"
    return None


def _place(path: Path) -> str:
    return "tree" + "".join(code for _, code in path)


def _encode_array(leaf: Any, path: Path, arrays: Arrays) -> dict[str, Any]:
    name = _name(path, arrays)
    arrays[name] = array = np.array(leaf, order="C")  # a copy: other threads may change the leaf before it is written
    kind = "array" if isinstance(leaf, np.ndarray) else "scalar"
    coded = {kind: name, "dtype": array.dtype.str, "shape": list(array.shape)}
    axes = sorted(range(array.ndim), key=lambda axis: -abs(leaf.strides[axis]))
    if axes != list(range(array.ndim)):  # sums and products of another layout round otherwise
        coded["axes"] = axes
    return coded


def _name(path: Path, taken: Arrays) -> str:
    """Return the keys that lead to an array as a name that no other has, and that both formats can hold."""
    parts = [re.sub(r"[^\w.+-]|\.(?=npy$)", "_", str(key)) for key, _ in path]
    parts = [part if part.strip(".") else part + "_" for part in parts]  # no folder above, for what unpacks the file
    name = "/".join(parts)[:1000] or "tree"
    names = chain([name], (f"{name}_{n}" for n in count(2)))
    return next(name for name in names if name not in taken and name not in (TEXT, "__metadata__"))


_CODES: dict[type, tuple[Callable[[Any], bool], Callable[[Any], str], Callable[[str], Any]]] = {
    int: (lambda x: abs(x) < 2**53, hex, lambda text: int(text, 16)),
    float: (
        math.isfinite,
        lambda x: struct.pack(">d", x).hex(),
        lambda text: struct.unpack(">d", bytes.fromhex(text))[0],
    ),
    complex: (
        lambda x: False,
        lambda x: struct.pack(">dd", x.real, x.imag).hex(),
        lambda text: complex(*struct.unpack(">dd", bytes.fromhex(text))),
    ),
}
"""For each type of numbers: which of them JSON holds exactly, and how the others are written and read."""


def _encode_plain(x: Any) -> Any:
    if type(x) not in _CODES:
        return x
    is_exact, write, _ = _CODES[type(x)]
    return x if is_exact(x) else {type(x).__name__: write(x)}


def _decode_node(coded: Any, arrays: Arrays) -> Tree:
    if not isinstance(coded, dict):
        return coded
    kind, content = next(iter(coded.items()))
    match kind:
        case "dict":
            return {_decode_node(key, arrays): _decode_node(part, arrays) for key, part in content}
        case "list":
            return [_decode_node(part, arrays) for part in content]
        case "tuple":
            return tuple(_decode_node(part, arrays) for part in content)
        case "array" | "scalar":
            array = _decode_array(arrays.pop(content), **{key: x for key, x in coded.items() if key != kind})
            return array if kind == "array" else array[()]
    return next(read for number, (_, _, read) in _CODES.items() if number.__name__ == kind)(content)


def _decode_array(stored: Array, dtype: str, shape: list[int], axes: Sequence[int] = ()) -> Array:
    array = bytes_of(stored).view(dtype).reshape(shape)
    return np.ascontiguousarray(array.transpose(axes)).transpose(np.argsort(axes)) if axes else array

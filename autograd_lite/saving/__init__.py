"""Saving trees to files, whole or not at all, and loading them bit for bit; nothing that is loaded is ever run."""

from __future__ import annotations

import os

from autograd_lite.core.trees import Tree
from autograd_lite.saving.atomic import replacing
from autograd_lite.saving.formats import form_of
from autograd_lite.saving.likeness import fit
from autograd_lite.saving.structure import decode, encode

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str], tree: Tree) -> None:
    """Save a tree of arrays and plain values to a file: all of it or nothing.

    The new file is written beside the old one (``<path>.saving``), flushed to the disk, and put in its place in one
    step, with the rights that the old one had. A save that fails or is killed leaves the file that was there; processes
    that save to one path take turns.

    Parameters
    ----------
    path : str or path
        Ends in ``.npz`` (`numpy.load` reads the arrays, as ``layers/0/W``) or ``.safetensors`` (needs the package).
    tree : tree of arrays, NumPy scalars, int, float, complex, bool, str and None
        Dicts (keys are str or int), other mappings, lists, tuples, named tuples and dataclasses, nested. Arrays hold
        numbers, booleans, strings or dates. The static fields of a dataclass are saved too, but for functions and
        other objects that no file can hold: those come from the ``like`` of `load`.

    Raises
    ------
    TypeError
        For what cannot be saved, named by its place: an object array, a function, a `Tensor` (it would come back as an
        array that gets no gradient; save its ``.value``), a key that is neither str nor int.
    ValueError
        For another ending, and a tree of more than 100 levels.
    ModuleNotFoundError
        For ``.safetensors`` without the package: ``pip install "autograd_lite[safetensors]"``.
    OSError
        Where the file cannot be written.
    """
    form = form_of(path)
    text, arrays = encode(tree)
    with replacing(path) as file:
        form.write(file, text, arrays)


def load(path: str | os.PathLike[str], like: Tree = None) -> Tree:
    """Load a tree that `save` has written: equal bit for bit, in values, types, dtypes, shapes and memory layout.

    Parameters
    ----------
    path : str or path
        Ends in ``.npz`` or ``.safetensors``.
    like : tree, optional
        A tree of the same structure. Its nodes give their types: without it named tuples and dataclasses come back as
        dicts of their fields, other mappings as dicts. Its leaves give types, dtypes and shapes to check; their values
        are not looked at.

    Returns
    -------
    tree

    Raises
    ------
    ValueError
        For a file that is damaged or was not written by `save`, another ending, and a tree that differs from ``like``:
        the error names the first place that differs, and how.
    ModuleNotFoundError
        For ``.safetensors`` without the package: ``pip install "autograd_lite[safetensors]"``.
    OSError
        Where the file cannot be read.
    """
    form = form_of(path)
    with open(path, "rb") as file:
        try:
            tree = decode(*form.read(file))
        except Exception as error:  # readers of damaged files raise errors of all kinds
            reason = str(error) or type(error).__name__
            raise ValueError(
                f"{os.fspath(path)} is damaged, or was not written by ag.save ({reason}); load another copy of it"
            ) from error
    return tree if like is None else fit(tree, like, os.fspath(path))

"""The formats of files, each of which holds a text and arrays."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from autograd_lite.core.extras import require
from autograd_lite.core.shapes import Array
from autograd_lite.saving.structure import TEXT, Arrays, bytes_of


class Form(NamedTuple):
    """How a format writes a text and arrays to a file, and reads them."""

    write: Callable[[BinaryIO, str, Arrays], None]
    read: Callable[[BinaryIO], tuple[str | bytes | None, Arrays]]


def _write_npz(file: BinaryIO, text: str, arrays: Arrays) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(TEXT, text)
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _read_npz(file: BinaryIO) -> tuple[bytes | None, Arrays]:
    with zipfile.ZipFile(file) as archive:
        size = file.seek(0, os.SEEK_END)
        if sum(entry.file_size for entry in archive.infolist()) > size:  # compressed, or one in the other
            raise ValueError("its entries are larger than the file")
        names = set(archive.namelist()) - {TEXT}
        if len(names) == len(archive.namelist()):
            return None, {}
        arrays = {}
        for name in names:
            with archive.open(name) as member:
                arrays[name.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
        return archive.read(TEXT), arrays


def _write_safetensors(file: BinaryIO, text: str, arrays: Arrays) -> None:
    import safetensors.numpy

    def storable(array: Array) -> Array:
        known = array.dtype.kind in "biuf" and array.dtype.isnative and array.itemsize <= 8
        return array if known else bytes_of(array)

    file.write(safetensors.numpy.save({name: storable(array) for name, array in arrays.items()}, {TEXT: text}))


def _read_safetensors(file: BinaryIO) -> tuple[str | None, Arrays]:
    import safetensors.numpy

    data = file.read()
    arrays = safetensors.numpy.load(data)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header.get("__metadata__", {}).get(TEXT), arrays


_FORMS = {".npz": Form(_write_npz, _read_npz), ".safetensors": Form(_write_safetensors, _read_safetensors)}


def form_of(path: str | os.PathLike[str]) -> Form:
    """Return the format that a path's ending names."""
    ending = Path(path).suffix
    if ending not in _FORMS:
        raise ValueError(f"expected a path that ends in {' or '.join(_FORMS)}, got {os.fspath(path)!r}")
    if ending == ".safetensors":
        require("safetensors", os.fspath(path), "a .npz file needs nothing")
    return _FORMS[ending]

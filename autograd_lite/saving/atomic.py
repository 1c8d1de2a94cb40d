"""A file that takes the place of another in one step, once it is whole."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that takes the place of another once it is whole and on the disk; after an error it is removed."""
    target = Path(os.path.realpath(path))  # a link stays a link
    if not target.parent.is_dir():
        missing = f"there is no folder {str(target.parent)!r}; make it first"
        raise FileNotFoundError(errno.ENOENT, missing, os.fspath(path))
    beside = target.with_name(f"{target.name}.saving")
    with _open_alone(beside) as file:
        try:
            file.truncate()  # what a killed save has left
            yield file
            file.flush()
            os.fsync(file.fileno())
            if target.exists():
                os.chmod(beside, stat.S_IMODE(target.stat().st_mode))  # its rights stay as they are
            if sys.platform == "win32":  # which renames no open file
                file.close()
            os.replace(beside, target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    if sys.platform != "win32":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name too is on the disk
        finally:
            os.close(folder)


@contextmanager
def _open_alone(path: Path) -> Iterator[BinaryIO]:
    """Open a file, made where it is not there, once no other process has it open so."""
    own = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # a link there is none of ours
    while True:
        with open(path, "r+b", opener=lambda name, flags: os.open(name, flags | own, 0o666)) as file:
            if sys.platform != "win32":
                with suppress(OSError):  # some network file systems have no locks
                    fcntl.flock(file, fcntl.LOCK_EX)
            if _lies_at(file, path):  # nobody has put it in place, or removed it, while this one waited
                yield file
                return


def _lies_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False

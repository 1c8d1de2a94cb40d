"""The edits that make a hand gradient right: the lines that they change, and a patch of the user's files."""

from __future__ import annotations

import difflib
import linecache
import os
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from autograd_lite.core.lines import notebook_cell


@dataclass(frozen=True)
class Edit:
    """A piece of source that is replaced by another one.

    Attributes
    ----------
    file : str
        As in ``co_filename``.
    line, column, end_line, end_column : int
        What is replaced, as in an `ast` node: lines count from 1, columns count bytes of UTF-8. Nothing is replaced
        where the end is the start: the text is inserted before this place.
    text : str
        What stands there instead. Inserted statements are whole lines: indented, each ended by a newline, at column 0
        of the line that follows them, which may be one after the file's last.
    words : str
        What was wrong, in a few words: "missing factor 2".
    function : str
        The name of the function in which it is.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    words: str
    function: str

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Where it starts and ends."""
        return self.line, self.column, self.end_line, self.end_column


@dataclass(frozen=True)
class Change:
    """Some lines of a file, and what stands there instead."""

    file: str
    line: int
    function: str
    old: Sequence[str]
    new: Sequence[str]
    words: Sequence[str]


@dataclass(frozen=True)
class Repair:
    """The edits with which a hand gradient is right.

    Attributes
    ----------
    edits : sequence of Edit
    points : int
        At so many points the edited gradient is right, the given one included.
    tokens : int
        The length of the edits.
    runs : int
        How often the search ran the hand gradient.
    arguments : sequence of str
        The arguments whose gradients become right; empty if all are.
    sources : mapping from str to str
        The text of each file that is edited, as it was when the repair was found.
    """

    edits: Sequence[Edit]
    points: int
    tokens: int
    runs: int
    arguments: Sequence[str] = ()
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        files = dict.fromkeys(edit.file for edit in self.edits)
        object.__setattr__(self, "sources", {file: self.sources.get(file) or read(file) for file in files})

    def covers(self, wrong: Sequence[str]) -> bool:
        """Whether it makes the gradients with respect to all of these arguments right."""
        return not self.arguments or set(wrong) <= set(self.arguments)

    def of(self, file: str) -> list[Edit]:
        """Return the edits of a file in the order of their places; what is inserted comes before what is replaced."""
        return sorted((edit for edit in self.edits if edit.file == file), key=lambda edit: edit.place)

    @property
    def changes(self) -> list[Change]:
        """The lines that change, in the order of files and lines; those that edits share are one change."""
        found = []
        for file, source in self.sources.items():
            lines = split_lines(source)
            for edits in _sharing_lines(self.of(file)):
                first, last = edits[0].line, max(edit.end_line for edit in edits)
                old = lines[first - 1 : last]
                same, old, new = _differing(old, split_lines(edited("".join(old), edits, first)))
                words = list(dict.fromkeys(edit.words for edit in edits if edit.words))
                if old or new:
                    found.append(Change(file, first + same, edits[0].function, _bare(old), _bare(new), words))
        return found

    @property
    def patch(self) -> str:
        """A unified diff of all files, with paths below the working directory where they are, else below the root.

        ``git apply`` and ``patch -p1`` take it. Bytes of a file that is not UTF-8 stand in it as surrogates: write it
        with ``errors="surrogateescape"``.
        """
        return "".join(line for file in self.sources for line in self._diff(file))

    def _diff(self, file: str) -> Iterator[str]:
        source, path = self.sources[file], _path(file)
        before, after = (_bytes_of(file, text) for text in (source, edited(source, self.of(file))))
        tab = "\t" if " " in path else ""  # ends a name that has spaces
        for line in difflib.unified_diff(_rows(before), _rows(after), f"a/{path}{tab}", f"b/{path}{tab}"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def edited(source: str, edits: Sequence[Edit], first: int = 1) -> str:
    """Return a text, of which the first line has the given number, with its edits, which are in order."""
    encoded = source.encode()
    starts = [0]
    for line in split_lines(source):
        starts.append(starts[-1] + len(line.encode()))
    end = "\r\n" if "\r\n" in source else "\n"
    for edit in reversed(edits):
        start, stop = starts[edit.line - first] + edit.column, starts[edit.end_line - first] + edit.end_column
        text = edit.text.replace("\n", end)
        if start == len(encoded) and edit.column == 0 and not source.endswith(("\n", "\r")) and source:
            text = end + text.removesuffix(end)  # after a last line without an end
        encoded = encoded[:start] + text.encode() + encoded[stop:]
    return encoded.decode()


def read(file: str) -> str:
    """Return the text of a file or a cell as it ran; with its own ends of lines, unless it was changed since."""
    ran = linecache.getlines(file)
    try:
        data = Path(file).read_bytes()
        text = data.decode(_encoding(data))
    except (OSError, ValueError, SyntaxError):
        return "".join(ran)
    return text if not ran or _bare(split_lines(text)) == _bare(ran) else "".join(ran)


def split_lines(text: str) -> list[str]:
    """Return the lines of a text as Python counts them, with their ends."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _sharing_lines(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Yield the edits that are in order, those together that change a line in common."""
    shared: list[Edit] = []
    for edit in edits:
        if shared and edit.line > max(e.end_line for e in shared):
            yield shared
            shared = []
        shared.append(edit)
    if shared:
        yield shared


def _differing(old: list[str], new: list[str]) -> tuple[int, list[str], list[str]]:
    """Return how many lines are the same at the start, and what is left without these and those at the end."""
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    old, new = old[same:], new[same:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return same, old, new


def _bare(lines: Sequence[str]) -> list[str]:
    return [line.rstrip("\r\n") for line in lines]


def _rows(text: str) -> list[str]:
    """Return the lines of a text as a patch counts them."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _encoding(data: bytes) -> str:
    return tokenize.detect_encoding(BytesIO(data).readline)[0]


def _bytes_of(file: str, text: str) -> str:
    """Return a text with the bytes that its file has, as UTF-8: with its mark at the start, say."""
    try:
        return text.encode(_encoding(Path(file).read_bytes())).decode("utf-8", "surrogateescape")
    except (OSError, ValueError, SyntaxError):
        return text


def _path(file: str) -> str:
    """Return the path of a file as a patch gives it; a cell's name as it is."""
    if not Path(file).exists():
        return notebook_cell(file) or file
    for path in (Path(os.path.abspath(file)), Path(file).resolve()):
        if path.is_relative_to(Path.cwd()):
            return path.relative_to(Path.cwd()).as_posix()
    return path.as_posix().lstrip("/")

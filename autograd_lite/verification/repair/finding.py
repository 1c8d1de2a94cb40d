"""Where a gradient goes wrong, where no edit mends it: the first statement that a value of the record mends."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass
from typing import Any

from autograd_lite.numerical import close
from autograd_lite.verification.repair.candidates import Change, stored_by
from autograd_lite.verification.repair.known import fingerprint
from autograd_lite.verification.repair.locating import Located, Locating
from autograd_lite.verification.repair.scope import FAILED
from autograd_lite.verification.repair.site import Site


@dataclass(frozen=True, eq=False)
class Finding:
    """The first statement of a hand gradient that holds a wrong value; with another one, the gradient is right.

    Attributes
    ----------
    file, line, function : str, int, str
    name : str
        What it sets; ``"what is returned"`` if it is a return statement.
    value, expected : array
        What it holds, and what it should; of a loop, in its last turn.
    words : str
        What that is.
    index : tuple of int
        The element that is farthest off.
    arguments : tuple of str
        The arguments whose gradients are right with that; none is named where all are.
    unchecked : tuple of str
        Variables and functions that it is made with and that nothing is known of: it may go wrong in them.
    """

    file: str
    line: int
    function: str
    name: str
    value: Any
    expected: Any
    words: str
    index: tuple[int, ...]
    arguments: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The source line."""
        return linecache.getline(self.file, self.line).strip()


def first_wrong(locating: Locating, wrong: set[int]) -> Finding | None:
    """Return the first statement with which all gradients, or else some, are right once a value of it is replaced.

    One that holds something known may be right, and what uses it wrong: of these, the last.
    """

    def rank(p: Located) -> tuple[bool, bool, bool, int]:
        is_known = locating.knowledge.left_by(p.site) == 0
        return not p.mended >= wrong, not p.whole, is_known, -p.order if is_known else p.order

    found = [p for p in locating.places_of(wrong) if not _is_returned_name(p)]
    return _of_located(locating, min(found, key=rank), wrong) if found else None


def _of_located(locating: Locating, p: Located, wrong: set[int]) -> Finding:
    held, aim = p.option.held, p.option.aim
    same = [w.text for w in locating.knowledge.wanted if fingerprint(w.values[0]) == fingerprint(aim.values[0])]
    words = min((text for text in same if text.startswith("the ")), key=len, default=aim.text)
    names = locating.trials.setting.leaf_names
    mended = () if p.mended >= wrong else tuple(names[i] for i in sorted(p.mended & wrong))
    off, unchecked = close.farthest(held, aim.values[0]), tuple(_unchecked(locating, p.site))
    return Finding(*_place_of(p.site, p.place), held, aim.values[0], words, off, mended, unchecked)


def _unchecked(locating: Locating, here: Site) -> list[str]:
    """Return the variables that a statement reads and that hold nothing known, and the user's functions in it."""
    value = getattr(here.statement, "value", here.statement)
    names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
    found = [f"{name}()" for name in sorted(names & {u.name for u in locating.trials.units})]
    for site in locating.trials.sites():
        s = site.statement
        if site.unit is here.unit and s is not here.statement and isinstance(s, ast.stmt):
            now, held = locating.knowledge.held(site)
            if now and held is not FAILED:
                found += sorted(stored_by(s) & names)
    return list(dict.fromkeys(found))


def _is_returned_name(p: Located) -> bool:
    """Whether a variable is returned, and nothing else: it went wrong before."""
    return isinstance(p.site.statement, ast.Return) and isinstance(p.node, ast.Name)


def _place_of(site: Site, place: Change) -> tuple[str, int, str, str]:
    """Return the file, the line and the function of a statement, and what it sets to the value in a place."""
    match site.statement:
        case ast.Assign(targets=[ast.Tuple(elts=names)]) if place.index is not None:
            name = ast.unparse(names[min(place.index, len(names) - 1)])
        case ast.Assign(targets=[target]) | ast.AugAssign(target=target):
            name = ast.unparse(target)
        case _:
            name = "what is returned"
    return site.unit.file, site.statement.lineno, site.unit.name, name

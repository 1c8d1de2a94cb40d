"""What is known of the values that a hand gradient may hold: from the record, and by the names of the function."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.numerical import close
from autograd_lite.verification.point import Point
from autograd_lite.verification.repair.expected import factors, forwards, parts, turns, values
from autograd_lite.verification.repair.known import Known, fingerprint
from autograd_lite.verification.repair.program import Translation
from autograd_lite.verification.repair.scope import FAILED, Wanted
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.source import Statement
from autograd_lite.verification.repair.syntax import loaded
from autograd_lite.verification.repair.trials import Trials

FEW = 4  # elements of arguments for which code in forward mode is expected
UNKNOWN = 1.5  # tokens it counts that a variable holds nothing known
NAMED = 2.0  # tokens it counts to edit a line that holds what its name says
RIGHT = 0.5  # tokens it counts to edit a line that holds something known
_DERIVATIVE = re.compile(r"d[a-zA-Z]\d*|d[A-Z]\w*|d\w+_d_?\w+|delta\w*|grad\w*|\w+_grad|nabla\w*")


class Knowledge:
    """The values that are known, and what it counts where others are held.

    Parameters
    ----------
    trials : Trials
    """

    def __init__(self, trials: Trials) -> None:
        self.trials, self.setting, self.point = trials, trials.setting, trials.point

    @cached_property
    def points(self) -> list[Point]:
        """The given point, and another one with the same data, if the function takes the same path there."""
        second = self.trials.second
        is_alike = second is not None and [n.op for n in second.nodes] == [n.op for n in self.point.nodes]
        return [self.point, second] if second is not None and is_alike else [self.point]

    @cached_property
    def translation(self) -> Translation | None:
        """The gradient program, to be written in the words of the hand."""
        with suppress(Exception):
            return Translation(self.setting, self.points) if self.point.result is not None else None
        return None

    @cached_property
    def wanted(self) -> Sequence[Wanted]:
        """What a statement may be expected to hold."""
        found = self.translation.wanted() if self.translation else values(self.points)
        return [*found, *factors(self.points), *parts(self.points)]

    @cached_property
    def aimed(self) -> list[Wanted]:
        """The gradients themselves."""
        trues = [self.trials.here.true, *([self.trials.second.true] if self.trials.second else [])]
        names = self.setting.leaf_names
        texts = [f"the derivative of the result with respect to {name}" for name in names]
        leaves: Sequence[Any] = self.point.leaves or [None] * len(names)
        return [
            Wanted([t[i] for t in trues], texts[i], leaves[i], cotangent=True)
            for i in range(len(names))
            if i in self.trials.wrong
        ]

    @cached_property
    def series(self) -> list[tuple[str, list[Any]]]:
        """What loops may be expected to hold: what one variable holds time after time."""
        return list(turns(self.points)) if self.point.result is not None else []

    @cached_property
    def rows(self) -> list[tuple[str, list[Any]]]:
        """What loops may be expected to hold: rows of values, each once."""
        found = {fingerprint(w.values[0]): w for w in reversed(self.wanted) if np.ndim(w.values[0])}
        return [(f"{w.text}, row by row", list(w.values)) for w in reversed(found.values())]

    @cached_property
    def forwards(self) -> tuple[list[Wanted], list[tuple[str, list[Any]]]]:
        """What code in forward mode may hold, at each step and turn by turn, for the arguments that are wrong."""
        wrong = [i for i in sorted(self.trials.wrong) if np.size(self.point.values[i]) <= FEW and self.point.leaves]
        found = [forwards(self.points, i) for i in wrong]
        return [w for values, _ in found for w in values], [s for _, series in found for s in series]

    @cached_property
    def known(self) -> Known:
        """The values of the function and its cotangents."""
        data = [x for x in trees.flatten(list(self.setting.problem.args))[0] if isinstance(x, np.ndarray)]
        return _known([*self.trials.here.true, *data, *(w.values[0] for w in self.wanted), *self._passed])

    @cached_property
    def derivatives(self) -> Known:
        """The cotangents, all that is passed to them, and local derivatives."""
        found = (w.values[0] for w in self.wanted if w.text.startswith("the derivative"))
        return _known([*self.trials.here.true, *found, *self._passed])

    @property
    def _passed(self) -> list[Any]:
        return [c for _, _, c in self.point.contributions]

    @cached_property
    def named(self) -> dict[str, list[Any]]:
        """The values of the function by the names of its variables."""
        found: dict[str, list[Any]] = {}
        for t, names in self.point.names.bound.items():
            for name in names:
                found.setdefault(name, []).append(t._value)
        return found

    def is_named(self, site: Site, held: Any) -> bool | None:
        """Whether a statement gives a variable what the function gives its own of that name; None if it has none."""
        own = self.named.get(_target(site.statement))
        return any(close.alike(held[0], v) for v in own) if own and held is not FAILED else None

    def held(self, site: Site) -> tuple[float, Any]:
        """Return what it counts that a statement holds values that are not known, and its value."""
        s = site.statement
        value: Any = s if isinstance(s, ast.expr) else getattr(s, "value", None)
        if isinstance(s, ast.AugAssign):
            value = ast.BinOp(loaded(s.target), s.op, s.value)
        if not isinstance(value, ast.expr) or isinstance(s, ast.Expr):
            return UNKNOWN, FAILED
        parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
        each = [site.array(part) for part in (value.values if isinstance(value, ast.Dict) else parts)]
        name = _target(s)
        is_derivative = name not in self.named and _DERIVATIVE.fullmatch(name)  # as nothing in the function is called
        known = self.derivatives if is_derivative else self.known
        unknown = sum(x is None or not known.find([x]) for x in each)
        return UNKNOWN * min(2, unknown), FAILED if any(x is None for x in each) else each

    def price(self, site: Site) -> float:
        """Return what it counts to edit a statement that holds something known, or what its name says."""
        left, held = self.held(site)
        return 0.0 if left else NAMED if self.is_named(site, held) else RIGHT

    def left_by(self, site: Site) -> float:
        """Return what it counts that a statement holds nothing known, or another value than its name says."""
        left, held = self.held(site)
        return left or UNKNOWN * (self.is_named(site, held) is False)


def _target(s: Statement) -> str:
    """Return the name of the variable that a statement sets; "" where it sets none, or several things."""
    target = s.targets[0] if isinstance(s, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _known(values: Sequence[Any]) -> Known:
    return Known([x] for x in values if not isinstance(x, tuple) and np.asarray(x).dtype.kind in "fc" and np.any(x))

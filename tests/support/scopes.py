"""What is in scope where the statements of a hand gradient begin to run, at several points."""

import ast

import numpy as np

from autograd_lite.verification.repair.source import scope_of, units
from autograd_lite.verification.repair.visits import Visits, snapshots


def expressions(hand, places):
    """Yield the expressions that the statements of a hand assign or return, each with its scope.

    ``places`` are pairs of a setting and the values of what is differentiated.
    """

    def calls():
        for setting, values in places:
            setting.f(_copies(values))
            yield lambda setting=setting, values=values: setting.hand(_copies(values))

    visits = Visits()
    for call in calls():
        visits.of(call)
    ran = {code: [hand, *held] for code, held in visits.holders.items() if code.co_filename != __file__}
    chosen = {unit.code: unit for unit in units(ran)}
    kept = [snapshots(call, chosen) for call in calls()]
    for unit, statement in kept[0]:
        held = [found[unit, statement][0] for found in kept if (unit, statement) in found]
        if len(held) == len(places):
            scope = scope_of(unit, held, set(visits.lines))
            yield from ((tree, scope) for tree in _values(statement))


def _values(statement):
    """Return the expressions that a statement assigns or returns, names and numbers alone left out."""
    value = getattr(statement, "value", None) if isinstance(statement, (ast.Assign, ast.Return)) else None
    value = statement if isinstance(statement, ast.expr) else value
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return [part for part in parts if part is not None and not isinstance(part, (ast.Name, ast.Constant))]


def _copies(values):
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in values]

"""Hand-derived gradients as people write them, right and wrong, that no part of the package was tuned on.

A case belongs to one of two halves by its name. Those who work on `verify` may look at the development half, case by
case. The other half judges their work: of it only aggregates are ever shown, neither names nor details.
`python -m tests.held_out` scores both.
"""

from importlib import import_module
from pkgutil import iter_modules


def held_out():
    """Return the cases of all modules here, by file and then in the order of the file."""
    for module in sorted(module.name for module in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
    from tests.held_out.case import CASES

    return sorted(CASES, key=lambda each: each.style)

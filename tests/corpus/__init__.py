"""Right and wrong hand-derived gradients, written as students write them, and what is known of each."""

from importlib import import_module
from pathlib import Path

from tests.corpus.case import TAGS, Case, cases

NOT_CASES = {"__init__", "__main__", "case", "score", "sources", "truth"}
FAMILIES = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in NOT_CASES)
for _family in FAMILIES:
    import_module(f"tests.corpus.{_family}")

CASES = cases()

__all__ = ["CASES", "TAGS", "Case"]

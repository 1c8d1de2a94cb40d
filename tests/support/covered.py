"""How many statements and branches of each room the tests take: ``python -m tests.support.covered COVERAGE.JSON``."""

import json
import sys
from collections import Counter
from pathlib import Path

from tests.support.house import MODULES, ROOT, room

KINDS = ("statements", "branches")


def by_room(files):
    """Return for each room how many statements and branches it has, and how many of them are taken."""
    rooms = {path.relative_to(ROOT).as_posix(): room(module) for module, path in MODULES.items()}
    found: dict[str, Counter[str]] = {}
    for file, each in files.items():
        figures = each["summary"]
        found.setdefault(rooms[file], Counter()).update(
            statements=figures["num_statements"],
            taken_statements=figures["covered_lines"],
            branches=figures["num_branches"],
            taken_branches=figures["covered_branches"],
        )
    return found


def table(rooms):
    """Return the lines of a table: the rooms, and all of them together."""
    lines = ["| room | statements | taken | branches | taken |", "| --- | --- | --- | --- | --- |"]
    whole: Counter[str] = sum(rooms.values(), Counter())
    for name, count in [*sorted(rooms.items()), ("all", whole)]:
        cells = [cell for kind in KINDS for cell in (str(count[kind]), share(count[f"taken_{kind}"], count[kind]))]
        lines.append(f"| {name or '__init__'} | {' | '.join(cells)} |")
    return lines


def share(part, whole):
    """Return a part as a percentage, rounded down: 100 % is all."""
    return f"{1000 * part // whole / 10} %" if whole else "-"


if __name__ == "__main__":
    measured = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print("\n".join(table(by_room(measured["files"]))))

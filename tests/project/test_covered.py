"""The report of what the tests take, by room."""

from tests.support.covered import by_room, table

FILES = {
    "autograd_lite/core/op.py": (10, 8, 4, 3),
    "autograd_lite/core/tape.py": (20, 20, 6, 6),
    "autograd_lite/debugging.py": (5, 5, 0, 0),
    "autograd_lite/__init__.py": (3, 3, 0, 0),
}
NAMES = ("num_statements", "covered_lines", "num_branches", "covered_branches")


def test_the_files_of_a_room_are_added():
    rooms = by_room({file: {"summary": dict(zip(NAMES, counts, strict=True))} for file, counts in FILES.items()})
    assert table(rooms) == [
        "| room | statements | taken | branches | taken |",
        "| --- | --- | --- | --- | --- |",
        "| __init__ | 3 | 100.0 % | 0 | - |",
        "| core | 30 | 93.3 % | 10 | 90.0 % |",
        "| debugging | 5 | 100.0 % | 0 | - |",
        "| all | 38 | 94.7 % | 10 | 90.0 % |",
    ]

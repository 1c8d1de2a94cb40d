"""The houses of the linear regression: made, with true weights that are known, or read from a file."""

import csv
from pathlib import Path

import numpy as np

from models.checks import Array, InputError

TRUE = {"weights_area": 3.2, "weights_age": -1.5, "bias": 60.0}  # thousands: for a square metre, a year, and at 0 and 0
NOISE = 25.0  # thousands: the standard deviation of what area and age do not explain
COLUMNS = ("area", "age", "price")  # square metres, years, thousands
Houses = tuple[Array, Array, Array]


def make(rng: np.random.Generator, count: int = 200) -> Houses:
    """Make areas, ages and prices of houses whose true weights are known."""
    area, age = rng.uniform(40, 200, count), rng.uniform(0, 80, count)
    price = TRUE["weights_area"] * area + TRUE["weights_age"] * age + TRUE["bias"]
    return area, age, price + NOISE * rng.standard_normal(count)


def read(path: str) -> Houses:
    """Return the columns area, age and price of a CSV file; raise ValueError with the line that is wrong."""
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except OSError as problem:
        raise InputError(f"data: expected a file to read, got {path!r} ({problem.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"data: expected text in UTF-8, got other bytes in {path}") from None
    rows = csv.DictReader(lines, skipinitialspace=True)
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        got = ",".join(rows.fieldnames or ()) or "an empty file"
        raise InputError(f"data: expected the columns {','.join(COLUMNS)} in line 1, got {got}: no {missing[0]}")
    table = [[_number(row[name], name, rows.line_num) for name in COLUMNS] for row in rows]
    if len(table) < 4:
        raise InputError(f"data: expected at least 4 houses, a row each, got {len(table)}")
    area, age, price = np.array(table).T
    for name, column in (("area", area), ("age", age)):
        if np.ptp(column) == 0:
            raise InputError(f"data: expected houses that differ in {name}, got {column[0]:g} in every row")
    if abs(np.corrcoef(area, age)[0, 1]) > 1 - 1e-9:
        raise InputError("data: expected area and age that tell different things, got one in proportion to the other")
    return area, age, price


def _number(text: str | None, column: str, line: int) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise InputError(f"data: expected a finite number for {column} in line {line}, got {text!r}")
    if number and not 1e-9 < abs(number) < 1e9:
        raise InputError(f"data: expected {column} in line {line} to be between 1e-9 and 1e9 in size, got {text!r}")
    return number

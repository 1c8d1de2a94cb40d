"""The one comparison of floating-point values, and the tolerances that follow from dtype and conditioning."""

import ast
from pathlib import Path

import numpy as np
import pytest

import autograd_lite
from autograd_lite.numerical import close

ROOMS = ("numerical", "program", "readings", "testing", "verification")
MODULES = [
    path
    for room in ROOMS
    for path in sorted((Path(autograd_lite.__file__).parent / room).rglob("*.py"))
    if path.stem != "close"
]
ONE = np.array([1.0, -2.0, np.nan, np.inf])


@pytest.mark.parametrize(
    ("a", "b", "tolerance", "expected"),
    [
        (ONE, ONE, 0, True),
        (ONE, ONE + 1e-9, 0, False),
        (ONE, ONE + 1e-9, 1e-8, True),
        (ONE, -ONE, 10, False),
        (ONE[None], ONE, 0, False),
        (np.float64(2.0), 2, 0, True),
        (np.array([True]), np.array([False]), 0, False),
        (1 + 2j, 1 + 2.1j, 0.2, True),
        ("a", "a", 0, False),
        ((1.0, 2.0), (1.0, 2.0), 0, False),
    ],
)
def test_values_are_the_same_in_shape_and_within_a_tolerance(a, b, tolerance, expected):
    assert close.same(a, b, tolerance) == expected


DTYPES = [np.float64, np.float32, np.float16, np.complex128, np.complex64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_tolerances_follow_the_dtype_and_the_scale(dtype):
    x = np.linspace(1, 3, 5).astype(dtype)
    eps = float(np.finfo(dtype).eps)
    assert close.eps_of(x, 3, np.arange(3), np.ones(2)) == eps
    assert close.eps_of(3, np.arange(3)) == 0
    assert close.half_of_the_digits(x) == pytest.approx(eps**0.5)
    for tolerance in (close.reordered, lambda x: close.of_one_line(x, eps), lambda x: close.of_the_largest(x, eps)):
        assert 3 * eps < tolerance(x) == pytest.approx(tolerance(1024 * x) / 1024)
    assert np.all(close.conditioned(x, 0, eps) == 64 * eps * np.abs(x))
    assert np.all(close.conditioned(x, 1, eps) > close.MARGIN)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("factor", [2.0, -1.0, 0.3, 1 / 7])
def test_one_ratio_over_all_elements_is_seen_in_any_precision(dtype, factor):
    x = np.linspace(-1, 3, 9).astype(dtype)
    assert close.ratio((factor * x).astype(dtype), x) == pytest.approx(factor, rel=1e-6)
    assert close.ratio(factor * x + x[::-1] ** 2, x) is None
    assert close.ratio(factor * x[:1], x[:1]) is None, "any one number is a multiple"


def test_the_farthest_element_is_found():
    a = np.array([[1.0, 2.0], [3.0, np.nan]])
    assert close.farthest(a, a + [[0, 1], [0, 0]]) == (1, 1), "NaN is farthest off"
    assert close.farthest(a, a + [[0, 1], [3, 0]], np.array([[True, True], [False, False]])) == (0, 1)
    assert close.farthest(a, a[0]) == ()


def test_estimates_are_known_to_digits():
    assert close.known([1e-4, 1e-2], 1.0, 3).tolist() == [True, False]
    assert close.known(np.inf, 1.0, 3) == np.False_
    assert close.known(np.nan, 1.0, 3) == np.False_


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_no_other_module_has_a_comparison_of_its_own(path):
    named = {x.attr for x in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(x, ast.Attribute)}
    assert not named & {"allclose", "isclose", "array_almost_equal"}

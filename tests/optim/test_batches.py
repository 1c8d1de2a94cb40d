"""Mini-batches: each row once, the same rows of each array, from the generator alone; errors at the call."""

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.core import trees
from autograd_lite.optim import batches

Data = namedtuple("Data", ["x", "y"])


@given(st.integers(1, 20), st.integers(1, 25), st.booleans(), st.booleans())
def test_each_row_once(n, size, shuffled, drop_last):
    x, rng = np.arange(3 * n).reshape(n, 3), np.random.default_rng(0) if shuffled else None
    data: dict[str, Any] = {"x": x, "n": [np.arange(n)]}
    parts = list(batches(data, size, rng, drop_last=drop_last))
    whole, rest = divmod(n, size)
    assert [len(part["x"]) for part in parts] == [size] * whole + [rest] * (rest > 0 and not drop_last)
    rows = [int(i) for part in parts for i in part["n"][0]]
    for part in parts:
        np.testing.assert_array_equal(part["x"], x[part["n"][0]])
    assert len(set(rows)) == len(rows) == (n - rest if drop_last else n)
    if not shuffled:
        assert rows == list(range(len(rows)))


def test_rows_are_shuffled():
    (order,) = batches(np.arange(100), 100, np.random.default_rng(0))
    assert sorted(order) == list(range(100)) != list(order)
    (again,) = batches(np.arange(100), 100, np.random.default_rng(0))
    np.testing.assert_array_equal(order, again)


def test_each_pass_has_an_order_of_its_own():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(batches(np.arange(20), 3, rng))) for _ in range(2))
    assert list(first) != list(second)


def test_the_order_is_drawn_at_the_call():
    """What is drawn between two batches, for dropout say, does not change the next one."""
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    parts, others = batches(np.arange(9), 2, rng), batches(np.arange(9), 2, same)
    rng.normal(size=3)
    assert [list(part) for part in parts] == [list(part) for part in others]


@pytest.mark.parametrize("tree", [np.eye(4), Data(np.eye(4), np.arange(4)), [np.eye(4), (np.array(list("abcd")),)]])
def test_trees(tree):
    for part in batches(tree, 3):
        assert trees.describe(part) == trees.describe(tree)
        assert type(part) is type(tree)
        for x, whole in zip(trees.flatten(part)[0], trees.flatten(tree)[0], strict=True):
            assert (x.dtype, x.shape[1:]) == (whole.dtype, whole.shape[1:])


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)], ids=["in order", "shuffled"])
def test_rows_are_copies(rng):
    x = np.ones((4, 2))
    for part in batches(x, 2, rng):
        part[:] = 0.0
    np.testing.assert_array_equal(x, 1.0)


@pytest.mark.parametrize(
    ("data", "size", "rng", "error", "said"),
    [
        (np.ones(3), 0, None, ValueError, "expected size to be a whole number of at least 1, got 0"),
        (np.ones(3), 1.5, None, ValueError, "expected size to be a whole number of at least 1, got 1.5"),
        (np.ones(3), None, None, ValueError, "expected size to be a whole number of at least 1, got None"),
        (
            np.ones(3),
            1,
            5,
            TypeError,
            r"expected rng to be a generator .*, got 5; make one, np\.random\.default_rng\(5",
        ),
        (np.ones((0, 2)), 1, None, ValueError, "expected data with rows, got none in data$"),
        ({"x": np.ones(2), "y": np.ones(0)}, 1, None, ValueError, r"expected data with rows, got none in data\['y'\]$"),
        ({}, 1, None, ValueError, "expected data with rows, got none in data$"),
        (Data(np.ones(3), np.ones(4)), 1, None, ValueError, r"of one length, got 3 rows in data\.x and 4 in data\.y$"),
        ([1.0, 2.0], 1, None, TypeError, r"data\[0\] to be an array with rows, got 1.0; a list is a tree of what"),
        (None, 1, None, TypeError, "expected data to be an array with rows, got None"),
    ],
    ids=str,
)
def test_errors_come_at_the_call(data, size, rng, error, said):
    with pytest.raises(error, match=said):
        batches(data, size, rng)

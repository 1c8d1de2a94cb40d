"""Every index that NumPy has, its transpose, and functional updates, against loops over elements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_lite as ag
from autograd_lite import Tensor
from autograd_lite.testing.cases import Case

T = Tensor(np.arange(12.0).reshape(3, 4) + 1)


@st.composite
def picks(draw, max_side=4):
    """Draw an array, and an index that NumPy takes for it: slices, masks, integers, repeated integers, mixed."""
    shape = draw(hnp.array_shapes(max_dims=3, max_side=max_side))
    x = np.random.default_rng(draw(st.integers(0, 99))).standard_normal(shape)
    masks = hnp.arrays(bool, st.integers(1, len(shape)).map(lambda n: shape[:n]))
    along_each = [
        st.one_of(
            st.slices(n),
            st.integers(-n, n - 1),
            st.integers(0, n - 1).map(np.int64),
            st.lists(st.integers(-n, n - 1), min_size=2, max_size=2),
            st.tuples(st.integers(-n, n - 1), st.integers(-n, n - 1)),
            hnp.arrays(int, (2,), elements=st.integers(0, n - 1)),
        )
        for n in shape
    ]
    extra = st.sampled_from([(), (None,), (...,)])
    mixed = st.tuples(extra, st.tuples(*along_each)).map(lambda parts: (*parts[1], *parts[0]))
    index = draw(
        st.one_of(hnp.basic_indices(shape, allow_newaxis=True), hnp.integer_array_indices(shape), masks, mixed)
    )
    return x, index


def places_of(x, index):
    return np.arange(x.size).reshape(x.shape)[index]


@given(picks())
def test_an_index_picks_what_numpy_picks_and_gives_each_cotangent_back(pick):
    x, index = pick
    z = Tensor(x)[index]
    np.testing.assert_array_equal(z.value, x[index], strict=True)
    cotangent = np.random.default_rng(0).standard_normal(z.shape)
    expected = np.zeros(x.size)
    for place, c in zip(np.ravel(places_of(x, index)), np.ravel(cotangent), strict=True):
        expected[place] += c
    gradient = ag.grad(lambda t: np.sum(t[index] * cotangent))(x)
    np.testing.assert_allclose(np.ravel(gradient), expected, rtol=1e-14, atol=1e-14)


def test_rows_of_a_tensor_are_its_elements():
    total = ag.grad(lambda t: sum(np.sum(row) * (i + 1) for i, row in enumerate(t)))(np.ones((3, 2)))
    np.testing.assert_array_equal(total, [[1, 1], [2, 2], [3, 3]])


def test_an_index_out_of_bounds_raises_what_numpy_raises():
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 3"):
        T[3]
    np.testing.assert_array_equal(T[2].value, [9, 10, 11, 12])


def test_a_tensor_is_no_index():
    with pytest.raises(TypeError, match=r"'index' is a parameter .* pass index\.value"):
        T[Tensor(1.0)]


UPDATES = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "min": np.minimum,
    "max": np.maximum,
}


def updated(x, index, name, values):
    """Update element by element, in the order of the index."""
    flat = list(np.ravel(x))
    places = places_of(x, index)
    for place, value in zip(np.ravel(places), np.ravel(np.broadcast_to(values, np.shape(places))), strict=True):
        flat[place] = value if name == "set" else UPDATES[name](flat[place], value)
    return np.reshape(np.array(flat), x.shape)


@pytest.mark.parametrize("name", ["set", *UPDATES])
@given(pick=picks(max_side=3), data=st.data())
def test_an_update_is_one_of_each_element_in_turn(name, pick, data):
    x, index = pick
    x = np.abs(x) + 0.5
    shape = np.shape(x[index])
    shape = data.draw(st.sampled_from([shape, (), shape[1:]]))
    values = np.random.default_rng(1).uniform(0.8, 1.2, shape)  # for powers of powers
    t = Tensor(x)
    z = getattr(t.at[index], name)(values)
    np.testing.assert_allclose(z.value, updated(x, index, name, values), rtol=1e-13, strict=True)
    np.testing.assert_array_equal(t.value, x)
    np.testing.assert_array_equal(t.at[index].get().value, x[index], strict=True)


REPEATED = ([0, 2, 0, 0], [1, 1, 1, 0])


@pytest.mark.parametrize("index", [1, (slice(None), 2), np.array([True, False, True]), REPEATED], ids=str)
@pytest.mark.parametrize("name", ["set", *UPDATES])
def test_updates_are_differentiated_by_both_inputs(name, index):
    """Differences see the last of repeated values alone (set), or the whole chain of them."""

    def update(x, values):
        z = getattr((x if isinstance(x, Tensor) else Tensor(x)).at[index], name)(values)
        return z if isinstance(x, Tensor) or isinstance(values, Tensor) else z.value

    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 2, (3, 4))
    case = Case(update, (x, rng.uniform(0.5, 2, np.shape(x[index]))), analytic=False)
    assert case.wrong() is None
    assert case.derivative().wrong() is None


def test_of_repeated_values_the_last_is_set_and_has_the_derivative():
    x, values = np.zeros(3), np.array([1.0, 2.0, 3.0])
    index = np.array([1, 0, 1])
    np.testing.assert_array_equal(Tensor(x).at[index].set(values).value, [2, 3, 0])
    np.testing.assert_array_equal(ag.grad(lambda v: np.sum(Tensor(x).at[index].set(v)))(values), [0, 1, 1])


def test_updates_keep_the_dtype():
    t = Tensor(np.zeros(2, np.float32))
    assert t.at[0].set(Tensor(1.0)).dtype == t.at[0].multiply(2.0).dtype == np.float32
    with pytest.raises(TypeError, match=r"expected real values .* got complex128; use np.astype\(t, complex\)"):
        t.at[0].set(1j)
    with pytest.raises(ValueError, match=r"\(3,\)"):
        t.at[:].set(np.ones(3))


@pytest.mark.parametrize(
    ("change", "instead"),
    [
        (lambda t: t.resize((2, 2)), r"t\.resize\(\) .* use t = np\.resize\(t, shape\)"),
        (lambda t: np.maximum.at(np.zeros(3), [0], t[0]), r"np\.maximum\.at cannot store a Tensor in a plain array"),
        (lambda t: np.unique(t), r"t\[np\.unique\(t\.value, return_index=True\)\[1\]\]"),
    ],
)
def test_changes_in_place_name_what_to_write_instead(change, instead):
    t = Tensor(np.arange(12.0).reshape(3, 4))
    with pytest.raises((TypeError, NotImplementedError), match=instead):
        change(t)
    np.testing.assert_array_equal(t.value, np.arange(12.0).reshape(3, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: np.choose([0, 2], [T[0, :2], T[1, :2]]), "expected entries of a from 0 to 1, got 0 to 2"),
        (lambda: np.compress([[True]], T), "expected a 1-d condition, got one of 2 dimensions"),
        (lambda: np.bincount([0, 1], T[0]), r"expected weights of shape \(2,\), got \(4,\)"),
        (lambda: np.take(T, 12), "index 12 is out of bounds"),
        (lambda: np.take(T, 0, out=np.zeros(())), "does not take 'out='.*use the returned value"),
    ],
)
def test_what_cannot_be_picked(call, message):
    with pytest.raises((ValueError, IndexError, TypeError), match=message):
        call()


@pytest.mark.parametrize(
    "locate",
    [np.argsort, np.argmax, np.nonzero, np.flatnonzero, np.argwhere, np.nanargmin, np.count_nonzero, np.any,
     lambda x: np.searchsorted(np.arange(9.0), x), lambda x: np.digitize(x, [2.0, 5.0]),
     lambda x: np.argpartition(x, 1), lambda x: np.lexsort(x), lambda x: np.isin(x, [3.0])],
)  # fmt: skip
def test_where_elements_are_is_plain(locate):
    found, expected = locate(T), locate(T.value)
    expected = np.int64(expected) if type(expected) is int else expected  # of NumPy before 2.4
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found, expected)

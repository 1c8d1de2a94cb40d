"""Compiled functions of arrays of Dask: what they give is what the functions give of arrays in memory."""

import re

import numpy as np
import pytest

import autograd_lite as ag
import autograd_lite.numpy as anp
from models import bag_of_words, cubic, digits, linear_regression, neuron, two_layers
from tests.support.calls import ROWS
from tests.support.compiling import called, is_compiled, leaves_of, quietly, repeated, samples_of
from tests.support.compiling import drawn as drawn_of
from tests.support.losses import drawn, each_loss, layers, logistic, normalised

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
cloudpickle = pytest.importorskip("cloudpickle")

from tests.support.chunked import gathered, in_chunks, of_unknown_lengths, same_in_chunks  # noqa: E402
from tests.support.sampling import sampled  # noqa: E402


@pytest.fixture(autouse=True)
def _in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


@each_loss
@pytest.mark.parametrize("n", [1, 7, 1000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_value_and_gradient_of_uneven_and_empty_chunks(loss, n, dtype):
    f, args = drawn(loss, n, dtype)
    same_in_chunks(f, ag.compile(f), *args, n=n)


@each_loss
def test_chunks_of_unknown_lengths(loss):
    f, args = drawn(loss, 300)
    same_in_chunks(f, ag.compile(f), *args, n=300, chunked=lambda x, n: of_unknown_lengths(in_chunks(x, n)))


@each_loss
def test_one_compiled_function_serves_arrays_of_both_kinds_and_any_chunks(loss):
    compiled = ag.compile(drawn(loss, 2)[0])
    for n, chunks in ((64, 2), (64, 7), (500, 3)):
        f, args = drawn(loss, n)
        same_in_chunks(f, compiled, *args, n=n, chunked=lambda x, n, chunks=chunks: in_chunks(x, n, chunks))
        for x, y in zip(leaves_of(compiled(*args)), leaves_of(f(*args)), strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)


def sum_of_errors(weights, bias, vectors, targets):
    return np.sum(neuron.squared_error(weights, bias, vectors, targets))


def log_loss_of_two_layers(params, inputs, labels):
    return np.mean(ag.binary_cross_entropy(two_layers.two_layers(inputs, *params, bend=np.tanh), labels))


def of_models(rng, n):
    """Return the losses in models/ that are sums over rows, with arguments for each."""
    binary, column = rng.integers(0, 2, n) * 1.0, rng.normal(size=(3, n))
    weights = {"weights": rng.normal(size=5), "bias": 0.1}
    prices = {"weights_area": 0.4, "weights_age": -0.3, "bias": 0.1}
    return {
        bag_of_words.loss: (weights, rng.poisson(1.0, (n, 5)) * 1.0, binary, 1e-3),
        cubic.error: (rng.normal(size=4), cubic.features(rng.uniform(-1, 1, n), 3), rng.normal(size=n)),
        digits.loss: (digits.initial([64, 16, 10], rng), rng.random((n, 64)), rng.integers(0, 10, n)),
        linear_regression.loss: (prices, *column),
        log_loss_of_two_layers: (two_layers.initial(2, 3, rng), rng.normal(size=(n, 2)), binary),
        sum_of_errors: (rng.normal(size=2), 0.3, rng.normal(size=(n, 2)), binary),
    }


@pytest.mark.parametrize("place", range(6))
def test_the_losses_of_the_models(place):
    loss, args = list(of_models(np.random.default_rng(0), 800).items())[place]
    f = ag.value_and_grad(loss)
    same_in_chunks(f, ag.compile(f), *args, n=800)


NEVER = {
    "diagonal", "eig", "eigh", "median", "modf", "pad", "partition", "pick_last", "rot90", "slogdet",
    "sliding_window_view", "sort_like", "svd", "unsort",
}  # fmt: skip
"""Ops with several results, and those that look along the rows in all of their samples."""


@pytest.mark.parametrize("name", sampled([name for name, row in ROWS.values() if row.labels or row.elementwise], 2))
def test_a_call_in_chunks(name):
    """Each op runs in chunks where it needs no more than a row at a time, on inputs repeated along their first axes."""
    row = next(row for other, row in ROWS.values() if other == name)
    ran, calls = 0, 0
    for sample in samples_of(row):
        inputs, f = [repeated(x) for x in drawn_of(row, sample)], called(row, sample)
        n = max((len(x) for x in inputs if isinstance(x, np.ndarray) and x.ndim), default=0)
        if n < 200 or not _runs(f, inputs) or not is_compiled(row, sample):
            continue
        calls += 1
        try:
            same_in_chunks(f, ag.compile(f), *inputs, n=n)
        except TypeError as error:
            if not re.search("needs all rows at once|has no program for chunks", str(error)):
                raise
        else:
            ran += 1
    assert (ran == 0) == (name in NEVER or calls == 0)


def _runs(f, inputs):
    try:
        quietly(f, *inputs)
    except (ValueError, IndexError, TypeError, np.linalg.LinAlgError):
        return False
    return True


@pytest.mark.parametrize("unknown", [False, True])
def test_no_rows_at_all(unknown):
    def f(w, X):
        return np.sum(np.square(X @ w)) + np.sum(w), X @ w

    x = in_chunks(np.ones((0, 3)), 0)
    value, scores = gathered(ag.compile(f)(np.ones(3), of_unknown_lengths(x) if unknown else x))
    assert (value, scores.shape) == (3.0, (0,))
    assert gathered(ag.compile(lambda x: 2 * x)(da.from_array(np.ones((0, 3)), chunks=((0, 0), (3,))))).shape == (0, 3)


class Loads:
    """Chunks of random rows, which are counted when they are made."""

    def __init__(self, chunks, rows=50):
        self.made = []
        self.x = da.map_blocks(self._make, chunks=((rows,) * chunks, (3,)), dtype=float, meta=np.empty((0, 0)))

    def _make(self, block_info):
        place = block_info[None]["chunk-location"][0]
        self.made.append(place)
        return np.random.default_rng(place).normal(size=block_info[None]["chunk-shape"])


def test_each_round_loads_each_chunk_once_and_the_record_the_first():
    loads = Loads(6)
    w = np.ones(3)
    compiled = ag.compile(ag.value_and_grad(lambda w, X: np.mean(np.square(X @ w))))
    compiled(w, loads.x)
    assert loads.made[0] == 0
    assert sorted(loads.made[1:]) == list(range(6))
    compiled(w, loads.x)
    assert sorted(loads.made[7:]) == list(range(6))


def test_a_mean_over_rows_inside_is_a_round_of_its_own():
    loads = Loads(5)
    args = np.ones(3), np.zeros(3)
    f = ag.value_and_grad(normalised, (0, 1))
    given = ag.compile(f)(*args, loads.x)
    assert loads.made.count(4) == 3  # the mean, the variance, the loss and its gradient
    for x, y in zip(leaves_of(given), leaves_of(f(*args, loads.x.compute())), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12)


def test_results_with_rows_are_lazy():
    loads = Loads(4)
    predict = ag.compile(lambda w, X: {"scores": X @ w, "rows": X.T, "weights": 2 * w})
    given = predict(np.ones(3), loads.x)
    assert loads.made == [0]
    assert (type(given["scores"]), type(given["rows"]), type(given["weights"])) == (da.Array, da.Array, np.ndarray)
    assert given["scores"].chunks == ((50,) * 4,)
    x = loads.x.compute()
    np.testing.assert_array_equal(given["rows"].compute(), x.T)
    np.testing.assert_allclose(given["scores"].compute(), x.sum(1), atol=1e-12)
    np.testing.assert_allclose((given["scores"][:7] * 2).compute(), 2 * x[:7].sum(1), atol=1e-12)


def test_a_lazy_result_is_of_what_arrays_held_at_the_call():
    """Parameters that are moved in place, and a captured array that changes."""
    x, w, scale = np.arange(300.0).reshape(100, 3), np.ones(3), np.array([1.0, 2.0, 3.0])
    compiled = ag.compile(lambda w, X: (X * scale) @ w)
    first = compiled(w, in_chunks(x, 100))
    w *= 2
    second = compiled(w, in_chunks(x, 100))
    scale[:] = 0
    third = compiled(w, in_chunks(x, 100))
    expected = x @ np.array([1.0, 2.0, 3.0])
    for given, times in ((first, 1), (second, 2), (third, 0)):
        np.testing.assert_array_equal(given.compute(), times * expected)


def test_chunks_of_labels_follow_those_of_the_largest_array():
    f, args = drawn(layers, 120)
    *weights, X, y = args
    given = gathered(ag.compile(f)(*weights, da.from_array(X, chunks=(50, 5)), da.from_array(y, chunks=7)))
    for x, expected in zip(leaves_of(given), leaves_of(f(*args)), strict=True):
        np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-12)


def test_parameters_are_in_the_graph_once():
    """All tasks of a round take them from one place: they are sent to each worker, not with each task."""
    graphs = []

    def get(graph, keys, **options):
        graphs.append(graph)
        return dask.get(graph, keys, **options)

    f, (w, b, X, y) = drawn(logistic, 900)
    with dask.config.set(scheduler=get):
        ag.compile(f)(w + 0.123456789, b, da.from_array(X, chunks=(9, 5)), da.from_array(y, chunks=9))
    assert cloudpickle.dumps(graphs[-1]).count((w + 0.123456789).tobytes()) == 1


def test_the_source_reads_as_the_rounds_that_it_is():
    f, (w, b, X, y) = drawn(logistic, 900)
    compiled = ag.compile(f)
    compiled(w, b, da.from_array(X, chunks=(90, 5)), da.from_array(y, chunks=90))
    assert compiled.source.count("on_chunks(") == 1
    assert "def loop_1(first, last, X, w, b, y):" in compiled.source


X = da.ones((100, 4), chunks=(30, 4))
REFUSED = {
    "columns in chunks": (
        (X.rechunk((30, 2)),),
        ValueError,
        r"x is in chunks along axis 1.*write x\.rechunk\(\{1: -1\}\)",
    ),
    "another number of rows": ((X, X[:90]), ValueError, r"x has 100 rows in 4 chunks, and y 90 rows in 3"),
    "a number": ((X.sum(),), TypeError, r"got x, a number; write x\.compute\(\)"),
    "tasks": ((dask.delayed(np.ones)(3),), TypeError, r"got x, a Delayed; write x\.compute\(\)"),
}


@pytest.mark.parametrize(("args", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_data_in_chunks_of_rows_is_refused(args, kind, message):
    with pytest.raises(kind, match=message):
        ag.compile(lambda x, y=0.0: np.sum(x * y))(*args)


def test_an_array_in_memory_of_as_many_rows_is_refused():
    y = np.ones(1000)
    with pytest.raises(TypeError, match=r"y has as many rows as x; write da\.from_array\(y, chunks=x\.chunks\[0\]\)"):
        ag.compile(lambda x, y: np.sum(x * y))(da.ones(1000, chunks=300), y)


ALL_ROWS = {
    "sort": (np.sort, r"sort in sort\(\) needs all rows at once"),
    "cumsum": (np.cumsum, "cumsum .*needs all rows at once"),
    "first": (lambda x: x[0], "getitem .*needs all rows at once"),
    "fixed": (lambda x: x * np.ones(100), "could not be broadcast"),
    "halves": (lambda x: x[: len(x) // 3 + 1], r"has no program for chunks.*differ in"),
    "outer": (lambda x: np.sum(np.outer(x, x)), r"outer .*needs all rows at once"),
    "pairs": (lambda x: np.sum(np.tanh(x[:, None] - x[None, :])), r"subtract .*needs all rows at once"),
    "pairs by einsum": (lambda x: np.einsum("i,j->", x, x), r"contraction .*needs all rows at once"),
}


@pytest.mark.parametrize(("f", "message"), ALL_ROWS.values(), ids=ALL_ROWS)
def test_what_needs_all_rows_is_refused(f, message):
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        ag.compile(f)(da.ones(100, chunks=30))
    if "broadcast" in message:
        assert "f() was called with 83 and with 443 rows of x" in caught.value.__notes__


class Table:
    """A collection of Dask that is no array, as its tables are: it has axes, and no chunks."""

    ndim = 2

    def __dask_graph__(self):
        return {}

    def to_dask_array(self):
        return da.ones((10, 2), chunks=(5, 2))


def test_a_table_is_refused():
    with pytest.raises(TypeError, match=r"got x, a Table; write x\.to_dask_array\(\)"):
        ag.compile(lambda x: np.sum(x))(Table())


def test_offered_arrays_are_refused():
    with pytest.raises(TypeError, match="out= is for arrays in the memory of this process"):
        ag.compile(lambda x: 2 * x)(da.ones(100, chunks=30), out=np.empty(100))


def test_without_compile_an_array_in_chunks_is_refused_and_the_way_is_named():
    for run in (ag.grad(np.sum), ag.value_and_grad(lambda x: np.sum(np.sin(x)))):
        with pytest.raises(TypeError, match=r"write x\.compute\(\).*or pass it to what ag\.compile"):
            run(da.ones(100, chunks=30))


def test_chunks_that_are_no_arrays_are_refused():
    masked = da.ones(100, chunks=30).map_blocks(lambda x: np.ma.array(x), dtype=float)
    with pytest.raises(TypeError, match="expected chunks that are arrays of NumPy, got a MaskedArray"):
        ag.compile(np.sum)(masked)


def said(parts, shape, dtype=float):
    """Return an array of Dask with these chunks, each of which is said to be of one shape and dtype."""
    return da.concatenate([da.from_delayed(dask.delayed(part), shape, dtype) for part in parts])


LIES = {
    "columns": (
        said([np.ones((10, 2)), np.ones((10, 3))], (10, 2)),
        TypeError,
        r"shape \(2,\).*float64 of shape \(3,\)",
    ),
    "axes": (said([np.ones((10, 1))], (10,)), TypeError, r"float64 of shape \(\), .*float64 of shape \(1,\)"),
    "precision": (said([np.ones(10), np.ones(10)], (10,), np.float32), TypeError, "rows are float32 .* are float64"),
    "rows": (said([np.ones(10), np.ones(12)], (10,)), ValueError, "say that they have 20 rows, and have 22"),
}


@pytest.mark.parametrize(("x", "kind", "message"), LIES.values(), ids=LIES)
def test_chunks_that_are_not_what_they_say_are_refused(x, kind, message):
    with pytest.raises(kind, match=message):
        ag.compile(np.mean)(x)


@pytest.mark.parametrize("kinds", [(np.int64, np.float64), (np.float32, np.float64), (np.float64, np.bool_)])
def test_chunks_are_of_the_dtype_that_their_array_says(kinds):
    """As those of a column that has a missing value in some of its files."""
    parts = [np.full(10, 1 / 3 + 1).astype(kind) for kind in kinds]
    total, tripled = ag.compile(lambda x: (np.sum(3 * x), 3 * x))(said(parts, (10,)))
    expected = 3 * np.concatenate(parts).astype(float)
    assert total.dtype == np.float64
    np.testing.assert_allclose(total, np.sum(expected), rtol=1e-15)
    np.testing.assert_array_equal(gathered(tripled), expected)


def test_an_error_of_a_reader_is_its_own():
    def read(x):
        raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"):
        ag.compile(np.sum)(da.ones(100, chunks=30).map_blocks(read, dtype=float))


def test_one_program_serves_all_numbers_of_rows():
    """The first call alone looks at rows before it computes."""
    compiled, w = ag.compile(lambda w, x: np.mean(np.square(x @ w))), np.ones(3)
    for chunks in (20, 19, 3, 40, 1):
        loads = Loads(chunks)
        value = compiled(w, loads.x)
        assert len(loads.made) == chunks + (chunks == 20)
        np.testing.assert_allclose(value, np.mean(np.square(loads.x.compute() @ w)), rtol=1e-12)
    assert len(set(map(id, compiled._programs.values()))) == 1


@pytest.mark.parametrize("unknown", [False, True])
def test_batches_inside_of_the_function_follow_the_number_of_rows(unknown):
    """With fewer rows there is one batch: the call with more of them is another program, or an error."""

    def f(x):
        return sum(np.sum(x[i : i + 500]) ** 2 for i in range(0, len(x), 500))

    compiled = ag.compile(f)
    for n in (400, 1300):
        x = in_chunks(np.arange(n) / n, n)
        x = of_unknown_lengths(x) if unknown else x
        if n < 500:
            np.testing.assert_allclose(compiled(x), f(x.compute()), rtol=1e-12)
        else:
            with pytest.raises(TypeError, match="has no program for chunks of any number of rows"):
                compiled(x)


def test_a_captured_array_in_chunks_is_to_be_passed():
    x = da.ones(100, chunks=30)
    with pytest.raises(TypeError, match=r"write x\.compute\(\).*or pass it to what ag\.compile makes"):
        ag.compile(lambda w: np.sum(w * x))(2.0)


def test_a_change_of_what_is_captured_is_seen():
    scale = 2.0

    def f(x):
        return np.sum(scale * x)

    compiled, x = ag.compile(f), da.ones(100, chunks=30)
    assert compiled(x) == 200.0
    scale = 3.0
    assert compiled(x) == 300.0


def test_a_generator_may_draw_what_is_no_row():
    def f(rng, x):
        return np.sum(x @ rng.normal(size=3))

    x = np.arange(300.0).reshape(100, 3)
    compiled, one, other = ag.compile(f), np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(2):
        np.testing.assert_allclose(compiled(one, in_chunks(x, 100)), f(other, x), rtol=1e-12)


NUMBERED = {
    "alone": lambda w, x, y: np.arange(len(x)),
    "a column": lambda w, x, y: np.arange(len(x))[:, None] * x,
    "picked": lambda w, x, y: np.sum(w[0] * x[np.arange(len(x)), y]),
    "along an axis": lambda w, x, y: np.mean(np.take_along_axis(np.tanh(w * x), y[:, None], axis=1)),
}


@pytest.mark.parametrize("f", NUMBERED.values(), ids=NUMBERED)
def test_the_numbers_of_rows(f):
    rng = np.random.default_rng(0)
    args = rng.normal(size=3), rng.normal(size=(300, 3)), rng.integers(-3, 3, 300)
    for g in (f, ag.value_and_grad(f)) if np.ndim(f(*args)) == 0 else (f,):
        same_in_chunks(g, ag.compile(g), *args, n=300)


MOMENTS = {
    "accuracy": lambda x: np.mean(x > 0),
    "of columns": lambda x: np.mean(x, axis=0),
    "in double precision": lambda x: np.mean(x, dtype=np.float64),
    "norm": np.linalg.norm,
    "variance": lambda x: np.var(x, axis=0),
}


@pytest.mark.parametrize("f", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.float32])
def test_moments_of_integers(f, kind):
    x = np.random.default_rng(0).integers(0, 100, (300, 3)).astype(kind)
    same_in_chunks(f, ag.compile(f), x, n=300)


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_a_sample_of_one_row_has_no_variance():
    x = in_chunks(np.ones(1), 1)
    given = ag.compile(lambda x: np.var(x, ddof=1))(x)
    assert np.isnan(given)


def steps_from_zeros(w, x):
    h = np.zeros(len(x))
    for t in range(x.shape[1]):
        h = np.tanh(w * h + x[:, t])
    return np.mean(np.square(h))


def filled_columns(w, x):
    out = anp.zeros((len(x), 3))
    for t in range(3):
        out[:, t] = np.tanh(w * x[:, t])
    return np.mean(np.square(out))


def on_a_grid(w, x):
    return np.sum(np.exp(-np.square(w * x[:, :1] - np.linspace(0, 1, 2500))))


@pytest.mark.parametrize("f", [steps_from_zeros, filled_columns, on_a_grid])
def test_what_a_function_makes_beside_its_arguments(f):
    g = ag.value_and_grad(f)
    same_in_chunks(g, ag.compile(g), 0.7, np.random.default_rng(0).normal(size=(300, 3)), n=300)


def test_no_columns():
    x = da.ones((300, 0), chunks=(100, 0))
    total, sums = gathered(ag.compile(lambda x: (np.sum(x), np.sum(x, axis=1)))(x))
    assert total == 0.0
    np.testing.assert_array_equal(sums, np.zeros(300))

"""The labels of every row: what parts of the inputs give, joined along the labels, is the whole."""

from functools import cache

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.labels import Labels, Numbers, cut_params, elementwise, labels_of, subscripts
from autograd_lite.core.op import Op
from autograd_lite.core.tape import observing
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.trees import flatten
from autograd_lite.numerical.streams import stream
from autograd_lite.ops import table
from autograd_lite.ops.axes import folding
from autograd_lite.program.recording import Constants
from autograd_lite.testing.cases import Case, apply, is_inexact
from autograd_lite.testing.parts import cuts
from tests.support.calls import CALLS, each_call

WHOLE = {"argsort", "convolve", "item", "lstsq", "repeated_places", "roots", "searchsorted"}
"""What is recorded and never cut; that which is sorted by `argsort` are vectors."""


def drawn(row, call):
    return call.draw(stream(f"labels of {row.name}"))


def assert_parts_make_the_whole(row, inputs, params):
    for cut in cuts(row, inputs, params):
        fault = cut.fault()
        assert fault is None, f"{row.name} along {cut.label!r} of {cut.labels}: {fault}"


@each_call
def test_the_parts_of_a_sample_make_the_whole(row, call):
    assert_parts_make_the_whole(row, drawn(row, call), call.params)


def with_strange_numbers(x):
    """Return an array with infinities and NaN among its elements."""
    if not (isinstance(x, np.ndarray) and x.dtype.kind == "f"):
        return x
    x = x.copy()
    for start, strange in enumerate((np.inf, -np.inf, np.nan)):
        x.reshape(-1)[start::7] = strange
    return x


@each_call
def test_infinity_and_nan_stay_in_their_parts(row, call):
    inputs = [with_strange_numbers(x) for x in drawn(row, call)]
    try:
        with np.errstate(all="ignore"):
            row.compute(*inputs, **call.params)
    except (ValueError, np.linalg.LinAlgError):  # there is no whole, either
        return
    assert_parts_make_the_whole(row, inputs, call.params)


def recorded(f, *inputs):
    """Return what a call records, as a compiler sees it: op, inputs and parameters by value."""
    with observing(Constants()):
        result = f(*[Tensor(x) if is_inexact(x) else x for x in inputs])
    found: dict[Tensor, None] = {}
    pending = [z for z in flatten(result)[0] if type(z) is Tensor]
    while pending:
        node = pending.pop()
        if node in found:
            continue
        found[node] = None
        held = [*node.inputs, *flatten(node.params)[0]]
        pending += [x for x in held if type(x) is Tensor]
    for node in found:
        if node.op is not None:
            leaves, rebuild = flatten(node.params)
            yield node.op, [raw(x) for x in node.inputs], rebuild([raw(p) for p in leaves])


@cache
def calls_in_gradients(name):
    """List the calls that the gradient of a sample, and its own record, are made of."""
    row, call = CALLS[name]
    derivative = Case(apply(row), drawn(row, call), call.params).derivative()
    with np.errstate(all="ignore"):
        return list(recorded(derivative.function, *derivative.leaves))


@pytest.mark.parametrize("op", sorted({name.rpartition("-")[0] for name in CALLS}))
def test_the_parts_of_what_gradients_record_make_the_whole(op):
    for name in CALLS:
        if name.rpartition("-")[0] == op:
            for row, inputs, params in calls_in_gradients(name):
                assert_parts_make_the_whole(row, inputs, params)


def test_nearly_everything_that_is_recorded_can_be_cut():
    calls = [(row, drawn(row, call), call.params) for row, call in CALLS.values() if row.rules is not None]
    calls += [call for name in CALLS for call in calls_in_gradients(name)]
    rows = {row.name for row, _, _ in calls}
    cut = {row.name for row, inputs, params in calls for _ in cuts(row, inputs, params)}
    print(f"{len(cut)} of {len(rows)} rows that are recorded can be cut")
    assert rows - cut == WHOLE
    assert len(cut) >= 180


def claim(rule, *names):
    return {f"{name}: {rule.__qualname__}": (name, rule) for name in names}


def by_place(z, x, **_):
    """Label axes by their number, whatever becomes of them."""
    return Labels((tuple(range(len(x.shape))),), tuple(range(len(z))))


def summed(z, p, x):
    return Labels(((0,), (0,)), ())


WRONG = {
    **claim(elementwise, "cumprod", "cumsum", "fft", "flip", "inv", "roll", "softmax", "sort", "standardize", "tril"),
    **claim(folding(np.add), "log_sum_exp", "max", "mean", "median", "norm", "variance"),
    **claim(folding(np.maximum), "min"),
    **claim(subscripts("ij, jk -> ki"), "matmul"),
    **claim(subscripts("ij -> ij"), "svd"),
    **claim(by_place, "getitem", "scatter", "take"),
    **claim(summed, "polyval"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_claim_is_found(name):
    row, rule = WRONG[name]
    wrong = claiming(table[row], rule)
    calls = [call for other, call in CALLS.values() if other is table[row]]
    assert any(found_wrong(wrong, drawn(table[row], call), call.params) for call in calls)


def claiming(row, rule):
    """Return the same op with other labels."""
    other = Op(row.forward, (), name=row.name, numpy=row.numpy, spread=row.spread, labels=rule)
    other.compute = row.compute
    return other


def found_wrong(row, inputs, params):
    try:
        return any(cut.fault() is not None for cut in cuts(row, inputs, params))
    except ValueError:  # these are no labels of arrays of such shapes
        return True


def given(row, *shapes, params=None, output=None):
    inputs = [np.ones(shape) for shape in shapes]
    output = np.shape(row.compute(*inputs, **(params or {}))) if output is None else output
    return labels_of(row, inputs, params or {}, output)


@pytest.mark.parametrize(
    ("row", "shapes", "params", "inputs", "output"),
    [
        ("add", [(3, 4), (4,)], {}, [(0, 1), (1,)], (0, 1)),
        ("add", [(3, 1), (1, 4)], {}, [(0, None), (None, 1)], (0, 1)),
        ("add", [(0,), (1,)], {}, [(0,), (None,)], (0,)),
        ("add", [(1,), (1,)], {}, [(0,), (0,)], (0,)),
        ("sum", [(3, 4)], {"axis": 1, "keepdims": True}, [(0, 1)], (0, None)),
        ("mean", [(3, 4)], {"axis": 0}, [(None, 1)], (1,)),
        ("sum", [(3, 4)], {"axis": 0, "initial": 2.0}, [(None, 1)], (1,)),
        ("matmul", [(5, 3, 4), (4, 2)], {}, [(0, "i", "k"), ("k", "j")], (0, "i", "j")),
        ("contraction", [(3, 3), (3,)], {"subscripts": "ii,i->i"}, [(None, None), (None,)], (None,)),
        ("contraction", [(3, 1), (3, 4)], {"subscripts": "ij,ij->j"}, [("i", None), ("i", "j")], ("j",)),
        ("vdot", [(2, 3), (3, 2)], {}, [(None, None), (None, None)], ()),
        ("reshape", [(6, 4)], {"shape": (6, 2, 2)}, [(0, None)], (0, None, None)),
        ("reshape", [(6, 4)], {"shape": -1}, [(None, None)], (None,)),
        ("broadcast_to", [(4,)], {"shape": (3, 4)}, [(1,)], (0, 1)),
        ("getitem", [(3, 4)], {"index": (slice(None), slice(1, 3))}, [(0, None)], (0, None)),
        ("getitem", [(3, 4)], {"index": (slice(0, 3), None, 2)}, [(0, None)], (0, None)),
    ],
)
def test_the_labels_of(row, shapes, params, inputs, output):
    labels = given(table[row], *shapes, params=params)
    assert (labels.inputs, labels.output) == (tuple(inputs), output)


def numbered(n, *shape):
    return np.arange(n).reshape(shape or (n,)).view(Numbers)


@pytest.mark.parametrize(
    ("name", "x", "index", "shape"),
    [
        ("getitem", (5, 3), (numbered(5), np.array([0, 2, 1, 1, -1])), None),
        ("getitem", (5, 3, 2), (numbered(5), np.array([0, 2, 1, 1, -1])), None),
        ("getitem", (5, 3), (numbered(5, 5, 1), np.array([[0, 1], [2, 2], [1, 0], [1, 1], [-1, 0]])), None),
        ("getitem", (3, 5), (np.array([0, 2, 1, 1, -1]), numbered(5)), None),
        ("getitem", (5, 5), (numbered(5), numbered(5)), None),
        ("scatter", (5,), (numbered(5), np.array([0, 2, 1, 1, -1])), (5, 3)),
        ("scatter", (), (numbered(5), np.array([0, 2, 1, 1, -1])), (5, 3)),
    ],
)
def test_an_index_that_numbers_an_axis_runs_with_it(name, x, index, shape):
    params = {"index": index} | ({"shape": shape} if shape else {})
    inputs = [stream("an index that numbers").normal(size=x)]
    assert_parts_make_the_whole(table[name], inputs, params)
    assert "place 0" in {cut.label for cut in cuts(table[name], inputs, params)} or x == (5, 5)


def test_arrays_among_parameters_have_labels_too():
    rows, columns = np.array([2, 0]), np.array([1, 1])
    labels = given(table["getitem"], (3, 4), params={"index": (rows, columns)})
    assert labels.inputs == ((None, None), ("place 0",), ("place 0",))
    assert labels.output == ("place 0",)
    back = given(table["scatter"], (2,), params={"index": (rows, columns), "shape": (3, 4)})
    assert back.inputs == (("place 0",), ("place 0",), ("place 0",))
    assert (back.output, back.combine) == ((None, None), np.add)


@pytest.mark.parametrize(
    ("row", "shape", "given_shape", "label", "cut_to"),
    [
        ("broadcast_to", (4,), (3, 4), 0, ("rows", 4)),
        ("broadcast_to", (1,), 5, 0, ("rows",)),
        ("reshape", (6, 4), (6, 2, -1), 0, ("rows", 2, -1)),
        ("reshape", (6, 4), (-1, 4), 0, ("rows", 4)),
    ],
)
def test_parameters_that_are_shapes_follow_the_part(row, shape, given_shape, label, cut_to):
    params = {"shape": given_shape}
    assert cut_params(params, given(table[row], shape, params=params), label, "rows") == {"shape": cut_to}
    assert params == {"shape": given_shape}


@pytest.mark.parametrize(
    ("text", "shapes", "inputs", "output"),
    [
        ("n -> n", [(3, 4)], [("n", None)], ("n",)),
        ("n, -> n", [(3, 4), (4,)], [("n", None), (None,)], ("n",)),
        ("ni, .j -> n.", [(3, 4), (4, 2)], [("n", "i"), (None, "j")], ("n", None)),
        ("ni -> n", [(3,)], [(None,)], (None,)),
    ],
)
def test_labels_are_written_as_for_einsum(text, shapes, inputs, output):
    mine = Op(lambda *x: x[0], (), name="mine", labels=text)
    z = (3,) * len(output) if len(output) < 2 else (3, 2)
    labels = labels_of(mine, [np.ones(shape) for shape in shapes], {}, z)
    assert (labels.inputs, labels.output) == (tuple(inputs), output)


def test_what_is_no_text_of_labels_is_refused_where_it_is_written():
    with pytest.raises(ValueError, match=r"expected labels such as .*, got 'n'"):
        ag.op(labels="n")(lambda x: x)


def test_labels_of_another_number_of_inputs_are_refused():
    with pytest.raises(ValueError, match="are of 2 inputs, and the call has 1"):
        labels_of(Op(np.sin, (), name="mine", labels="n, n -> n"), [np.ones(3)], {}, (3,))


def test_labels_of_other_shapes_are_refused():
    wrong = Op(np.sin, (), name="mine", labels=lambda z, x: Labels(((0, 1),), (0,)))
    with pytest.raises(ValueError, match=r"op 'mine' has the labels \(0, 1\) for an array of shape \(3,\)"):
        labels_of(wrong, [np.ones(3)], {}, (3,))


def test_a_place_that_numpys_signature_gives_is_read():
    calls = recorded(lambda x: np.argmax(x, 1) * x[:, 0], np.ones((3, 4)))
    ((row, inputs, params),) = [call for call in calls if call[0].name == "argmax"]
    assert labels_of(row, inputs, params, (3,)).inputs == ((0, None), ())

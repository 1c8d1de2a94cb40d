"""Arrays of other libraries: an error that says how to convert them, wherever they would be converted unasked."""

import operator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

VALUES = np.array([1.0, 2.0, 3.0])


class Chunked:
    """As Dask's array: it defers to what has ``__array_ufunc__``."""

    def __init__(self):
        self.conversions = 0

    def __array__(self, dtype=None, copy=None):
        self.conversions += 1
        return VALUES

    def __array_ufunc__(self, *args, **kwargs):
        return NotImplemented

    def __array_function__(self, *args, **kwargs):
        return NotImplemented

    def __mul__(self, other):
        return NotImplemented

    def compute(self):
        return VALUES


class Labelled(Chunked):
    """As a table of pandas, which has more than one method that gives its values, or none."""

    def to_numpy(self):
        return VALUES


class Wrapping(Chunked):
    """As xarray's array: it answers operators itself, with what it wraps."""

    def __init__(self, held=VALUES):
        super().__init__()
        self.held = held

    def __mul__(self, other):
        return Wrapping(self.held * other)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return Wrapping(ufunc(*(x.held if isinstance(x, Wrapping) else x for x in inputs)))

    def __array_function__(self, func, types, args, kwargs):
        return Wrapping(func(*(x.held if isinstance(x, Wrapping) else x for x in args)))

    def to_numpy(self):
        return self.held


class OnDevice:
    def __dlpack__(self):
        raise AssertionError("nobody asked")

    def get(self):
        return VALUES


class Recorded(OnDevice):
    def detach(self):
        return self

    def numpy(self):
        return VALUES


class Sparse:
    def toarray(self):
        return VALUES


class Plain:
    def __array__(self, dtype=None, copy=None):
        return VALUES


class WithUnits(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        return NotImplemented


def store(t, index, values=0.0):
    t[index] = values
    return np.sum(t)


REMEDIES = {
    Chunked: "x.compute()",
    Labelled: "x.to_numpy()",
    Wrapping: "x.to_numpy()",
    OnDevice: "x.get()",
    Recorded: "x.detach().numpy()",
    Sparse: "x.toarray()",
    Plain: "np.asarray(x)",
}
MEETINGS = {
    "leaf": lambda a: ag.Tensor(a),
    "argument": lambda a: ag.grad(np.sum)(a),
    "in a tree": lambda a: ag.grad(lambda p: p["x"][0])({"x": [a]}),
    "beside": lambda a: ag.grad(lambda x: np.sum(x * a))(VALUES),
    "before": lambda a: ag.grad(lambda x: np.sum(a * x))(VALUES),
    "with a dtype": lambda a: ag.grad(lambda x: np.sum(np.multiply(x, a, dtype=float)))(VALUES),
    "in a list": lambda a: ag.grad(lambda x: np.sum(np.stack([x, a])))(VALUES),
    "joined": lambda a: ag.grad(lambda x: np.sum(np.hstack([x, a])))(VALUES),
    "a block": lambda a: ag.grad(lambda x: np.sum(np.block([x, a])))(VALUES),
    "a choice": lambda a: ag.grad(lambda x: np.sum(np.select([x > 1], [x], a)))(VALUES),
    "compressed": lambda a: ag.grad(lambda x: np.sum(x.compress(a)))(VALUES),
    "weights": lambda a: ag.grad(lambda x: ag.logsumexp(x, b=a))(VALUES),
    "multiplied in places": lambda a: ag.grad(lambda x: np.sum(x.at[np.array([0, 0, 1])].multiply(a)))(VALUES),
    "in a list of constants": lambda a: ag.grad(lambda x: np.sum(x * [a]))(VALUES),
    "index": lambda a: ag.grad(lambda x: np.sum(x[a]))(VALUES),
    "in an index": lambda a: ag.grad(lambda x: np.sum(x[:, a]))(np.eye(3)),
    "index of an assignment": lambda a: ag.grad(lambda x: store(1.0 * x, a))(VALUES),
    "assigned": lambda a: ag.grad(lambda x: store(1.0 * x, slice(3), a))(VALUES),
    "indices": lambda a: ag.grad(lambda x: np.sum(np.take(x, a)))(VALUES),
    "condition": lambda a: ag.grad(lambda x: np.sum(np.where(a, x, 0.0)))(VALUES),
    "mask": lambda a: ag.grad(lambda x: ag.sum(x, where=a))(VALUES),
    "in an op": lambda a: ag.grad(lambda x: np.sum(ag.dot(a, x)))(VALUES),
    "constant result": lambda a: ag.grad(lambda x: a)(VALUES),
    "in a result": lambda a: ag.jacobian(lambda x: [x, a])(VALUES),
    "cotangent": lambda a: ag.vjp(np.square, VALUES)[1](a),
    "tangent": lambda a: ag.jvp(np.square, (VALUES,), (a,)),
    "parameter": lambda a: ag.optim.SGD(0.1).step({"w": a}, {"w": VALUES}),
    "gradient": lambda a: ag.optim.SGD(0.1).step({"w": VALUES}, {"w": a}),
    "traced": lambda a: ag.trace(lambda x, a: np.sum(x * a), VALUES, a),
    "verified": lambda a: ag.verify(lambda x, a: np.sum(x * VALUES), lambda x, a: (VALUES, VALUES), VALUES, a),
    "explained": lambda a: ag.explain(lambda x: np.sum(x * a), VALUES),
}


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize("kind", REMEDIES, ids=lambda kind: kind.__name__)
def test_it_is_not_converted_unasked(kind, meeting):
    array = kind()
    with pytest.raises(TypeError) as raised:
        MEETINGS[meeting](array)
    assert f"tests.{kind.__name__}, which is not converted unasked: write {REMEDIES[kind]}" in str(raised.value)
    assert getattr(array, "conversions", 0) == 0


@pytest.mark.parametrize("kind", REMEDIES, ids=lambda kind: kind.__name__)
def test_the_remedy_works(kind):
    x = eval(REMEDIES[kind], {"x": kind(), "np": np})
    np.testing.assert_array_equal(ag.grad(lambda w: np.sum(w * x))(VALUES), VALUES)


def test_an_array_with_operations_of_its_own_is_no_plain_one():
    x = VALUES.view(WithUnits)
    for meet in (ag.grad(lambda x: x[0]), lambda x: ag.Tensor(VALUES) * x):
        with pytest.raises(TypeError, match=r"expected a plain array, got tests.WithUnits.*np.asarray\(x\)"):
            meet(x)


def test_data_that_no_tensor_meets_stay_what_they_are():
    seen: list[Any] = []
    data = Chunked()

    def f(x, data):
        seen.append(data)
        return x * 2.0

    assert ag.grad(f)(1.0, data) == 2.0
    assert seen == [data]
    assert data.conversions == 0


@pytest.mark.parametrize("operate", [operator.add, operator.mul, operator.sub, operator.truediv, operator.pow])
def test_operators_with_a_series_first(operate):
    series = pytest.importorskip("pandas").Series(VALUES, index=[3, 2, 1])
    for a, b in ((series, ag.Tensor(VALUES)), (ag.Tensor(VALUES), series)):
        with pytest.raises(TypeError, match=r"pandas.Series.*x.to_numpy\(\)"):
            operate(a, b)


def test_dask_and_xarray():
    chunked = pytest.importorskip("dask.array").from_array(VALUES, chunks=2)
    labelled = pytest.importorskip("xarray").DataArray(VALUES, dims="x")
    for array, remedy in ((chunked, r"x.compute\(\)"), (labelled, r"x.to_numpy\(\)")):
        for name in ("argument", "beside", "before", "in a list"):
            with pytest.raises(TypeError, match=remedy):
                MEETINGS[name](array)

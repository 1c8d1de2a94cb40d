"""What transforms return, and ops: as functions they have names, bind to objects, and are copied and pickled."""

import copy
import inspect
import pickle
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.ops import modules

X = np.array([1.0, 2.0])


def loss(x, scale=1.0, *, power=2):
    """Say how bad it is."""
    return np.sum(x**power) * scale


def pair(x):
    return np.sum(x * x), {"x": x}


class Model:
    scale = 3.0

    def loss(self, x):
        return np.sum(x * x) * self.scale

    slope = ag.grad(loss, 1)

    @ag.value_and_grad
    @staticmethod
    def decorated(x):
        """Say it too."""
        return np.sum(x * x)

    @ag.op
    @staticmethod
    def cube(x):
        return x**3


@ag.grad
def decorated(x):
    return np.sum(x * x)


@ag.op
def cube(x):
    return np.asarray(x) ** 3


@cube.vjp
def _(g, z, x):
    return g * 3 * x**2


def half(x):
    return x / 2


half = ag.op(half, "half({})", (lambda g, z, x: g / 2,))

MADE: dict[str, Any] = {
    "grad": ag.grad(loss),
    "grad, argnums": ag.grad(loss, (0,)),
    "has_aux": ag.grad(pair, has_aux=True),
    "value_and_grad": ag.value_and_grad(loss),
    "jacobian": ag.jacobian(np.square),
    "hessian": ag.hessian(loss),
    "nested": ag.jacobian(ag.grad(loss)),
    "of a partial": ag.grad(partial(loss, scale=2.0)),
    "of an op": ag.jacobian(cube),
    "of a method": ag.grad(Model().loss),
    "decorated": decorated,
    "decorated in a class": Model.decorated,
}
COPIES = {"pickle": lambda x: pickle.loads(pickle.dumps(x)), "copy": copy.copy, "deepcopy": copy.deepcopy}
OPS = {row.name: row for module in modules for row in vars(module).values() if isinstance(row, Op)}


def spelled(made):
    """Return how a function is called; '' where it was made of a ufunc, which has no signature before NumPy 2.4."""
    try:
        return str(inspect.signature(made))
    except ValueError:
        return ""


def assert_same(found, wanted):
    assert repr(found) == repr(wanted)


@pytest.mark.parametrize("how", COPIES)
class TestCopies:
    @pytest.mark.parametrize("name", MADE)
    def test_of_what_transforms_return(self, name, how):
        made = MADE[name]
        same = COPIES[how](made)
        assert_same(same(X), made(X))
        assert (same.__name__, same.__doc__) == (made.__name__, made.__doc__)
        assert spelled(same) == spelled(made)

    def test_what_decorates_a_function_is_itself(self, how):
        assert COPIES[how](decorated) is decorated
        assert COPIES[how](Model.decorated) is Model.decorated

    @pytest.mark.parametrize("row", [*OPS.values(), cube, half, Model.cube], ids=repr)
    def test_an_op_is_itself(self, row, how):
        assert COPIES[how](row) is row

    def test_a_tree_with_ops(self, how):
        model: dict[str, Any] = {"w": X, "activation": ag.relu, "slope": ag.grad(loss)}
        assert COPIES[how](model)["activation"] is ag.relu


def test_what_cannot_be_pickled_says_so():
    for made in (ag.grad(lambda x: x), ag.op(lambda x: x)):
        with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
            pickle.dumps(made)
    local = ag.op(lambda x: x)
    assert copy.deepcopy(local) is local
    assert copy.deepcopy(ag.grad(lambda x: x * x))(3.0) == 6.0


class TestAsFunctions:
    @pytest.mark.parametrize("name", ["grad", "value_and_grad", "jacobian", "hessian"])
    def test_names(self, name):
        made = getattr(ag, name)(loss)
        assert (made.__name__, made.__qualname__, made.__module__) == ("loss", "loss", __name__)
        assert made.__doc__ == "Say how bad it is."
        assert made.__wrapped__ is (made.__wrapped__ if name == "hessian" else loss)
        assert str(inspect.signature(made)) == "(x, scale=1.0, *, power=2)"
        assert "loss" in repr(made)

    def test_of_what_has_no_name(self):
        made = ag.grad(partial(loss, power=3))
        assert made.__name__ == "gradient"
        np.testing.assert_array_equal(made(X), 3 * X**2)

    def test_attributes_of_the_function_are_its_own_too(self):
        f: Any = lambda x: x * x  # noqa: E731
        f._f = f.note = "kept"
        made: Any = ag.grad(f)
        assert made.note == "kept"
        assert made(3.0) == 6.0
        assert ag.grad(made)(3.0) == 2.0

    def test_methods(self):
        model = Model()
        np.testing.assert_array_equal(model.slope(X), 6 * X)
        assert str(inspect.signature(model.slope)) == "(x)"
        assert Model.slope is vars(Model)["slope"]
        np.testing.assert_array_equal(ag.grad(model.loss)(X), 6 * X)


class TestAux:
    @pytest.mark.parametrize(
        ("f", "aux"),
        [
            (lambda x: (np.sum(x * x), None), None),
            (lambda x: (np.sum(x * x), "text"), "text"),
            (lambda x: (np.sum(x * x), (x, 2 * x)), (X, 2 * X)),
            (
                lambda x: (np.sum(x * x), {"n": [np.argmax(x), x > 1.0], "f": np.sin}),
                {"n": [np.int64(1), X > 1.0], "f": np.sin},
            ),
            (lambda x: (3.0, np.sum(x)), np.float64(3.0)),
        ],
    )
    def test_any_tree(self, f, aux):
        gradient, found = ag.grad(f, has_aux=True)(X)
        (value, other), same = ag.value_and_grad(f, has_aux=True)(X)
        assert_same(found, aux)
        assert_same(other, found)
        assert_same(gradient, same)
        assert_same(value, f(X)[0])
        np.testing.assert_array_equal(gradient, 2 * X if f(X)[0] == 5.0 else 0 * X)

    def test_arrays_are_the_users_own(self):
        x = X.copy()
        _, (same, double) = ag.grad(lambda x: (np.sum(x), (x, x + x)), has_aux=True)(x)
        same += 1.0
        double += 1.0
        np.testing.assert_array_equal(x, X)

    def test_argnums(self):
        f = lambda x, y: (x * y, {"sum": x + y})  # noqa: E731
        assert ag.grad(f, (0, 1), True)(2.0, 3.0) == ((3.0, 2.0), {"sum": 5.0})
        assert ag.value_and_grad(f, 1, has_aux=True)(2.0, 3.0) == ((6.0, {"sum": 5.0}), 2.0)

    def test_in_another_transform_it_is_differentiated(self):
        def outer(w):
            slope, aux = ag.grad(lambda x: (w * x * x, w * x), has_aux=True)(3.0)
            (value, aux_2), _ = ag.value_and_grad(lambda x: (x * x, w * x * x), has_aux=True)(2.0)
            assert isinstance(aux, ag.Tensor)
            assert not isinstance(value, ag.Tensor)
            return slope * aux * aux_2  # 6 w * 3 w * 4 w

        assert ag.grad(outer)(2.0) == 72 * 3 * 4.0
        assert ag.grad(lambda w: ag.grad(lambda x: (x * x, w), has_aux=True)(3.0)[1])(2.0) == 1.0

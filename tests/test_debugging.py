"""`ag.debug()`: the first number that is not finite, and arrays that were changed behind the record's back."""

import linecache
import threading
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.tape import current_observers
from autograd_lite.debugging import debug


@pytest.fixture(autouse=True)
def nobody_looks_on_afterwards():
    settings = np.geterr()
    yield
    assert current_observers() == ()
    assert np.geterr() == settings


def line_of(text):
    """Return the number of the one line of this file that ends so."""
    (number,) = (i for i, line in enumerate(Path(__file__).read_text().splitlines(), 1) if line.endswith(text))
    return f"{__file__}:{number}: "


class TestForward:
    def test_it_stops_at_the_first(self):
        def loss(weights):
            scaled = weights - 1.0
            logarithm = np.log(scaled)  # the first
            return np.sum(logarithm * 0.0)

        with debug(), pytest.raises(FloatingPointError) as raised:
            ag.grad(loss)(np.array([3.0, 1.0]))
        message = str(raised.value)
        assert message.startswith("infinity from op 'log' of scaled = [2. 0.]\n  at ")
        assert line_of("np.log(scaled)  # the first") + "logarithm = np.log(scaled)" in message

    @pytest.mark.parametrize(
        ("f", "trouble"),
        [
            (lambda x: np.log(x), "NaN from op 'log' of x = -2.0"),
            (lambda x: 1 / (x + 2.0), "infinity from op 'divide' of 1, 0.0"),
            (lambda x: np.exp(-x * 1e3), "infinity from op 'exp' of 2000.0"),
            (lambda x: x * np.array([1.0, np.nan]), "NaN from op 'multiply' of x = -2.0, [ 1. nan]"),
            (lambda x: x + np.inf, "infinity from op 'add' of x = -2.0, inf"),
            (lambda x: np.log(x + 0j * x) + np.nan * x, "NaN from op 'multiply'"),
        ],
    )
    def test_what_it_says(self, f, trouble):
        with debug(), pytest.raises(FloatingPointError) as raised:
            ag.vjp(f, -2.0)
        assert str(raised.value).startswith(trouble)

    def test_tensors_of_the_users_own(self):
        x = ag.Tensor(0.0, "distance")
        with debug(), pytest.raises(FloatingPointError, match=r"infinity from op 'log' of distance = 0\.0"):
            np.log(x)

    def test_large_arrays_are_shortened(self):
        with debug(), pytest.raises(FloatingPointError) as raised:
            np.log(ag.Tensor(np.zeros(10_000)))
        assert len(str(raised.value)) < 500

    def test_several_outputs(self):
        @ag.op
        def halves(x):
            return x / 2, np.log(x)

        halves.vjp(lambda g, z, x: g[0] / 2 + g[1] / x)
        with debug(), pytest.raises(FloatingPointError, match="infinity from op 'halves'"):
            halves(ag.Tensor(0.0))

    def test_without_it_nothing_is_stopped(self):
        with np.errstate(all="ignore"):
            assert ag.grad(np.log)(0.0) == np.inf

    def test_what_is_finite_is_the_same(self):
        def f(x):
            return np.sum(np.tanh(x[:, None] * x) / 3)

        x = np.array([0.3, -1.2])
        with debug():
            inside = ag.value_and_grad(f)(x), ag.hessian(f)(x)
        outside = ag.value_and_grad(f)(x), ag.hessian(f)(x)
        for a, b in ((inside[0][0], outside[0][0]), (inside[0][1], outside[0][1]), (inside[1], outside[1])):
            np.testing.assert_array_equal(a, b)

    def test_nodes_remember_their_line(self):
        with debug():
            x = ag.Tensor(2.0) * 3.0  # here
        assert x.line == line_of("ag.Tensor(2.0) * 3.0  # here") + "x = ag.Tensor(2.0) * 3.0  # here"

    def test_a_line_of_the_user_is_found_below_numpy(self):
        with debug():
            x = np.apply_along_axis(lambda row: row * 2.0, 0, ag.Tensor(np.ones((2, 2))))
        assert x.line.startswith(__file__)

    @pytest.mark.parametrize("folder", ["autograd_lite_experiments", "numpy_examples"])
    def test_code_of_a_folder_beside_the_package_is_the_users(self, folder):
        package = ag.__file__ if folder.startswith("autograd") else np.__file__
        file = str(Path(package).parents[1] / folder / "model.py")
        linecache.cache[file] = (0, None, ["y = x * 2.0\n"], file)
        variables = {"x": ag.Tensor(1.0)}
        with debug():
            exec(compile("y = x * 2.0", file, "exec"), variables)
        assert variables["y"].line == f"{file}:1: y = x * 2.0"

    def test_the_line_of_typed_code(self):
        variables = {"x": ag.Tensor(1.0)}
        with debug():
            exec(compile("y = x * 2.0", "<typed>", "exec"), variables)
        assert variables["y"].line == "<typed>:1"


class TestBackward:
    def test_the_gradient_of_a_square_root_at_zero(self):
        def loss(x):
            root = x**0.5  # the op
            return np.sum(root)

        with debug(), pytest.raises(FloatingPointError) as raised:
            ag.grad(loss)(np.array([4.0, 0.0]))
        message = str(raised.value)
        said = "infinity in the backward pass, in the cotangent of x from op 'power' of x = [4. 0.], 0.5"
        assert message.startswith(f"{said}\n  at ")
        assert line_of("x**0.5  # the op") in message

    def test_an_input_without_a_name(self):
        with debug(), pytest.raises(FloatingPointError, match=r"of input 0 from op 'sqrt' of 0\.0\n"):
            ag.grad(lambda x: np.sqrt(x * x))(0.0)

    def test_a_named_leaf(self):
        x = ag.Tensor(0.0, "distance")
        with debug():
            y = x**0.5
            with pytest.raises(FloatingPointError, match="in the cotangent of distance from op 'power'"):
                y.backward()
        assert x.grad is None

    def test_a_cotangent_of_the_users(self):
        x = ag.Tensor(np.ones(2))
        with debug(), pytest.raises(FloatingPointError, match="NaN in the backward pass"):
            (x * 2.0).backward([np.nan, 1.0])

    def test_a_value_from_before_that_was_let_go(self):
        y = np.sqrt(ag.Tensor(np.zeros(100_000)) * 1.0) + 1.0
        said = r"from op 'sqrt' of Tensor of shape \(100000,\)\n"
        with debug(), pytest.raises(FloatingPointError, match=said):
            y.backward(np.ones(100_000))

    def test_nodes_from_before(self):
        y = ag.Tensor(0.0) ** 0.5
        with (
            debug(),
            pytest.raises(
                FloatingPointError, match=r"from op 'power' of 0\.0, 0\.5\n  at a line outside of ag.debug\(\)"
            ),
        ):
            y.backward()

    def test_second_order(self):
        with debug(), pytest.raises(FloatingPointError, match="infinity"):
            ag.grad(ag.grad(lambda x: x**1.5))(0.0)


class TestChangedArrays:
    def changed(self, message="was changed before the backward pass, whose gradient would be wrong; pass a copy of it"):
        return pytest.raises(RuntimeError, match=message)

    def test_a_constant(self):
        data = np.array([1.0, 2.0])
        x = ag.Tensor(np.ones(2))
        with debug():
            loss = np.sum(x * data)  # uses the data
            data[0] = 5.0
            with self.changed("an array of shape .2,. that op 'multiply' used was changed") as raised:
                loss.backward()
        assert line_of("np.sum(x * data)  # uses the data") in str(raised.value)
        assert x.grad is None

    def test_an_argument_of_a_transform(self):
        x = np.array([1.0, 2.0])
        with debug():
            _, pullback = ag.vjp(np.square, x)
            x += 1.0
            with self.changed():
                pullback(np.ones(2))

    def test_a_view_of_it(self):
        data = np.zeros((3, 3))
        x = ag.Tensor(np.ones(3))
        with debug():
            loss = np.sum(x * data[1, ::-1])
            data[1, 0] = 1.0
            with self.changed():
                loss.backward()

    def test_an_index(self):
        index = np.array([0, 1])
        x = ag.Tensor(np.ones(3))
        with debug():
            loss = np.sum(x[index, None] ** 2)
            index[0] = 2
            with self.changed():
                loss.backward()

    def test_what_stays_is_not_reported(self):
        data, other = np.array([1.0, np.pi]), np.zeros(2)
        x = ag.Tensor(np.ones(2))
        with debug():
            loss = np.sum(x * data)
            other += 1.0
            data[:] = data.copy()
            loss.backward()
        np.testing.assert_array_equal(x.grad, data)

    def test_a_leaf_that_copies_cannot_be_changed(self):
        data = np.ones(2)
        x = ag.Tensor(data)
        with debug():
            loss = np.sum(x * x)
            data += 1.0
            loss.backward()
        np.testing.assert_array_equal(x.grad, 2.0)


class TestScope:
    def test_blocks_nest(self):
        with debug():
            with debug():
                pass
            with pytest.raises(FloatingPointError):
                np.log(ag.Tensor(0.0))

    def test_blocks_may_end_in_any_order(self):
        with np.errstate(all="ignore"):
            first, second = debug(), debug()
            first.__enter__()
            second.__enter__()
            first.__exit__(None, None, None)
            with pytest.raises(FloatingPointError):
                np.log(ag.Tensor(0.0))
            second.__exit__(None, None, None)
            assert np.log(ag.Tensor(0.0)).value == -np.inf

    def test_an_exception_ends_it(self):
        with pytest.raises(KeyError), debug():
            raise KeyError
        with np.errstate(all="ignore"):
            assert np.log(ag.Tensor(0.0)).value == -np.inf

    def test_it_looks_at_its_own_thread_alone(self):
        found = []

        def work():
            with np.errstate(all="ignore"):
                found.append(ag.value_and_grad(np.log)(0.0))

        with debug():
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        assert found == [(-np.inf, np.inf)]

    def test_blocks_of_threads_overlap(self):
        entered, leave = threading.Event(), threading.Event()

        def work():
            with debug():
                entered.set()
                leave.wait(10)

        thread = threading.Thread(target=work)
        with debug():
            thread.start()
            entered.wait(10)
        leave.set()
        thread.join()
        with np.errstate(all="ignore"):
            assert np.log(ag.Tensor(0.0)).value == -np.inf

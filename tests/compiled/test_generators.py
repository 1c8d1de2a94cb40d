"""Draws of a generator among the arguments: recorded one by one, and drawn again from any generator."""

import random
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiled.generators import Source, sources
from autograd_lite.compiled.sealed import Sealed
from autograd_lite.core.tape import Run, observing
from autograd_lite.numerical.streams import stream
from autograd_lite.program.expressions import Expressions
from autograd_lite.program.recording import Constants, leaf
from autograd_lite.program.render import text

DRAWS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {  # arguments of each method
    "beta": ((1.0, 2.0), {"size": 3}),
    "binomial": ((10, 0.5), {}),
    "chisquare": ((2.0,), {"size": (2, 3)}),
    "choice": ((np.arange(5.0),), {"size": 3, "replace": False}),
    "dirichlet": (([1.0, 2.0],), {}),
    "exponential": ((), {"scale": 2.0}),
    "f": ((1.0, 2.0), {}),
    "gamma": ((2.0,), {"size": 2}),
    "geometric": ((0.5,), {}),
    "gumbel": ((), {"size": 2}),
    "hypergeometric": ((5, 6, 7), {"size": 4}),
    "integers": ((10,), {"size": 5, "endpoint": True}),
    "laplace": ((), {}),
    "logistic": ((0.0, 1.0, 3), {}),
    "lognormal": ((), {"size": 3}),
    "logseries": ((0.5,), {}),
    "multinomial": ((10, [0.2, 0.8]), {}),
    "multivariate_hypergeometric": (([3, 4], 2), {}),
    "multivariate_normal": ((np.zeros(2), np.eye(2)), {"size": 3}),
    "negative_binomial": ((3, 0.5), {}),
    "noncentral_chisquare": ((2.0, 1.0), {}),
    "noncentral_f": ((2.0, 3.0, 1.0), {}),
    "normal": ((1.0, 2.0, (3, 4)), {}),
    "pareto": ((2.0,), {}),
    "permutation": ((6,), {}),
    "permuted": ((np.arange(6.0).reshape(2, 3),), {"axis": 1}),
    "poisson": ((3.0,), {"size": 2}),
    "power": ((2.0,), {}),
    "random": (((2, 3),), {}),
    "rayleigh": ((), {}),
    "standard_cauchy": ((), {"size": 2}),
    "standard_exponential": ((), {}),
    "standard_gamma": ((2.0,), {}),
    "standard_normal": ((4,), {}),
    "standard_t": ((3.0,), {}),
    "triangular": ((0.0, 0.5, 1.0), {}),
    "uniform": ((-1.0, 1.0), {"size": (2, 2)}),
    "vonmises": ((0.0, 1.0), {}),
    "wald": ((1.0, 2.0), {}),
    "weibull": ((2.0,), {}),
    "zipf": ((2.0,), {}),
}
REFUSED: dict[str, Any] = {
    "shuffle": (lambda rng: rng.shuffle(np.arange(3.0)), r"write x = rng\.permutation\(x\)"),
    "bytes": (lambda rng: rng.bytes(3), r"rng\.bytes\(\) of a compiled function is not recorded; draw numbers"),
    "spawn": (lambda rng: rng.spawn(2), r"rng\.spawn\(\) of a compiled function is not recorded; draw numbers"),
    "bit_generator": (lambda rng: rng.bit_generator, r"rng\.bit_generator is not recorded"),
    "out": (lambda rng: rng.random(out=np.zeros(3)), r"rng\.random\(out=\) of a compiled .* use what it returns"),
}


def traced(f, generator, *arrays):
    """Call a function as a compiler does; return its result and what stood for the generator."""
    source = Source(generator, "rng")
    leaves = [leaf(x, None) for x in arrays]
    with Run(leaves), observing(Constants({})), observing(Sealed()):
        return f(*leaves, source), source


def again(node, generator):
    """Draw a node again from another generator."""
    return node.op.compute(generator, *(x._value for x in node.inputs[1:]), **node.params)


def test_the_tables_name_all_that_generators_have():
    public = {name for name in dir(np.random.Generator) if not name.startswith("_")}
    assert public == DRAWS.keys() | REFUSED.keys() - {"out"}


@pytest.mark.parametrize("method", DRAWS)
def test_a_draw_is_a_node_that_can_be_drawn_again(method):
    args, kwargs = DRAWS[method]
    generator, expected = stream(method), getattr(stream(method), method)(*args, **kwargs)
    node, source = traced(lambda rng: getattr(rng, method)(*args, **kwargs), generator)
    np.testing.assert_array_equal(node._value, expected)
    assert source.draws == [node]
    assert node.inputs == (source.leaf,)
    assert generator.bit_generator.state == stream(method).bit_generator.state
    np.testing.assert_array_equal(again(node, generator), expected)
    assert generator.bit_generator.state != stream(method).bit_generator.state


@pytest.mark.parametrize("method", DRAWS)
def test_a_draw_is_written_as_the_call_that_it_is(method):
    args, kwargs = DRAWS[method]
    node, source = traced(lambda rng: getattr(rng, method)(*args, **kwargs), stream(method))
    expressions = Expressions()
    expressions.leaf(source.leaf, "rng")
    expressions.translate(source.draws, lambda *_: None)
    scope = {"np": np, "rng": stream(method)}
    written = text(expressions.nodes[node])
    assert written.startswith(f"rng.{method}(")
    np.testing.assert_array_equal(eval(written, scope), node._value)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_draw_is_refused(case):
    f, message = REFUSED[case]
    with pytest.raises(TypeError, match=message) as raised:
        traced(f, stream(case))
    assert raised.value.__notes__[0].startswith(f"at {__file__}:")


def test_an_attribute_that_no_generator_has_is_missing():
    with pytest.raises(AttributeError, match="has no attribute 'normals'"):
        traced(lambda rng: rng.normals(), stream("missing"))


def test_equal_draws_stay_apart_and_in_order():
    def f(rng):
        rng.standard_normal(2)
        return rng.standard_normal(2), rng.uniform(), rng.standard_normal(2)

    generator, check = stream("order"), stream("order")
    _, source = traced(f, generator)
    assert len({node.op for node in source.draws}) == 4
    for node in source.draws:
        np.testing.assert_array_equal(again(node, generator), node._value)
    f(check)
    assert generator.bit_generator.state == check.bit_generator.state


def test_two_traces_record_the_same_ops_and_sizes_as_they_are():
    def f(x, rng):
        return x * rng.normal(size=(len(x), 2))[:, 0] + rng.random(len(x))

    few, many = (traced(f, stream("sizes"), np.ones(n))[1].draws for n in (23, 29))
    assert [a.op is b.op for a, b in zip(few, many, strict=True)] == [True, True]
    assert [[d.params for d in draws] for draws in (few, many)] == [[{"size": (n, 2)}, {"arg0": n}] for n in (23, 29)]


def test_a_draw_takes_tensors_as_inputs():
    def f(x, y, rng):
        return rng.permutation(x), rng.choice(y, size=2), rng.normal(loc=[x[0], x[1]])

    arrays = np.array([1.0, 2.0, 3.0]), np.array([4, 5, 6])
    (shuffled, chosen, normal), _ = traced(f, stream("inputs"), *arrays)
    check = stream("inputs")
    np.testing.assert_array_equal(shuffled._value, check.permutation(arrays[0]))
    np.testing.assert_array_equal(chosen._value, check.choice(arrays[1], size=2))
    np.testing.assert_array_equal(normal._value, check.normal(loc=arrays[0][:2]))
    np.testing.assert_array_equal(again(shuffled, stream("inputs")), shuffled._value)
    assert chosen.params == {"size": 2}


def test_a_gradient_through_a_draw_is_refused():
    message = "what is drawn has no derivative: draw with constants"
    with pytest.raises(TypeError, match=message):
        traced(lambda x, rng: ag.grad(lambda w: w * rng.normal(w))(x), stream("gradient"), np.array(2.0))


FUNCTIONS = {
    "dropout": lambda x, rng: ag.dropout(x, 0.3, rng=rng),
    "the gradient of dropout": lambda x, rng: ag.grad(lambda w: np.sum(np.square(ag.dropout(w, rng=rng))))(x),
    "the Hessian of dropout": lambda x, rng: ag.hessian(lambda w: np.sum(ag.dropout(w, rng=rng) ** 3))(x),
    "batches": lambda x, rng: list(ag.optim.batches(x, 2, rng)),
    "initial weights": lambda x, rng: (
        x @ ag.optim.glorot((4, 3), rng) @ ag.optim.he((3, 2), rng, distribution="uniform")
    ),
    "noise": lambda x, rng: x + rng.normal(0, 0.1, x.shape),
    "a generator of a generator": lambda x, rng: x * np.random.default_rng(rng).random(),
    "a mask": lambda x, rng: np.where(rng.random(len(x)) < 0.5, x, -x),
    "random rows": lambda x, rng: x[rng.permutation(len(x))] + x[rng.integers(4)],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_take_a_generator_take_what_stands_for_one(name):
    f, x = FUNCTIONS[name], np.arange(1.0, 5.0)
    expected = f(x, stream(name))
    result, source = traced(f, stream(name), x)
    parts = result if isinstance(result, list) else [result]
    for part, like in zip(parts, expected if isinstance(result, list) else [expected], strict=True):
        np.testing.assert_allclose(part._value, like)
    assert source.draws


def test_a_generator_that_is_passed_twice_is_one():
    one, other = stream("one"), stream("other")
    found = sources([1.0, one, other, one], ["x", "a", "b", "c"])
    assert found.keys() == {1, 2, 3}
    assert found[1] is found[3]
    assert found[1] is not found[2]
    assert [found[i].leaf.name for i in (1, 2)] == ["a", "b"]


@pytest.mark.parametrize("make", [random.Random, np.random.RandomState])
def test_generators_of_other_kinds_are_refused(make):
    with pytest.raises(TypeError, match=rf"rng is a {make.__name__}; pass np\.random\.default_rng\(seed\)"):
        sources([make(0)], ["rng"])

"""Trees of every kind of container, in every function that takes trees; cyclic and deep ones."""

from collections import Counter, OrderedDict, UserDict, defaultdict, namedtuple
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import trees

Pair = namedtuple("Pair", ["w", "b"])
W, B, X = np.array([[0.5, -1.0], [2.0, 0.25]]), 0.5, np.array([1.0, -2.0])


class Typed(NamedTuple):
    w: Any
    b: Any


class Attributes(dict[str, Any]):
    """Keys that are attributes too: a copy of its ``__dict__`` would be of another dict."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.__dict__ = self


class Frozen(Mapping[str, Any]):
    def __init__(self, given):
        self._held = dict(given)

    def __getitem__(self, key):
        return self._held[key]

    def __iter__(self):
        return iter(self._held)

    def __len__(self):
        return len(self._held)


@dataclass
class Layer:
    w: Any
    b: Any = 0.0
    name: str = "dense"
    activation: Any = np.tanh
    axis: int = 0
    sizes: "tuple[int, ...]" = (2, 2)
    note: Any = None
    rate: float = field(default=3.0, metadata={"static": True})
    cache: Any = field(init=False, default=None)


@dataclass
class Doubled:
    """Its constructor computes with a field."""

    w: Any
    doubled: Any = field(init=False)

    def __post_init__(self):
        self.doubled = self.w * 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    b: Any
    w: Any


CONTAINERS = {
    "dict": {"w": W, "b": B},
    "OrderedDict": OrderedDict(w=W, b=B),
    "defaultdict": defaultdict(list, w=W, b=B),
    "Counter": Counter({"w": W, "b": B}),
    "UserDict": UserDict(w=W, b=B),
    "dict with attributes": Attributes(w=W, b=B),
    "mapping": Frozen({"w": W, "b": B}),
    "proxy": MappingProxyType({"w": W, "b": B}),
    "namedtuple": Pair(W, B),
    "NamedTuple": Typed(W, B),
    "dataclass": Layer(W, B),
    "frozen dataclass": Small(w=W, b=B),
}
BY_NAME = sorted(CONTAINERS)


def part(tree, key):
    return tree[key] if isinstance(tree, Mapping) else getattr(tree, key)


def like(tree, **parts):
    """Make a container like one of the table with other parts."""
    leaves, rebuild = trees.flatten(tree)
    order = sorted(parts, key=lambda key: next(i for i, leaf in enumerate(leaves) if leaf is part(tree, key)))
    return rebuild([parts[key] for key in order])


def loss(tree):
    return np.sum(np.tanh(X @ part(tree, "w") + part(tree, "b")))


def slopes():
    d = 1 - np.tanh(X @ W + B) ** 2
    return {"w": np.outer(X, d), "b": np.sum(d)}


def assert_parts(found, tree, **expected):
    assert type(found) is type(tree)
    for key, wanted in expected.items():
        np.testing.assert_allclose(part(found, key), wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", BY_NAME)
class TestContainers:
    def test_flatten_and_rebuild(self, name):
        tree = CONTAINERS[name]
        leaves, rebuild = trees.flatten(tree)
        assert sorted(map(np.ndim, leaves)) == [0, 2]
        assert type(rebuild(leaves)) is type(tree)
        assert part(rebuild(leaves), "w") is W
        assert trees.flatten_like(tree, rebuild([1.0, 2.0])) == [1.0, 2.0]

    def test_the_function_gets_it_and_the_gradient_is_one(self, name):
        tree = CONTAINERS[name]

        def f(given):
            assert type(given) is type(tree)
            return loss(given)

        assert_parts(ag.grad(f)(tree), tree, **slopes())
        nested = {"a": [tree, (tree,)]}
        found = ag.grad(lambda t: f(t["a"][0]) + 2 * f(t["a"][1][0]))(nested)
        assert_parts(found["a"][0], tree, **slopes())
        assert_parts(found["a"][1][0], tree, **{key: 2 * x for key, x in slopes().items()})

    def test_every_transform(self, name):
        tree, slope = CONTAINERS[name], slopes()
        along = like(tree, w=np.ones((2, 2)), b=1.0)
        directional = np.sum(slope["w"]) + slope["b"]
        assert_parts(ag.value_and_grad(loss)(tree)[1], tree, **slope)
        assert_parts(ag.vjp(loss, tree)[1](1.0)[0], tree, **slope)
        assert ag.jvp(loss, (tree,), (along,))[1] == pytest.approx(directional, rel=1e-12)
        assert_parts(ag.jacobian(loss)(tree), tree, **slope)
        rows = ag.hessian(loss)(tree)
        assert type(rows) is type(part(rows, "w")) is type(tree)
        assert part(part(rows, "w"), "w").shape == (2, 2, 2, 2)
        product = sum(np.sum(part(part(rows, "b"), key) * part(along, key)) for key in "wb")
        assert part(ag.hvp(loss, tree, along), "b") == pytest.approx(product, rel=1e-12)

    def test_as_a_result(self, name):
        tree = CONTAINERS[name]
        f = lambda t: like(tree, w=t * W, b=t * t)  # noqa: E731
        value, pullback = ag.vjp(f, 3.0)
        assert_parts(value, tree, w=3.0 * W, b=9.0)
        assert pullback(value)[0] == pytest.approx(np.sum(3.0 * W * W) + 9.0 * 6.0, rel=1e-12)
        assert_parts(ag.jacobian(f)(3.0), tree, w=W, b=6.0)

    def test_optimisers_and_stop_gradient(self, name):
        tree = CONTAINERS[name]
        optimiser = ag.optim.Momentum(0.1)
        once = optimiser.step(tree, ag.grad(loss)(tree))
        assert_parts(once, tree, w=W - 0.1 * slopes()["w"], b=B - 0.1 * slopes()["b"])
        assert type(optimiser.step(once, ag.grad(loss)(once))) is type(tree)
        assert ag.grad(lambda t: loss(ag.stop_gradient(t)))(tree) is not None
        np.testing.assert_array_equal(part(ag.grad(lambda t: loss(ag.stop_gradient(t)))(tree), "w"), 0.0)

    def test_readings_and_verify(self, name):
        tree = CONTAINERS[name]
        assert set(ag.trace(loss, tree).gradients) == {"w", "b"}
        written: dict[str, Any] = {}
        exec(ag.source(loss, tree), written)
        value, gradient = written["loss_and_gradient"](tree)
        assert value == pytest.approx(loss(tree), rel=1e-12)
        for key, wanted in slopes().items():
            np.testing.assert_allclose(part(gradient, key), wanted, rtol=1e-12)
        if not isinstance(tree, Mapping):
            assert type(gradient) is type(tree)
        assert ag.verify(loss, lambda t: like(t, **slopes()), tree).verdict == "right"
        ag.check_grads(loss, tree)
        wrong = ag.verify(loss, lambda t: like(t, **{**slopes(), "b": 0.0}), tree)
        assert wrong.verdict == "wrong"


class TestDataclasses:
    def test_static_fields_are_passed_on(self):
        seen = []

        def f(layer):
            seen.append(layer)
            return layer.activation(np.sum(layer.w, axis=layer.axis)).sum() * layer.rate + layer.b

        given = Layer(W, B, "first", np.cos, 1, note=[None, "text"])
        found = ag.grad(f)(given)
        np.testing.assert_allclose(found.w, -3.0 * np.sin(W.sum(1))[:, None] * np.ones(2), rtol=1e-12)
        for layer in (seen[0], found):
            assert (layer.name, layer.activation, layer.axis, layer.sizes) == ("first", np.cos, 1, (2, 2))
            assert (layer.note, layer.rate) == ([None, "text"], 3.0)

    def test_what_the_constructor_derives_is_recorded(self):
        np.testing.assert_array_equal(ag.grad(lambda d: np.sum(d.doubled))(Doubled(W)).w, 2.0)
        assert ag.vjp(lambda d: d, Doubled(W))[1](Doubled(B * W))[0].doubled is not None
        with pytest.raises(TypeError, match=r"Doubled cannot be made anew of other parts.*'Doubled' and 'float'"):
            ag.hessian(lambda d: np.sum(d.doubled))(Doubled(W))  # whose rows are parts that are no arrays

    def test_numbers_are_leaves_unless_declared_as_integers(self):
        @dataclass
        class Point:
            x: float
            y: Any
            n: "int" = 2
            weights: "list[float]" = field(default_factory=lambda: [1, 2])
            flag: bool = True

        found = ag.grad(lambda p: p.x * p.y**p.n * p.weights[0])(Point(2, 3))
        assert (found.x, found.y, found.n, found.weights, found.flag) == (9.0, 12.0, 2, [18.0, 0.0], True)
        assert ag.grad(lambda p: p.n * p.n)(Point(1.0, 1.0, 2.5)).n == 5.0  # type: ignore[arg-type]

    def test_inside_each_other(self):
        @dataclass
        class Network:
            layers: list[Layer]
            head: Small

        network = Network([Layer(W, B), Layer(2 * W, B)], Small(w=W, b=B))
        found = ag.grad(lambda n: loss(n.layers[1]) + loss(n.head))(network)
        assert [type(layer) for layer in found.layers] == [Layer, Layer]
        assert_parts(found.head, network.head, **slopes())
        np.testing.assert_array_equal(found.layers[0].w, 0.0)

    def test_without_numbers(self):
        @dataclass(frozen=True)
        class Settings:
            name: str = "sgd"

        assert ag.grad(lambda s, x: x * 2.0, (0, 1))(Settings(), 3.0) == (Settings(), 2.0)

    def test_one_that_cannot_be_made_anew(self):
        @dataclass
        class Scaled:
            w: Any
            by: InitVar[float]

            def __post_init__(self, by):
                self.w = self.w * by

        with pytest.raises(TypeError, match=r"argument 0 of .*Scaled cannot be made anew.*its fields by name.*'by'"):
            ag.grad(lambda s: s.w)(Scaled(1.0, 2.0))


def test_a_mapping_that_cannot_be_made_anew():
    class Keywords(dict[str, Any]):
        def __init__(self, **kwargs):
            super().__init__(kwargs)

    with pytest.raises(TypeError, match=r"Keywords cannot be made anew.*a dict of its items.*pass a plain dict"):
        ag.grad(lambda p: p["w"])(Keywords(w=1.0))


def test_mappings_of_several_types_are_alike_by_their_keys():
    x = OrderedDict(w=W, b=B)
    stepped = ag.optim.SGD(1.0).step(x, {"b": 1.0, "w": W})
    assert type(stepped) is OrderedDict
    assert list(stepped) == ["w", "b"]
    assert stepped["b"] == B - 1.0
    with pytest.raises(ValueError, match=r"got {'w': \*, 'b': \*} and Pair\(w=\*, b=\*\)"):
        ag.optim.SGD(1.0).step(x, Pair(W, B))


def ring():
    """Return a tree whose node at ['a'][1] holds the one at ['a']."""
    back: dict[str, Any] = {}
    inner = [1.0, back]
    back["back"] = inner
    return {"a": inner}


LEVELS = 10_000


def deep(leaf):
    tree: Any = (leaf,)
    for _ in range(LEVELS):
        tree = (leaf, tree)
    return tree


def total(tree):
    found = 0.0
    while len(tree) == 2:
        found, tree = found + tree[0] * tree[0], tree[1]
    return found + tree[0] * tree[0]


class TestCyclic:
    TAKES_TREES = {  # noqa: RUF012
        "grad": lambda t: ag.grad(lambda t: 1.0)(t),
        "result": lambda t: ag.grad(lambda x: t)(1.0),
        "vjp": lambda t: ag.vjp(lambda t: 1.0, t),
        "jvp": lambda t: ag.jvp(lambda x: x, (1.0,), (t,)),
        "stop_gradient": ag.stop_gradient,
        "optim": lambda t: ag.optim.SGD(0.1).step(t, t),
        "trace": lambda t: ag.trace(lambda t: t["a"][0], t),
        "source": lambda t: ag.source(lambda t: t["a"][0], t),
        "verify": lambda t: ag.verify(lambda t: t["a"][0], lambda t: t, t),
    }

    @pytest.mark.parametrize("name", TAKES_TREES)
    def test_it_is_named(self, name):
        with pytest.raises((TypeError, ValueError)) as raised:
            self.TAKES_TREES[name](ring())
        if name != "jvp":  # whose tangent has another structure than the primal in any case
            assert "['a'][1]['back'] is tree" in str(raised.value)

    def test_where(self):
        x: list[Any] = [1.0]
        x.append(x)
        with pytest.raises(TypeError, match=r"a tree cannot hold itself: tree\[1\] is tree$"):
            trees.flatten(x)
        layer = Layer(W, note=[B])
        layer.note.append(layer)
        with pytest.raises(TypeError, match=r"tree\[0\].note\[1\] is tree\[0\]$"):
            trees.flatten([layer])

    def test_one_node_in_two_places_is_no_cycle(self):
        shared = [1.0, 2.0]
        assert ag.grad(lambda t: t[0][0] * t[1]["b"][0])([shared, {"b": shared}]) == [[1.0, 0.0], {"b": [1.0, 0.0]}]


class TestDeep:
    def test_transforms_and_optimisers(self):
        tree = deep(0.5)
        gradient = ag.grad(total)(tree)
        assert trees.flatten(gradient)[0] == [1.0] * (LEVELS + 1)
        assert total(ag.optim.SGD(0.5).step(tree, gradient)) == 0.0
        value, pullback = ag.vjp(lambda t: t, tree)
        assert trees.flatten(pullback(value))[0] == [0.5] * (LEVELS + 1)

    def test_linked_dataclasses(self):
        @dataclass
        class Link:
            below: Any
            value: Any

        link = None
        for _ in range(LEVELS):
            link = Link(link, 2.0)

        def squares(link):
            found = 0.0
            while link:
                found, link = found + link.value**2, link.below
            return found

        assert trees.flatten(ag.grad(squares)(link))[0] == [4.0] * LEVELS

    def test_names_end_somewhere(self):
        for read in (ag.trace, ag.source, ag.explain, lambda f, x: ag.verify(f, lambda t: t, x)):
            with pytest.raises(ValueError, match="at most 100 levels"):
                read(total, deep(0.5))

    def test_a_description_is_cut(self):
        with pytest.raises(ValueError, match=r"got \(\*, \(\*, .*\.\.\.") as raised:
            ag.optim.SGD(0.5).step(deep(0.5), [0.5])
        assert len(str(raised.value)) < 200

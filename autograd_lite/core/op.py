"""The op row: a function and its derivative, defined in one place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast, overload

import numpy as np

from autograd_lite.core.ducks import ducks
from autograd_lite.core.general import refuse_varying
from autograd_lite.core.labels import LabelRule, subscripts
from autograd_lite.core.lists import holds_tensor, stacked
from autograd_lite.core.overwriting import overwrites
from autograd_lite.core.protection import SMALL, kept, kept_params
from autograd_lite.core.reads import OUTPUT, Reads, reads
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.signatures import bind, check_params, check_row, check_rule, raw_params, signature_of, sort
from autograd_lite.core.tape import Params, Rule, assigning, observers, registry
from autograd_lite.core.tensor import Tensor, raw, record, summary
from autograd_lite.core.values import LARGE, NUMBERS, as_constant, refuse_foreign

P = ParamSpec("P")
R = TypeVar("R")
RuleT = TypeVar("RuleT", bound=Rule)
Rules = tuple[Rule | None, ...]
Call = tuple[tuple[Any, ...], Params]  # its inputs and keyword parameters

_ndarray = np.ndarray
_VALUES = frozenset({np.ndarray, np.float64, np.float32, tuple})
_KEPT = NUMBERS | {Tensor}
_NOTHING: Any = ...


class Op:
    """A function and its derivative: the one place where either is defined.

    Parameters
    ----------
    forward : callable
        Takes the values of the inputs, then keyword parameters. Its inputs are the positional-only parameters; where it
        has none, the positional ones without a default.
    rules : tuple of callables, or one callable for an op of any number of inputs
        ``rule(g, z, *inputs, **params)`` gives the cotangent of one input from the cotangent ``g`` of the output ``z``.
        None stands for an input with the derivative zero. With any number of inputs, the one rule takes the position of
        the input first: ``rule(i, g, z, *inputs, **params)``. Without rules, the forward is differentiated through.
    name : str
    numpy : callable, optional
        The NumPy function that the op answers for.
    template : str, optional
        The call as source text, with ``{}`` for each input: ``"{} * {}"``.
    core : int, optional
        The number of trailing axes that do not broadcast: 0 for elementwise functions, 2 for stacks of matrices. None:
        the op does not broadcast. The rule of one that does returns the cotangent of the stretched input.
    labels : str or callable, optional
        Along which axes a call can be computed part by part: by ``"n, -> n"``, each row of the output follows from that
        row of the first input and the whole second one. By default it follows from ``core``. See ``core.labels``.
    spread : bool
        The forward takes its inputs as one sequence, as ``np.concatenate`` does.
    lists : bool
        The forward takes lists of arrays apart, as that of ``np.block``. Elsewhere they become one Tensor first.
    operate : callable, optional
        The same function as a Python operator, which NumPy scalars run ten times faster than a ufunc.
    restate : callable, optional
        ``restate(inputs, params)`` returns inputs and parameters of the same call as the rules take it: where a
        parameter may be a Tensor that is differentiated, which it makes a part of an input.
    domain : Domain or tuple of Domain
        Where the elements of elementwise inputs may lie, one for all or one for each.
    varies : str, or callable that returns one or None, optional
        How the result's shape or dtype depends on values, so that no program is for all of them, and what to write
        instead. A callable takes inputs and parameters of a call.
    samples : tuple of Sample
        Calls that the tests take the op through; elementwise ops derive theirs from the domain.
    """

    expansion: Rule | None = None
    into: Rule | None = None

    def __init__(
        self,
        forward: Callable[..., Any],
        rules: Rules | Rule | None = None,
        *,
        name: str | None = None,
        numpy: Callable[..., Any] | None = None,
        template: str | None = None,
        core: int | None = None,
        labels: LabelRule | str | None = None,
        spread: bool = False,
        lists: bool = False,
        operate: Callable[..., Any] | None = None,
        restate: Callable[[tuple[Any, ...], Params], Call] | None = None,
        domain: Any = None,
        varies: str | Callable[..., str | None] | None = None,
        samples: tuple[Any, ...] = (),
    ) -> None:
        self.__signature__ = signature_of(forward)
        self.forward = forward
        self.name = name or forward.__name__
        self.numpy = numpy
        self.template = template
        self.core = core
        self.labels = subscripts(labels) if isinstance(labels, str) else labels
        self.spread = spread
        self.restate = restate
        self.lists = lists or spread or numpy is None
        self.domain = domain
        self.varies = varies
        self.given = 0
        self.samples = samples
        self.input_names, self.param_names, variadic = sort(self.__signature__)
        self.arity = None if variadic or spread else len(self.input_names)
        self.rules: tuple[Rule | None, ...] | Rule | None = rules
        self.other: Rule | None = None
        self.edges: tuple[tuple[int, Rule], ...] | None = None
        self._read_by_others: tuple[int, ...] | None = None
        self.overwrites: tuple[bool, ...] = ()
        if isinstance(rules, tuple):
            self._set_rules(rules)
        self.compute = operate or ((lambda *values, **params: forward(values, **params)) if spread else forward)
        update_wrapper(self, forward, ("__module__", "__qualname__", "__doc__"), ())  # up to 30 attributes are fast
        if name or not hasattr(forward, "__qualname__"):
            self.__qualname__ = self.name

    __name__ = property(lambda self: self.name)

    @property
    def elementwise(self) -> bool:
        """Whether each element of the output depends on the same element of the broadcast inputs alone."""
        return self.core == 0

    def input_name(self, position: int) -> str:
        """Return what the forward calls an input; its position where it takes any number of them."""
        return self.input_names[position] if position < len(self.input_names) else str(position)

    def vjp(self, rule: RuleT = _NOTHING) -> RuleT:
        """Add the rule of the next input (decorator); the one rule of an op of any number of inputs."""
        if self.given == self.arity:
            raise TypeError(f"op '{self.name}' has {self.arity} input(s) and a rule for each; this is one more")
        check_rule(self, rule)
        if self.arity is None:
            self.rules = rule
        else:
            rules = self.rules if isinstance(self.rules, tuple) else ()
            self._set_rules((*rules[: self.given], rule))
        return rule

    def expand(self, expansion: RuleT) -> RuleT:
        """Give the same function in other ops, which compiled programs compute faster (decorator).

        It takes what the forward takes, and is never differentiated; it returns None to leave a call as it is.
        """
        self.expansion = expansion
        return expansion

    def write(self, into: RuleT) -> RuleT:
        """Give the forward as a function that takes ``out=``, an array to write into, or None (decorator)."""
        self.into = into
        return into

    def elsewhere(self, other: RuleT) -> RuleT:
        """Give the forward for arrays of other libraries, whose functions take less than NumPy's (decorator)."""
        self.other = other
        return other

    def _compute_for(self, values: Sequence[Value]) -> Rule:
        """Return the forward for values, the first of which is no array of NumPy's."""
        return self.other if self.other and any(ducks[type(x)] for x in values) else self.compute

    def _set_rules(self, given: tuple[Rule | None, ...]) -> None:
        """Keep one rule for each input; those that are not given raise."""
        self.given = len(given)
        self.rules = (*given, *(self._missing(i) for i in range(self.given, self.arity or 0)))
        self.edges = self.edges_for(len(self.rules))
        self._reads = tuple(reads(rule, len(self.rules)) for rule in self.rules)
        self.overwrites = tuple(rule is not None and overwrites(rule) for rule in self.rules)
        self._read_by_others = tuple(
            i for i in range(len(self.rules)) if any(i in read for j, read in enumerate(self._reads) if j != i)
        )

    def _missing(self, position: int) -> Rule:
        def missing(*args: Any, **params: Any) -> Value:
            raise NotImplementedError(
                f"op '{self.name}' has no vjp rule for input {position} ('{self.input_names[position]}'), which is a "
                f"Tensor. Add one with @{self.name}.vjp, or pass the input's .value to treat it as a constant."
            )

        return missing

    def rules_for(self, inputs: int) -> tuple[Rule | None, ...]:
        """Return one rule for each of this many inputs, as ``rule(g, z, *inputs, **params)``."""
        rules = self.rules
        return rules if isinstance(rules, tuple) else tuple(partial(rules, i) for i in range(inputs)) if rules else ()

    def edges_for(self, inputs: int) -> tuple[tuple[int, Rule], ...]:
        """Return position and rule of those of this many inputs that have one. They are kept where arity is fixed."""
        return tuple((i, rule) for i, rule in enumerate(self.rules_for(inputs)) if rule is not None)

    def read(self, inputs: tuple[Value, ...]) -> Reads:
        """Return the positions of those inputs, and `OUTPUT`, whose values the rules read that these inputs need."""
        if not isinstance(self.rules, tuple):
            return frozenset(range(OUTPUT, len(inputs)))
        return frozenset().union(*[self._reads[i] for i, x in enumerate(inputs) if type(x) is Tensor])

    def __call__(self, *args: Any, **params: Any) -> Value:
        """Compute the function; record it where an input is a Tensor. Plain inputs give plain results."""
        if self.rules is None:
            return self._differentiate_through(args, params)
        inputs, params = (args, params) if len(args) == self.arity and not params else bind(self, args, params)
        values = []
        recorded = arrays = lists = False
        for x in inputs:
            kind = type(x)
            if kind is Tensor:
                recorded, x = True, x._value
            elif kind is _ndarray:
                arrays, lists = True, lists or x.dtype.kind not in "fc"
            elif kind not in NUMBERS:
                lists = True
            values.append(x)
        if assigning:
            _check_views(inputs)
        given = raw_params(params) if observers and params else params  # a Tensor that picks from an array is recorded
        compute = self.compute if self.other is None or type(values[0]) in _VALUES else self._compute_for(values)
        if given is params and not (recorded or (lists and any(map(holds_tensor, inputs)))):
            if compute is not self.compute:
                return compute(*inputs, **params)
            return self.forward(*args, **params) if inputs is args else self._plain(inputs, params)
        if lists:
            inputs = tuple([x if type(x) in _KEPT else as_constant(x) for x in map(stacked, inputs)])
            values = [raw(x) for x in inputs]
            arrays = arrays or any(ducks[type(x)] for x in inputs)
        try:
            value = compute(*values, **given) if given else compute(*values)
            value = value if type(value) in _VALUES else self._as_value(value)
        except Exception as error:
            error.add_note(f"in op '{self.name}' of {', '.join(map(summary, inputs))}")
            raise
        inputs = self._kept(inputs) if arrays else inputs
        params = kept_params(params, self.name) if params else params
        node = record(self, value, inputs, params)
        x = values[0] if values else value  # what is large is made from something large, as a rule
        if type(x) is _ndarray and x.nbytes > LARGE:
            registry["large"](node)
        return unpack(node) if isinstance(value, tuple) else node

    def _kept(self, inputs: tuple[Value, ...]) -> tuple[Value, ...]:
        """Return inputs with what a record is to hold for the arrays among them that rules read."""
        held = list(inputs)
        for i in range(len(held)) if self._read_by_others is None else self._read_by_others:
            x = held[i]
            if type(x) is _ndarray or ducks[type(x)]:
                held[i] = x.copy("K") if x.nbytes <= SMALL and not observers else kept(x, self.name)
        return tuple(held)

    def _differentiate_through(self, args: tuple[Any, ...], params: Params) -> Value:
        """Run the body on Tensors; NumPy's own function answers for plain arguments."""
        given = (*args, *params.values())
        if holds_tensor(given):
            refuse_foreign(given)
        elif self.numpy is not None:
            return self.numpy(*args, **params)
        refuse_varying(self, args, params)
        if self.spread and args:
            args = ([*map(stacked, args[0])], *args[1:])
        elif not self.lists:
            args, params = tuple(map(stacked, args)), {key: stacked(x) for key, x in params.items()}
        check_params(self, params)
        named = tuple(params.pop(name) for name in self.input_names[len(args) :] if name in params)
        return self.forward(*args, *named, **params)

    def _plain(self, inputs: tuple[Value, ...], params: Params) -> Value:
        """Call the forward on inputs and parameters that were sorted."""
        return self.forward(inputs, **params) if self.spread else self.forward(*inputs, **params)

    def _as_value(self, value: Value) -> Value:
        """Return what the forward returned as an array, a NumPy scalar, or a tuple of these."""
        if isinstance(value, (np.ndarray, np.generic, tuple)) or ducks[type(value)]:
            return value
        if isinstance(value, complex):  # Python's own product of a complex number and a np.float64
            return np.complex128(value)
        if isinstance(value, (bool, int, float)):
            return np.float64(value)
        if type(value) is Tensor and not value._differentiated():  # an array that the forward made to fill it
            return value.value
        hint = ": is a return missing?" if value is None else "; several outputs are a tuple"
        raise TypeError(f"op '{self.name}' returned {type(value).__name__}, expected an array or a number{hint}")

    def __get__(self, instance: Any, owner: Any = None) -> Op:
        """Return the op itself, in a class too. `help` takes what has this method for a function: it shows its call."""
        return self

    def __reduce__(self) -> str:
        """Copy and pickle an op by reference, as a function: it is itself everywhere."""
        return self.__qualname__

    def __repr__(self) -> str:
        return f"<op {self.name}>"


_ROW = cast(dict[str, Any], Op.__init__.__kwdefaults__)

if TYPE_CHECKING:

    class OpLike(Op, Generic[P, R]):
        """What type checkers take an op for: it is called as its forward is."""

        def __call__(self, *args: P.args, **params: P.kwargs) -> R:
            """Compute the function."""


@overload
def op(function: Callable[..., Any], template: str, rules: Rules, /, **row: Any) -> Op: ...
@overload
def op(function: Callable[P, R], /) -> OpLike[P, R]: ...
@overload
def op(*, numpy: Any = None, **row: Any) -> Callable[[Callable[P, R]], OpLike[P, R]]: ...
def op(function: Any = None, template: Any = None, rules: Any = None, /, *, numpy: Any = None, **row: Any) -> Any:
    """Define an op.

    Three spellings, all of them the same door. A row, for a NumPy function whose rules are short::

        exp = op(np.exp, "np.exp({})", (lambda g, z, x: g * z,))

    A decorator for a function of one's own, with its rules below it::

        @op
        def swish(x):
            return x * sigmoid(x)

        @swish.vjp
        def _(g, z, x):
            s = sigmoid(x)
            return g * (s + z * (1 - s))

    and the same with keywords: ``@op(elementwise=True)``, or ``@op(numpy=np.sum)`` for the function that answers when
    ``np.sum`` meets a Tensor.

    Parameters
    ----------
    function : callable
        The forward: takes and returns arrays or NumPy scalars, and changes none of its inputs.
    template : str
        The call as source text, with ``{}`` for each input.
    rules : tuple of callables
        One for each input: ``rule(g, z, *inputs, **params)`` gives the cotangent of that input, in its shape, from the
        cotangent ``g`` of the output ``z``. Written in NumPy, so that it can be differentiated too. None where the
        derivative is zero.
    numpy : callable or tuple of callables, optional
        The NumPy functions that the op stands for. A row given by a NumPy function stands for that one.
    **row
        ``elementwise=True`` for a function of each element alone, whose inputs broadcast; `Op` lists the rest.

    Returns
    -------
    Op, or a decorator that returns one. An op without rules is differentiated through.

    Raises
    ------
    TypeError
        For what is no function, and a keyword that is none of `Op`'s.
    """
    check_row(row, ("elementwise", "rules", *_ROW))
    if row.pop("elementwise", isinstance(function, np.ufunc)):
        row["core"] = 0
    home = None
    if rules is not None:
        home = sys._getframe(1).f_globals["__name__"]  # where pickle finds a row
        row.update(rules=rules, template=template)
        numpy = numpy or function

    def make(forward: Callable[..., Any]) -> Op:
        functions = numpy if isinstance(numpy, tuple) else (numpy,)
        made = Op(forward, numpy=functions[0], **row)
        if home is not None:
            made.__module__ = home
        registry.update({f: made for f in functions if f is not None})
        return made

    return make if function is None else make(function)


def _check_views(inputs: tuple[Value, ...]) -> None:
    """Raise RuntimeError where an input is a view that an assignment left behind."""
    for x in inputs:
        if type(x) is Tensor:
            registry[Tensor._read](x)


def _take_item(x: tuple[Any, ...], *, index: int) -> Value:
    return x[index]


def _item_vjp(g: Cotangent, z: Value, x: Value, *, index: int) -> tuple[Cotangent, ...]:
    return tuple(g if i == index else np.zeros_like(part) for i, part in enumerate(raw(x)))


def op_of(node: Tensor) -> Op:
    """Return the op that recorded a node."""
    return cast(Op, node.op)


alias = Op(lambda x: x, (lambda g, z, x: g,), name="alias", core=0)
"""The same value as a node of its own: an argument that comes from outside a call, a second name."""
item = Op(_take_item, (_item_vjp,), name="item")


def unpack(node: Tensor) -> Value:
    """Return the outputs of a node whose value is a tuple, as Tensors in the same kind of tuple."""
    value = node._value
    parts = [record(item, part, (node,), {"index": i}) for i, part in enumerate(value)]
    return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)

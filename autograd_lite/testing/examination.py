"""One call of an op, and all that it owes: what `autograd_lite.testing.check_op` looks at."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.trees import flatten
from autograd_lite.numerical import close
from autograd_lite.ops.samples import Sample
from autograd_lite.program.expressions import reachable
from autograd_lite.program.render import text
from autograd_lite.program.trace import trace
from autograd_lite.testing.cases import UNJUDGED, Case, apply, cast, is_inexact, keeps_single, plain_forward
from autograd_lite.testing.parts import cuts, one_line

LAYOUTS = ("C order", "Fortran order", "strided", "reversed", "0-d array")


class WrongError(AssertionError):
    """What an examination found."""


@dataclass(frozen=True)
class Trial:
    """One call of an op to try."""

    sample: Sample
    seed: int
    dtype: Any
    layout: str
    writeable: bool
    repeated: bool
    alone: int | None

    def inputs(self) -> tuple[Any, ...]:
        """Draw the inputs, in their dtype and layout."""
        drawn = list(self.sample.draw(np.random.default_rng(self.seed)))
        inexact = [i for i, x in enumerate(drawn) if is_inexact(x)]
        if self.repeated and len({np.shape(drawn[i]) for i in inexact}) == 1:
            drawn = [drawn[inexact[0]] if i in inexact else x for i, x in enumerate(drawn)]
        leaves, rebuild = flatten(tuple(drawn))
        made = {id(x): self._lay_out(x) for x in leaves}
        return rebuild([made[id(x)] for x in leaves])  # type: ignore[no-any-return]

    def _lay_out(self, x: Any) -> Any:
        """Return an array in the trial's dtype and memory layout."""
        if not is_inexact(x):
            return x
        x = laid_out(cast(rounded(x), self.dtype), self.layout)
        if isinstance(x, np.ndarray):
            x.flags.writeable = self.writeable
        return x

    def moving(self, inputs: Sequence[Any]) -> list[int]:
        """Return the positions of the inputs that are Tensors: all, or one."""
        inexact = [i for i, x in enumerate(inputs) if any(map(is_inexact, flatten(x)[0]))]
        return inexact if self.alone is None or not inexact else [inexact[self.alone % len(inexact)]]


def laid_out(x: Any, layout: str) -> Any:
    """Return the same array in a memory layout of its own."""
    if not is_inexact(x) or layout == "C order":
        return np.array(x, order="C") if isinstance(x, np.ndarray) else x
    if not np.ndim(x):
        return np.array(x) if layout == "0-d array" else x
    if layout == "Fortran order":
        return np.array(x, order="F")
    if layout == "strided":
        wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan, x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    return np.array(x[::-1])[::-1]


def rounded(x: Any) -> Any:
    """Round to three digits, which are read more easily, unless that makes elements equal or whole."""
    short = np.round(x, 3)
    return short if np.all(short != np.rint(short)) and np.unique(short).size == np.size(x) else x


class Examination:
    """One call of an op, and what it owes."""

    def __init__(self, op: Op, trial: Trial, inputs: tuple[Any, ...] | None = None) -> None:
        self.op, self.trial, self.function = op, trial, apply(op)
        self.inputs, self.params = trial.inputs() if inputs is None else inputs, trial.sample.params
        self.moving = trial.moving(self.inputs)

    def run(self, order: int) -> None:
        """Raise WrongError for the first thing that is wrong."""
        expected = self.forward()
        self.parts()
        self.tensors(expected)
        self.rules()
        self.cotangents()
        wrong = keeps_single(self.op, self.inputs, self.params)
        if wrong:
            raise self.wrong(wrong, "ops keep the precision of their inputs: beware of np.float64 constants")
        if self.trial.dtype == np.float64:
            self.derivatives(order)

    def wrong(self, what: str, remedy: str = "", rule: int | None = None) -> WrongError:
        """Return the error that says what is wrong in which call."""
        lines = [f"op '{self.op.name}': {what}"]
        if remedy:
            lines.append(f"  {remedy}")
        if rule is not None:
            if self.op.arity is None or rule < self.op.given:  # what stands for a missing one is not the user's
                lines.append(f"  rule    {_place(self.op.rules_for(len(self.inputs))[rule])}")
            lines += self._formula(rule)
        lines.append(f"  call    {_spell(self.op, self.inputs, self.params)}")
        details = [self.trial.layout, np.dtype(self.trial.dtype).name]
        details += ["read-only"] * (not self.trial.writeable) + ["the same input twice"] * self.repeated
        lines.append(
            f"  inputs  {', '.join(details)}; Tensors: {', '.join(map(self.input_name, self.moving)) or 'none'}"
        )
        return WrongError("\n".join(lines))

    def _formula(self, position: int) -> list[str]:
        """Return the formula that a rule should come to: the forward's own, where it is differentiable NumPy itself."""
        name = self.input_name(position)
        forward: Any = partial(self.op.forward, **self.params)
        forward.__name__ = self.op.name
        if isinstance(self.op.forward, np.ufunc):  # it has other names for its inputs, or none before NumPy 2.4
            forward.__signature__ = self.op.__signature__
        try:
            program = trace(forward, *self.inputs, wrt=name)
        except Exception:  # it calls what cannot be recorded: then there is only the number
            return []
        if any(node.op is self.op for node in reachable([step.node for step in program.steps])):
            return []  # it answers for the function that it calls
        used = reachable([step.node for step in program.backward])
        steps = [f"{step.name} = {text(step.node, defining=True)}" for step in program.steps if step.node in used]
        return [("  expect  " if i == 0 else "          ") + step for i, step in enumerate(steps)]

    @property
    def repeated(self) -> bool:
        """Whether two inputs are one object."""
        leaves = [id(x) for x in flatten(self.inputs)[0] if isinstance(x, (np.ndarray, np.generic))]
        return len(set(leaves)) < len(leaves)

    def input_name(self, position: int) -> str:
        """Return what the forward calls an input."""
        names = self.op.input_names
        return names[position] if self.op.arity is not None else f"input {position}"

    def forward(self) -> list[Any]:
        """Check the forward on plain arrays, and return its outputs."""
        leaves, rebuild = flatten(self.inputs)
        before = [np.array(x, order="C") if isinstance(x, np.ndarray) else x for x in leaves]
        outputs, again = self.plain(self.inputs), self.plain(self.inputs)
        for x, old in zip(leaves, before, strict=True):
            if isinstance(x, np.ndarray) and not np.array_equal(x, old, equal_nan=True):
                raise self.wrong("the forward changes its input", "let it work on a copy: x = np.array(x)")
        for z in outputs:
            if z.dtype.kind not in "fciub":
                raise self.wrong(f"the forward returns {z.dtype} values; expected a numeric array, or a tuple of them")
            if np.any(np.isnan(z)):
                raise self.wrong("the forward gives nan", "give the op the domain of its inputs: Domain(low, high)")
        if not _same(outputs, again):
            remedy = "pass random numbers, or their seed, as arguments"
            raise self.wrong("the forward is not deterministic: two calls differ", remedy)
        for layout in LAYOUTS:
            if not _same(outputs, self.plain(rebuild([laid_out(x, layout) for x in before])), leaves):
                raise self.wrong(f"the forward gives something else for the same array: {layout}")
        shape = np.broadcast_shapes(*map(np.shape, self.inputs)) if self.op.elementwise else None
        if shape is not None and outputs[0].shape != shape:
            raise self.wrong(f"it is declared elementwise, and returns shape {outputs[0].shape}; expected {shape}")
        return outputs

    def plain(self, inputs: tuple[Any, ...]) -> list[Any]:
        """Call the forward on plain arrays."""
        try:
            return [np.array(z) for z in flatten(self.function(*inputs, **self.params))[0]]
        except Exception as error:
            remedy = "it must not write to its inputs" if "read-only" in str(error) else ""
            raise self.wrong(f"the forward raises {type(error).__name__}: {error}", remedy) from error

    def parts(self) -> None:
        """Check that what parts of the inputs give, where the op is declared to take them, is the whole."""
        for cut in cuts(self.op, self.inputs, self.params):
            fault = cut.fault()
            if fault is not None:
                by_labels = self.op.labels is not None
                declared = "labelled along" if by_labels else "declared elementwise, and cut along"
                remedy = (
                    "an axis that is whole is written as a dot in labels="
                    if by_labels
                    else "leave elementwise=True out"
                )
                cut_at = f"cut at {', '.join(map(str, cut.places[1:-1]))}"
                raise self.wrong(f"it is {declared} {cut.axes(self.input_name)}; {cut_at}, {fault}", remedy)

    def tensors(self, expected: list[Any]) -> None:
        """Check that Tensors give the values that arrays give."""
        found = [raw(z) for z in flatten(self.record()[1])[0]]
        for z, plain in zip(found, expected, strict=True):
            z = np.asarray(z)
            if z.dtype != plain.dtype or not _same([z], [plain], flatten(self.inputs)[0]):
                raise self.wrong(f"Tensors give {one_line(z)}, and plain arrays {one_line(plain)}")

    def record(self) -> tuple[list[Tensor], Any]:
        """Call the op on Tensors, and return them and the result."""
        made: dict[int, Tensor] = {}
        full = list(self.inputs)
        for i in self.moving:
            leaves, rebuild = flatten(full[i])
            full[i] = rebuild([made.setdefault(id(x), Tensor(x, copy=False)) if is_inexact(x) else x for x in leaves])
        try:
            return list(made.values()), self.function(*full, **self.params)
        except Exception as error:
            raise self.wrong(f"Tensors raise {type(error).__name__}: {error}") from error

    def rules(self) -> None:
        """Call each rule on read-only arrays, and check the shape and determinism of its cotangent."""
        if self.op.rules is None:
            return
        outputs = [_frozen(z) for z in flatten(self.function(*self.inputs, **self.params))[0]]
        cotangents = [_frozen(np.full_like(z, 0.5)) for z in outputs]
        z, g = (outputs[0], cotangents[0]) if len(outputs) == 1 else (tuple(outputs), tuple(cotangents))
        frozen = [_frozen(x) if is_inexact(x) else x for x in self.inputs]
        for i in self.moving:
            rule = self.op.rules_for(len(frozen))[i]
            if rule is None:
                continue
            try:
                first, second = (np.array(rule(g, z, *frozen, **self.params)) for _ in range(2))
            except Exception as error:
                what = f"the rule of input {self.input_name(i)} raises {type(error).__name__}: {error}"
                remedy = "a rule writes to none of its arguments" if "read-only" in str(error) else ""
                raise self.wrong(what, remedy, i) from error
            if not np.array_equal(first, second, equal_nan=True):
                raise self.wrong(f"the rule of input {self.input_name(i)} is not deterministic", rule=i)

    def cotangents(self) -> None:
        """Check that a cotangent of another shape is refused, and that the rules return the shapes they owe."""
        for z in flatten(self.record()[1])[0]:
            if not isinstance(z, Tensor):
                continue
            try:
                z.backward(np.ones_like(raw(z)))
            except Exception as error:
                raise self.wrong(f"the backward pass raises {type(error).__name__}: {error}") from error
            try:
                z.backward(np.ones((*z.shape, 2)))
            except ValueError:
                continue
            raise self.wrong(f"a cotangent of shape {(*z.shape, 2)} is taken for a result of shape {z.shape}")

    def derivatives(self, order: int) -> None:
        """Compare derivatives with differences of the values."""
        distinct = list({id(self.inputs[i]): self.inputs[i] for i in self.moving}.values())

        def through(called: Callable[..., Any], *given: Any) -> Any:
            new = dict(zip(map(id, distinct), given, strict=True))
            full = [new.get(id(x), x) if i in self.moving else x for i, x in enumerate(self.inputs)]
            return called(*full)

        case = Case(partial(through, partial(self.function, **self.params)), distinct)
        for k in range(1, order + 1):
            try:
                wrong = case.wrong()
            except Exception as error:
                raise self.wrong(f"derivative {k} raises {type(error).__name__}: {error}") from error
            if wrong and UNJUDGED in wrong and self.repeated:
                return  # f(x, x) may be on a jump, as x // x is
            plain = plain_forward(self.op, self.inputs, self.moving, self.params) if wrong else None
            if wrong and not (plain and _follows(case, Case(partial(through, plain), distinct), k)):
                raise self._wrong_derivative(case, k, wrong)
            case = case.derivative() if k < order else case

    def _wrong_derivative(self, case: Case, k: int, wrong: str) -> WrongError:
        names = [self.input_name(i) for i in self.moving]
        single = len(case.leaves) == len(names) and k == 1
        found = case.worst_element() if single else None
        which = "the derivative" if k == 1 else f"the derivative of order {k}"
        by = f" with respect to '{names[found[0]]}'" if found else ""
        rule = self.moving[found[0]] if found and self.op.rules is not None else None
        return self.wrong(f"{which}{by} is wrong", describe(case, wrong, names if single else []), rule)


def _follows(case: Case, plain: Case, k: int) -> bool:
    """Whether the forward, differentiated itself to order k, gives the same, and is smooth.

    Where digits cancel inside of it, differences of its values see a staircase.
    """
    for _ in range(k - 1):
        plain = plain.derivative()
    given = case.gradient(*case.leaves)
    for near in (-close.half_of_the_digits(), 0, close.half_of_the_digits()):
        found = plain.gradient(*[x + near * np.maximum(abs(np.asarray(x)), 1) for x in plain.leaves])
        pairs = zip(given, found, strict=True)
        if not all(np.all(close.within(a, b, close.digits(close.SHARP) * abs(np.asarray(b)))) for a, b in pairs):
            return False
    return True


def describe(case: Case, wrong: str, names: Sequence[str] = ()) -> str:
    """Say at which element of which leaf a derivative is farthest off, what was found and what was expected."""
    found = case.worst_element() if UNJUDGED not in wrong else None
    if found is None:
        return wrong
    leaf, index, given, expected = found
    with np.errstate(all="ignore"):
        ratio = np.asarray(given) / np.asarray(expected)
    times = f" (ratio {ratio:.6g})" if np.isfinite(ratio) and abs(ratio) > close.digits(9) else ""
    name = names[leaf] if leaf < len(names) else f"array {leaf}"
    place = f"[{', '.join(map(str, index))}]" if index else ""
    given_here = f"with respect to {name}{place} the rules give {given:.10g}"
    return f"{given_here}; differences of the values give {expected:.10g}{times}"


def _same(a: Sequence[Any], b: Sequence[Any], inputs: Sequence[Any] | None = None) -> bool:
    """Whether two lists of arrays are equal, NaN being equal to NaN; of these inputs, but for rounding."""
    for x, y in zip(a, b, strict=True):
        tolerance = 0.0 if inputs is None else close.half_of_the_digits(y, *inputs) * close.largest(y)
        if x.shape != y.shape or not close.within(x, y, tolerance).all():
            return False
    return True


def _frozen(x: Any) -> Any:
    """Return a read-only view."""
    if not isinstance(x, np.ndarray):
        return x
    view = x.view()
    view.flags.writeable = False
    return view


def _spell(op: Op, inputs: Sequence[Any], params: dict[str, Any]) -> str:
    """Write a call of an op."""
    given = [one_line(x) for x in inputs]
    keywords = [f"{name}={one_line(value)}" for name, value in params.items()]
    positional = [f"[{', '.join(given)}]"] if op.spread else given
    return f"{op.name}({', '.join([*positional, *keywords])})"


def _place(rule: Callable[..., Any] | None) -> str:
    """Say where a rule is written, and quote its last line."""
    rule = getattr(rule, "func", rule)  # one rule for any number of inputs is a partial
    code = getattr(rule, "__code__", None)
    if code is None:
        return repr(rule)
    try:
        quoted = inspect.getsource(code).strip().splitlines()[-1].strip()
    except OSError:  # typed at a prompt
        quoted = rule.__name__ if rule is not None else ""
    return f"{code.co_filename}:{code.co_firstlineno}: {quoted}"

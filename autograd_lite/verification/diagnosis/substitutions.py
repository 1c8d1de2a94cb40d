"""Mistakes in what the backward pass is fed: a forward pass with another constant, weight, axis or rounded value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.op import op_of
from autograd_lite.core.tensor import Tensor
from autograd_lite.verification.diagnosis.edits import HARD
from autograd_lite.verification.diagnosis.functions import regions
from autograd_lite.verification.diagnosis.hypotheses import Hypothesis, predicting
from autograd_lite.verification.diagnosis.replay import Replay
from autograd_lite.verification.diagnosis.wording import at_any_index

Family = Callable[[Replay, float], list[Any]]
_STEPS = 14
_RATES = (1.0, 0.1, 0.01, 0.001, 0.5, 0.05, 0.2, 1e-4)


def substitutions(r: Replay, wrong: Sequence[int], *, late: bool) -> Iterator[Hypothesis]:
    """Yield the gradients of forward passes with one thing changed; those with many candidates are late."""
    if not late:
        yield from updated(r, wrong)
        yield from other_constants(r, wrong)
        yield from other_params(r)
        yield from other_lengths(r)
    else:
        yield from turned_round(r)
        yield from rounded(r)
        yield from left_out(r)


def _all(r: Replay) -> range:
    return range(len(r.true))


def solved(
    r: Replay, family: Family, wrong: Sequence[int], given: float, candidates: Sequence[float]
) -> Iterator[tuple[float, bool]]:
    """Yield the parameters of a family of gradients that reproduce the hand gradient, and whether they are simple.

    Simple candidates first; then a root of the difference in one direction, where three elements bear it out.
    """
    usable = [leaf for leaf in wrong if np.shape(r.point.hand[leaf]) == np.shape(r.true[leaf])]
    if not usable:
        return
    hand = np.concatenate([np.ravel(r.point.hand[leaf]) for leaf in usable])
    weights = np.cos(1.7 * np.arange(hand.size) + 0.3)  # any direction that no symmetry singles out
    scale = float(np.max(np.abs(hand), initial=0.0)) or 1.0

    def off(theta: float) -> Any:
        made = family(r, theta)
        return np.concatenate([np.ravel(made[leaf]) for leaf in usable]) - hand

    for theta in candidates:
        try:
            if np.max(np.abs(off(theta))) <= 1e-6 * scale:
                beside = theta + 0.01 * (1 + abs(theta))
                if np.max(np.abs(off(beside))) > 1e-6 * scale:  # else it could be any number: it is another mistake
                    yield theta, True
                return
        except (ValueError, TypeError, FloatingPointError):
            continue
    if hand.size < 3:
        return
    try:
        start = given if given else 0.0
        a, b = start, start * 1.05 + (0.01 if not given else 0.0)
        fa, fb = float(weights @ off(a)), float(weights @ off(b))
        for _ in range(_STEPS):
            if fb == fa or not np.isfinite(fb):
                return
            a, fa, b = b, fb, b - fb * (b - a) / (fb - fa)
            fb = float(weights @ off(b))
            if abs(b - a) <= 1e-13 * abs(b):
                break
        if np.max(np.abs(off(b))) <= 1e-9 * scale and abs(b - given) > 1e-9 * abs(given):
            near = float(f"{b:.8g}")
            yield (near, False) if np.max(np.abs(off(near))) <= 1e-9 * scale else (b, False)
    except (ValueError, TypeError, FloatingPointError, OverflowError):
        return


def updated(r: Replay, wrong: Sequence[int]) -> Iterator[Hypothesis]:
    """The gradient is taken at weights that a step has updated already: all of them, or those of one argument."""
    groups: list[tuple[int, ...]] = [tuple(_all(r))]
    groups += [(leaf,) for leaf in _all(r)] if len(r.true) > 1 else []
    for group in groups:
        for forward in (True, False):

            def family(r: Replay, rate: float, group: tuple[int, ...] = group, forward: bool = forward) -> list[Any]:
                moved = {
                    place: r.values[place] - rate * r.true[leaf]
                    for leaf in group
                    if (place := r.leaves[leaf]) is not None
                }
                if forward:
                    return r.backward(values=r.forward(moved))
                return r.backward(values=[moved.get(k, v) for k, v in enumerate(r.values)])

            for rate, simple in solved(r, family, wrong, 0.0, _RATES):
                if rate <= 0:  # no step of descent
                    continue
                names = ", ".join(f"`{r.point.leaves[leaf].name}`" for leaf in group)
                yield Hypothesis(
                    "updated values",
                    2.5 + 0.2 * (not simple) + 0.1 * (not forward),
                    f"it is taken at values of {names} that are updated already, by a step of {rate:.6g} times the "
                    "gradient: compute all gradients first, then update",
                    predicting(lambda r, family=family, rate=rate: family(r, rate), _all(r)),  # type: ignore[misc]
                )


def other_constants(r: Replay, wrong: Sequence[int]) -> Iterator[Hypothesis]:
    """A number in the function is mistyped in the hand gradient; an epsilon is missing."""
    places: dict[tuple[float, str, int], list[tuple[int, int]]] = {}
    for k, node in enumerate(r.nodes):
        for i, x in enumerate(node.inputs):
            if type(x) is Tensor or x is None or np.ndim(x) or np.asarray(x).dtype.kind not in "fiu":
                continue
            places.setdefault((float(x), r.op(k), i), []).append((k, i))
    for (value, _, _), inputs in places.items():

        def family(r: Replay, new: float, inputs: list[tuple[int, int]] = inputs) -> list[Any]:
            return _with(r, inputs, new)

        def inside(r: Replay, new: float, inputs: list[tuple[int, int]] = inputs) -> list[Any]:
            return r.backward(values=r.forward(inputs=dict.fromkeys(inputs, new)))

        k, i = inputs[0]
        name = r.operand(k, i)
        solutions = [(way, *found) for way in (family, inside) for found in solved(r, way, wrong, value, _near(value))]
        for taken, new, simple in solutions:
            tiny = 0 < abs(value) < 1e-2 and new == 0
            what = f"`{name}` = {value:.6g}" if name != f"{value:g}" else f"the number {value:.6g}"
            message = (
                f"{what} in `{r.expression(k)}` is missing"
                if tiny
                else f"{what} in `{r.expression(k)}` is taken to be {new:.8g}"
            )
            cost = 2.7 + 0.2 * (not simple) + 0.6 * (taken is inside)  # then it may be any change of a mask
            yield Hypothesis("wrong constant", cost, message, predicting(
                lambda r, taken=taken, new=new: taken(r, new), _all(r)), r.name(k))  # type: ignore[misc]  # fmt: skip
    for k, node in enumerate(r.nodes):
        for key, given in node.params.items():
            if isinstance(given, float) and np.isfinite(given):

                def of_param(r: Replay, new: float, k: int = k, key: str = key) -> list[Any]:
                    return _with_params(r, k, {key: new})

                for new, simple in solved(r, of_param, wrong, given, _near(given)):
                    yield Hypothesis("wrong constant", 2.7 + 0.2 * (not simple),
                                     f"{key}={given:g} in `{r.expression(k)}` is taken to be {new:.8g}",
                                     predicting(lambda r, f=of_param, new=new: f(r, new), _all(r)), r.name(k))  # type: ignore[misc]  # fmt: skip


def _near(c: float) -> list[float]:
    found = [0.0, 1.0, -c, 2 * c, c / 2, c + 1, c - 1, 10 * c, c / 10, -1.0, 2.0, 0.5]
    found += [1 / c, c * c] if c else []
    return [x for x in dict.fromkeys(found) if x != c]


def _with(r: Replay, inputs: Sequence[tuple[int, int]], new: float) -> list[Any]:
    """Return the gradient of the function with another constant."""
    values = r.forward(inputs=dict.fromkeys(inputs, new))
    with r.replacing(dict.fromkeys(inputs, new)):
        return r.backward(values=values)


def _with_params(r: Replay, k: int, params: dict[str, Any]) -> list[Any]:
    values = r.forward(params={k: params})
    with r.replacing({}, {k: params}):
        return r.backward(values=values)


def _computed_with(r: Replay, k: int, params: dict[str, Any]) -> list[Any]:
    """Return the gradient with other parameters in the forward pass alone."""
    return r.backward(values=r.forward(params={k: params}))


def other_params(r: Replay) -> Iterator[Hypothesis]:
    """A sum, mean, variance or softmax runs along another axis, or divides by another count."""
    for k, node in enumerate(r.nodes):
        row = op_of(node) if node.op else None
        if row is None or (not node.params and "axis" not in row.param_names):
            continue
        x = node.inputs[0] if node.inputs else None
        n = np.ndim(x._value) if type(x) is Tensor and not isinstance(x._value, tuple) else 0
        changes: list[tuple[str, dict[str, Any]]] = []
        if "axis" in row.param_names and n > 1:
            axis = node.params.get("axis", -1)
            if isinstance(axis, (int, np.integer)):
                changes += [
                    (f"along axis {a}, expected axis {axis}", {"axis": a}) for a in range(n) if a != int(axis) % n
                ]
                changes.append(("over all axes at once", {"axis": tuple(range(n))}))
        if "ddof" in row.param_names:
            ddof = node.params.get("ddof", 0)
            changes.append((f"with ddof={1 - int(bool(ddof))}, expected {ddof}", {"ddof": 1 - int(bool(ddof))}))
        for said, params in changes:
            kind = "wrong axis" if "axis" in params else "wrong ddof"
            for predict, cost in ((_with_params, 2.7), (_computed_with, 3.3)):
                yield Hypothesis(
                    kind,
                    cost,
                    f"`{r.name(k)}` is taken {said}",
                    predicting(lambda r, k=k, params=params, predict=predict: predict(r, k, params), _all(r)),  # type: ignore[misc]
                    r.name(k),
                )


def other_lengths(r: Replay) -> Iterator[Hypothesis]:
    """The derivatives of several means are divided by the length of another axis."""
    means: dict[int, list[tuple[int, int, int]]] = {}
    for k in range(len(r.nodes)):
        if r.op(k) in ("mean", "variance"):
            n = round(np.size(r.inputs(k)[0]) / max(np.size(r.values[k]), 1))
            means.setdefault(n, []).extend((k, i, j) for i, j, _ in r.out[k])
    for n, edges in means.items():
        lengths = {m for _, _, j in edges for m in np.shape(r.values[j])} - {n, 0}
        for m in lengths if len(edges) > 1 else ():

            def predict(r: Replay, m: int = m, n: int = n, edges: list[tuple[int, int, int]] = edges) -> list[Any]:
                added: dict[int, list[tuple[int, Any]]] = {}
                for k, i, j in edges:
                    added.setdefault(k, []).append((j, lambda r, g, k=k, i=i: n / m * r.rule(k, i, g)))
                return r.backward({(k, i) for k, i, _ in edges}, added)

            yield Hypothesis("wrong length", 2.6, f"the derivatives of the means over {n} elements are divided by {m}, "
                             f"the length of another axis, expected by {n}", predicting(predict, _all(r)))  # fmt: skip


def turned_round(r: Replay) -> Iterator[Hypothesis]:
    """A term of the forward pass has the wrong sign in the hand gradient's own, on one line of the function."""
    lines: dict[Any, list[int]] = {}
    for k in range(len(r.nodes)):
        if r.op(k) in ("add", "subtract") and not isinstance(r.values[k], tuple):
            place = r.names.places.get(r.nodes[k])
            lines.setdefault((r.op(k), place, "" if place else r.expression(k)), []).append(k)
    for (op, _, _), nodes in lines.items():
        if len(nodes) > 1 and len({at_any_index(r.expression(k)) for k in nodes}) > 1:
            continue  # several sums on one line
        for alike in (False, True):

            def predict(r: Replay, nodes: list[int] = nodes, op: str = op, alike: bool = alike) -> list[Any]:
                values = r.forward(ops=dict.fromkeys(nodes, np.subtract if op == "add" else np.add))
                if not alike:
                    return r.backward(values=values)
                edges = [(k, i, j) for k in nodes for i, j, _ in r.out[k] if i == 1]
                turned: dict[int, list[Any]] = {k: [] for k, _, _ in edges}
                for k, i, j in edges:
                    turned[k].append((j, lambda r, g, k=k, i=i: -r.rule(k, i, g)))
                return r.backward({(k, i) for k, i, _ in edges}, turned, values=values)

            k = nodes[-1]
            a, b = (at_any_index(r.operand(k, i)) if len(nodes) > 1 else r.operand(k, i) for i in (0, 1))
            now, then = ("+", "-") if op == "add" else ("-", "+")
            yield Hypothesis(
                "sign",
                2.9 + 0.2 * (not alike and any(i == 1 for i, _, _ in r.out[k])),
                f"`{a} {now} {b}` is computed as `{a} {then} {b}`",
                predicting(predict, _all(r)),
                r.name(k),
            )


def rounded(r: Replay) -> Iterator[Hypothesis]:
    """A value is rounded, or a decision is made of it, before it is used in the gradient."""
    for k, value in enumerate(r.values):
        if isinstance(value, tuple) or k == 0 or r.nodes[k].op is None:
            continue
        for said, hard in HARD.items():
            if np.size(value) > 1 and np.ptp(hard(value)) == 0 and not np.all((value > 0) & (value < 1)):
                continue  # a constant, that decides nothing of what is no probability
            yield Hypothesis(
                "rounded value",
                3.1 + 0.3 * (not r.named(k)) + 0.3 * ("absolute" in said),
                f"the gradient uses {said.format(v=r.name(k))}, expected `{r.name(k)}` itself",
                predicting(lambda r, k=k, hard=hard: _decided(r, k, hard), _all(r)),  # type: ignore[misc]
                r.name(k),
            )


def _decided(r: Replay, k: int, hard: Callable[[Any], Any]) -> list[Any]:
    """Return the gradient with a decision in the place of a value; by its limit, where it is 0 / 0 as for log(0)."""
    made = hard(r.values[k])
    found = r.backward(values=r.forward({k: made}))
    if all(np.isfinite(part).all() for part in found):
        return found
    near, twice = (r.backward(values=r.forward(_near_to(r, k, made, by))) for by in (1e-3, 2e-3))
    return [2 * a - b for a, b in zip(near, twice, strict=True)]  # exact where it depends on the value linearly


def _near_to(r: Replay, k: int, made: Any, by: float) -> dict[int, Any]:
    """Return a value near to another one; of a logistic function, the input that gives it."""
    value = made + by * (r.values[k] - made)
    for region in regions(r, k):
        if np.allclose(r.values[k], 1 / (1 + np.exp(-r.values[region.x])), rtol=1e-12, atol=0):
            return {region.x: np.log(value / (1 - value))}
    return {k: value}


def left_out(r: Replay) -> Iterator[Hypothesis]:
    """A step of the forward pass is left out in the hand gradient's own: an activation, a bias, a scale."""
    for k, node in enumerate(r.nodes):
        for i, j, _ in r.out[k]:
            if np.shape(r.values[j]) != np.shape(r.values[k]) or isinstance(r.values[k], tuple) or k == 0:
                continue
            derived = len([x for x in node.inputs if type(x) is Tensor]) == 1
            for identity in (False, True) if derived else (False,):

                def predict(r: Replay, k: int = k, i: int = i, j: int = j, identity: bool = identity) -> list[Any]:
                    values = r.forward({k: r.values[j]})
                    if not identity:
                        return r.backward(values=values)
                    return r.backward({(k, i)}, {k: [(j, lambda r, g: g)]}, values=values)

                yield Hypothesis(
                    "step left out",
                    3.2 + 0.3 * (not r.named(k)),
                    f"`{r.expression(k)}` is left out of the forward pass: `{r.name(j)}` is used in its place",
                    predicting(predict, _all(r)),
                    r.name(k),
                )

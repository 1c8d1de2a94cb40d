"""Verdicts on a hand gradient, from three independent values: the hand's, the backward pass's, and differences of f."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from autograd_lite.numerical import close, quiet
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.verification.comparison import Comparison
from autograd_lite.verification.differences import Slopes
from autograd_lite.verification.nonfinite import first_nonfinite
from autograd_lite.verification.point import copies
from autograd_lite.verification.problem import Setting

WORST_FIRST = ("nondeterministic", "engine", "wrong", "noisy", "kink", "right")
"""The verdict on several elements, or on several gradients, is the worst one among them."""

TABLE = (
    # what holds of an element of the gradient      its verdict
    ("one_sided",                                   "kink"),
    ("faulty confirmed",                            "engine"),
    ("faulty agrees",                               "engine"),
    ("blind confirmed kink",                        "kink"),
    ("blind confirmed",                             "right"),
    ("blind refuted",                               "wrong"),
    ("blind seen",                                  "noisy"),
    ("blind",                                       "right"),
    ("agrees",                                      "right"),
    ("confirmed kink between",                      "kink"),
    ("",                                            "wrong"),
)  # fmt: skip
"""The first row of which all words hold gives the verdict; `Evidence` says what they mean."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of each element of a gradient: masks of its shape.

    Attributes
    ----------
    agrees : hand and backward pass are the same but for rounding
    one_sided : the hand is what the backward pass gives on one side of all kinks at 0
    blind : there is no backward pass, or rounding hides what it gives
    seen : differences of the function were taken
    confirmed, refuted : the differences bear the hand out, or rule it out
    kink : the one-sided derivatives differ
    between : the backward pass is between them
    faulty : the differences rule the backward pass out
    """

    agrees: Mask
    one_sided: Mask
    blind: Mask
    seen: Mask
    confirmed: Mask
    refuted: Mask
    kink: Mask
    between: Mask
    faulty: Mask

    def verdicts(self) -> Array:
        """Return the verdict on each element."""
        masks = {field.name: getattr(self, field.name) for field in fields(self)}
        rows = [np.logical_and.reduce([masks[word] for word in words.split()]) for words, _ in TABLE[:-1]]
        return np.select(rows, [verdict for _, verdict in TABLE[:-1]], TABLE[-1][1])


@dataclass(frozen=True, eq=False)
class Verdict:
    """The verdict on the gradient with respect to one array.

    Attributes
    ----------
    name : str
    verdict : {"right", "kink", "wrong", "noisy", "engine", "nondeterministic"}
    reason : str
        In a sentence.
    hand, true : array
        The hand gradient, and the backward pass's (where there is none, or rounding hides it, the differences').
    wrong : array of bool
        The elements that differ.
    tolerance : array
        By how much an element may differ for rounding.
    oracle : str
        Which elements were held to differences.
    notes : sequence of str
    kinks : array of bool
        The elements at which the function has a kink, for all that the differences say.
    """

    name: str
    verdict: str
    reason: str
    hand: Any
    true: Any
    wrong: Mask
    tolerance: Array
    oracle: str = ""
    notes: Sequence[str] = ()
    kinks: Mask | bool = False

    @property
    def worst(self) -> tuple[int, ...] | None:
        """Index of the element that is farthest off; None where none is."""
        hand, true = np.asarray(self.hand), np.asarray(self.true)
        if not self.wrong.any() or hand.shape != true.shape or hand.dtype.kind not in "fciub":
            return None
        return close.farthest(hand, true, self.wrong)


def worst(verdicts: Sequence[str]) -> str:
    """Return the worst of some verdicts."""
    return next((name for name in WORST_FIRST if name in verdicts), "right")


def verdict_on(comparison: Comparison, i: int) -> Verdict:
    """Return the verdict on the gradient with respect to array ``i``."""
    point, name = comparison.point, comparison.setting.leaf_names[i]
    hand, true = np.asarray(point.hand[i]), np.asarray(point.true[i])
    shape, returned = np.shape(point.values[i]), point.returned[i]
    trouble = _trouble(hand, point.hand[i], true, np.asarray(comparison.setting.given[i]))
    if trouble or hand.shape != shape:
        true = comparison.true(i)
        trouble = trouble or _of_shape(hand, true, name)
        notes = [note for note in [_first_overflow(comparison.setting, hand, true)] if note]
        return Verdict(name, "wrong", trouble, point.hand[i], true, np.ones(shape, bool), np.zeros(shape), notes=notes)
    notes = []
    if returned != shape:
        notes.append(f"its shape is {returned}, that of {name} is {shape}: accepted, as it is one number")
    if hand.dtype.kind == "f" and close.eps_of(hand) > close.eps_of(true):
        notes.append(f"it is {hand.dtype}, where {name} is {true.dtype}")
    found = _by_all_three(comparison, i, name) if point.result is not None else _by_differences(comparison, i, name)
    return replace(found, notes=(*notes, *found.notes, *_nearly(found, comparison.setting.problem.rtol)))


def _of_shape(hand: Array, true: Array, name: str) -> str:
    """Say what is wrong with the shape, and whether it is that alone."""
    turned = (hand.T, "transposed") if hand.ndim > 1 and hand.shape == true.shape[::-1] else (hand, "")
    for laid, how in (turned, (hand, "")):
        if laid.size == true.size and close.same(np.reshape(laid, true.shape), true, close.on_tensors(true)):
            return f"right numbers{f', {how},' * bool(how)} in the shape {hand.shape}, expected {true.shape}"
    return f"expected the shape {true.shape}, that of {name}, got {hand.shape}"


def _nearly(found: Verdict, rtol: float) -> list[str]:
    """Say by how much a gradient is off that is so by a small part of it everywhere."""
    hand, true = np.asarray(found.hand), np.asarray(found.true)
    if found.verdict not in ("right", "wrong") or not true.size:
        return []
    error = close.relative(hand, true)
    if found.verdict == "wrong" and error <= close.digits(close.NEARLY):
        accepted = f"{10.0 ** np.ceil(np.log10(error)):.0e}"
        return [f"right but for {error:.0e} of it (a left-out eps?); rtol={accepted} accepts that"]
    if found.verdict == "right" and rtol and not close.within(hand, true, found.tolerance).all():
        return [f"off by {error:.0e} of it, which rtol={rtol:g} accepts"]
    return []


def _by_all_three(comparison: Comparison, i: int, name: str) -> Verdict:
    hand, true = np.asarray(comparison.point.hand[i]), np.asarray(comparison.point.true[i])
    tolerance = comparison.tolerance(i)
    unknown = ~np.isfinite(true)
    differs, blind = comparison.differing(i) & ~unknown, comparison.blind(i, close.largest(true))
    doubtful = blind | unknown
    if blind.any():
        blind = comparison.blind(i, comparison.scale(i))
    asked = differs | blind
    one_sided = comparison.on_a_side(i) & asked if asked.any() else np.zeros_like(asked)
    asked, blind, doubtful = asked & ~one_sided, blind & ~one_sided, doubtful | one_sided
    slopes = comparison.differences.look(i, asked)
    room, ours = slopes.among(np.nan_to_num(tolerance)), slopes.among(true)
    faulty = slopes.scatter(slopes.refute(ours, room) & slopes.is_sharp()) & ~doubtful
    between = slopes.scatter(~slopes.refute(ours, 0 * room))
    agrees = ~differs | one_sided
    evidence = _evidence(slopes, hand, room * ~slopes.among(blind), agrees, blind, one_sided, between, faulty)
    each = _settled(evidence, comparison, i)
    verdict = worst(np.unique(each).tolist())
    if verdict != "engine" and not asked.any() and slopes.contradict(true):
        verdict = "engine"
    notes, wrong = [], each == verdict if verdict in ("engine", "wrong") else np.zeros_like(asked)
    if verdict == "wrong":
        true = np.where(wrong & evidence.seen & (blind | faulty), slopes.spread(true), true)
        if faulty.any():
            notes.append("the backward pass of autograd_lite disagrees with the differences as well")
    if verdict == "right" and unknown.any():
        notes.append("the backward pass has no finite number in some elements; the differences bear the hand out")
    reason = _reason(verdict, each, "rounding hides the derivative here{}, from the backward pass and from differences")
    kinks = one_sided | slopes.scatter(slopes.kink | slopes.refute(ours, close.conditioned(ours, 0, comparison.eps(i))))
    return Verdict(name, verdict, reason, hand, true, wrong, tolerance, slopes.covered, notes, kinks)


def _settled(evidence: Evidence, comparison: Comparison, i: int) -> Array:
    """Return the verdict on each element; what differs and was not looked at may be at kinks like those that were."""
    each = evidence.verdicts()
    unseen = (each == "wrong") & ~evidence.seen
    at_kinks = evidence.seen & (evidence.blind | ~evidence.agrees) & np.isin(each, ("kink", "right"))
    alike = unseen.any() and at_kinks.any() and not ((each == "wrong") & evidence.seen).any()
    return np.where(unseen, "right", each) if alike and comparison.is_right_elsewhere(i) else each


def _by_differences(comparison: Comparison, i: int, name: str) -> Verdict:
    """Judge by the differences alone, where the function cannot be recorded: the backward pass is blind everywhere."""
    hand = np.asarray(comparison.point.hand[i])
    blind, no = np.ones(hand.shape, bool), np.zeros(hand.shape, bool)
    slopes = comparison.differences.look(i, blind)
    room = close.conditioned(slopes.among(hand), 0, comparison.eps(i)) + comparison.accepted(slopes.among(hand))
    each = _evidence(slopes, hand, room, agrees=no, blind=blind, one_sided=no, between=no, faulty=no).verdicts()
    verdict = worst(np.unique(each).tolist())
    reason = _reason(verdict, each, "the differences are too uncertain to tell the derivative here{}")
    if verdict != "wrong" and slopes.contradict(hand):
        verdict, reason = "wrong", "along random directions"
    true = slopes.spread(np.full(hand.shape, np.nan, hand.dtype if hand.dtype.kind in "fc" else float))
    wrong, kinks = each == "wrong", slopes.scatter(slopes.kink)
    return Verdict(name, verdict, reason, hand, true, wrong, np.zeros(hand.shape), slopes.covered, kinks=kinks)


def _evidence(
    slopes: Slopes, hand: Array, room: Array, agrees: Mask, blind: Mask, one_sided: Mask, between: Mask, faulty: Mask
) -> Evidence:
    yours = slopes.among(hand)
    confirmed, refuted = slopes.confirm(yours, room), slopes.refute(yours, room)
    masks = np.ones_like(confirmed), confirmed, refuted, slopes.kink
    seen, confirmed, refuted, kink = map(slopes.scatter, masks)
    return Evidence(agrees, one_sided, blind, seen, confirmed, refuted, kink, between, faulty)


def _reason(verdict: str, each: Array, hidden: str) -> str:
    """Say why, and of how many elements."""
    count, size = int((each == verdict).sum()), each.size
    where = "" if size == 1 else f"in {count} of {size} elements" if count < size else f"in all {size} elements"
    return {
        "engine": "the backward pass of autograd_lite disagrees with differences of the function; unless the function "
        "stops a gradient on purpose, please report it",
        "wrong": where,
        "noisy": hidden.format(where and f" {where}"),
        "kink": f"a subgradient, between the one-sided derivatives, at {count} element{'s' * (count != 1)}",
    }.get(verdict, "")


def _trouble(hand: Array, given: Any, true: Array, argument: Array) -> str | None:
    """Say what disqualifies a gradient before its numbers are looked at."""
    if isinstance(given, (np.ma.MaskedArray, np.matrix)):
        return f"expected an array, got a {type(given).__name__}; return its .filled(0), or np.asarray of it"
    if hand.dtype.kind not in "fciub":
        return f"expected numbers, got {type(given).__name__} of dtype {hand.dtype}"
    if hand.dtype.kind in "iub":
        whole = isinstance(given, int) or argument.dtype.kind in "iu"
        if not (whole and close.same(hand, true)):
            cut = ": integers cut off fractions" if hand.dtype.kind != "b" else ""
            return f"it is of dtype {hand.dtype}{cut}; make it {true.dtype}"
    if hand.dtype.kind == "c" and true.dtype.kind != "c":
        return "it is complex, where the argument is real"
    bad = ~np.isfinite(hand)
    if hand.shape == true.shape:
        bad = bad & np.isfinite(true)
    if bad.any():
        kind = "NaN" if np.isnan(hand[bad]).any() else "infinite"
        where = "" if hand.size == 1 else f" in {int(bad.sum())} of {hand.size} elements"
        return f"it is {kind}{where}, where the derivative is finite"
    return None


def _first_overflow(setting: Setting, hand: Array, true: Array) -> str:
    """Say which variable of the hand was NaN or infinite first, where a gradient is so and the derivative is not."""
    if hand.dtype.kind not in "fc" or np.isfinite(hand).all() or not np.isfinite(true).all():
        return ""
    with quiet():
        found = first_nonfinite(lambda: setting.hand(copies(setting.given)))
    if found is None:
        return ""
    name, value, line, text = found
    kind = "NaN" if np.isnan(value).any() else "infinite"
    way_out = "rearrange this so that it does not overflow, or divide by zero"
    return f"{name} is {kind} first, in line {line}, `{text}`: {way_out}"

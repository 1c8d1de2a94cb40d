"""The hand gradient beside the backward pass: where they differ by more than rounding, here and at another point."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.verification import perturb
from autograd_lite.verification.budget import SafetyNet
from autograd_lite.verification.differences import Differences
from autograd_lite.verification.perturb import Rounding
from autograd_lite.verification.point import Point, evaluate
from autograd_lite.verification.problem import Setting


class Comparison:
    """Compares hand gradient and backward pass at a point, element by element.

    Parameters
    ----------
    setting : Setting
    point : Point
    rng : numpy.random.Generator
    net : SafetyNet
    """

    def __init__(self, setting: Setting, point: Point, rng: np.random.Generator, net: SafetyNet) -> None:
        self.setting, self.point, self.rng, self.net = setting, point, rng, net
        self.refined = False

    @cached_property
    def differences(self) -> Differences:
        """The differences of the function."""
        noise = 0 if self.point.result is None else self.rounded.value
        point = self.point
        return Differences(self.setting.number, point.values, self.rng, point.evaluations, self.net, noise)

    @cached_property
    def rounded(self) -> Rounding:
        """What rounding does to the backward pass."""
        return perturb.of_record(self.setting, self.point, self.rng)

    @cached_property
    def sides(self) -> list[Rounding]:
        """The backward pass that takes the left or the right derivative at every kink at 0, where that is another."""
        sides = [(ties, leaves) for leaves in (False, True) for ties in (-1, 1)]
        found = [perturb.of_side(self.setting, self.point, self.rng, ties, leaves=leaves) for ties, leaves in sides]
        return [side for side in found if side is not None]

    @cached_property
    def hand_changes(self) -> list[Array]:
        """By how much rounding may change the hand gradients."""
        return perturb.of_hand(self.setting, self.point, self.rng)

    @cached_property
    def elsewhere(self) -> Comparison | None:
        """The comparison at another point; None where nothing can be evaluated there."""
        if self.point.result is None:
            return None
        try:
            other = evaluate(self.setting, self.setting.nearby(self.rng))
        except Exception:
            return None
        finite = other.result is not None and np.isfinite(np.asarray(other.result._value)).all()
        return Comparison(self.setting, other, self.rng, self.net) if finite else None

    def on_a_side(self, i: int) -> Mask:
        """Return the elements of a gradient that are the backward pass's on one side of all kinks at 0."""
        found = np.zeros(np.shape(self.point.true[i]), bool)
        for side in self.sides:
            largest = close.largest(side.gradients[i])
            telling = close.known(close.MARGIN * side.changes[i], largest, close.TELLING)
            found |= telling & np.isfinite(side.gradients[i]) & ~self.differing(i, side)
        return found

    def differing(self, i: int, from_side: Rounding | None = None) -> Mask:
        """Return the elements of a gradient in which hand and backward pass differ by more than rounding.

        An element has room for the rounding of the backward pass and of the hand. Where the hand's is not known, the
        largest element gives the room.
        """
        rounded = from_side or self.rounded
        true, hand = np.asarray(rounded.gradients[i]), np.asarray(self.point.hand[i])

        def differs(times: int = 1, *, of_hand: bool = True) -> Mask:
            changed = (from_side or self.rounded).changes[i]
            room = close.conditioned(true, changed, self.eps(i)) + (self._room_of_hand(i, true) if of_hand else 0)
            return ~close.within(hand, true, times * room + self.accepted(true))

        found = differs(of_hand=False)
        if found.any():
            found &= differs()
            if from_side is None and not self.refined and (found & ~differs(close.NEAR_MISS)).any():
                self._refine()  # rounding may have been drawn too small
                found &= differs()
        return found

    def accepted(self, true: Array) -> Array:
        """Return by how much the user lets elements of a gradient differ."""
        return np.asarray(self.setting.problem.rtol * np.abs(true))

    def _room_of_hand(self, i: int, true: Array) -> Array:
        own = close.MARGIN * self.hand_changes[i]
        largest = close.of_the_largest(true, self.eps(i))
        return np.where(close.known(own, close.largest(true), close.TELLING), own, largest)

    def _refine(self) -> None:
        """Round in some more ways."""
        self.refined = True
        more = perturb.of_record(self.setting, self.point, self.rng, close.MORE_DRAWS)
        self.rounded = self.rounded.with_more(more.changes)
        of_hand = perturb.of_hand(self.setting, self.point, self.rng, close.MORE_DRAWS)
        self.hand_changes = [np.fmax(a, b) for a, b in zip(self.hand_changes, of_hand, strict=True)]

    def true(self, i: int) -> Array:
        """Return the gradient: of the backward pass, or where there is none of differences."""
        if self.point.result is not None:
            return np.asarray(self.point.true[i])
        everywhere = np.ones(np.shape(self.point.values[i]), bool)
        return self.differences.look(i, everywhere).spread(np.asarray(self.point.true[i]))

    def tolerance(self, i: int) -> Array:
        """Return by how much an element of a gradient may differ for the rounding of the backward pass."""
        true = np.nan_to_num(self.point.true[i], nan=0, posinf=0, neginf=0)
        eps = self.eps(i)
        return np.asarray(close.conditioned(true, self.rounded.changes[i], eps) + close.of_the_largest(true, eps))

    def eps(self, i: int) -> float:
        """Return the spacing of numbers in the coarser of hand gradient and backward pass."""
        return close.eps_of(self.point.hand[i], self.point.true[i])

    def scale(self, i: int) -> float:
        """Return the size that the gradient could have: at an optimum, or far out, it is nothing but rounding."""
        sizes = [close.largest(self.point.true[i])]
        reach = close.largest(self.point.values[i])
        if reach and self.point.result is not None:
            weight = 1 if self.point.cotangent is None else self.point.cotangent
            sizes.append(float(np.abs(np.sum(weight * self.point.result._value))) / reach)
        if self.elsewhere is not None:
            sizes.append(close.largest(self.elsewhere.point.true[i]))
        return max(sizes)

    def blind(self, i: int, scale: float) -> Mask:
        """Return the elements of which the backward pass tells nothing, where the hand does not repeat its digits."""
        true, eps = np.asarray(self.point.true[i]), self.eps(i)
        few_units = close.conditioned(true, 0, eps) + close.of_the_largest(true, eps)
        repeated = close.within(self.point.hand[i], true, few_units)
        known = close.known(self.tolerance(i), scale, close.TELLING) | repeated
        return np.asarray(~(known & np.isfinite(true)))

    def is_right_elsewhere(self, i: int) -> bool:
        """Whether the gradient is right at another point, in every element."""
        other = self.elsewhere
        if other is None or np.shape(other.point.hand[i]) != np.shape(other.point.true[i]):
            return False
        blind = ~close.known(other.tolerance(i), close.largest(other.point.true[i]), close.TELLING)
        return not (other.differing(i) & ~blind & np.isfinite(other.point.true[i])).any()

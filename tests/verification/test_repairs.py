"""Repairs: each rule of the grammar mends a mistake that is planted in a right gradient, in its line and briefly."""

from contextlib import contextmanager

import pytest

from autograd_lite.verification.repair import candidates, locating
from autograd_lite.verification.repair.grammar import RULES
from autograd_lite.verification.repair.knowledge import Knowledge
from autograd_lite.verification.repair.statements import STATEMENT_RULES
from autograd_lite.verification.verify import verify
from tests.corpus.case import spoil
from tests.support.planted_edits import OWN, PLANTED, problem


@contextmanager
def one_rule(name):
    """Let the search have one rule, and no expressions that are found by value."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "RULES", [rule for rule in RULES if rule.name == name])
        patch.setattr(candidates, "STATEMENT_RULES", [rule for rule in STATEMENT_RULES if rule.name == name])
        patch.setattr(locating, "expressions_by_value", lambda *_: iter(()))
        patch.setattr(Knowledge, "translation", None)
        yield


def mended(rule):
    """Verify the hand gradient with the mistake of a rule; return the repair, and whether it is in the line of that."""
    name, old, new, _ = PLANTED[rule]
    f, hand, args = problem(name)
    wrong, marks = spoil(hand, old, new)
    report = verify(f, wrong, *args)
    assert report.verdict == "wrong"
    assert report.repair is not None, str(report)
    assert not report.repair.arguments, str(report)
    lines = {(c.file, line) for c in report.repair.changes for line in range(c.line, c.line + max(1, len(c.old)))}
    assert lines & marks, str(report)
    return report


def test_every_rule_has_a_mistake():
    assert PLANTED.keys() == {rule.name for rule in (*RULES, *STATEMENT_RULES)}


@pytest.mark.parametrize("name", OWN)
def test_the_gradients_are_right_before(name):
    f, hand, args = OWN[name]
    assert verify(f, hand, *args)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_rule_alone_mends_its_mistake(rule):
    with one_rule(rule):
        mended(rule)


LATE = pytest.mark.xfail(reason="another edit is found, or the runs are spent, before this rule's turn comes")


TOO_LATE = ("carry", "update", "other")


@pytest.mark.parametrize("rule", [pytest.param(r, marks=LATE if r in TOO_LATE else ()) for r in PLANTED])
def test_a_mistake_is_mended_in_few_tokens(rule):
    report = mended(rule)
    assert report.repair.tokens <= PLANTED[rule][-1], str(report)

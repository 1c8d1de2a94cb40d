"""`verify` on the corpus of right and wrong hand-derived gradients, and the corpus itself in extended precision."""

import pytest

from autograd_lite.verification.verify import verify
from tests.corpus import CASES, TAGS
from tests.corpus.kinds import KINDS
from tests.corpus.score import score
from tests.corpus.truth import EXTENDED, verdicts

WRONG = [case for case in CASES if not case.right]
RIGHT = [case for case in CASES if case.right]


@pytest.fixture(scope="module")
def scores():
    return {str(case): score(case, verify, KINDS) for case in CASES}


def share(values):
    asked = [value for value in values if value is not None]
    return sum(asked) / len(asked)


def test_the_corpus_is_large_and_its_names_are_its_own():
    assert len(WRONG) >= 60
    assert len(RIGHT) >= 25
    assert len({str(case) for case in CASES}) == len(CASES)


def test_every_kind_of_mistake_of_the_corpus_is_made():
    assert set().union(*(case.tags for case in CASES)) == set(TAGS)


@pytest.mark.skipif(not EXTENDED, reason="long double is no wider than float64 here")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cases_are_what_they_are_said_to_be(case):
    found = verdicts(case)
    assert all(v in allowed for v, allowed in zip(found, case.allowed(len(found)), strict=True)), found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_verdicts(case, scores):
    found = scores[str(case)]
    assert found.verdict, f"{found.got} {found.said}"


def test_no_cause_is_named_that_is_not_the_cause(scores):
    assert [f"{s.case}: {s.said}" for s in scores.values() if s.false] == []


def test_nine_of_ten_mistakes_are_named(scores):
    assert share(s.named for s in scores.values()) >= 0.9


def test_nineteen_of_twenty_first_wrong_lines_are_found(scores):
    assert share(s.found for s in scores.values()) >= 0.95


def test_no_line_but_that_of_the_result_is_named_where_no_variable_is_wrong(scores):
    assert [f"{s.case}: {s.said}" for s in scores.values() if s.astray and not s.case.marks] == []

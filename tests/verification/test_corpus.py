"""`verify` on the corpus of right and wrong hand-derived gradients, and the corpus itself in extended precision."""

import pytest

from tests.corpus import CASES, TAGS
from tests.corpus.score import CARD, LINES, score
from tests.corpus.truth import EXTENDED, verdicts
from tests.support.repairs import no_repairs, verdicts_alone
from tests.support.sampling import sampled

WRONG = [case for case in CASES if not case.right]
RIGHT = [case for case in CASES if case.right]
WRITE = "write the tables anew, and look at what has moved: python -m tests.corpus"


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


@pytest.mark.parametrize("case", sampled(CASES, 2))
@verdicts_alone()
def test_verdicts(case):
    found = score(case)
    assert found.verdict, str(found)


# --- the tables: a change shows which case it has moved


MARKED = [case for case in CASES if case.marks]


def lines(path):
    """Return the lines of a table, by case."""
    return {line.partition(" | ")[0]: line for line in path.read_text("utf-8").splitlines()}


@pytest.mark.parametrize(("path", "cases"), [(CARD, CASES), (LINES, MARKED)], ids=["scorecard", "lines"])
def test_a_table_has_a_line_for_each_case(path, cases):
    assert list(lines(path)) == list(map(str, cases)), WRITE


@pytest.mark.parametrize("case", sampled(CASES, 48))
def test_the_scorecard_is_up_to_date(case):
    assert str(score(case)) == lines(CARD)[str(case)], WRITE


@pytest.mark.parametrize("case", sampled(MARKED, 10))
@no_repairs()
def test_the_line_that_is_named_without_a_repair_is_that_of_the_table(case):
    assert score(case).named == lines(LINES)[str(case)], WRITE

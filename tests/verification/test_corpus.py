"""`verify` on the corpus of right and wrong hand-derived gradients, and the corpus itself in extended precision."""

import pytest

from tests.corpus import CASES, TAGS
from tests.corpus.score import CARD, score, share
from tests.corpus.truth import EXTENDED, verdicts
from tests.support.repairs import no_repairs
from tests.support.sampling import sampled

WRONG = [case for case in CASES if not case.right]
RIGHT = [case for case in CASES if case.right]
WRITE = "write the scorecard anew, and look at what has moved: python -m tests.corpus"
REPAIRED, FOUND = 0.95, 0.82
"""Of the wrong gradients that many are repaired, and of the marked lines that many found, at least."""


@pytest.fixture(scope="module")
def scores():
    with no_repairs():
        return {str(case): score(case) for case in CASES}


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
    assert found.verdict, str(found)


def test_nineteen_of_twenty_first_wrong_lines_are_found_without_a_repair(scores):
    found, asked = share(s.found for s in scores.values() if s.case.family != "spoilt")
    assert found >= 0.95 * asked
    found, asked = share(s.found for s in scores.values())
    assert found >= 0.94 * asked


def test_no_line_but_that_of_the_result_is_named_where_no_variable_is_wrong(scores):
    findings = [s.report.finding for s in scores.values() if not s.case.marks]
    assert [f.assignment for f in findings if f is not None and not is_result(f.assignment)] == []


def is_result(assignment):
    """Whether a line gives the result: it is the wrong one where nothing on the way there has a name."""
    return assignment.text.startswith(("return ", "@")) or "lambda" in assignment.text


# --- the scorecard


def lines():
    """Return the lines of the scorecard, by case."""
    return {line.partition(" | ")[0]: line for line in CARD.read_text("utf-8").splitlines()}


def test_the_scorecard_has_a_line_for_each_case():
    assert list(lines()) == list(map(str, CASES)), WRITE


@pytest.mark.parametrize("case", sampled(CASES, 12))
def test_the_scorecard_is_up_to_date(case):
    assert str(score(case)) == lines()[str(case)], WRITE


def test_the_scorecard_gets_no_worse():
    cells = {name: line.split(" | ") for name, line in lines().items()}
    repaired = ["repaired" in cells[str(case)] for case in CASES if not case.right]
    assert sum(repaired) >= REPAIRED * len(repaired)
    found = ["its line" in cells[str(case)] for case in CASES if case.marks]
    assert sum(found) >= FOUND * len(found)

"""`verify` on the corpus of right and wrong hand-derived gradients, and the corpus itself in extended precision."""

import pytest

from tests.corpus import CASES, TAGS
from tests.corpus.score import CARD, score
from tests.corpus.truth import EXTENDED, verdicts
from tests.support.repairs import no_repairs, verdicts_alone
from tests.support.sampling import in_sample, sampled

WRONG = [case for case in CASES if not case.right]
RIGHT = [case for case in CASES if case.right]
WRITE = "write the scorecard anew, and look at what has moved: python -m tests.corpus"
REPAIRED, FOUND = 0.95, 0.82
"""Of the wrong gradients that many are repaired, and of the marked lines that many found, at least."""


@pytest.fixture(scope="module", params=["a sample", pytest.param("all", marks=pytest.mark.deep)])
def scores(request):
    """Return how cases are scored where no repair is searched for; `make test` takes a sample of those with a line."""
    is_whole = request.param == "all"
    with no_repairs():
        return {str(case): score(case) for case in CASES if is_whole or not case.marks or in_sample(case, 5)}


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
@verdicts_alone()
def test_verdicts(case):
    found = score(case)
    assert found.verdict, str(found)


def test_lines_that_are_named_without_a_repair_are_the_wrong_ones(scores):
    marked = [s for s in scores.values() if s.case.marks]
    found = [s for s in marked if s.found]
    assert len(found) >= 0.8 * len(marked)
    astray = [str(s.case) for s in marked if s.lines and not s.found and not s.report.finding.unchecked]
    assert len(astray) <= 0.1 * len(marked), astray


# --- the scorecard


def lines():
    """Return the lines of the scorecard, by case."""
    return {line.partition(" | ")[0]: line for line in CARD.read_text("utf-8").splitlines()}


def test_the_scorecard_has_a_line_for_each_case():
    assert list(lines()) == list(map(str, CASES)), WRITE


@pytest.mark.parametrize("case", sampled(CASES, 24))
def test_the_scorecard_is_up_to_date(case):
    assert str(score(case)) == lines()[str(case)], WRITE


def test_the_scorecard_gets_no_worse():
    cells = {name: line.split(" | ") for name, line in lines().items()}
    repaired = ["repaired" in cells[str(case)] for case in CASES if not case.right]
    assert sum(repaired) >= REPAIRED * len(repaired)
    found = ["its line" in cells[str(case)] for case in CASES if case.marks]
    assert sum(found) >= FOUND * len(found)

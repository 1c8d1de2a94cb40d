"""The harness of the held-out set: its cases can be built as written and corrected, and a few are scored."""

from dataclasses import replace

import pytest

from tests.held_out import held_out
from tests.held_out.__main__ import KINDS, development, is_development, line_of, table
from tests.held_out.case import Call
from tests.held_out.score import Score, scores

CASES = held_out()
STYLES = sorted({case.style for case in CASES})
FIRST = {wrong: [c for c in CASES if is_development(c) and bool(c.marks) == wrong] for wrong in (True, False)}
SAMPLE = [*FIRST[True][::120], FIRST[False][0]]
MARKED = ("g = x  # <- g = 2 * x",)


@pytest.mark.parametrize("style", STYLES)
def test_each_case_is_built_as_written_and_corrected(style):
    for case in CASES:
        if case.style == style:
            made = (case.build(), case.build_right()) if case.marks else (case.build(),)
            assert all(isinstance(each, Call) for each in made), case.name
            assert case.docstring


def test_both_halves_hold_wrong_cases_and_right_ones():
    for half in (True, False):
        group = [bool(case.marks) for case in CASES if is_development(case) == half]
        assert sum(group) >= 120
        assert len(group) - sum(group) >= 60


def test_a_sample_is_scored():
    found = {score.name: score for score in scores(SAMPLE)}
    for case in SAMPLE:
        score = found[case.name]
        assert len(score.marked) == len(case.marks)
        assert not score.refused, score
        assert isinstance(score.seconds, float)
        assert not score.overfitted, score
        if score.is_repaired:
            assert score.patch
            assert score.tokens
            assert score.runs


def test_figures_and_lines_of_scores():
    judged = Score("a", "s", MARKED, recorded=True, is_judged=True)
    wrong = replace(judged, is_covered=True, tokens=2, seconds=1.5, patch="-x\n+y")
    failures = [
        Score("b", "s", MARKED, refused="ValueError: no"),
        Score("c", "s", (), recorded=True, verdict="wrong"),
        judged,
        replace(wrong, overfitted="another gradient"),
        wrong,
        Score("f", "s", (), is_judged=True),
    ]
    kinds = ["refused", "verdict", "not repaired", "overfitted", "other line", "not recorded"]
    assert [score.trouble for score in failures] == kinds
    assert sorted(kinds) == sorted(KINDS)
    lines = ["other line s.a 2 tokens, 0 runs, 1.5 s", *MARKED, "-x", "+y"]
    assert [line.split() for line in line_of(wrong)] == [line.split() for line in lines]
    text = "\n".join(table({"all": failures}))
    assert "| repaired by a verified patch | 1 of 4 (25.0 %) | 92 % |" in text
    assert "| overfitted | 1 of 4 (25.0 %) | at most 1 % |" in text
    assert "\nverdict       s.c  0.0 s  wrong" in "\n".join(development(failures))

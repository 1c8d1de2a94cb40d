"""The benchmarks compare what is equal, and their page shows what was measured."""

import pickle
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.benchmarks import page, printed, sizes
from tests.benchmarks.frameworks import COMPILED, OURS
from tests.benchmarks.measured import OF_VALUE, Row, agree, measure
from tests.benchmarks.workload import BY_HAND, Limits, Rivals, Workload
from tests.benchmarks.workloads import SPARE, WORKLOADS
from tests.support.sampling import sampled

CALLS = [(name, rival) for name, workload in WORKLOADS.items() for rival in workload.rivals(*workload.small).values]


@pytest.mark.parametrize("name", WORKLOADS)
def test_rivals_agree(name):
    workload = WORKLOADS[name]
    agree(workload.rivals(*workload.small).runs)


@pytest.mark.parametrize(("name", "rival"), [call for call in CALLS if call[0] != "step"])
def test_values_alone_are_those_that_come_with_gradients(name, rival):
    rivals = WORKLOADS[name].rivals(*WORKLOADS[name].small)
    agree({"with gradients": lambda: rivals.runs[rival]()[:1], "alone": rivals.values[rival]})


def pair(expected, given):
    return Workload("pair", lambda: Rivals({BY_HAND: lambda: (expected,), OURS: lambda: (given,)}))


def test_rivals_that_disagree_are_not_timed():
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        measure(pair(1.0, 1.1))


def test_a_workload_without_its_baseline_is_not_measured():
    row = measure(replace(pair(1.0, 1.0), baseline="PyTorch"))
    assert (row.ratios, row.missed) == ({}, [])
    assert "not installed" in page.line(page.SPEED, row)


@pytest.mark.parametrize("name", sampled(WORKLOADS, 3))
def test_figures_of_a_workload(name):
    workload = WORKLOADS[name]
    small = replace(workload, size=workload.small, repetitions=1)
    row = measure(replace(small, baseline=OURS), rounds=2)
    rivals = small.rivals(*small.size)
    assert row.ratios.keys() == rivals.runs.keys()
    assert row.ratios[OURS] == (1, 0)
    assert row.of_value.keys() == rivals.values.keys()
    assert row.results == sum(np.asarray(x).nbytes for x in rivals.runs[OURS]())


ROW = Row(
    "title",
    BY_HAND,
    Limits({OURS: 1.5, COMPILED: 0.5}, compiling=0.1, memory=SPARE),
    least=0.0125,
    ratios={BY_HAND: (1, 0), OURS: (1.54, 0.05), COMPILED: (0.47, 0.01), "JAX": (0.72, 0.02), "PyTorch": (1.6, 0.1)},
    compiling={COMPILED: 0.04, "JAX": 0.5},
    of_value={OURS: 5.5, COMPILED: 3.25},
    memory={BY_HAND: 8 * SPARE, OURS: 9 * SPARE, COMPILED: 3 * SPARE},
    results=2 * SPARE,
)


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"ratios": {**ROW.ratios, OURS: (1.56, 0.05)}}, [OURS]),
        ({"ratios": {**ROW.ratios, COMPILED: (0.52, 0.01)}}, [COMPILED]),
        ({"compiling": {COMPILED: 0.11}}, ["compile time"]),
        ({"of_value": {COMPILED: OF_VALUE + 0.01}}, ["gradient / value"]),
        ({"results": 2 * SPARE - 1}, ["memory"]),
    ],
)
def test_limits(changes, missed):
    row = replace(ROW, **changes)
    assert row.missed == missed
    assert page.line(page.SPEED, row).count("MISSED") == len(missed)


def test_the_page_has_the_cells_that_are_printed():
    rows = [ROW, replace(ROW, title="other", threads=2, ratios={})]
    lines = page.page(rows, "picture.svg").splitlines()
    for table in (page.SPEED, page.COST):
        assert f"| {' | '.join(table)} |" in lines
        for row in rows:
            cells = [column(row) for column, _ in table.values()]
            assert f"| {' | '.join(cells)} |" in lines
            assert page.line(table, row).split() == " ".join(cells).split()
    assert any("picture.svg" in line for line in lines)


@pytest.mark.parametrize("row", [ROW, replace(ROW, ratios={})])
def test_rows_pass_between_processes(row):
    assert pickle.loads(pickle.dumps(row)) == row


def test_a_process_of_its_own_measures_on_two_threads():
    assert printed.measured_on_two_threads([], None) == []


def test_cells():
    shown = {name: column(ROW) for name, (column, _) in (page.SPEED | page.COST).items()}
    assert shown["baseline"] == "12.5 ms"
    assert shown["best peer"] == "JAX 0.72"
    assert shown["other peers"] == "PyTorch 1.60"
    assert shown["limits"] == "met"
    assert (shown["compile time"], shown["JAX's"]) == ("40 ms", "500 ms")
    assert (shown["MiB by hand"], shown["results"]) == ("128.0", "32.0")


def test_cost_against_size_is_drawn_for_each_rival(tmp_path):
    found = sizes.costs((100, 1000), rounds=2)
    assert found.keys() == WORKLOADS["wave"].rivals(100).runs.keys()
    assert found.keys() <= sizes.LOOK.keys()
    figure = sizes.picture(found, (100, 1000))
    sizes.save(figure, tmp_path / "picture.svg")
    assert len(figure.axes[0].lines) == len(found)
    assert ElementTree.parse(tmp_path / "picture.svg").getroot().tag.endswith("svg")

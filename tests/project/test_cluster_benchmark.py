"""The model of a step on a cluster is fitted to what follows it, and its page shows what was measured."""

from dataclasses import astuple
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.benchmarks import cluster_model, cluster_page, sizes
from tests.benchmarks.cluster_model import Costs, Step, fit, least_rows, split_up, tree
from tests.benchmarks.cluster_page import Measured

COSTS = Costs(latency=0.02, task=0.001, level=0.004, start=0.002, load=1e-7, compute=5e-8)
STEPS = [
    Step(chunks, rows, workers, loads)
    for workers in (1, 2)
    for loads in (False, True)
    for chunks, rows in ((1, 100), (8, 100), (64, 100), (1, 200_000), (4, 100_000))
]
TAKEN = {step: COSTS.seconds(step) for step in STEPS}


@pytest.mark.parametrize(("chunks", "expected"), [(1, (0, 0)), (2, (1, 1)), (8, (1, 1)), (9, (2, 3)), (1000, (4, 144))])
def test_the_tree(chunks, expected):
    assert tree(chunks) == expected


def test_seconds_of_a_step():
    turns, rows = 5, 100_000
    expected = 0.02 + 0.001 * 12 + 0.004 * 2 + turns * (0.002 + rows * 1.5e-7)
    assert COSTS.seconds(Step(9, rows, 2, loads=True)) == pytest.approx(expected, rel=1e-12)


def test_what_follows_the_model_gives_its_constants():
    np.testing.assert_allclose(astuple(fit(STEPS, list(TAKEN.values()))), astuple(COSTS), rtol=1e-9)


def test_no_constant_is_negative():
    fitted = fit(STEPS, [taken - 0.9 * 0.004 * tree(step.chunks)[0] - 0.01 for step, taken in TAKEN.items()])
    assert min(astuple(fitted)) >= 0


def test_a_step_is_split_up_into_what_keeps_all_busy():
    assert split_up(1_000, 8) == Step(8, 125, 8)
    rows = 3 * cluster_model.LARGEST
    assert split_up(2 * rows, 2) == Step(6, cluster_model.LARGEST, 2)


def test_from_which_rows_on_workers_pay():
    rows = int(least_rows(COSTS, 8, 1.5))
    ideal = COSTS.alone(rows) / 8
    assert COSTS.seconds(split_up(rows, 8)) <= 1.5 * ideal
    assert COSTS.seconds(split_up(rows // 2, 8)) > 1.5 * ideal / 2
    assert least_rows(Costs(0, 1e3, 0, 0, 0, 1e-9), 1000, 1.5) == np.inf


FOUND = Measured(
    COSTS,
    fitted=TAKEN,
    checked={
        split_up(rows, n): 2 * COSTS.seconds(split_up(rows, n)) for rows in cluster_page.SIZES[:2] for n in (1, 2)
    },
    asleep={Step(16, 100, 16, loads=True): 0.05},
    overheads={(8, 1000): (0.1, 0.135, 0.1, 0.136)},
    agreement={"eager": (0.0, 0.5), "compiled": (2e-16, 0.25)},
)


def test_the_page_shows_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(cluster_page, "PICTURE", tmp_path / "page.svg")
    cluster_page.PAGE.write_text(f"before\n{cluster_page.BEGIN}old\n{cluster_page.END}\nafter\n", encoding="utf-8")
    written = cluster_page.write(FOUND)
    text = cluster_page.PAGE.read_text(encoding="utf-8")
    assert text == f"before\n{cluster_page.BEGIN}{written}{cluster_page.END}\nafter\n"
    assert "| compute | a row: value and gradient | 50 ns |" in written
    assert "| 8 | 1,000 | least | 100 ms | 135 ms | 35 ms | met |" in written
    assert "| 8 | 1,000 | median | 100 ms | 136 ms | 36 ms | missed |" in written
    assert "| compiled | 2e-16 | 250 ms |" in written
    assert "off by 0% in the median, by 0% at most" in written
    assert "off by 50% in the median, by 50% at most" in written
    assert ElementTree.parse(cluster_page.PICTURE).getroot().tag.endswith("svg")


def test_the_picture_has_a_line_for_each_size_and_points_where_it_was_measured(tmp_path):
    figure = cluster_page.picture(FOUND)
    sizes.save(figure, tmp_path / "picture.svg")
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() != "None"]
    points = [np.asarray(line.get_ydata()).tolist() for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(lines) == len(cluster_page.SIZES) + 1
    assert [y for y in points if y] == [
        [FOUND.checked[split_up(rows, n)] for n in (1, 2)] for rows in cluster_page.SIZES[:2]
    ]


def test_all_ways_agree(monkeypatch):
    pytest.importorskip("distributed")
    from tests.benchmarks import cluster

    monkeypatch.setattr(cluster, "AGREED", (3, 500))
    with cluster.cluster(2, processes=False) as client:
        found = cluster.agreement(client, rounds=1)
    assert len(found) >= 5
    assert found["eager"][0] == 0
    assert max(apart for apart, _ in found.values()) < 1e-13
    assert min(taken for _, taken in found.values()) > 0


@pytest.mark.parametrize(
    ("count", "shown"), [(40_800, "41 kB"), (4.08e5, "408 kB"), (1.6e9, "1.6 GB"), (1e12, "1.0 TB")]
)
def test_amounts_of_bytes(count, shown):
    assert cluster_page.amount(count) == shown

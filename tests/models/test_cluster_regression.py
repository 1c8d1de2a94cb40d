"""The regression on a cluster: beside a single machine, stopped, with processes that are killed, and its memory."""

import re
import sys
from functools import partial

import numpy as np
import pytest

import autograd_lite as ag
from models import chunked_rows, training
from models import cluster_regression as model
from models.checks import InputError
from models.lesson import Lesson, main
from models.progress import Progress
from tests.support import clusters

distributed = pytest.importorskip("distributed")
pytest.importorskip("scipy")
LENGTHS = [700, *[1000] * 7]
ALL = range(len(LENGTHS))
HELPS = dict.fromkeys(("rows", "chunk", "workers", "scheduler", "iterations", "epochs", "batch", "checkpoint"), "")
IN_CHUNKS = partial(chunked_rows.in_chunks, 1, LENGTHS)
VALUE_AND_GRAD = ag.value_and_grad(model.loss)


@pytest.fixture(scope="module")
def local():
    """Two processes here, of one thread each."""
    with chunked_rows.cluster(2) as client:
        yield client


def lbfgs(rows_of=IN_CHUNKS, value_and_grad=None, **options):
    found = model.by_full_gradient(value_and_grad or ag.compile(VALUE_AND_GRAD), rows_of(ALL), 50, **options)
    assert found.converged
    return {"loss": found.value, "params": found.params}


def batches(rows_of=IN_CHUNKS, value_and_grad=None, loss=None, **options):
    functions = loss or ag.compile(model.loss), value_and_grad or ag.compile(VALUE_AND_GRAD)
    options = {"epochs": 5, "batch": 3, "seed": 2} | options
    found = model.by_batches(*functions, rows_of, len(LENGTHS), **options)
    return {"loss": found.training, "params": found.params}


WAYS = {"L-BFGS": lbfgs, "mini-batches": batches}
each = pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))


@pytest.fixture(scope="module")
def whole(local):
    """What each way finds where nothing is stopped or killed."""
    return {way: way() for way in WAYS.values()}


def flat(result):
    return ag.ravel(result)[0]


def test_the_chunks_are_the_same_rows_whenever_they_are_made(local):
    rows = chunked_rows.in_memory(1, LENGTHS, ALL)
    np.testing.assert_array_equal(chunked_rows.in_chunks(1, LENGTHS, ALL).compute(), rows)
    np.testing.assert_array_equal(chunked_rows.in_chunks(1, LENGTHS, [0, 4]).compute(), rows[np.r_[:700, 3700:4700]])
    assert (chunked_rows.in_memory(2, LENGTHS, ALL) != rows)[:, :-1].all()
    assert set(rows[:, -1]) == {0.0, 1.0}
    assert len(set(rows[:, 0])) == len(rows)


def test_labels_have_the_odds_that_the_truth_says():
    rows = chunked_rows.chunk_of_rows(0, 0, 100_000)
    odds = ag.sigmoid(chunked_rows.scores(chunked_rows.TRUE, rows))
    distances = (rows[:, -1] - odds) / np.sqrt(odds * (1 - odds))
    assert abs(distances.mean()) < 4 / np.sqrt(100_000)
    assert model.accuracy(chunked_rows.TRUE, rows) == np.mean((odds > 0.5) == rows[:, -1])


@each
def test_a_cluster_finds_what_a_single_machine_finds(way, whole):
    alone = {"value_and_grad": VALUE_AND_GRAD} | ({"loss": model.loss} if way is batches else {})
    expected = way(partial(chunked_rows.in_memory, 1, LENGTHS), **alone)
    np.testing.assert_allclose(flat(whole[way]), flat(expected), rtol=0, atol=1e-10)


def test_the_minimum_is_that_of_newtons_method(whole):
    rows = chunked_rows.in_memory(1, LENGTHS, ALL)
    design, labels = np.column_stack([rows[:, :-1], np.ones(len(rows))]), rows[:, -1]
    newton = np.zeros(13)
    for _ in range(10):
        odds = 1 / (1 + np.exp(-design @ newton))
        newton += np.linalg.solve(design.T @ (design * (odds * (1 - odds))[:, None]), design.T @ (labels - odds))
    params = whole[lbfgs]["params"]
    np.testing.assert_allclose([*params["weights"], params["bias"]], newton, atol=1e-6)


class Interrupted(Progress):
    """Steps that Ctrl-C ends at once in the third."""

    def __iter__(self):
        for step in super().__iter__():
            if step == 3:
                raise KeyboardInterrupt
            yield step


@each
def test_a_run_that_is_interrupted_goes_on_to_the_same_result(way, whole, tmp_path):
    saved = {"checkpoint": tmp_path / "run.npz", "setup": {"seed": 1}}
    with pytest.raises(KeyboardInterrupt):
        way(progress=partial(Interrupted, ""), **saved)
    calls = []

    def counted(params, data):
        calls.append(params)
        return compiled(params, data)

    compiled = ag.compile(VALUE_AND_GRAD)
    np.testing.assert_equal(way(value_and_grad=counted, **saved), whole[way])
    assert 0 < len(calls) < {lbfgs: 8, batches: 7}[way]
    calls.clear()
    np.testing.assert_equal(way(value_and_grad=counted, **saved), whole[way])  # nothing is left to do
    assert calls == []
    with pytest.raises(InputError, match=re.escape("checkpoint: expected one of a run with {'seed': 2}")):
        way(**saved | {"setup": {"seed": 2}})


def test_a_checkpoint_from_another_start_is_refused(tmp_path):
    def parabola(x):
        return x**2, 2 * x

    options = {"iterations": 5, "tolerance": 0.0, "checkpoint": tmp_path / "run.npz"}
    training.minimise(parabola, 3.0, **options)
    with pytest.raises(InputError, match=re.escape("checkpoint: evaluation 1 was at 3.0, and now is at 4.0")):
        training.minimise(parabola, 4.0, **options)


@each
def test_a_worker_that_is_killed_changes_nothing(way, whole, local, tmp_path):
    trap = tmp_path / "trap"
    processes = set(local.run(clusters.process).values())
    rows_of = partial(clusters.with_trap, trap, 1, LENGTHS)
    found = way(rows_of, progress=partial(clusters.SetsTrap, trap, 0))
    assert not trap.exists()
    local.wait_for_workers(2)
    assert len(processes - set(local.run(clusters.process).values())) == 1
    np.testing.assert_equal(found, whole[way])


@pytest.mark.deep
def test_a_scheduler_that_is_killed_leaves_the_checkpoint(whole, tmp_path):
    trap, saved = tmp_path / "trap", {"checkpoint": tmp_path / "run.npz", "setup": {"seed": 1}}
    rows_of = partial(clusters.with_trap, trap, 1, LENGTHS)
    with clusters.apart(tmp_path) as (scheduler, address):
        sets_trap = partial(clusters.SetsTrap, trap, scheduler.pid)
        lost = pytest.raises(ConnectionError, match=r"The scheduler is gone.* load the last checkpoint, and go on\.")
        with lost, chunked_rows.cluster(2, address):
            lbfgs(rows_of, progress=sets_trap, **saved)
    assert not trap.exists()
    known = ag.load(saved["checkpoint"])["evaluations"]
    assert 3 <= len(known) < 8
    np.testing.assert_equal(lbfgs(**saved), whole[lbfgs])
    np.testing.assert_equal(ag.load(saved["checkpoint"])["evaluations"][: len(known)], known)


@pytest.mark.deep
def test_the_command_on_a_scheduler_that_runs(local, tmp_path, capsys):
    rows = ["--rows", "9900", "--chunk", "1000", "--batch", "1", "--scheduler", local.scheduler.address]
    options = [*rows, "--checkpoint", str(tmp_path / "run"), "--out", str(tmp_path / "out")]
    assert main(model.run, options, **HELPS) == 0, capsys.readouterr().out
    shown = capsys.readouterr().out
    assert "9,900 rows of 12 numbers and a label, in 10 chunks of 0.1 MB." in shown
    assert re.search(r"^  mini-batches +0\.\d+ +0\.\d+ +30 +\d+\.\d+$", shown, re.MULTILINE)
    assert "All 4 figures agree." in shown
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["batches.npz", "lbfgs.npz"]
    assert main(model.run, options, **HELPS) == 0
    assert re.search(r"^  mini-batches +0\.\d+ +0\.\d+ +0 +0\.000$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rows", "0"], "rows: expected a whole number of at least 1, got 0"),
        (["--chunk", "x"], "chunk: expected a whole number, got 'x'"),
        (["--batch", "-1"], "batch: expected a whole number of at least 1, got -1"),
        (["--checkpoint", "{folder}/file"], "file"),
        (["--scheduler", "nonsense://there"], "scheduler: unknown address scheme 'nonsense'"),
    ],
)
def test_bad_options_are_one_line(options, message, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(model.run, [option.format(folder=tmp_path) for option in options], **HELPS) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_without_dask_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(model.run, ["--rows", "100"], **HELPS) == 2
    assert 'pip install "autograd_lite[dask]"' in capsys.readouterr().err


@pytest.mark.deep
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_process_holds_more_than_three_of_80_chunks(local, tmp_path, capsys):
    """20 million rows as the command has them; the scheduler lies in the process of the client."""
    at = {"scheduler": local.scheduler.address}
    model.run(Lesson(tmp_path), rows=20_000, chunk=1000, iterations=3, epochs=1, **at)  # what is imported and traced
    before = {"client": clusters.base()} | local.run(clusters.base)
    lesson = Lesson(tmp_path)
    model.run(lesson, **at)
    after = {"client": clusters.megabytes("VmHWM")} | local.run(clusters.megabytes, "VmHWM")
    chunk = 250_000 * 13 * 8 / 2**20
    peaks = {name: (after[name] - before[name]) / chunk for name in before}
    assert len(peaks) == 3
    assert max(peaks.values()) <= 3
    assert min(local.run(clusters.megabytes, "VmHWM").values()) > chunk  # it is counted
    assert (lesson.figures, lesson.different) == (4, 0)

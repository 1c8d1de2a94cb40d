"""The tutorial agrees with the lesson, says so truthfully, and writes its pictures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from models import hand_derived, tutorial

COMMAND = [sys.executable, "-m", "models.tutorial"]
PICTURES = ["cumulative_error.png", "graph.png", "square_error.png", "vectors.png"]
WRITTEN = sorted([*PICTURES, "explain.html", "graph.svg"])


def verdicts(text):
    return re.findall(r" (agree|DIFFERS)$", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def piped_run(tmp_path_factory):
    """The command as it stands, its output piped, in a folder of its own."""
    folder = tmp_path_factory.mktemp("lesson")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "error"}
    run = subprocess.run(COMMAND, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return run, folder


def test_every_figure_agrees_with_the_lesson(piped_run):
    run, _ = piped_run
    assert run.returncode == 0, run.stdout + run.stderr
    shown = verdicts(run.stdout)
    assert len(shown) > len(tutorial.EXPECTED)
    assert set(shown) == {"agree"}
    for label, expected in tutorial.EXPECTED.items():
        assert re.search(rf"^  {re.escape(label)} .* {re.escape(expected)} +agree$", run.stdout, re.MULTILINE)
    assert f"All {len(shown)} figures agree." in run.stdout


def test_the_chain_rule_is_explained_in_the_names_of_the_code(piped_run):
    run, folder = piped_run
    assert "  derror_dlayer_1      = derror_dprediction * dprediction_dlayer_1   0.1957" in run.stdout
    page = (folder / "out" / "explain.html").read_text("utf-8")
    assert "derror_dprediction * dprediction_dlayer_1" in page
    assert "layer_1 = ag.dot(input_vector, weights) + bias" in page


def test_a_pipe_gets_no_progress_bar(piped_run):
    run, _ = piped_run
    assert run.stderr == ""
    assert "\r" not in run.stdout
    assert "%|" not in run.stdout


def test_pictures_are_written_in_full_colour(piped_run):
    _, folder = piped_run
    assert sorted(path.name for path in (folder / "out").iterdir()) == WRITTEN
    for name in PICTURES:
        red, green, blue = np.moveaxis(imread(folder / "out" / name)[..., :3], -1, 0)
        assert np.mean(red < 1) > 0.01
        assert np.any(red != green)
        assert np.any(green != blue)


def test_a_terminal_gets_a_progress_bar(tmp_path):
    pytest.importorskip("tqdm")
    termios = pytest.importorskip("termios")
    parent, child = os.openpty()
    termios.tcsetwinsize(child, (24, 100))
    with subprocess.Popen([*COMMAND, "--out", str(tmp_path)], stdout=child, stderr=child) as process:
        os.close(child)
        shown = b""
        try:
            while chunk := os.read(parent, 65536):
                shown += chunk
        except OSError:
            pass  # how Linux reports that the terminal's other side has closed
    os.close(parent)
    assert process.returncode == 0
    assert b"training: 100%|" in shown


def off_by_one_digit(expected):
    last = min(len(expected.removesuffix("...")), len("0.12345678")) - 1
    return expected[:last] + str((int(expected[last]) + 1) % 10) + expected[last + 1 :]


@pytest.mark.parametrize("label", tutorial.EXPECTED)
def test_one_wrong_digit_in_any_figure_differs(label, monkeypatch, capsys):
    monkeypatch.setitem(tutorial.EXPECTED, label, off_by_one_digit(tutorial.EXPECTED[label]))
    lesson = tutorial.Lesson()
    for section in (tutorial.similarity, tutorial.prediction, tutorial.error):
        section(lesson)
    assert lesson.close() == 1
    shown = capsys.readouterr().out
    assert verdicts(shown).count("DIFFERS") == 1
    assert f"1 of {len(tutorial.EXPECTED)} figures DIFFER." in shown


def test_the_exit_status_is_1_where_the_formulas_by_hand_differ(monkeypatch, capsys, tmp_path):
    right = hand_derived.compute_gradients
    monkeypatch.setattr(hand_derived, "compute_gradients", lambda *a: tuple(1.000001 * g for g in right(*a)))
    assert tutorial.main(["--iterations", "1", "--out", str(tmp_path / "new" / "folder")]) == 1
    assert re.search(r"^  derror_dbias .* by hand .* DIFFERS$", capsys.readouterr().out, re.MULTILINE)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == WRITTEN


def test_the_seed_and_the_options_reach_the_training(capsys, tmp_path):
    def last_error(*options):
        assert tutorial.main(["--iterations", "150", "--out", str(tmp_path), *options]) == 0
        return re.findall(r"^  error +([\d.]+)", capsys.readouterr().out, re.MULTILINE)[0]

    error = last_error("--seed", "3")
    assert last_error("--seed", "3") == error
    changed = [last_error("--seed", "4"), last_error("--seed", "3", "--learning-rate", "1")]
    assert len({error, *changed, last_error("--seed", "3", "--iterations", "151")}) == 4


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--iterations", "0", "iterations: expected a whole number of at least 1, got 0"),
        ("--learning-rate", "nan", "learning_rate: expected a finite number above 0, got nan"),
        ("--learning-rate", "-1", "learning_rate: expected a finite number above 0, got -1.0"),
        ("--seed", "-1", "seed: expected a whole number of at least 0, got -1"),
    ],
)
def test_bad_options_are_refused_before_the_lesson(option, value, message, capsys, tmp_path):
    with pytest.raises(SystemExit) as stop:
        tutorial.main([option, value, "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert not (tmp_path / "out").exists()


def test_an_out_folder_that_cannot_be_is_refused_before_the_lesson(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stop:
        tutorial.main(["--out", str(tmp_path / "file")])
    assert stop.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("computed", "expected", "agree"),
    [
        (0.79857309, "0.7985731", True),
        (0.79857309, "0.7985730", False),
        (0.79857309, "0.7985730...", True),
        (0.7586743559, "0.7586743596667225", True),  # the ninth digit is not compared
        (0.00022387579, "0.00022388", True),
        (0.00022387579, "0.00022387", False),
        (-1.5, "1.5", False),
        (0, "0", True),
        (1, "0", False),
    ],
)
def test_figures_agree_to_the_digits_given(computed, expected, agree):
    assert tutorial.agrees(computed, expected) is agree


def test_it_ends_with_a_report_on_the_formulas_derived_by_hand(capsys, monkeypatch):
    lesson = tutorial.Lesson()
    tutorial.verification(lesson)
    assert "compute_gradients, the gradient of squared_error: right" in capsys.readouterr().out
    assert lesson.different == 0
    monkeypatch.setattr(tutorial.hand_derived, "sigmoid_deriv", lambda x: tutorial.hand_derived.sigmoid(x) ** 2)
    tutorial.verification(lesson)
    assert "WRONG" in capsys.readouterr().out
    assert lesson.different == 1

"""The walk through the lesson agrees with it, says so truthfully, and writes its pictures."""

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from models import chain_rule, hand_derived, lesson, neuron, prediction, similarity, tutorial

ROOT = Path(__file__).parents[2]


GREY = {"digits_mistakes.png"}  # images of digits


def verdicts(text):
    return re.findall(r" (agree|DIFFERS)$", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def piped_run(tmp_path_factory):
    """The command as it stands, its output piped, in a folder of its own."""
    folder = tmp_path_factory.mktemp("lesson")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "models.tutorial"]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return run, folder / "out"


def test_every_figure_agrees(piped_run):
    run, _ = piped_run
    assert run.returncode == 0, run.stdout + run.stderr
    shown = verdicts(run.stdout)
    assert set(shown) == {"agree"}
    assert f"All {len(shown)} figures agree." in run.stdout


PACKAGES = {"LightGBM": "lightgbm", "XGBoost": "xgboost", "scikit-learn": "sklearn", "simplemma": "simplemma"}


def test_only_what_needs_a_missing_package_is_left_out(piped_run):
    run, _ = piped_run
    left_out = set(re.findall(r"^  Left out: (\S+) is needed", run.stdout, re.MULTILINE))
    assert left_out <= PACKAGES.keys()
    assert [package for package in left_out if installed(PACKAGES[package])] == []


def installed(module):
    try:
        importlib.import_module(module)
    except Exception:  # a package whose library does not load raises what it likes
        return False
    return True


def test_the_parts_come_in_the_order_of_the_lesson(piped_run):
    run, _ = piped_run
    found = re.findall(r"^(\d+)\. .*\(python -m models\.(\w+)\)\n-+$", run.stdout, re.MULTILINE)
    assert found == [(str(number), name) for number, name in enumerate(tutorial.PARTS, 1)]


def test_the_chain_rule_is_explained_in_the_names_of_the_code(piped_run):
    run, out = piped_run
    assert "  derror_dlayer_1      = derror_dprediction * dprediction_dlayer_1   0.1957" in run.stdout
    page = (out / "explain.html").read_text("utf-8")
    assert "derror_dprediction * dprediction_dlayer_1" in page
    assert "layer_1 = ag.dot(input_vector, weights) + bias" in page


def test_a_pipe_gets_no_progress_bar(piped_run):
    run, _ = piped_run
    assert run.stderr == ""
    assert "\r" not in run.stdout
    assert "%|" not in run.stdout
    assert "  training: 10,000 of 10,000, loss " in run.stdout


def test_lines_fit_a_terminal(piped_run):
    run, out = piped_run
    assert [line for line in run.stdout.splitlines() if len(line) > 110 and str(out.name) not in line] == []


def test_every_picture_that_is_named_is_written(piped_run):
    run, out = piped_run
    named = set(re.findall(r"^  out/([\w.]+):", run.stdout, re.MULTILINE))
    assert named == {path.name for path in out.iterdir()}
    pictures = sorted(name for name in named if name.endswith(".png"))
    assert len(pictures) >= len(tutorial.PARTS)
    for name in pictures:
        red, _, blue = np.moveaxis(imread(out / name)[..., :3], -1, 0)
        assert np.mean(red < 1) > 0.01, name
        assert name in GREY or np.any(red != blue), name


README = (ROOT / "models" / "README.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+) \| `python -m models\.(\w+)` \| `(.+)` \| `(.+)`: .+ \|$", README, re.MULTILINE)


def test_the_table_of_the_eleven_systems_has_them_in_the_order_of_the_lesson():
    modules = [module for _, module, _, _ in ROWS]
    assert len(ROWS) == 11
    assert list(dict.fromkeys(modules)) == [name for name in tutorial.PARTS if name != "custom_objective"]


@pytest.mark.parametrize(("system", "module", "picture", "figure"), ROWS)
def test_the_table_names_what_the_lesson_shows(system, module, picture, figure, piped_run):
    run, _ = piped_run
    _, part = run.stdout.split(f"(python -m models.{module})\n")
    part = re.split(r"^\d+\. .*\(python -m models\.", part, maxsplit=1, flags=re.MULTILINE)[0]
    if "Left out: " not in part:
        assert re.search(rf"^  {re.escape(figure)} .* agree$", part, re.MULTILINE)
        assert f"  out/{picture}:" in run.stdout


def test_each_module_is_named_in_the_readme():
    named = set(re.findall(r"models\.(\w+)`|`(\w+)\.py`", README))
    modules = {path.stem for path in (ROOT / "models").glob("[a-z]*.py")} - {"tutorial"}
    assert {name for pair in named for name in pair if name} == modules


def test_the_models_are_listed_in_the_order_of_the_lesson():
    shown = subprocess.run([sys.executable, "-m", "models"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^python -m models\.(\w+) +\S", shown.stdout, re.MULTILINE)
    assert listed == ["tutorial", *tutorial.PARTS, *sorted(set(RUNNABLE) - {"tutorial", *tutorial.PARTS})]


RUNNABLE = sorted(path.stem for path in (ROOT / "models").glob("[a-z]*.py") if "def run(" in path.read_text("utf-8"))


@pytest.mark.parametrize("name", RUNNABLE)
def test_a_model_is_read_in_five_minutes(name):
    source = (ROOT / "models" / f"{name}.py").read_text("utf-8")
    assert len(source.splitlines()) <= (80 if name == "neuron" else 150)
    assert ast.get_docstring(ast.parse(source))


def off_by_one_digit(expected):
    last = min(len(expected.removesuffix("...")), len("0.12345678")) - 1
    return expected[:last] + str((int(expected[last]) + 1) % 10) + expected[last + 1 :]


def figures_of_the_lesson():
    """Yield the figures that the lesson prints: the module and the text of each."""
    for module in (similarity, prediction):
        for figure in dict.fromkeys(re.findall(r'"(\d[\d.]*)"', Path(str(module.__file__)).read_text("utf-8"))):
            yield pytest.param(module, figure, id=f"{module.__name__} {figure}")


@pytest.mark.parametrize(("module", "figure"), list(figures_of_the_lesson()))
def test_one_wrong_digit_in_any_figure_differs(module, figure, monkeypatch, capsys, tmp_path):
    check = lesson.Lesson.check
    wrong = off_by_one_digit(figure)

    seen = []

    def misprinted(self, label, computed, expected):
        seen.append(expected)
        check(self, label, computed, wrong if expected == figure else expected)

    monkeypatch.setattr(lesson.Lesson, "check", misprinted)
    assert lesson.main(module.run, ["--out", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert verdicts(shown).count("DIFFERS") == seen.count(figure) > 0


def test_the_exit_status_is_1_where_the_formulas_by_hand_differ(monkeypatch, capsys, tmp_path):
    right = hand_derived.compute_gradients
    monkeypatch.setattr(hand_derived, "compute_gradients", lambda *a: tuple(1.000001 * g for g in right(*a)))
    assert lesson.main(chain_rule.run, ["--out", str(tmp_path)]) == 1
    assert re.search(r"^  derror_dbias .* by hand .* DIFFERS$", capsys.readouterr().out, re.MULTILINE)


def test_the_chain_rule_ends_with_a_report_on_the_formulas_derived_by_hand(monkeypatch, capsys):
    told = lesson.Lesson()
    chain_rule.verify(told)
    assert "compute_gradients, the gradient of squared_error: right" in capsys.readouterr().out
    assert told.different == 0
    monkeypatch.setattr(hand_derived, "sigmoid_deriv", lambda x: hand_derived.sigmoid(x) ** 2)
    chain_rule.verify(told)
    assert "WRONG" in capsys.readouterr().out
    assert told.different == 1


@pytest.mark.parametrize("extra", ["--iterations=0", "--learning-rate=nan", "--learning-rate=-1"])
@pytest.mark.parametrize("name", ["neuron", "hand_derived"])
def test_training_refuses_bad_options(name, extra, capsys, tmp_path):
    module = importlib.import_module(f"models.{name}")
    helps = {"iterations": "", "learning_rate": ""}
    assert lesson.main(module.run, [extra, "--out", str(tmp_path / "out")], **helps) == 2
    shown = capsys.readouterr()
    option = extra.removeprefix("--").partition("=")[0].replace("-", "_")
    assert f"error: {option}: expected " in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


def test_the_seed_and_the_options_reach_the_training(capsys, tmp_path):
    def last_error(*arguments):
        lesson.main(neuron.run, [*arguments, "--out", str(tmp_path)], iterations="", learning_rate="")
        return re.findall(r"last error +(\S+)", capsys.readouterr().out)[0]

    error = last_error("--seed", "3")
    assert last_error("--seed", "3") == error
    changed = [last_error("--seed", "4"), last_error("--seed", "3", "--learning-rate", "1")]
    assert len({error, *changed, last_error("--seed", "3", "--iterations", "151")}) == 4

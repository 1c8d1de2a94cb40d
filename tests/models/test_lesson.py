"""What the lessons share: figures, options, pictures; progress on a terminal and in a pipe, and Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from models import checks, pictures
from models.lesson import Lesson, MissingExtra, agrees, main, needed
from models.progress import Progress

ROOT = Path(__file__).parents[2]


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
    assert agrees(computed, expected) is agree


NAN = float("nan")
COMPARISONS = {
    "as printed": (lambda lesson, x: lesson.check("x", x, "0.25"), 0.25, [0.26, NAN]),
    "beside": (lambda lesson, x: lesson.check_beside("x", [1, x], [1, 2], "by hand"), 2, [2.0000001, -2, NAN]),
    "beside, few digits": (lambda lesson, x: lesson.check_beside("x", x, 2, "there", 3), 2.001, [2.003, NAN]),
    "at least": (lambda lesson, x: lesson.at_least("x", x, 0.9), 0.9, [0.89, NAN]),
    "at most": (lambda lesson, x: lesson.at_most("x", x, 0.9), 0.9, [0.91, NAN]),
}


@pytest.mark.parametrize("kind", COMPARISONS)
def test_a_figure_that_differs_is_counted_and_is_the_exit_status(kind, capsys):
    compare, right, wrong = COMPARISONS[kind]
    lesson = Lesson()
    compare(lesson, right)
    assert (lesson.different, lesson.close()) == (0, 0)
    for count, x in enumerate(wrong, 1):
        compare(lesson, x)
        assert (lesson.different, lesson.close()) == (count, 1)
    shown = capsys.readouterr().out
    assert len(re.findall(" DIFFERS$", shown, re.MULTILINE)) == len(wrong)
    assert shown.endswith(f"\n{len(wrong)} of {lesson.figures} figures DIFFER.\n")


@pytest.mark.parametrize(("says", "wanted"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_report_that_does_not_say_what_it_should_differs(says, wanted, capsys):
    lesson = Lesson()
    lesson.report(says, right=wanted)
    assert lesson.close() == (says is not wanted)
    assert capsys.readouterr().out.startswith(f"  {says}\n")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "No figure was compared."), (1, "The one figure agrees."), (2, "All 2 ")]
)
def test_the_end_says_how_many_figures_there_were(count, text, capsys):
    lesson = Lesson()
    for _ in range(count):
        lesson.at_least("x", 1, 0)
    assert lesson.close() == 0
    assert f"\n{text}" in capsys.readouterr().out


def test_a_table_is_aligned(capsys):
    Lesson().table(["word", "count", "share"], [["good", 12, 0.25], ["a", 3, 1 / 3]])
    assert capsys.readouterr().out.splitlines() == [
        "  word  count       share",
        "  good     12        0.25",
        "  a         3  0.33333333",
    ]


def lesson_of_options(lesson, *, seed: int = 3, rate: float = 0.5, say: str = ""):
    """Print what it was given, and draw."""
    lesson.say(f"{seed!r} {rate!r} {say!r}")
    lesson.picture("line.png", pictures.curves("A line", {"line": ([0, 1], [0, 1])}, "x", "y"))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [([], "3 0.5 ''"), (["--seed", "7", "--rate", "1"], "7 1.0 ''"), (["--say", "7"], "3 0.5 '7'")],
)
def test_options_have_the_types_of_the_signature(arguments, shown, capsys, tmp_path):
    out = tmp_path / "new" / "folder"
    assert main(lesson_of_options, [*arguments, "--out", str(out)], rate="a rate", say="a sentence") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [f"  {shown}", f"  {out / 'line.png'}: A line"]
    assert [path.name for path in out.iterdir()] == ["line.png"]


def test_help_names_each_option_and_its_default(capsys):
    with pytest.raises(SystemExit) as stop:
        main(lesson_of_options, ["--help"], rate="a rate", say="a sentence")
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    for line in ("--seed SEED  seed of all draws (3)", "--rate RATE  a rate (0.5)", "--say SAY    a sentence\n"):
        assert line in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "x"], "seed: expected a whole number, got 'x'"),
        (["--seed", "1.5"], "seed: expected a whole number, got '1.5'"),
        (["--seed", "-1"], "seed: expected a whole number of at least 0, got -1"),
        (["--rate", "fast"], "rate: expected a number, got 'fast'"),
    ],
)
def test_bad_options_are_refused_before_the_lesson(arguments, message, capsys, tmp_path):
    assert main(lesson_of_options, [*arguments, "--out", str(tmp_path / "out")], rate="", say="") == 2
    shown = capsys.readouterr()
    assert re.fullmatch(r"python -m models\.\w+: error: " + re.escape(message) + "\n", shown.err)
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", [".", "below/it"])
def test_a_folder_that_cannot_be_is_refused_before_the_lesson(below, capsys, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    assert main(lesson_of_options, ["--out", str(file / below)], rate="", say="") == 2
    shown = capsys.readouterr()
    assert f"out: expected a folder, got {str(file / below)!r}, where {str(file)!r} is a file" in shown.err
    assert shown.out == ""


def test_a_defect_is_no_bad_input():
    def run(lesson):
        raise ValueError("a mistake of the program")

    with pytest.raises(ValueError, match="a mistake of the program"):
        main(run, [])


def test_too_much_memory_is_bad_input(capsys):
    def run(lesson):
        np.empty(10**15)

    assert main(run, []) == 2
    assert "error: Unable to allocate" in capsys.readouterr().err


def test_ctrl_c_outside_of_training_ends_the_command(capsys):
    def run(lesson):
        raise KeyboardInterrupt

    assert main(run, []) == 130
    assert capsys.readouterr().out == "\nStopped.\n"


def test_no_figure_is_judged_after_ctrl_c(capsys):
    def run(lesson):
        for _ in lesson.progress("training", 3):
            signal.raise_signal(signal.SIGINT)
        lesson.at_least("reached", 0.5, 1.0)

    assert main(run, []) == 130
    assert capsys.readouterr().out.splitlines()[2:] == [
        f"  {'reached':<30} 0.5",
        "",
        "Stopped; 0 figures were compared.",
    ]


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    command = [sys.executable, "-u", "-m", "models.similarity", "--out", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_missing_package_is_named_with_the_line_that_installs_it():
    assert needed("json", "json", "lesson").dumps(1) == "1"
    with pytest.raises(MissingExtra, match=r'^no-such is needed: pip install "autograd_lite\[lesson\]" \(No module'):
        needed("no_such_module", "no-such", "lesson")


class TestProgress:
    def test_a_pipe_gets_five_lines(self, capsys):
        progress = Progress("training", 1_000)
        for step in progress:
            progress.loss = 1 / (step + 1)
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "  training: 200 of 1,000, loss 0.005"
        assert len(lines) == 5

    @pytest.mark.parametrize("steps", [1, 3, 5, 7])
    def test_few_steps_get_a_line_each_at_most(self, steps, capsys):
        for _ in Progress("training", steps):
            pass
        assert len(capsys.readouterr().out.splitlines()) == min(steps, 5)

    def test_a_run_goes_on_where_it_was(self, capsys):
        assert list(Progress("training", 10, 8)) == [8, 9]
        assert list(Progress("training", 10, 10)) == []
        assert "10 of 10" in capsys.readouterr().out

    def test_ctrl_c_ends_it_after_the_step_that_runs(self, capsys):
        stopped = []
        progress = Progress("training", 10, on_stop=lambda: stopped.append(True))
        done = []
        before = signal.getsignal(signal.SIGINT)
        for step in progress:
            if step == 3:
                signal.raise_signal(signal.SIGINT)
            done.append(step)
        assert (done, progress.stopped, stopped) == ([0, 1, 2, 3], True, [True])
        assert "training: stopped by Ctrl-C after 4 of 10" in capsys.readouterr().out
        assert signal.getsignal(signal.SIGINT) is before

    def test_a_second_ctrl_c_ends_the_step_too(self):
        def run():
            for _ in Progress("training", 10):
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            run()

    @pytest.mark.parametrize("ending", ["break", "error"])
    def test_the_handler_is_put_back(self, ending):
        before = signal.getsignal(signal.SIGINT)

        def run():
            for _ in Progress("training", 10):
                if ending == "break":
                    break
                raise ArithmeticError

        if ending == "break":
            run()
        else:
            with pytest.raises(ArithmeticError):
                run()
        assert signal.getsignal(signal.SIGINT) is before

    def test_it_may_be_gone_through_again(self, capsys):
        progress = Progress("training", 3)
        for _ in progress:
            signal.raise_signal(signal.SIGINT)
        assert list(progress) == [0, 1, 2]
        assert not progress.stopped

    def test_other_threads_may_train(self, capsys):
        done: list[int] = []
        thread = threading.Thread(target=lambda: done.extend(Progress("training", 3)))
        thread.start()
        thread.join()
        assert done == [0, 1, 2]

    def test_a_terminal_gets_a_bar_with_loss_and_time_left(self, tmp_path):
        pytest.importorskip("tqdm")
        shown, status = on_a_terminal([sys.executable, "-m", "models.neuron", "--out", str(tmp_path)])
        assert status == 0
        assert re.search(rb"training: 100%\|.*10000/10000 \[\d\d:\d\d<00:00, .*loss=?\s*\d", shown)
        assert b"training: 2,000 of" not in shown


def on_a_terminal(command):
    """Return what a command shows on a terminal, and its exit status."""
    termios = pytest.importorskip("termios")
    parent, child = os.openpty()
    termios.tcsetwinsize(child, (24, 100))
    with subprocess.Popen(command, stdout=child, stderr=child, cwd=ROOT) as process:
        os.close(child)
        shown = b""
        try:
            while chunk := os.read(parent, 65536):
                shown += chunk
        except OSError:
            pass  # how Linux reports that the terminal's other side has closed
    os.close(parent)
    return shown, process.returncode


class TestChecks:
    WRONG = {  # noqa: RUF012
        "labels, above": (
            lambda: checks.class_labels("labels", [0, 3], 2, 3),
            ValueError,
            "from 0 to 2, got 3 at index 1",
        ),
        "labels, below": (lambda: checks.class_labels("labels", [-1, 0], 2, 3), ValueError, "got -1 at index 0"),
        "labels, half": (lambda: checks.class_labels("labels", [0, 0.5], 2, 3), ValueError, "got 0.5 at index 1"),
        "labels, count": (
            lambda: checks.class_labels("labels", [0], 2, 3),
            ValueError,
            r"in shape \(2,\), got shape \(1,\)",
        ),
        "labels, text": (lambda: checks.class_labels("labels", ["a", "b"], 2, 3), TypeError, "got list of dtype <U1"),
        "a name": (
            lambda: checks.one_of("labels", "relo", ["relu", "tanh"]),
            ValueError,
            "relu, tanh; got 'relo'; did you mean 'relu'",
        ),
        "no near name": (
            lambda: checks.one_of("labels", "x", ["relu", "tanh"]),
            ValueError,
            "one of relu, tanh; got 'x'$",
        ),
    }

    @pytest.mark.parametrize("wrong", WRONG)
    def test_what_is_refused(self, wrong):
        check, kind, message = self.WRONG[wrong]
        with pytest.raises(kind, match=f"^labels: expected .*{message}") as raised:
            check()
        assert isinstance(raised.value, checks.InputError)

    def test_what_is_taken(self):
        labels = checks.class_labels("labels", [2, 0.0, True], 3, 3)
        np.testing.assert_array_equal(labels, [2, 0, 1])
        assert labels.dtype == np.int64
        assert checks.one_of("activation", "relu", ["tanh", "relu"]) == "relu"

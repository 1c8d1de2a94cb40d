"""The digits: the network and its training beside NumPy and scikit-learn, stopped and killed runs, bad input."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from models import digit_images, digits
from models.lesson import Lesson, main
from models.progress import Progress

pytest.importorskip("sklearn")
ROOT = Path(__file__).parents[2]
HELPS = dict.fromkeys(("hidden", "activation", "epochs", "checkpoint"), "")


@pytest.fixture(scope="module")
def data():
    return digit_images.load()


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """The command as it stands: its exit status, what it printed, and its folder."""
    folder = tmp_path_factory.mktemp("digits")
    command = [sys.executable, "-W", "error", "-m", "models.digits", "--out", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run, folder


def test_new_digits_are_read_as_well_as_the_goal_says(story):
    run, folder = story
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^  read right, median of five +0\.9[789]\d* +at least 0\.97 +agree$", run.stdout, re.MULTILINE)
    assert "All 2 figures agree." in run.stdout
    assert max(map(len, run.stdout.replace(str(folder), "out").splitlines())) <= 100
    pictures = ["digits_confusion.png", "digits_learning.png", "digits_mistakes.png"]
    assert sorted(path.name for path in folder.iterdir()) == pictures


def test_moved_images_are_read_worse_until_they_are_trained_on(story):
    run, _ = story
    rows = dict(re.findall(r"^  (as before|moved by a pixel) +[\d.]+% +(.*)$", run.stdout, re.MULTILINE))
    (before, _), (moved, again) = (map(float, re.findall(r"[\d.]+", row)) for row in rows.values())
    assert moved < before - 20
    assert again > before - 5


def test_scikit_learn_has_no_better_network_of_the_kind(data):
    """Both at their best, on the same split; scikit-learn's is the independent yardstick."""
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    training, validation, test = digit_images.split(data, rng)
    ours = digits.fit(digits.initial([64, 128, 64, 10], rng), training, validation, "relu", 40, rng=rng)
    theirs = MLPClassifier((128, 64), early_stopping=True, max_iter=400, random_state=0).fit(*training)
    assert digits.accuracy(ours.params, *test) >= theirs.score(*test) - 0.01


@pytest.mark.parametrize("activation", digits.ACTIVATIONS)
@pytest.mark.parametrize("hidden", ["", "7", "9,8,7"])
def test_the_network_is_its_layers_written_out(hidden, activation, data):
    from scipy import special

    written_out = {
        "relu": lambda x: x * (x > 0),
        "tanh": np.tanh,
        "sigmoid": special.expit,
    }
    images, labels = (part[:6] for part in data)
    params = digits.initial(digits.layer_sizes(hidden), np.random.default_rng(0))
    layer = images
    for each in params[:-1]:
        layer = written_out[activation](layer @ each["weights"] + each["bias"])
    scores = layer @ params[-1]["weights"] + params[-1]["bias"]
    np.testing.assert_allclose(digits.network(params, images, activation), scores, rtol=1e-12, atol=1e-12)
    chances = special.softmax(scores, axis=1)
    np.testing.assert_allclose(digits.probabilities(params, images, activation), chances, rtol=1e-12)
    assert digits.loss(params, images, labels, activation) == pytest.approx(-np.log(chances[range(6), labels]).mean())
    assert digits.accuracy(params, images, labels, activation) == np.mean(chances.argmax(axis=1) == labels)


def test_each_example_is_in_one_part_and_the_parts_follow_the_seed(data):
    images, labels = np.arange(1797.0)[:, None], np.arange(1797)
    parts = digit_images.split((images, labels), np.random.default_rng(0))
    assert [len(part[1]) for part in parts] == [1257, 180, 360]
    assert sorted(np.concatenate([part[1] for part in parts])) == list(labels)
    assert all((part[0][:, 0] == part[1]).all() for part in parts)
    again, other = (digit_images.split((images, labels), np.random.default_rng(seed)) for seed in (0, 1))
    np.testing.assert_array_equal(again[2][1], parts[2][1])
    assert set(other[2][1]) != set(parts[2][1])


def test_moved_images_are_one_pixel_further_right(data):
    image = np.arange(128.0).reshape(2, 8, 8)
    shifted = digit_images.moved(image.reshape(2, 64)).reshape(2, 8, 8)
    np.testing.assert_array_equal(shifted[:, :, 1:], image[:, :, :-1])
    assert not shifted[:, :, 0].any()


def pixels(**changes):
    images = np.zeros((3, 64))
    for place, value in changes.items():
        images[1, int(place[1:])] = value
    return images


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (pixels(p5=np.nan), [0, 1, 2], "images: expected finite numbers in shape (n, 64), got nan at index (1, 5)"),
        (pixels(p5=16), [0, 1, 2], "images: expected pixels from 0 to 1, got 16 at index (1, 5)"),
        (pixels(p0=-0.5), [0, 1, 2], "images: expected pixels from 0 to 1, got -0.5 at index (1, 0)"),
        (np.zeros((3, 8, 8)), [0, 1, 2], "images: expected finite numbers in shape (n, 64), got shape (3, 8, 8)"),
        (np.zeros((0, 64)), [], "images: expected finite numbers in shape (n, 64), got no numbers at all (shape (0, "),
        (pixels(), [0, 1, 10], "labels: expected whole numbers from 0 to 9, got 10 at index 2"),
        (pixels(), [0, -1, 2], "labels: expected whole numbers from 0 to 9, got -1 at index 1"),
        (pixels(), [0, 1.5, 2], "labels: expected whole numbers from 0 to 9, got 1.5 at index 1"),
        (pixels(), [0, 1], "labels: expected finite numbers in shape (3,), got shape (2,)"),
        (pixels(), ["a", "b", "c"], "labels: expected finite numbers in shape (3,), got list of dtype <U1"),
    ],
)
@pytest.mark.parametrize("part", [0, 1], ids=["training", "held out"])
def test_bad_examples_are_refused(part, images, labels, message):
    params = digits.initial([64, 10], np.random.default_rng(0))
    examples = [(pixels(), np.array([0, 1, 2]))] * 2
    examples[part] = images, labels
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        digits.fit(params, examples[0], examples[1], "relu", 1, rng=np.random.default_rng(0))


def test_bad_new_images_are_refused():
    params = digits.initial([64, 10], np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"^images: expected finite numbers in shape \(n, 64\), got shape \(64,\)$"):
        digits.probabilities(params, np.zeros(64))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hidden", "64,x"], "hidden: expected the sizes of the hidden layers, such as 128,64; got '64,x'"),
        (["--hidden", "64,0"], "hidden: expected the sizes of the hidden layers, such as 128,64; got '64,0'"),
        (["--hidden", "64,"], "hidden: expected the sizes of the hidden layers, such as 128,64; got '64,'"),
        (["--activation", "rellu"], "activation: expected one of sigmoid, relu, tanh; got 'rellu'; did you"),
        (["--epochs", "0"], "epochs: expected a whole number of at least 1, got 0"),
        (["--epochs", "x"], "epochs: expected a whole number, got 'x'"),
        (["--seed", "x"], "seed: expected a whole number, got 'x'"),
        (["--checkpoint", "{folder}/run.txt"], "run.txt"),
        (["--checkpoint", "{folder}/no/run.npz"], "make it first"),
        (["--checkpoint", "{folder}/damaged.npz"], "damaged.npz"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(options, message, tmp_path, capsys):
    (tmp_path / "damaged.npz").write_text("no zip")
    options = [option.format(folder=tmp_path) for option in options]
    assert main(digits.run, [*options, "--out", str(tmp_path / "out")], **HELPS) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.npz"]


class Interrupted(Progress):
    """Steps of which only the first three are taken, as after Ctrl-C."""

    def __iter__(self):
        for step in super().__iter__():
            if step == 3:
                break
            yield step


def run_quietly(tmp_path, checkpoint):
    digits.run(Lesson(tmp_path / "out"), hidden="12", epochs=8, checkpoint=str(checkpoint))
    return ag.load(checkpoint)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return run_quietly(folder, folder / "run.npz")


def assert_equal_trees(one, other):
    np.testing.assert_equal(one, other)  # element for element, without a tolerance


def test_a_run_that_is_interrupted_goes_on_to_the_same_result(tmp_path, whole, monkeypatch, capsys):
    checkpoint = tmp_path / "run.npz"
    monkeypatch.setattr(Lesson, "progress", lambda self, what, steps, start=0: Interrupted("", steps, start))
    run_quietly(tmp_path, checkpoint)
    assert len(ag.load(checkpoint)["run"]["training"]) == 1 + 3
    monkeypatch.undo()
    assert_equal_trees(run_quietly(tmp_path, checkpoint), whole)
    assert_equal_trees(run_quietly(tmp_path, checkpoint), whole)  # nothing is left to do


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_goes_on_to_the_same_result(sent, tmp_path, whole):
    checkpoint = tmp_path / "run.npz"
    options = f"--hidden 12 --epochs 8 --checkpoint {checkpoint} --out {tmp_path}"
    command = [sys.executable, "-m", "models.digits", *options.split()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = next(line for line in process.stdout if "training: " in line)
        process.send_signal(sent)
        rest, error = process.communicate()
    assert "training: 2 of 8" in shown
    assert error == ""
    done = len(ag.load(checkpoint)["run"]["training"]) - 1
    assert 2 <= done <= 8
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "stopped by Ctrl-C" in rest
    else:
        assert process.returncode == -signal.SIGKILL
    assert_equal_trees(run_quietly(tmp_path, checkpoint), whole)


def test_a_checkpoint_of_another_network_is_refused(tmp_path, capsys):
    checkpoint = tmp_path / "run.npz"
    ag.save(checkpoint, {"setup": {"seed": 1, "hidden": "12", "activation": "relu", "epochs": 8}})
    options = ["--hidden", "13", "--epochs", "8", "--checkpoint", str(checkpoint), "--out", str(tmp_path / "out")]
    assert main(digits.run, options, **HELPS) == 2
    assert "checkpoint: expected one of a run with {'seed': 1, 'hidden': '13'" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_words(tmp_path, capsys):
    shown = []
    for _ in range(2):
        main(digits.run, ["--hidden", "6", "--epochs", "1", "--seed", "3", "--out", str(tmp_path)], **HELPS)
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]

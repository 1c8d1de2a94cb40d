"""Sentences become counts and a sentiment: beside scikit-learn's words, counts and weights; and bad sentences."""

import re
from pathlib import Path

import numpy as np
import pytest

from models import bag_of_words, checks, words
from models.sentences import HEAD, read_sentences
from models.words import Bag
from tests.support.commands import command, refused, verdicts, width, written

pytest.importorskip("scipy")
PICTURES = ["lemmas.png", "sentiment_confusion.png", "word_weights.png"]
SMALL = [
    "train\t1\tA good film",
    "train\t1\tGood songs, I love them",
    "train\t0\tA bad film",
    "train\t0\tI hate it, it isn't good",
    "held_out\t1\tI love this film",
    "held_out\t0\tBad songs",
]


@pytest.fixture
def small(tmp_path):
    """Return what writes sentences to a file of their own."""

    def write(*lines, head=HEAD, ending="\n"):
        path = tmp_path / "own.tsv"
        path.write_bytes("".join(line + ending for line in [head, *lines]).encode())
        return str(path)

    return write


def test_the_shipped_sentences_are_many_and_balanced_and_none_is_in_both_parts():
    train, held_out = read_sentences()
    assert (len(train.texts), len(held_out.texts)) == (1244, 150)
    assert abs(np.mean(train.labels) - 0.5) < 0.01
    assert np.mean(held_out.labels) == 0.5
    texts = [" ".join(words.words(text)) for part in (train, held_out) for text in part.texts]
    assert len(set(texts)) == len(texts)


def test_every_figure_agrees_and_what_is_printed_fits(tmp_path, capsys):
    pytest.importorskip("simplemma")
    assert command(bag_of_words, tmp_path, "--say", "The zyzzyva was lovely") == 0
    shown = capsys.readouterr().out
    assert verdicts(shown)[-1] == ("right, lemmas", "agree")
    assert written(tmp_path) == PICTURES
    assert width(shown, tmp_path) <= 100
    assert '"The zyzzyva was lovely"\n    positive with probability 0.' in shown
    assert "unknown: zyzzyva" in shown
    table = [list(map(int, row)) for row in re.findall(r"is (?:negative|positive) +(\d+) +(\d+)", shown)]
    right = float(re.findall(r"^  right, lemmas +(\S+)", shown, re.MULTILINE)[0])
    assert np.sum(table) == 150
    assert np.trace(table) / 150 == pytest.approx(right)
    assert command(bag_of_words, tmp_path, "--say", "The zyzzyva was lovely") == 0
    assert capsys.readouterr().out == shown


def test_words_are_those_between_the_blanks_and_a_negation_is_one():
    assert words.words("It isn't GOOD, not at all: don't - they can't!") == [
        *("it", "is", "n't", "good", "not", "at", "all", "do", "n't", "they", "ca", "n't")
    ]
    assert words.words("Isn’t naïve") == ["is", "n't", "naïve"]
    assert words.words("42 -- !") == []
    with pytest.raises(TypeError, match=r"^text: expected a str, got 42"):
        words.words(42)  # type: ignore[arg-type]


def test_counts_are_those_of_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    train, held_out = read_sentences()
    peer = text.CountVectorizer(analyzer=words.words)
    bag = Bag(words.words, train.texts)
    np.testing.assert_array_equal(bag.count(train.texts), peer.fit_transform(train.texts).toarray())
    np.testing.assert_array_equal(bag.count(held_out.texts), peer.transform(held_out.texts).toarray())
    assert list(bag.columns) == sorted(peer.vocabulary_)


def test_lemmas_bring_the_forms_of_a_word_together():
    pytest.importorskip("simplemma")
    for forms in ("love loves loved loving", "film films", "good", "wait waiting waited"):
        assert len(set(words.lemmas(forms))) == 1


@pytest.mark.parametrize("l2", [1e-3, 1e-2])
def test_the_minimum_is_that_of_scikit_learn(l2):
    linear = pytest.importorskip("sklearn.linear_model")
    train, _ = read_sentences()
    counts = Bag(words.words, train.texts[:300]).count(train.texts[:300])
    labels = train.labels[:300]
    params = bag_of_words.fit(counts, labels, l2, tolerance=1e-10)  # weights are off by about the slope / l2
    exact = {"solver": "newton-cholesky", "tol": 1e-12}
    peer = linear.LogisticRegression(C=1 / (l2 * len(labels)), **exact).fit(counts, labels)
    np.testing.assert_allclose(params["weights"], peer.coef_[0], atol=1e-6)
    assert params["bias"] == pytest.approx(peer.intercept_[0], abs=1e-6)
    np.testing.assert_allclose(bag_of_words.positive(params, counts), peer.predict_proba(counts)[:, 1], atol=1e-6)


def test_the_held_out_sentences_choose_nothing(small, tmp_path, capsys):
    """Other ones give the same weights."""
    pytest.importorskip("simplemma")
    seen = []
    for held_out in (SMALL[4:], ["held_out\t1\tWaiting for hours", "held_out\t0\tA lovely day"]):
        command(bag_of_words, tmp_path / "out", "--sentences", small(*SMALL[:4], *held_out), "--say", "good songs")
        shown = capsys.readouterr().out
        seen.append(shown[: shown.index("Sentences held out")])
    assert seen[0] == seen[1]


@pytest.mark.parametrize(("ending", "mark"), [("\n", ""), ("\r\n", ""), ("\n", "\ufeff")])
def test_files_of_other_systems_are_read(ending, mark, small):
    train, held_out = read_sentences(Path(small(*SMALL, head=mark + HEAD, ending=ending)))
    assert train.texts[0] == "A good film"
    assert held_out.labels.tolist() == [1, 0]


BAD_SENTENCES = {
    "empty": ([], {"head": "", "ending": ""}, f"expected {HEAD!r} in line 1 of PATH, got ''"),
    "no head": (SMALL, {"head": SMALL[0]}, f"expected {HEAD!r} in line 1 of PATH, got {SMALL[0]!r}"),
    "no train": (SMALL[4:], {}, "expected train sentences of both labels in PATH, got none of label 0"),
    "one class": (SMALL[:2] + SMALL[4:], {}, "expected train sentences of both labels in PATH, got none of label 0"),
    "no held-out": (SMALL[:4], {}, "expected held_out sentences in PATH, got none"),
    "two columns": ([*SMALL, "train\tGood"], {}, "expected 3 columns with tabs between in line 8 of PATH, got 2"),
    "split": ([*SMALL, "test\t1\tGood"], {}, "split in line 8 of PATH: expected one of train, held_out; got 'test'"),
    "label": ([*SMALL, "train\t2\tGood"], {}, "label in line 8 of PATH: expected one of 0, 1; got '2'"),
    "no word": ([*SMALL, "train\t1\t42"], {}, "expected a sentence with a word in line 8 of PATH, got '42'"),
}


@pytest.mark.parametrize("case", BAD_SENTENCES)
def test_bad_sentences_are_refused_before_any_file(case, small, tmp_path, capsys):
    lines, options, message = BAD_SENTENCES[case]
    path = small(*lines, **options)
    said = refused(bag_of_words, tmp_path / "out", capsys, "--sentences", path)
    assert said.startswith(f"sentences: {message.replace('PATH', path)}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "expected a file to read, got 'PATH' (No such file or directory)"),
        (f"{HEAD}\nt\xff".encode("latin-1"), "expected text in UTF-8, got other bytes in line 2 of PATH"),
    ],
)
def test_what_is_no_text_is_refused(content, message, tmp_path, capsys):
    path = tmp_path / "own.tsv"
    if content is not None:
        path.write_bytes(content)
    said = refused(bag_of_words, tmp_path / "out", capsys, "--sentences", str(path))
    assert message.replace("PATH", str(path)) in said


@pytest.mark.parametrize("text", ["", "42", "zyzzyva"])
def test_a_text_of_no_known_word_is_refused_before_any_file(text, tmp_path, capsys):
    pytest.importorskip("simplemma")
    said = refused(bag_of_words, tmp_path / "out", capsys, "--say", text)
    assert said == f"say: expected a sentence with at least one word of the training, got {text!r}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[np.nan, 1], [0, 1]], [0, 1], 0.1), r"^counts: expected finite numbers .*, got nan at index \(0, 0\)"),
        ((np.eye(3), [0, 1], 0.1), r"^labels: expected finite numbers in shape \(3,\), got shape \(2,\)"),
        ((np.eye(2), [0, 2], 0.1), "^labels: expected whole numbers from 0 to 1, got 2 at index 1"),
        ((np.eye(2), [0, 1], 0.0), "^l2: expected a finite number above 0, got 0.0"),
    ],
)
def test_bad_counts_and_labels(arguments, message):
    with pytest.raises(checks.InputError, match=message):
        bag_of_words.fit(*arguments)


def test_nothing_is_promised_of_ones_own_sentences(small, tmp_path, capsys):
    pytest.importorskip("simplemma")
    turned = [line.replace("\t0\t", "\t2\t").replace("\t1\t", "\t0\t").replace("\t2\t", "\t1\t") for line in SMALL[4:]]
    assert command(bag_of_words, tmp_path, "--sentences", small(*SMALL[:4], *turned)) == 0
    assert re.search(r"^  right, lemmas +0$", capsys.readouterr().out, re.MULTILINE)

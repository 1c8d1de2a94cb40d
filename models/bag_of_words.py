"""Is a remark positive or negative? A bag of words: each word is brought to its lemma, counted, and weighed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from models import checks, pictures
from models.checks import Array, InputError
from models.lesson import Lesson, main, needed
from models.sentences import LABELS, SENTENCES, Sentences, lemmas, read_sentences, words

EXAMPLES = ["She loves this film", "They loved both films", "The films were boring"]
STRENGTHS = [1e-4, 3e-4, 1e-3, 3e-3]
NEGATIONS = {"n't", "cannot", "hardly", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "without"}


class Bag:
    """Turns texts into counts, a column for each word that the texts of the training have."""

    def __init__(self, split: Callable[[str], list[str]], texts: list[str]) -> None:
        self.split = split
        self.columns = {word: column for column, word in enumerate(sorted({w for text in texts for w in split(text)}))}

    def count(self, texts: list[str]) -> Array:
        """Return how often each text has each word, of shape (texts, words); unknown words are left out."""
        counts = np.zeros((len(texts), len(self.columns)))
        for row, text in enumerate(texts):
            for word in self.split(text):
                if word in self.columns:
                    counts[row, self.columns[word]] += 1
        return counts


def loss(params: Any, counts: Any, labels: Any, l2: float) -> Any:
    """Return the mean cross-entropy, and a penalty on large weights."""
    logits = counts @ params["weights"] + params["bias"]
    return np.mean(ag.binary_cross_entropy(logits, labels)) + l2 / 2 * np.sum(params["weights"] ** 2)


def fit(counts: Any, labels: Any, l2: float, tolerance: float = 1e-6) -> Any:
    """Return the weights and the bias of the least loss, where no slope is steeper than `tolerance`.

    It is convex and smooth, and all examples fit into one batch: L-BFGS finds its minimum, with no rate to choose.
    """
    counts = checks.finite_array("counts", counts, ("sentences", "words"))
    labels = checks.class_labels("labels", labels, len(counts), 2)
    checks.positive_rate("l2", l2)
    needed("scipy", "scipy", "lesson")
    start = {"weights": np.zeros(counts.shape[1]), "bias": 0.0}
    return ag.optim.lbfgs(loss, start, counts, labels, l2, tolerance=tolerance).params


def positive(params: Any, counts: Any) -> Any:
    """Return the probability that each sentence is positive."""
    return ag.sigmoid(counts @ params["weights"] + params["bias"])


def choose_l2(counts: Array, labels: Array, rng: np.random.Generator) -> float:
    """Return the strength whose loss is least on quarters of the training, each left out in turn (cross-validation)."""
    quarter = rng.permutation(np.arange(len(labels)) % 4)

    def left_out(l2: float) -> float:
        parts = [quarter == k for k in np.unique(quarter)]
        fitted = [fit(counts[~part], labels[~part], l2, tolerance=1e-3) for part in parts]
        return sum(
            float(loss(params, counts[part], labels[part], 0)) for params, part in zip(fitted, parts, strict=True)
        )

    return min(STRENGTHS, key=left_out)


def run(lesson: Lesson, *, seed: int = 1, sentences: str | None = None, say: str | None = None) -> None:
    """Show the representation, train on it, judge a sentence of the user, and measure on sentences held out."""
    train, held_out = read_sentences(SENTENCES if sentences is None else Path(sentences))
    bag, written = Bag(lemmas, train.texts), Bag(words, train.texts)
    if say is not None and not bag.columns.keys() & lemmas(say):
        raise InputError(f"say: expected a sentence with at least one word of the training, got {say!r}")
    show_representation(lesson, train, bag, written)

    lesson.section("The words that weigh most")
    lesson.say(
        "Logistic regression gives each word a weight, and their sum decides. Large weights are penalised; how much"
    )
    lesson.say("is chosen by cross-validation within the training: the held-out sentences have no say in it.")
    counts = bag.count(train.texts)
    l2 = choose_l2(counts, train.labels, np.random.default_rng(seed))
    lesson.measured("strength of the penalty", l2)
    params = fit(counts, train.labels, l2)
    show_weights(lesson, bag, params)
    if say is not None:
        lesson.section("Your sentence")
        show_judgement(lesson, bag, params, say)

    lesson.section("Sentences held out")
    predicted = positive(params, bag.count(held_out.texts)) > 0.5
    show_mistakes(lesson, held_out, bag, params, predicted)
    unlemmatised = positive(fit(written.count(train.texts), train.labels, l2), written.count(held_out.texts)) > 0.5
    gradient = ag.grad(loss)(params, counts, train.labels, l2)
    lesson.at_most("steepest slope at the minimum", np.max(np.abs([*gradient["weights"], gradient["bias"]])), 1e-6)
    lesson.measured("right, always the commoner", np.mean(held_out.labels == (np.mean(train.labels) > 0.5)))
    lesson.measured("right, words as written", np.mean(held_out.labels == unlemmatised))
    if sentences is None:
        lesson.at_least("right, lemmas", np.mean(held_out.labels == predicted), 0.8)
    else:
        lesson.measured("right, lemmas", np.mean(held_out.labels == predicted))


def show_representation(lesson: Lesson, train: Sentences, bag: Bag, written: Bag) -> None:
    """Show sentences as rows of counts, and how many columns lemmas spare."""
    lesson.say("A sentence becomes a row of counts, a column for each word; the order of the words is lost. Loves and")
    lesson.say("loved are two words, but one lemma: what is learned of one then holds for the other.")
    few = Bag(lemmas, EXAMPLES)
    lesson.table(
        ["", *few.columns], [[text, *row] for text, row in zip(EXAMPLES, few.count(EXAMPLES).astype(int), strict=True)]
    )
    lesson.say()
    sizes: dict[str, dict[str, float]] = {"different words": {}, "seen only once": {}, "counts above 0, %": {}}
    for name, each in (("as written", written), ("lemmas", bag)):
        counts = each.count(train.texts)
        shares = len(each.columns), np.sum(counts.sum(axis=0) == 1), 100 * np.mean(counts > 0)
        for sizes_of_one, share in zip(sizes.values(), shares, strict=True):
            sizes_of_one[name] = float(share)
    lesson.table(["in the training", "as written", "lemmas"], [[what, *both.values()] for what, both in sizes.items()])
    lesson.picture("lemmas.png", pictures.bar_panels("Lemmas need fewer columns, and fill more of them", sizes))


def show_weights(lesson: Lesson, bag: Bag, params: Any) -> None:
    """Draw the words of the largest weights of each sign."""
    weights = dict(sorted(zip(bag.columns, params["weights"].tolist(), strict=True), key=lambda pair: pair[1]))
    names = [*reversed(list(weights)[-10:]), *reversed(list(weights)[:10])]
    title = "Words that speak for a positive remark, and against"
    lesson.picture("word_weights.png", pictures.bars(title, {name: weights[name] for name in names}, "weight"))


def show_judgement(lesson: Lesson, bag: Bag, params: Any, text: str) -> None:
    """Print how probably a sentence is positive, the weight of each word, and the words that are not known."""
    lesson.say(f'"{text}"')
    found = lemmas(text)
    known = {word: params["weights"][bag.columns[word]] for word in found if word in bag.columns}
    by_size = sorted(known, key=lambda word: -abs(known[word]))
    lesson.say(f"  positive with probability {positive(params, bag.count([text]))[0]:.2f}")
    lesson.say(f"  by {', '.join(f'{word} {known[word]:+.2f}' for word in by_size[:6]) or 'no word that is known'}")
    if unknown := [word for word in dict.fromkeys(found) if word not in known]:
        lesson.say(f"  unknown: {', '.join(unknown)}")


def show_mistakes(lesson: Lesson, held_out: Sentences, bag: Bag, params: Any, predicted: Array) -> None:
    """Print and draw which labels are taken for which, and look into the mistakes that were the most certain."""
    table = [[int(np.sum(predicted[held_out.labels == true] == guess)) for guess in (0, 1)] for true in (0, 1)]
    lesson.table(
        ["", *(f"predicted {name}" for name in LABELS)],
        [[f"is {n}", *row] for n, row in zip(LABELS, table, strict=True)],
    )
    lesson.picture(
        "sentiment_confusion.png", pictures.confusion("Remarks held out: right on the diagonal", table, LABELS)
    )
    lesson.say(
        "A bag of words knows neither order nor tone, and nothing of words that it has not seen. The mistakes that"
    )
    lesson.say("it was most certain of:")
    wrong = np.flatnonzero(predicted != held_out.labels)
    certainty = np.abs(positive(params, bag.count(held_out.texts)) - 0.5)
    for index in wrong[np.argsort(-certainty[wrong])][:4]:
        text = held_out.texts[index]
        show_judgement(lesson, bag, params, text)
        turned = [word for word in words(text) if word in NEGATIONS]
        why = (
            f"{', '.join(turned)}: the bag does not know which words that turns"
            if turned
            else "no negation: irony, or words seen too rarely"
        )
        lesson.say(f"  but is {LABELS[int(held_out.labels[index])]}; {why}")


if __name__ == "__main__":
    sys.exit(
        main(
            run,
            sentences="a file of one's own, in the form of models/sentences.tsv",
            say="a sentence to judge, in English",
        )
    )

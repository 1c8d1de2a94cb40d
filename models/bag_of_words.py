"""Is a remark positive or negative? A bag of words: each word is brought to its lemma, counted, and weighed."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from models import checks, pictures
from models.checks import Array, InputError
from models.lesson import Lesson, main, needed
from models.sentences import LABELS, SENTENCES, Sentences, read_sentences
from models.words import NEGATIONS, Bag, lemmas, sparsity, words

EXAMPLES = ["She loves this film", "They loved both films", "The films were boring"]


def loss(params: Any, counts: Any, labels: Any, l2: float) -> Any:
    """Return the mean cross-entropy, and a penalty on large weights."""
    logits = counts @ params["weights"] + params["bias"]
    return np.mean(ag.binary_cross_entropy(logits, labels)) + l2 / 2 * np.sum(params["weights"] ** 2)


def fit(counts: Any, labels: Any, l2: float, tolerance: float = 1e-8) -> Any:
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
    """Return the strength whose loss is least on thirds of the training, each left out in turn (cross-validation)."""
    third = rng.permutation(np.arange(len(labels)) % 3)

    def left_out(part: Any, l2: float) -> float:
        params = fit(counts[~part], labels[~part], l2, tolerance=1e-3)
        return float(loss(params, counts[part], labels[part], 0))

    return min([1e-4, 3e-4, 1e-3], key=lambda l2: sum(left_out(third == k, l2) for k in np.unique(third)))


def run(lesson: Lesson, *, seed: int = 1, sentences: str | None = None, say: str | None = None) -> None:
    """Show the representation, train on it, judge a sentence of the user, and measure on sentences held out."""
    train, held_out = read_sentences(SENTENCES if sentences is None else Path(sentences))
    bag, written = Bag(lemmas, train.texts), Bag(words, train.texts)
    if say is not None and not bag.columns.keys() & lemmas(say):
        raise InputError(f"say: expected a sentence with at least one word of the training, got {say!r}")
    counts, written_counts = bag.count(train.texts), written.count(train.texts)
    show_representation(lesson, {"as written": written_counts, "lemmas": counts})

    lesson.section("The words that weigh most")
    lesson.say("Logistic regression gives each word a weight, and their sum decides. Large weights cost; how")
    lesson.say("much is chosen by cross-validation within the training: sentences held out have no say in it.")
    l2 = choose_l2(counts, train.labels, np.random.default_rng(seed))
    params = fit(counts, train.labels, l2)
    show_weights(lesson, bag, params, counts)
    if say is not None:
        lesson.section("Your sentence")
        judge(lesson, bag, params, say)

    lesson.section("Sentences held out")
    probability = positive(params, bag.count(held_out.texts))
    without_lemmas = positive(fit(written_counts, train.labels, l2), written.count(held_out.texts))
    show_confusion(lesson, held_out.labels, probability)
    show_mistakes(lesson, held_out, bag, params, probability)
    slope = ag.grad(loss)(params, counts, train.labels, l2)
    lesson.at_most("steepest slope at the minimum", np.max(np.abs([*slope["weights"], slope["bias"]])), 1e-6)
    lesson.measured("right, always the commoner", np.mean(held_out.labels == (np.mean(train.labels) > 0.5)))
    lesson.measured("right, words as written", np.mean(held_out.labels == (without_lemmas > 0.5)))
    right = np.mean(held_out.labels == (probability > 0.5))
    lesson.measured("one standard error of these", np.sqrt(right * (1 - right) / len(held_out.labels)))
    if sentences is None:
        lesson.at_least("right, lemmas", right, 0.8)
    else:
        lesson.measured("right, lemmas", right)


def show_representation(lesson: Lesson, counts: dict[str, Array]) -> None:
    """Show sentences as rows of counts, and how many columns lemmas spare."""
    lesson.say("A sentence becomes a row of counts, a column for each word; the order of the words is lost.")
    lesson.say("Loves and loved are two words but one lemma: what is learned of one then holds for the other.")
    few = Bag(lemmas, EXAMPLES)
    rows = few.count(EXAMPLES).astype(int)
    lesson.table(["", *few.columns], [[text, *row] for text, row in zip(EXAMPLES, rows, strict=True)])
    lesson.say("\nNearly all counts of the training are zeros, and many words are seen once: too few to learn from.")
    sizes = {name: sparsity(each) for name, each in counts.items()}
    table = {what: {name: size[what] for name, size in sizes.items()} for what in sizes["lemmas"]}
    lesson.table(["", *sizes], [[what, *(f"{size:,}" for size in row.values())] for what, row in table.items()])
    del table["zeros, %"]
    lesson.picture("lemmas.png", pictures.bar_panels("Lemmas need fewer columns, and leave less of them empty", table))


def show_weights(lesson: Lesson, bag: Bag, params: Any, counts: Array) -> None:
    """Draw the words of the largest weights of each sign, with how often they were seen."""
    weights, seen, order = params["weights"], counts.sum(axis=0), np.argsort(-params["weights"])
    names = [f"{word} ({times:.0f})" for word, times in zip(bag.columns, seen, strict=True)]
    heights = {names[column]: float(weights[column]) for column in (*order[:10], *order[-10:])}
    title = "Words that speak for a positive remark, and against"
    lesson.say("A word that was seen a few times only may owe a large weight to chance.")
    lesson.picture("word_weights.png", pictures.bars(title, heights, "Weight of a word (times seen)"))


def judge(lesson: Lesson, bag: Bag, params: Any, text: str) -> None:
    """Print how probably a sentence is positive, by the weights of which words, and the words that are not known."""
    found = dict.fromkeys(lemmas(text))
    weights = {word: params["weights"][bag.columns[word]] for word in found if word in bag.columns}
    strongest = sorted(weights, key=lambda word: -abs(weights[word]))
    unknown = [word for word in found if word not in weights]
    probability = positive(params, bag.count([text]))[0]
    lesson.say(f'"{text}"\n  positive with probability {probability:.3f}')
    lesson.say("  by " + (", ".join(f"{word} {weights[word]:+.2f}" for word in strongest[:6]) or "no known word"))
    if unknown:
        lesson.say(f"  unknown: {', '.join(unknown)}")


def show_confusion(lesson: Lesson, labels: Array, probability: Array) -> None:
    """Print and draw how often each label is taken for each."""
    table = [[int(np.sum((labels == true) & ((probability > 0.5) == said))) for said in (0, 1)] for true in (0, 1)]
    rows = [[f"is {name}", *row] for name, row in zip(LABELS, table, strict=True)]
    lesson.table(["", *(f"predicted {name}" for name in LABELS)], rows)
    lesson.picture(
        "sentiment_confusion.png", pictures.confusion("Remarks held out: right on the diagonal", table, LABELS)
    )


def show_mistakes(lesson: Lesson, held_out: Sentences, bag: Bag, params: Any, probability: Array) -> None:
    """Look into the mistakes that were the most certain."""
    lesson.say("A bag knows neither order nor tone, nor words that it has not seen. Its most certain mistakes:")
    wrong = np.flatnonzero((probability > 0.5) != held_out.labels)
    for index in wrong[np.argsort(-np.abs(probability[wrong] - 0.5))][:4]:
        judge(lesson, bag, params, held_out.texts[index])
        turned = NEGATIONS.intersection(words(held_out.texts[index]))
        why = f"; a bag does not know what {' and '.join(sorted(turned))} turns" if turned else ""
        lesson.say(f"  but is {LABELS[int(held_out.labels[index])]}{why}")


if __name__ == "__main__":
    sys.exit(main(run, sentences="a file in the form of models/sentences.tsv", say="an English sentence to judge"))

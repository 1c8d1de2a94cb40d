"""How a sentence becomes words, lemmas, and a row of counts: the bag of words."""

import re
from collections.abc import Callable

import numpy as np

from models.checks import Array, KindError
from models.lesson import needed

WORD = re.compile(r"n't|[^\W\d_]+?(?=n't)|[^\W\d_]+")  # isn't is two words, so that its negation is counted
NEGATIONS = {"n't", "cannot", "hardly", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "without"}


def words(text: str) -> list[str]:
    """Return the words of a text as they are written, in small letters."""
    if not isinstance(text, str):
        raise KindError(f"text: expected a str, got {text!r}")
    return WORD.findall(text.lower().replace("’", "'"))


def lemmas(text: str) -> list[str]:
    """Return the lemma of each word of an English text: loved, loves and loving are all love."""
    simplemma = needed("simplemma", "simplemma", "lesson")
    return [simplemma.lemmatize(word, lang="en").lower() for word in words(text)]


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


def sparsity(counts: Array) -> dict[str, float]:
    """Return how many words (columns) there are, how many of them occur once, and the shares of counts in per cent."""
    filled = round(100 * float(np.mean(counts > 0)), 2)
    once = int(np.sum(counts.sum(axis=0) == 1))
    return {
        "different words": counts.shape[1],
        "words seen once": once,
        "zeros, %": round(100 - filled, 2),
        "above zero, %": filled,
    }

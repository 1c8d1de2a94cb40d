"""Write the scorecard of the corpus, or print that of some cases: ``python -m tests.corpus [words of their names]``."""

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.corpus import CASES
from tests.corpus.score import CARD, score


def line(index: int) -> str:
    """Return the line of a case."""
    return str(score(CASES[index]))


if __name__ == "__main__":
    words = " ".join(sys.argv[1:])
    chosen = [i for i, case in enumerate(CASES) if words in str(case)]
    with ProcessPoolExecutor(2) as pool:
        lines = list(pool.map(line, chosen))
    if words:
        print("\n".join(lines))
    else:
        CARD.write_text("\n".join(lines) + "\n", "utf-8")

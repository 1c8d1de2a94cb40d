"""Write the tables of the corpus, or print the lines of some cases: ``python -m tests.corpus [words of their names]``.

The scorecard says what `verify` makes of each case; the other table, which line it names without a search for a repair.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.corpus import CASES
from tests.corpus.score import CARD, LINES, score
from tests.support.repairs import no_repairs


def line(index: int) -> str:
    """Return the line of a case in the scorecard."""
    return str(score(CASES[index]))


def named(index: int) -> str:
    """Return the line of a case in the table of the lines that are named."""
    with no_repairs():
        return score(CASES[index]).named


if __name__ == "__main__":
    words = " ".join(sys.argv[1:])
    chosen = [i for i, case in enumerate(CASES) if words in str(case)]
    marked = [i for i in chosen if CASES[i].marks]
    with ProcessPoolExecutor(2) as pool:
        for path, write, cases in ((LINES, named, marked), (CARD, line, chosen)):
            lines = list(pool.map(write, cases))
            if words:
                print("\n".join(lines))
            else:
                path.write_text("\n".join(lines) + "\n", "utf-8")

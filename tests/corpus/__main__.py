"""Print the scorecard of the corpus: ``python -m tests.corpus [words of a case's name]``."""

import sys

from autograd_lite.verification.verify import verify
from tests.corpus import CASES
from tests.corpus.kinds import KINDS
from tests.corpus.score import card, score

chosen = [case for case in CASES if " ".join(sys.argv[1:]) in str(case)]
print(card(score(case, verify, KINDS) for case in chosen))

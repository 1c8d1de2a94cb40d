"""Which of the corpus's names of mistakes each kind of diagnosis may stand for; others stand for themselves."""

KINDS: dict[str, set[str]] = {}

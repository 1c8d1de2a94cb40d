"""Parts of a verification: the hand gradient at work, its witnesses, the first wrong line, and the report."""

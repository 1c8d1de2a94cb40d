"""Ten lines each: compiled functions on the rows that other schedulers hold. Workers import these modules."""

"""A module of the user's own, which functions read."""

RATE = 0.5

"""The verification of a hand-derived gradient: is it right, and if not, which line is wrong.

In reading order: `problem` is what is asked; `rehearsal` runs both functions and settles it; `point` records one
evaluation; `run` watches the hand at work; `comparison`, `differences` and `perturb` give what the `verdict` weighs,
element by element; at kinks, `subgradients` judges all elements together, by the `hull` of the `pieces` that meet
there; `line` looks for the first wrong line, by the `roles` of variables and a `replacement` of their values;
`diagnosis` for the mistake; `report` says it all. `verify` leads through them, and `budget` counts the evaluations.
"""

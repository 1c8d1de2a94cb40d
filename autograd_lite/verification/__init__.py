"""The verification of a hand-derived gradient: is it right, and if not, which line is wrong.

In reading order: `code` is gradient code as it is given, with the state of its `objects`; `parameters` reads from names
how it is to be `called <calls>`, `targets` what it differentiates and where its gradients are, `layouts` how these are
laid out; `problem` is what is asked; `rehearsal` runs both functions and settles it; `point` records one
evaluation; `comparison`, `differences` and `perturb` give what the `verdict` weighs, element by element, and
`nonfinite` where NaN comes from; at kinks, `subgradients` judges all elements together, by the `hull` of the `pieces`
that meet there; `repair` searches for the edit that mends a wrong gradient, or else for the first wrong line; `report`
says it all. `verify` leads through them, and `budget` counts the evaluations.
"""

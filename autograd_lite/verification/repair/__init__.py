"""The repair of a wrong gradient: the smallest edit of the user's own source with which it is right.

In reading order: `source` finds the syntax trees of the functions that ran and what these could name (`scope`), and
puts edited code in their place; `visits` sees which ran, and what their variables held at each statement; `guard` sees
that nothing else changes. `grammar` is the table of edits of one expression (`rewriting` reads its rules, `site` what
their letters stand for, `syntax` helps with trees), `statements` that of whole ones; `candidates` makes edits of them,
and the same one at all places that look alike. `trials` runs edited code, at the given point and at further `points`
(`redraw` knows the kinds of data). `knowledge` says which values are `known`, and `expected`; `locating` puts those in
the place of expressions to see where it goes wrong, and has what belongs there written: by value (`values`, with its
`idioms`, `terms`, and the `names` of a scope), or from the gradient program (`program`, with `spelling`). Where that
does not do, `completing` adds what is `missing` in these places, or in a variable from a statement on, at all turns of
a loop. `search` leads through them and ranks what is right; where there is nothing, `finding` says where it goes wrong;
`writing` puts an edit into the source, `patch` makes a diff of it, `wording` the rows of a report.
"""

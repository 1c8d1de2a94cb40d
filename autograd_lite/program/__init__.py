"""The gradient program: what one call of a function computes, forward and backward, as named statements.

Reading order: `recording` calls the function on Tensors, while `variables` notes what the user's variables call them
(`frames` reads these from the running functions). `expressions` translates the record to nodes, which `simplify` puts
as a person would. `steps` chooses which nodes are lines, and `naming` what they are called (`identifiers`: names that
Python takes). `edges` holds the local derivatives (`opaque`: of rules that run on arrays alone), and `chain_rule`
writes the backward pass with them. `trace` puts all of this together as a `Program`, and `arguments` keeps how it was
called. `render` is the one printer of its expressions; `pretty` breaks lines, and `numbers` puts values as short text;
`loading` runs what was written.
"""

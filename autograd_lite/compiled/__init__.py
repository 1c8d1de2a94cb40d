"""Compiled functions: the program that a function runs, written out as NumPy code that runs fast.

Reading order: `function` keeps one `program` for each `signature` of the arguments, and for what it has `captured`
(`reached`: what code reads). `recorded` calls the function and makes a graph of what it computes (`generators` stand
for those of random numbers, `sealed` lets no value out), `sizes` one for any number of rows; `cleaning` simplifies it,
and `flat` puts the elements of wide arrays in a row. `splitting` finds which values can be computed block by block
along the rows. `writing` puts values as code: `straight` for few rows (`scalars`: what Python's own numbers do),
`blocks` for many, which `parts` runs; `buffers` says which arrays are written over, and `offered` fills the caller's.
Where the rows lie `apart`, in the `chunks` of Dask's arrays, the blocks run there; where one of the `backends` is asked
for, `by_jax` lets `xla` run straight code.
"""

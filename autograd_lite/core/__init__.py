"""The core: a record of what NumPy code computes, and one backward pass over it.

To read in an evening, in this order:

1. `trees`: tuples, lists, mappings and dataclasses of arrays, taken apart and put together.
2. `shapes` and `values`: what broadcasting did, undone; what a record may hold, `ducks` of other libraries too.
3. `tape`: serials, the registry of what answers for a function, calls that run, observers.
4. `tensor`: the Tensor, and `record`, which makes a node; `operators`: the methods behind its operators.
5. `op`: a function and its derivative rules in one row; `signatures`: how it is called; `lists`: lists of Tensors.
6. `numpy_protocol`: what happens when a NumPy function meets a Tensor.
7. `toposort`: what a result was made from; `backward`: the sweep, which pulls cotangents back through the record.
8. `linearize`: one call of a function on fresh Tensors, and its vector-Jacobian product.
9. `transforms`: `grad` and its kin, made of these; `jacobians`: all derivatives of a call; `vectors`: trees as vectors.

Beside these, what keeps a record right and small:

- `versions`: which value a use meant, of a Tensor that was assigned to.
- `protection`: arrays of the user that nobody may change before the backward pass.
- `reads`, `memory`, `overwriting`: what rules read of a record; large values that are let go, or written over.
- `labels`: along which axes an op can be computed in parts; `batching`: one sweep for all rows of a Jacobian.
- `general` and `checks`: what is recorded for other values, and checks that run when such a program does.
- `conversions`, `counterparts` and `lines`: what is said where a Tensor would become plain numbers, what to write
  instead, and at which line.
"""

"""Print the op table: ``python -m autograd_lite.ops [WORD ...]``, only the ops whose line has all the words."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from autograd_lite.core.numpy_protocol import path_of
from autograd_lite.core.op import Op
from autograd_lite.core.tape import registry
from autograd_lite.ops import table
from autograd_lite.ops.samples import samples_of

HEADER = ("op", "NumPy", "differentiable inputs", "rules", "orders", "calls")


def functions_of(row: Op) -> list[str]:
    """Return the NumPy functions that an op answers for."""
    answered = [function for function, answer in registry.items() if answer is row]
    return sorted({path_of(function) for function in (*answered, *[row.numpy] * (row.numpy is not None))})


def differentiable_inputs(row: Op) -> list[str]:
    """Return the names of the inputs that have a derivative; those of an op without rules are all differentiated."""
    if row.arity is None:
        return ["any number of arrays"]
    if not isinstance(row.rules, tuple):
        return list(row.input_names)
    given = zip(row.input_names[: row.given], row.rules, strict=False)
    return [name for name, rule in given if rule is not None]


def lines() -> Iterator[tuple[str, ...]]:
    """Return a line for each op: its name, NumPy functions, inputs, kind of derivative, orders and calls tested."""
    for name, row in sorted(table.items()):
        inputs = ", ".join(differentiable_inputs(row))
        calls = len(samples_of(row))
        rules = "of its own" if row.rules is not None else "those of its parts"
        yield name, ", ".join(functions_of(row)) or "-", inputs, rules, "1 and 2" if calls else "none", str(calls)


def main(words: list[str]) -> None:
    """Print the lines that have all the words."""
    chosen = [HEADER, *(line for line in lines() if all(word in " ".join(line) for word in words))]
    widths = [max(len(line[i]) for line in chosen) for i in range(len(HEADER))]
    for line in chosen:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    ours = sum(line[1] == "-" for line in chosen[1:])
    functions = sum(len(line[1].split(", ")) for line in chosen[1:] if line[1] != "-")
    print(f"{len(chosen) - 1} ops, which answer for {functions} NumPy functions; {ours} have no counterpart in NumPy")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BrokenPipeError:  # a pipe into head
        sys.stderr.close()

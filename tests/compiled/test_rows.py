"""Every op of the table, compiled: its value and its gradient are those of the record, in blocks too where it can."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.numerical import close
from tests.support.calls import ROWS, each_call, sampled_calls
from tests.support.compiling import (
    NOISE,
    called,
    compiled_at,
    differentiable,
    drawn,
    gradients,
    in_single_precision,
    in_small_blocks,
    is_compiled,
    on_plain_numbers,
    quietly,
    repeated,
    same,
    samples_of,
)
from tests.support.sampling import sampled


@sampled_calls
def test_the_value_of_a_call(row, sample):
    f, inputs = called(row, sample), drawn(row, sample)
    if compiled := compiled_at(f, *inputs):
        quietly(same, f, *inputs, compiled=compiled)


@pytest.mark.deep
@each_call
def test_the_value_of_a_call_in_single_precision(row, sample):
    f = called(row, sample)
    inputs = in_single_precision(drawn(row, sample))
    try:
        quietly(f, *inputs)
    except (TypeError, ValueError, np.linalg.LinAlgError):  # of few digits
        return
    if compiled := compiled_at(f, *inputs):
        quietly(same, f, *inputs, compiled=compiled)


@each_call
def test_the_gradient_of_a_call(row, sample):
    f, inputs = called(row, sample), drawn(row, sample)
    places = differentiable(f, inputs)
    if places and is_compiled(row, sample):
        quietly(same, gradients(f, places), *inputs)


@pytest.mark.parametrize("name", sampled([name for name, _ in ROWS.values()], 8))
def test_the_gradient_of_a_call_in_single_precision(name):
    """In the dtypes of the record: single precision beside double, which the weights of the sums have."""
    row = next(row for other, row in ROWS.values() if other == name)
    for sample in samples_of(row):
        f, inputs = called(row, sample), in_single_precision(drawn(row, sample))
        try:
            quietly(f, *inputs)
        except (TypeError, ValueError, np.linalg.LinAlgError):  # of few digits
            continue
        places = differentiable(f, inputs)
        if places and is_compiled(row, sample):
            quietly(same, gradients(f, places), *inputs, tolerance=close.reordered(np.float32(1)))


@pytest.mark.parametrize("name", [name for name, row in ROWS.values() if row.labels or row.elementwise])
def test_a_call_on_many_rows(name, monkeypatch):
    """Each op that can be cut runs in blocks, on inputs that are repeated along their leading axes."""
    in_small_blocks(monkeypatch)
    row = next(row for other, row in ROWS.values() if other == name)
    for sample in samples_of(row):
        inputs = [repeated(x) for x in drawn(row, sample)]
        f = called(row, sample)
        try:
            quietly(f, *inputs)
        except (ValueError, IndexError, TypeError, np.linalg.LinAlgError):
            continue
        if is_compiled(row, sample):
            quietly(same, f, *inputs)


@pytest.mark.parametrize("name", sampled([name for name, _ in ROWS.values()], 3))
def test_a_call_on_plain_numbers(name, monkeypatch):
    """Each op runs on Python's numbers where it can: on all of its samples, as small arrays do."""
    on_plain_numbers(monkeypatch)
    row = next(row for other, row in ROWS.values() if other == name)
    for sample in samples_of(row):
        f, inputs = called(row, sample), drawn(row, sample)
        if is_compiled(row, sample):
            places = differentiable(f, inputs)
            quietly(same, gradients(f, places) if places else f, *inputs, tolerance=NOISE)


MOVED = "concatenate", "dot", "flip", "getitem", "matmul", "mean", "outer", "ravel", "stack", "sum", "trace"


@pytest.mark.parametrize("name", MOVED)
def test_what_moves_adds_and_multiplies_runs_on_plain_numbers(name, monkeypatch):
    on_plain_numbers(monkeypatch)
    row = next(row for other, row in ROWS.values() if other == name)
    sample = next(sample for sample in samples_of(row) if all(np.size(x) > 1 for x in drawn(row, sample)))
    compiled = ag.compile(called(row, sample))
    quietly(compiled, *drawn(row, sample))
    assert "tolist()" in compiled.source


def test_few_ops_cannot_be_compiled():
    refused = {row.name for _, row in ROWS.values() if isinstance(row.varies, str)}
    assert len(refused) < 15

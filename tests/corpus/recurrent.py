"""Recurrent networks: one step, many steps, and gates."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(51)


def one_step(Wx, Wh, b, x, h_prev):
    raw = x @ Wx + h_prev @ Wh + b
    h = np.tanh(raw)
    return np.sum(h**3)


STEP = (
    rng.normal(size=(3, 4)),
    rng.normal(size=(4, 4)),
    rng.normal(size=4),
    rng.normal(size=(5, 3)),
    rng.normal(size=(5, 4)),
)


@right(one_step, STEP)
def every_part_of_the_step(Wx, Wh, b, x, h_prev):
    h = np.tanh(x @ Wx + h_prev @ Wh + b)
    dh = 3 * h**2
    draw = dh * (1 - h**2)
    return x.T @ draw, h_prev.T @ draw, draw.sum(axis=0), draw @ Wx.T, draw @ Wh.T


@wrong("wrong operand, shifted", one_step, STEP, "right wrong right right right")
def the_new_state_for_the_old(Wx, Wh, b, x, h_prev):
    h = np.tanh(x @ Wx + h_prev @ Wh + b)
    dh = 3 * h**2
    draw = dh * (1 - h**2)
    dWx = x.T @ draw
    dWh = h.T @ draw  # <- wrong
    db = draw.sum(axis=0)
    dx = draw @ Wx.T
    dh_prev = draw @ Wh.T
    return dWx, dWh, db, dx, dh_prev


@wrong("transposed", one_step, STEP, "right right right right wrong")
def the_state_through_wh_untransposed(Wx, Wh, b, x, h_prev):
    h = np.tanh(x @ Wx + h_prev @ Wh + b)
    dh = 3 * h**2
    draw = dh * (1 - h**2)
    dx = draw @ Wx.T
    dh_prev = draw @ Wh  # <- wrong
    dWx = x.T @ draw
    dWh = h_prev.T @ draw
    db = draw.sum(axis=0)
    return dWx, dWh, db, dx, dh_prev


@wrong("missing derivative", one_step, STEP)
def the_step_without_tanh(Wx, Wh, b, x, h_prev):
    h = np.tanh(x @ Wx + h_prev @ Wh + b)
    dh = 3 * h**2
    draw = dh  # <- wrong
    dWx = x.T @ draw
    dWh = h_prev.T @ draw
    db = draw.sum(axis=0)
    return dWx, dWh, db


@wrong("factor", one_step, STEP)
def the_cube_with_a_2(Wx, Wh, b, x, h_prev):
    h = np.tanh(x @ Wx + h_prev @ Wh + b)
    dh = 2 * h**2  # <- wrong
    draw = dh * (1 - h**2)
    dWx = x.T @ draw
    dWh = h_prev.T @ draw
    db = draw.sum(axis=0)
    return dWx, dWh, db


T = 5
INPUTS, TARGETS, H0 = rng.normal(size=(T, 2)), rng.normal(size=(T, 2)), 0.5 * rng.normal(size=3)
UNROLLED = (
    0.7 * rng.normal(size=(3, 2)),
    0.6 * rng.normal(size=(3, 3)),
    0.6 * rng.normal(size=(2, 3)),
    0.2 * rng.normal(size=3),
    0.2 * rng.normal(size=2),
    INPUTS,
    TARGETS,
)


def unrolled(Wxh, Whh, Why, bh, by, inputs, targets):
    h = H0
    loss = 0.0
    for t in range(len(inputs)):
        h = np.tanh(Wxh @ inputs[t] + Whh @ h + bh)
        y = Why @ h + by
        loss = loss + 0.5 * np.sum((y - targets[t]) ** 2)
    return loss


def states(Wxh, Whh, bh, inputs):
    hs = {-1: H0}
    for t in range(len(inputs)):
        hs[t] = np.tanh(np.dot(Wxh, inputs[t]) + np.dot(Whh, hs[t - 1]) + bh)
    return hs


@right(unrolled, UNROLLED)
def through_time(Wxh, Whh, Why, bh, by, inputs, targets):
    hs = states(Wxh, Whh, bh, inputs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.dot(Why, hs[t]) + by - targets[t]
        dWhy += np.outer(dy, hs[t])
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.outer(dhraw, inputs[t])
        dWhh += np.outer(dhraw, hs[t - 1])
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dWhy, dbh, dby


@wrong("missing term, detached", unrolled, UNROLLED, "wrong wrong right wrong right")
def nothing_comes_back_from_the_next_step(Wxh, Whh, Why, bh, by, inputs, targets):
    hs = states(Wxh, Whh, bh, inputs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    for t in reversed(range(len(inputs))):
        dy = np.dot(Why, hs[t]) + by - targets[t]
        dWhy += np.outer(dy, hs[t])
        dby += dy
        dh = np.dot(Why.T, dy)  # <- wrong
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.outer(dhraw, inputs[t])
        dWhh += np.outer(dhraw, hs[t - 1])
    return dWxh, dWhh, dWhy, dbh, dby


@wrong("missing derivative", unrolled, UNROLLED, "wrong wrong right wrong right")
def no_tanh_on_the_way_back(Wxh, Whh, Why, bh, by, inputs, targets):
    hs = states(Wxh, Whh, bh, inputs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.dot(Why, hs[t]) + by - targets[t]
        dWhy += np.outer(dy, hs[t])
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext  # <- wrong
        dbh += dh  # <- wrong
        dWxh += np.outer(dh, inputs[t])  # <- wrong
        dWhh += np.outer(dh, hs[t - 1])
        dhnext = np.dot(Whh.T, dh)
    return dWxh, dWhh, dWhy, dbh, dby


@wrong("transposed", unrolled, UNROLLED, "wrong wrong right wrong right")
def whh_without_its_transpose(Wxh, Whh, Why, bh, by, inputs, targets):
    hs = states(Wxh, Whh, bh, inputs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.dot(Why, hs[t]) + by - targets[t]
        dWhy += np.outer(dy, hs[t])
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext  # <- wrong
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.outer(dhraw, inputs[t])
        dWhh += np.outer(dhraw, hs[t - 1])
        dhnext = np.dot(Whh, dhraw)  # <- wrong
    return dWxh, dWhh, dWhy, dbh, dby


@wrong("shifted, wrong operand", unrolled, UNROLLED, "right wrong right right right")
def the_state_of_this_step(Wxh, Whh, Why, bh, by, inputs, targets):
    hs = states(Wxh, Whh, bh, inputs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.dot(Why, hs[t]) + by - targets[t]
        dWhy += np.outer(dy, hs[t])
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.outer(dhraw, inputs[t])
        dWhh += np.outer(dhraw, hs[t])  # <- wrong
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dWhy, dbh, dby


@wrong("rows, missing term", unrolled, UNROLLED, "right right right wrong wrong")
def the_biases_are_overwritten(Wxh, Whh, Why, bh, by, inputs, targets):
    hs = states(Wxh, Whh, bh, inputs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.dot(Why, hs[t]) + by - targets[t]
        dWhy += np.outer(dy, hs[t])
        dby = dy  # <- wrong
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh = dhraw  # <- wrong
        dWxh += np.outer(dhraw, inputs[t])
        dWhh += np.outer(dhraw, hs[t - 1])
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dWhy, dbh, dby


@wrong("rows, missing term, shifted", unrolled, UNROLLED)
def the_first_step_is_skipped(Wxh, Whh, Why, bh, by, inputs, targets):
    hs = states(Wxh, Whh, bh, inputs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in range(len(inputs) - 1, 0, -1):
        dy = np.dot(Why, hs[t]) + by - targets[t]
        dWhy += np.outer(dy, hs[t])  # <- wrong
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.outer(dhraw, inputs[t])
        dWhh += np.outer(dhraw, hs[t - 1])
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dWhy, dbh, dby


def gated(W, U, x, h):
    gate = 1 / (1 + np.exp(-(W @ x)))
    candidate = np.tanh(U @ x)
    new = gate * h + (1 - gate) * candidate
    return np.sum(np.square(new))


GATED = (rng.normal(size=(3, 2)), rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3))


@right(gated, GATED)
def a_gate_mixes(W, U, x, h):
    z, c = 1 / (1 + np.exp(-(W @ x))), np.tanh(U @ x)
    up = 2 * (z * h + (1 - z) * c)
    into_gate, into_candidate = up * (h - c) * z * (1 - z), up * (1 - z) * (1 - c * c)
    return (
        np.outer(into_gate, x),
        np.outer(into_candidate, x),
        W.T @ into_gate + U.T @ into_candidate,
        up * z,
    )


@wrong("missing term", gated, GATED, "wrong right")
def the_gate_of_the_candidate_is_forgotten(W, U, x, h):
    gate = 1 / (1 + np.exp(-(W @ x)))
    candidate = np.tanh(U @ x)
    new = gate * h + (1 - gate) * candidate
    dnew = 2 * new
    dgate = dnew * h  # <- wrong
    dcandidate = dnew * (1 - gate)
    dW = np.outer(dgate * gate * (1 - gate), x)
    dU = np.outer(dcandidate * (1 - candidate**2), x)
    return dW, dU


@wrong("missing term", gated, GATED, "wrong", argnums=2)
def the_input_through_the_candidate_only(W, U, x, h):
    gate = 1 / (1 + np.exp(-(W @ x)))
    candidate = np.tanh(U @ x)
    new = gate * h + (1 - gate) * candidate
    dnew = 2 * new
    dcandidate = dnew * (1 - gate)
    dx = U.T @ (dcandidate * (1 - candidate**2))  # <- wrong
    return dx

"""Scaled dot-product attention."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(61)
G = rng.normal(size=(4, 3))
QKV = (rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), G)


def attention(Q, K, V, G):
    d = Q.shape[-1]
    scores = Q @ K.T / np.sqrt(d)
    e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    A = e / np.sum(e, axis=-1, keepdims=True)
    out = A @ V
    return np.sum(G * out)


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@right(attention, QKV)
def attention_by_hand(Q, K, V, G):
    d = Q.shape[-1]
    A = softmax(Q @ K.T / np.sqrt(d))
    dA = G @ V.T
    dscores = A * (dA - (dA * A).sum(axis=-1, keepdims=True)) / np.sqrt(d)
    return dscores @ K, dscores.T @ Q, A.T @ G


@wrong("factor", attention, QKV, "wrong wrong right")
def the_root_of_d_is_forgotten(Q, K, V, G):
    d = Q.shape[-1]
    A = softmax(Q @ K.T / np.sqrt(d))
    dV = A.T @ G
    dA = G @ V.T
    dscores = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))
    dQ = dscores @ K  # <- wrong
    dK = dscores.T @ Q
    return dQ, dK, dV


@wrong("factor", attention, QKV, "wrong wrong right")
def d_instead_of_its_root(Q, K, V, G):
    d = Q.shape[-1]
    A = softmax(Q @ K.T / np.sqrt(d))
    dV = A.T @ G
    dA = G @ V.T
    dscores = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))
    dQ = dscores @ K / d  # <- wrong
    dK = dscores.T @ Q / d
    return dQ, dK, dV


@wrong("diagonal", attention, QKV, "wrong wrong right")
def the_softmax_elementwise(Q, K, V, G):
    d = Q.shape[-1]
    A = softmax(Q @ K.T / np.sqrt(d))
    dV = A.T @ G
    dA = G @ V.T
    dscores = dA * A * (1 - A)  # <- wrong
    dQ = dscores @ K / np.sqrt(d)
    dK = dscores.T @ Q / np.sqrt(d)
    return dQ, dK, dV


@wrong("axis", attention, QKV, "wrong wrong right")
def summed_over_the_queries(Q, K, V, G):
    d = Q.shape[-1]
    A = softmax(Q @ K.T / np.sqrt(d))
    dV = A.T @ G
    dA = G @ V.T
    dscores = A * (dA - np.sum(dA * A, axis=0, keepdims=True))  # <- wrong
    dQ = dscores @ K / np.sqrt(d)
    dK = dscores.T @ Q / np.sqrt(d)
    return dQ, dK, dV


@wrong("transposed", attention, QKV, "right wrong right")
def the_keys_without_a_transpose(Q, K, V, G):
    d = Q.shape[-1]
    A = softmax(Q @ K.T / np.sqrt(d))
    dV = A.T @ G
    dA = G @ V.T
    dscores = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))
    dQ = dscores @ K / np.sqrt(d)
    dK = dscores @ Q / np.sqrt(d)  # <- wrong
    return dQ, dK, dV


@wrong("wrong operand, missing derivative", attention, QKV, "right right wrong")
def the_values_by_the_scores(Q, K, V, G):
    d = Q.shape[-1]
    scores = Q @ K.T / np.sqrt(d)
    A = softmax(scores)
    dV = scores.T @ G  # <- wrong
    dA = G @ V.T
    ds = A * (dA - np.sum(dA * A, axis=-1, keepdims=True)) / np.sqrt(d)
    return ds @ K, ds.T @ Q, dV


@wrong("transposed", attention, QKV, "right right wrong")
def the_values_by_the_untransposed_weights(Q, K, V, G):
    d = Q.shape[-1]
    A = softmax(Q @ K.T / np.sqrt(d))
    dV = A @ G  # <- wrong
    dA = G @ V.T
    ds = A * (dA - np.sum(dA * A, axis=-1, keepdims=True)) / np.sqrt(d)
    dQ = ds @ K
    dK = ds.T @ Q
    return dQ, dK, dV


def self_attention(X, G):
    A = softmax(X @ X.T)
    return np.sum(G * (A @ X))


SELF = (0.7 * rng.normal(size=(4, 3)), G)


@right(self_attention, SELF)
def three_uses_of_the_input(X, G):
    A = softmax(X @ X.T)
    dA = G @ X.T
    S = A * (dA - (A * dA).sum(1, keepdims=True))
    return A.T @ G + (S + S.T) @ X


@wrong("missing term", self_attention, SELF)
def the_input_as_key_is_forgotten(X, G):
    A = softmax(X @ X.T)
    dA = G @ X.T
    dS = A * (dA - np.sum(A * dA, axis=1, keepdims=True))
    dX = A.T @ G + dS @ X  # <- wrong
    return dX


@wrong("symmetric, transposed, weight of term", self_attention, SELF)
def twice_the_input_as_query(X, G):
    A = softmax(X @ X.T)
    dA = G @ X.T
    dS = A * (dA - np.sum(A * dA, axis=1, keepdims=True))
    dX = A.T @ G + 2 * dS @ X  # <- wrong
    return dX

"""Layer norm and batch norm, with the statistics' own gradients."""

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(41)
ROWS = rng.normal(size=(4, 5))
V = rng.normal(size=(4, 5))


def layer_norm_loss(x, gamma, beta, v):
    mu = x.mean(axis=-1, keepdims=True)
    xc = x - mu
    var = np.mean(xc**2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    out = gamma * xhat + beta
    return np.sum(v * out)


LAYER = (ROWS, rng.normal(size=5), rng.normal(size=5), V)


@right(layer_norm_loss, LAYER)
def layer_norm_in_one_formula(x, gamma, beta, v):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / std
    h = gamma * v
    dx = (h - h.mean(-1, keepdims=True) - xhat * (h * xhat).mean(-1, keepdims=True)) / std
    return dx, (v * xhat).sum(0), v.sum(0)


@wrong("detached, missing term", layer_norm_loss, LAYER, "wrong right right")
def layer_norm_with_constant_statistics(x, gamma, beta, v):
    mu = x.mean(axis=-1, keepdims=True)
    xc = x - mu
    var = np.mean(xc**2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    dbeta = v.sum(axis=0)
    dgamma = np.sum(v * xhat, axis=0)
    dxhat = v * gamma
    dx = dxhat / std  # <- wrong
    return dx, dgamma, dbeta


@wrong("detached, missing term", layer_norm_loss, LAYER, "wrong right right")
def layer_norm_with_a_constant_variance(x, gamma, beta, v):
    mu = x.mean(axis=-1, keepdims=True)
    xc = x - mu
    var = np.mean(xc**2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    dxhat = v * gamma
    dxc = dxhat / std  # <- wrong
    dx = dxc - dxc.mean(axis=-1, keepdims=True)
    return dx, np.sum(v * xhat, axis=0), v.sum(axis=0)


@wrong("detached, missing term", layer_norm_loss, LAYER, "wrong right right")
def layer_norm_with_a_constant_mean(x, gamma, beta, v):
    mu = x.mean(axis=-1, keepdims=True)
    xc = x - mu
    var = np.mean(xc**2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    dxhat = v * gamma
    dstd = -np.sum(dxhat * xc, axis=-1, keepdims=True) / std**2
    dvar = 0.5 * dstd / std
    dxc = dxhat / std + 2 * dvar * xc / x.shape[-1]
    dx = dxc  # <- wrong
    return dx, np.sum(v * xhat, axis=0), v.sum(axis=0)


@wrong("factor, averaged, weight of term", layer_norm_loss, LAYER, "wrong right right")
def layer_norm_sum_for_mean(x, gamma, beta, v):
    mu = x.mean(axis=-1, keepdims=True)
    xc = x - mu
    var = np.mean(xc**2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    dxhat = v * gamma
    dstd = -np.sum(dxhat * xc, axis=-1, keepdims=True) / std**2
    dvar = 0.5 * dstd / std
    dxc = dxhat / std + 2 * dvar * xc  # <- wrong
    dx = dxc - dxc.mean(axis=-1, keepdims=True)
    return dx, np.sum(v * xhat, axis=0), v.sum(axis=0)


@wrong("sign, weight of term", layer_norm_loss, LAYER, "wrong right right")
def layer_norm_plus_its_projection(x, gamma, beta, v):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / std
    h = v * gamma
    dx = (h - h.mean(-1, keepdims=True) + xhat * np.mean(h * xhat, -1, keepdims=True)) / std  # <- wrong
    return dx, np.sum(v * xhat, axis=0), v.sum(axis=0)


@wrong("wrong operand", layer_norm_loss, LAYER, "right wrong right")
def gamma_from_the_raw_input(x, gamma, beta, v):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / std
    h = v * gamma
    dx = (h - h.mean(-1, keepdims=True) - xhat * np.mean(h * xhat, -1, keepdims=True)) / std
    dgamma = np.sum(v * x, axis=0)  # <- wrong
    dbeta = v.sum(axis=0)
    return dx, dgamma, dbeta


@wrong("not summed", layer_norm_loss, LAYER, "right wrong wrong")
def gamma_and_beta_for_each_row(x, gamma, beta, v):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / std
    h = v * gamma
    dx = (h - h.mean(-1, keepdims=True) - xhat * np.mean(h * xhat, -1, keepdims=True)) / std
    dgamma = v * xhat  # <- wrong
    dbeta = v
    return dx, dgamma, dbeta


@wrong("missing factor, missing derivative", layer_norm_loss, LAYER, "wrong right right")
def gamma_left_out_of_dx(x, gamma, beta, v):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / std
    dxhat = v  # <- wrong
    dx = (dxhat - dxhat.mean(-1, keepdims=True) - xhat * np.mean(dxhat * xhat, -1, keepdims=True)) / std
    dgamma = (v * xhat).sum(axis=0)
    dbeta = v.sum(axis=0)
    return dx, dgamma, dbeta


def batch_norm_loss(x, gamma, beta, v):
    mean = x.mean(axis=0)
    xmu = x - mean
    var = x.var(axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = xmu / std
    out = gamma * xhat + beta
    return np.sum(v * out**2)


BATCH = (rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(6, 3)))


@right(batch_norm_loss, BATCH)
def batch_norm_step_by_step(x, gamma, beta, v):
    N = x.shape[0]
    xmu = x - x.mean(axis=0)
    ivar = 1.0 / np.sqrt(x.var(axis=0) + 1e-5)
    xhat = xmu * ivar
    dout = 2 * v * (gamma * xhat + beta)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dvar = -0.5 * divar * ivar**3
    dxmu2 = 2 * xmu * dvar / N
    dx1 = dxmu1 + dxmu2
    dmu = -np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = np.ones_like(x) * dmu / N
    return dx1 + dx2, dgamma, dbeta


@wrong("missing term, detached", batch_norm_loss, BATCH, "wrong right right")
def batch_norm_forgets_the_mean(x, gamma, beta, v):
    N = x.shape[0]
    xmu = x - x.mean(axis=0)
    ivar = 1.0 / np.sqrt(x.var(axis=0) + 1e-5)
    xhat = xmu * ivar
    dout = 2 * v * (gamma * xhat + beta)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dvar = -0.5 * np.sum(dxhat * xmu, axis=0) * ivar**3
    dx = dxhat * ivar + 2 * xmu * dvar / N  # <- wrong
    dbeta = dout.sum(axis=0)
    return dx, dgamma, dbeta


@wrong(
    "wrong derivative, extra factor",
    batch_norm_loss,
    BATCH,
    "wrong right right",
)
def batch_norm_with_the_wrong_power(x, gamma, beta, v):
    N = x.shape[0]
    xmu = x - x.mean(axis=0)
    ivar = 1.0 / np.sqrt(x.var(axis=0) + 1e-5)
    xhat = xmu * ivar
    dout = 2 * v * (gamma * xhat + beta)
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = dout.sum(axis=0)
    dxhat = dout * gamma
    dvar = -0.5 * np.sum(dxhat * xmu, axis=0) * ivar**2  # <- wrong
    dxmu = dxhat * ivar + 2 * xmu * dvar / N
    dx = dxmu - dxmu.mean(axis=0)
    return dx, dgamma, dbeta


@wrong("constant, forward", batch_norm_loss, BATCH)
def batch_norm_with_the_unbiased_variance(x, gamma, beta, v):
    N = x.shape[0]
    xmu = x - x.mean(axis=0)
    var = x.var(axis=0, ddof=1)  # <- wrong
    std = np.sqrt(var + 1e-5)
    xhat = xmu / std
    dout = 2 * v * (gamma * xhat + beta)
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = dout.sum(axis=0)
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(0) - xhat * np.sum(dxhat * xhat, 0) / N) / std
    return dx, dgamma, dbeta


@wrong("missing derivative", batch_norm_loss, BATCH)
def batch_norm_forgets_the_square(x, gamma, beta, v):
    xmu = x - x.mean(axis=0)
    std = np.sqrt(x.var(axis=0) + 1e-5)
    xhat = xmu / std
    dout = v  # <- wrong
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = dout.sum(axis=0)
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(0) - xhat * np.mean(dxhat * xhat, 0)) / std
    return dx, dgamma, dbeta

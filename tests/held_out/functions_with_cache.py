"""Pairs of functions: forward returns its output and a cache, backward takes a gradient and the cache."""

import numpy as np

from tests.held_out.case import call, case


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


@case
def affine_images():
    """The weight gradient is transposed; it has the right shape only because input and output are of one size."""

    def affine_forward(x, w, b):
        flat = x.reshape(x.shape[0], -1)
        out = flat @ w + b
        cache = (x, w)
        return out, cache

    def affine_backward(dout, cache):
        x, w = cache
        flat = x.reshape(x.shape[0], -1)
        dx = (dout @ w.T).reshape(x.shape)
        dw = dout.T @ flat  # <- dw = flat.T @ dout
        db = dout.sum(axis=0)
        return dx, dw, db

    rng = np.random.default_rng(100)
    return call(
        affine_forward, affine_backward, rng.normal(size=(3, 2, 4)), rng.normal(size=(8, 8)), rng.normal(size=8)
    )


@case
def affine_relu_sandwich():
    """A right convenience layer: affine, then a rectifier, with a cache of caches."""

    def affine(x, w, b):
        return x @ w + b, (x, w)

    def forward(x, w, b):
        a, fc_cache = affine(x, w, b)
        return np.maximum(a, 0), (fc_cache, a)

    def backward(dout, cache):
        (x, w), a = cache
        da = np.where(a > 0, dout, 0)
        return da @ w.T, x.T @ da, da.sum(axis=0)

    rng = np.random.default_rng(101)
    return call(forward, backward, rng.normal(size=(5, 3)), rng.normal(size=(3, 6)), rng.normal(size=6))


@case
def batchnorm_chain_of_nodes():
    """The variance also depends on the mean-free inputs; that branch of the graph is not added."""

    def batchnorm_forward(x, gamma, beta, eps=1e-5):
        N, D = x.shape
        mu = 1.0 / N * np.sum(x, axis=0)
        xmu = x - mu
        var = 1.0 / N * np.sum(xmu**2, axis=0)
        sqrtvar = np.sqrt(var + eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        out = gamma * xhat + beta
        cache = (xhat, gamma, xmu, ivar, sqrtvar)
        return out, cache

    def batchnorm_backward(dout, cache):
        xhat, gamma, xmu, ivar, sqrtvar = cache
        N, D = dout.shape
        dbeta = np.sum(dout, axis=0)
        dgamma = np.sum(dout * xhat, axis=0)
        dxhat = dout * gamma
        divar = np.sum(dxhat * xmu, axis=0)
        dxmu1 = dxhat * ivar
        dsqrtvar = -1.0 / (sqrtvar**2) * divar
        dvar = 0.5 / sqrtvar * dsqrtvar
        dsq = 1.0 / N * np.ones((N, D)) * dvar
        dxmu2 = 2 * xmu * dsq
        dx1 = dxmu1  # <- dx1 = dxmu1 + dxmu2
        dmu = -np.sum(dxmu1 + dxmu2, axis=0)
        dx2 = 1.0 / N * np.ones((N, D)) * dmu
        return dx1 + dx2, dgamma, dbeta

    rng = np.random.default_rng(102)
    return call(
        batchnorm_forward, batchnorm_backward, rng.normal(size=(7, 4)), rng.uniform(0.5, 1.5, 4), rng.normal(size=4)
    )


@case
def batchnorm_compact():
    """A right batch normalisation in the closed form."""

    def bn_forward(x, gamma, beta):
        mean = x.mean(axis=0)
        std = np.sqrt(x.var(axis=0) + 1e-5)
        x_norm = (x - mean) / std
        return gamma * x_norm + beta, (x_norm, std, gamma)

    def bn_backward(dout, cache):
        x_norm, std, gamma = cache
        m = x_norm.shape[0]
        dgamma = (dout * x_norm).sum(axis=0)
        dbeta = dout.sum(axis=0)
        dx = gamma / (m * std) * (m * dout - dbeta - x_norm * dgamma)
        return dx, dgamma, dbeta

    rng = np.random.default_rng(103)
    return call(bn_forward, bn_backward, rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3))


@case
def layernorm_wrong_axis():
    """The means of layer normalisation run over the features, those of its gradient over the batch."""

    def layernorm_forward(x, gamma, beta, eps=1e-5):
        mu = x.mean(axis=1, keepdims=True)
        sigma = np.sqrt(x.var(axis=1, keepdims=True) + eps)
        xhat = (x - mu) / sigma
        return xhat * gamma + beta, (xhat, sigma, gamma)

    def layernorm_backward(dout, cache):
        xhat, sigma, gamma = cache
        dbeta = dout.sum(axis=0)
        dgamma = (dout * xhat).sum(axis=0)
        dxhat = dout * gamma
        centered = dxhat - dxhat.mean(axis=0, keepdims=True)  # <- centered = dxhat - dxhat.mean(axis=1, keepdims=True)
        dx = (centered - xhat * (dxhat * xhat).mean(axis=1, keepdims=True)) / sigma
        return dx, dgamma, dbeta

    rng = np.random.default_rng(104)
    x = rng.normal(size=(5, 6))
    return call(layernorm_forward, layernorm_backward, x, rng.normal(size=6), rng.normal(size=6))


@case
def dropout_and_scale_cache():
    """A right inverted dropout whose mask comes with the arguments."""

    def dropout_forward(x, mask, p):
        scaled_mask = mask / (1 - p)
        return x * scaled_mask, scaled_mask

    def dropout_backward(dout, cache):
        return dout * cache

    rng = np.random.default_rng(105)
    mask = (rng.random((4, 6)) > 0.4).astype(int)
    return call(dropout_forward, dropout_backward, rng.normal(size=(4, 6)), mask, p=0.4)


@case
def vanilla_rnn_step():
    """The derivative of tanh is taken of the previous state instead of the next one."""

    def rnn_step_forward(x, prev_h, Wx, Wh, b):
        next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
        cache = (x, prev_h, Wx, Wh, next_h)
        return next_h, cache

    def rnn_step_backward(dnext_h, cache):
        x, prev_h, Wx, Wh, next_h = cache
        dz = dnext_h * (1 - prev_h**2)  # <- dz = dnext_h * (1 - next_h**2)
        dx = dz @ Wx.T
        dprev_h = dz @ Wh.T
        dWx = x.T @ dz
        dWh = prev_h.T @ dz
        db = dz.sum(axis=0)
        return dx, dprev_h, dWx, dWh, db

    rng = np.random.default_rng(106)
    x, h = rng.normal(size=(4, 3)), np.tanh(rng.normal(size=(4, 5)))
    Wx, Wh, b = rng.normal(size=(3, 5)) * 0.5, rng.normal(size=(5, 5)) * 0.3, rng.normal(size=5) * 0.1
    return call(rnn_step_forward, rnn_step_backward, x, h, Wx, Wh, b)


@case
def lstm_cell_two_outputs():
    """The gradient that comes back through the output h is not added to that of the cell state."""

    def lstm_cell(x, h_prev, c_prev, W, U, b):
        H = h_prev.shape[1]
        a = x @ W + h_prev @ U + b
        i = sigmoid(a[:, :H])
        f = sigmoid(a[:, H : 2 * H])
        o = sigmoid(a[:, 2 * H : 3 * H])
        g = np.tanh(a[:, 3 * H :])
        c = f * c_prev + i * g
        h = o * np.tanh(c)
        cache = (x, h_prev, c_prev, W, U, i, f, o, g, c)
        return h, c, cache

    def lstm_cell_backward(dh, dc, cache):
        x, h_prev, c_prev, W, U, i, f, o, g, c = cache
        tc = np.tanh(c)
        do = dh * tc
        dc_total = dc  # <- dc_total = dc + dh * o * (1 - tc**2)
        df = dc_total * c_prev
        di = dc_total * g
        dg = dc_total * i
        dc_prev = dc_total * f
        da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)])
        dx = da @ W.T
        dh_prev = da @ U.T
        dW = x.T @ da
        dU = h_prev.T @ da
        db = da.sum(axis=0)
        return dx, dh_prev, dc_prev, dW, dU, db

    rng = np.random.default_rng(107)
    N, D, H = 3, 4, 2
    return call(
        lstm_cell,
        lstm_cell_backward,
        rng.normal(size=(N, D)),
        rng.normal(size=(N, H)),
        rng.normal(size=(N, H)),
        rng.normal(size=(D, 4 * H)),
        rng.normal(size=(H, 4 * H)),
        rng.normal(size=4 * H),
    )


@case
def lstm_cell_gates_stacked_in_rows():
    """A right LSTM cell in the column convention, where each example is a column."""

    def lstm_forward(xt, a_prev, c_prev, Wf, Wi, Wc, Wo):
        concat = np.vstack((a_prev, xt))
        ft = sigmoid(Wf @ concat)
        it = sigmoid(Wi @ concat)
        cct = np.tanh(Wc @ concat)
        c_next = ft * c_prev + it * cct
        ot = sigmoid(Wo @ concat)
        a_next = ot * np.tanh(c_next)
        return a_next, c_next, (a_prev, c_prev, concat, ft, it, cct, ot, c_next, Wf, Wi, Wc, Wo)

    def lstm_backward(da_next, dc_next, cache):
        a_prev, c_prev, concat, ft, it, cct, ot, c_next, Wf, Wi, Wc, Wo = cache
        n_a = a_prev.shape[0]
        t = np.tanh(c_next)
        dc = dc_next + da_next * ot * (1 - t**2)
        dot = da_next * t * ot * (1 - ot)
        dcct = dc * it * (1 - cct**2)
        dit = dc * cct * it * (1 - it)
        dft = dc * c_prev * ft * (1 - ft)
        dWf, dWi, dWc, dWo = dft @ concat.T, dit @ concat.T, dcct @ concat.T, dot @ concat.T
        dconcat = Wf.T @ dft + Wi.T @ dit + Wc.T @ dcct + Wo.T @ dot
        return dconcat[n_a:], dconcat[:n_a], dc * ft, dWf, dWi, dWc, dWo

    rng = np.random.default_rng(108)
    n_x, n_a, m = 3, 2, 4
    Ws = [rng.normal(size=(n_a, n_a + n_x)) for _ in range(4)]
    a, c = rng.normal(size=(n_a, m)), rng.normal(size=(n_a, m))
    return call(lstm_forward, lstm_backward, rng.normal(size=(n_x, m)), a, c, *Ws)


@case
def gru_cell_reset_gate():
    """The previous state enters through the reset gate too; that path is left out of its gradient."""

    def gru_forward(x, h, Wz, Wr, Wn, Uz, Ur, Un):
        z = sigmoid(x @ Wz + h @ Uz)
        r = sigmoid(x @ Wr + h @ Ur)
        n = np.tanh(x @ Wn + (r * h) @ Un)
        out = (1 - z) * n + z * h
        return out, (x, h, z, r, n, Wz, Wr, Wn, Uz, Ur, Un)

    def gru_backward(dout, cache):
        x, h, z, r, n, Wz, Wr, Wn, Uz, Ur, Un = cache
        dn = dout * (1 - z) * (1 - n**2)
        dz = dout * (h - n) * z * (1 - z)
        drh = dn @ Un.T
        dr = drh * h * r * (1 - r)
        dx = dz @ Wz.T + dr @ Wr.T + dn @ Wn.T
        dh = dout * z + dz @ Uz.T + dr @ Ur.T  # <- dh = dout * z + dz @ Uz.T + dr @ Ur.T + drh * r
        dWz, dWr, dWn = x.T @ dz, x.T @ dr, x.T @ dn
        dUz, dUr, dUn = h.T @ dz, h.T @ dr, (r * h).T @ dn
        return dx, dh, dWz, dWr, dWn, dUz, dUr, dUn

    rng = np.random.default_rng(109)
    N, D, H = 4, 3, 2
    Ws = [rng.normal(size=(D, H)) for _ in range(3)]
    Us = [rng.normal(size=(H, H)) for _ in range(3)]
    return call(gru_forward, gru_backward, rng.normal(size=(N, D)), rng.normal(size=(N, H)), *Ws, *Us)


@case
def gru_cell_concatenated():
    """Two mistakes: the update gate has the wrong sign, and the candidate's weights see the state before the reset."""

    def gru_step(x, h_prev, W_zr, W_c):
        H = h_prev.shape[1]
        xh = np.concatenate([x, h_prev], axis=1)
        zr = sigmoid(xh @ W_zr)
        z, r = zr[:, :H], zr[:, H:]
        xrh = np.concatenate([x, r * h_prev], axis=1)
        c = np.tanh(xrh @ W_c)
        h = z * h_prev + (1 - z) * c
        return h, (x, h_prev, xh, xrh, z, r, c, W_zr, W_c)

    def gru_step_backward(dh, cache):
        x, h_prev, xh, xrh, z, r, c, W_zr, W_c = cache
        D = x.shape[1]
        dc_pre = dh * (1 - z) * (1 - c * c)
        dW_c = xh.T @ dc_pre  # <- dW_c = xrh.T @ dc_pre
        dxrh = dc_pre @ W_c.T
        dz_pre = dh * (c - h_prev) * z * (1 - z)  # <- dz_pre = dh * (h_prev - c) * z * (1 - z)
        dr_pre = dxrh[:, D:] * h_prev * r * (1 - r)
        dzr = np.concatenate([dz_pre, dr_pre], axis=1)
        dW_zr = xh.T @ dzr
        dxh = dzr @ W_zr.T
        dx = dxh[:, :D] + dxrh[:, :D]
        dh_prev = dxh[:, D:] + dxrh[:, D:] * r + dh * z
        return dx, dh_prev, dW_zr, dW_c

    rng = np.random.default_rng(110)
    N, D, H = 5, 3, 2
    args = [(N, D), (N, H), (D + H, 2 * H), (D + H, H)]
    return call(gru_step, gru_step_backward, *[rng.normal(size=s) for s in args])


@case
def scaled_dot_product_attention():
    """Forward divides the scores by the root of the width, backward does not for the queries and keys."""

    def attention_forward(Q, K, V):
        scores = Q @ K.T / np.sqrt(Q.shape[1])
        A = np.exp(scores - scores.max(axis=1, keepdims=True))
        A /= A.sum(axis=1, keepdims=True)
        return A @ V, (Q, K, V, A)

    def attention_backward(dout, cache):
        Q, K, V, A = cache
        dV = A.T @ dout
        dA = dout @ V.T
        dscores = A * (dA - (dA * A).sum(axis=1, keepdims=True))  # <- below: dscores /= np.sqrt(Q.shape[1])
        dQ = dscores @ K
        dK = dscores.T @ Q
        return dQ, dK, dV

    rng = np.random.default_rng(111)
    return call(
        attention_forward, attention_backward, rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    )


@case
def softmax_temperature():
    """The temperature's gradient lacks the square: d(x / T) / dT is minus x over T squared."""

    def forward(x, T):
        z = x / T
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return p, (x, T, p)

    def backward(dout, cache):
        x, T, p = cache
        dz = p * (dout - (dout * p).sum(axis=1, keepdims=True))
        dx = dz / T
        dT = -np.sum(dz * x, axis=0) / T  # <- dT = -np.sum(dz * x, axis=0) / T**2
        return dx, dT

    rng = np.random.default_rng(112)
    return call(forward, backward, rng.normal(size=(5, 4)), rng.uniform(0.5, 2.0, size=4))


@case
def log_softmax_probabilities():
    """The gradient of log-softmax subtracts the log-probabilities instead of the probabilities."""

    def log_softmax_forward(logits):
        m = logits.max(axis=-1, keepdims=True)
        lse = m + np.log(np.sum(np.exp(logits - m), axis=-1, keepdims=True))
        logp = logits - lse
        return logp, logp

    def log_softmax_backward(dout, cache):
        logp = cache
        total = dout.sum(axis=-1, keepdims=True)
        return dout - logp * total  # <- return dout - np.exp(logp) * total

    return call(log_softmax_forward, log_softmax_backward, np.random.default_rng(113).normal(size=(3, 5)))


@case
def spatial_mean_pool():
    """The gradient of a mean over the image is spread without the division by the number of pixels."""

    def global_avg_pool_forward(x):
        out = x.mean(axis=(2, 3))
        return out, x.shape

    def global_avg_pool_backward(dout, cache):
        N, C, H, W = cache
        dx = np.zeros((N, C, H, W))
        dx += dout[:, :, None, None]  # <- dx += dout[:, :, None, None] / (H * W)
        return dx

    return call(global_avg_pool_forward, global_avg_pool_backward, np.random.default_rng(114).normal(size=(2, 3, 4, 5)))


@case
def weight_normalized_linear():
    """A right linear layer with the weights split into length and direction."""

    def forward(x, v, g, b):
        norms = np.sqrt((v**2).sum(axis=0))
        w = g * v / norms
        return x @ w + b, (x, v, g, w, norms)

    def backward(dout, cache):
        x, v, g, w, norms = cache
        dw = x.T @ dout
        dg = (dw * v).sum(axis=0) / norms
        dv = g / norms * dw - g * dg / norms**2 * v
        return dout @ w.T, dv, dg, dout.sum(axis=0)

    rng = np.random.default_rng(115)
    return call(
        forward, backward, rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3)
    )


@case
def weight_norm_missing_projection():
    """The direction's gradient keeps the component along the direction, which the normalisation removes."""

    def wn_forward(x, v, g):
        length = np.linalg.norm(v)
        out = g[0] * (x @ v) / length
        return out, (x, v, g, length)

    def wn_backward(dout, cache):
        x, v, g, length = cache
        dw = x.T @ dout
        unit = v / length
        dg = np.array([unit @ dw])
        dv = g[0] / length * dw  # <- dv = g[0] / length * (dw - (unit @ dw) * unit)
        dx = np.outer(dout, g[0] * unit)
        return dx, dv, dg

    rng = np.random.default_rng(116)
    return call(wn_forward, wn_backward, rng.normal(size=(6, 4)), rng.normal(size=4), np.array([1.7]))


@case
def logsumexp_rows():
    """A right logarithm of a sum of exponentials along the rows."""

    def logsumexp_forward(x):
        m = np.max(x, axis=1)
        s = np.exp(x - m[:, None]).sum(axis=1)
        return m + np.log(s), (x, m, s)

    def logsumexp_backward(dout, cache):
        x, m, s = cache
        return dout[:, None] * np.exp(x - m[:, None]) / s[:, None]

    return call(logsumexp_forward, logsumexp_backward, np.random.default_rng(117).normal(size=(4, 5)))


@case
def squared_distance_matrix():
    """The factor 2 of the squared distance is missing from the gradient of the second set of points."""

    def pairwise_forward(A, B):
        diff = A[:, None, :] - B[None, :, :]
        return (diff**2).sum(axis=2), diff

    def pairwise_backward(dout, cache):
        diff = cache
        dA = 2 * np.einsum("ij,ijk->ik", dout, diff)
        dB = -np.einsum("ij,ijk->jk", dout, diff)  # <- dB = -2 * np.einsum("ij,ijk->jk", dout, diff)
        return dA, dB

    rng = np.random.default_rng(118)
    return call(pairwise_forward, pairwise_backward, rng.normal(size=(4, 3)), rng.normal(size=(6, 3)))


@case
def upsample_nearest_window():
    """Nearest upsampling copies each pixel to a block; only the first pixel of the block is collected."""

    def upsample_forward(x, k):
        out = x.repeat(k, axis=1).repeat(k, axis=2)
        return out, (x.shape, k)

    def upsample_backward(dout, cache):
        (C, H, W), k = cache
        dx = np.zeros((C, H, W))
        for i in range(H):
            for j in range(W):
                block = dout[:, i * k : (i + 1) * k, j * k : (j + 1) * k]
                dx[:, i, j] = block[:, 0, 0]  # <- dx[:, i, j] = block.sum(axis=(1, 2))
        return dx

    return call(upsample_forward, upsample_backward, np.random.default_rng(119).normal(size=(2, 3, 4)), 2)


@case
def film_conditioning():
    """The gradients of scale and shift are exchanged."""

    def film_forward(x, cond, Wg, Wb):
        gamma = cond @ Wg
        beta = cond @ Wb
        out = (1 + gamma) * x + beta
        return out, (x, cond, Wg, Wb, gamma)

    def film_backward(dout, cache):
        x, cond, Wg, Wb, gamma = cache
        dx = dout * (1 + gamma)
        dgamma, dbeta = dout, dout * x  # <- dgamma, dbeta = dout * x, dout
        dcond = dgamma @ Wg.T + dbeta @ Wb.T
        return dx, dcond, cond.T @ dgamma, cond.T @ dbeta

    rng = np.random.default_rng(120)
    return call(
        film_forward,
        film_backward,
        rng.normal(size=(4, 3)),
        rng.normal(size=(4, 5)),
        rng.normal(size=(5, 3)),
        rng.normal(size=(5, 3)),
    )


@case
def squeeze_excite_gate():
    """The input reaches the output through the gate as well; the pooled branch is not divided by the length."""

    def se_forward(x, W1, W2):
        # x: batch, channels, length
        s = x.mean(axis=2)
        z = np.maximum(0, s @ W1)
        gate = sigmoid(z @ W2)
        return x * gate[:, :, None], (x, W1, W2, s, z, gate)

    def se_backward(dout, cache):
        x, W1, W2, s, z, gate = cache
        dgate = (dout * x).sum(axis=2)
        da2 = dgate * gate * (1 - gate)
        dW2 = z.T @ da2
        dz = da2 @ W2.T
        dz[z <= 0] = 0
        dW1 = s.T @ dz
        ds = dz @ W1.T
        dx = dout * gate[:, :, None] + ds[:, :, None]  # <- dx = dout * gate[:, :, None] + ds[:, :, None] / x.shape[2]
        return dx, dW1, dW2

    rng = np.random.default_rng(121)
    return call(se_forward, se_backward, rng.normal(size=(3, 4, 5)), rng.normal(size=(4, 6)), rng.normal(size=(6, 4)))


@case
def low_rank_adapter():
    """The gradient of the down-projection uses the input of the up-projection."""

    def lora_forward(x, W, A, B):
        alpha = 2.0
        down = x @ A
        out = x @ W + alpha * down @ B
        return out, (x, W, A, B, down, alpha)

    def lora_backward(dout, cache):
        x, W, A, B, down, alpha = cache
        dW = x.T @ dout
        dB = alpha * down.T @ dout
        ddown = alpha * dout @ B.T
        dA = down.T @ ddown  # <- dA = x.T @ ddown
        dx = dout @ W.T + ddown @ A.T
        return dx, dW, dA, dB

    rng = np.random.default_rng(122)
    return call(
        lora_forward,
        lora_backward,
        rng.normal(size=(5, 3)),
        rng.normal(size=(3, 4)),
        rng.normal(size=(3, 3)),
        rng.normal(size=(3, 4)),
    )


@case
def cumulative_product_gates():
    """A right running product of gates along the time axis, with the sum over later times by a reversed loop."""

    def stick_forward(v):
        rest = np.ones(v.shape[0])
        out = np.zeros_like(v)
        for k in range(v.shape[1]):
            out[:, k] = v[:, k] * rest
            rest = rest * (1 - v[:, k])
        return out, (v, out)

    def stick_backward(dout, cache):
        v, out = cache
        dv = np.zeros_like(v)
        later = np.zeros(v.shape[0])
        for k in reversed(range(v.shape[1])):
            rest = out[:, k] / v[:, k]
            dv[:, k] = dout[:, k] * rest - later / (1 - v[:, k])
            later += dout[:, k] * out[:, k]
        return dv

    return call(stick_forward, stick_backward, np.random.default_rng(123).uniform(0.1, 0.8, size=(3, 5)))


@case
def center_loss_of_features():
    """Centres of classes that occur several times get one contribution only."""

    def center_forward(features, centers, labels):
        diff = features - centers[labels]
        loss = 0.5 * np.sum(diff**2, axis=1)
        return loss, (diff, labels, centers.shape)

    def center_backward(dout, cache):
        diff, labels, shape = cache
        g = dout[:, None] * diff
        dcenters = np.zeros(shape)
        dcenters[labels] -= g  # <- np.subtract.at(dcenters, labels, g)
        return g, dcenters

    rng = np.random.default_rng(124)
    labels = np.array([2, 0, 2, 1, 0, 2])
    return call(center_forward, center_backward, rng.normal(size=(6, 4)), rng.normal(size=(3, 4)), labels)


@case
def exponential_map_to_sphere():
    """The quotient rule lacks the half of the root: the norm's gradient is x over the norm, not two x over it."""

    def project_forward(x):
        r = np.sqrt(1.0 + (x**2).sum(axis=1))
        return x / r[:, None], (x, r)

    def project_backward(dout, cache):
        x, r = cache
        dr = -(dout * x).sum(axis=1) / r**2
        dx = dout / r[:, None]
        dx += dr[:, None] * 2 * x / r[:, None]  # <- dx += dr[:, None] * x / r[:, None]
        return dx

    return call(project_forward, project_backward, np.random.default_rng(125).normal(size=(4, 3)))

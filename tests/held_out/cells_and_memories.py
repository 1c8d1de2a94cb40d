"""Recurrent cells beyond the usual ones, decoders and memories: peepholes, minimal gates, read and write heads."""

import numpy as np

from tests.held_out.case import call, case


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


@case
def peephole_lstm_cell():
    """The output gate peeps at the new cell state; that path back into the cell is missing."""

    def peephole_forward(x, h, c, W, U, p):
        n = len(h)
        a = W @ x + U @ h
        i = sigmoid(a[:n] + p[0] * c)
        f = sigmoid(a[n : 2 * n] + p[1] * c)
        g = np.tanh(a[2 * n : 3 * n])
        c_new = f * c + i * g
        o = sigmoid(a[3 * n :] + p[2] * c_new)
        h_new = o * np.tanh(c_new)
        return h_new, c_new, (x, h, c, W, U, p, i, f, g, o, c_new)

    def peephole_backward(dh, dc, cache):
        x, h, c, W, U, p, i, f, g, o, c_new = cache
        tc = np.tanh(c_new)
        da_o = dh * tc * o * (1 - o)
        dc_new = dc + dh * o * (1 - tc**2)  # <- dc_new = dc + dh * o * (1 - tc**2) + da_o * p[2]
        da_i = dc_new * g * i * (1 - i)
        da_f = dc_new * c * f * (1 - f)
        da_g = dc_new * i * (1 - g**2)
        da = np.concatenate([da_i, da_f, da_g, da_o])
        dp = np.stack([da_i * c, da_f * c, da_o * c_new])
        dc_prev = dc_new * f + da_i * p[0] + da_f * p[1]
        return W.T @ da, U.T @ da, dc_prev, np.outer(da, x), np.outer(da, h), dp

    rng = np.random.default_rng(1300)
    shapes = [(3,), (2,), (2,), (8, 3), (8, 2), (3, 2)]
    return call(peephole_forward, peephole_backward, *[rng.normal(size=s) for s in shapes])


@case
def coupled_gate_lstm():
    """A right LSTM layer in which the input gate is the complement of the forget gate."""

    class CoupledLSTM:
        def __init__(self, d, n, rng):
            self.params = {"W": rng.normal(size=(d + n, 3 * n)) * 0.5, "b": rng.normal(size=3 * n) * 0.2}
            self.n = n

        def forward(self, xs):
            n = self.n
            h, c = np.zeros(n), np.zeros(n)
            self.tape, out = [], []
            for x in xs:
                v = np.concatenate([x, h])
                z = v @ self.params["W"] + self.params["b"]
                f, o, g = sigmoid(z[:n]), sigmoid(z[n : 2 * n]), np.tanh(z[2 * n :])
                c_prev, c = c, f * c + (1 - f) * g
                h = o * np.tanh(c)
                self.tape.append((v, f, o, g, c_prev, c))
                out.append(h)
            return np.stack(out)

        def backward(self, dout):
            n = self.n
            self.grads = {k: np.zeros_like(p) for k, p in self.params.items()}
            dh, dc = np.zeros(n), np.zeros(n)
            dxs = []
            for d, (v, f, o, g, c_prev, c) in zip(dout[::-1], self.tape[::-1]):
                dh = dh + d
                tc = np.tanh(c)
                dc = dc + dh * o * (1 - tc**2)
                dz = np.concatenate([dc * (c_prev - g) * f * (1 - f), dh * tc * o * (1 - o), dc * (1 - f) * (1 - g**2)])
                self.grads["W"] += np.outer(v, dz)
                self.grads["b"] += dz
                dv = self.params["W"] @ dz
                dxs.append(dv[:-n])
                dh, dc = dv[-n:], dc * f
            return np.stack(dxs[::-1])

    rng = np.random.default_rng(1301)
    lstm = CoupledLSTM(3, 2, rng)
    return call(lstm.forward, lstm.backward, rng.normal(size=(5, 3)))


@case
def coupled_gate_complement():
    """The forget gate also closes the input: its gradient sees the old state only, without the candidate."""

    def cell(x, c, Wf, Wg):
        f = sigmoid(x @ Wf)
        g = np.tanh(x @ Wg)
        return f * c + (1 - f) * g, (x, c, Wf, Wg, f, g)

    def cell_back(dc_new, cache):
        x, c, Wf, Wg, f, g = cache
        df = dc_new * c  # <- df = dc_new * (c - g)
        daf = df * f * (1 - f)
        dag = dc_new * (1 - f) * (1 - g * g)
        return daf @ Wf.T + dag @ Wg.T, dc_new * f, x.T @ daf, x.T @ dag

    rng = np.random.default_rng(1302)
    return call(cell, cell_back, *[rng.normal(size=s) for s in ((4, 3), (4, 2), (3, 2), (3, 2))])


@case
def independent_rnn_elementwise():
    """The recurrent weight is a vector that multiplies each unit's own state; the matrix rule is used for the carry."""

    class IndRNN:
        def __init__(self, W, u):
            self.W, self.u = W, u

        def forward(self, x):
            self.x = x
            self.h = np.zeros((len(x) + 1, len(self.u)))
            for t in range(len(x)):
                self.h[t + 1] = np.tanh(x[t] @ self.W + self.u * self.h[t])
            return self.h[1:]

        def backward(self, dy):
            dx, self.dW, self.du = np.zeros_like(self.x), np.zeros_like(self.W), np.zeros_like(self.u)
            carry = np.zeros_like(self.u)
            for t in reversed(range(len(dy))):
                dz = (dy[t] + carry) * (1 - self.h[t + 1] ** 2)
                dx[t] = self.W @ dz
                self.dW += np.outer(self.x[t], dz)
                self.du += dz * self.h[t]
                carry = self.u @ dz  # <- carry = self.u * dz
            return dx

    rng = np.random.default_rng(1303)
    rnn = IndRNN(rng.normal(size=(3, 4)), rng.normal(size=4))
    return call(rnn.forward, rnn.backward, rng.normal(size=(5, 3)))


@case
def minimal_gated_unit():
    """The forget gate multiplies the state inside the candidate too; its gradient lacks that term."""

    def mgu(x, h, Wf, Uf, Wh, Uh):
        f = sigmoid(x @ Wf + h @ Uf)
        k = np.tanh(x @ Wh + (f * h) @ Uh)
        return (1 - f) * h + f * k, (x, h, Wf, Uf, Wh, Uh, f, k)

    def mgu_backward(dout, cache):
        x, h, Wf, Uf, Wh, Uh, f, k = cache
        dk = dout * f * (1 - k**2)
        dfh = dk @ Uh.T
        df = dout * (k - h)  # <- df = dout * (k - h) + dfh * h
        daf = df * f * (1 - f)
        dx = dk @ Wh.T + daf @ Wf.T
        dh = dout * (1 - f) + dfh * f + daf @ Uf.T
        return dx, dh, x.T @ daf, h.T @ daf, x.T @ dk, (f * h).T @ dk

    rng = np.random.default_rng(1304)
    shapes = [(4, 3), (4, 2), (3, 2), (2, 2), (3, 2), (2, 2)]
    return call(mgu, mgu_backward, *[rng.normal(size=s) for s in shapes])


@case
def simple_recurrent_unit_highway():
    """A right simple recurrent unit with its highway connection to the input."""

    def sru(x, W, Wf, Wr):
        T, d = x.shape
        u, f, r = x @ W, sigmoid(x @ Wf), sigmoid(x @ Wr)
        c = np.zeros((T + 1, d))
        for t in range(T):
            c[t + 1] = f[t] * c[t] + (1 - f[t]) * u[t]
        return r * np.tanh(c[1:]) + (1 - r) * x, (x, W, Wf, Wr, u, f, r, c)

    def sru_backward(dh, cache):
        x, W, Wf, Wr, u, f, r, c = cache
        tc = np.tanh(c[1:])
        dr = dh * (tc - x)
        dx = dh * (1 - r)
        dc_direct = dh * r * (1 - tc**2)
        du, df = np.zeros_like(u), np.zeros_like(f)
        carry = np.zeros(x.shape[1])
        for t in range(len(x) - 1, -1, -1):
            dc = dc_direct[t] + carry
            du[t] = dc * (1 - f[t])
            df[t] = dc * (c[t] - u[t])
            carry = dc * f[t]
        daf, dar = df * f * (1 - f), dr * r * (1 - r)
        dx += du @ W.T + daf @ Wf.T + dar @ Wr.T
        return dx, x.T @ du, x.T @ daf, x.T @ dar

    rng = np.random.default_rng(1305)
    return call(sru, sru_backward, rng.normal(size=(5, 3)), *[rng.normal(size=(3, 3)) for _ in range(3)])


@case
def quasi_recurrent_pooling():
    """The pooling's carry is multiplied with the input's share instead of the state's."""

    def fo_pool(z, f, o):
        c = np.zeros(z.shape[1])
        cs = []
        for t in range(len(z)):
            c = f[t] * c + (1 - f[t]) * z[t]
            cs.append(c)
        return o * np.array(cs)

    def fo_pool_vjp(dh, z, f, o):
        T, d = z.shape
        cs = np.zeros((T + 1, d))
        for t in range(T):
            cs[t + 1] = f[t] * cs[t] + (1 - f[t]) * z[t]
        dz, df = np.zeros_like(z), np.zeros_like(f)
        do = dh * cs[1:]
        dc = np.zeros(d)
        for t in reversed(range(T)):
            dc = dc + dh[t] * o[t]
            dz[t] = dc * (1 - f[t])
            df[t] = dc * (cs[t] - z[t])
            dc = dc * (1 - f[t])  # <- dc = dc * f[t]
        return dz, df, do

    rng = np.random.default_rng(1306)
    return call(fo_pool, fo_pool_vjp, rng.normal(size=(5, 2)), rng.random((5, 2)), rng.random((5, 2)))


@case
def layer_normalised_rnn():
    """The state before the tanh is normalised; the deviation's part of that is not subtracted."""

    class LayerNormRNN:
        def __init__(self, d, n, rng):
            self.Wx, self.Wh = rng.normal(size=(d, n)), rng.normal(size=(n, n)) * 0.5
            self.gain = rng.uniform(0.5, 1.5, n)

        def forward(self, x):
            T, B, _ = x.shape
            n = len(self.gain)
            self.x = x
            self.h = np.zeros((T + 1, B, n))
            self.hat = np.zeros((T, B, n))
            self.sd = np.zeros((T, B, 1))
            for t in range(T):
                a = x[t] @ self.Wx + self.h[t] @ self.Wh
                self.sd[t] = np.sqrt(a.var(axis=1, keepdims=True) + 1e-5)
                self.hat[t] = (a - a.mean(axis=1, keepdims=True)) / self.sd[t]
                self.h[t + 1] = np.tanh(self.gain * self.hat[t])
            return self.h[1:]

        def backward(self, dout):
            dx = np.zeros_like(self.x)
            self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
            self.dgain = np.zeros_like(self.gain)
            dh = np.zeros_like(self.h[0])
            for t in range(len(dout) - 1, -1, -1):
                dn = (dout[t] + dh) * (1 - self.h[t + 1] ** 2)
                self.dgain += (dn * self.hat[t]).sum(axis=0)
                g = dn * self.gain
                along = (g * self.hat[t]).mean(axis=1, keepdims=True)
                da = g - g.mean(axis=1, keepdims=True)  # <- below: da -= self.hat[t] * along
                da = da / self.sd[t]
                self.dWx += self.x[t].T @ da
                self.dWh += self.h[t].T @ da
                dx[t] = da @ self.Wx.T
                dh = da @ self.Wh.T
            return dx

    rng = np.random.default_rng(1307)
    rnn = LayerNormRNN(2, 4, rng)
    return call(rnn.forward, rnn.backward, rng.normal(size=(3, 5, 2)))


@case
def convolutional_lstm_state_kernel():
    """The state's kernel has to be flipped on the way back; it slides in the forward direction."""

    def step(x, h, k, s):
        pad = len(s) // 2
        hp = np.pad(h, pad)
        mixed = np.array([hp[i : i + len(s)] @ s for i in range(len(h))])
        return np.tanh(k[0] * x + mixed), (x, h, k, s, pad)

    def step_back(dout, cache):
        x, h, k, s, pad = cache
        hp = np.pad(h, pad)
        mixed = np.array([hp[i : i + len(s)] @ s for i in range(len(h))])
        dz = dout * (1 - np.tanh(k[0] * x + mixed) ** 2)
        dzp = np.pad(dz, pad)
        dh = np.array([dzp[i : i + len(s)] @ s for i in range(len(h))])  # <- dh = np.convolve(dz, s, mode="same")
        ds = np.array([dz @ hp[j : j + len(h)] for j in range(len(s))])
        dk = np.array([dz @ x])
        return k[0] * dz, dh, dk, ds

    rng = np.random.default_rng(1308)
    return call(step, step_back, rng.normal(size=8), rng.normal(size=8), rng.normal(size=1), rng.normal(size=3))


@case
def content_addressed_read():
    """The key strength multiplies the similarities; it is missing from the gradient of the memory."""

    def read(memory, key, beta):
        w = softmax(beta[0] * memory @ key)
        return w @ memory, (memory, key, beta, w)

    def read_backward(dr, cache):
        memory, key, beta, w = cache
        dw = memory @ dr
        ds = w * (dw - w @ dw)
        dmemory = np.outer(w, dr) + np.outer(ds, key)  # <- dmemory = np.outer(w, dr) + beta[0] * np.outer(ds, key)
        dkey = beta[0] * memory.T @ ds
        dbeta = np.array([ds @ memory @ key])
        return dmemory, dkey, dbeta

    rng = np.random.default_rng(1309)
    return call(read, read_backward, rng.normal(size=(5, 3)), rng.normal(size=3), np.array([1.6]))


@case
def erase_and_add_write():
    """Two mistakes: the weights' gradient lacks the erased part, and the memory keeps what was erased."""

    def write(memory, w, erase, add):
        kept = memory * (1 - np.outer(w, erase))
        return kept + np.outer(w, add)

    def write_vjp(dm, memory, w, erase, add):
        dkeep = dm * memory
        dmemory = dm.copy()  # <- dmemory = dm * (1 - np.outer(w, erase))
        derase = -dkeep.T @ w
        dadd = dm.T @ w
        dw = dm @ add  # <- dw = dm @ add - dkeep @ erase
        return dmemory, dw, derase, dadd

    rng = np.random.default_rng(1310)
    args = [rng.normal(size=(5, 3)), rng.dirichlet(np.ones(5)), rng.random(3), rng.normal(size=3)]
    return call(write, write_vjp, *args)


@case
def circular_shift_of_weights():
    """A right shift of attention weights by a small distribution, with indices that go around."""

    def shift(w, s):
        n = len(w)
        out = np.zeros(n)
        for i in range(n):
            for j in range(len(s)):
                out[i] += w[(i - j + 1) % n] * s[j]
        return out

    def shift_backward(dout, w, s):
        n = len(w)
        dw, ds = np.zeros_like(w), np.zeros_like(s)
        for i in range(n):
            for j in range(len(s)):
                dw[(i - j + 1) % n] += dout[i] * s[j]
                ds[j] += dout[i] * w[(i - j + 1) % n]
        return dw, ds

    rng = np.random.default_rng(1311)
    return call(shift, shift_backward, rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(3)))


@case
def sharpened_weights_power():
    """The exponent's gradient has the logarithm of the normalised weights where it needs that of the raw ones."""

    def sharpen(w, gamma):
        p = w ** gamma[0]
        return p / p.sum()

    def sharpen_vjp(g, w, gamma):
        p = w ** gamma[0]
        q = p / p.sum()
        dp = (g - g @ q) / p.sum()
        dw = dp * gamma[0] * w ** (gamma[0] - 1)
        dgamma = np.array([np.sum(dp * p * np.log(q))])  # <- dgamma = np.array([np.sum(dp * p * np.log(w))])
        return dw, dgamma

    rng = np.random.default_rng(1312)
    return call(sharpen, sharpen_vjp, rng.uniform(0.1, 1, size=5), np.array([2.2]))


@case
def stack_push_pop_strengths():
    """The strength that is used up by the elements above is not differentiated for those elements."""

    def stack_read(values, strengths):
        out = np.zeros(values.shape[1])
        left = 1.0
        for v, s in zip(values[::-1], strengths[::-1]):
            out += s * left * v
            left = left * (1 - s)
        return out

    def stack_read_backward(dout, values, strengths):
        n = len(values)
        dvalues, dstrengths = np.zeros_like(values), np.zeros_like(strengths)
        left = np.ones(n)
        for i in range(n - 2, -1, -1):
            left[i] = left[i + 1] * (1 - strengths[i + 1])
        below = 0.0
        for i in range(n):
            score = values[i] @ dout
            dvalues[i] = strengths[i] * left[i] * dout
            dstrengths[i] = left[i] * score  # <- dstrengths[i] = left[i] * (score - below)
            below = strengths[i] * score + (1 - strengths[i]) * below
        return dvalues, dstrengths

    rng = np.random.default_rng(1313)
    return call(stack_read, stack_read_backward, rng.normal(size=(5, 3)), rng.uniform(0.1, 0.9, size=5))


@case
def attention_decoder_one_step():
    """The context enters the next state and the output; only the output's share goes back to the encoder."""

    def decode(enc, s, Ws, Wc, Wo):
        a = softmax(enc @ s)
        ctx_vec = a @ enc
        s_new = np.tanh(Ws @ s + Wc @ ctx_vec)
        return Wo @ np.concatenate([s_new, ctx_vec]), (enc, s, Ws, Wc, Wo, a, ctx_vec, s_new)

    def decode_backward(dy, cache):
        enc, s, Ws, Wc, Wo, a, ctx_vec, s_new = cache
        n = len(s)
        dWo = np.outer(dy, np.concatenate([s_new, ctx_vec]))
        dcat = Wo.T @ dy
        dz = dcat[:n] * (1 - s_new**2)
        dctx = dcat[n:]  # <- dctx = dcat[n:] + Wc.T @ dz
        da = enc @ dctx
        dscore = a * (da - a @ da)
        denc = np.outer(a, dctx) + np.outer(dscore, s)
        ds = Ws.T @ dz + enc.T @ dscore
        return denc, ds, np.outer(dz, s), np.outer(dz, ctx_vec), dWo

    rng = np.random.default_rng(1314)
    shapes = [(5, 3), (3,), (3, 3), (3, 3), (2, 6)]
    return call(decode, decode_backward, *[rng.normal(size=s) for s in shapes])


@case
def zoneout_fixed_mask():
    """The mask that keeps the old state is used for the new one, and the other way round."""

    def zoneout_rnn(x, W, U, keep):
        T = len(x)
        h = np.zeros((T + 1, len(U)))
        cand = np.zeros((T, len(U)))
        for t in range(T):
            cand[t] = np.tanh(x[t] @ W + h[t] @ U)
            h[t + 1] = np.where(keep[t], h[t], cand[t])
        return h[1:], (x, W, U, keep, h, cand)

    def zoneout_rnn_backward(dout, cache):
        x, W, U, keep, h, cand = cache
        dx, dW, dU = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U)
        dh = np.zeros(len(U))
        for t in range(len(x) - 1, -1, -1):
            dh = dh + dout[t]
            dcand = np.where(keep[t], dh, 0.0)  # <- dcand = np.where(keep[t], 0.0, dh)
            dz = dcand * (1 - cand[t] ** 2)
            dx[t] = W @ dz
            dW += np.outer(x[t], dz)
            dU += np.outer(h[t], dz)
            dh = dh - dcand + U @ dz
        return dx, dW, dU

    rng = np.random.default_rng(1315)
    keep = rng.random((6, 3)) < 0.4
    return call(
        zoneout_rnn,
        zoneout_rnn_backward,
        rng.normal(size=(6, 2)),
        rng.normal(size=(2, 3)),
        rng.normal(size=(3, 3)),
        keep,
    )


@case
def clockwork_rnn_periods():
    """Two mistakes: units that rest get no carry, and the period is tested one step off."""

    class ClockworkRNN:
        def __init__(self, d, periods, rng):
            self.periods = periods
            self.W = rng.normal(size=(d, len(periods)))
            self.U = rng.normal(size=(len(periods), len(periods))) * 0.6

        def forward(self, x):
            self.x = x
            self.h = [np.zeros(len(self.periods))]
            self.new = []
            for t, xt in enumerate(x):
                active = t % self.periods == 0
                self.new.append(np.tanh(xt @ self.W + self.h[-1] @ self.U))
                self.h.append(np.where(active, self.new[-1], self.h[-1]))
            return self.h[-1]

        def backward(self, dout):
            dx = np.zeros_like(self.x)
            self.dW, self.dU = np.zeros_like(self.W), np.zeros_like(self.U)
            dh = dout
            for t in range(len(self.x) - 1, -1, -1):
                active = (t + 1) % self.periods == 0  # <- active = t % self.periods == 0
                dz = np.where(active, dh, 0) * (1 - self.new[t] ** 2)
                dx[t] = self.W @ dz
                self.dW += np.outer(self.x[t], dz)
                self.dU += np.outer(self.h[t], dz)
                dh = self.U @ dz  # <- dh = self.U @ dz + np.where(active, 0, dh)
            return dx

    rng = np.random.default_rng(1316)
    rnn = ClockworkRNN(2, np.array([1, 2, 3]), rng)
    return call(rnn.forward, rnn.backward, rng.normal(size=(7, 2)))


@case
def beam_score_length_normalised():
    """The length's exponent is left out: the score is divided by the length itself in the gradient."""

    def score(logits, tokens):
        alpha = 0.6
        z = logits - logits.max(axis=1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return logp[np.arange(len(tokens)), tokens].sum() / len(tokens) ** alpha

    def score_gradient(logits, tokens):
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        g = -p / p.sum(axis=1, keepdims=True)
        g[np.arange(len(tokens)), tokens] += 1
        return g / len(tokens)  # <- return g / len(tokens) ** 0.6

    return call(score, score_gradient, np.random.default_rng(1317).normal(size=(5, 4)), np.array([2, 0, 3, 3, 1]))


@case
def reversible_residual_pair():
    """A right reversible block that recomputes its inputs from its outputs on the way back."""

    def reversible(x1, x2, F, G):
        y1 = x1 + np.tanh(x2 @ F)
        y2 = x2 + np.tanh(y1 @ G)
        return y1, y2, (y1, y2, F, G)

    def reversible_backward(dy1, dy2, cache):
        y1, y2, F, G = cache
        g = np.tanh(y1 @ G)
        x2 = y2 - g
        f = np.tanh(x2 @ F)
        dg = dy2 * (1 - g**2)
        d1 = dy1 + dg @ G.T
        df = d1 * (1 - f**2)
        dx2 = dy2 + df @ F.T
        return d1, dx2, x2.T @ df, y1.T @ dg

    rng = np.random.default_rng(1318)
    return call(reversible, reversible_backward, *[rng.normal(size=s) for s in ((4, 3), (4, 3), (3, 3), (3, 3))])


@case
def reversible_residual_wrong_half():
    """The second half's gradient is formed with the total of the first before its own share was added."""

    def coupled(x1, x2, F, G):
        y1 = x1 + np.sin(x2 @ F)
        y2 = x2 + np.sin(y1 @ G)
        return y1, y2, (x2, y1, F, G)

    def coupled_backward(dy1, dy2, cache):
        x2, y1, F, G = cache
        dg = dy2 * np.cos(y1 @ G)
        total = dy1 + dg @ G.T
        df = dy1 * np.cos(x2 @ F)  # <- df = total * np.cos(x2 @ F)
        return total, dy2 + df @ F.T, x2.T @ df, y1.T @ dg

    rng = np.random.default_rng(1319)
    return call(coupled, coupled_backward, *[rng.normal(size=s) for s in ((5, 2), (5, 2), (2, 2), (2, 2))])

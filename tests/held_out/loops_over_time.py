"""Loops over time with buffers: recurrent layers, filters, integrators, and their sweeps backwards."""

import numpy as np

from tests.held_out.case import call, case


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


@case
def rnn_forgets_the_carry():
    """The gradient that flows back from the next step is not added at each step."""

    def rnn_forward(x, h0, Wx, Wh, b):
        N, T, D = x.shape
        H = h0.shape[1]
        h = np.zeros((N, T, H))
        prev = h0
        for t in range(T):
            prev = np.tanh(x[:, t] @ Wx + prev @ Wh + b)
            h[:, t] = prev
        return h, (x, h0, Wx, Wh, h)

    def rnn_backward(dh, cache):
        x, h0, Wx, Wh, h = cache
        N, T, D = x.shape
        dx = np.zeros_like(x)
        dWx, dWh = np.zeros_like(Wx), np.zeros_like(Wh)
        db = np.zeros(Wh.shape[0])
        dprev = np.zeros_like(h0)
        for t in range(T - 1, -1, -1):
            dcur = dh[:, t]  # <- dcur = dh[:, t] + dprev
            dz = dcur * (1 - h[:, t] ** 2)
            before = h[:, t - 1] if t > 0 else h0
            dx[:, t] = dz @ Wx.T
            dprev = dz @ Wh.T
            dWx += x[:, t].T @ dz
            dWh += before.T @ dz
            db += dz.sum(axis=0)
        return dx, dprev, dWx, dWh, db

    rng = np.random.default_rng(300)
    shapes = [(2, 5, 3), (2, 4), (3, 4), (4, 4), (4,)]
    return call(rnn_forward, rnn_backward, *[rng.normal(size=s) * 0.7 for s in shapes])


@case
def rnn_sequence_layer():
    """A right recurrent layer with the time axis first and the states stored from minus one on."""

    def forward(xs, Wx, Wh):
        T, B, _ = xs.shape
        hs = np.zeros((T + 1, B, Wh.shape[0]))
        for t in range(T):
            hs[t + 1] = np.tanh(xs[t] @ Wx + hs[t] @ Wh)
        return hs[1:], (xs, hs, Wx, Wh)

    def backward(dhs, cache):
        xs, hs, Wx, Wh = cache
        dxs = np.empty_like(xs)
        dWx = np.zeros_like(Wx)
        dWh = np.zeros_like(Wh)
        carry = np.zeros_like(hs[0])
        for t in reversed(range(len(xs))):
            dz = (dhs[t] + carry) * (1 - hs[t + 1] ** 2)
            dxs[t] = dz @ Wx.T
            dWx += xs[t].T @ dz
            dWh += hs[t].T @ dz
            carry = dz @ Wh.T
        return dxs, dWx, dWh

    rng = np.random.default_rng(301)
    return call(
        forward, backward, rng.normal(size=(4, 2, 3)), rng.normal(size=(3, 5)) * 0.5, rng.normal(size=(5, 5)) * 0.5
    )


@case
def rnn_recurrent_weight_current_state():
    """The recurrent weights are paired with the state after the step, not the state before it."""

    class RNN:
        def __init__(self, D, H, rng):
            self.Wx = rng.normal(size=(D, H)) * 0.5
            self.Wh = rng.normal(size=(H, H)) * 0.5

        def forward(self, seq):
            self.seq = seq
            self.states = [np.zeros(self.Wh.shape[0])]
            for x in seq:
                self.states.append(np.tanh(x @ self.Wx + self.states[-1] @ self.Wh))
            return self.states[-1]

        def backward(self, dh):
            self.dWx = np.zeros_like(self.Wx)
            self.dWh = np.zeros_like(self.Wh)
            dseq = np.zeros_like(self.seq)
            for t in range(len(self.seq), 0, -1):
                dz = dh * (1 - self.states[t] ** 2)
                self.dWx += np.outer(self.seq[t - 1], dz)
                self.dWh += np.outer(self.states[t], dz)  # <- self.dWh += np.outer(self.states[t - 1], dz)
                dseq[t - 1] = self.Wx @ dz
                dh = self.Wh @ dz
            return dseq

    rng = np.random.default_rng(302)
    rnn = RNN(3, 4, rng)
    return call(rnn.forward, rnn.backward, rng.normal(size=(6, 3)))


@case
def lstm_layer_cell_carry():
    """The cell gradient is not multiplied by the forget gate when it goes to the step before."""

    class LSTM:
        def __init__(self, D, H, seed):
            rng = np.random.default_rng(seed)
            self.W = rng.normal(scale=0.4, size=(D, 4 * H))
            self.U = rng.normal(scale=0.4, size=(H, 4 * H))
            self.b = rng.normal(scale=0.1, size=4 * H)
            self.b[H : 2 * H] += 1.0  # forget bias
            self.H = H

        def forward(self, x):
            T, N, _ = x.shape
            H = self.H
            self.x = x
            self.h = np.zeros((T + 1, N, H))
            self.c = np.zeros((T + 1, N, H))
            self.gates = np.zeros((T, N, 4 * H))
            for t in range(T):
                a = x[t] @ self.W + self.h[t] @ self.U + self.b
                g = self.gates[t]
                g[:, : 3 * H] = sigmoid(a[:, : 3 * H])
                g[:, 3 * H :] = np.tanh(a[:, 3 * H :])
                i, f, o, u = np.split(g, 4, axis=1)
                self.c[t + 1] = f * self.c[t] + i * u
                self.h[t + 1] = o * np.tanh(self.c[t + 1])
            return self.h[1:]

        def backward(self, dout):
            T = len(dout)
            self.dW, self.dU, self.db = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.b)
            dx = np.zeros_like(self.x)
            dh = np.zeros_like(self.h[0])
            dc = np.zeros_like(self.c[0])
            for t in range(T - 1, -1, -1):
                i, f, o, u = np.split(self.gates[t], 4, axis=1)
                tc = np.tanh(self.c[t + 1])
                dh = dh + dout[t]
                dc = dc + dh * o * (1 - tc**2)
                da = np.concatenate(
                    [dc * u * i * (1 - i), dc * self.c[t] * f * (1 - f), dh * tc * o * (1 - o), dc * i * (1 - u**2)],
                    axis=1,
                )
                self.dW += self.x[t].T @ da
                self.dU += self.h[t].T @ da
                self.db += da.sum(axis=0)
                dx[t] = da @ self.W.T
                dh = da @ self.U.T  # <- below: dc = dc * f
            return dx

    lstm = LSTM(3, 2, seed=6)
    return call(lstm.forward, lstm.backward, np.random.default_rng(303).normal(size=(4, 5, 3)))


@case
def lstm_many_to_one():
    """A right LSTM that reads a sequence and answers with its last state."""

    def lstm_last(x, W, b):
        T, D = x.shape
        H = b.size // 4
        h, c = np.zeros(H), np.zeros(H)
        tape = []
        for t in range(T):
            v = np.concatenate([x[t], h])
            z = v @ W + b
            i, f, o = sigmoid(z[:H]), sigmoid(z[H : 2 * H]), sigmoid(z[2 * H : 3 * H])
            g = np.tanh(z[3 * H :])
            c_new = f * c + i * g
            h = o * np.tanh(c_new)
            tape.append((v, i, f, o, g, c, c_new))
            c = c_new
        return h, (tape, W, D)

    def lstm_last_backward(dh, cache):
        tape, W, D = cache
        dx = np.zeros((len(tape), D))
        dW, db = np.zeros_like(W), np.zeros(W.shape[1])
        dc = np.zeros_like(dh)
        for t, (v, i, f, o, g, c, c_new) in reversed(list(enumerate(tape))):
            tc = np.tanh(c_new)
            dc += dh * o * (1 - tc * tc)
            dz = np.concatenate(
                [dc * g * i * (1 - i), dc * c * f * (1 - f), dh * tc * o * (1 - o), dc * i * (1 - g * g)]
            )
            dW += np.outer(v, dz)
            db += dz
            dv = W @ dz
            dx[t], dh = dv[:D], dv[D:]
            dc = dc * f
        return dx, dW, db

    rng = np.random.default_rng(304)
    return call(
        lstm_last, lstm_last_backward, rng.normal(size=(5, 3)), rng.normal(size=(5, 8)) * 0.6, rng.normal(size=8) * 0.3
    )


@case
def gru_sequence_overwrites_weights():
    """The recurrent weights' gradient is assigned at each step instead of accumulated."""

    class GRULayer:
        def __init__(self, n_in, n_hidden, rng):
            self.params = {}
            for gate in "zrn":
                self.params["W" + gate] = rng.normal(scale=0.5, size=(n_in, n_hidden))
                self.params["U" + gate] = rng.normal(scale=0.5, size=(n_hidden, n_hidden))

        def forward(self, x):
            p = self.params
            self.x = x
            self.steps = []
            h = np.zeros((x.shape[1], p["Uz"].shape[0]))
            out = []
            for xt in x:
                z = sigmoid(xt @ p["Wz"] + h @ p["Uz"])
                r = sigmoid(xt @ p["Wr"] + h @ p["Ur"])
                n = np.tanh(xt @ p["Wn"] + r * (h @ p["Un"]))
                self.steps.append((h, z, r, n))
                h = (1 - z) * h + z * n
                out.append(h)
            return np.array(out)

        def backward(self, dout):
            p = self.params
            self.grads = {k: np.zeros_like(v) for k, v in p.items()}
            dx = np.zeros_like(self.x)
            dh_next = 0.0
            for t in range(len(dout) - 1, -1, -1):
                h, z, r, n = self.steps[t]
                xt = self.x[t]
                dh = dout[t] + dh_next
                dn = dh * z * (1 - n**2)
                dz = dh * (n - h) * z * (1 - z)
                dr = dn * (h @ p["Un"]) * r * (1 - r)
                self.grads["Wz"] += xt.T @ dz
                self.grads["Wr"] += xt.T @ dr
                self.grads["Wn"] += xt.T @ dn
                self.grads["Uz"] = h.T @ dz  # <- self.grads["Uz"] += h.T @ dz
                self.grads["Ur"] += h.T @ dr
                self.grads["Un"] += h.T @ (dn * r)
                dx[t] = dz @ p["Wz"].T + dr @ p["Wr"].T + dn @ p["Wn"].T
                dh_next = dh * (1 - z) + dz @ p["Uz"].T + dr @ p["Ur"].T + (dn * r) @ p["Un"].T
            return dx

    rng = np.random.default_rng(305)
    gru = GRULayer(3, 2, rng)
    return call(gru.forward, gru.backward, rng.normal(size=(4, 5, 3)))


@case
def exponential_smoothing_loss():
    """A right sum of squared one-step errors of exponential smoothing, with the adjoint of the level."""

    def sse(alpha, y):
        level = y[0]
        total = 0.0
        for t in range(1, len(y)):
            e = y[t] - level
            total += e * e
            level = level + alpha[0] * e
        return total

    def sse_gradient(alpha, y):
        levels, errors = [y[0]], []
        for t in range(1, len(y)):
            errors.append(y[t] - levels[-1])
            levels.append(levels[-1] + alpha[0] * errors[-1])
        dalpha, dlevel = 0.0, 0.0
        for e in reversed(errors):
            dalpha += dlevel * e
            de = 2 * e + dlevel * alpha[0]
            dlevel = dlevel - de
        return np.array([dalpha])

    return call(sse, sse_gradient, np.array([0.35]), np.random.default_rng(306).normal(size=12))


@case
def holt_linear_trend():
    """The trend's update depends on the level; that path is missing when alpha is differentiated forwards."""

    def holt_sse(theta, y):
        alpha, beta = theta
        level, trend = y[0], y[1] - y[0]
        sse = 0.0
        for t in range(2, len(y)):
            forecast = level + trend
            e = y[t] - forecast
            sse += e**2
            new_level = forecast + alpha * e
            trend = beta * (new_level - level) + (1 - beta) * trend
            level = new_level
        return sse

    def holt_gradient(theta, y):
        alpha, beta = theta
        level, trend = y[0], y[1] - y[0]
        dlevel, dtrend = np.zeros(2), np.zeros(2)
        grad = np.zeros(2)
        for t in range(2, len(y)):
            forecast = level + trend
            dforecast = dlevel + dtrend
            e = y[t] - forecast
            grad += -2 * e * dforecast
            new_level = forecast + alpha * e
            dnew = (1 - alpha) * dforecast
            dnew[0] += e
            dtrend = (1 - beta) * dtrend  # <- dtrend = beta * (dnew - dlevel) + (1 - beta) * dtrend
            dtrend[1] += new_level - level - trend
            trend = beta * (new_level - level) + (1 - beta) * trend
            level, dlevel = new_level, dnew
        return grad

    y = np.cumsum(np.random.default_rng(307).normal(size=10) + 0.4)
    return call(holt_sse, holt_gradient, np.array([0.4, 0.25]), y)


@case
def ar1_garch_variance():
    """Today's variance depends on yesterday's: the recursion of its derivative lacks beta times the one before."""

    def garch_nll(params, r):
        omega, alpha, beta = params
        h = np.var(r)
        nll = 0.0
        for t in range(len(r)):
            nll += 0.5 * (np.log(h) + r[t] ** 2 / h)
            h = omega + alpha * r[t] ** 2 + beta * h
        return nll

    def garch_score(params, r):
        omega, alpha, beta = params
        h = np.var(r)
        dh = np.zeros(3)
        score = np.zeros(3)
        for t in range(len(r)):
            score += 0.5 * (1 / h - r[t] ** 2 / h**2) * dh
            dh = np.array([1.0, r[t] ** 2, h])  # <- dh = np.array([1.0, r[t] ** 2, h]) + beta * dh
            h = omega + alpha * r[t] ** 2 + beta * h
        return score

    r = np.random.default_rng(308).normal(size=15)
    return call(garch_nll, garch_score, np.array([0.2, 0.15, 0.7]), r)


@case
def arma_conditional_errors():
    """Two mistakes: the autoregressive derivative has the wrong lag, and the sum of squares lost its two."""

    def css(phi, theta, y):
        e = np.zeros(len(y))
        for t in range(1, len(y)):
            e[t] = y[t] - phi * y[t - 1] - theta * e[t - 1]
        return np.sum(e**2)

    def css_grad(phi, theta, y):
        n = len(y)
        e, dphi, dtheta = np.zeros(n), np.zeros(n), np.zeros(n)
        for t in range(1, n):
            e[t] = y[t] - phi * y[t - 1] - theta * e[t - 1]
            dphi[t] = -y[t] - theta * dphi[t - 1]  # <- dphi[t] = -y[t - 1] - theta * dphi[t - 1]
            dtheta[t] = -e[t - 1] - theta * dtheta[t - 1]
        return np.sum(e * dphi), np.sum(e * dtheta)  # <- return 2 * np.sum(e * dphi), 2 * np.sum(e * dtheta)

    y = np.random.default_rng(309).normal(size=14)
    return call(css, css_grad, 0.5, -0.3, y, argnums=(0, 1))


@case
def iir_filter_fit():
    """A right adjoint of a recursive filter, swept from the last sample to the first."""

    def response(b, a, u):
        y = np.zeros_like(u)
        for n in range(len(u)):
            for k in range(len(b)):
                if n - k >= 0:
                    y[n] += b[k] * u[n - k]
            for k in range(len(a)):
                if n - k - 1 >= 0:
                    y[n] -= a[k] * y[n - k - 1]
        return y

    def response_vjp(dy, b, a, u):
        y = response(b, a, u)
        s = dy.copy()
        db, da, du = np.zeros_like(b), np.zeros_like(a), np.zeros_like(u)
        for n in reversed(range(len(u))):
            for k in range(len(a)):
                if n - k - 1 >= 0:
                    da[k] -= s[n] * y[n - k - 1]
                    s[n - k - 1] -= a[k] * s[n]
            for k in range(len(b)):
                if n - k >= 0:
                    db[k] += s[n] * u[n - k]
                    du[n - k] += b[k] * s[n]
        return db, da, du

    rng = np.random.default_rng(310)
    return call(response, response_vjp, rng.normal(size=3), np.array([0.4, -0.2]), rng.normal(size=9))


@case
def iir_filter_direct_part_only():
    """The adjoint is not sent through the feedback: earlier outputs influence later ones."""

    def filt(a, x):
        y = np.zeros(len(x))
        y[0] = x[0]
        for i in range(1, len(x)):
            y[i] = a[0] * y[i - 1] + x[i]
        return y

    def filt_backward(gy, a, x):
        y = filt(a, x)
        gx = np.zeros(len(x))
        acc = 0.0
        ga = 0.0
        for i in range(len(x) - 1, -1, -1):
            acc = gy[i]  # <- acc = gy[i] + a[0] * acc
            gx[i] = acc
            if i > 0:
                ga += acc * y[i - 1]
        return np.array([ga]), gx

    return call(filt, filt_backward, np.array([0.7]), np.random.default_rng(311).normal(size=10))


@case
def leapfrog_adjoint():
    """The force is -k x: in the sweep back the position's adjoint gets the term with the wrong sign."""

    def final_position(k, x0, v0):
        dt, steps = 0.1, 12
        x, v = x0.copy(), v0.copy()
        for _ in range(steps):
            v = v - dt * k * x
            x = x + dt * v
        return np.sum(x**2)

    def final_position_gradient(k, x0, v0):
        dt, steps = 0.1, 12
        xs = [x0.copy()]
        x, v = x0.copy(), v0.copy()
        for _ in range(steps):
            v = v - dt * k * x
            x = x + dt * v
            xs.append(x)
        dk = np.zeros_like(k)
        lx, lv = 2 * xs[-1], np.zeros_like(v0)
        for n in range(steps - 1, -1, -1):
            lv = lv + dt * lx
            dk -= dt * lv * xs[n]
            lx = lx + dt * k * lv  # <- lx = lx - dt * k * lv
        return dk, lx, lv

    rng = np.random.default_rng(312)
    return call(final_position, final_position_gradient, rng.uniform(0.5, 2, 4), rng.normal(size=4), rng.normal(size=4))


@case
def forward_euler_logistic_growth():
    """A right tangent recursion of a logistic growth curve that is fitted to counts."""

    def fit(theta, counts):
        r, K = theta
        n, loss = 0.5, 0.0
        for c in counts:
            n = n + 0.2 * r * n * (1 - n / K)
            loss += 0.5 * (n - c) ** 2
        return loss

    def fit_gradient(theta, counts):
        r, K = theta
        n = 0.5
        dn = np.zeros(2)
        g = np.zeros(2)
        for c in counts:
            direct = 0.2 * np.array([n * (1 - n / K), r * n**2 / K**2])
            dn = dn * (1 + 0.2 * r * (1 - 2 * n / K)) + direct
            n = n + 0.2 * r * n * (1 - n / K)
            g += (n - c) * dn
        return g

    return call(fit, fit_gradient, np.array([1.1, 2.5]), np.array([0.6, 0.5, 0.9, 1.0, 1.2, 1.1, 1.6]))


@case
def sir_model_adjoint():
    """New infections leave the susceptibles: the adjoint of the infected lacks the susceptibles' share."""

    def simulate(beta, gamma, observed):
        S, I = 0.9, 0.1
        cost = 0.0
        for k in range(len(observed)):
            new = beta[0] * S * I
            S, I = S - new, I + new - gamma[0] * I
            cost += (I - observed[k]) ** 2
        return cost

    def simulate_grad(beta, gamma, observed):
        S, I = 0.9, 0.1
        path = []
        for _ in range(len(observed)):
            path.append((S, I))
            new = beta[0] * S * I
            S, I = S - new, I + new - gamma[0] * I
        path.append((S, I))
        lS = lI = 0.0
        dbeta = dgamma = 0.0
        for k in range(len(observed) - 1, -1, -1):
            lI += 2 * (path[k + 1][1] - observed[k])
            S, I = path[k]
            lnew = lI  # <- lnew = lI - lS
            dbeta += lnew * S * I
            dgamma -= lI * I
            lS, lI = lS + lnew * beta[0] * I, lI * (1 - gamma[0]) + lnew * beta[0] * S
        return np.array([dbeta]), np.array([dgamma])

    observed = np.array([0.12, 0.2, 0.22, 0.35, 0.3, 0.41])
    return call(simulate, simulate_grad, np.array([0.6]), np.array([0.2]), observed, argnums=(0, 1))


@case
def heat_equation_boundary_row():
    """The transposed stencil leaves out the first interior row that touches the boundary."""

    def diffuse(u0, kappa):
        u = u0.copy()
        for _ in range(4):
            lap = np.zeros_like(u)
            lap[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
            u = u + kappa * lap
        return u

    def diffuse_backward(du, u0, kappa):
        lam = du.copy()
        for _ in range(4):
            adj = np.zeros_like(lam)
            inner = lam[1:-1]
            adj[2:] += inner
            adj[1:-1] -= 2 * inner
            adj[1:-2] += inner[1:]  # <- adj[:-2] += inner
            lam = lam + kappa * adj
        return lam

    return call(diffuse, diffuse_backward, np.random.default_rng(316).normal(size=9), 0.2, argnums=0)


@case
def wave_equation_source():
    """A right adjoint of a wave equation in one dimension, for its source and its initial displacement."""

    def wave(u0, source):
        c2 = 0.3
        steps, n = source.shape
        prev, cur = np.zeros(n), u0.copy()
        misfit = 0.0
        for t in range(steps):
            lap = -2 * cur
            lap[1:] += cur[:-1]
            lap[:-1] += cur[1:]
            nxt = 2 * cur - prev + c2 * lap + source[t]
            prev, cur = cur, nxt
            misfit += 0.5 * np.sum(cur**2)
        return misfit

    def wave_gradient(u0, source):
        c2 = 0.3
        steps, n = source.shape
        prev, cur = np.zeros(n), u0.copy()
        states = []
        for t in range(steps):
            lap = -2 * cur
            lap[1:] += cur[:-1]
            lap[:-1] += cur[1:]
            prev, cur = cur, 2 * cur - prev + c2 * lap + source[t]
            states.append(cur)
        bar_cur, bar_prev = np.zeros(n), np.zeros(n)
        dsource = np.zeros_like(source)
        for t in reversed(range(steps)):
            bar_next = bar_cur + states[t]
            dsource[t] = bar_next
            lap = -2 * bar_next
            lap[1:] += bar_next[:-1]
            lap[:-1] += bar_next[1:]
            bar_cur, bar_prev = bar_prev + 2 * bar_next + c2 * lap, -bar_next
        return bar_cur, dsource

    rng = np.random.default_rng(317)
    return call(wave, wave_gradient, rng.normal(size=5), rng.normal(size=(4, 5)))


@case
def discounted_returns_value():
    """The loop over rewards runs forwards, so that the discounting goes the wrong way."""

    def value(rewards, gamma):
        G = 0.0
        total = 0.0
        for r in rewards[::-1]:
            G = r + gamma * G
            total += G**2
        return total

    def value_gradient(rewards, gamma):
        n = len(rewards)
        G = np.zeros(n + 1)
        for t in range(n - 1, -1, -1):
            G[t] = rewards[t] + gamma * G[t + 1]
        grad = np.zeros(n)
        carry = 0.0
        for t in range(n - 1, -1, -1):  # <- for t in range(n):
            carry = 2 * G[t] + gamma * carry
            grad[t] = carry
        return grad

    return call(value, value_gradient, np.random.default_rng(318).normal(size=8), 0.9, argnums=0)


@case
def bidirectional_rnn_outputs():
    """The gradient of the backward direction is not flipped in time again."""

    def run(x, W, U):
        h = np.zeros(U.shape[0])
        hs = []
        for xt in x:
            h = np.tanh(xt @ W + h @ U)
            hs.append(h)
        return np.array(hs)

    def run_back(dhs, x, hs, W, U):
        dx, dW, dU = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U)
        carry = np.zeros(U.shape[0])
        for t in range(len(x) - 1, -1, -1):
            dz = (dhs[t] + carry) * (1 - hs[t] ** 2)
            dx[t] = W @ dz
            dW += np.outer(x[t], dz)
            if t > 0:
                dU += np.outer(hs[t - 1], dz)
            carry = U @ dz
        return dx, dW, dU

    def birnn(x, Wf, Uf, Wb, Ub):
        hf = run(x, Wf, Uf)
        hb = run(x[::-1], Wb, Ub)
        return np.concatenate([hf, hb[::-1]], axis=1), (x, hf, hb, Wf, Uf, Wb, Ub)

    def birnn_backward(dout, cache):
        x, hf, hb, Wf, Uf, Wb, Ub = cache
        H = hf.shape[1]
        dx1, dWf, dUf = run_back(dout[:, :H], x, hf, Wf, Uf)
        dx2, dWb, dUb = run_back(dout[::-1, H:], x[::-1], hb, Wb, Ub)
        dx = dx1 + dx2  # <- dx = dx1 + dx2[::-1]
        return dx, dWf, dUf, dWb, dUb

    rng = np.random.default_rng(319)
    shapes = [(5, 3), (3, 2), (2, 2), (3, 2), (2, 2)]
    return call(birnn, birnn_backward, *[rng.normal(size=s) * 0.8 for s in shapes])


@case
def echo_state_ridge():
    """A right loss and gradient of a readout on states of a fixed reservoir."""

    gen = np.random.default_rng(320)
    reservoir = gen.normal(scale=0.3, size=(6, 6))
    inlet = gen.normal(size=6)

    def loss_and_grad(W_out, signal, target):
        state = np.zeros(6)
        loss, grad = 0.0, np.zeros_like(W_out)
        for u, y in zip(signal, target):
            state = np.tanh(reservoir @ state + inlet * u)
            error = W_out @ state - y
            loss += 0.5 * error @ error
            grad += np.outer(error, state)
        loss += 0.05 * np.sum(W_out**2)
        grad += 0.1 * W_out
        return loss, grad

    signal = np.array([0.3, -1.2, 0.7, 2.1, -0.4])
    return call(loss_and_grad, gen.normal(size=(2, 6)), signal, gen.normal(size=(5, 2)))


@case
def teacher_forced_rnn_loss():
    """The error of the output is not divided by the number of steps, though the loss is a mean over them."""

    def rnn_loss(W, U, V, xs, ys):
        T = len(xs)
        h = np.zeros((T + 1, U.shape[0]))
        loss = 0.0
        outs = np.zeros_like(ys)
        for t in range(T):
            h[t + 1] = np.tanh(W @ xs[t] + U @ h[t])
            outs[t] = V @ h[t + 1]
            loss += 0.5 * np.sum((outs[t] - ys[t]) ** 2) / T

        dW, dU, dV = np.zeros_like(W), np.zeros_like(U), np.zeros_like(V)
        dnext = np.zeros(U.shape[0])
        for t in range(T)[::-1]:
            dy = outs[t] - ys[t]  # <- dy = (outs[t] - ys[t]) / T
            dV += np.outer(dy, h[t + 1])
            draw = (V.T @ dy + dnext) * (1 - h[t + 1] ** 2)
            dW += np.outer(draw, xs[t])
            dU += np.outer(draw, h[t])
            dnext = U.T @ draw
        return loss, dW, dU, dV

    rng = np.random.default_rng(321)
    W, U, V = rng.normal(size=(4, 3)), rng.normal(size=(4, 4)) * 0.5, rng.normal(size=(2, 4))
    return call(rnn_loss, W, U, V, rng.normal(size=(6, 3)), rng.normal(size=(6, 2)))


@case
def initial_state_gradient_position():
    """The truncation is off by one: the loop stops before the first time step."""

    def unroll(h0, A, inputs):
        h = h0
        trace = [h0]
        for u in inputs:
            h = np.sin(A @ h + u)
            trace.append(h)
        return h, (trace, A, inputs)

    def unroll_backward(dh, cache):
        trace, A, inputs = cache
        dA = np.zeros_like(A)
        dinputs = np.zeros_like(inputs)
        for t in range(len(inputs) - 1, 0, -1):  # <- for t in range(len(inputs) - 1, -1, -1):
            dz = dh * np.cos(A @ trace[t] + inputs[t])
            dA += np.outer(dz, trace[t])
            dinputs[t] = dz
            dh = A.T @ dz
        return dh, dA, dinputs

    rng = np.random.default_rng(322)
    return call(unroll, unroll_backward, rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(4, 3)))


@case
def hebbian_fast_weights():
    """The fast weights are a state as well: their adjoint does not decay on the way back."""

    def fast_weights(x, q, eta):
        decay = 0.8
        T, D = x.shape
        F = np.zeros((D, D))
        out = np.zeros((T, D))
        for t in range(T):
            F = decay * F + eta[0] * np.outer(x[t], x[t])
            out[t] = F @ q[t]
        return out

    def fast_weights_vjp(dout, x, q, eta):
        decay = 0.8
        T, D = x.shape
        Fs = []
        F = np.zeros((D, D))
        for t in range(T):
            F = decay * F + eta[0] * np.outer(x[t], x[t])
            Fs.append(F)
        dx, dq = np.zeros_like(x), np.zeros_like(q)
        deta = np.zeros(1)
        dF = np.zeros((D, D))
        for t in range(T - 1, -1, -1):
            dF += np.outer(dout[t], q[t])
            dq[t] = Fs[t].T @ dout[t]
            dx[t] = eta[0] * (dF + dF.T) @ x[t]
            deta[0] += x[t] @ dF @ x[t]  # <- below: dF *= decay
        return dx, dq, deta

    rng = np.random.default_rng(323)
    return call(fast_weights, fast_weights_vjp, rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), np.array([0.5]))


@case
def kalman_scalar_gain_constant():
    """The gain depends on the noise as well; it is held constant in the mean's derivative."""

    def nll(log_q, y):
        q, r = np.exp(log_q[0]), 0.5
        m, P, total = 0.0, 1.0, 0.0
        for obs in y:
            P = P + q
            S = P + r
            v = obs - m
            total += 0.5 * (np.log(S) + v * v / S)
            K = P / S
            m = m + K * v
            P = (1 - K) * P
        return total

    def nll_gradient(log_q, y):
        q, r = np.exp(log_q[0]), 0.5
        m, P, dm, dP, grad = 0.0, 1.0, 0.0, 0.0, 0.0
        for obs in y:
            P, dP = P + q, dP + q
            S = P + r
            v, dv = obs - m, -dm
            grad += 0.5 * (dP / S + 2 * v * dv / S - v * v * dP / S**2)
            K = P / S
            dK = r * dP / S**2
            m, dm = m + K * v, dm + K * dv  # <- m, dm = m + K * v, dm + K * dv + dK * v
            P, dP = (1 - K) * P, (1 - K) * dP - dK * P
        return np.array([grad])

    return call(nll, nll_gradient, np.array([-0.7]), np.random.default_rng(324).normal(size=9).cumsum())


@case
def momentum_unrolled_hypergradient():
    """A right derivative of the loss after training with respect to the rate, by a tangent beside the loop."""

    def trained_loss(lr, A, b):
        w = np.zeros(len(b))
        v = np.zeros(len(b))
        for _ in range(5):
            v = 0.9 * v - lr[0] * (A @ w - b)
            w = w + v
        return 0.5 * np.sum((A @ w - b) ** 2)

    def hypergradient(lr, A, b):
        w, v = np.zeros(len(b)), np.zeros(len(b))
        dw, dv = np.zeros(len(b)), np.zeros(len(b))
        for _ in range(5):
            g = A @ w - b
            dv = 0.9 * dv - g - lr[0] * (A @ dw)
            v = 0.9 * v - lr[0] * g
            w, dw = w + v, dw + dv
        return np.array([(A @ w - b) @ (A @ dw)])

    rng = np.random.default_rng(325)
    M = rng.normal(size=(4, 4))
    return call(trained_loss, hypergradient, np.array([0.05]), M @ M.T + np.eye(4), rng.normal(size=4), argnums=0)

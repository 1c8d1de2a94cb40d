"""Research code: differentiable functions as classes of static methods, typed and documented, with saved values."""

from typing import NamedTuple

import numpy as np

from tests.held_out.case import call, case


@case
def mish_activation_function():
    """The inner sigmoid of softplus is missing from the chain rule."""

    class Mish:
        @staticmethod
        def forward(x: np.ndarray):
            sp = np.log1p(np.exp(x))
            t = np.tanh(sp)
            return x * t, (x, t)

        @staticmethod
        def backward(grad_output: np.ndarray, saved):
            x, t = saved
            sech2 = 1 - t**2
            return grad_output * (t + x * sech2)  # <- return grad_output * (t + x * sech2 / (1 + np.exp(-x)))

    return call(Mish.forward, Mish.backward, np.random.default_rng(1100).normal(size=(4, 5)))


@case
def entmax_bisect_free():
    """A right sparse projection on the simplex: the gradient is centred on the support."""

    class Sparsemax:
        @staticmethod
        def forward(z):
            srt = np.sort(z, axis=1)[:, ::-1]
            cssv = np.cumsum(srt, axis=1) - 1
            ks = np.arange(1, z.shape[1] + 1)
            k = (srt - cssv / ks > 0).sum(axis=1)
            tau = cssv[np.arange(len(z)), k - 1] / k
            p = np.maximum(z - tau[:, None], 0)
            return p, p > 0

        @staticmethod
        def backward(grad_output, saved):
            support = saved
            mean = (grad_output * support).sum(axis=1, keepdims=True) / support.sum(axis=1, keepdims=True)
            return support * (grad_output - mean)

    return call(Sparsemax.forward, Sparsemax.backward, np.random.default_rng(1101).normal(size=(5, 4)))


@case
def sparsemax_mean_over_all():
    """The mean is taken over all entries of the row instead of those on the support."""

    class SparsemaxLayer:
        def forward(self, z):
            n, d = z.shape
            self.p = np.zeros_like(z)
            for i in range(n):
                s = np.sort(z[i])[::-1]
                c = np.cumsum(s)
                k = max(j for j in range(1, d + 1) if 1 + j * s[j - 1] > c[j - 1])
                self.p[i] = np.maximum(0, z[i] - (c[k - 1] - 1) / k)
            return self.p

        def backward(self, dout):
            dz = np.zeros_like(dout)
            for i in range(len(dout)):
                on = self.p[i] > 0
                centre = dout[i][on].sum() / len(on)  # <- centre = dout[i][on].mean()
                dz[i, on] = dout[i][on] - centre
            return dz

    layer = SparsemaxLayer()
    return call(layer.forward, layer.backward, 0.7 * np.random.default_rng(1102).normal(size=(3, 6)))


@case
def straight_line_divided_twice():
    """The gradient is divided by the batch a second time; the error already was."""

    class MeanLogCosh:
        def __init__(self, W):
            self.W = W

        def loss(self, X, Y):
            self.E = X @ self.W - Y
            return np.mean(np.sum(np.log(np.cosh(self.E)), axis=1))

        def gradients(self, X, Y):
            self.loss(X, Y)
            G = np.tanh(self.E) / len(X)
            dW = X.T @ G
            dW /= len(X)  # <- delete
            return (dW,)

    rng = np.random.default_rng(1103)
    model = MeanLogCosh(rng.normal(size=(3, 2)))
    return call(model.loss, model.gradients, rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), params=["W"])


@case
def linear_output_with_sigmoid_slope():
    """The output unit is linear, but the error is multiplied with the slope of a sigmoid."""

    class Regressor:
        def __init__(self, rng):
            self.params = {"W1": rng.normal(size=(2, 4)), "W2": rng.normal(size=(4, 1))}
            self.grads = {}

        def loss(self, X, y):
            self.h = 1 / (1 + np.exp(-X @ self.params["W1"]))
            self.out = self.h @ self.params["W2"]
            return 0.5 * np.sum((self.out - y) ** 2)

        def backward(self, X, y):
            self.loss(X, y)
            delta = self.out - y
            delta *= self.out * (1 - self.out)  # <- delete
            self.grads["W2"] = self.h.T @ delta
            dh = delta @ self.params["W2"].T
            self.grads["W1"] = X.T @ (dh * self.h * (1 - self.h))

    rng = np.random.default_rng(1104)
    model = Regressor(rng)
    return call(model.loss, model.backward, rng.normal(size=(5, 2)), rng.normal(size=(5, 1)))


@case
def detached_target_is_not():
    """The second view goes through the same weights, and its part of the gradient is cut off."""

    class SelfDistillation:
        def __init__(self, W):
            self.W = W

        def loss(self, A, B):
            za, zb = np.tanh(A @ self.W), np.tanh(B @ self.W)
            return 0.5 * np.sum((za - zb) ** 2)

        def gradients(self, A, B):
            za, zb = np.tanh(A @ self.W), np.tanh(B @ self.W)
            d = za - zb
            dW = A.T @ (d * (1 - za**2))  # <- below: dW -= B.T @ (d * (1 - zb**2))
            return [dW]

    rng = np.random.default_rng(1105)
    m = SelfDistillation(rng.normal(size=(3, 2)))
    return call(m.loss, m.gradients, rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), params=["W"])


@case
def gumbel_softmax_sample():
    """The temperature is missing from the gradient of the relaxed sample."""

    def gumbel_softmax(logits, noise, tau):
        z = (logits + noise) / tau
        e = np.exp(z - z.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        return y

    def gumbel_softmax_backward(dy, logits, noise, tau):
        y = gumbel_softmax(logits, noise, tau)
        dz = y * (dy - np.sum(dy * y, axis=1, keepdims=True))
        return dz  # <- return dz / tau

    rng = np.random.default_rng(1106)
    return call(
        gumbel_softmax, gumbel_softmax_backward, rng.normal(size=(4, 3)), rng.gumbel(size=(4, 3)), 0.5, argnums=0
    )


@case
def kl_divergence_of_gaussians_swapped():
    """The two log-variances change places in the gradient of the first."""

    def kl(mu_q, lv_q, mu_p, lv_p):
        return 0.5 * np.sum(lv_p - lv_q + (np.exp(lv_q) + (mu_q - mu_p) ** 2) / np.exp(lv_p) - 1)

    def kl_grad(mu_q, lv_q, mu_p, lv_p):
        d = mu_q - mu_p
        dmu_q = d / np.exp(lv_p)
        dlv_q = 0.5 * (np.exp(lv_p - lv_q) - 1)  # <- dlv_q = 0.5 * (np.exp(lv_q - lv_p) - 1)
        dmu_p = -dmu_q
        dlv_p = 0.5 * (1 - (np.exp(lv_q) + d**2) / np.exp(lv_p))
        return dmu_q, dlv_q, dmu_p, dlv_p

    rng = np.random.default_rng(1107)
    return call(kl, kl_grad, *[rng.normal(size=(3, 2)) for _ in range(4)])


@case
def evidence_lower_bound_linear():
    """A right bound for a linear decoder with a reparametrised sample."""

    class Saved(NamedTuple):
        mu: np.ndarray
        std: np.ndarray
        z: np.ndarray
        resid: np.ndarray

    noise = np.random.default_rng(1108).normal(size=(4, 2))

    def neg_elbo(mu, logvar, D, x):
        std = np.exp(logvar / 2)
        z = mu + std * noise
        resid = z @ D - x
        kl = 0.5 * np.sum(mu**2 + std**2 - logvar - 1)
        return 0.5 * np.sum(resid**2) + kl

    def neg_elbo_grad(mu, logvar, D, x):
        std = np.exp(logvar / 2)
        z = mu + std * noise
        s = Saved(mu, std, z, z @ D - x)
        dz = s.resid @ D.T
        dmu = dz + s.mu
        dlogvar = 0.5 * (dz * noise * s.std + s.std**2 - 1)
        return dmu, dlogvar, s.z.T @ s.resid

    rng = np.random.default_rng(1109)
    args = [rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), rng.normal(size=(2, 5)), rng.normal(size=(4, 5))]
    return call(neg_elbo, neg_elbo_grad, *args, argnums=(0, 1, 2))


@case
def importance_weighted_bound():
    """The weights of the samples are not normalised over the samples but over the batch."""

    def iwae(log_w):
        m = log_w.max(axis=1, keepdims=True)
        return np.sum(m[:, 0] + np.log(np.mean(np.exp(log_w - m), axis=1)))

    def iwae_grad(log_w):
        e = np.exp(log_w - log_w.max(axis=1, keepdims=True))
        return e / e.sum(axis=0, keepdims=True)  # <- return e / e.sum(axis=1, keepdims=True)

    return call(iwae, iwae_grad, np.random.default_rng(1110).normal(size=(5, 4)))


@case
def barlow_twins_correlation():
    """Both views enter the correlation; the second one is contracted with the matrix, not its transpose."""

    class BarlowTwins:
        def __init__(self, lam):
            self.lam = lam

        def forward(self, za, zb):
            self.za, self.zb = za, zb
            self.c = za.T @ zb / len(za)
            self.weight = np.full_like(self.c, self.lam)
            np.fill_diagonal(self.weight, 1.0)
            self.diff = self.c - np.eye(len(self.c))
            return np.sum(self.weight * self.diff**2)

        def backward(self):
            dc = 2 * self.weight * self.diff / len(self.za)
            dza = self.zb @ dc.T
            dzb = self.za @ dc.T  # <- dzb = self.za @ dc
            return dza, dzb

    loss = BarlowTwins(0.3)
    rng = np.random.default_rng(1111)
    return call(loss.forward, loss.backward, rng.normal(size=(6, 3)), rng.normal(size=(6, 3)))


@case
def vicreg_variance_hinge():
    """Two mistakes: the hinge has the wrong sign, and the deviation's derivative takes n for n - 1."""

    class VarianceTerm:
        """Hinge on the standard deviation of each feature, to keep it above one."""

        def forward(self, z):
            n = len(z)
            self.zc = z - z.mean(axis=0)
            self.std = np.sqrt((self.zc**2).sum(axis=0) / (n - 1) + 1e-4)
            self.n, self.d = n, z.shape[1]
            return np.maximum(0, 1.5 - self.std).sum() / self.d

        def backward(self):
            slope = 1 / self.d  # <- slope = -1 / self.d
            dstd = slope * (self.std < 1.5)
            dzc = dstd * self.zc / (self.std * self.n)  # <- dzc = dstd * self.zc / (self.std * (self.n - 1))
            return dzc - dzc.mean(axis=0)

    term = VarianceTerm()
    return call(term.forward, term.backward, np.random.default_rng(1112).normal(size=(6, 4)))


@case
def orthogonality_penalty():
    """The derivative of the squared Frobenius norm of W'W - I has a factor four, not two."""

    def ortho(W, strength):
        G = W.T @ W - np.eye(W.shape[1])
        return strength * np.sum(G * G)

    def ortho_grad(W, strength):
        G = W.T @ W - np.eye(W.shape[1])
        return 2 * strength * W @ G  # <- return 4 * strength * W @ G

    return call(ortho, ortho_grad, np.random.default_rng(1113).normal(size=(4, 3)), 0.1, argnums=0)


@case
def hypernetwork_generated_weights():
    """The generated weights belong to each example; their gradient is averaged over the batch first."""

    class HyperLinear:
        def __init__(self, H):
            self.H = H  # code, inputs, outputs

        def forward(self, x, code):
            self.x, self.code = x, code
            self.W = np.einsum("nc,cio->nio", code, self.H)
            return np.einsum("ni,nio->no", x, self.W)

        def backward(self, dy):
            dW = np.einsum("ni,no->nio", self.x, dy)
            self.dH = np.einsum("nc,nio->cio", self.code, dW)
            dcode = np.einsum("nio,cio->nc", dW, self.H)
            dx = dy @ self.W.mean(axis=0).T  # <- dx = np.einsum("no,nio->ni", dy, self.W)
            return dx, dcode

    rng = np.random.default_rng(1114)
    layer = HyperLinear(rng.normal(size=(2, 3, 4)))
    return call(layer.forward, layer.backward, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))


@case
def neural_processes_mean_aggregator():
    """The mean over the points is differentiated with the number of features instead of points."""

    class Aggregator:
        def __init__(self, U):
            self.U = U

        def forward(self, context_points):
            self.c = context_points
            self.r = np.tanh(context_points @ self.U)
            return self.r.mean(axis=0)

        def backward(self, dr):
            scale = self.r.shape[1]  # <- scale = self.r.shape[0]
            dpre = (1 - self.r**2) * dr / scale
            self.dU = self.c.T @ dpre
            return dpre @ self.U.T

    rng = np.random.default_rng(1115)
    agg = Aggregator(rng.normal(size=(3, 4)))
    return call(agg.forward, agg.backward, rng.normal(size=(6, 3)))


@case
def state_space_scan_diagonal():
    """A right diagonal state space layer, discretised by the bilinear rule, with an adjoint scan."""

    class DiagonalSSM:
        def __init__(self, a, b, c):
            self.a, self.b, self.c = a, b, c

        def forward(self, u):
            self.u = u
            self.decay = np.exp(-np.exp(self.a))
            self.x = np.zeros((len(u) + 1, len(self.a)))
            for t, ut in enumerate(u):
                self.x[t + 1] = self.decay * self.x[t] + self.b * ut
            return self.x[1:] @ self.c

        def backward(self, dy):
            du = np.zeros_like(self.u)
            ddecay = np.zeros_like(self.a)
            self.db = np.zeros_like(self.b)
            self.dc = self.x[1:].T @ dy
            lam = np.zeros_like(self.a)
            for t in range(len(dy) - 1, -1, -1):
                lam = self.decay * lam + dy[t] * self.c
                ddecay += lam * self.x[t]
                self.db += lam * self.u[t]
                du[t] = lam @ self.b
            self.da = -ddecay * self.decay * np.exp(self.a)
            return du

    rng = np.random.default_rng(1116)
    ssm = DiagonalSSM(rng.normal(size=3), rng.normal(size=3), rng.normal(size=3))
    return call(ssm.forward, ssm.backward, rng.normal(size=7))


@case
def state_space_log_parameter():
    """The decay is exp(-exp(a)): the derivative of the outer exponential is left out for the log rate."""

    class DecayFilter:
        def __init__(self, log_rate, gain):
            self.log_rate, self.gain = log_rate, gain

        def forward(self, u):
            T, d = u.shape
            self.u = u
            self.decay = np.exp(-np.exp(self.log_rate))
            self.h = np.zeros((T + 1, d))
            for t in range(T):
                self.h[t + 1] = self.decay * self.h[t] + (1 - self.decay) * u[t]
            return self.gain * self.h[1:]

        def backward(self, dout):
            T, d = dout.shape
            du = np.empty((T, d))
            ddecay = np.zeros(d)
            self.dgain = (dout * self.h[1:]).sum(axis=0)
            g = np.zeros(d)
            for t in range(T)[::-1]:
                g += self.gain * dout[t]
                ddecay += g * (self.h[t] - self.u[t])
                du[t] = (1 - self.decay) * g
                g = g * self.decay
            slope = np.exp(self.log_rate)  # <- slope = self.decay * np.exp(self.log_rate)
            self.dlog_rate = -ddecay * slope
            return du

    rng = np.random.default_rng(1117)
    f = DecayFilter(rng.normal(size=3), rng.normal(size=3))
    return call(f.forward, f.backward, rng.normal(size=(6, 3)))


@case
def capsule_squash():
    """A constant in the derivative of the scale was mistyped: half instead of one."""

    class Squash:
        @staticmethod
        def forward(s):
            n2 = (s**2).sum(axis=-1, keepdims=True)
            scale = np.sqrt(n2) / (1 + n2)
            return scale * s, (s, n2, scale)

        @staticmethod
        def backward(grad, saved):
            s, n2, scale = saved
            inner = (grad * s).sum(axis=-1, keepdims=True)
            # d scale / d n2
            top = 0.5 - n2  # <- top = 1 - n2
            dscale = top / (2 * np.sqrt(n2) * (1 + n2) ** 2)
            return scale * grad + 2 * dscale * inner * s

    return call(Squash.forward, Squash.backward, np.random.default_rng(1118).normal(size=(2, 3, 4)))


@case
def soft_argmax_coordinates():
    """The softmax's mean is not subtracted: the expected coordinate itself."""

    def soft_argmax(heatmap):
        H, W = heatmap.shape
        p = np.exp(heatmap - heatmap.max())
        p /= p.sum()
        rows, cols = np.mgrid[:H, :W]
        return np.array([(p * rows).sum(), (p * cols).sum()]), p

    def soft_argmax_backward(dout, cache):
        p = cache
        rows, cols = np.mgrid[: p.shape[0], : p.shape[1]]
        dp = dout[0] * rows + dout[1] * cols
        return p * dp  # <- return p * (dp - (p * dp).sum())

    return call(soft_argmax, soft_argmax_backward, np.random.default_rng(1119).normal(size=(4, 5)))


@case
def spatial_transformer_affine_grid():
    """A right gradient of an affine grid of coordinates with respect to its six numbers."""

    def affine_grid(theta, points):
        return points @ theta[:, :2].T + theta[:, 2]

    def affine_grid_backward(dout, theta, points):
        dtheta = np.empty_like(theta)
        dtheta[:, :2] = dout.T @ points
        dtheta[:, 2] = dout.sum(axis=0)
        return dtheta, dout @ theta[:, :2]

    rng = np.random.default_rng(1120)
    return call(affine_grid, affine_grid_backward, rng.normal(size=(2, 3)), rng.normal(size=(5, 2)))


@case
def quaternion_normalised_rotation():
    """The cross term's derivative lacks the transposed product: one of the two skew terms has the wrong sign."""

    def rotate(axis, v):
        # v + 2 w (a x v) + 2 a x (a x v), with a fixed w
        w = 0.8
        c = np.cross(axis, v)
        return v + 2 * w * c + 2 * np.cross(axis, c)

    def rotate_vjp(g, axis, v):
        w = 0.8
        c = np.cross(axis, v)
        gc = 2 * w * g + 2 * np.cross(g, axis)
        ga = np.cross(v, gc) + 2 * np.cross(g, c)  # <- ga = np.cross(v, gc) + 2 * np.cross(c, g)
        gv = g + np.cross(gc, axis)
        return ga, gv

    rng = np.random.default_rng(1121)
    return call(rotate, rotate_vjp, rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))


@case
def fourier_features_frequency():
    """The sine's part overwrites what the cosine has left."""

    def features(x, B):
        angle = 2 * np.pi * x @ B.T
        return np.concatenate([np.cos(angle), np.sin(angle)], axis=1), (x, B, angle)

    def features_backward(dphi, cache):
        x, B, angle = cache
        m = len(B)
        dangle = -dphi[:, :m] * np.sin(angle)
        dangle = dphi[:, m:] * np.cos(angle)  # <- dangle += dphi[:, m:] * np.cos(angle)
        return 2 * np.pi * dangle @ B, 2 * np.pi * dangle.T @ x

    rng = np.random.default_rng(1122)
    return call(features, features_backward, rng.normal(size=(5, 2)), 0.4 * rng.normal(size=(3, 2)))


@case
def gradient_clipping_left_in():
    """The gradient is clipped by its norm before it is returned, a remnant of the training loop."""

    class ClippedModel:
        def __init__(self, w):
            self.w = w

        def loss(self, X, y):
            return np.sum((X @ self.w - y) ** 2)

        def gradient(self, X, y):
            g = 2 * X.T @ (X @ self.w - y)
            norm = np.sqrt(np.sum(g**2))
            g = g / max(1.0, norm)  # <- delete
            return g

    rng = np.random.default_rng(1123)
    model = ClippedModel(rng.normal(size=3))
    return call(model.loss, model.gradient, rng.normal(size=(6, 3)), rng.normal(size=6), params=["w"])


@case
def lagrangian_multiplier_term():
    """The constraint's multiplier is missing from the derivative of the objective with respect to the position."""

    def lagrangian(x, nu, A, b):
        return 0.25 * np.sum(x**4) + nu @ (A @ x - b)

    def lagrangian_grad(x, nu, A, b):
        dnu = A @ x - b
        dx = x**3
        return dx, dnu  # <- above: dx = dx + A.T @ nu

    rng = np.random.default_rng(1124)
    return call(lagrangian, lagrangian_grad, *[rng.normal(size=s) for s in (4, 2, (2, 4), 2)], argnums=(0, 1))


@case
def mixup_two_targets():
    """The second target's share is left out of the gradient of the mixed loss."""

    class MixupLoss:
        def __init__(self, lam):
            self.lam = lam

        def forward(self, logits, ya, yb):
            self.ya, self.yb = ya, yb
            z = logits - logits.max(axis=1, keepdims=True)
            self.logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
            rows = np.arange(len(ya))
            return -np.mean(self.lam * self.logp[rows, ya] + (1 - self.lam) * self.logp[rows, yb])

        def backward(self, dout=1.0):
            n = len(self.ya)
            rows = np.arange(n)
            d = np.exp(self.logp)
            d[rows, self.ya] -= self.lam  # <- below: d[rows, self.yb] -= 1 - self.lam
            return dout * d / n

    loss = MixupLoss(0.7)
    rng = np.random.default_rng(1125)
    return call(loss.forward, loss.backward, rng.normal(size=(4, 3)), np.array([0, 2, 1, 0]), np.array([1, 1, 0, 2]))


@case
def exponential_moving_average_teacher():
    """A right consistency loss between a student and a teacher that is an average of the student's layers."""

    class EMAConsistency:
        def __init__(self, layers):
            self.layers = layers  # depth, inputs, outputs

        def loss(self, X):
            teacher = self.layers[0]
            for W in self.layers[1:]:
                teacher = 0.6 * teacher + 0.4 * W
            self.diff = X @ (self.layers[-1] - teacher)
            return 0.5 * np.sum(self.diff**2)

        def gradients(self, X):
            self.loss(X)
            G = X.T @ self.diff
            grads = np.zeros_like(self.layers)
            grads[-1] = G
            rest = -G
            for k in range(len(self.layers) - 1, 0, -1):
                grads[k] += 0.4 * rest
                rest = 0.6 * rest
            grads[0] += rest
            return grads

    rng = np.random.default_rng(1126)
    ema = EMAConsistency(rng.normal(size=(3, 4, 2)))
    return call(ema.loss, ema.gradients, rng.normal(size=(5, 4)), params=["layers"])


@case
def top_k_gate_router():
    """The gates are normalised among the chosen experts; their gradient is normalised among all of them."""

    class Router:
        def __init__(self, W, k):
            self.W, self.k = W, k

        def forward(self, x):
            self.x = x
            logits = x @ self.W
            cut = np.sort(logits, axis=1)[:, -self.k][:, None]
            self.e = np.exp(logits - logits.max(axis=1, keepdims=True))
            self.kept = logits >= cut
            self.gates = self.e * self.kept / (self.e * self.kept).sum(axis=1, keepdims=True)
            return self.gates

        def backward(self, dout):
            p = self.e / self.e.sum(axis=1, keepdims=True)  # <- p = self.gates
            dlogits = p * (dout - (dout * p).sum(axis=1, keepdims=True)) * self.kept
            self.dW = self.x.T @ dlogits
            return dlogits @ self.W.T

    rng = np.random.default_rng(1127)
    router = Router(rng.normal(size=(3, 5)), 2)
    return call(router.forward, router.backward, rng.normal(size=(4, 3)))

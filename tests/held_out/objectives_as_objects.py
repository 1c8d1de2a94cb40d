"""Training objectives as objects: forward with predictions and targets, backward without arguments or with dout=1."""

import numpy as np

from tests.held_out.case import call, case


@case
def quantile_loss_levels():
    """The slope above the quantile is q, and below it is q too, without the minus one."""

    class QuantileLoss:
        def __init__(self, levels):
            self.levels = np.asarray(levels)

        def forward(self, pred, target):
            self.error = target[:, None] - pred
            return np.mean(np.maximum(self.levels * self.error, (self.levels - 1) * self.error))

        def backward(self):
            under = self.levels  # <- under = self.levels - 1
            slope = np.where(self.error > 0, self.levels, under)
            return -slope / self.error.size

    loss = QuantileLoss([0.1, 0.5, 0.9])
    rng = np.random.default_rng(1400)
    return call(loss.forward, loss.backward, rng.normal(size=(7, 3)), rng.integers(-2, 3, size=7))


@case
def smooth_l1_boxes():
    """A right smooth L1 loss with a threshold, averaged over the positive boxes."""

    class SmoothL1:
        def __init__(self, beta):
            self.beta = beta

        def forward(self, boxes, targets, positive):
            self.d = (boxes - targets) * positive[:, None]
            self.count = positive.sum()
            a = np.abs(self.d)
            return np.where(a < self.beta, 0.5 * a**2 / self.beta, a - 0.5 * self.beta).sum() / self.count

        def backward(self, dout=1):
            g = np.where(np.abs(self.d) < self.beta, self.d / self.beta, np.sign(self.d))
            return dout * g / self.count

    loss = SmoothL1(0.5)
    rng = np.random.default_rng(1401)
    positive = np.array([1, 0, 1, 1, 0])
    return call(loss.forward, loss.backward, rng.normal(size=(5, 4)), rng.integers(-2, 3, size=(5, 4)), positive)


@case
def log_cosh_scaled_error():
    """The scale inside the hyperbolic cosine cancels in the gradient; it is divided out a second time."""

    class LogCosh:
        def __init__(self, scale):
            self.scale = scale

        def forward(self, yhat, y):
            self.u = (yhat - y) / self.scale
            return self.scale * np.sum(np.log(np.cosh(self.u)))

        def backward(self):
            return np.tanh(self.u) / self.scale  # <- return np.tanh(self.u)

    loss = LogCosh(0.6)
    rng = np.random.default_rng(1402)
    return call(loss.forward, loss.backward, rng.normal(size=8), rng.integers(-1, 2, size=8))


@case
def intersection_over_union_soft():
    """The union depends on the prediction as well; the sum of the prediction is not differentiated in it."""

    class SoftIoU:
        def forward(self, p, t):
            self.t = t
            self.inter = np.sum(p * t, axis=1)
            self.union = np.sum(p + t - p * t, axis=1)
            return np.mean(1 - self.inter / self.union)

        def backward(self):
            n = len(self.t)
            dinter = self.t / self.union[:, None]
            dunion = -self.t  # <- dunion = 1 - self.t
            ratio = (self.inter / self.union**2)[:, None]
            return -(dinter - ratio * dunion) / n

    loss = SoftIoU()
    rng = np.random.default_rng(1403)
    return call(loss.forward, loss.backward, rng.uniform(0.05, 0.95, size=(4, 6)), rng.integers(0, 2, size=(4, 6)))


@case
def tversky_index_weights():
    """The weights of false positives and false negatives are exchanged."""

    class Tversky:
        def __init__(self, alpha, beta):
            self.alpha, self.beta = alpha, beta

        def forward(self, p, g):
            self.g = g
            self.tp = np.sum(p * g)
            fp, fn = np.sum(p * (1 - g)), np.sum((1 - p) * g)
            self.den = self.tp + self.alpha * fp + self.beta * fn
            return 1 - self.tp / self.den

        def backward(self):
            g = self.g
            dtp = g
            dden = g + self.beta * (1 - g) - self.alpha * g  # <- dden = g + self.alpha * (1 - g) - self.beta * g
            return -(dtp * self.den - self.tp * dden) / self.den**2

    loss = Tversky(0.3, 0.7)
    rng = np.random.default_rng(1404)
    return call(loss.forward, loss.backward, rng.uniform(0.05, 0.95, size=11), rng.integers(0, 2, size=11))


@case
def nt_xent_contrastive():
    """Each vector is an anchor and a candidate: the similarities' gradient is not symmetrised."""

    class NTXent:
        """Rows 2i and 2i + 1 are two views of one example."""

        def __init__(self, temperature):
            self.temperature = temperature

        def forward(self, z):
            n = len(z)
            self.z = z
            s = z @ z.T / self.temperature
            s[np.arange(n), np.arange(n)] = -np.inf
            self.partner = np.arange(n) ^ 1
            m = s.max(axis=1, keepdims=True)
            self.p = np.exp(s - m)
            total = self.p.sum(axis=1, keepdims=True)
            self.p /= total
            return np.mean(m[:, 0] + np.log(total[:, 0]) - s[np.arange(n), self.partner])

        def backward(self):
            n = len(self.z)
            ds = self.p.copy()
            ds[np.arange(n), self.partner] -= 1
            ds /= n * self.temperature
            return ds @ self.z  # <- return (ds + ds.T) @ self.z

    loss = NTXent(0.5)
    return call(loss.forward, loss.backward, np.random.default_rng(1405).normal(size=(6, 3)))


@case
def pairwise_ranking_margin():
    """A right ranking loss over all pairs of a better and a worse document."""

    class PairwiseHinge:
        def forward(self, scores, relevance):
            self.better = relevance[:, None] > relevance[None, :]
            margin = 1 - (scores[:, None] - scores[None, :])
            self.active = self.better & (margin > 0)
            return np.sum(margin[self.active])

        def backward(self):
            return self.active.sum(axis=0).astype(float) - self.active.sum(axis=1)

    loss = PairwiseHinge()
    rng = np.random.default_rng(1406)
    return call(loss.forward, loss.backward, rng.normal(size=6), np.array([2, 0, 1, 0, 3, 1]))


@case
def listnet_top_one():
    """The softmax of the scores and that of the relevances change sides, so that the sign is reversed."""

    class ListNet:
        def forward(self, scores, relevance):
            self.q = np.exp(relevance) / np.exp(relevance).sum()
            z = scores - scores.max()
            self.p = np.exp(z) / np.exp(z).sum()
            return -np.sum(self.q * np.log(self.p))

        def backward(self):
            return self.q - self.p  # <- return self.p - self.q

    loss = ListNet()
    return call(loss.forward, loss.backward, np.random.default_rng(1407).normal(size=5), np.array([2, 0, 1, 0, 3]))


@case
def plackett_luce_list():
    """The normaliser at each rank holds the documents that are left; the gradient includes those already placed."""

    class PlackettLuce:
        def forward(self, scores, order):
            self.order = order
            s = scores[order]
            self.e = np.exp(s)
            tails = np.cumsum(self.e[::-1])[::-1]
            self.tails = tails
            return np.sum(np.log(tails) - s)

        def backward(self):
            d = np.zeros_like(self.e)
            n = len(d)
            for r in range(n):
                d += self.e / self.tails[r]  # <- d[r:] += self.e[r:] / self.tails[r]
                d[r] -= 1
            grad = np.empty(n)
            grad[self.order] = d
            return grad

    loss = PlackettLuce()
    return call(loss.forward, loss.backward, np.random.default_rng(1408).normal(size=5), np.array([3, 0, 4, 1, 2]))


@case
def concordance_correlation():
    """Two mistakes: the covariance lacks its division by n, and the means' difference has lost its two."""

    class CCCLoss:
        def forward(self, x, y):
            self.xc, self.yc = x - x.mean(), y - y.mean()
            self.shift = x.mean() - y.mean()
            self.cov = np.mean(self.xc * self.yc)
            self.den = np.mean(self.xc**2) + np.mean(self.yc**2) + self.shift**2
            return 1 - 2 * self.cov / self.den

        def backward(self):
            n = len(self.xc)
            dcov = self.yc  # <- dcov = self.yc / n
            dden = 2 * self.xc / n + self.shift / n  # <- dden = 2 * self.xc / n + 2 * self.shift / n
            return -2 * dcov / self.den + 2 * self.cov / self.den**2 * dden

    loss = CCCLoss()
    rng = np.random.default_rng(1409)
    return call(loss.forward, loss.backward, rng.normal(size=9), rng.integers(-2, 3, size=9))


@case
def pearson_correlation_objective():
    """The norm of the centred prediction is treated as a constant."""

    class NegativeCorrelation:
        def forward(self, pred, target):
            a, b = pred - pred.mean(), target - target.mean()
            self.na, self.nb = np.linalg.norm(a), np.linalg.norm(b)
            self.a, self.b = a / self.na, b / self.nb
            self.r = self.a @ self.b
            return -self.r

        def backward(self):
            return -self.b / self.na  # <- return -(self.b - self.r * self.a) / self.na

    loss = NegativeCorrelation()
    rng = np.random.default_rng(1410)
    return call(loss.forward, loss.backward, rng.normal(size=8), rng.integers(0, 9, size=8))


@case
def earth_mover_histograms():
    """The sum over the later bins runs over the earlier ones: the cumulative sum is not reversed."""

    class SquaredEMD:
        def forward(self, logits, target):
            z = logits - logits.max(axis=1, keepdims=True)
            self.p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
            self.gap = np.cumsum(self.p - target, axis=1)
            return np.mean(np.sum(self.gap**2, axis=1))

        def backward(self, dout=1.0):
            dgap = 2 * self.gap / len(self.gap)
            dp = np.cumsum(dgap, axis=1)  # <- dp = np.cumsum(dgap[:, ::-1], axis=1)[:, ::-1]
            return dout * self.p * (dp - (dp * self.p).sum(axis=1, keepdims=True))

    loss = SquaredEMD()
    rng = np.random.default_rng(1411)
    target = np.eye(5, dtype=int)[[0, 3, 4, 1]]
    return call(loss.forward, loss.backward, rng.normal(size=(4, 5)), target)


@case
def cumulative_link_classes():
    """A right ordinal loss with thresholds that are cumulative sums of positive steps."""

    class OrdinalLoss:
        def __init__(self, first, log_steps):
            self.first, self.log_steps = first, log_steps

        def thresholds(self):
            return self.first + np.concatenate([[0.0], np.cumsum(np.exp(self.log_steps))])

        def forward(self, f, y):
            cuts = self.thresholds()
            self.y, self.k = y, len(cuts)
            padded = np.concatenate([[-np.inf], cuts, [np.inf]])
            self.up = 1 / (1 + np.exp(-(padded[y + 1] - f)))
            self.low = 1 / (1 + np.exp(-(padded[y] - f)))
            return -np.sum(np.log(self.up - self.low))

        def backward(self):
            prob = self.up - self.low
            dup = -self.up * (1 - self.up) / prob
            dlow = self.low * (1 - self.low) / prob
            padded = np.zeros(self.k + 2)
            np.add.at(padded, self.y + 1, dup)
            np.add.at(padded, self.y, dlow)
            dcuts = padded[1:-1]
            self.dfirst = dcuts.sum(keepdims=True)
            self.dlog_steps = np.cumsum(dcuts[::-1])[::-1][1:] * np.exp(self.log_steps)
            return -(dup + dlow)

    loss = OrdinalLoss(np.array([-1.0]), np.array([0.1, -0.4]))
    f = np.random.default_rng(1412).normal(size=7)
    return call(loss.forward, loss.backward, f, np.array([0, 3, 1, 2, 2, 0, 1]))


@case
def arcface_angular_margin():
    """The margin is added to the angle: the derivative for the true class lacks the quotient of the sines."""

    class ArcMargin:
        def __init__(self, margin, scale):
            self.margin, self.scale = margin, scale

        def forward(self, cosines, labels):
            self.rows, self.labels = np.arange(len(labels)), labels
            self.theta = np.arccos(cosines[self.rows, labels])
            logits = self.scale * cosines
            logits[self.rows, labels] = self.scale * np.cos(self.theta + self.margin)
            e = np.exp(logits - logits.max(axis=1, keepdims=True))
            self.p = e / e.sum(axis=1, keepdims=True)
            return -np.mean(np.log(self.p[self.rows, labels]))

        def backward(self):
            stretch = np.sin(self.theta + self.margin) / np.sin(self.theta)
            d = self.p.copy()
            d[self.rows, self.labels] -= 1
            d *= self.scale / len(d)  # <- below: d[self.rows, self.labels] *= stretch
            return d

    loss = ArcMargin(0.3, 4.0)
    rng = np.random.default_rng(1413)
    return call(loss.forward, loss.backward, rng.uniform(-0.8, 0.8, size=(5, 4)), np.array([3, 0, 1, 1, 2]))


@case
def generator_least_squares_pair():
    """A right least squares objective for real and generated scores."""

    class LeastSquaresGAN:
        def __init__(self, real_label, fake_label):
            self.real_label, self.fake_label = real_label, fake_label

        def forward(self, real, fake):
            self.dr, self.df = real - self.real_label, fake - self.fake_label
            return 0.5 * np.mean(self.dr**2) + 0.5 * np.mean(self.df**2)

        def backward(self):
            return self.dr / self.dr.size, self.df / self.df.size

    loss = LeastSquaresGAN(0.9, -0.2)
    rng = np.random.default_rng(1414)
    return call(loss.forward, loss.backward, rng.normal(size=(6, 1)), rng.normal(size=(4, 1)))


@case
def gradient_of_fake_mean():
    """The generated scores are averaged over their own number, but divided by that of the real ones."""

    class HingeCritic:
        def forward(self, real, fake):
            self.r, self.f = 1 - real, 1 + fake
            return np.mean(np.maximum(0, self.r)) + np.mean(np.maximum(0, self.f))

        def backward(self):
            n, m = len(self.r), len(self.f)
            dreal = -1.0 * (self.r > 0) / n
            dfake = (self.f > 0) / n  # <- dfake = (self.f > 0) / m
            return dreal, dfake

    loss = HingeCritic()
    rng = np.random.default_rng(1415)
    return call(loss.forward, loss.backward, rng.normal(size=7), rng.normal(size=4))


@case
def triplet_euclidean_distances():
    """The gradient of a distance is the difference over the distance; for the negative it is not divided."""

    class TripletLoss:
        def __init__(self, margin):
            self.margin = margin

        def forward(self, a, p, n):
            self.ap, self.an = a - p, a - n
            self.dp = np.sqrt((self.ap**2).sum(axis=1, keepdims=True))
            self.dn = np.sqrt((self.an**2).sum(axis=1, keepdims=True))
            self.on = self.dp - self.dn + self.margin > 0
            return np.sum((self.dp - self.dn + self.margin)[self.on])

        def backward(self):
            gp = self.on * self.ap / self.dp
            gn = self.on * self.an  # <- gn = self.on * self.an / self.dn
            return gp - gn, -gp, gn

    loss = TripletLoss(1.0)
    rng = np.random.default_rng(1416)
    return call(loss.forward, loss.backward, *[rng.normal(size=(5, 3)) for _ in range(3)])


@case
def hsic_kernel_dependence():
    """Two mistakes: the bandwidth is not squared, and the factor two of each pair, which occurs twice, is lost."""

    class HSIC:
        def __init__(self, bandwidth, L):
            n = len(L)
            H = np.eye(n) - 1 / n
            self.bandwidth = bandwidth
            self.M = H @ L @ H / (n - 1) ** 2

        def forward(self, x):
            self.diff = x[:, None] - x[None]
            self.K = np.exp(-(self.diff**2).sum(axis=2) / (2 * self.bandwidth**2))
            return np.sum(self.K * self.M)

        def backward(self):
            weight = self.K * self.M / self.bandwidth  # <- weight = self.K * self.M / self.bandwidth**2
            force = np.einsum("ij,ijd->id", weight, self.diff)
            return -force  # <- return -2 * force

    rng = np.random.default_rng(1417)
    y = rng.normal(size=(6, 1))
    hsic = HSIC(1.4, np.exp(-((y - y.T) ** 2)))
    return call(hsic.forward, hsic.backward, rng.normal(size=(6, 2)))


@case
def maximum_mean_discrepancy():
    """The cross term's gradient for the second sample uses the differences with the sign of the first."""

    class MMD:
        def __init__(self, gamma):
            self.gamma = gamma

        def kernel(self, a, b):
            diff = a[:, None] - b[None]
            return np.exp(-self.gamma * (diff**2).sum(axis=2)), diff

        def forward(self, x, y):
            self.xx, self.yy, self.xy = self.kernel(x, x), self.kernel(y, y), self.kernel(x, y)
            return self.xx[0].mean() + self.yy[0].mean() - 2 * self.xy[0].mean()

        def backward(self):
            (Kx, Dx), (Ky, Dy), (Kc, Dc) = self.xx, self.yy, self.xy
            n, m = Kc.shape
            dx = -4 * self.gamma * np.einsum("ij,ijd->id", Kx, Dx) / n**2
            dy = -4 * self.gamma * np.einsum("ij,ijd->id", Ky, Dy) / m**2
            cross = 4 * self.gamma * Kc[:, :, None] * Dc / (n * m)
            dx += cross.sum(axis=1)
            dy += cross.sum(axis=0)  # <- dy -= cross.sum(axis=0)
            return dx, dy

    mmd = MMD(0.4)
    rng = np.random.default_rng(1418)
    return call(mmd.forward, mmd.backward, rng.normal(size=(5, 2)), rng.normal(size=(4, 2)) + 0.5)


@case
def stochastic_neighbor_embedding():
    """The Student kernel's own factor is missing from the forces of the embedding."""

    class TSNE:
        def __init__(self, P):
            self.P = P

        def forward(self, Y):
            self.diff = Y[:, None] - Y[None]
            self.num = 1 / (1 + (self.diff**2).sum(axis=2))
            np.fill_diagonal(self.num, 0)
            self.Q = self.num / self.num.sum()
            off = ~np.eye(len(Y), dtype=bool)
            return np.sum(self.P[off] * np.log(self.P[off] / self.Q[off]))

        def backward(self):
            force = self.P - self.Q  # <- force = (self.P - self.Q) * self.num
            return 4 * np.einsum("ij,ijd->id", force, self.diff)

    rng = np.random.default_rng(1419)
    P = rng.random((6, 6))
    P = P + P.T
    np.fill_diagonal(P, 0)
    tsne = TSNE(P / P.sum())
    return call(tsne.forward, tsne.backward, rng.normal(size=(6, 2)))

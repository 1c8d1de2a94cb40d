"""Functions for a minimiser: the loss and its gradient from one call, as arrays, tuples or a dict."""

import numpy as np

from tests.held_out.case import call, case


@case
def least_squares_with_intercept():
    """The intercept's gradient is the sum of the residuals; their mean is taken, though the loss is a sum."""

    def cost(w, b, X, y):
        r = X @ w + b - y
        loss = 0.5 * np.sum(r**2)
        dw = X.T @ r
        db = np.mean(r)  # <- db = np.sum(r)
        return loss, dw, db

    rng = np.random.default_rng(1)
    return call(cost, rng.normal(size=3), 0.4, rng.normal(size=(8, 3)), rng.normal(size=8))


@case
def softmax_classifier_loss_and_grad():
    """The loss is a mean over the batch, so its gradient is divided by the batch too."""

    def softmax_loss(W, X, y, reg):
        scores = X.dot(W)
        scores -= np.max(scores, axis=1, keepdims=True)
        probs = np.exp(scores)
        probs /= probs.sum(axis=1, keepdims=True)
        n = X.shape[0]
        loss = -np.log(probs[np.arange(n), y]).mean() + 0.5 * reg * np.sum(W * W)

        dscores = probs.copy()
        dscores[np.arange(n), y] -= 1
        dW = X.T.dot(dscores)  # <- dW = X.T.dot(dscores) / n
        dW += reg * W
        return loss, dW

    rng = np.random.default_rng(2)
    return call(softmax_loss, rng.normal(size=(4, 3)), rng.normal(size=(9, 4)), rng.integers(0, 3, 9), 0.1)


@case
def preference_pairs_with_margin():
    """A violated pair pushes the loser down and the winner up: the line for the winner is missing."""

    def preference_loss(w, X, pairs, margin=1.0, C=0.5):
        grad = w.copy()
        loss = 0.5 * w.dot(w)
        for win, lose in pairs:
            violation = margin - X[win].dot(w) + X[lose].dot(w)
            if violation > 0:
                loss += C * violation**2
                grad += 2 * C * violation * X[lose]  # <- below: grad -= 2 * C * violation * X[win]
        return loss, grad

    rng = np.random.default_rng(3)
    pairs = np.array([[0, 1], [2, 1], [3, 0], [4, 2], [1, 5], [5, 3]])
    return call(preference_loss, 0.4 * rng.normal(size=4), rng.normal(size=(6, 4)), pairs)


@case
def ranknet_pairs():
    """Logistic loss over all pairs of documents of a query, of which the first is better."""

    def ranknet(w, X, relevance):
        s = X @ w
        gap = s[:, None] - s[None, :]
        better = (relevance[:, None] > relevance[None, :]) * 1.0
        n = better.sum()
        value = np.sum(better * np.logaddexp(0, -gap)) / n
        lam = -better / (1 + np.exp(gap)) / n
        ds = lam.sum(axis=1) - lam.sum(axis=0)
        return value, X.T @ ds

    rng = np.random.default_rng(4)
    return call(ranknet, rng.normal(size=3), rng.normal(size=(7, 3)), np.array([2, 0, 1, 3, 1, 0, 2]))


@case
def two_layer_net_loss():
    """The ReLU lets pass where its input was positive; the mask is taken of the gradient itself."""

    def net_loss(params, X, Y):
        W1, W2 = params["W1"], params["W2"]
        h = np.maximum(0, X @ W1)
        out = h @ W2
        loss = 0.5 * np.mean(np.sum((out - Y) ** 2, axis=1))
        dout = (out - Y) / len(X)
        grads = {}
        grads["W2"] = h.T @ dout
        dh = dout @ W2.T
        dh[dh <= 0] = 0  # <- dh[h <= 0] = 0
        grads["W1"] = X.T @ dh
        return loss, grads

    rng = np.random.default_rng(5)
    params = {"W1": rng.normal(size=(3, 6)), "W2": rng.normal(size=(6, 2))}
    return call(net_loss, params, rng.normal(size=(7, 3)), rng.normal(size=(7, 2)))


@case
def matrix_factorisation_with_mask():
    """Both factors meet the residual: the item factor needs its transpose."""

    def factorise(U, V, R, observed, lam):
        E = observed * (U @ V.T - R)
        loss = 0.5 * np.sum(E**2) + 0.5 * lam * (np.sum(U**2) + np.sum(V**2))
        dU = E @ V + lam * U
        dV = E @ U + lam * V  # <- dV = E.T @ U + lam * V
        return loss, dU, dV

    rng = np.random.default_rng(6)
    observed = (rng.uniform(size=(6, 6)) < 0.6).astype(float)
    return call(factorise, rng.normal(size=(6, 2)), rng.normal(size=(6, 2)), rng.normal(size=(6, 6)), observed, 0.1)


@case
def matrix_factorisation_by_samples():
    """A user rates several items, and the gradient of a user is overwritten by that of the last rating."""

    def sgd_objective(P, Q, users, items, ratings):
        dP, dQ = np.zeros_like(P), np.zeros_like(Q)
        loss = 0.0
        for u, i, r in zip(users, items, ratings):
            err = P[u] @ Q[i] - r
            loss += err**2
            dP[u] = 2 * err * Q[i]  # <- dP[u] += 2 * err * Q[i]
            dQ[i] += 2 * err * P[u]
        return loss, dP, dQ

    rng = np.random.default_rng(7)
    users, items = np.array([0, 1, 2, 0, 3, 1, 2]), np.array([1, 0, 2, 3, 1, 4, 2])
    return call(sgd_objective, rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), users, items, rng.normal(size=7))


@case
def elastic_net_smooth_part():
    """Least squares over 2 n with a ridge term and a smoothed absolute value."""

    def enet(beta, X, y, l1=0.2, l2=0.5, mu=0.1):
        n = len(y)
        r = y - X @ beta
        smooth = np.sqrt(beta**2 + mu**2)
        value = r @ r / (2 * n) + l1 * smooth.sum() + 0.5 * l2 * beta @ beta
        grad = -X.T @ r / n + l1 * beta / smooth + l2 * beta
        return value, grad

    rng = np.random.default_rng(8)
    return call(enet, rng.normal(size=5), rng.normal(size=(9, 5)), rng.normal(size=9))


@case
def lasso_with_smooth_penalty():
    """The derivative of sqrt(b**2 + eps) is b / sqrt(b**2 + eps), and not 1 / (2 sqrt(..))."""

    def objective(beta, A, b, lam):
        s = np.sqrt(beta**2 + 0.05)
        f = np.sum((A @ beta - b) ** 2) + lam * np.sum(s)
        g = 2 * A.T @ (A @ beta - b)
        g += lam * 0.5 / s  # <- g += lam * beta / s
        return f, g

    rng = np.random.default_rng(9)
    return call(objective, rng.normal(size=4), rng.normal(size=(6, 4)), rng.normal(size=6), 0.7)


@case
def rosenbrock():
    """The derivative of 100 (y - x**2)**2 by x has the factor -400; it is mistyped as -200."""

    def rosen(x):
        head, tail = x[:-1], x[1:]
        f = np.sum(100.0 * (tail - head**2) ** 2 + (1 - head) ** 2)
        g = np.zeros_like(x)
        gap = tail - head**2
        g[:-1] = -200 * head * gap - 2 * (1 - head)  # <- g[:-1] = -400 * head * gap - 2 * (1 - head)
        g[1:] += 200 * gap
        return f, g

    return call(rosen, np.random.default_rng(10).normal(size=6))


@case
def rosenbrock_assigned():
    """The gradient of the later coordinate overwrites that of the earlier one: = for +=."""

    def banana(x, a=1.0, b=10.0):
        u = x[1:] - x[:-1] ** 2
        grad = np.zeros(len(x))
        grad[:-1] = -2 * (a - x[:-1]) - 4 * b * x[:-1] * u
        grad[1:] = 2 * b * u  # <- grad[1:] += 2 * b * u
        return np.sum((a - x[:-1]) ** 2 + b * u**2), grad

    return call(banana, np.random.default_rng(11).normal(size=5))


@case
def himmelblau():
    """Himmelblau's function."""

    def himmelblau_fun(p):
        x, y = p
        a, b = x**2 + y - 11, x + y**2 - 7
        return a**2 + b**2, np.array([4 * x * a + 2 * b, 2 * a + 4 * y * b])

    return call(himmelblau_fun, np.array([1.3, -0.7]))


@case
def beale():
    """The third term of Beale's function has y**3, whose derivative is 3 y**2; the factor 3 is gone."""

    def beale_fun(p):
        x, y = p[0], p[1]
        t1 = 1.5 - x + x * y
        t2 = 2.25 - x + x * y**2
        t3 = 2.625 - x + x * y**3
        gx = 2 * t1 * (y - 1) + 2 * t2 * (y**2 - 1) + 2 * t3 * (y**3 - 1)
        gy = 2 * t1 * x + 4 * t2 * x * y + 2 * t3 * x * y**2  # <- gy = 2 * t1 * x + 4 * t2 * x * y + 6 * t3 * x * y**2
        return t1**2 + t2**2 + t3**2, np.array([gx, gy])

    return call(beale_fun, np.array([0.8, -1.1]))


@case
def ackley():
    """The Ackley function; the chain rule of the root gives x / (n r), and here the n is missing."""

    def ackley_fun(x):
        n = len(x)
        r = np.sqrt(np.sum(x**2) / n)
        c = np.sum(np.cos(2 * np.pi * x)) / n
        f = -20 * np.exp(-0.2 * r) - np.exp(c) + 20 + np.e
        df = 4 * np.exp(-0.2 * r) * x / r  # <- df = 4 * np.exp(-0.2 * r) * x / (n * r)
        df += 2 * np.pi * np.exp(c) * np.sin(2 * np.pi * x) / n
        return f, df

    return call(ackley_fun, np.random.default_rng(12).normal(size=4))


@case
def curve_fit_of_decay():
    """A sum of exponentials: the derivative by the rate has the factor -t, which is missing."""

    def decay_sse(theta, t, obs):
        amp, rate, offset = theta
        e = np.exp(-rate * t)
        res = amp * e + offset - obs
        sse = np.sum(res**2)
        d_amp = 2 * np.sum(res * e)
        d_rate = -2 * amp * np.sum(res * e)  # <- d_rate = -2 * amp * np.sum(res * t * e)
        d_offset = 2 * np.sum(res)
        return sse, np.array([d_amp, d_rate, d_offset])

    rng = np.random.default_rng(13)
    return call(decay_sse, np.array([1.8, 0.7, 0.2]), np.linspace(0.2, 4, 9), rng.normal(size=9))


@case
def sinusoid_fit():
    """Amplitude, frequency, phase and slope of a sine, fitted to weighted samples."""

    def chi2(p, t, y, ivar):
        A, w, phi, slope = p
        arg = w * t + phi
        r = A * np.sin(arg) + slope * t - y
        J = np.column_stack([np.sin(arg), A * t * np.cos(arg), A * np.cos(arg), t])
        return 0.5 * np.sum(ivar * r**2), J.T @ (ivar * r)

    rng = np.random.default_rng(14)
    return call(
        chi2, np.array([1.2, 2.1, 0.4, -0.3]), np.linspace(0, 3, 11), rng.normal(size=11), rng.uniform(1, 2, 11)
    )


@case
def noise_contrastive_pairs():
    """Skip-gram with negative samples: the negative ones push with the sigmoid of +score, not of -score."""

    def sgns(center, positive, negatives):
        s = 1 / (1 + np.exp(-(positive @ center)))
        n = 1 / (1 + np.exp(negatives @ center))
        loss = -np.log(s) - np.sum(np.log(n))
        d_center = (s - 1) * positive + n @ negatives  # <- d_center = (s - 1) * positive + (1 - n) @ negatives
        d_positive = (s - 1) * center
        d_negatives = np.outer(1 - n, center)
        return loss, d_center, d_positive, d_negatives

    rng = np.random.default_rng(15)
    return call(sgns, rng.normal(size=4), rng.normal(size=4), rng.normal(size=(6, 4)))


@case
def triplet_margin():
    """The anchor is in both distances: its gradient is 2 (negative - positive), and here that with its sign turned."""

    def triplet(anchor, positive, negative, margin=2.0):
        dp = np.sum((anchor - positive) ** 2, axis=1)
        dn = np.sum((anchor - negative) ** 2, axis=1)
        viol = dp - dn + margin
        active = (viol > 0)[:, None] / len(anchor)
        loss = np.mean(np.maximum(viol, 0))
        d_anchor = 2 * active * (positive - negative)  # <- d_anchor = 2 * active * (negative - positive)
        return loss, d_anchor, 2 * active * (positive - anchor), 2 * active * (anchor - negative)

    rng = np.random.default_rng(16)
    return call(triplet, rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), rng.normal(size=(6, 3)))


@case
def tsne_gradient():
    """The kernel of the embedding appears twice, in q and in its slope: the factor of the slope is left out."""

    def tsne(Y, P):
        diff = Y[:, None, :] - Y[None, :, :]
        num = 1 / (1 + np.sum(diff**2, axis=2))
        num = num * (1 - np.eye(len(Y)))
        Q = num / num.sum()
        mask = ~np.eye(len(Y), dtype=bool)
        C = np.sum(P[mask] * np.log(P[mask] / Q[mask]))
        PQ = P - Q  # <- PQ = (P - Q) * num
        grad = 4 * np.sum(PQ[:, :, None] * diff, axis=1)
        return C, grad

    rng = np.random.default_rng(17)
    P = rng.uniform(0.1, 1, size=(6, 6))
    P = P + P.T
    np.fill_diagonal(P, 0)
    return call(tsne, rng.normal(size=(6, 2)), P / P.sum())


@case
def stress_majorisation_target():
    """Stress of a layout of a graph by pairs."""

    def stress(pos, target):
        n = len(pos)
        grad = np.zeros_like(pos)
        total = 0.0
        for i in range(n):
            for j in range(i + 1, n):
                delta = pos[i] - pos[j]
                dist = np.sqrt(delta @ delta)
                w = 1 / target[i, j] ** 2
                total += w * (dist - target[i, j]) ** 2
                g = 2 * w * (1 - target[i, j] / dist) * delta
                grad[i] += g
                grad[j] -= g
        return total, grad

    rng = np.random.default_rng(18)
    return call(stress, rng.normal(size=(5, 2)), rng.uniform(0.5, 2, size=(5, 5)))


@case
def learned_metric_of_pairs():
    """|L (a - b)|**2 has the gradient 2 L (a - b)(a - b)': the factor L of it is lost."""

    def metric_loss(L, A, B, same):
        D = A - B
        dist = np.sum((D @ L.T) ** 2, axis=1)
        loss = np.mean((dist - 1 + same) ** 2)
        d = 2 * (dist - 1 + same) / len(A)
        G = D.T @ (d[:, None] * D)
        dL = 2 * G  # <- dL = 2 * L @ G
        return loss, dL

    rng = np.random.default_rng(19)
    same = np.array([1.0, 0, 0, 1, 1, 0, 1])
    return call(metric_loss, rng.normal(size=(3, 3)), rng.normal(size=(7, 3)), rng.normal(size=(7, 3)), same)


@case
def logistic_cost_of_a_course():
    """Two slips in a cost for an assignment: the penalty is also divided by m, and does not touch the intercept."""

    def costFunctionReg(theta, X, y, lmbda):
        m = y.size
        h = 1 / (1 + np.exp(-X.dot(theta)))
        J = -(y.dot(np.log(h)) + (1 - y).dot(np.log(1 - h))) / m + lmbda / (2 * m) * np.sum(theta[1:] ** 2)
        grad = X.T.dot(h - y) / m
        reg = lmbda * theta  # <- reg = lmbda / m * theta
        reg[0] = theta[0]  # <- reg[0] = 0
        return J, grad + reg

    rng = np.random.default_rng(20)
    X = np.column_stack([np.ones(10), rng.normal(size=(10, 3))])
    return call(costFunctionReg, rng.normal(size=4), X, (rng.normal(size=10) > 0).astype(float), 1.2)


@case
def poisson_factorisation_of_counts():
    """Poisson loss of a product of two positive factors, which are exponentials of what is fitted."""

    def count_loss(A, B, counts, prior=0.3):
        U, V = np.exp(A), np.exp(B)
        rate = U @ V.T
        loss = np.sum(rate - counts * np.log(rate)) + prior * (U.sum() + V.sum())
        E = 1 - counts / rate
        return loss, U * (E @ V + prior), V * (E.T @ U + prior)

    rng = np.random.default_rng(21)
    return call(count_loss, 0.5 * rng.normal(size=(5, 2)), 0.5 * rng.normal(size=(4, 2)), rng.poisson(3, size=(5, 4)))


@case
def portfolio_sharpe():
    """The quotient rule: the derivative of mean / sd has the mean over sd**3, and here over sd**2."""

    def neg_sharpe(w, mu, cov):
        m = w @ mu
        s2 = w @ cov @ w
        s = np.sqrt(s2)
        return -m / s, -mu / s + m * (cov @ w) / s2  # <- return -m / s, -mu / s + m * (cov @ w) / (s2 * s)

    rng = np.random.default_rng(22)
    B = rng.normal(size=(5, 5))
    return call(neg_sharpe, rng.uniform(0.1, 1, 5), rng.normal(size=5), B @ B.T + np.eye(5))

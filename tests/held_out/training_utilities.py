"""Utilities of training code: one function for loss and gradients, buffers that are filled, arguments by name."""

import numpy as np

from tests.held_out.case import call, case


@case
def linear_probe_buffer():
    """The gradient is written transposed into the buffer; the matrix is square."""

    def probe(W, X, Y):
        return 0.5 * np.sum((X @ W - Y) ** 2)

    def probe_grad(W, X, Y, out):
        R = X @ W - Y
        np.matmul(R.T, X, out=out)  # <- np.matmul(X.T, R, out=out)

    rng = np.random.default_rng(1500)
    return call(probe, probe_grad, rng.normal(size=(3, 3)), rng.normal(size=(6, 3)), rng.normal(size=(6, 3)))


@case
def embedding_norm_buffer():
    """A right penalty on the lengths of the rows, written row by row into the buffer."""

    def row_penalty(E, target):
        return np.sum((np.sqrt((E**2).sum(axis=1)) - target) ** 2)

    def row_penalty_grad(E, target, out):
        for i, row in enumerate(E):
            r = np.sqrt(row @ row)
            out[i] = 2 * (1 - target / r) * row

    return call(row_penalty, row_penalty_grad, np.random.default_rng(1501).normal(size=(5, 3)), 1.2)


@case
def chain_smoothness_buffer():
    """The buffer is cleared inside the loop, so that only the last pair is left."""

    def roughness(path):
        return np.sum((path[1:] - path[:-1]) ** 4)

    def roughness_grad(path, g):
        g[:] = 0
        for k in range(len(path) - 1):
            g[:] = 0  # <- delete
            d = 4 * (path[k + 1] - path[k]) ** 3
            g[k + 1] += d
            g[k] -= d

    return call(roughness, roughness_grad, np.random.default_rng(1502).normal(size=(6, 2)))


@case
def mask_applied_after_buffer():
    """The frozen entries get a gradient: the mask is not applied to the buffer."""

    def frozen_loss(w, frozen, X, y):
        eff = np.where(frozen, 0.5, w)
        return np.sum(np.logaddexp(0, -y * (X @ eff)))

    def frozen_loss_grad(w, frozen, X, y, grad):
        eff = np.where(frozen, 0.5, w)
        s = -y / (1 + np.exp(y * (X @ eff)))
        grad[...] = X.T @ s  # <- below: grad[frozen] = 0.0

    rng = np.random.default_rng(1503)
    frozen = np.array([False, True, False, False, True])
    y = rng.choice([-1, 1], size=7)
    return call(frozen_loss, frozen_loss_grad, rng.normal(size=5), frozen, rng.normal(size=(7, 5)), y)


@case
def named_arguments_reordered():
    """The hand takes targets before data; the weight of each example is squared in it."""

    def weighted_ls(theta, X, y, weights):
        return 0.5 * np.sum(weights * (X @ theta - y) ** 2)

    def weighted_ls_grad(y, X, weights, theta):
        r = weights * (X @ theta - y)
        return X.T @ (weights * r)  # <- return X.T @ r

    rng = np.random.default_rng(1504)
    X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    return call(weighted_ls, weighted_ls_grad, rng.normal(size=3), X, y, rng.integers(1, 5, size=8))


@case
def named_arguments_kernel_ridge():
    """A right gradient of kernel ridge regression whose hand leaves the name of the data out."""

    def krr(alpha, K, y, lam=0.1):
        r = K @ alpha - y
        return 0.5 * r @ r + 0.5 * lam * alpha @ K @ alpha

    def krr_grad(K, y, alpha, lam=0.1):
        return K @ (K @ alpha - y) + lam * K @ alpha

    rng = np.random.default_rng(1505)
    A = rng.integers(-2, 3, size=(5, 5))
    return call(krr, krr_grad, rng.normal(size=5), A @ A.T, rng.normal(size=5), lam=0.3)


@case
def keyword_temperature_scaling():
    """The derivative of one over the temperature lacks the square."""

    def calibration_nll(T, logits, labels, eps=0.0):
        z = logits / (T[0] + eps)
        return np.sum(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels])

    def calibration_grad(labels, logits, T, eps=0.0):
        t = T[0] + eps
        p = np.exp(logits / t)
        p /= p.sum(axis=1, keepdims=True)
        gap = (p * logits).sum(axis=1) - logits[np.arange(len(labels)), labels]
        return np.array([-np.sum(gap) / t])  # <- return np.array([-np.sum(gap) / t**2])

    rng = np.random.default_rng(1506)
    logits = rng.integers(-3, 4, size=(6, 3))
    return call(calibration_nll, calibration_grad, np.array([1.7]), logits, np.array([0, 2, 1, 1, 0, 2]), eps=0.1)


@case
def principal_subspace_reconstruction():
    """The projection's gradient lacks the second place where the directions occur."""

    def reconstruction(V, X, mean):
        R = (X - mean) @ V @ V.T - (X - mean)
        return np.sum(R**2)

    def reconstruction_grad(X, mean, V):
        Xc = X - mean
        R = Xc @ V @ V.T - Xc
        return 2 * Xc.T @ R @ V  # <- return 2 * (Xc.T @ R @ V + R.T @ Xc @ V)

    rng = np.random.default_rng(1507)
    X = rng.normal(size=(7, 4)) + 1
    return call(reconstruction, reconstruction_grad, rng.normal(size=(4, 2)), X, X.mean(axis=0))


@case
def loss_and_grads_of_two_dicts():
    """The gradient that goes on to the weights is multiplied with the shift instead of the scale."""

    def loss_fn(params, X, y):
        z = X @ params["W"] * params["scale"] + params["shift"]
        h = np.maximum(z, 0)
        out = h @ params["v"]
        r = out - y
        loss = 0.5 * np.mean(r**2)

        dout = r / len(y)
        dz = np.outer(dout, params["v"]) * (z > 0)
        grads = {
            "v": h.T @ dout,
            "shift": dz.sum(axis=0),
            "scale": (dz * (X @ params["W"])).sum(axis=0),
        }
        dpre = dz * params["shift"]  # <- dpre = dz * params["scale"]
        grads["W"] = X.T @ dpre
        return loss, grads

    rng = np.random.default_rng(1508)
    params = {
        "W": rng.normal(size=(3, 4)),
        "scale": rng.uniform(0.5, 1.5, 4),
        "shift": rng.normal(size=4),
        "v": rng.normal(size=4),
    }
    return call(loss_fn, params, rng.normal(size=(6, 3)), rng.normal(size=6))


@case
def policy_value_loss_and_grad():
    """Two mistakes: the entropy bonus has the wrong sign, and the value's loss is not weighted."""

    def actor_critic(theta, omega, S, A, R):
        n = len(A)
        z = S @ theta
        z = z - z.max(axis=1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        p = np.exp(logp)
        v = S @ omega
        entropy = -(p * logp).sum(axis=1)
        loss = -np.mean(R * logp[np.arange(n), A]) - 0.05 * np.mean(entropy) + 0.25 * np.mean((v - R) ** 2)

        dz = p * R[:, None]
        dz[np.arange(n), A] -= R
        dentropy = -p * (logp + entropy[:, None])
        dz += 0.05 * dentropy  # <- dz -= 0.05 * dentropy
        dv = 2 * (v - R)  # <- dv = 0.5 * (v - R)
        return loss, S.T @ dz / n, S.T @ dv / n

    rng = np.random.default_rng(1509)
    A, R = np.array([0, 2, 1, 1, 0, 2, 2]), rng.integers(-2, 4, size=7)
    return call(actor_critic, rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(7, 4)), A, R)


@case
def proximal_policy_clipped():
    """A right clipped objective: where the clipped ratio is the smaller one, nothing flows."""

    def ppo(logits, old_logp, actions, adv, clip=0.2):
        n = len(actions)
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        ratio = np.exp(np.log(p[np.arange(n), actions]) - old_logp)
        clipped = np.clip(ratio, 1 - clip, 1 + clip)
        loss = -np.mean(np.minimum(ratio * adv, clipped * adv))

        use = ratio * adv <= clipped * adv
        dlogp = -(use * ratio * adv) / n
        onehot = np.eye(logits.shape[1])[actions]
        return loss, dlogp[:, None] * (onehot - p)

    rng = np.random.default_rng(1510)
    logits = rng.normal(size=(6, 3))
    actions, adv = np.array([0, 1, 2, 2, 0, 1]), np.array([1, -2, 1, 3, -1, 2])
    old = np.log(np.array([0.3, 0.2, 0.5, 0.1, 0.6, 0.3]))
    return call(ppo, logits, old, actions, adv)


@case
def q_learning_target_gradient():
    """The target depends on the same table and is differentiated in the loss; only the prediction's side is here."""

    def bellman_residual(Q, s, a, r, s2):
        gamma, n = 0.9, len(s)
        best = Q[s2].argmax(axis=1)
        delta = Q[s, a] - r - gamma * Q[s2, best]
        loss = 0.5 * np.mean(delta**2)
        dQ = np.zeros_like(Q)
        np.add.at(dQ, (s, a), delta / n)  # <- below: np.add.at(dQ, (s2, best), -gamma * delta / n)
        return loss, dQ

    rng = np.random.default_rng(1511)
    s, a, s2 = np.array([0, 1, 2, 0, 3]), np.array([1, 0, 1, 1, 0]), np.array([1, 2, 3, 3, 0])
    return call(bellman_residual, rng.normal(size=(4, 2)), s, a, np.array([1, 0, 2, -1, 1]), s2)


@case
def ensemble_distillation_double_softmax():
    """The gradient takes the softmax of probabilities that are already normalised."""

    def distill(W, X, teacher):
        n = len(X)
        teacher = teacher / teacher.sum(axis=1, keepdims=True)
        s = X @ W
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.sum(teacher * np.log(p)) / n
        q = p
        q = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)  # <- delete
        return loss, X.T @ (q - teacher) / n

    rng = np.random.default_rng(1512)
    teacher = rng.dirichlet(np.ones(4), size=6)
    return call(distill, rng.normal(size=(3, 4)), rng.normal(size=(6, 3)), teacher)


@case
def group_lasso_prox_objective():
    """The groups' norms are weighted with the root of their size; the gradient takes the size itself."""

    def group_lasso(w, X, y, groups, lam=0.2):
        r = X @ w - y
        value = 0.5 * np.mean(r**2)
        grad = X.T @ r / len(y)
        for k in np.unique(groups):
            member = groups == k
            size = member.sum()
            norm = np.sqrt(np.sum(w[member] ** 2))
            value += lam * np.sqrt(size) * norm
            grad[member] += lam * size * w[member] / norm  # <- grad[member] += lam * np.sqrt(size) * w[member] / norm
        return value, grad

    rng = np.random.default_rng(1513)
    groups = np.array([0, 0, 1, 1, 1, 2])
    return call(group_lasso, rng.normal(size=6), rng.normal(size=(9, 6)), rng.normal(size=9), groups)


@case
def metric_learning_mahalanobis():
    """A right metric learning loss for a linear map, with similar and dissimilar pairs."""

    def metric_loss(L, pairs, similar):
        loss, grad = 0.0, np.zeros_like(L)
        for (a, b), s in zip(pairs, similar):
            d = a - b
            m = L @ d
            dist = m @ m
            if s:
                loss += dist
                grad += 2 * np.outer(m, d)
            elif dist < 4.0:
                loss += 4.0 - dist
                grad -= 2 * np.outer(m, d)
        return loss, grad

    rng = np.random.default_rng(1514)
    return call(metric_loss, rng.normal(size=(2, 3)) * 0.7, rng.normal(size=(6, 2, 3)), np.array([1, 0, 0, 1, 1, 0]))


@case
def sammon_stress_lower_triangle():
    """Each pair moves two points, and the second one gets no force."""

    def stress(Y, D):
        n = len(Y)
        value, grad = 0.0, np.zeros_like(Y)
        for i in range(n):
            for j in range(i):
                diff = Y[i] - Y[j]
                d = np.sqrt(diff @ diff)
                value += (D[i, j] - d) ** 2 / D[i, j]
                pull = -2 * (D[i, j] - d) / (D[i, j] * d) * diff
                grad[i] += pull  # <- above: grad[j] -= pull
        return value, grad

    rng = np.random.default_rng(1515)
    P = rng.normal(size=(5, 4))
    D = np.linalg.norm(P[:, None] - P[None], axis=2) + np.eye(5)
    return call(stress, rng.normal(size=(5, 2)), D)


@case
def nonnegative_factorisation_divergence():
    """The sum over the rows of the first factor runs along the wrong axis."""

    def kl_nmf(W, H, V):
        WH = W @ H
        value = np.sum(V * np.log(V / WH) - V + WH)
        ratio = V / WH
        dW = H.sum(axis=1) - ratio @ H.T
        dH = W.sum(axis=1)[:, None] - W.T @ ratio  # <- dH = W.sum(axis=0)[:, None] - W.T @ ratio
        return value, dW, dH

    rng = np.random.default_rng(1516)
    V = rng.integers(1, 9, size=(3, 5))
    return call(kl_nmf, rng.uniform(0.3, 2, (3, 3)), rng.uniform(0.3, 2, (3, 5)), V)


@case
def tensor_decomposition_factors():
    """Two mistakes: the third gradient takes the first factor twice, and the second one has the wrong sign."""

    def cp_loss(A, B, C, T):
        E = np.einsum("ir,jr,kr->ijk", A, B, C) - T
        dA = np.einsum("ijk,jr,kr->ir", E, B, C)
        dB = -np.einsum("ijk,ir,kr->jr", E, A, C)  # <- dB = np.einsum("ijk,ir,kr->jr", E, A, C)
        dC = np.einsum("ijk,ir,jr->kr", E, A, A)  # <- dC = np.einsum("ijk,ir,jr->kr", E, A, B)
        return 0.5 * np.sum(E**2), dA, dB, dC

    rng = np.random.default_rng(1517)
    T = rng.integers(-2, 3, size=(3, 3, 4))
    return call(cp_loss, *[rng.normal(size=s) for s in ((3, 2), (3, 2), (4, 2))], T)

"""Course assignments: functions for one loss, its gradient beside it, dicts of parameters, data by name."""

import numpy as np

from tests.held_out.case import call, case


@case
def softmax_loss_naive():
    """The regularisation is in the loss, but not in the gradient."""

    def softmax_loss_naive(W, X, y, reg):
        loss = 0.0
        dW = np.zeros_like(W)
        num_train, num_classes = X.shape[0], W.shape[1]
        for i in range(num_train):
            scores = X[i].dot(W)
            scores = scores - np.max(scores)
            p = np.exp(scores) / np.sum(np.exp(scores))
            loss -= np.log(p[y[i]])
            for j in range(num_classes):
                dW[:, j] += (p[j] - (j == y[i])) * X[i]
        loss = loss / num_train + reg * np.sum(W * W)
        dW = dW / num_train  # <- dW = dW / num_train + 2 * reg * W
        return loss, dW

    rng = np.random.default_rng(900)
    return call(softmax_loss_naive, rng.normal(size=(4, 3)), rng.normal(size=(6, 4)), np.array([0, 2, 1, 1, 2, 0]), 0.1)


@case
def svm_loss_vectorized():
    """A right multiclass hinge with the count of the violated margins."""

    def svm_loss(W, X, y, reg):
        n = X.shape[0]
        scores = X @ W
        margins = np.maximum(0, scores - scores[np.arange(n), y][:, None] + 1)
        margins[np.arange(n), y] = 0
        loss = margins.sum() / n + reg * np.sum(W**2)
        binary = (margins > 0).astype(float)
        binary[np.arange(n), y] = -binary.sum(axis=1)
        dW = X.T @ binary / n + 2 * reg * W
        return loss, dW

    rng = np.random.default_rng(901)
    return call(svm_loss, rng.normal(size=(3, 4)), rng.normal(size=(7, 3)), np.array([1, 0, 3, 2, 2, 1, 0]), 0.05)


@case
def svm_loss_loops_true_class():
    """The row of the true class is added instead of subtracted."""

    def svm_loss_naive(W, X, y):
        dW = np.zeros(W.shape)
        loss = 0.0
        for i in range(X.shape[0]):
            scores = X[i] @ W
            for j in range(W.shape[1]):
                if j == y[i]:
                    continue
                margin = scores[j] - scores[y[i]] + 1
                if margin > 0:
                    loss += margin
                    dW[:, j] += X[i]
                    dW[:, y[i]] += X[i]  # <- dW[:, y[i]] -= X[i]
        return loss / X.shape[0], dW / X.shape[0]

    rng = np.random.default_rng(902)
    return call(svm_loss_naive, rng.normal(size=(3, 3)), rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 2]))


@case
def two_layer_dict_of_params():
    """The hidden bias is summed before the rectifier's mask is applied."""

    def loss_and_grads(params, X, y):
        W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
        N = len(X)
        h = np.maximum(0, X @ W1 + b1)
        scores = h @ W2 + b2
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss = -np.log(probs[range(N), y]).mean()

        grads = {}
        dscores = probs
        dscores[range(N), y] -= 1
        dscores /= N
        grads["W2"] = h.T @ dscores
        grads["b2"] = dscores.sum(axis=0)
        dh = dscores @ W2.T
        dz = dh * (h > 0)
        grads["W1"] = X.T @ dz
        grads["b1"] = dh.sum(axis=0)  # <- grads["b1"] = dz.sum(axis=0)
        return loss, grads

    rng = np.random.default_rng(903)
    params = {
        "W1": rng.normal(size=(3, 5)),
        "b1": rng.normal(size=5),
        "W2": rng.normal(size=(5, 4)),
        "b2": rng.normal(size=4),
    }
    return call(loss_and_grads, params, rng.normal(size=(6, 3)), np.array([3, 0, 1, 2, 2, 1]))


@case
def planar_classification_columns():
    """A right network with examples in columns, its parameters in a dict."""

    def cost_and_gradients(parameters, X, Y):
        W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
        m = X.shape[1]
        A1 = np.tanh(W1 @ X + b1)
        A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
        cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
        dZ2 = (A2 - Y) / m
        dZ1 = (W2.T @ dZ2) * (1 - np.power(A1, 2))
        return cost, {
            "W1": dZ1 @ X.T,
            "b1": dZ1.sum(axis=1, keepdims=True),
            "W2": dZ2 @ A1.T,
            "b2": dZ2.sum(axis=1, keepdims=True),
        }

    rng = np.random.default_rng(904)
    parameters = {
        "W1": rng.normal(size=(4, 2)),
        "b1": rng.normal(size=(4, 1)),
        "W2": rng.normal(size=(1, 4)),
        "b2": rng.normal(size=(1, 1)),
    }
    return call(cost_and_gradients, parameters, rng.normal(size=(2, 7)), np.array([[0, 1, 1, 0, 1, 0, 0]]))


@case
def neural_network_unrolled_thetas():
    """The bias column's weights are penalised in the gradient; the cost spares them."""

    def nn_cost(theta, X, Y, lam):
        m, n_in = X.shape
        hidden, n_out = 4, Y.shape[1]
        split = hidden * (n_in + 1)
        Theta1 = theta[:split].reshape(hidden, n_in + 1)
        Theta2 = theta[split:].reshape(n_out, hidden + 1)
        a1 = np.hstack([np.ones((m, 1)), X])
        z2 = a1 @ Theta1.T
        a2 = np.hstack([np.ones((m, 1)), 1 / (1 + np.exp(-z2))])
        h = 1 / (1 + np.exp(-(a2 @ Theta2.T)))
        J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
        J += lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))

        delta3 = h - Y
        delta2 = (delta3 @ Theta2)[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
        grad1 = delta2.T @ a1 / m
        grad2 = delta3.T @ a2 / m
        grad1 += lam / m * Theta1  # <- grad1[:, 1:] += lam / m * Theta1[:, 1:]
        grad2[:, 1:] += lam / m * Theta2[:, 1:]
        return J, np.concatenate([grad1.ravel(), grad2.ravel()])

    rng = np.random.default_rng(905)
    theta = rng.normal(size=4 * 4 + 2 * 5)
    return call(nn_cost, theta, rng.normal(size=(6, 3)), rng.integers(0, 2, size=(6, 2)), 2)


@case
def collaborative_filtering_cost():
    """The mask of the rated items is not applied to the error in the users' gradient."""

    def cofi_cost(X, Theta, Y, R, lam):
        error = X @ Theta.T - Y
        J = 0.5 * np.sum((error * R) ** 2) + lam / 2 * (np.sum(Theta**2) + np.sum(X**2))
        X_grad = (error * R) @ Theta + lam * X
        Theta_grad = error.T @ X + lam * Theta  # <- Theta_grad = (error * R).T @ X + lam * Theta
        return J, X_grad, Theta_grad

    rng = np.random.default_rng(906)
    R = rng.integers(0, 2, size=(5, 4))
    return call(cofi_cost, rng.normal(size=(5, 3)), rng.normal(size=(4, 3)), rng.integers(1, 6, size=(5, 4)), R, 1)


@case
def logistic_regression_named_arguments():
    """The gradient takes the data first; its prediction lacks the intercept."""

    def nll(w, b, X, y):
        z = X @ w + b
        return np.sum(np.log1p(np.exp(-y * z)))

    def nll_grad(X, y, w, b):
        z = X @ w  # <- z = X @ w + b
        s = -y / (1 + np.exp(y * z))
        return X.T @ s, s.sum(keepdims=True)

    rng = np.random.default_rng(907)
    y = rng.choice([-1, 1], size=8)
    return call(nll, nll_grad, rng.normal(size=3), np.array([0.8]), rng.normal(size=(8, 3)), y)


@case
def quadratic_fit_without_targets():
    """A right gradient of a penalty that does not need the targets."""

    def penalty(w, X, y):
        return np.sum((X @ w) ** 4) / 4 + np.sum(y**2)

    def penalty_grad(w, X):
        return X.T @ (X @ w) ** 3

    rng = np.random.default_rng(908)
    return call(penalty, penalty_grad, rng.normal(size=3), rng.normal(size=(5, 3)), np.arange(5))


@case
def ridge_keyword_penalty():
    """The penalty's weight is multiplied with the number of examples in the gradient."""

    def ridge(w, X, y, lam=1.0):
        return np.mean((X @ w - y) ** 2) / 2 + lam * w @ w / 2

    def ridge_grad(w, X, y, lam=1.0):
        n = len(y)
        return (X.T @ (X @ w - y) + n**2 * lam * w) / n  # <- return (X.T @ (X @ w - y) + n * lam * w) / n

    rng = np.random.default_rng(909)
    return call(ridge, ridge_grad, rng.normal(size=4), rng.normal(size=(6, 4)), rng.normal(size=6), lam=0.1)


@case
def elastic_net_smooth_abs():
    """Two mistakes: the smooth absolute value's root has moved to the numerator, and the fit lacks its sign."""

    def objective(w, X, y, alpha=0.5, l1=0.5):
        r = y - X @ w
        smooth = np.sqrt(w**2 + 1e-2)
        return 0.5 * r @ r / len(y) + alpha * (l1 * smooth.sum() + 0.5 * (1 - l1) * w @ w)

    def gradient(w, X, y, alpha=0.5, l1=0.5):
        r = y - X @ w
        g = X.T @ r / len(y)  # <- g = -X.T @ r / len(y)
        g += alpha * l1 * w * np.sqrt(w**2 + 1e-2)  # <- g += alpha * l1 * w / np.sqrt(w**2 + 1e-2)
        g += alpha * (1 - l1) * w
        return g

    rng = np.random.default_rng(910)
    return call(objective, gradient, rng.normal(size=5), rng.normal(size=(8, 5)), rng.normal(size=8), alpha=0.3, l1=0.7)


@case
def word2vec_naive_softmax():
    """A right naive softmax loss of one centre word."""

    def naive_softmax_loss(center, outside, index):
        scores = outside @ center
        scores = scores - scores.max()
        y_hat = np.exp(scores) / np.exp(scores).sum()
        loss = -np.log(y_hat[index])
        delta = y_hat.copy()
        delta[index] -= 1
        return loss, outside.T @ delta, np.outer(delta, center)

    rng = np.random.default_rng(911)
    return call(naive_softmax_loss, rng.normal(size=4), rng.normal(size=(6, 4)), 2)


@case
def negative_sampling_duplicates():
    """A word that was drawn twice as negative gets its gradient once."""

    def neg_sampling(center, outside, index, negatives):
        def sigmoid(x):
            return 1 / (1 + np.exp(-x))

        pos = sigmoid(outside[index] @ center)
        neg = sigmoid(-outside[negatives] @ center)
        loss = -np.log(pos) - np.log(neg).sum()
        d_center = (pos - 1) * outside[index] + (1 - neg) @ outside[negatives]
        d_outside = np.zeros_like(outside)
        pull = np.outer(1 - neg, center)
        d_outside[negatives] += pull  # <- np.add.at(d_outside, negatives, pull)
        d_outside[index] += (pos - 1) * center
        return loss, d_center, d_outside

    rng = np.random.default_rng(912)
    return call(neg_sampling, rng.normal(size=3), rng.normal(size=(6, 3)), 1, np.array([4, 0, 4, 5]))


@case
def image_captioning_affine_start():
    """The first state's gradient is not summed with that of the later steps: the projection gets the last step's."""

    def caption_loss(params, features, words):
        h0 = features @ params["Wproj"]
        T = words.shape[1] - 1
        hs = [h0]
        loss = 0.0
        probs = []
        for t in range(T):
            hs.append(np.tanh(params["emb"][words[:, t]] + hs[-1] @ params["Wh"]))
            s = hs[-1] @ params["out"]
            p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
            probs.append(p)
            loss -= np.log(p[np.arange(len(words)), words[:, t + 1]]).sum()
        grads = {k: np.zeros_like(v) for k, v in params.items()}
        dh = np.zeros_like(h0)
        for t in reversed(range(T)):
            ds = probs[t].copy()
            ds[np.arange(len(words)), words[:, t + 1]] -= 1
            grads["out"] += hs[t + 1].T @ ds
            dz = (ds @ params["out"].T + dh) * (1 - hs[t + 1] ** 2)
            np.add.at(grads["emb"], words[:, t], dz)
            grads["Wh"] += hs[t].T @ dz
            dh = dz @ params["Wh"].T
        grads["Wproj"] = features.T @ dz  # <- grads["Wproj"] = features.T @ dh
        return loss, grads

    rng = np.random.default_rng(913)
    params = {
        "Wproj": rng.normal(size=(4, 3)) / 2,
        "Wh": rng.normal(size=(3, 3)) / 2,
        "emb": rng.normal(size=(5, 3)),
        "out": rng.normal(size=(3, 5)),
    }
    return call(caption_loss, params, rng.normal(size=(2, 4)), np.array([[0, 2, 3, 1], [0, 4, 4, 1]]))


@case
def style_transfer_gram():
    """The Gram matrix is symmetric and holds the features twice; the factor two of that is missing."""

    def style_loss(features, target_gram):
        C, N = features.shape
        gram = features @ features.T / (C * N)
        return np.sum((gram - target_gram) ** 2)

    def style_loss_gradient(features, target_gram):
        C, N = features.shape
        gram = features @ features.T / (C * N)
        dgram = 2 * (gram - target_gram)
        return dgram @ features / (C * N)  # <- return (dgram + dgram.T) @ features / (C * N)

    rng = np.random.default_rng(914)
    A = rng.normal(size=(3, 3))
    return call(style_loss, style_loss_gradient, rng.normal(size=(3, 8)), A @ A.T, argnums=0)


@case
def saliency_map_of_scores():
    """A right derivative of the scores of the right classes with respect to the images."""

    def correct_scores(X, W1, W2, y):
        return np.sum((np.maximum(0, X @ W1) @ W2)[np.arange(len(y)), y])

    def saliency(X, W1, W2, y):
        active = (X @ W1) > 0
        dh = W2[:, y].T * active
        return dh @ W1.T

    rng = np.random.default_rng(915)
    args = [rng.normal(size=(4, 5)), rng.normal(size=(5, 6)), rng.normal(size=(6, 3))]
    return call(correct_scores, saliency, *args, np.array([2, 0, 1, 1]), argnums=0)


@case
def perceptron_buffer_filled():
    """The buffer is filled example by example with an assignment."""

    def hinge_total(w, X, y):
        return np.maximum(0, 0.5 - y * (X @ w)).sum() + 0.1 * np.sum(w**4)

    def hinge_total_grad(w, X, y, out):
        out[:] = 0.4 * w**3
        for xi, yi in zip(X, y):
            if 0.5 - yi * (xi @ w) > 0:
                out[:] = -yi * xi  # <- out[:] -= yi * xi

    rng = np.random.default_rng(916)
    y = rng.choice([-1, 1], size=9)
    return call(hinge_total, hinge_total_grad, rng.normal(size=4), rng.normal(size=(9, 4)), y)


@case
def trilateration_buffer():
    """A right least squares of ranges whose gradient is written into a buffer."""

    def residual_energy(position, anchors, ranges):
        d = np.linalg.norm(anchors - position, axis=1)
        return 0.5 * np.sum((d - ranges) ** 2)

    def residual_energy_grad(position, anchors, ranges, grad):
        grad.fill(0.0)
        for anchor, r in zip(anchors, ranges):
            v = position - anchor
            d = np.sqrt(v @ v)
            grad += (1 - r / d) * v

    rng = np.random.default_rng(917)
    ranges = np.array([2, 1, 3, 2])
    return call(residual_energy, residual_energy_grad, rng.normal(size=2), rng.normal(size=(4, 2)) * 2, ranges)


@case
def batch_hard_triplet():
    """The anchor belongs to both distances, with opposite signs; its gradient holds the positive one only."""

    def triplet(anchor, positive, negative, margin=1.0):
        dp = ((anchor - positive) ** 2).sum(axis=1)
        dn = ((anchor - negative) ** 2).sum(axis=1)
        return np.maximum(0, dp - dn + margin).mean()

    def triplet_grad(anchor, positive, negative, margin=1.0):
        dp = ((anchor - positive) ** 2).sum(axis=1)
        dn = ((anchor - negative) ** 2).sum(axis=1)
        on = (dp - dn + margin > 0)[:, None] / len(anchor)
        ga = 2 * on * (anchor - positive)  # <- ga = 2 * on * (negative - positive)
        gp = -2 * on * (anchor - positive)
        gn = 2 * on * (anchor - negative)
        return ga, gp, gn

    rng = np.random.default_rng(918)
    return call(triplet, triplet_grad, *[rng.normal(size=(6, 3)) for _ in range(3)], margin=0.5)


@case
def knowledge_distillation_temperature():
    """The soft loss is scaled with the square of the temperature; one of the two was divided out once too often."""

    def distill(logits, teacher, y, T=2.0):
        def log_softmax(z):
            z = z - z.max(axis=1, keepdims=True)
            return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

        n = len(y)
        q = np.exp(log_softmax(teacher / T))
        soft = -np.sum(q * log_softmax(logits / T)) * T**2 / n
        hard = -np.sum(log_softmax(logits)[np.arange(n), y]) / n

        p = np.exp(log_softmax(logits / T))
        grad_soft = (p - q) / n  # <- grad_soft = T * (p - q) / n
        grad_hard = np.exp(log_softmax(logits)) / n
        grad_hard[np.arange(n), y] -= 1 / n
        return 0.7 * soft + 0.3 * hard, 0.7 * grad_soft + 0.3 * grad_hard

    rng = np.random.default_rng(919)
    teacher = rng.integers(-3, 4, size=(4, 5))
    return call(distill, rng.normal(size=(4, 5)), teacher, np.array([1, 4, 0, 2]))


@case
def focal_loss_multiclass():
    """The modulating factor is a function of the probability as well; the product rule's second term is missing."""

    def focal(logits, y, gamma=2.0):
        z = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        pt = p[np.arange(len(y)), y]
        return np.sum(-((1 - pt) ** gamma) * np.log(pt))

    def focal_grad(logits, y, gamma=2.0):
        z = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        pt = p[rows, y]
        dpt = -((1 - pt) ** gamma) / pt  # <- below: dpt += gamma * (1 - pt) ** (gamma - 1) * np.log(pt)
        onehot = np.zeros_like(p)
        onehot[rows, y] = 1
        return (dpt * pt)[:, None] * (onehot - p)

    rng = np.random.default_rng(920)
    return call(focal, focal_grad, rng.normal(size=(5, 3)), np.array([0, 2, 1, 0, 2]), gamma=1.5)


@case
def dice_loss_soft_masks():
    """The quotient rule misses the square of the denominator."""

    def dice_loss(p, t):
        inter = np.sum(p * t)
        total = np.sum(p) + np.sum(t)
        return 1 - (2 * inter + 1) / (total + 1)

    def dice_grad(p, t):
        inter = np.sum(p * t)
        total = np.sum(p) + np.sum(t)
        num, den = 2 * inter + 1, total + 1
        return -(2 * t * den - num) / den  # <- return -(2 * t * den - num) / den**2

    rng = np.random.default_rng(921)
    return call(dice_loss, dice_grad, rng.uniform(0.05, 0.95, size=(3, 4)), rng.integers(0, 2, size=(3, 4)))


@case
def dropconnect_batch_gradient():
    """A right squared loss of a layer with a fixed mask on its weights, gradients by name."""

    def dropconnect_loss(W, b, X, Y, mask):
        pred = np.tanh(X @ (W * mask) + b)
        return np.mean((pred - Y) ** 2)

    def dropconnect_grads(W, b, X, Y, mask):
        pred = np.tanh(X @ (W * mask) + b)
        dz = 2 * (pred - Y) / pred.size * (1 - pred**2)
        return {"W": X.T @ dz * mask, "b": dz.sum(axis=0)}

    rng = np.random.default_rng(922)
    mask = rng.integers(0, 2, size=(4, 3))
    args = [rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(5, 4)), rng.normal(size=(5, 3))]
    return call(dropconnect_loss, dropconnect_grads, *args, mask)


@case
def noise_contrastive_ranking():
    """The pairwise logistic loss's score difference is taken the other way round in the sigmoid."""

    def bpr_loss(P, Q, users, pos, neg):
        x = np.sum(P[users] * (Q[pos] - Q[neg]), axis=1)
        return -np.sum(np.log(1 / (1 + np.exp(-x))))

    def bpr_grad(P, Q, users, pos, neg):
        dP, dQ = np.zeros_like(P), np.zeros_like(Q)
        for u, i, j in zip(users, pos, neg):
            x = P[u] @ (Q[i] - Q[j])
            g = -1 / (1 + np.exp(-x))  # <- g = -1 / (1 + np.exp(x))
            dP[u] += g * (Q[i] - Q[j])
            dQ[i] += g * P[u]
            dQ[j] -= g * P[u]
        return dP, dQ

    rng = np.random.default_rng(923)
    users, pos, neg = np.array([0, 1, 1, 2]), np.array([3, 0, 2, 4]), np.array([1, 2, 4, 0])
    return call(bpr_loss, bpr_grad, rng.normal(size=(3, 2)), rng.normal(size=(5, 2)), users, pos, neg)

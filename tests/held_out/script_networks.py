"""Scripts in one file: helper functions with lists of caches, plain tuples of weights, a loss at the end."""

import numpy as np

from tests.held_out.case import call, case


def relu(z):
    return np.maximum(0, z)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@case
def l_layer_model_caches():
    """A right deep network with helper functions for each step and a list of caches."""

    def linear_forward(A, W, b):
        return W @ A + b, (A, W, b)

    def linear_backward(dZ, cache):
        A, W, b = cache
        m = A.shape[1]
        return W.T @ dZ, dZ @ A.T / m, dZ.sum(axis=1, keepdims=True) / m

    def cost(W1, b1, W2, b2, X, Y):
        A1 = relu(linear_forward(X, W1, b1)[0])
        AL = sigmoid(linear_forward(A1, W2, b2)[0])
        return -np.mean(np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL), axis=0))

    def cost_gradients(W1, b1, W2, b2, X, Y):
        Z1, cache1 = linear_forward(X, W1, b1)
        Z2, cache2 = linear_forward(relu(Z1), W2, b2)
        dZ2 = sigmoid(Z2) - Y
        dA1, dW2, db2 = linear_backward(dZ2, cache2)
        dZ1 = np.array(dA1, copy=True)
        dZ1[Z1 <= 0] = 0
        _, dW1, db1 = linear_backward(dZ1, cache1)
        return dW1, db1, dW2, db2

    rng = np.random.default_rng(1200)
    weights = [rng.normal(size=s) for s in ((4, 3), (4, 1), (2, 4), (2, 1))]
    return call(
        cost, cost_gradients, *weights, rng.normal(size=(3, 6)), rng.integers(0, 2, (2, 6)), argnums=(0, 1, 2, 3)
    )


@case
def l_layer_model_helper_and_call():
    """Two mistakes: the helper does not divide the bias by m, and one mask is that of the wrong layer."""

    def linear_backward(dZ, A, W):
        m = A.shape[1]
        dW = dZ @ A.T / m
        db = dZ.sum(axis=1, keepdims=True)  # <- db = dZ.sum(axis=1, keepdims=True) / m
        return W.T @ dZ, dW, db

    def cost(W1, b1, W2, b2, W3, b3, X, Y):
        A1 = relu(W1 @ X + b1)
        A2 = relu(W2 @ A1 + b2)
        return 0.5 * np.sum((W3 @ A2 + b3 - Y) ** 2) / X.shape[1]

    def gradients(W1, b1, W2, b2, W3, b3, X, Y):
        Z1 = W1 @ X + b1
        Z2 = W2 @ relu(Z1) + b2
        dZ3 = W3 @ relu(Z2) + b3 - Y
        dA2, dW3, db3 = linear_backward(dZ3, relu(Z2), W3)
        dZ2 = dA2 * (Z2 > 0)
        dA1, dW2, db2 = linear_backward(dZ2, relu(Z1), W2)
        dZ1 = dA1 * (Z2 > 0)  # <- dZ1 = dA1 * (Z1 > 0)
        _, dW1, db1 = linear_backward(dZ1, X, W1)
        return dW1, db1, dW2, db2, dW3, db3

    rng = np.random.default_rng(1201)
    weights = [rng.normal(size=s) for s in ((4, 3), (4, 1), (4, 4), (4, 1), (2, 4), (2, 1))]
    return call(cost, gradients, *weights, rng.normal(size=(3, 5)), rng.normal(size=(2, 5)), argnums=(0, 1, 2, 3, 4, 5))


@case
def dense_helpers_with_cache_stack():
    """The caches are popped in the order in which they were pushed."""

    def forward(x, Ws):
        caches = []
        for W in Ws:
            z = x @ W
            caches.append((x, z))
            x = np.tanh(z)
        return x, (caches, Ws)

    def backward(dout, cache):
        caches, Ws = cache
        dWs = [None] * len(Ws)
        for i in range(len(Ws) - 1, -1, -1):
            x, z = caches[len(Ws) - 1 - i]  # <- x, z = caches[i]
            dz = dout * (1 - np.tanh(z) ** 2)
            dWs[i] = x.T @ dz
            dout = dz @ Ws[i].T
        return dout, dWs

    rng = np.random.default_rng(1202)
    return call(forward, backward, rng.normal(size=(5, 3)), [rng.normal(size=(3, 3)) for _ in range(3)])


@case
def autoencoder_script_two_mistakes():
    """Two mistakes: the code's slope is formed with its input, and the decoder's bias is summed over the features."""

    def reconstruct(W, b, V, c, X):
        H = sigmoid(X @ W + b)
        return np.mean((H @ V + c - X) ** 2)

    def reconstruct_grad(W, b, V, c, X):
        Z = X @ W + b
        H = sigmoid(Z)
        D = 2 * (H @ V + c - X) / X.size
        dV = H.T @ D
        dc = D.sum(axis=1)  # <- dc = D.sum(axis=0)
        dZ = D @ V.T * Z * (1 - Z)  # <- dZ = D @ V.T * H * (1 - H)
        dW = X.T @ dZ
        db = dZ.sum(axis=0)
        return dW, db, dV, dc

    rng = np.random.default_rng(1203)
    args = [rng.normal(size=s) for s in ((4, 3), (3,), (3, 4), (4,))]
    return call(reconstruct, reconstruct_grad, *args, rng.normal(size=(4, 4)), argnums=(0, 1, 2, 3))


@case
def text_classifier_average_words():
    """The average over the words is divided by the vocabulary in the gradient of the embeddings."""

    def classify(E, W, docs, labels):
        loss = 0.0
        for doc, y in zip(docs, labels):
            h = np.mean([E[w] for w in doc], axis=0)
            s = W @ h
            loss += np.log(np.sum(np.exp(s))) - s[y]
        return loss

    def classify_grad(E, W, docs, labels):
        dE, dW = np.zeros_like(E), np.zeros_like(W)
        for doc, y in zip(docs, labels):
            h = np.mean([E[w] for w in doc], axis=0)
            p = np.exp(W @ h)
            p /= p.sum()
            p[y] -= 1
            dW += np.outer(p, h)
            dh = W.T @ p
            for w in doc:
                dE[w] += dh / len(E)  # <- dE[w] += dh / len(doc)
        return dE, dW

    rng = np.random.default_rng(1204)
    docs = np.array([[0, 3, 3], [5, 1, 0], [2, 2, 4]])
    return call(
        classify,
        classify_grad,
        rng.normal(size=(6, 3)),
        rng.normal(size=(2, 3)),
        docs,
        np.array([0, 1, 1]),
        argnums=(0, 1),
    )


@case
def attention_pooling_script():
    """Two mistakes: the pooled states' direct path is missing, and the softmax's mean is not subtracted."""

    def pool(H, v, w):
        a = np.exp(H @ v)
        a = a / a.sum()
        return w @ (a @ H)

    def pool_grad(H, v, w):
        a = np.exp(H @ v)
        a = a / a.sum()
        da = H @ w
        ds = a * da  # <- ds = a * (da - a @ da)
        dH = np.outer(ds, v)  # <- dH = np.outer(ds, v) + np.outer(a, w)
        dv = H.T @ ds
        dw = a @ H
        return dH, dv, dw

    rng = np.random.default_rng(1205)
    return call(pool, pool_grad, rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3))


@case
def rnn_sum_task_script():
    """Two mistakes: the recurrent gradient is assigned at each step, and the first step's is skipped."""

    def run(wx, wr, xs):
        s = np.zeros(len(xs))
        for k in range(xs.shape[1]):
            s = xs[:, k] * wx[0] + s * wr[0]
        return s

    def cost(wx, wr, xs, ts):
        return np.mean((run(wx, wr, xs) - ts) ** 2)

    def cost_grad(wx, wr, xs, ts):
        n, T = xs.shape
        S = np.zeros((n, T + 1))
        for k in range(T):
            S[:, k + 1] = xs[:, k] * wx[0] + S[:, k] * wr[0]
        g = 2 * (S[:, -1] - ts) / n
        dwx, dwr = 0.0, 0.0
        for k in range(T, 1, -1):  # <- for k in range(T, 0, -1):
            dwx += np.sum(g * xs[:, k - 1])
            dwr = np.sum(g * S[:, k - 1])  # <- dwr += np.sum(g * S[:, k - 1])
            g = g * wr[0]
        return np.array([dwx]), np.array([dwr])

    rng = np.random.default_rng(1206)
    xs = rng.normal(size=(4, 6))
    return call(cost, cost_grad, np.array([1.2]), np.array([0.8]), xs, rng.normal(size=4), argnums=(0, 1))


@case
def lstm_script_from_scratch():
    """Two mistakes: the output gate's slope is that of the forget gate, and the carried state is not added."""

    def lstm(x, Wf, Wi, Wo, Wg):
        T = len(x)
        h, c = np.zeros(Wf.shape[1]), np.zeros(Wf.shape[1])
        steps = []
        outs = np.zeros((T, len(h)))
        for t in range(T):
            v = np.concatenate([h, x[t]])
            f, i, o, g = sigmoid(v @ Wf), sigmoid(v @ Wi), sigmoid(v @ Wo), np.tanh(v @ Wg)
            steps.append((v, f, i, o, g, c))
            c = f * c + i * g
            h = o * np.tanh(c)
            outs[t] = h
        return outs, (steps, Wf, Wi, Wo, Wg)

    def lstm_back(dout, cache):
        steps, Wf, Wi, Wo, Wg = cache
        H = Wf.shape[1]
        dWf, dWi, dWo, dWg = (np.zeros_like(W) for W in (Wf, Wi, Wo, Wg))
        dx = np.zeros((len(steps), len(Wf) - H))
        dh_next, dc_next = np.zeros(H), np.zeros(H)
        for t in range(len(steps) - 1, -1, -1):
            v, f, i, o, g, c_prev = steps[t]
            c = f * c_prev + i * g
            dh = dout[t]  # <- dh = dout[t] + dh_next
            dc = dc_next + dh * o * (1 - np.tanh(c) ** 2)
            do = dh * np.tanh(c) * f * (1 - f)  # <- do = dh * np.tanh(c) * o * (1 - o)
            df = dc * c_prev * f * (1 - f)
            di = dc * g * i * (1 - i)
            dg = dc * i * (1 - g**2)
            for dW, d in ((dWf, df), (dWi, di), (dWo, do), (dWg, dg)):
                dW += np.outer(v, d)
            dv = Wf @ df + Wi @ di + Wo @ do + Wg @ dg
            dh_next, dx[t] = dv[:H], dv[H:]
            dc_next = dc * f
        return dx, dWf, dWi, dWo, dWg

    rng = np.random.default_rng(1207)
    return call(lstm, lstm_back, rng.normal(size=(4, 2)), *[rng.normal(size=(5, 3)) * 0.7 for _ in range(4)])


@case
def convolution_script_valid():
    """Two mistakes: rows and columns of the window are exchanged, and the bias is not summed over the columns."""

    def conv(img, ker, bias):
        kh, kw = ker.shape
        H, W = img.shape[0] - kh + 1, img.shape[1] - kw + 1
        out = np.empty((H, W))
        for r in range(H):
            for c in range(W):
                out[r, c] = np.sum(img[r : r + kh, c : c + kw] * ker) + bias[0]
        return out

    def conv_grads(dout, img, ker, bias):
        kh, kw = ker.shape
        dimg, dker = np.zeros_like(img), np.zeros_like(ker)
        H, W = dout.shape
        for r in range(H):
            for c in range(W):
                patch = ker.T  # <- patch = ker
                dimg[r : r + kh, c : c + kw] += dout[r, c] * patch
                dker += dout[r, c] * img[r : r + kh, c : c + kw]
        dbias = dout[:, 0].sum(keepdims=True)  # <- dbias = np.array([dout.sum()])
        return dimg, dker, dbias

    rng = np.random.default_rng(1208)
    return call(conv, conv_grads, rng.normal(size=(5, 6)), rng.normal(size=(3, 3)), rng.normal(size=1))


@case
def collaborative_deep_script():
    """A right two-tower model with shared normalisation of both towers."""

    def towers(U, V, users, items):
        a, b = np.tanh(users @ U), np.tanh(items @ V)
        na, nb = np.sqrt((a**2).sum(1)), np.sqrt((b**2).sum(1))
        return np.sum((a * b).sum(1) / (na * nb))

    def towers_grad(U, V, users, items):
        a, b = np.tanh(users @ U), np.tanh(items @ V)
        na, nb = np.sqrt((a**2).sum(1, keepdims=True)), np.sqrt((b**2).sum(1, keepdims=True))
        ua, ub = a / na, b / nb
        cos = (ua * ub).sum(1, keepdims=True)
        da = (ub - cos * ua) / na
        db = (ua - cos * ub) / nb
        return users.T @ (da * (1 - a**2)), items.T @ (db * (1 - b**2))

    rng = np.random.default_rng(1209)
    args = [rng.normal(size=(3, 4)), rng.normal(size=(2, 4)), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))]
    return call(towers, towers_grad, *args, argnums=(0, 1))


@case
def two_tower_stale_norm():
    """Two mistakes: the projection is divided by the other tower's norm, and the second tower's slope is forgotten."""

    def similarity(U, V, left, right):
        a, b = np.tanh(left @ U), np.tanh(right @ V)
        na, nb = np.linalg.norm(a), np.linalg.norm(b)
        return a @ b / (na * nb)

    def similarity_grad(U, V, left, right):
        a, b = np.tanh(left @ U), np.tanh(right @ V)
        na, nb = np.linalg.norm(a), np.linalg.norm(b)
        cos = a @ b / (na * nb)
        da = b / (na * nb) - cos * a / nb**2  # <- da = b / (na * nb) - cos * a / na**2
        db = a / (na * nb) - cos * b / nb**2
        dU = np.outer(left, da * (1 - a**2))
        dV = np.outer(right, db)  # <- dV = np.outer(right, db * (1 - b**2))
        return dU, dV

    rng = np.random.default_rng(1210)
    args = [rng.normal(size=(3, 4)), rng.normal(size=(2, 4)), rng.normal(size=3), rng.normal(size=2)]
    return call(similarity, similarity_grad, *args, argnums=(0, 1))


@case
def batch_of_small_networks():
    """The networks share one bias, and its gradient is that of the last network."""

    def committee(Ws, b, X, y):
        total = 0.0
        for W in Ws:
            total += 0.5 * np.sum((np.tanh(X @ W + b) - y) ** 2)
        return total / len(Ws)

    def committee_grad(Ws, b, X, y):
        dWs, db = np.zeros_like(Ws), np.zeros_like(b)
        for k, W in enumerate(Ws):
            a = np.tanh(X @ W + b)
            dz = (a - y) * (1 - a**2) / len(Ws)
            dWs[k] = X.T @ dz
            db = dz.sum(axis=0)  # <- db += dz.sum(axis=0)
        return dWs, db

    rng = np.random.default_rng(1211)
    y = rng.normal(size=(6, 2))
    return call(
        committee,
        committee_grad,
        rng.normal(size=(4, 3, 2)),
        rng.normal(size=2),
        rng.normal(size=(6, 3)),
        y,
        argnums=(0, 1),
    )


@case
def early_return_of_empty_context():
    """A right masked mean whose helper returns early for a row that has nothing to average."""

    def masked_mean(x, mask):
        out = np.zeros((len(x), x.shape[2]))
        for i in range(len(x)):
            n = mask[i].sum()
            if n == 0:
                continue
            out[i] = x[i][mask[i]].sum(axis=0) / n
        return out

    def masked_mean_back(dout, x, mask):
        dx = np.zeros_like(x)
        for i in range(len(x)):
            n = mask[i].sum()
            if n == 0:
                continue
            dx[i][mask[i]] = dout[i] / n
        return dx

    mask = np.array([[True, False, True], [False, False, False], [True, True, True], [False, True, False]])
    return call(masked_mean, masked_mean_back, np.random.default_rng(1212).normal(size=(4, 3, 2)), mask)


@case
def highway_script_gate_bias():
    """Two mistakes: the gate's bias is that of the transform, and the carried input lacks the gate's complement."""

    def highway(x, W, G, g):
        h, t = np.sin(x @ W), sigmoid(x @ G + g)
        return t * h + (1 - t) * x, (x, W, G, g, h, t)

    def highway_back(dy, cache):
        x, W, G, g, h, t = cache
        dh = dy * t * np.cos(x @ W)
        da = dy * (h - x) * t * (1 - t)
        dW, dG = x.T @ dh, x.T @ da
        dg = dh.sum(axis=0)  # <- dg = da.sum(axis=0)
        dx = dh @ W.T + da @ G.T + dy  # <- dx = dh @ W.T + da @ G.T + dy * (1 - t)
        return dx, dW, dG, dg

    rng = np.random.default_rng(1213)
    args = [rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)]
    return call(highway, highway_back, *args)

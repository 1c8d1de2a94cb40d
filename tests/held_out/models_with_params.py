"""Models as classes: a loss over data, and a method with the gradients of the parameters."""

import numpy as np

from tests.held_out.case import call, case


@case
def ridge_regression_class():
    """The penalty lacks its factor two."""

    class RidgeRegression:
        def __init__(self, n_features, lam):
            self.w = np.linspace(-1, 1, n_features) + 0.1
            self.b = np.array(0.3)
            self.lam = lam

        def predict(self, X):
            return X @ self.w + self.b

        def loss(self, X, y):
            r = self.predict(X) - y
            return np.mean(r**2) + self.lam * np.sum(self.w**2)

        def gradients(self, X, y):
            n = len(y)
            r = self.predict(X) - y
            dw = 2 * X.T @ r / n + self.lam * self.w  # <- dw = 2 * X.T @ r / n + 2 * self.lam * self.w
            db = 2 * r.mean()
            return dw, db

    rng = np.random.default_rng(200)
    model = RidgeRegression(4, lam=0.3)
    return call(model.loss, model.gradients, rng.normal(size=(9, 4)), rng.normal(size=9), params=["w", "b"])


@case
def logistic_regression_scratch():
    """A right logistic regression that minimises the mean of the log loss."""

    class LogisticRegression:
        def __init__(self, dim):
            self.W = np.random.default_rng(1).normal(size=dim)
            self.b = np.array([0.25])

        def loss(self, X, y):
            z = X.dot(self.W) + self.b
            return np.mean(np.logaddexp(0, z) - y * z)

        def gradients(self, X, y):
            m = X.shape[0]
            y_hat = 1 / (1 + np.exp(-(X.dot(self.W) + self.b)))
            dW = (1 / m) * X.T.dot(y_hat - y)
            db = (1 / m) * np.sum(y_hat - y, keepdims=True)
            return dW, db

    rng = np.random.default_rng(201)
    clf = LogisticRegression(3)
    return call(clf.loss, clf.gradients, rng.normal(size=(8, 3)), rng.integers(0, 2, size=8), params=["W", "b"])


@case
def multinomial_logit_with_intercept():
    """The penalty is on the intercepts as well in the gradient, though not in the loss."""

    class SoftmaxRegression:
        def __init__(self, n_features, n_classes, alpha=0.1):
            gen = np.random.default_rng(10)
            self.coef_ = gen.normal(size=(n_features, n_classes))
            self.intercept_ = gen.normal(size=n_classes)
            self.alpha = alpha

        def _proba(self, X):
            s = X @ self.coef_ + self.intercept_
            s -= s.max(axis=1, keepdims=True)
            e = np.exp(s)
            return e / e.sum(axis=1, keepdims=True)

        def loss(self, X, y):
            p = self._proba(X)
            nll = -np.log(p[np.arange(len(y)), y]).mean()
            return nll + 0.5 * self.alpha * np.sum(self.coef_**2)

        def gradients(self, X, y):
            p = self._proba(X)
            p[np.arange(len(y)), y] -= 1
            p /= len(y)
            grad_coef = X.T @ p + self.alpha * self.coef_
            grad_intercept = p.sum(axis=0) + self.alpha * self.intercept_  # <- grad_intercept = p.sum(axis=0)
            return grad_coef, grad_intercept

    rng = np.random.default_rng(202)
    model = SoftmaxRegression(4, 3)
    X, y = rng.normal(size=(7, 4)), np.array([0, 2, 1, 1, 0, 2, 2])
    return call(model.loss, model.gradients, X, y, params=["coef_", "intercept_"])


@case
def two_layer_net_updated_weights():
    """The output weights are changed before the error is sent back through them."""

    class TwoLayerNet:
        def __init__(self, d, h, c, rng):
            self.params = {
                "W1": rng.normal(size=(d, h)),
                "b1": rng.normal(size=h),
                "W2": rng.normal(size=(h, c)),
                "b2": rng.normal(size=c),
            }
            self.grads = {}
            self.lr = 0.1

        def loss(self, X, y):
            p = self.params
            self.hidden = np.tanh(X @ p["W1"] + p["b1"])
            self.error = self.hidden @ p["W2"] + p["b2"] - y
            return 0.5 * np.sum(self.error**2)

        def backward(self, X, y):
            p, g = self.params, self.grads
            self.loss(X, y)
            g["W2"] = self.hidden.T @ self.error
            g["b2"] = self.error.sum(axis=0)
            W2 = p["W2"] - self.lr * g["W2"]  # <- W2 = p["W2"]
            delta = (self.error @ W2.T) * (1 - self.hidden**2)
            g["W1"] = X.T @ delta
            g["b1"] = delta.sum(axis=0)

    rng = np.random.default_rng(203)
    net = TwoLayerNet(3, 5, 2, rng)
    return call(net.loss, net.backward, rng.normal(size=(6, 3)), rng.normal(size=(6, 2)))


@case
def deep_mlp_list_of_weights():
    """A right network of any depth with lists of weights and deltas, trained by squared error."""

    class MLP:
        def __init__(self, sizes, seed):
            gen = np.random.default_rng(seed)
            self.weights = [gen.normal(size=(m, n)) / np.sqrt(m) for m, n in zip(sizes[:-1], sizes[1:])]
            self.biases = [gen.normal(size=n) * 0.1 for n in sizes[1:]]

        def forward(self, X):
            activations = [X]
            for W, b in zip(self.weights, self.biases):
                activations.append(np.tanh(activations[-1] @ W + b))
            return activations

        def loss(self, X, Y):
            return 0.5 * np.mean(np.sum((self.forward(X)[-1] - Y) ** 2, axis=1))

        def backward(self, X, Y):
            acts = self.forward(X)
            delta = (acts[-1] - Y) / len(X) * (1 - acts[-1] ** 2)
            self.grad_weights = [None] * len(self.weights)
            self.grad_biases = [None] * len(self.biases)
            for layer in range(len(self.weights) - 1, -1, -1):
                self.grad_weights[layer] = acts[layer].T @ delta
                self.grad_biases[layer] = delta.sum(axis=0)
                delta = (delta @ self.weights[layer].T) * (1 - acts[layer] ** 2)

    rng = np.random.default_rng(204)
    mlp = MLP([3, 5, 4, 2], seed=5)
    return call(mlp.loss, mlp.backward, rng.normal(size=(6, 3)), rng.normal(size=(6, 2)))


@case
def deep_relu_net_wrong_mask():
    """The mask belongs to the layer above: the index of the activation is off by one."""

    class FullyConnectedNet:
        def __init__(self, dims, rng):
            self.num_layers = len(dims) - 1
            self.params = {}
            for i in range(self.num_layers):
                self.params[f"W{i + 1}"] = rng.normal(size=(dims[i], dims[i + 1]))
                self.params[f"b{i + 1}"] = rng.normal(size=dims[i + 1]) * 0.2

        def loss(self, X, y):
            self.h = [X]
            for i in range(1, self.num_layers):
                self.h.append(np.maximum(0, self.h[-1] @ self.params[f"W{i}"] + self.params[f"b{i}"]))
            last = self.num_layers
            scores = self.h[-1] @ self.params[f"W{last}"] + self.params[f"b{last}"]
            scores -= scores.max(axis=1, keepdims=True)
            self.logp = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
            return -self.logp[np.arange(len(y)), y].mean()

        def backward(self, X, y):
            self.loss(X, y)
            self.grads = {}
            d = np.exp(self.logp)
            d[np.arange(len(y)), y] -= 1
            d /= len(y)
            for i in range(self.num_layers, 0, -1):
                self.grads[f"W{i}"] = self.h[i - 1].T @ d
                self.grads[f"b{i}"] = d.sum(axis=0)
                if i > 1:
                    d = d @ self.params[f"W{i}"].T
                    d = d * (self.h[i - 2] > 0)  # <- d = d * (self.h[i - 1] > 0)

    rng = np.random.default_rng(205)
    net = FullyConnectedNet([4, 4, 4, 3], rng)
    return call(net.loss, net.backward, rng.normal(size=(6, 4)), np.array([0, 2, 1, 1, 2, 0]))


@case
def tied_autoencoder():
    """The weights are used twice, in encoder and decoder; the decoder's part is missing."""

    class TiedAutoencoder:
        def __init__(self, n_visible, n_hidden, rng):
            self.W = rng.normal(scale=0.5, size=(n_visible, n_hidden))
            self.bh = rng.normal(scale=0.1, size=n_hidden)
            self.bv = rng.normal(scale=0.1, size=n_visible)

        def encode(self, X):
            return 1 / (1 + np.exp(-(X @ self.W + self.bh)))

        def decode(self, H):
            return H @ self.W.T + self.bv

        def loss(self, X):
            return 0.5 * np.sum((self.decode(self.encode(X)) - X) ** 2) / len(X)

        def gradients(self, X):
            H = self.encode(X)
            R = (self.decode(H) - X) / len(X)
            dbv = R.sum(axis=0)
            dZ = R @ self.W * H * (1 - H)
            dW = X.T @ dZ  # <- dW = X.T @ dZ + R.T @ H
            dbh = dZ.sum(axis=0)
            return dW, dbh, dbv

    rng = np.random.default_rng(206)
    ae = TiedAutoencoder(5, 3, rng)
    return call(ae.loss, ae.gradients, rng.normal(size=(4, 5)), params=["W", "bh", "bv"])


@case
def sparse_autoencoder_kl():
    """The sparsity term lacks the division by the batch: each example moves the mean activation by one over m."""

    class SparseAutoencoder:
        def __init__(self, n, k, rho, beta, rng):
            self.W1, self.W2 = rng.normal(scale=0.3, size=(n, k)), rng.normal(scale=0.3, size=(k, n))
            self.rho, self.beta = rho, beta

        def forward(self, X):
            self.a = 1 / (1 + np.exp(-X @ self.W1))
            self.out = self.a @ self.W2
            self.rho_hat = self.a.mean(axis=0)

        def loss(self, X):
            self.forward(X)
            kl = self.rho * np.log(self.rho / self.rho_hat)
            kl += (1 - self.rho) * np.log((1 - self.rho) / (1 - self.rho_hat))
            return 0.5 * np.sum((self.out - X) ** 2) / X.shape[0] + self.beta * kl.sum()

        def backward(self, X):
            self.forward(X)
            m = X.shape[0]
            delta = (self.out - X) / m
            self.dW2 = self.a.T @ delta
            sparsity = self.beta * (-self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat))
            back = delta @ self.W2.T + sparsity  # <- back = delta @ self.W2.T + sparsity / m
            self.dW1 = X.T @ (back * self.a * (1 - self.a))

    rng = np.random.default_rng(207)
    sae = SparseAutoencoder(5, 3, 0.2, 0.5, rng)
    return call(sae.loss, sae.backward, rng.normal(size=(6, 5)))


@case
def linear_svm_bias():
    """The gradient of the bias has the wrong sign."""

    class LinearSVM:
        def __init__(self, dim, C=1.0):
            self.w = np.random.default_rng(4).normal(size=dim)
            self.b = np.array([0.2])
            self.C = C

        def margins(self, X, y):
            return 1 - y * (X @ self.w + self.b)

        def loss(self, X, y):
            return 0.5 * self.w @ self.w + self.C * np.sum(np.maximum(0, self.margins(X, y)))

        def gradients(self, X, y):
            viol = self.margins(X, y) > 0
            dw = self.w - self.C * (y[viol] @ X[viol])
            db = self.C * y[viol].sum(keepdims=True)  # <- db = -self.C * y[viol].sum(keepdims=True)
            return {"w": dw, "b": db}

    rng = np.random.default_rng(208)
    svm = LinearSVM(3, C=0.7)
    return call(svm.loss, svm.gradients, rng.normal(size=(9, 3)), rng.choice([-1, 1], size=9), params=["w", "b"])


@case
def squared_hinge_svm():
    """A right linear machine with the squared hinge, whose derivative is twice the violated margin."""

    class L2SVM:
        def __init__(self, w, lam):
            self.w = w
            self.lam = lam

        def loss(self, X, y):
            slack = np.maximum(0, 1 - y * (X @ self.w))
            return np.mean(slack**2) + self.lam / 2 * np.dot(self.w, self.w)

        def gradients(self, X, y):
            slack = np.maximum(0, 1 - y * (X @ self.w))
            return (-2 * X.T @ (slack * y) / len(y) + self.lam * self.w,)

    rng = np.random.default_rng(209)
    svm = L2SVM(rng.normal(size=4), 0.1)
    return call(svm.loss, svm.gradients, rng.normal(size=(7, 4)), rng.choice([-1, 1], size=7), params=["w"])


@case
def factorization_machine():
    """The diagonal part of the interaction is not subtracted."""

    class FactorizationMachine:
        def __init__(self, n, k, rng):
            self.w0 = np.array([0.1])
            self.w = rng.normal(size=n)
            self.V = rng.normal(scale=0.5, size=(n, k))

        def predict(self, X):
            linear = self.w0 + X @ self.w
            XV = X @ self.V
            pair = 0.5 * (XV**2 - (X**2) @ (self.V**2)).sum(axis=1)
            return linear + pair

        def loss(self, X, y):
            return 0.5 * np.sum((self.predict(X) - y) ** 2)

        def gradients(self, X, y):
            e = self.predict(X) - y
            dw0 = e.sum(keepdims=True)
            dw = X.T @ e
            XV = X @ self.V
            dV = X.T @ (e[:, None] * XV)  # <- dV = X.T @ (e[:, None] * XV) - self.V * ((X**2).T @ e)[:, None]
            return dw0, dw, dV

    rng = np.random.default_rng(210)
    fm = FactorizationMachine(5, 2, rng)
    return call(fm.loss, fm.gradients, rng.normal(size=(6, 5)), rng.normal(size=6), params=["w0", "w", "V"])


@case
def matrix_factorization_ratings():
    """Users with several ratings get the gradient of the last rating alone."""

    class BiasedMF:
        def __init__(self, n_users, n_items, k, reg, rng):
            self.P = rng.normal(size=(n_users, k))
            self.Q = rng.normal(size=(n_items, k))
            self.bu = rng.normal(size=n_users)
            self.reg = reg

        def loss(self, users, items, ratings):
            pred = (self.P[users] * self.Q[items]).sum(axis=1) + self.bu[users]
            fit = 0.5 * np.sum((ratings - pred) ** 2)
            return fit + 0.5 * self.reg * (np.sum(self.P**2) + np.sum(self.Q**2))

        def backward(self, users, items, ratings):
            err = (self.P[users] * self.Q[items]).sum(axis=1) + self.bu[users] - ratings
            self.dP = self.reg * self.P
            self.dQ = self.reg * self.Q
            self.dbu = np.zeros_like(self.bu)
            self.dP[users] += err[:, None] * self.Q[items]  # <- np.add.at(self.dP, users, err[:, None] * self.Q[items])
            np.add.at(self.dQ, items, err[:, None] * self.P[users])
            np.add.at(self.dbu, users, err)

    rng = np.random.default_rng(211)
    mf = BiasedMF(4, 5, 2, 0.1, rng)
    users, items = np.array([0, 1, 1, 3, 2, 0, 3]), np.array([4, 0, 2, 2, 1, 3, 4])
    return call(mf.loss, mf.backward, users, items, rng.normal(size=7) + 3)


@case
def skipgram_negative_sampling():
    """A right skip-gram objective with one positive word and a few negative ones per pair."""

    class SkipGram:
        def __init__(self, vocab, dim, rng):
            self.W_in = rng.normal(scale=0.5, size=(vocab, dim))
            self.W_out = rng.normal(scale=0.5, size=(vocab, dim))

        @staticmethod
        def sigmoid(x):
            return 1 / (1 + np.exp(-x))

        def loss(self, center, context, negatives):
            v = self.W_in[center]
            positive = np.log(self.sigmoid((v * self.W_out[context]).sum(axis=1)))
            negative = np.log(self.sigmoid(-np.einsum("nd,nkd->nk", v, self.W_out[negatives])))
            return -(positive.sum() + negative.sum())

        def backward(self, center, context, negatives):
            self.dW_in = np.zeros_like(self.W_in)
            self.dW_out = np.zeros_like(self.W_out)
            for c, o, neg in zip(center, context, negatives):
                v = self.W_in[c].copy()
                g = self.sigmoid(v @ self.W_out[o]) - 1
                dv = g * self.W_out[o]
                self.dW_out[o] += g * v
                for k in neg:
                    g = self.sigmoid(v @ self.W_out[k])
                    dv += g * self.W_out[k]
                    self.dW_out[k] += g * v
                self.dW_in[c] += dv

    rng = np.random.default_rng(212)
    model = SkipGram(7, 3, rng)
    negatives = np.array([[2, 5], [6, 0], [3, 3], [1, 6]])
    return call(model.loss, model.backward, np.array([0, 4, 4, 2]), np.array([1, 2, 6, 5]), negatives)


@case
def cbow_average_context():
    """The context vectors were averaged; the gradient of each lacks the division by the window."""

    class CBOW:
        def __init__(self, vocab_size, embed_dim, seed):
            gen = np.random.default_rng(seed)
            self.E = gen.normal(size=(vocab_size, embed_dim))
            self.U = gen.normal(size=(embed_dim, vocab_size))

        def loss(self, contexts, targets):
            self.mean = self.E[contexts].mean(axis=1)
            z = self.mean @ self.U
            z = z - z.max(axis=1, keepdims=True)
            self.P = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
            return -np.mean(np.log(self.P[range(len(targets)), targets]))

        def backward(self, contexts, targets):
            self.loss(contexts, targets)
            batch, window = contexts.shape
            dz = self.P.copy()
            dz[range(batch), targets] -= 1
            dz /= batch
            self.dU = self.mean.T @ dz
            dmean = dz @ self.U.T
            self.dE = np.zeros_like(self.E)
            for j in range(window):
                np.add.at(self.dE, contexts[:, j], dmean)  # <- np.add.at(self.dE, contexts[:, j], dmean / window)

    rng = np.random.default_rng(213)
    cbow = CBOW(8, 3, 31)
    return call(cbow.loss, cbow.backward, rng.integers(0, 8, size=(5, 4)), rng.integers(0, 8, size=5))


@case
def glove_weighted_least_squares():
    """The factor two is missing from the bias, but the vectors have it."""

    class GloVe:
        def __init__(self, vocab, dim, x_max, rng):
            self.W = rng.normal(size=(vocab, dim)) * 0.4
            self.C = rng.normal(size=(vocab, dim)) * 0.4
            self.bw = rng.normal(size=vocab) * 0.1
            self.x_max = x_max

        def _weights(self, X):
            return np.minimum(1.0, (X / self.x_max) ** 0.75)

        def loss(self, X):
            diff = self.W @ self.C.T + self.bw[:, None] - np.log(X)
            return np.sum(self._weights(X) * diff**2)

        def gradients(self, X):
            diff = self.W @ self.C.T + self.bw[:, None] - np.log(X)
            fdiff = self._weights(X) * diff
            dW = 2 * fdiff @ self.C
            dC = 2 * fdiff.T @ self.W
            dbw = fdiff.sum(axis=1)  # <- dbw = 2 * fdiff.sum(axis=1)
            return dW, dC, dbw

    rng = np.random.default_rng(214)
    glove = GloVe(5, 3, 8.0, rng)
    cooccurrences = rng.integers(1, 12, size=(5, 5))
    return call(glove.loss, glove.gradients, cooccurrences, params=["W", "C", "bw"])


@case
def siamese_contrastive():
    """Both branches share the weights; the second one is subtracted, and its sign is lost."""

    class SiameseNet:
        def __init__(self, W, margin=2.0):
            self.W = W
            self.margin = margin

        def distance(self, A, B):
            self.fa, self.fb = np.tanh(A @ self.W), np.tanh(B @ self.W)
            return np.sqrt(((self.fa - self.fb) ** 2).sum(axis=1))

        def loss(self, A, B, same):
            d = self.distance(A, B)
            return 0.5 * np.sum(same * d**2 + (1 - same) * np.maximum(0, self.margin - d) ** 2)

        def backward(self, A, B, same):
            d = self.distance(A, B)
            dd = same * d - (1 - same) * np.maximum(0, self.margin - d)
            diff = (dd / d)[:, None] * (self.fa - self.fb)
            left = A.T @ (diff * (1 - self.fa**2))
            right = B.T @ (diff * (1 - self.fb**2))
            self.dW = left + right  # <- self.dW = left - right

    rng = np.random.default_rng(215)
    net = SiameseNet(rng.normal(size=(4, 3)))
    A, B = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    return call(net.loss, net.backward, A, B, np.array([1, 0, 0, 1, 1, 0]))


@case
def mixture_density_head():
    """Two mistakes: the log-variances lack the minus one, and the means have the wrong sign."""

    class MixtureDensity:
        """A mixture of Gaussians per example, with the parameters linear in the features."""

        def __init__(self, d, k, rng):
            self.Wpi, self.Wmu, self.Ws = (rng.normal(scale=0.4, size=(d, k)) for _ in range(3))

        def _parts(self, X, y):
            a, mu, logvar = X @ self.Wpi, X @ self.Wmu, X @ self.Ws
            logpi = a - np.log(np.exp(a).sum(axis=1, keepdims=True))
            z2 = (y[:, None] - mu) ** 2 * np.exp(-logvar)
            logp = logpi - 0.5 * (np.log(2 * np.pi) + logvar + z2)
            return logpi, mu, logvar, z2, logp

        def loss(self, X, y):
            logp = self._parts(X, y)[-1]
            return -np.sum(np.log(np.exp(logp).sum(axis=1)))

        def gradients(self, X, y):
            logpi, mu, logvar, z2, logp = self._parts(X, y)
            r = np.exp(logp)
            r /= r.sum(axis=1, keepdims=True)
            dpi = np.exp(logpi) - r
            dmu = r * (y[:, None] - mu) * np.exp(-logvar)  # <- dmu = r * (mu - y[:, None]) * np.exp(-logvar)
            ds = -0.5 * r * z2  # <- ds = -0.5 * r * (z2 - 1)
            return X.T @ dpi, X.T @ dmu, X.T @ ds

    rng = np.random.default_rng(216)
    mdn = MixtureDensity(3, 2, rng)
    return call(mdn.loss, mdn.gradients, rng.normal(size=(7, 3)), rng.normal(size=7), params=["Wpi", "Wmu", "Ws"])


@case
def elman_language_model():
    """A right character model: the gradient through time is carried from step to step."""

    class CharRNN:
        def __init__(self, vocab, hidden, rng):
            self.Wxh = rng.normal(scale=0.5, size=(hidden, vocab))
            self.Whh = rng.normal(scale=0.5, size=(hidden, hidden))
            self.Why = rng.normal(scale=0.5, size=(vocab, hidden))
            self.bh, self.by = rng.normal(size=(hidden, 1)), rng.normal(size=(vocab, 1))

        def loss(self, inputs, targets):
            self.xs, self.hs, self.ps = {}, {-1: np.zeros_like(self.bh)}, {}
            total = 0
            for t in range(len(inputs)):
                self.xs[t] = np.zeros((self.Wxh.shape[1], 1))
                self.xs[t][inputs[t]] = 1
                self.hs[t] = np.tanh(self.Wxh @ self.xs[t] + self.Whh @ self.hs[t - 1] + self.bh)
                y = self.Why @ self.hs[t] + self.by
                self.ps[t] = np.exp(y) / np.sum(np.exp(y))
                total += -np.log(self.ps[t][targets[t], 0])
            return total

        def backward(self, inputs, targets):
            self.loss(inputs, targets)
            self.dWxh, self.dWhh, self.dWhy = (np.zeros_like(w) for w in (self.Wxh, self.Whh, self.Why))
            self.dbh, self.dby = np.zeros_like(self.bh), np.zeros_like(self.by)
            dhnext = np.zeros_like(self.bh)
            for t in reversed(range(len(inputs))):
                dy = np.copy(self.ps[t])
                dy[targets[t]] -= 1
                self.dWhy += dy @ self.hs[t].T
                self.dby += dy
                dh = self.Why.T @ dy + dhnext
                dhraw = (1 - self.hs[t] ** 2) * dh
                self.dbh += dhraw
                self.dWxh += dhraw @ self.xs[t].T
                self.dWhh += dhraw @ self.hs[t - 1].T
                dhnext = self.Whh.T @ dhraw

    model = CharRNN(4, 3, np.random.default_rng(217))
    return call(model.loss, model.backward, np.array([0, 2, 1, 3, 2]), np.array([2, 1, 3, 2, 0]))


@case
def linear_chain_of_dense_columns():
    """The bias of the first layer is summed over the units, not over the examples in the columns."""

    class ShallowNet:
        """Examples in columns, as in lectures."""

        def __init__(self, n_x, n_h, rng):
            self.W1, self.b1 = rng.normal(size=(n_h, n_x)), rng.normal(size=(n_h, 1))
            self.W2, self.b2 = rng.normal(size=(1, n_h)), rng.normal(size=(1, 1))

        def forward(self, X):
            self.A1 = np.tanh(self.W1 @ X + self.b1)
            self.A2 = 1 / (1 + np.exp(-(self.W2 @ self.A1 + self.b2)))

        def loss(self, X, Y):
            self.forward(X)
            m = Y.shape[1]
            return -np.sum(Y * np.log(self.A2) + (1 - Y) * np.log(1 - self.A2)) / m

        def gradients(self, X, Y):
            self.forward(X)
            m = X.shape[1]
            dZ2 = self.A2 - Y
            dW2 = dZ2 @ self.A1.T / m
            db2 = np.sum(dZ2, axis=1, keepdims=True) / m
            dZ1 = self.W2.T @ dZ2 * (1 - self.A1**2)
            dW1 = dZ1 @ X.T / m
            db1 = np.sum(dZ1, axis=0, keepdims=True).T / m  # <- db1 = np.sum(dZ1, axis=1, keepdims=True) / m
            return dW1, db1, dW2, db2

    rng = np.random.default_rng(218)
    net = ShallowNet(2, 6, rng)
    X, Y = rng.normal(size=(2, 6)), rng.integers(0, 2, size=(1, 6))
    return call(net.loss, net.gradients, X, Y, params=["W1", "b1", "W2", "b2"])


@case
def policy_gradient_agent():
    """The baseline is subtracted in the objective, but the gradient uses the raw returns."""

    class PolicyAgent:
        def __init__(self, n_states, n_actions, seed):
            self.theta = np.random.default_rng(seed).normal(size=(n_states, n_actions))

        def policy(self, states):
            h = self.theta[states]
            e = np.exp(h - h.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)

        def objective(self, states, actions, returns):
            advantages = returns - returns.mean()
            logp = np.log(self.policy(states)[np.arange(len(actions)), actions])
            return np.sum(advantages * logp)

        def gradient(self, states, actions, returns):
            grad = np.zeros_like(self.theta)
            pi = self.policy(states)
            advantages = returns  # <- advantages = returns - returns.mean()
            for t, (s, a) in enumerate(zip(states, actions)):
                score = -pi[t]
                score[a] += 1
                grad[s] += advantages[t] * score
            return grad

    agent = PolicyAgent(3, 4, 8)
    states, actions = np.array([0, 1, 2, 1, 0]), np.array([3, 0, 2, 1, 1])
    returns = np.array([5, 3, 4, 1, 2])
    return call(agent.objective, agent.gradient, states, actions, returns, params=["theta"])


@case
def neural_ode_euler_model():
    """A right residual integrator: the same weights at all steps, their gradients summed over the steps."""

    class EulerNet:
        def __init__(self, W, b, steps, dt):
            self.W, self.b = W, b
            self.steps, self.dt = steps, dt

        def trajectory(self, x0):
            xs = [x0]
            for _ in range(self.steps):
                xs.append(xs[-1] + self.dt * np.tanh(xs[-1] @ self.W + self.b))
            return xs

        def loss(self, x0, target):
            return 0.5 * np.sum((self.trajectory(x0)[-1] - target) ** 2)

        def gradients(self, x0, target):
            xs = self.trajectory(x0)
            adjoint = xs[-1] - target
            dW, db = np.zeros_like(self.W), np.zeros_like(self.b)
            for x in reversed(xs[:-1]):
                s = 1 - np.tanh(x @ self.W + self.b) ** 2
                local = self.dt * adjoint * s
                dW += x.T @ local
                db += local.sum(axis=0)
                adjoint = adjoint + local @ self.W.T
            return dW, db

    rng = np.random.default_rng(220)
    net = EulerNet(rng.normal(size=(3, 3)), rng.normal(size=3), steps=4, dt=0.3)
    return call(net.loss, net.gradients, rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), params=["W", "b"])


@case
def radial_basis_network():
    """The width enters as exp(-gamma d2); the centres get twice gamma with the direction reversed."""

    class RBFNetwork:
        def __init__(self, centers, gamma, weights):
            self.centers = centers
            self.gamma = gamma
            self.weights = weights

        def _phi(self, X):
            self.diff = X[:, None, :] - self.centers[None]
            return np.exp(-self.gamma * (self.diff**2).sum(axis=2))

        def loss(self, X, y):
            return 0.5 * np.sum((self._phi(X) @ self.weights - y) ** 2)

        def gradients(self, X, y):
            phi = self._phi(X)
            e = phi @ self.weights - y
            dphi = e[:, None] * self.weights * phi
            pull = 2 * self.gamma * dphi[:, :, None] * self.diff
            dcenters = -pull.sum(axis=0)  # <- dcenters = pull.sum(axis=0)
            dweights = phi.T @ e
            return dcenters, dweights

    rng = np.random.default_rng(221)
    net = RBFNetwork(rng.normal(size=(3, 2)), 0.4, rng.normal(size=3))
    return call(net.loss, net.gradients, rng.normal(size=(8, 2)), rng.normal(size=8), params=["centers", "weights"])


@case
def ensemble_of_experts():
    """The gate's gradient lacks the centring: each expert is compared with the mixture's output."""

    class MixtureOfExperts:
        def __init__(self, d, k, rng):
            self.G = rng.normal(size=(d, k))
            self.E = rng.normal(size=(d, k))

        def forward(self, X):
            a = X @ self.G
            self.g = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
            self.o = X @ self.E
            return (self.g * self.o).sum(axis=1)

        def backward(self, X, y):
            out = self.forward(X)
            err = (out - y)[:, None]
            self.dE = X.T @ (err * self.g)
            self.dG = X.T @ (err * self.g * self.o)  # <- self.dG = X.T @ (err * self.g * (self.o - out[:, None]))

        def loss(self, X, y):
            return 0.5 * np.sum((self.forward(X) - y) ** 2)

    rng = np.random.default_rng(222)
    moe = MixtureOfExperts(3, 4, rng)
    return call(moe.loss, moe.backward, rng.normal(size=(6, 3)), rng.normal(size=6))


@case
def variational_bottleneck():
    """The reparametrised sample uses exp(s / 2): the half is missing in the chain to the log-variance."""

    class GaussianEncoder:
        def __init__(self, d, k, noise, rng):
            self.Wm = rng.normal(scale=0.5, size=(d, k))
            self.Ws = rng.normal(scale=0.5, size=(d, k))
            self.D = rng.normal(scale=0.5, size=(k, d))
            self.noise = noise

        def loss(self, X):
            self.m, self.s = X @ self.Wm, X @ self.Ws
            self.std = np.exp(0.5 * self.s)
            self.z = self.m + self.std * self.noise
            self.R = self.z @ self.D - X
            kl = -0.5 * np.sum(1 + self.s - self.m**2 - np.exp(self.s))
            return 0.5 * np.sum(self.R**2) + kl

        def gradients(self, X):
            self.loss(X)
            dz = self.R @ self.D.T
            dD = self.z.T @ self.R
            dm = dz + self.m
            ds = dz * self.noise * self.std  # <- ds = 0.5 * dz * self.noise * self.std
            ds += 0.5 * (np.exp(self.s) - 1)
            return X.T @ dm, X.T @ ds, dD

    rng = np.random.default_rng(223)
    vae = GaussianEncoder(4, 2, rng.normal(size=(5, 2)), rng)
    return call(vae.loss, vae.gradients, rng.normal(size=(5, 4)), params=["Wm", "Ws", "D"])

"""Gradients with arguments of their own: fewer, in another order, by keyword, with the value, or a cotangent."""

import numpy as np

from tests.held_out.case import call, case


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def labels(seed, n):
    return (np.random.default_rng(seed).uniform(size=n) < 0.5).astype(float)


@case
def gradient_takes_data_first():
    """The residual is prediction minus target: it is turned round."""

    def mse(w, X, y):
        return np.mean((X @ w - y) ** 2)

    def mse_gradient(X, y, w):
        residual = y - X @ w  # <- residual = X @ w - y
        return 2 * X.T @ residual / len(y)

    return call(mse, mse_gradient, normal(1, 3), normal(2, 8, 3), normal(3, 8))


@case
def gradient_takes_data_first_right():
    """Logistic loss, whose gradient takes the data before the weights."""

    def log_loss(w, X, y):
        p = 1 / (1 + np.exp(-X @ w))
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def log_loss_gradient(X, y, w):
        p = 1 / (1 + np.exp(-X @ w))
        return X.T @ (p - y) / X.shape[0]

    return call(log_loss, log_loss_gradient, normal(4, 4), normal(5, 9, 4), labels(6, 9))


@case
def gradient_without_targets():
    """The softplus terms of a free energy have a minus, which their gradient lost."""

    def free_energy(v, W, b, c):
        return -b @ v - np.sum(np.log1p(np.exp(c + v @ W)))

    def free_energy_gradient(v, W, b, c):
        p = 1 / (1 + np.exp(-(c + v @ W)))
        return -b + W @ p  # <- return -b - W @ p

    return call(free_energy, free_energy_gradient, normal(7, 5), normal(8, 5, 4), normal(9, 5), normal(10, 4))


@case
def gradient_of_the_penalty_alone():
    """The gradient of sum |w|_2 by rows needs the norm of each row, as a column; it has that of each column."""

    def group_lasso(W, lam):
        return lam * np.sum(np.sqrt(np.sum(W**2, axis=1) + 1e-2))

    def group_lasso_gradient(W, lam):
        squares = np.sum(W**2, axis=0)  # <- squares = np.sum(W**2, axis=1, keepdims=True)
        return lam * W / np.sqrt(squares + 1e-2)

    return call(group_lasso, group_lasso_gradient, normal(11, 4, 4), lam=0.6)


@case
def keyword_regularisation():
    """The penalty lam w'w has the gradient 2 lam w."""

    def ridge(w, X, y, lam):
        return np.sum((X @ w - y) ** 2) + lam * np.sum(w**2)

    def ridge_gradient(w, X, y, lam):
        return 2 * X.T @ (X @ w - y) + lam * w  # <- return 2 * X.T @ (X @ w - y) + 2 * lam * w

    return call(ridge, ridge_gradient, normal(12, 4), normal(13, 9, 4), normal(14, 9), lam=0.8)


@case
def keyword_temperature():
    """Boltzmann weights fall with the energy: the minus in the exponent is missing."""

    def free_energy_of_levels(E, occupation, T):
        Z = np.sum(np.exp(-E / T), axis=1)
        return -T * np.sum(np.log(Z)) - np.sum(occupation * E)

    def free_energy_of_levels_gradient(E, occupation, T):
        boltzmann = np.exp(E / T)  # <- boltzmann = np.exp(-E / T)
        p = boltzmann / boltzmann.sum(axis=1, keepdims=True)
        return p - occupation

    occupation = np.random.default_rng(16).dirichlet(np.ones(4), size=5)
    return call(free_energy_of_levels, free_energy_of_levels_gradient, normal(15, 5, 4), occupation, T=1.6)


@case
def keyword_huber_threshold():
    """Huber regression with its threshold as a keyword."""

    def huber_regression(beta, X, y, delta):
        r = y - X @ beta
        small = np.abs(r) <= delta
        return np.sum(np.where(small, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta)))

    def huber_regression_gradient(beta, X, y, delta):
        psi = np.clip(y - X @ beta, -delta, delta)
        return -X.T @ psi

    return call(huber_regression, huber_regression_gradient, normal(17, 3), normal(18, 9, 3), normal(19, 9), delta=1.1)


@case
def value_and_gradient_hand():
    """The hand returns the value too; its gradient forgets the penalty of the loss."""

    def penalised_poisson(beta, X, y):
        eta = X @ beta
        return np.mean(np.exp(eta) - y * eta) + 0.1 * beta @ beta

    def value_and_gradient(beta, X, y):
        eta = X @ beta
        mu = np.exp(eta)
        value = np.mean(mu - y * eta) + 0.1 * beta @ beta
        gradient = X.T @ (mu - y) / len(y)  # <- gradient = X.T @ (mu - y) / len(y) + 0.2 * beta
        return value, gradient

    X = normal(21, 9, 3)
    return call(penalised_poisson, value_and_gradient, 0.4 * normal(20, 3), X, np.array([1, 0, 2, 3, 1, 0, 4, 2, 1]))


@case
def value_and_gradient_of_a_ring():
    """Energy of a ring of oscillators, with its value."""

    def ring_energy(phi, k):
        return np.sum(1 - np.cos(np.roll(phi, -1) - phi)) + 0.5 * k * np.sum(phi**2)

    def ring_energy_and_gradient(phi, k):
        d = np.roll(phi, -1) - phi
        s = np.sin(d)
        return np.sum(1 - np.cos(d)) + 0.5 * k * np.sum(phi**2), np.roll(s, 1) - s + k * phi

    return call(ring_energy, ring_energy_and_gradient, normal(22, 7), 0.3)


@case
def gradient_by_the_second_argument():
    """The gradient is with respect to the bias, over all samples: the mean over the outputs is taken as well."""

    def layer_loss(W, b, X, Y):
        return 0.5 * np.mean(np.sum((X @ W + b - Y) ** 2, axis=1))

    def bias_gradient(W, b, X, Y):
        return np.mean(X @ W + b - Y)  # <- return np.mean(X @ W + b - Y, axis=0)

    return call(
        layer_loss, bias_gradient, normal(23, 4, 3), normal(24, 3), normal(25, 8, 4), normal(26, 8, 3), argnums=1
    )


@case
def gradient_by_two_of_four_arguments():
    """Positions of the sensors and of the source, while data stay as they are."""

    def arrival_misfit(times, source, sensors, speed):
        travel = np.sqrt(np.sum((sensors - source) ** 2, axis=1)) / speed
        return np.sum((travel - times) ** 2)

    def arrival_misfit_gradient(times, source, sensors, speed):
        d = sensors - source
        r = np.sqrt(np.sum(d**2, axis=1))
        dr = 2 * (r / speed - times) / speed
        dsensors = (dr / r)[:, None] * d
        return -dsensors.sum(axis=0), dsensors

    return call(
        arrival_misfit, arrival_misfit_gradient, normal(27, 5), normal(28, 2), normal(29, 5, 2), 1.4, argnums=(1, 2)
    )


@case
def source_location_by_speed():
    """The speed stands below the travel time: d(r / c) / dc = -r / c**2, and the minus is not there."""

    def slowness_misfit(picks, source, speed, stations):
        r = np.linalg.norm(stations - source, axis=1)
        return 0.5 * np.sum((r / speed - picks) ** 2)

    def slowness_misfit_gradient(picks, source, speed, stations):
        offsets = stations - source
        r = np.linalg.norm(offsets, axis=1)
        late = r / speed - picks
        d_source = -(late / (speed * r)) @ offsets
        d_speed = np.sum(late * r) / speed**2  # <- d_speed = -np.sum(late * r) / speed**2
        return d_source, d_speed

    return call(
        slowness_misfit, slowness_misfit_gradient, normal(30, 6), normal(31, 2), 1.7, normal(32, 6, 2), argnums=(1, 2)
    )


@case
def gradients_by_name():
    """The log of the scale is the parameter: its gradient counts n less the standardised squares."""

    def normal_nll(mean, log_sd, x):
        return len(x) * log_sd + 0.5 * np.sum((x - mean) ** 2) * np.exp(-2 * log_sd)

    def normal_nll_gradients(mean, log_sd, x):
        precision = np.exp(-2 * log_sd)
        spread = np.sum((x - mean) ** 2)
        d_log_sd = len(x) - 2 * precision * spread  # <- d_log_sd = len(x) - precision * spread
        return {"mean": -precision * np.sum(x - mean), "log_sd": d_log_sd}

    return call(normal_nll, normal_nll_gradients, 0.4, 0.3, normal(33, 8))


@case
def product_of_experts_cotangent():
    """The vector is pulled back through a weighted sum and a product: the weights are lost on the way."""

    def pool(a, b, w):
        return w * a * b + np.sin(a)

    def pool_backward(dout, a, b, w):
        da = dout * (w * b + np.cos(a))
        db = dout * a  # <- db = dout * w * a
        return da, db

    return call(pool, pool_backward, normal(34, 4, 3), normal(35, 4, 3), np.array([0.5, 1.5, -1.0]))


@case
def distance_matrix_cotangent():
    """The matrix of squared distances pulled back to both sets of points."""

    def squared_distances(A, B):
        return np.sum(A**2, axis=1)[:, None] + np.sum(B**2, axis=1) - 2 * A @ B.T

    def squared_distances_vjp(g, A, B):
        dA = 2 * A * g.sum(axis=1, keepdims=True) - 2 * g @ B
        dB = 2 * B * g.sum(axis=0)[:, None] - 2 * g.T @ A
        return dA, dB

    return call(squared_distances, squared_distances_vjp, normal(36, 5, 3), normal(37, 4, 3))


@case
def cosine_similarity_cotangent():
    """Both vectors are normalised: what lies along the vector itself is taken off, and of B only part is."""

    def cosine(A, B):
        return np.sum(A * B, axis=1) / (np.linalg.norm(A, axis=1) * np.linalg.norm(B, axis=1))

    def cosine_backward(dout, A, B):
        na = np.linalg.norm(A, axis=1, keepdims=True)
        nb = np.linalg.norm(B, axis=1, keepdims=True)
        cos = np.sum(A * B, axis=1, keepdims=True) / (na * nb)
        dA = dout[:, None] * (B / (na * nb) - cos * A / na**2)
        dB = dout[:, None] * (A / (na * nb) - cos * B / nb)  # <- dB = dout[:, None] * (A / (na * nb) - cos * B / nb**2)
        return dA, dB

    return call(cosine, cosine_backward, normal(38, 6, 3), normal(39, 6, 3))


@case
def moving_average_with_cache():
    """A window is pulled back to all samples in it; the last one is left out."""

    def moving_average(x, width):
        n = len(x) - width + 1
        out = np.zeros(n)
        for i in range(n):
            out[i] = x[i : i + width].mean()
        return out, (len(x), width)

    def moving_average_backward(dout, cache):
        length, width = cache
        dx = np.zeros(length)
        for i in range(len(dout)):
            dx[i : i + width - 1] += dout[i] / width  # <- dx[i : i + width] += dout[i] / width
        return dx

    return call(moving_average, moving_average_backward, normal(40, 9), 3)


@case
def exponential_smoothing_with_cache():
    """Two slips: alpha stands in both terms of a step, and the state is carried back by 1 - alpha."""

    def smooth(x, alpha):
        s = np.zeros_like(x)
        s[0] = x[0]
        for t in range(1, len(x)):
            s[t] = alpha * x[t] + (1 - alpha) * s[t - 1]
        return s, (x, s, alpha)

    def smooth_backward(dout, cache):
        x, s, alpha = cache
        dx = np.zeros_like(x)
        dalpha = 0.0
        carry = 0.0
        for t in reversed(range(1, len(x))):
            ds = dout[t] + carry
            dx[t] = alpha * ds
            dalpha += ds * x[t]  # <- dalpha += ds * (x[t] - s[t - 1])
            carry = alpha * ds  # <- carry = (1 - alpha) * ds
        dx[0] = dout[0] + carry
        return dx, dalpha

    return call(smooth, smooth_backward, normal(41, 7), 0.35)


@case
def discounted_sums_with_cache():
    """Discounted sums from the end, pulled back from the start."""

    def discounted(r, gamma):
        out = np.zeros_like(r)
        running = 0.0
        for t in reversed(range(len(r))):
            running = r[t] + gamma * running
            out[t] = running
        return out, (out, gamma)

    def discounted_backward(dout, cache):
        out, gamma = cache
        dr = np.zeros_like(out)
        dgamma, carry = 0.0, 0.0
        for t in range(len(out)):
            carry = dout[t] + gamma * carry
            dr[t] = carry
            if t + 1 < len(out):
                dgamma += carry * out[t + 1]
        return dr, dgamma

    return call(discounted, discounted_backward, normal(42, 6), 0.8)


@case
def euler_integration_with_cache():
    """Each step adds h f(x): the gradient of a step is 1 + h f'(x), of which the 1 is left out."""

    def integrate(x0, k, steps=6, h=0.2):
        xs = [x0]
        for _ in range(steps):
            x = xs[-1]
            xs.append(x + h * (k * x - x**3))
        return xs[-1], (xs, k, h)

    def integrate_backward(dout, cache):
        xs, k, h = cache
        g = dout
        dk = 0.0
        for x in xs[-2::-1]:
            dk += np.sum(g * h * x)
            g = g * h * (k - 3 * x**2)  # <- g = g * (1 + h * (k - 3 * x**2))
        return g, dk

    return call(integrate, integrate_backward, normal(43, 4), 0.7)


@case
def leapfrog_with_cache():
    """One leapfrog trajectory of a pendulum, backwards."""

    def leapfrog(q, p, dt):
        qs = []
        for _ in range(4):
            q = q + 0.5 * dt * p
            qs.append(q)
            p = p - dt * np.sin(q)
            q = q + 0.5 * dt * p
        return q + 2 * p, (qs, dt)

    def leapfrog_backward(dout, cache):
        qs, dt = cache
        dq, dp = dout, 2 * dout
        for q in reversed(qs):
            dp = dp + 0.5 * dt * dq
            dq = dq - dt * np.cos(q) * dp
            dp = dp + 0.5 * dt * dq
        return dq, dp

    return call(leapfrog, leapfrog_backward, normal(44, 3), normal(45, 3), 0.3, argnums=(0, 1))


@case
def wasserstein_of_sorted_samples():
    """The gradient goes back to where the sorted samples came from: g[order] = gap, not gap[order]."""

    def sorted_distance(x, y):
        return np.mean((np.sort(x) - np.sort(y)) ** 2)

    def sorted_distance_gradient(x, y):
        order = np.argsort(x)
        gap = 2 * (np.sort(x) - np.sort(y)) / len(x)
        g = np.empty_like(x)
        g = gap[order]  # <- g[order] = gap
        return g

    return call(sorted_distance, sorted_distance_gradient, normal(46, 7), normal(47, 7))


@case
def loss_object_with_backward():
    """The gap of a pair that differs shrinks with the distance: the minus is missing."""

    class MarginLoss:
        def __init__(self, margin):
            self.margin = margin

        def forward(self, distance, same):
            self.distance, self.same = distance, same
            self.gap = np.maximum(0, self.margin - distance)
            return np.mean(same * distance**2 + (1 - same) * self.gap**2)

        def backward(self):
            push = 2 * (1 - self.same) * self.gap  # <- push = -2 * (1 - self.same) * self.gap
            pull = 2 * self.same * self.distance
            return (pull + push) / len(self.distance)

    loss = MarginLoss(1.5)
    return call(loss.forward, loss.backward, np.abs(normal(48, 9)), labels(49, 9))


@case
def dice_loss_object():
    """A soft Dice loss with smoothing, as an object."""

    class DiceLoss:
        def forward(self, pred, mask):
            self.pred, self.mask = pred, mask
            self.inter = np.sum(pred * mask)
            self.total = np.sum(pred) + np.sum(mask)
            return 1 - (2 * self.inter + 1) / (self.total + 1)

        def backward(self, dout=1.0):
            top, bottom = 2 * self.inter + 1, self.total + 1
            return -dout * (2 * self.mask * bottom - top) / bottom**2

    loss = DiceLoss()
    return call(loss.forward, loss.backward, np.random.default_rng(50).uniform(0.1, 0.9, (4, 5)), labels(51, (4, 5)))


@case
def tversky_loss_object():
    """False positives and false negatives have weights of their own, which are exchanged in the denominator's slope."""

    class TverskyLoss:
        def __init__(self, alpha=0.3, beta=0.7):
            self.alpha, self.beta = alpha, beta

        def forward(self, pred, mask):
            self.mask = mask
            self.tp = np.sum(pred * mask)
            fp = np.sum(pred * (1 - mask))
            fn = np.sum((1 - pred) * mask)
            self.bottom = self.tp + self.alpha * fp + self.beta * fn
            return 1 - self.tp / self.bottom

        def backward(self, dout=1.0):
            fp, fn = self.beta, self.alpha  # <- fp, fn = self.alpha, self.beta
            dbottom = self.mask + fp * (1 - self.mask) - fn * self.mask
            return -dout * (self.mask * self.bottom - self.tp * dbottom) / self.bottom**2

    loss = TverskyLoss()
    return call(loss.forward, loss.backward, np.random.default_rng(52).uniform(0.1, 0.9, (4, 5)), labels(53, (4, 5)))

"""Backpropagation spelled out: loops over samples, neurons and taps, deltas, column vectors, old-fashioned names."""

import math

import numpy as np

from tests.held_out.case import call, case


def logistic(z):
    return 1.0 / (1.0 + np.exp(-z))


@case
def neuron_loops_delta_rule():
    """The hidden delta sums over the weights of one output only: the loop stops before the last output."""

    class ANN:
        def __init__(self, nIn, nHid, nOut, rng):
            self.wHid = rng.uniform(-1, 1, (nHid, nIn))
            self.wOut = rng.uniform(-1, 1, (nOut, nHid))

        def loss(self, x, t):
            self.hid = logistic(self.wHid @ x)
            self.out = logistic(self.wOut @ self.hid)
            return 0.5 * np.sum((t - self.out) ** 2)

        def gradients(self, x, t):
            self.loss(x, t)
            nOut, nHid = self.wOut.shape
            deltaOut = np.zeros(nOut)
            for k in range(nOut):
                deltaOut[k] = (self.out[k] - t[k]) * self.out[k] * (1 - self.out[k])
            deltaHid = np.zeros(nHid)
            for j in range(nHid):
                err = 0.0
                for k in range(nOut - 1):  # <- for k in range(nOut):
                    err += deltaOut[k] * self.wOut[k, j]
                deltaHid[j] = err * self.hid[j] * (1 - self.hid[j])
            gradOut = np.zeros_like(self.wOut)
            gradHid = np.zeros_like(self.wHid)
            for k in range(nOut):
                for j in range(nHid):
                    gradOut[k, j] = deltaOut[k] * self.hid[j]
            for j in range(nHid):
                for i in range(len(x)):
                    gradHid[j, i] = deltaHid[j] * x[i]
            return gradHid, gradOut

    rng = np.random.default_rng(1000)
    ann = ANN(4, 5, 3, rng)
    return call(ann.loss, ann.gradients, rng.normal(size=4), rng.random(3), params=["wHid", "wOut"])


@case
def column_vector_network():
    """A right network of the textbooks with columns and lists, summed sample by sample."""

    class Network:
        def __init__(self, sizes, rng):
            self.weights = [rng.normal(size=(y, x)) for x, y in zip(sizes[:-1], sizes[1:])]
            self.biases = [rng.normal(size=(y, 1)) for y in sizes[1:]]

        def loss(self, X, Y):
            total = 0.0
            for x, y in zip(X, Y):
                a = x[:, None]
                for w, b in zip(self.weights, self.biases):
                    a = logistic(w @ a + b)
                total += 0.5 * np.sum((a - y[:, None]) ** 2)
            return total

        def backprop(self, x, y):
            activation, activations = x, [x]
            for w, b in zip(self.weights, self.biases):
                activation = logistic(w @ activation + b)
                activations.append(activation)
            nabla_w, nabla_b = [None] * len(self.weights), [None] * len(self.biases)
            delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
            nabla_b[-1] = delta
            nabla_w[-1] = delta @ activations[-2].T
            for l in range(2, len(self.weights) + 1):
                a = activations[-l]
                delta = (self.weights[-l + 1].T @ delta) * a * (1 - a)
                nabla_b[-l] = delta
                nabla_w[-l] = delta @ activations[-l - 1].T
            return nabla_w, nabla_b

        def backward(self, X, Y):
            self.grad_weights = [np.zeros_like(w) for w in self.weights]
            self.grad_biases = [np.zeros_like(b) for b in self.biases]
            for x, y in zip(X, Y):
                dw, db = self.backprop(x[:, None], y[:, None])
                self.grad_weights = [g + d for g, d in zip(self.grad_weights, dw)]
                self.grad_biases = [g + d for g, d in zip(self.grad_biases, db)]

    rng = np.random.default_rng(1001)
    net = Network([3, 4, 2], rng)
    return call(net.loss, net.backward, rng.normal(size=(5, 3)), rng.random((5, 2)))


@case
def textbook_network_wrong_layer():
    """The error is sent back through the layer's own weights instead of those of the layer after it."""

    class Net:
        def __init__(self, width, depth, rng):
            self.weights = [rng.normal(size=(width, width)) for _ in range(depth)]

        def activations(self, x):
            acts = [x]
            for W in self.weights:
                acts.append(np.tanh(W @ acts[-1]))
            return acts

        def loss(self, x, target):
            return 0.5 * np.sum((self.activations(x)[-1] - target) ** 2)

        def backward(self, x, target):
            acts = self.activations(x)
            n = len(self.weights)
            deltas = [None] * n
            deltas[n - 1] = (acts[n] - target) * (1 - acts[n] ** 2)
            for i in range(n - 2, -1, -1):
                back = self.weights[i].T @ deltas[i + 1]  # <- back = self.weights[i + 1].T @ deltas[i + 1]
                deltas[i] = back * (1 - acts[i + 1] ** 2)
            self.dweights = [np.outer(d, a) for d, a in zip(deltas, acts)]

    rng = np.random.default_rng(1002)
    net = Net(3, 4, rng)
    return call(net.loss, net.backward, rng.normal(size=3), rng.normal(size=3))


@case
def xor_trainer_global_buffers():
    """The threshold is subtracted in forward; its gradient has the sign of an added bias."""

    class Perceptrons:
        """Thresholds are subtracted, as in older texts."""

        def __init__(self, w, theta, v, phi):
            self.w, self.theta, self.v, self.phi = w, theta, v, phi

        def loss(self, X, T):
            E = 0.0
            for p in range(len(X)):
                h = logistic(X[p] @ self.w - self.theta)
                o = logistic(h @ self.v - self.phi[0])
                E += (T[p] - o) ** 2
            return E

        def gradients(self, X, T):
            gw, gtheta = np.zeros_like(self.w), np.zeros_like(self.theta)
            gv, gphi = np.zeros_like(self.v), np.zeros_like(self.phi)
            for p in range(len(X)):
                h = logistic(X[p] @ self.w - self.theta)
                o = logistic(h @ self.v - self.phi[0])
                do = 2 * (o - T[p]) * o * (1 - o)
                gv += do * h
                gphi += do  # <- gphi -= do
                dh = do * self.v * h * (1 - h)
                gw += np.outer(X[p], dh)
                gtheta -= dh
            return gw, gtheta, gv, gphi

    rng = np.random.default_rng(1003)
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    mlp = Perceptrons(rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=1))
    return call(mlp.loss, mlp.gradients, X, np.array([0, 1, 1, 0]), params=["w", "theta", "v", "phi"])


@case
def polynomial_regression_powers():
    """The derivative of the k-th coefficient takes the power one lower, as if x were differentiated."""

    def sse(coef, x, y):
        total = 0.0
        for xi, yi in zip(x, y):
            pred = 0.0
            for k, c in enumerate(coef):
                pred += c * xi**k
            total += (pred - yi) ** 2
        return total

    def sse_grad(coef, x, y):
        grad = np.zeros(len(coef))
        for xi, yi in zip(x, y):
            pred = sum(c * xi**k for k, c in enumerate(coef))
            for k in range(len(coef)):
                grad[k] += 2 * (pred - yi) * xi ** max(k - 1, 0)  # <- grad[k] += 2 * (pred - yi) * xi**k
        return grad

    rng = np.random.default_rng(1004)
    return call(sse, sse_grad, rng.normal(size=4), rng.normal(size=7), rng.normal(size=7), argnums=0)


@case
def horner_scheme_adjoint():
    """A right adjoint of Horner's scheme, with the partial values from the way down."""

    def horner(c, x):
        out = np.zeros_like(x)
        for a in c[::-1]:
            out = out * x + a
        return out

    def horner_adjoint(dout, c, x):
        partial = [np.zeros_like(x)]
        for a in c[::-1]:
            partial.append(partial[-1] * x + a)
        dc, dx = np.zeros_like(c), np.zeros_like(x)
        bar = dout.copy()
        for k in range(len(c)):
            dc[k] = bar.sum()
            dx += bar * partial[len(c) - 1 - k]
            bar = bar * x
        return dc, dx

    rng = np.random.default_rng(1005)
    return call(horner, horner_adjoint, rng.normal(size=4), rng.normal(size=6))


@case
def horner_scheme_stale_value():
    """The derivative's recursion uses the value after the update where it needs the one before."""

    def poly(x, a):
        p = np.zeros_like(x)
        for c in a:
            p = p * x + c
        return np.sum(p**2)

    def poly_grad(x, a):
        p = np.zeros_like(x)
        dp = np.zeros_like(x)
        for c in a:
            p_new = p * x + c
            dp = dp * x + p_new  # <- dp = dp * x + p
            p = p_new
        return 2 * p * dp

    rng = np.random.default_rng(1006)
    return call(poly, poly_grad, rng.normal(size=6), rng.normal(size=4), argnums=0)


@case
def kmeans_soft_assignments():
    """The responsibilities depend on the centres too; only the direct term is there, with all weights held."""

    def free_energy(C, X, beta):
        d = ((X[:, None] - C[None]) ** 2).sum(-1)
        w = np.exp(-beta * d)
        w = w / w.sum(1, keepdims=True)
        return np.sum(w * d)

    def free_energy_grad(C, X, beta):
        d = ((X[:, None] - C[None]) ** 2).sum(-1)
        w = np.exp(-beta * d)
        w = w / w.sum(1, keepdims=True)
        coef = w  # <- coef = w * (1 - beta * (d - (w * d).sum(1, keepdims=True)))
        return 2 * np.einsum("nk,nkd->kd", coef, C[None] - X[:, None])

    rng = np.random.default_rng(1007)
    return call(free_energy, free_energy_grad, rng.normal(size=(3, 2)), rng.normal(size=(8, 2)), 0.6, argnums=0)


@case
def hopfield_energy_pairs():
    """Each pair is counted twice in the energy's double sum, once in the gradient of the weights."""

    def hopfield(J, s):
        n = len(s)
        E = 0.0
        for i in range(n):
            for j in range(n):
                if i != j:
                    E -= J[min(i, j), max(i, j)] * s[i] * s[j]
        return E

    def hopfield_grad(J, s):
        n = len(s)
        dJ, ds = np.zeros_like(J), np.zeros_like(s)
        for i in range(n):
            for j in range(i + 1, n):
                dJ[i, j] -= s[i] * s[j]  # <- dJ[i, j] -= 2 * s[i] * s[j]
                ds[i] -= 2 * J[i, j] * s[j]
                ds[j] -= 2 * J[i, j] * s[i]
        return dJ, ds

    rng = np.random.default_rng(1008)
    return call(hopfield, hopfield_grad, rng.normal(size=(5, 5)), rng.normal(size=5))


@case
def restricted_boltzmann_free_energy():
    """A right free energy of a restricted Boltzmann machine, for its weights and biases."""

    class RBM:
        def __init__(self, nv, nh, rng):
            self.W = rng.normal(scale=0.5, size=(nv, nh))
            self.bv = rng.normal(size=nv)
            self.bh = rng.normal(size=nh)

        def free_energy(self, v):
            x = v @ self.W + self.bh
            return np.sum(-v @ self.bv - np.sum(np.log1p(np.exp(x)), axis=1))

        def gradients(self, v):
            h = logistic(v @ self.W + self.bh)
            return -v.T @ h, -v.sum(axis=0), -h.sum(axis=0)

    rng = np.random.default_rng(1009)
    rbm = RBM(5, 3, rng)
    return call(rbm.free_energy, rbm.gradients, rng.integers(0, 2, size=(6, 5)), params=["W", "bv", "bh"])


@case
def contrastive_divergence_signs():
    """Two mistakes: the visible biases lack the negative phase, and the hidden ones take it with a plus."""

    class CDObjective:
        def __init__(self, nv, nh, rng):
            self.W = rng.normal(scale=0.5, size=(nv, nh))
            self.a, self.b = rng.normal(size=nv), rng.normal(size=nh)

        def free(self, v):
            return -v @ self.a - np.logaddexp(0, v @ self.W + self.b).sum(axis=1)

        def objective(self, data, model):
            return self.free(data).mean() - self.free(model).mean()

        def gradients(self, data, model):
            hd, hm = logistic(data @ self.W + self.b), logistic(model @ self.W + self.b)
            dW = model.T @ hm / len(model) - data.T @ hd / len(data)
            da = -data.mean(axis=0)  # <- da = model.mean(axis=0) - data.mean(axis=0)
            db = -hm.mean(axis=0) - hd.mean(axis=0)  # <- db = hm.mean(axis=0) - hd.mean(axis=0)
            return {"W": dW, "a": da, "b": db}

    rng = np.random.default_rng(1010)
    cd = CDObjective(4, 3, rng)
    data, model = rng.integers(0, 2, size=(6, 4)), rng.integers(0, 2, size=(5, 4))
    return call(cd.objective, cd.gradients, data, model, params=["W", "a", "b"])


@case
def decision_stump_soft_tree():
    """The right child's probability falls when the left one's rises; its leaves get the same sign."""

    class SoftTree:
        """Depth two: three gates, four leaves."""

        def __init__(self, rng):
            self.gates = rng.normal(size=(3, 2))
            self.leaves = rng.normal(size=4)

        def forward(self, x):
            self.x = x
            self.g = logistic(x @ self.gates.T)
            g0, g1, g2 = self.g.T
            self.paths = np.stack([g0 * g1, g0 * (1 - g1), (1 - g0) * g2, (1 - g0) * (1 - g2)], axis=1)
            return self.paths @ self.leaves

        def backward(self, dout):
            g0, g1, g2 = self.g.T
            L = self.leaves
            self.dleaves = self.paths.T @ dout
            dg = np.empty_like(self.g)
            left, right = g1 * L[0] + (1 - g1) * L[1], g2 * L[2] + (1 - g2) * L[3]
            dg[:, 0] = dout * (left + right)  # <- dg[:, 0] = dout * (left - right)
            dg[:, 1] = dout * g0 * (L[0] - L[1])
            dg[:, 2] = dout * (1 - g0) * (L[2] - L[3])
            da = dg * self.g * (1 - self.g)
            self.dgates = da.T @ self.x
            return da @ self.gates

    rng = np.random.default_rng(1011)
    tree = SoftTree(rng)
    return call(tree.forward, tree.backward, rng.normal(size=(6, 2)))


@case
def spiking_membrane_leak():
    """The leak is left out when the adjoint goes to the step before."""

    def membrane(current, leak):
        v = 0.0
        out = np.zeros(len(current))
        for t in range(len(current)):
            v = leak * v + current[t]
            out[t] = math.tanh(v)
        return out

    def membrane_backward(dout, current, leak):
        n = len(current)
        vs = np.zeros(n)
        v = 0.0
        for t in range(n):
            v = leak * v + current[t]
            vs[t] = v
        dcurrent = np.zeros(n)
        dv = 0.0
        for t in range(n - 1, -1, -1):
            dv = dv + dout[t] * (1 - math.tanh(vs[t]) ** 2)
            dcurrent[t] = dv  # <- below: dv *= leak
        return dcurrent

    return call(membrane, membrane_backward, np.random.default_rng(1012).normal(size=8), 0.8, argnums=0)


@case
def leaky_integrator_python_floats():
    """A right gradient with plain numbers and the math module, term by term."""

    def total(rates):
        s, acc = 0.0, 0.0
        for r in rates:
            s = 0.5 * s + math.sin(r)
            acc += s * s
        return acc

    def total_gradient(rates):
        states, s = [], 0.0
        for r in rates:
            s = 0.5 * s + math.sin(r)
            states.append(s)
        g = [0.0] * len(rates)
        ds = 0.0
        for i in range(len(rates) - 1, -1, -1):
            ds += 2 * states[i]
            g[i] = ds * math.cos(rates[i])
            ds *= 0.5
        return np.array(g)

    return call(total, total_gradient, np.random.default_rng(1013).normal(size=7))


@case
def newton_iteration_unrolled():
    """Two mistakes: the derivative of the quotient lacks the square, and the new root is used in it too early."""

    def sqrt_newton(a):
        x = np.ones_like(a)
        for _ in range(3):
            x = 0.5 * (x + a / x)
        return x

    def sqrt_newton_vjp(g, a):
        x, dx = np.ones_like(a), np.zeros_like(a)
        for _ in range(3):
            x_new = 0.5 * (x + a / x)
            direct = 1 / x_new  # <- direct = 1 / x
            through = a * dx / x  # <- through = a * dx / x**2
            dx = 0.5 * (dx + direct - through)
            x = x_new
        return g * dx

    return call(sqrt_newton, sqrt_newton_vjp, np.random.default_rng(1014).uniform(0.5, 4, size=5))


@case
def sinkhorn_scaling_steps():
    """The kernel is transposed in the second half step of the sweep, as in the first."""

    def sinkhorn_v(K, r, c):
        u, v = np.ones(len(r)), np.ones(len(c))
        for _ in range(3):
            u = r / (K @ v)
            v = c / (K.T @ u)
        return v

    def sinkhorn_v_grad(dv, K, r, c):
        us, vs = [], [np.ones(len(c))]
        for _ in range(3):
            us.append(r / (K @ vs[-1]))
            vs.append(c / (K.T @ us[-1]))
        dr, dc = np.zeros_like(r), np.zeros_like(c)
        du = np.zeros_like(r)
        for k in range(2, -1, -1):
            u, v = us[k], vs[k + 1]
            dc += dv * v / c
            du = -K @ (dv * v**2 / c)
            dr += du * u / r
            dv = -K @ (du * u**2 / r)  # <- dv = -K.T @ (du * u**2 / r)
        return dr, dc

    rng = np.random.default_rng(1015)
    K = np.exp(-rng.uniform(0, 2, size=(4, 4)))
    return call(sinkhorn_v, sinkhorn_v_grad, K, rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4)), argnums=(1, 2))


@case
def power_iteration_normalised():
    """The normalisation's projection is done with the vector of the step before."""

    def power(A, v0):
        v = v0
        for _ in range(3):
            w = A @ v
            v = w / np.linalg.norm(w)
        return v, (A, v0)

    def power_backward(dv, cache):
        A, v0 = cache
        vs, norms = [v0], []
        for _ in range(3):
            w = A @ vs[-1]
            norms.append(np.linalg.norm(w))
            vs.append(w / norms[-1])
        dA = np.zeros_like(A)
        for k in (2, 1, 0):
            unit = vs[k]  # <- unit = vs[k + 1]
            dw = (dv - unit * (unit @ dv)) / norms[k]
            dA += np.outer(dw, vs[k])
            dv = A.T @ dw
        return dA, dv

    rng = np.random.default_rng(1016)
    return call(power, power_backward, rng.normal(size=(4, 4)) + 2 * np.eye(4), rng.normal(size=4))


@case
def forward_substitution_adjoint():
    """A right adjoint of forward substitution: back substitution with the transposed matrix, and an outer product."""

    def solve_lower(L, b):
        x = np.zeros_like(b)
        for i in range(len(b)):
            x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
        return x

    def solve_lower_vjp(gx, L, b):
        n = len(b)
        x = solve_lower(L, b)
        gb = np.zeros(n)
        for i in range(n - 1, -1, -1):
            gb[i] = (gx[i] - L[i + 1 :, i] @ gb[i + 1 :]) / L[i, i]
        return -np.tril(np.outer(gb, x)), gb

    rng = np.random.default_rng(1017)
    return call(solve_lower, solve_lower_vjp, np.tril(rng.normal(size=(4, 4))) + 2 * np.eye(4), rng.normal(size=4))


@case
def forward_substitution_diagonal():
    """The gradient of the diagonal is divided by the diagonal twice."""

    def fsub(L, b):
        y = np.zeros(len(b))
        for i in range(len(b)):
            s = b[i]
            for j in range(i):
                s -= L[i, j] * y[j]
            y[i] = s / L[i, i]
        return y

    def fsub_vjp(gy, L, b):
        y = fsub(L, b)
        ybar = gy.copy()
        gL, gb = np.zeros_like(L), np.zeros_like(b)
        for i in reversed(range(len(b))):
            sbar = ybar[i] / L[i, i]
            gL[i, i] = -sbar * y[i] / L[i, i]  # <- gL[i, i] = -sbar * y[i]
            gb[i] = sbar
            for j in range(i):
                gL[i, j] -= sbar * y[j]
                ybar[j] -= sbar * L[i, j]
        return gL, gb

    rng = np.random.default_rng(1018)
    return call(fsub, fsub_vjp, np.tril(rng.normal(size=(4, 4))) + 2 * np.eye(4), rng.normal(size=4))


@case
def cholesky_loops_reverse():
    """In the sweep back through the factorisation the two factors of the inner product share one index."""

    def chol(A):
        n = len(A)
        L = np.zeros_like(A)
        for j in range(n):
            L[j, j] = np.sqrt(A[j, j] - L[j, :j] @ L[j, :j])
            for i in range(j + 1, n):
                L[i, j] = (A[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
        return L

    def chol_vjp(dL, A):
        n = len(A)
        L = chol(A)
        F = np.tril(dL).copy()
        dA = np.zeros_like(A)
        for j in range(n - 1, -1, -1):
            for i in range(n - 1, j, -1):
                g = F[i, j] / L[j, j]
                F[j, j] -= g * L[i, j]
                dA[i, j] = g
                F[i, :j] -= g * L[j, :j]
                F[j, :j] -= g * L[j, :j]  # <- F[j, :j] -= g * L[i, :j]
            g = 0.5 * F[j, j] / L[j, j]
            dA[j, j] = g
            F[j, :j] -= 2 * g * L[j, :j]
        return dA

    M = np.random.default_rng(1019).normal(size=(4, 4))
    return call(chol, chol_vjp, M @ M.T + 3 * np.eye(4))


@case
def moving_average_crossover():
    """The window's last sample is left out when the gradient is spread."""

    def smooth(prices, k):
        return np.array([prices[i - k + 1 : i + 1].mean() for i in range(k - 1, len(prices))])

    def smooth_back(dy, prices, k):
        g = np.zeros_like(prices)
        for n, i in enumerate(range(k - 1, len(prices))):
            g[i - k + 1 : i] += dy[n] / k  # <- g[i - k + 1 : i + 1] += dy[n] / k
        return g

    return call(smooth, smooth_back, np.random.default_rng(1020).normal(size=10), 3, argnums=0)


@case
def softplus_barrier_samples():
    """Two mistakes: the sign of the barrier's inner derivative, and its mean over the samples, which is a sum."""

    def barrier(w, X, margin):
        cost = 0.0
        for x in X:
            cost += np.log1p(np.exp(margin - w @ x))
        return cost / len(X) + 0.5 * np.sum(w**2)

    def barrier_grad(w, X, margin):
        g = np.zeros_like(w)
        for x in X:
            g += x * logistic(margin - w @ x)  # <- g -= x * logistic(margin - w @ x)
        return g + w  # <- return g / len(X) + w

    rng = np.random.default_rng(1021)
    return call(barrier, barrier_grad, rng.normal(size=3), rng.normal(size=(6, 3)), 0.5, argnums=0)

"""Small frameworks of one's own: modules in a list, parameters with a gradient, losses and optimisers beside them."""

import numpy as np

from tests.held_out.case import call, case


class Parameter:
    """An array with the gradient that was collected for it."""

    def __init__(self, value):
        self.value = np.asarray(value, dtype=float)
        self.grad = np.zeros_like(self.value)


class SGD:
    def __init__(self, parameters, lr):
        self.parameters, self.lr = parameters, lr

    def step(self):
        for p in self.parameters:
            p.value -= self.lr * p.grad

    def zero_grad(self):
        for p in self.parameters:
            p.grad[...] = 0.0


@case
def sequential_of_modules():
    """A right stack of modules, each of which sends the gradient on."""

    class Linear:
        def __init__(self, n_in, n_out, rng):
            self.weight = Parameter(rng.normal(size=(n_in, n_out)) / np.sqrt(n_in))
            self.bias = Parameter(rng.normal(size=n_out) / 10)

        def forward(self, x):
            self.x = x
            return x @ self.weight.value + self.bias.value

        def backward(self, grad):
            self.weight.grad += self.x.T @ grad
            self.bias.grad += grad.sum(axis=0)
            return grad @ self.weight.value.T

    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, grad):
            return grad * (1 - self.y**2)

    class Sequential:
        def __init__(self, *modules):
            self.modules = list(modules)

        def forward(self, x):
            for module in self.modules:
                x = module.forward(x)
            return x

        def backward(self, grad):
            for module in reversed(self.modules):
                grad = module.backward(grad)
            return grad

    rng = np.random.default_rng(800)
    net = Sequential(Linear(3, 5, rng), Tanh(), Linear(5, 2, rng))
    return call(net.forward, net.backward, rng.normal(size=(4, 3)))


@case
def sequential_without_reversal():
    """The modules are visited from the first to the last on the way back too."""

    class Scale:
        def __init__(self, dim, seed):
            self.s = Parameter(np.random.default_rng(seed).uniform(0.5, 2, dim))

        def forward(self, x):
            self.x = x
            return x * self.s.value

        def backward(self, dout):
            self.s.grad += (dout * self.x).sum(axis=0)
            return dout * self.s.value

    class Softplus:
        def forward(self, x):
            self.x = x
            return np.log1p(np.exp(x))

        def backward(self, dout):
            return dout / (1 + np.exp(-self.x))

    class Chain:
        def __init__(self, layers):
            self.layers = layers

        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in self.layers:  # <- for layer in reversed(self.layers):
                dout = layer.backward(dout)
            return dout

    chain = Chain([Scale(3, 1), Softplus(), Scale(3, 2), Softplus()])
    return call(chain.forward, chain.backward, np.random.default_rng(801).normal(size=(5, 3)))


@case
def module_with_shared_weight():
    """The layer is used twice, and the second use overwrites the gradient of the first."""

    class Shared:
        def __init__(self, dim, rng):
            self.W = Parameter(rng.normal(size=(dim, dim)) * 0.6)
            self.inputs = []

        def forward(self, x):
            self.inputs = [x]
            h = np.tanh(x @ self.W.value)
            self.inputs.append(h)
            return np.tanh(h @ self.W.value)

        def backward(self, dout):
            self.W.grad[...] = 0
            for x in reversed(self.inputs):
                y = np.tanh(x @ self.W.value)
                dz = dout * (1 - y * y)
                self.W.grad[...] = x.T @ dz  # <- self.W.grad += x.T @ dz
                dout = dz @ self.W.value.T
            return dout

    rng = np.random.default_rng(802)
    layer = Shared(3, rng)
    return call(layer.forward, layer.backward, rng.normal(size=(4, 3)))


@case
def model_loss_with_weight_decay():
    """The decay's gradient has the wrong sign."""

    class Network:
        def __init__(self, rng):
            self.hidden = Parameter(rng.normal(size=(3, 4)))
            self.output = Parameter(rng.normal(size=(4, 1)))
            self.decay = 0.2

        def parameters(self):
            return [self.hidden, self.output]

        def loss(self, X, y):
            self.h = 1 / (1 + np.exp(-X @ self.hidden.value))
            self.r = self.h @ self.output.value - y[:, None]
            penalty = sum(np.sum(p.value**2) for p in self.parameters())
            return np.mean(self.r**2) + 0.5 * self.decay * penalty

        def backward(self, X, y):
            self.loss(X, y)
            dout = 2 * self.r / self.r.size
            self.output.grad = self.h.T @ dout
            dh = dout @ self.output.value.T * self.h * (1 - self.h)
            self.hidden.grad = X.T @ dh
            for p in self.parameters():
                p.grad -= self.decay * p.value  # <- p.grad += self.decay * p.value

    rng = np.random.default_rng(803)
    net = Network(rng)
    return call(net.loss, net.backward, rng.normal(size=(6, 3)), rng.normal(size=6))


@case
def trainer_zeroes_before_backward():
    """A right model with an optimiser that clears the gradients before each pass."""

    class Regressor:
        def __init__(self, rng):
            self.W = Parameter(rng.normal(size=(2, 3)))
            self.b = Parameter(rng.normal(size=3))
            self.optimizer = SGD([self.W, self.b], lr=0.1)

        def loss(self, X, Y):
            self.error = np.sin(X @ self.W.value + self.b.value) - Y
            return np.sum(np.abs(self.error) ** 3)

        def backward(self, X, Y):
            self.optimizer.zero_grad()
            z = X @ self.W.value + self.b.value
            dz = 3 * self.error**2 * np.sign(self.error) * np.cos(z)
            self.W.grad += X.T @ dz
            self.b.grad += dz.sum(axis=0)

        def train_step(self, X, Y):
            value = self.loss(X, Y)
            self.backward(X, Y)
            self.optimizer.step()
            return value

    rng = np.random.default_rng(804)
    model = Regressor(rng)
    return call(model.loss, model.backward, rng.normal(size=(5, 2)), rng.normal(size=(5, 3)))


@case
def step_before_backward():
    """The optimiser moves the output layer before the error goes through it: stale and new weights are mixed."""

    class OnlineNet:
        def __init__(self, rng, lr=0.05):
            self.W1 = rng.normal(size=(3, 4))
            self.W2 = rng.normal(size=(4, 2))
            self.lr = lr

        def loss(self, X, T):
            self.A = np.tanh(X @ self.W1)
            self.E = self.A @ self.W2 - T
            return 0.5 * np.sum(self.E**2)

        def gradients(self, X, T):
            self.loss(X, T)
            dW2 = self.A.T @ self.E
            W2_new = self.W2 - self.lr * dW2
            dA = self.E @ W2_new.T  # <- dA = self.E @ self.W2.T
            dW1 = X.T @ (dA * (1 - self.A**2))
            return dW1, dW2

    rng = np.random.default_rng(805)
    net = OnlineNet(rng)
    return call(net.loss, net.gradients, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), params=["W1", "W2"])


@case
def residual_container():
    """The container adds its input to the output of its inner layer, and forgets it on the way back."""

    class Affine:
        def __init__(self, W):
            self.W = Parameter(W)

        def forward(self, x):
            self.x = x
            return np.maximum(x @ self.W.value, 0.1 * (x @ self.W.value))

        def backward(self, grad):
            z = self.x @ self.W.value
            dz = np.where(z > 0, grad, 0.1 * grad)
            self.W.grad += self.x.T @ dz
            return dz @ self.W.value.T

    class Residual:
        def __init__(self, inner):
            self.inner = inner

        def forward(self, x):
            return x + self.inner.forward(x)

        def backward(self, grad):
            return self.inner.backward(grad)  # <- return grad + self.inner.backward(grad)

    rng = np.random.default_rng(806)
    block = Residual(Affine(rng.normal(size=(4, 4))))
    return call(block.forward, block.backward, rng.normal(size=(3, 4)))


@case
def parallel_branches_concatenated():
    """The input's gradient is that of the second branch alone, it replaces that of the first."""

    class Branch:
        def __init__(self, n_in, n_out, rng):
            self.W = Parameter(rng.normal(size=(n_in, n_out)))

        def forward(self, x):
            self.x = x
            return x @ self.W.value

        def backward(self, grad):
            self.W.grad += self.x.T @ grad
            return grad @ self.W.value.T

    class Concat:
        def __init__(self, left, right):
            self.left, self.right = left, right

        def forward(self, x):
            a, b = self.left.forward(x), self.right.forward(x)
            self.width = a.shape[1]
            return np.concatenate([a, b], axis=1)

        def backward(self, grad):
            dx = self.left.backward(grad[:, : self.width])
            dx = self.right.backward(grad[:, self.width :])  # <- dx += self.right.backward(grad[:, self.width :])
            return dx

    rng = np.random.default_rng(807)
    both = Concat(Branch(3, 2, rng), Branch(3, 4, rng))
    return call(both.forward, both.backward, rng.normal(size=(4, 3)))


@case
def softmax_cross_entropy_module_pair():
    """The loss module gives the combined gradient, and the softmax module differentiates once more."""

    class Softmax:
        def forward(self, z):
            e = np.exp(z - z.max(axis=1, keepdims=True))
            self.p = e / e.sum(axis=1, keepdims=True)
            return self.p

        def backward(self, grad):
            return self.p * (grad - (grad * self.p).sum(axis=1, keepdims=True))

    class CrossEntropy:
        def forward(self, p, y):
            self.p, self.y = p, y
            return -np.sum(y * np.log(p)) / len(p)

        def backward(self):
            return (self.p - self.y) / len(self.p)  # <- return -self.y / self.p / len(self.p)

    class Classifier:
        def __init__(self, W):
            self.W = W
            self.softmax, self.criterion = Softmax(), CrossEntropy()

        def loss(self, X, y):
            return self.criterion.forward(self.softmax.forward(X @ self.W), y)

        def backward(self, X, y):
            self.loss(X, y)
            self.dW = X.T @ self.softmax.backward(self.criterion.backward())

    rng = np.random.default_rng(808)
    clf = Classifier(rng.normal(size=(3, 4)))
    return call(clf.loss, clf.backward, rng.normal(size=(5, 3)), np.eye(4, dtype=int)[[0, 3, 1, 1, 2]])


@case
def node_graph_tape():
    """The denominator of a quotient gets minus a over b, without the square."""

    class Div:
        def forward(self, a, b):
            self.a, self.b = a, b
            return a / b

        def backward(self, g):
            return g / self.b, -g * self.a / self.b  # <- return g / self.b, -g * self.a / self.b**2

    class RatioModel:
        """Michaelis-Menten kinetics: v = vmax * s / (km + s)."""

        def __init__(self, vmax, km):
            self.params = {"vmax": np.array([vmax]), "km": np.array([km])}
            self.div = Div()

        def forward(self, s):
            self.s = s
            return self.div.forward(self.params["vmax"] * s, self.params["km"] + s)

        def backward(self, g):
            dnum, dden = self.div.backward(g)
            self.grads = {"vmax": np.array([np.sum(dnum * self.s)]), "km": np.array([np.sum(dden)])}
            return dnum * self.params["vmax"] + dden

    model = RatioModel(2.0, 0.7)
    return call(model.forward, model.backward, np.random.default_rng(809).uniform(0.2, 3, size=7))


@case
def multi_task_two_heads():
    """The trunk receives the gradient of the second head only: the first is overwritten."""

    class MultiTask:
        def __init__(self, rng):
            self.trunk = Parameter(rng.normal(size=(3, 4)))
            self.head_a = Parameter(rng.normal(size=4))
            self.head_b = Parameter(rng.normal(size=4))

        def loss(self, X, ya, yb):
            self.h = np.tanh(X @ self.trunk.value)
            self.ra = self.h @ self.head_a.value - ya
            self.logit = self.h @ self.head_b.value
            return 0.5 * np.sum(self.ra**2) + np.sum(np.log1p(np.exp(self.logit)) - yb * self.logit)

        def backward(self, X, ya, yb):
            self.loss(X, ya, yb)
            db = 1 / (1 + np.exp(-self.logit)) - yb
            self.head_a.grad = self.h.T @ self.ra
            self.head_b.grad = self.h.T @ db
            dh = np.outer(self.ra, self.head_a.value)
            dh = np.outer(db, self.head_b.value)  # <- dh += np.outer(db, self.head_b.value)
            self.trunk.grad = X.T @ (dh * (1 - self.h**2))

    rng = np.random.default_rng(810)
    net = MultiTask(rng)
    return call(net.loss, net.backward, rng.normal(size=(6, 3)), rng.normal(size=6), rng.integers(0, 2, 6))


@case
def gan_generator_through_critic():
    """A right gradient of a generator through a critic whose own weights stay fixed."""

    class Generator:
        def __init__(self, rng):
            self.G = rng.normal(size=(2, 3))
            self.critic_u, self.critic_v = rng.normal(size=(3, 4)), rng.normal(size=4)

        def loss(self, noise):
            self.fake = np.tanh(noise @ self.G)
            self.hidden = np.tanh(self.fake @ self.critic_u)
            return -np.mean(self.hidden @ self.critic_v)

        def gradients(self, noise):
            self.loss(noise)
            dhidden = np.tile(-self.critic_v / len(noise), (len(noise), 1))
            dfake = (dhidden * (1 - self.hidden**2)) @ self.critic_u.T
            return (noise.T @ (dfake * (1 - self.fake**2)),)

    rng = np.random.default_rng(811)
    gen = Generator(rng)
    return call(gen.loss, gen.gradients, rng.normal(size=(5, 2)), params=["G"])


@case
def deep_set_pooling_model():
    """The inner activation is differentiated at the pooled value instead of at each member of the set."""

    class DeepSet:
        def __init__(self, rng):
            self.phi = Parameter(rng.normal(size=(2, 4)))
            self.rho = Parameter(rng.normal(size=(4, 1)))

        def forward(self, sets):
            self.sets = sets  # batch, members, features
            self.e = np.tanh(sets @ self.phi.value)
            self.pooled = self.e.sum(axis=1)
            return self.pooled @ self.rho.value

        def backward(self, dout):
            self.rho.grad = self.pooled.T @ dout
            dpooled = dout @ self.rho.value.T
            slope = 1 - np.tanh(self.pooled[:, None, :]) ** 2  # <- slope = 1 - self.e**2
            de = dpooled[:, None, :] * slope * np.ones_like(self.e)
            self.phi.grad = np.einsum("bmf,bmh->fh", self.sets, de)
            return de @ self.phi.value.T

    rng = np.random.default_rng(812)
    ds = DeepSet(rng)
    return call(ds.forward, ds.backward, rng.normal(size=(3, 4, 2)))


@case
def scalar_gain_module():
    """The gain is one number for the whole array, and its gradient is a mean over the elements."""

    class Gain:
        def __init__(self, gain):
            self.gain = Parameter([gain])

        def forward(self, x):
            self.x = x
            return self.gain.value * np.arctan(x)

        def backward(self, dout):
            curve = np.arctan(self.x)
            self.gain.grad[0] = np.mean(dout * curve)  # <- self.gain.grad[0] = np.sum(dout * curve)
            return dout * self.gain.value / (1 + self.x**2)

    g = Gain(1.8)
    return call(g.forward, g.backward, np.random.default_rng(813).normal(size=(3, 5)))


@case
def masked_linear_autoregressive():
    """The masked entries of the weights have no influence, but they receive a gradient."""

    class MaskedLinear:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.mask = np.tril(np.ones_like(W), -1).T

        def forward(self, x):
            self.x = x
            return x @ (self.W * self.mask) + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout  # <- self.dW = self.x.T @ dout * self.mask
            self.db = dout.sum(axis=0)
            return dout @ (self.W * self.mask).T

    rng = np.random.default_rng(814)
    layer = MaskedLinear(rng.normal(size=(4, 4)), rng.normal(size=4))
    return call(layer.forward, layer.backward, rng.normal(size=(6, 4)))


@case
def coupling_flow_layer():
    """A right affine coupling with the log-determinant as a second output."""

    class AffineCoupling:
        def __init__(self, Ws, Wt):
            self.Ws, self.Wt = Ws, Wt

        def forward(self, x):
            self.k = x.shape[1] // 2
            self.x = x
            self.s = np.tanh(x[:, : self.k] @ self.Ws)
            self.t = x[:, : self.k] @ self.Wt
            y2 = x[:, self.k :] * np.exp(self.s) + self.t
            return np.concatenate([x[:, : self.k], y2], axis=1), self.s.sum(axis=1)

        def backward(self, dy, dlogdet):
            x1, x2 = self.x[:, : self.k], self.x[:, self.k :]
            dy1, dy2 = dy[:, : self.k], dy[:, self.k :]
            ds = dy2 * x2 * np.exp(self.s) + dlogdet[:, None]
            da = ds * (1 - self.s**2)
            self.dWs = x1.T @ da
            self.dWt = x1.T @ dy2
            dx1 = dy1 + da @ self.Ws.T + dy2 @ self.Wt.T
            return np.concatenate([dx1, dy2 * np.exp(self.s)], axis=1)

    rng = np.random.default_rng(815)
    flow = AffineCoupling(rng.normal(size=(2, 2)), rng.normal(size=(2, 2)))
    return call(flow.forward, flow.backward, rng.normal(size=(5, 4)))


@case
def planar_flow_log_determinant():
    """The log-determinant depends on the input through the slope of tanh; that term is missing."""

    class PlanarFlow:
        def __init__(self, w, u, b):
            self.w, self.u, self.b = w, u, b

        def forward(self, z):
            self.z = z
            self.h = np.tanh(z @ self.w + self.b)
            self.det = 1 + (1 - self.h**2) * (self.w @ self.u)
            return z + self.h[:, None] * self.u, np.log(np.abs(self.det))

        def backward(self, dout, dlogdet):
            slope = 1 - self.h**2
            dh = dout @ self.u
            ddet = dlogdet / self.det
            da = dh * slope  # <- da = dh * slope - 2 * self.h * slope * (self.w @ self.u) * ddet
            self.dw = self.z.T @ da + (ddet * slope).sum() * self.u
            self.du = dout.T @ self.h + (ddet * slope).sum() * self.w
            self.db = np.array([da.sum()])
            return dout + np.outer(da, self.w)

    flow = PlanarFlow(np.array([0.6, -0.4]), np.array([0.5, 0.9]), np.array([0.1]))
    return call(flow.forward, flow.backward, np.random.default_rng(816).normal(size=(5, 2)))


@case
def vector_quantizer_commitment():
    """A right commitment loss with the nearest code fixed by the position."""

    class VectorQuantizer:
        def __init__(self, codebook, beta):
            self.codebook, self.beta = codebook, beta

        def loss(self, z):
            d = ((z[:, None] - self.codebook) ** 2).sum(axis=2)
            self.idx = d.argmin(axis=1)
            return (1 + self.beta) * np.mean((z - self.codebook[self.idx]) ** 2)

        def backward(self, z):
            self.loss(z)
            g = 2 * (1 + self.beta) * (z - self.codebook[self.idx]) / z.size
            self.dcodebook = np.zeros_like(self.codebook)
            np.add.at(self.dcodebook, self.idx, -g)
            return g

    rng = np.random.default_rng(817)
    vq = VectorQuantizer(2 * rng.normal(size=(3, 2)), 0.25)
    return call(vq.loss, vq.backward, rng.normal(size=(7, 2)))


@case
def adam_friendly_list_model():
    """Two mistakes: the middle bias takes the gradient after the weights, and the loss's half became a two."""

    class ThreeLayer:
        def __init__(self, sizes, rng):
            self.params = []
            for m, n in zip(sizes[:-1], sizes[1:]):
                self.params += [rng.normal(size=(m, n)) / np.sqrt(m), rng.normal(size=n) / 5]

        def loss(self, X, Y):
            W1, b1, W2, b2, W3, b3 = self.params
            self.h1 = np.tanh(X @ W1 + b1)
            self.h2 = np.tanh(self.h1 @ W2 + b2)
            self.R = self.h2 @ W3 + b3 - Y
            return 0.5 * np.sum(self.R**2) / len(X)

        def backward(self, X, Y):
            self.loss(X, Y)
            W1, b1, W2, b2, W3, b3 = self.params
            g = 2 * self.R / len(X)  # <- g = self.R / len(X)
            g2 = (g @ W3.T) * (1 - self.h2**2)
            g1 = (g2 @ W2.T) * (1 - self.h1**2)
            dW3, db3 = self.h2.T @ g, g.sum(0)
            dW2, db2 = self.h1.T @ g2, g1.sum(0)  # <- dW2, db2 = self.h1.T @ g2, g2.sum(0)
            dW1, db1 = X.T @ g1, g1.sum(0)
            self.grads = [dW1, db1, dW2, db2, dW3, db3]

    rng = np.random.default_rng(818)
    net = ThreeLayer([3, 4, 4, 2], rng)
    return call(net.loss, net.backward, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))

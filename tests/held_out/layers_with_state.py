"""Layers as objects: forward keeps what backward needs, gradients lie beside the weights."""

import numpy as np

from tests.held_out.case import call, case


@case
def dense_layer_bias():
    """The gradient of the bias is not summed over the batch."""

    class Dense:
        def __init__(self, W, b):
            self.W = W
            self.b = b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout  # <- self.db = dout.sum(axis=0)
            return dout @ self.W.T

    rng = np.random.default_rng(3)
    layer = Dense(rng.normal(size=(4, 3)), rng.normal(size=3))
    return call(layer.forward, layer.backward, rng.normal(size=(5, 4)))


@case
def fully_connected_row_weights():
    """A right layer whose weights are stored output by input, as in most frameworks."""

    class FullyConnected:
        def __init__(self, n_in, n_out, rng):
            self.params = {
                "W": rng.normal(0.0, 1.0 / np.sqrt(n_in), size=(n_out, n_in)),
                "b": rng.normal(size=(n_out,)),
            }
            self.grads = {}

        def forward(self, inputs):
            self.inputs = inputs
            return inputs @ self.params["W"].T + self.params["b"]

        def backward(self, grad_output):
            self.grads["W"] = grad_output.T @ self.inputs
            self.grads["b"] = grad_output.sum(axis=0)
            return grad_output @ self.params["W"]

    rng = np.random.default_rng(17)
    fc = FullyConnected(6, 4, rng)
    return call(fc.forward, fc.backward, rng.normal(size=(7, 6)))


@case
def square_linear_transposed():
    """The input gradient uses the weights instead of their transpose; the shapes agree because the layer is square."""

    class Linear:
        def __init__(self, in_features, out_features, seed=0):
            gen = np.random.default_rng(seed)
            bound = 1 / np.sqrt(in_features)
            self.weight = gen.uniform(-bound, bound, (in_features, out_features))
            self.bias = gen.uniform(-bound, bound, (out_features,))
            self.grad_weight = np.zeros_like(self.weight)
            self.grad_bias = np.zeros_like(self.bias)

        def forward(self, x):
            self._x = x.copy()
            return np.dot(x, self.weight) + self.bias

        def backward(self, grad_output):
            self.grad_weight = np.dot(self._x.T, grad_output)
            self.grad_bias = np.sum(grad_output, axis=0)
            return np.dot(grad_output, self.weight)  # <- return np.dot(grad_output, self.weight.T)

    lin = Linear(4, 4, seed=11)
    return call(lin.forward, lin.backward, np.random.default_rng(12).normal(size=(6, 4)))


@case
def sigmoid_layer_of_the_input():
    """The derivative of the sigmoid is formed with the input where its output belongs."""

    class Sigmoid:
        def __init__(self):
            self.z = None

        def forward(self, z):
            self.z = z
            self.a = 1.0 / (1.0 + np.exp(-z))
            return self.a

        def backward(self, dA):
            return dA * self.z * (1 - self.z)  # <- return dA * self.a * (1 - self.a)

    act = Sigmoid()
    return call(act.forward, act.backward, np.random.default_rng(5).normal(size=(3, 8)))


@case
def leaky_relu_drops_the_slope():
    """On the negative side the gradient is zero, although the layer has a slope there."""

    class LeakyReLU:
        def __init__(self, negative_slope=0.1):
            self.negative_slope = negative_slope

        def forward(self, x):
            self.mask = x > 0
            return np.where(self.mask, x, self.negative_slope * x)

        def backward(self, dout):
            dx = dout.copy()
            dx[~self.mask] = 0.0  # <- dx[~self.mask] *= self.negative_slope
            return dx

    relu = LeakyReLU(0.2)
    return call(relu.forward, relu.backward, np.random.default_rng(8).normal(size=(5, 6)))


@case
def relu_in_place_mask():
    """A right rectifier that keeps the mask of what it set to zero."""

    class Relu:
        def forward(self, x):
            self.mask = x <= 0
            out = x.copy()
            out[self.mask] = 0
            return out

        def backward(self, dout):
            dout[self.mask] = 0
            dx = dout
            return dx

    relu = Relu()
    return call(relu.forward, relu.backward, np.random.default_rng(81).normal(size=(4, 7)))


@case
def prelu_slope_per_channel():
    """The gradient of the slopes counts the positive inputs instead of the negative ones."""

    class PReLU:
        """y = max(0, x) + alpha * min(0, x), with one alpha for each channel."""

        def __init__(self, channels):
            self.alpha = np.full(channels, 0.25) + 0.05 * np.arange(channels)
            self.dalpha = np.zeros(channels)

        def forward(self, x):
            self.x = x
            return np.maximum(x, 0) + self.alpha * np.minimum(x, 0)

        def backward(self, dout):
            positive = np.maximum(self.x, 0)
            negative = np.minimum(self.x, 0)
            self.dalpha = (dout * positive).sum(axis=0)  # <- self.dalpha = (dout * negative).sum(axis=0)
            return dout * np.where(positive > 0, 1.0, np.where(negative < 0, self.alpha, 0.0))

    layer = PReLU(5)
    return call(layer.forward, layer.backward, np.random.default_rng(40).normal(size=(8, 5)))


@case
def softmax_layer_diagonal_only():
    """Only the diagonal of the Jacobian of the softmax is used."""

    class Softmax:
        def forward(self, x):
            e = np.exp(x - np.max(x, axis=1, keepdims=True))
            self.out = e / np.sum(e, axis=1, keepdims=True)
            return self.out

        def backward(self, dout):
            s = self.out
            return s * (1 - s) * dout  # <- return s * (dout - np.sum(dout * s, axis=1, keepdims=True))

    layer = Softmax()
    return call(layer.forward, layer.backward, np.random.default_rng(29).normal(size=(4, 6)))


@case
def softmax_with_loss_mean():
    """The loss is a mean over the batch, the gradient is that of the sum."""

    class SoftmaxWithLoss:
        def __init__(self):
            self.y = None
            self.t = None

        def forward(self, x, t):
            self.t = t
            x = x - x.max(axis=1, keepdims=True)
            self.y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
            batch = x.shape[0]
            return -np.sum(np.log(self.y[np.arange(batch), t] + 1e-12)) / batch

        def backward(self, dout=1):
            dx = self.y.copy()
            dx[np.arange(len(self.t)), self.t] -= 1
            dx *= dout  # <- dx *= dout / len(self.t)
            return dx

    loss = SoftmaxWithLoss()
    rng = np.random.default_rng(61)
    return call(loss.forward, loss.backward, rng.normal(size=(5, 4)), np.array([1, 3, 0, 2, 1]))


@case
def cross_entropy_with_label_smoothing():
    """The gradient is against the hard targets, the loss against the smoothed ones."""

    class LabelSmoothingLoss:
        def __init__(self, num_classes, smoothing=0.1):
            self.num_classes = num_classes
            self.smoothing = smoothing

        def forward(self, logits, labels):
            shifted = logits - logits.max(axis=-1, keepdims=True)
            log_probs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
            self.onehot = np.eye(self.num_classes)[labels]
            self.target = (1 - self.smoothing) * self.onehot + self.smoothing / self.num_classes
            self.probs = np.exp(log_probs)
            return -(self.target * log_probs).sum() / len(labels)

        def backward(self):
            n = self.probs.shape[0]
            return (self.probs - self.onehot) / n  # <- return (self.probs - self.target) / n

    criterion = LabelSmoothingLoss(5, 0.2)
    rng = np.random.default_rng(4)
    return call(criterion.forward, criterion.backward, rng.normal(size=(6, 5)), np.array([0, 4, 2, 2, 1, 3]))


@case
def mean_squared_error_object():
    """A right loss object: the mean over all elements, not only over the rows."""

    class MSELoss:
        def forward(self, pred, target):
            self.diff = pred - target
            return np.mean(self.diff**2)

        def backward(self):
            return 2.0 * self.diff / self.diff.size

    mse = MSELoss()
    rng = np.random.default_rng(9)
    return call(mse.forward, mse.backward, rng.normal(size=(6, 3)), rng.normal(size=(6, 3)))


@case
def huber_loss_without_delta():
    """Outside of the quadratic region the gradient is the sign alone; the slope there is delta."""

    class HuberLoss:
        def __init__(self, delta=1.0):
            self.delta = delta

        def forward(self, predictions, targets):
            self.residual = predictions - targets
            absolute = np.abs(self.residual)
            quadratic = 0.5 * self.residual**2
            linear = self.delta * (absolute - 0.5 * self.delta)
            return np.where(absolute <= self.delta, quadratic, linear).sum()

        def backward(self):
            r = self.residual
            inside = np.abs(r) <= self.delta
            grad = np.where(inside, r, np.sign(r))  # <- grad = np.where(inside, r, self.delta * np.sign(r))
            return grad, -grad

    huber = HuberLoss(delta=0.6)
    rng = np.random.default_rng(14)
    return call(huber.forward, huber.backward, rng.normal(size=12), rng.normal(size=12))


@case
def binary_cross_entropy_with_pos_weight():
    """The weight of the positive class is left out of their part of the gradient."""

    class WeightedBCEWithLogits:
        def __init__(self, pos_weight):
            self.pos_weight = pos_weight

        def forward(self, z, y):
            self.y = y
            self.p = 1 / (1 + np.exp(-z))
            softplus_neg = np.log1p(np.exp(-z))
            softplus_pos = z + softplus_neg
            return np.mean(self.pos_weight * y * softplus_neg + (1 - y) * softplus_pos)

        def backward(self):
            dpos = self.y * (self.p - 1)  # <- dpos = self.pos_weight * self.y * (self.p - 1)
            dneg = (1 - self.y) * self.p
            return (dpos + dneg) / self.p.size

    bce = WeightedBCEWithLogits(3.0)
    rng = np.random.default_rng(77)
    return call(bce.forward, bce.backward, rng.normal(size=10), (rng.random(10) < 0.4).astype(int))


@case
def dropout_fixed_mask_scale():
    """Forward divides by the probability to keep, backward only masks."""

    class Dropout:
        def __init__(self, rate, shape, seed):
            self.keep = 1.0 - rate
            # the mask is drawn once so that the network is deterministic
            self.mask = np.random.default_rng(seed).random(shape) < self.keep

        def forward(self, x):
            return x * self.mask / self.keep

        def backward(self, dout):
            return dout * self.mask  # <- return dout * self.mask / self.keep

    drop = Dropout(0.3, (6, 5), seed=2)
    return call(drop.forward, drop.backward, np.random.default_rng(20).normal(size=(6, 5)))


@case
def flatten_and_dense():
    """A right block that flattens images, applies a dense layer, and restores the shape on the way back."""

    class FlattenDense:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, images):
            self.shape = images.shape
            self.flat = images.reshape(images.shape[0], -1)
            return self.flat.dot(self.W) + self.b

        def backward(self, delta):
            self.dW = self.flat.T.dot(delta)
            self.db = delta.sum(0)
            return delta.dot(self.W.T).reshape(self.shape)

    rng = np.random.default_rng(33)
    block = FlattenDense(rng.normal(size=(18, 3)) / 4, rng.normal(size=3))
    return call(block.forward, block.backward, rng.normal(size=(4, 2, 3, 3)))


@case
def embedding_overwrites_repeats():
    """Rows of the table that occur twice in the batch get only the gradient of the last occurrence."""

    class Embedding:
        def __init__(self, num_embeddings, dim, rng):
            self.W = rng.normal(size=(num_embeddings, dim))
            self.dW = np.zeros_like(self.W)

        def forward(self, idx):
            self.idx = idx
            return self.W[idx]

        def backward(self, dout):
            self.dW = np.zeros_like(self.W)
            self.dW[self.idx] = dout  # <- np.add.at(self.dW, self.idx, dout)

    emb = Embedding(6, 3, np.random.default_rng(1))
    return call(emb.forward, emb.backward, np.array([2, 5, 2, 0, 2, 5]))


@case
def maxout_units():
    """A right maxout layer: each output passes its gradient to the piece that won."""

    class Maxout:
        def __init__(self, W, b):
            self.W = W  # inputs, outputs, pieces
            self.b = b

        def forward(self, x):
            self.x = x
            z = np.tensordot(x, self.W, axes=(1, 0)) + self.b
            self.winner = z.argmax(axis=2)
            return z.max(axis=2)

        def backward(self, dout):
            n, m = dout.shape
            dz = np.zeros((n, m, self.W.shape[2]))
            rows, cols = np.indices((n, m))
            dz[rows, cols, self.winner] = dout
            self.dW = np.tensordot(self.x, dz, axes=(0, 0))
            self.db = dz.sum(axis=0)
            return np.tensordot(dz, self.W, axes=([1, 2], [1, 2]))

    rng = np.random.default_rng(51)
    layer = Maxout(rng.normal(size=(4, 3, 2)), rng.normal(size=(3, 2)))
    return call(layer.forward, layer.backward, rng.normal(size=(6, 4)))


@case
def highway_layer_carry_gate():
    """The carry path lets the input through with 1 - t, but the input gradient lacks that path."""

    class Highway:
        def __init__(self, dim, seed):
            r = np.random.default_rng(seed)
            self.Wh = r.normal(scale=0.5, size=(dim, dim))
            self.Wt = r.normal(scale=0.5, size=(dim, dim))
            self.bt = np.full(dim, -1.0)

        def forward(self, x):
            self.x = x
            self.h = np.tanh(x @ self.Wh)
            self.t = 1 / (1 + np.exp(-(x @ self.Wt + self.bt)))
            return self.h * self.t + x * (1 - self.t)

        def backward(self, dout):
            dh = dout * self.t * (1 - self.h**2)
            dt = dout * (self.h - self.x) * self.t * (1 - self.t)
            self.dWh = self.x.T @ dh
            self.dWt = self.x.T @ dt
            self.dbt = dt.sum(axis=0)
            return dh @ self.Wh.T + dt @ self.Wt.T  # <- return dh @ self.Wh.T + dt @ self.Wt.T + dout * (1 - self.t)

    hw = Highway(4, 6)
    return call(hw.forward, hw.backward, np.random.default_rng(66).normal(size=(5, 4)))


@case
def residual_block_two_mistakes():
    """The skip connection is missing from the input gradient, and the inner bias is averaged instead of summed."""

    class ResidualBlock:
        def __init__(self, d, hidden, rng):
            self.W1 = rng.normal(size=(d, hidden)) / np.sqrt(d)
            self.b1 = rng.normal(size=hidden) * 0.1
            self.W2 = rng.normal(size=(hidden, d)) / np.sqrt(hidden)

        def forward(self, x):
            self.x = x
            self.a = np.tanh(x @ self.W1 + self.b1)
            return x + self.a @ self.W2

        def backward(self, dout):
            self.dW2 = self.a.T @ dout
            dz = (dout @ self.W2.T) * (1 - self.a**2)
            self.dW1 = self.x.T @ dz
            self.db1 = dz.mean(axis=0)  # <- self.db1 = dz.sum(axis=0)
            return dz @ self.W1.T  # <- return dz @ self.W1.T + dout

    rng = np.random.default_rng(70)
    block = ResidualBlock(4, 6, rng)
    return call(block.forward, block.backward, rng.normal(size=(5, 4)))


@case
def bilinear_layer():
    """The gradient of the left input contracts the weights with the left input again."""

    class Bilinear:
        """y_k = x1^T W_k x2 + b_k."""

        def __init__(self, W, b):
            self.W = W
            self.b = b

        def forward(self, x1, x2):
            self.x1, self.x2 = x1, x2
            return np.einsum("ni,kij,nj->nk", x1, self.W, x2) + self.b

        def backward(self, dout):
            self.dW = np.einsum("nk,ni,nj->kij", dout, self.x1, self.x2)
            self.db = dout.sum(axis=0)
            W = self.W
            dx1 = np.einsum("nk,kij,nj->ni", dout, W, self.x1)  # <- dx1 = np.einsum("nk,kij,nj->ni", dout, W, self.x2)
            dx2 = np.einsum("nk,kij,ni->nj", dout, W, self.x1)
            return dx1, dx2

    rng = np.random.default_rng(21)
    layer = Bilinear(rng.normal(size=(2, 3, 3)), rng.normal(size=2))
    return call(layer.forward, layer.backward, rng.normal(size=(5, 3)), rng.normal(size=(5, 3)))


@case
def gelu_tanh_layer():
    """The inner derivative of the cubic term is x squared times the constant once, not three times."""

    class GELU:
        C = np.sqrt(2 / np.pi)
        K = 0.044715

        def forward(self, x):
            self.x = x
            self.u = np.tanh(self.C * (x + self.K * x**3))
            return 0.5 * x * (1 + self.u)

        def backward(self, dout):
            x, u = self.x, self.u
            du = (1 - u * u) * self.C * (1 + self.K * x**2)  # <- du = (1 - u * u) * self.C * (1 + 3 * self.K * x**2)
            return dout * (0.5 * (1 + u) + 0.5 * x * du)

    gelu = GELU()
    return call(gelu.forward, gelu.backward, np.random.default_rng(44).normal(size=(4, 6)))


@case
def swish_with_trainable_beta():
    """The gradient of beta lacks the second factor x of its chain rule."""

    class Swish:
        def __init__(self, beta):
            self.beta = np.array([beta])

        def forward(self, x):
            self.x = x
            self.s = 1.0 / (1.0 + np.exp(-self.beta * x))
            return x * self.s

        def backward(self, dout):
            ds = self.s * (1 - self.s)
            dbeta = np.sum(dout * self.x * ds)  # <- dbeta = np.sum(dout * self.x**2 * ds)
            self.dbeta = np.array([dbeta])
            return dout * (self.s + self.x * self.beta * ds)

    swish = Swish(1.3)
    return call(swish.forward, swish.backward, np.random.default_rng(47).normal(size=(3, 7)))


@case
def l2_normalize_rows():
    """A right layer that projects each row onto the unit sphere."""

    class L2Normalize:
        def __init__(self, eps=1e-8):
            self.eps = eps

        def forward(self, x):
            self.norm = np.sqrt(np.sum(x * x, axis=1, keepdims=True) + self.eps)
            self.y = x / self.norm
            return self.y

        def backward(self, dy):
            along = np.sum(dy * self.y, axis=1, keepdims=True)
            return (dy - along * self.y) / self.norm

    layer = L2Normalize()
    return call(layer.forward, layer.backward, np.random.default_rng(90).normal(size=(5, 4)))


@case
def rms_norm_constant_scale():
    """The root mean square is treated as a constant: the term through it is missing."""

    class RMSNorm:
        def __init__(self, dim, eps=1e-6):
            self.gain = 1.0 + 0.1 * np.arange(dim)
            self.eps = eps

        def forward(self, x):
            self.x = x
            self.inv = 1.0 / np.sqrt((x**2).mean(axis=-1, keepdims=True) + self.eps)
            return self.gain * x * self.inv

        def backward(self, dout):
            xhat = self.x * self.inv
            self.dgain = (dout * xhat).sum(axis=0)
            dxhat = dout * self.gain
            dx = dxhat * self.inv  # <- dx = (dxhat - xhat * (dxhat * xhat).mean(axis=-1, keepdims=True)) * self.inv
            return dx

    norm = RMSNorm(6)
    return call(norm.forward, norm.backward, np.random.default_rng(91).normal(size=(4, 6)))


@case
def scale_and_shift_parameters():
    """A right per-channel affine layer whose parameters are small objects with value and grad."""

    class Parameter:
        def __init__(self, value):
            self.value = value
            self.grad = np.zeros_like(value)

    class ScaleShift:
        def __init__(self, channels):
            self.scale = Parameter(np.linspace(0.5, 1.5, channels))
            self.shift = Parameter(np.linspace(-1.0, 1.0, channels))

        def forward(self, x):
            self.x = x
            return x * self.scale.value[None, :, None] + self.shift.value[None, :, None]

        def backward(self, dout):
            self.scale.grad += (dout * self.x).sum(axis=(0, 2))
            self.shift.grad += dout.sum(axis=(0, 2))
            return dout * self.scale.value[None, :, None]

    layer = ScaleShift(3)
    return call(layer.forward, layer.backward, np.random.default_rng(92).normal(size=(4, 3, 5)))


@case
def parameter_dense_with_tanh():
    """The activation is fused into the layer, but its derivative is missing from the gradient of the weights."""

    class Param:
        def __init__(self, value):
            self.value = value
            self.grad = np.zeros_like(value)

    class DenseTanh:
        def __init__(self, n_in, n_out, rng):
            self.W = Param(rng.normal(scale=0.4, size=(n_in, n_out)))
            self.b = Param(rng.normal(scale=0.1, size=n_out))

        def forward(self, x):
            self.x = x
            self.y = np.tanh(x @ self.W.value + self.b.value)
            return self.y

        def backward(self, dy):
            dz = dy * (1 - self.y**2)
            self.W.grad[...] = self.x.T @ dy  # <- self.W.grad[...] = self.x.T @ dz
            self.b.grad[...] = dz.sum(axis=0)
            return dz @ self.W.value.T

    rng = np.random.default_rng(93)
    layer = DenseTanh(5, 3, rng)
    return call(layer.forward, layer.backward, rng.normal(size=(4, 5)))


@case
def sequential_skips_reverse():
    """Two hidden layers: the second activation is differentiated with the mask of the first."""

    class TwoHidden:
        def __init__(self, width, rng):
            self.params = {
                "W1": rng.normal(size=(width, width)),
                "W2": rng.normal(size=(width, width)),
                "W3": rng.normal(size=(width, 1)),
            }
            self.gradients = {}

        def forward(self, x):
            self.x = x
            self.a1 = np.maximum(0, x @ self.params["W1"])
            self.a2 = np.maximum(0, self.a1 @ self.params["W2"])
            return self.a2 @ self.params["W3"]

        def backward(self, dout):
            self.gradients["W3"] = self.a2.T @ dout
            d2 = dout @ self.params["W3"].T
            d2[self.a1 <= 0] = 0  # <- d2[self.a2 <= 0] = 0
            self.gradients["W2"] = self.a1.T @ d2
            d1 = d2 @ self.params["W2"].T
            d1[self.a1 <= 0] = 0
            self.gradients["W1"] = self.x.T @ d1
            return d1 @ self.params["W1"].T

    rng = np.random.default_rng(94)
    net = TwoHidden(4, rng)
    return call(net.forward, net.backward, rng.normal(size=(6, 4)))


@case
def gated_linear_unit():
    """The two halves are concatenated in the wrong order."""

    class GLU:
        """Gated linear unit: the first half times the sigmoid of the second."""

        def forward(self, x):
            self.half = x.shape[1] // 2
            self.a, b = x[:, : self.half], x[:, self.half :]
            self.gate = 1 / (1 + np.exp(-b))
            return self.a * self.gate

        def backward(self, dout):
            da = dout * self.gate
            db = dout * self.a * self.gate * (1 - self.gate)
            return np.concatenate([db, da], axis=1)  # <- return np.concatenate([da, db], axis=1)

    glu = GLU()
    return call(glu.forward, glu.backward, np.random.default_rng(95).normal(size=(5, 6)))


@case
def cosine_similarity_loss():
    """The norm in the denominator is not differentiated for the first argument."""

    class CosineLoss:
        def forward(self, u, v):
            self.u, self.v = u, v
            self.nu = np.sqrt((u**2).sum(axis=1, keepdims=True))
            self.nv = np.sqrt((v**2).sum(axis=1, keepdims=True))
            self.cos = (u * v).sum(axis=1, keepdims=True) / (self.nu * self.nv)
            return np.sum(1.0 - self.cos)

        def backward(self, dout=1.0):
            du = self.v / (self.nu * self.nv)  # <- du = self.v / (self.nu * self.nv) - self.cos * self.u / self.nu**2
            dv = self.u / (self.nu * self.nv) - self.cos * self.v / self.nv**2
            return -dout * du, -dout * dv

    loss = CosineLoss()
    rng = np.random.default_rng(96)
    return call(loss.forward, loss.backward, rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))


@case
def hinge_loss_margin_rows():
    """The entry of the true class gets minus one instead of minus the number of violated margins."""

    class MulticlassHinge:
        def __init__(self, margin=1.0):
            self.margin = margin

        def forward(self, scores, y):
            n = scores.shape[0]
            correct = scores[np.arange(n), y][:, None]
            margins = np.maximum(0, scores - correct + self.margin)
            margins[np.arange(n), y] = 0
            self.active = (margins > 0).astype(float)
            self.y = y
            return margins.sum() / n

        def backward(self):
            n = len(self.y)
            dscores = self.active.copy()
            dscores[np.arange(n), self.y] = -1  # <- dscores[np.arange(n), self.y] = -self.active.sum(axis=1)
            return dscores / n

    hinge = MulticlassHinge()
    rng = np.random.default_rng(97)
    return call(hinge.forward, hinge.backward, rng.normal(size=(6, 4)), np.array([3, 1, 0, 2, 2, 1]))


@case
def noisy_or_pooling():
    """A right pooling of probabilities over the instances of a bag, by the product of the complements."""

    class NoisyOr:
        def forward(self, logits):
            self.p = 1 / (1 + np.exp(-logits))
            self.none = np.prod(1 - self.p, axis=1)
            return 1 - self.none

        def backward(self, dout):
            # d(1 - prod(1-p))/dp_j = prod_{k != j} (1 - p_k), and dp/dlogit = p (1 - p)
            return dout[:, None] * self.none[:, None] * self.p

    pool = NoisyOr()
    return call(pool.forward, pool.backward, np.random.default_rng(98).normal(size=(3, 5)))

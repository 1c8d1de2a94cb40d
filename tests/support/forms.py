"""The forms in which gradient code is written: how each is called, what is differentiated, and what it is taken to be.

Each form is written once, with a number `k` by which one of its gradients is too large: 1 where it is right.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

RNG = np.random.default_rng(11)
X, T = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 3))
W, B = RNG.normal(size=(4, 3)), RNG.normal(size=3)
V, M = RNG.normal(size=4), RNG.normal(size=(3, 4))
A, Y = RNG.normal(size=(6, 4)), RNG.normal(size=6)


@dataclass
class Form:
    """How code is given to `verify`.

    `names` are those of what is differentiated, `wrong` those whose gradient is spoilt by `k`, `taken` what the report
    says of it, and `owner` the object that is to be as before.
    """

    args: tuple[Any, ...]
    names: list[str]
    wrong: list[str]
    taken: str
    options: dict[str, Any]
    owner: Any = None


FORMS: dict[str, Any] = {}


def form(build):
    """Add a form to the table, under the name of the function that builds it."""
    FORMS[build.__name__.replace("_", " ")] = build
    return build


def given(*args, names, wrong, taken, owner=None, **options):
    """Return a form, as it is written in a call of `verify`."""
    return Form(args, names.split(), wrong.split(), taken, options, owner)


# --- layers and networks


def layer(store):
    """Return a class of layers, whose backward stores the gradients somewhere."""

    class Layer:
        def __init__(self, k):
            self.k, self.W, self.b = k, W.copy(), B.copy()
            self.params = {"W": self.W, "b": self.b}
            self.grads = {}
            self.velocity = np.zeros_like(W)

        def forward(self, x):
            self.x = x
            self.h = np.tanh(x @ self.W + self.b)
            return self.h

        def backward(self, dout):
            delta = dout * (1 - self.h**2)
            store(self, self.k * (self.x.T @ delta), delta.sum(axis=0))
            return delta @ self.W.T

    return Layer


def attributes(self, dW, db):
    self.dW, self.db = dW, db


def dictionary(self, dW, db):
    self.grads["W"], self.grads["b"] = dW, db


def new_dictionary(self, dW, db):
    self.gradients = {"dW": dW, "db": db}


def spelled_after(self, dW, db):
    self.W_grad, self.b_grad = dW, db


def spelled_before(self, dW, db):
    self.grad_W, self.grad_b = dW, db


STORES = {
    "attributes": (attributes, "self.dW and self.db"),
    "a dict": (dictionary, "self.grads['W'] and self.grads['b']"),
    "a new dict": (new_dictionary, "self.gradients['dW'] and self.gradients['db']"),
    "W_grad": (spelled_after, "self.W_grad and self.b_grad"),
    "grad_W": (spelled_before, "self.grad_W and self.grad_b"),
}


def _layer_form(store, where):
    def build(k):
        one = layer(store)(k)
        return given(
            one.forward, one.backward, X, names="x W b", wrong="W", owner=one,
            taken=f"forward(x), backward(dout); gradients of x returned, of W and b left in {where}",
        )  # fmt: skip

    return build


FORMS |= {f"a layer with gradients in {name}": _layer_form(*row) for name, row in STORES.items()}


class Parameter:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)


@form
def parameters_that_hold_their_gradient(k):
    class Linear:
        def __init__(self):
            self.weight, self.bias = Parameter(W.copy()), Parameter(B.copy())

        def forward(self, inputs):
            self.inputs = inputs
            return inputs @ self.weight.value + self.bias.value

        def backward(self, grad_output):
            self.weight.grad += self.inputs.T @ grad_output
            self.bias.grad += k * grad_output.sum(0)
            return grad_output @ self.weight.value.T

    one = Linear()
    one.weight.grad += 3  # of a call before
    return given(
        one.forward, one.backward, X, names="inputs weight bias", wrong="bias", owner=one,
        taken="forward(inputs), backward(grad_output); gradients of inputs returned, of weight and bias left in "
        "self.weight.grad and self.bias.grad",
    )  # fmt: skip


@form
def gradients_filled_in_place(k):
    class Linear:
        def __init__(self):
            self.w, self.dw = W.copy(), np.empty_like(W)

        def forward(self, x):
            self.x = x
            return x @ self.w

        def backward(self, dout):
            np.dot(self.x.T, k * dout, out=self.dw)
            return dout @ self.w.T

    one = Linear()
    return given(
        one.forward, one.backward, X, names="x w", wrong="w", owner=one,
        taken="forward(x), backward(dout); gradients of x returned, of w left in self.dw",
    )  # fmt: skip


@form
def everything_in_attributes(k):
    class Dense:
        def __init__(self):
            self.weights, self.biases = W.copy(), B[None].copy()

        def forward(self, inputs):
            self.inputs = inputs
            self.output = np.dot(inputs, self.weights) + self.biases
            return self.output

        def backward(self, dvalues):
            self.dweights = np.dot(self.inputs.T, dvalues)
            self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
            self.dinputs = k * np.dot(dvalues, self.weights.T)

    one = Dense()
    one.backward_was_run = [one.forward(X), one.backward(T)]
    return given(
        one.forward, one.backward, X, names="inputs weights biases", wrong="inputs", owner=one,
        taken="forward(inputs), backward(dvalues); gradients of inputs, weights and biases left in self.dinputs, "
        "self.dweights and self.dbiases",
    )  # fmt: skip


class Network:
    """Two layers in lists, and a loss."""

    def __init__(self, k):
        self.k, self.layers = k, [layer(attributes)(1), layer(attributes)(k)]
        self.layers[0].W, self.layers[0].b = RNG.normal(size=(4, 4)), RNG.normal(size=4)

    def loss(self, X, y):
        for one in self.layers:
            X = one.forward(X)
        self.error = X - y
        return 0.5 * np.sum(self.error**2)

    def backward(self, X, y):
        delta = self.error
        for one in reversed(self.layers):
            delta = one.backward(delta)


@form
def a_network_of_layers(k):
    one = Network(k)
    return given(
        one.loss, one.backward, X, T, owner=one, wrong="layers_1_W",
        names="layers_0_W layers_0_b layers_1_W layers_1_b",
        taken="loss(X, y), backward(X, y); gradients of layers_0_W, layers_0_b, layers_1_W and layers_1_b left in "
        "self.layers[0].dW, self.layers[0].db, self.layers[1].dW and self.layers[1].db",
    )  # fmt: skip


@form
def parameters_and_gradients_in_lists(k):
    class Linear:
        def __init__(self):
            self.params, self.grads = [W.copy(), B.copy()], []

        def loss(self, X, y):
            self.residual = X @ self.params[0] + self.params[1] - y
            return np.sum(self.residual**2)

        def backward(self, X, y):
            self.grads = [2 * X.T @ self.residual, 2 * k * self.residual.sum(0)]

    one = Linear()
    return given(
        one.loss, one.backward, X, T, names="params_0 params_1", wrong="params_1", owner=one,
        taken="loss(X, y), backward(X, y); gradients of params_0 and params_1 left in self.grads[0] and self.grads[1]",
    )  # fmt: skip


class Model:
    """A linear model that returns its gradients as a dict."""

    def __init__(self, k):
        self.k, self.params = k, {"W1": W.copy(), "b1": B.copy()}

    def scores(self, X):
        return np.tanh(X @ self.params["W1"] + self.params["b1"])

    def loss(self, X, y):
        return np.sum((self.scores(X) - y) ** 2)

    def gradients(self, X, y):
        scores = self.scores(X)
        d = 2 * (scores - y) * (1 - scores**2)
        return {"W1": X.T @ d, "b1": self.k * d.sum(0)}

    def loss_and_grads(self, X, y):
        return self.loss(X, y), self.gradients(X, y)

    def pair(self, X, y):
        grads = self.gradients(X, y)
        dW1, db1 = grads["W1"], grads["b1"]
        return dW1, db1


@form
def a_model_that_returns_a_dict(k):
    one = Model(k)
    return given(
        one.loss, one.gradients, X, T, names="W1 b1", wrong="b1", owner=one,
        taken="loss(X, y), gradients(X, y); gradients of W1 and b1 returned",
    )  # fmt: skip


@form
def a_method_that_returns_the_loss_and_a_dict(k):
    one = Model(k)
    return given(
        one.loss_and_grads, X, T, names="W1 b1", wrong="b1", owner=one,
        taken="loss_and_grads(X, y) -> (value, gradient); gradients of W1 and b1 returned",
    )  # fmt: skip


@form
def named_attributes(k):
    class Regression:
        def __init__(self):
            self.w, self.c = V.copy(), 0.3

        def loss(self, X, y):
            return np.mean((X @ self.w + self.c - y) ** 2)

        def gradients(self, X, y):
            r = 2 * (X @ self.w + self.c - y) / len(y)
            return k * X.T @ r, np.sum(r)

    one = Regression()
    return given(
        one.loss, one.gradients, A, Y, params=["w", "c"], names="w c", wrong="w", owner=one,
        taken="loss(X, y), gradients(X, y); gradients of w and c returned",
    )  # fmt: skip


@form
def named_attributes_and_an_argument(k):
    one = layer(attributes)(k)
    return given(
        one.forward, one.backward, X, params="W", argnums=0, names="x W", wrong="W", owner=one,
        taken="forward(x), backward(dout); gradients of x returned, of W left in self.dW",
    )  # fmt: skip


@form
def a_loss_layer(k):
    class SoftmaxWithLoss:
        def forward(self, logits, labels):
            z = logits - logits.max(axis=1, keepdims=True)
            self.p, self.labels = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), labels
            return -np.mean(np.log(self.p[np.arange(len(labels)), labels]))

        def backward(self, dout=1):
            d = self.p.copy()
            d[np.arange(len(d)), self.labels] -= 1
            return k * dout * d / len(d)

    one = SoftmaxWithLoss()
    return given(
        one.forward, one.backward, T, np.array([0, 2, 1, 1, 0]), names="logits", wrong="logits", owner=one,
        taken="forward(logits, labels), backward(); gradients of logits returned",
    )  # fmt: skip


@form
def a_loss_layer_whose_cotangent_is_1(k):
    class SquaredError:
        def forward(self, prediction, target):
            self.difference = prediction - target
            return np.sum(self.difference**2)

        def backward(self, dout):
            return 2 * k * dout * self.difference

    one = SquaredError()
    return given(
        one.forward, one.backward, X @ W, T, names="prediction", wrong="prediction", owner=one,
        taken="forward(prediction, target), backward(dout); gradients of prediction returned",
    )  # fmt: skip


@form
def a_loss_whose_gradient_is_called_dinputs(k):
    class MeanSquaredError:
        def forward(self, y_pred, y_true):
            return np.mean((y_true - y_pred) ** 2)

        def backward(self, dvalues, y_true):
            self.dinputs = -2 * k * (y_true - dvalues) / y_true.size

    one = MeanSquaredError()
    return given(
        one.forward, one.backward, X @ W, T, names="y_pred", wrong="y_pred", owner=one,
        taken="forward(y_pred, y_true), backward(dvalues, y_true); gradients of y_pred left in self.dinputs",
    )  # fmt: skip


@form
def a_method_that_returns_gradients_of_attributes(k):
    class LogisticRegression:
        def __init__(self):
            self.w, self.b = V.copy(), 0.1

        def cost(self, X, y):
            z = X @ self.w + self.b
            return np.mean(np.log1p(np.exp(z)) - y * z)

        def gradient(self, X, y):
            error = 1 / (1 + np.exp(-(X @ self.w + self.b))) - y
            dw, db = X.T @ error / len(y), k * np.mean(error)
            return dw, db

    one = LogisticRegression()
    return given(
        one.cost, one.gradient, A, (Y > 0) * 1.0, names="w b", wrong="b", owner=one,
        taken="cost(X, y), gradient(X, y); gradients of w and b returned",
    )  # fmt: skip


@form
def a_backward_that_updates_the_weights(k):
    class Linear:
        def __init__(self):
            self.weights, self.bias = W.copy(), np.zeros((1, 3))

        def __call__(self, inputs):
            self.inputs = inputs
            return inputs @ self.weights + self.bias

        def backward(self, output_error, learning_rate):
            input_error = k * output_error @ self.weights.T
            self.weights -= learning_rate * self.inputs.T @ output_error
            self.bias -= learning_rate * output_error.sum(0)
            return input_error

    one = Linear()
    return given(
        one, one.backward, X, learning_rate=0.1, names="inputs", wrong="inputs", owner=one,
        taken="Linear(inputs), backward(output_error, learning_rate); gradients of inputs returned",
    )  # fmt: skip


@form
def random_numbers_of_its_own(k):
    class Dropout:
        def __init__(self):
            self.rng = np.random.default_rng(0)

        def forward(self, x, training=True):
            self.mask = (self.rng.random(x.shape) < 0.5) / 0.5
            return x * self.mask

        def backward(self, dout):
            return k * dout * self.mask

    one = Dropout()
    return given(
        one.forward, one.backward, X, names="x", wrong="x",
        taken="forward(x), backward(dout); gradients of x returned",
    )  # fmt: skip


# --- what forward returns for backward


def affine_forward(x, w, b):
    out = x @ w + b
    cache = (x, w, b)
    return out, cache


@form
def out_and_cache(k):
    def affine_backward(dout, cache):
        x, w, _ = cache
        dx, dw, db = dout @ w.T, k * x.T @ dout, dout.sum(axis=0)
        return dx, dw, db

    return given(
        affine_forward, affine_backward, X, W, B, names="x w b", wrong="w",
        taken="affine_forward(x, w, b) -> (out, cache), affine_backward(dout, cache); gradients of x, w and b returned",
    )  # fmt: skip


@form
def out_and_cache_in_a_dict(k):
    def affine_backward(grad_out, saved):
        x, w, _ = saved
        return {"dx": grad_out @ w.T, "dw": x.T @ grad_out, "db": k * grad_out.sum(axis=0)}

    return given(
        affine_forward, affine_backward, X, W, B, names="x w b", wrong="b",
        taken="affine_forward(x, w, b) -> (out, cache), affine_backward(grad_out, saved); gradients of x, w and b "
        "returned",
    )  # fmt: skip


@form
def a_cache_first(k):
    def backward(cache, delta):
        x = cache[0]
        dw, db = x.T @ delta, k * delta.sum(axis=0)
        return dw, db

    return given(
        affine_forward, backward, X, W, B, names="w b", wrong="b",
        taken="affine_forward(x, w, b) -> (out, cache), backward(cache, delta); gradients of w and b returned",
    )  # fmt: skip


@form
def an_array_as_cache(k):
    def relu_forward(z):
        a = np.maximum(z, 0)
        return a, z

    def relu_backward(da, z):
        return k * da * (z > 0)

    return given(
        relu_forward, relu_backward, T, names="z", wrong="z",
        taken="relu_forward(z) -> (a, z), relu_backward(da, z); gradients of z returned",
    )  # fmt: skip


def lstm_step(x, h, c, W):
    z = np.concatenate([x, h]) @ W
    i, g = 1 / (1 + np.exp(-z[:3])), np.tanh(z[3:])
    c_next = c + i * g
    h_next = np.tanh(c_next)
    return h_next, c_next, (x, h, i, g, h_next, W)


@form
def several_outputs(k):
    def lstm_back(dh, dc, cache):
        x, h, i, g, h_next, W = cache
        dc = dc + dh * (1 - h_next**2)
        dz = np.concatenate([dc * g * i * (1 - i), dc * i * (1 - g**2)])
        d = W @ dz
        return d[:4], k * d[4:], dc, np.outer(np.concatenate([x, h]), dz)

    point = V, B, T[0], RNG.normal(size=(7, 6))
    return given(
        lstm_step, lstm_back, *point, names="x h c W", wrong="h",
        taken="lstm_step(x, h, c, W) -> (output_0, output_1, cache), lstm_back(dh, dc, cache); gradients of x, h, c "
        "and W returned",
    )  # fmt: skip


@form
def a_loss_with_its_cache(k):
    def forward(w, X, y):
        p = X @ w
        loss = np.sum((p - y) ** 2)
        return loss, (X, p - y)

    def backward(cache):
        X, r = cache
        return 2 * k * X.T @ r

    return given(
        forward, backward, V, A, Y, names="w", wrong="w",
        taken="forward(w, X, y) -> (output_0, cache), backward(cache); gradients of w returned",
    )  # fmt: skip


# --- value and gradient


def squared_error(w, X, y, lam=0.0):
    return np.sum((X @ w - y) ** 2) + lam * np.sum(w**2)


@form
def one_function(k):
    def loss_and_grad(w, X, y):
        r = X @ w - y
        loss = np.sum(r**2)
        return loss, 2 * k * X.T @ r

    return given(
        loss_and_grad, V, A, Y, names="w", wrong="w",
        taken="loss_and_grad(w, X, y) -> (value, gradient); gradients of w returned",
    )  # fmt: skip


@form
def one_function_whose_gradient_fills_an_array(k):
    def loss_and_grad(w, X, y):
        r = X @ w - y
        loss = np.sum(r**2)
        grad = np.zeros(len(w))
        for j in range(len(w)):
            grad[j] = 2 * k * float(r @ X[:, j])
        return loss, grad

    return given(
        loss_and_grad, V, A, Y, names="w", wrong="w",
        taken="loss_and_grad(w, X, y) -> (value, gradient); gradients of w returned",
    )  # fmt: skip


@form
def one_function_of_several(k):
    def loss_and_grads(W, b, X, y):
        r = X @ W + b - y
        return np.sum(r**2), 2 * X.T @ r, 2 * k * r.sum(0)

    return given(
        loss_and_grads, W, B, X, T, names="W b", wrong="b",
        taken="loss_and_grads(W, b, X, y) -> (value, gradient); gradients of W and b returned",
    )  # fmt: skip


@form
def one_function_with_a_dict(k):
    def objective(params, X, y):
        r = X @ params["W"] + params["b"] - y
        grads = {"W": 2 * k * X.T @ r, "b": 2 * r.sum(0)}
        return np.sum(r**2), grads

    return given(
        objective, {"W": W, "b": B}, X, T, names="W b", wrong="W",
        taken="objective(params, X, y) -> (value, gradient); gradients of params returned",
    )  # fmt: skip


@form
def a_flag(k):
    def log_likelihood(theta, eval_gradient=False):
        value = np.sum(np.log(theta**2 + 1))
        if eval_gradient:
            return value, k * 2 * theta / (theta**2 + 1)
        return value

    return given(
        log_likelihood, V, eval_gradient=True, names="theta", wrong="theta",
        taken="log_likelihood(theta, eval_gradient=True) -> (value, gradient); gradients of theta returned",
    )  # fmt: skip


@form
def a_hand_that_returns_the_value_as_well(k):
    def value_and_gradient(w, X, y):
        r = X @ w - y
        return np.sum(r**2), 2 * k * X.T @ r

    return given(
        squared_error, value_and_gradient, V, A, Y, names="w", wrong="w",
        taken="squared_error(w, X, y), value_and_gradient(w, X, y) -> (value, gradient); gradients of w returned",
    )  # fmt: skip


# --- other layouts


def sines(x):
    return np.sin(M @ x)


@form
def derivatives_of_the_elements(k):
    return given(
        np.tanh, lambda x: k * (1 - np.tanh(x) ** 2), X, elementwise=True, names="x", wrong="x",
        taken="tanh(x), <lambda>(x); derivatives of the elements of x returned",
    )  # fmt: skip


@form
def derivatives_of_the_elements_of_two(k):
    return given(
        lambda y, f: (y - f) ** 2, lambda y, f: -2 * k * (y - f), V, A[0], elementwise=True, argnums=1,
        names="f", wrong="f",
        taken="<lambda>(y, f), <lambda>(y, f); derivatives of the elements of f returned",
    )  # fmt: skip


@form
def a_jacobian(k):
    return given(
        sines, lambda x: k * np.cos(M @ x)[:, None] * M, V, jacobian=True, names="x", wrong="x",
        taken="sines(x), <lambda>(x); Jacobian J[i, j] = dy_i/dx_j of x returned",
    )  # fmt: skip


@form
def a_hessian(k):
    return given(
        lambda x: np.sum(sines(x)), lambda x: -k * M.T @ np.diag(sines(x)) @ M, V, hessian=True, names="x", wrong="x",
        taken="<lambda>(x), <lambda>(x); Hessian of x returned",
    )  # fmt: skip


# --- other arguments


@form
def fewer_arguments(k):
    return given(
        lambda w, X, y: np.sum(X @ w) - np.sum(y), lambda w, X: k * X.sum(0), V, A, Y, names="w", wrong="w",
        taken="<lambda>(w, X, y), <lambda>(w, X); gradients of w returned",
    )  # fmt: skip


@form
def arguments_in_another_order(k):
    def grad(X, y, w):
        return 2 * k * X.T @ (X @ w - y)

    return given(
        squared_error, grad, V, A, Y, names="w", wrong="w",
        taken="squared_error(w, X, y), grad(X, y, w); gradients of w returned",
    )  # fmt: skip


@form
def arguments_of_other_names(k):
    def grad(theta, data, labels):
        return 2 * k * data.T @ (data @ theta - labels)

    return given(squared_error, grad, V, A, Y, names="w", wrong="w", taken="")


@form
def keyword_arguments_of_both(k):
    def grad(w, X, y, lam):
        return 2 * X.T @ (X @ w - y) + 2 * k * lam * w

    return given(
        squared_error, grad, V, A, Y, lam=0.7, names="w", wrong="w",
        taken="squared_error(w, X, y, lam=0.7), grad(w, X, y, lam); gradients of w returned",
    )  # fmt: skip


@form
def a_keyword_argument_that_must_be_given(k):
    def ridge(w, X, lam):
        return np.sum((X @ w) ** 2) + lam * np.sum(w**2)

    def grad(w, X, lam):
        return 2 * X.T @ (X @ w) + 2 * k * lam * w

    return given(
        ridge, grad, V, A, lam=0.7, names="w", wrong="w",
        taken="ridge(w, X, lam=0.7), grad(w, X, lam); gradients of w returned",
    )  # fmt: skip


@form
def a_default_of_the_function(k):
    def loss(w, scale=2.0):
        return scale * np.sum(w**2)

    def grad(w, scale):
        return k * scale * 2 * w

    return given(
        loss, grad, V, names="w", wrong="w", taken="loss(w), grad(w, scale); gradients of w returned",
    )  # fmt: skip


@form
def a_buffer(k):
    def gradient(x, out):
        out[:] = 0
        out[:-1] -= 2 * k * np.diff(x)
        out[1:] += 2 * k * np.diff(x)

    return given(
        lambda x: np.sum(np.diff(x) ** 2), gradient, V, names="x", wrong="x",
        taken="<lambda>(x), gradient(x, out); gradients of x returned",
    )  # fmt: skip


@form
def a_buffer_called_g_before_data(k):
    def gradient(w, g, X, y):
        g += 2 * k * X.T @ (X @ w - y)

    return given(
        squared_error, gradient, V, A, Y, names="w", wrong="w",
        taken="squared_error(w, X, y), gradient(w, g, X, y); gradients of w returned",
    )  # fmt: skip


@form
def argnums_as_a_range(k):
    return given(
        lambda a, b, c: np.sum(a * b * c), lambda a, b, c: (b * c, k * a * c), V, A[0], A[1], argnums=range(2),
        names="a b", wrong="b", taken="",
    )  # fmt: skip

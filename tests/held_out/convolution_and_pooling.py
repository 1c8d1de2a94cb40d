"""Convolutions and poolings with loops, im2col, strides and padding."""

import numpy as np

from tests.held_out.case import call, case


@case
def conv2d_naive_loops():
    """A right convolution by four loops, with padding that is cut off the input gradient at the end."""

    def conv_forward_naive(x, w, b):
        stride, pad = 2, 1
        N, C, H, W = x.shape
        F, _, HH, WW = w.shape
        Ho = 1 + (H + 2 * pad - HH) // stride
        Wo = 1 + (W + 2 * pad - WW) // stride
        xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        out = np.zeros((N, F, Ho, Wo))
        for n in range(N):
            for f in range(F):
                for i in range(Ho):
                    for j in range(Wo):
                        window = xp[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                        out[n, f, i, j] = np.sum(window * w[f]) + b[f]
        return out, (x, w, xp, stride, pad)

    def conv_backward_naive(dout, cache):
        x, w, xp, stride, pad = cache
        N, F, Ho, Wo = dout.shape
        HH, WW = w.shape[2:]
        dxp, dw = np.zeros_like(xp), np.zeros_like(w)
        db = dout.sum(axis=(0, 2, 3))
        for n in range(N):
            for f in range(F):
                for i in range(Ho):
                    for j in range(Wo):
                        rows = slice(i * stride, i * stride + HH)
                        cols = slice(j * stride, j * stride + WW)
                        dw[f] += dout[n, f, i, j] * xp[n, :, rows, cols]
                        dxp[n, :, rows, cols] += dout[n, f, i, j] * w[f]
        dx = dxp[:, :, pad:-pad, pad:-pad]
        return dx, dw, db

    rng = np.random.default_rng(400)
    return call(
        conv_forward_naive,
        conv_backward_naive,
        rng.normal(size=(4, 2, 5, 5)),
        rng.normal(size=(3, 2, 3, 3)),
        rng.normal(size=3),
    )


@case
def conv2d_overlap_not_accumulated():
    """Overlapping windows overwrite each other in the input gradient."""

    def conv_forward(x, w):
        C, H, W = x.shape
        F, _, k, _ = w.shape
        out = np.zeros((F, H - k + 1, W - k + 1))
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[:, i, j] = np.tensordot(w, x[:, i : i + k, j : j + k], axes=3)
        return out, (x, w)

    def conv_backward(dout, cache):
        x, w = cache
        k = w.shape[2]
        dx = np.zeros_like(x)
        dw = np.zeros_like(w)
        for i in range(dout.shape[1]):
            for j in range(dout.shape[2]):
                patch = x[:, i : i + k, j : j + k]
                dw += dout[:, i, j][:, None, None, None] * patch
                back = np.tensordot(dout[:, i, j], w, axes=1)
                dx[:, i : i + k, j : j + k] = back  # <- dx[:, i : i + k, j : j + k] += back
        return dx, dw

    rng = np.random.default_rng(401)
    return call(conv_forward, conv_backward, rng.normal(size=(2, 5, 4)), rng.normal(size=(3, 2, 3, 3)))


@case
def conv2d_im2col_layer():
    """The columns are multiplied with the gradient without the batch being moved next to the pixels."""

    class Convolution:
        def __init__(self, W, b):
            self.W = W  # filters, channels, height, width
            self.b = b

        @staticmethod
        def im2col(x, kh, kw):
            N, C, H, W = x.shape
            oh, ow = H - kh + 1, W - kw + 1
            col = np.zeros((N, C, kh, kw, oh, ow))
            for i in range(kh):
                for j in range(kw):
                    col[:, :, i, j] = x[:, :, i : i + oh, j : j + ow]
            return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * oh * ow, -1)

        def forward(self, x):
            F, C, kh, kw = self.W.shape
            N, _, H, W = x.shape
            self.x_shape = x.shape
            self.col = self.im2col(x, kh, kw)
            out = self.col @ self.W.reshape(F, -1).T + self.b
            return out.reshape(N, H - kh + 1, W - kw + 1, F).transpose(0, 3, 1, 2)

        def backward(self, dout):
            F, C, kh, kw = self.W.shape
            N, _, oh, ow = dout.shape
            d = dout.reshape(-1, F)  # <- d = dout.transpose(0, 2, 3, 1).reshape(-1, F)
            self.db = d.sum(axis=0)
            self.dW = (d.T @ self.col).reshape(self.W.shape)
            dcol = (d @ self.W.reshape(F, -1)).reshape(N, oh, ow, C, kh, kw)
            dx = np.zeros(self.x_shape)
            for i in range(kh):
                for j in range(kw):
                    dx[:, :, i : i + oh, j : j + ow] += dcol[:, :, :, :, i, j].transpose(0, 3, 1, 2)
            return dx

    rng = np.random.default_rng(402)
    conv = Convolution(rng.normal(size=(3, 2, 2, 2)), rng.normal(size=3))
    return call(conv.forward, conv.backward, rng.normal(size=(6, 2, 4, 5)))


@case
def conv1d_same_padding_crop():
    """The padding is cut off at the wrong place: one sample too late."""

    class Conv1D:
        def __init__(self, kernel):
            self.kernel = kernel
            self.pad = len(kernel) // 2

        def forward(self, signal):
            self.padded = np.pad(signal, self.pad)
            n = len(signal)
            return np.array([self.padded[i : i + len(self.kernel)] @ self.kernel for i in range(n)])

        def backward(self, dout):
            k, p = len(self.kernel), self.pad
            self.dkernel = np.zeros(k)
            dpadded = np.zeros(len(self.padded))
            for i, g in enumerate(dout):
                self.dkernel += g * self.padded[i : i + k]
                dpadded[i : i + k] += g * self.kernel
            return dpadded[p + 1 : p + 1 + len(dout)]  # <- return dpadded[p : p + len(dout)]

    rng = np.random.default_rng(403)
    conv = Conv1D(rng.normal(size=5))
    return call(conv.forward, conv.backward, rng.normal(size=11))


@case
def causal_dilated_conv():
    """The weights are read in the order of the forward pass with the lag reversed."""

    def causal_conv(x, w):
        dilation = 2
        T, K = len(x), len(w)
        y = np.zeros(T)
        for t in range(T):
            for k in range(K):
                if t - k * dilation >= 0:
                    y[t] += w[k] * x[t - k * dilation]
        return y

    def causal_conv_grad(dy, x, w):
        dilation = 2
        T, K = len(x), len(w)
        dx, dw = np.zeros(T), np.zeros(K)
        for t in range(T):
            for k in range(K):
                s = t - k * dilation
                if s >= 0:
                    dx[s] += w[K - 1 - k] * dy[t]  # <- dx[s] += w[k] * dy[t]
                    dw[k] += x[s] * dy[t]
        return dx, dw

    rng = np.random.default_rng(404)
    return call(causal_conv, causal_conv_grad, rng.normal(size=10), rng.normal(size=3))


@case
def conv1d_numpy_convolve():
    """A right gradient of a valid convolution by two other convolutions."""

    def forward(x, k):
        return np.convolve(x, k, mode="valid")

    def backward(dy, x, k):
        dx = np.convolve(dy, k[::-1], mode="full")
        dk = np.convolve(x, dy[::-1], mode="valid")[::-1]
        return dx, dk

    rng = np.random.default_rng(405)
    return call(forward, backward, rng.normal(size=9), rng.normal(size=4))


@case
def conv1d_without_flip():
    """A convolution flips the kernel, so its transpose does not: the kernel is not flipped in the gradient."""

    def smooth(x, kernel):
        return np.convolve(x, kernel, mode="valid")

    def smooth_vjp(g, x, kernel):
        gx = np.convolve(g, kernel, mode="full")  # <- gx = np.convolve(g, kernel[::-1], mode="full")
        gk = np.zeros_like(kernel)
        m = len(kernel)
        for j in range(m):
            gk[j] = g @ x[m - 1 - j : m - 1 - j + len(g)]
        return gx, gk

    rng = np.random.default_rng(406)
    return call(smooth, smooth_vjp, rng.normal(size=10), rng.normal(size=3))


@case
def conv_transpose_upscaling():
    """The stride is missing from the index in the gradient of the input."""

    class ConvTranspose1d:
        def __init__(self, W, stride):
            self.W = W  # inputs, outputs, kernel
            self.stride = stride

        def forward(self, x):
            self.x = x
            cin, n = x.shape
            _, cout, k = self.W.shape
            y = np.zeros((cout, (n - 1) * self.stride + k))
            for i in range(n):
                y[:, i * self.stride : i * self.stride + k] += np.tensordot(x[:, i], self.W, axes=1)
            return y

        def backward(self, dy):
            cin, n = self.x.shape
            k = self.W.shape[2]
            dx = np.zeros_like(self.x)
            self.dW = np.zeros_like(self.W)
            for i in range(n):
                window = dy[:, i * self.stride : i * self.stride + k]
                shifted = dy[:, i : i + k]  # <- shifted = window
                dx[:, i] = np.tensordot(self.W, shifted, axes=2)
                self.dW += self.x[:, i][:, None, None] * window
            return dx

    rng = np.random.default_rng(407)
    up = ConvTranspose1d(rng.normal(size=(3, 2, 4)), 2)
    return call(up.forward, up.backward, rng.normal(size=(3, 5)))


@case
def max_pool_even_split():
    """The gradient of a maximum is given to the whole window instead of the place of the maximum."""

    def max_pool_forward(x):
        k = 2
        N, C, H, W = x.shape
        out = np.zeros((N, C, H // k, W // k))
        for i in range(H // k):
            for j in range(W // k):
                out[:, :, i, j] = x[:, :, i * k : i * k + k, j * k : j * k + k].max(axis=(2, 3))
        return out, (x, k)

    def max_pool_backward(dout, cache):
        x, k = cache
        dx = np.zeros_like(x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                window = x[:, :, i * k : i * k + k, j * k : j * k + k]
                top = window.max(axis=(2, 3), keepdims=True)
                mask = window <= top  # <- mask = window == top
                dx[:, :, i * k : i * k + k, j * k : j * k + k] += mask * dout[:, :, i : i + 1, j : j + 1]
        return dx

    return call(max_pool_forward, max_pool_backward, np.random.default_rng(408).normal(size=(3, 2, 4, 6)))


@case
def max_pool_argmax_layer():
    """A right pooling layer that scatters the gradient to the positions it remembered."""

    class MaxPool1d:
        def __init__(self, size, stride):
            self.size, self.stride = size, stride

        def forward(self, x):
            n_out = (x.shape[1] - self.size) // self.stride + 1
            starts = self.stride * np.arange(n_out)
            windows = x[:, starts[:, None] + np.arange(self.size)]
            self.where = starts + windows.argmax(axis=2)
            self.shape = x.shape
            return windows.max(axis=2)

        def backward(self, dout):
            dx = np.zeros(self.shape)
            for row in range(dout.shape[0]):
                np.add.at(dx[row], self.where[row], dout[row])
            return dx

    pool = MaxPool1d(3, 2)
    return call(pool.forward, pool.backward, np.random.default_rng(409).normal(size=(3, 9)))


@case
def average_pool_overlapping():
    """Each output spreads its gradient over the window, but the window's size counts only one side."""

    def avg_pool(x, size, stride):
        H, W = x.shape
        out = np.empty(((H - size) // stride + 1, (W - size) // stride + 1))
        for r in range(out.shape[0]):
            for c in range(out.shape[1]):
                out[r, c] = x[r * stride : r * stride + size, c * stride : c * stride + size].mean()
        return out

    def avg_pool_back(grad_out, x, size, stride):
        gx = np.zeros_like(x)
        for r in range(grad_out.shape[0]):
            for c in range(grad_out.shape[1]):
                share = grad_out[r, c] / size  # <- share = grad_out[r, c] / size**2
                gx[r * stride : r * stride + size, c * stride : c * stride + size] += share
        return gx

    return call(avg_pool, avg_pool_back, np.random.default_rng(410).normal(size=(7, 5)), 3, 2, argnums=0)


@case
def depthwise_conv_channels():
    """The channels are summed in the input gradient as in an ordinary convolution, though each has its own filter."""

    def depthwise(x, w):
        C, H, W = x.shape
        _, k, _ = w.shape
        out = np.zeros((C, H - k + 1, W - k + 1))
        for a in range(k):
            for b in range(k):
                out += w[:, a, b, None, None] * x[:, a : a + out.shape[1], b : b + out.shape[2]]
        return out, (x, w)

    def depthwise_backward(dout, cache):
        x, w = cache
        C, h, wd = dout.shape
        k = w.shape[1]
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for a in range(k):
            for b in range(k):
                dw[:, a, b] = (dout * x[:, a : a + h, b : b + wd]).sum(axis=(1, 2))
                part = w[:, a, b, None, None] * dout
                dx[:, a : a + h, b : b + wd] += part.sum(axis=0)  # <- dx[:, a : a + h, b : b + wd] += part
        return dx, dw

    rng = np.random.default_rng(411)
    return call(depthwise, depthwise_backward, rng.normal(size=(3, 4, 5)), rng.normal(size=(3, 2, 2)))


@case
def pointwise_conv_einsum():
    """A right one by one convolution, which is a matrix product at each pixel."""

    class PointwiseConv:
        def __init__(self, weight, bias):
            self.weight, self.bias = weight, bias

        def forward(self, x):
            self.x = x
            return np.einsum("oc,nchw->nohw", self.weight, x) + self.bias[:, None, None]

        def backward(self, grad):
            self.grad_weight = np.einsum("nohw,nchw->oc", grad, self.x)
            self.grad_bias = np.einsum("nohw->o", grad)
            return np.einsum("oc,nohw->nchw", self.weight, grad)

    rng = np.random.default_rng(412)
    conv = PointwiseConv(rng.normal(size=(4, 2)), rng.normal(size=4))
    return call(conv.forward, conv.backward, rng.normal(size=(5, 2, 3, 6)))


@case
def conv_bias_summed_over_batch_only():
    """The bias is added at every pixel, but its gradient is averaged over them."""

    def forward(x, w, b):
        N, C, L = x.shape
        F, _, K = w.shape
        y = np.zeros((N, F, L - K + 1))
        for k in range(K):
            y += np.einsum("fc,ncl->nfl", w[:, :, k], x[:, :, k : k + L - K + 1])
        return y + b[:, None], (x, w)

    def backward(dy, cache):
        x, w = cache
        K, M = w.shape[2], dy.shape[2]
        dx = np.zeros_like(x)
        dw = np.zeros_like(w)
        for k in range(K):
            dw[:, :, k] = np.einsum("nfl,ncl->fc", dy, x[:, :, k : k + M])
            dx[:, :, k : k + M] += np.einsum("fc,nfl->ncl", w[:, :, k], dy)
        db = dy.sum(axis=0).mean(axis=1)  # <- db = dy.sum(axis=(0, 2))
        return dx, dw, db

    rng = np.random.default_rng(413)
    return call(forward, backward, rng.normal(size=(5, 3, 6)), rng.normal(size=(4, 3, 2)), rng.normal(size=4))


@case
def conv_relu_pool_network():
    """Two mistakes: the rectifier's mask is missing, and so is the mean over the batch for the filter."""

    class TinyConvNet:
        def __init__(self, rng):
            self.params = {"K": rng.normal(size=(3, 3)), "v": rng.normal(size=4)}

        def loss(self, images, targets):
            K = self.params["K"]
            N = len(images)
            self.maps = np.zeros((N, 4, 4))
            for i in range(3):
                for j in range(3):
                    self.maps += K[i, j] * images[:, i : i + 4, j : j + 4]
            act = np.maximum(self.maps, 0)
            self.pooled = act.reshape(N, 2, 2, 2, 2).mean(axis=(2, 4)).reshape(N, 4)
            self.err = self.pooled @ self.params["v"] - targets
            return 0.5 * np.mean(self.err**2)

        def backward(self, images, targets):
            self.loss(images, targets)
            N = len(images)
            self.grads = {"v": self.pooled.T @ self.err / N}
            dpooled = (self.err[:, None] * self.params["v"]).reshape(N, 2, 2)  # <- below: dpooled /= N
            dact = np.repeat(np.repeat(dpooled, 2, axis=1), 2, axis=2) / 4
            dmaps = dact  # <- dmaps = dact * (self.maps > 0)
            dK = np.zeros((3, 3))
            for i in range(3):
                for j in range(3):
                    dK[i, j] = np.sum(dmaps * images[:, i : i + 4, j : j + 4])
            self.grads["K"] = dK

    rng = np.random.default_rng(414)
    net = TinyConvNet(rng)
    return call(net.loss, net.backward, rng.normal(size=(3, 6, 6)), rng.normal(size=3))


@case
def total_variation_denoising():
    """The last differences of the columns are left out of the gradient."""

    def tv_loss(image, noisy, weight):
        dy = image[1:] - image[:-1]
        dx = image[:, 1:] - image[:, :-1]
        fidelity = 0.5 * np.sum((image - noisy) ** 2)
        return fidelity + weight * (np.sum(np.sqrt(dy**2 + 0.01)) + np.sum(np.sqrt(dx**2 + 0.01)))

    def tv_grad(image, noisy, weight):
        dy = image[1:] - image[:-1]
        dx = image[:, 1:] - image[:, :-1]
        gy = weight * dy / np.sqrt(dy**2 + 0.01)
        gx = weight * dx / np.sqrt(dx**2 + 0.01)
        grad = image - noisy
        grad[1:] += gy
        grad[:-1] -= gy
        grad[:, 1:-1] += gx[:, :-1]  # <- grad[:, 1:] += gx
        grad[:, :-1] -= gx
        return grad

    rng = np.random.default_rng(415)
    return call(tv_loss, tv_grad, rng.normal(size=(4, 5)), rng.normal(size=(4, 5)), 0.7, argnums=0)


@case
def smoothness_prior_laplacian():
    """A right gradient of the squared second differences of a surface."""

    def energy(z):
        lap = 4 * z[1:-1, 1:-1] - z[:-2, 1:-1] - z[2:, 1:-1] - z[1:-1, :-2] - z[1:-1, 2:]
        return 0.5 * np.sum(lap**2)

    def energy_gradient(z):
        lap = 4 * z[1:-1, 1:-1] - z[:-2, 1:-1] - z[2:, 1:-1] - z[1:-1, :-2] - z[1:-1, 2:]
        g = np.zeros_like(z)
        g[1:-1, 1:-1] += 4 * lap
        g[:-2, 1:-1] -= lap
        g[2:, 1:-1] -= lap
        g[1:-1, :-2] -= lap
        g[1:-1, 2:] -= lap
        return g

    return call(energy, energy_gradient, np.random.default_rng(416).normal(size=(5, 6)))


@case
def bilinear_sampling_position():
    """The derivative with respect to the vertical position takes the difference along the row."""

    def sample(image, pos):
        out = np.zeros(len(pos))
        for k, (r, c) in enumerate(pos):
            i, j = int(r), int(c)
            a, b = r - i, c - j
            top = (1 - b) * image[i, j] + b * image[i, j + 1]
            bottom = (1 - b) * image[i + 1, j] + b * image[i + 1, j + 1]
            out[k] = (1 - a) * top + a * bottom
        return out

    def sample_backward(dout, image, pos):
        dimage, dpos = np.zeros_like(image), np.zeros_like(pos)
        for k, (r, c) in enumerate(pos):
            i, j = int(r), int(c)
            a, b = r - i, c - j
            g = dout[k]
            dimage[i, j] += g * (1 - a) * (1 - b)
            dimage[i, j + 1] += g * (1 - a) * b
            dimage[i + 1, j] += g * a * (1 - b)
            dimage[i + 1, j + 1] += g * a * b
            down = (1 - b) * image[i + 1, j] + b * image[i + 1, j + 1]
            up = (1 - b) * image[i, j] + b * image[i + 1, j]  # <- up = (1 - b) * image[i, j] + b * image[i, j + 1]
            dpos[k, 0] = g * (down - up)
            right = (1 - a) * image[i, j + 1] + a * image[i + 1, j + 1]
            left = (1 - a) * image[i, j] + a * image[i + 1, j]
            dpos[k, 1] = g * (right - left)
        return dimage, dpos

    rng = np.random.default_rng(417)
    return call(sample, sample_backward, rng.normal(size=(4, 5)), rng.uniform(0.2, 2.8, size=(4, 2)))


@case
def pixel_shuffle_order():
    """The axes are moved back in the order of the forward pass, not in its inverse."""

    def pixel_shuffle(x):
        r = 2
        C, H, W = x.shape
        y = x.reshape(C // r**2, r, r, H, W).transpose(0, 3, 1, 4, 2)
        return y.reshape(C // r**2, H * r, W * r), (x.shape, r)

    def pixel_unshuffle(dout, cache):
        (C, H, W), r = cache
        d = dout.reshape(C // r**2, H, r, W, r)
        d = d.transpose(0, 4, 2, 1, 3)  # <- d = d.transpose(0, 2, 4, 1, 3)
        return d.reshape(C, H, W)

    return call(pixel_shuffle, pixel_unshuffle, np.random.default_rng(418).normal(size=(8, 2, 3)))


@case
def lp_pooling_exponent():
    """The outer root has the exponent 1 / p - 1 in its derivative; the minus one is missing."""

    class LpPool:
        def __init__(self, p, size):
            self.p, self.size = p, size

        def forward(self, x):
            self.blocks = x.reshape(x.shape[0], -1, self.size)
            self.s = np.sum(np.abs(self.blocks) ** self.p, axis=2)
            return self.s ** (1 / self.p)

        def backward(self, dout):
            ds = dout / self.p * self.s ** (1 / self.p)  # <- ds = dout / self.p * self.s ** (1 / self.p - 1)
            inner = self.p * np.abs(self.blocks) ** (self.p - 1) * np.sign(self.blocks)
            return (ds[:, :, None] * inner).reshape(dout.shape[0], -1)

    pool = LpPool(3.0, 4)
    return call(pool.forward, pool.backward, np.random.default_rng(419).normal(size=(3, 8)))


@case
def gabor_filter_bank_widths():
    """A right gradient of a bank of damped cosines that is fitted to a signal."""

    def bank_loss(freq, width, amp, signal):
        t = np.arange(len(signal)) - len(signal) / 2
        model = np.zeros(len(signal))
        for f, s, a in zip(freq, width, amp):
            model += a * np.exp(-((t / s) ** 2)) * np.cos(f * t)
        return np.sum((signal - model) ** 2)

    def bank_gradient(freq, width, amp, signal):
        t = np.arange(len(signal)) - len(signal) / 2
        envelopes = np.exp(-((t / width[:, None]) ** 2))
        waves = np.cos(freq[:, None] * t)
        residual = amp @ (envelopes * waves) - signal
        d_freq = -2 * amp * ((envelopes * np.sin(freq[:, None] * t) * t) @ residual)
        d_width = 2 * amp * ((envelopes * waves * 2 * t**2) @ residual) / width**3
        d_amp = 2 * (envelopes * waves) @ residual
        return d_freq, d_width, d_amp

    rng = np.random.default_rng(420)
    return call(
        bank_loss, bank_gradient, np.array([0.4, 0.9]), np.array([2.5, 4.0]), np.array([1.0, -0.6]), rng.normal(size=12)
    )

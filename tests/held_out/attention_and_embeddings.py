"""Attention, embeddings and transformer blocks, from single heads in loops to einsum over all heads."""

import numpy as np

from tests.held_out.case import call, case


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@case
def multi_head_einsum():
    """A right attention over batch and heads, written with einsum."""

    def mha_forward(q, k, v):
        scale = q.shape[-1] ** -0.5
        p = softmax(scale * np.einsum("bhid,bhjd->bhij", q, k))
        return np.einsum("bhij,bhjd->bhid", p, v), (q, k, v, p, scale)

    def mha_backward(dout, cache):
        q, k, v, p, scale = cache
        dv = np.einsum("bhij,bhid->bhjd", p, dout)
        dp = np.einsum("bhid,bhjd->bhij", dout, v)
        ds = scale * p * (dp - (dp * p).sum(axis=-1, keepdims=True))
        return np.einsum("bhij,bhjd->bhid", ds, k), np.einsum("bhij,bhid->bhjd", ds, q), dv

    rng = np.random.default_rng(500)
    return call(mha_forward, mha_backward, *[rng.normal(size=(2, 3, 5, 4)) for _ in range(3)])


@case
def self_attention_layer_projections():
    """The input is projected three times; the path through the values is missing from its gradient."""

    class SelfAttention:
        def __init__(self, d_model, d_head, rng):
            self.Wq = rng.normal(size=(d_model, d_head)) / np.sqrt(d_model)
            self.Wk = rng.normal(size=(d_model, d_head)) / np.sqrt(d_model)
            self.Wv = rng.normal(size=(d_model, d_head)) / np.sqrt(d_model)

        def forward(self, x):
            self.x = x
            self.q, self.k, self.v = x @ self.Wq, x @ self.Wk, x @ self.Wv
            self.scale = 1 / np.sqrt(self.q.shape[1])
            self.att = softmax(self.q @ self.k.T * self.scale)
            return self.att @ self.v

        def backward(self, dout):
            dv = self.att.T @ dout
            datt = dout @ self.v.T
            ds = self.att * (datt - np.sum(datt * self.att, axis=1, keepdims=True)) * self.scale
            dq = ds @ self.k
            dk = ds.T @ self.q
            self.dWq = self.x.T @ dq
            self.dWk = self.x.T @ dk
            self.dWv = self.x.T @ dv
            dx = dq @ self.Wq.T + dk @ self.Wk.T  # <- dx = dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T
            return dx

    rng = np.random.default_rng(501)
    layer = SelfAttention(5, 3, rng)
    return call(layer.forward, layer.backward, rng.normal(size=(4, 5)))


@case
def causal_attention_loop():
    """A right causal attention, query by query, with growing slices of keys."""

    def causal_attention(Q, K, V):
        T, d = Q.shape
        out = np.zeros((T, V.shape[1]))
        weights = []
        for t in range(T):
            a = softmax(K[: t + 1] @ Q[t] / np.sqrt(d))
            weights.append(a)
            out[t] = a @ V[: t + 1]
        return out, (Q, K, V, weights)

    def causal_attention_backward(dout, cache):
        Q, K, V, weights = cache
        T, d = Q.shape
        dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
        for t in range(T):
            a = weights[t]
            dV[: t + 1] += np.outer(a, dout[t])
            da = V[: t + 1] @ dout[t]
            ds = a * (da - a @ da) / np.sqrt(d)
            dQ[t] = ds @ K[: t + 1]
            dK[: t + 1] += np.outer(ds, Q[t])
        return dQ, dK, dV

    rng = np.random.default_rng(502)
    return call(causal_attention, causal_attention_backward, *[rng.normal(size=(5, 3)) for _ in range(3)])


@case
def attention_keys_transposed():
    """The scores' gradient is not transposed for the keys; it fits because there are as many keys as queries."""

    class DotAttention:
        def forward(self, query, key, value):
            self.query, self.key, self.value = query, key, value
            self.p = softmax(query @ key.T)
            return self.p @ value

        def backward(self, grad_out):
            grad_p = grad_out @ self.value.T
            grad_s = self.p * (grad_p - (grad_p * self.p).sum(axis=1)[:, None])
            grad_query = grad_s @ self.key
            grad_key = grad_s @ self.query  # <- grad_key = grad_s.T @ self.query
            grad_value = self.p.T @ grad_out
            return grad_query, grad_key, grad_value

    rng = np.random.default_rng(503)
    att = DotAttention()
    return call(att.forward, att.backward, *[rng.normal(size=(4, 3)) for _ in range(3)])


@case
def additive_attention_bahdanau():
    """The score's tanh is not differentiated on the way to the encoder states."""

    def attend(states, query, Ws, Wq, v):
        hidden = np.tanh(states @ Ws + query @ Wq)
        alpha = softmax(hidden @ v)
        context_vector = alpha @ states
        return context_vector, (states, query, Ws, Wq, v, hidden, alpha)

    def attend_backward(dctx, cache):
        states, query, Ws, Wq, v, hidden, alpha = cache
        dstates = np.outer(alpha, dctx)
        dalpha = states @ dctx
        dscore = alpha * (dalpha - alpha @ dalpha)
        dv = hidden.T @ dscore
        dhidden = np.outer(dscore, v)
        dpre = dhidden * (1 - hidden**2)
        dstates += dhidden @ Ws.T  # <- dstates += dpre @ Ws.T
        dquery = Wq @ dpre.sum(axis=0)
        return dstates, dquery, states.T @ dpre, np.outer(query, dpre.sum(axis=0)), dv

    rng = np.random.default_rng(504)
    shapes = [(6, 4), (3,), (4, 5), (3, 5), (5,)]
    return call(attend, attend_backward, *[rng.normal(size=s) for s in shapes])


@case
def attention_softmax_normalised_over_queries():
    """The softmax runs over the keys, its gradient subtracts the sum over the queries."""

    def forward(S, V):
        A = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
        return A @ V, (A, V)

    def backward(dO, cache):
        A, V = cache
        dA = dO @ V.T
        inner = (dA * A).sum(axis=0, keepdims=True)  # <- inner = (dA * A).sum(axis=1, keepdims=True)
        dS = A * (dA - inner)
        return dS, A.T @ dO

    rng = np.random.default_rng(505)
    return call(forward, backward, rng.normal(size=(4, 4)), rng.normal(size=(4, 3)))


@case
def linear_attention_normaliser():
    """The normaliser depends on the queries too, and is treated as a constant for them."""

    def linear_attention(q, k, v):
        fq, fk = np.exp(q), np.exp(k)
        kv = fk.T @ v
        z = fk.sum(axis=0)
        num = fq @ kv
        den = fq @ z
        return num / den[:, None], (fq, fk, v, kv, z, num, den)

    def linear_attention_backward(dout, cache):
        fq, fk, v, kv, z, num, den = cache
        dnum = dout / den[:, None]
        dden = -(dout * num).sum(axis=1) / den**2
        dfq = dnum @ kv.T  # <- dfq = dnum @ kv.T + np.outer(dden, z)
        dkv = fq.T @ dnum
        dz = fq.T @ dden
        dfk = v @ dkv.T + dz
        dv = fk @ dkv
        return dfq * fq, dfk * fk, dv

    rng = np.random.default_rng(506)
    args = [rng.normal(size=(4, 3)) * 0.5, rng.normal(size=(5, 3)) * 0.5, rng.normal(size=(5, 2))]
    return call(linear_attention, linear_attention_backward, *args)


@case
def positional_embedding_sum():
    """A right sum of word and position embeddings, with repeated words."""

    class TokenAndPosition:
        def __init__(self, vocab, length, dim, rng):
            self.params = {"tok": rng.normal(size=(vocab, dim)), "pos": rng.normal(size=(length, dim))}
            self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}

        def forward(self, ids):
            self.ids = ids
            return self.params["tok"][ids] + self.params["pos"][: ids.shape[1]]

        def backward(self, dout):
            for k in self.grads:
                self.grads[k][...] = 0
            np.add.at(self.grads["tok"], self.ids, dout)
            self.grads["pos"][: self.ids.shape[1]] += dout.sum(axis=0)

    layer = TokenAndPosition(6, 5, 3, np.random.default_rng(507))
    return call(layer.forward, layer.backward, np.array([[0, 3, 3, 5], [2, 2, 0, 1], [5, 3, 1, 1]]))


@case
def positional_embedding_batch_mean():
    """The position's gradient is the last example's alone: the loop over the batch assigns."""

    def embed(tokens, tok_table, pos_table):
        B, T = tokens.shape
        out = np.zeros((B, T, tok_table.shape[1]))
        for b in range(B):
            for t in range(T):
                out[b, t] = tok_table[tokens[b, t]] * pos_table[t]
        return out

    def embed_grad(dout, tokens, tok_table, pos_table):
        dtok, dpos = np.zeros_like(tok_table), np.zeros_like(pos_table)
        for b in range(tokens.shape[0]):
            for t in range(tokens.shape[1]):
                w = tokens[b, t]
                dtok[w] += dout[b, t] * pos_table[t]
                dpos[t] = dout[b, t] * tok_table[w]  # <- dpos[t] += dout[b, t] * tok_table[w]
        return dtok, dpos

    rng = np.random.default_rng(508)
    ids = rng.integers(0, 5, size=(3, 4))
    return call(embed, embed_grad, ids, rng.normal(size=(5, 2)), rng.normal(size=(4, 2)), argnums=(1, 2))


@case
def embedding_bag_mean():
    """Each bag is a mean of its words, and its gradient is not divided by the bag's length."""

    def bag_forward(table, words, offsets):
        bounds = list(offsets) + [len(words)]
        out = np.zeros((len(offsets), table.shape[1]))
        for i in range(len(offsets)):
            out[i] = table[words[bounds[i] : bounds[i + 1]]].mean(axis=0)
        return out

    def bag_backward(dout, table, words, offsets):
        bounds = list(offsets) + [len(words)]
        dtable = np.zeros_like(table)
        for i in range(len(offsets)):
            members = words[bounds[i] : bounds[i + 1]]
            for w in members:
                dtable[w] += dout[i]  # <- dtable[w] += dout[i] / len(members)
        return dtable

    words = np.array([3, 1, 3, 0, 2, 4, 4, 1])
    return call(bag_forward, bag_backward, np.random.default_rng(509).normal(size=(5, 3)), words, np.array([0, 3, 4]))


@case
def rotary_embedding_rotation():
    """The gradient is rotated forwards again; it must be rotated back, by the negative angle."""

    def rotate(x, base):
        T, D = x.shape
        half = D // 2
        angle = np.arange(T)[:, None] / base ** (np.arange(half) / half)
        c, s = np.cos(angle), np.sin(angle)
        a, b = x[:, :half], x[:, half:]
        return np.concatenate([a * c - b * s, a * s + b * c], axis=1), (c, s, half)

    def rotate_backward(dout, cache):
        c, s, half = cache
        da, db = dout[:, :half], dout[:, half:]
        dx = np.empty_like(dout)
        dx[:, :half] = da * c - db * s  # <- dx[:, :half] = da * c + db * s
        dx[:, half:] = da * s + db * c  # <- dx[:, half:] = db * c - da * s
        return dx

    return call(rotate, rotate_backward, np.random.default_rng(510).normal(size=(5, 4)), 50)


@case
def transformer_feed_forward_residual():
    """A right block: layer normalisation, two dense layers, and the skip connection around them."""

    class FeedForwardBlock:
        def __init__(self, d, h, rng):
            self.params = {
                "gain": rng.uniform(0.5, 1.5, d),
                "W1": rng.normal(size=(d, h)) / np.sqrt(d),
                "W2": rng.normal(size=(h, d)) / np.sqrt(h),
            }

        def forward(self, x):
            p = self.params
            self.sigma = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
            self.xhat = (x - x.mean(axis=-1, keepdims=True)) / self.sigma
            self.normed = self.xhat * p["gain"]
            self.hidden = np.maximum(0, self.normed @ p["W1"])
            return x + self.hidden @ p["W2"]

        def backward(self, dout):
            p = self.params
            dhidden = (dout @ p["W2"].T) * (self.hidden > 0)
            dnormed = dhidden @ p["W1"].T
            self.grads = {
                "gain": (dnormed * self.xhat).sum(axis=(0, 1)),
                "W1": np.einsum("btd,bth->dh", self.normed, dhidden),
                "W2": np.einsum("bth,btd->hd", self.hidden, dout),
            }
            dxhat = dnormed * p["gain"]
            mean1 = dxhat.mean(axis=-1, keepdims=True)
            mean2 = (dxhat * self.xhat).mean(axis=-1, keepdims=True)
            return dout + (dxhat - mean1 - self.xhat * mean2) / self.sigma

    rng = np.random.default_rng(511)
    block = FeedForwardBlock(4, 6, rng)
    return call(block.forward, block.backward, rng.normal(size=(2, 3, 4)))


@case
def multi_head_layer_merge_heads():
    """Two mistakes: the heads are split from the gradient in the wrong order, and the output bias is a mean."""

    class MultiHeadAttention:
        def __init__(self, d_model, n_heads, rng):
            self.h = n_heads
            for name in ("Wq", "Wk", "Wv", "Wo"):
                setattr(self, name, rng.normal(size=(d_model, d_model)) / np.sqrt(d_model))
            self.bo = rng.normal(size=d_model) * 0.1

        def split(self, x):
            T, D = x.shape
            return x.reshape(T, self.h, D // self.h).transpose(1, 0, 2)

        def merge(self, x):
            return x.transpose(1, 0, 2).reshape(x.shape[1], -1)

        def forward(self, x):
            self.x = x
            self.q, self.k, self.v = (self.split(x @ w) for w in (self.Wq, self.Wk, self.Wv))
            self.scale = 1 / np.sqrt(self.q.shape[-1])
            self.p = softmax(self.q @ self.k.transpose(0, 2, 1) * self.scale)
            self.concat = self.merge(self.p @ self.v)
            return self.concat @ self.Wo + self.bo

        def backward(self, dout):
            self.dbo = dout.mean(axis=0)  # <- self.dbo = dout.sum(axis=0)
            self.dWo = self.concat.T @ dout
            dconcat = dout @ self.Wo.T
            dheads = dconcat.reshape(self.v.shape)  # <- dheads = self.split(dconcat)
            dv = self.p.transpose(0, 2, 1) @ dheads
            dp = dheads @ self.v.transpose(0, 2, 1)
            ds = self.p * (dp - (dp * self.p).sum(axis=-1, keepdims=True)) * self.scale
            dq, dk = self.merge(ds @ self.k), self.merge(ds.transpose(0, 2, 1) @ self.q)
            dv = self.merge(dv)
            self.dWq, self.dWk, self.dWv = self.x.T @ dq, self.x.T @ dk, self.x.T @ dv
            return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T

    rng = np.random.default_rng(512)
    mha = MultiHeadAttention(4, 2, rng)
    return call(mha.forward, mha.backward, rng.normal(size=(3, 4)))


@case
def cross_entropy_padding_tokens():
    """The mean is over the tokens that are not padding, the gradient divides by all of them."""

    class SequenceLoss:
        def __init__(self, pad_id):
            self.pad_id = pad_id

        def forward(self, logits, targets):
            self.p = softmax(logits)
            self.keep = targets != self.pad_id
            self.targets = targets
            B, T = targets.shape
            picked = self.p[np.arange(B)[:, None], np.arange(T), targets]
            return -np.sum(np.log(picked) * self.keep) / self.keep.sum()

        def backward(self):
            B, T = self.targets.shape
            d = self.p.copy()
            d[np.arange(B)[:, None], np.arange(T), self.targets] -= 1
            d *= self.keep[:, :, None]
            return d / self.targets.size  # <- return d / self.keep.sum()

    loss = SequenceLoss(pad_id=0)
    targets = np.array([[2, 1, 4, 0], [3, 0, 0, 0], [1, 2, 2, 4]])
    return call(loss.forward, loss.backward, np.random.default_rng(513).normal(size=(3, 4, 5)), targets)


@case
def pointer_network_two_softmaxes():
    """The copy distribution is weighted with the gate; its gradient uses the complement."""

    def mixed_nll(gate_logit, vocab_logits, copy_scores, copy_ids, target):
        g = 1 / (1 + np.exp(-gate_logit[0]))
        pv = softmax(vocab_logits)
        pc = softmax(copy_scores)
        prob = g * pv[target] + (1 - g) * pc[copy_ids == target].sum()
        return -np.log(prob)

    def mixed_nll_grad(gate_logit, vocab_logits, copy_scores, copy_ids, target):
        g = 1 / (1 + np.exp(-gate_logit[0]))
        pv = softmax(vocab_logits)
        pc = softmax(copy_scores)
        hit = (copy_ids == target).astype(float)
        copied = pc @ hit
        prob = g * pv[target] + (1 - g) * copied
        dprob = -1 / prob
        dgate = np.array([dprob * (pv[target] - copied) * g * (1 - g)])
        onehot = np.zeros_like(pv)
        onehot[target] = 1
        dvocab = dprob * g * pv[target] * (onehot - pv)
        dcopy = dprob * g * pc * (hit - copied)  # <- dcopy = dprob * (1 - g) * pc * (hit - copied)
        return dgate, dvocab, dcopy

    rng = np.random.default_rng(514)
    ids = np.array([3, 1, 3, 0, 4])
    return call(
        mixed_nll, mixed_nll_grad, np.array([0.7]), rng.normal(size=5), rng.normal(size=5), ids, 3, argnums=(0, 1, 2)
    )


@case
def graph_convolution_layer():
    """A right graph convolution on a graph that is not symmetric: the adjacency is transposed on the way back."""

    class GraphConv:
        def __init__(self, A, W):
            self.A_hat = A / A.sum(axis=1, keepdims=True)
            self.W = W

        def forward(self, X):
            self.X = X
            self.Z = self.A_hat @ X @ self.W
            return np.tanh(self.Z)

        def backward(self, dout):
            dZ = dout * (1 - np.tanh(self.Z) ** 2)
            self.dW = (self.A_hat @ self.X).T @ dZ
            return self.A_hat.T @ dZ @ self.W.T

    rng = np.random.default_rng(515)
    layer = GraphConv((rng.random((5, 5)) < 0.5) + np.eye(5), rng.normal(size=(3, 4)))
    return call(layer.forward, layer.backward, rng.normal(size=(5, 3)))


@case
def message_passing_sum_edges():
    """Messages go from source to target; the gradient of the nodes is collected at the targets again."""

    def propagate(nodes, W, source, target):
        messages = np.tanh(nodes[source] @ W)
        out = np.zeros((len(nodes), W.shape[1]))
        np.add.at(out, target, messages)
        return out, (nodes, W, source, target, messages)

    def propagate_backward(dout, cache):
        nodes, W, source, target, messages = cache
        dpre = dout[target] * (1 - messages**2)
        dW = nodes[source].T @ dpre
        dnodes = np.zeros_like(nodes)
        np.add.at(dnodes, target, dpre @ W.T)  # <- np.add.at(dnodes, source, dpre @ W.T)
        return dnodes, dW

    rng = np.random.default_rng(516)
    source, target = np.array([0, 0, 1, 2, 3, 4, 2]), np.array([1, 2, 2, 3, 0, 0, 4])
    return call(propagate, propagate_backward, rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), source, target)


@case
def graph_attention_neighbours():
    """The leaky slope of the attention scores is not applied on the way back."""

    def gat(h, a_src, a_dst, adj):
        raw = (h @ a_src)[:, None] + (h @ a_dst)[None, :]
        e = np.where(raw > 0, raw, 0.2 * raw)
        e = np.where(adj, e, -np.inf)
        alpha = np.exp(e) / np.exp(e).sum(axis=1, keepdims=True)
        return alpha @ h, (h, a_src, a_dst, raw, alpha)

    def gat_backward(dout, cache):
        h, a_src, a_dst, raw, alpha = cache
        dh = alpha.T @ dout
        dalpha = dout @ h.T
        de = alpha * (dalpha - (dalpha * alpha).sum(axis=1, keepdims=True))
        draw = de * np.where(raw > 0, 1.0, 0.0)  # <- draw = de * np.where(raw > 0, 1.0, 0.2)
        row, col = draw.sum(axis=1), draw.sum(axis=0)
        dh += np.outer(row, a_src) + np.outer(col, a_dst)
        return dh, h.T @ row, h.T @ col

    rng = np.random.default_rng(5170)
    adj = np.array([[1, 1, 0, 1], [0, 1, 1, 0], [1, 1, 1, 0], [0, 0, 1, 1]])
    return call(gat, gat_backward, 2 * rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3), adj)


@case
def info_nce_symmetric():
    """The scores' gradient is not transposed for the second set of vectors."""

    def info_nce(Z, K, tau):
        S = Z @ K.T / tau
        lse = np.log(np.exp(S).sum(axis=1))
        return np.mean(lse - np.diag(S))

    def info_nce_grad(Z, K, tau):
        n = len(Z)
        S = Z @ K.T / tau
        P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
        D = (P - np.eye(n)) / n / tau
        return D @ K, D @ Z  # <- return D @ K, D.T @ Z

    rng = np.random.default_rng(518)
    return call(info_nce, info_nce_grad, rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), 0.5, argnums=(0, 1))

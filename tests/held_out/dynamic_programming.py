"""Dynamic programming: forward algorithms, alignments and soft minima, with their sweeps backwards."""

import numpy as np

from tests.held_out.case import call, case


def logsumexp(a, axis=None):
    m = np.max(a, axis=axis, keepdims=True)
    s = np.log(np.sum(np.exp(a - m), axis=axis, keepdims=True)) + m
    return np.squeeze(s, axis=axis)


@case
def crf_negative_log_likelihood():
    """A right linear-chain CRF with gradients from forward and backward messages."""

    def crf_nll(emissions, transitions, tags):
        T, K = emissions.shape
        alpha = emissions[0]
        score = emissions[0, tags[0]]
        for t in range(1, T):
            alpha = logsumexp(alpha[:, None] + transitions, axis=0) + emissions[t]
            score += transitions[tags[t - 1], tags[t]] + emissions[t, tags[t]]
        return logsumexp(alpha) - score

    def crf_nll_grad(emissions, transitions, tags):
        T, K = emissions.shape
        alpha = np.zeros((T, K))
        beta = np.zeros((T, K))
        alpha[0] = emissions[0]
        for t in range(1, T):
            alpha[t] = logsumexp(alpha[t - 1][:, None] + transitions, axis=0) + emissions[t]
        for t in range(T - 2, -1, -1):
            beta[t] = logsumexp(transitions + emissions[t + 1] + beta[t + 1], axis=1)
        logZ = logsumexp(alpha[-1])
        d_em = np.exp(alpha + beta - logZ)
        d_em[np.arange(T), tags] -= 1
        d_tr = np.zeros_like(transitions)
        for t in range(T - 1):
            d_tr += np.exp(alpha[t][:, None] + transitions + emissions[t + 1] + beta[t + 1] - logZ)
            d_tr[tags[t], tags[t + 1]] -= 1
        return d_em, d_tr

    rng = np.random.default_rng(600)
    return call(crf_nll, crf_nll_grad, rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), np.array([0, 2, 2, 1, 0]))


@case
def crf_layer_repeated_transitions():
    """A transition that occurs twice in the tags is subtracted once: a fancy index does not accumulate."""

    class CRFLayer:
        def __init__(self, num_tags, rng):
            self.transitions = rng.normal(size=(num_tags, num_tags))

        def forward(self, emissions, tags):
            self.emissions, self.tags = emissions, tags
            T = len(tags)
            self.alpha = [emissions[0]]
            for t in range(1, T):
                self.alpha.append(logsumexp(self.alpha[-1][:, None] + self.transitions, axis=0) + emissions[t])
            gold = emissions[np.arange(T), tags].sum() + self.transitions[tags[:-1], tags[1:]].sum()
            return logsumexp(self.alpha[-1]) - gold

        def backward(self):
            T = len(self.tags)
            demissions = np.zeros_like(self.emissions)
            self.dtransitions = np.zeros_like(self.transitions)
            msg = np.exp(self.alpha[-1] - logsumexp(self.alpha[-1]))
            for t in range(T - 1, 0, -1):
                demissions[t] = msg
                s = self.alpha[t - 1][:, None] + self.transitions
                w = np.exp(s - logsumexp(s, axis=0)) * msg
                self.dtransitions += w
                msg = w.sum(axis=1)
            demissions[0] = msg
            demissions[np.arange(T), self.tags] -= 1
            pairs = (self.tags[:-1], self.tags[1:])
            self.dtransitions[pairs] -= 1  # <- np.subtract.at(self.dtransitions, pairs, 1)
            return demissions

    rng = np.random.default_rng(601)
    crf = CRFLayer(3, rng)
    return call(crf.forward, crf.backward, rng.normal(size=(6, 3)), np.array([1, 2, 1, 2, 0, 0]))


@case
def crf_start_and_end_scores():
    """The expectation of the final tag, which the end scores enter, is taken at the first position."""

    def log_partition(emit, trans, start, end):
        a = start + emit[0]
        for e in emit[1:]:
            a = logsumexp(a[:, None] + trans, axis=0) + e
        return logsumexp(a + end)

    def log_partition_grad(emit, trans, start, end):
        T, K = emit.shape
        a, b = np.zeros((T, K)), np.zeros((T, K))
        a[0] = start + emit[0]
        b[-1] = end
        for t in range(1, T):
            a[t] = logsumexp(a[t - 1][:, None] + trans, axis=0) + emit[t]
        for t in range(T - 2, -1, -1):
            b[t] = logsumexp(trans + (emit[t + 1] + b[t + 1]), axis=1)
        Z = logsumexp(a[-1] + end)
        marginals = np.exp(a + b - Z)
        pairwise = sum(np.exp(a[t][:, None] + trans + emit[t + 1] + b[t + 1] - Z) for t in range(T - 1))
        d_start = marginals[0]
        d_end = marginals[0]  # <- d_end = marginals[-1]
        return marginals, pairwise, d_start, d_end

    rng = np.random.default_rng(602)
    args = [rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)]
    return call(log_partition, log_partition_grad, *args)


@case
def hmm_scaled_forward():
    """The posterior of the transitions lacks the scaling factor of its step."""

    def hmm_loglik(A, B, pi, obs):
        alpha = pi * B[:, obs[0]]
        loglik = np.log(alpha.sum())
        alpha = alpha / alpha.sum()
        for o in obs[1:]:
            alpha = (alpha @ A) * B[:, o]
            c = alpha.sum()
            loglik += np.log(c)
            alpha = alpha / c
        return loglik

    def hmm_loglik_grad(A, B, pi, obs):
        T, S = len(obs), len(pi)
        alphas, scales = np.zeros((T, S)), np.zeros(T)
        a = pi * B[:, obs[0]]
        for t in range(T):
            if t > 0:
                a = (alphas[t - 1] @ A) * B[:, obs[t]]
            scales[t] = a.sum()
            alphas[t] = a / scales[t]
        dA, dB = np.zeros_like(A), np.zeros_like(B)
        beta = np.ones(S)
        for t in range(T - 1, 0, -1):
            pred = alphas[t - 1] @ A
            dB[:, obs[t]] += pred * beta / scales[t]
            weighted = B[:, obs[t]] * beta
            dA += np.outer(alphas[t - 1], weighted)  # <- dA += np.outer(alphas[t - 1], weighted) / scales[t]
            beta = A @ weighted / scales[t]
        dB[:, obs[0]] += pi * beta / scales[0]
        dpi = B[:, obs[0]] * beta / scales[0]
        return dA, dB, dpi

    rng = np.random.default_rng(603)
    A, B = rng.dirichlet(np.ones(3), size=3), rng.dirichlet(np.ones(4), size=3)
    return call(hmm_loglik, hmm_loglik_grad, A, B, rng.dirichlet(np.ones(3)), np.array([0, 3, 1, 1, 2, 0]))


@case
def hmm_gaussian_emissions_class():
    """A right hidden Markov model with normal emissions: posteriors times the derivatives of the densities."""

    class GaussianHMM:
        def __init__(self, means, log_sd, logits):
            self.params = {"means": means, "log_sd": log_sd, "logits": logits}

        def _log_transitions(self):
            L = self.params["logits"]
            return L - logsumexp(L, axis=1)[:, None]

        def _emissions(self, y):
            z = (y[:, None] - self.params["means"]) / np.exp(self.params["log_sd"])
            return -0.5 * z**2 - self.params["log_sd"] - 0.5 * np.log(2 * np.pi)

        def loss(self, y):
            e, A = self._emissions(y), self._log_transitions()
            a = e[0] - np.log(e.shape[1])
            for t in range(1, len(y)):
                a = logsumexp(a[:, None] + A, axis=0) + e[t]
            return -logsumexp(a)

        def backward(self, y):
            e, A = self._emissions(y), self._log_transitions()
            T, K = e.shape
            a, b = np.zeros((T, K)), np.zeros((T, K))
            a[0] = e[0] - np.log(K)
            for t in range(1, T):
                a[t] = logsumexp(a[t - 1][:, None] + A, axis=0) + e[t]
            for t in range(T - 2, -1, -1):
                b[t] = logsumexp(A + e[t + 1] + b[t + 1], axis=1)
            ll = logsumexp(a[-1])
            gamma = np.exp(a + b - ll)
            xi = np.zeros((K, K))
            for t in range(T - 1):
                xi += np.exp(a[t][:, None] + A + e[t + 1] + b[t + 1] - ll)
            sd = np.exp(self.params["log_sd"])
            z = (y[:, None] - self.params["means"]) / sd
            self.grads = {
                "means": -(gamma * z / sd).sum(axis=0),
                "log_sd": -(gamma * (z**2 - 1)).sum(axis=0),
                "logits": np.exp(A) * xi.sum(axis=1, keepdims=True) - xi,
            }

    rng = np.random.default_rng(604)
    hmm = GaussianHMM(np.array([-1.0, 1.5]), np.array([0.2, -0.3]), rng.normal(size=(2, 2)))
    return call(hmm.loss, hmm.backward, rng.normal(size=8))


@case
def soft_dtw_gamma():
    """The recursion for the expected alignment leaves the temperature out of the diagonal weight."""

    def soft_dtw(D, gamma):
        n, m = D.shape
        R = np.full((n + 1, m + 1), np.inf)
        R[0, 0] = 0.0
        for i in range(1, n + 1):
            for j in range(1, m + 1):
                prev = np.array([R[i - 1, j - 1], R[i - 1, j], R[i, j - 1]])
                low = prev.min()
                R[i, j] = D[i - 1, j - 1] + low - gamma * np.log(np.exp(-(prev - low) / gamma).sum())
        return R[n, m]

    def soft_dtw_grad(D, gamma):
        n, m = D.shape
        R = np.full((n + 2, m + 2), np.inf)
        R[0, 0] = 0.0
        for i in range(1, n + 1):
            for j in range(1, m + 1):
                prev = np.array([R[i - 1, j - 1], R[i - 1, j], R[i, j - 1]])
                low = prev.min()
                R[i, j] = D[i - 1, j - 1] + low - gamma * np.log(np.exp(-(prev - low) / gamma).sum())
        E = np.zeros((n + 2, m + 2))
        E[n, m] = 1.0
        for j in range(m, 0, -1):
            for i in range(n, 0, -1):
                if i == n and j == m:
                    continue
                if i < n:
                    E[i, j] += E[i + 1, j] * np.exp((R[i + 1, j] - R[i, j] - D[i, j - 1]) / gamma)
                if j < m:
                    E[i, j] += E[i, j + 1] * np.exp((R[i, j + 1] - R[i, j] - D[i - 1, j]) / gamma)
                if i < n and j < m:
                    step = R[i + 1, j + 1] - R[i, j] - D[i, j]
                    E[i, j] += E[i + 1, j + 1] * np.exp(step)  # <- E[i, j] += E[i + 1, j + 1] * np.exp(step / gamma)
        return E[1 : n + 1, 1 : m + 1]

    return call(soft_dtw, soft_dtw_grad, np.random.default_rng(605).uniform(0, 2, size=(4, 5)), 0.5, argnums=0)


@case
def smooth_viterbi_path():
    """The weights of the softmax over predecessors are normalised over the successors."""

    def smooth_max(theta):
        T, K, _ = theta.shape
        v = np.zeros(K)
        for t in range(T):
            v = logsumexp(theta[t] + v[:, None], axis=0)
        return logsumexp(v)

    def smooth_max_grad(theta):
        T, K, _ = theta.shape
        v = np.zeros(K)
        Q = np.zeros_like(theta)
        for t in range(T):
            s = np.exp(theta[t] + v[:, None])
            Q[t] = s / s.sum(axis=1, keepdims=True)  # <- Q[t] = s / s.sum(axis=0, keepdims=True)
            v = np.log(s.sum(axis=0))
        u = np.exp(v - logsumexp(v))
        E = np.zeros_like(theta)
        for t in range(T - 1, -1, -1):
            E[t] = Q[t] * u
            u = E[t].sum(axis=1)
        return E

    return call(smooth_max, smooth_max_grad, np.random.default_rng(606).normal(size=(4, 3, 3)))


@case
def ctc_loss_backward():
    """A right CTC loss over the labels with blanks, with a direct adjoint of the forward recursion."""

    def ctc(log_probs, labels):
        ext = [0]
        for k in labels:
            ext += [k, 0]
        T, S = len(log_probs), len(ext)
        a = np.zeros((T, S))
        a[0, 0], a[0, 1] = np.exp(log_probs[0, 0]), np.exp(log_probs[0, ext[1]])
        for t in range(1, T):
            for s in range(S):
                total = a[t - 1, s]
                if s > 0:
                    total += a[t - 1, s - 1]
                if s > 1 and ext[s] != 0 and ext[s] != ext[s - 2]:
                    total += a[t - 1, s - 2]
                a[t, s] = total * np.exp(log_probs[t, ext[s]])
        return -np.log(a[-1, -1] + a[-1, -2]), (log_probs, ext, a)

    def ctc_backward(dloss, cache):
        log_probs, ext, a = cache
        T, S = a.shape
        bar = np.zeros_like(a)
        bar[-1, -1] = bar[-1, -2] = -dloss / (a[-1, -1] + a[-1, -2])
        grad = np.zeros_like(log_probs)
        for t in range(T - 1, -1, -1):
            for s in range(S):
                grad[t, ext[s]] += bar[t, s] * a[t, s]
                if t == 0:
                    continue
                flow = bar[t, s] * np.exp(log_probs[t, ext[s]])
                bar[t - 1, s] += flow
                if s > 0:
                    bar[t - 1, s - 1] += flow
                if s > 1 and ext[s] != 0 and ext[s] != ext[s - 2]:
                    bar[t - 1, s - 2] += flow
        return grad

    logits = np.random.default_rng(607).normal(size=(6, 4))
    return call(ctc, ctc_backward, logits - logsumexp(logits, axis=1)[:, None], np.array([2, 1, 1]))


@case
def ctc_forgets_the_blank_end():
    """Two endings are allowed, with and without a last blank; only one of them starts the sweep back."""

    class CTCLoss:
        def forward(self, y, labels):
            # y: probabilities, time by symbols; symbol 0 is the blank
            self.ext = np.zeros(2 * len(labels) + 1, dtype=int)
            self.ext[1::2] = labels
            T, L = len(y), len(self.ext)
            self.y = y
            self.alpha = np.zeros((T, L))
            self.alpha[0, :2] = y[0, self.ext[:2]]
            self.jump = np.zeros(L, dtype=bool)
            self.jump[3::2] = self.ext[3::2] != self.ext[1:-2:2]
            for t in range(1, T):
                prev = self.alpha[t - 1]
                acc = prev.copy()
                acc[1:] += prev[:-1]
                acc[2:] += np.where(self.jump[2:], prev[:-2], 0)
                self.alpha[t] = acc * y[t, self.ext]
            self.p = self.alpha[-1, -1] + self.alpha[-1, -2]
            return -np.log(self.p)

        def backward(self):
            T, L = self.alpha.shape
            dy = np.zeros_like(self.y)
            d = np.zeros(L)
            d[-1] = -1 / self.p  # <- d[-2:] = -1 / self.p
            for t in range(T - 1, 0, -1):
                prev = self.alpha[t - 1]
                acc = prev.copy()
                acc[1:] += prev[:-1]
                acc[2:] += np.where(self.jump[2:], prev[:-2], 0)
                np.add.at(dy[t], self.ext, d * acc)
                dacc = d * self.y[t, self.ext]
                d = dacc.copy()
                d[:-1] += dacc[1:]
                d[:-2] += np.where(self.jump[2:], dacc[2:], 0)
            np.add.at(dy[0], self.ext[:2], d[:2])
            return dy

    ctc = CTCLoss()
    probs = np.random.default_rng(608).dirichlet(np.ones(3), size=5)
    return call(ctc.forward, ctc.backward, probs, np.array([1, 2]))


@case
def needleman_wunsch_soft():
    """The gap's derivative counts the moves down and forgets the moves to the right."""

    def soft_alignment(S, gap):
        n, m = S.shape
        V = np.zeros((n + 1, m + 1))
        V[1:, 0] = -gap[0] * np.arange(1, n + 1)
        V[0, 1:] = -gap[0] * np.arange(1, m + 1)
        for i in range(1, n + 1):
            for j in range(1, m + 1):
                V[i, j] = np.log(
                    np.exp(V[i - 1, j - 1] + S[i - 1, j - 1])
                    + np.exp(V[i - 1, j] - gap[0])
                    + np.exp(V[i, j - 1] - gap[0])
                )
        return V, V[n, m]

    def score(S, gap):
        return soft_alignment(S, gap)[1]

    def score_gradient(S, gap):
        n, m = S.shape
        V, _ = soft_alignment(S, gap)
        bar = np.zeros_like(V)
        bar[n, m] = 1.0
        dS, dgap = np.zeros_like(S), np.zeros_like(gap)
        for i in range(n, 0, -1):
            for j in range(m, 0, -1):
                diag = bar[i, j] * np.exp(V[i - 1, j - 1] + S[i - 1, j - 1] - V[i, j])
                down = bar[i, j] * np.exp(V[i - 1, j] - gap[0] - V[i, j])
                right = bar[i, j] * np.exp(V[i, j - 1] - gap[0] - V[i, j])
                dS[i - 1, j - 1] = diag
                dgap[0] -= down  # <- dgap[0] -= down + right
                bar[i - 1, j - 1] += diag
                bar[i - 1, j] += down
                bar[i, j - 1] += right
        dgap[0] -= bar[1:, 0] @ np.arange(1, n + 1) + bar[0, 1:] @ np.arange(1, m + 1)
        return dS, dgap

    return call(score, score_gradient, np.random.default_rng(609).normal(size=(3, 4)), np.array([0.6]))


@case
def edit_distance_expected_costs():
    """A right derivative of a hard minimum over alignments: the costs on the best path get a one."""

    def edit_cost(sub, ins):
        n, m = sub.shape
        C = np.zeros((n + 1, m + 1))
        for i in range(n + 1):
            for j in range(m + 1):
                options = []
                if i and j:
                    options.append(C[i - 1, j - 1] + sub[i - 1, j - 1])
                if i:
                    options.append(C[i - 1, j] + ins[i - 1])
                if j:
                    options.append(C[i, j - 1] + ins[j - 1])
                if options:
                    C[i, j] = min(options)
        return C[n, m]

    def edit_cost_gradient(sub, ins):
        n, m = sub.shape
        C = np.zeros((n + 1, m + 1))
        move = {}
        for i in range(n + 1):
            for j in range(m + 1):
                options = []
                if i and j:
                    options.append((C[i - 1, j - 1] + sub[i - 1, j - 1], "sub"))
                if i:
                    options.append((C[i - 1, j] + ins[i - 1], "down"))
                if j:
                    options.append((C[i, j - 1] + ins[j - 1], "right"))
                if options:
                    C[i, j], move[i, j] = min(options)
        dsub, dins = np.zeros_like(sub), np.zeros_like(ins)
        i, j = n, m
        while i or j:
            if move[i, j] == "sub":
                i, j = i - 1, j - 1
                dsub[i, j] += 1
            elif move[i, j] == "down":
                i -= 1
                dins[i] += 1
            else:
                j -= 1
                dins[j] += 1
        return dsub, dins

    rng = np.random.default_rng(610)
    return call(edit_cost, edit_cost_gradient, rng.uniform(0.1, 2, size=(4, 4)), rng.uniform(0.3, 0.8, size=4))


@case
def inside_algorithm_spans():
    """The outside value of the left child is multiplied with the left child's inside value instead of the right's."""

    def inside(weights):
        n = weights.shape[0]
        I = np.zeros((n, n))
        for i in range(n):
            I[i, i] = weights[i, i]
        for width in range(1, n):
            for i in range(n - width):
                j = i + width
                I[i, j] = weights[i, j] * sum(I[i, k] * I[k + 1, j] for k in range(i, j))
        return I

    def partition(weights):
        return np.log(inside(weights)[0, -1])

    def partition_gradient(weights):
        n = weights.shape[0]
        I = inside(weights)
        O = np.zeros((n, n))
        O[0, -1] = 1 / I[0, -1]
        grad = np.zeros_like(weights)
        for width in range(n - 1, 0, -1):
            for i in range(n - width):
                j = i + width
                for k in range(i, j):
                    flow = O[i, j] * weights[i, j]
                    O[i, k] += flow * I[i, k]  # <- O[i, k] += flow * I[k + 1, j]
                    O[k + 1, j] += flow * I[i, k]
                grad[i, j] = O[i, j] * I[i, j] / weights[i, j]
        for i in range(n):
            grad[i, i] = O[i, i]
        return grad

    return call(partition, partition_gradient, np.random.default_rng(611).uniform(0.5, 2.0, size=(5, 5)))


@case
def semi_markov_segments():
    """Two mistakes: the segment's first position is off by one, and the last message lost its normalisation."""

    def log_z(scores):
        # scores[t, l]: a segment of length l + 1 that ends at t
        T, L = scores.shape
        a = np.full(T + 1, -np.inf)
        a[0] = 0.0
        for t in range(1, T + 1):
            a[t] = logsumexp(np.array([a[t - l] + scores[t - 1, l - 1] for l in range(1, min(L, t) + 1)]))
        return a[T], (scores, a)

    def log_z_backward(dz, cache):
        scores, a = cache
        T, L = scores.shape
        da = np.zeros(T + 1)
        da[T] = dz
        dscores = np.zeros_like(scores)
        for t in range(T, 0, -1):
            for l in range(1, min(L, t) + 1):
                w = np.exp(a[t - l] + scores[t - 1, l - 1])  # <- w = np.exp(a[t - l] + scores[t - 1, l - 1] - a[t])
                dscores[t - 1, l - 1] = da[t] * w
                da[t - l + 1] += da[t] * w  # <- da[t - l] += da[t] * w
        return dscores

    return call(log_z, log_z_backward, np.random.default_rng(612).normal(size=(6, 3)) * 0.4)


@case
def value_iteration_soft():
    """The policy's probabilities weight the rewards; the discount is left out of the backward recursion."""

    def soft_value(R, P):
        gamma, horizon = 0.9, 5
        V = np.zeros(R.shape[0])
        for _ in range(horizon):
            V = logsumexp(R + gamma * np.einsum("sat,t->sa", P, V), axis=1)
        return V.sum()

    def soft_value_grad(R, P):
        gamma, horizon = 0.9, 5
        V = np.zeros(R.shape[0])
        policies = []
        for _ in range(horizon):
            Q = R + gamma * np.einsum("sat,t->sa", P, V)
            V = logsumexp(Q, axis=1)
            policies.append(np.exp(Q - V[:, None]))
        dR = np.zeros_like(R)
        dV = np.ones(R.shape[0])
        for pi in reversed(policies):
            dQ = dV[:, None] * pi
            dR += dQ
            dV = np.einsum("sat,sa->t", P, dQ)  # <- dV = gamma * np.einsum("sat,sa->t", P, dQ)
        return dR

    rng = np.random.default_rng(613)
    return call(soft_value, soft_value_grad, rng.normal(size=(3, 2)), rng.dirichlet(np.ones(3), size=(3, 2)), argnums=0)


@case
def matrix_chain_products():
    """The prefix products are taken including the factor itself."""

    def chain_trace(Ms):
        out = np.eye(Ms.shape[1])
        for M in Ms:
            out = out @ M
        return np.trace(out)

    def chain_trace_grad(Ms):
        n, d, _ = Ms.shape
        left = [np.eye(d)]
        for M in Ms:
            left.append(left[-1] @ M)
        right = np.eye(d)
        grad = np.zeros_like(Ms)
        for i in range(n - 1, -1, -1):
            grad[i] = (right @ left[i + 1]).T  # <- grad[i] = (right @ left[i]).T
            right = Ms[i] @ right
        return grad

    return call(chain_trace, chain_trace_grad, np.random.default_rng(614).normal(size=(4, 3, 3)))


@case
def elementary_symmetric_polynomials():
    """A right reverse sweep over the table of elementary symmetric polynomials, as for k-subsets."""

    def log_esp(lam, k):
        n = len(lam)
        E = np.zeros((k + 1, n + 1))
        E[0] = 1.0
        for l in range(1, k + 1):
            for j in range(1, n + 1):
                E[l, j] = E[l, j - 1] + lam[j - 1] * E[l - 1, j - 1]
        return np.log(E[k, n])

    def log_esp_grad(lam, k):
        n = len(lam)
        E = np.zeros((k + 1, n + 1))
        E[0] = 1.0
        for l in range(1, k + 1):
            for j in range(1, n + 1):
                E[l, j] = E[l, j - 1] + lam[j - 1] * E[l - 1, j - 1]
        bar = np.zeros_like(E)
        bar[k, n] = 1.0 / E[k, n]
        dlam = np.zeros_like(lam)
        for l in range(k, 0, -1):
            for j in range(n, 0, -1):
                bar[l, j - 1] += bar[l, j]
                dlam[j - 1] += bar[l, j] * E[l - 1, j - 1]
                bar[l - 1, j - 1] += bar[l, j] * lam[j - 1]
        return dlam

    return call(log_esp, log_esp_grad, np.random.default_rng(615).uniform(0.3, 2.0, size=6), 3, argnums=0)


@case
def poisson_binomial_counts():
    """The probability of no success shrinks with p: its derivative has lost the minus."""

    def log_pmf(p, count):
        f = np.zeros(len(p) + 1)
        f[0] = 1.0
        for q in p:
            f[1:] = f[1:] * (1 - q) + f[:-1] * q
            f[0] *= 1 - q
        return np.log(f[count])

    def log_pmf_gradient(p, count):
        n = len(p)
        rows = [np.eye(1, n + 1)[0]]
        for q in p:
            shifted = np.concatenate([[0.0], rows[-1][:-1]])
            rows.append(rows[-1] * (1 - q) + shifted * q)
        bar = np.zeros(n + 1)
        bar[count] = 1 / rows[-1][count]
        dp = np.zeros(n)
        for i in range(n - 1, -1, -1):
            shifted = np.concatenate([[0.0], rows[i][:-1]])
            dp[i] = bar @ (shifted + rows[i])  # <- dp[i] = bar @ (shifted - rows[i])
            bar = bar * (1 - p[i]) + p[i] * np.concatenate([bar[1:], [0.0]])
        return dp

    return call(log_pmf, log_pmf_gradient, np.random.default_rng(616).uniform(0.1, 0.9, size=6), 2, argnums=0)


@case
def felsenstein_pruning_tree():
    """The message that goes up from the other child is left out of the branch's gradient."""

    def tree_loglik(branch, leaf_states):
        # two cherries that meet in the root; the same two-state chain on each branch
        like = []
        for i in range(4):
            stay = 0.5 * (1 + np.exp(-2 * branch[i]))
            P = np.array([[stay, 1 - stay], [1 - stay, stay]])
            like.append(P[:, leaf_states[i]])
        left, right = like[0] * like[1], like[2] * like[3]
        up = []
        for i, partial in ((4, left), (5, right)):
            stay = 0.5 * (1 + np.exp(-2 * branch[i]))
            up.append(stay * partial + (1 - stay) * partial[::-1])
        return np.log(0.5 * np.sum(up[0] * up[1]))

    def tree_loglik_gradient(branch, leaf_states):
        stay = 0.5 * (1 + np.exp(-2 * branch))
        dstay = -np.exp(-2 * branch)
        like = []
        for i in range(4):
            v = np.full(2, 1 - stay[i])
            v[leaf_states[i]] = stay[i]
            like.append(v)
        partial = [like[0] * like[1], like[2] * like[3]]
        up = [stay[4 + c] * partial[c] + (1 - stay[4 + c]) * partial[c][::-1] for c in range(2)]
        total = np.sum(up[0] * up[1])
        grad = np.zeros(6)
        for c in range(2):
            above = up[1 - c] / total
            grad[4 + c] = dstay[4 + c] * above @ (partial[c] - partial[c][::-1])
            down = stay[4 + c] * above + (1 - stay[4 + c]) * above[::-1]
            for i in (2 * c, 2 * c + 1):
                sign = np.array([-1.0, -1.0])
                sign[leaf_states[i]] = 1.0
                message = down  # <- message = down * like[4 * c + 1 - i]
                grad[i] = dstay[i] * message @ sign
        return grad

    return call(
        tree_loglik,
        tree_loglik_gradient,
        np.random.default_rng(617).uniform(0.1, 0.9, size=6),
        np.array([0, 1, 1, 0]),
        argnums=0,
    )


@case
def optimal_stopping_smooth():
    """The continuation value carries the weight of stopping to the step before."""

    def stopping_value(payoff, cost):
        v = payoff[-1]
        for x in payoff[-2::-1]:
            cont = v - cost[0]
            v = cont + np.log1p(np.exp(x - cont))
        return v

    def stopping_value_grad(payoff, cost):
        n = len(payoff)
        values = np.zeros(n)
        stop = np.zeros(n)
        values[-1] = payoff[-1]
        for t in range(n - 2, -1, -1):
            cont = values[t + 1] - cost[0]
            stop[t] = 1 / (1 + np.exp(cont - payoff[t]))
            values[t] = cont + np.log1p(np.exp(payoff[t] - cont))
        dpayoff, dcost = np.zeros(n), np.zeros(1)
        reach = 1.0
        for t in range(n - 1):
            dpayoff[t] = reach * stop[t]
            reach *= stop[t]  # <- reach *= 1 - stop[t]
            dcost[0] -= reach
        dpayoff[-1] = reach
        return dpayoff, dcost

    return call(stopping_value, stopping_value_grad, np.random.default_rng(618).normal(size=7), np.array([0.2]))


@case
def volume_rendering_ray():
    """A right rendering along a ray, with the light that is left behind each sample."""

    def render(sigma, color, delta):
        alpha = 1 - np.exp(-sigma * delta)
        T = np.concatenate([[1.0], np.cumprod(1 - alpha)[:-1]])
        return (T * alpha) @ color

    def render_backward(dout, sigma, color, delta):
        n = len(sigma)
        through = np.exp(-sigma * delta)
        light = 1.0
        weights = np.zeros(n)
        for i in range(n):
            weights[i] = light * (1 - through[i])
            light *= through[i]
        dcolor = np.outer(weights, dout)
        dsigma = np.zeros(n)
        behind = np.zeros(color.shape[1])
        lights = np.concatenate([[1.0], np.cumprod(through)])
        for i in range(n - 1, -1, -1):
            dsigma[i] = delta[i] * (lights[i + 1] * color[i] - behind) @ dout
            behind = behind + weights[i] * color[i]
        return dsigma, dcolor

    rng = np.random.default_rng(619)
    return call(
        render, render_backward, rng.uniform(0.2, 2, 6), rng.random((6, 3)), rng.uniform(0.1, 0.5, 6), argnums=(0, 1)
    )

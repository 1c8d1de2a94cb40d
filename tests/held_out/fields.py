"""Variational problems, images, simulations and control: longer functions, adjoint loops, grids."""

import numpy as np

from tests.held_out.case import call, case


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def heat_equation_source_inversion():
    """The adjoint runs back through all steps; the data of the first step are left out."""

    def simulate(c, u0, steps, r):
        us = [u0]
        for _ in range(steps):
            u = us[-1]
            v = u.copy()
            v[1:-1] = u[1:-1] + r * (u[2:] - 2 * u[1:-1] + u[:-2]) + c[1:-1]
            us.append(v)
        return us

    def misfit(c, u0, data, r=0.2):
        us = simulate(c, u0, len(data), r)
        total = 0.0
        for k in range(len(data)):
            total += 0.5 * np.sum((us[k + 1] - data[k]) ** 2)
        return total

    def misfit_gradient(c, u0, data, r=0.2):
        us = simulate(c, u0, len(data), r)
        lam = np.zeros_like(u0)
        grad = np.zeros_like(c)
        for k in range(len(data) - 1, 0, -1):  # <- for k in range(len(data) - 1, -1, -1):
            lam = lam + us[k + 1] - data[k]
            grad[1:-1] += lam[1:-1]
            new = lam.copy()
            new[1:-1] -= 2 * r * lam[1:-1]
            new[2:] += r * lam[1:-1]
            new[:-2] += r * lam[1:-1]
            lam = new
        return grad

    return call(misfit, misfit_gradient, normal(1, 7), normal(2, 7), normal(3, 4, 7))


@case
def heat_equation_initial_state():
    """Fitting the initial state of a heat equation around a ring."""

    def forward(u, data):
        loss = 0.0
        for d in data:
            u = u + 0.3 * (np.roll(u, 1) - 2 * u + np.roll(u, -1))
            loss += np.mean((u - d) ** 2)
        return loss

    def adjoint(u, data):
        states = []
        for _ in data:
            u = u + 0.3 * (np.roll(u, 1) - 2 * u + np.roll(u, -1))
            states.append(u)
        lam = np.zeros(len(u))
        for state, d in zip(states[::-1], data[::-1]):
            lam += 2 * (state - d) / len(d)
            lam = lam + 0.3 * (np.roll(lam, 1) - 2 * lam + np.roll(lam, -1))
        return lam

    return call(forward, adjoint, normal(4, 6), normal(5, 3, 6))


@case
def advection_upwind_adjoint():
    """The adjoint of an upwind step shifts the other way round; it is shifted like the step itself."""

    def advect_loss(u, target, cfl):
        for _ in range(5):
            u = u - cfl * (u - np.roll(u, 1))
        return 0.5 * np.sum((u - target) ** 2)

    def advect_gradient(u, target, cfl):
        for _ in range(5):
            u = u - cfl * (u - np.roll(u, 1))
        lam = u - target
        for _ in range(5):
            lam = lam - cfl * (lam - np.roll(lam, 1))  # <- lam = lam - cfl * (lam - np.roll(lam, -1))
        return lam

    return call(advect_loss, advect_gradient, normal(6, 8), normal(7, 8), 0.4)


@case
def minimal_surface():
    """Area of a surface over a grid; the corner that both differences share takes minus both."""

    def surface_area(z, h=0.5):
        zx = (z[1:, :-1] - z[:-1, :-1]) / h
        zy = (z[:-1, 1:] - z[:-1, :-1]) / h
        return h**2 * np.sum(np.sqrt(1 + zx**2 + zy**2))

    def surface_area_gradient(z, h=0.5):
        zx = (z[1:, :-1] - z[:-1, :-1]) / h
        zy = (z[:-1, 1:] - z[:-1, :-1]) / h
        root = np.sqrt(1 + zx**2 + zy**2)
        px, py = h * zx / root, h * zy / root
        g = np.zeros_like(z)
        g[1:, :-1] += px
        g[:-1, 1:] += py
        g[:-1, :-1] -= px  # <- g[:-1, :-1] -= px + py
        return g

    return call(surface_area, surface_area_gradient, normal(8, 5, 6))


@case
def ginzburg_landau():
    """The double well (u**2 - 1)**2 / 4 has the slope u (u**2 - 1), which is scaled by 1 / eps, not by eps."""

    class GinzburgLandau:
        def __init__(self, eps):
            self.eps = eps

        def energy(self, u):
            gx = np.roll(u, -1, axis=0) - u
            gy = np.roll(u, -1, axis=1) - u
            return 0.5 * self.eps * np.sum(gx**2 + gy**2) + np.sum((u**2 - 1) ** 2) / (4 * self.eps)

        def variation(self, u):
            lap = -4 * u
            for axis in (0, 1):
                for shift in (-1, 1):
                    lap = lap + np.roll(u, shift, axis=axis)
            well = u * (u**2 - 1)
            return -self.eps * lap + self.eps * well  # <- return -self.eps * lap + well / self.eps

    gl = GinzburgLandau(0.4)
    return call(gl.energy, gl.variation, normal(9, 4, 5))


@case
def phase_field_crystal():
    """Swift-Hohenberg energy around a ring."""

    def swift_hohenberg(u, eps=0.3):
        lap = np.roll(u, 1) + np.roll(u, -1) - 2 * u
        return np.sum(0.5 * (u + lap) ** 2 - 0.5 * eps * u**2 + 0.25 * u**4)

    def swift_hohenberg_gradient(u, eps=0.3):
        w = u + np.roll(u, 1) + np.roll(u, -1) - 2 * u
        return w + np.roll(w, 1) + np.roll(w, -1) - 2 * w - eps * u + u**3

    return call(swift_hohenberg, swift_hohenberg_gradient, normal(10, 8))


@case
def optical_flow_horn_schunck():
    """Both velocities have the same residual, but each its own image derivative; u's is taken for v."""

    def flow_energy(u, v, Ix, Iy, It, alpha):
        data = np.sum((Ix * u + Iy * v + It) ** 2)
        smooth = 0.0
        for f in (u, v):
            smooth = smooth + np.sum(np.diff(f, axis=0) ** 2) + np.sum(np.diff(f, axis=1) ** 2)
        return data + alpha * smooth

    def flow_gradient(u, v, Ix, Iy, It, alpha):
        r = Ix * u + Iy * v + It
        gu, gv = 2 * r * Ix, 2 * r * Ix  # <- gu, gv = 2 * r * Ix, 2 * r * Iy
        for f, g in ((u, gu), (v, gv)):
            d0, d1 = 2 * alpha * np.diff(f, axis=0), 2 * alpha * np.diff(f, axis=1)
            g[1:] += d0
            g[:-1] -= d0
            g[:, 1:] += d1
            g[:, :-1] -= d1
        return gu, gv

    return call(flow_energy, flow_gradient, *[normal(k, 4, 5) for k in range(11, 16)], 0.5)


@case
def image_registration_by_translation():
    """Bilinear sampling: the derivative by the shift in x has the differences along x, with weights of y."""
    image = normal(16, 8, 9)
    rows, cols = np.mgrid[2:5, 2:6]

    def sample_loss(shift, fixed):
        fy, fx = shift
        a, b = image[rows, cols], image[rows, cols + 1]
        c, d = image[rows + 1, cols], image[rows + 1, cols + 1]
        warped = (1 - fy) * ((1 - fx) * a + fx * b) + fy * ((1 - fx) * c + fx * d)
        return 0.5 * np.sum((warped - fixed) ** 2)

    def sample_loss_gradient(shift, fixed):
        fy, fx = shift
        a, b = image[rows, cols], image[rows, cols + 1]
        c, d = image[rows + 1, cols], image[rows + 1, cols + 1]
        top, bottom = (1 - fx) * a + fx * b, (1 - fx) * c + fx * d
        r = (1 - fy) * top + fy * bottom - fixed
        dy = np.sum(r * (bottom - top))
        dx = np.sum(r * ((1 - fx) * (b - a) + fx * (d - c)))  # <- dx = np.sum(r * ((1 - fy) * (b - a) + fy * (d - c)))
        return np.array([dy, dx])

    return call(sample_loss, sample_loss_gradient, np.array([0.3, 0.6]), normal(17, 3, 4))


@case
def total_variation_denoising_of_a_signal():
    """Two slips: the data term is a sum of squares without a half, and the right end is pulled by a plus."""

    def denoise(x, y, lam, eps=0.05):
        return np.sum((x - y) ** 2) + lam * np.sum(np.sqrt(np.diff(x) ** 2 + eps))

    def denoise_gradient(x, y, lam, eps=0.05):
        d = np.diff(x)
        flux = lam * d / np.sqrt(d**2 + eps)
        g = x - y  # <- g = 2 * (x - y)
        g[0] -= flux[0]
        g[1:-1] += flux[:-1] - flux[1:]
        g[-1] -= flux[-1]  # <- g[-1] += flux[-1]
        return g

    return call(denoise, denoise_gradient, normal(18, 8), normal(19, 8), 0.7)


@case
def seismic_convolution_model():
    """Reflectivity from impedance, convolved with a wavelet: the quotient rule has (a + b)**2 below."""
    wavelet = np.array([-0.3, 1.0, -0.3])

    def synthetic_misfit(z, trace):
        r = (z[1:] - z[:-1]) / (z[1:] + z[:-1])
        return 0.5 * np.sum((np.convolve(r, wavelet, mode="same") - trace) ** 2)

    def synthetic_misfit_gradient(z, trace):
        s = z[1:] + z[:-1]
        r = (z[1:] - z[:-1]) / s
        e = np.convolve(r, wavelet, mode="same") - trace
        dr = np.convolve(e, wavelet[::-1], mode="same")
        g = np.zeros_like(z)
        g[1:] += dr * 2 * z[:-1] / s  # <- g[1:] += dr * 2 * z[:-1] / s**2
        g[:-1] -= dr * 2 * z[1:] / s  # <- g[:-1] -= dr * 2 * z[1:] / s**2
        return g

    return call(synthetic_misfit, synthetic_misfit_gradient, np.random.default_rng(20).uniform(1, 3, 8), normal(21, 7))


@case
def tomography_by_rays():
    """Roughness 0.1 |diff|**2 pulls both ends of a difference with 0.2; the upper end has 0.1."""

    class Tomography:
        def __init__(self, lengths, times):
            self.lengths, self.times = lengths, times

        def objective(self, v):
            residual = self.lengths @ (1 / v) - self.times
            rough = np.diff(v)
            return 0.5 * residual @ residual + 0.1 * rough @ rough

        def gradient(self, v):
            residual = self.lengths @ (1 / v) - self.times
            g = -self.lengths.T @ residual / v**2
            rough = np.diff(v)
            g[1:] += 0.1 * rough  # <- g[1:] += 0.2 * rough
            g[:-1] -= 0.2 * rough
            return g

    rng = np.random.default_rng(22)
    model = Tomography(rng.uniform(0, 1, (6, 5)), rng.normal(size=6))
    return call(model.objective, model.gradient, rng.uniform(1, 2, 5))


@case
def lqr_cost_of_controls():
    """The costate goes back in time through A transposed; A itself is applied."""
    A = np.array([[1.0, 0.1], [-0.2, 0.9]])
    B = np.array([[0.0], [0.5]])
    Q, R, QT = np.diag([1.0, 0.3]), 0.4, np.diag([3.0, 1.0])

    def rollout(u, x0):
        xs = [x0]
        for k in range(len(u)):
            xs.append(A @ xs[-1] + B @ u[k])
        return xs

    def cost(u, x0):
        xs = rollout(u, x0)
        J = 0.5 * xs[-1] @ QT @ xs[-1]
        for k in range(len(u)):
            J = J + 0.5 * xs[k] @ Q @ xs[k] + 0.5 * R * np.sum(u[k] ** 2)
        return J

    def cost_gradient(u, x0):
        xs = rollout(u, x0)
        lam = QT @ xs[-1]
        g = np.zeros_like(u)
        for k in range(len(u) - 1, -1, -1):
            g[k] = R * u[k] + B.T @ lam
            lam = A @ lam + Q @ xs[k]  # <- lam = A.T @ lam + Q @ xs[k]
        return g

    return call(cost, cost_gradient, normal(23, 5, 1), np.array([1.0, -0.5]))


@case
def pendulum_swing_up():
    """Controls of a pendulum over time, by the adjoint of semi-implicit Euler steps."""

    def swing(u, dt=0.1):
        th, om = 0.3, 0.0
        for k in range(len(u)):
            om_new = om + dt * (u[k] - np.sin(th))
            th = th + dt * om_new
            om = om_new
        return (th - np.pi) ** 2 + 0.1 * om**2 + 0.01 * np.sum(u**2)

    def swing_gradient(u, dt=0.1):
        th, om = 0.3, 0.0
        ths = []
        for k in range(len(u)):
            ths.append(th)
            om = om + dt * (u[k] - np.sin(th))
            th = th + dt * om
        lth, lom = 2 * (th - np.pi), 0.2 * om
        g = 0.02 * u
        for k in reversed(range(len(u))):
            lom = lom + dt * lth
            g[k] += dt * lom
            lth = lth - dt * np.cos(ths[k]) * lom
        return g

    return call(swing, swing_gradient, normal(24, 8))


@case
def cart_with_drag_adjoint():
    """Quadratic drag |v| v has the slope 2 |v|; the 2 is missing in the costate of the velocity."""

    def trajectory(u, dt=0.2, c=0.3):
        x, v, vs = 0.0, 0.5, []
        for k in range(len(u)):
            vs.append(v)
            x = x + dt * v
            v = v + dt * (u[k] - c * np.abs(v) * v)
        return x, v, vs

    def miss(u):
        x, v, _ = trajectory(u)
        return 0.5 * (x - 2.0) ** 2 + 0.5 * v**2

    def miss_gradient(u, dt=0.2, c=0.3):
        x, v, vs = trajectory(u)
        lx, lv = x - 2.0, v
        g = np.zeros_like(u)
        for k in range(len(u) - 1, -1, -1):
            g[k] = dt * lv
            lv = lv * (1 - dt * c * np.abs(vs[k])) + dt * lx  # <- lv = lv * (1 - 2 * dt * c * np.abs(vs[k])) + dt * lx
        return g

    return call(miss, miss_gradient, normal(25, 7))


@case
def neural_ode_by_midpoint():
    """The midpoint rule has two stages: the first one takes half of the second one's gradient, not the whole."""
    W = 0.7 * normal(26, 3, 3)

    def solve(x, target, h=0.3, steps=4):
        for _ in range(steps):
            k1 = np.tanh(W @ x)
            k2 = np.tanh(W @ (x + 0.5 * h * k1))
            x = x + h * k2
        return np.sum((x - target) ** 2)

    def solve_gradient(x, target, h=0.3, steps=4):
        tape = []
        for _ in range(steps):
            k1 = np.tanh(W @ x)
            k2 = np.tanh(W @ (x + 0.5 * h * k1))
            tape.append((k1, k2))
            x = x + h * k2
        g = 2 * (x - target)
        for k1, k2 in reversed(tape):
            mid = W.T @ (h * g * (1 - k2**2))
            dk1 = h * mid  # <- dk1 = 0.5 * h * mid
            g = g + mid + W.T @ (dk1 * (1 - k1**2))
        return g

    return call(solve, solve_gradient, normal(27, 3), normal(28, 3))


@case
def compartment_epidemic():
    """Susceptible and infected over days, backwards in time by both rates."""

    def sir_loss(rates, data):
        beta, gamma = rates
        s, i = 0.9, 0.1
        loss = 0.0
        for d in data:
            new, gone = beta * s * i, gamma * i
            s, i = s - new, i + new - gone
            loss += (i - d) ** 2
        return loss

    def sir_loss_gradient(rates, data):
        beta, gamma = rates
        s, i, path = 0.9, 0.1, []
        for _ in data:
            path.append((s, i))
            new, gone = beta * s * i, gamma * i
            s, i = s - new, i + new - gone
        path.append((s, i))
        ls, li, db, dg = 0.0, 0.0, 0.0, 0.0
        for t in reversed(range(len(data))):
            li = li + 2 * (path[t + 1][1] - data[t])
            s, i = path[t]
            dnew, dgone = li - ls, -li
            db += dnew * s * i
            dg += dgone * i
            ls, li = ls + dnew * beta * i, li + dnew * beta * s + dgone * gamma
        return np.array([db, dg])

    return call(sir_loss, sir_loss_gradient, np.array([0.8, 0.3]), np.random.default_rng(29).uniform(0.05, 0.4, 6))


@case
def epidemic_in_forward_mode():
    """Two slips in forward mode: s loses dflow, not flow, and the chain rule of the square takes di, not i."""

    def seir_misfit(rate, cases):
        s, i = 0.85, 0.15
        total = 0.0
        for c in cases:
            flow = rate * s * i
            s = s - flow
            i = 0.8 * i + flow
            total += 0.5 * (i - c) ** 2
        return total

    def seir_misfit_slope(rate, cases):
        s, i = 0.85, 0.15
        ds, di, slope = 0.0, 0.0, 0.0
        for c in cases:
            dflow = s * i + rate * (ds * i + s * di)
            flow = rate * s * i
            ds = ds - flow  # <- ds = ds - dflow
            di = 0.8 * di + dflow
            s = s - flow
            i = 0.8 * i + flow
            slope += (i - c) * i  # <- slope += (i - c) * di
        return slope

    return call(seir_misfit, seir_misfit_slope, 0.9, np.random.default_rng(30).uniform(0.05, 0.4, 6))


@case
def resistor_network_power():
    """The two ends of a branch take its current with opposite signs; both have a plus."""
    branches = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]])

    def power(v, g):
        drop = v[branches[:, 0]] - v[branches[:, 1]]
        return np.sum(g * drop**2)

    def power_gradient(v, g):
        drop = v[branches[:, 0]] - v[branches[:, 1]]
        dv = np.zeros_like(v)
        for (a, b), current in zip(branches, 2 * g * drop):
            dv[a] += current
            dv[b] += current  # <- dv[b] -= current
        return dv, drop**2

    return call(power, power_gradient, normal(31, 4), np.random.default_rng(32).uniform(0.5, 2, 5))


@case
def truss_compliance():
    """Compliance of a truss by the areas of its bars, through the solution of the equilibrium."""
    D = normal(33, 6, 4)
    load = normal(34, 4)

    def compliance(area):
        K = D.T @ (area[:, None] * D)
        return load @ np.linalg.solve(K, load)

    def compliance_gradient(area):
        K = D.T @ (area[:, None] * D)
        u = np.linalg.solve(K, load)
        return -((D @ u) ** 2)

    return call(compliance, compliance_gradient, np.random.default_rng(35).uniform(0.5, 2, 6))


@case
def truss_compliance_with_power_law():
    """The stiffness is the density cubed: the factor of the power law keeps the exponent 3 and not 2."""
    D = normal(36, 7, 4)
    f = normal(37, 4)

    def simp(rho, p=3):
        K = D.T @ ((0.01 + rho**p)[:, None] * D)
        return f @ np.linalg.solve(K, f)

    def simp_sensitivity(rho, p=3):
        K = D.T @ ((0.01 + rho**p)[:, None] * D)
        u = np.linalg.solve(K, f)
        return -p * rho**p * (D @ u) ** 2  # <- return -p * rho ** (p - 1) * (D @ u) ** 2

    return call(simp, simp_sensitivity, np.random.default_rng(38).uniform(0.4, 1.4, 7))


@case
def variational_quantum_rotation():
    """The parameter-shift rule takes half of the difference at shifts of a quarter turn: the half is lost."""
    target = np.array([[0.7, 0.2], [0.2, -0.4]])

    def expectation(angles):
        psi = np.array([1.0, 0.0])
        for a in angles:
            c, s = np.cos(a / 2), np.sin(a / 2)
            psi = np.array([[c, -s], [s, c]]) @ psi
        return psi @ target @ psi

    def parameter_shift(angles):
        g = np.zeros_like(angles)
        for k in range(len(angles)):
            shift = np.zeros_like(angles)
            shift[k] = np.pi / 2
            up, down = expectation(angles + shift), expectation(angles - shift)
            g[k] = up - down  # <- g[k] = (up - down) / 2
        return g

    return call(expectation, parameter_shift, normal(39, 3))


@case
def pagerank_like_fixed_point():
    """Neumann series of a linear system, summed from both sides."""
    P = 0.2 * normal(40, 4, 4)

    def fixed_point(s, q):
        x = s
        for _ in range(5):
            x = P @ x + s
        return q @ x

    def fixed_point_gradient(s, q):
        lam = q
        total = np.zeros_like(s)
        for _ in range(5):
            total = total + lam
            lam = P.T @ lam
        return total + lam

    return call(fixed_point, fixed_point_gradient, normal(41, 4), normal(42, 4))

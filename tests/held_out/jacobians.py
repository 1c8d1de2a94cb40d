"""Jacobians and Hessians of systems, dynamics, transformations and test functions."""

import numpy as np

from tests.held_out.case import call, case


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def softmax_jacobian():
    """The Jacobian of a softmax is diag(p) - p p'; the outer product is missing."""

    def softmax(z):
        e = np.exp(z - np.max(z))
        return e / e.sum()

    def softmax_jac(z):
        p = softmax(z)
        return np.diag(p)  # <- return np.diag(p) - np.outer(p, p)

    return call(softmax, softmax_jac, normal(1, 5), jacobian=True)


@case
def softmax_jacobian_in_loops():
    """Where i and j agree the entry is s_i (1 - s_i), else -s_i s_j: the latter has the wrong sign."""

    def softmax(x):
        ex = np.exp(x)
        return ex / np.sum(ex)

    def softmax_derivative(x):
        s = softmax(x)
        J = np.zeros((len(s), len(s)))
        for i in range(len(s)):
            for j in range(len(s)):
                if i == j:
                    J[i, j] = s[i] * (1 - s[i])
                else:
                    J[i, j] = s[i] * s[j]  # <- J[i, j] = -s[i] * s[j]
        return J

    return call(softmax, softmax_derivative, normal(2, 4), jacobian=True)


@case
def unit_vector_jacobian():
    """Normalising a vector: the projection is divided by the length."""

    def unit(v):
        return v / np.linalg.norm(v)

    def unit_jacobian(v):
        n = np.linalg.norm(v)
        u = v / n
        return np.eye(len(v)) - np.outer(u, u)  # <- return (np.eye(len(v)) - np.outer(u, u)) / n

    return call(unit, unit_jacobian, normal(3, 3), jacobian=True)


@case
def polar_to_cartesian():
    """Rows are the outputs and columns the inputs: the matrix is transposed."""

    def cartesian(p):
        r, phi = p
        return np.array([r * np.cos(phi), r * np.sin(phi)])

    def cartesian_jac(p):
        r, phi = p
        J = np.array([[np.cos(phi), np.sin(phi)], [-r * np.sin(phi), r * np.cos(phi)]])
        return J  # <- return J.T

    return call(cartesian, cartesian_jac, np.array([1.4, 0.6]), jacobian=True)


@case
def spherical_coordinates():
    """From spherical to Cartesian coordinates, with the polar angle from the z axis."""

    def to_xyz(q):
        r, theta, phi = q
        return np.array(
            [r * np.sin(theta) * np.cos(phi), r * np.sin(theta) * np.sin(phi), r * np.cos(theta)],
        )

    def to_xyz_jacobian(q):
        r, theta, phi = q
        st, ct, sp, cp = np.sin(theta), np.cos(theta), np.sin(phi), np.cos(phi)
        return np.array([[st * cp, r * ct * cp, -r * st * sp], [st * sp, r * ct * sp, r * st * cp], [ct, -r * st, 0.0]])

    return call(to_xyz, to_xyz_jacobian, np.array([1.6, 0.9, -0.7]), jacobian=True)


@case
def range_and_bearing():
    """The bearing arctan2(dy, dx) moves with -dy / r**2 by x: the entries of x and y are exchanged."""

    def measure(state, beacon=(2.0, -1.0)):
        dx, dy = state[0] - beacon[0], state[1] - beacon[1]
        return np.array([np.sqrt(dx**2 + dy**2), np.arctan2(dy, dx) - state[2]])

    def measurement_jacobian(state, beacon=(2.0, -1.0)):
        dx, dy = state[0] - beacon[0], state[1] - beacon[1]
        q = dx**2 + dy**2
        H = np.zeros((2, 3))
        H[0, :2] = dx / np.sqrt(q), dy / np.sqrt(q)
        H[1, :2] = dx / q, -dy / q  # <- H[1, :2] = -dy / q, dx / q
        H[1, 2] = -1
        return H

    return call(measure, measurement_jacobian, np.array([0.3, 0.8, 0.4]), jacobian=True)


@case
def unicycle_motion_model():
    """The heading changes both coordinates; the derivative of the cosine has lost its minus."""

    def motion(x, v=1.2, w=0.5, dt=0.3):
        th = x[2]
        return np.array([x[0] + v * dt * np.cos(th), x[1] + v * dt * np.sin(th), x[2] + w * dt])

    def motion_jacobian(x, v=1.2, w=0.5, dt=0.3):
        F = np.eye(3)
        F[0, 2] = v * dt * np.sin(x[2])  # <- F[0, 2] = -v * dt * np.sin(x[2])
        F[1, 2] = v * dt * np.cos(x[2])
        return F

    return call(motion, motion_jacobian, np.array([0.5, -0.3, 0.9]), jacobian=True)


@case
def lotka_volterra_jacobian():
    """Prey and predator with saturation."""

    class LotkaVolterra:
        def __init__(self, a=1.1, b=0.4, c=0.6, d=0.3, h=0.5):
            self.a, self.b, self.c, self.d, self.h = a, b, c, d, h

        def rhs(self, u):
            x, y = u
            eaten = self.b * x * y / (1 + self.h * x)
            return np.array([self.a * x - eaten, self.d * eaten - self.c * y])

        def jac(self, u):
            x, y = u
            by_x = self.b * y / (1 + self.h * x) ** 2
            by_y = self.b * x / (1 + self.h * x)
            return np.array([[self.a - by_x, -by_y], [self.d * by_x, self.d * by_y - self.c]])

    lv = LotkaVolterra()
    return call(lv.rhs, lv.jac, np.array([1.3, 0.7]), jacobian=True)


@case
def lorenz_jacobian():
    """The product x * z of the second equation is differentiated by x, but its sign is turned."""

    def lorenz(s, sigma=10.0, rho=28.0, beta=8 / 3):
        x, y, z = s
        return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])

    def lorenz_jac(s, sigma=10.0, rho=28.0, beta=8 / 3):
        x, y, z = s
        return np.array(  # <- return np.array([[-sigma, sigma, 0], [rho - z, -1, -x], [y, x, -beta]])
            [
                [-sigma, sigma, 0],
                [rho + z, -1, -x],
                [y, x, -beta],
            ]
        )

    return call(lorenz, lorenz_jac, np.array([1.2, -0.8, 2.1]), jacobian=True)


@case
def robertson_kinetics():
    """The slow reaction is quadratic: its derivative has a factor 2 in both rows; one of them lacks it."""

    def rates(y):
        r1, r2, r3 = 0.04 * y[0], 1.5 * y[1] * y[2], 3.0 * y[1] ** 2
        return np.array([-r1 + r2, r1 - r2 - r3, r3])

    def rates_jac(y):
        J = np.zeros((3, 3))
        J[0] = -0.04, 1.5 * y[2], 1.5 * y[1]
        J[1] = 0.04, -1.5 * y[2] - 3.0 * y[1], -1.5 * y[1]  # <- J[1] = 0.04, -1.5 * y[2] - 6.0 * y[1], -1.5 * y[1]
        J[2, 1] = 6.0 * y[1]
        return J

    return call(rates, rates_jac, np.array([0.8, 0.3, 0.5]), jacobian=True)


@case
def reaction_diffusion_on_a_line():
    """The Laplacian's off-diagonal entries reach n - 1 neighbours; the lower diagonal ends one too early."""

    def fisher(u, D=0.6, dx=0.5):
        lap = np.zeros_like(u)
        lap[1:-1] = (u[:-2] - 2 * u[1:-1] + u[2:]) / dx**2
        lap[0] = (u[1] - u[0]) / dx**2
        lap[-1] = (u[-2] - u[-1]) / dx**2
        return D * lap + u * (1 - u)

    def fisher_jacobian(u, D=0.6, dx=0.5):
        n = len(u)
        k = D / dx**2
        J = np.diag(1 - 2 * u)
        for i in range(n):
            J[i, i] -= k * (1 if i in (0, n - 1) else 2)
        for i in range(n - 1):
            J[i, i + 1] += k
        for i in range(1, n - 1):  # <- for i in range(1, n):
            J[i, i - 1] += k
        return J

    return call(fisher, fisher_jacobian, normal(4, 6), jacobian=True)


@case
def burgers_upwind():
    """Central differences of the flux u**2 / 2 around a ring."""

    def burgers(u):
        flux = 0.5 * u**2
        return (np.roll(flux, -1) - np.roll(flux, 1)) / 0.4

    def burgers_jacobian(u):
        n = len(u)
        J = np.zeros((n, n))
        i = np.arange(n)
        J[i, (i + 1) % n] = u[(i + 1) % n] / 0.4
        J[i, (i - 1) % n] = -u[(i - 1) % n] / 0.4
        return J

    return call(burgers, burgers_jacobian, normal(5, 6), jacobian=True)


@case
def residuals_of_a_gaussian_peak():
    """The width is squared in the exponent: its derivative has width cubed."""
    t = np.linspace(-2, 2, 9)

    def peak(p):
        height, centre, width = p
        return height * np.exp(-0.5 * ((t - centre) / width) ** 2)

    def peak_jac(p):
        height, centre, width = p
        e = np.exp(-0.5 * ((t - centre) / width) ** 2)
        J = np.empty((len(t), 3))
        J[:, 0] = e
        J[:, 1] = height * e * (t - centre) / width**2
        J[:, 2] = height * e * (t - centre) ** 2 / width**2  # <- J[:, 2] = height * e * (t - centre) ** 2 / width**3
        return J

    return call(peak, peak_jac, np.array([1.3, 0.2, 0.7]), jacobian=True)


@case
def logistic_growth_fit():
    """Parameters of logistic growth, for least squares."""
    days = np.arange(1.0, 9.0)

    def growth(p):
        K, r, t0 = p
        return K / (1 + np.exp(-r * (days - t0)))

    def growth_jacobian(p):
        K, r, t0 = p
        s = 1 / (1 + np.exp(-r * (days - t0)))
        return np.column_stack([s, K * s * (1 - s) * (days - t0), -K * s * (1 - s) * r])

    return call(growth, growth_jacobian, np.array([2.2, 0.8, 4.3]), jacobian=True)


@case
def layer_jacobian_by_rows():
    """The slope of the activation multiplies the rows of W, and not its columns."""
    W, b = normal(6, 4, 4), normal(7, 4)

    def layer(x):
        return np.tanh(W @ x + b)

    def layer_jacobian(x):
        slope = 1 - np.tanh(W @ x + b) ** 2
        return W * slope  # <- return W * slope[:, None]

    return call(layer, layer_jacobian, normal(8, 4), jacobian=True)


@case
def two_layers_jacobian():
    """The chain of two layers multiplies from the outer to the inner one."""
    A, B = normal(9, 4, 4), normal(10, 4, 4)

    def two(x):
        return np.sin(B @ np.sin(A @ x))

    def two_jac(x):
        h = A @ x
        inner = np.cos(h)[:, None] * A
        outer = np.cos(B @ np.sin(h))[:, None] * B
        return inner @ outer  # <- return outer @ inner

    return call(two, two_jac, normal(11, 4), jacobian=True)


@case
def rosenbrock_hessian():
    """The derivative of -400 x (y - x**2) by x has 1200 x**2: it stands there as 400 x**2."""

    def rosen(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    def rosen_hess(x):
        H = np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)
        diagonal = np.zeros_like(x)
        diagonal[:-1] = 400 * x[:-1] ** 2 - 400 * x[1:] + 2  # <- diagonal[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
        diagonal[1:] += 200
        return H + np.diag(diagonal)

    return call(rosen, rosen_hess, 0.8 * normal(12, 4), hessian=True)


@case
def logistic_regression_hessian():
    """The Hessian X' D X has p (1 - p) on its diagonal, and p alone here."""
    X = normal(13, 9, 3)

    def nll(w):
        z = X @ w
        return np.sum(np.logaddexp(0, z))

    def nll_hessian(w):
        p = 1 / (1 + np.exp(-X @ w))
        return X.T @ (p[:, None] * X)  # <- return X.T @ ((p * (1 - p))[:, None] * X)

    return call(nll, nll_hessian, 0.5 * normal(14, 3), hessian=True)


@case
def poisson_hessian_with_ridge():
    """Hessian of a Poisson regression with a penalty."""
    X, y = normal(15, 8, 3), np.array([1, 0, 3, 2, 1, 4, 0, 2])

    def objective(w, lam=0.7):
        eta = X @ w
        return np.sum(np.exp(eta) - y * eta) + 0.5 * lam * w @ w

    def hessian_of_objective(w, lam=0.7):
        mu = np.exp(X @ w)
        return (X.T * mu) @ X + lam * np.eye(len(w))

    return call(objective, hessian_of_objective, 0.4 * normal(16, 3), hessian=True)


@case
def log_sum_exp_hessian():
    """The Hessian is diag(p) - p p': the outer product is added instead."""

    def lse(x):
        m = np.max(x)
        return m + np.log(np.sum(np.exp(x - m)))

    def lse_hess(x):
        p = np.exp(x - lse(x))
        H = np.diag(p)
        H += np.outer(p, p)  # <- H -= np.outer(p, p)
        return H

    return call(lse, lse_hess, normal(17, 4), hessian=True)


@case
def distance_hessian():
    """Hessian of the distance to a point."""
    anchor = np.array([1.0, -0.5, 0.3])

    def distance(x):
        return np.sqrt(np.sum((x - anchor) ** 2))

    def distance_hessian_of(x):
        d = x - anchor
        r = np.sqrt(np.sum(d**2))
        return (np.eye(3) - np.outer(d, d) / r**2) / r

    return call(distance, distance_hessian_of, normal(18, 3), hessian=True)


@case
def spring_hessian():
    """Geometric stiffness: (1 - rest / r) goes with the projection across the spring, and 1 along it."""
    rest, k, pin = 0.8, 2.0, np.array([0.4, -0.6])

    def spring(x):
        return 0.5 * k * (np.linalg.norm(x - pin) - rest) ** 2

    def stiffness(x):
        d = x - pin
        r = np.linalg.norm(d)
        along = np.outer(d, d) / r**2
        across = np.eye(2) - along
        return k * along + k * (1 - rest * r) * across  # <- return k * along + k * (1 - rest / r) * across

    return call(spring, stiffness, np.array([1.3, 0.9]), hessian=True)


@case
def quartic_potential_hessian():
    """Two slips: (r**2)**2 has 4 r**2 I + 8 x x', and the coupling is symmetric."""

    def quartic(x, c=0.6):
        return (x @ x) ** 2 + c * x[0] * x[1]

    def quartic_hess(x, c=0.6):
        outer = 4 * np.outer(x, x)  # <- outer = 8 * np.outer(x, x)
        H = 4 * (x @ x) * np.eye(len(x)) + outer
        H[0, 1] += c  # <- below: H[1, 0] += c
        return H

    return call(quartic, quartic_hess, normal(19, 3), hessian=True)


@case
def himmelblau_hessian():
    """Second derivatives of Himmelblau's function."""

    def himmelblau2(p):
        x, y = p
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    def himmelblau2_hessian(p):
        x, y = p
        fxx = 12 * x**2 + 4 * y - 42
        fyy = 12 * y**2 + 4 * x - 26
        fxy = 4 * (x + y)
        return np.array([[fxx, fxy], [fxy, fyy]])

    return call(himmelblau2, himmelblau2_hessian, np.array([0.7, -1.3]), hessian=True)

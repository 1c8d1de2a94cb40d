"""Energies of particles, lattices and membranes, each with the gradient that a simulation would take."""

import numpy as np

from tests.held_out.case import call, case


@case
def chain_of_springs():
    """The derivative of (length - rest)**2 / 2 is (length - rest), without the half that the energy has."""

    def energy(x, k, rest):
        d = x[1:] - x[:-1]
        length = np.sqrt((d**2).sum(axis=1))
        return 0.5 * np.sum(k * (length - rest) ** 2)

    def gradient(x, k, rest):
        d = x[1:] - x[:-1]
        length = np.sqrt((d**2).sum(axis=1))
        pull = 0.5 * k * (length - rest) / length  # <- pull = k * (length - rest) / length
        g = np.zeros_like(x)
        g[1:] += pull[:, None] * d
        g[:-1] -= pull[:, None] * d
        return g

    rng = np.random.default_rng(1)
    return call(energy, gradient, rng.normal(size=(6, 2)), rng.uniform(1, 3, size=5), 0.7)


@case
def spring_network_over_an_edge_list():
    """Nodes occur in several edges, and += with an array of indices adds to each node only once."""
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2], [1, 4], [4, 2]])
    stiffness = np.array([1.0, 2.5, 0.8, 1.7, 3.0, 1.2, 0.6])
    rest = np.array([1.0, 1.1, 0.7, 0.9, 1.4, 1.2, 0.5])

    def elastic_energy(nodes):
        i, j = edges.T
        lengths = np.linalg.norm(nodes[j] - nodes[i], axis=1)
        return 0.5 * np.sum(stiffness * (lengths - rest) ** 2)

    def elastic_gradient(nodes):
        i, j = edges.T
        delta = nodes[j] - nodes[i]
        lengths = np.linalg.norm(delta, axis=1)
        along = (stiffness * (lengths - rest) / lengths)[:, None] * delta
        grad = np.zeros_like(nodes)
        np.add.at(grad, j, along)
        grad[i] -= along  # <- np.subtract.at(grad, i, along)
        return grad

    return call(elastic_energy, elastic_gradient, np.random.default_rng(2).normal(size=(5, 3)))


@case
def lennard_jones_by_pairs():
    """The derivative of the attractive term s6 with respect to r has the factor 6, half of that of s12."""

    def lj_energy(positions, eps=0.8, sigma=1.1):
        n = len(positions)
        total = 0.0
        for i in range(n):
            for j in range(i + 1, n):
                rij = positions[i] - positions[j]
                s6 = (sigma**2 / np.dot(rij, rij)) ** 3
                total += 4 * eps * (s6**2 - s6)
        return total

    def lj_gradient(positions, eps=0.8, sigma=1.1):
        n = len(positions)
        grad = np.zeros_like(positions)
        for i in range(n):
            for j in range(i + 1, n):
                rij = positions[i] - positions[j]
                r2 = np.dot(rij, rij)
                s6 = (sigma**2 / r2) ** 3
                f = -4 * eps * (12 * s6**2 - 12 * s6) / r2  # <- f = -4 * eps * (12 * s6**2 - 6 * s6) / r2
                grad[i] += f * rij
                grad[j] -= f * rij
        return grad

    rng = np.random.default_rng(3)
    grid = np.array([[0.0, 0, 0], [1.3, 0, 0], [0, 1.3, 0], [0, 0, 1.3], [1.3, 1.3, 0]])
    return call(lj_energy, lj_gradient, grid + 0.1 * rng.normal(size=(5, 3)))


@case
def lennard_jones_shifted_on_all_pairs():
    """Lennard-Jones energy, shifted to be 0 at the cutoff, from the matrix of distances."""

    class LennardJones:
        def __init__(self, epsilon, sigma, cutoff):
            self.epsilon, self.sigma, self.cutoff = epsilon, sigma, cutoff
            self.shift = self._phi((sigma / cutoff) ** 6)

        def _phi(self, s6):
            return 4 * self.epsilon * s6 * (s6 - 1)

        def _pairs(self, x):
            i, j = np.triu_indices(len(x), k=1)
            d = x[i] - x[j]
            r2 = np.sum(d * d, axis=1)
            inside = r2 < self.cutoff**2
            return i[inside], j[inside], d[inside], r2[inside]

        def energy(self, x):
            _, _, _, r2 = self._pairs(x)
            return np.sum(self._phi((self.sigma**2 / r2) ** 3) - self.shift)

        def gradient(self, x):
            i, j, d, r2 = self._pairs(x)
            s6 = (self.sigma**2 / r2) ** 3
            per_pair = (4 * self.epsilon * (6 * s6 - 12 * s6 * s6) / r2)[:, None] * d
            g = np.zeros_like(x)
            np.add.at(g, i, per_pair)
            np.add.at(g, j, -per_pair)
            return g

    rng = np.random.default_rng(4)
    x = np.stack(np.meshgrid(np.arange(2), np.arange(2), np.arange(2)), axis=-1).reshape(-1, 3) * 1.2
    pot = LennardJones(0.5, 1.0, 2.5)
    return call(pot.energy, pot.gradient, x + 0.08 * rng.normal(size=x.shape))


@case
def gravity_with_softening():
    """With a softened distance the force has the softening too: (r**2 + eps**2)**1.5, not r**3."""
    G = 0.9
    soft2 = 0.3**2
    mass = np.array([1.0, 2.0, 0.5, 1.5])

    def potential(q):
        U = 0.0
        for a in range(len(mass)):
            for b in range(a):
                sep = q[a] - q[b]
                U -= G * mass[a] * mass[b] / np.sqrt(sep @ sep + soft2)
        return U

    def dpotential(q):
        dU = np.zeros(q.shape)
        for a in range(len(mass)):
            for b in range(a):
                sep = q[a] - q[b]
                r3 = (sep @ sep) ** 1.5  # <- r3 = (sep @ sep + soft2) ** 1.5
                pull = G * mass[a] * mass[b] * sep / r3
                dU[a] += pull
                dU[b] -= pull
        return dU

    return call(potential, dpotential, np.random.default_rng(5).normal(size=(4, 2)))


@case
def coulomb_on_matrix_of_differences():
    """Every pair is counted twice in the double sum, once in the energy: the gradient of a particle has no half."""

    def coulomb(xyz, charge):
        diff = xyz[:, None, :] - xyz[None, :, :]
        r2 = np.sum(diff**2, axis=-1) + np.eye(len(xyz))
        pair = np.outer(charge, charge) / np.sqrt(r2)
        return 0.5 * np.sum(pair * (1 - np.eye(len(xyz))))

    def coulomb_grad(xyz, charge):
        diff = xyz[:, None, :] - xyz[None, :, :]
        r2 = np.sum(diff**2, axis=-1) + np.eye(len(xyz))
        w = np.outer(charge, charge) / r2**1.5
        return -0.5 * np.sum(w[:, :, None] * diff, axis=1)  # <- return -np.sum(w[:, :, None] * diff, axis=1)

    rng = np.random.default_rng(6)
    return call(coulomb, coulomb_grad, rng.normal(size=(5, 3)), rng.normal(size=5))


@case
def harmonic_bond_angle():
    """The angle is the arccosine of the cosine, and d(angle)/d(cos) = -1 / sin(angle): the sign is lost."""

    def bend(p, q, r, k=2.0, theta0=1.9):
        u, v = p - q, r - q
        c = u @ v / (np.linalg.norm(u) * np.linalg.norm(v))
        return 0.5 * k * (np.arccos(c) - theta0) ** 2

    def bend_grad(p, q, r, k=2.0, theta0=1.9):
        u, v = p - q, r - q
        nu, nv = np.linalg.norm(u), np.linalg.norm(v)
        c = u @ v / (nu * nv)
        theta = np.arccos(c)
        dE_dc = k * (theta - theta0) / np.sqrt(1 - c**2)  # <- dE_dc = -k * (theta - theta0) / np.sqrt(1 - c**2)
        dp = dE_dc * (v / (nu * nv) - c * u / nu**2)
        dr = dE_dc * (u / (nu * nv) - c * v / nv**2)
        return dp, -(dp + dr), dr

    rng = np.random.default_rng(7)
    return call(bend, bend_grad, rng.normal(size=3), rng.normal(size=3), rng.normal(size=3))


@case
def bond_angle_that_forgets_the_middle_atom():
    """The middle atom takes minus the sum of the other two gradients; here it takes that of one of them only."""
    triples = [(0, 1, 2), (1, 2, 3), (2, 3, 4), (0, 2, 4)]

    def cosine_energy(x):
        e = 0.0
        for i, j, k in triples:
            a, b = x[i] - x[j], x[k] - x[j]
            e += (np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b)) + 0.4) ** 2
        return e

    def cosine_energy_gradient(x):
        g = np.zeros_like(x)
        for i, j, k in triples:
            a, b = x[i] - x[j], x[k] - x[j]
            aa, bb, ab = np.dot(a, a), np.dot(b, b), np.dot(a, b)
            cos = ab / np.sqrt(aa * bb)
            common = 2 * (cos + 0.4)
            ga = common * (b / np.sqrt(aa * bb) - cos * a / aa)
            gb = common * (a / np.sqrt(aa * bb) - cos * b / bb)
            g[i] += ga
            g[j] -= ga  # <- g[j] -= ga + gb
            g[k] += gb
        return g

    return call(cosine_energy, cosine_energy_gradient, np.random.default_rng(8).normal(size=(5, 3)))


@case
def bond_angle_energy_of_a_chain():
    """Bending energy of a chain from the cosines between neighbouring bonds."""

    def bending(x, kappa):
        t = np.diff(x, axis=0)
        t = t / np.linalg.norm(t, axis=1, keepdims=True)
        return kappa * np.sum(1 - np.sum(t[1:] * t[:-1], axis=1))

    def bending_gradient(x, kappa):
        bonds = np.diff(x, axis=0)
        length = np.linalg.norm(bonds, axis=1, keepdims=True)
        t = bonds / length
        dt = np.zeros_like(t)
        dt[1:] -= kappa * t[:-1]
        dt[:-1] -= kappa * t[1:]
        dbonds = (dt - t * np.sum(t * dt, axis=1, keepdims=True)) / length
        dx = np.zeros_like(x)
        dx[1:] += dbonds
        dx[:-1] -= dbonds
        return dx

    return call(bending, bending_gradient, np.random.default_rng(9).normal(size=(7, 3)), 1.6)


@case
def torsion_in_angles():
    """d cos(n phi - delta) / d phi = -n sin(n phi - delta): the multiplicity n is missing."""

    def torsion(phi, V, n, delta):
        return np.sum(0.5 * V * (1 + np.cos(n * phi - delta)))

    def torsion_gradient(phi, V, n, delta):
        return -0.5 * V * np.sin(n * phi - delta)  # <- return -0.5 * V * n * np.sin(n * phi - delta)

    rng = np.random.default_rng(10)
    return call(
        torsion,
        torsion_gradient,
        rng.uniform(-3, 3, size=6),
        rng.uniform(0.5, 2, size=6),
        np.array([1, 2, 3, 2, 3, 1]),
        rng.uniform(-1, 1, size=6),
    )


@case
def dihedral_energy_of_four_atoms():
    """Torsion energy of a dihedral angle, by the gradients of the angle with respect to four atoms."""

    def dihedral(a, b, c, d):
        b1, b2, b3 = b - a, c - b, d - c
        m, n = np.cross(b1, b2), np.cross(b2, b3)
        phi = np.arctan2(np.dot(np.cross(m, n), b2) / np.linalg.norm(b2), np.dot(m, n))
        return 1.4 * (1 - np.cos(2 * phi - 0.5))

    def dihedral_gradient(a, b, c, d):
        b1, b2, b3 = b - a, c - b, d - c
        m, n = np.cross(b1, b2), np.cross(b2, b3)
        len2 = np.linalg.norm(b2)
        phi = np.arctan2(np.dot(np.cross(m, n), b2) / len2, np.dot(m, n))
        slope = 1.4 * 2 * np.sin(2 * phi - 0.5)
        da = -len2 * m / np.dot(m, m)
        dd = len2 * n / np.dot(n, n)
        s = np.dot(b1, b2) / len2**2
        t = np.dot(b3, b2) / len2**2
        db = -(1 + s) * da + t * dd
        dc = -(1 + t) * dd + s * da
        return slope * da, slope * db, slope * dc, slope * dd

    rng = np.random.default_rng(11)
    return call(dihedral, dihedral_gradient, *rng.normal(size=(4, 3)))


@case
def xy_model_on_a_ring():
    """Each spin has a bond to the left and one to the right; the bond to the left is left out."""

    class XYRing:
        def __init__(self, J, h):
            self.J, self.h = J, h

        def hamiltonian(self, theta):
            right = np.roll(theta, -1)
            return -self.J * np.sum(np.cos(theta - right)) - self.h * np.sum(np.cos(theta))

        def dH_dtheta(self, theta):
            right = np.roll(theta, -1)
            torque = np.sin(theta - right)  # <- torque = np.sin(theta - right) + np.sin(theta - np.roll(theta, 1))
            return self.J * torque + self.h * np.sin(theta)

    ring = XYRing(1.3, 0.4)
    return call(ring.hamiltonian, ring.dH_dtheta, np.random.default_rng(12).uniform(-3, 3, size=8))


@case
def heisenberg_lattice():
    """The exchange energy of a lattice of classical spins with periodic boundaries, and an anisotropy."""

    def energy(s, J=1.0, D=0.35, B=(0.1, -0.2, 0.5)):
        bonds = np.sum(s * np.roll(s, 1, axis=0)) + np.sum(s * np.roll(s, 1, axis=1))
        return -J * bonds - D * np.sum(s[..., 2] ** 2) - np.sum(s @ np.asarray(B))

    def field(s, J=1.0, D=0.35, B=(0.1, -0.2, 0.5)):
        g = np.zeros_like(s)
        for axis in (0, 1):
            for step in (1, -1):
                g -= J * np.roll(s, step, axis=axis)
        g[..., 2] -= 2 * D * s[..., 2]
        g -= np.asarray(B)
        return g

    return call(energy, field, np.random.default_rng(13).normal(size=(4, 5, 3)))


@case
def ising_mean_field_free_energy():
    """The derivative of the entropy term is artanh(m) = (log(1 + m) - log(1 - m)) / 2; the half is missing."""

    def free_energy(m, J, h, T):
        p, q = (1 + m) / 2, (1 - m) / 2
        entropy = -np.sum(p * np.log(p) + q * np.log(q))
        return -0.5 * m @ J @ m - h @ m - T * entropy

    def free_energy_gradient(m, J, h, T):
        interaction = -0.5 * (J + J.T) @ m
        log_ratio = np.log((1 + m) / (1 - m))  # <- log_ratio = 0.5 * np.log((1 + m) / (1 - m))
        return interaction - h + T * log_ratio

    rng = np.random.default_rng(14)
    return call(
        free_energy, free_energy_gradient, rng.uniform(-0.8, 0.8, 6), rng.normal(size=(6, 6)), rng.normal(size=6), 0.7
    )


@case
def membrane_on_a_grid():
    """The last row of the membrane also hangs on the row before it: its gradient gets no share of those springs."""

    def membrane_energy(z, tension=2.0):
        dy = z[1:, :] - z[:-1, :]
        dx = z[:, 1:] - z[:, :-1]
        return 0.5 * tension * (np.sum(dy**2) + np.sum(dx**2))

    def membrane_gradient(z, tension=2.0):
        dy = z[1:, :] - z[:-1, :]
        dx = z[:, 1:] - z[:, :-1]
        g = np.zeros_like(z)
        g[:-1, :] -= dy
        g[1:-1, :] += dy[:-1]  # <- g[1:, :] += dy
        g[:, :-1] -= dx
        g[:, 1:] += dx
        return tension * g

    return call(membrane_energy, membrane_gradient, np.random.default_rng(15).normal(size=(5, 4)))


@case
def plate_with_squared_laplacian():
    """The Laplacian is applied to itself with the wrong weight for the middle: -4, and not 4."""

    def laplacian(u):
        return u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]

    def plate(u):
        return 0.5 * np.sum(laplacian(u) ** 2)

    def plate_gradient(u):
        lap = laplacian(u)
        g = np.zeros_like(u)
        g[:-2, 1:-1] += lap
        g[2:, 1:-1] += lap
        g[1:-1, :-2] += lap
        g[1:-1, 2:] += lap
        g[1:-1, 1:-1] += 4 * lap  # <- g[1:-1, 1:-1] -= 4 * lap
        return g

    return call(plate, plate_gradient, np.random.default_rng(16).normal(size=(6, 5)))


@case
def morse_bonds():
    """The exponent has -a in it, so that the derivative of (1 - e)**2 is 2 a (1 - e) e: a is missing."""
    bonds = [(0, 1), (1, 2), (2, 3), (1, 3)]

    def morse(x, D, a, r0):
        V = 0.0
        for i, j in bonds:
            r = np.linalg.norm(x[i] - x[j])
            V = V + D * (1 - np.exp(-a * (r - r0))) ** 2
        return V

    def morse_dx(x, D, a, r0):
        dV = np.zeros_like(x)
        for i, j in bonds:
            rij = x[i] - x[j]
            r = np.linalg.norm(rij)
            e = np.exp(-a * (r - r0))
            dV_dr = 2 * D * (1 - e) * e  # <- dV_dr = 2 * D * a * (1 - e) * e
            dV[i] += dV_dr * rij / r
            dV[j] -= dV_dr * rij / r
        return dV

    return call(morse, morse_dx, np.random.default_rng(17).normal(size=(4, 3)), 0.9, 1.7, 1.2)


@case
def double_well_string():
    """The derivative of (x**2 - 1)**2 is 4 x (x**2 - 1); and the last bead has a neighbour on its left."""

    def action(path, dt=0.2):
        kinetic = 0.5 * np.sum(np.diff(path) ** 2) / dt
        return kinetic + dt * np.sum((path**2 - 1) ** 2)

    def action_gradient(path, dt=0.2):
        g = dt * 2 * path * (path**2 - 1)  # <- g = dt * 4 * path * (path**2 - 1)
        steps = np.diff(path) / dt
        g[:-1] -= steps
        g[1:-1] += steps[:-1]  # <- g[1:] += steps
        return g

    return call(action, action_gradient, np.random.default_rng(18).normal(size=9))


@case
def yukawa_screening():
    """Product rule: exp(-r / L) / r also has the derivative of 1 / r; only that of the exponential is there."""

    def screened(x, q, L):
        total = 0.0
        for i in range(len(x)):
            for j in range(i):
                r = np.sqrt(np.sum((x[i] - x[j]) ** 2))
                total += q[i] * q[j] * np.exp(-r / L) / r
        return total

    def screened_gradient(x, q, L):
        g = np.zeros_like(x)
        for i in range(len(x)):
            for j in range(i):
                d = x[i] - x[j]
                r = np.sqrt(np.sum(d**2))
                phi = q[i] * q[j] * np.exp(-r / L) / r
                dphi = -phi / L  # <- dphi = -phi * (1 / L + 1 / r)
                g[i] += dphi * d / r
                g[j] -= dphi * d / r
        return g

    rng = np.random.default_rng(19)
    return call(screened, screened_gradient, rng.normal(size=(5, 2)), rng.normal(size=5), 1.4)


@case
def pendulum_lagrangian_momenta():
    """Kinetic energy of a double pendulum: the mixed term belongs to both angular velocities."""

    def kinetic(omega, theta, m1, m2, l1, l2):
        w1, w2 = omega
        c = np.cos(theta[0] - theta[1])
        return 0.5 * (m1 + m2) * l1**2 * w1**2 + 0.5 * m2 * l2**2 * w2**2 + m2 * l1 * l2 * w1 * w2 * c

    def momenta(omega, theta, m1, m2, l1, l2):
        w1, w2 = omega
        c = np.cos(theta[0] - theta[1])
        p1 = (m1 + m2) * l1**2 * w1 + m2 * l1 * l2 * w2 * c
        p2 = m2 * l2**2 * w2 + m2 * l1 * l2 * w2 * c  # <- p2 = m2 * l2**2 * w2 + m2 * l1 * l2 * w1 * c
        return np.array([p1, p2])

    return call(kinetic, momenta, np.array([0.7, -1.2]), np.array([0.3, 1.1]), 1.0, 0.6, 1.3, 0.8)


@case
def periodic_box_with_minimum_image():
    """Soft spheres in a periodic box, by the nearest image of each pair."""
    box = np.array([3.0, 3.5])

    def overlap_energy(x, radius):
        E = 0.0
        for i in range(len(x) - 1):
            d = x[i] - x[i + 1 :]
            d = d - box * np.round(d / box)
            r = np.sqrt(np.sum(d**2, axis=1))
            gap = np.maximum(0.0, radius[i] + radius[i + 1 :] - r)
            E += 0.5 * np.sum(gap**2)
        return E

    def overlap_gradient(x, radius):
        grad = np.zeros_like(x)
        for i in range(len(x) - 1):
            d = x[i] - x[i + 1 :]
            d = d - box * np.round(d / box)
            r = np.sqrt(np.sum(d**2, axis=1))
            gap = np.maximum(0.0, radius[i] + radius[i + 1 :] - r)
            push = (gap / r)[:, None] * d
            grad[i] -= push.sum(axis=0)
            grad[i + 1 :] += push
        return grad

    rng = np.random.default_rng(20)
    return call(overlap_energy, overlap_gradient, rng.uniform(0, 3, size=(7, 2)), rng.uniform(0.5, 0.9, size=7))


@case
def embedded_atom_density():
    """The embedding function of an atom depends on its neighbours: both atoms' embedding slopes push a pair."""

    def eam(x, c=1.1):
        diff = x[:, None] - x[None]
        off = 1 - np.eye(len(x))
        r2 = np.sum(diff**2, axis=2)
        rho = np.sum(np.exp(-r2) * off, axis=1)
        return -c * np.sum(np.sqrt(rho))

    def eam_gradient(x, c=1.1):
        diff = x[:, None] - x[None]
        off = 1 - np.eye(len(x))
        w = np.exp(-np.sum(diff**2, axis=2)) * off
        slope = -c * 0.5 / np.sqrt(w.sum(axis=1))
        both = slope[:, None] * w  # <- both = (slope[:, None] + slope[None, :]) * w
        return -2 * np.sum(both[:, :, None] * diff, axis=1)

    return call(eam, eam_gradient, np.random.default_rng(21).normal(size=(6, 3)))

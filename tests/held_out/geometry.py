"""Geometry, splines, optics and robotics: lengths, areas, frames, paths of rays, joints and cameras."""

import numpy as np

from tests.held_out.case import call, case


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def area_of_a_polygon():
    """The shoelace formula: x takes the difference of the neighbours' y, halved; the half is missing."""

    def area(x, y):
        return 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)

    def area_grad(x, y):
        dx = 0.5 * (np.roll(y, -1) - np.roll(y, 1))
        dy = np.roll(x, 1) - np.roll(x, -1)  # <- dy = 0.5 * (np.roll(x, 1) - np.roll(x, -1))
        return dx, dy

    return call(area, area_grad, normal(1, 6), normal(2, 6))


@case
def perimeter_of_a_polygon():
    """A corner ends the edge before it, which is rolled the other way."""

    def perimeter(p):
        edges = np.roll(p, -1, axis=0) - p
        return np.linalg.norm(edges, axis=1).sum()

    def perimeter_gradient(p):
        edges = np.roll(p, -1, axis=0) - p
        t = edges / np.linalg.norm(edges, axis=1)[:, None]
        return np.roll(t, -1, axis=0) - t  # <- return np.roll(t, 1, axis=0) - t

    return call(perimeter, perimeter_gradient, normal(3, 5, 2))


@case
def area_of_triangles_in_space():
    """Surface area of a mesh by its vertices."""
    tri = np.array([[0, 1, 2], [1, 3, 2], [0, 4, 1]])

    def surface(v):
        n = np.cross(v[tri[:, 1]] - v[tri[:, 0]], v[tri[:, 2]] - v[tri[:, 0]])
        return 0.5 * np.sum(np.sqrt(np.sum(n**2, axis=1)))

    def surface_gradient(v):
        a, b, c = v[tri[:, 0]], v[tri[:, 1]], v[tri[:, 2]]
        n = np.cross(b - a, c - a)
        n = n / np.linalg.norm(n, axis=1, keepdims=True)
        grad = np.zeros_like(v)
        np.add.at(grad, tri[:, 0], 0.5 * np.cross(b - c, n))
        np.add.at(grad, tri[:, 1], 0.5 * np.cross(c - a, n))
        np.add.at(grad, tri[:, 2], 0.5 * np.cross(a - b, n))
        return grad

    return call(surface, surface_gradient, normal(4, 5, 3))


@case
def willmore_turning_angles():
    """The slope of arctan2(cross, dot) is divided by cross**2 + dot**2; the root of it is taken."""

    def turning(p):
        e = np.roll(p, -1, axis=0) - p
        f = np.roll(e, -1, axis=0)
        cross = e[:, 0] * f[:, 1] - e[:, 1] * f[:, 0]
        dot = np.sum(e * f, axis=1)
        return 0.5 * np.sum(np.arctan2(cross, dot) ** 2)

    def turning_grad(p):
        e = np.roll(p, -1, axis=0) - p
        f = np.roll(e, -1, axis=0)
        cross = e[:, 0] * f[:, 1] - e[:, 1] * f[:, 0]
        dot = np.sum(e * f, axis=1)
        phi = np.arctan2(cross, dot)
        r2 = np.sqrt(cross**2 + dot**2)  # <- r2 = cross**2 + dot**2
        dcross, ddot = phi * dot / r2, -phi * cross / r2
        de = dcross[:, None] * np.stack([f[:, 1], -f[:, 0]], axis=1) + ddot[:, None] * f
        df = dcross[:, None] * np.stack([-e[:, 1], e[:, 0]], axis=1) + ddot[:, None] * e
        de += np.roll(df, 1, axis=0)
        return np.roll(de, 1, axis=0) - de

    return call(turning, turning_grad, normal(5, 6, 2))


@case
def planar_arm_position():
    """The angle of a joint moves all links behind it; cumulated angles are counted from the wrong end."""
    lengths = np.array([1.0, 0.8, 0.5, 0.3])

    def hand_position(q):
        a = np.cumsum(q)
        return np.array([np.sum(lengths * np.cos(a)), np.sum(lengths * np.sin(a))])

    def hand_jacobian(q):
        a = np.cumsum(q)
        x, y = lengths * np.cos(a), lengths * np.sin(a)
        J = np.zeros((2, len(q)))
        for k in range(len(q)):
            J[0, k] = -np.sum(y[: k + 1])  # <- J[0, k] = -np.sum(y[k:])
            J[1, k] = np.sum(x[k:])
        return J

    return call(hand_position, hand_jacobian, normal(6, 4), jacobian=True)


@case
def inverse_kinematics_cost():
    """Cost of reaching a point with an arm in the plane, by the transposed Jacobian."""

    class Arm:
        def __init__(self, links, target):
            self.links, self.target = np.asarray(links), np.asarray(target)

        def tip(self, q):
            a = np.cumsum(q)
            return np.stack([self.links @ np.cos(a), self.links @ np.sin(a)])

        def cost(self, q):
            return 0.5 * np.sum((self.tip(q) - self.target) ** 2) + 0.01 * q @ q

        def cost_gradient(self, q):
            a = np.cumsum(q)
            ex, ey = self.tip(q) - self.target
            per_link = self.links * (-ex * np.sin(a) + ey * np.cos(a))
            return np.cumsum(per_link[::-1])[::-1] + 0.02 * q

    arm = Arm([1.0, 0.7, 0.4], [0.5, 1.2])
    return call(arm.cost, arm.cost_gradient, normal(7, 3))


@case
def inverse_kinematics_by_links():
    """The error is what is reached minus the goal; its sign is turned."""
    L = [1.0, 0.9, 0.6]
    goal = np.array([1.1, 0.4])

    def reach(q):
        p = np.zeros(2)
        angle = 0.0
        for length, qi in zip(L, q):
            angle = angle + qi
            p = p + length * np.array([np.cos(angle), np.sin(angle)])
        return np.sum((p - goal) ** 2)

    def reach_gradient(q):
        joints = [np.zeros(2)]
        angle = 0.0
        for length, qi in zip(L, q):
            angle += qi
            joints.append(joints[-1] + length * np.array([np.cos(angle), np.sin(angle)]))
        error = goal - joints[-1]  # <- error = joints[-1] - goal
        g = np.zeros(len(q))
        for k in range(len(q)):
            lever = joints[-1] - joints[k]
            g[k] = 2 * (error[0] * -lever[1] + error[1] * lever[0])
        return g

    return call(reach, reach_gradient, normal(8, 3))


@case
def rotation_of_points_by_an_angle():
    """The derivative of a rotation turns by a quarter more; one sine keeps its sign."""

    def align(theta, P, Q):
        R = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
        return np.sum((P @ R.T - Q) ** 2)

    def align_dtheta(theta, P, Q):
        c, s = np.cos(theta), np.sin(theta)
        R = np.array([[c, -s], [s, c]])
        dR = np.array([[-s, -c], [c, s]])  # <- dR = np.array([[-s, -c], [c, -s]])
        return 2 * np.sum((P @ R.T - Q) * (P @ dR.T))

    return call(align, align_dtheta, 0.7, normal(9, 6, 2), normal(10, 6, 2))


@case
def quaternion_rotation():
    """Rotation of a vector by a quaternion that is not normalised, and its Jacobian."""
    v = np.array([0.4, -1.0, 0.7])

    def rotate(q):
        w, u = q[0], q[1:]
        return (w**2 - u @ u) * v + 2 * (u @ v) * u + 2 * w * np.cross(u, v)

    def rotate_jacobian(q):
        w, u = q[0], q[1:]
        V = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
        J = np.zeros((3, 4))
        J[:, 0] = 2 * (w * v + np.cross(u, v))
        J[:, 1:] = 2 * (-np.outer(v, u) + np.outer(u, v) + (u @ v) * np.eye(3) - w * V)
        return J

    return call(rotate, rotate_jacobian, normal(11, 4), jacobian=True)


@case
def quaternion_rotation_with_swapped_outer():
    """(u.v) u differentiates to u v' + (u.v) I: the outer product is the other way round."""
    v = np.array([1.0, 0.3, -0.6])

    def turned(q):
        w, u = q[0], q[1:]
        return (w * w - u @ u) * v + 2 * (u @ v) * u + 2 * w * np.cross(u, v)

    def turned_jac(q):
        w, u = q[0], q[1:]
        skew = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
        left = 2 * (w * v + np.cross(u, v))
        dyad = np.outer(v, u)  # <- dyad = np.outer(u, v)
        right = 2 * (dyad - np.outer(v, u) + (u @ v) * np.eye(3) - w * skew)
        return np.column_stack([left, right])

    return call(turned, turned_jac, normal(12, 4), jacobian=True)


@case
def pinhole_projection():
    """X / Z by Z is -X / Z**2: the depth is not squared."""

    def project(P, f=1.5, cx=0.2, cy=-0.1):
        X, Y, Z = P
        return np.array([f * X / Z + cx, f * Y / Z + cy])

    def project_jacobian(P, f=1.5, cx=0.2, cy=-0.1):
        X, Y, Z = P
        across = -f * X / Z, -f * Y / Z  # <- across = -f * X / Z**2, -f * Y / Z**2
        return np.array([[f / Z, 0, across[0]], [0, f / Z, across[1]]])

    return call(project, project_jacobian, np.array([0.6, -0.8, 2.3]), jacobian=True)


@case
def bundle_adjustment_of_translation():
    """Reprojection error by camera position and points, summed over points for the camera."""

    def reprojection(t, points, seen, f):
        q = points + t
        uv = f * q[:, :2] / q[:, 2:]
        return 0.5 * np.sum((uv - seen) ** 2)

    def reprojection_grad(t, points, seen, f):
        q = points + t
        e = f * q[:, :2] / q[:, 2:] - seen
        dq = np.empty_like(q)
        dq[:, :2] = f * e / q[:, 2:]
        dq[:, 2] = -f * np.sum(e * q[:, :2], axis=1) / q[:, 2] ** 2
        return dq.sum(axis=0), dq

    rng = np.random.default_rng(13)
    points = rng.normal(size=(7, 3)) * 0.4
    return call(reprojection, reprojection_grad, np.array([0.1, -0.2, 3.0]), points, rng.normal(size=(7, 2)), 1.3)


@case
def radial_distortion():
    """The distortion depends on the radius: its derivative by the point has the terms 2 x and 2 y, left out here."""

    def distort(p, k1=0.2, k2=-0.05):
        r2 = p @ p
        return p * (1 + k1 * r2 + k2 * r2**2)

    def distort_jacobian(p, k1=0.2, k2=-0.05):
        r2 = p @ p
        scale = 1 + k1 * r2 + k2 * r2**2
        return scale * np.eye(2)  # <- return scale * np.eye(2) + 2 * (k1 + 2 * k2 * r2) * np.outer(p, p)

    return call(distort, distort_jacobian, np.array([0.7, -1.1]), jacobian=True)


@case
def optical_path_through_surfaces():
    """Fermat's principle: a crossing point belongs to the ray before and the ray behind it, each with its own index."""
    heights = np.array([0.0, 1.0, 2.2, 3.0])
    index = np.array([1.0, 1.5, 1.33])

    def optical_path(x, start, end):
        xs = np.concatenate(([start], x, [end]))
        return np.sum(index * np.sqrt(np.diff(xs) ** 2 + np.diff(heights) ** 2))

    def optical_path_gradient(x, start, end):
        xs = np.concatenate(([start], x, [end]))
        dx, dz = np.diff(xs), np.diff(heights)
        sines = dx / np.sqrt(dx**2 + dz**2)
        before, behind = index[:-1], index[:-1]  # <- before, behind = index[:-1], index[1:]
        return before * sines[:-1] - behind * sines[1:]

    return call(optical_path, optical_path_gradient, np.array([0.4, 1.3]), 0.0, 2.5)


@case
def thin_film_reflectance():
    """Interference in a film: the phase is 4 pi n d cos / wavelength, and 2 pi is used in its derivative."""

    def reflectance(d, wavelength, n=1.4, r1=0.2, r2=0.35):
        delta = 4 * np.pi * n * d / wavelength
        return np.sum((r1**2 + r2**2 + 2 * r1 * r2 * np.cos(delta)) * wavelength)

    def reflectance_dd(d, wavelength, n=1.4, r1=0.2, r2=0.35):
        rate = 2 * np.pi * n / wavelength  # <- rate = 4 * np.pi * n / wavelength
        return -np.sum(2 * r1 * r2 * np.sin(rate * d) * rate * wavelength)

    return call(reflectance, reflectance_dd, 0.8, np.array([0.45, 0.55, 0.65, 0.7]))


@case
def gaussian_beam_radius():
    """Radius of a Gaussian beam by waist and position."""

    def beam_radius(w0, z, lam=0.6):
        zr = np.pi * w0**2 / lam
        return np.sum(w0 * np.sqrt(1 + (z / zr) ** 2))

    def beam_radius_grad(w0, z, lam=0.6):
        zr = np.pi * w0**2 / lam
        root = np.sqrt(1 + (z / zr) ** 2)
        dw0 = np.sum(root - 2 * (z / zr) ** 2 / root)
        dz = w0 * z / zr**2 / root
        return dw0, dz

    return call(beam_radius, beam_radius_grad, 0.5, normal(14, 6))


@case
def lens_maker_focus():
    """The focal length is the reciprocal of the power: the chain rule of the reciprocal gives -f**2."""

    def focal_length(R, n=1.52):
        power = (n - 1) * (1 / R[0] - 1 / R[1])
        return 1 / power

    def focal_length_grad(R, n=1.52):
        power = (n - 1) * (1 / R[0] - 1 / R[1])
        dpower = (n - 1) * np.array([-1 / R[0] ** 2, 1 / R[1] ** 2])
        return dpower / power**2  # <- return -dpower / power**2

    return call(focal_length, focal_length_grad, np.array([1.2, -1.9]))


@case
def bezier_fit():
    """Control points of a cubic curve: the basis has the binomial factor 3 on both inner points."""
    t = np.linspace(0, 1, 9)[:, None]

    def bezier_loss(C, target):
        curve = (1 - t) ** 3 * C[0] + 3 * (1 - t) ** 2 * t * C[1] + 3 * (1 - t) * t**2 * C[2] + t**3 * C[3]
        return np.sum((curve - target) ** 2)

    def bezier_loss_gradient(C, target):
        B = np.hstack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])
        E = B @ C - target
        G = np.zeros_like(C)
        G[0] = 2 * B[:, 0] @ E
        G[1] = 2 * B[:, 1] @ E
        G[2] = 2 * B[:, 1] @ E  # <- G[2] = 2 * B[:, 2] @ E
        G[3] = 2 * B[:, 3] @ E
        return G

    return call(bezier_loss, bezier_loss_gradient, normal(15, 4, 2), normal(16, 9, 2))


@case
def b_spline_by_segments():
    """Uniform cubic B-spline curve through segments of four control points."""
    M = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6.0
    powers = np.vander(np.array([0.0, 0.3, 0.7]), 4, increasing=True)

    def spline_misfit(c, y):
        loss = 0.0
        for k in range(len(c) - 3):
            loss += np.sum((powers @ M @ c[k : k + 4] - y[k]) ** 2)
        return loss

    def spline_misfit_gradient(c, y):
        g = np.zeros_like(c)
        for k in range(len(c) - 3):
            r = powers @ M @ c[k : k + 4] - y[k]
            g[k : k + 4] += 2 * M.T @ powers.T @ r
        return g

    return call(spline_misfit, spline_misfit_gradient, normal(17, 7), normal(18, 4, 3))


@case
def cubic_hermite_energy():
    """Bending energy of a Hermite segment: the mixed slopes share a term, and each has it once."""

    def hermite_energy(m, p, h=0.8):
        s = (p[1:] - p[:-1]) / h
        a, b = m[:-1] - s, m[1:] - s
        return 4 / h * np.sum(a**2 + a * b + b**2)

    def hermite_energy_grad(m, p, h=0.8):
        s = (p[1:] - p[:-1]) / h
        a, b = m[:-1] - s, m[1:] - s
        da = 4 / h * (2 * a + b)
        db = 4 / h * (2 * b)  # <- db = 4 / h * (2 * b + a)
        dm = np.zeros_like(m)
        dm[:-1] += da
        dm[1:] += db
        ds = -(da + db) / h
        dp = np.zeros_like(p)
        dp[1:] += ds
        dp[:-1] -= ds
        return dm, dp

    return call(hermite_energy, hermite_energy_grad, normal(19, 5), normal(20, 5))


@case
def great_circle_distance():
    """Haversine distance: the cosine of the own latitude is differentiated too (product rule)."""

    def haversine(lat, lon, lat0=0.6, lon0=-0.4):
        a = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
        return np.sum(2 * np.arcsin(np.sqrt(a)))

    def haversine_grad(lat, lon, lat0=0.6, lon0=-0.4):
        sin_lon = np.sin((lon - lon0) / 2)
        a = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * sin_lon**2
        da = 1 / np.sqrt(a * (1 - a))
        dlat = 0.5 * np.sin(lat - lat0)  # <- dlat = 0.5 * np.sin(lat - lat0) - np.sin(lat) * np.cos(lat0) * sin_lon**2
        dlon = 0.5 * np.cos(lat) * np.cos(lat0) * np.sin(lon - lon0)
        return da * dlat, da * dlon

    return call(haversine, haversine_grad, 0.7 * normal(21, 5), normal(22, 5))


@case
def fermat_point_of_a_plane():
    """Two slips: a unit vector is divided by its length once, and it points from the anchor to x."""

    def weber(x, anchors, weight):
        return np.sum(weight * np.linalg.norm(x - anchors, axis=1))

    def weber_gradient(x, anchors, weight):
        d = anchors - x  # <- d = x - anchors
        r = np.linalg.norm(d, axis=1)
        return (weight / r**2) @ d  # <- return (weight / r) @ d

    return call(weber, weber_gradient, normal(23, 2), normal(24, 6, 2), np.random.default_rng(25).uniform(0.5, 2, 6))


@case
def ellipse_distance_field():
    """The derivative of (y / b)**2 by b has b cubed below it; b squared is there."""

    def sampson(theta, x, y):
        a, b = theta
        F = (x / a) ** 2 + (y / b) ** 2 - 1
        return np.sum(F**2)

    def sampson_gradient(theta, x, y):
        a, b = theta
        F = (x / a) ** 2 + (y / b) ** 2 - 1
        da = np.sum(2 * F * -2 * x**2 / a**3)
        db = np.sum(2 * F * -2 * y**2 / b**2)  # <- db = np.sum(2 * F * -2 * y**2 / b**3)
        return np.array([da, db])

    return call(sampson, sampson_gradient, np.array([1.4, 0.7]), normal(26, 8), normal(27, 8))


@case
def trajectory_smoothness():
    """Velocity, acceleration and obstacles along a path of a robot."""

    def trajectory_cost(path, obstacle, radius):
        v = np.diff(path, axis=0)
        a = np.diff(v, axis=0)
        d = np.linalg.norm(path - obstacle, axis=1)
        return 0.5 * np.sum(v**2) + 0.5 * np.sum(a**2) + np.sum(np.exp(-((d / radius) ** 2)))

    def trajectory_gradient(path, obstacle, radius):
        v = np.diff(path, axis=0)
        a = np.diff(v, axis=0)
        dv = v.copy()
        dv[1:] += a
        dv[:-1] -= a
        g = np.zeros_like(path)
        g[1:] += dv
        g[:-1] -= dv
        away = path - obstacle
        bump = np.exp(-np.sum(away**2, axis=1) / radius**2)
        g -= 2 / radius**2 * bump[:, None] * away
        return g

    return call(trajectory_cost, trajectory_gradient, normal(28, 7, 2), np.array([0.3, -0.2]), 1.1)


@case
def signed_distance_of_a_box():
    """The sharpness k of a smooth maximum cancels in its gradient; it is left there as a factor."""

    def smooth_box(p, half, k=4.0):
        q = np.abs(p) - half
        return np.log(np.sum(np.exp(k * q))) / k

    def smooth_box_normal(p, half, k=4.0):
        q = np.abs(p) - half
        w = np.exp(k * q)
        return k * w / w.sum() * np.sign(p)  # <- return w / w.sum() * np.sign(p)

    return call(smooth_box, smooth_box_normal, np.array([0.9, -0.5, 0.4]), np.array([1.0, 0.8, 0.6]))

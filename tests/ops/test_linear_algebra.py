"""Linear algebra beyond the samples of the op table.

Singular matrices, repeated eigenvalues, complex functions that do not depend on phases, stacks against their members,
random contractions, and what is refused.
"""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.ops.samples import diagonalizable, matrices, positive_definite
from autograd_lite.testing.cases import Case

WEIGHTS = np.random.default_rng(1).standard_normal((4, 4))


def drawn(draw):
    return draw(np.random.default_rng(7))


def check(function, *inputs, orders=2):
    case = Case(function, inputs)
    for _ in range(orders):
        assert case.wrong() is None, (case.wrong(), case.worst_element())
        case = case.derivative()


# complex decompositions: functions that do not depend on the phases of the vectors


def projector(a):
    w, v = np.linalg.eigh(a)
    return v[:, :1] @ np.conj(v[:, :1].T) * np.exp(w[0])


def truncated(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (u[:, :1] * s[0]) @ vh[:1]


def polar(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return u @ vh * np.log(s[0])


def spectral_logarithm(a):
    w, v = np.linalg.eig(a)
    return (v * np.log(w)) @ np.linalg.inv(v)


@pytest.mark.parametrize(
    ("function", "draw"),
    [
        (projector, positive_definite(3, 3, dtype=complex)),
        (truncated, matrices(3, 2, dtype=complex)),
        (truncated, matrices(2, 3, dtype=complex)),
        (truncated, matrices(3, 3, dtype=complex)),
        (polar, matrices(3, 2, dtype=complex)),
        (spectral_logarithm, diagonalizable(3, 3, dtype=complex)),
        (spectral_logarithm, diagonalizable(4, 4, rotations=True)),
        (lambda a: np.linalg.qr(a, mode="r"), matrices(3, 2, dtype=complex)),
        (lambda a: np.real(np.linalg.cond(a, "nuc")), matrices(2, 2, dtype=complex)),  # NumPy 2.0 leaves it complex
    ],
)
def test_functions_of_complex_matrices(function, draw):
    check(function, drawn(draw))


def test_products_of_complex_vectors_and_matrices():
    rng = np.random.default_rng(3)
    a, v = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape) for shape in ((2, 3, 3), (3,)))
    check(np.linalg.vecdot, a, v)
    if hasattr(np, "matvec"):
        check(np.matvec, a, v)
        check(np.vecmat, v, a)


# singular matrices and repeated values: finite where a derivative exists


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_the_determinant_has_every_derivative_at_any_rank(rank):
    basis = drawn(matrices(3, 3))
    singular = basis @ np.diag([1.0] * rank + [0.0] * (3 - rank)) @ basis.T
    check(lambda a: np.linalg.det(a) + np.sum(a**5) / 9, singular, orders=3)  # a scale for derivatives of 0


def test_the_determinant_of_a_large_singular_matrix():
    a = np.random.default_rng(0).standard_normal((60, 60)) / 8
    a[-1] = a[0]
    cofactors = ag.grad(np.linalg.det)(a)
    np.testing.assert_allclose(cofactors @ a.T, 0, atol=1e-12 * np.abs(cofactors).max())
    i, j = 59, 3
    minor = np.delete(np.delete(a, i, axis=0), j, axis=1)
    assert cofactors[i, j] == pytest.approx((-1) ** (i + j) * np.linalg.det(minor), rel=1e-9)


IDENTITY = np.eye(3)


@pytest.mark.parametrize(
    ("function", "gradient"),
    [
        (lambda a: np.sum(np.linalg.eigvalsh(a) ** 3), 3 * IDENTITY),
        (lambda a: np.sum(np.linalg.eigh(a)[0] ** 3), 3 * IDENTITY),
        (lambda a: np.real(np.sum(np.linalg.eigvals(a) ** 3)), 3 * IDENTITY),
        (lambda a: np.sum(np.linalg.svdvals(a) ** 3), 3 * IDENTITY),
        (lambda a: np.sum(np.linalg.svd(a)[1] ** 3), 3 * IDENTITY),
        (lambda a: np.linalg.norm(a, "nuc"), IDENTITY),
        (lambda a: np.linalg.norm(a, 2), IDENTITY / 3),
        (lambda a: np.linalg.norm(a, 1), IDENTITY / 3),
        (lambda a: np.linalg.norm(a, np.inf), IDENTITY / 3),
        (lambda a: np.linalg.slogdet(a)[1], IDENTITY),
    ],
)
def test_repeated_values_do_not_matter_to_symmetric_functions_of_them(function, gradient):
    np.testing.assert_allclose(ag.grad(function)(IDENTITY), gradient, atol=1e-14)


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_matrix_norms_have_the_subgradient_0_at_0(ord):
    assert not ag.grad(lambda a: np.linalg.norm(a, ord))(np.zeros((2, 3))).any()


@pytest.mark.parametrize("ord", [None, 2, 1, 3, 0.5, -1, 0, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [float, complex])
def test_vector_norms_have_the_subgradient_0_at_0(ord, dtype):
    norm = lambda x: np.linalg.norm(x, ord)  # noqa: E731
    with np.errstate(divide="ignore" if ord == -1 else "warn"):  # NumPy's own value
        assert not ag.grad(norm)(np.zeros(3, dtype)).any()


def test_the_norm_at_0_has_finite_derivatives_of_every_order():
    assert not ag.hessian(np.linalg.norm)(np.zeros((2, 2))).any()


def test_the_norm_of_a_vector_with_zeros():
    x = np.array([3.0, 0.0, -4.0])
    np.testing.assert_allclose(ag.grad(lambda x: np.linalg.norm(x, 3))(x), np.sign(x) * x**2 / 91 ** (2 / 3))
    np.testing.assert_allclose(ag.hessian(np.linalg.norm)(x), (np.eye(3) - np.outer(x, x) / 25) / 5)


def test_ties_of_maximal_norms_share_equally():
    x = np.array([2.0, -2.0, 1.0])
    np.testing.assert_array_equal(ag.grad(lambda x: np.linalg.norm(x, np.inf))(x), [0.5, -0.5, 0])


def test_the_pseudoinverse_at_constant_rank():
    """Of a matrix of rank 1, as long as it moves along matrices of rank 1."""
    check(lambda u, v: np.linalg.pinv(np.outer(u, v)), np.array([1.0, 2.0, -1.0]), np.array([0.5, 2.0]))


def test_least_squares_of_deficient_rank():
    u, v, b = np.array([1.0, 2.0, -1.0]), np.array([0.5, 2.0]), np.array([1.0, 0.0, 2.0])
    check(lambda u, v, b: np.linalg.lstsq(np.outer(u, v), b, rcond=1e-9)[0], u, v, b)


def test_the_rank_of_least_squares_counts():
    def fit(a):
        solution, _, rank, _ = np.linalg.lstsq(a, np.ones(3))
        return np.sum(solution[:rank])

    assert np.isfinite(ag.grad(fit)(drawn(matrices(3, 2)))).all()


# stacks

STACKED = {
    "inv": (np.linalg.inv, matrices(2, 3, 3)),
    "pinv": (np.linalg.pinv, matrices(2, 3, 2)),
    "det": (np.linalg.det, matrices(2, 3, 3)),
    "slogdet": (lambda a: np.linalg.slogdet(a)[1], matrices(2, 3, 3)),
    "cholesky": (np.linalg.cholesky, positive_definite(2, 3, 3)),
    "qr": (lambda a: np.linalg.qr(a)[0], matrices(2, 3, 2)),
    "wide qr": (lambda a: np.linalg.qr(a)[1], matrices(2, 2, 3)),
    "eigh": (lambda a: np.linalg.eigh(a)[1], positive_definite(2, 3, 3)),
    "eig": (lambda a: np.linalg.eig(a)[1], diagonalizable(2, 3, 3)),
    "svd": (lambda a: np.linalg.svd(a, full_matrices=False)[2], matrices(2, 2, 3)),
    "nuclear norm": (lambda a: np.linalg.norm(a, "nuc", axis=(-2, -1)), matrices(2, 3, 2)),
    "power": (lambda a: np.linalg.matrix_power(a, -3), matrices(2, 3, 3)),
}


@pytest.mark.parametrize(("function", "draw"), STACKED.values(), ids=STACKED)
def test_a_stack_is_its_members(function, draw):
    stack = drawn(draw)
    value, pullback = ag.vjp(function, stack)
    cotangent = np.random.default_rng(0).standard_normal(np.shape(value))
    for i, a in enumerate(stack):
        np.testing.assert_allclose(pullback(cotangent)[0][i], ag.vjp(function, a)[1](cotangent[i])[0], rtol=1e-10)


# contractions


@st.composite
def contractions(draw):
    """Subscripts and shapes: repeated labels, lonely labels, ellipses, axes of length 1, the result left out."""
    lengths = {label: draw(st.integers(1, 3)) for label in "abcd"}
    batch = draw(st.lists(st.integers(1, 3), max_size=2))
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 3))):
        term = draw(st.text("abcd", max_size=3))
        shape = [lengths[label] for label in term]
        for i, label in enumerate(term):
            if term.count(label) == 1 and draw(st.integers(0, 4)) == 0:
                shape[i] = 1
        if batch and draw(st.booleans()):
            place, skip = draw(st.integers(0, len(term))), draw(st.integers(0, len(batch)))
            shape[place:place] = [1 if draw(st.integers(0, 3)) == 0 else n for n in batch[skip:]]
            term = f"{term[:place]}...{term[place:]}"
        terms.append(term)
        shapes.append(tuple(shape))
    subscripts = ",".join(terms)
    if draw(st.booleans()):
        used = sorted(set(subscripts) & set(string.ascii_letters))
        result = draw(st.permutations(used))[: draw(st.integers(0, len(used)))]
        subscripts += "->" + "..." * ("..." in subscripts) + "".join(result)
    return subscripts, shapes, draw(st.sampled_from([False, True, "optimal"]))


@given(contractions(), st.integers(0, 2**16))
def test_contractions(contraction, seed):
    subscripts, shapes, optimize = contraction
    rng = np.random.default_rng(seed)
    operands = [rng.standard_normal(shape)[()] for shape in shapes]
    check(lambda *xs: np.einsum(subscripts, *xs, optimize=optimize), *operands, orders=1)


def test_a_contraction_of_lists_is_that_of_letters():
    a, b = WEIGHTS, WEIGHTS[:, :3]
    by_lists = ag.grad(lambda a: np.sum(np.einsum(a, [30, 1], b, [1, 2], [2, 30]) ** 2))(a)
    np.testing.assert_array_equal(by_lists, ag.grad(lambda a: np.sum(np.einsum("zb,bc->cz", a, b) ** 2))(a))


def test_a_path_is_a_constant():
    assert np.einsum_path("ij,jk->ik", ag.Tensor(WEIGHTS), WEIGHTS)[0][0] == "einsum_path"


# the deprecated cross products


@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 3), (3, 2)])
@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
def test_cross_products_in_the_plane(n, m):
    try:
        np.cross(np.zeros(2), np.zeros(2))
    except ValueError:
        pytest.skip("this NumPy takes vectors of three components alone")
    a, b = WEIGHTS[:, :n], WEIGHTS[0, :m]
    np.testing.assert_array_equal(np.cross(ag.Tensor(a), b).value, np.cross(a, b))
    check(np.cross, a, b)


# what is refused


@pytest.mark.parametrize(
    ("function", "value", "error", "words"),
    [
        (np.linalg.inv, np.ones((2, 2)), np.linalg.LinAlgError, "Singular matrix"),
        (np.linalg.inv, np.ones((2, 3)), np.linalg.LinAlgError, "must be square"),
        (np.linalg.cholesky, -np.eye(2), np.linalg.LinAlgError, "not positive definite"),
        (lambda a: np.linalg.matrix_power(a, 2), np.ones((2, 3)), np.linalg.LinAlgError, "must be square"),
        (lambda a: np.linalg.matrix_power(a, 2.5), np.ones((2, 2)), TypeError, "must be an integer"),  # type: ignore[arg-type]
        (lambda a: np.linalg.tensorinv(a, 0), np.ones((2, 2)), ValueError, "Invalid ind"),
        (lambda a: np.linalg.tensorsolve(a, np.ones(2)), np.ones((2, 3)), np.linalg.LinAlgError, "requirement"),
        (lambda a: np.linalg.outer(a, a), np.ones((2, 3)), ValueError, "one-dimensional"),
        (lambda a: np.linalg.cross(a, a), np.ones(4), ValueError, "3-dimensional"),
        (lambda a: np.cross(a, a), np.ones(4), ValueError, "dimensions|dimensional"),
        (lambda a: np.einsum("ij->k", a), np.ones((2, 2)), ValueError, "output subscript"),
        (lambda a: np.einsum(a, [0, 52]), np.ones((2, 2)), ValueError, "valid range"),
    ],
)
def test_errors_are_those_of_numpy(function, value, error, words):
    with pytest.raises(error, match=words):
        function(value)
    with pytest.raises(error, match=words):
        function(ag.Tensor(value))


def test_an_error_names_the_op():
    with pytest.raises(np.linalg.LinAlgError) as raised:
        np.linalg.inv(ag.Tensor(np.ones((2, 2)), name="covariance"))
    assert raised.value.__notes__ == ["in op 'inv' of covariance: Tensor of shape (2, 2)"]


@pytest.mark.parametrize(
    ("function", "value", "words"),
    [
        (lambda a: np.sum(np.linalg.eigh(a)[1] * WEIGHTS[:3, :3]), IDENTITY, "eigenvectors .* eigenvalues repeat"),
        (lambda a: np.sum(np.real(np.linalg.eig(a)[1]) * WEIGHTS[:3, :3]), IDENTITY, "eigenvalues repeat"),
        (lambda a: np.sum(np.linalg.svd(a)[0] * WEIGHTS[:3, :3]), IDENTITY, "singular values repeat"),
        (lambda a: np.sum(np.linalg.svd(a)[0] * WEIGHTS[:3, :3]), np.ones((3, 2)), "full_matrices=False"),
        (lambda a: np.sum(np.linalg.qr(a, "complete")[0] * WEIGHTS[:3, :3]), np.eye(3, 2), "mode='reduced'"),
        (lambda a: np.linalg.slogdet(a)[1], np.ones((2, 2)), "Singular matrix"),
    ],
)
def test_derivatives_that_do_not_exist_are_refused(function, value, words):
    with np.errstate(divide="ignore"), pytest.raises(np.linalg.LinAlgError, match=words):
        ag.grad(function)(value)


def test_vectors_that_do_not_matter_may_be_undefined():
    """The first eigenvector has a derivative, though the others repeat; so has a function of the defined columns."""
    check(projector, np.diag([1.0, 2.0, 2.0]), orders=1)
    tall = drawn(matrices(3, 2))
    check(lambda a: np.linalg.qr(a, "complete")[0][:, :2] @ WEIGHTS[:2], tall)
    check(lambda a: np.linalg.svd(a)[2], tall)

"""Mutants that change no value, or nothing but what counts as rounding: where they are, what they change, and why.

Patterns are regular expressions: of the function, as ``module.op`` for a rule and ``module.helper`` for what it calls,
and of the whole change.
"""

import importlib.util
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Equivalent:
    """Changes that no check can see, with the reason."""

    where: str
    changes: tuple[str, ...]
    reason: str

    def covers(self, function, change):
        """Whether this says why a mutant survives."""
        return bool(re.fullmatch(self.where, function)) and any(re.fullmatch(p, change) for p in self.changes)


def of(where, *changes, because):
    return Equivalent(where, changes, because)


GENERAL = "tells in programs for other values alone, which tests/compiled/test_general.py runs"
ELSEWHERE = "tells on arrays of other libraries alone, on which tests/ops/test_devices.py runs the rules"
ANYWHERE = [
    of(".*", r"settled\((.+)\) -> \1", because=GENERAL),
    of(".*", r"raw\((.+)\) -> \1", because="asks for zeros, kinds or sizes, which Tensors answer as their values do"),
    of(".*", r"beside\(\w+, (.+)\) -> beside\(\w+, \1\)", because=ELSEWHERE),
    of(".*", r"float\((.+)\.eps\) -> \1\.eps", because="the same number, in the dtype whose property it is"),
    of(".*", r"np\.where\((.+ == 0.*), 1, (.+)\) -> np\.where\(\1, 2, \2\)", because="divides a 0, as any number does"),
    of(
        r".*\._std_vjp|nan_moments\.nanstd",
        r"z \+ \(z == 0\) -> z - \(z == 0\)",
        because="divides a 0, as any number does",
    ),
    of(".*", r"np\.conj\((.*)\) if .* -> np\.conj\(\1\)", because="a real number is its own conjugate"),
    of(
        r"products\.(outer|_contracted|multi_dot)",
        r"(.*)-1(.*) -> \1-2\2",
        because="np.reshape takes any negative length for the one that it is to find",
    ),
    of(
        r"(solving|hermitian|decompositions)\..*",
        r"(\w)\.shape\[-1\] -> \1\.shape\[-2\]",
        because="the matrices are square",
    ),
]

FASTER = "a shorter way to what the lines below it give, too"
ELEMENTWISE = [
    of("elementwise.over", r"g / d if .* -> g / np\.where\(.*", because=FASTER),
    of("elementwise.nonzero", r"d if .* -> np\.where\(d == 0, 1, d\)", because=FASTER),
    of(
        "elementwise._lead",
        r"if .* -> if False: .*",
        r"_is_finite_number\(y\) or .* -> .*",
        r"_is_finite_number\(y\) -> _is_finite_number\(x\)",
        because=FASTER,
    ),
    of("elementwise._is_finite_number", r"return (.*) -> return .*\(\1\)", because="it is asked whether it holds"),
    of(
        "elementwise._lead",
        r"(raw|np\.isinf)\(x\) -> \1\(y\)",
        because="of two equal numbers, both are infinite or neither",
    ),
    of("elementwise._base", r"if .* -> if False: .*", r".* or settled\(raw\(x\)\.all\(\)\) -> .*", because=FASTER),
    of("elementwise._base", r"y >= 1 -> y > 1", r"y >= 1 -> y >= 2", because=FASTER),
    of(
        "elementwise.absolute",
        r"if np\.iscomplexobj.* -> if True: .*",
        because="the sign of a real x is x / abs(x), too",
    ),
    of("elementwise.copysign", r".*1, y\) -> .*1, z\)", because="the result has the sign of y"),
    of("elementwise.(fmod|remainder)", r"np\.rint\((.*)\) -> \1", because="the number is whole but for rounding"),
    of("trigonometry.(_slant|_descent|_over_square)", r"if .* -> if False: .*", r".*_bounded.* -> .*", because=FASTER),
    of(
        "trigonometry.(_bounded|_above_least)",
        r".*(bool|numbers|values|square).* -> .*",
        "1 -> 2",
        because="chooses one of two ways to the same derivative",
    ),
    of("choices.where", r".* if type.* -> .*", r"type\(g\) -> .*", because=FASTER),
    of("choices.kept_where", r".* if Tensor in .* -> masked\(mask, g\)", because="the op's own call checks more"),
    of("choices._share", r".* if type\(tied\).* -> .*", r"type\(tied\).* -> .*", because=FASTER),
    of(
        "choices.(maximum|minimum|fmax|fmin|clip_between)",
        r"(.*[<>] )(\w+) -> \1z",
        r"(\w+) ([<>] \w+) -> z \2",
        because="one input is beyond the other exactly where the result is",
    ),
    of("choices.masked", r"np\.where\(mask, g, 0\) -> np\.where\(z, g, 0\)", because="the result is 0 for x = 0 alone"),
    of("choices.nan_to_num", r"if .* -> if False: .*", because="the real part of the complex formula is the real one"),
    of("choices.nan_to_num", r"raw\(x\) -> raw\(z\)", because="the result is complex where the input is"),
    of(r"activations\.(relu|leaky_relu|elu)", "x > 0 -> z > 0", because="the result is positive where the input is"),
    of(
        "activations.elu",
        r"np\.minimum\(x, 0\) -> np\.minimum\(x, 1\)",
        because="not used for x > 0: it must not overflow",
    ),
    of("activations.normal_cdf", r"np\.clip\(x, -40, 40\) -> .*41.*", because="far out, the density is 0 to rounding"),
    of(
        "trigonometry.spherical_bessel",
        r"order \* .* if order else 0 -> order \* .*",
        because="0 times a finite number is 0",
    ),
]

SPECIAL = [
    of("special._gauss", r"x = x if .* -> pass", r"x if .*", r"np\.clip\(x, .*", because="the same, but for overflow"),
    of("special.i1e", r"np\.sign\(x\) -> np\.sign\(z\)", because="an odd function that grows has the sign of x"),
    of("special.huber", r"np\.clip\(r, -delta, .* -> np\.clip\(-delta, r, .*", because="a commutative swap"),
    of("special.betainc", r"sc\.betaln\(a, b\) -> sc\.betaln\(b, a\)", because="a commutative swap"),
    of(r"special\.(jv|yv|iv|kv|yn|kn)", r"factor \* g -> g", r"sign \* (.*) -> \1", because="that factor is 1"),
]

OTHERS = [
    of(
        r"reductions\.(only|among)",
        r".* if where is True else (.*) -> \1",
        r"where is True -> where is False",
        because=FASTER,
    ),
    of("reductions.share", r"if initial is not None: .* -> if True: .*", because="None is a NaN, and equal to nothing"),
    of(
        "reductions.share",
        r"if .*np\.count_nonzero.* -> if False: .*",
        r"initial is None and type.* -> .*",
        r"type\(z\) -> .*",
        r"z == z -> z != z",
        because=FASTER,
    ),
    of("reductions.share", r"z\.dtype\.type\(initial\) -> initial", because="the same number, but for rounding"),
    of(r"(reductions|nan_moments)\..*", r"among\((.*), where\) -> among\(where, \1\)", because="a commutative swap"),
    of(
        r"reductions\.mean",
        r"if where is not True: .* -> if True: .*",
        r"where is not True -> where is not False",
        because="the mask True chooses all, and False nothing: the result is NaN",
    ),
    of(
        "moments.apart",
        r"if chosen is True: .* -> if False: .*",
        r"chosen is True -> (chosen is False|x is True)",
        because=FASTER,
    ),
    of(
        "reductions.stretch",
        r"if isinstance\(g, np\.generic\): .* -> if False: .*",
        r"if not isinstance\(g, np\.ndarray\) .* -> if True: .*",
        r"not isinstance\(g, np\.ndarray\) .*c_contiguous.* -> .*",
        because=FASTER,
    ),
    of("folding.counted", r".*np\.sum.*", because=ELSEWHERE),
    of("quantiles._ranks_of_numbers", r".*(ducks|'linear'|beside\(rows, q\)|numbers - 1).*", because=ELSEWHERE),
    of(
        "reductions.stretch",
        r"stretched\.setflags.* -> .*",
        r"False -> True",
        because="the same derivative: whether rules may write over it is asked in tests/core/test_graph.py",
    ),
    of("joining.repeat", r"if np\.size.* -> if False: .*", r"np\.size\(repeats\) == 1 and n -> .*", because=FASTER),
    of(
        "reductions.prod",
        r"if .*type\(z\).* -> if False: .*",
        r"where is True and type\(z\).* -> .*",
        r"where is True -> where is False",
        r"type\(z\) .* -> np\.all.*",
        r"type\(z\) -> .*",
        r"np\.abs\(z\).* -> .*",
        because=FASTER,
    ),
    of("choices._share", r"if is_general\(\): .* -> if (True|False): .*", because="both forms give the same"),
    of("choices._share|choices._split_again", r"(return )?_split_ties\(.*", because=GENERAL),
    of(
        "pairs.contracted",
        r"np\.reshape\(axis, -1\) -> np\.reshape\(axis, -2\)",
        because="any negative length stands for all there are",
    ),
    of("indexing.getitem", r"scatter if .* -> scatter", because="the op's own call does the same, and checks more"),
    of(
        "indexing.getitem",
        r"observers or (type.*) -> \1",
        because="an index that is a Tensor is met in programs alone: tests/compiled/test_sealed.py",
    ),
    of("indexing.array_of", r"x if isinstance.* -> arrayed\(x\)", because="no index is a Tensor where rules run"),
    of(
        "scans._pull_products",
        r"lengthen\(x, 1\) -> lengthen\(x, 2\)",
        because="the factor that makes them even is dropped again",
    ),
    of(
        "quantiles._pull_numbers",
        r"_pull\(g, z, x, .* -> _pull\(g, x, x, .*",
        because="the rule does not use its result",
    ),
    of(
        "quantiles._ranks_of_numbers",
        r"np\.maximum\((.*), 1\) -> \1",
        because="tells for NaN alone, whose gradient means nothing",
    ),
    of("windows.pad", r"if mode == 'constant': .* -> if False: .*", because=FASTER),
    of("signal._unconvolve", r"np\.convolve\(full, (.*), 'valid'\) -> .*", because="a commutative swap"),
    of("fourier._fit", r"(np\.pad.*) if missing else c -> \1", because="pads with nothing"),
]

THRESHOLD = "only moves the limit at which a number counts as rounding"
ALGEBRA = [
    of("products.dot", r"if .* -> if False: .*", r"[nm] [=<]= .* -> .*", because=FASTER),
    of("products.dot", r"m - 1 -> -1", because="the last axis, counted from the end"),
    of(
        "products.matmul",
        r"if y\.ndim == 2 .* -> .*",
        r"y\.ndim == 2 and .* -> .*",
        r"x\.ndim > 2 -> .*",
        because=FASTER,
    ),
    of("products.matmul", r"np\.matmul.* if .* -> np\.matmul\(.*\[\.\.\., None\]\)\[\.\.\., 0\]", because=FASTER),
    of("einsum.contraction", r"if found == .* -> if False: .*", r"found == term.* -> .*", because=FASTER),
    of("einsum._pays", r".* > 10000 -> .*", because="the order of sums"),
    of("einsum.contraction", r"if known != lengths: .* -> if True: .*", because="broadcasts to the shape that it has"),
    of(
        "einsum.contraction",
        r"np\.einsum.*optimize=.* -> .*",
        r"bool\(optimize\).* -> .*",
        r"(sum|tuple)\(map\(np\.(size|ndim), .* -> .*",
        because="the order of sums",
    ),
    of(
        "einsum.contraction",
        r"c if len\(lengths\).*",
        r"len\(lengths\) -> lengths",
        because="no label to put on a diagonal",
    ),
    of("einsum.contraction", r"tuple\(lengths.*", because="NumPy takes any collection of lengths"),
    of(
        "solving.cofactors",
        r"if np\.all.* -> if False: .*",
        r".*(np\.abs\(d\)|ILL_CONDITIONED|x \* z|np\.sum).* -> .*",
        r"True -> False",
        because="chooses one of two ways to the same derivative",
    ),
    of("solving.cofactors", r"max\(.*", because="there is a row, but in matrices of shape (0, 0)"),
    of("solving.cofactors", r".*, dtype=int\) -> .*", because="needed for matrices of shape (1, 1) and (0, 0)"),
    of(
        "solving.slogdet",
        r"if np\.iscomplexobj.* -> if True: .*",
        because="of a real matrix, it is imaginary and dropped",
    ),
    of(
        "solving._pinv_cotangent",
        r"c if .* -> c \+ .*",
        r".*(x - np\.matmul|NOISE|np\.sum|np\.abs).* -> .*",
        because="asks whether anything was cut off; what is added is 0 where nothing was",
    ),
    of("solving._cut_off_cotangent", r"np\.real\((.*)\) -> \1", because="real but for rounding"),
    of("solving._cut_off_cotangent", r".* > 0\.5 -> .* >= 0\.5", because="it is 0 or 1 but for rounding"),
    of("solving._pseudoinverse", r"eps.* -> .*", r"rcond < 0 -> .*", because=THRESHOLD),
    of("solving.lstsq", r"if not unused.* -> if True: .*", because="adds 0"),
    of("solving._of_residuals", r"g\[1\] if .*", r"np\.where.*", r"g\[1\] -> .*", because=GENERAL),
    of("decompositions._without_extra", r"np\.any\((.*)\) -> \1", because="`checked` asks whether it holds anywhere"),
    of("decompositions._without_extra", r"why \+ .*", because="only the words of an error"),
    of("hermitian.quotient", r"checked\(.*Error, \w+\)", because="only the words of an error"),
    of("hermitian.unused", r"return (.*) -> return .*\1.*", because="only its truth is asked for"),
    of("hermitian.unused", r"type\(g\).* -> .*", because="a recorded 0 is as good as any cotangent"),
    of("hermitian.quotient", r".*(eps|size|NOISE|abs).* -> .*", "0.0 -> 1.0", because=THRESHOLD),
    of(
        "hermitian.pin_phases",
        r"np\.imag\(v\) -> .*",
        r"np\.real\(v\) -> v",
        because="LAPACK makes that component real",
    ),
    of(r"decompositions\._between", r"np\.(sum|abs).* -> .*", because=THRESHOLD),
    of(
        r"decompositions\.(eigh|eig)",
        r"if not unused.* -> if True: .*",
        r"if np\.iscomplexobj.* -> if True: .*",
        because="adds 0",
    ),
    of("decompositions.eig", r".*np\.abs\(v\).* -> .*", because="LAPACK makes the largest component alone real"),
    of("decompositions.qr", r"np\.linalg\.qr\(x\) if .* -> np\.linalg\.qr\(x\)", because="the same factors once more"),
    of(
        "decompositions.qr",
        r"np\.zeros_like\(q\) -> q",
        because="the lengths of columns do not change: q pulls back to 0",
    ),
    of(
        "decompositions.svd",
        r"svd\(x, full_matrices=False, (.*)\) -> svd\(x, \1\)",
        "False -> True",
        because="the columns that it adds are left out below",
    ),
    of("decompositions.svd", r"unused\(g_u, g_vh\) -> unused\(g_vh, g_u\)", because="a commutative swap"),
    of(
        "decompositions._turning_cotangent",
        r"if np\.iscomplexobj.* -> if True: .*",
        r"np\.iscomplexobj\(u\) -> .*",
        because="real vectors have no phases to turn, and their cotangents are of their kind",
    ),
    of(
        "decompositions._turning_cotangent",
        r"(if )?[mn] > k.* -> .*",
        because="nothing lies outside of a square matrix",
    ),
    of("decompositions._turning_cotangent", r".*(np\.eye).* -> .*", because="the diagonal is 0 but for rounding"),
    of("decompositions._turning_cotangent", r"np\.sum\(s.* -> .*", because=THRESHOLD),
    of("norms.norm", r"len\(axes\) -> axes", because="the general formula holds for the order 2, too"),
    of("norms._direction", r".* if np\.iscomplexobj.* -> .*", because="the sign of a real x is x / abs(x), too"),
    of("norms._vector_slope", r"if ord == 1: .* -> .*", r"ord == 1 -> ord == 2", because=FASTER),
    of("norms._vector_slope", r"return np\.zeros_like\(x\) -> .*", because="a multiple of 0"),
    of(
        "norms._vector_slope",
        r".*(z == 0).* -> .*",
        because="where the norm is 0, so is the direction that it multiplies",
    ),
]

EQUIVALENT = ANYWHERE + ELEMENTWISE + OTHERS + ALGEBRA
if importlib.util.find_spec("scipy") is not None:
    EQUIVALENT += SPECIAL

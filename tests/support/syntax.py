"""Syntax trees: random ones, and whether two are the same."""

import ast

from hypothesis import strategies as st

NAMES = st.sampled_from(["x", "weights", "a_rather_long_name_of_a_variable", "np"]).map(ast.Name)
NUMBERS = (
    st.integers(0, 10**9) | st.floats(0, allow_infinity=False, allow_nan=False) | st.sampled_from([1j, True, None, ...])
)
STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.binary(max_size=4)
CONSTANTS = (NUMBERS | STRINGS).map(ast.Constant)
BINARY = st.sampled_from(ast.operator.__subclasses__()).map(lambda kind: kind())
UNARY = st.sampled_from(ast.unaryop.__subclasses__()).map(lambda kind: kind())
COMPARISONS = st.sampled_from(ast.cmpop.__subclasses__()).map(lambda kind: kind())
BOOLEAN = st.sampled_from([ast.And(), ast.Or()])


def _composed(inner):
    """Return a strategy of expressions that are made from others."""
    some = st.lists(inner, max_size=4)
    several = st.lists(inner, min_size=2, max_size=3)
    bound = inner | st.none()
    loop = st.builds(lambda i, ifs: ast.comprehension(ast.Name("i"), i, ifs, 0), inner, st.lists(inner, max_size=1))
    loops = st.lists(loop, min_size=1, max_size=2)
    slices = st.builds(ast.Slice, bound, bound, bound)
    keywords = some.map(lambda values: [ast.keyword(*pair) for pair in zip(("axis", None), values, strict=False)])
    return st.one_of(
        st.builds(ast.BinOp, inner, BINARY, inner),
        st.builds(ast.UnaryOp, UNARY, inner),
        st.builds(ast.BoolOp, BOOLEAN, several),
        st.builds(
            lambda x, ops, others: ast.Compare(x, ops[: len(others)], others[: len(ops)]),
            inner,
            st.lists(COMPARISONS, min_size=1, max_size=2),
            several,
        ),
        st.builds(ast.IfExp, inner, inner, inner),
        st.builds(ast.Attribute, inner, st.just("T")),
        st.builds(ast.Call, inner, st.lists(inner | st.builds(ast.Starred, inner), max_size=3), keywords),
        st.builds(
            ast.Subscript,
            inner,
            inner | slices | st.builds(ast.Tuple, st.lists(inner | slices, min_size=1, max_size=3)),
        ),
        st.builds(ast.Tuple, some),
        st.builds(ast.List, some),
        st.builds(ast.Set, several),
        st.builds(
            lambda pairs: ast.Dict([k for k, _ in pairs], [v for _, v in pairs]),
            st.lists(st.tuples(bound, inner), max_size=3),
        ),
        st.builds(ast.ListComp, inner, loops),
        st.builds(ast.GeneratorExp, inner, loops),
        st.builds(ast.DictComp, inner, inner, loops),
        st.builds(lambda body: ast.Lambda(ast.parse("lambda i, k=1: 0", mode="eval").body.args, body), inner),
        st.builds(lambda value: ast.NamedExpr(ast.Name("found"), value), inner),
        st.builds(lambda value: ast.JoinedStr([ast.FormattedValue(value, -1)]), NAMES),
    )


expressions = st.recursive(NAMES | CONSTANTS, _composed, max_leaves=25)


def same(tree, other):
    """Whether two trees differ in nothing but in whether they say that names are read."""
    return _dumped(tree) == _dumped(other)


def _dumped(tree):
    for node in ast.walk(tree):
        if "ctx" in node._fields:
            node.ctx = ast.Load()
    return ast.dump(tree)

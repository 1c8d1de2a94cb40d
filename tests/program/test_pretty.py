"""The text of syntax trees: parsed, it is the tree again, however narrow the lines are; and it reads well."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.program.pretty import unparse
from tests.support.sampling import sampled
from tests.support.syntax import expressions, same

WIDTHS = (1, 30, 99, float("inf"))
ROOT = Path(__file__).parents[2]


@given(expressions, st.sampled_from(WIDTHS), st.sampled_from([0, 8]))
def test_the_text_of_an_expression_is_the_expression(tree, width, indent):
    assert same(ast.parse(f"({unparse(tree, width=width, indent=indent)})", mode="eval").body, tree)


@given(st.lists(expressions, min_size=1, max_size=3), st.sampled_from(WIDTHS))
def test_the_text_of_a_statement_is_the_statement(parts, width):
    for statement in (
        ast.Return(ast.Tuple(parts)),
        ast.Assign([ast.Tuple([ast.Name("a"), ast.Name("b")]), ast.Name("c")], parts[0], lineno=0),
        ast.Expr(ast.Tuple(parts)),
        ast.Assert(ast.Tuple(parts), parts[0]),
        ast.If(parts[-1], [ast.Pass()], [ast.Return(parts[0])]),
    ):
        assert same(ast.parse(unparse(statement, width=width)).body[0], statement)


MODULES = [path.relative_to(ROOT) for path in sorted((ROOT / "autograd_lite").rglob("*.py"))]


@pytest.mark.parametrize("path", sampled(MODULES, 3))
@pytest.mark.parametrize("width", WIDTHS[1:3])
def test_the_text_of_a_module_is_the_module(path, width):
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert same(ast.parse(unparse(tree, width=width)), ast.parse(ast.unparse(tree)))


KINDS = """
async def f(a: int, b, /, c: str = "x", *args, d, e=2, **rest) -> None:
    \"\"\"Say "this".

        And that \\\\ too.
    \"\"\"
    async with a as b, c:
        await d
    try:
        x = yield
    except (E, F) as error:
        raise G from error
    match a:
        case [1, *others] if b:
            del a.b, c[0]
    global g
    a, b = c = d, e
    a += 1, 2
    return *a, b

class C(D, metaclass=E):
    x: int = 3
    (y): int
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_the_text_of_any_statement_is_the_statement(width):
    tree = ast.parse(KINDS)
    assert same(ast.parse(unparse(tree, width=width)), tree)


@pytest.mark.parametrize(
    "text",
    [
        "x**2 + y[0] ** 2",
        "(-x) ** 2 - -x**2",
        'f("a", \'say "b"\', axis=-1)',
        "(a + b).sum(axis=0)[:, None, 1:]",
        "sum(x for x in y if x > 0)",
        "{'a': 1}[k] if not a and (b or c) else [1, (2,), ()]".replace("'", '"'),
        "a - (b - c) / (d * e) @ f",
        "x[...,] + x[a, b:c, ::2]",
    ],
)
def test_one_line_is_as_it_would_be_written(text):
    assert unparse(ast.parse(text, mode="eval").body) == text


BROKEN = """\
result = np.where(
    mask,
    first_of_the_values
    * second_of_the_values,
    -first_of_the_values,
)
total = (
    first_of_the_values
    + (
        second_of_the_values
        * third_of_the_values
    )
    - (
        first_of_the_values
        * second_of_the_values
        * third_of_the_values
    )
)
picked = scatter(
    -0.25,
    index=(np.arange(4), labels),
    shape=(40, 30),
).reshape(1200)
table = [
    1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5,
    8.5, 9.5, 10.5,
]
(
    first_of_the_values,
    second_of_the_values,
) = np.linalg.eigh(matrix)
def function(
    first_of_the_values,
    second_of_the_values=None,
):
    return (
        first_of_the_values,
        {"key": second_of_the_values},
    )
"""


def test_long_lines_are_broken_as_a_person_would():
    width = 42
    assert "\n".join(unparse(statement, width=width) for statement in ast.parse(BROKEN).body) + "\n" == BROKEN

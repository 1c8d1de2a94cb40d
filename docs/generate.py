"""Write the files that follow from the op table: ``python -m docs.generate`` (``make docs``)."""

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.core.counterparts import stores
from autograd_lite.core.numpy_protocol import constants
from autograd_lite.core.op import Op
from autograd_lite.core.tape import refused, registry
from autograd_lite.ops import table
from autograd_lite.ops.__main__ import differentiable_inputs
from docs.op_pages import op_pages, subgradient_of, table_page
from docs.public_types import public_types, summary
from docs.scipy_pages import scipy_page

ROOT = Path(__file__).parents[1]
TESTED = "2.4"  # the NumPy whose functions the coverage page lists
MODULES = {
    "np": np,
    "np.linalg": np.linalg,
    "np.fft": np.fft,
    "np.emath": np.emath,
    "np.lib.stride_tricks": np.lib.stride_tricks,
}
TAKES_NO_ARRAY = {
    "makes an array of sizes and numbers": """arange bartlett blackman diag_indices empty eye fftfreq fromfunction
        hamming hanning identity indices kaiser mask_indices ones rfftfreq tri tril_indices triu_indices zeros""",
    "reads files, buffers and text": """from_dlpack fromfile frombuffer fromiter fromregex fromstring genfromtxt load
        loadtxt""",
    "is about shapes and dtypes": """broadcast_shapes datetime_data isdtype issubdtype mintypecode promote_types
        typename""",
    "writes one number": "base_repr binary_repr format_float_positional format_float_scientific",
    "sets and tells how NumPy behaves": """get_include get_printoptions getbufsize geterr geterrcall info printoptions
        set_printoptions setbufsize seterr seterrcall show_config show_runtime test""",
    "takes a function": "frompyfunc",
    "goes through the memory of arrays; pass the .value": "isfortran nested_iters",
    "asks what an object is, which a Tensor answers as an array does": "isscalar iterable",
}
OLD_NAMES = {"np.row_stack": np.vstack}  # functions that call another, with a warning
STATUS = ("differentiable", "store", "constant", "refused", "takes no array")


def functions() -> dict[str, Any]:
    """Return NumPy's public functions by the path under which they are found; classes and modules are none."""
    found = {}
    for prefix, module in MODULES.items():
        names = getattr(module, "__all__", [name for name in dir(module) if not name.startswith("_")])
        for name in sorted(names):
            member = getattr(module, name)
            if callable(member) and not inspect.isclass(member):
                found[f"{prefix}.{name}"] = member
    return found


def statuses(path: str, function: Any) -> dict[str, str]:
    """Return every status that a function has, each with what is to be said about it: one, if all is well."""
    found = {}
    function = OLD_NAMES.get(path, function)
    answer = registry.get(function)
    if function in constants:
        found["constant"] = ""
    elif function in stores:
        found["store"] = ""
    elif answer is not None:
        found["differentiable"] = ""
    if function in refused:
        found["refused"] = refused[function]
    for why, names in TAKES_NO_ARRAY.items():
        if path.rpartition(".")[2] in names.split():
            found["takes no array"] = why
    return found


def unclear() -> list[str]:
    """Return the functions that have no status, or several."""
    return sorted(path for path, function in functions().items() if len(statuses(path, function)) != 1)


def by_status() -> dict[str, dict[str, str]]:
    """Return the paths of each status with what is to be said about them."""
    groups: dict[str, dict[str, str]] = {status: {} for status in STATUS}
    for path, function in functions().items():
        for status, remark in statuses(path, function).items():
            groups[status][path] = remark
    return groups


def coverage_page() -> str:
    """Return the page on NumPy's functions."""
    groups = by_status()
    pages = [
        "# NumPy's functions\n",
        f"What happens when a public function of NumPy {TESTED} meets a Tensor. This page is generated from the op",
        "table by `make docs`, and a test holds it to the NumPy that is installed.\n",
        *(f"- {len(groups[status])} {text}" for status, text in _SUMMARY.items()),
        "\n`np.random`, `np.ma`, `np.polynomial`, `np.strings` and the other submodules do not ask a Tensor how it",
        "wants to be treated. They turn their arguments into plain arrays, which a Tensor refuses with an error that",
        "says what to write instead: no gradient is lost silently.\n",
        "## Differentiable\n",
        "`ag.<op>` is the same function under its own name; only two are others: `ag.trace` records a function, and",
        "`ag.ravel` makes a vector of a tree.\n",
        "| function | op | differentiable inputs | NumPy says |",
        "| --- | --- | --- | --- |",
        *map(_row, groups["differentiable"]),
        "\n## Store\n",
        "These change an array. Of a Tensor, each is an assignment: the record keeps what it held before.\n",
        _listed(groups["store"]),
        "\n## Constant\n",
        "The result has no derivative: it is a plain array of integers, booleans or piecewise constant values.\n",
        _listed(groups["constant"]),
        "\n## Refused\n",
        "These raise an error that says why.\n",
        *_grouped(groups["refused"]),
        "\n## Takes no array\n",
        "A Tensor has no place in their arguments.\n",
        *_grouped(groups["takes no array"]),
    ]
    return "\n".join(pages) + "\n"


_SUMMARY = {
    "differentiable": "are differentiable",
    "store": "change a Tensor as an assignment does",
    "constant": "see the values of Tensors, and give constants",
    "refused": "refuse Tensors, and say why",
    "takes no array": "take no arrays",
}


def row_of(path: str) -> Op:
    """Return the op that answers for a function."""
    function = OLD_NAMES.get(path, functions()[path])
    answer = registry[function]
    return answer if isinstance(answer, Op) else next(row for row in table.values() if row.numpy is function)


def _row(path: str) -> str:
    row = row_of(path)
    name = next(name for name, other in table.items() if other is row)
    inputs = ", ".join(f"`{x}`" if x.isidentifier() else x for x in differentiable_inputs(row))
    return f"| `{path}` | `{name}` | {inputs} | {summary(functions()[path])} |".replace("||", "|")


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths) + "."


def _grouped(remarks: dict[str, str]) -> list[str]:
    """Return a list item for each remark, with the functions that it is about."""
    groups: dict[str, list[str]] = {}
    for path, remark in remarks.items():
        groups.setdefault(remark, []).append(path)
    return [f"- {_listed(paths)[:-1]}: {remark}." for remark, paths in groups.items()]


def subgradients_page() -> str:
    """Return the page on what is taken for a derivative where there is none."""
    rows: dict[str, list[str]] = {}
    for name, row in sorted(table.items()):
        line = subgradient_of(row)
        if line:
            rows.setdefault(line, []).append(name)
    return (
        "\n".join(
            [
                "# Subgradients\n",
                "What is taken for the derivative where a function has a kink, a jump or a tie. This page is generated",
                "from the docstrings of the ops by `make docs`.\n",
                "| op | derivative |",
                "| --- | --- |",
                *(f"| {', '.join(f'`{name}`' for name in names)} | {line} |" for line, names in rows.items()),
            ]
        )
        + "\n"
    )


CLUSTER = "docs/when_one_machine_is_not_enough.md"
_RECIPE = re.compile(r"(<!-- (docs/recipes/\w+\.py) -->\n```py\n).*?(```)", flags=re.DOTALL)


def cluster_page() -> str:
    """Return the page on clusters with the recipes as they are; all else is written by hand, or by the benchmark."""
    return _RECIPE.sub(_shown, (ROOT / CLUSTER).read_text(encoding="utf-8"))


def _shown(found: re.Match[str]) -> str:
    """Return a recipe between its marks, without what only tools read."""
    text = (ROOT / found[2]).read_text(encoding="utf-8")
    unread = re.compile(r"^(# mypy: .*|from __future__ .*)\n\n", flags=re.MULTILINE)
    return found[1] + unread.sub("", text) + found[3]


PAGES: dict[str, Callable[[], str]] = {
    "docs/numpy_coverage.md": coverage_page,
    "docs/subgradients.md": subgradients_page,
    "docs/reference/ops.md": table_page,
    **op_pages(),
    "docs/reference/scipy_coverage.md": scipy_page,
    CLUSTER: cluster_page,
    "autograd_lite/__init__.pyi": public_types,
}


def draw_neuron() -> None:
    """Draw the README's neuron."""
    input_vector, target = np.array([2.0, 1.5]), 0

    def neuron(weights: Any, bias: Any) -> Any:
        layer_1 = np.dot(input_vector, weights) + bias
        prediction = ag.sigmoid(layer_1)
        error = np.square(prediction - target)
        return error  # noqa: RET504 (its name is drawn)

    ag.draw(neuron, np.array([1.45, -0.66]), 0.0).save(str(ROOT / "docs" / "neuron.svg"))


def main() -> None:
    """Write the files, and the README's picture."""
    draw_neuron()
    if not np.__version__.startswith(f"{TESTED}."):
        raise SystemExit(f"the pages list the functions of NumPy {TESTED}; this is NumPy {np.__version__}")
    for name, page in PAGES.items():
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()

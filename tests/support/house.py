"""The structure of the package in figures: what imports what, how long everything is, what its types leave open.

Run as `python -m tests.support.house`.
"""

import ast
import re
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "autograd_lite"

BELOW = {  # what the modules of a room may import; each may import its own room
    "core": (),
    "debugging": ("core",),
    "equivalents": ("core", "ops"),
    "ops": ("core",),
    "numpy": ("core", "ops"),
    "program": ("core", "debugging", "ops", "numerical"),
    "readings": ("core", "debugging", "ops", "numerical", "program"),
    "compiled": ("core", "debugging", "ops", "numerical", "program"),
    "optim": ("core",),
    "saving": ("core",),
    "numerical": ("core",),
    "verification": ("core", "debugging", "ops", "numpy", "program", "numerical"),
    "testing": ("core", "debugging", "ops", "program", "numerical", "verification"),
    "__main__": ("core", "saving", "verification"),
    "": (
        "core",
        "debugging",
        "equivalents",
        "ops",
        "program",
        "readings",
        "compiled",
        "optim",
        "saving",
        "verification",
        "testing",
    ),
}


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules(folder):
    """Return the path of each module below a folder of the project, by its name."""
    return {module_name(path): path for path in sorted((ROOT / folder).rglob("*.py"))}


MODULES = modules(PACKAGE)


def room(module):
    """Return the folder or top-level module that a module lies in; "" is the package's own face."""
    return module.removeprefix(PACKAGE).removeprefix(".").partition(".")[0]


def imported(source, name, is_package=False):
    """Return the modules of the package that a module imports: at its top, in a function, or for type checking."""
    found = set()
    home = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = home.split(".")[: len(home.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            members = {f"{base}.{alias.name}" for alias in node.names}
            found |= members & MODULES.keys() or {base}
            found |= {base} if members - MODULES.keys() else set()
    return {module for module in found if module.split(".")[0] == PACKAGE}


@cache
def imports():
    """Return what each module of the package imports of it."""
    return {name: imported(path.read_text("utf-8"), name, path.name == "__init__.py") for name, path in MODULES.items()}


def upward():
    """Return the pairs of modules in which the first imports the second and may not."""
    return [
        (module, other)
        for module, others in imports().items()
        for other in sorted(others)
        if room(other) not in (room(module), *BELOW[room(module)])
    ]


def circle():
    """Return modules that import each other in a circle; None where there are none."""
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def bodies():
    """Yield each function of the package, with the number of lines of its body, docstring left out."""
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                yield f"{module}.{node.name}", (body[-1].end_lineno or 0) - body[0].lineno + 1


def count(pattern, *folders):
    """Count the matches of a pattern in the modules of some folders of the package."""
    paths = [path for folder in folders for path in sorted((ROOT / PACKAGE / folder).rglob("*.py"))]
    return sum(len(re.findall(pattern, path.read_text("utf-8"))) for path in paths)


def float_literals(folder):
    """List the floating-point numbers written in the modules of a folder, but for 0, 1/2, 1 and 2, by place."""
    return [
        (path.relative_to(ROOT), node.lineno, node.value)
        for path in sorted((ROOT / PACKAGE / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) is float and node.value not in (0, 0.5, 1, 2)
    ]


def main():
    lines: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for module, path in MODULES.items():
        where = "verification/repair" if ".repair" in module else room(module) or "__init__"
        lines[where] += len(path.read_text("utf-8").splitlines())
        number[where] += 1
    for where in lines:
        print(f"{where:24} {number[where]:4} modules {lines[where]:6} lines")
    print(f"{'in all':24} {number.total():4} modules {lines.total():6} lines")
    print(f"imports that run up: {len(upward())}, circles: {int(circle() is not None)}")
    long = sorted(((n, name) for name, n in bodies() if n > 40), reverse=True)
    print(f"functions over 40 lines of body: {len(long)}", *(f"  {n:3} {name}" for n, name in long), sep="\n")
    lengths = {module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()}
    print("modules over 400 lines:", {module: n for module, n in lengths.items() if n > 400})
    print("Any:", count(r"\bAny\b", "."))
    print("type: ignore:", count("type: ignore", "."))
    print("float literals in verification:", len(float_literals("verification")))


if __name__ == "__main__":
    main()

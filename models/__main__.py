"""List the models: `python -m models`."""

import ast
from pathlib import Path

from models.tutorial import PARTS

sources = {path.stem: path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))}
runnable = [name for name, source in sources.items() if "\nif __name__" in source]
for name in dict.fromkeys(["tutorial", *PARTS, *runnable]):
    documentation = ast.get_docstring(ast.parse(sources[name])) or ""
    print(f"python -m models.{name:<18} {documentation.splitlines()[0]}")

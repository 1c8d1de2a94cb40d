"""List the models: `python -m models`."""

import ast
from pathlib import Path

from models.tutorial import PARTS

for name in ("tutorial", *PARTS, "eight_points", "hand_derived"):
    documentation = ast.get_docstring(ast.parse(Path(__file__).with_name(f"{name}.py").read_text("utf-8"))) or ""
    print(f"python -m models.{name:<18} {documentation.splitlines()[0]}")

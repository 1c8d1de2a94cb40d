"""Programs that XLA runs: straight code, which JAX traces."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.compiled.cleaning import clean_for_xla
from autograd_lite.compiled.program import Code, Program
from autograd_lite.compiled.recorded import Arguments
from autograd_lite.compiled.sizes import Sized, sized


class XlaProgram(Program):
    """What a compiled function runs with ``backend="jax"``."""

    _copies = True

    def _traced(self, f: Callable[..., Any], arguments: Arguments) -> Sized:
        return sized(f, arguments, clean_for_xla)

    def _most_rows(self) -> float:
        return math.inf

    def _straight_code(self, rows: int) -> Code:
        from autograd_lite.compiled.xla.program import OnXla  # JAX is imported by who asks for it

        on_xla = OnXla(self.sized, self._title)
        return Code(on_xla, on_xla.source, fills=False)

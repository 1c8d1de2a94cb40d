"""Pages that are generated: those on NumPy list what one version of it has."""

import numpy as np
import pytest

from docs import generate

of_the_tested_numpy = pytest.mark.skipif(
    not np.__version__.startswith(f"{generate.TESTED}."),
    reason=f"the pages list the functions of NumPy {generate.TESTED}, and this is NumPy {np.__version__}",
)

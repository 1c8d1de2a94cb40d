"""A script that makes values anew, with the functions, classes and modules that they need."""

from __future__ import annotations

import collections
import functools
import keyword
import sys
import types
from collections.abc import Callable
from enum import Enum
from functools import partial
from inspect import unwrap
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd_lite.core.lines import is_of_user
from autograd_lite.verification.reproduction.arrays import UNPACK, literal, packed
from autograd_lite.verification.reproduction.definitions import OwnFile, definition_of

_PLAIN = (type(None), bool, int, str, bytes, type(Ellipsis), slice, range)


class Script:
    """Statements, each after those that it needs.

    Attributes
    ----------
    missing : what the script does not hold, to be added by hand

    Parameters
    ----------
    seed : int
        Arrays that ``np.random.default_rng(seed)`` draws are drawn again.
    """

    def __init__(self, seed: int) -> None:
        self.missing: list[str] = []
        self._imports: dict[str, None] = {}
        self._statements: list[str] = []
        self._bound: dict[str, Any] = {}
        self._objects: dict[int, tuple[str, Any]] = {}
        self._seed, self._rng = seed, np.random.default_rng(seed)
        self._draws = False

    def text(self) -> str:
        """Return all of it."""
        imports = sorted(self._imports, key=lambda line: (not line.startswith("from __future__"), line))
        return "\n".join([*imports, *(_apart(s) for s in self._statements)])

    # --- names

    def imported(self, module: ModuleType, name: str) -> str:
        """Import a module by a name, or by its own where that is another's; return the name."""
        if self._bound.setdefault(name, module) is not module:
            name = module.__name__
            self._bound[name] = module
        top, _, rest = module.__name__.rpartition(".")
        line = f"import {module.__name__}" if name == module.__name__ else f"import {module.__name__} as {name}"
        self._imports[f"from {top} import {rest}" if top and name == rest else line] = None
        return name

    def define(self, name: str, value: Any) -> None:
        """Let a name of the user's code stand for its value."""
        if isinstance(value, OwnFile):
            self._own_file(name, value)
            return
        if name in self._bound:
            if not _is_same(self._bound[name], value):
                self._lack(f"two things are called `{name}`; here is the first")
            return
        if isinstance(value, ModuleType):
            self.imported(value, name)
            return
        self._bound[name] = value
        home, own = _home(value)
        if home:
            self._imports[f"from {home} import {own}" + (f" as {name}" if name != own else "")] = None
            return
        code = self._without_draws(lambda: self.expression(value, name))
        if code != name:
            self._statements.append(f"{name} = {code}")

    def _own_file(self, name: str, file: OwnFile) -> None:
        """Let the name of a file of the user's stand for what is used of it."""
        if self._bound.setdefault(name, file.module) is not file.module:
            self._lack(f"two things are called `{name}`; here is the first")
            return
        made = f"{name} = {self.imported(types, 'types')}.SimpleNamespace()"
        paths = []
        for part in file.names:
            if (path := f"{name}.{part}") not in self._bound:
                self._bound[path] = value = getattr(file.module, part)
                paths.append(f"{path} = {self._without_draws(partial(self.expression, value, path))}")
        self._statements += [*([] if made in self._statements else [made]), *paths]

    def variable(self, value: Any, wish: str) -> str:
        """Make a variable for a value, and return its name: the wish, or one like it that is not taken."""
        name, self._draws = self._free(wish), True
        self._statements.append(f"{name} = {self.expression(value, wish)}")
        self._draws = False
        return name

    def _lack(self, what: str) -> None:
        if what not in self.missing:
            self.missing.append(what)

    def _without_draws(self, make: Callable[[], str]) -> str:
        """Write what is made before the statement that is being written, in which draws have their order."""
        before, self._draws = self._draws, False
        try:
            return make()
        finally:
            self._draws = before

    # --- values

    def expression(self, x: Any, name: str = "a value") -> str:
        """Return code for a value; `name` says of what it is the value, where it cannot be written."""
        kind = type(x)
        if kind in _PLAIN:
            return repr(x)
        if kind in (float, complex):
            return repr(x) if np.isfinite(x) else f"{kind.__name__}({str(x)!r})"
        if kind in (list, tuple, set, dict):
            return self._collection(x, name)
        if kind is np.ndarray:
            return self._array(x, name)
        if isinstance(x, np.generic):
            return self._scalar(x, name)
        if isinstance(x, np.dtype):
            return f"{self._np()}.dtype({x.str!r})"
        if isinstance(x, MethodType):
            return f"{self.expression(x.__self__, name)}.{x.__name__}"
        if isinstance(x, partial):
            parts = [self.expression(part, name) for part in (x.func, *x.args)]
            parts += [f"{key}={self.expression(part, name)}" for key, part in x.keywords.items()]
            return f"{self.imported(functools, 'functools')}.partial({', '.join(parts)})"
        inner = unwrap(x) if callable(x) else x
        if isinstance(inner, (FunctionType, type)) and is_of_user(inner):
            return self._defined(inner, name)
        return self._of_library(x) or self._object(x, name)

    def _collection(self, x: Any, name: str) -> str:
        if type(x) is dict:
            pairs = [f"{self.expression(key, name)}: {self.expression(part, name)}" for key, part in x.items()]
            return f"{{{', '.join(pairs)}}}"
        parts = ", ".join([self.expression(part, name) for part in x])
        if type(x) is set:
            return f"{{{parts}}}" if x else "set()"
        return f"[{parts}]" if type(x) is list else f"({parts}{',' * (len(x) == 1)})"

    def _np(self) -> str:
        return self.imported(np, "np")

    def _array(self, x: Any, name: str) -> str:
        if x.ndim > 1 and x.flags.f_contiguous and not x.flags.c_contiguous:
            return f"{self._np()}.asfortranarray({self._array(np.ascontiguousarray(x), name)})"
        plain = self._drawn(x) or literal(np.ascontiguousarray(x).reshape(x.shape), self._np())
        return plain or self._packed(x) or self._too_large(x, name)

    def _drawn(self, x: Any) -> str | None:
        """Return the draw that gives an array; None where that is not the next one of the generator."""
        if not self._draws or x.dtype != np.float64 or not x.size:
            return None
        if self._bound.get("rng", self._rng) is not self._rng:
            return None
        before = self._rng.bit_generator.state
        if np.array_equal(self._rng.standard_normal(x.shape), x):
            if "rng" not in self._bound:
                self._bound["rng"] = self._rng
                self._statements.append(f"rng = {self._np()}.random.default_rng({self._seed})")
            return f"rng.standard_normal({x.shape})"
        self._rng.bit_generator.state = before
        return None

    def _packed(self, x: Any) -> str | None:
        code = packed(x)
        if code and self._bound.setdefault("unpacked", UNPACK) is UNPACK and UNPACK not in self._statements:
            self._imports |= dict.fromkeys(["import base64", "import zlib"])
            self._statements.append(UNPACK.replace("np.", f"{self._np()}."))
        return code

    def _too_large(self, x: Any, name: str) -> str:
        if x.dtype.kind not in "fc":
            self._lack(f"`{name}`, {x.dtype} of shape {x.shape}; here it is zeros")
            return f"{self._np()}.zeros({x.shape}, {x.dtype.str!r})"
        self._lack(f"`{name}`, {x.dtype} of shape {x.shape}, as a file; here other numbers are drawn")
        return f"{self._np()}.random.default_rng(0).standard_normal({x.shape}).astype({x.dtype.str!r})"

    def _scalar(self, x: Any, name: str) -> str:
        number = x.item()
        if type(number) in (bool, int, float, complex, str):
            return f"{self._np()}.{type(x).__name__}({self.expression(number)})"
        return f"{self._array(np.asarray(x), name)}[()]"

    # --- functions, classes and objects

    def _defined(self, x: Any, name: str) -> str:
        """Define a function or a class of the user's, and return its name, or the code of a lambda."""
        found = definition_of(x)
        if found is None and hasattr(x, "_fields"):
            return f"{self.imported(collections, 'collections')}.namedtuple({x.__name__!r}, {x._fields})"
        if found is None:
            self._lack(f"`{x.__name__}`, whose source could not be read")
            return x.__name__ if x.__name__.isidentifier() else "None"
        if found.name and id(x) in self._objects:
            return found.name
        if found.name and unwrap(self._bound.get(found.name, x)) is not x:
            self._lack(f"two things are called `{found.name}`; here is the first")
            return found.name
        self._objects[id(x)] = found.name, x
        if found.name:
            self._bound.setdefault(found.name, x)
        for used, value in found.used.items():
            if unwrap(value) is not x:
                self.define(used, value)
        if found.name:
            self._imports["from __future__ import annotations"] = None
            self._statements.append(found.text)
        return found.name or found.text

    def _of_library(self, x: Any) -> str | None:
        """Return the name of what a package has: a function, a class, a ufunc."""
        home, name = _home(x)
        if home == "builtins":
            return name
        return f"{self.imported(sys.modules[home], home)}.{name}" if home else None

    def _object(self, x: Any, name: str) -> str:
        """Make an object of a class of the user's, which holds what it holds, and return its name."""
        if id(x) in self._objects:
            return self._objects[id(x)][0]
        kind = type(x)
        if isinstance(x, Enum):
            return f"{self.expression(kind, name)}.{x.name}"
        if isinstance(x, np.random.Generator):
            return self._generator(x)
        if not is_of_user(kind) or not (hasattr(x, "__dict__") or isinstance(x, tuple)):
            self._lack(f"`{name}`, a {kind.__name__}, which could not be written")
            return "None"
        made = self._without_draws(lambda: self._defined(kind, name))
        if isinstance(x, tuple):
            return f"{made}({', '.join(self.expression(part, name) for part in x)})"
        variable = self._free(kind.__name__.lower())
        self._objects[id(x)] = variable, x
        self._statements.append(f"{variable} = {made}.__new__({made})")
        held = self._without_draws(partial(self.expression, dict(vars(x)), variable))
        self._statements.append(f"vars({variable}).update({held})")
        return variable

    def _generator(self, x: np.random.Generator) -> str:
        """Make a generator in the state that it is in, and return its name."""
        name = self._free("generator")
        self._objects[id(x)] = name, x
        random, kind = f"{self._np()}.random", type(x.bit_generator).__name__
        state = self._without_draws(lambda: self.expression(x.bit_generator.state, name))
        self._statements += [f"{name} = {random}.Generator({random}.{kind}())", f"{name}.bit_generator.state = {state}"]
        return name

    def _free(self, name: str) -> str:
        while name in self._bound or keyword.iskeyword(name):
            name += "_"
        self._bound[name] = self  # taken, for none of the user's
        return name


def _home(x: Any) -> tuple[str, str]:
    """Return the module and the name of a package's function, class or ufunc; two empty ones for anything else."""
    name = getattr(x, "__qualname__", None) or getattr(x, "__name__", None)
    if isinstance(name, str) and name.isidentifier():
        for home in (getattr(x, "__module__", None), "numpy", "math", "builtins"):
            module = sys.modules.get(str(home))
            if module is not None and getattr(module, name, None) is x and not is_of_user(module):
                return module.__name__, name
    return "", ""


def _apart(statement: str) -> str:
    """Return a statement with empty lines around it where it has several lines."""
    return f"\n{statement}\n" if "\n" in statement or statement.startswith(("def ", "class ", "@")) else statement


def _is_same(a: Any, b: Any) -> bool:
    return unwrap(a) is unwrap(b) or (type(a) is type(b) and isinstance(a, (int, float, complex, str)) and a == b)

"""The arguments of a traced function in the code written from it: how it takes them, and what it returns for them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from inspect import Parameter
from typing import Any

import numpy as np

from autograd_lite.core.trees import Tree, by_attribute, is_node, items
from autograd_lite.program.arguments import Argument
from autograd_lite.program.expressions import Node, is_short
from autograd_lite.program.identifiers import identifier, unique_names
from autograd_lite.program.pretty import unparse
from autograd_lite.program.render import call, exact, literal
from autograd_lite.program.trace import Program

_RESERVED = ("np", "scipy", "complex", "range", "type")
_AMBIGUOUS = ("l", "I", "O")  # names that could be taken for digits
_PLAIN = (int, float, complex, str, bytes, type(None), np.number, np.bool_)


class Arguments:
    """The parameters of the written function: those of the traced one, and values from outside by keyword.

    Attributes
    ----------
    words : dict from str to expression
        What stands in the code for each name of the program: a variable, or the value of a number that is frozen.
    arrays : dict from str to array
        Constants of the module that are defaults of parameters.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._taken = [(_variable(argument), argument) for argument in program.arguments]
        self.arrays: dict[str, Any] = {}
        self.words: dict[str, ast.expr] = {}
        for variable, argument in self._taken:
            held, name = argument.tree, argument.parameter.name
            if isinstance(held, Node):
                self.words[str(held.name)] = variable
            elif isinstance(held, (int, str)) and _is_same(program.constants.get(name), held):
                self.words[name] = literal(held)
        variables = [*program.inputs, *program.constants, *(step.name for step in program.steps)]
        variables += [program.cotangent] if program.cotangent else []
        wanted = [(name, name) for name in variables if name not in self.words]
        unique = unique_names(wanted, {*_RESERVED, *(variable.id for variable, _ in self._taken)})
        self.words |= {name: ast.Name(f"{n}_" if n in _AMBIGUOUS else n) for name, n in unique.items()}

    @property
    def names(self) -> set[str]:
        """The names of all variables and parameters."""
        variables = [*self.words.values(), *(variable for variable, _ in self._taken)]
        return {variable.id for variable in variables if isinstance(variable, ast.Name)}

    def parameters(self) -> ast.arguments:
        """Return the parameters of the function, with their defaults."""
        made = ast.arguments([], [], None, [], [], None, [])
        for variable, argument in self._taken:
            kind, default = argument.parameter.kind, self._default(variable.id, argument)
            if kind is Parameter.VAR_POSITIONAL:
                made.vararg = ast.arg(variable.id)
            elif kind is Parameter.KEYWORD_ONLY:
                _add_keyword(made, variable.id, default)
            else:
                (made.posonlyargs if kind is Parameter.POSITIONAL_ONLY else made.args).append(ast.arg(variable.id))
                made.defaults += [default] if default else []
        if self._program.cotangent:
            name = unparse(self.words[self._program.cotangent])
            if made.vararg or made.defaults:
                _add_keyword(made, name, None)
            else:
                made.args.append(ast.arg(name))
        given = {leaf.name for _, leaf in self._leaves() if isinstance(leaf, Node)}
        for name, value in self._program.constants.items():
            word = self.words[name]
            if name not in given and isinstance(word, ast.Name):
                _add_keyword(made, word.id, self._value(word.id, value))
        return made

    def _default(self, name: str, argument: Argument) -> ast.expr | None:
        """Return a default where the traced function has one: its own, or the value that the code holds for."""
        if argument.parameter.default is Parameter.empty:
            return None
        is_frozen = not isinstance(argument.tree, Node)
        return self._value(name, argument.tree if is_frozen else argument.parameter.default) or ast.Constant(None)

    def _value(self, name: str, value: Any) -> ast.expr | None:
        """Write the value of a parameter: a constant of the module for a short array; None for what is not short."""
        if isinstance(value, np.ndarray) and value.ndim and is_short(value):
            self.arrays[name] = value
            return ast.Name(name)
        value = value.item() if isinstance(value, (np.ndarray, np.generic)) and not value.ndim else value
        if not _is_plain(value):
            return None
        return exact(value) if isinstance(value, float) else literal(value)

    def _leaves(self) -> Iterator[tuple[ast.expr, Any]]:
        for variable, argument in self._taken:
            yield from _leaves(argument.tree, variable)

    def unpacking(self, used: Collection[str]) -> Iterator[ast.stmt]:
        """Yield the assignments that take arguments apart, as far as their parts are used."""
        for variable, argument in self._taken:
            if is_node(argument.tree):
                yield from self._unpacked(argument.tree, variable, used)

    def _unpacked(self, tree: Tree, access: ast.expr, used: Collection[str]) -> Iterator[ast.stmt]:
        target = self._target(tree, used)
        if target is not None:
            yield ast.Assign([target], access, lineno=0)
        elif is_node(tree):
            for path, child in _children(tree, access):
                yield from self._unpacked(child, path, used)

    def _target(self, tree: Tree, used: Collection[str]) -> ast.expr | None:
        """Return what a tree can be assigned to at once: variables, if all of them are used; else None."""
        if isinstance(tree, (tuple, list)) and tree:
            targets = [self._target(child, used) for child in tree]
            return None if None in targets else ast.Tuple([target for target in targets if target])
        word = self.words[str(tree.name)] if isinstance(tree, Node) else None
        return word if word and _is_used(word, used) else None

    def gradients(self) -> Iterator[tuple[ast.expr, ast.expr]]:
        """Yield what is differentiated with respect to, whole arguments or parts of them, with the gradients."""
        for variable, argument in self._taken:
            leaves = [(path, x) for path, x in _leaves(argument.tree, variable) if isinstance(x, Node)]
            chosen = [(path, x) for path, x in leaves if x.name in self._program.gradients]
            if chosen and len(chosen) == sum(x.dtype.kind in "fc" for _, x in leaves):
                yield variable, self._gradient(argument.tree, variable)
            else:
                yield from ((path, self._gradient(x, path)) for path, x in chosen)

    def _gradient(self, tree: Tree, access: ast.expr) -> ast.expr:
        """Return the gradient by a part of an argument, in its structure; None stands for what has no derivative."""
        if is_node(tree):
            parts = [self._gradient(child, path) for path, child in _children(tree, access)]
            if isinstance(tree, Mapping):
                return ast.Dict([literal(key) for key in tree], parts)
            if is_dataclass(tree):
                kept = {field.name: ast.Attribute(access, field.name) for field in fields(tree) if field.init}
                return call(call("type", [access]), [], kept | dict(zip(dict(items(tree)), parts, strict=True)))
            if by_attribute(tree):
                return call(call("type", [access]), parts)
            return ast.List(parts) if isinstance(tree, list) else ast.Tuple(parts)
        step = self._program.gradients.get(tree.name or "") if isinstance(tree, Node) else None
        if step is None:
            return ast.Constant(None)
        return self.words[step] if step else call("np.zeros_like", [self.words[tree.name]])

    def have_trees(self, by: Collection[ast.expr]) -> bool:
        """Whether some of these, which `gradients` gave, are trees."""
        return any(variable in by and is_node(argument.tree) for variable, argument in self._taken)

    def shapes(self, used: Collection[str]) -> list[str]:
        """Return the arrays that the code is for, each with its shape: by their variables, if they have any."""
        arrays = [(path, x) for path, x in self._leaves() if isinstance(x, Node) and x.shape]
        words = [(path, self.words[str(x.name)], x.shape) for path, x in arrays]
        return [f"{unparse(word if _is_used(word, used) else path)} {shape}" for path, word, shape in words]

    def frozen(self) -> list[str]:
        """Return what the code holds for as it is, arguments or parts of them: ``k = 3``."""
        found: list[tuple[ast.expr, Any]] = []
        for variable, argument in self._taken:
            leaves = list(_leaves(argument.tree, variable))
            left = [(path, x) for path, x in leaves if not isinstance(x, Node)]
            found += left if len(left) < len(leaves) else [(variable, argument.tree)]
        texts = ((unparse(path), f"= {unparse(literal(x))}" if _is_plain(x) else "as it was") for path, x in found)
        return [" ".join(pair) for pair in texts]


def _variable(argument: Argument) -> ast.Name:
    return ast.Name(identifier(argument.parameter.name))


def _is_used(word: ast.expr, used: Collection[str]) -> bool:
    return isinstance(word, ast.Name) and word.id in used


def _add_keyword(arguments: ast.arguments, name: str, default: ast.expr | None) -> None:
    arguments.kwonlyargs.append(ast.arg(name))
    arguments.kw_defaults.append(default)


def _is_same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _is_plain(value: Any) -> bool:
    """Whether a value can be written out in the head of a function: a number, a string, or a tuple or list of them."""
    return isinstance(value, _PLAIN) or (type(value) in (tuple, list) and all(map(_is_plain, value)))


def _children(tree: Tree, access: ast.expr) -> list[tuple[ast.expr, Tree]]:
    """Return the children of a tree, each with the expression that takes it from there."""
    if by_attribute(tree):
        return [(ast.Attribute(access, field), child) for field, child in items(tree)]
    return [(ast.Subscript(access, literal(key)), child) for key, child in items(tree)]


def _leaves(tree: Tree, access: ast.expr) -> Iterator[tuple[ast.expr, Any]]:
    """Yield the leaves of a tree, each with the expression that takes it from there."""
    if not is_node(tree):
        yield access, tree
        return
    for path, child in _children(tree, access):
        yield from _leaves(child, path)

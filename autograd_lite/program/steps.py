"""The lines of a program: which of its values are steps with a name, and which are written where they are used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from autograd_lite.core.shapes import Value
from autograd_lite.ops import table
from autograd_lite.program.expressions import (
    ARITHMETIC,
    Expressions,
    Node,
    count_uses,
    expression,
    is_cheap,
    is_inexact,
    is_output,
    is_short,
    own_name,
    reachable,
)
from autograd_lite.program.frames import Place
from autograd_lite.program.identifiers import unique_names
from autograd_lite.program.naming import Namespace, describe

_DEEPEST = 8  # levels of calls and operators in the expression of a step
_LONGEST = 12  # ops, names and numbers in an expression that is used once


@dataclass(frozen=True)
class Step:
    """One line of a program.

    Attributes
    ----------
    name : str
    node : Node
        What the name stands for: an op whose arguments are other steps, inputs, constants and unnamed nodes.
    role : str
        "forward", "factor" (a local derivative ``d<of>_d<by>``), "part" (one of several terms of a cotangent),
        "shared" (what several backward steps use) or "cotangent" (``d<result>_d<by>``).
    of, by : str or None
        The derivative is that of ``of`` by ``by``, both names of forward steps or inputs.
    place : Place or None
        Where the user's code recorded it.
    """

    name: str
    node: Node
    role: str
    of: str | None = None
    by: str | None = None
    place: Place | None = None

    @property
    def value(self) -> Value:
        """The value that was computed when the program was traced."""
        return self.node.value


def forward_steps(
    root: Node, title: str, expressions: Expressions, namespace: Namespace, *, each: bool = False
) -> list[Step]:
    """Make a step of each value that has a name, is used twice, or feeds a nonlinear function; of all with ``each``.

    The result, ``root``, is called ``title`` if no variable holds it.
    """
    nodes = [n for n in reachable([root]) if n.op is not None and n in expressions.tensors]
    nodes.sort(key=attrgetter("serial"))
    wanted = namespace.wanted
    wanted |= {node: name for node in nodes if (name := namespace.of_user(node))}
    if root.op is not None and root not in wanted:
        wanted[root] = "result" if title in namespace.taken or title in wanted.values() else title
    users = dict(wanted)
    if each:
        wanted |= {node: describe(node) for node in nodes if node not in wanted and not isinstance(node.value, tuple)}
    _want_others(nodes, users, wanted)
    namespace.taken.update(n.name for n in reachable([root]) if n.constant and n.name)
    namespace.claim_wanted(users)
    namespace.claim_wanted([node for node in wanted if node not in users], beside=table)
    return [forward_step(node, namespace) for node in nodes if node in wanted]


def forward_step(node: Node, namespace: Namespace) -> Step:
    """Return the step of a node that has its name."""
    return Step(str(node.name), node, "forward", place=namespace.place(node))


def _want_others(nodes: list[Node], users: Mapping[Node, str], wanted: dict[Node, str]) -> None:
    """Choose names for the nodes that no variable holds, and that are to be steps all the same."""
    uses = count_uses(nodes)
    outputs = count_uses(n for n in nodes if is_output(n))
    depth: dict[Node, int] = {}
    for node in nodes:
        depth[node] = 1 + max((0 if p in wanted else depth.get(p, 0) for p in node.parents()), default=0)
        if node in wanted or isinstance(node.value, tuple):
            continue
        several = is_output(node) and outputs[node.args[0]] > 1
        if several or (uses[node] > 1 and not is_cheap(node)) or depth[node] > _DEEPEST:
            wanted[node] = describe(node, wanted)
    for node in (n for n in nodes if n.op is not None and n.op.elementwise and own_name(n.op) not in ARITHMETIC):
        for arg in node.args:
            if is_inexact(arg) and arg in depth and arg not in wanted and not _is_pointwise(arg, wanted):
                name = describe(arg, wanted)
                plain = name == (arg.op.name if arg.op else "")
                user = users.get(node, node.op.name if node.op else "")
                wanted[arg] = f"pre_{user}" if plain or node in users else name


def _is_pointwise(node: Node, chosen: Collection[Node]) -> bool:
    """Whether an unnamed expression is elementwise all the way down to steps, inputs and constants."""
    if node.op is None or node in chosen:
        return True
    return node.op.elementwise and all(_is_pointwise(arg, chosen) for arg in node.args)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Put each step behind those that it names: what is a cotangent may be a part of one that was found before it."""
    by_node = {step.node: step for step in steps}
    return [by_node[node] for node in reachable(by_node) if node in by_node]


def needed(steps: Iterable[Step], roots: Iterable[Node]) -> list[Step]:
    """Return those of the steps that these nodes are made from."""
    alive = set(reachable(roots))
    return [step for step in steps if step.node in alive]


def with_shared_parts(forward: list[Step], backward: list[Step], namespace: Namespace) -> tuple[list[Step], list[Step]]:
    """Make a step of each unnamed node that is written in several places, in front of the first of them."""
    nodes = reachable(step.node for step in (*forward, *backward))
    uses = count_uses(nodes)
    shared: dict[Node, None] = {}
    for n in nodes:
        if n.op is not None and not n.name and uses[n] > 1 and not is_cheap(n, shared):
            shared[n] = None
    shared |= dict.fromkeys(_too_long(nodes, shared))
    names = namespace.claim_all(((n, describe(n)) for n in shared), beside=table)

    def expanded(steps: list[Step], role: str) -> list[Step]:
        longer: list[Step] = []
        for step in steps:
            for node in expression(step.node):
                if node in names and not node.name:
                    node.name = names[node]
                    longer.append(Step(node.name, node, role, step.of, step.by, step.place))
            longer.append(step)
        return longer

    return expanded(forward, "forward"), expanded(backward, "shared")


def _too_long(nodes: list[Node], shared: Collection[Node]) -> list[Node]:
    """List the unnamed nodes that are to be steps for the sake of short lines."""
    lengths: dict[Node, int] = {}
    found = []
    for node in nodes:
        lengths[node] = 1 + sum(1 if p.name or p in shared else lengths[p] for p in node.parents())
        if lengths[node] > _LONGEST and not node.name and node not in shared and node.op is not None:
            found.append(node)
            lengths[node] = 1
    return found


def named_constants(steps: Collection[Step], inputs: Iterable[str]) -> dict[str, Value]:
    """Collect the constants that have a name, and name the arrays that are too large to be written out."""
    constants = [n for n in reachable(step.node for step in steps) if n.constant]
    large = [(n, n.name or "constant_1") for n in constants if n.name or not is_short(n.value)]
    found = {}
    for node, name in unique_names(large, {*inputs, *(step.name for step in steps)}).items():
        node.name = name
        found[name] = node.value
    return found

"""Names in docstrings, such as `grad` in one of `autograd_lite.optim`, as links: Sphinx looks in one module alone."""

from typing import Any

from sphinx.addnodes import pending_xref

HOMES = ("autograd_lite", "autograd_lite.optim", "autograd_lite.testing", "autograd_lite.core.op")


def resolved(app: Any, env: Any, node: Any, shown: Any) -> Any:
    """Return a link to the public name that a reference means; None where there is none."""
    if node.get("refdomain") != "py" or node.get("reftype") != "obj":
        return None
    domain, page = env.get_domain("py"), node.get("refdoc")
    paths = [f"{home}.{node['reftarget']}" for home in HOMES]
    found = [path for path in paths if path in domain.objects]
    return domain.resolve_xref(env, page, app.builder, "obj", found[0], node, shown) if found else None


def without_words(app: Any, doctree: Any) -> None:
    """Take the links from words in types, as in ``array of shape (n,)``, which would lead to ``Tensor.shape``."""
    for node in [*doctree.findall(pending_xref)]:
        if node.get("reftype") == "class" and node["reftarget"].islower():
            node.replace_self(node.children)


def setup(app: Any) -> dict[str, bool]:
    """Let Sphinx ask here for what it does not find, and before that for what is no name."""
    app.connect("doctree-read", without_words)
    app.connect("missing-reference", resolved)
    return {"parallel_read_safe": True}

"""Names in docstrings, such as `grad` in one of `autograd_lite.optim`, as links: Sphinx looks in one module alone."""

from typing import Any

HOMES = ("autograd_lite", "autograd_lite.optim", "autograd_lite.testing", "autograd_lite.core.op")


def resolved(app: Any, env: Any, node: Any, shown: Any) -> Any:
    """Return a link to the public name that a reference means; None where there is none."""
    if node.get("refdomain") != "py" or node.get("reftype") != "obj":
        return None
    domain, page = env.get_domain("py"), node.get("refdoc")
    paths = [f"{home}.{node['reftarget']}" for home in HOMES]
    found = [path for path in paths if path in domain.objects]
    return domain.resolve_xref(env, page, app.builder, "obj", found[0], node, shown) if found else None


def setup(app: Any) -> dict[str, bool]:
    """Let Sphinx ask here for what it does not find."""
    app.connect("missing-reference", resolved)
    return {"parallel_read_safe": True}

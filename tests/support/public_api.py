"""Whether the public names still do what they did at the last tag: ``python -m tests.support.public_api [TAG]``.

griffe finds what breaks callers: a name or a parameter that is gone, another default or kind of parameter. Of that,
only what the package exports counts: the modules behind it are no one's but its own. Griffe leaves out
overloads, which the ops have: their names and parameters are read from the types of the public names.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import griffe

PACKAGE, TYPES = "autograd_lite", "autograd_lite/__init__.pyi"


def last_tag(root):
    """Return the last tag of a version before what is checked out; '' where there is none."""
    command = ["git", "describe", "--tags", "--abbrev=0", "--match", "v*"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout.strip()


def exported(package):
    """Return the paths, where they are defined, of what a package and its public modules export."""
    modules = (package, package["optim"], package["testing"])
    members = [member for each in modules for name, member in each.members.items() if not name.startswith("_")]
    aliases = [each for each in members if each.is_alias and each.target_path.startswith(f"{PACKAGE}.")]
    own = [each for each in members if not each.is_alias and not each.is_module]
    return {each.canonical_path for each in (*aliases, *own)}


def parameters(types):
    """Return the names of the parameters of each function that a stub declares."""
    found: dict[str, set[str]] = {}
    for node in ast.parse(types).body:
        if isinstance(node, ast.FunctionDef):
            given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            found.setdefault(node.name, set()).update(each.arg for each in given)
    return found


def gone(before, after):
    """Yield a line for each function, or parameter of one, that a stub declares no more."""
    functions, now = parameters(before), parameters(after)
    for name in functions:
        if name not in now:
            yield f"{name}: the op was removed"
        else:
            yield from (f"{name}({each}=): the parameter was removed" for each in sorted(functions[name] - now[name]))


def broken(root, tag):
    """Return a line for each change since a tag that breaks who calls what the package exported."""
    before = griffe.load_git(PACKAGE, ref=tag, repo=root)
    public = exported(before)
    found = griffe.find_breaking_changes(before, griffe.load(PACKAGE, search_paths=[root], try_relative_path=False))
    lines = [
        re.sub(r"\x1b\[\d+m", "", each.explain(style=griffe.ExplanationStyle.ONE_LINE)).replace(f"{root}/", "")
        for each in found
        if any(f"{each.obj.canonical_path}.".startswith(f"{path}.") for path in public)
    ]
    command = ["git", "show", f"{tag}:{TYPES}"]
    types = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [*lines, *gone(types, Path(root, TYPES).read_text(encoding="utf-8"))]


def main():
    root = Path.cwd()
    tag = sys.argv[1] if sys.argv[1:] else last_tag(root)
    if not tag:
        print("there is no tag of a version (v*) yet: nothing to hold the public names to")
        return
    lines = broken(root, tag)
    print("\n".join(lines) or f"the public names do what they did at {tag}")
    raise SystemExit(bool(lines))


if __name__ == "__main__":
    main()

"""Running a model as its command, in process."""

import inspect
import re

from models.lesson import main


def command(module, out, *options):
    """Run a model with the options of a command line; return its exit status."""
    helps = dict.fromkeys(inspect.signature(module.run).parameters, "what it is")
    return main(module.run, [*options, "--out", str(out)], **helps)


def refused(module, out, capsys, *options):
    """Run a model with bad input; return the one line that it says, once nothing else is there, no folder either."""
    assert command(module, out, *options) == 2
    shown = capsys.readouterr()
    head, end = f"python -m {module.__name__}: error: ", "\n"
    assert (shown.out, shown.err.count(end), out.exists()) == ("", 1, False)
    assert shown.err.startswith(head)
    return shown.err.removeprefix(head).removesuffix(end)


def verdicts(text):
    """Return the label and the verdict of each figure that was compared, in order."""
    return re.findall(r"^  (\S.*?)  +\S+ .* (agree|DIFFERS)$", text, re.MULTILINE)


def written(out):
    """Return the names of the files of a folder, which may not be there."""
    return sorted(path.name for path in out.glob("*"))


def width(text, out):
    """Return the length of the longest line, as it is where the folder is called `out`."""
    return max(map(len, text.replace(str(out), "out").splitlines()))

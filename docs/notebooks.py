"""Write the lesson's pages as notebooks, with what they print: ``python -m docs.notebooks [NAME...]`` (``make docs``).

A page is Markdown with blocks of Python, which run from top to bottom in one kernel. What is written depends on the
page alone: the same page gives the same notebook.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

DOCS = Path(__file__).parent
NOTEBOOK = "[As a notebook, with all that it prints]({name}.ipynb)"
"""The line of a page that leads to its notebook, which goes without it."""
DOWNLOAD = "{{download}}`Download this page as a notebook <{path}>`. It needs `pip install autograd_lite`{more}."
MORE = {"11_digits": " and `pip install scikit-learn`"}
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FRESH = """
__import__("matplotlib.pyplot").pyplot.close("all")
get_ipython().reset(new_session=True)
get_ipython().run_line_magic("matplotlib", "inline")
get_ipython().run_line_magic("config", "InlineBackend.figure_formats = ['retina']")
get_ipython().run_line_magic("config", "InlineBackend.print_figure_kwargs = {'metadata': {'Software': None}}")
__import__("matplotlib").rcdefaults()
__import__("matplotlib").rcParams.update({"figure.dpi": 80, "savefig.bbox": "tight"})
__import__("warnings").resetwarnings()
__import__("warnings").simplefilter("error")
__import__("warnings").filterwarnings("ignore", module="ipykernel")
"""
"""What makes a kernel as good as new: no variables, no figures, cells from 1 on, warnings as errors."""
_TEXT_BLOCK = re.compile(r"(```python\n.*?```\n)\s*```text\n.*?```\n", flags=re.DOTALL)
_LINK = re.compile(r"(\]\()([^)#:]+)(#[^)]*)?(\))")


def pages() -> dict[Path, Path]:
    """Return where the notebook of each page is."""
    lesson = sorted((DOCS / "lesson").glob("[0-9]*.md"))
    question = DOCS / "is_my_gradient_right.md"
    return {page: page.with_suffix(".ipynb") for page in lesson} | {
        question: DOCS / "notebooks" / question.with_suffix(".ipynb").name
    }


def unexecuted(page: Path) -> Any:
    """Return a page as a notebook without outputs."""
    text = page.read_text("utf-8").replace(NOTEBOOK.format(name=page.stem) + "\n\n", "")
    read = jupytext.reads(_TEXT_BLOCK.sub(r"\1", text), fmt="md")
    cells = [nbformat.from_dict({**cell, "id": f"cell-{i}", "metadata": {}}) for i, cell in enumerate(read.cells, 1)]
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = _LINK.sub(lambda found: _relinked(found, page), cell.source)
    return _of(cells)


def _of(cells: list[Any]) -> Any:
    return nbformat.from_dict({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})


def _code(source: str) -> Any:
    made: dict[str, Any] = {
        "id": "cell",
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return nbformat.from_dict(made)


def _relinked(found: re.Match[str], page: Path) -> str:
    """Return a link of a page as its notebook has it: to the notebooks of other pages, from its own folder."""
    target = Path(os.path.normpath(page.parent / found[2]))
    there = pages()
    if target.parent == DOCS / "lesson":
        target = there.get(target, target)
    return f"{found[1]}{os.path.relpath(target, there[page].parent)}{found[3] or ''}{found[4]}"


@contextmanager
def kernel() -> Iterator[NotebookClient]:
    """Start a kernel that runs one notebook after the other, on one thread, in an empty folder."""
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as folder:
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", connection_file=f"{place}/kernel.json")
        client = NotebookClient(_of([]), km=manager, timeout=120, record_timing=False)
        client.coalesce_streams = True
        options = {"cwd": folder, "env": {**os.environ, "OMP_NUM_THREADS": "1"}}
        with client.setup_kernel(cleanup_kc=True, **options):
            yield client


def executed(notebook: Any, client: NotebookClient) -> Any:
    """Run a notebook in a kernel as if that were new, and return it with its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        Where a cell raises, or warns.
    RuntimeError
        Where one writes to stderr.
    """
    client.reset_execution_trackers()
    client.nb = _of([_code(FRESH)])
    client.execute_cell(client.nb.cells[0], 0, store_history=False)
    client.nb = notebook
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                raise RuntimeError(f"expected nothing on stderr; got {output.text!r}, from\n{cell.source}")
    return notebook


def write(names: Iterable[str] = ()) -> None:
    """Write the notebooks of these pages, or of all."""
    chosen = set(names)
    if unknown := chosen - {page.stem for page in pages()}:
        raise SystemExit(
            f"expected names of pages, such as {next(iter(pages())).stem}; got {', '.join(sorted(unknown))}"
        )
    with kernel() as client:
        for page, path in pages().items():
            if not chosen or page.stem in chosen:
                path.parent.mkdir(exist_ok=True)
                nbformat.write(executed(unexecuted(page), client), path)


def offer_download(app: Any, name: str, source: list[str]) -> None:
    """Put the link to the notebook below the title of a page of the lesson: Sphinx calls it for what it has read."""
    written = pages().get(DOCS / f"{name}.md")
    if written is None:
        return
    page = DOCS / f"{name}.md"
    link = DOWNLOAD.format(path=os.path.relpath(written, page.parent), more=MORE.get(page.stem, ""))
    if written.parent != page.parent:  # the site shows the page itself
        source[0] = _below_title(source[0], link)
        return
    notebook = nbformat.reads(source[0], as_version=4)
    notebook.cells[0].source = _below_title(notebook.cells[0].source, link)
    source[0] = nbformat.writes(notebook)


def _below_title(text: str, line: str) -> str:
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{line}\n{rest}"


if __name__ == "__main__":
    write(sys.argv[1:])

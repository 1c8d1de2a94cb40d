"""The notebooks of the docs are their pages, run: the same code, and the outputs that running it gives."""

import ast
import json
import re

import pytest

pytest.importorskip("jupytext")
pytest.importorskip("nbclient")
import nbformat
from nbclient.exceptions import CellExecutionError

from docs import notebooks

PAGES = notebooks.pages()
LESSON = [page for page in PAGES if page.parent.name == "lesson"]
named = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
lesson = pytest.mark.parametrize("page", LESSON, ids=lambda page: page.stem)


@pytest.fixture(scope="module")
def kernel():
    """One kernel for all notebooks, each of which finds it as good as new."""
    with notebooks.kernel() as client:
        yield client


def committed(page):
    return nbformat.read(PAGES[page], as_version=4)


def blocks(page):
    return re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL)


def shown(notebook):
    """Return what the cells print and show: text as it is, and of HTML and pictures that they are there."""
    return [[shape(output) for output in cell.outputs] for cell in notebook.cells if cell.cell_type == "code"]


def shape(output):
    if output.output_type == "stream":
        return output.name, output.text
    return output.output_type, output.data.get("text/plain"), sorted(output.data)


@named
def test_a_notebook_has_the_code_and_the_text_of_its_page(page):
    ours, theirs = notebooks.unexecuted(page).cells, committed(page).cells
    assert [(cell.id, cell.cell_type, cell.source) for cell in theirs] == [(c.id, c.cell_type, c.source) for c in ours]
    assert [cell.source for cell in theirs if cell.cell_type == "code"] == [text.rstrip() for text in blocks(page)]


@named
def test_running_it_gives_the_outputs_that_are_committed(page, kernel):
    assert shown(notebooks.executed(notebooks.unexecuted(page), kernel)) == shown(committed(page))


def test_running_it_twice_gives_the_same_pictures_too(kernel):
    first, second = (notebooks.executed(notebooks.unexecuted(LESSON[1]), kernel) for _ in range(2))
    assert {kind for cell in first.cells for output in cell.get("outputs", ()) for kind in output.get("data", ())} == {
        "image/png", "image/svg+xml", "text/plain",
    }  # fmt: skip
    assert first == second


@pytest.mark.parametrize(
    "cell", ["import warnings\nwarnings.warn('old')", "1 / 0", "import sys\nsys.stderr.write('x')"]
)
def test_a_cell_that_warns_or_fails_is_an_error(cell, kernel):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    with pytest.raises(
        (RuntimeError, CellExecutionError), match=r"old|division by zero|expected nothing on stderr; got 'x'"
    ):
        notebooks.executed(notebook, kernel)


@named
def test_a_notebook_depends_on_its_page_alone(page):
    text = PAGES[page].read_text("utf-8")
    outputs = [json.dumps(cell.outputs) for cell in committed(page).cells if cell.cell_type == "code"]
    assert not re.search(r"ipykernel|/tmp/|/home/|\b0x[0-9a-f]{6}|\bMatplotlib v|<dc:date>", "".join(outputs))
    assert json.loads(text)["metadata"] == notebooks.METADATA
    assert {str(cell["metadata"]) for cell in json.loads(text)["cells"]} == {"{}"}


def test_the_notebooks_are_small():
    sizes = {page.stem: PAGES[page].stat().st_size for page in PAGES}
    assert {name: size for name, size in sizes.items() if size > 300_000} == {}
    assert sum(sizes.values()) < 2_500_000


@lesson
def test_a_page_of_the_lesson_has_a_picture_a_table_and_something_to_try(page):
    kinds = {kind for cell in committed(page).cells for out in cell.get("outputs", ()) for kind in out.get("data", ())}
    printed = [out.text for cell in committed(page).cells for out in cell.get("outputs", ()) if "text" in out]
    assert "image/png" in kinds or "image/svg+xml" in kinds
    assert "text/html" in kinds or max(text.count("\n") for text in printed) >= 3
    assert "## What to try" in page.read_text("utf-8")
    assert notebooks.NOTEBOOK.format(name=page.stem) in page.read_text("utf-8")


@lesson
def test_a_page_of_the_lesson_needs_no_checkout(page):
    imported = set()
    for node in ast.walk(ast.parse("\n".join(blocks(page)))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= {"autograd_lite", "matplotlib", "numpy", "re", "sklearn"}
    assert ("sklearn" in imported) == ("pip install scikit-learn" in page.read_text("utf-8"))


def test_each_page_leads_to_the_next_and_the_index_to_all():
    following = [re.search(r"^Next: \[.*\]\((.*)\)\.$", page.read_text("utf-8"), re.MULTILINE) for page in LESSON[:-1]]
    assert [found and found[1] for found in following] == [page.name for page in LESSON[1:]]
    index = (LESSON[0].parent / "index.md").read_text("utf-8")
    assert re.findall(r"\]\((\d.*?\.md)\)", index) == [page.name for page in LESSON]


@named
def test_links_lead_somewhere_from_the_page_and_from_the_notebook(page):
    written = "".join(cell.source for cell in committed(page).cells if cell.cell_type == "markdown")
    for path, text in ((page, page.read_text("utf-8")), (PAGES[page], written)):
        links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        assert [link for link in links if not (path.parent / link).exists()] == []


def test_notebooks_link_to_notebooks():
    assert "[the chain rule](04_chain_rule.ipynb)" in committed(LESSON[2]).cells[-1].source
    assert "(../is_my_gradient_right.md)" in committed(LESSON[-1]).cells[-1].source


def test_the_site_offers_the_notebook_below_the_title():
    source = [PAGES[LESSON[0]].read_text("utf-8")]
    notebooks.offer_download(None, "lesson/01_vectors", source)
    first = nbformat.reads(source[0], as_version=4).cells[0].source.split("\n")
    assert first[0].startswith("# ")
    assert first[2].startswith("{download}`Download this page as a notebook <01_vectors.ipynb>`")
    page = ["# Title\n\nText\n"]
    notebooks.offer_download(None, "is_my_gradient_right", page)
    assert "<notebooks/is_my_gradient_right.ipynb>`" in page[0]
    other = ["# Title\n"]
    notebooks.offer_download(None, "lesson/index", other)
    assert other == ["# Title\n"]


def test_a_page_that_there_is_not_is_named():
    with pytest.raises(SystemExit, match=r"expected names of pages, such as 01_vectors; got 1_vector"):
        notebooks.write(["1_vector"])

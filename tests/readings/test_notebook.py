"""In a notebook: cells are named as it numbers them, and Tensors and explanations are shown in the page's colours."""

import html
import re

import numpy as np
import pytest

import autograd_lite as ag

SETUP = """
import numpy as np
import autograd_lite as ag
x = np.array([[1.0, 2.0], [3.0, -1.0]])
"""
LOSS = """
def loss(w):
    h = np.tanh(x @ w)
    return np.sum(h)
def gradient(w):
    h = np.tanh(x @ w)
    return (1 + h * h) @ x
"""


@pytest.fixture
def notebook():
    """Give a function that runs cells, each under a name that a kernel gives it, and returns what the last one is."""
    interactive = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    interactive.clear_instance()
    shell = interactive.instance(history_length=0)
    shell.history_manager.enabled = False
    shell.compile.get_code_name = lambda raw, code, number: f"/tmp/ipykernel_77/{1000 + number}.py"

    def run(*cells):
        for cell in cells:
            result = shell.run_cell(cell, store_history=True, silent=False)
        result.raise_error()
        return result.result

    yield run
    interactive.clear_instance()


def test_a_report_names_the_cell(notebook, capsys):
    report = notebook(SETUP, LOSS, "ag.verify(loss, gradient, np.array([0.1, 0.2]))")
    assert "where  In [2]:6, in gradient" in str(report)
    assert "In [2]:6, in gradient" in report._repr_html_()
    assert report.patch.startswith("--- a/In [2]\t\n+++ b/In [2]\t\n")
    assert "ipykernel" not in str(report) + report._repr_html_() + report.patch


def test_the_page_and_its_steps_name_the_cell(notebook, capsys):
    explanation = notebook(SETUP, LOSS, "ag.explain(loss, np.array([0.1, 0.2]))")
    assert [str(step.place) for step in explanation.program.forward] == ["In [2]:2", "In [2]:2", "In [2]:3"]
    assert '"where": "In [2], line 2"' in explanation.page().html


def test_an_error_names_the_cell(notebook, capsys):
    with pytest.raises(FloatingPointError, match=r"at In \[3\]:2: np\.log\(ag\.Tensor\(-1\.0\)\)"):
        notebook(SETUP, LOSS, "with ag.debug():\n    np.log(ag.Tensor(-1.0))")


def test_another_file_is_no_cell(notebook, capsys):
    notebook(SETUP)
    with pytest.raises(FloatingPointError, match=rf"at {re.escape(__file__)}:\d+: np\.log"), ag.debug():
        np.log(ag.Tensor(-1.0))


class TestTensor:
    def test_a_leaf_shows_name_value_shape_and_gradient(self):
        w = ag.Tensor([1.0, 2.0], name="w<1>")
        np.sum(w * w).backward()
        page = w._repr_html_()
        assert "Tensor <b>w&lt;1&gt;</b>" in page
        assert re.findall(r"<pre[^>]*>(.*?)</pre>", page) == ["[1., 2.]", "[2., 4.]"]
        assert "(2,) float64" in page
        assert "you: a leaf" in page

    def test_a_node_shows_its_op_and_what_that_was_given(self):
        w = ag.Tensor(np.ones((2, 3)), name="w")
        page = np.matmul(np.ones((4, 2)), w)._repr_html_()
        assert "matmul of ndarray (4, 2), w" in page
        assert "grad" not in page

    def test_a_long_array_is_abbreviated_and_summarised(self):
        page = ag.Tensor(np.arange(10_000.0))._repr_html_()
        assert "..., 9.998e+03, 9.999e+03]" in page
        assert "min 0, mean 5000, max 9999" in page
        assert len(page) < 1500

    def test_no_colour_is_set(self):
        assert not re.search(r"#[0-9a-f]{3}|\b(?:black|white)\b|rgb\(", ag.Tensor(1.0)._repr_html_())


class TestPage:
    def test_a_notebook_frames_what_to_html_writes(self, tmp_path):
        explanation = ag.explain(lambda w: np.sum(np.where(w < 1, w, w * w)), np.array([0.5, 2.0]))
        frame = explanation.page(height=500)._repr_html_()
        written = explanation.to_html(tmp_path / "page.html").read_text("utf-8")
        (page,) = re.findall(r'<iframe .*srcdoc="([^"]*)"></iframe>', frame, re.DOTALL)
        assert html.unescape(page) == written
        assert "height:500px" in frame

    def test_its_repr_says_what_to_do(self):
        assert "to_html() writes it to a file" in repr(ag.explain(np.square, 2.0).page())

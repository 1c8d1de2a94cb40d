"""A renderer of formulas for Sphinx: MathML, which browsers show by themselves, without a script or a font to load."""

from docutils.nodes import SkipNode, math, math_block
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator


def _visit_math(translator: HTML5Translator, node: math) -> None:
    translator.body.append(tex2mathml(node.astext()).strip())
    raise SkipNode


def _visit_math_block(translator: HTML5Translator, node: math_block) -> None:
    formula = tex2mathml(node.astext(), as_block=True).strip()
    translator.body.append(f'<div class="math">{formula}</div>\n')
    raise SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the renderer under the name that ``html_math_renderer`` takes."""
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

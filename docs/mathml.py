"""A renderer of formulas for Sphinx: MathML, which browsers show by themselves, without a script or a font to load."""

from html import escape

from docutils.nodes import SkipNode, math, math_block
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

logger = getLogger(__name__)


def _visit_math(translator: HTML5Translator, node: math) -> None:
    translator.body.append(_formula(node))
    raise SkipNode


def _visit_math_block(translator: HTML5Translator, node: math_block) -> None:
    translator.body.append(f'<div class="math">{_formula(node, as_block=True)}</div>\n')
    raise SkipNode


def _formula(node: math | math_block, as_block: bool = False) -> str:
    """Return a formula in MathML; as it is written, with a warning, where docutils does not know a command in it."""
    try:
        formula: str = tex2mathml(node.astext(), as_block=as_block)
        return formula.strip()
    except MathError as error:
        logger.warning("%s", error, location=node, type="mathml")
        return f"<code>{escape(node.astext())}</code>"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the renderer under the name that ``html_math_renderer`` takes."""
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

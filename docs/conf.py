"""Sphinx's settings of the site: ``make docs`` builds it into ``out/site``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import autograd_lite as ag
from docs.notebooks import offer_download

project = "autograd_lite"
author = "autograd_lite contributors"
project_copyright = f"2026, {author}"
version = release = ag.__version__

extensions = [
    "docs.cross_references",
    "docs.docstrings",
    "docs.mathml",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["lesson/[0-9]*.md", "notebooks", "recipes"]  # of the lesson the notebooks are shown

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks hold their outputs: `python -m docs.notebooks`

# Docstrings: numpydoc, with types in the sections and not in signatures; `name` refers to a Python object.
default_role = "py:obj"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
add_module_names = False
toc_object_entries = False  # the pages on ops have a heading for each
maximum_signature_line_length = 100
suppress_warnings = ["ref.python"]  # attributes of several classes have one name
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", ".*"),  # the types of numpydoc are prose
    ("py:obj", r"(numpy|inspect|contextvars|statistics|fractions|scipy)(\..*)?"),
]

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "autograd_lite"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
copybutton_selector = "div.highlight:not(.highlight-text *):not(.cell_output *) pre"  # no output


def setup(app):  # type: ignore[no-untyped-def]
    """Let each page that is a notebook too offer it."""
    app.connect("source-read", offer_download)

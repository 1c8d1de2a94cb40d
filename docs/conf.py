"""Sphinx's settings of the site: ``make docs`` builds it into ``out/site``."""

import autograd_lite as ag

project = "autograd_lite"
author = "autograd_lite contributors"
project_copyright = f"2026, {author}"
version = release = ag.__version__

extensions = [
    "docs.mathml",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["lesson/[!i]*.md", "recipes/*"]  # the notebooks of the lesson are shown

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks hold their outputs: `python -m docs.notebooks`

autodoc_typehints = "none"  # the docstrings say more
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "autograd_lite"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
copybutton_selector = "div.highlight:not(.highlight-text *) pre"  # what programs print is not copied

linkcheck_ignore = [r"https?://localhost.*"]

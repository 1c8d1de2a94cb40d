"""Parts of an explanation: figures, paths, formulas, and the page that steps through it."""

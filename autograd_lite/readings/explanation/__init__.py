"""Why a gradient is what it is: `table` lists the steps, `formulas` puts them as LaTeX, `page` steps through them."""

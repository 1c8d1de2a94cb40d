"""Parts of a drawing: the diagram, its folding, its layout, and the painting of it."""

"""What is generated from the op table: two pages, the README's picture, and the types of the public names."""

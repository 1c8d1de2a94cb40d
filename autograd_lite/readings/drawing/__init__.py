"""A computation as a picture: `folding` joins steps, `diagram` makes boxes, `painting` and `picture` show them."""

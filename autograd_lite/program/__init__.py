"""What programs are made of: names from the user's code, expressions, the chain rule, and their text."""

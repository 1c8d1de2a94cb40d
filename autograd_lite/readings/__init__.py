"""What can be read off the gradient program."""

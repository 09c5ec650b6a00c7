"""One file a board; each has `build(say)`."""

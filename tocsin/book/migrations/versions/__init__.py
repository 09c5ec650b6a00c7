"""One file a version, named by what it brings."""

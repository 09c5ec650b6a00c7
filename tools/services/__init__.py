"""Real services for tests and benches: one recipe a file, cached in the user's cache folder, nothing started."""

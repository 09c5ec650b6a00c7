"""One file per condition kind: what makes it true, as columns."""

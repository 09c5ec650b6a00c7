"""Changing what is in force: the difference to be shown, and the way into the log."""

"""Disposals: what was done about an alarm, by whom, by when, and the cause it ended with (pure)."""

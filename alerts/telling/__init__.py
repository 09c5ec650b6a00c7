"""Telling: ladders, repeats and digests as a fold over changes of alarms and the clock (pure)."""

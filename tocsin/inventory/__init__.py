"""Devices: which are expected, which report, how well they are, and how long they were online."""

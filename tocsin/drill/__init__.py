"""Drills: scenarios through the real engine with a site's real rules, scored against what really happened."""

"""The stage after the groups: conditions over several points (docs/reference/several-points.md)."""

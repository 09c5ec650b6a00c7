"""Hazard reports of the public hotline and of inspections, kept in a file of their own."""

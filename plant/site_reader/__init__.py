"""Reads and checks a site folder."""

from plant.site_reader.reader import read_site

__all__ = ["read_site"]

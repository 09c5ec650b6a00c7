"""Reads the rules of a site: its own rule files and the packs that it switches on."""

from rules.loader.packs import pack_names
from rules.loader.reader import read_rules
from rules.loader.schema import rules_schema

__all__ = ["pack_names", "read_rules", "rules_schema"]

"""Fixtures of the scenarios."""

from support.cases import case as case

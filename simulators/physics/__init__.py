"""Formulas of the field, each with its source; values in SI units unless a name says otherwise."""

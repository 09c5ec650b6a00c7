"""Overrides: disabled, out of service, shelved; facts of their own with who, why and until (pure)."""

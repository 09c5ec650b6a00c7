"""Encoders of wire forms: readings -> the bytes that a device of that form would send. Pure."""

"""`tocsin doctor`: looks at all parts of an installation from outside, and says what to do about what is wrong."""

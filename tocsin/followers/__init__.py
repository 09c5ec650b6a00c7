"""Followers: sinks with a cursor of their own on the log. A sink that is away is a cursor behind, not a loss."""

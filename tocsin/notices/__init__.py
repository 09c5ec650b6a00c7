"""Notices: from the outbox of the alarm book to the channels."""

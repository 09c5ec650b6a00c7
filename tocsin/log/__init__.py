"""The log: every entry, in order, durable before anything is acknowledged or decided."""

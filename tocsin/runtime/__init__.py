"""What runs: the fold over the log, the core that keeps it durable, and the service around it."""

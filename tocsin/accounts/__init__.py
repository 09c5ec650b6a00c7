"""People and programs that use the monitoring centre: accounts, sessions, tokens, and what each may do."""

"""Pages about disposals: what is done about alarms, by whom and by when, with photos."""

"""What the platform above is told: readings and alarms by their position in the log, to be resumed anywhere."""

"""Risk of places, as the command line and the service make it of what they hold."""

"""Pictures of every page of the console, from a district that the demo's scenario has filled."""

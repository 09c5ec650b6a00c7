"""What the routes of a site would do: a dry run of one alarm, and who is on duty when. Nothing is sent."""

"""What other rules would have done: two rule sets over the same readings, and settings that would calm an alarm."""

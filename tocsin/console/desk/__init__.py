"""Pages around the alarms: delivery, overrides, rules, drills, reports, hazard reports, the trail, settings, help."""

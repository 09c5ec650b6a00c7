"""Long history: roll-ups, back-fill and checks of what InfluxDB holds, and trends asked of it or of the journal."""

"""Alarms as messages of the Common Alerting Protocol 1.2 (OASIS), and a feed of them. Pure: XML from facts."""

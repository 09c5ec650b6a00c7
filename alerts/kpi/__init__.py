"""Figures of alarms over a period, pure: how much is alarmed, how well it is answered, how places compare."""

"""How things stand, written to history every minute and when they change: what boards show beside readings."""

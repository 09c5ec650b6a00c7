"""Who may publish what at the broker: Mosquitto's files made from a site."""

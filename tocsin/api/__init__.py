"""The REST API and the live streams: thin on top of tocsin/centre."""

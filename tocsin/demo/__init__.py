"""`tocsin demo`: a broker, a simulated county, the service and a webhook receiver, all on 127.0.0.1."""

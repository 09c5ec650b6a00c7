"""`tocsin env`: what the parts in docker-compose.yml need before they first start: secrets, certificates, settings."""

"""How people answer alarms: pages behind signed links, callbacks of providers, the CAP feed. A process of its own."""

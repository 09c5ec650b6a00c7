"""The console: what people at the monitoring centre, and in the enterprises, work with. Start it with `serve.py`."""

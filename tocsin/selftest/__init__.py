"""How Tocsin proves that it works: test alarms end to end, a heartbeat for a watcher outside, a watch over itself."""

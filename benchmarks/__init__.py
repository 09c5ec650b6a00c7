"""What Tocsin costs, against its goals and against its peers, in one run on one machine: `python -m benchmarks`."""

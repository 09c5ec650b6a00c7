"""Live fleets: which device speaks over which connection, and the connections."""

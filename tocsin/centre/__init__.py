"""Everything that a screen or the API may know and do. Sight and permissions are held here and nowhere else."""

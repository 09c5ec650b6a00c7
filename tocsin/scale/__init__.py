"""How large a cluster must be for a load, by measured figures; and whether its topics are as they must be."""

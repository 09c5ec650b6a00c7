"""Unknown devices become points of the site."""

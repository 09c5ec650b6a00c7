"""routes.yaml: who is told what, when, over which channels."""

"""Which nodes should have which adapter ready: a few for each, more under heat, told ahead of the requests."""

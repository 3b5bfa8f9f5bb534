"""api-lite: the gateway that hands requests to nodes. It never loads a model itself."""

"""What the node earns, what its electricity costs, and what is left. Pure, but for the account and the desk."""

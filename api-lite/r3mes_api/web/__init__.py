"""What people and their tools look at: the status page, metrics, and the description of the API."""

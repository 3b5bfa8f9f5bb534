"""A recorded day of a node, and what a launcher remembers after it."""

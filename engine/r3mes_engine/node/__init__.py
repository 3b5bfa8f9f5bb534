"""The node: its key, and the one outbound session with a gateway."""

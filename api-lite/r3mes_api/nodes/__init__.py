"""The nodes that dial in: who is there, what they offer, and the socket of each."""

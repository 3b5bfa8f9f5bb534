"""What the owners of nodes have staked, as the chain tells it, and what follows for their nodes."""

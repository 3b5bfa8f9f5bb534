"""The launcher: supervises a node on this computer and shows its state."""

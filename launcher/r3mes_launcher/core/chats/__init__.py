"""Conversations with models: what was said, how fast, and how it is kept on this computer."""

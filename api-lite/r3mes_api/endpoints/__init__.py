"""Nodes that are called at an address of their own: any OpenAI-compatible server in a data centre."""

"""The engine: serves models on this machine and keeps the session with a gateway."""

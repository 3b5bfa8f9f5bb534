"""The way to the launcher that runs: one request over a private local socket, its events, and one answer."""

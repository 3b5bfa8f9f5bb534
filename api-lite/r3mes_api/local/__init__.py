"""Local mode's engine: one child of the gateway on the same machine, which keeps the GPU libraries to itself."""

"""The model store: what can be downloaded, how it gets onto the disk, and whether it is still whole there."""

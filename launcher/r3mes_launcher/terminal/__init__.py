"""The launcher's core on the command line: printing, waiting, asking. No Qt."""

"""From a question to the node that answers it."""

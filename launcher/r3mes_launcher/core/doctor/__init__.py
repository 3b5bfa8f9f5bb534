"""The doctor: looks whether this computer can be a node, and says what to do where it can't."""

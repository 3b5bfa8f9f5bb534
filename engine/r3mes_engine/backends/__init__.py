"""What makes the text: one small protocol and its implementations."""

"""The GPUs of this computer: what their driver says, whether they calculate, and what it means when they stop."""

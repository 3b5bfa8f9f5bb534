"""The Earnings page: what was earned, what the electricity cost, and what is left."""

"""How this gateway answers, chosen once when it starts."""

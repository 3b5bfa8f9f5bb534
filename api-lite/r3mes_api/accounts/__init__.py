"""Who may ask, how much, and what it costs: sign-in, API keys, rate limits, credits, usage and earnings."""

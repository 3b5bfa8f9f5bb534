"""Another server makes the text: any OpenAI-compatible one, given by URL or run as a child of the engine."""

"""Functions that a model may ask for: how a request offers them, and how an answer's text calls them."""

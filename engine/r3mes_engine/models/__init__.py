"""Models on disk: finding, checking and converting them."""

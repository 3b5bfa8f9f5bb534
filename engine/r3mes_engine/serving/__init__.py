"""From a chat request to its answer: admission, and OpenAI's HTTP on loopback."""

"""The gateway of the R3MES network: an OpenAI-compatible front without a GPU, whose serving nodes dial in."""

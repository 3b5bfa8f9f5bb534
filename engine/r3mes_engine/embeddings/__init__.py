"""Texts as vectors, by a sentence-transformers model beside the language model."""

"""The catalogue of every sentence that a person reads."""

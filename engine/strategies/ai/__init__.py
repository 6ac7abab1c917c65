"""PURE parts of the AI analyst: what is asked, how an answer is read, and the bounds on it."""

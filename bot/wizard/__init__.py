"""PURE conversations: which question, what answers it, what follows."""

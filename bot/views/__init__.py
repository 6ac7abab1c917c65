"""PURE drawings: facts in, screen out."""

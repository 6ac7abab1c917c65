"""One function per button, by noun."""

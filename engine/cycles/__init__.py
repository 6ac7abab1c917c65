"""The only code that runs by itself."""

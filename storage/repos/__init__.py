"""Row to core object and back, conditional updates."""

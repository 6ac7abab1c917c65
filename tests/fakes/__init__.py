"""Stand-ins for collaborators, driven by hand."""

"""Tables, no behaviour."""

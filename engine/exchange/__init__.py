"""Everything that speaks an exchange's language."""

"""The skipper command and all wiring; nothing but the entry point imports it."""

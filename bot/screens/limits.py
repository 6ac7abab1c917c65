"""Limits."""

ACTIONS = {}
COMMANDS = {}

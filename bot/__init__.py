"""The chat: everything that a person sees and taps."""

"""The local Telegram: a Bot API server with a web chat page."""

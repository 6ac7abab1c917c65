"""The chat: Telegram's updates in, screens and alerts out."""

from bot.app.chat import Chat, ChatSettings, Content
from bot.app.health import ChatHealth

__all__ = ["Chat", "ChatHealth", "ChatSettings", "Content"]

"""Delivery: screens to messages, within Telegram's limits."""

from bot.delivery.gate import Limits
from bot.delivery.sender import Delivery

__all__ = ["Delivery", "Limits"]

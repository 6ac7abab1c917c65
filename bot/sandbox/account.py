"""Bot API methods about the bot itself, its people, its files and pressed buttons."""

import re
from typing import Any

from bot.sandbox.files import DOWNLOAD_LIMIT
from bot.sandbox.params import Params
from bot.sandbox.refusals import QUERY_TOO_OLD, bad_request
from bot.sandbox.world import QUERY_LIFETIME, Chat, Json, Toast, World

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_COMMANDS = 100
_DESCRIPTION = 256
_TOAST = 200
_SCOPES = {
    "default": "",
    "all_private_chats": "",
    "all_group_chats": "",
    "all_chat_administrators": "",
    "chat": "chat_id",
    "chat_administrators": "chat_id",
    "chat_member": "chat_id",
}
_TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: World, _params: Params) -> Json:
    """getMe."""
    return world.bot


def get_chat(world: World, params: Params) -> Json:
    """getChat: a ChatFullInfo with the fields a private chat must have."""
    chat = world.reachable(params.text("chat_id"))
    gifts = "unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"
    full = chat.person.as_chat() | {
        "accent_color_id": chat.person.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys((*gifts, "gifts_from_channels"), False),
    }
    pinned = chat.message(chat.pinned[-1]) if chat.pinned else None
    if pinned is not None:
        full["pinned_message"] = world.as_message(chat, pinned)
    return full


def get_file(world: World, params: Params) -> Json:
    """getFile."""
    if not params.text("file_id"):
        raise bad_request("file_id not specified")
    file = world.files.by_id(params.text("file_id"))
    if len(file.data) > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return file.as_file()


def answer_callback_query(world: World, params: Params) -> bool:
    """answerCallbackQuery: a query takes one answer, within its lifetime."""
    if len(params.text("text")) > _TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    query = world.queries.pop(params.text("callback_query_id"), None)
    if query is None or world.now() - query.asked > QUERY_LIFETIME:
        raise bad_request(QUERY_TOO_OLD)
    seq = world.stir(query.chat)
    if params.text("text") or params.text("url"):
        alert = params.flag("show_alert")
        toast = Toast(seq, query.id, params.text("text"), alert, params.text("url"))
        query.chat.toasts.append(toast)
    return True


def set_my_commands(world: World, params: Params) -> bool:
    """setMyCommands for one scope and language."""
    commands = params.json("commands", "commands")
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > _COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands[_command_key(world, params)] = [_command(item) for item in commands]
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    """getMyCommands."""
    return world.commands.get(_command_key(world, params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """deleteMyCommands."""
    world.commands.pop(_command_key(world, params), None)
    return True


def commands_for(world: World, chat: Chat) -> list[Json]:
    """The list a person sees: the narrowest scope wins, then the language."""
    language = chat.person.language_code
    scopes = (
        f"chat_member:{chat.person.id}",
        f"chat:{chat.person.id}",
        "all_private_chats",
        "default",
    )
    for scope in scopes:
        for code in (language, ""):
            if world.commands.get((scope, code)):
                return world.commands[scope, code]
    return []


def set_chat_menu_button(world: World, params: Params) -> bool:
    """setChatMenuButton; 0 stands for all chats."""
    button = params.json("menu_button", "menu button") or {"type": "default"}
    if button.get("type") not in {"commands", "web_app", "default"}:
        raise bad_request("menu button has unsupported type")
    world.menu_buttons[params.number("chat_id")] = button
    return True


def get_chat_menu_button(world: World, params: Params) -> Json:
    """getChatMenuButton."""
    general = world.menu_buttons.get(0, {"type": "commands"})
    return world.menu_buttons.get(params.number("chat_id"), general)


def text_methods(field: str) -> tuple[Any, Any]:
    """The setter and getter of the bot's name, description or short description."""

    def change(world: World, params: Params) -> bool:
        value = params.text(field)
        if len(value) > _TEXT_LIMITS[field]:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        language = params.text("language_code")
        world.texts[field, language] = value
        if field == "name" and not language and value:
            world.bot["first_name"] = value
        return True

    def read(world: World, params: Params) -> Json:
        fallback = world.bot["first_name"] if field == "name" else ""
        general = world.texts.get((field, ""), fallback)
        return {field: world.texts.get((field, params.text("language_code"))) or general}

    return change, read


def _command(raw: Any) -> Json:
    if not isinstance(raw, dict):
        raise bad_request("expected an Object as BotCommand")
    command, description = str(raw.get("command", "")), str(raw.get("description", ""))
    command = command.removeprefix("/")
    if not _COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= _DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def _command_key(world: World, params: Params) -> tuple[str, str]:
    scope = params.json("scope", "BotCommandScope") or {"type": "default"}
    kind = scope.get("type")
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    if _SCOPES[kind]:
        world.reachable(str(scope.get("chat_id", "")))
        kind = f"{kind}:{scope['chat_id']}"
    return kind, params.text("language_code")

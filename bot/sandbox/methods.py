"""THE TABLE: every Bot API method the sandbox speaks; any other name is not found."""

from collections.abc import Callable
from typing import Any

from bot.sandbox import account, editing, sending
from bot.sandbox.params import Params
from bot.sandbox.refusals import Refusal, bad_request
from bot.sandbox.world import Json, World

Method = Callable[[World, Params], Any]

_SET_NAME, _GET_NAME = account.text_methods("name")
_SET_DESCRIPTION, _GET_DESCRIPTION = account.text_methods("description")
_SET_SHORT, _GET_SHORT = account.text_methods("short_description")


def delete_webhook(world: World, params: Params) -> bool:
    """deleteWebhook: there never is one, but unread updates can be dropped."""
    if params.flag("drop_pending_updates"):
        world.updates.forget_all()
    return True


def get_webhook_info(world: World, _params: Params) -> Json:
    """getWebhookInfo."""
    info: Json = {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": world.updates.waiting,
    }
    if world.updates.allowed:
        info["allowed_updates"] = world.updates.allowed
    return info


METHODS: dict[str, Method] = {
    "answercallbackquery": account.answer_callback_query,
    "copymessage": sending.copy_message,
    "deletemessage": editing.delete_message,
    "deletemessages": editing.delete_messages,
    "deletemycommands": account.delete_my_commands,
    "deletewebhook": delete_webhook,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "editmessagetext": editing.edit_message_text,
    "getchat": account.get_chat,
    "getchatmenubutton": account.get_chat_menu_button,
    "getfile": account.get_file,
    "getme": account.get_me,
    "getmycommands": account.get_my_commands,
    "getmydescription": _GET_DESCRIPTION,
    "getmyname": _GET_NAME,
    "getmyshortdescription": _GET_SHORT,
    "getwebhookinfo": get_webhook_info,
    "pinchatmessage": editing.pin_chat_message,
    "sendchataction": sending.send_chat_action,
    "senddocument": sending.send_document,
    "sendmediagroup": sending.send_media_group,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "setchatmenubutton": account.set_chat_menu_button,
    "setmycommands": account.set_my_commands,
    "setmydescription": _SET_DESCRIPTION,
    "setmyname": _SET_NAME,
    "setmyshortdescription": _SET_SHORT,
    "unpinallchatmessages": editing.unpin_all_chat_messages,
    "unpinchatmessage": editing.unpin_chat_message,
}


async def perform(world: World, method: str, params: Params) -> Any:
    """Carry out one call; raises a Refusal when the real server would refuse."""
    if method == "getupdates":
        return await world.updates.poll(
            params.number("offset"),
            params.number("limit", 100),
            params.number("timeout"),
            _allowed(params),
        )
    if method not in METHODS:
        raise Refusal(404, "Not Found: method not found")
    return METHODS[method](world, params)


def _allowed(params: Params) -> list[str] | None:
    allowed = params.json("allowed_updates", "allowed updates")
    if allowed is None:
        return None
    if not isinstance(allowed, list):
        raise bad_request("expected an Array of allowed updates")
    return [str(kind) for kind in allowed]

"""Bots: create, start, stop, close, delete. Each act is one unit, then a nudge.

The caller names the revision that its screen showed: an act on a bot that changed since raises
``Stale`` and does nothing. None of them talks to the exchange; the cycles carry out what stands
in the rows.
"""

from dataclasses import replace

from engine.core.account import Account, KeyState
from engine.core.bot import Bot
from engine.core.bot_config import BotConfig, Environment, environment_of
from engine.core.bot_state import BotEvent, StopChoice, next_bot_state
from engine.core.errors import Conflict, Forbidden, InvalidValue, NotFound, Stale
from engine.core.market import Market
from engine.core.position import ExitReason, Position, ask_close
from engine.core.timeout import expiry
from engine.ports.storage import Unit
from engine.services.office import Office
from engine.services.rights import entry, require_trader
from engine.services.symbols import barrier
from engine.strategies.registry import strategy

BY_ID = "id."
"""A reference that begins so names the bot's row id: alerts know no public id."""
_ID_DIGITS = 15  # more than any row has, less than a database's integers hold


async def find(unit: Unit, ref: str) -> Bot:
    """The owner's bot of a public id or of ``id.<row id>``; raises ``NotFound``."""
    if not ref.startswith(BY_ID):
        return await unit.bots.by_public_id(ref)
    number = ref.removeprefix(BY_ID)
    if not (number.isascii() and number.isdigit() and len(number) <= _ID_DIGITS):
        raise NotFound(f"no bot {ref!r}")
    return await unit.bots.get(int(number))


async def create(office: Office, account: Account, config: BotConfig) -> Bot:
    """Create a stopped bot.

    Raises ``Forbidden`` (mode), ``InvalidValue`` (symbol, parameters), ``Conflict`` (name, key).
    """
    require_trader(account)
    require_mode(office, config)
    environment = environment_of(config.mode, office.public)
    rules = office.catalogues[environment].rules(config.market, config.symbol)
    if rules is None or not rules.trading:
        raise InvalidValue("symbol", config.symbol, "unknown_symbol", suggestions="")
    barred = barrier(office, config.market, config.symbol)
    if barred is not None:
        raise barred
    config = config.model_copy(
        update={"params": strategy(config.strategy).validate(config.params)}
    )
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        await _require_key(unit, config, environment)
        names = {bot.config.name.casefold() for bot in await unit.bots.all()}
        if config.name.casefold() in names:
            raise InvalidValue("name", config.name, "taken")
        bot = await unit.bots.add(config, now)
        await unit.audit.add(
            entry(account, "bot.create", bot.public_id, now, after=config.model_dump_json())
        )
        await unit.commit()
    office.wake.bot(bot.id)
    return bot


async def start(office: Office, account: Account, ref: str, revision: int) -> Bot:
    """Judge its signals from now on; a position kept without orders is protected again.

    It then may be held as long as a new one.
    """
    require_trader(account)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        bot = await _shown(unit, ref, revision)
        if bot.state.running:
            raise Conflict("conflict.running")
        require_mode(office, bot.config)
        await _require_key(unit, bot.config, environment_of(bot.config.mode, office.public))
        position = await unit.positions.open_of(bot.id)
        if position is not None and not position.guarded:
            end = expiry(now, bot.config.max_holding_minutes)
            await unit.positions.save(
                replace(position, guarded=True, naked_since=None, expires_at=end)
            )
        event = BotEvent.START if position is None else BotEvent.START_HOLDING
        started = await move_bot(unit, bot, event)
        await unit.audit.add(
            entry(account, "bot.start", bot.public_id, now, before=bot.state.value)
        )
        await unit.commit()
    office.wake.bot(bot.id)
    if position is not None:
        office.wake.position(bot.id)
    return started


async def stop(
    office: Office, account: Account, ref: str, revision: int, choice: StopChoice
) -> Bot:
    """Judge no more signals; ``choice`` says what becomes of an open position."""
    require_trader(account)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        bot = await _shown(unit, ref, revision)
        position = await unit.positions.open_of(bot.id)
        if position is not None and choice is StopChoice.CLOSE:
            await unit.positions.save(ask_close(position, ExitReason.MANUAL))
        elif position is not None and choice is StopChoice.KEEP:
            await unit.positions.save(replace(position, guarded=False))
        stopped = await move_bot(unit, bot, BotEvent.STOP)
        before = bot.state.value
        after = choice.value if position is not None else "flat"
        await unit.audit.add(
            entry(account, "bot.stop", bot.public_id, now, before=before, after=after)
        )
        await unit.commit()
    office.wake.bot(bot.id)
    if position is not None:
        office.wake.position(bot.id)
    return stopped


async def close(
    office: Office, account: Account, ref: str, revision: int, position_id: int
) -> Position:
    """Close this very position at market; the bot goes on as it is.

    Raises ``Stale`` when it is no longer the open one.
    """
    require_trader(account)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        bot = await _shown(unit, ref, revision)
        position = await unit.positions.open_of(bot.id)
        if position is None or position.id != position_id:
            raise Stale(f"position {position_id} is not open any more")
        closing = await unit.positions.save(ask_close(position, ExitReason.MANUAL))
        await unit.audit.add(
            entry(account, "position.close", str(position.id), now, before=position.state.value)
        )
        await unit.commit()
    office.wake.position(bot.id)
    return closing


async def delete(office: Office, account: Account, ref: str, revision: int) -> Bot:
    """Stop and hide it for ever; its trades stay in the books.

    Raises ``Conflict`` while a position is open or an order is not settled.
    """
    require_trader(account)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        bot = await _shown(unit, ref, revision)
        if await unit.positions.open_of(bot.id) is not None:
            raise Conflict("conflict.delete_holding", bot=bot.config.name)
        orders = await unit.orders.unfinished(bot.account)
        if any(order.bot_id == bot.id for order in orders):
            raise Conflict("conflict.delete_orders", bot=bot.config.name)
        await move_bot(unit, bot, BotEvent.STOP)
        await unit.bots.delete(bot.id)
        await unit.audit.add(
            entry(account, "bot.delete", bot.public_id, now, before=bot.state.value)
        )
        await unit.commit()
    office.wake.bot(bot.id)
    return bot


def require_mode(office: Office, config: BotConfig) -> None:
    """Raise ``Forbidden`` for a mode that this installation does not allow."""
    if config.mode not in office.modes:
        raise Forbidden("forbidden.mode", mode=config.mode.value)


async def _shown(unit: Unit, ref: str, revision: int) -> Bot:
    bot = await find(unit, ref)
    if bot.revision != revision:
        raise Stale(f"bot {ref} moved from revision {revision} to {bot.revision}")
    return bot


async def move_bot(unit: Unit, bot: Bot, event: BotEvent) -> Bot:
    """The bot after an act of its owner, which also settles why it had stopped."""
    state = next_bot_state(bot.state, event)
    return await unit.bots.save(
        replace(bot, state=state, why="", why_params={}, paused_until=None)
    )


async def _require_key(unit: Unit, config: BotConfig, environment: Environment) -> None:
    if not config.mode.keyed:
        return
    if config.key_id is None:
        raise Conflict("conflict.key_missing")
    key = await unit.keys.get(config.key_id)
    if key.environment is not environment:
        raise Conflict("conflict.key_environment", label=key.label)
    if key.state is not KeyState.GOOD:
        raise Conflict("conflict.key_refused", label=key.label)
    if config.market is Market.FUTURES and not key.futures:
        raise Conflict("conflict.key_no_futures", label=key.label)

"""PURE drawings of statistics: the summary, its details, and tables of days, weeks and months."""

from bot.actions import Action
from bot.screen import Button, Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.buttons import Row, button, named, rows_of
from bot.views.figures import NONE, live, money, outcome, percent, signed, span_ms
from bot.views.plot import sparkline, table
from engine.core.account import Account, Role
from engine.core.hours import day_of
from engine.core.money import fixed
from engine.core.statistics.curve import Drawdown
from engine.core.statistics.periods import Period
from engine.core.statistics.summary import Statistics
from engine.core.statistics.tally import Tally
from engine.services.statistics import EVERYBODY, Books, Calendar, Purse, Report

AREA = "s"
RANGES = (1, 7, 30, None)
RATIO_DAYS = 30
"""Ratios of fewer days are chance: they are not shown."""
_PERIODS = (Period.DAY, Period.WEEK, Period.MONTH)
_ASSETS = 6


def ref_of(scope: str, days: int | None = None, purse: Purse | None = None) -> str:
    """Reference of a screen: scope, range and purse."""
    span = "all" if days is None else f"{days}d"
    return f"{scope}.{span}.{f'{purse.mode.value}-{purse.quote}' if purse else ''}"


def summary(report: Report, account: Account, texts: Texts) -> Screen:
    """The result, and how it came about."""
    made, books = report.statistics, report.books
    quote, total = books.purse.quote, made.total
    start, end = money(made.capital), money(made.capital + total.net)
    result = {"net": signed(money(total.net)), "quote": quote, "percent": percent(made.percent)}
    lines = [
        *_head("statistics.title", report, texts),
        texts.say(f"statistics.{outcome(total.net)}", **result),
        texts.say("statistics.equity", start=fixed(start), end=fixed(end), quote=quote),
    ]
    drawn = sparkline(made.curve, made.until)
    lines += [texts.say("statistics.curve", curve=drawn)] if drawn else []
    lines += ["", *_trades(made, texts)]
    if made.drawdown is not None:
        lines.append(_drawdown(made.drawdown, quote, texts))
    lines.append(texts.say("statistics.fees", fees=signed(money(-made.commission)), quote=quote))
    lines += _unconverted(report, texts)
    lines += ["", texts.say("statistics.closed_only", zone=books.zone)]
    return Screen("\n".join(lines), _summary_rows(report, account, texts))


def details(report: Report, texts: Texts) -> Screen:
    """Money before and after what it cost, ratios, streaks, and what ended the trades."""
    made, books = report.statistics, report.books
    parts = {"gross": made.gross, "commission": -made.commission, "funding": made.funding}
    figures = {name: signed(money(value)) for name, value in parts.items()}
    net = signed(money(made.total.net))
    lines = [
        *_head("statistics.title_details", report, texts),
        texts.say("statistics.books", **figures, net=net, quote=books.purse.quote),
        *_unconverted(report, texts),
        "",
        *_ratios(made, texts),
        *_time(made, texts),
        texts.say("statistics.streaks", won=made.winning_streak, lost=made.losing_streak),
    ]
    if made.reasons:
        head = (texts.plain("statistics.head.reason"), *_heads(books, texts, "trades"))
        rows = [
            (texts.plain(f"exit.{reason.value}"), str(tally.count), signed(money(tally.net)))
            for reason, tally in made.reasons.items()
        ]
        lines += ["", texts.say("statistics.table", table=table(head, rows, (15, 5, 12)))]
    back = button(texts, "button.back", _act("sum", books, report.days))
    return Screen("\n".join(lines), (_ranges("more", report, texts), (back, buttons.home(texts))))


def by_period(made: Calendar, texts: Texts) -> Screen:
    """A table of periods, newest first."""
    books, period = made.books, made.period
    heads = (
        texts.plain(f"statistics.head.{period.value}"),
        *_heads(books, texts, "trades", "won"),
    )
    rows = [
        (bucket.begins.isoformat()[: 7 if period is Period.MONTH else None], *_row(bucket.tally))
        for bucket in made.buckets
    ]
    rows.append((texts.plain("statistics.head.total"), *_row(made.total)))
    drawn = table(heads, rows, (10, 5, 4, 12))
    whose = _whose(books, texts)
    lines = [
        texts.say(
            f"statistics.title_{period.value}", mode=texts.plain(f"mode.{books.purse.mode.value}")
        ),
        texts.say("statistics.whose_days", whose=whose, zone=books.zone),
        texts.say("statistics.table", table=drawn),
    ]
    others = [_period(each, books, texts) for each in _PERIODS if each is not period]
    back = button(texts, "button.back", _act("sum", books))
    rows_ = [tuple(others), *_purses(period.value, books, None, texts)]
    return Screen("\n".join(lines), (*rows_, (back, buttons.home(texts))))


def nothing(scope: str, account: Account, texts: Texts) -> Screen:
    """Not one closed trade yet."""
    rows: list[Row] = [_everybody(texts)] if _may_see_all(scope, account) else []
    last = [buttons.home(texts)]
    if scope not in {"", EVERYBODY}:
        last.insert(0, button(texts, "button.card", Action("b", "card", scope)))
    return Screen(texts.say("statistics.nothing"), (*rows, tuple(last)))


def _head(key: str, report: Report, texts: Texts) -> list[str]:
    books, days = report.books, report.days
    if days is None:
        first = day_of(report.statistics.since, books.zone)
        span = texts.plain("statistics.since", since=first)
    elif days == 1:
        span = texts.plain("statistics.today")
    else:
        span = texts.plain("statistics.days", n=days)
    mode = texts.plain(f"mode.{books.purse.mode.value}")
    whose = _whose(books, texts)
    return [texts.say(key, mode=mode), texts.say("statistics.whose", whose=whose, span=span)]


def _whose(books: Books, texts: Texts) -> str:
    if books.bot is not None:
        return books.bot.config.name
    key = "everybody" if books.scope == EVERYBODY else "mine"
    return texts.plain(f"statistics.{key}", n=books.bots)


def _trades(made: Statistics, texts: Texts) -> list[str]:
    total = made.total
    if not total.count:
        return [texts.say("statistics.no_trades")]
    counts = {"n": total.count, "wins": total.wins, "losses": total.losses}
    average = {"win": made.average_win, "loss": made.average_loss, "each": made.expectancy}
    figures = {name: live(value) for name, value in average.items()}
    return [
        texts.say("statistics.trades", **counts, rate=_rate(total)),
        texts.say("statistics.factor", factor=_ratio(made.profit_factor), **figures),
        texts.say("statistics.averages", **figures),
        texts.say("statistics.extremes", best=live(made.best), worst=live(made.worst)),
    ]


def _drawdown(found: Drawdown, quote: str, texts: Texts) -> str:
    key = "recovered" if found.recovered else "lasting"
    return texts.say(
        f"statistics.drawdown.{key}",
        percent=percent(None if found.percent is None else -found.percent),
        amount=signed(money(-found.amount)),
        quote=quote,
        span=span_ms(found.length_ms, texts),
    )


def _unconverted(report: Report, texts: Texts) -> list[str]:
    sums = list(report.unconverted.items())
    if not sums:
        return []
    fees = " + ".join(f"{fixed(amount)} {asset}" for asset, amount in sums[:_ASSETS])
    more = " + …" if len(sums) > _ASSETS else ""
    return [texts.say("statistics.unconverted", fees=fees + more)]


def _ratios(made: Statistics, texts: Texts) -> list[str]:
    loss = texts.say("statistics.expectancy", ratio=_ratio(made.expectancy_ratio))
    if made.days < RATIO_DAYS:
        return [loss, texts.say("statistics.no_ratios", days=RATIO_DAYS)]
    ratios = {"sharpe": made.sharpe, "sortino": made.sortino, "calmar": made.calmar}
    shown = {name: _ratio(value) for name, value in ratios.items()}
    return [loss, texts.say("statistics.ratios", days=made.days, **shown)]


def _time(made: Statistics, texts: Texts) -> list[str]:
    if made.average_ms is None or made.exposure is None:
        return []
    share = f"{made.exposure * 100:.1f}"
    held = span_ms(made.average_ms, texts)
    return [texts.say("statistics.held", span=held, share=share)]


def _rate(tally: Tally) -> str:
    return NONE if tally.win_rate is None else f"{tally.win_rate * 100:.0f}%"


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}".replace("-", "−")


def _row(tally: Tally) -> tuple[str, str, str]:
    return str(tally.count), _rate(tally), signed(money(tally.net))


def _heads(books: Books, texts: Texts, *names: str) -> tuple[str, ...]:
    return (*(texts.plain(f"statistics.head.{name}") for name in names), books.purse.quote)


def _summary_rows(report: Report, account: Account, texts: Texts) -> tuple[Row, ...]:
    books, days = report.books, report.days
    mine = [button(texts, "statistics.button.details", _act("more", books, days))]
    last = [button(texts, "button.refresh", _act("sum", books, days)), buttons.home(texts)]
    if books.bot is not None:
        ref = books.bot.public_id
        last.insert(1, button(texts, "button.card", Action("b", "card", ref)))
        mine.append(button(texts, "button.trades", Action("t", "list", f"{ref}.0")))
    elif books.scope != EVERYBODY:
        mine.append(button(texts, "button.trades", Action("t", "list")))
    rows = [
        _ranges("sum", report, texts),
        tuple(_period(period, books, texts) for period in _PERIODS),
        tuple(mine),
        *_purses("sum", books, days, texts),
    ]
    if _may_see_all(books.scope, account):
        rows.append(_everybody(texts))
    return (*rows, tuple(last))


def _ranges(verb: str, report: Report, texts: Texts) -> Row:
    """The ranges; the one shown is marked."""
    row: list[Button] = []
    for days in RANGES:
        label = texts.plain(f"statistics.range.{days or 'all'}")
        marked = texts.plain("statistics.chosen", range=label) if days == report.days else label
        row.append(named(marked, _act(verb, report.books, days)))
    return tuple(row)


def _period(period: Period, books: Books, texts: Texts) -> Button:
    return button(texts, f"statistics.button.{period.value}", _act(period.value, books))


def _purses(verb: str, books: Books, days: int | None, texts: Texts) -> tuple[Row, ...]:
    """The other purses of the scope."""
    others = [
        named(
            f"{texts.plain(f'mode.{purse.mode.value}')} {purse.quote}",
            Action(AREA, verb, ref_of(books.scope, days, purse)),
        )
        for purse in books.purses
        if purse != books.purse
    ]
    return rows_of(others, 3)


def _act(verb: str, books: Books, days: int | None = None) -> Action:
    return Action(AREA, verb, ref_of(books.scope, days, books.purse))


def _may_see_all(scope: str, account: Account) -> bool:
    return scope == "" and account.role is Role.ADMIN


def _everybody(texts: Texts) -> Row:
    return (button(texts, "statistics.button.all", Action(AREA, "sum", ref_of(EVERYBODY))),)

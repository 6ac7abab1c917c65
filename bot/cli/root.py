"""The table of commands, and the one place where their failures become a line and a code."""

import os
import sys
from collections.abc import Sequence

import click

from bot.cli import check, demo, keys, reading, run_service, sandbox, users
from engine.core.errors import ConfigError, SkipperError

DONE, FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 99})
@click.version_option(package_name="skipper-bot", prog_name="skipper")
def skipper() -> None:
    """Run Binance trading bots entirely from a Telegram chat.

    Try `skipper demo` first: it needs no account anywhere.
    """


for _command in (
    demo.demo,
    run_service.run,
    check.check,
    reading.status,
    reading.positions,
    reading.trades,
    reading.orders,
    sandbox.sandbox,
    keys.keys,
    users.users,
    users.migrate,
):
    skipper.add_command(_command)


def run(words: Sequence[str]) -> int:
    """Run a command line; returns its exit code, every failure being one line per problem."""
    try:
        code = skipper.main(list(words), prog_name="skipper", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        return _fail(error.format_message(), BAD_USAGE)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "skipper"
        return _fail(f"{error.format_message()} (see {command} --help)", BAD_USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), FAILED)
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped", INTERRUPTED)
    except ConfigError as error:
        return _fail(str(error), BAD_USAGE)
    except SkipperError as error:
        return _fail(_in_words(error), FAILED)
    except BrokenPipeError:
        return _unheard()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", FAILED)
    return code if isinstance(code, int) else DONE


def _in_words(error: SkipperError) -> str:
    """What the chat would say, without its markup."""
    import html
    import re

    from bot.texts import Texts
    from bot.views.problems import words

    return html.unescape(re.sub(r"<[^>]*>", "", words(error, Texts()))).replace("\n", " ")


def _unheard() -> int:
    """Whoever read the output has gone, `head` for one: the rest goes nowhere, quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _fail(message: str, code: int) -> int:
    click.echo(f"skipper: {message}" if "\n" not in message else message, err=True)
    return code

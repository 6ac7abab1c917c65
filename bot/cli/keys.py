"""Commands for the master key."""

from pathlib import Path

import click

from bot.cli.common import config_option, existing_storage, run_async, settings_of


@click.group()
def keys() -> None:
    """Make or change the key that seals all exchange keys."""


@keys.command("new-master")
@config_option
def new_master(config: Path) -> None:
    """Make the master key file; an existing one is kept."""
    from storage.vault import new_master_key

    path = settings_of(config).security.master_key_file
    new_master_key(path)
    click.echo(f"master key made: {path}")
    click.echo("Keep a copy in a safe place away from this computer.")


@keys.command()
@config_option
def rotate(config: Path) -> None:
    """Seal all stored exchange keys with a new master key; the service must be stopped.

    If this was interrupted, run it again.
    """
    count = run_async(_rotate(config))
    click.echo(f"{count} exchange keys sealed anew; the old master key opens nothing any more")


async def _rotate(config: Path) -> int:
    from bot.cli.places import exclusive
    from storage.opening import rotate_master_key
    from storage.vault import FernetVault, load_master_key, new_master_key

    settings = settings_of(config)
    path = settings.security.master_key_file
    fresh = path.with_name(path.name + ".new")
    with exclusive(settings):
        old = FernetVault(load_master_key(path))
        async with existing_storage(settings) as storage:
            # The new file exists before any row needs it: a crash in between loses neither, and
            # the next attempt takes it up.
            made = load_master_key(fresh) if fresh.exists() else new_master_key(fresh)
            count = await rotate_master_key(storage, old, FernetVault(made))
        fresh.replace(path)
    return count

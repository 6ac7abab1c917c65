"""What the chaos runs' processes are forked from has read: the service and both servers."""

from importlib import import_module

for name in (
    "bot.cli.root",
    "bot.cli.run_service",
    "bot.cli.service",
    "bot.sandbox.server",
    "engine.exchange.simulator.server",
    "engine.strategies.registry",
    "storage.migrations",
):
    import_module(name)

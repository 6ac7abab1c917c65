"""The local Binance: a server for demos and tests."""

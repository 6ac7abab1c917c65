"""Binance through python-binance: client, errors, parsing, trading, streams."""

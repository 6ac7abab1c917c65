"""Market data shared by all bots: feed, windows, prices, symbol catalogue."""

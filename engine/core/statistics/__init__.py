"""Statistics of closed trades, the same for live, paper and backtests."""

"""PURE strategies and indicators: candles in, signal out; the only place for floats."""

"""The trading engine: pure core, ports, and the cycles that carry out."""

"""PURE rules: no await, clock, log or I/O; money is Decimal."""

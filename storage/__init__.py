"""The memory: tables, repositories, unit of work, vault."""

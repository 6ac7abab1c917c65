"""USD-M futures of the local exchange: contracts, margin, orders, user data and their doors."""

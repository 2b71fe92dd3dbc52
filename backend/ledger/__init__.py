"""Accounts and transfers. Append only. Knows nothing of cards or partners."""
